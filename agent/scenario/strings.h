// string.find, match, gmatch and gsub, as in Lua 5.4, on a matcher with a limit of steps (pattern.h).
#ifndef AGENT_SCENARIO_STRINGS_H
#define AGENT_SCENARIO_STRINGS_H

#include <lua.h>

// Puts them into the table at the top of the stack. Their steps count as the script's (budget.h).
void ll_strings_open(lua_State *L);

#endif
