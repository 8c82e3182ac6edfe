// The files that a run's agents have sent: which, of whom, and how much of each. Their bytes go straight on to the
// coordinator's shell, which keeps them.
//
// One owner, no locks. Bounded for each agent and for the run (libcommon/model/artifact.h). Pieces of a file come in
// order and are taken once: what was had before is passed over, so that a call may be repeated.
#ifndef COORDINATOR_CORE_ARTIFACTS_H
#define COORDINATOR_CORE_ARTIFACTS_H

#include "libcommon/base/err.h"
#include "libcommon/model/messages.h"

#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

struct ll_kept_artifact {
    struct ll_artifact about; // `bytes` of it are here
    size_t part;              // the agent's number in the run
    UT_hash_handle hh;
};

struct ll_artifacts_sum {
    size_t files;
    uint64_t bytes;
};

struct ll_artifacts {
    struct ll_kept_artifact *items; // by name, in the order they came
    struct ll_artifacts_sum all;
    struct ll_artifacts_sum *of_parts; // by part
    size_t parts;
    size_t lost; // of which a piece could not be kept
    ll_err why;  // the first of them was
};

void ll_artifacts_fini(struct ll_artifacts *artifacts);

// Takes a piece that the agent of `part` sends, whose names begin with `prefix`. *out_item is the file as it is then,
// borrowed until the next call; *out_known is how many bytes at the beginning of the piece were here already.
// LL_PERMISSION_DENIED for the name of another agent's file, LL_OUT_OF_RANGE when a piece before this one is missing,
// LL_RESOURCE_EXHAUSTED when there is no room for it.
ll_err ll_artifacts_take(struct ll_artifacts *artifacts, size_t part, const char *prefix,
                         const struct ll_send_artifact_request *request, const struct ll_kept_artifact **out_item,
                         size_t *out_known);

// A piece of the file could not be kept: the run has no such file any more, if it had.
void ll_artifacts_lose(struct ll_artifacts *artifacts, const char *name, ll_err why);

// Puts back what a journal knows of a file, or replaces what it said before.
void ll_artifacts_restore(struct ll_artifacts *artifacts, size_t part, const struct ll_artifact *about);

// All of them, in the order they came in; the collection is empty afterwards.
struct ll_artifact *ll_artifacts_move(struct ll_artifacts *artifacts, size_t *out_count);

#endif
