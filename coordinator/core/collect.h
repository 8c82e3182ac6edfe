// What a run measured so far: agents' snapshots, each taken once, merged into the whole run, its buckets, and each
// node's windows.
//
// One owner, no locks. Bounded: LL_RESULT_BUCKETS_MAX buckets, at most LL_RESULT_NODE_WINDOWS_MAX windows a node and
// LL_COLLECT_NODE_WINDOWS_MAX over all nodes, LL_COLLECT_FAILURES_MAX examples of failures. A node numbers the
// snapshots of a run from 1 without gaps, keeps each until it is acknowledged, and sends them in order. So "every
// snapshot up to this one" is all there is to remember, and what is missing before the next one cannot come any more:
// its node was told that it is kept, and the journal lost it, or the node never made it. Such a gap is closed and
// counted.
#ifndef COORDINATOR_CORE_COLLECT_H
#define COORDINATOR_CORE_COLLECT_H

#include "libcommon/base/err.h"
#include "libcommon/model/result.h"
#include "libcommon/model/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_COLLECT_NODE_WINDOWS_MAX = 1200, // over all nodes: 20 nodes have 60 each, 100 have 12
    LL_COLLECT_FAILURES_MAX = 200,
    LL_COLLECT_FAILURES_OF_ONE_MAX = 5, // of one signature
    LL_BUSY_PERMILLE = 900,             // a processor load at which what runs waits for a free one
};

struct ll_collect;

// For a run of `node_count` nodes, numbered from 0, whose snapshots are `bucket_width_ms` wide.
struct ll_collect *ll_collect_new(const char *run_id, size_t node_count, uint64_t bucket_width_ms);
// Keeps places for what the thresholds name; before anything is taken.
void ll_collect_reserve(struct ll_collect *collect, const struct ll_spec *spec);
void ll_collect_free(struct ll_collect **collect);

enum ll_taken {
    LL_TAKEN,
    LL_TAKEN_BEFORE, // a duplicate, or one of another run or registration: dropped
};

// Takes a snapshot of `node`, whose registration is `epoch`. LL_DATA_LOSS when its numbers cannot be.
ll_err ll_collect_take(struct ll_collect *collect, size_t node, uint64_t epoch, const struct ll_snapshot *snapshot,
                       enum ll_taken *out_taken);
// The node's part ended, and its last snapshot is not there: it counts as one that is lost.
void ll_collect_miss_final(struct ll_collect *collect, size_t node);

// A node's snapshots that cannot come any more: how many, and the numbers of the first and the last of them.
struct ll_lost_snapshots {
    uint64_t count, first, last;
};
struct ll_lost_snapshots ll_collect_lost(const struct ll_collect *collect, size_t node);
// Counts those of the node, which is called `name`, in the run's series.
void ll_collect_count_lost(struct ll_collect *collect, size_t node, const char *name);

// Every snapshot of the node up to this sequence was taken or is lost; 0: none.
uint64_t ll_collect_acknowledged(const struct ll_collect *collect, size_t node);
// The node's last snapshot was taken.
bool ll_collect_is_final(const struct ll_collect *collect, size_t node);
// All series of the whole run so far.
const struct ll_series_set *ll_collect_total(const struct ll_collect *collect);
void ll_collect_count_loss(struct ll_collect *collect);
// How busy the processors of a node's machine were, over the time of its buckets.
struct ll_node_load {
    uint32_t mean_permille;
    uint64_t busy_ms, measured_ms; // with a load of LL_BUSY_PERMILLE or more, and all
};
struct ll_node_load ll_collect_load(const struct ll_collect *collect, size_t node);

// Moves everything collected into `result`, whose `nodes` (one for each node, in order) are there already. Only
// freeing the collection, and ll_collect_load, make sense after that.
void ll_collect_move(struct ll_collect *collect, struct ll_scenario_result *result);

#endif
