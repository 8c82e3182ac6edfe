// The operations on a page as plain data: one call and its result.
#ifndef AGENT_BROWSER_OPERATION_H
#define AGENT_BROWSER_OPERATION_H

#include "libcommon/base/err.h"
#include "libcommon/codec/json.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum ll_operation {
#define LL_OPERATION(id, name, kind, arguments, options) LL_OP_##id,
#include "agent/browser/operations.def"
#undef LL_OPERATION
    LL_OPERATIONS_COUNT
};

enum ll_action_option {
#define LL_OPTION(id, name, type, field, words) LL_OPTION_##id,
#include "agent/browser/options.def"
#undef LL_OPTION
    LL_OPTIONS_COUNT // at most 64
};

enum { LL_OPTION_WORDS_MAX = 8, LL_OPTION_WORD_BYTES_MAX = 32 };

enum ll_operation_kind { LL_OPKIND_NAVIGATION, LL_OPKIND_ACTION, LL_OPKIND_WAIT, LL_OPKIND_READING, LL_OPKIND_INNER };

struct ll_operation_info {
    const char *name;
    enum ll_operation_kind kind;
    const char *arguments; // letters, as operations.def has them
    uint64_t options;      // a bit for each that it takes
};

enum ll_option_type {
    LL_OPTTYPE_DURATION,
    LL_OPTTYPE_WORD,
    LL_OPTTYPE_WORDS,
    LL_OPTTYPE_NUMBER,
    LL_OPTTYPE_SWITCH,
    LL_OPTTYPE_POINT,
    LL_OPTTYPE_TEXT,
};

struct ll_option_info {
    const char *name;
    enum ll_option_type type;
    size_t offset; // of its field in struct ll_action
    const char *words;
};

const struct ll_operation_info *ll_operation_info(enum ll_operation operation);
// Word `index` of the operation's argument W; "" when there is none.
const char *ll_operation_word(enum ll_operation operation, uint32_t index, char out[LL_OPTION_WORD_BYTES_MAX]);
const struct ll_option_info *ll_option_info(enum ll_action_option option);

static inline bool ll_operation_takes(enum ll_operation operation, enum ll_action_option option) {
    return (ll_operation_info(operation)->options >> option & 1) != 0;
}

// Word `index` of an option of type WORD or WORDS; "" when there is none.
const char *ll_option_word(const struct ll_option_info *option, uint32_t index, char out[LL_OPTION_WORD_BYTES_MAX]);

// The events of LiveView's that have a class while they are loading: phx-click-loading and so on.
#define LL_PHX_KINDS "click|submit|change|focus|blur|keydown|keyup"

// The words of options, in their order.
enum ll_mouse_button { LL_BUTTON_LEFT, LL_BUTTON_RIGHT, LL_BUTTON_MIDDLE };
enum ll_element_state { LL_STATE_VISIBLE, LL_STATE_HIDDEN, LL_STATE_ATTACHED, LL_STATE_DETACHED };

enum {
    LL_ACTION_TIMEOUT_MS = 30 * 1000,
    LL_NAVIGATION_TIMEOUT_MS = 60 * 1000,
    LL_SELECTOR_BYTES_MAX = 4096,
    LL_ACTION_TEXT_BYTES_MAX = 1024 * 1024,
    LL_FILES_MAX = 20,                      // of one call of set_input_files
    LL_FILES_BYTES_MAX = 4 * 1024 * 1024,   // together
    LL_READING_BYTES_MAX = 4 * 1024 * 1024, // of what a reading brings back, as JSON
};

enum { LL_FRAME_SEPARATOR = 0x1F, LL_FRAMES_DEEP_MAX = 5 };

struct ll_action_point {
    bool is_given;
    double x, y; // CSS pixels
};

struct ll_action { // borrowed texts: they live until the action is done or cancelled
    enum ll_operation operation;
    const char *frame; // the frames to go into, their selectors joined with LL_FRAME_SEPARATOR; NULL: the page itself
    const char *selector; // NULL where the operation has none, as the next three
    const char *target;   // a second selector
    const char *text;
    const char *argument; // JSON; also NULL when it was left out
    uint32_t number;
    uint32_t word; // the place of the one chosen among the operation's

    // Options, by the fields that options.def names.
    uint32_t timeout_ms;
    uint32_t state;       // enum ll_element_state
    uint32_t button;      // enum ll_mouse_button
    uint32_t modifiers;   // keys held down, bits as the DevTools' Input domain has them
    uint32_t click_count; // 0: not given
    uint32_t delay_ms;    // between press and release, or between keys
    struct ll_action_point position, source_position, target_position; // from the element's top left corner
    bool force;                                                        // whether or not it can be seen, used and hit
};

// An option's field.
uint32_t ll_action_number(const struct ll_action *action,
                          enum ll_action_option option); // DURATION, WORD, WORDS, NUMBER
bool ll_action_switch(const struct ll_action *action, enum ll_action_option option);
struct ll_action_point ll_action_point(const struct ll_action *action, enum ll_action_option option);
const char *ll_action_text(const struct ll_action *action, enum ll_action_option option); // NULL: not given
// Whether it holds anything but what it holds when nothing is given.
bool ll_action_has(const struct ll_action *action, enum ll_action_option option);

// `err` is LL_OK, or:
//   LL_DEADLINE_EXCEEDED    what was waited for did not come; the sentence says what was missing last
//   LL_INVALID_ARGUMENT     a selector, URL or script that cannot be: waiting would not help
//   LL_FAILED_PRECONDITION  several elements match an action, or the element is of the wrong kind, or a URL no page
//   LL_UNAVAILABLE          the site could not be reached; the sentence has Chromium's net:: error; or it broke off
//   LL_ABORTED              the page or browser died under it
//   LL_UNKNOWN              the page's own script threw
//   LL_RESOURCE_EXHAUSTED   the reading is over its limit, or downloads are over theirs
// Sentences hold no timings and no per-user values, so that equal failures have equal texts; but for a number that is
// worth telling, at the end and in brackets, " (3 match)", which error signatures leave out.
struct ll_action_result {
    ll_err err;
    const ll_json *value; // of a reading; NULL is nil; borrowed for the call
};

#endif
