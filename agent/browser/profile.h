// Temporary profiles of browsers: folders $TMPDIR/liveload-profile-<pid>-XXXXXX.
//
// An agent that is killed leaves its profile behind; the next one that starts on the machine removes it. A file in it
// is locked for as long as its agent lives, which tells the two apart, also across containers that share the folder.
#ifndef AGENT_BROWSER_PROFILE_H
#define AGENT_BROWSER_PROFILE_H

#include "libcommon/base/err.h"

#include <limits.h>

// A new folder of this process, and the descriptor that keeps it locked, or -1. LL_UNAVAILABLE when the temporary
// folder cannot be written.
ll_err ll_profile_make(char out_path[PATH_MAX], int *out_lock);
// Closes the descriptor.
void ll_profile_remove(const char *path, int lock);
// Removes this user's profiles whose process is gone.
void ll_profile_sweep(void);

#endif
