// ctx:wait_for_response(pattern, fn): a script's own function is called between two operations on the page.
#ifndef AGENT_SCENARIO_RESPONSE_H
#define AGENT_SCENARIO_RESPONSE_H

#include <lua.h>

int ll_response_wait(lua_State *L);

#endif
