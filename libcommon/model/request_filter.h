// Which requests of pages are not measured, and which pages cannot make: lists of URL patterns, as plain data.
//
// A URL fits a pattern when the parts between the pattern's `*` all stand in it, in this order. One owner, no locks; a
// zeroed struct leaves everything as it is.
#ifndef LIBCOMMON_MODEL_REQUEST_FILTER_H
#define LIBCOMMON_MODEL_REQUEST_FILTER_H

#include "libcommon/base/err.h"

#include <stddef.h>

enum {
    LL_PATTERNS_MAX = 200, // of one list
    LL_PATTERN_MAX = 1000, // bytes
};

struct ll_request_filter {
    char **ignore; // owned; these are made and not measured
    size_t ignore_count;
    char **block; // owned; these are not made
    size_t block_count;
};

struct ll_request_filter ll_request_filter_copy(const struct ll_request_filter *filter);
void ll_request_filter_fini(struct ll_request_filter *filter);
// Limits. The sentence names the pattern and the way out.
ll_err ll_request_filter_validate(const struct ll_request_filter *filter);

#endif
