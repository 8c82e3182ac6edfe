#include "agent/scenario/files.h"

#include "agent/browser/operation.h"
#include "agent/scenario/api.h"
#include "agent/scenario/declare.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "libcommon/codec/base64.h"
#include "libcommon/codec/json.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { NAME_BYTES_MAX = 255, TYPE_BYTES_MAX = 127 };

static const char wanted[] = "a file: the name of one beside the scenario, or { name = \"cv.txt\", content = \"…\" }";

struct file { // borrowed from the bundle, or from the scenario's table
    const char *name, *type, *content;
    size_t len;
};

// As a browser on a common desktop would say it; "" for what it does not know.
static const char *type_of(const char *name) {
    static const char *const types[][2] = {
        {"txt", "text/plain"},        {"csv", "text/csv"},        {"html", "text/html"},      {"xml", "text/xml"},
        {"json", "application/json"}, {"pdf", "application/pdf"}, {"zip", "application/zip"}, {"png", "image/png"},
        {"jpg", "image/jpeg"},        {"jpeg", "image/jpeg"},     {"gif", "image/gif"},       {"webp", "image/webp"},
        {"svg", "image/svg+xml"},     {"mp3", "audio/mpeg"},      {"mp4", "video/mp4"},       {"webm", "video/webm"},
    };
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot + 1, types[i][0]) == 0) return types[i][1];
    return "";
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static struct file bundled(lua_State *L, const char *method, const char *path) {
    const struct ll_bundle_file *found = ll_bundle_find(ll_vm_of(L)->scenario->bundle, path);
    if (!found)
        ll_vm_raise(L,
                    "%s: no file \"%.200s\" came with the scenario: it must be beside it, and be named in "
                    "ll.file(\"%.200s\") to travel to the agents",
                    method, path, path);
    return (struct file){base_name(path), type_of(path), found->content, found->len};
}

// A text field of the table at the top, which stays there; `otherwise` when it is not given.
static const char *read_field(lua_State *L, const char *method, const char *field, size_t max, const char *otherwise,
                              size_t *out_len) {
    char words[LL_VALUE_WORDS_MAX];
    lua_pushstring(L, field);
    int type = lua_rawget(L, -2);
    const char *text = type == LUA_TSTRING ? lua_tolstring(L, -1, out_len) : otherwise;
    if (type != LUA_TSTRING && (type != LUA_TNIL || !otherwise))
        ll_vm_raise(L, "%s: the %s of a file must be a text, not %s", method, field, ll_value_words(L, -1, words));
    if (type == LUA_TSTRING && *out_len > max)
        ll_vm_raise(L, "%s: the %s of a file is longer than %zu bytes", method, field, max);
    lua_pop(L, 1);
    return text;
}

static struct file made(lua_State *L, const char *method) {
    static const char *const fields[] = {"name", "content", "type", NULL};
    size_t name_len = 0, type_len = 0;
    struct file file;
    ll_declare_check_keys(L, lua_gettop(L), "a file", fields, NULL);
    file.name = read_field(L, method, "name", NAME_BYTES_MAX, NULL, &name_len);
    if (name_len == 0 || strlen(file.name) != name_len || strchr(file.name, '/'))
        ll_vm_raise(L, "%s: the name of a file must be one such as \"cv.txt\", without a folder", method);
    file.type = read_field(L, method, "type", TYPE_BYTES_MAX, type_of(file.name), &type_len);
    file.content = read_field(L, method, "content", LL_FILES_BYTES_MAX, NULL, &file.len);
    return file;
}

// The file at the top is written. `left` is how many bytes there may still be.
static void write_file(lua_State *L, const char *method, int index, struct ll_buf *out, size_t *left) {
    struct file file;
    if (lua_type(L, -1) == LUA_TSTRING)
        file = bundled(L, method, lua_tostring(L, -1));
    else if (lua_istable(L, -1))
        file = made(L, method);
    else
        ll_api_wants(L, method, index, wanted);
    if (file.len > *left)
        ll_vm_raise(L, "%s: the files of argument %d are larger than %d MB together", method, index - 1,
                    LL_FILES_BYTES_MAX >> 20);
    *left -= file.len;
    ll_buf_text(out, "{\"name\":");
    ll_json_quote(out, file.name, strlen(file.name));
    ll_buf_text(out, ",\"type\":");
    ll_json_quote(out, file.type, strlen(file.type));
    ll_buf_text(out, ",\"content\":\"");
    ll_base64_encode(file.content, file.len, out);
    ll_buf_text(out, "\"}");
}

static bool is_list(lua_State *L, int index) {
    if (!lua_istable(L, index)) return false;
    lua_pushliteral(L, "name");
    bool has_name = lua_rawget(L, index) != LUA_TNIL;
    lua_pushliteral(L, "content");
    bool has_content = lua_rawget(L, index) != LUA_TNIL;
    lua_pop(L, 2);
    return !has_name && !has_content;
}

void ll_files_write_json(lua_State *L, const char *method, int index, struct ll_buf *out) {
    size_t left = LL_FILES_BYTES_MAX;
    bool is_one = !is_list(L, index);
    lua_Integer count = is_one ? 1 : (lua_Integer)lua_rawlen(L, index);
    if (count > LL_FILES_MAX)
        ll_vm_raise(L, "%s: argument %d is a list of more than %d files", method, index - 1, LL_FILES_MAX);
    ll_buf_text(out, "[");
    for (lua_Integer i = 1; i <= count; i++) {
        if (is_one)
            lua_pushvalue(L, index);
        else
            lua_rawgeti(L, index, i);
        if (i > 1) ll_buf_text(out, ",");
        write_file(L, method, index, out, &left);
        lua_pop(L, 1);
    }
    ll_buf_text(out, "]");
}

static int file(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    if (lua_type(L, 1) != LUA_TSTRING || lua_rawlen(L, 1) == 0)
        ll_vm_raise(L, "ll.file takes the name of a file beside the scenario, as \"cv.pdf\", not %s",
                    ll_value_words(L, 1, words));
    bundled(L, "ll.file", lua_tostring(L, 1));
    lua_settop(L, 1);
    return 1;
}

const luaL_Reg ll_files_functions[] = {{"file", file}, {NULL, NULL}};
