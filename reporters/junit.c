// junit.xml: what CI systems show as tests. One suite per scenario; docs/RESULTS.md says what fails a case.
//
// It has to hold against the schema of Jenkins' xUnit plugin (tests/golden/report_junit-10.xsd).
#include "libcommon/base/text.h"
#include "reporters/facts.h"
#include "reporters/reporter.h"
#include "reporters/xml.h"

#include "libcommon/base/alloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    SUITE_MAX_BYTES = 64 * 1024 * 1024,
    SIGNATURES_MAX = 10, // in the text of one failure
};

// A suite's cases are written first, and counted, since its opening tag states how many there are.
struct suite {
    const struct ll_scenario_result *scenario;
    struct ll_buf cases;
    unsigned tests, failures, errors;
};

static void attribute(struct ll_buf *out, const char *name, const char *value) {
    ll_buf_printf(out, " %s=\"", name);
    ll_xml_escape(out, value);
    ll_buf_text(out, "\"");
}

static void case_open(struct suite *suite, const char *group, const char *name, double seconds) {
    char *class_name = ll_format("%s.%s", suite->scenario->name, group);
    suite->tests++;
    ll_buf_text(&suite->cases, "    <testcase");
    attribute(&suite->cases, "name", name);
    attribute(&suite->cases, "classname", class_name);
    ll_buf_printf(&suite->cases, " time=\"%.3f\">\n", seconds);
    free(class_name);
}

static void case_close(struct suite *suite) {
    ll_buf_text(&suite->cases, "    </testcase>\n");
}

// Where a picture, or else notes, of the failure can be found, and the page it happened on.
static void append_evidence(struct suite *suite, const char *signature) {
    const struct ll_failure_sample *shown = ll_facts_shown(suite->scenario, signature);
    if (!shown) return;
    const char *file = ll_facts_file(suite->scenario, shown->evidence->picture);
    if (!*file) file = ll_facts_file(suite->scenario, shown->evidence->notes);
    if (shown->evidence->url[0]) {
        ll_buf_text(&suite->cases, "\n    on ");
        ll_xml_escape(&suite->cases, shown->evidence->url);
    }
    if (*file) ll_buf_printf(&suite->cases, "\n    see artifacts/%s", file);
}

// The error signatures of failed iterations, most frequent first.
static void append_signatures(struct suite *suite) {
    const struct ll_series *top[SIGNATURES_MAX];
    size_t all;
    size_t count = ll_facts_largest(suite->scenario->total, LL_METRIC_ITERATIONS_FAILED, top, SIGNATURES_MAX, &all);
    if (count) ll_buf_text(&suite->cases, "\nerrors of failed iterations:");
    for (size_t i = 0; i < count; i++) {
        ll_buf_printf(&suite->cases, "\n%" PRIu64 " x ", top[i]->count);
        ll_xml_escape(&suite->cases, top[i]->label);
        append_evidence(suite, top[i]->label);
    }
    if (all > count) ll_buf_printf(&suite->cases, "\nand %zu more", all - count);
}

// A failure with what was observed, the limit, and the signatures.
static void failure(struct suite *suite, const char *type, const char *observed, const char *limit) {
    char *message = ll_format("observed %s, limit %s", observed, limit);
    suite->failures++;
    ll_buf_text(&suite->cases, "      <failure");
    attribute(&suite->cases, "type", type);
    attribute(&suite->cases, "message", message);
    ll_buf_text(&suite->cases, ">observed: ");
    ll_xml_escape(&suite->cases, observed);
    ll_buf_text(&suite->cases, "\nlimit: ");
    ll_xml_escape(&suite->cases, limit);
    append_signatures(suite);
    ll_buf_text(&suite->cases, "</failure>\n");
    free(message);
}

static void error(struct suite *suite, const char *type, const char *sentence) {
    suite->errors++;
    ll_buf_text(&suite->cases, "      <error");
    attribute(&suite->cases, "type", type);
    attribute(&suite->cases, "message", sentence);
    ll_buf_text(&suite->cases, "/>\n");
}

static void said(struct suite *suite, const char *text) {
    ll_buf_text(&suite->cases, "      <system-out>");
    ll_xml_escape(&suite->cases, text);
    ll_buf_text(&suite->cases, "</system-out>\n");
}

static double run_seconds(const struct suite *suite) {
    return (double)suite->scenario->duration_ms / 1000;
}

static void threshold_cases(struct suite *suite) {
    for (size_t i = 0; i < suite->scenario->threshold_count; i++) {
        const struct ll_threshold_outcome *outcome = &suite->scenario->thresholds[i];
        case_open(suite, "thresholds", outcome->expression, run_seconds(suite));
        if (!outcome->held) failure(suite, "threshold", ll_facts_observed(outcome), outcome->expression);
        case_close(suite);
    }
}

static uint64_t count_of(const struct suite *suite, enum ll_metric metric, const char *label) {
    const struct ll_series *series = ll_series_find(suite->scenario->total, metric, label);
    return series ? series->count : 0;
}

static void check_case(struct suite *suite, const char *name) {
    uint64_t passed = count_of(suite, LL_METRIC_CHECKS_PASSED, name);
    uint64_t failed = count_of(suite, LL_METRIC_CHECKS_FAILED, name);
    char *observed = ll_format("%" PRIu64 " of %" PRIu64 " failed", failed, passed + failed);
    case_open(suite, "checks", name, run_seconds(suite));
    if (failed)
        failure(suite, "check", observed, "0 failed");
    else
        said(suite, observed);
    case_close(suite);
    free(observed);
}

static void check_cases(struct suite *suite) {
    size_t position = 0;
    const struct ll_series *series;
    while ((series = ll_facts_next(suite->scenario->total, LL_METRIC_CHECKS_FAILED, &position)))
        check_case(suite, series->label);
    position = 0;
    while ((series = ll_facts_next(suite->scenario->total, LL_METRIC_CHECKS_PASSED, &position)))
        if (!count_of(suite, LL_METRIC_CHECKS_FAILED, series->label)) check_case(suite, series->label);
}

// The failed threshold on this step, if any.
static const struct ll_threshold_outcome *failed_threshold_on(const struct suite *suite, const char *step) {
    for (size_t i = 0; i < suite->scenario->threshold_count; i++) {
        const struct ll_threshold_outcome *outcome = &suite->scenario->thresholds[i];
        struct ll_threshold threshold;
        if (outcome->held || ll_threshold_parse(outcome->expression, NULL, &threshold).status != LL_OK) continue;
        if (threshold.metric == LL_METRIC_STEP_DURATION && strcmp(threshold.label, step) == 0) return outcome;
    }
    return NULL;
}

static void step_cases(struct suite *suite) {
    const struct ll_series *steps[LL_SERIES_OF_METRIC_MAX];
    size_t count = ll_facts_in_order(suite->scenario->total, LL_METRIC_STEP_DURATION, steps);
    for (size_t i = 0; i < count; i++) {
        const struct ll_series *series = steps[i];
        const struct ll_threshold_outcome *broken = failed_threshold_on(suite, series->label);
        struct ll_curve curve;
        ll_curve_from_sketch(&series->sketch, &curve);
        char p50[LL_FACTS_VALUE_BYTES], p95[LL_FACTS_VALUE_BYTES], max[LL_FACTS_VALUE_BYTES];
        ll_facts_value(LL_UNIT_US, curve.values[50], p50);
        ll_facts_value(LL_UNIT_US, curve.values[95], p95);
        ll_facts_value(LL_UNIT_US, curve.values[100], max);
        char *figures = ll_format("count %" PRIu64 ", p50 %s, p95 %s, max %s", curve.count, p50, p95, max);
        case_open(suite, "steps", series->label, curve.values[50] / 1e6);
        if (broken) failure(suite, "threshold", ll_facts_observed(broken), broken->expression);
        said(suite, figures);
        case_close(suite);
        free(figures);
    }
}

static void users_case(struct suite *suite) {
    const struct ll_scenario_result *scenario = suite->scenario;
    struct ll_iterations iterations = ll_facts_iterations(scenario);
    char *observed = ll_format("%" PRIu32 " of %" PRIu32 " users had a failed iteration (%" PRIu64 " iterations "
                               "completed, %" PRIu64 " failed, %" PRIu64 " interrupted)",
                               scenario->users_failed, scenario->users_total, iterations.completed, iterations.failed,
                               iterations.interrupted);
    case_open(suite, "run", "users", run_seconds(suite));
    if (scenario->users_failed)
        failure(suite, "users", observed, "0 users");
    else
        said(suite, observed);
    case_close(suite);
    free(observed);
}

// Where a threshold judges how iterations end, that threshold's case fails instead.
static void iterations_case(struct suite *suite) {
    struct ll_iterations iterations = ll_facts_iterations(suite->scenario);
    char *observed = ll_format("%" PRIu64 " completed, %" PRIu64 " failed, %" PRIu64 " interrupted",
                               iterations.completed, iterations.failed, iterations.interrupted);
    case_open(suite, "run", "iterations", run_seconds(suite));
    if (ll_scenario_result_only_failed(suite->scenario))
        failure(suite, "iterations", observed, "at least 1 completed");
    else
        said(suite, observed);
    case_close(suite);
    free(observed);
}

static void agent_cases(struct suite *suite) {
    for (size_t i = 0; i < suite->scenario->node_count; i++) {
        const struct ll_node_result *node = &suite->scenario->nodes[i];
        case_open(suite, "agents", node->name, (double)node->duration_ms / 1000);
        if (node->lost)
            failure(suite, "agent", node->error ? node->error : "lost during the run", "an agent that stays");
        else if (node->error)
            failure(suite, "agent", node->error, "no error");
        case_close(suite);
    }
}

// Remarks and the verdict belong to no case: they stand at the suite's end.
static void append_verdict(const struct suite *suite, struct ll_buf *out) {
    struct ll_buf reason = ll_buf_make(64 * 1024);
    ll_facts_reason(suite->scenario, &reason);
    ll_buf_printf(out, "    <system-out>%s: ", ll_verdict_name(suite->scenario->verdict));
    ll_xml_escape(out, ll_buf_str(&reason));
    ll_buf_fini(&reason);
    for (size_t i = 0; i < suite->scenario->remark_count; i++) {
        ll_buf_text(out, "\n");
        ll_xml_escape(out, suite->scenario->remarks[i]);
    }
    ll_buf_text(out, "</system-out>\n");
}

static void suite_cases(struct suite *suite) {
    if (suite->scenario->error) {
        case_open(suite, "run", "run", run_seconds(suite));
        error(suite, "run", suite->scenario->error);
        case_close(suite);
        return;
    }
    threshold_cases(suite);
    check_cases(suite);
    step_cases(suite);
    users_case(suite);
    iterations_case(suite);
    agent_cases(suite);
}

static void write_suite(const struct ll_scenario_result *scenario, size_t id, struct ll_buf *out) {
    struct suite suite = {.scenario = scenario, .cases = ll_buf_make(SUITE_MAX_BYTES)};
    char time[LL_ISO_TIME_MAX];
    suite_cases(&suite);
    ll_text_iso_time(scenario->started_at_ms, time);
    ll_buf_text(out, "  <testsuite");
    attribute(out, "name", scenario->name);
    ll_buf_printf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"0\"", suite.tests, suite.failures,
                  suite.errors);
    ll_buf_printf(out, " time=\"%.3f\" timestamp=\"%.19s\" id=\"%zu\">\n", run_seconds(&suite), time, id);
    ll_buf_append(out, ll_buf_str(&suite.cases), suite.cases.len);
    if (!scenario->error) append_verdict(&suite, out);
    ll_buf_text(out, "  </testsuite>\n");
    if (suite.cases.overflowed) out->overflowed = true;
    ll_buf_fini(&suite.cases);
}

static ll_err write_junit(const struct ll_result *result, struct ll_buf *out) {
    ll_buf_text(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"liveload\">\n");
    for (size_t i = 0; i < result->scenario_count; i++) write_suite(&result->scenarios[i], i, out);
    if (result->scenario_count == 0) {
        struct ll_scenario_result none = {.name = "liveload", .error = "this result holds no scenario"};
        write_suite(&none, 0, out);
    }
    ll_buf_text(out, "</testsuites>\n");
    if (out->overflowed)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the JUnit report would be larger than %zu bytes", out->max);
    return LL_SUCCESS;
}

const struct ll_reporter ll_reporter_junit = {
    .format = "junit",
    .file_name = "junit.xml",
    .about = "a case for each threshold, check, step and agent",
    .write = write_junit,
};
