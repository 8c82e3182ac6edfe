// Throttles in a scenario: ll.rate, ll.interarrival and ll.parallelism, what throttles(config) returns of them, and
// ctx:throttle.
#ifndef AGENT_SCENARIO_THROTTLE_H
#define AGENT_SCENARIO_THROTTLE_H

#include <lauxlib.h>

// The functions of `ll`. Ends with {NULL, NULL}.
extern const luaL_Reg ll_throttle_functions[];

// In the scenario's own state, once config was called: calls the throttles function, if there is one, and keeps what it
// returns.
int ll_throttle_declare(lua_State *L);

// The method ctx:throttle(name[, fn]).
int ll_throttle_pass(lua_State *L);

#endif
