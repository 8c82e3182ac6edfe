#include "agent/scenario/strings.h"

#include "agent/scenario/budget.h"
#include "agent/scenario/pattern.h"
#include "agent/scenario/vm.h"

#include <lauxlib.h>
#include <string.h>

enum { STEPS_OF_AN_INSTRUCTION = 4 }; // a step of the matcher is that much shorter

// A subject and a pattern, and how far they may be compared.
struct search {
    lua_State *L;
    const char *function; // "string.find", for the sentence when it takes too long
    const char *pattern;
    struct ll_pattern match;
    int64_t given; // of steps
};

static void take_steps(struct search *search) {
    search->given = search->match.steps_left = ll_budget_left(search->L) * STEPS_OF_AN_INSTRUCTION;
}

static void spend_steps(struct search *search) {
    int64_t used = search->given - search->match.steps_left;
    search->given = search->match.steps_left;
    ll_budget_spend(search->L, used / STEPS_OF_AN_INSTRUCTION, search->function);
}

static struct search begin(lua_State *L, const char *function, const char *subject, size_t subject_len,
                           const char *pattern, size_t pattern_len) {
    struct search search = {
        .L = L,
        .function = function,
        .pattern = pattern,
        .match = {.subject = subject, .subject_end = subject + subject_len, .pattern_end = pattern + pattern_len}};
    take_steps(&search);
    return search;
}

// The end of a match that begins at `at`, or NULL.
static const char *try_at(struct search *search, const char *at) {
    const char *end = ll_pattern_match(&search->match, at, search->pattern);
    if (*search->match.wrong) luaL_error(search->L, "%s", search->match.wrong);
    if (search->match.steps_left == 0)
        ll_budget_end(search->L, search->function, "a pattern that backtracks takes longer with each character");
    return end;
}

static void push_capture(struct search *search, int number, const char *at, const char *end) {
    struct ll_pattern_capture capture;
    if (!ll_pattern_capture(&search->match, number, at, end, &capture))
        luaL_error(search->L, "%s", search->match.wrong);
    if (capture.len == LL_PATTERN_IS_POSITION)
        lua_pushinteger(search->L, capture.at - search->match.subject + 1);
    else
        lua_pushlstring(search->L, capture.at, (size_t)capture.len);
}

// Without captures, the whole match is one where `at` is given.
static int push_captures(struct search *search, const char *at, const char *end) {
    int count = search->match.count == 0 && at ? 1 : search->match.count;
    luaL_checkstack(search->L, count, "too many captures");
    for (int i = 0; i < count; i++) push_capture(search, i, at, end);
    return count;
}

// Argument `index` as an offset, from 0: positions count from 1, or from the end where they are negative.
static size_t offset_argument(lua_State *L, int index, size_t len) {
    lua_Integer position = luaL_optinteger(L, index, 1);
    if (position > 0) return (size_t)position - 1;
    if (position == 0 || position < -(lua_Integer)len) return 0;
    return len - (size_t)-position;
}

static bool is_plain(const char *pattern, size_t len) {
    static const char marks[] = "^$*+?.([%-";
    for (size_t i = 0; i < len; i++)
        if (pattern[i] && strchr(marks, pattern[i])) return false;
    return true;
}

static int find_plain(lua_State *L, const char *subject, size_t subject_len, size_t from, const char *text,
                      size_t text_len) {
    ll_budget_spend_bytes(L, subject_len - from + text_len, "string.find");
    const char *at = text_len ? memmem(subject + from, subject_len - from, text, text_len) : subject + from;
    if (!at) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, at - subject + 1);
    lua_pushinteger(L, at - subject + (lua_Integer)text_len);
    return 2;
}

enum searched { FIND, MATCH };

static int search_for(lua_State *L, enum searched what) {
    size_t subject_len, pattern_len;
    const char *subject = luaL_checklstring(L, 1, &subject_len), *pattern = luaL_checklstring(L, 2, &pattern_len);
    size_t from = offset_argument(L, 3, subject_len);
    if (from > subject_len) {
        luaL_pushfail(L);
        return 1;
    }
    if (what == FIND && (lua_toboolean(L, 4) || is_plain(pattern, pattern_len)))
        return find_plain(L, subject, subject_len, from, pattern, pattern_len);
    bool is_anchored = *pattern == '^';
    struct search search = begin(L, what == FIND ? "string.find" : "string.match", subject, subject_len,
                                 pattern + is_anchored, pattern_len - is_anchored);
    const char *at = subject + from, *end = NULL;
    while (!(end = try_at(&search, at)) && !is_anchored && at < search.match.subject_end) at++;
    spend_steps(&search);
    if (!end) {
        luaL_pushfail(L);
        return 1;
    }
    if (what == MATCH) return push_captures(&search, at, end);
    lua_pushinteger(L, at - subject + 1);
    lua_pushinteger(L, end - subject);
    return push_captures(&search, NULL, NULL) + 2;
}

static int find(lua_State *L) {
    return search_for(L, FIND);
}

static int match(lua_State *L) {
    return search_for(L, MATCH);
}

// ---- gmatch. Its iterator's upvalues: subject, pattern, and a userdata of these.

struct iteration {
    size_t from;     // beyond the subject's length: it is over
    size_t last_end; // a match that ends there is the last one again
    bool has_last;
};

static int next_match(lua_State *L) {
    size_t subject_len, pattern_len;
    const char *subject = lua_tolstring(L, lua_upvalueindex(1), &subject_len);
    const char *pattern = lua_tolstring(L, lua_upvalueindex(2), &pattern_len);
    struct iteration *iteration = lua_touserdata(L, lua_upvalueindex(3));
    struct search search = begin(L, "string.gmatch", subject, subject_len, pattern, pattern_len);
    for (size_t from = iteration->from; from <= subject_len; from++) {
        const char *end = try_at(&search, subject + from);
        if (!end || (iteration->has_last && (size_t)(end - subject) == iteration->last_end)) continue;
        iteration->from = iteration->last_end = (size_t)(end - subject);
        iteration->has_last = true;
        spend_steps(&search);
        return push_captures(&search, subject + from, end);
    }
    spend_steps(&search);
    return 0;
}

static int gmatch(lua_State *L) {
    size_t subject_len;
    luaL_checklstring(L, 1, &subject_len);
    luaL_checkstring(L, 2);
    size_t from = offset_argument(L, 3, subject_len);
    lua_settop(L, 2);
    struct iteration *iteration = lua_newuserdatauv(L, sizeof *iteration, 0);
    *iteration = (struct iteration){.from = from < subject_len ? from : from > subject_len ? subject_len + 1 : from};
    lua_pushcclosure(L, next_match, 3);
    return 1;
}

// ---- gsub

enum { REPLACEMENT_INDEX = 3 };

// The text of argument 3, with "%1" and its like filled in.
static void add_text(struct search *search, luaL_Buffer *out, const char *at, const char *end) {
    size_t len;
    const char *text = lua_tolstring(search->L, REPLACEMENT_INDEX, &len), *text_end = text + len;
    ll_budget_spend_bytes(search->L, len, search->function);
    for (const char *mark; (mark = memchr(text, '%', (size_t)(text_end - text))); text = mark + 2) {
        luaL_addlstring(out, text, (size_t)(mark - text));
        if (mark[1] == '%') {
            luaL_addchar(out, '%');
        } else if (mark[1] == '0') {
            luaL_addlstring(out, at, (size_t)(end - at));
        } else if (mark[1] >= '1' && mark[1] <= '9') {
            push_capture(search, mark[1] - '1', at, end);
            luaL_addvalue(out);
        } else {
            luaL_error(search->L, "invalid use of '%%' in replacement string");
        }
    }
    luaL_addlstring(out, text, (size_t)(text_end - text));
}

// Adds what takes the match's place; false when that is the match itself.
static bool add_replacement(struct search *search, luaL_Buffer *out, const char *at, const char *end) {
    lua_State *L = search->L;
    switch (lua_type(L, REPLACEMENT_INDEX)) {
    case LUA_TFUNCTION:
        lua_pushvalue(L, REPLACEMENT_INDEX);
        lua_call(L, push_captures(search, at, end), 1);
        take_steps(search); // the function ran some, or even waited for none
        break;
    case LUA_TTABLE:
        push_capture(search, 0, at, end);
        lua_gettable(L, REPLACEMENT_INDEX);
        take_steps(search);
        break;
    default:
        add_text(search, out, at, end);
        return true;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, at, (size_t)(end - at));
        return false;
    }
    if (!lua_isstring(L, -1)) luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(out);
    return true;
}

static int gsub(lua_State *L) {
    size_t subject_len, pattern_len;
    const char *at = luaL_checklstring(L, 1, &subject_len), *pattern = luaL_checklstring(L, 2, &pattern_len);
    const char *last_end = NULL;
    int type = lua_type(L, REPLACEMENT_INDEX);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)subject_len + 1), count = 0;
    luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE,
                     REPLACEMENT_INDEX, "string/function/table");
    bool is_anchored = *pattern == '^', has_changed = false;
    struct search search = begin(L, "string.gsub", at, subject_len, pattern + is_anchored, pattern_len - is_anchored);
    luaL_Buffer out;
    luaL_buffinit(L, &out);
    while (count < most) {
        const char *end = try_at(&search, at);
        if (end && end != last_end) {
            count++;
            spend_steps(&search);
            has_changed |= add_replacement(&search, &out, at, end);
            at = last_end = end;
        } else if (at < search.match.subject_end) {
            luaL_addchar(&out, *at++);
        } else {
            break;
        }
        if (is_anchored) break;
    }
    spend_steps(&search);
    if (has_changed) {
        luaL_addlstring(&out, at, (size_t)(search.match.subject_end - at));
        luaL_pushresult(&out);
    } else {
        lua_pushvalue(L, 1);
    }
    lua_pushinteger(L, count);
    return 2;
}

void ll_strings_open(lua_State *L) {
    static const luaL_Reg functions[] = {
        {"find", find}, {"match", match}, {"gmatch", gmatch}, {"gsub", gsub}, {NULL, NULL}};
    luaL_setfuncs(L, functions, 0);
}
