#include "agent/telemetry/recorder.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/url.h"
#include "libcommon/model/threshold.h"

#include <stdlib.h>
#include <string.h>

enum { LABEL_READ_MAX = 4096 }; // bytes of a label that are looked through; far less of it is kept

struct ll_recorder {
    struct ll_series_set *halves[2];
    int filling;
    struct ll_series_set *begun; // since the run's start: a count of 1 where something began, with its beginning
    int64_t start_us;
};

struct ll_recorder *ll_recorder_new(void) {
    struct ll_recorder *recorder = ll_alloc(1, sizeof *recorder);
    for (int i = 0; i < 2; i++) recorder->halves[i] = ll_series_set_new();
    recorder->begun = ll_series_set_new();
    return recorder;
}

void ll_recorder_free(struct ll_recorder **recorder) {
    if (!*recorder) return;
    for (int i = 0; i < 2; i++) ll_series_set_free(&(*recorder)->halves[i]);
    ll_series_set_free(&(*recorder)->begun);
    free(*recorder);
    *recorder = NULL;
}

static struct ll_series_set *renewed(struct ll_series_set *set, const struct ll_spec *spec) {
    ll_series_set_free(&set);
    set = ll_series_set_new();
    ll_thresholds_reserve(spec->thresholds, spec->threshold_count, &spec->metrics, set);
    return set;
}

void ll_recorder_start(struct ll_recorder *recorder, const struct ll_spec *spec, int64_t start_us) {
    for (int i = 0; i < 2; i++) recorder->halves[i] = renewed(recorder->halves[i], spec);
    recorder->begun = renewed(recorder->begun, spec);
    recorder->start_us = start_us;
}

// Labels are names and URLs out of scenarios and pages. `space` is the caller's.
static const char *without_secrets(const char *label, char space[LABEL_READ_MAX]) {
    if (!label || !*label) return label;
    size_t len = strnlen(label, LABEL_READ_MAX - 1);
    if (!ll_redact_is_needed() && !ll_url_has_user(label, len)) return label;
    memcpy(space, label, len);
    space[ll_redact(space, len)] = '\0';
    return space;
}

void ll_recorder_sample(struct ll_recorder *recorder, enum ll_metric metric, const char *label, double value) {
    char space[LABEL_READ_MAX];
    struct ll_series_set *filling = recorder->halves[recorder->filling];
    label = without_secrets(label, space);
    ll_series_record(filling, metric, label, value);
    if (metric != LL_METRIC_STEP_DURATION) return; // only steps are told apart by when they began
    const struct ll_series *begun = ll_series_find(recorder->begun, metric, label);
    if (begun) ll_series_note_began(filling, metric, label, begun->began_us);
}

void ll_recorder_begin(struct ll_recorder *recorder, enum ll_metric metric, const char *label, int64_t now_us) {
    char space[LABEL_READ_MAX];
    uint64_t at_us = now_us > recorder->start_us ? (uint64_t)(now_us - recorder->start_us) : 1;
    struct ll_series *begun = ll_series_ensure(recorder->begun, metric, without_secrets(label, space));
    if (begun->count++ == 0) begun->began_us = at_us;
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
