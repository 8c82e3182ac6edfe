#include "agent/telemetry/snapshotter.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/redact.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_run_totals no_totals;

enum { MS = 1000, START = 5000 * MS, WIDTH_MS = 1000 };

struct bench {
    struct ll_recorder *recorder;
    struct ll_outbox *outbox;
    struct ll_health *health;
    struct ll_snapshotter *snapshotter;
};

static struct bench bench_make_limited(size_t frame_bytes_max) {
    struct bench bench = {ll_recorder_new(), ll_outbox_new(), ll_health_new(), NULL};
    bench.snapshotter = ll_snapshotter_new(&(struct ll_snapshotter_options){.recorder = bench.recorder,
                                                                            .outbox = bench.outbox,
                                                                            .health = bench.health,
                                                                            .run_id = "run-1",
                                                                            .epoch = 9,
                                                                            .width_ms = WIDTH_MS,
                                                                            .frame_bytes_max = frame_bytes_max});
    return bench;
}

static struct bench bench_make(void) {
    return bench_make_limited(0);
}

static void bench_fini(struct bench *bench) {
    ll_snapshotter_free(&bench->snapshotter);
    ll_health_free(&bench->health);
    ll_outbox_free(&bench->outbox);
    ll_recorder_free(&bench->recorder);
}

static struct ll_snapshot open_oldest(const struct bench *bench, size_t index) {
    struct ll_bytes frames[LL_EXCHANGE_SNAPSHOTS_MAX];
    size_t count = ll_outbox_oldest(bench->outbox, frames);
    cr_assert(lt(sz, index, count));
    struct ll_snapshot snapshot;
    ll_err err = ll_snapshot_open(frames[index].data, frames[index].len, &snapshot);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return snapshot;
}

Test(recorder, the_half_that_was_filled_is_read_while_the_other_fills) {
    struct ll_recorder *recorder = ll_recorder_new();
    ll_recorder_count(recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 2);
    struct ll_series_set *first = ll_recorder_flip(recorder);
    ll_recorder_count(recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 5);
    cr_expect(eq(u64, ll_series_total(first, LL_METRIC_ITERATIONS_COMPLETED), 2));
    struct ll_series_set *second = ll_recorder_flip(recorder);
    cr_expect(eq(u64, ll_series_total(second, LL_METRIC_ITERATIONS_COMPLETED), 5));
    cr_expect(eq(u64, ll_series_total(ll_recorder_flip(recorder), LL_METRIC_ITERATIONS_COMPLETED), 0));
    ll_recorder_free(&recorder);
}

Test(recorder, what_a_threshold_names_is_never_folded) {
    struct ll_recorder *recorder = ll_recorder_new();
    struct ll_spec spec = ll_spec_make("shop");
    ll_spec_add_threshold(&spec, "step_duration_us{item 250}: p95 < 1s");
    ll_recorder_start(recorder, &spec, START);
    char step[32];
    for (int round = 0; round < 3; round++) {
        for (int i = 1; i <= 250; i++) {
            snprintf(step, sizeof step, "item %d", i);
            ll_recorder_begin(recorder, LL_METRIC_STEP_DURATION, step, START + 1000 * (round + 1) + i);
            ll_recorder_sample(recorder, LL_METRIC_STEP_DURATION, step, 10);
        }
        const struct ll_series *named = ll_series_find(ll_recorder_flip(recorder), LL_METRIC_STEP_DURATION, "item 250");
        cr_assert_not_null(named);
        cr_expect(eq(u64, named->sketch.total, 1));
        cr_expect(eq(u64, named->began_us, 1250)); // of the first time
    }
    ll_spec_fini(&spec);
    ll_recorder_free(&recorder);
}

// One that failed the first time began first all the same.
Test(recorder, a_steps_beginning_is_kept_until_it_completes) {
    struct ll_recorder *recorder = ll_recorder_new();
    struct ll_spec spec = ll_spec_make("shop");
    ll_recorder_start(recorder, &spec, START);
    ll_recorder_begin(recorder, LL_METRIC_STEP_DURATION, "search", START);
    ll_recorder_begin(recorder, LL_METRIC_STEP_DURATION, "pay", START + 70);
    ll_recorder_sample(recorder, LL_METRIC_STEP_DURATION, "pay", 10);
    cr_expect(eq(u64, ll_series_find(ll_recorder_flip(recorder), LL_METRIC_STEP_DURATION, "pay")->began_us, 70));
    ll_recorder_begin(recorder, LL_METRIC_STEP_DURATION, "search", START + 500);
    ll_recorder_sample(recorder, LL_METRIC_STEP_DURATION, "search", 10);
    cr_expect(eq(u64, ll_series_find(ll_recorder_flip(recorder), LL_METRIC_STEP_DURATION, "search")->began_us, 1));
    ll_spec_fini(&spec);
    ll_recorder_free(&recorder);
}

Test(recorder, secrets_stand_in_no_label) {
    struct ll_recorder *recorder = ll_recorder_new();
    cr_assert(eq(int, ll_redact_add("tiger lily", 10).status, LL_OK));
    ll_recorder_count(recorder, LL_METRIC_CHECKS_PASSED, "is tiger lily there", 1);
    ll_recorder_sample(recorder, LL_METRIC_WEBSOCKET_FRAME_SENT, "http://127.0.0.1/tiger%20lily", 1);
    struct ll_series_set *set = ll_recorder_flip(recorder);
    cr_expect_not_null(ll_series_find(set, LL_METRIC_CHECKS_PASSED, "is *** there"));
    cr_expect_not_null(ll_series_find(set, LL_METRIC_WEBSOCKET_FRAME_SENT, "http://127.0.0.1/***"));
    ll_redact_clear();
    ll_recorder_free(&recorder);
}

Test(snapshotter, buckets_are_sealed_numbered_and_aligned_to_the_start) {
    struct bench bench = bench_make();
    ll_recorder_count(bench.recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 100); // before the run
    cr_expect(eq(i64, ll_snapshotter_next_us(bench.snapshotter), INT64_MAX));
    ll_snapshotter_start(bench.snapshotter, START);
    ll_snapshotter_active(bench.snapshotter, 3);
    ll_recorder_count(bench.recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 4);
    ll_recorder_sample(bench.recorder, LL_METRIC_ITERATION_DURATION, NULL, 1234);
    cr_expect(eq(sz, ll_snapshotter_poll(bench.snapshotter, START + 999 * MS, &no_totals), 0));
    cr_expect(eq(i64, ll_snapshotter_next_us(bench.snapshotter), START + 1000 * MS));
    cr_expect(eq(sz, ll_snapshotter_poll(bench.snapshotter, START + 1003 * MS, &no_totals), 1));
    struct ll_snapshot snapshot = open_oldest(&bench, 0);
    cr_expect(eq(str, snapshot.run_id, "run-1"));
    cr_expect(eq(u64, snapshot.epoch, 9));
    cr_expect(eq(u64, snapshot.sequence, 1));
    cr_expect(eq(u64, snapshot.offset_ms, 0));
    cr_expect(eq(u32, snapshot.width_ms, WIDTH_MS));
    cr_expect(eq(u32, snapshot.active_users, 3));
    cr_expect(eq(u64, ll_series_total(snapshot.series, LL_METRIC_ITERATIONS_COMPLETED), 4));
    cr_expect(gt(u64, snapshot.health.rss_bytes, 0));
    cr_expect(not(snapshot.final));
    ll_snapshot_fini(&snapshot);
    bench_fini(&bench);
}

Test(snapshotter, a_late_loop_leaves_no_holes) {
    struct bench bench = bench_make();
    ll_snapshotter_start(bench.snapshotter, START);
    ll_snapshotter_active(bench.snapshotter, 5);
    ll_snapshotter_active(bench.snapshotter, 2);
    cr_expect(eq(sz, ll_snapshotter_poll(bench.snapshotter, START + 3500 * MS, &no_totals), 3));
    for (size_t i = 0; i < 3; i++) {
        struct ll_snapshot snapshot = open_oldest(&bench, i);
        cr_expect(eq(u64, snapshot.offset_ms, i * WIDTH_MS));
        cr_expect(eq(u32, snapshot.active_users, i == 0 ? 5 : 2));
        ll_snapshot_fini(&snapshot);
    }
    bench_fini(&bench);
}

Test(snapshotter, the_last_one_carries_the_totals) {
    struct bench bench = bench_make();
    ll_snapshotter_start(bench.snapshotter, START);
    struct ll_run_totals totals = {.users_total = 8,
                                   .users_failed = 2,
                                   .iterations_interrupted = 3,
                                   .first_user_start_ms = 1,
                                   .last_user_end_ms = 1490};
    ll_snapshotter_finish(bench.snapshotter, START + 1500 * MS, &totals, LL_RUN_ENDS_HERE);
    cr_expect(eq(sz, ll_outbox_count(bench.outbox), 2));
    struct ll_snapshot last = open_oldest(&bench, 1);
    cr_expect(last.final);
    cr_expect(eq(u64, last.offset_ms, 1000));
    cr_expect(eq(u32, last.users_total, 8));
    cr_expect(eq(u32, last.users_failed, 2));
    cr_expect(eq(u64, last.iterations_interrupted, 3));
    cr_expect(eq(u64, last.first_user_start_ms, 1));
    cr_expect(eq(u64, last.last_user_end_ms, 1490));
    ll_snapshot_fini(&last);
    bench_fini(&bench);
}

Test(snapshotter, every_snapshot_has_the_totals_so_far_and_one_that_is_left_is_not_final) {
    struct bench bench = bench_make();
    ll_snapshotter_start(bench.snapshotter, START);
    struct ll_run_totals totals = {
        .users_total = 8, .users_failed = 1, .first_user_start_ms = 4, .last_user_end_ms = 1000};
    cr_expect(eq(sz, ll_snapshotter_poll(bench.snapshotter, START + 1000 * MS, &totals), 1));
    totals = (struct ll_run_totals){.users_total = 8, .users_failed = 2, .iterations_interrupted = 6};
    ll_snapshotter_finish(bench.snapshotter, START + 1500 * MS, &totals, LL_RUN_IS_LEFT);
    struct ll_snapshot first = open_oldest(&bench, 0), last = open_oldest(&bench, 1);
    cr_expect(not(first.final));
    cr_expect(eq(u32, first.users_total, 8));
    cr_expect(eq(u32, first.users_failed, 1));
    cr_expect(eq(u64, first.first_user_start_ms, 4));
    cr_expect(eq(u64, first.last_user_end_ms, 1000));
    cr_expect(not(last.final));
    cr_expect(eq(u32, last.users_failed, 2));
    cr_expect(eq(u64, last.iterations_interrupted, 6));
    ll_snapshot_fini(&first);
    ll_snapshot_fini(&last);
    bench_fini(&bench);
}

Test(snapshotter, a_full_outbox_widens_the_bucket_and_loses_nothing) {
    struct bench bench = bench_make();
    ll_snapshotter_start(bench.snapshotter, START);
    int64_t now_us = START;
    uint64_t recorded = 0;
    for (int i = 0; i < LL_OUTBOX_FRAMES_MAX + 5; i++) {
        ll_recorder_count(bench.recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 1);
        recorded++;
        ll_snapshotter_poll(bench.snapshotter, now_us += WIDTH_MS * MS, &no_totals);
    }
    cr_expect(eq(sz, ll_outbox_count(bench.outbox), LL_OUTBOX_FRAMES_MAX));
    cr_expect(eq(sz, ll_outbox_acknowledge(bench.outbox, LL_OUTBOX_FRAMES_MAX), LL_OUTBOX_FRAMES_MAX));
    ll_snapshotter_poll(bench.snapshotter, now_us += WIDTH_MS * MS, &no_totals);
    struct ll_snapshot wide = open_oldest(&bench, 0);
    cr_expect(eq(u64, wide.sequence, LL_OUTBOX_FRAMES_MAX + 1));
    cr_expect(eq(u64, wide.offset_ms, LL_OUTBOX_FRAMES_MAX * (uint64_t)WIDTH_MS));
    cr_expect(eq(u32, wide.width_ms, 6 * WIDTH_MS));
    cr_expect(eq(u64, ll_series_total(wide.series, LL_METRIC_ITERATIONS_COMPLETED), recorded - LL_OUTBOX_FRAMES_MAX));
    ll_snapshot_fini(&wide);
    bench_fini(&bench);
}

Test(snapshotter, a_bucket_too_large_to_be_sent_keeps_its_counters_and_says_what_is_lost) {
    struct bench bench = bench_make_limited(1000);
    ll_snapshotter_start(bench.snapshotter, START);
    for (int i = 0; i < 5000; i++) {
        char step[20];
        snprintf(step, sizeof step, "step %d", i % 50);
        ll_recorder_sample(bench.recorder, LL_METRIC_STEP_DURATION, step, (double)i * (double)i);
    }
    ll_recorder_count(bench.recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 70);
    ll_recorder_count(bench.recorder, LL_METRIC_ITERATIONS_FAILED, "gone", 3);
    cr_expect(eq(sz, ll_snapshotter_poll(bench.snapshotter, START + 1000 * MS, &no_totals), 1));
    struct ll_snapshot snapshot = open_oldest(&bench, 0);
    cr_expect(eq(u64, ll_series_total(snapshot.series, LL_METRIC_SAMPLES_LOST), 5000));
    cr_expect(eq(u64, ll_series_total(snapshot.series, LL_METRIC_ITERATIONS_COMPLETED), 70));
    const struct ll_series *gone = ll_series_find(snapshot.series, LL_METRIC_ITERATIONS_FAILED, "gone");
    cr_assert_not_null(gone);
    cr_expect(eq(u64, gone->count, 3));
    ll_snapshot_fini(&snapshot);
    bench_fini(&bench);
}

Test(failures, the_first_three_of_each_signature_are_kept) {
    struct ll_failures *failures = ll_failures_new();
    for (uint64_t i = 1; i <= 5; i++) {
        ll_failures_note(failures, &(struct ll_failure){"one", "why", .user_id = 4, .iteration = i, .step = 2});
        ll_failures_note(failures, &(struct ll_failure){"two", "why", .user_id = 4, .iteration = i, .step = 2});
    }
    struct ll_snapshot snapshot = {0};
    ll_failures_hand_over(failures, &snapshot);
    cr_assert(eq(sz, snapshot.failure_count, 6));
    cr_expect(eq(str, snapshot.failures[1].signature, "two"));
    cr_expect(eq(u64, snapshot.failures[5].iteration, 3));
    ll_snapshot_fini(&snapshot);
    ll_failures_note(failures, &(struct ll_failure){"one", "why"});
    snapshot = (struct ll_snapshot){0};
    ll_failures_hand_over(failures, &snapshot);
    cr_expect(eq(sz, snapshot.failure_count, 0));
    ll_failures_free(&failures);
}

Test(failures, a_snapshot_s_worth_is_kept_and_long_texts_are_cut) {
    struct ll_failures *failures = ll_failures_new();
    char detail[2000];
    memset(detail, 'x', sizeof detail);
    detail[sizeof detail - 1] = '\0';
    for (int i = 0; i < 100; i++) {
        char signature[20];
        snprintf(signature, sizeof signature, "failure %d", i);
        ll_failures_note(failures, &(struct ll_failure){signature, detail});
    }
    struct ll_snapshot snapshot = {0};
    ll_failures_hand_over(failures, &snapshot);
    cr_expect(eq(sz, snapshot.failure_count, LL_SNAPSHOT_FAILURES_MAX));
    cr_expect(eq(sz, strlen(snapshot.failures[0].detail), LL_FAILURE_DETAIL_MAX));
    ll_snapshot_fini(&snapshot);
    ll_failures_free(&failures);
}

Test(outbox, one_call_takes_a_few_and_never_none) {
    struct ll_outbox *outbox = ll_outbox_new();
    struct ll_buf big = ll_buf_make(LL_OUTBOX_CALL_BYTES_MAX);
    ll_buf_reserve(&big, LL_OUTBOX_CALL_BYTES_MAX);
    ll_buf_commit(&big, LL_OUTBOX_CALL_BYTES_MAX);
    ll_outbox_push(outbox, 1, &big);
    for (uint64_t i = 2; i < 40; i++) {
        struct ll_buf small = ll_buf_make(10);
        ll_buf_text(&small, "frame");
        ll_outbox_push(outbox, i, &small);
    }
    struct ll_bytes frames[LL_EXCHANGE_SNAPSHOTS_MAX];
    cr_expect(eq(sz, ll_outbox_oldest(outbox, frames), 1));
    cr_expect(eq(sz, ll_outbox_acknowledge(outbox, 1), 1));
    cr_expect(eq(sz, ll_outbox_oldest(outbox, frames), LL_EXCHANGE_SNAPSHOTS_MAX));
    cr_expect(eq(sz, ll_outbox_acknowledge(outbox, 1), 0));
    ll_outbox_free(&outbox);
}

Test(health, a_beat_measures_its_own_lateness) {
    int64_t next_us;
    cr_expect(eq(i64, ll_health_beat(1000, 1000, &next_us), 0));
    cr_expect(eq(i64, next_us, 1000 + LL_HEALTH_BEAT_MS * 1000));
    cr_expect(eq(i64, ll_health_beat(1000, 751000, &next_us), 750000));
    cr_expect(eq(i64, next_us, 751000 + LL_HEALTH_BEAT_MS * 1000));
}

static void burn_cpu(int64_t us) {
    int64_t until_us = ll_clock_cpu_us() + us;
    while (ll_clock_cpu_us() < until_us) {}
}

Test(health, buckets_that_a_stalled_loop_seals_at_once_are_as_busy_as_it_was) {
    struct bench bench = bench_make();
    ll_snapshotter_start(bench.snapshotter, START);
    burn_cpu(40 * MS);
    cr_expect(eq(sz, ll_snapshotter_poll(bench.snapshotter, START + 3001 * MS, &no_totals), 3));
    ll_snapshotter_finish(bench.snapshotter, START + 3100 * MS, &no_totals, LL_RUN_ENDS_HERE);
    struct ll_snapshot first = open_oldest(&bench, 0);
    cr_expect(ge(u32, first.health.agent_cpu_permille, 13)); // 40 ms of 3 s
    for (size_t i = 1; i < 4; i++) {
        struct ll_snapshot next = open_oldest(&bench, i);
        cr_expect(eq(u32, next.health.agent_cpu_permille, first.health.agent_cpu_permille));
        cr_expect(eq(u32, next.health.cpu_permille, first.health.cpu_permille));
        ll_snapshot_fini(&next);
    }
    ll_snapshot_fini(&first);
    bench_fini(&bench);
}

Test(health, a_run_shorter_than_a_span_is_measured_all_the_same) {
    struct bench bench = bench_make();
    ll_snapshotter_start(bench.snapshotter, START);
    burn_cpu(40 * MS);
    ll_snapshotter_finish(bench.snapshotter, START + 100 * MS, &no_totals, LL_RUN_ENDS_HERE);
    struct ll_snapshot only = open_oldest(&bench, 0);
    cr_expect(ge(u32, only.health.agent_cpu_permille, 390));
    ll_snapshot_fini(&only);
    bench_fini(&bench);
}

Test(health, the_machine_s_ticks_are_read) {
    uint64_t busy, total;
    cr_assert(ll_health_parse_stat("cpu  10 2 30 400 50 6 7 8 9 0\ncpu0 1 2\n", &busy, &total));
    cr_expect(eq(u64, busy, 10 + 2 + 30 + 6 + 7 + 8));
    cr_expect(eq(u64, total, 10 + 2 + 30 + 6 + 7 + 8 + 400 + 50));
    cr_expect(not(ll_health_parse_stat("intr 1 2 3", &busy, &total)));
}
