#include "coordinator/core/collect.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { EPOCH = 5 };

static struct ll_snapshot make(uint64_t sequence, uint64_t offset_ms, uint64_t count) {
    struct ll_snapshot snapshot = {
        .run_id = "run",
        .epoch = EPOCH,
        .sequence = sequence,
        .offset_ms = offset_ms,
        .width_ms = 1000,
        .active_users = 3,
        .series = ll_series_set_new(),
        .health = {.cpu_permille = 500, .rss_bytes = 1000 * sequence, .agent_cpu_permille = 20},
    };
    ll_series_count(snapshot.series, LL_METRIC_ITERATIONS_COMPLETED, NULL, count);
    for (uint64_t i = 0; i < count; i++)
        ll_series_record(snapshot.series, LL_METRIC_ITERATION_DURATION, NULL, 1000.0 * (double)(i + 1));
    return snapshot;
}

static enum ll_taken take(struct ll_collect *collect, size_t node, uint64_t sequence, uint64_t offset_ms,
                          uint64_t count) {
    struct ll_snapshot snapshot = make(sequence, offset_ms, count);
    enum ll_taken taken;
    ll_err err = ll_collect_take(collect, node, EPOCH, &snapshot, &taken);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_snapshot_fini(&snapshot);
    return taken;
}

static uint64_t completed(const struct ll_collect *collect) {
    return ll_series_total(ll_collect_total(collect), LL_METRIC_ITERATIONS_COMPLETED);
}

// Two agents, each with two hundred names of its own before the one that a threshold names.
Test(collect, what_a_threshold_names_is_never_folded) {
    struct ll_collect *collect = ll_collect_new("run", 2, 1000);
    struct ll_spec spec = ll_spec_make("shop");
    ll_spec_add_threshold(&spec, "step_duration_us{zoom}: p95 < 1s");
    ll_collect_reserve(collect, &spec);
    for (unsigned node = 0; node < 2; node++) {
        struct ll_snapshot snapshot = make(1, 0, 1);
        ll_thresholds_reserve(spec.thresholds, 1, &spec.metrics, snapshot.series);
        for (unsigned i = 0; i < 250; i++) {
            char step[32];
            snprintf(step, sizeof step, "item %u", 1000 * node + i);
            ll_series_record(snapshot.series, LL_METRIC_STEP_DURATION, step, 5);
        }
        ll_series_record(snapshot.series, LL_METRIC_STEP_DURATION, "zoom", 5);
        ll_series_note_began(snapshot.series, LL_METRIC_STEP_DURATION, "zoom", 90 - node);
        struct ll_buf frame = ll_buf_make(LL_SNAPSHOT_FRAME_MAX); // as it travels
        cr_assert(eq(int, ll_snapshot_seal(&snapshot, &frame).status, LL_OK));
        ll_snapshot_fini(&snapshot);
        cr_assert(eq(int, ll_snapshot_open(frame.data, frame.len, &snapshot).status, LL_OK));
        enum ll_taken taken;
        cr_assert(eq(int, ll_collect_take(collect, node, EPOCH, &snapshot, &taken).status, LL_OK));
        ll_snapshot_fini(&snapshot);
        ll_buf_fini(&frame);
    }
    struct ll_scenario_result result = {.nodes = ll_alloc(2, sizeof *result.nodes), .node_count = 2, .spec = spec};
    ll_collect_move(collect, &result);
    const struct ll_series *zoom = ll_series_find(result.total, LL_METRIC_STEP_DURATION, "zoom");
    cr_assert_not_null(zoom);
    cr_expect(eq(u64, zoom->sketch.total, 2));
    cr_expect(eq(u64, zoom->began_us, 89));
    for (unsigned node = 0; node < 2; node++) {
        zoom = ll_series_find(result.nodes[node].total, LL_METRIC_STEP_DURATION, "zoom");
        cr_assert_not_null(zoom);
        cr_expect(eq(u64, zoom->sketch.total, 1));
    }
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

Test(collect, each_snapshot_counts_once) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    cr_expect(eq(int, take(collect, 0, 1, 0, 5), LL_TAKEN));
    cr_expect(eq(int, take(collect, 0, 1, 0, 5), LL_TAKEN_BEFORE));
    cr_expect(eq(int, take(collect, 0, 2, 1000, 7), LL_TAKEN));
    cr_expect(eq(int, take(collect, 0, 1, 0, 5), LL_TAKEN_BEFORE));
    cr_expect(eq(u64, completed(collect), 12));
    cr_expect(eq(u64, ll_collect_acknowledged(collect, 0), 2));
    ll_collect_free(&collect);
}

// What is missing was acknowledged once, or never sealed: waiting for it would never end.
Test(collect, a_gap_is_closed_and_counted) {
    struct ll_collect *collect = ll_collect_new("run", 2, 1000);
    cr_expect(eq(int, take(collect, 0, 3, 2000, 1), LL_TAKEN));
    cr_expect(eq(u64, ll_collect_acknowledged(collect, 0), 3));
    cr_expect(eq(int, take(collect, 0, 2, 1000, 1), LL_TAKEN_BEFORE));
    cr_expect(eq(int, take(collect, 0, 4, 3000, 1), LL_TAKEN));
    cr_expect(eq(int, take(collect, 0, 6, 5000, 1), LL_TAKEN));
    struct ll_lost_snapshots lost = ll_collect_lost(collect, 0);
    cr_expect(eq(u64, lost.count, 3));
    cr_expect(eq(u64, lost.first, 1));
    cr_expect(eq(u64, lost.last, 5));
    cr_expect(eq(u64, ll_collect_lost(collect, 1).count, 0));
    ll_collect_count_lost(collect, 0, "web");
    ll_collect_count_lost(collect, 1, "api");
    cr_expect(eq(u64, ll_series_total(ll_collect_total(collect), LL_METRIC_SNAPSHOTS_LOST), 3));
    cr_expect_not_null(ll_series_find(ll_collect_total(collect), LL_METRIC_SNAPSHOTS_LOST, "web"));
    cr_expect_null(ll_series_find(ll_collect_total(collect), LL_METRIC_SNAPSHOTS_LOST, "api"));
    ll_collect_free(&collect);
}

Test(collect, a_final_snapshot_that_is_lost_counts_as_one) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    cr_expect(eq(int, take(collect, 0, 1, 0, 1), LL_TAKEN));
    ll_collect_miss_final(collect, 0);
    ll_collect_miss_final(collect, 0);
    cr_expect(eq(u64, ll_collect_lost(collect, 0).count, 1));
    cr_expect(eq(u64, ll_collect_lost(collect, 0).first, 2));
    cr_expect(ll_collect_is_final(collect, 0));
    ll_collect_free(&collect);
}

Test(collect, nodes_are_counted_apart) {
    struct ll_collect *collect = ll_collect_new("run", 2, 1000);
    cr_expect(eq(int, take(collect, 0, 1, 0, 1), LL_TAKEN));
    cr_expect(eq(int, take(collect, 1, 1, 0, 2), LL_TAKEN));
    cr_expect(eq(u64, completed(collect), 3));
    ll_collect_free(&collect);
}

Test(collect, what_is_of_another_run_or_registration_is_dropped) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    struct ll_snapshot snapshot = make(1, 0, 1);
    enum ll_taken taken;
    strcpy(snapshot.run_id, "other");
    cr_assert(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_OK));
    cr_expect(eq(int, taken, LL_TAKEN_BEFORE));
    strcpy(snapshot.run_id, "run");
    cr_assert(eq(int, ll_collect_take(collect, 0, EPOCH + 1, &snapshot, &taken).status, LL_OK));
    cr_expect(eq(int, taken, LL_TAKEN_BEFORE));
    cr_expect(eq(u64, completed(collect), 0));
    ll_snapshot_fini(&snapshot);
    ll_collect_free(&collect);
}

Test(collect, nonsense_is_refused) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    struct ll_snapshot snapshot = make(1, UINT64_MAX - 5, 1);
    enum ll_taken taken;
    cr_expect(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_DATA_LOSS));
    snapshot.offset_ms = 0;
    snapshot.sequence = 0;
    cr_expect(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_DATA_LOSS));
    snapshot.sequence = UINT64_MAX; // a gap of nearly all numbers there are
    cr_expect(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_DATA_LOSS));
    cr_expect(eq(u64, ll_collect_lost(collect, 0).count, 0));
    ll_snapshot_fini(&snapshot);
    ll_collect_free(&collect);
}

Test(collect, the_number_of_a_snapshot_has_a_limit) {
    static const uint64_t last = 120960000;
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    struct ll_snapshot snapshot = make(last + 1, 0, 1);
    enum ll_taken taken;
    cr_expect(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_DATA_LOSS));
    ll_snapshot_fini(&snapshot);
    cr_expect(eq(int, take(collect, 0, last, 0, 1), LL_TAKEN));
    cr_expect(eq(u64, ll_collect_lost(collect, 0).count, last - 1));
    ll_collect_free(&collect);
}

static void move(struct ll_collect *collect, struct ll_scenario_result *out, size_t node_count) {
    *out = (struct ll_scenario_result){.node_count = node_count};
    out->nodes = calloc(node_count, sizeof *out->nodes);
    ll_collect_move(collect, out);
}

Test(collect, a_long_run_stays_bounded_and_loses_nothing) {
    enum { BUCKETS = 10000 };
    struct ll_collect *collect = ll_collect_new("run", 2, 1000);
    for (uint64_t i = 0; i < BUCKETS; i++)
        for (size_t node = 0; node < 2; node++) cr_assert(eq(int, take(collect, node, i + 1, i * 1000, 1), LL_TAKEN));
    struct ll_scenario_result result;
    move(collect, &result, 2);
    cr_expect(le(sz, result.bucket_count, LL_RESULT_BUCKETS_MAX));
    cr_expect(gt(sz, result.bucket_count, LL_RESULT_BUCKETS_MAX / 2 - 1));
    cr_expect(eq(u64, result.bucket_width_ms, 64000));
    uint64_t in_buckets = 0;
    for (size_t i = 0; i < result.bucket_count; i++) {
        in_buckets += ll_series_total(result.buckets[i].series, LL_METRIC_ITERATIONS_COMPLETED);
        cr_expect(eq(u64, result.buckets[i].offset_ms, i * 64000));
        cr_expect(eq(u32, result.buckets[i].active_users, 6));
        cr_expect(eq(u32, result.buckets[i].node_count, 2));
    }
    cr_expect(eq(u64, in_buckets, 2 * BUCKETS));
    cr_expect(eq(u64, ll_series_total(result.total, LL_METRIC_ITERATIONS_COMPLETED), 2 * BUCKETS));
    for (size_t node = 0; node < 2; node++) {
        cr_expect(le(sz, result.nodes[node].window_count, LL_RESULT_NODE_WINDOWS_MAX));
        cr_expect(eq(u64, ll_series_total(result.nodes[node].total, LL_METRIC_ITERATIONS_COMPLETED), BUCKETS));
        cr_expect(eq(u32, result.nodes[node].cpu_permille_peak, 500));
        cr_expect(eq(u64, result.nodes[node].rss_bytes_peak, 1000 * BUCKETS));
        cr_expect(eq(u32, ll_collect_load(collect, node).mean_permille, 500));
    }
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

Test(collect, a_short_run_keeps_its_buckets) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    take(collect, 0, 1, 0, 1);
    take(collect, 0, 2, 3000, 2); // nothing in between
    struct ll_scenario_result result;
    move(collect, &result, 1);
    cr_assert(eq(sz, result.bucket_count, 4));
    cr_expect(eq(u64, result.bucket_width_ms, 1000));
    cr_expect(eq(u32, result.buckets[1].active_users, 0));
    cr_expect(eq(u64, ll_series_total(result.buckets[1].series, LL_METRIC_ITERATIONS_COMPLETED), 0));
    cr_expect(eq(u64, ll_series_total(result.buckets[3].series, LL_METRIC_ITERATIONS_COMPLETED), 2));
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

Test(collect, a_wider_bucket_has_the_most_users_of_those_it_holds) {
    struct ll_collect *collect = ll_collect_new("run", 2, 1000);
    for (uint64_t i = 0; i < 2 * LL_RESULT_BUCKETS_MAX; i++) {
        for (size_t node = 0; node < 2; node++) {
            struct ll_snapshot snapshot = make(i + 1, i * 1000, 0);
            snapshot.active_users =
                i % 4 == 1 + node ? 10 : 1; // node 0 in the right half, node 1 in the left of the next
            enum ll_taken taken;
            cr_assert(eq(int, ll_collect_take(collect, node, EPOCH, &snapshot, &taken).status, LL_OK));
            ll_snapshot_fini(&snapshot);
        }
    }
    struct ll_scenario_result result;
    move(collect, &result, 2);
    cr_assert(eq(sz, result.bucket_count, LL_RESULT_BUCKETS_MAX));
    for (size_t i = 0; i < result.bucket_count; i++)
        cr_expect(eq(u32, result.buckets[i].active_users, 11), "bucket %zu", i);
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

Test(collect, the_final_snapshot_says_who_and_how_long) {
    struct ll_collect *collect = ll_collect_new("run", 2, 1000);
    for (size_t node = 0; node < 2; node++) {
        struct ll_snapshot snapshot = make(1, 0, 1);
        snapshot.final = true;
        snapshot.users_total = 4;
        snapshot.users_failed = 1;
        snapshot.iterations_interrupted = 2;
        snapshot.first_user_start_ms = 10 + 10 * node;
        snapshot.last_user_end_ms = 500 + 100 * node;
        enum ll_taken taken;
        cr_assert(eq(int, ll_collect_take(collect, node, EPOCH, &snapshot, &taken).status, LL_OK));
        cr_expect(eq(int, ll_collect_is_final(collect, node), 1));
        ll_snapshot_fini(&snapshot);
        cr_expect(eq(int, take(collect, node, 2, 1000, 9), LL_TAKEN_BEFORE));
    }
    struct ll_scenario_result result;
    move(collect, &result, 2);
    cr_expect(eq(u32, result.users_total, 8));
    cr_expect(eq(u32, result.users_failed, 2));
    cr_expect(eq(u64, result.iterations_interrupted, 4));
    cr_expect(eq(u64, result.duration_ms, 590));
    cr_expect(eq(u64, result.nodes[1].duration_ms, 580));
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

// Node 0's clock is two minutes ahead, node 1's is right; the latest that a node says counts.
Test(collect, starts_are_compared_by_the_coordinators_clock) {
    static const int64_t second_us = 1000000, start_us = 1700000000ll * 1000000;
    struct ll_collect *collect = ll_collect_new("run", 3, 1000);
    struct ll_clock_report clocks[][2] = {
        {{.offset_us = 0, .round_trip_us = 9, .started_us = start_us + 120 * second_us},
         {.offset_us = 120 * second_us, .round_trip_us = 2000, .started_us = start_us + 120 * second_us}},
        {{.round_trip_us = 500, .started_us = start_us + 1500}, {.round_trip_us = 500, .started_us = start_us + 1500}},
    };
    for (size_t node = 0; node < 2; node++)
        for (uint64_t sequence = 1; sequence <= 2; sequence++) {
            struct ll_snapshot snapshot = make(sequence, (sequence - 1) * 1000, 1);
            snapshot.clock = clocks[node][sequence - 1];
            enum ll_taken taken;
            cr_assert(eq(int, ll_collect_take(collect, node, EPOCH, &snapshot, &taken).status, LL_OK));
            ll_snapshot_fini(&snapshot);
        }
    struct ll_scenario_result result;
    move(collect, &result, 3); // node 2 said nothing
    cr_expect(eq(dbl, result.start_skew_ms, 1.5));
    cr_expect(eq(dbl, result.nodes[0].clock_offset_ms, 120000));
    cr_expect(eq(dbl, result.nodes[0].round_trip_ms, 2));
    cr_expect(eq(dbl, result.nodes[1].clock_offset_ms, 0));
    cr_expect(eq(dbl, result.nodes[1].round_trip_ms, 0.5));
    cr_expect(eq(dbl, result.nodes[2].round_trip_ms, 0));
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

static void take_with_totals(struct ll_collect *collect, uint64_t sequence, uint32_t users_failed) {
    struct ll_snapshot snapshot = make(sequence, (sequence - 1) * 1000, 1);
    snapshot.users_total = 7; // of which at most 3 were active at one time
    snapshot.users_failed = users_failed;
    snapshot.iterations_interrupted = sequence;
    snapshot.first_user_start_ms = 400;
    snapshot.last_user_end_ms = sequence * 1000 - 100; // as long as users are active, when it was sealed
    enum ll_taken taken;
    cr_assert(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_OK));
    cr_expect(eq(int, ll_collect_is_final(collect, 0), 0));
    ll_snapshot_fini(&snapshot);
}

Test(collect, a_node_that_was_lost_is_known_up_to_its_latest_snapshot) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    take_with_totals(collect, 1, 1);
    take_with_totals(collect, 2, 5);
    struct ll_scenario_result result;
    move(collect, &result, 1);
    cr_expect(eq(u32, result.users_total, 7));
    cr_expect(eq(u32, result.users_failed, 5));
    cr_expect(eq(u64, result.iterations_interrupted, 2));
    cr_expect(eq(u64, result.duration_ms, 1500));
    cr_expect(eq(u64, result.nodes[0].duration_ms, 1500));
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

static void take_with_load(struct ll_collect *collect, uint64_t sequence, uint32_t width_ms, uint32_t cpu_permille) {
    struct ll_snapshot snapshot = make(sequence, (sequence - 1) * 1000, 1);
    snapshot.width_ms = width_ms;
    snapshot.health.cpu_permille = snapshot.health.agent_cpu_permille = cpu_permille;
    enum ll_taken taken;
    cr_assert(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_OK));
    ll_snapshot_fini(&snapshot);
}

Test(collect, a_load_counts_for_as_long_as_it_was_measured) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    take_with_load(collect, 1, 1000, 600);
    take_with_load(collect, 2, 4000, 1000); // the loop was held up
    for (uint64_t sequence = 3; sequence < 6; sequence++) take_with_load(collect, sequence, 0, 0);
    take_with_load(collect, 6, 499, 1);
    take_with_load(collect, 7, 20, 1001); // by chance
    struct ll_node_load load = ll_collect_load(collect, 0);
    cr_expect(eq(u32, load.mean_permille, 920));
    cr_expect(eq(u64, load.busy_ms, 4000));
    cr_expect(eq(u64, load.measured_ms, 5000));
    struct ll_scenario_result result;
    move(collect, &result, 1);
    cr_expect(eq(u32, result.nodes[0].cpu_permille_peak, 1000));
    cr_expect(eq(u32, result.nodes[0].agent_cpu_permille_peak, 1000));
    cr_expect(eq(u64, result.nodes[0].rss_bytes_peak, 7000));
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

Test(collect, failures_are_examples_not_a_log) {
    struct ll_collect *collect = ll_collect_new("run", 1, 1000);
    for (uint64_t i = 0; i < 500; i++) {
        struct ll_snapshot snapshot = make(i + 1, i * 1000, 0);
        char signature[32];
        snprintf(signature, sizeof signature, "error %d", (int)(i % 100));
        struct ll_failure_sample failures[2] = {{.signature = "often", .detail = "d"},
                                                {.signature = signature, .detail = "d"}};
        snapshot.failures = failures;
        snapshot.failure_count = 2;
        enum ll_taken taken;
        cr_assert(eq(int, ll_collect_take(collect, 0, EPOCH, &snapshot, &taken).status, LL_OK));
        snapshot.failures = NULL;
        snapshot.failure_count = 0;
        ll_snapshot_fini(&snapshot);
    }
    struct ll_scenario_result result;
    move(collect, &result, 1);
    size_t often = 0;
    for (size_t i = 0; i < result.failure_count; i++) often += strcmp(result.failures[i].signature, "often") == 0;
    cr_expect(eq(sz, result.failure_count, LL_COLLECT_FAILURES_MAX));
    cr_expect(eq(sz, often, LL_COLLECT_FAILURES_OF_ONE_MAX));
    ll_scenario_result_fini(&result);
    ll_collect_free(&collect);
}

Test(collect, any_order_of_arrival_gives_the_same_sum) {
    struct ll_rand rand = ll_rand_seed(11);
    for (int round = 0; round < 50; round++) {
        struct ll_collect *collect = ll_collect_new("run", 1, 1000);
        uint64_t made = 40;
        while (ll_collect_acknowledged(collect, 0) < made) {
            uint64_t first = ll_collect_acknowledged(collect, 0) + 1;
            uint64_t from = first > 5 ? first - ll_rand_below(&rand, 5) : 1; // what it may not know was taken
            uint64_t upto = from + ll_rand_below(&rand, 10);
            for (uint64_t sequence = from; sequence <= upto && sequence <= made; sequence++)
                take(collect, 0, sequence, (sequence - 1) * 1000, sequence);
        }
        cr_assert(eq(u64, completed(collect), made * (made + 1) / 2), "round %d", round);
        ll_collect_free(&collect);
    }
}
