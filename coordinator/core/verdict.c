#include "coordinator/core/verdict.h"

#include "libcommon/base/alloc.h"

#include <stdio.h>

static void worsen(struct ll_scenario_result *result, enum ll_verdict verdict) {
    if (verdict > result->verdict) result->verdict = verdict; // the enum is in order of severity
}

// A counter that stays at 0 is data, unless nobody counts.
static void judge_one(struct ll_scenario_result *result, const struct ll_threshold *threshold, const char *expression,
                      struct ll_threshold_outcome *out) {
    ll_threshold_judge(threshold, expression, result->total, result->duration_ms, out);
    if (!ll_scenario_result_lacks(result, threshold->metric)) return;
    out->has_data = out->held = false;
    snprintf(out->observed_text, sizeof out->observed_text, "%s", LL_NOT_MEASURED_TEXT);
}

static void judge_thresholds(struct ll_scenario_result *result) {
    size_t count = result->spec.threshold_count;
    result->thresholds = ll_alloc(count, sizeof *result->thresholds);
    for (size_t i = 0; i < count; i++) {
        const char *expression = result->spec.thresholds[i];
        struct ll_threshold threshold;
        if (ll_threshold_parse(expression, &result->spec.metrics, &threshold).status != LL_OK)
            continue; // refused when it was submitted
        struct ll_threshold_outcome *outcome = &result->thresholds[result->threshold_count++];
        judge_one(result, &threshold, expression, outcome);
        if (!outcome->held) worsen(result, LL_VERDICT_FAILED);
    }
}

// A run in which nothing worked is no good news, whether or not somebody thought of a threshold for it.
static void judge_failing(struct ll_scenario_result *result) {
    if (!ll_scenario_result_only_failed(result)) return;
    worsen(result, LL_VERDICT_FAILED);
    struct ll_buf sentence = ll_buf_make(1000);
    ll_scenario_result_tell_only_failed(result, &sentence);
    ll_scenario_result_add_remark(result, "%s", ll_buf_str(&sentence));
    ll_buf_fini(&sentence);
}

// Failing changes no verdict while some iterations complete, unless a threshold says so. Those who set none must still
// not take PASSED for good news.
static void remark_failing(struct ll_scenario_result *result) {
    unsigned long long completed = ll_series_total(result->total, LL_METRIC_ITERATIONS_COMPLETED);
    unsigned long long failed = ll_series_total(result->total, LL_METRIC_ITERATIONS_FAILED);
    if (completed == 0 || failed <= completed || result->verdict == LL_VERDICT_FAILED) return;
    if (ll_scenario_result_judges_failing(result)) return;
    ll_scenario_result_add_remark(
        result,
        "most iterations failed (%llu of %llu), and no threshold judges that: with thresholds "
        "= { iterations_failed = \"rate < 1%%\" } in the scenario the verdict would be FAILED",
        failed, completed + failed);
}

static enum ll_verdict verdict_of(enum ll_generator_verdict generator) {
    switch (generator) {
    case LL_GENERATOR_INVALID:
        return LL_VERDICT_INVALID;
    case LL_GENERATOR_DEGRADED:
        return LL_VERDICT_DEGRADED;
    case LL_GENERATOR_UNKNOWN:
    case LL_GENERATOR_VALID:
        break;
    }
    return LL_VERDICT_PASSED;
}

// The site works, with other requests than it is made for.
static void remark_fallbacks(struct ll_scenario_result *result) {
    unsigned long long fallbacks = ll_series_total(result->total, LL_METRIC_LIVEVIEW_FALLBACKS);
    unsigned long long refused = ll_series_total(result->total, LL_METRIC_WEBSOCKET_REFUSED);
    if (fallbacks == 0) return;
    ll_scenario_result_add_remark(
        result,
        "LiveView went on by long-polling in %llu document%s, and %llu WebSocket%s refused: let "
        "the site, or the proxy before it, take WebSockets, and look at "
        "websocket_connections_refused for where it did not",
        fallbacks, fallbacks == 1 ? "" : "s", refused, refused == 1 ? " was" : "s were");
}

void ll_verdict_judge(struct ll_scenario_result *result, const struct ll_generator_facts *facts) {
    result->verdict = LL_VERDICT_PASSED;
    judge_thresholds(result);
    judge_failing(result);
    ll_generator_judge(result, facts);
    worsen(result, verdict_of(result->generator.verdict));
    remark_failing(result);
    ll_generator_remark(result, facts);
    remark_fallbacks(result);
}
