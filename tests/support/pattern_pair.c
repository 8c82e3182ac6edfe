#include "tests/support/pattern_pair.h"

#include "agent/scenario/sandbox.h"
#include "agent/scenario/vm.h"
#include <assert.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BYTES_MAX = 1000 };

static const char driver[] =
    "local find, match, gmatch, gsub, byte = string.find, string.match, string.gmatch, string.gsub, string.byte\n"
    "local concat, type, pcall, select, tostring = table.concat, type, pcall, select, tostring\n"
    "local function told(...)\n"
    "  local words = {}\n"
    "  for i = 1, select('#', ...) do local v = select(i, ...) words[i] = type(v) .. ' ' .. tostring(v) end\n"
    "  return concat(words, '\\1')\n"
    "end\n"
    "local function all(s, p, at)\n"
    "  local found = {}\n"
    "  for a, b, c in gmatch(s, p, at) do found[#found + 1] = told(a, b, c) end\n"
    "  return concat(found, '\\2')\n"
    "end\n"
    "return function(which, s, p, repl, at)\n"
    "  if which == 0 then return told(pcall(find, s, p, at)) end\n"
    "  if which == 1 then return told(pcall(match, s, p, at)) end\n"
    "  if which == 2 then return told(pcall(all, s, p, at)) end\n"
    "  if which == 3 then return told(pcall(find, s, p, at, true)) end\n"
    "  if which == 4 then return told(pcall(gsub, s, p, { a = 'x', b = false, [1] = 'one' }, at)) end\n"
    "  if which == 5 then return told(pcall(gsub, s, p, function(a, b) return b end)) end\n"
    "  return told(pcall(gsub, s, p, repl, at ~= 1 and at or nil))\n"
    "end\n";

static struct ll_vm ours;
static lua_State *theirs;

static int boot(lua_State *L) {
    ll_sandbox_open(L);
    if (luaL_loadstring(L, driver) != LUA_OK) lua_error(L);
    lua_call(L, 0, 1);
    lua_setglobal(L, "driver");
    return 0;
}

static void open_both(void) {
    int results;
    bool is_open = ll_vm_open(&ours, (struct ll_vm_limits){.bytes = 64 << 20, .instructions = 5000});
    assert(is_open && ll_vm_prepare(&ours));
    lua_pushcfunction(ours.thread, boot);
    enum ll_vm_status status = ll_vm_run(&ours, 0, &results);
    assert(status == LL_VM_DONE);
    ll_vm_drop(&ours);
    theirs = luaL_newstate();
    luaL_openlibs(theirs);
    int failed = luaL_dostring(theirs, driver);
    assert(!failed);
    lua_setglobal(theirs, "driver");
}

// Bytes as they are, or as characters that mean something in patterns.
static size_t letters(const uint8_t *data, size_t len, bool is_mapped, char *out) {
    static const char alphabet[] = "aabbAB01 _-%%%%%[[]]^$().*+?-(()).-*adlswxupgczfb1239\0\xE9]";
    for (size_t i = 0; i < len; i++) out[i] = is_mapped ? alphabet[data[i] % (sizeof alphabet - 1)] : (char)data[i];
    out[len] = '\0';
    return len;
}

struct input {
    int which, at;
    char subject[BYTES_MAX + 1], pattern[BYTES_MAX + 1], replacement[BYTES_MAX + 1];
    size_t subject_len, pattern_len, replacement_len;
};

static void push(lua_State *L, const struct input *input) {
    lua_getglobal(L, "driver");
    lua_pushinteger(L, input->which);
    lua_pushlstring(L, input->subject, input->subject_len);
    lua_pushlstring(L, input->pattern, input->pattern_len);
    lua_pushlstring(L, input->replacement, input->replacement_len);
    lua_pushinteger(L, input->at);
}

static void differ(const struct input *input, const char *our_text, const char *their_text) {
    fprintf(stderr, "%d at %d of \"%s\" for \"%s\" by \"%s\":\nours:   %s\ntheirs: %s\n", input->which, input->at,
            input->subject, input->pattern, input->replacement, our_text ? our_text : "(nothing)", their_text);
    abort();
}

static bool compare(const struct input *input) {
    int results;
    size_t our_len, their_len;
    bool is_ready = ll_vm_prepare(&ours);
    assert(is_ready);
    push(ours.thread, input);
    enum ll_vm_status status = ll_vm_run(&ours, 5, &results);
    if (status == LL_VM_FAILED && ours.ending == LL_VM_ENDS_KILLED) { // its steps were spent: Lua has no such limit
        ll_vm_drop(&ours);
        return false;
    }
    // The driver catches every other error, as it does in Lua.
    if (status != LL_VM_DONE) differ(input, lua_tostring(ours.thread, -1), "(not asked)");
    const char *our_text = lua_tolstring(ours.thread, -1, &our_len);
    push(theirs, input);
    lua_call(theirs, 5, 1);
    const char *their_text = lua_tolstring(theirs, -1, &their_len);
    if (our_len != their_len || memcmp(our_text, their_text, our_len) != 0) differ(input, our_text, their_text);
    lua_settop(theirs, 0);
    ll_vm_drop(&ours);
    return true;
}

bool pattern_pair_compare(const uint8_t *data, size_t len) {
    static struct input input;
    if (!theirs) open_both();
    if (len < 4 || len > BYTES_MAX) return false;
    input.which = data[0] % 8;
    input.at = (data[1] & 15) - 6;
    size_t rest = len - 4, of_pattern = data[2] % (rest + 1), of_replacement = data[3] % (rest - of_pattern + 1);
    const uint8_t *at = data + 4;
    input.pattern_len = letters(at, of_pattern, data[1] & 16 || data[1] & 32, input.pattern);
    input.replacement_len = letters(at + of_pattern, of_replacement, data[1] & 64, input.replacement);
    at += of_pattern + of_replacement;
    input.subject_len = letters(at, rest - of_pattern - of_replacement, data[1] & 16, input.subject);
    return compare(&input);
}
