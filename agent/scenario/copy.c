#include "agent/scenario/copy.h"

#include "agent/scenario/value.h"
#include "agent/scenario/vm.h"
#include "libcommon/base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum { PATH_MAX_BYTES = 200 };

struct level { // a table on the way to the value that is being copied
    const void *table;
    const char *name; // the key it stands under, or NULL
    double position;
};

struct copying {
    lua_State *from, *to;
    const char *root;
    int seen; // index in `to` of a table: address of a source table → its copy
    int depth;
    struct level levels[LL_VALUE_DEPTH_MAX + 1];
};

static void path_of(const struct copying *copying, char out[PATH_MAX_BYTES]) {
    size_t used = (size_t)snprintf(out, PATH_MAX_BYTES, "%s", copying->root);
    for (int i = 1; i <= copying->depth && used < PATH_MAX_BYTES; i++) {
        const struct level *level = &copying->levels[i];
        int more = level->name ? snprintf(out + used, PATH_MAX_BYTES - used, ".%s", level->name)
                               : snprintf(out + used, PATH_MAX_BYTES - used, "[%.14g]", level->position);
        used += (size_t)more;
    }
}

static void refuse(const struct copying *copying, const char *what) {
    char path[PATH_MAX_BYTES];
    path_of(copying, path);
    ll_vm_raise(copying->to, "%s %s: it may hold only nil, booleans, numbers, texts and tables of them", path, what);
}

static void copy_value(struct copying *copying, int index);

static void copy_children(struct copying *copying, int index) {
    lua_State *from = copying->from, *to = copying->to;
    struct level *level = &copying->levels[++copying->depth];
    lua_pushnil(from);
    while (lua_next(from, index)) {
        int type = lua_type(from, -2);
        *level = (struct level){.name = type == LUA_TSTRING ? lua_tostring(from, -2) : NULL};
        if (type == LUA_TNUMBER) level->position = lua_tonumber(from, -2);
        if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN) {
            copying->depth--;
            refuse(copying, "has a key that is no text, number or boolean");
        }
        copy_value(copying, lua_gettop(from) - 1);
        copy_value(copying, lua_gettop(from));
        lua_rawset(to, -3);
        lua_pop(from, 1);
    }
    copying->depth--;
}

static void copy_table(struct copying *copying, int index) {
    lua_State *from = copying->from, *to = copying->to;
    const void *source = lua_topointer(from, index);
    for (int i = 0; i < copying->depth; i++)
        if (copying->levels[i].table == source) refuse(copying, "is a table that holds itself");
    if (lua_rawgetp(to, copying->seen, source) == LUA_TTABLE) return;
    lua_pop(to, 1);
    if (copying->depth >= LL_VALUE_DEPTH_MAX || !lua_checkstack(from, 4) || !lua_checkstack(to, 6))
        refuse(copying, "is nested too deeply");
    lua_newtable(to);
    lua_pushvalue(to, -1);
    lua_rawsetp(to, copying->seen, source);
    copying->levels[copying->depth].table = source;
    copy_children(copying, index);
}

static void copy_value(struct copying *copying, int index) {
    lua_State *from = copying->from, *to = copying->to;
    size_t len;
    const char *text;
    switch (lua_type(from, index)) {
    case LUA_TNIL:
        lua_pushnil(to);
        return;
    case LUA_TBOOLEAN:
        lua_pushboolean(to, lua_toboolean(from, index));
        return;
    case LUA_TNUMBER:
        if (lua_isinteger(from, index))
            lua_pushinteger(to, lua_tointeger(from, index));
        else
            lua_pushnumber(to, lua_tonumber(from, index));
        return;
    case LUA_TSTRING:
        text = lua_tolstring(from, index, &len);
        lua_pushlstring(to, text, len);
        return;
    case LUA_TTABLE:
        copy_table(copying, index);
        return;
    }
    char what[LL_VALUE_WORDS_MAX];
    snprintf(what, sizeof what, "is a %s", lua_typename(from, lua_type(from, index)));
    refuse(copying, what);
}

void ll_copy(lua_State *from, int index, lua_State *to, const char *root) {
    assert(from != to);
    struct copying copying = {.from = from, .to = to, .root = root};
    lua_newtable(to);
    copying.seen = lua_gettop(to);
    copy_value(&copying, lua_absindex(from, index));
    lua_remove(to, copying.seen);
}
