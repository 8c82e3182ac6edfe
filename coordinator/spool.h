// Where the files that agents send are kept until somebody fetches them: the folder `artifacts` of the folder for
// results, where they stay; else of the journal's folder; else a temporary one that goes with the program.
//
// One owner. The folder is made with the first file. Names are safe already (libcommon/model/artifact.h). But for the
// folder of results, the files of the last LL_SPOOL_RUNS_MAX runs are kept. What cannot be written is said once.
#ifndef COORDINATOR_SPOOL_H
#define COORDINATOR_SPOOL_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/model/messages.h"

#include <limits.h>
#include <stdbool.h>

enum { LL_SPOOL_RUNS_MAX = 16 };

enum ll_spool_place { LL_SPOOL_STAYS, LL_SPOOL_OF_JOURNAL, LL_SPOOL_TEMPORARY };

struct ll_spool {
    enum ll_spool_place place;
    char folder[PATH_MAX]; // "" until a temporary one is made
    int lock;              // of a temporary one, or -1
    bool is_made, has_failed;
    char runs[LL_SPOOL_RUNS_MAX][LL_TOKEN_CHARS + 1]; // oldest first
    size_t run_count;
    struct ll_buf piece; // of the last read
};

// `out` and `journal` may be NULL. Nothing is touched yet.
struct ll_spool ll_spool_make(const char *out, const char *journal);
void ll_spool_fini(struct ll_spool *spool);

// Removes what earlier coordinators left: with this journal, for it had no run that goes on, or in temporary folders,
// when they were killed.
void ll_spool_sweep(struct ll_spool *spool);

// LL_RESOURCE_EXHAUSTED with the reason when it cannot be kept: what there was of the file is removed then.
ll_err ll_spool_write(struct ll_spool *spool, const char *run_id, const char *name, uint64_t offset,
                      struct ll_bytes piece);
// A piece of a file, and how long it is; borrowed until the next call. LL_NOT_FOUND, LL_OUT_OF_RANGE.
ll_err ll_spool_read(struct ll_spool *spool, const char *name, uint64_t offset, struct ll_fetch_reply *out_reply);

#endif
