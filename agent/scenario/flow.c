#include "agent/scenario/flow.h"

#include "agent/scenario/api.h"
#include "agent/scenario/budget.h"
#include "agent/scenario/declare.h"
#include "agent/scenario/failure.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/throttle.h"
#include "agent/scenario/value.h"

#include <stdio.h>
#include <string.h>

// Lives as a userdata in the C frame of ctx:step, which closes it however the step ends.
struct ll_open_step {
    struct ll_open_step *outer;
    struct ll_script *script;
    bool is_open;
    char name[LL_NAME_MAX + 1];
};

enum { STEP_INDEX = 4, BARRIER_TIMEOUT_MS = 30 * 1000 };

static const char step_metatable_key;

static void end_step(struct ll_open_step *step, bool completed) {
    struct ll_script *script = step->script;
    step->is_open = false;
    script->open_step = step->outer;
    script->host.step_end(script->host.owner, step->name, completed);
}

static int step_closed(lua_State *L) {
    struct ll_open_step *step = lua_touserdata(L, 1);
    if (step->is_open) end_step(step, false);
    return 0;
}

void ll_flow_open(lua_State *L) {
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, step_closed);
    lua_setfield(L, -2, "__close");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &step_metatable_key);
}

void ll_flow_close_steps(struct ll_script *script) {
    while (script->open_step) end_step(script->open_step, false);
}

// What is left over would be ignored, and its writer would believe that it counts. Not for those whose last argument
// may be a call: Lua's string.gsub and pcall give more than one value.
static void check_no_more(lua_State *L, const char *method, int most) {
    if (lua_gettop(L) - 1 > most)
        ll_vm_raise(L, "%s takes %d argument%s, not %d", method, most, most == 1 ? "" : "s", lua_gettop(L) - 1);
}

// Argument 1 of a method, which is the second on the stack, as the name of a step or check.
static const char *check_name(lua_State *L, const char *method) {
    size_t len;
    if (lua_type(L, 2) != LUA_TSTRING) ll_api_wants(L, method, 2, "a name");
    const char *name = lua_tolstring(L, 2, &len);
    if (len == 0 || len > LL_NAME_MAX || strlen(name) != len)
        ll_vm_raise(L, "%s: a name has 1 to %d bytes", method, LL_NAME_MAX);
    return name;
}

static int step_done(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    end_step(lua_touserdata(L, STEP_INDEX), true);
    lua_pushvalue(L, 1);
    return 1;
}

static int step(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, "step");
    const char *name = check_name(L, "step");
    if (lua_type(L, 3) != LUA_TFUNCTION) ll_api_wants(L, "step", 3, "a function");
    check_no_more(L, "step", 2);
    lua_settop(L, 3);
    struct ll_open_step *open = lua_newuserdatauv(L, sizeof *open, 0);
    *open = (struct ll_open_step){.outer = script->open_step, .script = script};
    memcpy(open->name, name, strlen(name) + 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &step_metatable_key);
    lua_setmetatable(L, STEP_INDEX);
    lua_toclose(L, STEP_INDEX);
    open->is_open = true;
    script->open_step = open;
    script->host.step_begin(script->host.owner, open->name);
    lua_pushvalue(L, 3);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 0, 0, step_done);
    return step_done(L, LUA_OK, 0);
}

// A number is not taken for true: in Lua 0 is true, and ctx:expect("rows", ctx:count(".row")) would always hold.
static int expect(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, "expect");
    const char *name = check_name(L, "expect");
    if (lua_type(L, 3) != LUA_TBOOLEAN && lua_type(L, 3) != LUA_TNIL)
        ll_api_wants(L, "expect", 3, "true or false, as ctx:count(\".row\") > 0 is");
    script->host.check(script->host.owner, name, lua_toboolean(L, 3));
    lua_settop(L, 1);
    return 1;
}

static int wait_over(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    lua_pushvalue(L, 1);
    return 1;
}

static uint64_t check_duration_ms(lua_State *L, int index) {
    uint64_t ms = 0;
    ll_err err = ll_value_duration_ms(L, index, &ms);
    if (err.status != LL_OK) ll_vm_raise(L, "think: argument %d: %s", index - 1, err.text);
    return ms;
}

static int think(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, "think");
    ll_api_check_can_wait(L, "think");
    uint64_t min = check_duration_ms(L, 2);
    uint64_t max = lua_isnoneornil(L, 3) ? min : check_duration_ms(L, 3);
    check_no_more(L, "think", 2);
    if (max < min) ll_vm_raise(L, "think: the second duration is shorter than the first");
    script->wait = (struct ll_script_request){
        .status = LL_SCRIPT_THINK,
        .think_ms = min + ll_rand_below(&script->rand, max - min + 1),
    };
    return lua_yieldk(L, 0, 0, wait_over);
}

// What the script waited for is still in script->wait, but for its name, which stands on the stack of the call.
static int barrier_over(lua_State *L, int status, lua_KContext count) {
    (void)status;
    const struct ll_script *script = ll_vm_of(L)->script;
    const char *name = lua_tostring(L, 2);
    lua_settop(L, 3);
    if (!script->result) {
        lua_pushvalue(L, 1);
        return 1;
    }
    char place[LL_VM_PLACE_MAX], whole_place[LL_FLOW_PLACE_MAX];
    const char *reason = lua_pushstring(L, script->result->err.text);
    ll_vm_place(L, place);
    ll_flow_place(L, whole_place);
    struct ll_failure failure = {
        .operation = "barrier",
        .reason = reason,
        .signature = lua_pushfstring(L, "barrier(\"%s\", %d): not enough users came", name, (int)count),
        .message = lua_pushfstring(L, "%s: %s", place, reason),
        .detail = lua_pushfstring(L, "%s: %s", whole_place, reason),
    };
    ll_failure_raise(L, &failure);
}

static uint32_t check_barrier_count(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    uint32_t users = ll_vm_of(L)->scenario->data.users;
    int is_whole = lua_type(L, 3) == LUA_TNUMBER;
    lua_Integer count = is_whole ? lua_tointegerx(L, 3, &is_whole) : 0;
    if (!is_whole || count < 2 || count > LL_USERS_MAX)
        ll_vm_raise(L, "barrier: argument 2 must be how many users meet, a whole number from 2, not %s",
                    ll_value_words(L, 3, words));
    if ((uint64_t)count > users)
        ll_vm_raise(L,
                    "barrier \"%s\" waits for %d users, and the run has %d: give it more users, or the barrier fewer",
                    lua_tostring(L, 2), (int)count, (int)users);
    return (uint32_t)count;
}

static uint64_t check_barrier_timeout(lua_State *L) {
    static const char *const options[] = {"timeout", NULL};
    uint64_t timeout_ms = BARRIER_TIMEOUT_MS;
    if (lua_isnoneornil(L, 4)) return timeout_ms;
    if (!lua_istable(L, 4)) ll_api_wants(L, "barrier", 4, "a table of options such as { timeout = \"5s\" }");
    ll_declare_check_keys(L, 4, "the table of options of barrier", options, NULL);
    if (lua_getfield(L, 4, "timeout") != LUA_TNIL) {
        ll_err err = ll_value_duration_ms(L, -1, &timeout_ms);
        if (err.status == LL_OK && timeout_ms == 0) err = ll_err_make(LL_INVALID_ARGUMENT, "it must be longer than 0");
        if (err.status != LL_OK) ll_vm_raise(L, "barrier: timeout: %s", err.text);
    }
    lua_pop(L, 1);
    return timeout_ms;
}

static int barrier(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, "barrier");
    ll_api_check_can_wait(L, "barrier");
    const char *name = check_name(L, "barrier");
    uint32_t count = check_barrier_count(L);
    uint64_t timeout_ms = check_barrier_timeout(L);
    check_no_more(L, "barrier", 3);
    script->wait = (struct ll_script_request){.status = LL_SCRIPT_BARRIER,
                                              .barrier = {.name = name, .count = count, .timeout_ms = timeout_ms}};
    return lua_yieldk(L, 0, (lua_KContext)count, barrier_over);
}

static int screenshot(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, "screenshot");
    const char *label = check_name(L, "screenshot");
    ll_api_check_can_wait(L, "screenshot");
    script->wait = (struct ll_script_request){.status = LL_SCRIPT_SCREENSHOT, .label = label};
    return lua_yieldk(L, 0, 0, wait_over);
}

static int halt(lua_State *L) {
    ll_api_check_self(L, "halt");
    check_no_more(L, "halt", 0);
    return ll_vm_end(L, LL_VM_ENDS_HALTED);
}

static int is_halted(lua_State *L) {
    ll_api_check_self(L, "is_halted");
    lua_pushboolean(L, ll_vm_of(L)->ending == LL_VM_ENDS_HALTED);
    return 1;
}

void ll_flow_place(lua_State *L, char out[LL_FLOW_PLACE_MAX]) {
    const struct ll_script *script = ll_vm_of(L)->script;
    ll_vm_place(L, out);
    char *at = out + strlen(out), *end = out + LL_FLOW_PLACE_MAX;
    if (script->open_step) at += snprintf(at, (size_t)(end - at), ", in step \"%s\"", script->open_step->name);
    if (script->step > 0) snprintf(at, (size_t)(end - at), ", operation %u", script->step);
}

static int fail(lua_State *L) {
    char place[LL_VM_PLACE_MAX], whole_place[LL_FLOW_PLACE_MAX];
    ll_api_check_self(L, "fail");
    if (lua_type(L, 2) != LUA_TSTRING || lua_rawlen(L, 2) == 0)
        ll_api_wants(L, "fail", 2, "the reason, a text such as \"sold out\"");
    const char *reason = lua_tostring(L, 2);
    ll_vm_place(L, place);
    ll_flow_place(L, whole_place);
    struct ll_failure failure = {
        .operation = "fail",
        .reason = reason,
        .signature = reason,
        .message = lua_pushfstring(L, "%s: %s", place, reason),
        .detail = lua_pushfstring(L, "%s: %s", whole_place, reason),
    };
    ll_failure_raise(L, &failure);
}

static int log_text(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, "log");
    ll_value_push_joined(L, 2);
    ll_budget_spend_bytes(L, lua_rawlen(L, -1), "ctx:log");
    script->host.log(script->host.owner, lua_tostring(L, -1));
    lua_settop(L, 1);
    return 1;
}

static int reset_assigns(lua_State *L) {
    ll_api_check_self(L, "reset_assigns");
    check_no_more(L, "reset_assigns", 0);
    lua_newtable(L);
    ll_registry_set(L, &ll_key_assigns);
    lua_settop(L, 1);
    return 1;
}

const luaL_Reg ll_flow_methods[] = {
    {"step", step},
    {"expect", expect},
    {"think", think},
    {"barrier", barrier},
    {"throttle", ll_throttle_pass},
    {"halt", halt},
    {"fail", fail},
    {"is_halted", is_halted},
    {"log", log_text},
    {"reset_assigns", reset_assigns},
    {"screenshot", screenshot},
    {NULL, NULL},
};
