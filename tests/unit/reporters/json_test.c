#include "tests/unit/reporters/report.h"

#include "libcommon/codec/json.h"
#include "libcommon/sketch/curve.h"
#include "tests/support/sample_result.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static ll_json *parsed(const char *sample) {
    struct ll_buf report = report_of(&ll_reporter_json, sample);
    ll_json *json = NULL;
    ll_err err = ll_json_parse(ll_buf_str(&report), report.len, &json);
    cr_assert(err.status == LL_OK, "%s: %s", sample, err.text);
    ll_buf_fini(&report);
    return json;
}

static double number(const ll_json *node, const char *key) {
    return ll_json_number(ll_json_get(node, key), -1);
}

static size_t children(const ll_json *node) {
    size_t count = 0;
    for (const ll_json *child = ll_json_first(node); child; child = ll_json_next(child)) count++;
    return count;
}

// A curve has a count, a sum and 101 numbers that never fall.
static void expect_curve(const ll_json *curve, const char *what) {
    const ll_json *values = ll_json_get(curve, "values");
    double before = 0;
    cr_assert(ll_json_is_array(values), "%s", what);
    cr_expect(eq(sz, children(values), LL_CURVE_POINTS), "%s", what);
    cr_expect(ll_json_is_number(ll_json_get(curve, "count")) && ll_json_is_number(ll_json_get(curve, "sum")), "%s",
              what);
    for (const ll_json *value = ll_json_first(values); value; value = ll_json_next(value)) {
        cr_expect(ll_json_is_number(value), "%s", what);
        cr_expect(ge(dbl, ll_json_number(value, -1), before), "%s", what);
        before = ll_json_number(value, -1);
    }
    for (const ll_json *tail = ll_json_first(ll_json_get(curve, "tail")); tail; tail = ll_json_next(tail))
        cr_expect(le(dbl, ll_json_number(tail, -1), before), "%s: %s is above the maximum", what, ll_json_key(tail));
}

static void expect_metrics(const ll_json *holder) {
    const ll_json *histograms = ll_json_get(holder, "histograms"), *counters = ll_json_get(holder, "counters");
    cr_assert(ll_json_is_object(histograms) && ll_json_is_object(counters));
    for (const ll_json *metric = ll_json_first(histograms); metric; metric = ll_json_next(metric)) {
        expect_curve(ll_json_get(metric, "aggregate"), ll_json_key(metric));
        cr_expect(ll_json_is_object(ll_json_get(metric, "by")), "%s", ll_json_key(metric));
        double sum = 0;
        for (const ll_json *one = ll_json_first(ll_json_get(metric, "by")); one; one = ll_json_next(one)) {
            expect_curve(one, ll_json_key(metric));
            sum += number(one, "count");
        }
        if (sum > 0)
            cr_expect(eq(dbl, number(ll_json_get(metric, "aggregate"), "count"), sum), "%s", ll_json_key(metric));
    }
    for (const ll_json *metric = ll_json_first(counters); metric; metric = ll_json_next(metric)) {
        double sum = 0;
        for (const ll_json *one = ll_json_first(ll_json_get(metric, "by")); one; one = ll_json_next(one))
            sum += ll_json_number(one, -1e9);
        cr_expect(ll_json_is_object(ll_json_get(metric, "by")), "%s", ll_json_key(metric));
        cr_expect(gt(dbl, number(metric, "aggregate"), 0), "%s", ll_json_key(metric));
        if (sum > 0) cr_expect(eq(dbl, number(metric, "aggregate"), sum), "%s", ll_json_key(metric));
    }
}

static void expect_scenario(const ll_json *scenario, size_t buckets_max) {
    const ll_json *users = ll_json_get(scenario, "users"), *series = ll_json_get(scenario, "time_series");
    cr_expect(eq(dbl, number(users, "total"), number(users, "succeeded") + number(users, "failed")));
    cr_expect(ge(dbl, number(scenario, "duration_ms"), 0));
    expect_metrics(scenario);
    cr_assert(ll_json_is_array(series));
    cr_expect(le(sz, children(series), buckets_max));
    for (const ll_json *bucket = ll_json_first(series); bucket; bucket = ll_json_next(bucket)) {
        cr_expect(ge(dbl, number(bucket, "offset_ms"), 0));
        cr_expect(ge(dbl, number(bucket, "active_users"), 0));
        cr_expect(ge(dbl, number(bucket, "node_count"), 0));
        expect_metrics(bucket);
    }
}

Test(json, has_the_shape_that_is_promised) {
    ll_json *json = parsed("shop");
    cr_assert(ll_json_is_array(json));
    cr_assert(eq(sz, children(json), 1));
    const ll_json *shop = ll_json_first(json);
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(shop, "name"), ""), "shop"));
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(shop, "generated_at"), ""), "2026-11-23T05:02:05.000Z"));
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(shop, "liveload_version"), ""), "0.1.0"));
    cr_expect(eq(dbl, number(shop, "bucket_width_ms"), 1000));
    cr_expect(eq(dbl, number(shop, "start_skew_ms"), 1.5));
    const ll_json *points = ll_json_get(shop, "quantile_points");
    cr_expect(eq(sz, children(points), LL_CURVE_POINTS));
    cr_expect(eq(dbl, ll_json_number(ll_json_first(points), -1), 0));
    expect_scenario(ll_json_get(shop, "global"), LL_RESULT_BUCKETS_MAX);
    cr_expect(eq(sz, children(ll_json_get(ll_json_get(shop, "global"), "time_series")), 120));
    const ll_json *nodes = ll_json_get(shop, "nodes");
    cr_expect(eq(sz, children(nodes), 2));
    for (const ll_json *node = ll_json_first(nodes); node; node = ll_json_next(node)) {
        cr_expect(eq(str, (char *)ll_json_string(ll_json_get(node, "status"), ""), "ok"));
        cr_expect(eq(dbl, number(node, "clock_offset_ms"), -3.25));
        cr_expect(eq(dbl, number(node, "round_trip_ms"), 0.5));
        expect_scenario(ll_json_get(node, "result"), LL_RESULT_BUCKETS_MAX);
    }
    ll_json_free(&json);
}

Test(json, says_what_is_not_known_of_the_generator) {
    ll_json *json = parsed("hopeless");
    const ll_json *generator = ll_json_get(ll_json_first(json), "generator");
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(generator, "verdict"), ""), "UNKNOWN"));
    cr_expect(ll_json_is_null(ll_json_get(generator, "share")));
    cr_expect(eq(sz, children(ll_json_get(generator, "reasons")), 1));
    ll_json_free(&json);
}

Test(json, adds_verdict_thresholds_and_failures) {
    ll_json *json = parsed("shop");
    const ll_json *shop = ll_json_first(json);
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(shop, "verdict"), ""), "FAILED"));
    cr_expect(eq(sz, children(ll_json_get(shop, "thresholds")), 5));
    cr_expect(eq(sz, children(ll_json_get(shop, "failures")), 2));
    cr_expect(eq(sz, children(ll_json_get(shop, "remarks")), 1));
    const ll_json *generator = ll_json_get(shop, "generator");
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(generator, "verdict"), ""), "VALID"));
    cr_expect(eq(dbl, number(generator, "share"), 0.013));
    cr_expect(eq(sz, children(ll_json_get(generator, "reasons")), 0));
    const ll_json *iterations = ll_json_get(ll_json_get(shop, "global"), "iterations");
    cr_expect(gt(dbl, number(iterations, "completed"), 1000));
    cr_expect(eq(dbl, number(iterations, "interrupted"), 3));
    ll_json_free(&json);
}

Test(json, says_what_was_not_measured) {
    struct ll_buf report = report_of(&ll_reporter_json, "unmeasured");
    expect_contains(&report, "\"not_measured\":[\"http_request_ttfb_us\",\"http_requests\"]");
    expect_contains(&report, "\"lacking\":[\"http_request_ttfb_us\",\"http_requests\"]");
    expect_contains(&report, "\"estimated\":[\"http_request_duration_us\"]");
    expect_contains(&report, "\"observed_text\":\"not measured by this kind of browser\"");
    ll_buf_fini(&report);
    report = report_of(&ll_reporter_json, "shop");
    expect_contains(&report, "\"not_measured\":[]");
    ll_buf_fini(&report);
}

Test(json, minimum_and_maximum_are_exact) {
    struct ll_series_set *total = ll_series_set_new();
    for (int i = 0; i < 1000; i++) ll_series_record(total, LL_METRIC_ITERATION_DURATION, NULL, 1234567.875 + i * 0.125);
    struct ll_scenario_result scenario = {.name = "exact", .total = total};
    struct ll_result result = {.liveload_version = "0.1.0", .scenarios = &scenario, .scenario_count = 1};
    struct ll_buf out = ll_buf_make(REPORT_MAX_BYTES);
    cr_assert(eq(int, ll_reporter_json.write(&result, &out).status, LL_OK));
    ll_json *json = NULL;
    cr_assert(eq(int, ll_json_parse(ll_buf_str(&out), out.len, &json).status, LL_OK));
    const ll_json *curve = ll_json_get(
        ll_json_get(ll_json_get(ll_json_get(ll_json_first(json), "global"), "histograms"), "iteration_duration_us"),
        "aggregate");
    expect_curve(curve, "exact");
    const ll_json *last = NULL, *values = ll_json_get(curve, "values");
    for (const ll_json *value = ll_json_first(values); value; value = ll_json_next(value)) last = value;
    cr_expect(eq(dbl, ll_json_number(ll_json_first(values), -1), 1234567.875));
    cr_expect(eq(dbl, ll_json_number(last, -1), 1234567.875 + 999 * 0.125));
    ll_json_free(&json);
    ll_buf_fini(&out);
    ll_series_set_free(&total);
}

Test(json, a_scenario_that_could_not_run_is_a_name_and_an_error) {
    ll_json *json = parsed("several");
    const ll_json *third = ll_json_next(ll_json_next(ll_json_first(json)));
    cr_expect(eq(sz, children(json), 3));
    cr_expect(eq(sz, children(third), 2));
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(third, "name"), ""), "billing"));
    cr_expect(ll_json_is_string(ll_json_get(third, "error")));
    expect_scenario(ll_json_get(ll_json_next(ll_json_first(json)), "global"), LL_RESULT_BUCKETS_MAX);
    ll_json_free(&json);
}

Test(json, hostile_names_stay_names) {
    ll_json *json = parsed("hostile");
    const ll_json *global = ll_json_get(ll_json_first(json), "global");
    const ll_json *by = ll_json_get(ll_json_get(ll_json_get(global, "histograms"), "step_duration_us"), "by");
    cr_expect(eq(sz, children(by), 7));
    cr_expect(ll_json_is_object(ll_json_get(by, "two\nlines\tand\x01\x1B controls")));
    cr_expect(ll_json_is_object(ll_json_get(by, "</script><script>alert(1)</script><!--")));
    expect_scenario(global, LL_RESULT_BUCKETS_MAX);
    ll_json_free(&json);
}

Test(json, failures_name_their_evidence) {
    ll_json *json = parsed("evidence");
    const ll_json *entry = ll_json_first(json), *failure = ll_json_first(ll_json_get(entry, "failures"));
    const ll_json *evidence = ll_json_get(failure, "evidence");
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(evidence, "url"), ""), "http://127.0.0.1:8089/cart"));
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(evidence, "picture"), ""),
                 "artifacts/3fa9c2d1-1-local-1-1-failure.jpg"));
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(evidence, "missing"), "?"), ""));
    evidence = ll_json_get(ll_json_next(failure), "evidence");
    cr_expect(ll_json_is_null(ll_json_get(evidence, "picture")), "a file that never came is not named");
    const ll_json *artifacts = ll_json_get(entry, "artifacts");
    cr_expect(eq(sz, children(artifacts), 5));
    const ll_json *first = ll_json_first(artifacts);
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(first, "kind"), ""), "picture"));
    cr_expect(eq(int, (int)number(first, "bytes"), 1234));
    ll_json_free(&json);
}
