#include "libcommon/sketch/curve.h"

#include "libcommon/sketch/rank.h"

const double ll_curve_tail_quantiles[LL_CURVE_TAIL_POINTS] = {0.995, 0.999, 0.9999};

void ll_curve_from_sketch(const struct ll_sketch *sketch, struct ll_curve *out) {
    *out = (struct ll_curve){.count = sketch->total, .sum = sketch->sum};
    if (sketch->total == 0) return;
    struct ll_rank_walk walk = ll_rank_walk_make(sketch), tail;
    for (int i = 0; i < LL_CURVE_POINTS; i++) {
        if (i == LL_CURVE_POINTS - 1) tail = walk; // the tail starts over from the 99th percentile
        out->values[i] = ll_rank_walk_to(&walk, ll_rank_of(i / 100.0, sketch->total));
    }
    for (int i = 0; i < LL_CURVE_TAIL_POINTS; i++)
        out->tail[i] = ll_rank_walk_to(&tail, ll_rank_of(ll_curve_tail_quantiles[i], sketch->total));
}
