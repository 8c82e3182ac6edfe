#include "agent/scenario/data.h"

#include "agent/scenario/declare.h"
#include "agent/scenario/failure.h"
#include "agent/scenario/flow.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/rows.h"
#include "agent/scenario/value.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cursor {     // in this agent's sequence of rows
    uint32_t user;  // the next of its users, from 0
    uint64_t round; // times all users had their turn
    uint64_t taken;
};

struct ll_data_file {
    const struct ll_bundle_file *file;
    char separator; // 0: JSON
    struct ll_rows *rows;
    struct cursor unique, cycle;
};

struct face { // what a script holds
    struct ll_data_file *data;
};

static const char metatable_key; // the registry's name for the metatable of faces

void ll_data_fini(struct ll_data *data) {
    for (size_t i = 0; i < data->count; i++) {
        ll_rows_free(&data->files[i]->rows);
        free(data->files[i]);
    }
    free(data->files);
    *data = (struct ll_data){.files = NULL};
}

// ---- Handing out

// Position of the cursor in the sequence of the whole run.
static uint64_t position(const struct ll_data *data, const struct cursor *cursor) {
    return data->share.first - 1 + (uint64_t)cursor->user * data->share.stride + cursor->round * data->users;
}

static void advance(const struct ll_data *data, struct cursor *cursor) {
    cursor->taken++;
    if (++cursor->user < data->share.users) return;
    cursor->user = 0;
    cursor->round++;
}

static struct ll_data *data_of(lua_State *L) {
    return &ll_vm_of(L)->scenario->data;
}

static struct ll_data_file *check_face(lua_State *L, const char *method) {
    bool is_face = lua_type(L, 1) == LUA_TUSERDATA && lua_getmetatable(L, 1);
    if (is_face) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
        is_face = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    if (!is_face) ll_vm_raise(L, "%s is called with a dot: write users:%s()", method, method);
    return ((struct face *)lua_touserdata(L, 1))->data;
}

static struct ll_data_file *check_in_run(lua_State *L, const char *method) {
    struct ll_data_file *data = check_face(L, method);
    const struct ll_script *script = ll_vm_of(L)->script;
    if (!script || !script->is_ready)
        ll_vm_raise(L, "%s hands a row to a user: call it within run (rows[1] and #rows work everywhere)", method);
    return data;
}

static void raise_exhausted(lua_State *L, const struct ll_data_file *data) {
    const struct ll_data *all = data_of(L);
    char place[LL_VM_PLACE_MAX], whole_place[LL_FLOW_PLACE_MAX], split[120] = "";
    uint32_t count = ll_rows_count(data->rows);
    const char *path = data->file->path;
    ll_vm_place(L, place);
    ll_flow_place(L, whole_place);
    if (data->unique.taken < count)
        snprintf(split, sizeof split, ", all that this agent's %" PRIu32 " of %" PRIu32 " users have of its %" PRIu32,
                 all->share.users, all->users, count);
    struct ll_failure failure = {
        .operation = "unique",
        .reason = lua_pushfstring(L, "%s has no row left", path),
        .signature = lua_pushfstring(L, "unique(): %s has no row left", path),
    };
    char taken[32];
    snprintf(taken, sizeof taken, "%" PRIu64, data->unique.taken);
    const char *sentence =
        lua_pushfstring(L, "%s has no row left: %s were handed out%s; give it more rows, or take them with cycle()",
                        path, taken, split);
    failure.message = lua_pushfstring(L, "%s: %s", place, sentence);
    failure.detail = lua_pushfstring(L, "%s: %s", whole_place, sentence);
    ll_failure_raise(L, &failure);
}

static int unique(lua_State *L) {
    struct ll_data_file *data = check_in_run(L, "unique");
    const struct ll_data *all = data_of(L);
    uint64_t at = position(all, &data->unique);
    if (at >= ll_rows_count(data->rows)) raise_exhausted(L, data);
    advance(all, &data->unique);
    ll_rows_push(L, data->rows, (uint32_t)at);
    return 1;
}

static int cycle(lua_State *L) {
    struct ll_data_file *data = check_in_run(L, "cycle");
    const struct ll_data *all = data_of(L);
    uint64_t at = position(all, &data->cycle) % ll_rows_count(data->rows);
    advance(all, &data->cycle);
    ll_rows_push(L, data->rows, (uint32_t)at);
    return 1;
}

static int random_row(lua_State *L) {
    struct ll_data_file *data = check_in_run(L, "random");
    struct ll_rand *rand = &ll_vm_of(L)->script->rand;
    ll_rows_push(L, data->rows, (uint32_t)ll_rand_below(rand, ll_rows_count(data->rows)));
    return 1;
}

// ---- The face

static int face_length(lua_State *L) {
    lua_pushinteger(L, ll_rows_count(check_face(L, "#")->rows));
    return 1;
}

// rows[3], or rows:unique.
static int face_index(lua_State *L) {
    static const luaL_Reg methods[] = {{"unique", unique}, {"cycle", cycle}, {"random", random_row}, {NULL, NULL}};
    static const char *const names[] = {"unique", "cycle", "random", NULL};
    char words[LL_VALUE_WORDS_MAX];
    struct ll_data_file *data = check_face(L, "rows");
    if (lua_isinteger(L, 2)) {
        lua_Integer index = lua_tointeger(L, 2);
        if (index < 1 || index > ll_rows_count(data->rows)) return 0;
        ll_rows_push(L, data->rows, (uint32_t)index - 1);
        return 1;
    }
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : ll_value_words(L, 2, words);
    for (const luaL_Reg *method = methods; method->name; method++) {
        if (strcmp(name, method->name) != 0) continue;
        lua_pushcfunction(L, method->func);
        return 1;
    }
    const char *nearest = ll_text_nearest(name, names);
    if (nearest) ll_vm_raise(L, "%s has no \"%s\": did you mean \"%s\"?", data->file->path, name, nearest);
    ll_vm_raise(L, "%s has no \"%s\": it has unique, cycle and random, rows[1] and #rows; columns are fields of a row",
                data->file->path, name);
}

static int refuse_change(lua_State *L) {
    ll_vm_raise(L, "the rows of %s cannot be changed: what unique, cycle and random give is a copy that can",
                check_face(L, "rows")->file->path);
}

static void push_metatable(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"__index", face_index}, {"__newindex", refuse_change}, {"__len", face_length}, {NULL, NULL}};
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key) == LUA_TTABLE) return;
    lua_pop(L, 1);
    luaL_newlib(L, methods);
    lua_pushliteral(L, "rows");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

// ---- Reading

// The file beside the scenario, or in a folder there. What is missing names the line that asks for it.
static const struct ll_bundle_file *find_file(lua_State *L, const char *function) {
    char words[LL_VALUE_WORDS_MAX], example[32];
    if (lua_type(L, 1) != LUA_TSTRING || lua_rawlen(L, 1) == 0) {
        snprintf(example, sizeof example, "\"users.%s\"", function);
        ll_vm_raise(L, "ll.%s takes the name of a file beside the scenario, as %s, not %s", function, example,
                    ll_value_words(L, 1, words));
    }
    const struct ll_bundle *bundle = ll_vm_of(L)->scenario->bundle;
    const char *name = lua_tostring(L, 1);
    const struct ll_bundle_file *file = ll_bundle_find(bundle, name);
    if (!file)
        ll_vm_raise(L,
                    "the file %s was not found beside the scenario: it must be there, and its name must stand in the "
                    "call, as ll.%s(\"%s\"), for the file to travel to the agents",
                    ll_value_words(L, 1, words), function, name);
    return file;
}

static char read_separator(lua_State *L) {
    static const char *const options[] = {"separator", NULL};
    char words[LL_VALUE_WORDS_MAX], separator = ',';
    if (lua_isnoneornil(L, 2)) return separator;
    if (!lua_istable(L, 2))
        ll_vm_raise(L, "ll.csv: argument 2 must be a table of options such as { separator = \";\" }, not %s",
                    ll_value_words(L, 2, words));
    ll_declare_check_keys(L, 2, "the table of options of ll.csv", options, NULL);
    if (lua_getfield(L, 2, "separator") != LUA_TNIL) {
        const char *text = lua_type(L, -1) == LUA_TSTRING && lua_rawlen(L, -1) == 1 ? lua_tostring(L, -1) : "\"";
        separator = *text;
        if (separator == '\0' || strchr("\"\r\n", separator) || (unsigned char)separator >= 0x80)
            ll_vm_raise(L, "ll.csv: separator must be one character such as \";\" or \"\\t\", not %s",
                        ll_value_words(L, -1, words));
    }
    lua_pop(L, 1);
    return separator;
}

static struct ll_data_file *open_file(lua_State *L, const struct ll_bundle_file *file, char separator) {
    struct ll_data *all = data_of(L);
    for (size_t i = 0; i < all->count; i++)
        if (all->files[i]->file == file && all->files[i]->separator == separator) return all->files[i];
    struct ll_rows *rows = NULL;
    ll_err err = separator ? ll_rows_read_csv(file, separator, &rows) : ll_rows_read_json(file, &rows);
    if (err.status != LL_OK) ll_vm_raise(L, "%s", err.text);
    struct ll_data_file *data = ll_alloc(1, sizeof *data);
    *data = (struct ll_data_file){.file = file, .separator = separator, .rows = rows};
    all->files = ll_realloc(all->files, all->count + 1, sizeof *all->files);
    all->files[all->count++] = data;
    return data;
}

static int push_face(lua_State *L, const struct ll_bundle_file *file, char separator) {
    struct ll_data_file *data = open_file(L, file, separator);
    struct face *face = lua_newuserdatauv(L, sizeof *face, 0);
    face->data = data;
    push_metatable(L);
    lua_setmetatable(L, -2);
    return 1;
}

static int csv(lua_State *L) {
    const struct ll_bundle_file *file = find_file(L, "csv");
    return push_face(L, file, read_separator(L));
}

static int json(lua_State *L) {
    return push_face(L, find_file(L, "json"), '\0');
}

const luaL_Reg ll_data_functions[] = {{"csv", csv}, {"json", json}, {NULL, NULL}};
