#include "reporters/page_data.h"

#include "libcommon/codec/json.h"
#include "reporters/facts.h"
#include "reporters/page_series.h"

#include <stdio.h>

enum { REASON_MAX_BYTES = 64 * 1024 };

// Five digits draw as well as seventeen, and rounding all alike keeps a curve in order.
static void write_short(struct ll_json_writer *json, const char *key, double value) {
    char text[32];
    snprintf(text, sizeof text, "%.5g", value);
    ll_json_write_raw(json, key, text);
}

static void write_curve(struct ll_json_writer *json, const char *key, const struct ll_sketch *sketch) {
    struct ll_curve curve;
    ll_curve_from_sketch(sketch, &curve);
    ll_json_begin_array(json, key);
    ll_json_write_int(json, NULL, (int64_t)curve.count);
    write_short(json, NULL, curve.sum);
    ll_json_begin_array(json, NULL);
    for (int i = 0; i < LL_CURVE_POINTS; i++) write_short(json, NULL, curve.values[i]);
    ll_json_end_array(json);
    ll_json_begin_array(json, NULL);
    for (int i = 0; i < LL_CURVE_TAIL_POINTS; i++) write_short(json, NULL, curve.tail[i]);
    ll_json_end_array(json);
    ll_json_end_array(json);
}

static void write_all(struct ll_json_writer *json, const struct ll_series_set *set, enum ll_metric metric) {
    if (ll_metric_info(metric)->kind == LL_KIND_COUNTER) {
        ll_json_write_int(json, "all", (int64_t)ll_series_total(set, metric));
        return;
    }
    struct ll_sketch all = ll_sketch_make();
    ll_series_aggregate(set, metric, &all);
    write_curve(json, "all", &all);
    ll_sketch_fini(&all);
}

static const char *unit_of(enum ll_metric metric) {
    static const char *const units[] = {[LL_UNIT_NONE] = "", [LL_UNIT_US] = "us", [LL_UNIT_BYTES] = "bytes"};
    return units[ll_metric_info(metric)->unit];
}

// A scenario's own metrics, under their own names.
static void write_custom(struct ll_json_writer *json, const struct ll_series_set *set, enum ll_metric family) {
    size_t position = 0;
    for (const struct ll_series *series; (series = ll_facts_next(set, family, &position));) {
        ll_json_begin_object(json, series->label);
        ll_json_write_string(json, "dimension", "");
        ll_json_write_string(json, "meaning", "measured by the scenario itself");
        ll_json_write_string(json, "unit", unit_of(family));
        ll_json_write_bool(json, "is_own", true);
        if (ll_metric_info(family)->kind == LL_KIND_HISTOGRAM)
            write_curve(json, "all", &series->sketch);
        else
            ll_json_write_int(json, "all", (int64_t)series->count);
        ll_json_begin_array(json, "by");
        ll_json_end_array(json);
        ll_json_end_object(json);
    }
}

static void write_metric(struct ll_json_writer *json, const struct ll_series_set *set, enum ll_metric metric) {
    const struct ll_metric_info *info = ll_metric_info(metric);
    ll_json_begin_object(json, info->name);
    ll_json_write_string(json, "dimension", info->dimension);
    ll_json_write_string(json, "meaning", info->meaning);
    ll_json_write_string(json, "unit", unit_of(metric));
    write_all(json, set, metric);
    ll_json_begin_array(json, "by");
    const struct ll_series *all[LL_SERIES_OF_METRIC_MAX];
    size_t count = *info->dimension ? ll_facts_in_order(set, metric, all) : 0;
    for (size_t i = 0; i < count; i++) {
        ll_json_begin_array(json, NULL);
        ll_json_write_string(json, NULL, all[i]->label);
        if (info->kind == LL_KIND_HISTOGRAM)
            write_curve(json, NULL, &all[i]->sketch);
        else
            ll_json_write_int(json, NULL, (int64_t)all[i]->count);
        ll_json_end_array(json);
    }
    ll_json_end_array(json);
    ll_json_end_object(json);
}

static void write_metrics(struct ll_json_writer *json, const struct ll_series_set *set) {
    static const char *const keys[] = {[LL_KIND_HISTOGRAM] = "histograms", [LL_KIND_COUNTER] = "counters"};
    for (enum ll_metric_kind kind = LL_KIND_HISTOGRAM; kind <= LL_KIND_COUNTER; kind++) {
        ll_json_begin_object(json, keys[kind]);
        for (enum ll_metric metric = 0; metric < LL_METRICS_COUNT; metric++)
            if (ll_metric_info(metric)->kind != kind)
                continue;
            else if (ll_metric_is_custom(metric))
                write_custom(json, set, metric);
            else if (ll_facts_count(set, metric) > 0)
                write_metric(json, set, metric);
        ll_json_end_object(json);
    }
}

static void write_thresholds(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    ll_json_begin_array(json, "thresholds");
    for (size_t i = 0; i < scenario->threshold_count; i++) {
        const struct ll_threshold_outcome *outcome = &scenario->thresholds[i];
        ll_json_begin_object(json, NULL);
        ll_json_write_string(json, "expression", outcome->expression);
        ll_json_write_bool(json, "held", outcome->held);
        ll_json_write_string(json, "observed_text", ll_facts_observed(outcome));
        ll_json_end_object(json);
    }
    ll_json_end_array(json);
}

static void write_evidence(struct ll_json_writer *json, const struct ll_scenario_result *scenario,
                           const struct ll_evidence *evidence) {
    ll_json_write_string(json, "url", evidence->url);
    ll_json_write_string(json, "console", evidence->console);
    ll_json_write_string(json, "requests", evidence->requests);
    ll_json_write_string(json, "missing", evidence->missing);
    ll_json_write_string(json, "picture", ll_facts_file(scenario, evidence->picture));
    ll_json_write_string(json, "page", ll_facts_file(scenario, evidence->page));
    ll_json_write_string(json, "notes", ll_facts_file(scenario, evidence->notes));
}

static void write_artifacts(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    ll_json_begin_array(json, "artifacts");
    for (size_t i = 0; i < scenario->artifact_count; i++) {
        const struct ll_artifact *artifact = &scenario->artifacts[i];
        bool is_told = artifact->kind == LL_ARTIFACT_LOG || artifact->kind == LL_ARTIFACT_SCREENSHOT;
        if (!is_told || artifact->bytes == 0) continue; // those of failures stand with them
        ll_json_begin_object(json, NULL);
        ll_json_write_string(json, "name", artifact->name);
        ll_json_write_string(json, "kind", ll_facts_artifact_kind(artifact->kind));
        ll_json_write_string(json, "label", artifact->label);
        ll_json_write_string(json, "node", artifact->node);
        ll_json_write_int(json, "user", artifact->user_id);
        ll_json_write_int(json, "iteration", (int64_t)artifact->iteration);
        ll_json_write_int(json, "bytes", (int64_t)artifact->bytes);
        ll_json_write_bool(json, "whole", artifact->is_whole);
        ll_json_end_object(json);
    }
    ll_json_end_array(json);
}

static void write_failures(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    ll_json_begin_array(json, "failures");
    for (size_t i = 0; i < scenario->failure_count; i++) {
        const struct ll_failure_sample *failure = &scenario->failures[i];
        ll_json_begin_object(json, NULL);
        ll_json_write_string(json, "signature", failure->signature);
        ll_json_write_int(json, "user", failure->user_id);
        ll_json_write_int(json, "iteration", (int64_t)failure->iteration);
        ll_json_write_int(json, "step", failure->step);
        ll_json_write_string(json, "detail", failure->detail);
        if (failure->evidence) write_evidence(json, scenario, failure->evidence);
        ll_json_end_object(json);
    }
    ll_json_end_array(json);
}

// A quantile of the agent's own health, or null where it measured none.
static void write_health(struct ll_json_writer *json, const char *key, const struct ll_series_set *set,
                         enum ll_metric metric, int percentile) {
    struct ll_curve curve;
    ll_facts_curve(set, metric, &curve);
    if (curve.count)
        write_short(json, key, curve.values[percentile]);
    else
        ll_json_write_null(json, key);
}

static void write_text_or_null(struct ll_json_writer *json, const char *key, const char *text) {
    if (text)
        ll_json_write_string(json, key, text);
    else
        ll_json_write_null(json, key);
}

static void write_node(struct ll_json_writer *json, const struct ll_node_result *node) {
    ll_json_begin_object(json, NULL);
    ll_json_write_string(json, "name", node->name);
    ll_json_write_bool(json, "lost", node->lost);
    write_text_or_null(json, "error", node->error);
    write_text_or_null(json, "browser", node->browser);
    ll_json_write_int(json, "users_total", node->users_total);
    ll_json_write_int(json, "iterations", (int64_t)ll_facts_count(node->total, LL_METRIC_ITERATIONS_COMPLETED));
    ll_json_write_int(json, "cpu_permille", node->cpu_permille_peak);
    ll_json_write_int(json, "agent_cpu_permille", node->agent_cpu_permille_peak);
    ll_json_write_int(json, "rss_bytes", (int64_t)node->rss_bytes_peak);
    write_health(json, "loop_lag_p99_us", node->total, LL_METRIC_AGENT_LOOP_LAG, 99);
    write_health(json, "cdp_roundtrip_p95_us", node->total, LL_METRIC_AGENT_CDP_ROUNDTRIP, 95);
    ll_json_end_object(json);
}

static void write_verdict(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    struct ll_buf reason = ll_buf_make(REASON_MAX_BYTES);
    ll_facts_reason(scenario, &reason);
    ll_json_write_string(json, "verdict", ll_verdict_name(scenario->verdict));
    ll_json_write_string(json, "reason", ll_buf_str(&reason));
    ll_buf_fini(&reason);
    ll_json_begin_array(json, "remarks");
    for (size_t i = 0; i < scenario->remark_count; i++) ll_json_write_string(json, NULL, scenario->remarks[i]);
    ll_json_end_array(json);
    ll_json_begin_object(json, "generator");
    ll_json_write_string(json, "verdict", ll_generator_verdict_name(scenario->generator.verdict));
    if (scenario->generator.has_share)
        write_short(json, "share", scenario->generator.share);
    else
        ll_json_write_null(json, "share");
    ll_json_end_object(json);
    ll_json_write_bool(json, "stopped_early", scenario->stopped_early);
    ll_json_begin_array(json, "estimated");
    for (int i = 0; i < LL_METRICS_COUNT; i++)
        if (ll_scenario_result_estimates(scenario, (enum ll_metric)i))
            ll_json_write_string(json, NULL, ll_metric_info((enum ll_metric)i)->name);
    ll_json_end_array(json);
    ll_json_begin_array(json, "not_measured");
    for (int i = 0; i < LL_METRICS_COUNT; i++)
        if (ll_scenario_result_lacks(scenario, (enum ll_metric)i))
            ll_json_write_string(json, NULL, ll_metric_info((enum ll_metric)i)->name);
    ll_json_end_array(json);
}

static void write_numbers(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    struct ll_iterations iterations = ll_facts_iterations(scenario);
    ll_json_write_int(json, "started_at_ms", (int64_t)scenario->started_at_ms);
    ll_json_write_int(json, "duration_ms", (int64_t)scenario->duration_ms);
    ll_json_begin_object(json, "users");
    ll_json_write_int(json, "total", scenario->users_total);
    ll_json_write_int(json, "failed", scenario->users_failed);
    ll_json_end_object(json);
    ll_json_begin_object(json, "iterations");
    ll_json_write_int(json, "completed", (int64_t)iterations.completed);
    ll_json_write_int(json, "failed", (int64_t)iterations.failed);
    ll_json_write_int(json, "interrupted", (int64_t)iterations.interrupted);
    ll_json_end_object(json);
}

static void write_scenario(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    ll_json_begin_object(json, NULL);
    ll_json_write_string(json, "name", scenario->name);
    write_text_or_null(json, "error", scenario->error);
    write_verdict(json, scenario);
    write_numbers(json, scenario);
    write_thresholds(json, scenario);
    write_metrics(json, scenario->total);
    write_failures(json, scenario);
    write_artifacts(json, scenario);
    ll_json_begin_array(json, "nodes");
    for (size_t i = 0; i < scenario->node_count; i++) write_node(json, &scenario->nodes[i]);
    ll_json_end_array(json);
    ll_page_series_write(json, scenario);
    ll_json_end_object(json);
}

void ll_page_data_write(const struct ll_result *result, struct ll_buf *out) {
    struct ll_json_writer json = ll_json_writer_make(out);
    ll_json_begin_object(&json, NULL);
    ll_json_write_string(&json, "liveload_version", result->liveload_version);
    ll_json_write_int(&json, "generated_at_ms", (int64_t)result->generated_at_ms);
    ll_json_begin_array(&json, "tail");
    for (int i = 0; i < LL_CURVE_TAIL_POINTS; i++) ll_json_write_number(&json, NULL, ll_curve_tail_quantiles[i]);
    ll_json_end_array(&json);
    ll_json_begin_array(&json, "scenarios");
    for (size_t i = 0; i < result->scenario_count; i++) write_scenario(&json, &result->scenarios[i]);
    ll_json_end_array(&json);
    ll_json_end_object(&json);
}
