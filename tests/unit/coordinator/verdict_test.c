#include "coordinator/core/verdict.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static struct ll_scenario_result result;
static struct ll_node_load loads[2];

// Ten completed iterations of 100 ms with 10 actions each, on two idle machines without loop lag.
static void make(void) {
    result = (struct ll_scenario_result){
        .name = ll_strdup("shop"), .spec = ll_spec_make("shop"), .total = ll_series_set_new(), .duration_ms = 1000};
    result.nodes = ll_alloc(2, sizeof *result.nodes);
    result.node_count = 2;
    for (size_t i = 0; i < 2; i++) {
        result.nodes[i].name = ll_strdup(i ? "b" : "a");
        result.nodes[i].total = ll_series_set_new();
        loads[i] = (struct ll_node_load){.mean_permille = 300, .measured_ms = 20000};
    }
    for (int i = 0; i < 10; i++) ll_series_record(result.total, LL_METRIC_ITERATION_DURATION, NULL, 100000);
    ll_series_count(result.total, LL_METRIC_ITERATIONS_COMPLETED, NULL, 10);
    for (int i = 0; i < 100; i++) ll_series_record(result.total, LL_METRIC_ACTION_DURATION, "click", 5000);
}

static void drop(void) {
    ll_scenario_result_fini(&result);
}

TestSuite(verdict, .init = make, .fini = drop);

static void add_lag(double us) {
    for (int i = 0; i < 50; i++) ll_series_record(result.total, LL_METRIC_AGENT_LOOP_LAG, i % 2 ? "a" : "b", us);
}

// With a loop that was looked at often enough, and was idle, unless the test gave it a lag.
static void judge(uint32_t lost, uint32_t max_lost) {
    if (ll_series_total(result.total, LL_METRIC_AGENT_LOOP_LAG) == 0) add_lag(500);
    struct ll_generator_facts facts = {.agents_lost = lost, .max_lost_agents = max_lost, .loads = loads};
    ll_verdict_judge(&result, &facts);
}

Test(verdict, a_good_run_passes_without_remarks) {
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_VALID));
    cr_expect(eq(sz, result.remark_count, 0));
    cr_expect(eq(sz, result.generator.reason_count, 0));
}

Test(verdict, a_fallback_to_long_polling_is_said) {
    ll_series_count(result.total, LL_METRIC_LIVEVIEW_FALLBACKS, "http://h/live", 3);
    ll_series_count(result.total, LL_METRIC_WEBSOCKET_REFUSED, "ws://h/live/websocket", 1);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_assert(eq(sz, result.remark_count, 1));
    cr_expect(strstr(result.remarks[0], "in 3 documents, and 1 WebSocket was refused") != NULL, "%s",
              result.remarks[0]);
}

Test(verdict, the_generators_share_counts_lag_for_each_action) {
    add_lag(1900); // 900 us beyond the grain x 10 actions of 100 ms
    judge(0, 0);
    cr_expect(result.generator.has_share);
    cr_expect(epsilon_eq(dbl, result.generator.share, 0.09, 0.002));
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
}

Test(verdict, a_slow_generator_is_invalid_and_says_by_how_much) {
    add_lag(3000);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_INVALID));
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_INVALID));
    cr_assert(eq(sz, result.remark_count, 1));
    cr_assert(eq(sz, result.generator.reason_count, 1));
    cr_expect(eq(str, result.generator.reasons[0], result.remarks[0]));
    cr_expect(strstr(result.remarks[0], "20 %") != NULL, "%s", result.remarks[0]);
    cr_expect(strstr(result.remarks[0], "10.0 actions") != NULL, "%s", result.remarks[0]);
}

Test(verdict, failed_iterations_do_not_make_a_generator_slow) {
    add_lag(1900);
    ll_series_count(result.total, LL_METRIC_ITERATIONS_FAILED, "boom", 90);
    for (int i = 0; i < 90; i++) ll_series_record(result.total, LL_METRIC_ACTION_DURATION, "navigate", 5000);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED)); // and not INVALID
}

Test(verdict, an_idle_loops_timers_are_no_share) {
    add_lag(980);
    judge(0, 0);
    cr_expect(eq(dbl, result.generator.share, 0));
}

Test(verdict, without_iterations_there_is_no_share) {
    ll_series_set_clear(result.total);
    add_lag(5000);
    judge(0, 0);
    cr_expect(not(result.generator.has_share));
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_UNKNOWN));
}

// A share of three iterations, or of a loop that was looked at three times, is chance.
static void expect_unknown(void) {
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_UNKNOWN));
    cr_assert(eq(sz, result.remark_count, 1));
    cr_expect(strstr(result.remarks[0], "too short to say what the generator added") != NULL, "%s", result.remarks[0]);
}

Test(verdict, few_iterations_make_no_generator_invalid) {
    ll_series_set_clear(result.total);
    for (int i = 0; i < LL_GENERATOR_ITERATIONS_LEAST - 1; i++)
        ll_series_record(result.total, LL_METRIC_ITERATION_DURATION, NULL, 100000);
    ll_series_count(result.total, LL_METRIC_ITERATIONS_COMPLETED, NULL, 9);
    for (int i = 0; i < 90; i++) ll_series_record(result.total, LL_METRIC_ACTION_DURATION, "click", 5000);
    add_lag(3000);
    expect_unknown();
    cr_expect(epsilon_eq(dbl, result.generator.share, 0.2, 0.005)); // what there is of it is told
}

Test(verdict, few_looks_at_the_loop_make_no_generator_invalid) {
    for (int i = 0; i < LL_GENERATOR_BEATS_LEAST - 1; i++)
        ll_series_record(result.total, LL_METRIC_AGENT_LOOP_LAG, "a", 3000);
    expect_unknown();
}

Test(verdict, a_loss_is_invalid_however_few_the_samples) {
    ll_series_set_clear(result.total);
    ll_series_record(result.total, LL_METRIC_ITERATION_DURATION, NULL, 100000);
    ll_series_count(result.total, LL_METRIC_ITERATIONS_COMPLETED, NULL, 1);
    judge(1, 0);
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_INVALID));
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_INVALID));
    cr_expect(eq(sz, result.generator.reason_count, 1));
}

Test(verdict, a_threshold_on_what_no_browser_fills_fails_and_says_so) {
    char *lacking[] = {"websocket_connections_opened", "http_requests"};
    ll_spec_add_threshold(&result.spec, "websocket_connections_opened: count < 10");
    ll_spec_add_threshold(&result.spec, "http_requests: count < 10");
    ll_coverage_add(&result.nodes[0].coverage, LL_COVERAGE_LACKING, lacking, 2);
    judge(0, 0);
    cr_expect(result.thresholds[0].held); // the other node's does
    for (size_t i = 0; i < result.threshold_count; i++) ll_threshold_outcome_fini(&result.thresholds[i]);
    free(result.thresholds);
    result.threshold_count = 0;
    ll_coverage_add(&result.nodes[1].coverage, LL_COVERAGE_LACKING, lacking, 2);
    ll_series_count(result.total, LL_METRIC_HTTP_REQUESTS, "200", 3); // of ctx.http
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_FAILED));
    cr_expect(not(result.thresholds[0].held));
    cr_expect(not(result.thresholds[0].has_data));
    cr_expect(eq(str, result.thresholds[0].observed_text, LL_NOT_MEASURED_TEXT));
    cr_expect(result.thresholds[1].held);
}

Test(verdict, lost_measurements_are_invalid) {
    ll_series_count(result.total, LL_METRIC_SAMPLES_LOST, "", 12);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_INVALID));
    cr_expect(strstr(result.remarks[0], "12 measurements") != NULL, "%s", result.remarks[0]);
}

Test(verdict, what_the_machine_lacked_is_invalid) {
    ll_series_count(result.total, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_INSUFFICIENT_RESOURCES", 3);
    ll_series_count(result.total, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_INSUFFICIENT_RESOURCES after 200", 2);
    ll_series_count(result.total, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_INSUFFICIENT_RESOURCES_OF_SITE", 9);
    ll_series_count(result.total, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_FAILED after 200", 9);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_INVALID));
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_INVALID));
    cr_expect(strstr(result.remarks[0], "5 requests failed because a load machine ran out of files") != NULL, "%s",
              result.remarks[0]);
}

Test(verdict, what_the_machine_lacked_during_answers_only_is_invalid) {
    ll_series_count(result.total, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_INSUFFICIENT_RESOURCES after 200", 1);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_INVALID));
}

Test(verdict, agents_may_be_lost_where_that_is_allowed) {
    judge(1, 1);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
}

Test(verdict, more_lost_agents_than_allowed_are_invalid) {
    judge(2, 1);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_INVALID));
    cr_expect(strstr(result.remarks[0], "2 agents were lost") != NULL, "%s", result.remarks[0]);
}

Test(verdict, busy_processors_degrade) {
    loads[1].mean_permille = 950;
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_DEGRADED));
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_DEGRADED));
    cr_assert(eq(sz, result.remark_count, 1));
    cr_expect(strstr(result.remarks[0], "the CPU of b was at 95 % on average") != NULL, "%s", result.remarks[0]);
}

Test(verdict, a_moment_of_busy_processors_degrades_nothing) {
    loads[1] = (struct ll_node_load){.mean_permille = 1000, .busy_ms = 1900, .measured_ms = 1900};
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_expect(eq(sz, result.remark_count, 0));
}

Test(verdict, a_busy_while_is_remarked) {
    loads[0] = (struct ll_node_load){.mean_permille = 700, .busy_ms = 8000, .measured_ms = 18000};
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_assert(eq(sz, result.remark_count, 1));
    cr_expect(strstr(result.remarks[0], "the CPU of a was at 90 % or more for 8 of 18 s") != NULL, "%s",
              result.remarks[0]);
}

Test(verdict, a_start_and_a_small_part_of_a_long_run_are_no_busy_while) {
    loads[0] = (struct ll_node_load){.mean_permille = 700, .busy_ms = 2000, .measured_ms = 4000};
    loads[1] = (struct ll_node_load){.mean_permille = 700, .busy_ms = 11000, .measured_ms = 60000};
    judge(0, 0);
    cr_expect(eq(sz, result.remark_count, 0));
}

Test(verdict, a_failed_threshold_wins) {
    loads[1].mean_permille = 950;
    ll_spec_add_threshold(&result.spec, "iteration_duration_us: p95 < 2s");
    ll_spec_add_threshold(&result.spec, "iteration_duration_us: p95 < 50ms");
    judge(1, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_FAILED));
    cr_assert(eq(sz, result.threshold_count, 2));
    cr_expect(eq(int, result.thresholds[0].held, 1));
    cr_expect(eq(int, result.thresholds[1].held, 0));
    cr_expect(eq(sz, result.remark_count, 2));
}

Test(verdict, a_threshold_without_data_fails) {
    ll_spec_add_threshold(&result.spec, "step_duration_us{checkout}: p99 < 3s");
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_FAILED));
    cr_expect(eq(int, result.thresholds[0].has_data, 0));
}

static void fail(uint64_t completed, uint64_t failed, uint64_t interrupted) {
    ll_series_set_clear(result.total);
    for (uint64_t i = 0; i < completed; i++) ll_series_record(result.total, LL_METRIC_ITERATION_DURATION, NULL, 100000);
    if (completed) ll_series_count(result.total, LL_METRIC_ITERATIONS_COMPLETED, NULL, completed);
    ll_series_count(result.total, LL_METRIC_ITERATIONS_FAILED, "boom", failed);
    result.iterations_interrupted = interrupted;
}

Test(verdict, a_run_that_only_failed_has_failed) {
    fail(0, 7, 0);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_FAILED));
    cr_assert(ge(sz, result.remark_count, 1));
    cr_expect(strstr(result.remarks[0], "every iteration failed (7 of 7), and no threshold judges that") != NULL, "%s",
              result.remarks[0]);
}

Test(verdict, interrupted_iterations_are_not_called_failed) {
    fail(0, 7, 1);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_FAILED));
    cr_expect(strstr(result.remarks[0], "no iteration completed (7 failed)") != NULL, "%s", result.remarks[0]);
}

Test(verdict, a_run_that_was_only_interrupted_has_not_failed) {
    ll_series_set_clear(result.total);
    result.iterations_interrupted = 3;
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
}

Test(verdict, a_threshold_that_judges_failing_has_the_last_word) {
    fail(0, 7, 0);
    ll_spec_add_threshold(&result.spec, "iterations_failed: count < 1000");
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_expect(eq(int, (int)result.generator.verdict, LL_GENERATOR_UNKNOWN));
    cr_expect(eq(sz, result.remark_count, 1)); // that there is too little to judge the generator by
}

Test(verdict, a_run_that_mostly_failed_says_that_no_threshold_judges_it) {
    fail(30, 70, 5);
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_assert(eq(sz, result.remark_count, 1));
    cr_expect(strstr(result.remarks[0], "most iterations failed (70 of 100)") != NULL, "%s", result.remarks[0]);
    cr_expect(strstr(result.remarks[0], "thresholds = { iterations_failed = \"rate < 1%\" }") != NULL, "%s",
              result.remarks[0]);
}

Test(verdict, the_notice_about_failing_comes_after_the_reason_of_the_verdict) {
    fail(30, 70, 0);
    loads[1].mean_permille = 950;
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_DEGRADED));
    cr_assert(eq(sz, result.remark_count, 2));
    cr_expect(strstr(result.remarks[0], "the CPU of b") != NULL, "%s", result.remarks[0]);
    cr_expect(strstr(result.remarks[1], "most iterations failed") != NULL, "%s", result.remarks[1]);
}

Test(verdict, who_judges_failing_is_not_told_how) {
    fail(30, 70, 0);
    ll_spec_add_threshold(&result.spec, "iterations_failed: count < 1000");
    judge(0, 0);
    cr_expect(eq(int, (int)result.verdict, LL_VERDICT_PASSED));
    cr_expect(eq(sz, result.remark_count, 0));
}

Test(verdict, a_few_failures_need_no_notice) {
    fail(70, 70, 0);
    judge(0, 0);
    cr_expect(eq(sz, result.remark_count, 0));
}
