// The agents that are registered: who they are, what they take, and when they were last heard.
//
// One owner, no locks; time comes in. An agent leaves the roster when it says so or when its lease has passed; what
// comes back after that is a new agent with a new epoch.
#ifndef COORDINATOR_CORE_ROSTER_H
#define COORDINATOR_CORE_ROSTER_H

#include "libcommon/base/err.h"
#include "libcommon/model/messages.h"

#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

struct ll_roster_agent {
    uint32_t id;    // from 1, never given twice
    uint64_t epoch; // of this registration: random, so that no other agent knows it
    uint64_t instance;
    char name[LL_AGENT_NAME_MAX]; // unique among the registered
    char browser[LL_AGENT_NAME_MAX];
    struct ll_coverage_table coverage; // of its browser
    uint32_t max_users;                // 0: no limit of its own
    int64_t registered_us, heard_us;
    char acknowledged_run[LL_TOKEN_CHARS + 1]; // the run that `acknowledged` belongs to
    uint64_t acknowledged;
    UT_hash_handle by_id, by_instance, by_name;         // the roster's
    struct ll_roster_agent *heard_before, *heard_after; // likewise
};

struct ll_roster {                  // looked up in constant time, whatever is asked for
    struct ll_roster_agent *agents; // by id, in order of registration
    struct ll_roster_agent *instances, *names;
    struct ll_roster_agent *silent; // in the order they were last heard
    size_t count, max;
    uint32_t last_id;
};

// Holds at most `max` agents.
struct ll_roster ll_roster_make(size_t max);
void ll_roster_fini(struct ll_roster *roster);

// Registers under `epoch`, which is random, or recognises a repeated registration by its instance, and then the epoch
// stays what it was. LL_RESOURCE_EXHAUSTED when the roster is full. What *out_agent points to lives until the roster
// changes.
ll_err ll_roster_register(struct ll_roster *roster, int64_t now_us, uint64_t epoch,
                          const struct ll_register_request *request, struct ll_roster_agent **out_agent);

// LL_NOT_FOUND, with the way out, when there is none of that id and epoch.
ll_err ll_roster_find(struct ll_roster *roster, uint32_t id, uint64_t epoch, struct ll_roster_agent **out_agent);
void ll_roster_remove(struct ll_roster *roster, struct ll_roster_agent *agent);
// The one that registered after `agent`; NULL after the last one.
const struct ll_roster_agent *ll_roster_next(const struct ll_roster_agent *agent);

// The agent was heard at `now_us`, which does not go back.
void ll_roster_heard(struct ll_roster *roster, int64_t now_us, struct ll_roster_agent *agent);
// All of them were.
void ll_roster_heard_all(struct ll_roster *roster, int64_t now_us);

// Puts back an agent that was registered before a restart, under its old id and epoch. False when it is full.
bool ll_roster_restore(struct ll_roster *roster, const struct ll_roster_agent *agent);

// The agent not heard for the longest, or NULL.
struct ll_roster_agent *ll_roster_longest_silent(const struct ll_roster *roster);

#endif
