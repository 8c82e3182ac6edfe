// Left out are the parts of Lua that reach outside of the scenario (os, io, package, dofile, loadfile), that could
// undo the limits (debug, coroutine, collectgarbage's tuning, finalizers, which run without the instruction limit) or
// that take code nobody can read (compiled Lua). Whoever uses one is told what to use instead.
#include "agent/scenario/sandbox.h"

#include "agent/scenario/budget.h"
#include "agent/scenario/module.h"
#include "agent/scenario/strings.h"
#include "agent/scenario/value.h"
#include "agent/scenario/vm.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

enum { PRINTING = 100 }; // instructions: a line of the log is worded, searched for secrets and written

static const struct {
    const char *name, *instead;
} not_offered[] = {
    {"os", "pass values in with --set key=value (config gets them), and tell users and iterations apart with "
           "ctx.user_id and ctx.iteration"},
    {"io", "read data with ll.csv and ll.json; write with ctx:log"},
    {"coroutine", "operations on ctx wait by themselves"},
    {"debug", "look at values with ctx:log or print"},
    {"package", "require finds modules beside the scenario"},
    {"dofile", "use require, which finds modules beside the scenario"},
    {"loadfile", "use require, which finds modules beside the scenario"},
};

const char *ll_sandbox_instead(const char *name) {
    for (size_t i = 0; i < sizeof not_offered / sizeof *not_offered; i++)
        if (strcmp(name, not_offered[i].name) == 0) return not_offered[i].instead;
    return NULL;
}

// __index of the globals: what is not there is nil, as ever, but what was taken away says so.
static int missing_global(lua_State *L) {
    const char *instead = lua_type(L, 2) == LUA_TSTRING ? ll_sandbox_instead(lua_tostring(L, 2)) : NULL;
    if (instead) ll_vm_raise(L, "%s is not offered in scenarios: %s", lua_tostring(L, 2), instead);
    return 0;
}

static int string_dump(lua_State *L) {
    ll_vm_raise(L, "string.dump is not offered in scenarios: compiled Lua cannot be loaded here");
}

static int collect_garbage(lua_State *L) {
    const char *option = luaL_optstring(L, 1, "collect");
    if (strcmp(option, "count") != 0)
        ll_vm_raise(L, "collectgarbage(\"%s\") is not offered in scenarios: memory is collected by itself", option);
    lua_pushnumber(L, (double)ll_vm_of(L)->bytes / 1024);
    return 1;
}

// load(text [, name [, mode [, env]]]), for texts alone.
static int load_text(lua_State *L) {
    size_t len;
    if (lua_type(L, 1) != LUA_TSTRING) ll_vm_raise(L, "load takes a text in scenarios, not a %s", luaL_typename(L, 1));
    const char *text = lua_tolstring(L, 1, &len);
    bool has_env = !lua_isnone(L, 4);
    if (luaL_loadbufferx(L, text, len, luaL_optstring(L, 2, "=(load)"), "t") != LUA_OK) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_env) {
        lua_pushvalue(L, 4);
        if (!lua_setupvalue(L, -2, 1)) lua_pop(L, 1);
    }
    return 1;
}

static int print(lua_State *L) {
    struct ll_vm *vm = ll_vm_of(L);
    if (!vm->print) return 0;
    ll_value_push_joined(L, 1);
    ll_budget_spend(L, PRINTING, "print");
    ll_budget_spend_bytes(L, lua_rawlen(L, -1), "print");
    vm->print(vm, lua_tostring(L, -1));
    return 0;
}

// As Lua's own, but without finalizers.
static int set_metatable(lua_State *L) {
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argexpected(L, lua_isnil(L, 2) || lua_istable(L, 2), 2, "nil or table");
    if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) ll_vm_raise(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    if (lua_istable(L, 2)) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            ll_vm_raise(L, "__gc is not offered in scenarios: close things where they end");
        lua_pop(L, 1);
    }
    lua_setmetatable(L, 1);
    return 1;
}

void ll_sandbox_open(lua_State *L) {
    static const luaL_Reg libraries[] = {
        {LUA_GNAME, luaopen_base},       {LUA_TABLIBNAME, luaopen_table}, {LUA_STRLIBNAME, luaopen_string},
        {LUA_MATHLIBNAME, luaopen_math}, {LUA_UTF8LIBNAME, luaopen_utf8},
    };
    static const luaL_Reg own[] = {
        {"print", print},
        {"load", load_text},
        {"collectgarbage", collect_garbage},
        {"setmetatable", set_metatable},
        {"require", ll_module_require},
        {"dofile", NULL}, // NULL takes away
        {"loadfile", NULL},
        {"warn", NULL},
    };
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
    lua_pushglobaltable(L);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (own[i].func)
            lua_pushcfunction(L, own[i].func);
        else
            lua_pushnil(L);
        lua_setfield(L, -2, own[i].name);
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, missing_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_getfield(L, -1, LUA_STRLIBNAME);
    lua_pushcfunction(L, string_dump);
    lua_setfield(L, -2, "dump");
    ll_strings_open(L);
    lua_pop(L, 2);
    ll_budget_open(L);
}
