#include "agent/scenario/value.h"

#include "agent/scenario/vm.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const double WHOLE_MAX = 9007199254740992.0; // 2^53: above it doubles skip whole numbers

enum { WORDS_TEXT_MAX = 60 };

// A text of a tree that ll_json_parse_value made.
static void push_text(lua_State *L, const char *text) {
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (const char *nul; (nul = strstr(text, LL_JSON_NUL)); text = nul + strlen(LL_JSON_NUL)) {
        luaL_addlstring(&out, text, (size_t)(nul - text));
        luaL_addchar(&out, '\0');
    }
    luaL_addstring(&out, text);
    luaL_pushresult(&out);
}

static void push_json_children(lua_State *L, const ll_json *node) {
    luaL_checkstack(L, 4, "the value is nested too deeply");
    lua_newtable(L);
    lua_Integer position = 1;
    bool is_array = ll_json_is_array(node);
    for (const ll_json *child = ll_json_first(node); child; child = ll_json_next(child), position++) {
        if (is_array) {
            ll_value_push_json(L, child);
            lua_rawseti(L, -2, position);
        } else {
            push_text(L, ll_json_key(child));
            ll_value_push_json(L, child);
            lua_rawset(L, -3);
        }
    }
}

void ll_value_push_json(lua_State *L, const ll_json *node) {
    if (ll_json_is_string(node))
        push_text(L, ll_json_string(node, ""));
    else if (ll_json_is_bool(node))
        lua_pushboolean(L, ll_json_bool(node, false));
    else if (ll_json_is_number(node)) {
        double number = ll_json_number(node, 0);
        if (floor(number) == number && fabs(number) <= WHOLE_MAX)
            lua_pushinteger(L, (lua_Integer)number);
        else
            lua_pushnumber(L, number);
    } else if (ll_json_is_array(node) || ll_json_is_object(node))
        push_json_children(L, node);
    else
        lua_pushnil(L);
}

static void write_value(lua_State *L, int index, const char *what, struct ll_json_writer *writer, const char *key,
                        int depth);

// Whether the table at `index` has exactly the keys 1 to n, n > 0.
static bool is_sequence(lua_State *L, int index) {
    lua_Unsigned count = 0, len = lua_rawlen(L, index);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (!lua_isinteger(L, -1) || ++count > len) {
            lua_pop(L, 1);
            return false;
        }
    }
    return count > 0 && count == len;
}

static void write_table(lua_State *L, int index, const char *what, struct ll_json_writer *writer, const char *key,
                        int depth) {
    if (depth >= LL_VALUE_DEPTH_MAX || !lua_checkstack(L, 6))
        ll_vm_raise(L, "%s is nested deeper than %d tables, or holds itself", what, LL_VALUE_DEPTH_MAX);
    if (is_sequence(L, index)) {
        ll_json_begin_array(writer, key);
        lua_Integer len = (lua_Integer)lua_rawlen(L, index);
        for (lua_Integer i = 1; i <= len && !writer->buf->overflowed; i++) {
            lua_rawgeti(L, index, i);
            write_value(L, lua_gettop(L), what, writer, NULL, depth + 1);
            lua_pop(L, 1);
        }
        ll_json_end_array(writer);
        return;
    }
    ll_json_begin_object(writer, key);
    lua_pushnil(L);
    while (!writer->buf->overflowed && lua_next(L, index)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            ll_vm_raise(L, "%s has a table with mixed keys: use the keys 1 to n for a list, or texts for an object",
                        what);
        size_t key_len;
        const char *key_text = lua_tolstring(L, -2, &key_len);
        if (strlen(key_text) != key_len) ll_vm_raise(L, "%s has a key with a NUL in it, which cannot be sent", what);
        write_value(L, lua_gettop(L), what, writer, key_text, depth + 1);
        lua_pop(L, 1);
    }
    ll_json_end_object(writer);
}

static void write_number(lua_State *L, int index, const char *what, struct ll_json_writer *writer, const char *key) {
    if (lua_isinteger(L, index)) {
        ll_json_write_int(writer, key, lua_tointeger(L, index));
        return;
    }
    double number = lua_tonumber(L, index);
    if (!isfinite(number)) ll_vm_raise(L, "%s holds %g, which JSON cannot carry", what, number);
    ll_json_write_number(writer, key, number);
}

static void write_value(lua_State *L, int index, const char *what, struct ll_json_writer *writer, const char *key,
                        int depth) {
    size_t len;
    const char *text;
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        ll_json_write_null(writer, key);
        return;
    case LUA_TBOOLEAN:
        ll_json_write_bool(writer, key, lua_toboolean(L, index));
        return;
    case LUA_TNUMBER:
        write_number(L, index, what, writer, key);
        return;
    case LUA_TSTRING:
        text = lua_tolstring(L, index, &len);
        ll_json_write_text(writer, key, text, len);
        return;
    case LUA_TTABLE:
        write_table(L, index, what, writer, key, depth);
        return;
    }
    ll_vm_raise(L, "%s holds a %s: it may hold only nil, booleans, numbers, texts and tables", what,
                luaL_typename(L, index));
}

void ll_value_write_json(lua_State *L, int index, const char *what, struct ll_buf *out) {
    struct ll_json_writer writer = ll_json_writer_make(out);
    write_value(L, lua_absindex(L, index), what, &writer, NULL, 0);
    if (out->overflowed) ll_vm_raise(L, "%s is longer than %zu bytes as JSON", what, out->max);
}

ll_err ll_value_duration_ms(lua_State *L, int index, uint64_t *out_ms) {
    char words[LL_VALUE_WORDS_MAX];
    if (lua_type(L, index) == LUA_TSTRING) return ll_text_parse_duration_ms(lua_tostring(L, index), out_ms);
    double seconds = lua_type(L, index) == LUA_TNUMBER ? lua_tonumber(L, index) : -1;
    if (!(seconds >= 0))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "%s is not a duration: write it like \"500ms\", \"2s\", \"3m\" or \"1h\"",
                           ll_value_words(L, index, words));
    if (seconds * 1000 > LL_DURATION_MAX_MS)
        return ll_err_make(LL_OUT_OF_RANGE, "the duration of %g seconds is longer than a week", seconds);
    *out_ms = (uint64_t)llround(seconds * 1000);
    return LL_SUCCESS;
}

const char *ll_value_words(lua_State *L, int index, char out[LL_VALUE_WORDS_MAX]) {
    switch (lua_type(L, index)) {
    case LUA_TNONE:
        return "nothing";
    case LUA_TNIL:
        return "nil";
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TNUMBER:
        if (lua_isinteger(L, index))
            snprintf(out, LL_VALUE_WORDS_MAX, LUA_INTEGER_FMT, lua_tointeger(L, index));
        else
            snprintf(out, LL_VALUE_WORDS_MAX, LUA_NUMBER_FMT, lua_tonumber(L, index));
        return out;
    case LUA_TSTRING: {
        size_t len;
        const char *text = lua_tolstring(L, index, &len);
        if (ll_redact_finds(text, len)) return "a text with a secret in it";
        size_t shown = ll_text_cut(text, len, WORDS_TEXT_MAX);
        snprintf(out, LL_VALUE_WORDS_MAX, "\"%.*s\"%s", (int)shown, text, shown < len ? "…" : "");
        return out;
    }
    case LUA_TUSERDATA: // a ctx in place of what its operation has led to, mostly
        if (luaL_getmetafield(L, index, "__name") == LUA_TSTRING) {
            snprintf(out, LL_VALUE_WORDS_MAX, "%s", lua_tostring(L, -1));
            lua_pop(L, 1);
            return out;
        }
        break;
    }
    snprintf(out, LL_VALUE_WORDS_MAX, "a %s", lua_typename(L, lua_type(L, index)));
    return out;
}

void ll_value_number_to_text(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TNUMBER) return;
    int at = lua_absindex(L, index), is_whole;
    lua_Integer whole = lua_tointegerx(L, at, &is_whole);
    if (is_whole) {
        lua_pushinteger(L, whole);
        lua_replace(L, at);
    }
    lua_tostring(L, at);
}

void ll_value_push_joined(lua_State *L, int first) {
    luaL_Buffer text;
    int last = lua_gettop(L);
    luaL_buffinit(L, &text);
    for (int i = first; i <= last; i++) {
        if (i > first) luaL_addchar(&text, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&text);
    }
    luaL_pushresult(&text);
}
