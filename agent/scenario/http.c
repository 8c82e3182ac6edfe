// A method reads its arguments into a request, leaves it in script->wait and yields, as operations on the page do; the
// request's texts stay on the stack of the call. When the answer is there the script is resumed in request_done, which
// returns it as a table, or raises a failure at the line of the call.
//
// URLs are shown without user, query and fragment, and values of headers and bodies not at all: they are where secrets
// are.
#include "agent/scenario/http.h"

#include "agent/scenario/api.h"
#include "agent/scenario/declare.h"
#include "agent/scenario/failure.h"
#include "agent/scenario/flow.h"
#include "agent/scenario/parts.h"
#include "agent/scenario/value.h"
#include "libcommon/base/url.h"
#include "libcommon/model/context.h"

#include <assert.h>
#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    URL_INDEX = 2,
    OPTIONS_INDEX = 3,
    KEPT_INDEX = 4, // a table that keeps the request's texts alive
    SHOWN_MAX = 200,
    HEADERS_MAX = 100,
    HEADER_MAX_BYTES = 16 * 1024,
};

static const struct method {
    const char *name, *verb, *operation;
    bool takes_body;
} methods[] = {
    {"get", "GET", "http:get", false},      {"head", "HEAD", "http:head", false},
    {"post", "POST", "http:post", true},    {"put", "PUT", "http:put", true},
    {"patch", "PATCH", "http:patch", true}, {"delete", "DELETE", "http:delete", true},
};

static const char http_key;   // the registry's name for ctx.http
static const char answer_key; // for the metatable of answers

// --- Arguments ---

static void keep(lua_State *L) { // what lies on top, and takes it off
    lua_rawseti(L, KEPT_INDEX, (lua_Integer)lua_rawlen(L, KEPT_INDEX) + 1);
}

static const char *read_url(lua_State *L, const char *name) {
    static const char wanted[] = "a URL with its scheme, such as \"https://example.com/\"";
    char shown[SHOWN_MAX];
    if (lua_type(L, URL_INDEX) != LUA_TSTRING) ll_api_wants(L, name, URL_INDEX, wanted);
    size_t len;
    const char *url = lua_tolstring(L, URL_INDEX, &len);
    ll_url_show(url, shown, sizeof shown);
    if (len > LL_HTTP_URL_MAX) ll_vm_raise(L, "%s: argument 1 is longer than %d bytes", name, LL_HTTP_URL_MAX);
    for (size_t i = 0; i < len; i++)
        if (isspace((unsigned char)url[i]) || iscntrl((unsigned char)url[i]))
            ll_vm_raise(L, "%s: argument 1 holds a space or control character: write them like %%20", name);
    if (!ll_origin_length(url)) ll_vm_raise(L, "%s: argument 1 must be %s, not \"%s\"", name, wanted, shown);
    return url;
}

// RFC 9110, 5.6.2: what a name is made of.
static bool is_token(const char *text) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (!*text) return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(others, *text)) return false;
    return true;
}

static void check_header_value(lua_State *L, const char *method, const char *name) {
    size_t len;
    if (lua_type(L, -1) != LUA_TSTRING && lua_type(L, -1) != LUA_TNUMBER)
        ll_vm_raise(L, "%s: headers.%s must be a text, not a %s", method, name, luaL_typename(L, -1));
    const char *value = lua_tolstring(L, -1, &len);
    if (len > HEADER_MAX_BYTES)
        ll_vm_raise(L, "%s: headers.%s is longer than %d bytes", method, name, HEADER_MAX_BYTES);
    for (size_t i = 0; i < len; i++)
        if (value[i] != '\t' && iscntrl((unsigned char)value[i]))
            ll_vm_raise(L, "%s: headers.%s holds a line break or control character", method, name);
}

static size_t count_pairs(lua_State *L, int index) {
    size_t count = 0;
    for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) count++;
    return count;
}

// A whole header may have been written as the key: what stands behind a colon is not shown.
static void refuse_header_name(lua_State *L, const char *method, int index) {
    char words[LL_VALUE_WORDS_MAX];
    ll_value_words(L, index, words);
    size_t shown = strcspn(words, ":");
    ll_vm_raise(L, "%s: headers has the key %.*s%s, which is no name of a header: write { accept = \"text/html\" }",
                method, (int)shown, words, words[shown] ? ":…\"" : "");
}

// The table on top; leaves it there, and the list in memory that the kept table holds.
static void read_headers(lua_State *L, const char *method, struct ll_http_request *request) {
    int headers = lua_gettop(L);
    size_t count = count_pairs(L, headers);
    if (count > HEADERS_MAX) ll_vm_raise(L, "%s: there are more than %d headers", method, HEADERS_MAX);
    struct ll_http_header *list = lua_newuserdatauv(L, (count + 1) * sizeof *list, 0); // room for a content-type
    keep(L);
    request->headers = list;
    for (lua_pushnil(L); lua_next(L, headers);) {
        const char *name = lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "";
        if (!is_token(name) || strlen(name) != lua_rawlen(L, -2)) refuse_header_name(L, method, -2);
        check_header_value(L, method, name);
        list[request->header_count++] = (struct ll_http_header){.name = name, .value = lua_tostring(L, -1)};
        keep(L);
    }
}

// There is room for it in the list, which is the call's own.
static void default_content_type(struct ll_http_request *request, const char *type) {
    struct ll_http_header *list = (struct ll_http_header *)request->headers;
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(list[i].name, "content-type") == 0) return;
    list[request->header_count++] = (struct ll_http_header){.name = "content-type", .value = type};
}

// https://url.spec.whatwg.org/#urlencoded-serializing
static void add_encoded(luaL_Buffer *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (isalnum(c) || (c && strchr("*-._", c))) {
            luaL_addchar(out, (char)c);
        } else if (c == ' ') {
            luaL_addchar(out, '+');
        } else {
            char escape[4];
            snprintf(escape, sizeof escape, "%%%02X", c);
            luaL_addlstring(out, escape, 3);
        }
    }
}

// The text at `index`, encoded, on top of the stack.
static void push_encoded(lua_State *L, int index) {
    luaL_Buffer out;
    size_t len;
    lua_pushvalue(L, index);
    ll_value_number_to_text(L, -1);
    const char *text = lua_tolstring(L, -1, &len);
    luaL_buffinit(L, &out);
    add_encoded(&out, text, len);
    luaL_pushresult(&out);
    lua_remove(L, -2);
}

static void check_form_field(lua_State *L, const char *method, int key, int value) {
    char words[LL_VALUE_WORDS_MAX];
    if (lua_type(L, key) != LUA_TSTRING)
        ll_vm_raise(L, "%s: form has the key %s, and names of fields are texts: write { name = \"Ada\", age = 36 }",
                    method, ll_value_words(L, key, words));
    if (lua_type(L, value) != LUA_TSTRING && lua_type(L, value) != LUA_TNUMBER)
        ll_vm_raise(L, "%s: field %s of form must be a text or a number, not a %s", method,
                    ll_value_words(L, key, words), luaL_typename(L, value));
}

// The table on top as one text in its place.
static void encode_form(lua_State *L, const char *method) {
    int form = lua_gettop(L), pairs = 0;
    luaL_checkstack(L, 8, "too many arguments");
    lua_newtable(L);
    for (lua_pushnil(L); lua_next(L, form); lua_pop(L, 1)) {
        check_form_field(L, method, -2, -1);
        push_encoded(L, lua_absindex(L, -2));
        push_encoded(L, lua_absindex(L, -2));
        lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), lua_tostring(L, -1));
        lua_rawseti(L, form + 1, ++pairs);
        lua_pop(L, 2);
    }
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    for (int i = 1; i <= pairs; i++) {
        if (i > 1) luaL_addchar(&out, '&');
        lua_rawgeti(L, form + 1, i);
        luaL_addvalue(&out);
    }
    luaL_pushresult(&out);
    lua_replace(L, form);
    lua_settop(L, form);
}

static void encode_json(lua_State *L, const char *method) {
    struct ll_buf *json = &ll_vm_of(L)->script->scratch;
    char what[SHOWN_MAX];
    snprintf(what, sizeof what, "%s: json", method);
    ll_buf_clear(json);
    ll_value_write_json(L, -1, what, json);
    lua_pushlstring(L, ll_buf_str(json), json->len);
    lua_replace(L, -2);
}

// One of body, json and form, if any is given.
static void read_body(lua_State *L, const struct method *method, const char *name, struct ll_http_request *request) {
    static const char *const fields[] = {"body", "json", "form"};
    static const char *const types[] = {"text/plain;charset=UTF-8", "application/json",
                                        "application/x-www-form-urlencoded"};
    const char *given = NULL;
    for (int i = 0; i < 3; i++) {
        if (lua_getfield(L, OPTIONS_INDEX, fields[i]) == LUA_TNIL) {
            lua_pop(L, 1);
            continue;
        }
        if (!method->takes_body) ll_vm_raise(L, "%s takes no %s: http:post does", name, fields[i]);
        if (given) ll_vm_raise(L, "%s has both %s and %s: give one of them", name, given, fields[i]);
        given = fields[i];
        if (i == 0 && lua_type(L, -1) != LUA_TSTRING)
            ll_vm_raise(L, "%s: body must be a text, not a %s: json and form take tables", name, luaL_typename(L, -1));
        if (i == 1) encode_json(L, name);
        if (i == 2 && !lua_istable(L, -1))
            ll_vm_raise(L, "%s: form must be a table such as { name = \"Ada\", age = 36 }, not a %s", name,
                        luaL_typename(L, -1));
        if (i == 2) encode_form(L, name);
        request->body = lua_tolstring(L, -1, &request->body_len);
        if (request->body_len > LL_HTTP_BODY_MAX)
            ll_vm_raise(L, "%s: the body is longer than %d MB", name, LL_HTTP_BODY_MAX >> 20);
        keep(L);
        default_content_type(request, types[i]);
    }
}

static void read_timeout(lua_State *L, const char *name, struct ll_http_request *request) {
    uint64_t ms = 0;
    if (lua_getfield(L, OPTIONS_INDEX, "timeout") != LUA_TNIL) {
        ll_err err = ll_value_duration_ms(L, -1, &ms);
        if (err.status == LL_OK && ms == 0) err = ll_err_make(LL_INVALID_ARGUMENT, "it must be longer than 0");
        if (err.status != LL_OK) ll_vm_raise(L, "%s: timeout: %s", name, err.text);
        request->timeout_ms = (uint32_t)ms;
    }
    lua_pop(L, 1);
}

static void read_follow(lua_State *L, const char *name, struct ll_http_request *request) {
    char words[LL_VALUE_WORDS_MAX];
    int type = lua_getfield(L, OPTIONS_INDEX, "follow_redirects");
    if (type != LUA_TNIL && type != LUA_TBOOLEAN)
        ll_vm_raise(L, "%s: follow_redirects must be true or false, not %s", name, ll_value_words(L, -1, words));
    if (type == LUA_TBOOLEAN) request->follows_redirects = lua_toboolean(L, -1);
    lua_pop(L, 1);
}

static void read_options(lua_State *L, const struct method *method, const char *name, struct ll_http_request *request) {
    static const char *const known[] = {"headers", "body", "json", "form", "timeout", "follow_redirects", NULL};
    char what[SHOWN_MAX];
    if (lua_isnil(L, OPTIONS_INDEX)) {
        lua_newtable(L);
        lua_replace(L, OPTIONS_INDEX);
    }
    if (!lua_istable(L, OPTIONS_INDEX))
        ll_api_wants(L, name, OPTIONS_INDEX, "a table of options such as { timeout = \"5s\" }");
    snprintf(what, sizeof what, "the table of options of %s", name);
    ll_declare_check_keys(L, OPTIONS_INDEX, what, known, NULL);
    int type = lua_getfield(L, OPTIONS_INDEX, "headers");
    if (type == LUA_TNIL) {
        lua_newtable(L);
        lua_replace(L, -2);
    } else if (type != LUA_TTABLE) {
        ll_vm_raise(L, "%s: headers must be a table such as { accept = \"text/html\" }, not a %s", name,
                    luaL_typename(L, -1));
    }
    read_headers(L, name, request);
    lua_pop(L, 1);
    read_body(L, method, name, request);
    read_timeout(L, name, request);
    read_follow(L, name, request);
}

// --- Answers ---

static void raise_failure(lua_State *L, const char *name, const struct ll_http_request *request, const char *reason) {
    char place[LL_VM_PLACE_MAX], whole_place[LL_FLOW_PLACE_MAX], url[SHOWN_MAX];
    ll_vm_place(L, place);
    ll_flow_place(L, whole_place);
    ll_url_show(request->url, url, sizeof url);
    const char *signature = lua_pushfstring(L, "%s(\"%s\"): %s", name, url, reason);
    struct ll_failure failure = {
        .operation = name,
        .reason = reason,
        .signature = signature,
        .message = lua_pushfstring(L, "%s: %s", place, signature),
        .detail = lua_pushfstring(L, "%s: %s", whole_place, signature),
    };
    ll_failure_raise(L, &failure);
}

// Lines of one name become one value, as RFC 9110, 5.3 says; but for Set-Cookie, which has commas of its own.
static void push_headers(lua_State *L, const struct ll_http_answer *answer) {
    lua_newtable(L);
    for (size_t i = 0; i < answer->header_count; i++) {
        const struct ll_http_header *header = &answer->headers[i];
        const char *separator = strcmp(header->name, "set-cookie") == 0 ? "\n" : ", ";
        if (lua_getfield(L, -1, header->name) == LUA_TSTRING)
            lua_pushfstring(L, "%s%s%s", lua_tostring(L, -1), separator, header->value);
        else
            lua_pushstring(L, header->value);
        lua_setfield(L, -3, header->name);
        lua_pop(L, 1);
    }
}

static void push_answer(lua_State *L, const struct ll_http_answer *answer) {
    lua_createtable(L, 0, 5);
    lua_pushinteger(L, answer->status);
    lua_setfield(L, -2, "status");
    lua_pushboolean(L, answer->status >= 200 && answer->status < 300);
    lua_setfield(L, -2, "ok");
    lua_pushstring(L, answer->url);
    lua_setfield(L, -2, "url");
    push_headers(L, answer);
    lua_setfield(L, -2, "headers");
    lua_pushlstring(L, answer->body, answer->body_len);
    lua_setfield(L, -2, "body");
    ll_registry_get(L, &answer_key);
    lua_setmetatable(L, -2);
}

static int request_done(lua_State *L, int status, lua_KContext number) {
    (void)status;
    const struct ll_script *script = ll_vm_of(L)->script;
    const char *name = methods[number].operation;
    assert(script->answer); // a request is answered with its answer
    if (script->answer->err.status != LL_OK) raise_failure(L, name, &script->wait.http, script->answer->err.text);
    push_answer(L, script->answer);
    return 1;
}

static int call_method(lua_State *L) {
    lua_Integer number = lua_tointeger(L, lua_upvalueindex(1));
    const struct method *method = &methods[number];
    struct ll_script *script = ll_vm_of(L)->script;
    const char *name = method->operation;
    ll_registry_get(L, &http_key);
    if (lua_gettop(L) == 1 || !lua_rawequal(L, 1, -1))
        ll_vm_raise(L, "ctx.http.%s is called with a dot: write ctx.http:%s(...)", method->name, method->name);
    lua_pop(L, 1);
    if (lua_gettop(L) > OPTIONS_INDEX)
        ll_vm_raise(L, "%s takes a URL and a table of options, not %d arguments", name, lua_gettop(L) - 1);
    lua_settop(L, OPTIONS_INDEX);
    lua_newtable(L); // KEPT_INDEX
    script->step++;
    struct ll_http_request request = {.operation = name,
                                      .method = method->verb,
                                      .timeout_ms = LL_HTTP_TIMEOUT_MS,
                                      .follows_redirects = true,
                                      .url = read_url(L, name)};
    read_options(L, method, name, &request);
    ll_api_check_can_wait(L, name);
    script->wait = (struct ll_script_request){.status = LL_SCRIPT_HTTP, .http = request};
    return lua_yieldk(L, 0, (lua_KContext)number, request_done);
}

// The values of a document, pushed where running out of memory can be caught.
static int push_document(lua_State *L) {
    ll_value_push_json(L, lua_touserdata(L, 1));
    return 1;
}

static int answer_json(lua_State *L) {
    size_t len;
    ll_json *document;
    if (!lua_istable(L, 1)) ll_vm_raise(L, "json is called with a dot: write answer:json()");
    lua_settop(L, 1);
    if (lua_getfield(L, 1, "body") != LUA_TSTRING) ll_vm_raise(L, "json: the answer has no body");
    const char *body = lua_tolstring(L, -1, &len);
    if (len > LL_READING_BYTES_MAX)
        ll_vm_raise(L, "json: the answer's body is longer than %d MB", LL_READING_BYTES_MAX >> 20);
    ll_err err = ll_json_parse_value(body, len, &document);
    if (err.status != LL_OK) ll_vm_raise(L, "json: the answer's body is no JSON: %s", err.text);
    lua_pushcfunction(L, push_document);
    lua_pushlightuserdata(L, document);
    int status = lua_pcall(L, 1, 1, 0);
    ll_json_free(&document);
    return status == LUA_OK ? 1 : lua_error(L);
}

// --- The face ---

static int missing_method(lua_State *L) {
    char words[LL_VALUE_WORDS_MAX];
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : ll_value_words(L, 2, words);
    ll_vm_raise(L, "ctx.http has no \"%s\": there are get, head, post, put, patch and delete", name);
}

static int read_only(lua_State *L) {
    ll_vm_raise(L, "ctx.http cannot be changed: keep values in ctx.assigns");
}

static int refuse_call(lua_State *L) {
    ll_vm_raise(L, "ctx.http is no function: write ctx.http:get(url)");
}

static void protect(lua_State *L, const char *name) {
    lua_pushstring(L, name);
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
}

void ll_http_api_open(lua_State *L) {
    lua_createtable(L, 0, 3);
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, answer_json);
    lua_setfield(L, -2, "json");
    lua_setfield(L, -2, "__index");
    protect(L, "answer");
    ll_registry_set(L, &answer_key);

    lua_newuserdatauv(L, 0, 0);
    lua_createtable(L, 0, 4);
    lua_createtable(L, 0, sizeof methods / sizeof *methods);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        lua_pushinteger(L, (lua_Integer)i);
        lua_pushcclosure(L, call_method, 1);
        lua_setfield(L, -2, methods[i].name);
    }
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, missing_method);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, read_only);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, refuse_call);
    lua_setfield(L, -2, "__call");
    protect(L, "ctx.http");
    lua_setmetatable(L, -2);
    ll_registry_set(L, &http_key);
}

void ll_http_api_push(lua_State *L) {
    ll_registry_get(L, &http_key);
}
