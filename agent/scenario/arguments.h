// The arguments and options of a call, read into an action as agent/browser/operations.def and options.def say.
#ifndef AGENT_SCENARIO_ARGUMENTS_H
#define AGENT_SCENARIO_ARGUMENTS_H

#include "agent/browser/operation.h"

#include <lua.h>

enum { LL_ARGUMENTS_LIST_MAX = 1000 }; // texts in a list

// Reads what stands from index 2 of the stack on. Raises, naming the operation and the argument or option, for what is
// missing, too much, unknown or of another type. The texts in `out` stay on the stack, and what they need is pushed
// on it.
void ll_arguments_read(lua_State *L, enum ll_operation operation, struct ll_action *out);

#endif
