#include "coordinator/core/generator.h"

#include "libcommon/base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double share_limit = 0.10;
static const uint64_t busy_ms_least = 3000; // opening the pages takes a whole processor for a second on every machine
static const uint64_t busy_part_least = 5;  // of the time that was measured: a fifth
static const double timer_grain_us = 1000;  // an idle loop's timers are this late, and its events are not

struct observed {
    uint64_t beats, completed;
    double mean_lag_us; // beyond the timers' grain
    double actions_per_iteration, p95_us;
};

static struct ll_sketch aggregate(const struct ll_series_set *set, enum ll_metric metric) {
    struct ll_sketch sketch = ll_sketch_make();
    ll_series_aggregate(set, metric, &sketch);
    return sketch;
}

static struct observed observe(const struct ll_scenario_result *result) {
    struct ll_sketch lag = aggregate(result->total, LL_METRIC_AGENT_LOOP_LAG);
    struct ll_sketch actions = aggregate(result->total, LL_METRIC_ACTION_DURATION);
    struct ll_sketch iterations = aggregate(result->total, LL_METRIC_ITERATION_DURATION);
    uint64_t ended = ll_series_total(result->total, LL_METRIC_ITERATIONS_COMPLETED) +
                     ll_series_total(result->total, LL_METRIC_ITERATIONS_FAILED) + result->iterations_interrupted;
    struct observed observed = {
        .beats = lag.total,
        .completed = iterations.total,
        .mean_lag_us = lag.total ? fmax(lag.sum / (double)lag.total - timer_grain_us, 0) : 0,
        .actions_per_iteration = ended ? (double)actions.total / (double)ended : 0,
        .p95_us = ll_sketch_quantile(&iterations, 0.95),
    };
    ll_sketch_fini(&lag);
    ll_sketch_fini(&actions);
    ll_sketch_fini(&iterations);
    return observed;
}

static bool is_enough(const struct observed *observed) {
    return observed->completed >= LL_GENERATOR_ITERATIONS_LEAST && observed->beats >= LL_GENERATOR_BEATS_LEAST;
}

static void judge_share(struct ll_scenario_result *result) {
    struct observed observed = observe(result);
    struct ll_generator *generator = &result->generator;
    generator->has_share = observed.beats > 0 && observed.p95_us > 0;
    if (generator->has_share)
        generator->share = fmin(observed.mean_lag_us * observed.actions_per_iteration / observed.p95_us, 1);
    if (!is_enough(&observed)) return;
    if (generator->verdict < LL_GENERATOR_VALID) generator->verdict = LL_GENERATOR_VALID;
    if (generator->share <= share_limit) return;
    char lag[32], p95[32];
    ll_text_duration_us(observed.mean_lag_us, lag, sizeof lag);
    ll_text_duration_us(observed.p95_us, p95, sizeof p95);
    ll_scenario_result_blame_generator(
        result, LL_GENERATOR_INVALID,
        "the generator itself makes up %.0f %% of the p95 of iterations (events waited %s for its loop on average, "
        "%.1f actions an iteration, a p95 of %s; 10 %% is the limit): run fewer users on each agent, or more agents",
        generator->share * 100, lag, observed.actions_per_iteration, p95);
}

static void judge_losses(struct ll_scenario_result *result, const struct ll_generator_facts *facts) {
    if (facts->nobody_finished)
        ll_scenario_result_blame_generator(result, LL_GENERATOR_INVALID,
                                           "no agent finished its part of the run: the load ended before its time");
    if (facts->agents_lost <= facts->max_lost_agents) return;
    ll_scenario_result_blame_generator(
        result, LL_GENERATOR_INVALID,
        "%u agent%s lost, more than --max-lost-agents %u allows: the load was not what was asked for",
        facts->agents_lost, facts->agents_lost == 1 ? " was" : "s were", facts->max_lost_agents);
}

static void judge_snapshots(struct ll_scenario_result *result, const struct ll_generator_facts *facts) {
    for (size_t i = 0; facts->lost && i < result->node_count; i++) {
        const char *agent = result->nodes[i].name;
        unsigned long long count = facts->lost[i].count, first = facts->lost[i].first, last = facts->lost[i].last;
        if (count == 1)
            ll_scenario_result_blame_generator(result, LL_GENERATOR_INVALID,
                                               "snapshot %llu of agent %s is lost: what was measured in it is missing",
                                               first, agent);
        else if (count > 1)
            ll_scenario_result_blame_generator(
                result, LL_GENERATOR_INVALID,
                "%llu snapshots of agent %s, of numbers %llu to %llu, are lost: what was measured in them is missing",
                count, agent, first, last);
    }
}

static void judge_measurements(struct ll_scenario_result *result) {
    uint64_t lost = ll_series_total(result->total, LL_METRIC_SAMPLES_LOST);
    if (lost == 0) return;
    ll_scenario_result_blame_generator(
        result, LL_GENERATOR_INVALID,
        "%llu measurements did not fit into their snapshots and are lost: use fewer different "
        "names of steps, checks and URLs",
        (unsigned long long)lost);
}

static bool is_shortage(const struct ll_series *series) {
    size_t len = strlen(LL_SHORTAGE);
    if (series->metric != LL_METRIC_HTTP_REQUEST_FAILURES || strncmp(series->label, LL_SHORTAGE, len) != 0)
        return false;
    const char *rest = series->label + len;
    return *rest == '\0' || strncmp(rest, LL_BROKE_OFF, strlen(LL_BROKE_OFF)) == 0;
}

static void judge_shortages(struct ll_scenario_result *result) {
    unsigned long long failed = 0;
    size_t position = 0;
    for (const struct ll_series *series; (series = ll_series_next(result->total, &position));)
        if (is_shortage(series)) failed += series->count;
    if (failed == 0) return;
    ll_scenario_result_blame_generator(
        result, LL_GENERATOR_INVALID,
        "%llu requests failed because a load machine ran out of files or memory (%s), which is no failure of the site: "
        "raise its limits (ulimit -n), or run fewer users on each agent",
        failed, LL_SHORTAGE);
}

static void judge_processors(struct ll_scenario_result *result, const struct ll_generator_facts *facts) {
    for (size_t i = 0; i < result->node_count; i++) {
        const struct ll_node_load *load = &facts->loads[i];
        if (load->mean_permille < LL_BUSY_PERMILLE || load->measured_ms < LL_GENERATOR_CPU_MS_LEAST) continue;
        ll_scenario_result_blame_generator(result, LL_GENERATOR_DEGRADED,
                                           "the CPU of %s was at %u %% on average: its durations include waiting for "
                                           "the CPU; run fewer users there, or "
                                           "add agents",
                                           result->nodes[i].name, load->mean_permille / 10);
    }
}

void ll_generator_judge(struct ll_scenario_result *result, const struct ll_generator_facts *facts) {
    judge_losses(result, facts);
    judge_snapshots(result, facts);
    judge_measurements(result);
    judge_shortages(result);
    judge_share(result);
    judge_processors(result, facts);
}

// Many users that begin at once keep a machine busy for a while, and a tail is made of just that while.
static void remark_busy_whiles(struct ll_scenario_result *result, const struct ll_generator_facts *facts) {
    for (size_t i = 0; i < result->node_count; i++) {
        const struct ll_node_load *load = &facts->loads[i];
        if (load->mean_permille >= LL_BUSY_PERMILLE || load->busy_ms < busy_ms_least) continue;
        if (load->busy_ms * busy_part_least < load->measured_ms) continue;
        ll_scenario_result_add_remark(result,
                                      "the CPU of %s was at %d %% or more for %.0f of %.0f s: durations in that time "
                                      "include waiting for the CPU; "
                                      "start users gradually (load.stages), run fewer users there, or add agents",
                                      result->nodes[i].name, LL_BUSY_PERMILLE / 10, (double)load->busy_ms / 1000,
                                      (double)load->measured_ms / 1000);
    }
}

void ll_generator_remark(struct ll_scenario_result *result, const struct ll_generator_facts *facts) {
    remark_busy_whiles(result, facts);
    if (result->generator.verdict != LL_GENERATOR_UNKNOWN) return;
    struct observed observed = observe(result);
    ll_scenario_result_blame_generator(
        result, LL_GENERATOR_UNKNOWN,
        "the run was too short to say what the generator added to its figures: that takes %d completed iterations "
        "(there are %llu) and %d samples of agent_loop_lag_us (there are %llu; an agent takes 10 a second)",
        LL_GENERATOR_ITERATIONS_LEAST, (unsigned long long)observed.completed, LL_GENERATOR_BEATS_LEAST,
        (unsigned long long)observed.beats);
}
