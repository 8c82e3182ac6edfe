// Each of Lua's own functions that may take long is put behind one that spends its price first and then calls it, in
// the same frame: its errors read as ever.
#include "agent/scenario/budget.h"

#include "agent/scenario/vm.h"

#include <lauxlib.h>
#include <limits.h>
#include <lualib.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    BYTES_OF_AN_INSTRUCTION = 8,
    BYTES_OF_A_COPY = 64,
    CALLING = 100, // of a method of ctx, whose news reaches the agent: a line of the log, a check
    CATCHING = 50, // of a pcall, and of an error
};

static const char loops[] = "does it loop for ever?";

int64_t ll_budget_left(lua_State *L) {
    int64_t left = ll_vm_of(L)->instructions_left;
    return left > 0 ? left : 1;
}

void ll_budget_end(lua_State *L, const char *function, const char *why) {
    struct ll_vm *vm = ll_vm_of(L);
    if (vm->ending == LL_VM_GOES_ON) {
        ll_vm_place(L, vm->killed_at);
        snprintf(vm->killed_in, sizeof vm->killed_in, "%s", function);
        vm->killed_why = why;
    }
    ll_vm_end(L, LL_VM_ENDS_KILLED);
    abort(); // it does not return to C functions, but is not declared so
}

static void spend(lua_State *L, int64_t instructions, const char *function, const char *why) {
    struct ll_vm *vm = ll_vm_of(L);
    if (vm->instructions_left <= instructions) ll_budget_end(L, function, why);
    vm->instructions_left -= instructions;
}

void ll_budget_spend(lua_State *L, int64_t instructions, const char *function) {
    spend(L, instructions, function, loops);
}

void ll_budget_spend_bytes(lua_State *L, size_t bytes, const char *function) {
    spend(L, (int64_t)(bytes / BYTES_OF_AN_INSTRUCTION), function, loops);
}

void ll_budget_spend_call(lua_State *L, const char *method) {
    struct ll_vm *vm = ll_vm_of(L);
    vm->instructions_left -= CALLING;
    if (vm->instructions_left > 0) return;
    char function[LL_VM_FUNCTION_MAX];
    snprintf(function, sizeof function, "ctx:%s", method);
    ll_budget_end(L, function, loops);
}

// ---- Prices. What is no valid argument is free: the function itself refuses it.

// How many there are from argument `from` to argument `to`, either of which has a default.
static int64_t span(lua_State *L, int from, lua_Integer from_default, int to, lua_Integer to_default) {
    int is_first = 1, is_last = 1;
    lua_Integer first = lua_isnoneornil(L, from) ? from_default : lua_tointegerx(L, from, &is_first);
    lua_Integer last = lua_isnoneornil(L, to) ? to_default : lua_tointegerx(L, to, &is_last);
    if (!is_first || !is_last || last < first) return 0;
    uint64_t count = (uint64_t)last - (uint64_t)first;
    return count < INT64_MAX ? (int64_t)count : INT64_MAX;
}

static lua_Integer length(lua_State *L) {
    return lua_type(L, 1) == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, 1) : 0;
}

// Where a __len of the script's says how long a table is, it may say so differently each time it is asked.
static void refuse_own_length(lua_State *L, const char *function) {
    if (lua_type(L, 1) == LUA_TTABLE && luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        ll_vm_raise(L, "%s does not accept a table whose metatable has __len", function);
}

static int64_t price_text(lua_State *L, const char *function) {
    (void)function;
    int64_t bytes = 0;
    for (int i = 1; i <= lua_gettop(L); i++)
        if (lua_type(L, i) == LUA_TSTRING) bytes += (int64_t)lua_rawlen(L, i);
    return bytes / BYTES_OF_AN_INSTRUCTION;
}

static size_t text_length(lua_State *L, int index) {
    return lua_type(L, index) == LUA_TSTRING ? lua_rawlen(L, index) : lua_type(L, index) == LUA_TNUMBER;
}

static int64_t price_first(lua_State *L, const char *function) {
    (void)function;
    return (int64_t)text_length(L, 1) / BYTES_OF_AN_INSTRUCTION;
}

static int64_t price_offset(lua_State *L, const char *function) {
    (void)function;
    int64_t length = (int64_t)text_length(L, 1), characters = lua_tointeger(L, 2);
    bool is_within = characters > -length && characters < length;
    return (is_within ? llabs(characters) : length) / BYTES_OF_AN_INSTRUCTION;
}

// What becomes too long is refused its memory; nothing can be repeated for ever.
static int64_t price_rep(lua_State *L, const char *function) {
    (void)function;
    int64_t times = span(L, 4, 0, 2, 0), bytes = (int64_t)(text_length(L, 1) + text_length(L, 3));
    if (bytes == 0) return times;
    int64_t most = (int64_t)ll_vm_of(L)->limits.bytes / bytes;
    return times <= most ? times * bytes / BYTES_OF_A_COPY : 0;
}

static int64_t price_move(lua_State *L, const char *function) {
    (void)function;
    return span(L, 2, 0, 3, 0);
}

// From one place of a text to another, as many results. Places below 0 count from its end.
static int64_t price_places(lua_State *L, const char *function) {
    (void)function;
    int64_t length = (int64_t)text_length(L, 1);
    int64_t first = luaL_opt(L, lua_tointeger, 2, 1), last = luaL_opt(L, lua_tointeger, 3, first);
    if (first < 0) first += length + 1;
    if (last < 0) last += length + 1;
    if (first < 1) first = 1;
    if (last > length) last = length;
    int64_t count = last - first + 1;
    return 0 < count && count < LUAI_MAXSTACK ? count : 0; // else there is none, or "string slice too long"
}

// From one place of a table to another: as many results.
static int64_t price_list(lua_State *L, const char *function) {
    (void)function;
    int64_t count = span(L, 2, 1, 3, length(L));
    return count < LUAI_MAXSTACK ? count : 0; // "too many results to unpack"
}

static int64_t price_concat(lua_State *L, const char *function) {
    (void)function;
    int64_t count = span(L, 3, 1, 4, length(L));
    return count < length(L) ? count : length(L); // beyond those there is none, which is an error
}

static int64_t price_insert(lua_State *L, const char *function) {
    refuse_own_length(L, function);
    return lua_gettop(L) == 3 ? span(L, 2, 0, 4, length(L)) : 0;
}

static int64_t price_remove(lua_State *L, const char *function) {
    refuse_own_length(L, function);
    return lua_gettop(L) > 1 ? span(L, 2, 0, 3, length(L)) : 0;
}

static int64_t price_sort(lua_State *L, const char *function) {
    refuse_own_length(L, function);
    double count = (double)length(L);
    return count > 1 ? (int64_t)(count * log2(count)) : 0;
}

// About how many calls are open: within a factor of two.
static int64_t depth(lua_State *L) {
    lua_Debug at;
    int level = 16;
    while (level < INT_MAX / 2 && lua_getstack(L, level, &at)) level *= 2;
    return level;
}

// Where an error is caught, Lua walks along all calls that are open.
static int64_t price_catch(lua_State *L, const char *function) {
    (void)function;
    return CATCHING + depth(L);
}

static const char recurses[] = "does a function call itself through it?";

static const struct priced {
    const char *library, *name, *function;
    int64_t (*price)(lua_State *L, const char *function);
    const char *why;
} all_priced[] = {
    {LUA_GNAME, "error", "error", price_catch, loops},
    {LUA_GNAME, "load", "load", price_text, loops},
    {LUA_GNAME, "pcall", "pcall", price_catch, recurses},
    {LUA_GNAME, "tonumber", "tonumber", price_text, loops},
    {LUA_GNAME, "xpcall", "xpcall", price_catch, recurses},
    {LUA_STRLIBNAME, "byte", "string.byte", price_places, loops},
    {LUA_STRLIBNAME, "format", "string.format", price_text, loops},
    {LUA_STRLIBNAME, "lower", "string.lower", price_text, loops},
    {LUA_STRLIBNAME, "pack", "string.pack", price_text, loops},
    {LUA_STRLIBNAME, "packsize", "string.packsize", price_first, loops},
    {LUA_STRLIBNAME, "rep", "string.rep", price_rep, loops},
    {LUA_STRLIBNAME, "reverse", "string.reverse", price_text, loops},
    {LUA_STRLIBNAME, "unpack", "string.unpack", price_first, loops},
    {LUA_STRLIBNAME, "upper", "string.upper", price_text, loops},
    {LUA_TABLIBNAME, "concat", "table.concat", price_concat, loops},
    {LUA_TABLIBNAME, "insert", "table.insert", price_insert, loops},
    {LUA_TABLIBNAME, "move", "table.move", price_move, loops},
    {LUA_TABLIBNAME, "remove", "table.remove", price_remove, loops},
    {LUA_TABLIBNAME, "sort", "table.sort", price_sort, loops},
    {LUA_TABLIBNAME, "unpack", "table.unpack", price_list, loops},
    {LUA_UTF8LIBNAME, "codepoint", "utf8.codepoint", price_places, loops},
    {LUA_UTF8LIBNAME, "len", "utf8.len", price_text, loops},
    {LUA_UTF8LIBNAME, "offset", "utf8.offset", price_offset, loops},
};

static int call_priced(lua_State *L) {
    const struct priced *priced = lua_touserdata(L, lua_upvalueindex(2));
    int64_t price = priced->price(L, priced->function);
    if (price > 0) spend(L, price, priced->function, priced->why);
    return lua_tocfunction(L, lua_upvalueindex(1))(L);
}

void ll_budget_open(lua_State *L) {
    for (size_t i = 0; i < sizeof all_priced / sizeof *all_priced; i++) {
        luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
        lua_getfield(L, -1, all_priced[i].library);
        lua_getfield(L, -1, all_priced[i].name);
        lua_pushlightuserdata(L, (void *)&all_priced[i]);
        lua_pushcclosure(L, call_priced, 2);
        lua_setfield(L, -2, all_priced[i].name);
        lua_pop(L, 2);
    }
}
