// Temporary profiles of browsers: folders $TMPDIR/liveload-profile-<pid>-XXXXXX.
//
// An agent that is killed leaves its profile behind; the next one that starts on the machine removes it.
#ifndef AGENT_BROWSER_PROFILE_H
#define AGENT_BROWSER_PROFILE_H

#include "libcommon/base/err.h"

#include <limits.h>

// A new, empty folder of this process. LL_UNAVAILABLE when the temporary folder cannot be written.
ll_err ll_profile_make(char out_path[PATH_MAX]);
void ll_profile_remove(const char *path);
// Removes this user's profiles whose process is gone.
void ll_profile_sweep(void);

#endif
