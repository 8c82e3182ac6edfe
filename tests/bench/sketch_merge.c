// The cost of merging one sketch of 500 occupied bins into another.
#include "libcommon/sketch/sketch.h"
#include "tests/bench/bench.h"

#include <stdio.h>

enum { BINS = 500 };

struct pair {
    struct ll_sketch into, from;
};

static void merge(void *arg) {
    struct pair *pair = arg;
    ll_sketch_merge(&pair->into, &pair->from);
}

int main(void) {
    struct pair pair = {ll_sketch_make(), ll_sketch_make()};
    for (int32_t i = 0; i < BINS; i++) {
        ll_sketch_add(&pair.into, ll_sketch_bin_value(100 + i));
        ll_sketch_add(&pair.from, ll_sketch_bin_value(150 + i));
    }
    double us = bench_best_ns(merge, &pair) / 1000;
    printf("sketch_merge: %.2f us per merge of two sketches of %d bins (reach: <= 2 us)\n", us, BINS);
    ll_sketch_fini(&pair.into);
    ll_sketch_fini(&pair.from);
    return us > 2;
}
