// Further flags for Chromium's command line, as people give them: --browser-arg ARG.
#ifndef LIBCOMMON_MODEL_BROWSER_ARG_H
#define LIBCOMMON_MODEL_BROWSER_ARG_H

#include "libcommon/base/err.h"

#include <stdbool.h>

enum {
    LL_BROWSER_ARGS_MAX = 32,
    LL_BROWSER_ARG_MAX = 4096, // bytes
};

// LL_INVALID_ARGUMENT for what is no flag, or one that LiveLoad itself sets and could not do without.
ll_err ll_browser_arg_check(const char *arg);

// Whether there is a display to show windows on: LL_FAILED_PRECONDITION, with the way out.
ll_err ll_browser_check_display(void);

#endif
