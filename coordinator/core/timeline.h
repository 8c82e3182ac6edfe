// A run's time cut into windows of one width, at most so many: when a run outgrows them, the width doubles and
// neighbours merge.
//
// One owner, no locks. Windows that nothing was added to have no series.
#ifndef COORDINATOR_CORE_TIMELINE_H
#define COORDINATOR_CORE_TIMELINE_H

#include "libcommon/model/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_timeline {
    struct ll_window *windows; // `max` of them, the first `count` in use
    size_t count, max;
    uint64_t width_ms;
    const struct ll_series_set *like; // whose reserved labels each window has; borrowed
};

struct ll_timeline ll_timeline_make(size_t max, uint64_t width_ms, const struct ll_series_set *like);
void ll_timeline_fini(struct ll_timeline *timeline);

bool ll_timeline_has_room(const struct ll_timeline *timeline, uint64_t offset_ms);
// Doubles the width once.
void ll_timeline_widen(struct ll_timeline *timeline);

// Merges `series` into the window that holds `offset_ms`, for which there is room. Returns the window.
struct ll_window *ll_timeline_add(struct ll_timeline *timeline, uint64_t offset_ms, const struct ll_series_set *series);

// Hands the windows over, each with its offset and with series, be they empty. The timeline is finished after that.
struct ll_window *ll_timeline_take(struct ll_timeline *timeline, size_t *out_count);

#endif
