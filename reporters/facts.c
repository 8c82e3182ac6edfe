#include "reporters/facts.h"

#include "libcommon/base/text.h"

#include <stdio.h>
#include <string.h>

enum { REASONS_MAX = 3 }; // thresholds that the sentence names; a table holds them all

struct ll_iterations ll_facts_iterations(const struct ll_scenario_result *scenario) {
    return (struct ll_iterations){
        .completed = ll_facts_count(scenario->total, LL_METRIC_ITERATIONS_COMPLETED),
        .failed = ll_facts_count(scenario->total, LL_METRIC_ITERATIONS_FAILED),
        .interrupted = scenario->iterations_interrupted,
    };
}

uint64_t ll_facts_count(const struct ll_series_set *set, enum ll_metric metric) {
    if (!set) return 0;
    if (ll_metric_info(metric)->kind == LL_KIND_COUNTER) return ll_series_total(set, metric);
    uint64_t count = 0;
    size_t position = 0;
    for (const struct ll_series *series; (series = ll_facts_next(set, metric, &position));)
        count += series->sketch.total;
    return count;
}

uint64_t ll_facts_requests(const struct ll_series_set *set) {
    return set ? ll_threshold_requests(set) : 0;
}

void ll_facts_curve(const struct ll_series_set *set, enum ll_metric metric, struct ll_curve *out) {
    struct ll_sketch sketch = ll_sketch_make();
    if (set) ll_series_aggregate(set, metric, &sketch);
    ll_curve_from_sketch(&sketch, out);
    ll_sketch_fini(&sketch);
}

const struct ll_series *ll_facts_next(const struct ll_series_set *set, enum ll_metric metric, size_t *position) {
    const struct ll_series *series = NULL;
    while (set && (series = ll_series_next(set, position)))
        if (series->metric == metric) return series;
    return NULL;
}

size_t ll_facts_in_order(const struct ll_series_set *set, enum ll_metric metric,
                         const struct ll_series *out[LL_SERIES_OF_METRIC_MAX]) {
    return set ? ll_series_in_order(set, metric, out) : 0;
}

size_t ll_facts_largest(const struct ll_series_set *set, enum ll_metric counter, const struct ll_series **out,
                        size_t max, size_t *out_all) {
    size_t count = 0, position = 0;
    *out_all = 0;
    for (const struct ll_series *series; (series = ll_facts_next(set, counter, &position)); ++*out_all) {
        size_t at = count;
        while (at > 0 && series->count > out[at - 1]->count) at--;
        if (at == max) continue;
        if (count < max) count++;
        memmove(&out[at + 1], &out[at], (count - 1 - at) * sizeof *out);
        out[at] = series;
    }
    return count;
}

const char *ll_facts_file(const struct ll_scenario_result *scenario, const char *name) {
    for (size_t i = 0; i < scenario->artifact_count; i++)
        if (scenario->artifacts[i].bytes > 0 && strcmp(scenario->artifacts[i].name, name) == 0) return name;
    return "";
}

const struct ll_failure_sample *ll_facts_shown(const struct ll_scenario_result *scenario, const char *signature) {
    for (size_t i = 0; i < scenario->failure_count; i++)
        if (scenario->failures[i].evidence && strcmp(scenario->failures[i].signature, signature) == 0)
            return &scenario->failures[i];
    return NULL;
}

const char *ll_facts_artifact_kind(enum ll_artifact_kind kind) {
    static const char *const names[LL_ARTIFACT_KINDS] = {
        [LL_ARTIFACT_LOG] = "log",   [LL_ARTIFACT_SCREENSHOT] = "screenshot", [LL_ARTIFACT_PICTURE] = "picture",
        [LL_ARTIFACT_PAGE] = "page", [LL_ARTIFACT_NOTES] = "notes",
    };
    return names[kind];
}

const char *ll_facts_observed(const struct ll_threshold_outcome *outcome) {
    bool says_why = !outcome->has_data && strcmp(outcome->observed_text, LL_NOT_MEASURED_TEXT) == 0;
    return outcome->has_data || says_why ? outcome->observed_text : "no data";
}

static void failed_thresholds(const struct ll_scenario_result *scenario, size_t failed, struct ll_buf *out) {
    ll_buf_printf(out, "%zu of %zu thresholds failed: ", failed, scenario->threshold_count);
    size_t named = 0;
    for (size_t i = 0; i < scenario->threshold_count && named < REASONS_MAX; i++) {
        const struct ll_threshold_outcome *outcome = &scenario->thresholds[i];
        if (outcome->held) continue;
        ll_buf_printf(out, "%s%s (%s%s)", named++ ? "; " : "", outcome->expression,
                      outcome->has_data ? "observed " : "", ll_facts_observed(outcome));
    }
    if (failed > named) ll_buf_printf(out, "; and %zu more", failed - named);
    ll_buf_text(out, ".");
}

static void held_thresholds(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    if (scenario->threshold_count == 0)
        ll_buf_text(out, "No thresholds were set.");
    else if (scenario->threshold_count == 1)
        ll_buf_text(out, "The threshold held.");
    else if (scenario->threshold_count == 2)
        ll_buf_text(out, "Both thresholds held.");
    else
        ll_buf_printf(out, "All %zu thresholds held.", scenario->threshold_count);
}

void ll_facts_reason(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    size_t failed = 0;
    for (size_t i = 0; i < scenario->threshold_count; i++) failed += !scenario->thresholds[i].held;
    bool has_remark = scenario->remark_count > 0;
    switch (scenario->verdict) {
    case LL_VERDICT_FAILED:
        if (failed)
            failed_thresholds(scenario, failed, out);
        else if (ll_scenario_result_only_failed(scenario))
            ll_scenario_result_tell_only_failed(scenario, out);
        else
            ll_buf_text(out, has_remark ? scenario->remarks[0] : "The run failed.");
        break;
    case LL_VERDICT_INVALID:
        ll_buf_text(out, has_remark ? scenario->remarks[0] : "The generator itself distorted these figures.");
        break;
    case LL_VERDICT_DEGRADED:
        ll_buf_text(out, has_remark ? scenario->remarks[0] : "The generator was short of resources.");
        break;
    case LL_VERDICT_PASSED:
        held_thresholds(scenario, out);
        break;
    }
    if (scenario->stopped_early) ll_buf_text(out, " The run was stopped before its end.");
}

void ll_facts_value(enum ll_metric_unit unit, double value, char out[LL_FACTS_VALUE_BYTES]) {
    switch (unit) {
    case LL_UNIT_US:
        ll_text_duration_us(value, out, LL_FACTS_VALUE_BYTES);
        break;
    case LL_UNIT_BYTES:
        ll_text_bytes(value, out, LL_FACTS_VALUE_BYTES);
        break;
    case LL_UNIT_NONE:
        ll_text_number(value, out, LL_FACTS_VALUE_BYTES);
        break;
    }
}

const char *ll_facts_plural(uint64_t n, const char *one, const char *many) {
    return n == 1 ? one : many;
}
