// A result on disk: the magic, then one zstd frame. Its forms on the wire are in result_wire.c.
#include "libcommon/model/result.h"

#include "libcommon/base/alloc.h"
#include "libcommon/codec/frame.h"
#include "libcommon/model/file.h"
#include "libcommon/model/result_wire.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REMARK_BYTES_MAX = 1000 }; // an ll_err's sentence and twice as much around it

static const char magic[] = {'L', 'L', 'R', '1'};

void ll_window_fini(struct ll_window *window) {
    ll_series_set_free(&window->series);
    *window = (struct ll_window){.series = NULL};
}

static void free_windows(struct ll_window *windows, size_t count) {
    for (size_t i = 0; i < count; i++) ll_window_fini(&windows[i]);
    free(windows);
}

void ll_node_result_fini(struct ll_node_result *node) {
    free(node->name);
    free(node->error);
    free(node->browser);
    ll_series_set_free(&node->total);
    free_windows(node->windows, node->window_count);
    *node = (struct ll_node_result){.name = NULL};
}

static void free_sentences(char **sentences, size_t count) {
    for (size_t i = 0; i < count; i++) free(sentences[i]);
    free(sentences);
}

void ll_scenario_result_fini(struct ll_scenario_result *scenario) {
    free(scenario->name);
    free(scenario->error);
    ll_series_set_free(&scenario->total);
    free_windows(scenario->buckets, scenario->bucket_count);
    for (size_t i = 0; i < scenario->node_count; i++) ll_node_result_fini(&scenario->nodes[i]);
    free(scenario->nodes);
    for (size_t i = 0; i < scenario->threshold_count; i++) ll_threshold_outcome_fini(&scenario->thresholds[i]);
    free(scenario->thresholds);
    ll_failure_samples_free(scenario->failures, scenario->failure_count);
    free_sentences(scenario->remarks, scenario->remark_count);
    free_sentences(scenario->generator.reasons, scenario->generator.reason_count);
    ll_spec_fini(&scenario->spec);
    free(scenario->artifacts);
    *scenario = (struct ll_scenario_result){.name = NULL};
}

void ll_result_fini(struct ll_result *result) {
    free(result->liveload_version);
    for (size_t i = 0; i < result->scenario_count; i++) ll_scenario_result_fini(&result->scenarios[i]);
    free(result->scenarios);
    *result = (struct ll_result){.liveload_version = NULL};
}

bool ll_scenario_result_lacks(const struct ll_scenario_result *scenario, enum ll_metric metric) {
    size_t position = 0;
    for (const struct ll_series *series; scenario->total && (series = ll_series_next(scenario->total, &position));)
        if (series->metric == metric) return false; // ctx.http fills some of them in any case
    for (size_t i = 0; i < scenario->node_count; i++)
        if (scenario->nodes[i].coverage.of[metric] != LL_COVERAGE_LACKING) return false;
    return scenario->node_count > 0;
}

bool ll_scenario_result_estimates(const struct ll_scenario_result *scenario, enum ll_metric metric) {
    for (size_t i = 0; i < scenario->node_count; i++)
        if (scenario->nodes[i].coverage.of[metric] == LL_COVERAGE_ESTIMATED) return true;
    return false;
}

static void add_sentence(char ***sentences, size_t *count, const char *sentence) {
    if (*count == LL_RESULT_REMARKS_MAX) return; // the first ones say enough
    *sentences = ll_realloc(*sentences, *count + 1, sizeof **sentences);
    (*sentences)[(*count)++] = ll_strdup(sentence);
}

void ll_scenario_result_add_remark(struct ll_scenario_result *scenario, const char *format, ...) {
    char text[REMARK_BYTES_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    add_sentence(&scenario->remarks, &scenario->remark_count, text);
}

void ll_scenario_result_blame_generator(struct ll_scenario_result *scenario, enum ll_generator_verdict verdict,
                                        const char *format, ...) {
    struct ll_generator *generator = &scenario->generator;
    char text[REMARK_BYTES_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (verdict > generator->verdict) generator->verdict = verdict;
    add_sentence(&generator->reasons, &generator->reason_count, text);
    add_sentence(&scenario->remarks, &scenario->remark_count, text);
}

bool ll_scenario_result_judges_failing(const struct ll_scenario_result *scenario) {
    for (size_t i = 0; i < scenario->threshold_count; i++) {
        struct ll_threshold threshold;
        const char *expression = scenario->thresholds[i].expression;
        if (ll_threshold_parse(expression, &scenario->spec.metrics, &threshold).status != LL_OK) continue;
        if (threshold.metric == LL_METRIC_ITERATIONS_FAILED || threshold.metric == LL_METRIC_ITERATIONS_COMPLETED)
            return true;
    }
    return false;
}

bool ll_scenario_result_only_failed(const struct ll_scenario_result *scenario) {
    return scenario->total && ll_series_total(scenario->total, LL_METRIC_ITERATIONS_FAILED) > 0 &&
           ll_series_total(scenario->total, LL_METRIC_ITERATIONS_COMPLETED) == 0 &&
           !ll_scenario_result_judges_failing(scenario);
}

void ll_scenario_result_tell_only_failed(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    unsigned long long failed = ll_series_total(scenario->total, LL_METRIC_ITERATIONS_FAILED);
    if (scenario->iterations_interrupted == 0)
        ll_buf_printf(out, "every iteration failed (%llu of %llu)", failed, failed);
    else
        ll_buf_printf(out, "no iteration completed (%llu failed)", failed);
    ll_buf_text(out, ", and no threshold judges that: read the errors; where failing is right, a threshold on "
                     "iterations_failed says so");
}

const char *ll_verdict_name(enum ll_verdict verdict) {
    switch (verdict) {
    case LL_VERDICT_PASSED:
        return "PASSED";
    case LL_VERDICT_DEGRADED:
        return "DEGRADED";
    case LL_VERDICT_INVALID:
        return "INVALID";
    case LL_VERDICT_FAILED:
        return "FAILED";
    }
    return "FAILED";
}

const char *ll_generator_verdict_name(enum ll_generator_verdict verdict) {
    switch (verdict) {
    case LL_GENERATOR_UNKNOWN:
        return "UNKNOWN";
    case LL_GENERATOR_VALID:
        return "VALID";
    case LL_GENERATOR_DEGRADED:
        return "DEGRADED";
    case LL_GENERATOR_INVALID:
        return "INVALID";
    }
    return "UNKNOWN";
}

ll_err ll_result_pack(const struct ll_result *result, struct ll_buf *out) {
    struct ll_buf content = ll_buf_make(LL_RESULT_CONTENT_MAX);
    ll_wire_result_pack(result, &content);
    size_t before = out->len;
    ll_buf_append(out, magic, sizeof magic);
    ll_err err = LL_SUCCESS;
    if (content.overflowed || out->overflowed)
        err = ll_err_make(LL_RESOURCE_EXHAUSTED, "the result is larger than the %d MB that a result may have",
                          LL_RESULT_CONTENT_MAX >> 20);
    else
        err = ll_frame_compress(content.data, content.len, out);
    if (err.status != LL_OK) out->len = before;
    ll_buf_fini(&content);
    return err;
}

ll_err ll_result_unpack(const void *data, size_t len, struct ll_result *out) {
    if (len > LL_RESULT_FILE_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the result is larger than %d MB", LL_RESULT_FILE_MAX >> 20);
    if (len == 0) return ll_err_make(LL_DATA_LOSS, "it is empty, not a LiveLoad result");
    if (len < sizeof magic || memcmp(data, magic, sizeof magic - 1) != 0)
        return ll_err_make(LL_DATA_LOSS, "it is not a LiveLoad result: its first bytes are not \"%.*s\"",
                           (int)sizeof magic, magic);
    if (memcmp(data, magic, sizeof magic) != 0)
        return ll_err_make(LL_DATA_LOSS, "it is a LiveLoad result of another format: read it with a newer liveload");
    struct ll_buf content = ll_buf_make(LL_RESULT_CONTENT_MAX);
    ll_err err = ll_frame_decompress((const char *)data + sizeof magic, len - sizeof magic, &content);
    if (err.status == LL_DATA_LOSS)
        err = ll_err_make(LL_DATA_LOSS, "the result is damaged or cut short: if it was copied here, copy it again");
    if (err.status == LL_OK) err = ll_wire_result_unpack(content.data, content.len, out);
    ll_buf_fini(&content);
    return err;
}

ll_err ll_result_read_file(const char *path, struct ll_result *out) {
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    ll_err err = ll_file_read(path, &file);
    if (err.status == LL_OK) err = ll_err_in(ll_result_unpack(file.data, file.len, out), "%s", path);
    ll_buf_fini(&file);
    return err;
}

ll_err ll_result_write_file(const char *path, const struct ll_result *result) {
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    ll_err err = ll_err_in(ll_result_pack(result, &file), "%s", path);
    if (err.status == LL_OK) err = ll_file_replace(path, file.data, file.len);
    ll_buf_fini(&file);
    return err;
}
