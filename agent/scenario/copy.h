// Plain data copied from one Lua state into another: what config returned, for every user.
#ifndef AGENT_SCENARIO_COPY_H
#define AGENT_SCENARIO_COPY_H

#include <lua.h>

// Pushes onto `to` a deep copy of the value at `index` of `from`. A table that stands in two places is one table in
// the copy too; metatables are left behind. Raises in `to` for what cannot be copied, naming the path of keys to it
// from `root`: functions, userdata, and tables that hold themselves.
void ll_copy(lua_State *from, int index, lua_State *to, const char *root);

#endif
