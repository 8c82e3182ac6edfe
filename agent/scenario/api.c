// A method reads its arguments, leaves the action in script->wait and yields out of the user's thread; its texts stay
// on the stack of the call, which keeps them alive. When the action was done the script is resumed in operation_done,
// which returns ctx or the value, or raises a failure at the line of the call.
#include "agent/scenario/api.h"

#include "agent/scenario/arguments.h"
#include "agent/scenario/budget.h"
#include "agent/scenario/call.h"
#include "agent/scenario/failure.h"
#include "agent/scenario/flow.h"
#include "agent/scenario/http.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/response.h"
#include "agent/scenario/value.h"
#include "libcommon/base/text.h"

#include <assert.h>
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>

// What can follow `ctx.`, for suggestions: the operations, ll_flow_methods and the fields.
static const char *const names[] = {
#define LL_OPERATION(id, name, kind, arguments, options) name,
#include "agent/browser/operations.def"
#undef LL_OPERATION
    "frame",    "step", "expect",        "think",   "halt",      "fail",    "is_halted", "screenshot", "barrier",
    "throttle", "log",  "reset_assigns", "assigns", "iteration", "user_id", "http",      NULL,
};

void ll_api_check_self(lua_State *L, const char *method) {
    int top = lua_gettop(L);
    ll_registry_get(L, &ll_key_ctx); // without arguments, it is what stands at 1
    bool is_self = top > 0 && lua_rawequal(L, 1, -1);
    if (top > 0 && !is_self && lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1)) { // a frame's has the same
        lua_getmetatable(L, top + 1);
        is_self = lua_rawequal(L, -1, -2);
    }
    lua_settop(L, top);
    if (!is_self) ll_vm_raise(L, "ctx.%s is called with a dot: write ctx:%s(...)", method, method);
    ll_budget_spend_call(L, method);
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
    ll_call_append(texts, action, LL_CALL_STABLE);
    ll_buf_printf(texts, ": %.*s", (int)stable_length(reason), reason);
    ll_buf_append(texts, "", 1);
    size_t message = texts->len;
    ll_buf_printf(texts, "%s: ", place);
    ll_call_append(texts, action, LL_CALL_WHOLE);
    ll_buf_printf(texts, ": %s", reason);
    ll_buf_append(texts, "", 1);
    size_t detail = texts->len;
    ll_buf_printf(texts, "%s: ", whole_place);
    ll_call_append(texts, action, LL_CALL_WHOLE);
    ll_buf_printf(texts, ": %s", reason);
    struct ll_failure failure = {
        .operation = ll_operation_info(action->operation)->name,
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
    if (ll_operation_info((enum ll_operation)operation)->kind == LL_OPKIND_READING)
        ll_value_push_json(L, result->value);
    else
        lua_pushvalue(L, 1);
    return 1;
}

// The frames that the ctx at 1 stands for, for as long as that is there; NULL for the page itself.
static const char *frame_of(lua_State *L) {
    const char *path = lua_getiuservalue(L, 1, 1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
    lua_pop(L, 1);
    return path;
}

static void check_is_for_frames(lua_State *L, enum ll_operation operation) {
    const struct ll_operation_info *info = ll_operation_info(operation);
    if (!strpbrk(info->arguments, "SJ"))
        ll_vm_raise(L, "%s is the page's, not a frame's: write ctx:%s(...)", info->name, info->name);
}

// ctx:frame(selector): a ctx whose path has one more.
static int frame(lua_State *L) {
    size_t len;
    int deep = 1;
    ll_api_check_self(L, "frame");
    if (lua_type(L, 2) != LUA_TSTRING || lua_rawlen(L, 2) == 0)
        ll_api_wants(L, "frame", 2, "the selector of a frame such as \"#pay\"");
    const char *selector = lua_tolstring(L, 2, &len), *path = frame_of(L);
    if (len > LL_SELECTOR_BYTES_MAX || strlen(selector) != len || strchr(selector, LL_FRAME_SEPARATOR))
        ll_vm_raise(L, "frame: argument 1 is no selector: it is longer than %d bytes, or holds control characters",
                    LL_SELECTOR_BYTES_MAX);
    if (lua_gettop(L) > 2)
        ll_vm_raise(L, "frame takes 1 argument, not %d: what is done in it has options", lua_gettop(L) - 1);
    for (const char *at = path; at && (at = strchr(at, LL_FRAME_SEPARATOR)); at++) deep++;
    if (path && deep >= LL_FRAMES_DEEP_MAX) ll_vm_raise(L, "frame: frames may be nested %d deep", LL_FRAMES_DEEP_MAX);
    lua_newuserdatauv(L, 0, 1);
    if (path)
        lua_pushfstring(L, "%s%c%s", path, LL_FRAME_SEPARATOR, selector);
    else
        lua_pushvalue(L, 2);
    lua_setiuservalue(L, -2, 1);
    lua_getmetatable(L, 1);
    lua_setmetatable(L, -2);
    return 1;
}

void ll_api_read(lua_State *L, enum ll_operation operation, struct ll_action *out) {
    ll_api_check_self(L, ll_operation_info(operation)->name);
    ll_arguments_read(L, operation, out);
    out->frame = frame_of(L);
    if (out->frame) check_is_for_frames(L, operation);
}

int ll_api_perform(lua_State *L, const struct ll_action *action) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_can_wait(L, ll_operation_info(action->operation)->name);
    script->wait = (struct ll_script_request){.status = LL_SCRIPT_ACTION, .action = *action};
    return lua_yieldk(L, 0, (lua_KContext)action->operation, operation_done);
}

static int call_operation(lua_State *L) {
    struct ll_action action;
    ll_vm_of(L)->script->step++;
    ll_api_read(L, (enum ll_operation)lua_tointeger(L, lua_upvalueindex(1)), &action);
    return ll_api_perform(L, &action);
}

// What other tools call what an operation does; the nearest name would be that of another.
static const char *written_instead(const char *name) {
    static const struct {
        const char *name, *instead;
    } others[] = {
#define LL_OTHER_NAME(name, instead) {name, instead},
#include "agent/scenario/other_names.def"
#undef LL_OTHER_NAME
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcmp(others[i].name, name) == 0) return others[i].instead;
    return NULL;
}

static void refuse_name(lua_State *L, const char *name) {
    const char *instead = written_instead(name);
    if (instead) ll_vm_raise(L, "ctx has no operation \"%s\": write %s", name, instead);
    const char *nearest = ll_text_nearest(name, names);
    for (int i = 0; nearest && i < LL_OPERATIONS_COUNT; i++) // the inner ones are nobody's to call
        if (names[i] == nearest && ll_operation_info((enum ll_operation)i)->kind == LL_OPKIND_INNER) nearest = NULL;
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
    else if (strcmp(name, "http") == 0)
        ll_http_api_push(L);
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
    ll_http_api_open(L);
    lua_newtable(L);
    ll_registry_set(L, &ll_key_assigns);
    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 4);
    lua_createtable(L, 0, LL_OPERATIONS_COUNT + 8);
    for (int operation = 0; operation < LL_OPERATIONS_COUNT; operation++) {
        if (ll_operation_info((enum ll_operation)operation)->kind == LL_OPKIND_INNER) continue;
        lua_pushinteger(L, operation);
        lua_pushcclosure(L, call_operation, 1);
        lua_setfield(L, -2, ll_operation_info((enum ll_operation)operation)->name);
    }
    luaL_setfuncs(L, ll_flow_methods, 0);
    lua_pushcfunction(L, frame);
    lua_setfield(L, -2, "frame");
    lua_pushcfunction(L, ll_response_wait);
    lua_setfield(L, -2, "wait_for_response");
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
