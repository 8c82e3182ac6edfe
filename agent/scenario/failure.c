#include "agent/scenario/failure.h"

#include "agent/scenario/scenario.h"
#include "agent/scenario/value.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"
#include "libcommon/model/series.h"

#include <ctype.h>
#include <lauxlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char metatable_key; // the registry's name for the metatable of failures
static const char lua_memory_error[] = "not enough memory";
static const char lua_stack_error[] = "C stack overflow"; // Lua has no place for it inside its own functions

// The texts of a failure stand behind it in one piece of memory, which Lua does not move: what explains an error
// reads them without allocating.
static struct ll_failure *to_failure(lua_State *L, int index) {
    if (lua_type(L, index) != LUA_TUSERDATA || !lua_getmetatable(L, index)) return NULL;
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    bool is_failure = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return is_failure ? lua_touserdata(L, index) : NULL;
}

static int failure_text(lua_State *L) {
    const struct ll_failure *failure = to_failure(L, 1);
    lua_pushstring(L, failure ? failure->message : NULL);
    return 1;
}

static int failure_concat(lua_State *L) {
    luaL_tolstring(L, 1, NULL);
    luaL_tolstring(L, 2, NULL);
    lua_concat(L, 2);
    return 1;
}

static int failure_index(lua_State *L) {
    const struct ll_failure *failure = to_failure(L, 1);
    const char *key = failure && lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "";
    lua_pushstring(L, strcmp(key, "operation") == 0 ? failure->operation
                      : strcmp(key, "reason") == 0  ? failure->reason
                      : strcmp(key, "message") == 0 ? failure->message
                                                    : NULL);
    return 1;
}

void ll_failure_open(lua_State *L) {
    static const luaL_Reg methods[] = {
        {"__tostring", failure_text}, {"__concat", failure_concat}, {"__index", failure_index}, {NULL, NULL}};
    luaL_newlib(L, methods);
    lua_pushliteral(L, "failure");
    lua_setfield(L, -2, "__name");
    lua_pushboolean(L, 0);
    lua_setfield(L, -2, "__metatable");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

static const char *put(char **at, const char *text) {
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*at, text, size);
    *at += size;
    return copy;
}

void ll_failure_raise(lua_State *L, const struct ll_failure *texts) {
    size_t size = sizeof(struct ll_failure) + strlen(texts->operation) + strlen(texts->reason) +
                  strlen(texts->message) + strlen(texts->signature) + strlen(texts->detail) + 5;
    struct ll_failure *failure = lua_newuserdatauv(L, size, 0);
    char *at = (char *)(failure + 1);
    failure->operation = put(&at, texts->operation);
    failure->reason = put(&at, texts->reason);
    failure->message = put(&at, texts->message);
    failure->signature = put(&at, texts->signature);
    failure->detail = put(&at, texts->detail);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
    lua_setmetatable(L, -2);
    lua_error(L);
    abort(); // lua_error does not return, but is not declared so
}

// A label of one line, of at most LL_LABEL_BYTES_MAX bytes.
static char *to_signature(const char *text) {
    char *line = ll_strdup(text);
    ll_redact_text(line); // whole, before anything of it is cut or changed
    line[ll_text_cut(line, strlen(line), LL_LABEL_BYTES_MAX)] = '\0';
    for (char *at = line; *at; at++)
        if (iscntrl((unsigned char)*at)) *at = ' ';
    return line;
}

static char *explain_limit(const struct ll_vm *vm) {
    if (vm->is_overdue)
        return ll_format("%s: the script kept its agent busy for %d s without waiting: does it loop for ever?",
                         vm->killed_at, LL_SCRIPT_BUSY_MS_MAX / 1000);
    if (*vm->killed_in)
        return ll_format("%s: %s used up the %lld instructions that a script may run without waiting: %s",
                         vm->killed_at, vm->killed_in, (long long)vm->limits.instructions, vm->killed_why);
    return ll_format("%s: the script ran %lld instructions without waiting: does it loop for ever?", vm->killed_at,
                     (long long)vm->limits.instructions);
}

static char *explain_memory(const struct ll_vm *vm) {
    const char *place = vm->refused_at;
    return ll_format("%s%sthe script needs more than %zu MB of memory, the limit of one user", place,
                     *place ? ": " : "", vm->limits.bytes / (1024 * 1024));
}

// An error that is a text or something else, at the top of the thread. The thread is as the error left it, so a text
// that Lua raised without a place still gets one.
static char *explain_value(lua_State *L, int status) {
    char place[LL_VM_PLACE_MAX], words[LL_VALUE_WORDS_MAX];
    ll_vm_place(L, place);
    const char *separator = *place ? ": " : "";
    if (lua_type(L, -1) == LUA_TSTRING) {
        const char *text = lua_tostring(L, -1);
        if (strcmp(text, lua_stack_error) == 0)
            return ll_format(
                "%s%s%s: a function calls itself through one of Lua's own, such as string.gsub or tostring", place,
                separator, text);
        return status == LUA_ERRERR ? ll_format("%s%s%s", place, separator, text) : ll_strdup(text);
    }
    return ll_format("%s%sthe error is %s: raise a text, as error(\"no stock\") does", place, separator,
                     ll_value_words(L, -1, words));
}

void ll_failure_explain(struct ll_vm *vm, char **out_signature, char **out_detail) {
    lua_State *L = vm->thread;
    const struct ll_failure *failure = NULL;
    if (vm->ending == LL_VM_ENDS_KILLED)
        *out_detail = explain_limit(vm);
    else if (vm->lua_status == LUA_ERRMEM || !L ||
             (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), lua_memory_error) == 0))
        *out_detail = explain_memory(vm);
    else if ((failure = to_failure(L, -1)))
        *out_detail = ll_strdup(failure->detail);
    else
        *out_detail = explain_value(L, vm->lua_status);
    *out_signature = to_signature(failure ? failure->signature : *out_detail);
    ll_redact_text(*out_detail);
}
