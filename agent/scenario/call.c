#include "agent/scenario/call.h"

#include "agent/scenario/value.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"
#include "libcommon/base/url.h"
#include "libcommon/codec/json.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN_MAX = 200 }; // bytes of an argument

// Without its secrets, which a cut would make hard to find.
static void append_quoted(struct ll_buf *out, const char *text, size_t len) {
    char *redacted = NULL;
    if (ll_redact_is_needed() || ll_url_has_user(text, len)) {
        text = redacted = ll_strndup(text, len);
        len = ll_redact(redacted, len);
    }
    size_t shown = ll_text_cut(text, len, SHOWN_MAX);
    ll_buf_text(out, "\"");
    for (size_t i = 0; i < shown; i++) ll_buf_append(out, iscntrl((unsigned char)text[i]) ? " " : &text[i], 1);
    ll_buf_text(out, shown < len ? "…\"" : "\"");
    free(redacted);
}

static void append_json(struct ll_buf *out, const char *json) {
    char *redacted = ll_strdup(json);
    ll_redact_text(redacted);
    ll_buf_append(out, redacted, ll_text_cut(redacted, strlen(redacted), SHOWN_MAX));
    free(redacted);
}

// As the script wrote it, { "red", "blue" }; of files only their names, for what they hold would be of no use.
static void append_list(struct ll_buf *out, const char *json) {
    ll_json *list = NULL;
    if (ll_json_parse(json, strlen(json), &list).status != LL_OK) return;
    size_t begin = out->len;
    ll_buf_text(out, "{");
    for (const ll_json *at = ll_json_first(list); at; at = ll_json_next(at)) {
        const char *text = ll_json_string(ll_json_is_object(at) ? ll_json_get(at, "name") : at, "");
        ll_buf_text(out, at == ll_json_first(list) ? " " : ", ");
        if (out->len - begin > SHOWN_MAX) {
            ll_buf_text(out, "…");
            break;
        }
        append_quoted(out, text, strlen(text));
    }
    ll_buf_text(out, ll_json_first(list) ? " }" : "}");
    ll_json_free(&list);
}

// One argument, by its letter; false when this form does not show it.
static bool append_argument(struct ll_buf *out, char letter, const char *value, enum ll_call_form form) {
    size_t len = strlen(value);
    bool is_whole = form == LL_CALL_WHOLE;
    bool is_json = letter == 'V' || letter == 'L' || letter == 'F';
    if (!is_whole && (is_json || letter == 'T' || letter == 'O' || letter == 'Q')) return false;
    if (letter == 'V')
        append_json(out, value);
    else if (is_json)
        append_list(out, value);
    else if (letter == 'I')
        ll_buf_text(out, value);
    else if (letter == 'J' && !is_whole)
        ll_buf_text(out, "...");
    else
        append_quoted(out, value, letter == 'U' && !is_whole ? strcspn(value, "?#") : len);
    return true;
}

// Times and places are left out of what is the same for all: they are tuned, and often drawn.
static bool is_stable(enum ll_option_type type) {
    return type == LL_OPTTYPE_WORD || type == LL_OPTTYPE_WORDS || type == LL_OPTTYPE_NUMBER ||
           type == LL_OPTTYPE_SWITCH;
}

static void append_words(struct ll_buf *out, const struct ll_option_info *option, uint32_t bits) {
    char word[LL_OPTION_WORD_BYTES_MAX];
    const char *separator = "{ ";
    for (uint32_t i = 0; i < LL_OPTION_WORDS_MAX; i++) {
        if (!(bits >> i & 1)) continue;
        ll_buf_printf(out, "%s\"%s\"", separator, ll_option_word(option, i, word));
        separator = ", ";
    }
    ll_buf_text(out, " }");
}

static void append_option(struct ll_buf *out, const struct ll_action *action, enum ll_action_option which) {
    const struct ll_option_info *option = ll_option_info(which);
    char word[LL_OPTION_WORD_BYTES_MAX];
    struct ll_action_point point;
    ll_buf_printf(out, "%s = ", option->name);
    switch (option->type) {
    case LL_OPTTYPE_DURATION:
        ll_buf_printf(out, "\"%ums\"", ll_action_number(action, which));
        return;
    case LL_OPTTYPE_WORD:
        ll_buf_printf(out, "\"%s\"", ll_option_word(option, ll_action_number(action, which), word));
        return;
    case LL_OPTTYPE_WORDS:
        append_words(out, option, ll_action_number(action, which));
        return;
    case LL_OPTTYPE_NUMBER:
        ll_buf_printf(out, "%u", ll_action_number(action, which));
        return;
    case LL_OPTTYPE_SWITCH:
        ll_buf_text(out, "true");
        return;
    case LL_OPTTYPE_POINT:
        point = ll_action_point(action, which);
        ll_buf_printf(out, "{ x = %g, y = %g }", point.x, point.y);
        return;
    case LL_OPTTYPE_TEXT:
        append_quoted(out, ll_action_text(action, which), strlen(ll_action_text(action, which)));
        return;
    }
}

static void append_options(struct ll_buf *out, const struct ll_action *action, enum ll_call_form form,
                           const char *separator) {
    bool is_open = false;
    for (int i = 0; i < LL_OPTIONS_COUNT; i++) {
        enum ll_action_option option = (enum ll_action_option)i;
        if (option == LL_OPTION_TIMEOUT || !ll_action_has(action, option)) continue;
        if (form == LL_CALL_STABLE && !is_stable(ll_option_info(option)->type)) continue;
        ll_buf_text(out, is_open ? ", " : separator);
        if (!is_open) ll_buf_text(out, "{ ");
        append_option(out, action, option);
        is_open = true;
    }
    if (is_open) ll_buf_text(out, " }");
}

// What carries the argument of this letter, as a text; NULL when it was left out.
static const char *value_of(const struct ll_action *action, char letter, char room[LL_OPTION_WORD_BYTES_MAX]) {
    switch (letter) {
    case 'S':
        return action->selector;
    case 'C':
        return NULL;
    case 'V':
    case 'L':
    case 'F':
        return action->argument;
    case 'I':
        snprintf(room, LL_OPTION_WORD_BYTES_MAX, "%u", action->number);
        return room;
    case 'W':
        return ll_operation_word(action->operation, action->word, room);
    default:
        return action->text;
    }
}

// `frame("#a"):frame("#b"):`
static void append_frames(struct ll_buf *out, const char *path) {
    static const char separator[] = {LL_FRAME_SEPARATOR, '\0'};
    for (size_t len; path && *path; path += path[len] ? len + 1 : len) {
        len = strcspn(path, separator);
        ll_buf_text(out, "frame(");
        append_quoted(out, path, len);
        ll_buf_text(out, "):");
    }
}

void ll_call_append(struct ll_buf *out, const struct ll_action *action, enum ll_call_form form) {
    const struct ll_operation_info *info = ll_operation_info(action->operation);
    const char *separator = "";
    bool had_selector = false;
    append_frames(out, action->frame);
    ll_buf_printf(out, "%s(", info->name);
    char room[LL_OPTION_WORD_BYTES_MAX];
    for (const char *letter = info->arguments; *letter; letter++) {
        if (*letter == '{') letter += strcspn(letter, "}") + 1;
        if (!*letter) break;
        const char *value = *letter == 'S' && had_selector ? action->target : value_of(action, *letter, room);
        if (*letter == 'S') had_selector = true;
        size_t before = out->len;
        if (!value) continue;
        ll_buf_text(out, separator);
        if (append_argument(out, *letter, value, form))
            separator = ", ";
        else
            out->len = before;
    }
    append_options(out, action, form, separator);
    ll_buf_text(out, ")");
}
