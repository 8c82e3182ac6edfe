#include "agent/scenario/arguments.h"

#include "agent/browser/glob.h"
#include "agent/scenario/api.h"
#include "agent/scenario/files.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "libcommon/base/text.h"
#include "libcommon/model/storage.h"

#include <ctype.h>
#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { FIRST = 2, SENTENCE_MAX = 300, POINT_MAX = 100 * 1000 }; // the first argument after ctx; bytes; CSS pixels

// A call that is being read.
struct reading {
    const char *name; // of the operation
    int index;        // of the argument to read next
    struct ll_action *action;
};

static void check_bytes(lua_State *L, const char *method, int index, size_t max) {
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    if (strlen(text) != len) ll_vm_raise(L, "%s: argument %d holds a zero byte", method, index - 1);
    if (len > max) ll_vm_raise(L, "%s: argument %d is longer than %zu bytes", method, index - 1, max);
}

static void read_selector(lua_State *L, struct reading *reading) {
    int index = reading->index++;
    const char *given = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    if (!given[strspn(given, " \t\r\n")]) ll_api_wants(L, reading->name, index, "a selector such as \"#buy\"");
    check_bytes(L, reading->name, index, LL_SELECTOR_BYTES_MAX);
    const char *selector = lua_tostring(L, index);
    if (reading->action->selector)
        reading->action->target = selector;
    else
        reading->action->selector = selector;
}

static void read_text(lua_State *L, struct reading *reading) {
    int index = reading->index++;
    if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER)
        ll_api_wants(L, reading->name, index, "a text");
    ll_value_number_to_text(L, index);
    check_bytes(L, reading->name, index, LL_ACTION_TEXT_BYTES_MAX);
    reading->action->text = lua_tostring(L, index);
}

// The whole URL must match, and each has a scheme: "orders" or "*/orders" would be waited for in vain.
static void check_pattern(lua_State *L, const char *method, int index, const char *pattern) {
    char words[LL_VALUE_WORDS_MAX];
    const char *open = strchr(pattern, '{');
    bool can_match =
        *pattern == '/' || *pattern == '{' || strchr(pattern, ':') || strstr(pattern, "**") || strstr(pattern, "//");
    if (!can_match)
        ll_vm_raise(L, "%s: argument %d, %s, matches no URL: begin it with ** or /, as in \"**/orders/*\"", method,
                    index - 1, ll_value_words(L, index, words));
    if (open && !strchr(open, '}') && (open == pattern || open[-1] != '\\'))
        ll_vm_raise(L, "%s: argument %d, %s, has a { that is not closed", method, index - 1,
                    ll_value_words(L, index, words));
}

static void read_pattern(lua_State *L, struct reading *reading) {
    int index = reading->index++;
    if (lua_type(L, index) != LUA_TSTRING || lua_rawlen(L, index) == 0)
        ll_api_wants(L, reading->name, index, "a pattern of URLs such as \"**/orders/*\"");
    check_bytes(L, reading->name, index, LL_GLOB_MAX - 1);
    reading->action->text = lua_tostring(L, index);
    check_pattern(L, reading->name, index, reading->action->text);
}

// It stays where it stands: the operation itself calls it.
static void check_function(lua_State *L, struct reading *reading) {
    int index = reading->index++;
    if (lua_type(L, index) != LUA_TFUNCTION)
        ll_api_wants(L, reading->name, index, "function() … end around what has it sent");
}

static void read_whole_number(lua_State *L, struct reading *reading) {
    int index = reading->index++;
    lua_Integer number = lua_isinteger(L, index) ? lua_tointeger(L, index) : 0;
    if (number < 1 || number > INT32_MAX) ll_api_wants(L, reading->name, index, "a whole number from 1");
    reading->action->number = (uint32_t)number;
}

// Without it, the first word; a table there is the table of options.
static void read_choice(lua_State *L, struct reading *reading) {
    enum ll_operation operation = reading->action->operation;
    char word[LL_OPTION_WORD_BYTES_MAX], next[LL_OPTION_WORD_BYTES_MAX], wanted[SENTENCE_MAX];
    int index = reading->index;
    if (lua_isnone(L, index) || lua_istable(L, index)) return;
    reading->index++;
    const char *text = lua_type(L, index) == LUA_TSTRING ? lua_tostring(L, index) : "";
    size_t len = 0;
    for (uint32_t i = 0; *ll_operation_word(operation, i, word); i++) {
        if (strcmp(word, text) == 0) {
            reading->action->word = i;
            return;
        }
        bool is_last = !*ll_operation_word(operation, i + 1, next);
        len += (size_t)snprintf(wanted + len, sizeof wanted - len, "%s\"%s\"",
                                i == 0    ? ""
                                : is_last ? " or "
                                          : ", ",
                                word);
    }
    ll_api_wants(L, reading->name, index, wanted);
}

// A URL says where it leads by its scheme: without one, as in "localhost:8089/cart", it is a mistake that would show
// much later. What is on an agent's disk is no site's, and not for scenarios to read.
static void read_url(lua_State *L, struct reading *reading) {
    static const char *const schemes[] = {"http", "https", "about", "blob", "data", NULL};
    read_text(L, reading);
    const char *url = reading->action->text;
    size_t scheme = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");
    bool has_scheme = scheme > 0 && url[scheme] == ':' && !isdigit((unsigned char)url[scheme + 1]);
    for (const char *const *at = schemes; has_scheme && *at; at++)
        if (strlen(*at) == scheme && strncasecmp(*at, url, scheme) == 0) return;
    if (has_scheme)
        ll_vm_raise(L, "%s: argument %d begins with \"%.*s:\": pages are at http:, https:, about:, blob: and data:",
                    reading->name, reading->index - 2, (int)(scheme < 30 ? scheme : 30), url);
    char words[LL_VALUE_WORDS_MAX];
    ll_vm_raise(L, "%s: argument %d must be a URL with its scheme, such as \"http://127.0.0.1:8089/\", not %s",
                reading->name, reading->index - 2, ll_value_words(L, reading->index - 1, words));
}

static struct ll_buf *begin_json(lua_State *L, size_t max) {
    struct ll_buf *json = &ll_vm_of(L)->script->scratch;
    ll_buf_clear(json);
    json->max = max;
    return json;
}

// Pushed, so that it lives as long as the call.
static void end_json(lua_State *L, struct reading *reading, struct ll_buf *json) {
    reading->action->argument = lua_pushlstring(L, ll_buf_str(json), json->len);
    json->max = LL_ACTION_TEXT_BYTES_MAX;
}

// In base64, and with a name and a type each.
static void read_files(lua_State *L, struct reading *reading, int index) {
    if (lua_isnoneornil(L, index)) ll_api_wants(L, reading->name, index, "a file or a list of files");
    struct ll_buf *json = begin_json(L, LL_ACTION_TEXT_BYTES_MAX + 2 * LL_FILES_BYTES_MAX);
    ll_files_write_json(L, reading->name, index, json);
    end_json(L, reading, json);
}

static void read_value(lua_State *L, struct reading *reading, int index) {
    char what[SENTENCE_MAX];
    if (lua_isnoneornil(L, index)) return;
    snprintf(what, sizeof what, "%s: argument %d", reading->name, index - 1);
    struct ll_buf *json = begin_json(L, LL_ACTION_TEXT_BYTES_MAX);
    ll_value_write_json(L, index, what, json);
    end_json(L, reading, json);
}

// Checked here, so that a wrong one is told at once and with the line; but never quoted.
static void read_snapshot(lua_State *L, struct reading *reading, int index) {
    if (!lua_istable(L, index))
        ll_vm_raise(L, "%s: argument %d must be a snapshot of ctx:context_storage_snapshot(), not %s", reading->name,
                    index - 1, lua_isnone(L, index) ? "nothing" : luaL_typename(L, index));
    read_value(L, reading, index);
    ll_json *snapshot = NULL;
    ll_err err = ll_json_parse(reading->action->argument, strlen(reading->action->argument), &snapshot);
    if (err.status == LL_OK) err = ll_storage_check(snapshot);
    ll_json_free(&snapshot);
    if (err.status != LL_OK) ll_vm_raise(L, "%s: argument %d: %s", reading->name, index - 1, err.text);
}

static void read_list(lua_State *L, struct reading *reading, int index) {
    char what[SENTENCE_MAX];
    int type = lua_type(L, index);
    bool is_one = type == LUA_TSTRING || type == LUA_TNUMBER;
    if (!is_one && type != LUA_TTABLE) ll_api_wants(L, reading->name, index, "a text or a list of texts");
    lua_Unsigned count = is_one ? 1 : lua_rawlen(L, index);
    if (count > LL_ARGUMENTS_LIST_MAX)
        ll_vm_raise(L, "%s: argument %d is a list of more than %d texts", reading->name, index - 1,
                    LL_ARGUMENTS_LIST_MAX);
    if (is_one) {
        lua_pushvalue(L, index);
        ll_value_number_to_text(L, -1);
    } else {
        lua_createtable(L, (int)count, 0);
        lua_pushnil(L);
        while (lua_next(L, index)) {
            if (!lua_isinteger(L, -2) || (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER))
                ll_api_wants(L, reading->name, index, "a list of texts such as { \"a\", \"b\" }");
            ll_value_number_to_text(L, -1);
            lua_rawseti(L, -3, lua_tointeger(L, -2));
        }
    }
    snprintf(what, sizeof what, "%s: argument %d", reading->name, index - 1);
    struct ll_buf *json = begin_json(L, LL_ACTION_TEXT_BYTES_MAX);
    ll_buf_text(json, is_one ? "[" : "");
    if (count > 0)
        ll_value_write_json(L, lua_gettop(L), what, json);
    else
        ll_buf_text(json, "[]");
    ll_buf_text(json, is_one ? "]" : "");
    end_json(L, reading, json);
}

// "\"left\", \"right\" or \"middle\""
static void list_words(const struct ll_option_info *option, char *out, size_t size) {
    char word[LL_OPTION_WORD_BYTES_MAX], next[LL_OPTION_WORD_BYTES_MAX];
    size_t len = 0;
    out[0] = '\0';
    for (uint32_t i = 0; *ll_option_word(option, i, word) && len < size; i++) {
        bool is_last = !*ll_option_word(option, i + 1, next);
        len += (size_t)snprintf(out + len, size - len, "%s\"%s\"", i == 0 ? "" : is_last ? " or " : ", ", word);
    }
}

static void wants(lua_State *L, const char *name, const struct ll_option_info *option, const char *wanted) {
    char words[LL_VALUE_WORDS_MAX];
    ll_vm_raise(L, "%s: %s must be %s, not %s", name, option->name, wanted, ll_value_words(L, -1, words));
}

static bool find_word(const struct ll_option_info *option, const char *text, uint32_t *out) {
    char word[LL_OPTION_WORD_BYTES_MAX];
    for (*out = 0; *ll_option_word(option, *out, word); (*out)++)
        if (strcmp(word, text) == 0) return true;
    return false;
}

static void read_phx_kind(lua_State *L, struct reading *reading) {
    static const struct ll_option_info kinds = {.name = "kind", .type = LL_OPTTYPE_WORD, .words = LL_PHX_KINDS};
    int index = reading->index++;
    char wanted[SENTENCE_MAX];
    uint32_t found;
    list_words(&kinds, wanted, sizeof wanted);
    if (lua_type(L, index) != LUA_TSTRING || !find_word(&kinds, lua_tostring(L, index), &found))
        ll_api_wants(L, reading->name, index, wanted);
    reading->action->text = lua_tostring(L, index);
}

static void read_duration(lua_State *L, const char *name, const struct ll_option_info *option, uint32_t *out) {
    uint64_t ms = 0;
    ll_err err = ll_value_duration_ms(L, -1, &ms);
    bool is_timeout = option == ll_option_info(LL_OPTION_TIMEOUT);
    if (err.status == LL_OK && ms == 0 && is_timeout)
        err = ll_err_make(LL_INVALID_ARGUMENT, "it must be longer than 0");
    if (err.status != LL_OK) ll_vm_raise(L, "%s: %s: %s", name, option->name, err.text);
    *out = (uint32_t)ms;
}

static void read_word(lua_State *L, const char *name, const struct ll_option_info *option, uint32_t *out) {
    char wanted[SENTENCE_MAX];
    if (lua_type(L, -1) == LUA_TSTRING && find_word(option, lua_tostring(L, -1), out)) return;
    list_words(option, wanted, sizeof wanted);
    wants(L, name, option, wanted);
}

static void read_words(lua_State *L, const char *name, const struct ll_option_info *option, uint32_t *out) {
    char wanted[SENTENCE_MAX];
    uint32_t index;
    if (lua_type(L, -1) != LUA_TTABLE) {
        read_word(L, name, option, &index);
        *out = UINT32_C(1) << index;
        return;
    }
    *out = 0;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (lua_type(L, -1) != LUA_TSTRING || !find_word(option, lua_tostring(L, -1), &index)) {
            size_t len = (size_t)snprintf(wanted, sizeof wanted, "a list of ");
            list_words(option, wanted + len, sizeof wanted - len);
            wants(L, name, option, wanted);
        }
        *out |= UINT32_C(1) << index;
        lua_pop(L, 1);
    }
}

static void read_number(lua_State *L, const char *name, const struct ll_option_info *option, uint32_t *out) {
    char wanted[SENTENCE_MAX];
    unsigned min = 0, max = 0;
    sscanf(option->words, "%u to %u", &min, &max);
    lua_Integer number = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : -1;
    if (number < (lua_Integer)min || number > (lua_Integer)max) {
        snprintf(wanted, sizeof wanted, "a whole number from %s", option->words);
        wants(L, name, option, wanted);
    }
    *out = (uint32_t)number;
}

// A coordinate by its name or its place in the table on the top; false when it is none.
static bool read_coordinate(lua_State *L, const char *key, int place, double *out) {
    lua_pushstring(L, key);
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_rawgeti(L, -1, place);
    }
    bool is_number = lua_type(L, -1) == LUA_TNUMBER;
    *out = lua_tonumber(L, -1);
    lua_pop(L, 1);
    return is_number && fabs(*out) <= POINT_MAX;
}

static void read_point(lua_State *L, const char *name, const struct ll_option_info *option,
                       struct ll_action_point *out) {
    out->is_given = lua_istable(L, -1) && read_coordinate(L, "x", 1, &out->x) && read_coordinate(L, "y", 2, &out->y);
    if (!out->is_given) wants(L, name, option, "two numbers of pixels, as { x = 10, y = 5 } is");
}

static void read_option_text(lua_State *L, const char *name, const struct ll_option_info *option, const char **out) {
    char wanted[SENTENCE_MAX];
    size_t len = 0;
    const char *text = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : "";
    if (len == 0 || len > LL_ACTION_TEXT_BYTES_MAX || strlen(text) != len) {
        snprintf(wanted, sizeof wanted, "a text such as \"%s\"", option->words);
        wants(L, name, option, wanted);
    }
    *out = text; // the table, which the caller's stack holds, keeps it
}

// The value is at the top.
static void read_option(lua_State *L, const char *name, enum ll_action_option which, struct ll_action *action) {
    const struct ll_option_info *option = ll_option_info(which);
    void *field = (char *)action + option->offset;
    switch (option->type) {
    case LL_OPTTYPE_DURATION:
        read_duration(L, name, option, field);
        return;
    case LL_OPTTYPE_WORD:
        read_word(L, name, option, field);
        return;
    case LL_OPTTYPE_WORDS:
        read_words(L, name, option, field);
        return;
    case LL_OPTTYPE_NUMBER:
        read_number(L, name, option, field);
        return;
    case LL_OPTTYPE_SWITCH:
        if (!lua_isboolean(L, -1)) wants(L, name, option, "true or false");
        *(bool *)field = lua_toboolean(L, -1);
        return;
    case LL_OPTTYPE_POINT:
        read_point(L, name, option, field);
        return;
    case LL_OPTTYPE_TEXT:
        read_option_text(L, name, option, field);
        return;
    }
}

// Those that the operation takes, for a sentence and for the nearest of them; ends with NULL.
static size_t names_of(enum ll_operation operation, const char *out[LL_OPTIONS_COUNT + 1]) {
    size_t count = 0;
    for (int option = 0; option < LL_OPTIONS_COUNT; option++)
        if (ll_operation_takes(operation, (enum ll_action_option)option))
            out[count++] = ll_option_info((enum ll_action_option)option)->name;
    out[count] = NULL;
    return count;
}

static void refuse_option(lua_State *L, const char *name, enum ll_operation operation, const char *option) {
    const char *names[LL_OPTIONS_COUNT + 1];
    char all[SENTENCE_MAX] = "";
    size_t count = names_of(operation, names), len = 0;
    const char *nearest = ll_text_nearest(option, names);
    if (nearest) ll_vm_raise(L, "%s has no option \"%s\": did you mean \"%s\"?", name, option, nearest);
    for (size_t i = 0; i < count && len < sizeof all; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "%s%s",
                                i == 0           ? ""
                                : i + 1 == count ? " and "
                                                 : ", ",
                                names[i]);
    ll_vm_raise(L, "%s has no option \"%s\": it takes %s", name, option, all);
}

// The operation's option of this name, or LL_OPTIONS_COUNT.
static int find_option(enum ll_operation operation, const char *name) {
    int option = 0;
    while (option < LL_OPTIONS_COUNT && (!ll_operation_takes(operation, (enum ll_action_option)option) ||
                                         strcmp(ll_option_info((enum ll_action_option)option)->name, name) != 0))
        option++;
    return option;
}

// Whether the last argument is a table of nothing but options, and so no value for a script.
static bool is_options(lua_State *L, const struct reading *reading) {
    if (lua_gettop(L) != reading->index || !lua_istable(L, reading->index)) return false;
    bool is_empty = true;
    lua_pushnil(L);
    while (lua_next(L, reading->index)) {
        lua_pop(L, 1);
        is_empty = false;
        bool is_option = lua_type(L, -1) == LUA_TSTRING &&
                         find_option(reading->action->operation, lua_tostring(L, -1)) < LL_OPTIONS_COUNT;
        if (is_option) continue;
        lua_pop(L, 1);
        return false;
    }
    return !is_empty;
}

static void read_options(lua_State *L, struct reading *reading) {
    enum ll_operation operation = reading->action->operation;
    char words[LL_VALUE_WORDS_MAX];
    lua_pushnil(L);
    while (lua_next(L, reading->index)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            ll_vm_raise(L, "%s: the table of options has the key %s: options have names", reading->name,
                        ll_value_words(L, -2, words));
        const char *key = lua_tostring(L, -2);
        int option = find_option(operation, key);
        if (option == LL_OPTIONS_COUNT) refuse_option(L, reading->name, operation, key);
        read_option(L, reading->name, (enum ll_action_option)option, reading->action);
        lua_pop(L, 1);
    }
}

static void check_end(lua_State *L, struct reading *reading) {
    int index = reading->index;
    if (lua_gettop(L) > index)
        ll_vm_raise(L, "%s takes %d argument%s and a table of options, not %d", reading->name, index - FIRST,
                    index - FIRST == 1 ? "" : "s", lua_gettop(L) - 1);
    if (!lua_isnoneornil(L, index) && !lua_istable(L, index))
        ll_api_wants(L, reading->name, index, "a table of options such as { timeout = \"5s\" }");
}

static uint32_t default_timeout_ms(lua_State *L, enum ll_operation_kind kind) {
    const struct ll_timeouts *stated = &ll_vm_of(L)->scenario->spec.timeouts;
    if (kind == LL_OPKIND_NAVIGATION) return stated->navigation_ms ? stated->navigation_ms : LL_NAVIGATION_TIMEOUT_MS;
    return stated->action_ms ? stated->action_ms : LL_ACTION_TIMEOUT_MS;
}

void ll_arguments_read(lua_State *L, enum ll_operation operation, struct ll_action *out) {
    const struct ll_operation_info *info = ll_operation_info(operation);
    *out = (struct ll_action){
        .operation = operation,
        .timeout_ms = default_timeout_ms(L, info->kind),
    };
    struct reading reading = {.name = info->name, .index = FIRST, .action = out};
    int list = 0, files = 0, value = 0, snapshot = 0; // what is pushed as JSON comes last, since it changes the stack
    for (const char *letter = info->arguments; *letter; letter++) {
        if (*letter == 'S')
            read_selector(L, &reading);
        else if (*letter == 'I')
            read_whole_number(L, &reading);
        else if (*letter == 'G')
            read_pattern(L, &reading);
        else if (*letter == 'C')
            check_function(L, &reading);
        else if (*letter == 'W')
            read_choice(L, &reading);
        else if (*letter == '{')
            letter += strcspn(letter, "}");
        else if (*letter == 'Q' && (lua_isnone(L, reading.index) || lua_istable(L, reading.index)))
            continue;
        else if (*letter == 'U')
            read_url(L, &reading);
        else if (*letter == 'P')
            read_phx_kind(L, &reading);
        else if (*letter == 'L')
            list = reading.index++;
        else if (*letter == 'X')
            snapshot = reading.index++;
        else if (*letter == 'F')
            files = reading.index++;
        else if (*letter == 'V' && is_options(L, &reading))
            continue;
        else if (*letter == 'V')
            value = reading.index++;
        else
            read_text(L, &reading);
    }
    check_end(L, &reading);
    if (lua_istable(L, reading.index)) read_options(L, &reading);
    if (list) read_list(L, &reading, list);
    if (files) read_files(L, &reading, files);
    if (value) read_value(L, &reading, value);
    if (snapshot) read_snapshot(L, &reading, snapshot);
}
