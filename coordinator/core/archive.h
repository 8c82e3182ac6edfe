// Runs that are over, for whoever fetches their results: at most LL_ARCHIVE_RUNS_MAX of them and so many bytes; the
// oldest go first, but the newest always stays.
//
// One owner, no locks.
#ifndef COORDINATOR_CORE_ARCHIVE_H
#define COORDINATOR_CORE_ARCHIVE_H

#include "libcommon/model/messages.h"

#include <stddef.h>

enum {
    LL_ARCHIVE_RUNS_MAX = 16,
    LL_ARCHIVE_BYTES_MAX = 256 * 1024 * 1024,
};

struct ll_archived_run {
    char run_id[LL_TOKEN_CHARS + 1];
    char scenario[LL_NAME_MAX + 1];
    struct ll_status_reply status; // its last
    void *result;                  // a result file's bytes
    size_t result_bytes;
};

struct ll_archive {
    struct ll_archived_run runs[LL_ARCHIVE_RUNS_MAX]; // oldest first
    size_t count;
    size_t bytes;
};

void ll_archive_fini(struct ll_archive *archive);
void ll_archive_add(struct ll_archive *archive, const char *run_id, const char *scenario,
                    const struct ll_status_reply *status, void *take_result, size_t result_bytes);
// NULL when it is not there (any more). An empty id means the newest.
const struct ll_archived_run *ll_archive_find(const struct ll_archive *archive, const char *run_id);

#endif
