#include "libcommon/model/result_wire.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"
#include "libcommon/model/wire.h"

#include <liveload/v1/result.pb-c.h>

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What reading one result may take, whatever its bytes ask for.
static const size_t message_bytes_max = (size_t)4 << 30;
static const size_t sketch_bytes_max = (size_t)2 << 30;

static size_t at_most(size_t count, size_t max) {
    return count < max ? count : max;
}

static Liveload__V1__Window **windows_to_proto(struct ll_wire_arena *arena, const struct ll_window *windows,
                                               size_t count) {
    Liveload__V1__Window **list = ll_wire_alloc(arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = ll_wire_alloc(arena, 1, sizeof **list);
        liveload__v1__window__init(list[i]);
        list[i]->offset_ms = windows[i].offset_ms;
        list[i]->active_users = windows[i].active_users;
        list[i]->node_count = windows[i].node_count;
        list[i]->series = ll_wire_series_to_proto(arena, windows[i].series, &list[i]->n_series);
    }
    return list;
}

static Liveload__V1__NodeResult **nodes_to_proto(struct ll_wire_arena *arena, const struct ll_node_result *nodes,
                                                 size_t count) {
    Liveload__V1__NodeResult **list = ll_wire_alloc(arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        const struct ll_node_result *node = &nodes[i];
        assert(node->window_count <= LL_RESULT_NODE_WINDOWS_MAX);
        list[i] = ll_wire_alloc(arena, 1, sizeof **list);
        liveload__v1__node_result__init(list[i]);
        list[i]->node = ll_wire_text(node->name);
        list[i]->lost = node->lost;
        list[i]->error = ll_wire_text(node->error);
        list[i]->browser = ll_wire_text(node->browser);
        list[i]->total = ll_wire_series_to_proto(arena, node->total, &list[i]->n_total);
        list[i]->n_windows = node->window_count;
        list[i]->windows = windows_to_proto(arena, node->windows, node->window_count);
        list[i]->window_width_ms = node->window_width_ms;
        list[i]->users_total = node->users_total;
        list[i]->users_failed = node->users_failed;
        list[i]->duration_ms = node->duration_ms;
        list[i]->cpu_permille_peak = node->cpu_permille_peak;
        list[i]->agent_cpu_permille_peak = node->agent_cpu_permille_peak;
        list[i]->rss_bytes_peak = node->rss_bytes_peak;
        list[i]->clock_offset_ms = node->clock_offset_ms;
        list[i]->round_trip_ms = node->round_trip_ms;
        list[i]->estimated_metrics =
            ll_wire_coverage_to_proto(arena, &node->coverage, LL_COVERAGE_ESTIMATED, &list[i]->n_estimated_metrics);
        list[i]->lacking_metrics =
            ll_wire_coverage_to_proto(arena, &node->coverage, LL_COVERAGE_LACKING, &list[i]->n_lacking_metrics);
    }
    return list;
}

char **ll_wire_coverage_to_proto(struct ll_wire_arena *arena, const struct ll_coverage_table *table,
                                 enum ll_coverage coverage, size_t *out_count) {
    const char *names[LL_METRICS_COUNT];
    *out_count = ll_coverage_names(table, coverage, names);
    char **list = ll_wire_alloc(arena, *out_count, sizeof *list);
    for (size_t i = 0; i < *out_count; i++) list[i] = ll_wire_text(names[i]);
    return list;
}

static Liveload__V1__ThresholdOutcome **outcomes_to_proto(struct ll_wire_arena *arena,
                                                          const struct ll_threshold_outcome *outcomes, size_t count) {
    Liveload__V1__ThresholdOutcome **list = ll_wire_alloc(arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) {
        list[i] = ll_wire_alloc(arena, 1, sizeof **list);
        liveload__v1__threshold_outcome__init(list[i]);
        list[i]->expression = ll_wire_text(outcomes[i].expression);
        list[i]->held = outcomes[i].held;
        list[i]->has_data = outcomes[i].has_data;
        list[i]->observed = fmin(outcomes[i].observed, DBL_MAX);
        list[i]->observed_text = ll_wire_text(outcomes[i].observed_text);
    }
    return list;
}

static Liveload__V1__Verdict verdict_to_proto(enum ll_verdict verdict) {
    switch (verdict) {
    case LL_VERDICT_PASSED:
        return LIVELOAD__V1__VERDICT__VERDICT_PASSED;
    case LL_VERDICT_DEGRADED:
        return LIVELOAD__V1__VERDICT__VERDICT_DEGRADED;
    case LL_VERDICT_INVALID:
        return LIVELOAD__V1__VERDICT__VERDICT_INVALID;
    case LL_VERDICT_FAILED:
        return LIVELOAD__V1__VERDICT__VERDICT_FAILED;
    }
    return LIVELOAD__V1__VERDICT__VERDICT_FAILED;
}

static Liveload__V1__GeneratorVerdict generator_verdict_to_proto(enum ll_generator_verdict verdict) {
    switch (verdict) {
    case LL_GENERATOR_UNKNOWN:
        return LIVELOAD__V1__GENERATOR_VERDICT__GENERATOR_UNKNOWN;
    case LL_GENERATOR_VALID:
        return LIVELOAD__V1__GENERATOR_VERDICT__GENERATOR_VALID;
    case LL_GENERATOR_DEGRADED:
        return LIVELOAD__V1__GENERATOR_VERDICT__GENERATOR_DEGRADED;
    case LL_GENERATOR_INVALID:
        return LIVELOAD__V1__GENERATOR_VERDICT__GENERATOR_INVALID;
    }
    return LIVELOAD__V1__GENERATOR_VERDICT__GENERATOR_UNKNOWN;
}

static char **sentences_to_proto(struct ll_wire_arena *arena, char *const *sentences, size_t count) {
    char **list = ll_wire_alloc(arena, count, sizeof *list);
    for (size_t i = 0; i < count; i++) list[i] = ll_wire_text(sentences[i]);
    return list;
}

// Nothing for a generator that nothing is known of, as in results of versions that did not judge it apart.
static Liveload__V1__Generator *generator_to_proto(struct ll_wire_arena *arena, const struct ll_generator *generator) {
    if (generator->verdict == LL_GENERATOR_UNKNOWN && !generator->has_share && !generator->reason_count) return NULL;
    Liveload__V1__Generator *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__generator__init(message);
    message->verdict = generator_verdict_to_proto(generator->verdict);
    message->has_share = generator->has_share;
    message->share = generator->share;
    message->n_reasons = at_most(generator->reason_count, LL_RESULT_REMARKS_MAX);
    message->reasons = sentences_to_proto(arena, generator->reasons, message->n_reasons);
    return message;
}

static Liveload__V1__ScenarioResult *scenario_to_proto(struct ll_wire_arena *arena,
                                                       const struct ll_scenario_result *scenario) {
    assert(scenario->bucket_count <= LL_RESULT_BUCKETS_MAX && scenario->node_count <= LL_RESULT_NODES_MAX);
    Liveload__V1__ScenarioResult *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__scenario_result__init(message);
    message->name = ll_wire_text(scenario->name);
    message->error = ll_wire_text(scenario->error);
    message->started_at_ms = scenario->started_at_ms;
    message->duration_ms = scenario->duration_ms;
    message->bucket_width_ms = scenario->bucket_width_ms;
    message->users_total = scenario->users_total;
    message->users_failed = scenario->users_failed;
    message->iterations_interrupted = scenario->iterations_interrupted;
    message->total = ll_wire_series_to_proto(arena, scenario->total, &message->n_total);
    message->n_buckets = scenario->bucket_count;
    message->buckets = windows_to_proto(arena, scenario->buckets, scenario->bucket_count);
    message->n_nodes = scenario->node_count;
    message->nodes = nodes_to_proto(arena, scenario->nodes, scenario->node_count);
    message->n_thresholds = at_most(scenario->threshold_count, LL_THRESHOLDS_MAX);
    message->thresholds = outcomes_to_proto(arena, scenario->thresholds, message->n_thresholds);
    message->n_failures = at_most(scenario->failure_count, LL_RESULT_FAILURES_MAX);
    message->failures = ll_wire_failures_to_proto(arena, scenario->failures, message->n_failures);
    message->verdict = verdict_to_proto(scenario->verdict);
    message->n_remarks = at_most(scenario->remark_count, LL_RESULT_REMARKS_MAX);
    message->remarks = sentences_to_proto(arena, scenario->remarks, message->n_remarks);
    message->generator = generator_to_proto(arena, &scenario->generator);
    message->stopped_early = scenario->stopped_early;
    message->start_skew_ms = scenario->start_skew_ms;
    message->spec = ll_wire_spec_to_proto(arena, &scenario->spec);
    message->n_artifacts = at_most(scenario->artifact_count, LL_ARTIFACTS_OF_RUN_MAX);
    message->artifacts = ll_wire_alloc(arena, message->n_artifacts, sizeof *message->artifacts);
    for (size_t i = 0; i < message->n_artifacts; i++)
        message->artifacts[i] = ll_wire_artifact_to_proto(arena, &scenario->artifacts[i]);
    return message;
}

void ll_wire_result_pack(const struct ll_result *result, struct ll_buf *out) {
    assert(result->scenario_count <= LL_RESULT_SCENARIOS_MAX);
    struct ll_wire_arena arena = ll_wire_arena_make(LL_WIRE_NO_LIMIT);
    Liveload__V1__Result message = LIVELOAD__V1__RESULT__INIT;
    message.liveload_version = ll_wire_text(result->liveload_version);
    message.generated_at_ms = result->generated_at_ms;
    message.n_scenarios = result->scenario_count;
    message.scenarios = ll_wire_alloc(&arena, result->scenario_count, sizeof *message.scenarios);
    for (size_t i = 0; i < result->scenario_count; i++)
        message.scenarios[i] = scenario_to_proto(&arena, &result->scenarios[i]);
    ll_wire_pack(&message.base, out);
    ll_wire_arena_fini(&arena);
}

static ll_err check_count(const char *what, size_t count, size_t max) {
    if (count <= max) return LL_SUCCESS;
    return ll_err_make(LL_DATA_LOSS, "it has %zu %s, and at most %zu are allowed", count, what, max);
}

// The readers below fill what they are given step by step; on failure it is left for the caller to fini, half filled.

static ll_err read_windows(Liveload__V1__Window *const *list, size_t count, size_t max, struct ll_wire_budget *budget,
                           struct ll_window **out, size_t *out_count) {
    LL_TRY(check_count("windows", count, max));
    *out = count ? ll_alloc(count, sizeof **out) : NULL;
    *out_count = count;
    for (size_t i = 0; i < count; i++) {
        struct ll_window *window = &(*out)[i];
        window->offset_ms = list[i]->offset_ms;
        window->active_users = list[i]->active_users;
        window->node_count = list[i]->node_count;
        LL_TRY(ll_wire_series_from_proto(list[i]->series, list[i]->n_series, budget, &window->series));
    }
    return LL_SUCCESS;
}

static double finite_or_zero(double value) {
    return isfinite(value) ? value : 0;
}

static ll_err read_node(const Liveload__V1__NodeResult *message, struct ll_wire_budget *budget,
                        struct ll_node_result *node) {
    node->name = ll_wire_read_text(message->node);
    node->error = ll_wire_text_or_null(message->error);
    node->browser = ll_wire_text_or_null(message->browser);
    node->lost = message->lost;
    node->window_width_ms = message->window_width_ms;
    node->users_total = message->users_total;
    node->users_failed = message->users_failed;
    node->duration_ms = message->duration_ms;
    node->cpu_permille_peak = message->cpu_permille_peak;
    node->agent_cpu_permille_peak = message->agent_cpu_permille_peak;
    node->rss_bytes_peak = message->rss_bytes_peak;
    node->clock_offset_ms = finite_or_zero(message->clock_offset_ms);
    node->round_trip_ms = finite_or_zero(message->round_trip_ms);
    ll_coverage_add(&node->coverage, LL_COVERAGE_ESTIMATED, message->estimated_metrics, message->n_estimated_metrics);
    ll_coverage_add(&node->coverage, LL_COVERAGE_LACKING, message->lacking_metrics, message->n_lacking_metrics);
    LL_TRY(ll_wire_series_from_proto(message->total, message->n_total, budget, &node->total));
    return read_windows(message->windows, message->n_windows, LL_RESULT_NODE_WINDOWS_MAX, budget, &node->windows,
                        &node->window_count);
}

static ll_err read_outcomes(Liveload__V1__ThresholdOutcome *const *list, size_t count,
                            struct ll_scenario_result *scenario) {
    LL_TRY(check_count("thresholds", count, LL_THRESHOLDS_MAX));
    scenario->thresholds = count ? ll_alloc(count, sizeof *scenario->thresholds) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(list[i]->observed)) return ll_err_make(LL_DATA_LOSS, "a threshold observed what is no number");
        struct ll_threshold_outcome *outcome = &scenario->thresholds[scenario->threshold_count++];
        outcome->expression = ll_wire_read_text(list[i]->expression);
        outcome->held = list[i]->held;
        outcome->has_data = list[i]->has_data;
        outcome->observed = list[i]->observed;
        ll_text_clean(list[i]->observed_text, outcome->observed_text, sizeof outcome->observed_text);
    }
    return LL_SUCCESS;
}

static ll_err read_verdict(Liveload__V1__Verdict number, enum ll_verdict *out) {
    for (unsigned verdict = LL_VERDICT_PASSED; verdict <= LL_VERDICT_FAILED; verdict++) {
        if (verdict_to_proto((enum ll_verdict)verdict) != number) continue;
        *out = (enum ll_verdict)verdict;
        return LL_SUCCESS;
    }
    return ll_err_make(LL_DATA_LOSS, "its verdict is %d, which this version does not know", (int)number);
}

static ll_err read_generator(const Liveload__V1__Generator *message, struct ll_generator *generator) {
    if (!message) return LL_SUCCESS;
    LL_TRY(check_count("reasons", message->n_reasons, LL_RESULT_REMARKS_MAX));
    if (!(message->share >= 0 && message->share <= 1))
        return ll_err_make(LL_DATA_LOSS, "the generator's share is no number from 0 to 1");
    unsigned verdict = LL_GENERATOR_UNKNOWN;
    while (verdict <= LL_GENERATOR_INVALID &&
           generator_verdict_to_proto((enum ll_generator_verdict)verdict) != message->verdict)
        verdict++;
    if (verdict > LL_GENERATOR_INVALID)
        return ll_err_make(LL_DATA_LOSS, "the generator's verdict is %d, which this version does not know",
                           (int)message->verdict);
    generator->verdict = (enum ll_generator_verdict)verdict;
    generator->has_share = message->has_share;
    generator->share = message->share;
    generator->reasons = message->n_reasons ? ll_alloc(message->n_reasons, sizeof *generator->reasons) : NULL;
    while (generator->reason_count < message->n_reasons) {
        generator->reasons[generator->reason_count] = ll_wire_read_text(message->reasons[generator->reason_count]);
        generator->reason_count++;
    }
    return LL_SUCCESS;
}

static ll_err read_artifacts(const Liveload__V1__ScenarioResult *message, struct ll_scenario_result *scenario) {
    LL_TRY(check_count("artifacts", message->n_artifacts, LL_ARTIFACTS_OF_RUN_MAX));
    scenario->artifacts = message->n_artifacts ? ll_alloc(message->n_artifacts, sizeof *scenario->artifacts) : NULL;
    for (size_t i = 0; i < message->n_artifacts; i++) {
        ll_err err = ll_wire_artifact_from_proto(message->artifacts[i], &scenario->artifacts[i]);
        if (err.status != LL_OK) return ll_err_make(LL_DATA_LOSS, "%s", err.text);
        scenario->artifact_count++;
    }
    return LL_SUCCESS;
}

// The parts of which there are several.
static ll_err read_scenario_lists(const Liveload__V1__ScenarioResult *message, struct ll_wire_budget *budget,
                                  struct ll_scenario_result *scenario) {
    LL_TRY(ll_wire_series_from_proto(message->total, message->n_total, budget, &scenario->total));
    LL_TRY(read_windows(message->buckets, message->n_buckets, LL_RESULT_BUCKETS_MAX, budget, &scenario->buckets,
                        &scenario->bucket_count));
    LL_TRY(check_count("nodes", message->n_nodes, LL_RESULT_NODES_MAX));
    scenario->nodes = message->n_nodes ? ll_alloc(message->n_nodes, sizeof *scenario->nodes) : NULL;
    for (size_t i = 0; i < message->n_nodes; i++)
        LL_TRY(read_node(message->nodes[i], budget, &scenario->nodes[scenario->node_count++]));
    LL_TRY(read_outcomes(message->thresholds, message->n_thresholds, scenario));
    LL_TRY(ll_wire_failures_from_proto(message->failures, message->n_failures, LL_RESULT_FAILURES_MAX,
                                       &scenario->failures));
    scenario->failure_count = message->n_failures;
    LL_TRY(check_count("remarks", message->n_remarks, LL_RESULT_REMARKS_MAX));
    for (size_t i = 0; i < message->n_remarks; i++) {
        char *remark = ll_wire_read_text(message->remarks[i]);
        ll_scenario_result_add_remark(scenario, "%s", remark);
        free(remark);
    }
    return read_artifacts(message, scenario);
}

static ll_err read_scenario(const Liveload__V1__ScenarioResult *message, struct ll_wire_budget *budget,
                            struct ll_scenario_result *scenario) {
    scenario->name = ll_wire_read_text(message->name);
    scenario->error = ll_wire_text_or_null(message->error);
    scenario->started_at_ms = message->started_at_ms;
    scenario->duration_ms = message->duration_ms;
    scenario->bucket_width_ms = message->bucket_width_ms;
    scenario->users_total = message->users_total;
    scenario->users_failed = message->users_failed;
    scenario->iterations_interrupted = message->iterations_interrupted;
    scenario->stopped_early = message->stopped_early;
    scenario->start_skew_ms = finite_or_zero(message->start_skew_ms);
    LL_TRY(read_verdict(message->verdict, &scenario->verdict));
    LL_TRY(read_generator(message->generator, &scenario->generator));
    if (message->spec)
        LL_TRY(ll_wire_spec_from_proto(message->spec, &scenario->spec));
    else
        scenario->spec = ll_spec_make(scenario->name);
    return read_scenario_lists(message, budget, scenario);
}

static ll_err from_proto(const Liveload__V1__Result *message, struct ll_result *result) {
    struct ll_wire_budget budget = {.sketch_bytes = sketch_bytes_max};
    LL_TRY(check_count("scenarios", message->n_scenarios, LL_RESULT_SCENARIOS_MAX));
    result->liveload_version = ll_wire_read_text(message->liveload_version);
    result->generated_at_ms = message->generated_at_ms;
    result->scenarios = message->n_scenarios ? ll_alloc(message->n_scenarios, sizeof *result->scenarios) : NULL;
    for (size_t i = 0; i < message->n_scenarios; i++)
        LL_TRY(read_scenario(message->scenarios[i], &budget, &result->scenarios[result->scenario_count++]));
    return LL_SUCCESS;
}

ll_err ll_wire_result_unpack(const void *data, size_t len, struct ll_result *out) {
    struct ll_wire_arena arena = ll_wire_arena_make(at_most(ll_wire_memory_for(len), message_bytes_max));
    ProtobufCMessage *message = NULL;
    struct ll_result result = {.liveload_version = NULL};
    ll_err err = ll_wire_unpack(&liveload__v1__result__descriptor, "the result", data, len, &arena, &message);
    if (err.status == LL_OK)
        err = ll_err_in(from_proto((const Liveload__V1__Result *)message, &result), "the result is damaged");
    ll_wire_arena_fini(&arena);
    if (err.status != LL_OK)
        ll_result_fini(&result);
    else
        *out = result;
    return err;
}
