// The methods of ctx that are not operations on a page: step, expect, think, halt, fail, log and assigns.
#ifndef AGENT_SCENARIO_FLOW_H
#define AGENT_SCENARIO_FLOW_H

#include "agent/scenario/vm.h"
#include "libcommon/model/spec.h"

#include <lauxlib.h>

struct ll_script;

// Ends with {NULL, NULL}.
extern const luaL_Reg ll_flow_methods[];

enum { LL_FLOW_PLACE_MAX = LL_VM_PLACE_MAX + LL_NAME_MAX + 48 };

// Where a failure stands: `shop.lua:12, in step "check out", operation 5`. The step is left out outside of one, the
// operation before the first.
void ll_flow_place(lua_State *L, char out[LL_FLOW_PLACE_MAX]);

// Makes the type of open steps known to a new state. Raises when memory runs out.
void ll_flow_open(lua_State *L);

// Ends the steps that an iteration left open when it was cut short. Before its thread is used or dropped.
void ll_flow_close_steps(struct ll_script *script);

#endif
