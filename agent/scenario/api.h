// ctx: the operations on a page, as a script calls them. One list, agent/browser/operations.def, gives all of them.
#ifndef AGENT_SCENARIO_API_H
#define AGENT_SCENARIO_API_H

#include "agent/browser/operation.h"

#include <lua.h>

// Puts ctx and an empty ctx.assigns into a new user's state. Raises when memory runs out.
void ll_api_open(lua_State *L);

// Raises unless argument 1 is ctx: `method` was called with a dot.
void ll_api_check_self(lua_State *L, const char *method);
// Raises when the script stands inside a C function, through which it cannot wait.
void ll_api_check_can_wait(lua_State *L, const char *method);
// Reads the call of an operation, ctx at 1, into an action whose texts stay on the stack; raises for a wrong one.
void ll_api_read(lua_State *L, enum ll_operation operation, struct ll_action *out);
// Has an operation done, and returns to the script what the operation does.
int ll_api_perform(lua_State *L, const struct ll_action *action);
// Raises "METHOD: argument N must be WANTED, not ...", N counted without ctx.
void ll_api_wants(lua_State *L, const char *method, int index, const char *wanted) __attribute__((noreturn));

#endif
