// What a script finds in its globals, and what it does not.
#ifndef AGENT_SCENARIO_SANDBOX_H
#define AGENT_SCENARIO_SANDBOX_H

#include <lua.h>

// Opens the offered libraries in a new state. Raises when memory runs out.
void ll_sandbox_open(lua_State *L);

// For a global or library that is taken away on purpose: what to use instead; otherwise NULL.
const char *ll_sandbox_instead(const char *name);

#endif
