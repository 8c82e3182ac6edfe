#include "libcommon/sketch/rank.h"

#include "libcommon/sketch/sketch.h"

#include <assert.h>

uint64_t ll_rank_of(double q, uint64_t total) {
    if (!(q > 0)) return 0;
    // 0.29 * 100 is a little below 29 in binary; a nudge wider than that error and narrower than any real fraction
    // keeps the floor of decimal quantiles right.
    double rank = q * (double)(total - 1) * (1 + 1e-15);
    return rank >= (double)(total - 1) ? total - 1 : (uint64_t)rank;
}

struct ll_rank_walk ll_rank_walk_make(const struct ll_sketch *sketch) {
    assert(sketch->total > 0);
    return (struct ll_rank_walk){.sketch = sketch, .passed = sketch->zero_count, .value = sketch->min};
}

double ll_rank_walk_to(struct ll_rank_walk *walk, uint64_t rank) {
    const struct ll_sketch *sketch = walk->sketch;
    if (rank == 0) return sketch->min;
    if (rank >= sketch->total - 1) return sketch->max;
    if (rank >= walk->passed) {
        while (rank >= walk->passed) walk->passed += sketch->counts[walk->next++];
        walk->value = ll_sketch_bin_value(sketch->first_index + (int32_t)walk->next - 1);
        if (walk->value < sketch->min) walk->value = sketch->min;
        if (walk->value > sketch->max) walk->value = sketch->max;
    }
    return walk->value;
}

double ll_sketch_quantile(const struct ll_sketch *sketch, double q) {
    if (sketch->total == 0) return 0;
    struct ll_rank_walk walk = ll_rank_walk_make(sketch);
    return ll_rank_walk_to(&walk, ll_rank_of(q, sketch->total));
}
