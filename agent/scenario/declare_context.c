#include "agent/scenario/declare_context.h"

#include "agent/scenario/declare.h"
#include "agent/scenario/fields.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "agent/scenario/vm.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"
#include "libcommon/model/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const context_fields[] = {"ignore_https_errors",
                                             "http_credentials",
                                             "extra_headers",
                                             "viewport",
                                             "device",
                                             "user_agent",
                                             "locale",
                                             "timezone",
                                             "proxy",
                                             "network",
                                             "permissions",
                                             "storage",
                                             "fresh_context",
                                             "clean_context",
                                             "recycle",
                                             NULL};
static const char *const credentials_fields[] = {"username", "password", "origin", NULL};
static const char *const proxy_fields[] = {"server", "bypass", "username", "password", NULL};
static const char *const network_fields[] = {"offline", "latency", "download", "upload", NULL};
static const char *const recycle_fields[] = {"iterations", "memory", NULL};
static const char *const timeouts_fields[] = {"launch", "context", "navigation", "action", NULL};

// The field as a table, pushed, its keys checked; its index, or 0 when it is not given.
static int open_table(lua_State *L, int context, const char *name, const char *const *fields, const char *wanted) {
    char field[LL_FIELD_NAME_MAX];
    int type = ll_field_push(L, context, name);
    snprintf(field, sizeof field, "context.%s", name);
    if (type == LUA_TNIL) {
        lua_pop(L, 1);
        return 0;
    }
    if (type != LUA_TTABLE) ll_vm_raise(L, "%s must be %s, not a %s", field, wanted, lua_typename(L, type));
    if (fields) ll_declare_check_keys(L, lua_gettop(L), field, fields, NULL);
    return lua_gettop(L);
}

__attribute__((noreturn)) static void refuse_name(lua_State *L, const char *field, const char *name,
                                                  const char *const *known) {
    const char *nearest = ll_text_nearest(name, known);
    if (nearest) ll_vm_raise(L, "%s: there is no \"%s\": did you mean \"%s\"?", field, name, nearest);
    ll_vm_raise(L, "%s: there is no \"%s\": docs/SCENARIOS.md lists what there is", field, name);
}

static void read_viewport(lua_State *L, int context, struct ll_context_options *out) {
    uint32_t *const sides[] = {&out->viewport_width, &out->viewport_height};
    int type = ll_field_push(L, context, "viewport");
    for (int i = 0; type != LUA_TNIL && i < 2; i++) {
        int is_whole = 0;
        lua_Integer side = 0;
        if (type == LUA_TTABLE) {
            lua_rawgeti(L, -1, i + 1);
            side = lua_tointegerx(L, -1, &is_whole);
            lua_pop(L, 1);
        }
        if (!is_whole || side < 1 || side > LL_VIEWPORT_MAX)
            ll_vm_raise(L, "context.viewport must be { width, height } in pixels, as { 1280, 720 }");
        *sides[i] = (uint32_t)side;
    }
    lua_pop(L, 1);
}

// Before the viewport and the user agent, which win over the device's.
static void read_device(lua_State *L, int context, struct ll_context_options *out) {
    ll_field_text(L, context, "context", "device", LL_NAME_MAX, &out->device);
    if (!out->device) return;
    const struct ll_device *device = ll_device_find(out->device);
    if (!device) refuse_name(L, "context.device", out->device, ll_device_names);
    out->viewport_width = device->width;
    out->viewport_height = device->height;
}

static void read_credentials(lua_State *L, int context, struct ll_credentials *out) {
    static const char what[] = "context.http_credentials";
    int table =
        open_table(L, context, "http_credentials", credentials_fields, "{ username = \"...\", password = \"...\" }");
    if (!table) return;
    ll_field_text(L, table, what, "username", LL_CONTEXT_TEXT_MAX, &out->username);
    ll_field_secret(L, table, what, "password", LL_CONTEXT_TEXT_MAX, &out->password);
    ll_field_text(L, table, what, "origin", LL_CONTEXT_TEXT_MAX, &out->origin);
    if (!out->username || !out->password) ll_vm_raise(L, "%s must have both username and password", what);
    lua_pop(L, 1);
}

static void read_headers(lua_State *L, int context, struct ll_context_options *out) {
    int table = open_table(L, context, "extra_headers", NULL, "a table such as { [\"X-Load-Test\"] = \"1\" }");
    if (!table) return;
    lua_pushnil(L);
    while (lua_next(L, table)) {
        if (lua_type(L, -2) != LUA_TSTRING)
            ll_vm_raise(L, "context.extra_headers are named: { [\"X-Load-Test\"] = \"1\" }");
        const char *name = lua_tostring(L, -2);
        size_t len = 0;
        const char *value = lua_type(L, -1) == LUA_TSTRING ? lua_tolstring(L, -1, &len) : NULL;
        if (!value || strlen(value) != len) // the value may be a secret, and is not quoted
            ll_vm_raise(L, "context.extra_headers: the value of %s must be a text, not a %s", name,
                        lua_typename(L, lua_type(L, -1)));
        if (out->header_count >= LL_HEADERS_MAX)
            ll_vm_raise(L, "context.extra_headers has more than %d headers", LL_HEADERS_MAX);
        ll_context_options_add_header(out, name, value);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_proxy(lua_State *L, int context, struct ll_proxy *out) {
    static const char what[] = "context.proxy";
    int table = open_table(L, context, "proxy", proxy_fields, "{ server = \"http://proxy.example:3128\" }");
    if (!table) return;
    ll_field_text(L, table, what, "server", LL_CONTEXT_TEXT_MAX, &out->server);
    ll_field_text(L, table, what, "bypass", LL_CONTEXT_TEXT_MAX, &out->bypass);
    ll_field_text(L, table, what, "username", LL_CONTEXT_TEXT_MAX, &out->username);
    ll_field_secret(L, table, what, "password", LL_CONTEXT_TEXT_MAX, &out->password);
    if (!out->server) ll_vm_raise(L, "%s must have a server: { server = \"http://proxy.example:3128\" }", what);
    if (!out->username != !out->password) ll_vm_raise(L, "%s must have both username and password, or none", what);
    lua_pop(L, 1);
}

static void read_network(lua_State *L, int context, struct ll_network *out) {
    static const char what[] = "context.network";
    uint64_t latency_ms = 0;
    if (ll_field_push(L, context, "network") == LUA_TSTRING) {
        const struct ll_network_preset *preset = ll_network_preset_find(lua_tostring(L, -1));
        if (!preset) refuse_name(L, what, lua_tostring(L, -1), ll_network_preset_names);
        *out = preset->network;
    }
    bool is_name = lua_type(L, -1) == LUA_TSTRING;
    lua_pop(L, 1);
    if (is_name) return;
    int table = open_table(L, context, "network", network_fields,
                           "a name such as \"3g\", or { latency = \"150ms\", download = \"1.6Mbit/s\" }");
    if (!table) return;
    ll_field_bool(L, table, what, "offline", &out->is_offline);
    ll_field_duration(L, table, what, "latency", &latency_ms);
    ll_field_amount(L, table, what, "download", ll_text_parse_rate, &out->download_bytes_per_s);
    ll_field_amount(L, table, what, "upload", ll_text_parse_rate, &out->upload_bytes_per_s);
    out->latency_ms = (uint32_t)latency_ms; // a week at most
    lua_pop(L, 1);
}

static void read_permissions(lua_State *L, int context, struct ll_context_options *out) {
    static const char wanted[] = "a list of names, as { \"geolocation\" }";
    int table = open_table(L, context, "permissions", NULL, wanted);
    if (!table) return;
    size_t count = lua_rawlen(L, table);
    if (count > LL_PERMISSIONS_MAX) ll_vm_raise(L, "context.permissions has more than %d names", LL_PERMISSIONS_MAX);
    lua_pushnil(L);
    for (size_t keys = 0; lua_next(L, table); lua_pop(L, 1))
        if (++keys > count) ll_vm_raise(L, "context.permissions must be %s", wanted);
    for (size_t i = 1; i <= count; i++) {
        if (lua_rawgeti(L, table, (lua_Integer)i) != LUA_TSTRING) ll_field_wants(L, "context.permissions", wanted);
        const char *name = lua_tostring(L, -1);
        if (!ll_permission_devtools_name(name)) refuse_name(L, "context.permissions", name, ll_permission_names);
        ll_context_options_add_permission(out, name);
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static void read_storage(lua_State *L, int context, struct ll_context_options *out) {
    int table = open_table(L, context, "storage", NULL, "a snapshot, a table");
    if (!table) return;
    struct ll_buf *json = &ll_vm_of(L)->scenario->scratch; // there, so that an error does not leak it
    ll_buf_fini(json);
    *json = ll_buf_make(LL_STORAGE_MAX);
    ll_value_write_json(L, table, "context.storage", json);
    ll_json *snapshot = NULL;
    ll_err err = ll_json_parse(ll_buf_str(json), json->len, &snapshot);
    if (err.status == LL_OK) err = ll_storage_check(snapshot);
    ll_json_free(&snapshot);
    if (err.status != LL_OK) ll_vm_raise(L, "context.storage: %s", err.text);
    out->storage = ll_strdup(ll_buf_str(json));
    lua_pop(L, 1);
}

static void read_renewal(lua_State *L, int context, struct ll_context_options *out) {
    bool is_fresh = false, is_clean = false;
    ll_field_bool(L, context, "context", "fresh_context", &is_fresh);
    ll_field_bool(L, context, "context", "clean_context", &is_clean);
    if (is_fresh && is_clean) ll_vm_raise(L, "context has both fresh_context and clean_context: give one of them");
    out->renewal = is_fresh ? LL_RENEWAL_FRESH : is_clean ? LL_RENEWAL_CLEAN : LL_RENEWAL_NONE;
}

static void read_recycling(lua_State *L, int context, struct ll_recycling *out) {
    int table = open_table(L, context, "recycle", recycle_fields, "{ iterations = 500 } or { memory = \"300MB\" }");
    if (!table) return;
    ll_field_whole(L, table, "context.recycle", "iterations", 1, INT64_MAX, &out->iterations);
    ll_field_amount(L, table, "context.recycle", "memory", ll_text_parse_bytes, &out->memory_bytes);
    lua_pop(L, 1);
}

static void read_table(lua_State *L, int context, struct ll_context_options *out) {
    ll_declare_check_keys(L, context, "context", context_fields, NULL);
    ll_field_bool(L, context, "context", "ignore_https_errors", &out->ignore_https_errors);
    read_device(L, context, out);
    read_viewport(L, context, out);
    ll_field_text(L, context, "context", "user_agent", LL_CONTEXT_TEXT_MAX, &out->user_agent);
    ll_field_text(L, context, "context", "locale", LL_CONTEXT_TEXT_MAX, &out->locale);
    ll_field_text(L, context, "context", "timezone", LL_CONTEXT_TEXT_MAX, &out->timezone);
    read_credentials(L, context, &out->credentials);
    read_headers(L, context, out);
    read_proxy(L, context, &out->proxy);
    read_network(L, context, &out->network);
    read_permissions(L, context, out);
    read_storage(L, context, out);
    read_renewal(L, context, out);
    read_recycling(L, context, &out->recycling);
}

void ll_declare_read_context(lua_State *L, int table, struct ll_context_options *out) {
    int type = ll_field_push(L, table, "context");
    if (type == LUA_TTABLE)
        read_table(L, lua_gettop(L), out);
    else if (type == LUA_TFUNCTION)
        out->is_computed = true;
    else if (type != LUA_TNIL)
        ll_field_wants(L, "context",
                       "a table such as { viewport = { 1280, 720 } }, or a function(config) that returns "
                       "one");
    lua_pop(L, 1);
}

static int read_returned(lua_State *L) {
    struct ll_context_options *out = lua_touserdata(L, 2);
    char words[LL_VALUE_WORDS_MAX];
    if (!lua_istable(L, 1)) ll_vm_raise(L, "context must return a table, not %s", ll_value_words(L, 1, words));
    read_table(L, 1, out);
    ll_err err = ll_context_options_validate(out);
    if (err.status != LL_OK) ll_vm_raise(L, "%s", err.text);
    return 0;
}

// What is wrong with what it returned is told with the line where the function begins: nothing of it runs any more.
void ll_declare_compute_context(lua_State *L, int table, int config, struct ll_context_options *out) {
    lua_Debug info;
    ll_field_push(L, table, "context");
    lua_pushvalue(L, -1);
    lua_getinfo(L, ">S", &info);
    lua_pushcfunction(L, read_returned);
    lua_insert(L, -2);
    lua_pushvalue(L, config);
    lua_call(L, 1, 1);
    lua_pushlightuserdata(L, out);
    if (lua_pcall(L, 2, 0, 0) == LUA_OK) return;
    if (lua_type(L, -1) == LUA_TSTRING)
        lua_pushfstring(L, "%s:%d: %s", info.short_src, info.linedefined, lua_tostring(L, -1));
    lua_error(L);
}

static void read_timeout(lua_State *L, int timeouts, const char *name, uint32_t *out) {
    uint64_t ms = 0;
    if (!ll_field_duration(L, timeouts, "timeouts", name, &ms)) return;
    if (ms == 0) ll_vm_raise(L, "timeouts.%s must be longer than 0", name);
    *out = (uint32_t)ms; // a week at most
}

void ll_declare_read_timeouts(lua_State *L, int table, struct ll_spec *out) {
    if (!ll_field_table(L, table, "timeouts", "a table such as { action = \"10s\", navigation = \"30s\" }")) return;
    int timeouts = lua_gettop(L);
    ll_declare_check_keys(L, timeouts, "timeouts", timeouts_fields, NULL);
    read_timeout(L, timeouts, "launch", &out->timeouts.launch_ms);
    read_timeout(L, timeouts, "context", &out->context.timeout_ms);
    read_timeout(L, timeouts, "navigation", &out->timeouts.navigation_ms);
    read_timeout(L, timeouts, "action", &out->timeouts.action_ms);
    lua_pop(L, 1);
}
