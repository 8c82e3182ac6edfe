#include "agent/scenario/declare.h"

#include "agent/scenario/data.h"
#include "agent/scenario/declare_context.h"
#include "agent/scenario/fields.h"
#include "agent/scenario/files.h"
#include "agent/scenario/measure.h"
#include "agent/scenario/module.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/secret.h"
#include "agent/scenario/throttle.h"
#include "agent/scenario/value.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WHAT_MAX = LL_FIELD_NAME_MAX, NAMES_TEXT_MAX = 300 };

static const char *const scenario_fields[] = {"name",     "config", "load",     "thresholds", "on_failure", "context",
                                              "timeouts", "run",    "requests", "throttles",  NULL};
static const char *const scenario_later[] = {"setup", "teardown", NULL};
static const char *const load_fields[] = {"users",         "duration", "iterations", "stages", "iteration_timeout",
                                          "graceful_stop", NULL};
static const char *const load_later[] = {"arrivals", "max_users", NULL};
static const char *const request_fields[] = {"ignore", "block", NULL};
static const char *const stage_fields[] = {"users", "over", NULL};
static const char *const liveload_names[] = {"scenario",  "csv",  "json",         "secret",      "file", "counter",
                                             "histogram", "rate", "interarrival", "parallelism", NULL};

static bool is_in(const char *name, const char *const *names) {
    for (; names && *names; names++)
        if (strcmp(name, *names) == 0) return true;
    return false;
}

// "name, config and load": where no name is near, the reader looks for another word.
static const char *list_names(const char *const *names, char out[NAMES_TEXT_MAX]) {
    for (size_t i = 0, len = 0; names[i] && len < NAMES_TEXT_MAX; i++)
        len += (size_t)snprintf(out + len, NAMES_TEXT_MAX - len, "%s%s",
                                i == 0         ? ""
                                : names[i + 1] ? ", "
                                               : " and ",
                                names[i]);
    return out;
}

void ll_declare_check_keys(lua_State *L, int index, const char *what, const char *const *known,
                           const char *const *later) {
    char words[LL_VALUE_WORDS_MAX], all[NAMES_TEXT_MAX];
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            ll_vm_raise(L, "%s has the key %s: its fields have names", what, ll_value_words(L, -1, words));
        const char *key = lua_tostring(L, -1);
        if (is_in(key, known)) continue;
        if (is_in(key, later)) ll_vm_raise(L, "%s: \"%s\" is not offered in this version", what, key);
        const char *nearest = ll_text_nearest(key, known);
        if (nearest) ll_vm_raise(L, "%s has no field \"%s\": did you mean \"%s\"?", what, key, nearest);
        ll_vm_raise(L, "%s has no field \"%s\": it takes %s", what, key, list_names(known, all));
    }
}

static void read_stages(lua_State *L, int load, struct ll_load *out) {
    char what[WHAT_MAX];
    if (!ll_field_table(L, load, "stages", "a list of stages, each { users = 50, over = \"1m\" }")) return;
    int stages = lua_gettop(L);
    size_t count = lua_rawlen(L, stages);
    if (count == 0 || count > LL_STAGES_MAX)
        ll_vm_raise(L, "load.stages must hold 1 to %d stages, each { users = 50, over = \"1m\" }", LL_STAGES_MAX);
    out->stages = ll_alloc(count, sizeof *out->stages);
    out->stage_count = count;
    out->users = 0;
    out->duration_ms = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t users = 0;
        snprintf(what, sizeof what, "load.stages[%zu]", i + 1);
        if (lua_rawgeti(L, stages, (lua_Integer)i + 1) != LUA_TTABLE)
            ll_field_wants(L, what, "{ users = 50, over = \"1m\" }");
        int stage = lua_gettop(L);
        ll_declare_check_keys(L, stage, what, stage_fields, NULL);
        if (!ll_field_whole(L, stage, what, "users", 0, LL_USERS_MAX, &users) ||
            !ll_field_duration(L, stage, what, "over", &out->stages[i].over_ms))
            ll_vm_raise(L, "%s must have both: { users = 50, over = \"1m\" }", what);
        out->stages[i].users = (uint32_t)users;
        if (users > out->users) out->users = (uint32_t)users;
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_load(lua_State *L, int table, struct ll_load *out) {
    if (!ll_field_table(L, table, "load", "a table such as { users = 20, duration = \"2m\" }")) return;
    int load = lua_gettop(L);
    ll_declare_check_keys(L, load, "load", load_fields, load_later);
    uint64_t users = out->users, iterations = 0;
    bool has_users = ll_field_whole(L, load, "load", "users", 1, LL_USERS_MAX, &users);
    bool has_duration = ll_field_duration(L, load, "load", "duration", &out->duration_ms);
    bool has_iterations = ll_field_whole(L, load, "load", "iterations", 1, INT64_MAX, &iterations);
    ll_field_duration(L, load, "load", "iteration_timeout", &out->iteration_timeout_ms);
    ll_field_duration(L, load, "load", "graceful_stop", &out->graceful_stop_ms);
    out->users = (uint32_t)users;
    read_stages(L, load, out);
    if (has_duration + has_iterations + (out->stage_count > 0) > 1)
        ll_vm_raise(L, "load has more than one of duration, iterations and stages: give one");
    if (out->stage_count > 0 && has_users)
        ll_vm_raise(L, "load has both users and stages: the stages say how many users there are");
    if (has_iterations) {
        out->iterations = iterations;
        out->duration_ms = 0;
    }
    lua_pop(L, 1);
}

static void read_patterns(lua_State *L, int table, const char *name, char ***out, size_t *out_count) {
    static const char wanted[] = "a list of URL patterns such as { \"*://*.example.com/*\" }";
    char field[WHAT_MAX];
    int type = ll_field_push(L, table, name);
    snprintf(field, sizeof field, "requests.%s", name);
    if (type != LUA_TNIL && type != LUA_TTABLE) ll_field_wants(L, field, wanted);
    size_t count = type == LUA_TTABLE ? lua_rawlen(L, -1) : 0;
    if (type == LUA_TTABLE && count == 0) ll_field_wants(L, field, wanted);
    if (count > LL_PATTERNS_MAX) ll_vm_raise(L, "%s has more than %d patterns", field, LL_PATTERNS_MAX);
    *out = count ? ll_alloc(count, sizeof **out) : NULL;
    for (size_t i = 0; i < count; i++) {
        snprintf(field, sizeof field, "requests.%s[%zu]", name, i + 1);
        bool is_text = lua_rawgeti(L, -1, (lua_Integer)i + 1) == LUA_TSTRING;
        if (!is_text || strlen(lua_tostring(L, -1)) != lua_rawlen(L, -1)) ll_field_wants(L, field, "a URL pattern");
        (*out)[(*out_count)++] = ll_strdup(lua_tostring(L, -1));
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_requests(lua_State *L, int table, struct ll_request_filter *out) {
    if (!ll_field_table(L, table, "requests", "a table such as { block = { \"*://*.example.com/*\" } }")) return;
    int requests = lua_gettop(L);
    ll_declare_check_keys(L, requests, "requests", request_fields, NULL);
    read_patterns(L, requests, "ignore", &out->ignore, &out->ignore_count);
    read_patterns(L, requests, "block", &out->block, &out->block_count);
    lua_pop(L, 1);
}

static void read_on_failure(lua_State *L, int table, enum ll_on_failure *out) {
    int type = ll_field_push(L, table, "on_failure");
    const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : "";
    if (strcmp(text, "stop_user") == 0)
        *out = LL_ON_FAILURE_STOP_USER;
    else if (strcmp(text, "continue") == 0)
        *out = LL_ON_FAILURE_CONTINUE;
    else if (type != LUA_TNIL)
        ll_field_wants(L, "on_failure", "\"continue\" or \"stop_user\"");
    lua_pop(L, 1);
}

// "METRIC: EXPRESSION" for one threshold under the key at the top but one of the stack.
static void add_threshold(lua_State *L, const char *key, struct ll_spec *spec) {
    char field[WHAT_MAX];
    snprintf(field, sizeof field, "thresholds[\"%s\"]", key);
    if (lua_type(L, -1) != LUA_TSTRING) ll_field_wants(L, field, "a text such as \"p95 < 2s\", or a list of them");
    if (spec->threshold_count >= LL_THRESHOLDS_MAX)
        ll_vm_raise(L, "there are more than %d thresholds", LL_THRESHOLDS_MAX);
    ll_spec_add_threshold(spec, lua_pushfstring(L, "%s: %s", key, lua_tostring(L, -1)));
    lua_pop(L, 1);
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void read_thresholds(lua_State *L, int table, struct ll_spec *spec) {
    if (!ll_field_table(L, table, "thresholds", "a table such as { iteration_duration_us = \"p95 < 2s\" }")) return;
    int thresholds = lua_gettop(L);
    lua_pushnil(L);
    while (lua_next(L, thresholds)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            ll_vm_raise(L, "thresholds are named by their metric: { iteration_duration_us = \"p95 < 2s\" }");
        const char *key = lua_tostring(L, -2);
        if (lua_type(L, -1) == LUA_TTABLE) {
            lua_Integer count = (lua_Integer)lua_rawlen(L, -1);
            for (lua_Integer i = 1; i <= count; i++) {
                lua_rawgeti(L, -1, i);
                add_threshold(L, key, spec);
                lua_pop(L, 1);
            }
        } else
            add_threshold(L, key, spec);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
    // Lua's tables have no order that two runs agree on; reports want one.
    if (spec->threshold_count > 1)
        qsort(spec->thresholds, spec->threshold_count, sizeof *spec->thresholds, compare_texts);
}

static void check_function(lua_State *L, int table, const char *name, const char *example) {
    int type = ll_field_push(L, table, name);
    if (type != LUA_TNIL && type != LUA_TFUNCTION) ll_field_wants(L, name, example);
    lua_pop(L, 1);
}

static void read_scenario(lua_State *L, int table, struct ll_spec *spec) {
    ll_declare_check_keys(L, table, "ll.scenario", scenario_fields, scenario_later);
    ll_field_text(L, table, "", "name", LL_NAME_MAX, &spec->name);
    check_function(L, table, "config", "a function(options) that returns a table");
    check_function(L, table, "throttles",
                   "a function(config) that returns a list such as { ll.rate(\"browsing\", 50) }");
    check_function(L, table, "run", "a function(ctx, user_id, config)");
    if (ll_field_push(L, table, "run") == LUA_TNIL)
        ll_vm_raise(L, "ll.scenario needs run = function(ctx, user_id, config) ... end");
    lua_pop(L, 1);
    read_load(L, table, &spec->load);
    read_thresholds(L, table, spec);
    read_on_failure(L, table, &spec->on_failure);
    ll_declare_read_context(L, table, &spec->context);
    ll_declare_read_timeouts(L, table, spec);
    read_requests(L, table, &spec->context.requests);
    ll_err err = ll_spec_validate(spec);
    if (err.status != LL_OK) ll_vm_raise(L, "%s", err.text);
}

int ll_declare_scenario(lua_State *L) {
    struct ll_scenario *scenario = ll_vm_of(L)->scenario;
    char words[LL_VALUE_WORDS_MAX];
    if (lua_type(L, 1) != LUA_TTABLE)
        ll_vm_raise(L, "ll.scenario takes a table, not %s: write ll.scenario { name = ..., run = ... }",
                    ll_value_words(L, 1, words));
    lua_settop(L, 1);
    if (!ll_vm_of(L)->script) {
        if (scenario->is_declared) ll_vm_raise(L, "ll.scenario is called twice: a file holds one scenario");
        scenario->is_declared = true;
        read_scenario(L, 1, &scenario->spec);
    }
    lua_pushvalue(L, 1);
    ll_registry_set(L, &ll_key_declared);
    return 1;
}

void ll_declare_check_returned(lua_State *L, int index) {
    const char *file = ll_vm_of(L)->scenario->bundle->main;
    char words[LL_VALUE_WORDS_MAX];
    ll_registry_get(L, &ll_key_declared);
    if (lua_isnil(L, -1) || !lua_rawequal(L, index, -1)) {
        lua_pushfstring(L, "%s returns %s: it must end with return ll.scenario { ... }", file,
                        lua_isnil(L, index)                          ? "nothing"
                        : lua_istable(L, index) && !lua_isnil(L, -1) ? "another table than its scenario"
                        : lua_istable(L, index)                      ? "a plain table"
                                                                     : ll_value_words(L, index, words));
        lua_error(L);
    }
    lua_pop(L, 1);
}

static int missing_member(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX], all[NAMES_TEXT_MAX];
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : ll_value_words(L, 2, words);
    const char *nearest = ll_text_nearest(name, liveload_names);
    if (nearest) ll_vm_raise(L, "liveload has no \"%s\": did you mean \"%s\"?", name, nearest);
    ll_vm_raise(L, "liveload has no \"%s\": there are %s", name, list_names(liveload_names, all));
}

void ll_module_push_liveload(lua_State *L) {
    lua_createtable(L, 0, 8);
    lua_pushcfunction(L, ll_declare_scenario);
    lua_setfield(L, -2, "scenario");
    luaL_setfuncs(L, ll_data_functions, 0);
    luaL_setfuncs(L, ll_files_functions, 0);
    luaL_setfuncs(L, ll_secret_functions, 0);
    luaL_setfuncs(L, ll_measure_functions, 0);
    luaL_setfuncs(L, ll_throttle_functions, 0);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, missing_member);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
}
