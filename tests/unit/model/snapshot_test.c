#include "libcommon/model/snapshot.h"

#include "libcommon/base/alloc.h"
#include "libcommon/codec/frame.h"
#include "libcommon/model/wire.h"
#include "tests/unit/model/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

Test(snapshot, round_trips_are_equal) {
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct ll_rand rand = ll_rand_seed(seed);
        struct ll_snapshot snapshot = sample_snapshot(&rand), opened;
        struct ll_buf first = ll_buf_make(LL_SNAPSHOT_FRAME_MAX), second = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
        snapshot.clock = (struct ll_clock_report){
            .offset_us = -1234567 * (int64_t)seed, .round_trip_us = 1500 + seed, .started_us = 1700000000123456};
        ll_err err = ll_snapshot_seal(&snapshot, &first);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        err = ll_snapshot_open(first.data, first.len, &opened);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        err = ll_snapshot_seal(&opened, &second);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        cr_expect(eq(sz, first.len, second.len));
        cr_expect(eq(int, memcmp(first.data, second.data, first.len), 0), "seed %d", (int)seed);

        char *before = describe_series(snapshot.series), *after = describe_series(opened.series);
        cr_expect(eq(str, before, after));
        free(before), free(after);
        cr_expect(eq(str, opened.run_id, snapshot.run_id));
        cr_expect(eq(u64, opened.epoch, snapshot.epoch));
        cr_expect(eq(u64, opened.sequence, snapshot.sequence));
        cr_expect(eq(sz, opened.failure_count, snapshot.failure_count));
        cr_expect(eq(u64, opened.health.rss_bytes, snapshot.health.rss_bytes));
        cr_expect(eq(u64, opened.last_user_end_ms, snapshot.last_user_end_ms));
        cr_expect(eq(i64, opened.clock.offset_us, snapshot.clock.offset_us));
        cr_expect(eq(u64, opened.clock.round_trip_us, snapshot.clock.round_trip_us));
        cr_expect(eq(i64, opened.clock.started_us, snapshot.clock.started_us));
        ll_buf_fini(&first), ll_buf_fini(&second);
        ll_snapshot_fini(&snapshot), ll_snapshot_fini(&opened);
    }
}

Test(snapshot, every_cut_and_every_flipped_bit_is_survived) {
    struct ll_rand rand = ll_rand_seed(7);
    struct ll_snapshot snapshot = sample_snapshot(&rand), opened;
    struct ll_buf frame = ll_buf_make(LL_SNAPSHOT_FRAME_MAX), content = ll_buf_make(LL_SNAPSHOT_CONTENT_MAX);
    cr_assert(eq(int, ll_snapshot_seal(&snapshot, &frame).status, LL_OK));
    cr_assert(eq(int, ll_frame_decompress(frame.data, frame.len, &content).status, LL_OK));
    for (size_t len = 0; len < frame.len; len += 1 + len / 20)
        cr_expect(ne(int, ll_snapshot_open(frame.data, len, &opened).status, LL_OK), "%zu bytes", len);
    for (int i = 0; i < 300; i++) {
        uint8_t *at = content.data + ll_rand_below(&rand, content.len);
        uint8_t was = *at;
        *at ^= (uint8_t)(1 << ll_rand_below(&rand, 8));
        struct ll_buf damaged = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
        cr_assert(eq(int, ll_frame_compress(content.data, content.len, &damaged).status, LL_OK));
        if (ll_snapshot_open(damaged.data, damaged.len, &opened).status == LL_OK) ll_snapshot_fini(&opened);
        ll_buf_fini(&damaged);
        *at = was;
    }
    ll_buf_fini(&frame), ll_buf_fini(&content);
    ll_snapshot_fini(&snapshot);
}

Test(snapshot, texts_are_cut_and_failures_limited_on_the_way_out) {
    char detail[LL_FAILURE_DETAIL_MAX + 100];
    memset(detail, 'x', sizeof detail);
    memcpy(detail + LL_FAILURE_DETAIL_MAX - 1, "\xc3\xa9", 2);
    detail[sizeof detail - 1] = '\0';
    struct ll_snapshot snapshot = {.sequence = 1, .failure_count = LL_SNAPSHOT_FAILURES_MAX + 5}, opened;
    snapshot.failures = ll_alloc(snapshot.failure_count, sizeof *snapshot.failures);
    for (size_t i = 0; i < snapshot.failure_count; i++)
        snapshot.failures[i] = (struct ll_failure_sample){.signature = ll_strdup("s"), .detail = ll_strdup(detail)};
    struct ll_buf frame = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
    ll_err err = ll_snapshot_seal(&snapshot, &frame); // and without a set of series
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    err = ll_snapshot_open(frame.data, frame.len, &opened);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(sz, opened.failure_count, LL_SNAPSHOT_FAILURES_MAX));
    cr_expect(eq(sz, strlen(opened.failures[0].detail), LL_FAILURE_DETAIL_MAX - 1));
    cr_expect_not_null(opened.series);
    ll_buf_fini(&frame);
    ll_snapshot_fini(&snapshot), ll_snapshot_fini(&opened);
}

Test(snapshot, no_room_is_said) {
    struct ll_rand rand = ll_rand_seed(3);
    struct ll_snapshot snapshot = sample_snapshot(&rand);
    struct ll_buf frame = ll_buf_make(20);
    cr_expect(eq(int, ll_snapshot_seal(&snapshot, &frame).status, LL_RESOURCE_EXHAUSTED));
    ll_buf_fini(&frame);
    ll_snapshot_fini(&snapshot);
}

static ll_err open_message(Liveload__V1__Snapshot *message, struct ll_snapshot *out) {
    struct ll_buf content = ll_buf_make(LL_SNAPSHOT_CONTENT_MAX), frame = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
    ll_wire_pack(&message->base, &content);
    cr_assert(eq(int, ll_frame_compress(content.data, content.len, &frame).status, LL_OK));
    ll_err err = ll_snapshot_open(frame.data, frame.len, out);
    ll_buf_fini(&content), ll_buf_fini(&frame);
    return err;
}

// A message with one series of one histogram, which is open to be spoilt.
struct one_series {
    Liveload__V1__Snapshot snapshot;
    Liveload__V1__Series series, *list[1];
    Liveload__V1__Sketch sketch;
    uint32_t deltas[3];
    uint64_t counts[3];
};

static void make_one_series(struct one_series *one) {
    *one = (struct one_series){.snapshot = LIVELOAD__V1__SNAPSHOT__INIT,
                               .series = LIVELOAD__V1__SERIES__INIT,
                               .sketch = LIVELOAD__V1__SKETCH__INIT,
                               .deltas = {0, 1, 5},
                               .counts = {1, 2, 3}};
    one->list[0] = &one->series;
    one->snapshot.series = one->list;
    one->snapshot.n_series = 1;
    one->series.metric = "step_duration_us";
    one->series.label = "checkout";
    one->series.sketch = &one->sketch;
    one->sketch.first_index = 300;
    one->sketch.deltas = one->deltas;
    one->sketch.n_deltas = 3;
    one->sketch.counts = one->counts;
    one->sketch.n_counts = 3;
    one->sketch.min = 390;
    one->sketch.max = 450;
    one->sketch.sum = 2500;
}

// Fails unless the message is refused with `expected`.
static void expect_refusal(struct one_series *one, const char *expected) {
    struct ll_snapshot opened;
    ll_err err = open_message(&one->snapshot, &opened);
    cr_expect(eq(int, err.status, LL_DATA_LOSS));
    cr_expect(eq(str, err.text, (char *)expected));
    if (err.status == LL_OK) ll_snapshot_fini(&opened);
    make_one_series(one);
}

Test(snapshot, sketches_that_cannot_be_are_refused) {
    struct one_series one;
    struct ll_snapshot opened;
    make_one_series(&one);
    ll_err err = open_message(&one.snapshot, &opened);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    const struct ll_series *checkout = ll_series_find(opened.series, LL_METRIC_STEP_DURATION, "checkout");
    cr_assert_not_null(checkout);
    cr_expect(eq(u64, checkout->sketch.total, 6));
    ll_snapshot_fini(&opened);

    one.sketch.n_deltas = 2;
    expect_refusal(&one, "a sketch has 3 counts for 2 bins");
    one.deltas[1] = 0;
    expect_refusal(&one, "a sketch's bins do not ascend");
    one.deltas[2] = UINT32_MAX;
    expect_refusal(&one, "a sketch's bins do not ascend");
    one.counts[0] = one.counts[1] = UINT64_MAX / 2 + 1;
    expect_refusal(&one, "a sketch claims more samples than any run has");
    one.sketch.zero_count = UINT64_MAX;
    expect_refusal(&one, "a sketch claims more samples than any run has");
    one.sketch.min = NAN;
    expect_refusal(&one, "a sketch's minimum, maximum or sum is impossible");
    one.sketch.max = INFINITY;
    expect_refusal(&one, "a sketch's minimum, maximum or sum is impossible");
    one.sketch.max = 1;
    expect_refusal(&one, "a sketch's minimum, maximum or sum is impossible");
    one.sketch.sum = -1;
    expect_refusal(&one, "a sketch's minimum, maximum or sum is impossible");
    one.series.metric = "checks_passed";
    one.series.count = UINT64_MAX;
    expect_refusal(&one, "checks_passed claims more than any run can count");
    char label[LL_LABEL_BYTES_MAX + 2];
    memset(label, 'x', sizeof label);
    label[sizeof label - 1] = '\0';
    one.series.label = label;
    expect_refusal(&one, "a label of step_duration_us is longer than 200 bytes");
    one.snapshot.run_id = label;
    expect_refusal(&one, "its run id is longer than 32 characters");
}

Test(snapshot, metrics_of_another_version_are_skipped) {
    struct one_series one;
    struct ll_snapshot opened;
    make_one_series(&one);
    one.series.metric = "of_the_future_us";
    ll_err err = open_message(&one.snapshot, &opened);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    size_t position = 0;
    cr_expect_null(ll_series_next(opened.series, &position));
    ll_snapshot_fini(&opened);
}

// Thousands of sketches of two far bins each are a small frame and gigabytes of memory.
Test(snapshot, a_bomb_of_wide_sketches_is_refused) {
    enum { COUNT = 20000 };
    struct one_series one;
    make_one_series(&one);
    one.sketch.n_deltas = one.sketch.n_counts = 2;
    one.sketch.first_index = -1000;
    one.deltas[1] = 2000;
    Liveload__V1__Series **list = ll_alloc(COUNT, sizeof *list);
    for (int i = 0; i < COUNT; i++) list[i] = &one.series;
    one.snapshot.series = list;
    one.snapshot.n_series = COUNT;
    struct ll_snapshot opened;
    ll_err err = open_message(&one.snapshot, &opened);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED), "%s", err.text);
    free(list);
}

// A scenario may put anything in its errors, steps and checks.
Test(snapshot, texts_that_people_see_come_without_control_characters) {
    struct ll_failure_sample failure = {.signature = "bad\x1b[31mRED", .detail = "t.lua:1: bad\x1b[31mRED\nüber"};
    struct ll_snapshot snapshot = {.run_id = "r",
                                   .epoch = 1,
                                   .sequence = 1,
                                   .series = ll_series_set_new(),
                                   .failures = &failure,
                                   .failure_count = 1};
    ll_series_count(snapshot.series, LL_METRIC_ITERATIONS_FAILED, failure.signature, 2);
    struct ll_buf frame = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
    cr_assert(eq(int, ll_snapshot_seal(&snapshot, &frame).status, LL_OK));
    ll_series_set_free(&snapshot.series);
    struct ll_snapshot opened;
    ll_err err = ll_snapshot_open(frame.data, frame.len, &opened);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(sz, opened.failure_count, 1));
    cr_expect(eq(str, opened.failures[0].signature, "bad?[31mRED"));
    cr_expect(eq(str, opened.failures[0].detail, "t.lua:1: bad?[31mRED?über"));
    cr_expect_not_null(ll_series_find(opened.series, LL_METRIC_ITERATIONS_FAILED, "bad?[31mRED"));
    ll_snapshot_fini(&opened);
    ll_buf_fini(&frame);
}
