// ll.scenario { ... }: what a scenario file states, read into a spec.
#ifndef AGENT_SCENARIO_DECLARE_H
#define AGENT_SCENARIO_DECLARE_H

#include <lua.h>

// The fields of a scenario, for scripts: `ll.scenario(table)`. In the scenario's own state it reads the table into the
// spec, and raises for what it does not understand; in a user's state it only keeps it.
int ll_declare_scenario(lua_State *L);

// Raises unless the value at `index`, which the main file returned, is what ll.scenario gave back.
void ll_declare_check_returned(lua_State *L, int index);

// Raises for each key of the table at `index` that is not in `known` (which ends with NULL): with the nearest name, or
// that it is not offered in this version when it is in `later` (likewise, or NULL). `what` names the table.
void ll_declare_check_keys(lua_State *L, int index, const char *what, const char *const *known,
                           const char *const *later);

#endif
