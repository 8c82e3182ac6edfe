// The operations on a page as plain data: one call and its result.
#ifndef AGENT_BROWSER_OPERATION_H
#define AGENT_BROWSER_OPERATION_H

#include "libcommon/base/err.h"
#include "libcommon/codec/json.h"

#include <stdbool.h>
#include <stdint.h>

enum ll_operation {
#define LL_OPERATION(id, name, kind, arguments) LL_OP_##id,
#include "agent/browser/operations.def"
#undef LL_OPERATION
    LL_OPERATIONS_COUNT
};

enum ll_operation_kind { LL_OPKIND_NAVIGATION, LL_OPKIND_ACTION, LL_OPKIND_WAIT, LL_OPKIND_READING };
enum ll_operation_args { LL_ARGS_N, LL_ARGS_S, LL_ARGS_T, LL_ARGS_ST, LL_ARGS_SO, LL_ARGS_TJ };

struct ll_operation_info {
    const char *name;
    enum ll_operation_kind kind;
    enum ll_operation_args args;
};

const struct ll_operation_info *ll_operation_info(enum ll_operation operation);

// What wait_for_selector waits for.
enum ll_element_state { LL_STATE_VISIBLE, LL_STATE_HIDDEN, LL_STATE_ATTACHED, LL_STATE_DETACHED };

enum {
    LL_ACTION_TIMEOUT_MS = 30 * 1000,
    LL_NAVIGATION_TIMEOUT_MS = 60 * 1000,
    LL_SELECTOR_BYTES_MAX = 4096,
    LL_ACTION_TEXT_BYTES_MAX = 1024 * 1024,
    LL_READING_BYTES_MAX = 4 * 1024 * 1024, // of what a reading brings back, as JSON
};

struct ll_action { // borrowed texts: they live until the action is done or cancelled
    enum ll_operation operation;
    const char *selector;        // NULL where the operation has none
    const char *text;            // NULL where the operation has none
    const char *argument;        // evaluate's argument as JSON, or NULL
    enum ll_element_state state; // of wait_for_selector
    uint32_t timeout_ms;
};

// `err` is LL_OK, or:
//   LL_DEADLINE_EXCEEDED    what was waited for did not come; the sentence says what was missing last
//   LL_INVALID_ARGUMENT     a selector, URL or script that cannot be: waiting would not help
//   LL_FAILED_PRECONDITION  several elements match an action, or the element is of the wrong kind
//   LL_UNAVAILABLE          the site could not be reached; the sentence has Chromium's net:: error
//   LL_ABORTED              the page or browser died under it
//   LL_UNKNOWN              the page's own script threw
//   LL_RESOURCE_EXHAUSTED   the reading is over its limit
// Sentences hold no timings and no per-user values, so that equal failures have equal texts; but for a number that is
// worth telling, at the end and in brackets, " (3 match)", which error signatures leave out.
struct ll_action_result {
    ll_err err;
    const ll_json *value; // of a reading; NULL is nil; borrowed for the call
};

#endif
