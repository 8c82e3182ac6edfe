#include "tools/liveload/closing.h"

#include "libcommon/base/text.h"

#include <stdlib.h>
#include <string.h>

enum { ERRORS_SHOWN = 10, NAME_COLUMNS = 28 };

// Pads by characters, which printf's width would count as bytes.
static void print_padded(FILE *out, const char *text, int columns) {
    int seen = 0;
    fputs(text, out);
    for (const char *at = text; *at; at++) seen += ((unsigned char)*at & 0xC0) != 0x80;
    for (; seen < columns; seen++) fputc(' ', out);
}

static void print_time(FILE *out, double us) {
    char text[40];
    int seen = 0;
    ll_text_duration_us(us, text, sizeof text);
    for (const char *at = text; *at; at++) seen += ((unsigned char)*at & 0xC0) != 0x80;
    fprintf(out, "%*s%s", seen < 10 ? 10 - seen : 0, "", text);
}

static void print_row(FILE *out, const char *name, const struct ll_sketch *sketch) {
    fputs("  ", out);
    print_padded(out, name, NAME_COLUMNS);
    fprintf(out, "%8llu", (unsigned long long)sketch->total);
    print_time(out, ll_sketch_quantile(sketch, 0.5));
    print_time(out, ll_sketch_quantile(sketch, 0.95));
    print_time(out, ll_sketch_quantile(sketch, 0.99));
    print_time(out, sketch->max);
    fputc('\n', out);
}

static void print_durations(FILE *out, const struct ll_scenario_result *scenario) {
    struct ll_sketch iterations = ll_sketch_make();
    ll_series_aggregate(scenario->total, LL_METRIC_ITERATION_DURATION, &iterations);
    fputs("\n  ", out);
    print_padded(out, "", NAME_COLUMNS);
    fprintf(out, "%8s%10s%10s%10s%10s\n", "count", "p50", "p95", "p99", "max");
    if (iterations.total > 0)
        print_row(out, "iteration", &iterations);
    else
        fputs("  no iteration was completed\n", out);
    ll_sketch_fini(&iterations);
    const struct ll_series *steps[LL_SERIES_OF_METRIC_MAX];
    size_t count = ll_series_in_order(scenario->total, LL_METRIC_STEP_DURATION, steps);
    for (size_t i = 0; i < count; i++) {
        char name[LL_LABEL_BYTES_MAX + 8];
        snprintf(name, sizeof name, "  %s", steps[i]->label);
        print_row(out, name, &steps[i]->sketch);
    }
}

static void print_counts(FILE *out, const struct ll_scenario_result *scenario) {
    const struct ll_series_set *total = scenario->total;
    unsigned long long requests = ll_threshold_requests(total);
    unsigned long long broken = ll_series_total(total, LL_METRIC_HTTP_REQUEST_FAILURES);
    unsigned long long held = ll_series_total(total, LL_METRIC_CHECKS_PASSED);
    unsigned long long missed = ll_series_total(total, LL_METRIC_CHECKS_FAILED);
    fprintf(out, "\n  iterations  %llu completed, %llu failed, %llu interrupted\n",
            (unsigned long long)ll_series_total(total, LL_METRIC_ITERATIONS_COMPLETED),
            (unsigned long long)ll_series_total(total, LL_METRIC_ITERATIONS_FAILED),
            (unsigned long long)scenario->iterations_interrupted);
    if (ll_scenario_result_lacks(scenario, LL_METRIC_HTTP_REQUESTS))
        fputs("  requests    " LL_NOT_MEASURED_TEXT "\n", out);
    else
        fprintf(out, "  requests    %llu, %llu of them failed\n", requests, broken);
    if (held + missed > 0) fprintf(out, "  checks      %llu passed, %llu failed\n", held, missed);
}

static void print_thresholds(FILE *out, const struct ll_scenario_result *scenario) {
    if (scenario->threshold_count > 0) fputs("\n  thresholds\n", out);
    for (size_t i = 0; i < scenario->threshold_count; i++) {
        const struct ll_threshold_outcome *outcome = &scenario->thresholds[i];
        fprintf(out, "  %s  ", outcome->held ? "ok    " : "FAILED");
        print_padded(out, outcome->expression, 48);
        fprintf(out, "  %s\n", outcome->observed_text[0] ? outcome->observed_text : "no data");
    }
}

static int by_count(const void *left, const void *right) {
    const struct ll_series *a = *(const struct ll_series *const *)left, *b = *(const struct ll_series *const *)right;
    return (a->count < b->count) - (a->count > b->count);
}

static const struct ll_failure_sample *example_of(const struct ll_scenario_result *scenario, const char *signature) {
    for (size_t i = 0; i < scenario->failure_count; i++)
        if (strcmp(scenario->failures[i].signature, signature) == 0) return &scenario->failures[i];
    return NULL;
}

static void print_errors(FILE *out, const struct ll_scenario_result *scenario) {
    const struct ll_series *errors[LL_LABELS_MAX + 1];
    size_t count = 0, position = 0;
    for (const struct ll_series *series; (series = ll_series_next(scenario->total, &position));)
        if (series->metric == LL_METRIC_ITERATIONS_FAILED && count < LL_LABELS_MAX + 1) errors[count++] = series;
    if (count == 0) return;
    qsort(errors, count, sizeof *errors, by_count);
    fputs("\n  errors\n", out);
    for (size_t i = 0; i < count && i < ERRORS_SHOWN; i++) {
        fprintf(out, "  %6llu×  %s\n", (unsigned long long)errors[i]->count, errors[i]->label);
        const struct ll_failure_sample *example = example_of(scenario, errors[i]->label);
        if (example)
            fprintf(out, "           as user %u, iteration %llu: %s\n", example->user_id,
                    (unsigned long long)example->iteration, example->detail);
    }
    if (count > ERRORS_SHOWN) fprintf(out, "  and %zu more in the report\n", count - ERRORS_SHOWN);
}

void closing_print(FILE *out, const struct ll_scenario_result *scenario, bool is_quiet) {
    char duration[40];
    if (scenario->error) {
        fprintf(out, "%s: could not be run: %s\n", scenario->name, scenario->error);
        return;
    }
    ll_text_duration_us((double)scenario->duration_ms * 1000, duration, sizeof duration);
    fprintf(out, "%s: %s  (%u user%s on %zu agent%s, %s%s)\n", scenario->name, ll_verdict_name(scenario->verdict),
            scenario->users_total, scenario->users_total == 1 ? "" : "s", scenario->node_count,
            scenario->node_count == 1 ? "" : "s", duration, scenario->stopped_early ? ", stopped early" : "");
    for (size_t i = 0; i < scenario->remark_count; i++) fprintf(out, "  %s\n", scenario->remarks[i]);
    if (is_quiet) return;
    print_durations(out, scenario);
    print_counts(out, scenario);
    print_thresholds(out, scenario);
    print_errors(out, scenario);
}
