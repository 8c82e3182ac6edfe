#include "agent/users/crew.h"

#include "agent/users/user.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"
#include "tests/unit/agent/fake_browser.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MS = 1000, SECOND = 1000 * MS, START = 10 * SECOND, TURN = 10 };

// A crew under a simulated clock, with a real script and a browser that answers when it is told to.
struct bench {
    struct fake_browser browser;
    struct ll_bundle bundle;
    struct ll_scenario *scenario;
    struct ll_spec spec;
    struct ll_recorder *recorder;
    struct ll_crew *crew;
    struct ll_crew_options options;
    int64_t now_us, wake_us;
    int64_t look_takes_us; // each look at the clock takes so long, as if there were work between them
    int64_t longest_poll_us;
    int opened, ended, first_iterations;
    ll_err open_err;
    uint32_t active, most_active;
    int failures, shown;          // of which so many had evidence
    struct ll_evidence *evidence; // the last
    char detail[100];             // likewise
    uint32_t step;                // likewise
    struct ll_parcels *parcels;   // NULL: nothing is kept
    struct ll_series_set *series; // what was recorded, once read
};

static int64_t now_us(void *owner) {
    struct bench *bench = owner;
    return bench->now_us += bench->look_takes_us;
}
static void wake_at(void *owner, int64_t at_us) {
    ((struct bench *)owner)->wake_us = at_us;
}
static void on_opened(void *owner, ll_err err) {
    struct bench *bench = owner;
    bench->opened++;
    bench->open_err = err;
}
static void on_first_iteration(void *owner) {
    ((struct bench *)owner)->first_iterations++;
}
static void on_active(void *owner, uint32_t users) {
    struct bench *bench = owner;
    bench->active = users;
    if (users > bench->most_active) bench->most_active = users;
}
static void on_failure(void *owner, const struct ll_failure *failure) {
    struct bench *bench = owner;
    bench->failures++;
    bench->shown += failure->evidence != NULL;
    snprintf(bench->detail, sizeof bench->detail, "%s", failure->detail);
    bench->step = failure->step;
    if (!failure->evidence) return;
    ll_evidence_free(&bench->evidence);
    bench->evidence = ll_evidence_copy(failure->evidence);
}
static void on_ended(void *owner) {
    ((struct bench *)owner)->ended++;
}

static void bench_init(struct bench *bench, const char *run_body, uint32_t users) {
    *bench = (struct bench){.now_us = START - 5 * SECOND, .wake_us = INT64_MAX, .spec = ll_spec_make("test")};
    fake_browser_init(&bench->browser);
    bench->spec.load.users = users;
    bench->spec.load.duration_ms = 1000;
    char *source = ll_format("local ll = require 'liveload'\n"
                             "return ll.scenario { name = 'test', run = function(ctx, user_id, config)\n%s\nend }\n",
                             run_body);
    bench->bundle = (struct ll_bundle){
        .main = ll_strdup("test.lua"), .files = ll_alloc(1, sizeof(struct ll_bundle_file)), .count = 1};
    bench->bundle.files[0] =
        (struct ll_bundle_file){.path = ll_strdup("test.lua"), .content = source, .len = strlen(source)};
    ll_err err = ll_scenario_load(&bench->bundle, NULL, &bench->scenario);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    err = ll_scenario_configure(bench->scenario, NULL, 0);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    bench->recorder = ll_recorder_new();
}

static void bench_fini(struct bench *bench) {
    ll_crew_free(&bench->crew);
    ll_recorder_free(&bench->recorder);
    ll_scenario_free(&bench->scenario);
    ll_bundle_fini(&bench->bundle);
    ll_parcels_free(&bench->parcels);
    ll_evidence_free(&bench->evidence);
    ll_spec_fini(&bench->spec);
    cr_expect(zero(ptr, bench->browser.pages), "every page was given back");
}

// Everything that is due until `until_us` happens, in order; a poll takes a little time of its own.
static void drive(struct bench *bench, int64_t until_us) {
    for (;;) {
        int64_t answer_us = fake_browser_next_us(&bench->browser);
        int64_t next_us = answer_us < bench->wake_us ? answer_us : bench->wake_us;
        if (next_us > until_us) break;
        if (next_us > bench->now_us) bench->now_us = next_us;
        fake_browser_advance(&bench->browser, bench->now_us);
        if (bench->wake_us > bench->now_us) continue;
        bench->wake_us = INT64_MAX;
        int64_t began_us = bench->now_us;
        ll_crew_poll(bench->crew);
        if (bench->now_us - began_us > bench->longest_poll_us) bench->longest_poll_us = bench->now_us - began_us;
        bench->now_us += TURN;
    }
    if (bench->now_us < until_us) bench->now_us = until_us;
    fake_browser_advance(&bench->browser, bench->now_us);
}

static void open_crew(struct bench *bench) {
    bench->options = (struct ll_crew_options){
        .connection = &bench->browser.base,
        .scenario = bench->scenario,
        .spec = &bench->spec,
        .recorder = bench->recorder,
        .parcels = bench->parcels,
        .share = {.first = 1, .stride = 1, .users = bench->spec.load.users},
        .iterations = bench->spec.load.iterations,
        .random_seed = 42,
        .host = {bench, now_us, wake_at, on_opened, on_first_iteration, on_active, on_failure, on_ended},
    };
    bench->crew = ll_crew_new(&bench->options);
    bench->browser.now_us = bench->now_us;
    ll_crew_open(bench->crew);
    drive(bench, START - SECOND);
}

static void start_crew(struct bench *bench) {
    open_crew(bench);
    cr_assert(eq(int, bench->opened, 1));
    cr_assert(eq(int, bench->open_err.status, LL_OK), "%s", bench->open_err.text);
    bench->now_us = bench->browser.now_us = START;
    ll_crew_start(bench->crew, START);
}

// Drives until the crew has ended, or fails the test; reads what was recorded.
static void finish(struct bench *bench) {
    for (int64_t t_us = bench->now_us; !bench->ended && t_us < START + 600LL * SECOND; t_us += SECOND / 10)
        drive(bench, t_us);
    cr_assert(eq(int, bench->ended, 1));
    cr_expect(eq(u32, bench->active, 0));
    bench->series = ll_recorder_flip(bench->recorder);
}

static uint64_t total(const struct bench *bench, enum ll_metric metric) {
    return ll_series_total(bench->series, metric);
}

static uint64_t failed_with(const struct bench *bench, const char *signature) {
    const struct ll_series *series = ll_series_find(bench->series, LL_METRIC_ITERATIONS_FAILED, signature);
    return series ? series->count : 0;
}

static struct ll_sketch sketch(const struct bench *bench, enum ll_metric metric, const char *label) {
    const struct ll_series *series = ll_series_find(bench->series, metric, label);
    cr_assert(not(zero(ptr, (void *)(uintptr_t)series)), "nothing of %s{%s}", ll_metric_info(metric)->name, label);
    return series->sketch;
}

Test(crew, pages_are_opened_ahead_a_few_at_a_time) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 10);
    bench.browser.open_takes_us = 10 * MS;
    open_crew(&bench);
    cr_expect(eq(int, bench.opened, 1));
    cr_expect(eq(int, bench.browser.opened, 10));
    cr_expect(eq(int, bench.browser.most_opening, LL_CREW_OPENING_MAX));
    cr_expect(eq(int, bench.browser.performed, 0));
    bench_fini(&bench);
}

Test(crew, many_scripts_are_made_in_slices_that_leave_the_loop_room) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 200);
    bench.look_takes_us = 1 * MS;
    open_crew(&bench);
    cr_expect(eq(int, bench.opened, 1));
    cr_expect(eq(int, bench.open_err.status, LL_OK), "%s", bench.open_err.text);
    cr_expect(eq(int, bench.browser.opened, 200));
    cr_expect(lt(i64, bench.longest_poll_us, 60 * MS));
    bench_fini(&bench);
}

Test(crew, many_users_at_work_leave_the_loop_room) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 200);
    bench.spec.load.duration_ms = 10 * 1000;
    start_crew(&bench);
    drive(&bench, START + MS);
    bench.look_takes_us = 1 * MS;
    bench.longest_poll_us = 0;
    drive(&bench, START + 3 * SECOND);
    cr_expect(eq(int, bench.active > 0, 1));
    cr_expect(lt(i64, bench.longest_poll_us, 60 * MS));
    bench_fini(&bench);
}

Test(crew, a_page_that_never_opens_ends_the_preparation) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 5);
    bench.browser.open_takes_us = INT64_MAX;
    open_crew(&bench);
    cr_expect(eq(int, bench.opened, 0));
    drive(&bench, bench.now_us + LL_USER_OPEN_LIMIT_MS * 1000LL);
    cr_assert(eq(int, bench.opened, 1));
    cr_expect(eq(int, bench.open_err.status, LL_DEADLINE_EXCEEDED));
    bench_fini(&bench);
}

Test(crew, pages_that_never_open_are_failures_and_keep_nobody_waiting) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 2 * LL_CREW_OPENING_MAX);
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 1000;
    start_crew(&bench);
    drive(&bench, START + 20 * MS);
    bench.browser.open_takes_us = INT64_MAX;
    fake_browser_crash(&bench.browser);
    drive(&bench, START + 150 * SECOND);
    cr_expect(eq(int, bench.browser.opening, LL_CREW_OPENING_MAX));
    bench.browser.open_takes_us = 1 * MS; // those under way stay stuck: only their limit frees the others
    finish(&bench);
    cr_expect(ge(u64, failed_with(&bench, "no page"), 2 * LL_CREW_OPENING_MAX));
    cr_expect(gt(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 900));
    bench_fini(&bench);
}

Test(crew, users_loop_for_the_duration_and_finish_what_they_are_in) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 3);
    bench.browser.action_takes_us = 300 * MS;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 3 * 4));
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_FAILED), 0));
    cr_expect(eq(int, bench.first_iterations, 1));
    cr_expect(eq(u32, bench.most_active, 3));
    struct ll_crew_totals totals = ll_crew_totals(bench.crew);
    cr_expect(eq(u32, totals.users_started, 3));
    cr_expect(eq(u32, totals.users_failed, 0));
    cr_expect(eq(u64, totals.iterations_interrupted, 0));
    cr_expect(lt(i64, totals.first_start_us - START, 10 * MS));
    cr_expect(lt(i64, llabs(totals.last_end_us - START - 1200 * MS), 10 * MS));
    struct ll_sketch click = sketch(&bench, LL_METRIC_ACTION_DURATION, "click");
    cr_expect(eq(u64, click.total, 12));
    cr_expect(lt(dbl, click.max, 301.0 * MS));
    cr_expect(ge(dbl, click.min, 300.0 * MS));
    cr_expect(eq(u64, sketch(&bench, LL_METRIC_SCENARIO_DURATION, "").total, 3));
    bench_fini(&bench);
}

Test(crew, users_past_the_graceful_stop_are_interrupted) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 2);
    bench.browser.action_takes_us = 20 * SECOND;
    bench.spec.load.graceful_stop_ms = 2000;
    start_crew(&bench);
    finish(&bench);
    struct ll_crew_totals totals = ll_crew_totals(bench.crew);
    cr_expect(eq(u64, totals.iterations_interrupted, 2));
    cr_expect(eq(u32, totals.users_failed, 0));
    cr_expect(lt(i64, llabs(totals.last_end_us - START - 3 * SECOND), 10 * MS));
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 0));
    cr_expect(eq(int, bench.browser.cancelled, 2));
    bench_fini(&bench);
}

Test(crew, an_iteration_that_takes_too_long_fails_and_the_user_goes_on) {
    struct bench bench;
    bench_init(&bench, "ctx:step('buy', function() ctx:click('#a') end)", 1);
    bench.browser.action_takes_us = INT64_MAX;
    bench.spec.load.iteration_timeout_ms = 400;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(u64, failed_with(&bench, "iteration timed out after 400 ms"), 3));
    cr_expect(eq(str, bench.detail, "test.lua:3, in step \"buy\", operation 1: click(\"#a\")"));
    cr_expect(eq(u32, bench.step, 1));
    cr_expect(eq(u32, ll_crew_totals(bench.crew).users_failed, 1));
    cr_expect(eq(int, bench.failures, 3));
    bench_fini(&bench);
}

Test(crew, waiting_of_the_scenario_s_own_is_not_measured) {
    struct bench bench;
    bench_init(&bench, "ctx:step('all', function() ctx:click('#a'):think('500ms', '500ms'):click('#b') end)", 1);
    bench.browser.action_takes_us = 10 * MS;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 2));
    cr_expect(lt(dbl, sketch(&bench, LL_METRIC_ITERATION_DURATION, "").max, 25.0 * MS));
    cr_expect(ge(dbl, sketch(&bench, LL_METRIC_ITERATION_DURATION, "").min, 20.0 * MS));
    cr_expect(lt(dbl, sketch(&bench, LL_METRIC_STEP_DURATION, "all").max, 25.0 * MS));
    cr_expect(ge(dbl, sketch(&bench, LL_METRIC_SCENARIO_DURATION, "").min, 1000.0 * MS));
    bench_fini(&bench);
}

Test(crew, failures_are_recorded_and_users_go_on_more_slowly) {
    struct bench bench;
    bench_init(&bench, "ctx:expect('holds', true) ctx:expect('does not', false) ctx:fail('out of luck')", 2);
    bench.spec.load.duration_ms = 3000;
    start_crew(&bench);
    finish(&bench);
    // At 0, 50, 150, 350, 750, 1550 and 2550 ms.
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_FAILED), 2 * 7));
    cr_expect(eq(u64, total(&bench, LL_METRIC_CHECKS_PASSED), 2 * 7));
    cr_expect(eq(u64, total(&bench, LL_METRIC_CHECKS_FAILED), 2 * 7));
    cr_expect(eq(u32, ll_crew_totals(bench.crew).users_failed, 2));
    bench_fini(&bench);
}

Test(crew, an_action_that_fails_ends_the_iteration) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a') ctx:click('#b')", 1);
    bench.browser.action_takes_us = 200 * MS;
    bench.browser.action_err = ll_err_make(LL_DEADLINE_EXCEEDED, "matches nothing");
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_FAILED), 5));
    cr_expect(eq(int, bench.browser.performed, 5));
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 0));
    cr_expect(zero(ptr, (void *)(uintptr_t)ll_series_find(bench.series, LL_METRIC_ACTION_DURATION, "click")));
    bench_fini(&bench);
}

Test(crew, stop_user_ends_a_user_with_its_first_failure) {
    struct bench bench;
    bench_init(&bench, "if user_id == 2 then ctx:fail('no') end ctx:click('#a')", 3);
    bench.spec.on_failure = LL_ON_FAILURE_STOP_USER;
    bench.browser.action_takes_us = 100 * MS;
    start_crew(&bench);
    drive(&bench, START + 500 * MS);
    cr_expect(eq(u32, bench.active, 2));
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_FAILED), 1));
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 20));
    bench_fini(&bench);
}

Test(crew, the_run_ends_early_when_every_user_has_halted) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a') if ctx.iteration == 3 then ctx:halt() end", 2);
    bench.spec.load.duration_ms = 60000;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 6));
    cr_expect(lt(i64, bench.now_us, START + SECOND));
    bench_fini(&bench);
}

Test(crew, shared_iterations_are_begun_exactly) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 4);
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 10;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 10));
    bench_fini(&bench);
}

Test(crew, stages_ramp_up_and_down) {
    struct bench bench;
    struct ll_stage stages[] = {{.users = 4, .over_ms = 4000}, {.users = 4, .over_ms = 1000}, {.over_ms = 4000}};
    bench_init(&bench, "ctx:click('#a')", 4);
    bench.spec.load.duration_ms = 0;
    bench.spec.load.stages = ll_memdup(stages, sizeof stages);
    bench.spec.load.stage_count = 3;
    bench.browser.action_takes_us = 10 * MS;
    start_crew(&bench);
    const uint32_t expected[] = {0, 1, 2, 3, 4, 3, 2, 1, 0}; // half a second past each second
    for (int i = 0; i < 9; i++) {
        drive(&bench, START + i * SECOND + SECOND / 2);
        cr_expect(eq(u32, bench.active, expected[i]), "in second %d", i);
    }
    finish(&bench);
    cr_expect(eq(u32, ll_crew_totals(bench.crew).users_started, 4));
    bench_fini(&bench);
}

Test(crew, a_browser_that_dies_fails_iterations_and_its_users_go_on) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 3);
    bench.browser.action_takes_us = 100 * MS;
    start_crew(&bench);
    drive(&bench, START + 350 * MS);
    fake_browser_crash(&bench.browser);
    finish(&bench);
    cr_expect(eq(u64, failed_with(&bench, "the browser died"), 3));
    cr_expect(eq(str, bench.detail, "test.lua:3, operation 1: click(\"#a\"): it crashed"));
    cr_expect(eq(u32, bench.step, 1));
    cr_expect(ge(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 3 * 9));
    cr_expect(eq(int, bench.browser.opened, 6));
    bench_fini(&bench);
}

Test(crew, a_page_that_crashes_is_no_browser_that_died) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')\nctx:think('10s')", 2);
    bench.browser.action_takes_us = 100 * MS;
    start_crew(&bench);
    drive(&bench, START + 350 * MS);
    fake_browser_lose_pages(&bench.browser, ll_err_make(LL_ABORTED, "the page crashed"));
    finish(&bench);
    cr_expect(eq(u64, failed_with(&bench, "the page crashed"), 2));
    cr_expect(eq(u64, failed_with(&bench, "the browser died"), 0));
    cr_expect(eq(str, bench.detail, "test.lua:4, operation 1: think(\"10000ms\"): the page crashed"));
    bench_fini(&bench);
}

Test(crew, a_browser_that_dies_before_the_start_costs_nothing) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 6);
    bench.browser.open_takes_us = 100 * MS;
    open_crew(&bench);
    fake_browser_crash(&bench.browser);
    drive(&bench, START - SECOND / 2);
    cr_expect(eq(int, bench.browser.opened, 12));
    cr_expect(eq(int, bench.opened, 1));
    ll_crew_start(bench.crew, bench.now_us);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_FAILED), 0));
    bench_fini(&bench);
}

Test(crew, the_page_rests_after_iterations_whether_they_fail_or_not) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a') if ctx.iteration % 2 == 0 then error('odd') end", 1);
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 5;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(int, bench.browser.rested, 5));
    bench_fini(&bench);
}

Test(crew, a_fresh_context_is_made_for_each_iteration) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 2);
    bench.spec.context.renewal = LL_RENEWAL_FRESH;
    bench.spec.load.duration_ms = 950;
    bench.browser.action_takes_us = bench.browser.open_takes_us = 100 * MS;
    start_crew(&bench);
    finish(&bench);
    uint64_t completed = total(&bench, LL_METRIC_ITERATIONS_COMPLETED);
    cr_expect(eq(u64, completed, 2 * 5));
    cr_expect(lt(dbl, sketch(&bench, LL_METRIC_ITERATION_DURATION, "").max, 101.0 * MS));
    cr_expect(eq(int, bench.browser.opened, 2 * 5));
    cr_expect(eq(int, bench.browser.renewed, 2 * 5)); // the last of each user is given up
    bench_fini(&bench);
}

Test(crew, without_a_page_the_preparation_fails_with_the_reason) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 6);
    bench.browser.open_err = ll_err_make(LL_UNAVAILABLE, "no more memory");
    open_crew(&bench);
    cr_expect(eq(int, bench.opened, 1));
    cr_expect(eq(str, bench.open_err.text, "no more memory"));
    bench_fini(&bench);
}

Test(crew, in_the_run_a_page_that_cannot_be_opened_is_a_failed_iteration) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 1);
    bench.browser.action_takes_us = 200 * MS;
    start_crew(&bench);
    drive(&bench, START + 100 * MS);
    bench.browser.open_err = ll_err_make(LL_UNAVAILABLE, "gone");
    fake_browser_crash(&bench.browser);
    finish(&bench);
    cr_expect(eq(u64, failed_with(&bench, "the browser died"), 1));
    cr_expect(ge(u64, failed_with(&bench, "no page"), 3));
    cr_expect(le(u64, failed_with(&bench, "no page"), 5));
    bench_fini(&bench);
}

Test(crew, a_stop_lets_iterations_end_and_a_cut_does_not) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 2);
    bench.browser.action_takes_us = 400 * MS;
    bench.spec.load.duration_ms = 60000;
    start_crew(&bench);
    drive(&bench, START + SECOND);
    ll_crew_stop(bench.crew);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 2 * 3));
    cr_expect(eq(u64, ll_crew_totals(bench.crew).iterations_interrupted, 0));
    bench_fini(&bench);

    bench_init(&bench, "ctx:click('#a')", 2);
    bench.browser.action_takes_us = 400 * MS;
    start_crew(&bench);
    drive(&bench, START + 500 * MS);
    ll_crew_cut(bench.crew);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 2));
    cr_expect(eq(u64, ll_crew_totals(bench.crew).iterations_interrupted, 2));
    bench_fini(&bench);
}

Test(crew, iterations_that_take_no_time_leave_the_loop_room) {
    struct bench bench;
    bench_init(&bench, "", 2);
    bench.spec.load.duration_ms = 100;
    start_crew(&bench);
    finish(&bench);
    // As many turns as users, and one for the schedule, in each poll, which takes TURN here.
    cr_expect(le(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 3 * (100 * MS / TURN + 2)));
    cr_expect(ge(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 100 * MS / TURN / 2));
    bench_fini(&bench);
}

// ---- Evidence

// The names of the files that wait, with how many bytes each has.
static char *files(struct bench *bench) {
    static char words[1024];
    struct ll_send_artifact_request request;
    uint64_t sent = 0;
    words[0] = '\0';
    while (ll_parcels_next(bench->parcels, &request)) {
        size_t used = strlen(words);
        snprintf(words + used, sizeof words - used, "%s%s %d %s", used ? ", " : "", request.about.name,
                 (int)request.chunk.len, request.about.label);
        sent = request.offset + request.chunk.len;
        ll_parcels_arrived(bench->parcels, sent);
    }
    return words;
}

Test(crew_evidence, the_first_failures_of_a_signature_leave_evidence_outside_of_measured_time) {
    struct bench bench;
    bench_init(&bench, "ctx:step('buy', function() ctx:click('#a') end)", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.browser.action_err = ll_err_make(LL_DEADLINE_EXCEEDED, "matches nothing");
    bench.browser.capture_takes_us = 100 * MS;
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 6;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(int, bench.failures, 6));
    cr_expect(eq(int, bench.browser.captures, LL_WITNESS_OF_ONE_MAX));
    cr_expect(eq(int, bench.shown, LL_WITNESS_OF_ONE_MAX));
    cr_expect(eq(u64, total(&bench, LL_METRIC_EVIDENCE_SKIPPED), 0), "examples enough are nothing that was skipped");
    cr_assert_not_null(bench.evidence);
    cr_expect(eq(str, bench.evidence->url, "http://shop/cart?id=1"));
    cr_expect(eq(str, bench.evidence->requests, "GET 200 http://shop/cart\n"));
    cr_expect(eq(str, bench.evidence->picture, "run-1-web-7-failure.jpg"));
    cr_expect(eq(str, bench.evidence->page, "run-1-web-8-failure.html"));
    cr_expect(eq(str, bench.evidence->notes, "run-1-web-9-failure.txt"));
    cr_expect_not_null(strstr(files(&bench), "run-1-web-1-failure.jpg 4 , run-1-web-2-failure.html"));
    bench_fini(&bench);
}

Test(crew_evidence, few_captures_at_once_and_the_others_go_on) {
    struct bench bench;
    bench_init(&bench, "ctx:fail('reason ' .. user_id)", 10);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.browser.capture_takes_us = 300 * MS;
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 10;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(int, bench.failures, 10));
    cr_expect(eq(int, bench.browser.captures, LL_WITNESS_AT_ONCE_MAX));
    const struct ll_series *busy = ll_series_find(bench.series, LL_METRIC_EVIDENCE_SKIPPED, "busy");
    cr_expect(busy && busy->count == 10 - LL_WITNESS_AT_ONCE_MAX);
    bench_fini(&bench);
}

Test(crew_evidence, an_agent_keeps_so_many_and_no_more) {
    struct bench bench;
    bench_init(&bench, "ctx:fail('reason ' .. ctx.iteration)", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = LL_WITNESS_FAILURES_MAX + 5;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(int, bench.browser.captures, LL_WITNESS_FAILURES_MAX));
    const struct ll_series *full = ll_series_find(bench.series, LL_METRIC_EVIDENCE_SKIPPED, "no room");
    cr_expect(full && full->count == 5);
    bench_fini(&bench);
}

Test(crew_evidence, secrets_stand_in_none_of_it) {
    struct bench bench;
    bench_init(&bench, "error('cannot log in with hunter22')", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 1;
    ll_redact_add("hunter22", 8);
    ll_redact_add("sold out", 8);
    start_crew(&bench);
    finish(&bench);
    ll_redact_clear();
    cr_expect(eq(u64, failed_with(&bench, "test.lua:3: cannot log in with ***"), 1));
    cr_assert_not_null(bench.evidence);
    cr_expect(eq(str, bench.evidence->console, "error: ***\n"));
    cr_expect(eq(str, bench.evidence->picture, ""), "it would show what cannot be taken out");
    cr_expect(eq(str, bench.evidence->missing, "the picture is left out, since the page showed a secret"));
    struct ll_send_artifact_request request;
    while (ll_parcels_next(bench.parcels, &request)) {
        cr_expect_null(memmem(request.chunk.data, request.chunk.len, "hunter22", 8), "%s", request.about.name);
        cr_expect_null(memmem(request.chunk.data, request.chunk.len, "sold out", 8), "%s", request.about.name);
        ll_parcels_arrived(bench.parcels, request.offset + request.chunk.len);
    }
    bench_fini(&bench);
}

Test(crew_evidence, a_page_that_dies_leaves_what_was_known) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.browser.action_takes_us = INT64_MAX;
    start_crew(&bench);
    drive(&bench, START + 100 * MS);
    fake_browser_crash(&bench.browser);
    cr_assert_not_null(bench.evidence);
    cr_expect(eq(str, bench.evidence->url, "http://shop/last"));
    cr_expect(eq(str, bench.evidence->picture, ""));
    bench_fini(&bench);
}

Test(crew_evidence, a_page_that_dies_while_it_is_looked_at_is_one_failure) {
    struct bench bench;
    bench_init(&bench, "ctx:fail('no')", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.browser.capture_takes_us = INT64_MAX;
    start_crew(&bench);
    drive(&bench, START + 100 * MS);
    cr_expect(eq(int, bench.browser.captures, 1));
    cr_expect(eq(int, bench.failures, 0));
    fake_browser_crash(&bench.browser);
    cr_expect(eq(int, bench.failures, 1));
    finish(&bench);
    cr_expect(gt(u64, total(&bench, LL_METRIC_ITERATIONS_FAILED), 1));
    bench_fini(&bench);
}

Test(crew_evidence, a_capture_that_never_ends_is_cut_with_the_run) {
    struct bench bench;
    bench_init(&bench, "ctx:fail('no')", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.browser.capture_takes_us = INT64_MAX;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(int, bench.failures, 1));
    cr_expect(eq(u64, failed_with(&bench, "no"), 1));
    bench_fini(&bench);
}

Test(crew_evidence, a_screenshot_takes_none_of_the_iterations_time) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a')\nctx:screenshot('the cart'):click('#b')", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.browser.capture_takes_us = 300 * MS;
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 1;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(int, bench.browser.performed, 2));
    cr_expect(eq(str, files(&bench), "run-1-web-1-the-cart.jpg 4 the cart"));
    struct ll_sketch durations = sketch(&bench, LL_METRIC_ITERATION_DURATION, "");
    cr_expect(lt(dbl, durations.max, 100 * MS));
    bench_fini(&bench);
}

Test(crew_evidence, an_iteration_that_runs_out_of_time_over_a_screenshot_says_so) {
    struct bench bench;
    bench_init(&bench, "ctx:screenshot('the cart')", 1);
    bench.parcels = ll_parcels_new("run", 1, "web");
    bench.browser.capture_takes_us = 2 * SECOND;
    bench.spec.load.iteration_timeout_ms = 400;
    start_crew(&bench);
    finish(&bench);
    cr_expect(gt(u64, failed_with(&bench, "iteration timed out after 400 ms"), 0));
    cr_expect(eq(str, bench.detail, "test.lua:3: screenshot(\"the cart\")"));
    bench_fini(&bench);
}

Test(crew_evidence, without_room_for_a_screenshot_the_script_goes_on) {
    struct bench bench;
    bench_init(&bench, "ctx:screenshot('x')", 1);
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 1;
    start_crew(&bench);
    finish(&bench);
    cr_expect(eq(int, bench.browser.captures, 0));
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 1));
    bench_fini(&bench);
}

// ---- Barriers: the test is the coordinator

static struct ll_barrier_waits waits_of(struct bench *bench) {
    struct ll_barrier_waits waits;
    ll_crew_describe(bench->crew, &waits);
    return waits;
}

static void answer_all(struct bench *bench, bool is_released) {
    struct ll_barrier_waits waits = waits_of(bench);
    struct ll_barrier_answer items[4];
    for (size_t i = 0; i < waits.count; i++)
        items[i] = (struct ll_barrier_answer){.ticket = waits.items[i].ticket, .is_released = is_released};
    ll_crew_hear(bench->crew, &(struct ll_barrier_answers){.items = items, .count = waits.count});
}

Test(crew, users_at_a_barrier_wait_unmeasured_until_they_are_released) {
    struct bench bench;
    bench_init(&bench, "ctx:click('#a'):barrier('pair', 2) ctx:halt()", 2);
    ll_scenario_deal(bench.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 2}, 2);
    bench.browser.action_takes_us = 10 * MS;
    start_crew(&bench);
    drive(&bench, START + 500 * MS);
    struct ll_barrier_waits waits = waits_of(&bench);
    cr_assert(eq(sz, waits.count, 2));
    cr_expect(eq(str, (char *)waits.items[0].name, "pair"));
    cr_expect(not(waits.nobody_else));
    answer_all(&bench, true);
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 2));
    cr_expect(lt(dbl, sketch(&bench, LL_METRIC_ITERATION_DURATION, "").max, 25.0 * MS));
    bench_fini(&bench);
}

Test(crew, patience_at_a_barrier_ends_with_the_coordinators_word_or_without) {
    for (int answers = 0; answers < 2; answers++) {
        struct bench bench;
        bench_init(&bench, "ctx:barrier('pair', 2, { timeout = '100ms' })", 1);
        ll_scenario_deal(bench.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 1}, 2);
        bench.spec.on_failure = LL_ON_FAILURE_STOP_USER;
        bench.spec.load.duration_ms = 20000;
        start_crew(&bench);
        drive(&bench, START + 200 * MS);
        struct ll_barrier_waits waits = waits_of(&bench);
        cr_assert(eq(sz, waits.count, 1));
        cr_expect(waits.items[0].is_leaving);
        cr_expect(eq(int, bench.failures, 0));
        if (answers)
            answer_all(&bench, false);
        else
            drive(&bench, START + 6 * SECOND);
        cr_expect(eq(int, bench.failures, 1));
        cr_expect(eq(sz, waits_of(&bench).count, 0));
        finish(&bench);
        bench_fini(&bench);
    }
}

Test(crew, one_whose_iteration_ends_otherwise_is_out_of_the_gate) {
    struct bench bench;
    bench_init(&bench, "ctx:barrier('pair', 2)", 1);
    ll_scenario_deal(bench.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 1}, 2);
    bench.spec.on_failure = LL_ON_FAILURE_STOP_USER;
    bench.spec.load.duration_ms = 20000;
    bench.spec.load.iteration_timeout_ms = 300;
    start_crew(&bench);
    drive(&bench, START + 200 * MS);
    cr_expect(eq(sz, waits_of(&bench).count, 1));
    drive(&bench, START + 400 * MS);
    cr_expect(eq(int, bench.failures, 1));
    cr_expect(eq(sz, waits_of(&bench).count, 0));
    finish(&bench);
    bench_fini(&bench);
}

Test(crew, who_waits_in_vain_at_the_end_is_interrupted_at_once) {
    struct bench bench;
    bench_init(&bench, "ctx:barrier('pair', 2)", 1);
    ll_scenario_deal(bench.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 1}, 2);
    start_crew(&bench);
    drive(&bench, START + 900 * MS);
    ll_crew_hear(bench.crew, &(struct ll_barrier_answers){.nobody_comes = true}); // told too early: nothing happens
    cr_expect(eq(sz, waits_of(&bench).count, 1));
    drive(&bench, START + 1100 * MS);
    cr_expect(waits_of(&bench).nobody_else);
    cr_expect(eq(int, bench.ended, 0));
    ll_crew_hear(bench.crew, &(struct ll_barrier_answers){.nobody_comes = true});
    drive(&bench, START + 1200 * MS);
    cr_expect(eq(int, bench.ended, 1));
    cr_expect(eq(u64, ll_crew_totals(bench.crew).iterations_interrupted, 1));
    cr_expect(eq(int, bench.failures, 0));
    bench_fini(&bench);
}

// The load of a fixed number of iterations has no moment at which it is over.
Test(crew, who_waits_in_vain_in_the_last_iteration_ends_the_run) {
    struct bench bench;
    bench_init(&bench, "ctx:barrier('pair', 2)", 1);
    ll_scenario_deal(bench.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 1}, 2);
    bench.spec.load.duration_ms = 0;
    bench.spec.load.iterations = 1;
    start_crew(&bench);
    drive(&bench, START + 100 * MS);
    cr_expect(waits_of(&bench).nobody_else);
    ll_crew_hear(bench.crew, &(struct ll_barrier_answers){.nobody_comes = true});
    drive(&bench, START + 200 * MS);
    cr_expect(eq(int, bench.ended, 1));
    cr_expect(eq(u64, ll_crew_totals(bench.crew).iterations_interrupted, 1));
    finish(&bench);
    bench_fini(&bench);
}

// ---- Throttles: the test is the coordinator

// The body of run ends early, so that the scenario has throttles too.
#define THROTTLED(body, list) body " end, throttles = function() return { " list " }"

static struct ll_throttle_wants throttled(struct bench *bench) {
    struct ll_throttle_wants wants;
    ll_crew_describe_throttles(bench->crew, &wants);
    return wants;
}

static void permit(struct bench *bench, uint64_t ticket, uint64_t in_us) {
    struct ll_throttle_grant item = {.ticket = ticket, .in_us = in_us};
    ll_crew_hear_throttles(bench->crew, &(struct ll_throttle_grants){.items = &item, .count = 1});
}

Test(crew, users_at_a_throttle_wait_unmeasured_until_the_permits_moment) {
    struct bench bench;
    bench_init(&bench,
               THROTTLED("ctx:step('s', function() ctx:throttle('x'):click('#a') end) ctx:halt()", "ll.rate('x', 60)"),
               1);
    bench.browser.action_takes_us = 10 * MS;
    start_crew(&bench);
    drive(&bench, START + 200 * MS);
    cr_assert(eq(sz, throttled(&bench).count, 1));
    permit(&bench, throttled(&bench).items[0].ticket, 300 * MS);
    drive(&bench, START + 450 * MS);
    cr_expect(eq(int, bench.browser.performed, 0));
    drive(&bench, START + 600 * MS);
    cr_expect(eq(int, bench.browser.performed, 1));
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 1));
    cr_expect(lt(dbl, sketch(&bench, LL_METRIC_ITERATION_DURATION, "").max, 25.0 * MS));
    cr_expect(lt(dbl, sketch(&bench, LL_METRIC_STEP_DURATION, "s").max, 25.0 * MS));
    bench_fini(&bench);
}

Test(crew, a_permit_that_is_held_is_given_back_however_the_iteration_ends) {
    static const char *const bodies[] = {
        THROTTLED("ctx:throttle('x'):click('#a') ctx:halt()", "ll.parallelism('x', 1)"),
        THROTTLED("ctx:throttle('x'):click('#a') ctx:fail('no')", "ll.parallelism('x', 1)"),
        THROTTLED("ctx:throttle('x'):think('20s')", "ll.parallelism('x', 1)"), // until it times out
    };
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        struct bench bench;
        bench_init(&bench, bodies[i], 1);
        bench.spec.on_failure = LL_ON_FAILURE_STOP_USER;
        bench.spec.load.duration_ms = 20000;
        bench.spec.load.iteration_timeout_ms = 500;
        bench.browser.action_takes_us = 100 * MS;
        start_crew(&bench);
        drive(&bench, START + 200 * MS);
        cr_assert(eq(sz, throttled(&bench).count, 1), "%s", bodies[i]);
        permit(&bench, throttled(&bench).items[0].ticket, 0);
        drive(&bench, START + 250 * MS);
        cr_assert(eq(sz, throttled(&bench).count, 1), "%s", bodies[i]);
        cr_expect(throttled(&bench).items[0].is_held, "%s", bodies[i]);
        drive(&bench, START + 700 * MS);
        cr_expect(eq(sz, throttled(&bench).count, 0), "%s", bodies[i]);
        finish(&bench);
        bench_fini(&bench);
    }
}

Test(crew, a_permit_of_a_function_is_given_back_with_it) {
    struct bench bench;
    bench_init(
        &bench,
        THROTTLED("ctx:throttle('x', function() ctx:click('#a') end):click('#b') ctx:halt()", "ll.parallelism('x', 1)"),
        1);
    bench.browser.action_takes_us = 100 * MS;
    start_crew(&bench);
    drive(&bench, START + 200 * MS);
    cr_assert(eq(sz, throttled(&bench).count, 1));
    permit(&bench, throttled(&bench).items[0].ticket, 0);
    drive(&bench, START + 250 * MS);
    cr_expect(eq(sz, throttled(&bench).count, 1));
    drive(&bench, START + 350 * MS);
    cr_expect(eq(int, bench.browser.performed, 2));
    cr_expect(eq(sz, throttled(&bench).count, 0)); // while it is at #b
    finish(&bench);
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 1));
    bench_fini(&bench);
}

Test(crew, who_waits_at_a_throttle_when_the_load_is_over_is_interrupted_at_once) {
    struct bench bench;
    bench_init(&bench, THROTTLED("ctx:click('#a'):throttle('x')", "ll.rate('x', 60)"), 2);
    bench.browser.action_takes_us = 100 * MS;
    start_crew(&bench);
    drive(&bench, START + 900 * MS);
    cr_assert(eq(sz, throttled(&bench).count, 2));
    permit(&bench, throttled(&bench).items[0].ticket, 70 * MS); // the one is in the next iteration when the load ends
    drive(&bench, START + 1250 * MS);
    finish(&bench);
    cr_expect(lt(i64, bench.now_us, START + 1300 * MS));
    cr_expect(eq(u64, total(&bench, LL_METRIC_ITERATIONS_COMPLETED), 1));
    cr_expect(eq(u64, ll_crew_totals(bench.crew).iterations_interrupted, 2));
    cr_expect(eq(int, bench.failures, 0));
    cr_expect(eq(sz, throttled(&bench).count, 0));
    bench_fini(&bench);
}

Test(crew, a_wait_at_a_throttle_counts_towards_the_iterations_timeout) {
    struct bench bench;
    bench_init(&bench, THROTTLED("ctx:throttle('x')", "ll.rate('x', 60)"), 1);
    bench.spec.on_failure = LL_ON_FAILURE_STOP_USER;
    bench.spec.load.duration_ms = 20000;
    bench.spec.load.iteration_timeout_ms = 300;
    start_crew(&bench);
    drive(&bench, START + 400 * MS);
    cr_expect(eq(int, bench.failures, 1));
    cr_expect(eq(sz, throttled(&bench).count, 0));
    finish(&bench);
    bench_fini(&bench);
}
