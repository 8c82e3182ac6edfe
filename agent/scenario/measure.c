#include "agent/scenario/measure.h"

#include "agent/scenario/budget.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "libcommon/model/custom.h"

#include <math.h>
#include <string.h>

enum { RECORDING = 50 }; // instructions, of a sample

static const double whole_max = 9007199254740992.0; // 2^53: above it doubles skip whole numbers

struct face { // what a script holds
    enum ll_metric family;
    double factor; // from the unit of record to that of the family
    char name[LL_CUSTOM_NAME_MAX + 1];
};

static const char counter_key, histogram_key; // the registry's names for the metatables

// `metric` at index 1, with its method called as such.
static struct face *check_face(lua_State *L, const char *key, const char *example) {
    bool is_face = lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1);
    if (is_face) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, key);
        is_face = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (!is_face) ll_vm_raise(L, "write %s, with a colon", example);
    return lua_touserdata(L, 1);
}

static void record(lua_State *L, const struct face *face, double value) {
    struct ll_script *script = ll_vm_of(L)->script;
    if (!script || !script->is_ready) ll_vm_raise(L, "%s is measured by users: do it within run", face->name);
    ll_budget_spend(L, RECORDING, face->name);
    script->host.measure(script->host.owner, face->family, face->name, value);
}

static int add(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    const struct face *face = check_face(L, &counter_key, "counter:add(1)");
    lua_Integer n = 1;
    if (!lua_isnoneornil(L, 2)) {
        int is_whole = lua_type(L, 2) == LUA_TNUMBER;
        n = is_whole ? lua_tointegerx(L, 2, &is_whole) : 0;
        if (!is_whole || n < 0 || (double)n > whole_max)
            ll_vm_raise(L, "%s:add takes a whole number from 0, not %s", face->name, ll_value_words(L, 2, words));
    }
    record(L, face, (double)n);
    return 0;
}

static int record_value(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    const struct face *face = check_face(L, &histogram_key, "histogram:record(12.5)");
    double value = lua_type(L, 2) == LUA_TNUMBER ? lua_tonumber(L, 2) : -1;
    if (!(value >= 0) || !isfinite(value * face->factor))
        ll_vm_raise(L, "%s:record takes a number from 0, not %s", face->name, ll_value_words(L, 2, words));
    record(L, face, value * face->factor);
    return 0;
}

// Upvalues: the one method, its name, and what it is.
static int index_face(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    if (lua_rawequal(L, 2, lua_upvalueindex(2))) {
        lua_pushvalue(L, lua_upvalueindex(1));
        return 1;
    }
    const struct face *face = lua_touserdata(L, 1);
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : ll_value_words(L, 2, words);
    ll_vm_raise(L, "%s has no \"%s\": %s", face->name, name, lua_tostring(L, lua_upvalueindex(3)));
}

static void push_metatable(lua_State *L, const char *key, const char *method, lua_CFunction function,
                           const char *meaning) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, function);
    lua_pushstring(L, method);
    lua_pushstring(L, meaning);
    lua_pushcclosure(L, index_face, 3);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

static struct face *push_face(lua_State *L, const char *function, enum ll_metric family, double factor) {
    char words[LL_VALUE_WORDS_MAX];
    struct ll_vm *vm = ll_vm_of(L);
    struct ll_custom_metrics *metrics = &vm->scenario->spec.metrics;
    if (lua_type(L, 1) != LUA_TSTRING)
        ll_vm_raise(L, "ll.%s takes the name of a metric, as \"orders\", not %s", function,
                    ll_value_words(L, 1, words));
    const char *name = lua_tostring(L, 1);
    bool may_declare = !vm->script && !vm->scenario->is_declared;
    if (!may_declare && !ll_custom_metrics_find(metrics, name))
        ll_vm_raise(L, "ll.%s(%s) comes too late: declare metrics at the top of the file, before ll.scenario", function,
                    ll_value_words(L, 1, words));
    ll_err err = ll_custom_metrics_add(metrics, name, family);
    if (err.status != LL_OK) ll_vm_raise(L, "ll.%s: %s", function, err.text);
    struct face *face = lua_newuserdatauv(L, sizeof *face, 0);
    *face = (struct face){.family = family, .factor = factor};
    memcpy(face->name, name, strlen(name) + 1);
    return face;
}

static int counter(lua_State *L) {
    push_face(L, "counter", LL_METRIC_CUSTOM_COUNT, 1);
    push_metatable(L, &counter_key, "add", add, "a counter has add(n)");
    lua_setmetatable(L, -2);
    return 1;
}

static int histogram(lua_State *L) {
    static const struct {
        const char *name;
        enum ll_metric family;
        double factor;
    } units[] = {
        {"", LL_METRIC_CUSTOM_VALUE, 1},     {"us", LL_METRIC_CUSTOM_TIME, 1}, {"ms", LL_METRIC_CUSTOM_TIME, 1e3},
        {"s", LL_METRIC_CUSTOM_TIME, 1e6},   {"B", LL_METRIC_CUSTOM_BYTES, 1}, {"KB", LL_METRIC_CUSTOM_BYTES, 1e3},
        {"MB", LL_METRIC_CUSTOM_BYTES, 1e6},
    };
    char words[LL_VALUE_WORDS_MAX];
    const char *unit = lua_isnoneornil(L, 2) ? "" : lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    size_t i = 0;
    while (i < sizeof units / sizeof *units && strcmp(units[i].name, unit) != 0) i++;
    if (i == sizeof units / sizeof *units)
        ll_vm_raise(
            L, "ll.histogram: the unit must be \"us\", \"ms\", \"s\", \"B\", \"KB\" or \"MB\", or left out, not %s",
            ll_value_words(L, 2, words));
    push_face(L, "histogram", units[i].family, units[i].factor);
    push_metatable(L, &histogram_key, "record", record_value, "a histogram has record(value)");
    lua_setmetatable(L, -2);
    return 1;
}

const luaL_Reg ll_measure_functions[] = {{"counter", counter}, {"histogram", histogram}, {NULL, NULL}};
