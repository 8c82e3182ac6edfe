// The precomputed quantile curve of a sketch: what reports draw and result.json carries.
#ifndef LIBCOMMON_SKETCH_CURVE_H
#define LIBCOMMON_SKETCH_CURVE_H

#include "libcommon/sketch/sketch.h"

enum {
    LL_CURVE_POINTS = 101,    // quantiles 0, 0.01, … 1
    LL_CURVE_TAIL_POINTS = 3, // 0.995, 0.999, 0.9999
};

struct ll_curve {
    uint64_t count;
    double sum;
    double values[LL_CURVE_POINTS]; // values[0] and values[100] are the exact minimum and maximum
    double tail[LL_CURVE_TAIL_POINTS];
};

extern const double ll_curve_tail_quantiles[LL_CURVE_TAIL_POINTS];

// One pass over the bins. An empty sketch gives count 0 and zeros.
void ll_curve_from_sketch(const struct ll_sketch *sketch, struct ll_curve *out);

#endif
