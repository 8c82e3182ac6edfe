// ctx.http: requests beside the browser, as a script makes them.
#ifndef AGENT_SCENARIO_HTTP_H
#define AGENT_SCENARIO_HTTP_H

#include <lua.h>

// Makes ctx.http known to a new state. Raises when memory runs out.
void ll_http_api_open(lua_State *L);
// Pushes it.
void ll_http_api_push(lua_State *L);

#endif
