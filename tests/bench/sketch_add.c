// The cost of one sample: latencies of about 1 ms to 1 s, into a sketch that has seen such before.
#include "libcommon/base/rand.h"
#include "libcommon/sketch/sketch.h"
#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>

enum { SAMPLES = 4096 };

static double samples[SAMPLES];

static void add_samples(void *arg) {
    for (int i = 0; i < SAMPLES; i++) ll_sketch_add(arg, samples[i]);
}

int main(void) {
    struct ll_rand rand = ll_rand_seed(1);
    for (int i = 0; i < SAMPLES; i++) samples[i] = 1000 * pow(1000, ll_rand_unit(&rand));
    struct ll_sketch sketch = ll_sketch_make();
    double ns = bench_best_ns(add_samples, &sketch) / SAMPLES;
    printf("sketch_add: %.1f ns per add (reach: <= 5 ns)\n", ns);
    ll_sketch_fini(&sketch);
    return ns > 5;
}
