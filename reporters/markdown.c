// report.md: what fits in a comment on a pull request.
//
// Names and errors come from scenarios and from the tested site: they stand in code spans, where nothing is markup,
// or with every mark escaped, so that no name can mention people, draw images or break a table.
#include "reporters/facts.h"
#include "reporters/reporter.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

enum {
    ROWS_MAX = 30, // of a table: the other reports hold all
    REASON_MAX_BYTES = 64 * 1024,
};

// Free text with every mark escaped; control characters become spaces.
static void append_text(struct ll_buf *out, const char *text) {
    for (const char *at = text; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c < ' ')
            ll_buf_text(out, " ");
        else if (c == '@')
            ll_buf_text(out, "@\xE2\x80\x8B"); // a zero-width space, so that it mentions nobody
        else if (ispunct(c) && !strchr(".,;:%/()'=-", c))
            ll_buf_printf(out, "\\%c", c);
        else
            ll_buf_append(out, at, 1);
    }
}

// A code span (CommonMark 6.1) that also holds in a table cell: its fence is longer than any run of backticks inside.
static void append_code(struct ll_buf *out, const char *text) {
    size_t run = 0, longest = 0;
    for (const char *at = text; *at; at++) {
        run = *at == '`' ? run + 1 : 0;
        if (run > longest) longest = run;
    }
    if (!*text) {
        ll_buf_text(out, "(none)");
        return;
    }
    for (size_t i = 0; i <= longest; i++) ll_buf_text(out, "`");
    if (longest) ll_buf_text(out, " ");
    for (const char *at = text; *at; at++) {
        if ((unsigned char)*at < ' ')
            ll_buf_text(out, " ");
        else if (*at == '|') // escaped, it ends no cell; behind a backslash even that would not help
            ll_buf_text(out, at > text && at[-1] == '\\' ? "\xE2\x88\xA3" : "\\|");
        else
            ll_buf_append(out, at, 1);
    }
    if (longest) ll_buf_text(out, " ");
    for (size_t i = 0; i <= longest; i++) ll_buf_text(out, "`");
}

static void append_us(struct ll_buf *out, double us) {
    char text[LL_FACTS_VALUE_BYTES];
    ll_facts_value(LL_UNIT_US, us, text);
    ll_buf_text(out, text);
}

static void write_head(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    struct ll_buf reason = ll_buf_make(REASON_MAX_BYTES);
    ll_facts_reason(scenario, &reason);
    ll_buf_text(out, "## ");
    append_code(out, scenario->name);
    ll_buf_printf(out, ": %s\n\n", scenario->error ? "NOT RUN" : ll_verdict_name(scenario->verdict));
    append_text(out, scenario->error ? scenario->error : ll_buf_str(&reason));
    ll_buf_text(out, "\n");
    size_t listed = 0;
    for (size_t i = 0; i < scenario->remark_count; i++) {
        if (strstr(ll_buf_str(&reason), scenario->remarks[i])) continue;
        ll_buf_text(out, listed++ ? "- " : "\n- ");
        append_text(out, scenario->remarks[i]);
        ll_buf_text(out, "\n");
    }
    ll_buf_fini(&reason);
}

static void write_iterations(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    struct ll_iterations iterations = ll_facts_iterations(scenario);
    double seconds = (double)scenario->duration_ms / 1000;
    ll_buf_printf(out, "| iterations | %" PRIu64 " completed, %" PRIu64 " failed, %" PRIu64 " interrupted",
                  iterations.completed, iterations.failed, iterations.interrupted);
    if (seconds > 0) {
        char rate[LL_FACTS_VALUE_BYTES];
        ll_facts_value(LL_UNIT_NONE, (double)iterations.completed / seconds, rate);
        ll_buf_printf(out, "; %s/s", rate);
    }
    ll_buf_text(out, " |\n| iteration duration | ");
    struct ll_curve curve;
    ll_facts_curve(scenario->total, LL_METRIC_ITERATION_DURATION, &curve);
    if (curve.count) {
        ll_buf_text(out, "p50 ");
        append_us(out, curve.values[50]);
        ll_buf_text(out, ", p95 ");
        append_us(out, curve.values[95]);
        ll_buf_text(out, ", p99 ");
        append_us(out, curve.values[99]);
    } else {
        ll_buf_text(out, "no iteration completed");
    }
    ll_buf_text(out, " |\n");
}

static void write_figures(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    uint64_t passed = ll_facts_count(scenario->total, LL_METRIC_CHECKS_PASSED);
    uint64_t failed = ll_facts_count(scenario->total, LL_METRIC_CHECKS_FAILED);
    ll_buf_printf(out, "\n| | |\n|---|---|\n| users | %" PRIu32 " (%" PRIu32 " with a failed iteration) on %zu %s, ",
                  scenario->users_total, scenario->users_failed, scenario->node_count,
                  ll_facts_plural(scenario->node_count, "agent", "agents"));
    append_us(out, (double)scenario->duration_ms * 1000);
    ll_buf_text(out, " |\n");
    write_iterations(scenario, out);
    ll_buf_printf(out, "| generator | %s", ll_generator_verdict_name(scenario->generator.verdict));
    if (scenario->generator.has_share)
        ll_buf_printf(out, ": %.1f %% of the p95 of iterations is its own", scenario->generator.share * 100);
    ll_buf_text(out, " |\n");
    if (passed + failed)
        ll_buf_printf(out, "| checks | %" PRIu64 " of %" PRIu64 " passed |\n", passed, passed + failed);
    if (ll_scenario_result_lacks(scenario, LL_METRIC_HTTP_REQUESTS)) {
        ll_buf_text(out, "| HTTP | " LL_NOT_MEASURED_TEXT " |\n");
        return;
    }
    ll_buf_printf(out, "| HTTP | %" PRIu64 " requests, %" PRIu64 " of them failed |\n",
                  ll_facts_requests(scenario->total), ll_facts_count(scenario->total, LL_METRIC_HTTP_REQUEST_FAILURES));
}

static void write_thresholds(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    if (scenario->threshold_count == 0) return;
    ll_buf_text(out, "\n### Thresholds\n\n| threshold | observed | |\n|---|--:|---|\n");
    for (size_t i = 0; i < scenario->threshold_count; i++) {
        const struct ll_threshold_outcome *outcome = &scenario->thresholds[i];
        ll_buf_text(out, "| ");
        append_code(out, outcome->expression);
        ll_buf_text(out, " | ");
        append_text(out, ll_facts_observed(outcome));
        ll_buf_printf(out, " | %s |\n", outcome->held ? "held" : "**failed**");
    }
}

static void write_steps(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    static const int percentiles[] = {50, 95, 99, 100};
    const struct ll_series *steps[LL_SERIES_OF_METRIC_MAX];
    size_t rows = ll_facts_in_order(scenario->total, LL_METRIC_STEP_DURATION, steps);
    if (rows > 0)
        ll_buf_text(out, "\n### Steps\n\n| step | count | p50 | p95 | p99 | max |\n|---|--:|--:|--:|--:|--:|\n");
    for (size_t row = 0; row < rows && row < ROWS_MAX; row++) {
        struct ll_curve curve;
        ll_curve_from_sketch(&steps[row]->sketch, &curve);
        ll_buf_text(out, "| ");
        append_code(out, steps[row]->label);
        ll_buf_printf(out, " | %" PRIu64, curve.count);
        for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++) {
            ll_buf_text(out, " | ");
            append_us(out, curve.values[percentiles[i]]);
        }
        ll_buf_text(out, " |\n");
    }
    if (rows > ROWS_MAX) ll_buf_printf(out, "\nand %zu more steps\n", rows - ROWS_MAX);
}

// Links that work where the folder lies beside the report; names of files hold nothing that Markdown could mistake.
static void append_evidence(struct ll_buf *out, const struct ll_scenario_result *scenario, const char *signature) {
    const struct ll_failure_sample *shown = ll_facts_shown(scenario, signature);
    if (!shown) return;
    const char *picture = ll_facts_file(scenario, shown->evidence->picture);
    const char *notes = ll_facts_file(scenario, shown->evidence->notes);
    if (*picture) ll_buf_printf(out, " [picture](artifacts/%s)", picture);
    if (*notes) ll_buf_printf(out, " [notes](artifacts/%s)", notes);
}

// What the scenario measured itself.
static void write_custom(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    static const enum ll_metric families[] = {LL_METRIC_CUSTOM_COUNT, LL_METRIC_CUSTOM_TIME, LL_METRIC_CUSTOM_BYTES,
                                              LL_METRIC_CUSTOM_VALUE};
    static const int percentiles[] = {50, 95, 100};
    size_t rows = 0;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        const struct ll_metric_info *info = ll_metric_info(families[i]);
        size_t position = 0;
        for (const struct ll_series *series; (series = ll_facts_next(scenario->total, families[i], &position));) {
            if (rows++ == 0)
                ll_buf_text(out, "\n### Measured by the scenario\n\n| metric | count | p50 | p95 | max |\n"
                                 "|---|--:|--:|--:|--:|\n");
            if (rows > ROWS_MAX) continue;
            struct ll_curve curve;
            ll_curve_from_sketch(&series->sketch, &curve);
            ll_buf_text(out, "| ");
            append_code(out, series->label);
            ll_buf_printf(out, " | %" PRIu64, series->count + series->sketch.total);
            for (size_t k = 0; k < sizeof percentiles / sizeof *percentiles; k++) {
                char value[LL_FACTS_VALUE_BYTES] = "";
                if (info->kind == LL_KIND_HISTOGRAM) ll_facts_value(info->unit, curve.values[percentiles[k]], value);
                ll_buf_printf(out, " | %s", value);
            }
            ll_buf_text(out, " |\n");
        }
    }
    if (rows > ROWS_MAX) ll_buf_printf(out, "\nand %zu more metrics\n", rows - ROWS_MAX);
}

static void write_errors(const struct ll_scenario_result *scenario, struct ll_buf *out) {
    const struct ll_series *top[ROWS_MAX];
    size_t all;
    size_t count = ll_facts_largest(scenario->total, LL_METRIC_ITERATIONS_FAILED, top, ROWS_MAX, &all);
    if (count) ll_buf_text(out, "\n### Errors\n\n| failed iterations | error |\n|--:|---|\n");
    for (size_t i = 0; i < count; i++) {
        ll_buf_printf(out, "| %" PRIu64 " | ", top[i]->count);
        append_code(out, top[i]->label);
        append_evidence(out, scenario, top[i]->label);
        ll_buf_text(out, " |\n");
    }
    if (all > count) ll_buf_printf(out, "\nand %zu more errors\n", all - count);
}

static ll_err write_markdown(const struct ll_result *result, struct ll_buf *out) {
    if (result->scenario_count == 0) ll_buf_text(out, "This result holds no scenario.\n");
    for (size_t i = 0; i < result->scenario_count; i++) {
        const struct ll_scenario_result *scenario = &result->scenarios[i];
        if (i > 0) ll_buf_text(out, "\n");
        write_head(scenario, out);
        if (scenario->error) continue;
        write_figures(scenario, out);
        write_thresholds(scenario, out);
        write_steps(scenario, out);
        write_custom(scenario, out);
        write_errors(scenario, out);
    }
    ll_buf_printf(out, "\nLiveLoad %s\n", result->liveload_version);
    if (out->overflowed)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the Markdown report would be larger than %zu bytes", out->max);
    return LL_SUCCESS;
}

const struct ll_reporter ll_reporter_markdown = {
    .format = "md",
    .file_name = "report.md",
    .about = "a summary for a comment on a pull request",
    .write = write_markdown,
};
