// The cost of one sample on the agent's hot path: latencies of about 1 ms to 1 s into a set of series, over 20 labels.
#include "libcommon/base/rand.h"
#include "libcommon/model/series.h"
#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>

enum { SAMPLES = 4096, LABELS = 20 };

static double samples[SAMPLES];
static char labels[LABELS][32];

static void record_samples(void *arg) {
    for (int i = 0; i < SAMPLES; i++) ll_series_record(arg, LL_METRIC_STEP_DURATION, labels[i % LABELS], samples[i]);
}

int main(void) {
    struct ll_rand rand = ll_rand_seed(1);
    for (int i = 0; i < SAMPLES; i++) samples[i] = 1000 * pow(1000, ll_rand_unit(&rand));
    for (int i = 0; i < LABELS; i++) snprintf(labels[i], sizeof labels[i], "step number %d", i);
    struct ll_series_set *set = ll_series_set_new();
    double ns = bench_best_ns(record_samples, set) / SAMPLES;
    printf("recorder_record: %.1f ns per sample over %d labels (reach: <= 60 ns)\n", ns, LABELS);
    ll_series_set_free(&set);
    return ns > 60;
}
