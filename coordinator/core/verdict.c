#include "coordinator/core/verdict.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <math.h>
#include <stdio.h>

static const double share_limit = 0.10;
static const uint64_t busy_ms_least = 3000; // opening the pages takes a whole processor for a second on every machine
static const uint64_t busy_part_least = 5;  // of the time that was measured: a fifth
static const double timer_grain_us = 1000;  // an idle loop's timers are this late, and its events are not

struct generator {
    double mean_lag_us; // beyond the timers' grain
    double actions_per_iteration, p95_us;
};

static struct ll_sketch aggregate(const struct ll_series_set *set, enum ll_metric metric) {
    struct ll_sketch sketch = ll_sketch_make();
    ll_series_aggregate(set, metric, &sketch);
    return sketch;
}

static struct generator observe(const struct ll_scenario_result *result) {
    struct ll_sketch lag = aggregate(result->total, LL_METRIC_AGENT_LOOP_LAG);
    struct ll_sketch actions = aggregate(result->total, LL_METRIC_ACTION_DURATION);
    struct ll_sketch iterations = aggregate(result->total, LL_METRIC_ITERATION_DURATION);
    uint64_t ended = ll_series_total(result->total, LL_METRIC_ITERATIONS_COMPLETED) +
                     ll_series_total(result->total, LL_METRIC_ITERATIONS_FAILED) + result->iterations_interrupted;
    struct generator generator = {
        .mean_lag_us = lag.total ? fmax(lag.sum / (double)lag.total - timer_grain_us, 0) : 0,
        .actions_per_iteration = ended ? (double)actions.total / (double)ended : 0,
        .p95_us = ll_sketch_quantile(&iterations, 0.95),
    };
    ll_sketch_fini(&lag);
    ll_sketch_fini(&actions);
    ll_sketch_fini(&iterations);
    return generator;
}

static double share_of(const struct generator *generator) {
    if (generator->p95_us <= 0) return 0;
    double share = generator->mean_lag_us * generator->actions_per_iteration / generator->p95_us;
    return share < 1 ? share : 1;
}

double ll_verdict_generator_share(const struct ll_scenario_result *result) {
    struct generator generator = observe(result);
    return share_of(&generator);
}

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

static void judge_losses(struct ll_scenario_result *result, const struct ll_verdict_facts *facts) {
    if (facts->nobody_finished) {
        worsen(result, LL_VERDICT_INVALID);
        ll_scenario_result_add_remark(result, "no agent finished its part of the run: the load ended before its time");
    }
    if (facts->agents_lost <= facts->max_lost_agents) return;
    worsen(result, LL_VERDICT_INVALID);
    ll_scenario_result_add_remark(
        result, "%u agent%s lost, more than --max-lost-agents %u allows: the load was not what was asked for",
        facts->agents_lost, facts->agents_lost == 1 ? " was" : "s were", facts->max_lost_agents);
}

static void judge_measurements(struct ll_scenario_result *result) {
    uint64_t lost = ll_series_total(result->total, LL_METRIC_SAMPLES_LOST);
    if (lost == 0) return;
    worsen(result, LL_VERDICT_INVALID);
    ll_scenario_result_add_remark(
        result,
        "%llu measurements did not fit into their snapshots and are lost: use fewer different "
        "names of steps, checks and URLs",
        (unsigned long long)lost);
}

static void judge_generator(struct ll_scenario_result *result) {
    struct generator generator = observe(result);
    double share = share_of(&generator);
    if (share <= share_limit) return;
    worsen(result, LL_VERDICT_INVALID);
    char lag[32], p95[32];
    ll_text_duration_us(generator.mean_lag_us, lag, sizeof lag);
    ll_text_duration_us(generator.p95_us, p95, sizeof p95);
    ll_scenario_result_add_remark(
        result,
        "the generator itself makes up %.0f %% of the p95 of iterations (events waited %s for its loop on average, "
        "%.1f actions an "
        "iteration, a p95 of %s; 10 %% is the limit): run fewer users on each agent, or more agents",
        share * 100, lag, generator.actions_per_iteration, p95);
}

static void judge_processors(struct ll_scenario_result *result, const struct ll_verdict_facts *facts) {
    for (size_t i = 0; i < result->node_count; i++) {
        const struct ll_node_load *load = &facts->loads[i];
        if (load->mean_permille < LL_BUSY_PERMILLE) continue;
        worsen(result, LL_VERDICT_DEGRADED);
        ll_scenario_result_add_remark(result,
                                      "the processors of %s were %u %% busy on average: its times include waiting for "
                                      "a free one; run fewer users there, or more agents",
                                      result->nodes[i].name, load->mean_permille / 10);
    }
}

// Many users that begin at once keep a machine busy for a while, and a tail is made of just that while.
static void remark_busy_whiles(struct ll_scenario_result *result, const struct ll_verdict_facts *facts) {
    for (size_t i = 0; i < result->node_count; i++) {
        const struct ll_node_load *load = &facts->loads[i];
        if (load->mean_permille >= LL_BUSY_PERMILLE || load->busy_ms < busy_ms_least) continue;
        if (load->busy_ms * busy_part_least < load->measured_ms) continue;
        ll_scenario_result_add_remark(
            result,
            "the processors of %s were busy (%d %% or more) for %.0f of %.0f s: times of that while include waiting "
            "for "
            "a free one; let users come one by one (load.stages), run fewer there, or more agents",
            result->nodes[i].name, LL_BUSY_PERMILLE / 10, (double)load->busy_ms / 1000,
            (double)load->measured_ms / 1000);
    }
}

// Whether some threshold is about how iterations end.
static bool is_failing_judged(const struct ll_scenario_result *result) {
    for (size_t i = 0; i < result->threshold_count; i++) {
        struct ll_threshold threshold;
        if (ll_threshold_parse(result->thresholds[i].expression, &result->spec.metrics, &threshold).status != LL_OK)
            continue;
        if (threshold.metric == LL_METRIC_ITERATIONS_FAILED || threshold.metric == LL_METRIC_ITERATIONS_COMPLETED)
            return true;
    }
    return false;
}

// Failing changes no verdict unless a threshold says so. Who set none must still not take PASSED for good news.
static void remark_failing(struct ll_scenario_result *result) {
    unsigned long long completed = ll_series_total(result->total, LL_METRIC_ITERATIONS_COMPLETED);
    unsigned long long failed = ll_series_total(result->total, LL_METRIC_ITERATIONS_FAILED);
    if (failed <= completed || result->verdict == LL_VERDICT_FAILED || is_failing_judged(result)) return;
    char how_many[64];
    if (completed == 0 && result->iterations_interrupted == 0)
        snprintf(how_many, sizeof how_many, "every iteration failed (%llu of %llu)", failed, failed);
    else if (completed == 0)
        snprintf(how_many, sizeof how_many, "no iteration completed (%llu failed)", failed);
    else
        snprintf(how_many, sizeof how_many, "most iterations failed (%llu of %llu)", failed, completed + failed);
    ll_scenario_result_add_remark(result,
                                  "%s, and no threshold judges that: with thresholds = { iterations_failed = \"rate < "
                                  "1%%\" } in the scenario the verdict would be FAILED",
                                  how_many);
}

void ll_verdict_judge(struct ll_scenario_result *result, const struct ll_verdict_facts *facts) {
    result->verdict = LL_VERDICT_PASSED;
    judge_thresholds(result);
    judge_losses(result, facts);
    judge_measurements(result);
    judge_generator(result);
    judge_processors(result, facts);
    remark_busy_whiles(result, facts);
    remark_failing(result);
}
