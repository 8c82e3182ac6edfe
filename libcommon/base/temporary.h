// Temporary folders of one process: $TMPDIR/liveload-KIND-PID-XXXXXX.
//
// A program that is killed leaves its folder behind; the next one of its kind on the machine removes it. A file in it
// is locked for as long as its process lives, which tells the two apart, also across containers that share the folder.
#ifndef LIBCOMMON_BASE_TEMPORARY_H
#define LIBCOMMON_BASE_TEMPORARY_H

#include "libcommon/base/err.h"

#include <limits.h>

// A new folder of this process, and the descriptor that keeps it locked, or -1. LL_UNAVAILABLE when the temporary
// folder cannot be written; out_path is "" then. `kind` is a word, as in "profile".
ll_err ll_temporary_make(const char *kind, char out_path[PATH_MAX], int *out_lock);
// Removes the folder with all in it, and closes the descriptor.
void ll_temporary_remove(const char *path, int lock);
// Removes this user's folders of the kind whose process is gone.
void ll_temporary_sweep(const char *kind);

#endif
