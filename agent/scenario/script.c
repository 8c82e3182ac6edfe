// Starting: the file's code is loaded and run in a new state, once, and leaves its `run` function in the registry.
// Each iteration calls that function on the state's thread, until it waits, returns or is cut short.
#include "agent/scenario/api.h"
#include "agent/scenario/copy.h"
#include "agent/scenario/declare.h"
#include "agent/scenario/failure.h"
#include "agent/scenario/flow.h"
#include "agent/scenario/module.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/sandbox.h"
#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum { SCRATCH_KEPT_MAX = 16 * 1024 }; // bytes a user keeps between iterations

static void print_to_host(struct ll_vm *vm, const char *text) {
    struct ll_script *script = vm->script;
    if (script->is_ready) script->host.log(script->host.owner, text);
}

static void seed_random(lua_State *L, uint64_t seed) {
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "randomseed");
    lua_pushinteger(L, (lua_Integer)seed);
    lua_call(L, 1, 0);
    lua_pop(L, 1);
}

static int boot(lua_State *L) {
    struct ll_vm *vm = ll_vm_of(L);
    struct ll_rand seeds = vm->script->rand;
    ll_sandbox_open(L);
    ll_failure_open(L);
    ll_api_open(L);
    seed_random(L, ll_rand_next(&seeds));
    ll_module_push_main(L);
    lua_call(L, 0, 1);
    ll_declare_check_returned(L, lua_gettop(L));
    lua_pushliteral(L, "run");
    if (lua_rawget(L, -2) != LUA_TFUNCTION) ll_vm_raise(L, "run is no function any more");
    ll_registry_set(L, &ll_key_run);
    lua_State *source = vm->scenario->vm.main;
    ll_registry_get(source, &ll_key_config);
    ll_copy(source, -1, L, "config");
    ll_registry_set(L, &ll_key_config);
    return 0;
}

static void forget_failure(struct ll_script *script) {
    free(script->signature);
    free(script->detail);
    script->signature = script->detail = NULL;
}

static ll_err run_boot(struct ll_script *script) {
    struct ll_vm *vm = &script->vm;
    int results;
    bool is_done = false;
    if (ll_vm_prepare(vm)) {
        lua_pushcfunction(vm->thread, boot);
        is_done = ll_vm_run(vm, 0, &results) == LL_VM_DONE;
    }
    lua_settop(vm->scenario->vm.main, 0);
    ll_vm_drop(vm);
    if (is_done) {
        lua_gc(vm->main, LUA_GCCOLLECT); // what loading left: with thousands of users it counts
        return LL_SUCCESS;
    }
    enum ll_status status = vm->lua_status == LUA_ERRMEM ? LL_RESOURCE_EXHAUSTED : LL_INVALID_ARGUMENT;
    ll_failure_explain(vm, &script->signature, &script->detail);
    return ll_err_make(status, "%s", script->detail);
}

ll_err ll_script_new(struct ll_scenario *scenario, uint32_t user_id, uint64_t random_seed, struct ll_script_host host,
                     struct ll_script **out) {
    struct ll_script *script = ll_alloc(1, sizeof *script);
    ll_err err = ll_err_make(LL_RESOURCE_EXHAUSTED, "there is no memory for the Lua state of a user");
    script->host = host;
    script->user_id = user_id;
    script->rand = ll_rand_seed(random_seed);
    script->scratch = ll_buf_make(LL_ACTION_TEXT_BYTES_MAX);
    if (ll_vm_open(&script->vm, scenario->limits)) {
        script->vm.scenario = scenario;
        script->vm.script = script;
        script->vm.print = print_to_host;
        err = run_boot(script);
    }
    script->is_ready = true;
    if (err.status == LL_OK)
        *out = script;
    else
        ll_script_free(&script);
    return err;
}

void ll_script_free(struct ll_script **script) {
    struct ll_script *gone = *script;
    *script = NULL;
    if (!gone) return;
    gone->open_step = NULL; // nobody is told any more
    ll_vm_close(&gone->vm);
    ll_buf_fini(&gone->scratch);
    forget_failure(gone);
    free(gone);
}

static void fail(struct ll_script *script, struct ll_script_request *out) {
    ll_failure_explain(&script->vm, &script->signature, &script->detail);
    *out = (struct ll_script_request){
        .status = LL_SCRIPT_FAILED, .signature = script->signature, .detail = script->detail};
}

static void run(struct ll_script *script, int arguments, struct ll_script_request *out) {
    int results;
    enum ll_vm_status status = ll_vm_run(&script->vm, arguments, &results);
    switch (status) {
    case LL_VM_DONE:
        *out = (struct ll_script_request){.status = LL_SCRIPT_FINISHED};
        break;
    case LL_VM_WAITS:
        *out = script->wait;
        break;
    case LL_VM_FAILED:
        fail(script, out);
        break;
    case LL_VM_HALTED:
        *out = (struct ll_script_request){.status = LL_SCRIPT_HALTED};
        break;
    }
    out->step = script->step;
    if (status == LL_VM_WAITS) return;
    ll_flow_close_steps(script);
    ll_vm_drop(&script->vm);
    if (script->scratch.cap > SCRATCH_KEPT_MAX) ll_buf_fini(&script->scratch);
}

void ll_script_start(struct ll_script *script, uint64_t iteration, struct ll_script_request *out) {
    struct ll_vm *vm = &script->vm;
    forget_failure(script);
    ll_flow_close_steps(script);
    ll_vm_drop(vm);
    script->iteration = iteration;
    script->step = script->expected = 0;
    script->held = 0; // given back with the iteration before
    if (!ll_vm_prepare(vm)) {
        fail(script, out);
        out->step = 0;
        return;
    }
    ll_registry_get(vm->thread, &ll_key_run);
    ll_registry_get(vm->thread, &ll_key_ctx);
    lua_pushinteger(vm->thread, script->user_id);
    ll_registry_get(vm->thread, &ll_key_config);
    run(script, 3, out);
}

void ll_script_resume(struct ll_script *script, const struct ll_action_result *result, struct ll_script_request *out) {
    assert(lua_status(script->vm.thread) == LUA_YIELD);
    forget_failure(script);
    script->result = result;
    run(script, 0, out);
    script->result = NULL;
}

void ll_script_resume_http(struct ll_script *script, const struct ll_http_answer *answer,
                           struct ll_script_request *out) {
    assert(lua_status(script->vm.thread) == LUA_YIELD);
    forget_failure(script);
    script->answer = answer;
    run(script, 0, out);
    script->answer = NULL;
}
