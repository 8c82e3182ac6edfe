#include "agent/telemetry/recorder.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_READ_MAX = 4096 }; // bytes of a label that are looked through; far less of it is kept

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

// Labels are names and URLs out of scenarios and pages. `space` is the caller's.
static const char *without_secrets(const char *label, char space[LABEL_READ_MAX]) {
    if (!label || !*label || !ll_redact_is_needed()) return label;
    size_t len = strnlen(label, LABEL_READ_MAX - 1);
    memcpy(space, label, len);
    space[ll_redact(space, len)] = '\0';
    return space;
}

void ll_recorder_sample(struct ll_recorder *recorder, enum ll_metric metric, const char *label, double value) {
    char space[LABEL_READ_MAX];
    ll_series_record(recorder->halves[recorder->filling], metric, without_secrets(label, space), value);
}

void ll_recorder_count(struct ll_recorder *recorder, enum ll_metric metric, const char *label, uint64_t n) {
    char space[LABEL_READ_MAX];
    ll_series_count(recorder->halves[recorder->filling], metric, without_secrets(label, space), n);
}

struct ll_series_set *ll_recorder_flip(struct ll_recorder *recorder) {
    struct ll_series_set *filled = recorder->halves[recorder->filling];
    recorder->filling = !recorder->filling;
    ll_series_set_clear(recorder->halves[recorder->filling]);
    return filled;
}
