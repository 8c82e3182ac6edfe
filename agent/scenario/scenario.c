#include "agent/scenario/scenario.h"

#include "agent/scenario/copy.h"
#include "agent/scenario/declare.h"
#include "agent/scenario/declare_context.h"
#include "agent/scenario/failure.h"
#include "agent/scenario/module.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/sandbox.h"
#include "agent/scenario/throttle.h"
#include "agent/scenario/value.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/log.h"
#include "libcommon/base/text.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

const char ll_key_declared, ll_key_run, ll_key_config, ll_key_ctx, ll_key_assigns;

static void print_to_log(struct ll_vm *vm, const char *text) {
    (void)vm;
    ll_info("%s", text);
}

// "shop" of "scenarios/shop.lua": the name of a scenario that states none.
static struct ll_spec default_spec(const struct ll_bundle *bundle) {
    const char *slash = strrchr(bundle->main, '/');
    const char *file = slash ? slash + 1 : bundle->main;
    const char *dot = strrchr(file, '.');
    size_t len = dot && dot > file ? (size_t)(dot - file) : strlen(file);
    char *stem = ll_strndup(file, ll_text_cut(file, len, LL_NAME_MAX));
    struct ll_spec spec = ll_spec_make(stem);
    free(stem);
    return spec;
}

static int read_file(lua_State *L) {
    ll_sandbox_open(L);
    ll_failure_open(L);
    ll_module_push_main(L);
    lua_call(L, 0, 1);
    ll_declare_check_returned(L, lua_gettop(L));
    lua_newtable(L);
    ll_registry_set(L, &ll_key_config);
    return 0;
}

// Runs `body` in the scenario's own state. It may not wait, so it is done or has failed.
static ll_err run_body(struct ll_scenario *scenario, lua_CFunction body, const void *argument) {
    struct ll_vm *vm = &scenario->vm;
    int results;
    bool is_done = false;
    if (ll_vm_prepare(vm)) {
        lua_pushcfunction(vm->thread, body);
        lua_pushlightuserdata(vm->thread, (void *)argument);
        is_done = ll_vm_run(vm, 1, &results) == LL_VM_DONE;
    }
    ll_err err = LL_SUCCESS;
    if (!is_done) {
        char *signature, *detail;
        ll_failure_explain(vm, &signature, &detail);
        err = ll_err_make(LL_INVALID_ARGUMENT, "%s", detail);
        free(signature);
        free(detail);
    }
    ll_vm_drop(vm);
    lua_settop(vm->main, 0);
    return err;
}

ll_err ll_scenario_load_limited(const struct ll_bundle *bundle, const struct ll_secrets *secrets,
                                struct ll_vm_limits limits, struct ll_scenario **out) {
    struct ll_scenario *scenario = ll_alloc(1, sizeof *scenario);
    scenario->bundle = bundle;
    scenario->secrets = secrets;
    scenario->limits = limits;
    scenario->spec = default_spec(bundle);
    ll_scenario_deal(scenario, (struct ll_share){.first = 1, .stride = 1, .users = 1}, 1);
    scenario->compiled = ll_alloc(bundle->count, sizeof *scenario->compiled);
    ll_err err = ll_err_make(LL_RESOURCE_EXHAUSTED, "there is no memory for a Lua state");
    if (ll_vm_open(&scenario->vm, limits)) {
        scenario->vm.scenario = scenario;
        scenario->vm.print = print_to_log;
        err = run_body(scenario, read_file, NULL);
    }
    if (err.status == LL_OK)
        *out = scenario;
    else
        ll_scenario_free(&scenario);
    return err;
}

ll_err ll_scenario_load(const struct ll_bundle *bundle, const struct ll_secrets *secrets, struct ll_scenario **out) {
    struct ll_vm_limits limits = {.bytes = LL_SCRIPT_MEMORY_MAX, .instructions = LL_SCRIPT_INSTRUCTIONS_MAX};
    return ll_scenario_load_limited(bundle, secrets, limits, out);
}

void ll_scenario_free(struct ll_scenario **scenario) {
    struct ll_scenario *gone = *scenario;
    *scenario = NULL;
    if (!gone) return;
    ll_vm_close(&gone->vm);
    ll_spec_fini(&gone->spec);
    ll_buf_fini(&gone->scratch);
    for (size_t i = 0; i < gone->compiled_count; i++) ll_buf_fini(&gone->compiled[i].code);
    free(gone->compiled);
    free(gone->throttles);
    ll_data_fini(&gone->data);
    free(gone);
}

void ll_scenario_deal(struct ll_scenario *scenario, struct ll_share share, uint32_t users_of_the_run) {
    scenario->data.share = share;
    scenario->data.users = users_of_the_run;
}

const struct ll_spec *ll_scenario_spec(const struct ll_scenario *scenario) {
    return &scenario->spec;
}

const struct ll_throttle *ll_scenario_throttles(const struct ll_scenario *scenario, size_t *out_count) {
    *out_count = scenario->throttle_count;
    return scenario->throttles;
}

struct options {
    const struct ll_option *options;
    size_t count;
};

// What config returned is copied at once, so that what cannot be copied to the users is found here.
static int call_config(lua_State *L) {
    struct ll_vm *vm = ll_vm_of(L);
    const struct options *given = lua_touserdata(L, 1);
    ll_registry_get(L, &ll_key_declared);
    lua_pushliteral(L, "config");
    if (lua_rawget(L, -2) == LUA_TNIL) {
        lua_newtable(L);
        ll_registry_set(L, &ll_key_config);
        return 0;
    }
    lua_createtable(L, 0, 4);
    for (size_t i = 0; i < given->count; i++) {
        lua_pushstring(L, given->options[i].value);
        lua_setfield(L, -2, given->options[i].key);
    }
    lua_call(L, 1, 1);
    if (!lua_istable(L, -1))
        return luaL_error(L, "%s: config must return a table, not %s", vm->scenario->bundle->main,
                          lua_isnil(L, -1) ? "nil" : luaL_typename(L, -1));
    lua_xmove(L, vm->main, 1);
    ll_copy(vm->main, -1, L, "config");
    ll_registry_set(L, &ll_key_config);
    return 0;
}

static int call_context(lua_State *L) {
    struct ll_scenario *scenario = ll_vm_of(L)->scenario;
    ll_registry_get(L, &ll_key_declared);
    ll_registry_get(L, &ll_key_config);
    struct ll_context_options *context = &scenario->spec.context;
    ll_declare_compute_context(L, lua_gettop(L) - 1, lua_gettop(L), context);
    context->is_computed = false;
    return 0;
}

ll_err ll_scenario_configure(struct ll_scenario *scenario, const struct ll_option *options, size_t option_count) {
    struct options given = {.options = options, .count = option_count};
    LL_TRY(run_body(scenario, call_config, &given));
    if (scenario->spec.context.is_computed) LL_TRY(run_body(scenario, call_context, NULL));
    return run_body(scenario, ll_throttle_declare, NULL);
}
