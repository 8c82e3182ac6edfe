#include "agent/telemetry/recorder.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>

struct ll_recorder {
    struct ll_series_set *halves[2];
    int filling;
};

struct ll_recorder *ll_recorder_new(void) {
    struct ll_recorder *recorder = ll_alloc(1, sizeof *recorder);
    for (int i = 0; i < 2; i++) recorder->halves[i] = ll_series_set_new();
    return recorder;
}

void ll_recorder_free(struct ll_recorder **recorder) {
    if (!*recorder) return;
    for (int i = 0; i < 2; i++) ll_series_set_free(&(*recorder)->halves[i]);
    free(*recorder);
    *recorder = NULL;
}

void ll_recorder_sample(struct ll_recorder *recorder, enum ll_metric metric, const char *label, double value) {
    ll_series_record(recorder->halves[recorder->filling], metric, label, value);
}

void ll_recorder_count(struct ll_recorder *recorder, enum ll_metric metric, const char *label, uint64_t n) {
    ll_series_count(recorder->halves[recorder->filling], metric, label, n);
}

struct ll_series_set *ll_recorder_flip(struct ll_recorder *recorder) {
    struct ll_series_set *filled = recorder->halves[recorder->filling];
    recorder->filling = !recorder->filling;
    ll_series_set_clear(recorder->halves[recorder->filling]);
    return filled;
}
