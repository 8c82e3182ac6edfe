// What an agent measured in one bucket of time, sealed and numbered.
//
// One owner, no locks.
#ifndef LIBCOMMON_MODEL_SNAPSHOT_H
#define LIBCOMMON_MODEL_SNAPSHOT_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/base/rand.h"
#include "libcommon/model/evidence.h"
#include "libcommon/model/series.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LL_SNAPSHOT_FRAME_MAX = 4 * 1024 * 1024,    // bytes of one compressed snapshot
    LL_SNAPSHOT_CONTENT_MAX = 64 * 1024 * 1024, // bytes of one when decompressed
    LL_SNAPSHOT_FAILURES_MAX = 20,              // examples of failures in one snapshot
    LL_FAILURE_DETAIL_MAX = 500,                // bytes
};

struct ll_generator_health {
    uint32_t cpu_permille;       // of the whole machine, over the bucket
    uint64_t rss_bytes;          // of the agent process
    uint32_t agent_cpu_permille; // of one core, the agent process alone
};

// An example of a failure: the first few of each signature.
struct ll_failure_sample {
    char *signature; // owned; the label in iterations_failed
    uint32_t user_id;
    uint64_t iteration;
    uint32_t step;                // number of the operation within the iteration, from 1
    char *detail;                 // owned; operation, arguments and reason
    struct ll_evidence *evidence; // owned; NULL: nothing was captured
};

// The agent's clock against the coordinator's (libcommon/base/remote_clock.h).
struct ll_clock_report {
    int64_t offset_us;      // how far it is ahead
    uint64_t round_trip_us; // of a call; 0: neither is known
    int64_t started_us;     // its Unix time when its users started; 0: not known
};

struct ll_snapshot {
    char run_id[LL_TOKEN_CHARS + 1];
    uint64_t epoch, sequence; // (agent, epoch, sequence) is unique; sequence starts at 1
    uint64_t offset_ms;       // start of the bucket, from the run's start
    uint32_t width_ms;
    uint32_t active_users;        // the most at one time in the bucket
    struct ll_series_set *series; // owned
    struct ll_generator_health health;
    struct ll_failure_sample *failures; // owned
    size_t failure_count;
    bool final;                         // the agent's part is over
    uint32_t users_total, users_failed; // of the whole part so far, as all below
    uint64_t iterations_interrupted;
    uint64_t first_user_start_ms, last_user_end_ms; // from the run's start
    struct ll_clock_report clock;
};

void ll_failure_sample_fini(struct ll_failure_sample *failure);
void ll_failure_samples_free(struct ll_failure_sample *failures, size_t count);
void ll_snapshot_fini(struct ll_snapshot *snapshot);

// Appends one zstd frame. LL_RESOURCE_EXHAUSTED when it would pass out->max.
ll_err ll_snapshot_seal(const struct ll_snapshot *snapshot, struct ll_buf *out);
// Reads one frame; unknown metrics are skipped. LL_DATA_LOSS, LL_RESOURCE_EXHAUSTED.
ll_err ll_snapshot_open(const void *frame, size_t len, struct ll_snapshot *out);

#endif
