// The run's buckets merged into at most so many spans of equal width, in order.
//
// One thread. A span without a bucket is skipped. What `series` of a span points to lives until the next call.
#ifndef REPORTERS_SPANS_H
#define REPORTERS_SPANS_H

#include "libcommon/model/result.h"

#include <stdbool.h>

struct ll_spans {
    const struct ll_window *windows;
    size_t window_count, at;
    uint64_t width_ms;            // of a span: a multiple of the bucket's
    uint64_t count;               // spans from the run's start to its last bucket
    struct ll_series_set *merged; // owned
};

struct ll_spans ll_spans_make(const struct ll_window *windows, size_t window_count, uint64_t bucket_width_ms,
                              size_t spans_max);
void ll_spans_fini(struct ll_spans *spans);

// Users and nodes are the most of the span's buckets. False at the end.
bool ll_spans_next(struct ll_spans *spans, struct ll_window *out);

#endif
