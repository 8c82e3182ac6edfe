#include "agent/scenario/module.h"

#include "agent/scenario/parts.h"
#include "agent/scenario/sandbox.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 1024 };

static const char loaded_key; // the registry's name for the table of modules that were required
static const char loading;    // stands in that table for a module whose file is running

static int append_code(lua_State *L, const void *data, size_t len, void *out) {
    (void)L;
    struct ll_buf *code = out;
    ll_buf_append(code, data, len);
    return code->overflowed;
}

static const struct ll_compiled *find_compiled(const struct ll_scenario *scenario, const struct ll_bundle_file *file) {
    for (size_t i = 0; i < scenario->compiled_count; i++)
        if (scenario->compiled[i].file == file) return &scenario->compiled[i];
    return NULL;
}

// The text of a file as Lua reads one: without a byte order mark and without a first line that starts with '#'.
static const char *text_of(const struct ll_bundle_file *file, size_t *out_len) {
    const char *text = file->content;
    size_t len = file->len;
    if (len >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3, len -= 3;
    if (len > 0 && *text == '#')
        while (len > 0 && *text != '\n') text++, len--;
    *out_len = len;
    return text;
}

static void compile(lua_State *L, struct ll_scenario *scenario, const struct ll_bundle_file *file) {
    size_t len;
    const char *text = text_of(file, &len);
    if (len > 0 && *text == LUA_SIGNATURE[0])
        ll_vm_raise(L, "%s is compiled Lua: a scenario is made of texts", file->path);
    lua_pushfstring(L, "@%s", file->path);
    if (luaL_loadbufferx(L, text, len, lua_tostring(L, -1), "t") != LUA_OK) lua_error(L);
    lua_remove(L, -2);
    struct ll_compiled *compiled = &scenario->compiled[scenario->compiled_count];
    *compiled = (struct ll_compiled){.file = file, .code = ll_buf_make(scenario->limits.bytes)};
    if (lua_dump(L, append_code, &compiled->code, 0) == 0)
        scenario->compiled_count++;
    else
        ll_buf_fini(&compiled->code); // too long to keep: compiled again next time
}

static void push_file(lua_State *L, const struct ll_bundle_file *file) {
    struct ll_scenario *scenario = ll_vm_of(L)->scenario;
    const struct ll_compiled *compiled = find_compiled(scenario, file);
    if (!compiled) {
        compile(L, scenario, file);
        return;
    }
    lua_pushfstring(L, "@%s", file->path);
    if (luaL_loadbufferx(L, (const char *)compiled->code.data, compiled->code.len, lua_tostring(L, -1), "b") != LUA_OK)
        lua_error(L);
    lua_remove(L, -2);
}

void ll_module_push_main(lua_State *L) {
    const struct ll_bundle *bundle = ll_vm_of(L)->scenario->bundle;
    const struct ll_bundle_file *file = ll_bundle_find(bundle, bundle->main);
    if (!file) ll_vm_raise(L, "%s is not in the bundle", bundle->main);
    push_file(L, file);
}

// The file of module "a.b": a/b.lua beside the scenario file.
static const struct ll_bundle_file *find_module(lua_State *L, const char *name, char path[PATH_MAX_BYTES]) {
    const struct ll_bundle *bundle = ll_vm_of(L)->scenario->bundle;
    const char *slash = strrchr(bundle->main, '/');
    size_t folder = slash ? (size_t)(slash - bundle->main) + 1 : 0;
    size_t len = strlen(name);
    if (folder + len + sizeof ".lua" > PATH_MAX_BYTES) ll_vm_raise(L, "the name given to require is too long");
    memcpy(path, bundle->main, folder);
    for (size_t i = 0; i < len; i++) path[folder + i] = name[i] == '.' ? '/' : name[i];
    memcpy(path + folder + len, ".lua", sizeof ".lua");
    return ll_bundle_find(bundle, path);
}

// Pushes the global library `name` if it is one that scripts have anyway; false otherwise.
static bool push_library(lua_State *L, const char *name) {
    static const char *const libraries[] = {LUA_TABLIBNAME, LUA_STRLIBNAME, LUA_MATHLIBNAME, LUA_UTF8LIBNAME};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++) {
        if (strcmp(name, libraries[i]) != 0) continue;
        lua_getglobal(L, name);
        return true;
    }
    return false;
}

static void run_module(lua_State *L, int modules, const char *name) {
    char path[PATH_MAX_BYTES];
    const struct ll_bundle_file *file = find_module(L, name, path);
    if (!file) {
        const char *instead = ll_sandbox_instead(name);
        if (instead) ll_vm_raise(L, "%s is not offered in scenarios: %s", name, instead);
        ll_vm_raise(L, "module \"%s\" was not found: it must be %s, beside the scenario", name, path);
    }
    push_file(L, file);
    lua_pushlightuserdata(L, (void *)&loading);
    lua_setfield(L, modules, name);
    lua_pushvalue(L, 1);
    if (lua_pcall(L, 1, 1, 0) != LUA_OK) { // the next require reads the file again, and says again what is wrong
        lua_pushnil(L);
        lua_setfield(L, modules, name);
        lua_error(L);
    }
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushboolean(L, 1);
    }
}

int ll_module_require(lua_State *L) {
    if (lua_type(L, 1) != LUA_TSTRING) ll_vm_raise(L, "require takes the name of a module");
    const char *name = lua_tostring(L, 1);
    lua_settop(L, 1);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &loaded_key) == LUA_TNIL) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &loaded_key);
    }
    if (lua_getfield(L, 2, name) != LUA_TNIL) {
        if (lua_touserdata(L, -1) == (void *)&loading)
            ll_vm_raise(L, "module \"%s\" requires itself, directly or through others", name);
        return 1;
    }
    lua_pop(L, 1);
    if (strcmp(name, "liveload") == 0)
        ll_module_push_liveload(L);
    else if (!push_library(L, name))
        run_module(L, 2, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, 2, name);
    return 1;
}
