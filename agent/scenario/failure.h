// Failures as scripts meet them: errors that a pcall can catch and read, and the words for one that nobody caught.
#ifndef AGENT_SCENARIO_FAILURE_H
#define AGENT_SCENARIO_FAILURE_H

#include "agent/scenario/vm.h"

struct ll_failure {
    const char *operation; // "click", "fail"
    const char *reason;    // "matches nothing"
    const char *message;   // what tostring(err) gives: `shop.lua:12: click("#buy"): matches nothing`
    const char *signature; // the same for every failure of its kind: `click("#buy"): matches nothing`
    const char *detail;    // with the step and the values of this one
};

// Makes the type known to a new state. Raises when memory runs out.
void ll_failure_open(lua_State *L);

// Raises a failure as an error object; the texts are copied. In a script `err.operation`, `err.reason` and
// `err.message` read it, and tostring(err) is the message.
void ll_failure_raise(lua_State *L, const struct ll_failure *texts) __attribute__((noreturn));

// What ended a run that was LL_VM_FAILED, in new memory.
void ll_failure_explain(struct ll_vm *vm, char **out_signature, char **out_detail);

#endif
