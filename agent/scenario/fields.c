#include "agent/scenario/fields.h"

#include "agent/scenario/value.h"
#include "agent/scenario/vm.h"
#include "libcommon/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int ll_field_push(lua_State *L, int index, const char *name) {
    lua_pushstring(L, name);
    return lua_rawget(L, index);
}

void ll_field_wants(lua_State *L, const char *field, const char *wanted) {
    char words[LL_VALUE_WORDS_MAX];
    ll_vm_raise(L, "%s must be %s, not %s", field, wanted, ll_value_words(L, -1, words));
}

bool ll_field_table(lua_State *L, int index, const char *name, const char *wanted) {
    int type = ll_field_push(L, index, name);
    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        return false;
    }
    if (type != LUA_TTABLE) ll_field_wants(L, name, wanted);
    return true;
}

bool ll_field_whole(lua_State *L, int index, const char *what, const char *name, uint64_t min, uint64_t max,
                    uint64_t *out) {
    char field[LL_FIELD_NAME_MAX], wanted[LL_FIELD_NAME_MAX];
    bool is_given = ll_field_push(L, index, name) != LUA_TNIL;
    if (is_given) {
        int is_whole = lua_type(L, -1) == LUA_TNUMBER;
        lua_Integer value = is_whole ? lua_tointegerx(L, -1, &is_whole) : 0;
        if (!is_whole || value < (lua_Integer)min || value > (lua_Integer)max) {
            snprintf(field, sizeof field, "%s.%s", what, name);
            int len = snprintf(wanted, sizeof wanted, "a whole number from %llu", (unsigned long long)min);
            if (max < INT64_MAX) // which is no limit that anybody would want to read
                snprintf(wanted + len, sizeof wanted - (size_t)len, " to %llu", (unsigned long long)max);
            ll_field_wants(L, field, wanted);
        }
        *out = (uint64_t)value;
    }
    lua_pop(L, 1);
    return is_given;
}

bool ll_field_duration(lua_State *L, int index, const char *what, const char *name, uint64_t *out_ms) {
    bool is_given = ll_field_push(L, index, name) != LUA_TNIL;
    if (is_given) {
        ll_err err = ll_value_duration_ms(L, -1, out_ms);
        if (err.status != LL_OK) ll_vm_raise(L, "%s.%s: %s", what, name, err.text);
    }
    lua_pop(L, 1);
    return is_given;
}

bool ll_field_amount(lua_State *L, int index, const char *what, const char *name,
                     ll_err (*parse)(const char *text, uint64_t *out), uint64_t *out) {
    int type = ll_field_push(L, index, name), is_whole = 0;
    lua_Integer number = type == LUA_TNUMBER ? lua_tointegerx(L, -1, &is_whole) : 0;
    if (is_whole && number >= 0) {
        *out = (uint64_t)number;
    } else if (type != LUA_TNIL) {
        char words[LL_VALUE_WORDS_MAX];
        const char *text = type == LUA_TSTRING ? lua_tostring(L, -1) : ll_value_words(L, -1, words);
        ll_err err = parse(text, out);
        if (err.status != LL_OK) ll_vm_raise(L, "%s.%s: %s", what, name, err.text);
    }
    lua_pop(L, 1);
    return type != LUA_TNIL;
}

void ll_field_bool(lua_State *L, int index, const char *what, const char *name, bool *out) {
    char field[LL_FIELD_NAME_MAX];
    int type = ll_field_push(L, index, name);
    snprintf(field, sizeof field, "%s.%s", what, name);
    if (type != LUA_TNIL && type != LUA_TBOOLEAN) ll_field_wants(L, field, "true or false");
    if (type == LUA_TBOOLEAN) *out = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

void ll_field_text(lua_State *L, int index, const char *what, const char *name, size_t max, char **out) {
    char field[LL_FIELD_NAME_MAX];
    size_t len = 0;
    int type = ll_field_push(L, index, name);
    snprintf(field, sizeof field, "%s%s%s", what, *what ? "." : "", name);
    const char *text = type == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
    if (type != LUA_TNIL && (len == 0 || strlen(text) != len)) ll_field_wants(L, field, "a text that is not empty");
    if (len > max) ll_vm_raise(L, "%s is longer than %zu bytes", field, max);
    if (text) {
        free(*out);
        *out = ll_strdup(text);
    }
    lua_pop(L, 1);
}

void ll_field_secret(lua_State *L, int index, const char *what, const char *name, size_t max, char **out) {
    int type = ll_field_push(L, index, name);
    if (type != LUA_TNIL && type != LUA_TSTRING)
        ll_vm_raise(L, "%s.%s must be a text, not a %s", what, name, lua_typename(L, type));
    lua_pop(L, 1);
    ll_field_text(L, index, what, name, max, out);
}
