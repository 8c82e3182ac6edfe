// A task as the program runs it: a real loop, the real clock, and the browser that does nothing.
#include "agent/task.h"

#include "agent/users/watchdog.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/loop/loop.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/snapshot.h"
#include "tests/support/site.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct bench {
    struct ll_loop *loop;
    struct ll_connection *connection;
    struct ll_recorder *recorder;
    struct ll_health *health;
    struct ll_assignment assignment;
    struct ll_buf packed;
    struct ll_task *task;
    ll_err prepared;
    int first_iterations, sealed, ended;
};

static void quit(void *owner) {
    ll_loop_quit(((struct bench *)owner)->loop);
}

static void drop_sample(void *owner, enum ll_metric metric, const char *label, double value) {
    (void)owner, (void)metric, (void)label, (void)value;
}

static void drop_count(void *owner, enum ll_metric metric, const char *label, uint64_t n) {
    (void)owner, (void)metric, (void)label, (void)n;
}

static void on_ready(void *owner, ll_err err) {
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    quit(owner);
}

// The loop cannot be run again once it has quit: everything happens in one go, each callback doing what comes next.
static void on_prepared(void *owner, ll_err err) {
    struct bench *bench = owner;
    bench->prepared = err;
    if (err.status == LL_OK)
        ll_task_start(bench->task, ll_clock_us());
    else
        quit(bench);
}

static void on_first_iteration(void *owner) {
    ((struct bench *)owner)->first_iterations++;
}

static void on_sealed(void *owner) {
    ((struct bench *)owner)->sealed++;
}

static void on_ended(void *owner) {
    struct bench *bench = owner;
    bench->ended++;
    quit(bench);
}

static void pack(struct bench *bench, const char *source) {
    struct ll_bundle_file file = {.path = ll_strdup("t.lua"), .content = ll_strdup(source), .len = strlen(source)};
    struct ll_bundle bundle = {.main = ll_strdup("t.lua"), .files = ll_memdup(&file, sizeof file), .count = 1};
    bench->packed = ll_buf_make(LL_BUNDLE_BYTES_MAX);
    ll_bundle_pack(&bundle, &bench->packed);
    ll_bundle_fini(&bundle);
}

// Makes the task, or makes it anew with another answer to a sealed snapshot.
static void bench_task(struct bench *bench, void (*sealed)(void *owner)) {
    ll_task_free(&bench->task);
    bench->task = ll_task_new(&(struct ll_task_options){.loop = bench->loop,
                                                        .connection = bench->connection,
                                                        .recorder = bench->recorder,
                                                        .health = bench->health,
                                                        .assignment = &bench->assignment,
                                                        .epoch = 5,
                                                        .owner = bench,
                                                        .on_prepared = on_prepared,
                                                        .on_first_iteration = on_first_iteration,
                                                        .on_sealed = sealed,
                                                        .on_ended = on_ended});
}

static void bench_init(struct bench *bench, const char *source) {
    *bench = (struct bench){.recorder = ll_recorder_new(), .health = ll_health_new()};
    cr_assert(eq(int, ll_loop_new(&bench->loop).status, LL_OK));
    struct ll_connection_options options = {.loop = bench->loop,
                                            .launch = {.program = "null"},
                                            .sink = {.sample = drop_sample, .count = drop_count},
                                            .owner = bench,
                                            .on_ready = on_ready,
                                            .on_stopped = quit};
    ll_err err = ll_connection_open(&options, &bench->connection);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    pack(bench, source);
    bench->assignment = (struct ll_assignment){
        .run_id = "run-1", .spec = ll_spec_make("t"), .first_user = 1, .stride = 1, .users = 3, .bucket_width_ms = 50};
    bench->assignment.spec.load.users = 3;
    bench->assignment.spec.load.duration_ms = 170;
    bench_task(bench, on_sealed);
}

static void bench_fini(struct bench *bench) {
    ll_task_free(&bench->task);
    bench->connection->ops->fini(bench->connection);
    ll_assignment_fini(&bench->assignment);
    ll_buf_fini(&bench->packed);
    ll_loop_free(&bench->loop);
    ll_health_free(&bench->health);
    ll_recorder_free(&bench->recorder);
}

Test(task, a_run_becomes_numbered_snapshots_of_which_the_last_is_final) {
    struct bench bench;
    bench_init(&bench, "local ll = require 'liveload'\n"
                       "return ll.scenario { name = 't', run = function(ctx) ctx:click('#a'):think('10ms') end }\n");
    ll_err err = ll_task_prepare(bench.task, &bench.packed);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_loop_run(bench.loop);
    cr_expect(eq(int, bench.prepared.status, LL_OK), "%s", bench.prepared.text);
    cr_expect(eq(int, bench.first_iterations, 1));
    cr_expect(ge(int, bench.sealed, 1));
    cr_assert(eq(int, bench.ended, 1));

    struct ll_bytes frames[LL_EXCHANGE_SNAPSHOTS_MAX];
    size_t count = ll_outbox_oldest(ll_task_outbox(bench.task), frames);
    cr_assert(ge(sz, count, 4));
    uint64_t completed = 0;
    for (size_t i = 0; i < count; i++) {
        struct ll_snapshot snapshot;
        cr_assert(eq(int, ll_snapshot_open(frames[i].data, frames[i].len, &snapshot).status, LL_OK));
        cr_expect(eq(u64, snapshot.sequence, i + 1));
        cr_expect(eq(u64, snapshot.offset_ms, i * 50));
        cr_expect(eq(u64, snapshot.epoch, 5));
        cr_expect(eq(u32, snapshot.active_users, 3));
        cr_expect(eq(int, snapshot.final, i + 1 == count));
        cr_expect(eq(u32, snapshot.users_total, 3));
        cr_expect(ge(u64, snapshot.last_user_end_ms, snapshot.final ? 170 : snapshot.offset_ms + snapshot.width_ms));
        completed += ll_series_total(snapshot.series, LL_METRIC_ITERATIONS_COMPLETED);
        ll_snapshot_fini(&snapshot);
    }
    cr_expect(ge(u64, completed, 3));
    cr_expect(le(u64, completed, 3 * 18));
    bench_fini(&bench);
}

Test(task, requests_beside_the_browser_are_actions_of_the_user) {
    static const struct ll_site_page pages[] = {
        {.path = "/log-in", .type = "text/plain", .set_cookies = "id=7; Path=/", .delay_ms = 20},
        {.path = "/echo-back", .type = "text/plain", .echoes = true},
        {.path = "/never", .never_answers = true},
        {.path = NULL},
    };
    struct bench bench;
    char source[800];
    bench_init(&bench, "");
    struct ll_site *site = ll_site_new(bench.loop, pages);
    snprintf(source, sizeof source,
             "local ll = require 'liveload'\n"
             "return ll.scenario { name = 't', run = function(ctx)\n"
             "local base = 'http://127.0.0.1:%d'\n"
             "ctx.http:post(base .. '/log-in', { form = { name = 'ann' } })\n"
             "ctx:expect('is known', ctx.http:get(base .. '/echo-back').body:find('cookie: id=7', 1, true) ~= nil)\n"
             "ctx:click('#a')\n"
             "if ctx.iteration == 2 then ctx.http:get(base .. '/never') end end }\n",
             ll_site_port(site));
    ll_buf_fini(&bench.packed);
    pack(&bench, source);
    bench.assignment.spec.load.duration_ms = 500;
    bench.assignment.spec.load.graceful_stop_ms = 100;
    bench_task(&bench, on_sealed);
    ll_err err = ll_task_prepare(bench.task, &bench.packed);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_loop_run(bench.loop);
    cr_assert(eq(int, bench.ended, 1));
    struct ll_bytes frames[LL_EXCHANGE_SNAPSHOTS_MAX];
    size_t count = ll_outbox_oldest(ll_task_outbox(bench.task), frames);
    uint64_t passed = 0, failed = 0, requests = 0, posts = 0, interrupted = 0;
    double shortest_us = 1e9;
    for (size_t i = 0; i < count; i++) {
        struct ll_snapshot snapshot;
        cr_assert(eq(int, ll_snapshot_open(frames[i].data, frames[i].len, &snapshot).status, LL_OK));
        passed += ll_series_total(snapshot.series, LL_METRIC_CHECKS_PASSED);
        failed += ll_series_total(snapshot.series, LL_METRIC_CHECKS_FAILED);
        requests += ll_series_total(snapshot.series, LL_METRIC_HTTP_REQUESTS);
        interrupted = snapshot.iterations_interrupted;
        const struct ll_series *post = ll_series_find(snapshot.series, LL_METRIC_ACTION_DURATION, "http:post");
        if (post) posts += post->sketch.total;
        if (post && post->sketch.min < shortest_us) shortest_us = post->sketch.min;
        ll_snapshot_fini(&snapshot);
    }
    cr_expect(eq(u64, passed, 6)); // three users, twice
    cr_expect(eq(u64, failed, 0));
    cr_expect(eq(u64, requests, 12));
    cr_expect(eq(u64, posts, 6));
    cr_expect(ge(dbl, shortest_us, 20e3));
    cr_expect(eq(u64, interrupted, 3)); // in the middle of a request
    ll_site_free(&site);
    bench_fini(&bench);
}

static void cut_at_first_seal(void *owner) {
    struct bench *bench = owner;
    if (bench->sealed++ == 0) ll_task_cut(bench->task, LL_RUN_IS_LEFT);
}

Test(task, one_that_is_cut_says_what_became_of_its_users) {
    struct bench bench;
    bench_init(&bench, "local ll = require 'liveload'\n"
                       "return ll.scenario { name = 't', run = function(ctx) ctx:think('60s') end }\n");
    bench_task(&bench, cut_at_first_seal);
    ll_err err = ll_task_prepare(bench.task, &bench.packed);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_loop_run(bench.loop);
    cr_assert(eq(int, bench.ended, 1));

    struct ll_bytes frames[LL_EXCHANGE_SNAPSHOTS_MAX];
    size_t count = ll_outbox_oldest(ll_task_outbox(bench.task), frames);
    cr_assert(ge(sz, count, 2));
    struct ll_snapshot last;
    cr_assert(eq(int, ll_snapshot_open(frames[count - 1].data, frames[count - 1].len, &last).status, LL_OK));
    cr_expect(not(last.final));
    cr_expect(eq(u32, last.users_total, 3));
    cr_expect(eq(u64, last.iterations_interrupted, 3));
    cr_expect(ge(u64, last.last_user_end_ms, 50));
    ll_snapshot_fini(&last);
    bench_fini(&bench);
}

Test(task, a_broken_scenario_is_an_error_at_once) {
    struct bench bench;
    bench_init(&bench, "return 1 +\n");
    ll_err err = ll_task_prepare(bench.task, &bench.packed);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    cr_expect(ne(ptr, strstr(err.text, "t.lua:"), NULL), "%s", err.text);
    bench_fini(&bench);
}

// A pattern that would backtrack for minutes.
#define STUCK "string.find(string.rep('a', 60), string.rep('a-', 40) .. 'b')\n"

Test(task, a_file_that_would_never_return_is_an_error) {
    struct bench bench;
    bench_init(&bench, STUCK);
    ll_err err = ll_task_prepare(bench.task, &bench.packed);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    cr_expect(ne(ptr, strstr(err.text, "t.lua:1: string.find used up"), NULL), "%s", err.text);
    bench_fini(&bench);
}

Test(task, a_config_that_would_never_return_is_an_error) {
    struct bench bench;
    bench_init(&bench, "local ll = require 'liveload'\n"
                       "return ll.scenario { name = 't', run = function() end, config = function()\n" STUCK "end }\n");
    ll_err err = ll_task_prepare(bench.task, &bench.packed);
    cr_expect(ne(int, err.status, LL_OK));
    cr_expect(ne(ptr, strstr(err.text, "t.lua:3: string.find used up"), NULL), "%s", err.text);
    bench_fini(&bench);
}

Test(task, a_call_that_reaches_no_instruction_ends_the_process, .exit_code = 1, .timeout = 60) {
    cr_assert(eq(int, ll_watchdog_start().status, LL_OK));
    ll_watchdog_enter();
    for (;;) pause();
}

Test(task, bytes_that_are_no_bundle_are_an_error_at_once) {
    struct bench bench;
    bench_init(&bench, "");
    ll_buf_clear(&bench.packed);
    ll_buf_text(&bench.packed, "\xff\xff\xff\xff garbage");
    ll_err err = ll_task_prepare(bench.task, &bench.packed);
    cr_expect(ne(int, err.status, LL_OK));
    bench_fini(&bench);
}
