// Finds a Chromium on this machine.
#ifndef AGENT_BROWSER_FIND_H
#define AGENT_BROWSER_FIND_H

#include "libcommon/base/err.h"

#include <limits.h>
#include <stdbool.h>

// `wanted` is a path or a name on PATH; when it is NULL, the environment's LIVELOAD_BROWSER is, and without that the
// usual places are searched, headless shells first, since they cost half. Debian's wrappers in /usr/bin do not exec,
// so that a signal would reach only the shell: what they wrap is given instead. LL_NOT_FOUND with what was searched
// and how to install one.
ll_err ll_browser_find(const char *wanted, char out_path[PATH_MAX]);

// The same for a browser that can show windows, which a headless shell cannot: only others are searched, and one that
// was wanted is refused. LL_FAILED_PRECONDITION without a display.
ll_err ll_browser_find_headed(const char *wanted, char out_path[PATH_MAX]);

// Whether the program at `path` is a headless shell, which draws no windows and takes no --headless=new.
bool ll_browser_is_headless_shell(const char *path);

#endif
