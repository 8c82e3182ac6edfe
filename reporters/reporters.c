#include "reporters/reporter.h"

#include <string.h>

const struct ll_reporter *const ll_reporters[] = {
#define LL_REPORTER(symbol) &ll_reporter_##symbol,
#include "reporters/reporters.def"
#undef LL_REPORTER
    NULL,
};

const struct ll_reporter *ll_reporter_by_format(const char *format) {
    for (const struct ll_reporter *const *reporter = ll_reporters; *reporter; reporter++)
        if (strcmp((*reporter)->format, format) == 0) return *reporter;
    return NULL;
}
