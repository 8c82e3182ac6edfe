// A call as it would stand in the scenario: `click("#buy", { button = "right" })`.
#ifndef AGENT_SCENARIO_CALL_H
#define AGENT_SCENARIO_CALL_H

#include "agent/browser/operation.h"
#include "libcommon/base/buf.h"

enum ll_call_form {
    LL_CALL_STABLE, // what is the same for all users, as operations.def says: for signatures
    LL_CALL_WHOLE,
};

void ll_call_append(struct ll_buf *out, const struct ll_action *action, enum ll_call_form form);

#endif
