#include "reporters/spans.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { BUCKETS = 10 };

static struct ll_window buckets[BUCKETS];

static void make_buckets(void) {
    for (size_t i = 0; i < BUCKETS; i++) {
        buckets[i] = (struct ll_window){
            .offset_ms = i * 1000, .active_users = (uint32_t)(i % 4), .node_count = 1, .series = ll_series_set_new()};
        ll_series_count(buckets[i].series, LL_METRIC_ITERATIONS_COMPLETED, NULL, 1);
    }
}

static void free_buckets(void) {
    for (size_t i = 0; i < BUCKETS; i++) ll_series_set_free(&buckets[i].series);
}

TestSuite(spans, .init = make_buckets, .fini = free_buckets);

Test(spans, few_buckets_stay_as_they_are) {
    struct ll_spans spans = ll_spans_make(buckets, BUCKETS, 1000, BUCKETS);
    struct ll_window span;
    size_t count = 0;
    cr_expect(eq(u64, spans.width_ms, 1000));
    for (; ll_spans_next(&spans, &span); count++) cr_expect(eq(u64, span.offset_ms, count * 1000));
    cr_expect(eq(sz, count, BUCKETS));
    ll_spans_fini(&spans);
}

Test(spans, many_buckets_are_merged_and_none_is_lost) {
    struct ll_spans spans = ll_spans_make(buckets, BUCKETS, 1000, 4);
    struct ll_window span;
    uint64_t iterations = 0;
    size_t count = 0;
    cr_expect(eq(u64, spans.width_ms, 3000));
    cr_expect(eq(u64, spans.count, 4));
    while (ll_spans_next(&spans, &span)) {
        cr_expect(eq(u64, span.offset_ms, count * 3000));
        if (count++ == 1) cr_expect(eq(u32, span.active_users, 3), "the most of its buckets");
        iterations += ll_series_total(span.series, LL_METRIC_ITERATIONS_COMPLETED);
    }
    cr_expect(eq(sz, count, 4));
    cr_expect(eq(u64, iterations, BUCKETS));
    ll_spans_fini(&spans);
}

Test(spans, gaps_are_skipped_and_absurd_offsets_stay_within_the_limit) {
    buckets[1].offset_ms = UINT64_MAX;
    struct ll_spans spans = ll_spans_make(buckets, 2, 1, 60);
    struct ll_window span;
    cr_expect(le(u64, spans.count, 60));
    while (ll_spans_next(&spans, &span)) cr_expect(lt(u64, span.offset_ms / spans.width_ms, spans.count));
    ll_spans_fini(&spans);
    spans = ll_spans_make(NULL, 0, 0, 60);
    cr_expect(eq(u64, spans.count, 0));
    cr_expect(not(ll_spans_next(&spans, &span)));
    ll_spans_fini(&spans);
}
