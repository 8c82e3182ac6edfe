#include "libcommon/model/threshold.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

Test(threshold, expressions_as_people_write_them) {
    static const struct {
        const char *text;
        enum ll_metric metric;
        const char *label;
        enum ll_threshold_fn fn;
        double percentile;
        enum ll_threshold_op op;
        double value;
    } cases[] = {
        {"iteration_duration_us: p95 < 2s", LL_METRIC_ITERATION_DURATION, "", LL_FN_PERCENTILE, 95, LL_OP_LT, 2e6},
        {"iteration_duration_us:p99.9<=1.5m", LL_METRIC_ITERATION_DURATION, "", LL_FN_PERCENTILE, 99.9, LL_OP_LE, 90e6},
        {"  iteration_duration_us : p0 >= 250 ", LL_METRIC_ITERATION_DURATION, "", LL_FN_PERCENTILE, 0, LL_OP_GE, 250},
        {"iteration_duration_us: max == 7 us", LL_METRIC_ITERATION_DURATION, "", LL_FN_MAX, 0, LL_OP_EQ, 7},
        {"step_duration_us{add to cart}: p100 < 2.5ms", LL_METRIC_STEP_DURATION, "add to cart", LL_FN_PERCENTILE, 100,
         LL_OP_LT, 2500},
        {"step_duration_us{GET /users/{id}}: p95 < 5s", LL_METRIC_STEP_DURATION, "GET /users/{id}", LL_FN_PERCENTILE,
         95, LL_OP_LT, 5e6},
        {"step_duration_us{a}b} : max < 5s", LL_METRIC_STEP_DURATION, "a}b", LL_FN_MAX, 0, LL_OP_LT, 5e6},
        {"step_duration_us{a}: p95 < 1s: b}: max < 5s", LL_METRIC_STEP_DURATION, "a}: p95 < 1s: b", LL_FN_MAX, 0,
         LL_OP_LT, 5e6},
        {"websocket_frame_sent_bytes{ws://h:1/a{b: c}: mean > 1KB", LL_METRIC_WEBSOCKET_FRAME_SENT, "ws://h:1/a{b: c",
         LL_FN_MEAN, 0, LL_OP_GT, 1000},
        {"http_request_bytes: min > 2MB", LL_METRIC_HTTP_REQUEST_BYTES, "", LL_FN_MIN, 0, LL_OP_GT, 2e6},
        {"http_request_bytes: min > 3 B", LL_METRIC_HTTP_REQUEST_BYTES, "", LL_FN_MIN, 0, LL_OP_GT, 3},
        {"iterations_failed: rate < 1%", LL_METRIC_ITERATIONS_FAILED, "", LL_FN_RATE, 0, LL_OP_LT, 0.01},
        {"iterations_failed: rate < 0.01", LL_METRIC_ITERATIONS_FAILED, "", LL_FN_RATE, 0, LL_OP_LT, 0.01},
        {"checks_failed: rate < 7%", LL_METRIC_CHECKS_FAILED, "", LL_FN_RATE, 0, LL_OP_LT, 0.07},
        {"iterations_completed: rate > 12.5", LL_METRIC_ITERATIONS_COMPLETED, "", LL_FN_RATE, 0, LL_OP_GT, 12.5},
        {"step_duration_us: count > 100", LL_METRIC_STEP_DURATION, "", LL_FN_COUNT, 0, LL_OP_GT, 100},
        {"iterations_failed{click: timed out}: count < 3", LL_METRIC_ITERATIONS_FAILED, "click: timed out", LL_FN_COUNT,
         0, LL_OP_LT, 3},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ll_threshold threshold;
        ll_err err = ll_threshold_parse(cases[i].text, NULL, &threshold);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        cr_expect(eq(int, threshold.metric, cases[i].metric), "%s", cases[i].text);
        cr_expect(eq(str, threshold.label, (char *)cases[i].label), "%s", cases[i].text);
        cr_expect(eq(int, threshold.fn, cases[i].fn), "%s", cases[i].text);
        cr_expect(eq(dbl, threshold.percentile, cases[i].percentile), "%s", cases[i].text);
        cr_expect(eq(int, threshold.op, cases[i].op), "%s", cases[i].text);
        cr_expect(eq(dbl, threshold.value, cases[i].value), "%s", cases[i].text);
    }
}

Test(threshold, errors_name_the_part_and_the_way_out) {
    static const struct {
        const char *text, *error;
    } cases[] = {
        {"", "it starts with no metric: write it like \"iteration_duration_us: p95 < 2s\""},
        {": p95 < 2s", "it starts with no metric: write it like \"iteration_duration_us: p95 < 2s\""},
        {"iteration_durations_us: p95 < 2s",
         "there is no metric \"iteration_durations_us\": did you mean \"iteration_duration_us\"?"},
        {"zzz: p95 < 2s", "there is no metric \"zzz\": docs/METRICS.md lists them, and ll.counter and ll.histogram "
                          "declare further ones"},
        {"iteration_duration_us p95 < 2s", "a colon is missing: write it like \"iteration_duration_us: p95 < 2s\""},
        {"http_request_bytes p95", "a colon is missing: write it like \"http_request_bytes: p95 < 500KB\""},
        {"web_vital_cls p95", "a colon is missing: write it like \"web_vital_cls: p95 < 100\""},
        {"web_vital_cls: p75 < 0.1", "web_vital_cls is a page's CLS times 1,000: write 100 for 0.1"},
        {"iterations_completed", "a colon is missing: write it like \"iterations_completed: count < 10\""},
        {"iterations_completed{a}: count > 1", "iterations_completed has no dimension: leave the {…} out"},
        {"step_duration_us{a: p95 < 2s", "the { after step_duration_us has no }"},
        {"step_duration_us{}: p95 < 2s", "the {} after step_duration_us is empty: put the step there, or leave it out"},
        {"step_duration_us{a}b: p95 < 2s", "a colon is missing: write it like \"step_duration_us: p95 < 2s\""},
        {"step_duration_us: p(95) < 2s",
         "\"p(95)\" is no function: it takes p0 to p100, min, max, mean, count or rate"},
        {"step_duration_us: p101 < 2s", "\"p101\" is no function: it takes p0 to p100, min, max, mean, count or rate"},
        {"step_duration_us: p < 2s", "\"p\" is no function: it takes p0 to p100, min, max, mean, count or rate"},
        {"step_duration_us: p9.5.1 < 2s",
         "\"p9.5.1\" is no function: it takes p0 to p100, min, max, mean, count or rate"},
        {"step_duration_us: avg < 2s", "\"avg\" is no function: it takes p0 to p100, min, max, mean, count or rate"},
        {"step_duration_us: < 2s", "\"\" is no function: it takes p0 to p100, min, max, mean, count or rate"},
        {"iterations_failed: p95 < 2", "iterations_failed is a counter: it takes count or rate"},
        {"iterations_failed: max < 2", "iterations_failed is a counter: it takes count or rate"},
        {"step_duration_us: p95 = 2s", "the comparison is missing: it takes <, <=, >, >= or =="},
        {"step_duration_us: p95 2s", "the comparison is missing: it takes <, <=, >, >= or =="},
        {"step_duration_us: p95 <", "\"\" is no value: it takes a duration in us, ms, s or m, as in 2s"},
        {"step_duration_us: p95 < fast", "\"fast\" is no value: it takes a duration in us, ms, s or m, as in 2s"},
        {"step_duration_us: p95 < -1s", "\"-1s\" is no value: it takes a duration in us, ms, s or m, as in 2s"},
        {"step_duration_us: p95 < 1e3", "\"1e3\" is no value: it takes a duration in us, ms, s or m, as in 2s"},
        {"step_duration_us: p95 < 0x10", "\"0x10\" is no value: it takes a duration in us, ms, s or m, as in 2s"},
        {"step_duration_us: p95 < 2h", "\"h\" does not fit here: it takes a duration in us, ms, s or m, as in 2s"},
        {"step_duration_us: p95 < 2s max < 3s",
         "\"s max < 3s\" does not fit here: it takes a duration in us, ms, s or m, as in 2s"},
        {"step_duration_us: p95 < 2KB", "\"KB\" does not fit here: it takes a duration in us, ms, s or m, as in 2s"},
        {"http_request_bytes: p95 < 2s", "\"s\" does not fit here: it takes a size in B, KB or MB, as in 500KB"},
        {"step_duration_us: count < 2s", "\"s\" does not fit here: it takes a number without a unit"},
        {"step_duration_us: rate > 1%", "\"%\" does not fit here: it takes a number per second, without a unit"},
        {"iterations_failed: rate < 1s", "\"s\" does not fit here: it takes a share, as in 1% or 0.01"},
        {"iterations_failed: rate < 5", "5 is more than everything: it takes a share, as in 1% or 0.01"},
        {"iterations_failed: rate < 101%", "101% is more than everything: it takes a share, as in 1% or 0.01"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ll_threshold threshold;
        char expected[400];
        snprintf(expected, sizeof expected, "threshold \"%s\": %s", cases[i].text, cases[i].error);
        ll_err err = ll_threshold_parse(cases[i].text, NULL, &threshold);
        bool is_unknown = strstr(cases[i].error, "there is no metric") != NULL;
        cr_expect(eq(int, err.status, is_unknown ? LL_NOT_FOUND : LL_INVALID_ARGUMENT), "%s", cases[i].text);
        cr_expect(eq(str, err.text, expected));
    }
}

Test(threshold, overlong_parts_are_errors) {
    char text[40000];
    struct ll_threshold threshold;
    int len = snprintf(text, sizeof text, "step_duration_us{%0*d}: p95 < 1s", LL_LABEL_BYTES_MAX + 1, 0);
    cr_expect(eq(int, ll_threshold_parse(text, NULL, &threshold).status, LL_INVALID_ARGUMENT));
    len = snprintf(text, sizeof text, "step_duration_us: p95 < ");
    memset(text + len, '9', 1000); // more than a double holds
    text[len + 1000] = '\0';
    cr_expect(eq(int, ll_threshold_parse(text, NULL, &threshold).status, LL_INVALID_ARGUMENT));
    memset(text, 'm', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_expect(eq(int, ll_threshold_parse(text, NULL, &threshold).status, LL_NOT_FOUND));
}

// One run: 10 s, 1000 iterations of which 10 failed, steps of two names.
static struct ll_series_set *make_run(void) {
    struct ll_series_set *set = ll_series_set_new();
    for (int i = 1; i <= 1000; i++) ll_series_record(set, LL_METRIC_STEP_DURATION, "add to cart", i * 1000);
    ll_series_record(set, LL_METRIC_STEP_DURATION, "checkout", 5e6);
    ll_series_record(set, LL_METRIC_HTTP_REQUEST_BYTES, "document", 48234);
    for (int i = 1; i <= 3; i++) ll_series_record(set, LL_METRIC_WEB_VITAL_CLS, "http://h/", i);
    ll_series_record(set, LL_METRIC_WEB_VITAL_CLS, "http://h/far", 123456.75);
    ll_series_count(set, LL_METRIC_ITERATIONS_COMPLETED, NULL, 990);
    ll_series_count(set, LL_METRIC_ITERATIONS_FAILED, "click: timed out", 8);
    ll_series_count(set, LL_METRIC_ITERATIONS_FAILED, "navigate: refused", 2);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "has a receipt", 30);
    ll_series_count(set, LL_METRIC_CHECKS_FAILED, "has a receipt", 10);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "has a title", 60);
    ll_series_count(set, LL_METRIC_HTTP_REQUESTS, "200", 90);
    ll_series_count(set, LL_METRIC_HTTP_REQUESTS, "500", 6);
    ll_series_count(set, LL_METRIC_HTTP_REQUEST_FAILURES, "500", 6);
    ll_series_count(set, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_REFUSED", 4);
    return set;
}

Test(threshold, judges_by_what_was_measured) {
    static const struct {
        const char *text;
        bool held, has_data;
        double observed;
        const char *observed_text;
    } cases[] = {
        {"step_duration_us: max <= 5s", true, true, 5e6, "5.00 s"},
        {"step_duration_us: min == 1ms", true, true, 1000, "1.00 ms"},
        {"step_duration_us{add to cart}: max < 1s", false, true, 1e6, "1.00 s"},
        {"step_duration_us{add to cart}: mean < 501ms", true, true, 500500, "500 ms"},
        {"step_duration_us{add to cart}: count == 1000", true, true, 1000, "1000"},
        {"step_duration_us{add to cart}: rate >= 100", true, true, 100, "100 per second"},
        {"step_duration_us: p100 < 1s", false, true, 5e6, "5.00 s"},
        {"step_duration_us{nowhere}: p95 < 1s", false, false, 0, "no data"},
        {"step_duration_us{nowhere}: count < 5", false, false, 0, "no data"},
        {"agent_loop_lag_us: p95 < 1s", false, false, 0, "no data"},
        {"http_request_bytes: max < 50KB", true, true, 48234, "48.2 KB"},
        {"iterations_completed: rate > 98", true, true, 99, "99 per second"},
        {"iterations_failed: rate < 1%", false, true, 0.01, "1 %"},
        {"iterations_failed: rate <= 1%", true, true, 0.01, "1 %"},
        {"iterations_failed{navigate: refused}: rate < 0.3%", true, true, 0.002, "0.2 %"},
        {"iterations_failed: count < 11", true, true, 10, "10"},
        {"iterations_failed{no such error}: count < 1", true, true, 0, "0"},
        {"checks_failed: rate <= 10%", true, true, 0.1, "10 %"},
        {"checks_failed{has a receipt}: rate < 20%", false, true, 0.25, "25 %"},
        {"checks_failed{has a title}: rate < 1%", true, true, 0, "0 %"},
        {"checks_failed{misspelt}: rate < 1%", false, false, 0, "no data"},
        {"http_request_failures: rate <= 10%", true, true, 0.1, "10 %"},
        {"http_request_failures{500}: rate < 6%", false, true, 0.06, "6 %"},
        {"browser_crashes: count == 0", true, true, 0, "0"},
        {"web_vital_cls{http://h/}: max == 3", true, true, 3, "3"},
        {"web_vital_cls: mean < 40000", true, true, (6 + 123456.75) / 4, "30866"},
        {"web_vital_cls: max == 0", false, true, 123456.75, "123457"},
    };
    struct ll_series_set *run = make_run();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ll_threshold threshold;
        ll_err err = ll_threshold_parse(cases[i].text, NULL, &threshold);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        struct ll_threshold_outcome outcome;
        ll_threshold_judge(&threshold, cases[i].text, run, 10000, &outcome);
        cr_expect(eq(int, outcome.held, cases[i].held), "%s", cases[i].text);
        cr_expect(eq(int, outcome.has_data, cases[i].has_data), "%s", cases[i].text);
        cr_expect(eq(dbl, outcome.observed, cases[i].observed), "%s", cases[i].text);
        cr_expect(eq(str, outcome.observed_text, (char *)cases[i].observed_text), "%s", cases[i].text);
        cr_expect(eq(str, outcome.expression, (char *)cases[i].text));
        ll_threshold_outcome_fini(&outcome);
    }
    ll_series_set_free(&run);
}

// Statuses and errors come in turn, so that each counter folds others of them.
Test(threshold, requests_count_once_however_many_different_ends_they_had) {
    enum { STATUSES = 260, ERRORS = 150 };
    struct ll_series_set *run = ll_series_set_new();
    char label[64];
    ll_series_count(run, LL_METRIC_HTTP_REQUESTS, "200", 1000);
    for (int i = 0; i < STATUSES; i++) {
        snprintf(label, sizeof label, "%d", 400 + i);
        ll_series_count(run, LL_METRIC_HTTP_REQUESTS, label, 2);
        ll_series_count(run, LL_METRIC_HTTP_REQUEST_FAILURES, label, 2);
        snprintf(label, sizeof label, "net::ERR_%d", i);
        if (i < ERRORS) ll_series_count(run, LL_METRIC_HTTP_REQUEST_FAILURES, label, 3);
    }
    cr_expect(eq(u64, ll_threshold_requests(run), 1000 + 2 * STATUSES + 3 * ERRORS));
    ll_series_set_free(&run);
    run = make_run();
    ll_series_count(run, LL_METRIC_HTTP_REQUESTS, "206", 5);
    ll_series_count(run, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_RESET after 206", 5);
    cr_expect(eq(u64, ll_threshold_requests(run), 90 + 6 + 4 + 5));
    ll_series_set_free(&run);
}

Test(threshold, percentiles_are_within_one_percent) {
    struct ll_series_set *run = make_run();
    struct ll_threshold threshold;
    struct ll_threshold_outcome outcome;
    cr_assert(eq(int, ll_threshold_parse("step_duration_us{add to cart}: p95 < 1s", NULL, &threshold).status, LL_OK));
    ll_threshold_judge(&threshold, "x", run, 10000, &outcome);
    cr_expect(ge(dbl, outcome.observed, 950e3 * 0.99));
    cr_expect(le(dbl, outcome.observed, 950e3 * 1.01));
    ll_threshold_outcome_fini(&outcome);
    ll_series_set_free(&run);
}

Test(threshold, a_percentile_of_plain_numbers_is_not_written_finer_than_it_is) {
    struct ll_series_set *run = make_run();
    struct ll_threshold threshold;
    struct ll_threshold_outcome outcome;
    cr_assert(eq(int, ll_threshold_parse("web_vital_cls{http://h/}: p50 < 5", NULL, &threshold).status, LL_OK));
    ll_threshold_judge(&threshold, "x", run, 10000, &outcome);
    cr_expect(le(sz, strlen(outcome.observed_text), 5), "%s", outcome.observed_text);
    ll_threshold_outcome_fini(&outcome);
    ll_series_set_free(&run);
}

Test(threshold, a_run_without_data_fails_every_threshold) {
    static const char *const texts[] = {"iteration_duration_us: p95 < 2s", "iterations_failed: rate < 1%",
                                        "iterations_failed: count < 1",    "browser_crashes: count == 0",
                                        "checks_failed: rate < 1%",        "http_request_failures: rate < 1%",
                                        "iterations_completed: rate < 1",  "step_duration_us{a b}: count < 1"};
    struct ll_series_set *nothing = ll_series_set_new();
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct ll_threshold threshold;
        struct ll_threshold_outcome outcome;
        cr_assert(eq(int, ll_threshold_parse(texts[i], NULL, &threshold).status, LL_OK));
        ll_threshold_judge(&threshold, texts[i], nothing, 10000, &outcome);
        cr_expect_not(outcome.held, "%s", texts[i]);
        cr_expect(eq(str, outcome.observed_text, "no data"), "%s", texts[i]);
        ll_threshold_outcome_fini(&outcome);
    }
    ll_series_set_free(&nothing);
}
