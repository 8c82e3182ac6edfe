#include "agent/browser/filter.h"

#include <string.h>

bool ll_pattern_matches(const char *pattern, const char *url, size_t len) {
    const char *at = url, *end = url + len;
    while (*pattern) {
        size_t part = strcspn(pattern, "*");
        const char *found = part ? memmem(at, (size_t)(end - at), pattern, part) : at;
        if (!found) return false;
        at = found + part;
        pattern += part + (pattern[part] == '*');
    }
    return true;
}

bool ll_filter_ignores(const struct ll_request_filter *filter, const char *url, size_t len) {
    for (size_t i = 0; filter && i < filter->ignore_count; i++)
        if (ll_pattern_matches(filter->ignore[i], url, len)) return true;
    return false;
}
