// From ranks to values, inside this folder only: one walk up the bins serves single quantiles and whole curves, so
// that both give the same numbers.
#ifndef LIBCOMMON_SKETCH_RANK_H
#define LIBCOMMON_SKETCH_RANK_H

#include "libcommon/sketch/sketch.h"

struct ll_rank_walk {
    const struct ll_sketch *sketch; // not empty
    uint64_t passed;                // samples in the bins before `next`, zeros included
    uint32_t next;                  // place in the window
    double value;                   // of the bin before `next`
};

struct ll_rank_walk ll_rank_walk_make(const struct ll_sketch *sketch);
// The value of the sample with `rank` in order, from 0. Ranks must not fall from call to call.
double ll_rank_walk_to(struct ll_rank_walk *walk, uint64_t rank);

// floor(q * (total - 1)); total > 0.
uint64_t ll_rank_of(double q, uint64_t total);

#endif
