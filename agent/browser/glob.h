// URL patterns as Playwright has them.
#ifndef AGENT_BROWSER_GLOB_H
#define AGENT_BROWSER_GLOB_H

#include <stdbool.h>

enum { LL_GLOB_MAX = 1024 }; // bytes of a pattern

// `*` stands for any characters but "/", `**` for any at all, `{a,b}` for one of its parts (not nested); a backslash
// takes the meaning from the next character; everything else, `?` too, stands for itself. The whole URL must match;
// a pattern that begins with "/" is matched against the URL from its path on. A pattern over LL_GLOB_MAX matches
// nothing. The time is bounded by the product of the lengths, per choice of parts (at most 256).
bool ll_glob_matches(const char *pattern, const char *url);

#endif
