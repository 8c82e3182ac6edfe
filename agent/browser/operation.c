#include "agent/browser/operation.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define OPTION(id) (UINT64_C(1) << LL_OPTION_##id)
static const struct ll_operation_info operations[LL_OPERATIONS_COUNT] = {
#define LL_OPERATION(id, spelled, of_kind, letters, taken)                                                             \
    [LL_OP_##id] = {                                                                                                   \
        .name = spelled, .kind = LL_OPKIND_##of_kind, .arguments = letters, .options = OPTION(TIMEOUT) | (taken)},
#include "agent/browser/operations.def"
#undef LL_OPERATION
};

static const struct ll_option_info options[LL_OPTIONS_COUNT] = {
#define LL_OPTION(id, spelled, of_type, field, said)                                                                   \
    [LL_OPTION_##id] = {                                                                                               \
        .name = spelled, .type = LL_OPTTYPE_##of_type, .offset = offsetof(struct ll_action, field), .words = said},
#include "agent/browser/options.def"
#undef LL_OPTION
};
_Static_assert(LL_OPTIONS_COUNT <= 64, "a bit of ll_operation_info.options each");

const struct ll_operation_info *ll_operation_info(enum ll_operation operation) {
    assert(operation < LL_OPERATIONS_COUNT);
    return &operations[operation];
}

const struct ll_option_info *ll_option_info(enum ll_action_option option) {
    assert(option < LL_OPTIONS_COUNT);
    return &options[option];
}

// Word `index` of "one|two}", which ends with a brace or its NUL.
static const char *pick_word(const char *words, uint32_t index, char out[LL_OPTION_WORD_BYTES_MAX]) {
    size_t len = strcspn(words, "|}");
    for (; index && words[len] == '|'; index--) {
        words += len + 1;
        len = strcspn(words, "|}");
    }
    snprintf(out, LL_OPTION_WORD_BYTES_MAX, "%.*s", index ? 0 : (int)len, words);
    return out;
}

const char *ll_option_word(const struct ll_option_info *option, uint32_t index, char out[LL_OPTION_WORD_BYTES_MAX]) {
    return pick_word(option->words, index, out);
}

const char *ll_operation_word(enum ll_operation operation, uint32_t index, char out[LL_OPTION_WORD_BYTES_MAX]) {
    const char *brace = strchr(ll_operation_info(operation)->arguments, '{');
    return pick_word(brace ? brace + 1 : "", index, out);
}

static const void *field(const struct ll_action *action, enum ll_action_option option) {
    return (const char *)action + options[option].offset;
}

uint32_t ll_action_number(const struct ll_action *action, enum ll_action_option option) {
    return *(const uint32_t *)field(action, option);
}

bool ll_action_switch(const struct ll_action *action, enum ll_action_option option) {
    return *(const bool *)field(action, option);
}

struct ll_action_point ll_action_point(const struct ll_action *action, enum ll_action_option option) {
    return *(const struct ll_action_point *)field(action, option);
}

const char *ll_action_text(const struct ll_action *action, enum ll_action_option option) {
    return *(const char *const *)field(action, option);
}

bool ll_action_has(const struct ll_action *action, enum ll_action_option option) {
    if (!ll_operation_takes(action->operation, option)) return false;
    switch (options[option].type) {
    case LL_OPTTYPE_DURATION:
    case LL_OPTTYPE_WORD:
    case LL_OPTTYPE_WORDS:
    case LL_OPTTYPE_NUMBER:
        return ll_action_number(action, option) != 0;
    case LL_OPTTYPE_SWITCH:
        return ll_action_switch(action, option);
    case LL_OPTTYPE_POINT:
        return ll_action_point(action, option).is_given;
    case LL_OPTTYPE_TEXT:
        return ll_action_text(action, option) != NULL;
    }
    return false;
}
