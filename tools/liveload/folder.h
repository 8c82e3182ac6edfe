// The folder that a result is written to.
//
// One thread. Only one command writes to a folder at a time, for as long as it holds the lock.
#ifndef TOOLS_LIVELOAD_FOLDER_H
#define TOOLS_LIVELOAD_FOLDER_H

#include "libcommon/base/err.h"

#include <limits.h>
#include <stdbool.h>

struct folder {
    char path[PATH_MAX];
    char artifacts[PATH_MAX + 16]; // in it
    int lock;                      // -1: not claimed
};

// Makes `wanted` with the folders above it; NULL: a new one, liveload-results/NAME-DATE-TIME after `name`, with a
// number behind it where another command was quicker. Checks that files can be written there, takes the lock, and
// removes an earlier result, which is said unless `is_quiet`. LL_PERMISSION_DENIED, LL_UNAVAILABLE.
ll_err folder_claim(const char *wanted, const char *name, bool is_quiet, struct folder *out);
void folder_release(struct folder *folder);

#endif
