// The cost of a 101-point curve of a sketch whose 500 bins all differ in count, so that every point is a bin of its
// own.
#include "libcommon/sketch/curve.h"
#include "tests/bench/bench.h"

#include <stdio.h>

enum { BINS = 500 };

struct work {
    struct ll_sketch sketch;
    struct ll_curve curve;
};

static void make_curve(void *arg) {
    struct work *work = arg;
    ll_curve_from_sketch(&work->sketch, &work->curve);
}

int main(void) {
    struct work work = {.sketch = ll_sketch_make()};
    for (int32_t i = 0; i < BINS; i++) ll_sketch_add_many(&work.sketch, ll_sketch_bin_value(100 + i), 90 + i % 20);
    double us = bench_best_ns(make_curve, &work) / 1000;
    printf("sketch_curve: %.2f us per curve of 101 points (reach: <= 5 us)\n", us);
    ll_sketch_fini(&work.sketch);
    return us > 5;
}
