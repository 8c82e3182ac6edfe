// result.json: the fixed shape of docs/RESULTS.md, which tools written for the Elixir LiveLoad read, and what else is
// worth knowing beside it.
#include "libcommon/codec/json.h"

#include "libcommon/base/text.h"
#include "reporters/facts.h"
#include "reporters/reporter.h"
#include "reporters/spans.h"

#include <math.h>
#include <stdio.h>

enum { DIGITS = 6 }; // of a quantile: sketches promise 1 %, more digits would only make the file longer

// A quantile rounded to DIGITS, yet never outside what was really measured. Minimum and maximum stay as they are.
static double rounded(double value, const struct ll_curve *curve) {
    if (!(value > 0) || !isfinite(value)) return value;
    double scale = pow(10, DIGITS - 1 - (int)floor(log10(value)));
    double near = round(value * scale) / scale;
    return fmin(fmax(near, curve->values[0]), curve->values[LL_CURVE_POINTS - 1]);
}

static void write_curve(struct ll_json_writer *json, const char *key, const struct ll_sketch *sketch) {
    struct ll_curve curve;
    ll_curve_from_sketch(sketch, &curve);
    ll_json_begin_object(json, key);
    ll_json_write_int(json, "count", (int64_t)curve.count);
    ll_json_write_number(json, "sum", curve.sum);
    ll_json_begin_array(json, "values");
    ll_json_write_number(json, NULL, curve.values[0]);
    for (int i = 1; i < LL_CURVE_POINTS - 1; i++) ll_json_write_number(json, NULL, rounded(curve.values[i], &curve));
    ll_json_write_number(json, NULL, curve.values[LL_CURVE_POINTS - 1]);
    ll_json_end_array(json);
    ll_json_begin_object(json, "tail");
    for (int i = 0; i < LL_CURVE_TAIL_POINTS; i++) {
        char quantile[16];
        snprintf(quantile, sizeof quantile, "%g", ll_curve_tail_quantiles[i]);
        ll_json_write_number(json, quantile, rounded(curve.tail[i], &curve));
    }
    ll_json_end_object(json);
    ll_json_end_object(json);
}

enum detail { WITH_LABELS, AGGREGATE_ONLY };

static void write_labels(struct ll_json_writer *json, const struct ll_series_set *set, enum ll_metric metric,
                         enum detail detail) {
    const struct ll_metric_info *info = ll_metric_info(metric);
    const struct ll_series *all[LL_SERIES_OF_METRIC_MAX];
    size_t count = detail == WITH_LABELS && *info->dimension ? ll_facts_in_order(set, metric, all) : 0;
    ll_json_begin_object(json, "by");
    for (size_t i = 0; i < count; i++) {
        if (info->kind == LL_KIND_HISTOGRAM)
            write_curve(json, all[i]->label, &all[i]->sketch);
        else
            ll_json_write_int(json, all[i]->label, (int64_t)all[i]->count);
    }
    ll_json_end_object(json);
}

static void write_metric(struct ll_json_writer *json, const struct ll_series_set *set, enum ll_metric metric,
                         enum detail detail) {
    const struct ll_metric_info *info = ll_metric_info(metric);
    ll_json_begin_object(json, info->name);
    if (info->kind == LL_KIND_HISTOGRAM) {
        struct ll_sketch all = ll_sketch_make();
        ll_series_aggregate(set, metric, &all);
        write_curve(json, "aggregate", &all);
        ll_sketch_fini(&all);
    } else {
        ll_json_write_int(json, "aggregate", (int64_t)ll_series_total(set, metric));
    }
    write_labels(json, set, metric, detail);
    ll_json_end_object(json);
}

// A scenario's own metrics stand beside LiveLoad's, under their own names and without a dimension.
static void write_custom(struct ll_json_writer *json, const struct ll_series_set *set, enum ll_metric family) {
    size_t position = 0;
    for (const struct ll_series *series; (series = ll_facts_next(set, family, &position));) {
        ll_json_begin_object(json, series->label);
        if (ll_metric_info(family)->kind == LL_KIND_HISTOGRAM)
            write_curve(json, "aggregate", &series->sketch);
        else
            ll_json_write_int(json, "aggregate", (int64_t)series->count);
        ll_json_begin_object(json, "by");
        ll_json_end_object(json);
        ll_json_end_object(json);
    }
}

// "histograms": { … }, "counters": { … }, of the metrics that have data.
static void write_metrics(struct ll_json_writer *json, const struct ll_series_set *set, enum detail detail) {
    static const char *const keys[] = {[LL_KIND_HISTOGRAM] = "histograms", [LL_KIND_COUNTER] = "counters"};
    for (enum ll_metric_kind kind = LL_KIND_HISTOGRAM; kind <= LL_KIND_COUNTER; kind++) {
        ll_json_begin_object(json, keys[kind]);
        for (enum ll_metric metric = 0; metric < LL_METRICS_COUNT; metric++)
            if (ll_metric_info(metric)->kind != kind)
                continue;
            else if (ll_metric_is_custom(metric))
                write_custom(json, set, metric);
            else if (ll_facts_count(set, metric) > 0)
                write_metric(json, set, metric, detail);
        ll_json_end_object(json);
    }
}

static void write_time_series(struct ll_json_writer *json, struct ll_spans *spans) {
    struct ll_window span;
    ll_json_begin_array(json, "time_series");
    while (ll_spans_next(spans, &span)) {
        ll_json_begin_object(json, NULL);
        ll_json_write_int(json, "offset_ms", (int64_t)span.offset_ms);
        ll_json_write_int(json, "active_users", span.active_users);
        ll_json_write_int(json, "node_count", span.node_count);
        write_metrics(json, span.series, AGGREGATE_ONLY);
        ll_json_end_object(json);
    }
    ll_json_end_array(json);
}

static void write_users(struct ll_json_writer *json, uint32_t total, uint32_t failed) {
    ll_json_begin_object(json, "users");
    ll_json_write_int(json, "total", total);
    ll_json_write_int(json, "succeeded", total > failed ? (int64_t)total - failed : 0);
    ll_json_write_int(json, "failed", failed);
    ll_json_end_object(json);
}

static void write_global(struct ll_json_writer *json, const struct ll_scenario_result *scenario,
                         struct ll_spans *spans) {
    struct ll_iterations iterations = ll_facts_iterations(scenario);
    ll_json_begin_object(json, "global");
    write_users(json, scenario->users_total, scenario->users_failed);
    ll_json_begin_object(json, "iterations");
    ll_json_write_int(json, "completed", (int64_t)iterations.completed);
    ll_json_write_int(json, "failed", (int64_t)iterations.failed);
    ll_json_write_int(json, "interrupted", (int64_t)iterations.interrupted);
    ll_json_end_object(json);
    ll_json_write_int(json, "duration_ms", (int64_t)scenario->duration_ms);
    write_metrics(json, scenario->total, WITH_LABELS);
    write_time_series(json, spans);
    ll_json_end_object(json);
}

static void write_names(struct ll_json_writer *json, const char *key, const struct ll_coverage_table *table,
                        enum ll_coverage coverage) {
    const char *names[LL_METRICS_COUNT];
    size_t count = ll_coverage_names(table, coverage, names);
    ll_json_begin_array(json, key);
    for (size_t i = 0; i < count; i++) ll_json_write_string(json, NULL, names[i]);
    ll_json_end_array(json);
}

static void write_node(struct ll_json_writer *json, const struct ll_node_result *node) {
    ll_json_begin_object(json, NULL);
    ll_json_write_string(json, "node", node->name);
    ll_json_write_string(json, "status", node->lost || node->error ? "error" : "ok");
    ll_json_write_bool(json, "lost", node->lost);
    if (node->error) ll_json_write_string(json, "error", node->error);
    if (node->browser) ll_json_write_string(json, "browser", node->browser);
    write_names(json, "estimated", &node->coverage, LL_COVERAGE_ESTIMATED);
    write_names(json, "lacking", &node->coverage, LL_COVERAGE_LACKING);
    ll_json_write_number(json, "cpu_peak", node->cpu_permille_peak / 1000.0);
    ll_json_write_number(json, "agent_cpu_peak", node->agent_cpu_permille_peak / 1000.0);
    ll_json_write_int(json, "rss_bytes_peak", (int64_t)node->rss_bytes_peak);
    ll_json_write_number(json, "clock_offset_ms", node->clock_offset_ms);
    ll_json_write_number(json, "round_trip_ms", node->round_trip_ms);
    if (!node->total) {
        ll_json_write_null(json, "result");
    } else {
        struct ll_spans spans =
            ll_spans_make(node->windows, node->window_count, node->window_width_ms, LL_RESULT_BUCKETS_MAX);
        ll_json_write_int(json, "bucket_width_ms", (int64_t)spans.width_ms);
        ll_json_begin_object(json, "result");
        write_users(json, node->users_total, node->users_failed);
        ll_json_write_int(json, "duration_ms", (int64_t)node->duration_ms);
        write_metrics(json, node->total, WITH_LABELS);
        write_time_series(json, &spans);
        ll_json_end_object(json);
        ll_spans_fini(&spans);
    }
    ll_json_end_object(json);
}

static void write_sentences(struct ll_json_writer *json, const char *key, char *const *sentences, size_t count) {
    ll_json_begin_array(json, key);
    for (size_t i = 0; i < count; i++) ll_json_write_string(json, NULL, sentences[i]);
    ll_json_end_array(json);
}

static void write_generator(struct ll_json_writer *json, const struct ll_generator *generator) {
    ll_json_begin_object(json, "generator");
    ll_json_write_string(json, "verdict", ll_generator_verdict_name(generator->verdict));
    if (generator->has_share)
        ll_json_write_number(json, "share", generator->share);
    else
        ll_json_write_null(json, "share");
    write_sentences(json, "reasons", generator->reasons, generator->reason_count);
    ll_json_end_object(json);
}

static void write_verdict(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    struct ll_buf reason = ll_buf_make(64 * 1024);
    ll_facts_reason(scenario, &reason);
    ll_json_write_string(json, "verdict", ll_verdict_name(scenario->verdict));
    ll_json_write_string(json, "verdict_reason", ll_buf_str(&reason));
    ll_buf_fini(&reason);
    write_sentences(json, "remarks", scenario->remarks, scenario->remark_count);
    write_generator(json, &scenario->generator);
    ll_json_write_bool(json, "stopped_early", scenario->stopped_early);
    ll_json_write_number(json, "start_skew_ms", scenario->start_skew_ms);
}

// Metrics of which nothing stands in the result because no browser of the run fills them.
static void write_lacking(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    ll_json_begin_array(json, "not_measured");
    for (int i = 0; i < LL_METRICS_COUNT; i++)
        if (ll_scenario_result_lacks(scenario, (enum ll_metric)i))
            ll_json_write_string(json, NULL, ll_metric_info((enum ll_metric)i)->name);
    ll_json_end_array(json);
}

static void write_thresholds(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    ll_json_begin_array(json, "thresholds");
    for (size_t i = 0; i < scenario->threshold_count; i++) {
        const struct ll_threshold_outcome *outcome = &scenario->thresholds[i];
        ll_json_begin_object(json, NULL);
        ll_json_write_string(json, "expression", outcome->expression);
        ll_json_write_bool(json, "held", outcome->held);
        if (outcome->has_data)
            ll_json_write_number(json, "observed", outcome->observed);
        else
            ll_json_write_null(json, "observed");
        ll_json_write_string(json, "observed_text", ll_facts_observed(outcome));
        ll_json_end_object(json);
    }
    ll_json_end_array(json);
}

// A path from the result's folder, or null.
static void write_path(struct ll_json_writer *json, const char *key, const char *file) {
    char path[LL_ARTIFACT_NAME_MAX + 16];
    snprintf(path, sizeof path, "artifacts/%s", file);
    if (*file)
        ll_json_write_string(json, key, path);
    else
        ll_json_write_null(json, key);
}

static void write_evidence(struct ll_json_writer *json, const struct ll_scenario_result *scenario,
                           const struct ll_evidence *evidence) {
    ll_json_begin_object(json, "evidence");
    ll_json_write_string(json, "url", evidence->url);
    ll_json_write_string(json, "console", evidence->console);
    ll_json_write_string(json, "requests", evidence->requests);
    write_path(json, "picture", ll_facts_file(scenario, evidence->picture));
    write_path(json, "page", ll_facts_file(scenario, evidence->page));
    write_path(json, "notes", ll_facts_file(scenario, evidence->notes));
    ll_json_write_string(json, "missing", evidence->missing);
    ll_json_end_object(json);
}

static void write_artifacts(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    ll_json_begin_array(json, "artifacts");
    for (size_t i = 0; i < scenario->artifact_count; i++) {
        const struct ll_artifact *artifact = &scenario->artifacts[i];
        ll_json_begin_object(json, NULL);
        write_path(json, "path", artifact->name);
        ll_json_write_string(json, "kind", ll_facts_artifact_kind(artifact->kind));
        ll_json_write_int(json, "bytes", (int64_t)artifact->bytes);
        ll_json_write_bool(json, "whole", artifact->is_whole);
        ll_json_write_string(json, "node", artifact->node);
        ll_json_write_string(json, "label", artifact->label);
        ll_json_write_int(json, "user_id", artifact->user_id);
        ll_json_write_int(json, "iteration", (int64_t)artifact->iteration);
        ll_json_write_int(json, "step", artifact->step);
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
        ll_json_write_int(json, "user_id", failure->user_id);
        ll_json_write_int(json, "iteration", (int64_t)failure->iteration);
        ll_json_write_int(json, "step", failure->step);
        ll_json_write_string(json, "detail", failure->detail);
        if (failure->evidence) write_evidence(json, scenario, failure->evidence);
        ll_json_end_object(json);
    }
    ll_json_end_array(json);
}

static void write_times(struct ll_json_writer *json, const struct ll_result *result,
                        const struct ll_scenario_result *scenario, uint64_t bucket_width_ms) {
    char time[LL_ISO_TIME_MAX];
    ll_text_iso_time(result->generated_at_ms, time);
    ll_json_write_string(json, "generated_at", time);
    ll_text_iso_time(scenario->started_at_ms, time);
    ll_json_write_string(json, "started_at", time);
    ll_json_write_string(json, "liveload_version", result->liveload_version);
    ll_json_write_int(json, "bucket_width_ms", (int64_t)bucket_width_ms);
    ll_json_begin_array(json, "quantile_points");
    for (int i = 0; i < LL_CURVE_POINTS; i++) ll_json_write_number(json, NULL, i / (LL_CURVE_POINTS - 1.0));
    ll_json_end_array(json);
}

static void write_scenario(struct ll_json_writer *json, const struct ll_result *result,
                           const struct ll_scenario_result *scenario) {
    ll_json_begin_object(json, NULL);
    ll_json_write_string(json, "name", scenario->name);
    if (scenario->error) {
        ll_json_write_string(json, "error", scenario->error);
    } else {
        struct ll_spans spans =
            ll_spans_make(scenario->buckets, scenario->bucket_count, scenario->bucket_width_ms, LL_RESULT_BUCKETS_MAX);
        write_times(json, result, scenario, spans.width_ms);
        write_verdict(json, scenario);
        write_thresholds(json, scenario);
        write_lacking(json, scenario);
        write_failures(json, scenario);
        write_artifacts(json, scenario);
        write_global(json, scenario, &spans);
        ll_json_begin_array(json, "nodes");
        for (size_t i = 0; i < scenario->node_count; i++) write_node(json, &scenario->nodes[i]);
        ll_json_end_array(json);
        ll_spans_fini(&spans);
    }
    ll_json_end_object(json);
}

static ll_err write_json(const struct ll_result *result, struct ll_buf *out) {
    struct ll_json_writer json = ll_json_writer_make(out);
    ll_json_begin_array(&json, NULL);
    for (size_t i = 0; i < result->scenario_count; i++) write_scenario(&json, result, &result->scenarios[i]);
    ll_json_end_array(&json);
    ll_buf_text(out, "\n");
    if (out->overflowed)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the JSON report would be larger than %zu bytes", out->max);
    return LL_SUCCESS;
}

const struct ll_reporter ll_reporter_json = {
    .format = "json",
    .file_name = "result.json",
    .about = "every figure, in the shape of docs/RESULTS.md",
    .write = write_json,
};
