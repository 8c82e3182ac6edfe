#include "libcommon/model/request_filter.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <stdlib.h>
#include <string.h>

static char **copy_list(char *const *patterns, size_t count) {
    char **copy = count ? ll_alloc(count, sizeof *copy) : NULL;
    for (size_t i = 0; i < count; i++) copy[i] = ll_strdup(patterns[i]);
    return copy;
}

static void free_list(char **patterns, size_t count) {
    for (size_t i = 0; i < count; i++) free(patterns[i]);
    free(patterns);
}

struct ll_request_filter ll_request_filter_copy(const struct ll_request_filter *filter) {
    return (struct ll_request_filter){
        .ignore = copy_list(filter->ignore, filter->ignore_count),
        .ignore_count = filter->ignore_count,
        .block = copy_list(filter->block, filter->block_count),
        .block_count = filter->block_count,
    };
}

void ll_request_filter_fini(struct ll_request_filter *filter) {
    free_list(filter->ignore, filter->ignore_count);
    free_list(filter->block, filter->block_count);
    *filter = (struct ll_request_filter){.ignore = NULL};
}

static ll_err validate_list(const char *name, char *const *patterns, size_t count) {
    if (count > LL_PATTERNS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "requests.%s has %zu patterns: at most %d are allowed", name, count,
                           LL_PATTERNS_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(patterns[i]), number = i + 1;
        if (len > LL_PATTERN_MAX)
            return ll_err_make(LL_INVALID_ARGUMENT, "requests.%s[%zu] is longer than %d bytes", name, number,
                               LL_PATTERN_MAX);
        if (strspn(patterns[i], "*") == len)
            return ll_err_make(LL_INVALID_ARGUMENT,
                               "requests.%s[%zu] fits every URL: write a part of it, as in \"*://*.example.com/*\"",
                               name, number);
        if (ll_text_has_control(patterns[i]) || strchr(patterns[i], ' '))
            return ll_err_make(LL_INVALID_ARGUMENT,
                               "requests.%s[%zu] has a space or control character in it, which no URL has", name,
                               number);
    }
    return LL_SUCCESS;
}

ll_err ll_request_filter_validate(const struct ll_request_filter *filter) {
    LL_TRY(validate_list("ignore", filter->ignore, filter->ignore_count));
    return validate_list("block", filter->block, filter->block_count);
}
