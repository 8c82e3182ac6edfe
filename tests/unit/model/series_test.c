#include "libcommon/model/series.h"

#include "libcommon/base/alloc.h"
#include "tests/unit/model/samples.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t counted(const struct ll_series_set *set, enum ll_metric metric, const char *label) {
    const struct ll_series *series = ll_series_find(set, metric, label);
    return series ? series->count : 0;
}

static void count_numbered(struct ll_series_set *set, unsigned first, unsigned last) {
    for (unsigned i = first; i <= last; i++) {
        char label[32];
        snprintf(label, sizeof label, "label %u", i);
        ll_series_count(set, LL_METRIC_CHECKS_PASSED, label, 1);
    }
}

static size_t length(const struct ll_series_set *set) {
    size_t position = 0, count = 0;
    while (ll_series_next(set, &position)) count++;
    return count;
}

Test(series, what_is_recorded_is_found) {
    struct ll_series_set *set = ll_series_set_new();
    ll_series_record(set, LL_METRIC_STEP_DURATION, "checkout", 1000);
    ll_series_record(set, LL_METRIC_STEP_DURATION, "checkout", 3000);
    ll_series_record(set, LL_METRIC_STEP_DURATION, "browse", 500);
    ll_series_record(set, LL_METRIC_ITERATION_DURATION, NULL, 7);
    ll_series_count(set, LL_METRIC_HTTP_REQUESTS, "200", 3);
    ll_series_count(set, LL_METRIC_HTTP_REQUESTS, "404", 2);
    ll_series_count(set, LL_METRIC_HTTP_REQUESTS, "500", 0);

    const struct ll_series *checkout = ll_series_find(set, LL_METRIC_STEP_DURATION, "checkout");
    cr_assert_not_null(checkout);
    cr_expect(eq(u64, checkout->sketch.total, 2));
    cr_expect(eq(dbl, checkout->sketch.max, 3000));
    cr_expect_not_null(ll_series_find(set, LL_METRIC_ITERATION_DURATION, ""));
    cr_expect_not_null(ll_series_find(set, LL_METRIC_ITERATION_DURATION, NULL));
    cr_expect_null(ll_series_find(set, LL_METRIC_STEP_DURATION, "check"));
    cr_expect_null(ll_series_find(set, LL_METRIC_HTTP_REQUESTS, "500"), "nothing was counted there");
    cr_expect(eq(u64, ll_series_total(set, LL_METRIC_HTTP_REQUESTS), 5));
    struct ll_sketch all = ll_sketch_make();
    ll_series_aggregate(set, LL_METRIC_STEP_DURATION, &all);
    cr_expect(eq(u64, all.total, 3));
    cr_expect(eq(dbl, all.min, 500));
    ll_sketch_fini(&all);
    ll_series_set_free(&set);
    cr_expect_null(set);
}

Test(series, walk_goes_by_metric_then_label) {
    struct ll_series_set *set = ll_series_set_new();
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "b", 1);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "", 1);
    ll_series_record(set, LL_METRIC_STEP_DURATION, "z", 1);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "other", 1);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "\xc3\xa9", 1);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "B", 1);
    static const char *const expected[] = {"z", "", "B", "b", "other", "\xc3\xa9"};
    size_t position = 0;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const struct ll_series *series = ll_series_next(set, &position);
        cr_assert_not_null(series);
        cr_expect(eq(str, (char *)series->label, (char *)expected[i]));
    }
    cr_expect_null(ll_series_next(set, &position));
    cr_expect_null(ll_series_next(set, &position));
    ll_series_set_free(&set);
}

Test(series, labels_past_the_limit_fold_into_other) {
    struct ll_series_set *set = ll_series_set_new();
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "", 1);
    count_numbered(set, 1, LL_LABELS_MAX + 50);
    count_numbered(set, LL_LABELS_MAX + 1, LL_LABELS_MAX + 1);
    count_numbered(set, 1, 1);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "fives", 4); // as long as "other" is
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "other"), 55));
    cr_expect(eq(u64, counted(set, LL_METRIC_LABEL_OVERFLOW, ""), 55));
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "label 1"), 2));
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, ""), 1));
    cr_expect(eq(sz, length(set), LL_LABELS_MAX + 3)); // with "", "other" and label_overflow
    ll_series_record(set, LL_METRIC_STEP_DURATION, "another metric has its own limit", 1);
    cr_expect(eq(u64, counted(set, LL_METRIC_LABEL_OVERFLOW, ""), 55));
    ll_series_set_free(&set);
}

Test(series, reserved_labels_have_places_of_their_own) {
    struct ll_series_set *set = ll_series_set_new();
    ll_series_reserve(set, LL_METRIC_CHECKS_PASSED, "label 250");
    ll_series_reserve(set, LL_METRIC_CHECKS_PASSED, "label 250");
    count_numbered(set, 1, LL_LABELS_MAX + 60);
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "label 250"), 1));
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "label 200"), 1)); // and take nobody else's
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "other"), 59));
    for (int i = 0; i < 3; i++) ll_series_set_clear(set);
    count_numbered(set, 301, 500); // whoever was idle made room
    count_numbered(set, 250, 250);
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "label 250"), 1));

    struct ll_series_set *merged = ll_series_set_new_like(set);
    count_numbered(merged, 501, 700);
    ll_series_set_merge(merged, set);
    cr_expect(eq(u64, counted(merged, LL_METRIC_CHECKS_PASSED, "label 250"), 1));
    cr_expect(eq(u64, counted(merged, LL_METRIC_CHECKS_PASSED, "other"), 200));
    ll_series_set_free(&merged);
    ll_series_set_free(&set);
}

Test(series, no_more_labels_are_reserved_than_may_be) {
    struct ll_series_set *set = ll_series_set_new();
    for (unsigned i = 0; i < LL_LABELS_RESERVED_MAX + 100; i++) {
        char label[32];
        snprintf(label, sizeof label, "reserved %u", i);
        ll_series_reserve(set, LL_METRIC_CHECKS_PASSED, label);
        ll_series_count(set, LL_METRIC_CHECKS_PASSED, label, 1);
    }
    count_numbered(set, 1, LL_LABELS_MAX);
    cr_expect(eq(sz, length(set), LL_SERIES_OF_METRIC_MAX)); // without "", and with label_overflow
    ll_series_set_free(&set);
}

Test(series, the_order_is_that_of_first_beginnings) {
    static const struct {
        const char *label;
        uint64_t began_us;
    } steps[] = {{"pay", 900}, {"unknown", 0},      {"log in", 20}, {"b", 500},
                 {"a", 500},   {"at the start", 1}, {"pay", 700}};
    static const char *const expected[] = {"at the start", "log in", "a", "b", "pay", "unknown"};
    struct ll_series_set *sets[2] = {ll_series_set_new(), ll_series_set_new()};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        ll_series_record(sets[i % 2], LL_METRIC_STEP_DURATION, steps[i].label, 5);
        if (steps[i].began_us)
            ll_series_note_began(sets[i % 2], LL_METRIC_STEP_DURATION, steps[i].label, steps[i].began_us);
    }
    ll_series_note_began(sets[0], LL_METRIC_STEP_DURATION, "has no sample", 3);
    ll_series_set_merge(sets[0], sets[1]);
    const struct ll_series *order[LL_SERIES_OF_METRIC_MAX];
    cr_assert(eq(sz, ll_series_in_order(sets[0], LL_METRIC_STEP_DURATION, order), 6));
    for (size_t i = 0; i < 6; i++) cr_expect(eq(str, (char *)order[i]->label, (char *)expected[i]));
    cr_expect(eq(u64, order[4]->began_us, 700));
    for (int i = 0; i < 2; i++) ll_series_set_free(&sets[i]);
}

Test(series, other_is_a_label_like_any_other_until_then) {
    struct ll_series_set *set = ll_series_set_new();
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "other", 3);
    count_numbered(set, 1, LL_LABELS_MAX);
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "other"), 3));
    cr_expect(eq(u64, counted(set, LL_METRIC_LABEL_OVERFLOW, ""), 0));
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "label 200"), 1));
    ll_series_set_free(&set);
}

Test(series, merging_folds_and_counts_each_sample_once) {
    struct ll_series_set *merged = ll_series_set_new();
    uint64_t recorded = 0;
    for (unsigned agent = 0; agent < 4; agent++) { // each with 250 labels, half of them its own
        struct ll_series_set *set = ll_series_set_new();
        for (unsigned i = 0; i < 250; i++) {
            char label[32];
            snprintf(label, sizeof label, "step %u", i < 125 ? i : 1000 * agent + i);
            ll_series_record(set, LL_METRIC_STEP_DURATION, label, i);
            recorded++;
        }
        ll_series_set_merge(merged, set);
        ll_series_set_free(&set);
    }
    struct ll_sketch all = ll_sketch_make();
    ll_series_aggregate(merged, LL_METRIC_STEP_DURATION, &all);
    cr_expect(eq(u64, all.total, recorded));
    ll_sketch_fini(&all);
    // 125 shared labels and the first 75 of one agent's own stand; all else was folded, here or at the agent.
    const struct ll_series *other = ll_series_find(merged, LL_METRIC_STEP_DURATION, "other");
    cr_assert_not_null(other);
    cr_expect(eq(u64, other->sketch.total, recorded - 4 * 125 - 75));
    cr_expect(eq(u64, counted(merged, LL_METRIC_LABEL_OVERFLOW, ""), other->sketch.total));
    cr_expect(eq(sz, length(merged), LL_LABELS_MAX + 2));
    ll_series_set_free(&merged);
}

Test(series, a_cleared_set_reports_nothing_and_counts_again) {
    struct ll_series_set *set = ll_series_set_new();
    count_numbered(set, 1, 150);
    ll_series_record(set, LL_METRIC_STEP_DURATION, "checkout", 100);
    ll_series_set_clear(set);
    cr_expect(eq(sz, length(set), 0));
    cr_expect_null(ll_series_find(set, LL_METRIC_STEP_DURATION, "checkout"));
    ll_series_record(set, LL_METRIC_STEP_DURATION, "checkout", 5);
    cr_expect(eq(sz, length(set), 1));
    const struct ll_series *checkout = ll_series_find(set, LL_METRIC_STEP_DURATION, "checkout");
    cr_assert_not_null(checkout);
    cr_expect(eq(dbl, checkout->sketch.max, 5));
    ll_series_set_free(&set);
}

Test(series, labels_in_use_keep_their_place_and_idle_ones_give_it_away) {
    struct ll_series_set *set = ll_series_set_new();
    count_numbered(set, 1, LL_LABELS_MAX);
    ll_series_set_clear(set);
    count_numbered(set, 1, 100); // 101 to 200 are idle for this bucket
    count_numbered(set, 301, 310);
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "other"), 10), "they were in use until the last clear");

    ll_series_set_clear(set);
    count_numbered(set, 150, 150);
    count_numbered(set, 301, 310);
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "other"), 0));
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "label 301"), 1));
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "label 150"), 1),
              "it came back before its place was needed");

    // 89 places are left: 100 idle ones less the one that came back, less the ten taken.
    count_numbered(set, 401, 500);
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, "other"), 11));
    cr_expect(eq(u64, counted(set, LL_METRIC_LABEL_OVERFLOW, ""), 11));
    ll_series_set_free(&set);
}

Test(series, overlong_labels_are_cut_between_characters) {
    struct ll_series_set *set = ll_series_set_new();
    char label[LL_LABEL_BYTES_MAX + 20];
    memset(label, 'x', sizeof label);
    memcpy(label + LL_LABEL_BYTES_MAX - 1, "\xc3\xa9", 2); // straddles the limit
    label[sizeof label - 1] = '\0';
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, label, 1);
    size_t position = 0;
    const struct ll_series *series = ll_series_next(set, &position);
    cr_assert_not_null(series);
    cr_expect(eq(sz, strlen(series->label), LL_LABEL_BYTES_MAX - 1));
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, label), 1));
    cr_expect(eq(u64, counted(set, LL_METRIC_LABEL_OVERFLOW, ""), 0));

    memset(label, 0x80, sizeof label - 1); // no text at all
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, label, 1);
    cr_expect(eq(u64, counted(set, LL_METRIC_CHECKS_PASSED, label), 1));
    ll_series_set_free(&set);
}

Test(series, the_order_of_merging_does_not_matter) {
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct ll_rand rand = ll_rand_seed(seed);
        struct ll_series_set *parts[6];
        for (size_t i = 0; i < 6; i++) parts[i] = sample_series(&rand, ll_rand_below(&rand, 500), 30);
        char *descriptions[3];
        for (size_t order = 0; order < 3; order++) {
            struct ll_series_set *merged = ll_series_set_new();
            for (size_t i = 0; i < 6; i++)
                ll_series_set_merge(merged, parts[order == 0 ? i : order == 1 ? 5 - i : (i * 5 + 2) % 6]);
            descriptions[order] = describe_series(merged);
            ll_series_set_free(&merged);
        }
        cr_expect(eq(str, descriptions[0], descriptions[1]), "seed %llu", (unsigned long long)seed);
        cr_expect(eq(str, descriptions[0], descriptions[2]), "seed %llu", (unsigned long long)seed);
        for (size_t i = 0; i < 3; i++) free(descriptions[i]);
        for (size_t i = 0; i < 6; i++) ll_series_set_free(&parts[i]);
    }
}
