// ll.csv and ll.json: data files whose rows are handed out over the whole run without a word between agents.
//
// Rows are dealt as users are. Of a run's N users, user u owns the rows u, u + N, u + 2N, …; an agent hands out those
// of its users, in order, to whichever of them asks. So no two agents have a row in common, whatever becomes of the
// other, and all of them together have each row. `unique` takes that sequence as far as the file goes; `cycle` takes it
// modulo the number of rows. What a lost agent had left is not handed out by others, which cannot know what it did with
// it.
//
// One owner thread.
#ifndef AGENT_SCENARIO_DATA_H
#define AGENT_SCENARIO_DATA_H

#include "agent/load/schedule.h"

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

struct ll_data_file;

struct ll_data { // of a scenario; starts zeroed
    struct ll_data_file **files;
    size_t count;
    struct ll_share share; // this agent's users
    uint32_t users;        // of the whole run
};

void ll_data_fini(struct ll_data *data);

// The functions csv and json of `ll`. Ends with {NULL, NULL}.
extern const luaL_Reg ll_data_functions[];

#endif
