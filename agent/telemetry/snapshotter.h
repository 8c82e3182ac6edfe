// Cuts a run's time into buckets: at the end of each, what the recorder holds is sealed, numbered and put in the
// outbox.
//
// One owner; the time comes in. Bucket k covers [k * width, (k + 1) * width) from the run's start, on every agent
// alike. A bucket in which nothing happened is sealed too, so that active users have no holes. While the outbox has
// no room the bucket stays open and becomes wider. A bucket that is too large for a frame keeps its counters, and of
// its histograms only how many samples were lost (samples_lost).
#ifndef AGENT_TELEMETRY_SNAPSHOTTER_H
#define AGENT_TELEMETRY_SNAPSHOTTER_H

#include "agent/telemetry/failures.h"
#include "agent/telemetry/health.h"
#include "agent/telemetry/outbox.h"
#include "agent/telemetry/recorder.h"

struct ll_snapshotter_options { // all borrowed
    struct ll_recorder *recorder;
    struct ll_outbox *outbox;
    struct ll_health *health;
    const char *run_id;
    uint64_t epoch;
    uint32_t width_ms;
    size_t frame_bytes_max; // 0: LL_SNAPSHOT_FRAME_MAX
};

struct ll_run_totals { // so far
    uint32_t users_total, users_failed;
    uint64_t iterations_interrupted;
    uint64_t first_user_start_ms, last_user_end_ms; // while users are active, the end is now
    struct ll_clock_report clock;
};

struct ll_snapshotter;

struct ll_snapshotter *ll_snapshotter_new(const struct ll_snapshotter_options *options);
void ll_snapshotter_free(struct ll_snapshotter **snapshotter);

// The run starts at `start_us`; what was recorded before is forgotten.
void ll_snapshotter_start(struct ll_snapshotter *snapshotter, int64_t start_us);
void ll_snapshotter_active(struct ll_snapshotter *snapshotter, uint32_t users);
void ll_snapshotter_failure(struct ll_snapshotter *snapshotter, const struct ll_failure *failure);

// Seals what has ended by `now_us`, each with the totals so far: whatever snapshot is an agent's last to arrive, its
// users are known. Returns how many snapshots that made.
size_t ll_snapshotter_poll(struct ll_snapshotter *snapshotter, int64_t now_us, const struct ll_run_totals *totals);
// When the bucket that fills ends.
int64_t ll_snapshotter_next_us(const struct ll_snapshotter *snapshotter);

enum ll_run_end {
    LL_RUN_ENDS_HERE, // every user came to its end: the snapshot is final
    LL_RUN_IS_LEFT,   // the agent goes away before: it is not
};
// Seals the bucket that fills as the agent's last of this run. Call once.
void ll_snapshotter_finish(struct ll_snapshotter *snapshotter, int64_t now_us, const struct ll_run_totals *totals,
                           enum ll_run_end end);

#endif
