// DDSketch: counts of samples in bins of equal relative width, so that any quantile is within 1 % of the truth
// and sketches of different machines merge without loss (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable
// quantile sketch with relative-error guarantees", VLDB 2019, https://arxiv.org/abs/1908.10693). The mapping from
// value to bin is the cubic interpolation of the logarithm from the authors' reference implementations.
//
// One owner, no locks. Values are non-negative; their unit is the metric's. What is above LL_SKETCH_VALUE_MAX counts as
// that value, so that one absurd sample can neither push all others out of the bins nor make the sum infinite. Memory
// is at most LL_SKETCH_BINS_MAX bins of 8 bytes; past that the lowest bins collapse into one, so high quantiles stay
// right.
#ifndef LIBCOMMON_SKETCH_SKETCH_H
#define LIBCOMMON_SKETCH_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#define LL_SKETCH_RELATIVE_ERROR 0.01
#define LL_SKETCH_VALUE_MIN 1e-9 // what is smaller is counted in zero_count
#define LL_SKETCH_VALUE_MAX 1e18

enum {
    LL_SKETCH_BINS_MAX = 2048, // 1 µs to a week needs fewer than 1,500
};

struct ll_sketch {
    uint64_t *counts;    // `capacity` bins; counts[i] is bin number first_index + i; NULL while empty
    int32_t first_index; // of counts[0]
    uint32_t capacity;
    uint64_t total;      // samples in all, with zero_count; stops at UINT64_MAX
    uint64_t zero_count; // samples below LL_SKETCH_VALUE_MIN
    double min, max;     // exact; 0 while empty
    double sum;
};

struct ll_sketch ll_sketch_make(void);
void ll_sketch_fini(struct ll_sketch *sketch);
// Forgets the samples and keeps the memory.
void ll_sketch_clear(struct ll_sketch *sketch);

// One sample. Negative and not-a-number values count as 0: a clock that steps back must not end a run.
void ll_sketch_add(struct ll_sketch *sketch, double value);
void ll_sketch_add_many(struct ll_sketch *sketch, double value, uint64_t count);
// Adds all of `from` to `into`.
void ll_sketch_merge(struct ll_sketch *into, const struct ll_sketch *from);
void ll_sketch_copy(struct ll_sketch *into, const struct ll_sketch *from);

// Quantile q in [0, 1]: sample floor(q * (n - 1)) in order, within 1 %; exact at 0 and 1; 0 while empty.
double ll_sketch_quantile(const struct ll_sketch *sketch, double q);

// Bins for the wire. Calls `visit` for each bin that is not empty, in ascending order.
void ll_sketch_each_bin(const struct ll_sketch *sketch, void (*visit)(void *arg, int32_t index, uint64_t count),
                        void *arg);
// Adds `count` samples to bin `index` without touching min, max, sum: the reader of the wire sets those after with
// ll_sketch_set_extremes. Indexes outside the mapping's range are clamped to it.
void ll_sketch_add_bin(struct ll_sketch *sketch, int32_t index, uint64_t count);
void ll_sketch_set_extremes(struct ll_sketch *sketch, double min, double max, double sum);

// The mapping itself, for tests: bin number of a value, and the value that stands for a bin.
int32_t ll_sketch_index(double value);
double ll_sketch_bin_value(int32_t index);

#endif
