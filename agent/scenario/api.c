// A method checks its arguments, leaves the action in script->wait and yields out of the user's thread; its texts stay
// on the stack of the call, which keeps them alive. When the action was done the script is resumed in operation_done,
// which returns ctx or the value, or raises a failure at the line of the call.
#include "agent/scenario/api.h"

#include "agent/scenario/declare.h"
#include "agent/scenario/failure.h"
#include "agent/scenario/flow.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "libcommon/base/text.h"

#include <assert.h>
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 2, SHOWN_MAX = 200 }; // index of the first argument after ctx; bytes of an argument in a sentence

static const struct row {
    const char *name;
    enum ll_operation_kind kind;
    enum ll_operation_args args;
} rows[] = {
#define LL_OPERATION(id, name, kind, arguments) {name, LL_OPKIND_##kind, LL_ARGS_##arguments},
#include "agent/browser/operations.def"
#undef LL_OPERATION
};

// What can follow `ctx.`, for suggestions: the operations, ll_flow_methods and the fields.
static const char *const names[] = {
#define LL_OPERATION(id, name, kind, arguments) name,
#include "agent/browser/operations.def"
#undef LL_OPERATION
    "step", "expect",        "think",   "halt",      "fail",    "is_halted",
    "log",  "reset_assigns", "assigns", "iteration", "user_id", NULL,
};

// Planned, and named in talk about LiveLoad: an honest answer is better than a wrong suggestion.
static const char *const later[] = {
    "go_back",
    "go_forward",
    "wait_for_load_state",
    "double_click",
    "drag_and_drop",
    "type",
    "tap",
    "scroll_into_view",
    "select_multiple_options",
    "focus",
    "blur",
    "set_input_files",
    "submit_form",
    "wait_for_response",
    "wait_for_function",
    "ensure_liveview",
    "wait_for_liveview",
    "wait_for_phx_loading_completion",
    "page_content",
    "inner_html",
    "is_checked",
    "is_enabled",
    "title",
    "url",
    "new_page",
    "switch_page",
    "close_page",
    "frame",
    "on_dialog",
    "wait_for_download",
    "context_storage_snapshot",
    "restore_context_storage",
    "reset_context_storage",
    "throttle",
    "barrier",
    "screenshot",
    "http",
    NULL,
};

static const char *const state_names[] = {"visible", "hidden", "attached", "detached", NULL};

void ll_api_check_self(lua_State *L, const char *method) {
    ll_registry_get(L, &ll_key_ctx);
    if (lua_gettop(L) == 1 || !lua_rawequal(L, 1, -1)) // without arguments, ctx itself is what stands at 1
        ll_vm_raise(L, "ctx.%s is called with a dot: write ctx:%s(...)", method, method);
    lua_pop(L, 1);
}

void ll_api_check_can_wait(lua_State *L, const char *method) {
    if (!lua_isyieldable(L))
        ll_vm_raise(L, "%s cannot wait here: it was called from inside a function such as table.sort or string.gsub",
                    method);
}

void ll_api_wants(lua_State *L, const char *method, int index, const char *wanted) {
    char words[LL_VALUE_WORDS_MAX];
    ll_vm_raise(L, "%s: argument %d must be %s, not %s", method, index - 1, wanted, ll_value_words(L, index, words));
}

static void check_bytes(lua_State *L, const char *method, int index, size_t max) {
    size_t len;
    const char *text = lua_tolstring(L, index, &len);
    if (strlen(text) != len) ll_vm_raise(L, "%s: argument %d holds a zero byte", method, index - 1);
    if (len > max) ll_vm_raise(L, "%s: argument %d is longer than %zu bytes", method, index - 1, max);
}

static const char *check_selector(lua_State *L, const char *method, int index) {
    if (lua_type(L, index) != LUA_TSTRING || lua_rawlen(L, index) == 0)
        ll_api_wants(L, method, index, "a selector such as \"#buy\"");
    check_bytes(L, method, index, LL_SELECTOR_BYTES_MAX);
    return lua_tostring(L, index);
}

// A number is taken as its text: ctx:fill("#quantity", 3).
static const char *check_text(lua_State *L, const char *method, int index) {
    if (lua_type(L, index) != LUA_TSTRING && lua_type(L, index) != LUA_TNUMBER)
        ll_api_wants(L, method, index, "a text");
    check_bytes(L, method, index, LL_ACTION_TEXT_BYTES_MAX);
    return lua_tostring(L, index);
}

// The value at `index` as JSON, pushed so that it lives as long as the call; NULL for nil.
static const char *push_argument(lua_State *L, const char *method, int index) {
    struct ll_buf *json = &ll_vm_of(L)->script->scratch;
    char what[SHOWN_MAX];
    if (lua_isnoneornil(L, index)) return NULL;
    snprintf(what, sizeof what, "%s: argument %d", method, index - 1);
    ll_buf_clear(json);
    ll_value_write_json(L, index, what, json);
    return lua_pushlstring(L, ll_buf_str(json), json->len);
}

static void read_timeout(lua_State *L, const char *method, int options, uint32_t *out_ms) {
    uint64_t ms = 0;
    if (lua_getfield(L, options, "timeout") != LUA_TNIL) {
        ll_err err = ll_value_duration_ms(L, -1, &ms);
        if (err.status == LL_OK && ms == 0) err = ll_err_make(LL_INVALID_ARGUMENT, "it must be longer than 0");
        if (err.status != LL_OK) ll_vm_raise(L, "%s: timeout: %s", method, err.text);
        *out_ms = (uint32_t)ms;
    }
    lua_pop(L, 1);
}

static void read_state(lua_State *L, const char *method, int options, enum ll_element_state *out) {
    char words[LL_VALUE_WORDS_MAX];
    int type = lua_getfield(L, options, "state");
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : "";
    int state = 0;
    while (state_names[state] && strcmp(state_names[state], text) != 0) state++;
    if (state_names[state])
        *out = (enum ll_element_state)state;
    else if (type != LUA_TNIL)
        ll_vm_raise(L, "%s: state must be \"visible\", \"hidden\", \"attached\" or \"detached\", not %s", method,
                    ll_value_words(L, -1, words));
    lua_pop(L, 1);
}

static void read_options(lua_State *L, const struct row *row, int index, struct ll_action *action) {
    static const char *const wait_options[] = {"timeout", "state", NULL};
    static const char *const options[] = {"timeout", NULL};
    char what[SHOWN_MAX];
    bool has_state = action->operation == LL_OP_WAIT_FOR_SELECTOR;
    if (lua_gettop(L) > index)
        ll_vm_raise(L, "%s takes %d argument%s and a table of options, not %d", row->name, index - FIRST,
                    index - FIRST == 1 ? "" : "s", lua_gettop(L) - 1);
    if (lua_isnoneornil(L, index)) return;
    if (!lua_istable(L, index)) ll_api_wants(L, row->name, index, "a table of options such as { timeout = \"5s\" }");
    snprintf(what, sizeof what, "the table of options of %s", row->name);
    ll_declare_check_keys(L, index, what, has_state ? wait_options : options, NULL);
    read_timeout(L, row->name, index, &action->timeout_ms);
    if (has_state) read_state(L, row->name, index, &action->state);
}

static void read_arguments(lua_State *L, const struct row *row, struct ll_action *action) {
    int index = FIRST;
    int argument = 0;
    switch (row->args) {
    case LL_ARGS_N:
        break;
    case LL_ARGS_S:
        action->selector = check_selector(L, row->name, index++);
        break;
    case LL_ARGS_T:
        action->text = check_text(L, row->name, index++);
        break;
    case LL_ARGS_ST:
        action->selector = check_selector(L, row->name, index++);
        action->text = check_text(L, row->name, index++);
        break;
    case LL_ARGS_SO:
        action->selector = check_selector(L, row->name, index++);
        if (lua_type(L, index) == LUA_TSTRING) action->text = check_text(L, row->name, index++);
        break;
    case LL_ARGS_TJ:
        action->text = check_text(L, row->name, index++);
        argument = index++;
        break;
    }
    read_options(L, row, index, action);
    if (argument) action->argument = push_argument(L, row->name, argument);
}

static void append_quoted(struct ll_buf *out, const char *text, size_t len) {
    size_t shown = ll_value_cut(text, len, SHOWN_MAX);
    ll_buf_text(out, "\"");
    for (size_t i = 0; i < shown; i++) ll_buf_append(out, iscntrl((unsigned char)text[i]) ? " " : &text[i], 1);
    ll_buf_text(out, shown < len ? "…\"" : "\"");
}

// The text of an action as its signature shows it, cut to what is equal for all users.
static void append_stable_text(struct ll_buf *out, const struct ll_action *action) {
    switch (action->operation) {
    case LL_OP_FILL:
    case LL_OP_PRESS:
    case LL_OP_SELECT_OPTION: // what a user types
        return;
    case LL_OP_EVALUATE: // code, often built with values inside
        ll_buf_text(out, "...");
        return;
    case LL_OP_NAVIGATE:
        append_quoted(out, action->text, strcspn(action->text, "?#"));
        return;
    case LL_OP_RELOAD:
    case LL_OP_CLICK:
    case LL_OP_CLEAR:
    case LL_OP_CHECK:
    case LL_OP_UNCHECK:
    case LL_OP_HOVER:
    case LL_OP_WAIT_FOR_SELECTOR:
    case LL_OP_WAIT_FOR_URL:
    case LL_OP_INNER_TEXT:
    case LL_OP_TEXT_CONTENT:
    case LL_OP_INPUT_VALUE:
    case LL_OP_GET_ATTRIBUTE:
    case LL_OP_IS_VISIBLE:
    case LL_OP_COUNT:
    case LL_OPERATIONS_COUNT:
        break;
    }
    if (action->selector) ll_buf_text(out, ", ");
    append_quoted(out, action->text, strlen(action->text));
}

enum call_form { CALL_STABLE, CALL_WHOLE };

// `click("#buy")`, as it would stand in the scenario.
static void append_call(struct ll_buf *out, const struct ll_action *action, enum call_form form) {
    ll_buf_printf(out, "%s(", rows[action->operation].name);
    if (action->selector) append_quoted(out, action->selector, strlen(action->selector));
    if (action->text && form == CALL_STABLE) append_stable_text(out, action);
    if (action->text && form == CALL_WHOLE) {
        if (action->selector) ll_buf_text(out, ", ");
        append_quoted(out, action->text, strlen(action->text));
    }
    if (action->argument && form == CALL_WHOLE)
        ll_buf_printf(out, ", %.*s", (int)ll_value_cut(action->argument, strlen(action->argument), SHOWN_MAX),
                      action->argument);
    if (action->state != LL_STATE_VISIBLE) ll_buf_printf(out, ", { state = \"%s\" }", state_names[action->state]);
    ll_buf_text(out, ")");
}

// What varies from user to user ends a reason as a number in brackets: "matches several elements (3 match)".
static size_t stable_length(const char *reason) {
    size_t len = strlen(reason);
    const char *open = strrchr(reason, '(');
    bool ends_it = len > 0 && reason[len - 1] == ')';
    if (!ends_it || !open || open == reason || open[-1] != ' ' || !isdigit((unsigned char)open[1])) return len;
    return (size_t)(open - 1 - reason);
}

// Three texts one after the other in the script's scratch, each with its NUL.
static void raise_failure(lua_State *L, const struct ll_action *action, const char *reason) {
    struct ll_script *script = ll_vm_of(L)->script;
    struct ll_buf *texts = &script->scratch;
    char place[LL_VM_PLACE_MAX], whole_place[LL_FLOW_PLACE_MAX];
    ll_vm_place(L, place);
    ll_flow_place(L, whole_place);
    ll_buf_clear(texts);
    append_call(texts, action, CALL_STABLE);
    ll_buf_printf(texts, ": %.*s", (int)stable_length(reason), reason);
    ll_buf_append(texts, "", 1);
    size_t message = texts->len;
    ll_buf_printf(texts, "%s: ", place);
    append_call(texts, action, CALL_WHOLE);
    ll_buf_printf(texts, ": %s", reason);
    ll_buf_append(texts, "", 1);
    size_t detail = texts->len;
    ll_buf_printf(texts, "%s: ", whole_place);
    append_call(texts, action, CALL_WHOLE);
    ll_buf_printf(texts, ": %s", reason);
    struct ll_failure failure = {
        .operation = rows[action->operation].name,
        .reason = reason,
        .signature = ll_buf_str(texts),
        .message = ll_buf_str(texts) + message,
        .detail = ll_buf_str(texts) + detail,
    };
    ll_failure_raise(L, &failure);
}

static int operation_done(lua_State *L, int status, lua_KContext operation) {
    (void)status;
    struct ll_script *script = ll_vm_of(L)->script;
    const struct ll_action_result *result = script->result;
    assert(result); // an action is answered with its result
    if (result->err.status != LL_OK) raise_failure(L, &script->wait.action, result->err.text);
    if (rows[operation].kind == LL_OPKIND_READING)
        ll_value_push_json(L, result->value);
    else
        lua_pushvalue(L, 1);
    return 1;
}

static int call_operation(lua_State *L) {
    enum ll_operation operation = (enum ll_operation)lua_tointeger(L, lua_upvalueindex(1));
    const struct row *row = &rows[operation];
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, row->name);
    script->step++;
    struct ll_action action = {
        .operation = operation,
        .timeout_ms = row->kind == LL_OPKIND_NAVIGATION ? LL_NAVIGATION_TIMEOUT_MS : LL_ACTION_TIMEOUT_MS,
    };
    read_arguments(L, row, &action);
    ll_api_check_can_wait(L, row->name);
    script->wait = (struct ll_script_request){.status = LL_SCRIPT_ACTION, .action = action};
    return lua_yieldk(L, 0, (lua_KContext)operation, operation_done);
}

static void refuse_name(lua_State *L, const char *name) {
    for (const char *const *at = later; *at; at++)
        if (strcmp(*at, name) == 0) ll_vm_raise(L, "ctx:%s is not offered in this version", name);
    const char *nearest = ll_text_nearest(name, names);
    if (nearest) ll_vm_raise(L, "ctx has no operation \"%s\": did you mean \"%s\"?", name, nearest);
    ll_vm_raise(L, "ctx has no operation \"%s\": docs/SCENARIOS.md lists them", name);
}

static int ctx_index(lua_State *L) {
    const struct ll_script *script = ll_vm_of(L)->script;
    char words[LL_VALUE_WORDS_MAX];
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) return 1;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : ll_value_words(L, 2, words);
    if (strcmp(name, "assigns") == 0)
        ll_registry_get(L, &ll_key_assigns);
    else if (strcmp(name, "iteration") == 0)
        lua_pushinteger(L, (lua_Integer)script->iteration);
    else if (strcmp(name, "user_id") == 0)
        lua_pushinteger(L, script->user_id);
    else
        refuse_name(L, name);
    return 1;
}

static int ctx_newindex(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : ll_value_words(L, 2, words);
    if (strcmp(name, "assigns") != 0) ll_vm_raise(L, "ctx.%s cannot be set: keep values in ctx.assigns", name);
    if (!lua_istable(L, 3)) ll_vm_raise(L, "ctx.assigns must be a table, not %s", ll_value_words(L, 3, words));
    lua_settop(L, 3);
    ll_registry_set(L, &ll_key_assigns);
    return 0;
}

void ll_api_open(lua_State *L) {
    ll_flow_open(L);
    lua_newtable(L);
    ll_registry_set(L, &ll_key_assigns);
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 4);
    lua_createtable(L, 0, LL_OPERATIONS_COUNT + 8);
    for (int operation = 0; operation < LL_OPERATIONS_COUNT; operation++) {
        lua_pushinteger(L, operation);
        lua_pushcclosure(L, call_operation, 1);
        lua_setfield(L, -2, rows[operation].name);
    }
    luaL_setfuncs(L, ll_flow_methods, 0);
    lua_pushcclosure(L, ctx_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, ctx_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushliteral(L, "ctx");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    ll_registry_set(L, &ll_key_ctx);
}
