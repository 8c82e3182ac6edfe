#include "reporters/page_series.h"

#include "libcommon/base/alloc.h"
#include "reporters/facts.h"
#include "reporters/spans.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    SPANS_MAX = 60,      // points of a line, at most, in a long run
    SPANS_MIN = 10,      // and in one of few iterations
    SPAN_ITERATIONS = 5, // that a span should hold on average
    STEPS_MAX = 5,
};

enum column {
    COLUMN_USERS,
    COLUMN_ITERATIONS,
    COLUMN_FAILED,
    COLUMN_P50,
    COLUMN_P95,
    COLUMN_P99,
    COLUMN_REQUESTS,
    COLUMN_REQUEST_FAILURES,
    COLUMN_STEPS, // and STEPS_MAX - 1 after it
    COLUMNS = COLUMN_STEPS + STEPS_MAX,
};

static const char *const column_names[COLUMN_STEPS] = {
    "active_users",  "iterations_per_s", "failed_per_s",   "iteration_p50",
    "iteration_p95", "iteration_p99",    "requests_per_s", "request_failures_per_s",
};

struct chart_data {
    size_t rows;
    uint64_t width_ms;
    double values[COLUMNS][SPANS_MAX]; // NAN: nothing to show
    const struct ll_series *steps[STEPS_MAX];
    size_t step_count;
};

static double p95_of(const struct ll_series *step) {
    return ll_sketch_quantile(&step->sketch, 0.95);
}

// The slowest steps by p95 over the whole run, slowest first.
static void find_slowest_steps(const struct ll_series_set *total, struct chart_data *data) {
    size_t position = 0;
    for (const struct ll_series *step; (step = ll_facts_next(total, LL_METRIC_STEP_DURATION, &position));) {
        size_t at = data->step_count;
        while (at > 0 && p95_of(step) > p95_of(data->steps[at - 1])) at--;
        if (at == STEPS_MAX) continue;
        if (data->step_count < STEPS_MAX) data->step_count++;
        for (size_t i = data->step_count - 1; i > at; i--) data->steps[i] = data->steps[i - 1];
        data->steps[at] = step;
    }
}

// A row of a span in which nothing happened: rates of zero, and no percentiles.
static void clear_row(struct chart_data *data, size_t row) {
    for (size_t column = 0; column < COLUMNS; column++) {
        bool is_percentile = column >= COLUMN_STEPS || (column >= COLUMN_P50 && column <= COLUMN_P99);
        data->values[column][row] = is_percentile ? NAN : 0;
    }
}

static void fill_row(struct chart_data *data, size_t row, const struct ll_window *span) {
    double seconds = (double)data->width_ms / 1000;
    struct ll_curve iteration;
    ll_facts_curve(span->series, LL_METRIC_ITERATION_DURATION, &iteration);
    data->values[COLUMN_USERS][row] = span->active_users;
    data->values[COLUMN_ITERATIONS][row] =
        (double)ll_facts_count(span->series, LL_METRIC_ITERATIONS_COMPLETED) / seconds;
    data->values[COLUMN_FAILED][row] = (double)ll_facts_count(span->series, LL_METRIC_ITERATIONS_FAILED) / seconds;
    data->values[COLUMN_REQUESTS][row] = (double)ll_facts_requests(span->series) / seconds;
    data->values[COLUMN_REQUEST_FAILURES][row] =
        (double)ll_facts_count(span->series, LL_METRIC_HTTP_REQUEST_FAILURES) / seconds;
    if (iteration.count) {
        data->values[COLUMN_P50][row] = iteration.values[50];
        data->values[COLUMN_P95][row] = iteration.values[95];
        data->values[COLUMN_P99][row] = iteration.values[99];
    }
    for (size_t i = 0; i < data->step_count; i++) {
        const struct ll_series *step = ll_series_find(span->series, LL_METRIC_STEP_DURATION, data->steps[i]->label);
        if (step && step->sketch.total) data->values[COLUMN_STEPS + i][row] = p95_of(step);
    }
}

// Few iterations are drawn in few spans, so that most spans hold some and lines do not fall apart.
static size_t spans_wanted(const struct ll_scenario_result *scenario) {
    uint64_t wanted = ll_facts_count(scenario->total, LL_METRIC_ITERATIONS_COMPLETED) / SPAN_ITERATIONS;
    return wanted < SPANS_MIN ? SPANS_MIN : wanted > SPANS_MAX ? SPANS_MAX : (size_t)wanted;
}

static void collect(const struct ll_scenario_result *scenario, struct chart_data *data) {
    struct ll_spans spans =
        ll_spans_make(scenario->buckets, scenario->bucket_count, scenario->bucket_width_ms, spans_wanted(scenario));
    struct ll_window span;
    data->rows = (size_t)spans.count;
    data->width_ms = spans.width_ms;
    for (size_t row = 0; row < data->rows; row++) clear_row(data, row);
    while (ll_spans_next(&spans, &span)) fill_row(data, (size_t)(span.offset_ms / spans.width_ms), &span);
    ll_spans_fini(&spans);
}

static void write_column(struct ll_json_writer *json, const char *key, const double *values, size_t rows) {
    ll_json_begin_array(json, key);
    for (size_t row = 0; row < rows; row++) {
        char text[32];
        snprintf(text, sizeof text, "%.4g", values[row]);
        ll_json_write_raw(json, NULL, isnan(values[row]) ? "null" : text);
    }
    ll_json_end_array(json);
}

void ll_page_series_write(struct ll_json_writer *json, const struct ll_scenario_result *scenario) {
    struct chart_data *data = ll_alloc(1, sizeof *data);
    find_slowest_steps(scenario->total, data);
    collect(scenario, data);
    ll_json_begin_object(json, "series");
    ll_json_write_int(json, "width_ms", (int64_t)data->width_ms);
    ll_json_begin_array(json, "seconds");
    for (size_t row = 0; row < data->rows; row++)
        ll_json_write_number(json, NULL, (double)(row * data->width_ms) / 1000);
    ll_json_end_array(json);
    for (size_t column = 0; column < COLUMN_STEPS; column++)
        write_column(json, column_names[column], data->values[column], data->rows);
    ll_json_begin_array(json, "steps");
    for (size_t i = 0; i < data->step_count; i++) {
        ll_json_begin_array(json, NULL);
        ll_json_write_string(json, NULL, data->steps[i]->label);
        write_column(json, NULL, data->values[COLUMN_STEPS + i], data->rows);
        ll_json_end_array(json);
    }
    ll_json_end_array(json);
    ll_json_end_object(json);
    free(data);
}
