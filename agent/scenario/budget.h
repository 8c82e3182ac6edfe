// What a script may do between two waits, beyond the instructions that the count hook sees: one call of a library
// function can take as long as a million of them, and nothing looks at it meanwhile.
//
// Such functions spend the script's instructions before they work. For C functions that scripts call.
#ifndef AGENT_SCENARIO_BUDGET_H
#define AGENT_SCENARIO_BUDGET_H

#include <lua.h>
#include <stddef.h>
#include <stdint.h>

// Has Lua's own functions, in the tables of the open libraries, spend what they cost.
void ll_budget_open(lua_State *L);

// Instructions that are left, at least 1.
int64_t ll_budget_left(lua_State *L);
// Spends some in `function` ("table.move"). When that is more than is left the script ends here.
void ll_budget_spend(lua_State *L, int64_t instructions, const char *function);
// Likewise, for bytes that are only copied or looked at.
void ll_budget_spend_bytes(lua_State *L, size_t bytes, const char *function);
// Spends what a call of a method of ctx costs beside its arguments.
void ll_budget_spend_call(lua_State *L, const char *method);
// Ends the script: it spent everything in `function`, and the literal `why` says what is the usual cause.
void ll_budget_end(lua_State *L, const char *function, const char *why) __attribute__((noreturn));

#endif
