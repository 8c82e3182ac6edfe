#include "agent/scenario/throttle.h"

#include "agent/scenario/api.h"
#include "agent/scenario/declare.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MINUTE_MS = 60 * 1000 };

_Static_assert(LL_THROTTLES_MAX <= 64, "a script's permits have a bit each");

struct face { // what a script holds
    struct ll_throttle throttle;
    double permits, ramp_permits; // of RATE, in each interval; there is no ramp while ramp_ms is 0
    uint64_t interval_ms;
    char place[LL_VM_PLACE_MAX]; // where it was made
};

static const char face_key, hold_key; // the registry's names for the metatables

static uint64_t bit_of(uint32_t index) {
    return UINT64_C(1) << index;
}

// ---- Making one

static struct face *to_face(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &face_key);
    bool is_face = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_face ? lua_touserdata(L, index) : NULL;
}

static struct face *check_rate(lua_State *L, const char *method) {
    struct face *face = to_face(L, 1);
    if (!face) ll_vm_raise(L, "%s is called with a dot: write ll.rate(...):%s(...)", method, method);
    if (face->throttle.kind != LL_THROTTLE_RATE)
        ll_vm_raise(L, "%s: throttle \"%s\" is no rate: it is for ll.rate alone", method, face->throttle.name);
    return face;
}

static void spread(struct face *face) {
    double intervals_per_s = 1000.0 / (double)face->interval_ms;
    double last = face->throttle.ramp_ms ? face->ramp_permits : face->permits;
    face->throttle.from_per_s = face->permits * intervals_per_s;
    face->throttle.to_per_s = last * intervals_per_s;
}

static double check_permits(lua_State *L, const char *function, int index, int argument) {
    char words[LL_VALUE_WORDS_MAX];
    double permits = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : 0;
    if (!(permits > 0) || !isfinite(permits))
        ll_vm_raise(L, "%s: argument %d must be how many go on in each interval, a number above 0, not %s", function,
                    argument, ll_value_words(L, index, words));
    return permits;
}

static uint64_t check_time(lua_State *L, const char *what, int index) {
    uint64_t ms = 0;
    ll_err err = ll_value_duration_ms(L, index, &ms);
    if (err.status == LL_OK && ms == 0) err = ll_err_make(LL_INVALID_ARGUMENT, "it must be longer than 0");
    if (err.status != LL_OK) ll_vm_raise(L, "%s: %s", what, err.text);
    return ms;
}

static int ramp(lua_State *L) {
    static const char *const options[] = {"duration", NULL};
    struct face *face = check_rate(L, "ramp");
    if (face->throttle.ramp_ms) ll_vm_raise(L, "ramp: throttle \"%s\" has one already", face->throttle.name);
    double permits = check_permits(L, "ramp", 2, 1);
    char words[LL_VALUE_WORDS_MAX];
    if (!lua_istable(L, 3))
        ll_vm_raise(L, "ramp: argument 2 must be a table such as { duration = \"3m\" }, not %s",
                    ll_value_words(L, 3, words));
    ll_declare_check_keys(L, 3, "the table of options of ramp", options, NULL);
    lua_getfield(L, 3, "duration");
    face->throttle.ramp_ms = check_time(L, "ramp: duration", lua_gettop(L));
    face->ramp_permits = permits;
    lua_settop(L, 1);
    return 1;
}

static int interval(lua_State *L) {
    struct face *face = check_rate(L, "interval");
    face->interval_ms = check_time(L, "interval: argument 1", 2);
    lua_settop(L, 1);
    return 1;
}

static int face_index(lua_State *L) {
    static const luaL_Reg methods[] = {{"interval", interval}, {"ramp", ramp}, {NULL, NULL}};
    char words[LL_VALUE_WORDS_MAX];
    const struct ll_throttle *throttle = &((const struct face *)lua_touserdata(L, 1))->throttle;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : ll_value_words(L, 2, words);
    for (const luaL_Reg *method = methods; method->name; method++) {
        if (strcmp(name, method->name) != 0) continue;
        lua_pushcfunction(L, method->func);
        return 1;
    }
    bool is_rate = throttle->kind == LL_THROTTLE_RATE;
    ll_vm_raise(L, "throttle \"%s\" has no \"%s\": %susers pass it with ctx:throttle(\"%s\")", throttle->name, name,
                is_rate ? "a rate has :interval(\"1s\") and :ramp(200, { duration = \"3m\" }), and " : "",
                throttle->name);
}

static void push_metatable(lua_State *L) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &face_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, face_index);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &face_key);
}

// Argument 1, which is looked at before the others: it is what is left out.
static void check_name(lua_State *L, const char *function, const char *rest) {
    char words[LL_VALUE_WORDS_MAX];
    if (lua_type(L, 1) != LUA_TSTRING)
        ll_vm_raise(L, "%s: argument 1 must be the name of a throttle, as in %s(\"checkout\", %s), not %s", function,
                    function, rest, ll_value_words(L, 1, words));
}

// Its name is argument 1, and a text.
static struct face *push_face(lua_State *L, const char *function, enum ll_throttle_kind kind) {
    size_t len;
    const char *name = lua_tolstring(L, 1, &len);
    if (len == 0 || len > LL_NAME_MAX || strlen(name) != len)
        ll_vm_raise(L, "%s: a name has 1 to %d bytes", function, LL_NAME_MAX);
    char clean[LL_NAME_MAX + 1];
    ll_text_clean(name, clean, sizeof clean);
    if (strcmp(name, clean) != 0) ll_vm_raise(L, "%s: a name is a text without control characters", function);
    struct face *face = lua_newuserdatauv(L, sizeof *face, 0);
    *face = (struct face){.throttle = {.kind = kind}, .interval_ms = MINUTE_MS};
    memcpy(face->throttle.name, name, len + 1);
    ll_vm_place(L, face->place);
    push_metatable(L);
    lua_setmetatable(L, -2);
    return face;
}

static int rate(lua_State *L) {
    check_name(L, "ll.rate", "50");
    double permits = check_permits(L, "ll.rate", 2, 2);
    push_face(L, "ll.rate", LL_THROTTLE_RATE)->permits = permits;
    return 1;
}

static int interarrival(lua_State *L) {
    check_name(L, "ll.interarrival", "\"500ms\"");
    uint64_t gap_ms = check_time(L, "ll.interarrival: argument 2", 2);
    push_face(L, "ll.interarrival", LL_THROTTLE_INTERARRIVAL)->throttle.gap_ms = gap_ms;
    return 1;
}

static int parallelism(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    check_name(L, "ll.parallelism", "5");
    int is_whole = lua_type(L, 2) == LUA_TNUMBER;
    lua_Integer limit = is_whole ? lua_tointegerx(L, 2, &is_whole) : 0;
    if (!is_whole || limit < 1 || limit > LL_USERS_MAX)
        ll_vm_raise(L,
                    "ll.parallelism: argument 2 must be how many users may be past it, a whole number from 1, not %s",
                    ll_value_words(L, 2, words));
    push_face(L, "ll.parallelism", LL_THROTTLE_PARALLELISM)->throttle.limit = (uint32_t)limit;
    return 1;
}

const luaL_Reg ll_throttle_functions[] = {
    {"rate", rate}, {"interarrival", interarrival}, {"parallelism", parallelism}, {NULL, NULL}};

// ---- The list of a scenario

static void check_list(lua_State *L, int list) {
    const char *file = ll_vm_of(L)->scenario->bundle->main;
    char words[LL_VALUE_WORDS_MAX];
    if (!lua_istable(L, list))
        luaL_error(L, "%s: throttles must return a list such as { ll.rate(\"browsing\", 50) }, not %s", file,
                   lua_isnil(L, list) ? "nil" : ll_value_words(L, list, words));
    lua_Unsigned count = lua_rawlen(L, list), keys = 0;
    for (lua_pushnil(L); lua_next(L, list); lua_pop(L, 1)) keys++;
    if (keys != count)
        luaL_error(L, "%s: throttles must return a list without keys, such as { ll.rate(\"browsing\", 50) }", file);
    if (count > LL_THROTTLES_MAX)
        luaL_error(L, "%s: throttles returns %d of them, and there can be %d", file, (int)count, LL_THROTTLES_MAX);
}

static void add(lua_State *L, struct ll_scenario *scenario, size_t index) {
    char words[LL_VALUE_WORDS_MAX];
    struct face *face = to_face(L, lua_gettop(L));
    if (!face)
        luaL_error(
            L, "%s: item %d of what throttles returns must be an ll.rate, ll.interarrival or ll.parallelism, not %s",
            scenario->bundle->main, (int)index + 1, ll_value_words(L, -1, words));
    if (face->throttle.kind == LL_THROTTLE_RATE) spread(face);
    ll_err err = ll_throttle_validate(&face->throttle);
    if (err.status != LL_OK) luaL_error(L, "%s: %s", face->place, err.text);
    for (size_t i = 0; i < index; i++)
        if (strcmp(scenario->throttles[i].name, face->throttle.name) == 0)
            luaL_error(L, "%s: throttle \"%s\" is there twice: give each a name of its own", face->place,
                       face->throttle.name);
    scenario->throttles[index] = face->throttle;
    scenario->throttle_count = index + 1;
}

int ll_throttle_declare(lua_State *L) {
    struct ll_scenario *scenario = ll_vm_of(L)->scenario;
    ll_registry_get(L, &ll_key_declared);
    lua_pushliteral(L, "throttles");
    if (lua_rawget(L, -2) != LUA_TFUNCTION) return 0;
    ll_registry_get(L, &ll_key_config);
    lua_call(L, 1, 1);
    int list = lua_gettop(L);
    check_list(L, list);
    size_t count = lua_rawlen(L, list);
    if (count && !scenario->throttles) scenario->throttles = ll_alloc(LL_THROTTLES_MAX, sizeof *scenario->throttles);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, list, (lua_Integer)i + 1);
        add(L, scenario, i);
        lua_pop(L, 1);
    }
    return 0;
}

// ---- Passing one

static void refuse_name(lua_State *L, const char *name) {
    const struct ll_scenario *scenario = ll_vm_of(L)->scenario;
    const char *names[LL_THROTTLES_MAX + 1] = {NULL};
    for (size_t i = 0; i < scenario->throttle_count; i++) names[i] = scenario->throttles[i].name;
    if (!names[0])
        ll_vm_raise(L,
                    "there is no throttle \"%s\": declare it with throttles = function(config) ... end in ll.scenario",
                    name);
    const char *nearest = ll_text_nearest(name, names);
    if (nearest) ll_vm_raise(L, "there is no throttle \"%s\": did you mean \"%s\"?", name, nearest);
    ll_vm_raise(L, "there is no throttle \"%s\" among what the scenario's throttles returns", name);
}

static uint32_t check_throttle(lua_State *L) {
    const struct ll_scenario *scenario = ll_vm_of(L)->scenario;
    if (lua_type(L, 2) != LUA_TSTRING) ll_api_wants(L, "throttle", 2, "the name of a throttle");
    const char *name = lua_tostring(L, 2);
    uint32_t i = 0;
    while (i < scenario->throttle_count && strcmp(scenario->throttles[i].name, name) != 0) i++;
    if (i == scenario->throttle_count) refuse_name(L, name);
    return i;
}

// Lives as a userdata in the C frame of ctx:throttle(name, fn), which closes it however the function ends.
struct hold {
    struct ll_script *script;
    uint32_t index;
    bool is_held; // by this call, and not by one around it
};

enum { HOLD_INDEX = 4 };

static void give_back(struct hold *hold) {
    if (!hold->is_held) return;
    hold->is_held = false;
    hold->script->held &= ~bit_of(hold->index);
    hold->script->host.give_back(hold->script->host.owner, hold->index);
}

static int hold_closed(lua_State *L) {
    give_back(lua_touserdata(L, 1));
    return 0;
}

static void push_hold(lua_State *L, struct ll_script *script, uint32_t index) {
    struct hold *hold = lua_newuserdatauv(L, sizeof *hold, 0);
    *hold = (struct hold){.script = script, .index = index};
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &hold_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_createtable(L, 0, 1);
        lua_pushcfunction(L, hold_closed);
        lua_setfield(L, -2, "__close");
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &hold_key);
    }
    lua_setmetatable(L, -2);
    lua_toclose(L, HOLD_INDEX);
}

static int function_done(lua_State *L, int status, lua_KContext context) {
    (void)status, (void)context;
    give_back(lua_touserdata(L, HOLD_INDEX));
    lua_pushvalue(L, 1);
    return 1;
}

static int go_on(lua_State *L) {
    if (lua_isnil(L, 3)) {
        lua_settop(L, 1);
        return 1;
    }
    lua_pushvalue(L, 3);
    lua_pushvalue(L, 1);
    lua_callk(L, 1, 0, 0, function_done);
    return function_done(L, LUA_OK, 0);
}

static int passed(lua_State *L, int status, lua_KContext index) {
    (void)status;
    struct ll_script *script = ll_vm_of(L)->script;
    if (script->vm.scenario->throttles[index].kind == LL_THROTTLE_PARALLELISM) {
        script->held |= bit_of((uint32_t)index);
        if (!lua_isnil(L, 3)) ((struct hold *)lua_touserdata(L, HOLD_INDEX))->is_held = true;
    }
    return go_on(L);
}

// Who holds a permit of parallelism already does not wait for another, which might never come.
int ll_throttle_pass(lua_State *L) {
    struct ll_script *script = ll_vm_of(L)->script;
    ll_api_check_self(L, "throttle");
    ll_api_check_can_wait(L, "throttle");
    uint32_t index = check_throttle(L);
    if (!lua_isnoneornil(L, 3) && lua_type(L, 3) != LUA_TFUNCTION) ll_api_wants(L, "throttle", 3, "a function");
    lua_settop(L, 3);
    if (!lua_isnil(L, 3)) push_hold(L, script, index);
    if (script->held & bit_of(index)) return go_on(L);
    script->wait = (struct ll_script_request){
        .status = LL_SCRIPT_THROTTLE,
        .throttle = {.name = script->vm.scenario->throttles[index].name, .index = index},
    };
    return lua_yieldk(L, 0, (lua_KContext)index, passed);
}
