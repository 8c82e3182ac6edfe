// Lua's patterns, matched with a limit of steps: a pattern that backtracks takes longer than anybody waits, and no
// count hook runs inside of it.
//
// Patterns mean what the Lua 5.4 manual (6.4.1) says, and what is wrong in one is found where Lua finds it: when the
// match comes to it. Pure; needs no Lua. tests/fuzz/pattern.c compares it with Lua's own.
#ifndef AGENT_SCENARIO_PATTERN_H
#define AGENT_SCENARIO_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_PATTERN_CAPTURES_MAX = 32,
    LL_PATTERN_DEPTH_MAX = 200, // of captures and repetitions that are open at once
    LL_PATTERN_WRONG_MAX = 80,
};

// Instead of a capture's length.
enum { LL_PATTERN_IS_OPEN = -1, LL_PATTERN_IS_POSITION = -2 };

struct ll_pattern_capture {
    const char *at;
    ptrdiff_t len;
};

struct ll_pattern {
    const char *subject, *subject_end;
    const char *pattern_end;          // a NUL stands there
    int64_t steps_left;               // a step is about a comparison of a character
    char wrong[LL_PATTERN_WRONG_MAX]; // what is wrong with the pattern, or ""
    int depth_left, count;
    struct ll_pattern_capture captures[LL_PATTERN_CAPTURES_MAX]; // `count` of them, after a match
};

// The end of a match of `pattern` that begins at `at`, or NULL: then there is none, or `wrong` says why it cannot be
// told, or `steps_left` is 0. A "^" has no meaning here: an anchored pattern is given from behind it, and tried once.
const char *ll_pattern_match(struct ll_pattern *pattern, const char *at, const char *text);

// The capture of that number, from 0; with none in the pattern number 0 is the whole match from `at` to `end`. False,
// with `wrong`, when there is no such capture or it was not closed.
bool ll_pattern_capture(struct ll_pattern *pattern, int number, const char *at, const char *end,
                        struct ll_pattern_capture *out);

#endif
