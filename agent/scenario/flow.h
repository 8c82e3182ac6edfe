// The methods of ctx that are not operations on a page: step, expect, think, halt, fail, log and assigns.
#ifndef AGENT_SCENARIO_FLOW_H
#define AGENT_SCENARIO_FLOW_H

#include <lauxlib.h>

struct ll_script;

// Ends with {NULL, NULL}.
extern const luaL_Reg ll_flow_methods[];

// Makes the type of open steps known to a new state. Raises when memory runs out.
void ll_flow_open(lua_State *L);

// Ends the steps that an iteration left open when it was cut short. Before its thread is used or dropped.
void ll_flow_close_steps(struct ll_script *script);

#endif
