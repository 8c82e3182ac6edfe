#include "libcommon/sketch/sketch.h"

#include "libcommon/base/rand.h"
#include "libcommon/sketch/curve.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { SAMPLES = 20011 };

// Distributions: what latencies and sizes look like, and what they should not.
static double draw_uniform(struct ll_rand *rand) {
    return 1000 * ll_rand_unit(rand);
}

static double draw_exponential(struct ll_rand *rand) {
    return -20000 * log(1 - ll_rand_unit(rand));
}

static double draw_log_normal(struct ll_rand *rand) {
    double normal = sqrt(-2 * log(1 - ll_rand_unit(rand))) * cos(2 * M_PI * ll_rand_unit(rand));
    return exp(10 + 1.5 * normal);
}

static double draw_pareto(struct ll_rand *rand) {
    return 100 / pow(1 - ll_rand_unit(rand), 1.2);
}

static double draw_two_peaks(struct ll_rand *rand) {
    return ll_rand_below(rand, 10) ? 2000 + 10 * ll_rand_unit(rand) : 3e7 + 1e6 * ll_rand_unit(rand);
}

static double draw_few_whole_numbers(struct ll_rand *rand) {
    return (double)ll_rand_below(rand, 7);
}

static const struct distribution {
    const char *name;
    double (*draw)(struct ll_rand *rand);
} distributions[] = {
    {"uniform", draw_uniform}, {"exponential", draw_exponential}, {"log-normal", draw_log_normal},
    {"Pareto", draw_pareto},   {"two peaks", draw_two_peaks},     {"few whole numbers", draw_few_whole_numbers},
};
enum { DISTRIBUTIONS = sizeof distributions / sizeof *distributions };

static int compare_doubles(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The exact value of quantile `thousandths` / 1000 of sorted samples.
static double exact_quantile(const double *sorted, size_t n, size_t thousandths) {
    return sorted[thousandths * (n - 1) / 1000];
}

static void expect_same(const struct ll_sketch *a, const struct ll_sketch *b, const char *what) {
    cr_expect(eq(u64, a->total, b->total), "%s", what);
    cr_expect(eq(u64, a->zero_count, b->zero_count), "%s", what);
    cr_expect(eq(dbl, a->min, b->min), "%s", what);
    cr_expect(eq(dbl, a->max, b->max), "%s", what);
    cr_expect(le(dbl, fabs(a->sum - b->sum), 1e-9 * a->sum), "%s", what);
    for (int i = 0; i <= 1000; i++)
        cr_assert(eq(dbl, ll_sketch_quantile(a, i / 1000.0), ll_sketch_quantile(b, i / 1000.0)), "%s at %d/1000", what,
                  i);
}

Test(sketch, quantiles_are_within_one_percent_of_the_exact_ones) {
    for (size_t d = 0; d < DISTRIBUTIONS; d++) {
        const size_t sizes[] = {1, 2, 3, 10, 101, 1000, SAMPLES};
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            size_t n = sizes[s];
            struct ll_rand rand = ll_rand_seed(d * 100 + s);
            struct ll_sketch sketch = ll_sketch_make();
            double *samples = calloc(n, sizeof *samples), sum = 0;
            for (size_t i = 0; i < n; i++) {
                samples[i] = distributions[d].draw(&rand);
                sum += samples[i];
                ll_sketch_add(&sketch, samples[i]);
            }
            qsort(samples, n, sizeof *samples, compare_doubles);
            for (size_t q = 0; q <= 1000; q++) {
                double exact = exact_quantile(samples, n, q), got = ll_sketch_quantile(&sketch, (double)q / 1000);
                cr_assert(le(dbl, fabs(got - exact), LL_SKETCH_RELATIVE_ERROR * (1 + 1e-9) * exact),
                          "%s, %zu samples, quantile %zu/1000: %.17g for %.17g", distributions[d].name, n, q, got,
                          exact);
            }
            cr_expect(eq(dbl, ll_sketch_quantile(&sketch, 0), samples[0]));
            cr_expect(eq(dbl, ll_sketch_quantile(&sketch, 1), samples[n - 1]));
            cr_expect(eq(dbl, sketch.sum, sum));
            cr_expect(eq(u64, sketch.total, n));
            free(samples);
            ll_sketch_fini(&sketch);
        }
    }
}

Test(sketch, merging_equals_adding_everything_to_one) {
    struct ll_rand rand = ll_rand_seed(3);
    struct ll_sketch all = ll_sketch_make(), merged = ll_sketch_make();
    for (size_t d = 0; d < DISTRIBUTIONS; d++) {
        struct ll_sketch part = ll_sketch_make();
        for (int i = 0; i < SAMPLES; i++) {
            double value = distributions[d].draw(&rand);
            ll_sketch_add(&all, value);
            ll_sketch_add(&part, value);
        }
        ll_sketch_merge(&merged, &part);
        ll_sketch_fini(&part);
    }
    expect_same(&merged, &all, "merged");
    struct ll_sketch copy = ll_sketch_make();
    ll_sketch_add(&copy, 1e12); // a copy forgets what was there
    ll_sketch_copy(&copy, &all);
    expect_same(&copy, &all, "copied");
    ll_sketch_fini(&copy);
    ll_sketch_fini(&all);
    ll_sketch_fini(&merged);
}

Test(sketch, merging_nothing_changes_nothing) {
    struct ll_sketch empty = ll_sketch_make(), one = ll_sketch_make(), also_empty = ll_sketch_make();
    ll_sketch_add(&one, 5);
    ll_sketch_merge(&one, &empty);
    cr_expect(eq(u64, one.total, 1));
    cr_expect(eq(dbl, one.min, 5));
    ll_sketch_merge(&empty, &also_empty);
    cr_expect(eq(u64, empty.total, 0));
    cr_expect_null(empty.counts);
    ll_sketch_merge(&empty, &one);
    cr_expect(eq(dbl, empty.min, 5));
    cr_expect(eq(dbl, empty.max, 5));
    ll_sketch_fini(&empty);
    ll_sketch_fini(&one);
}

// Values over more bins than a sketch has, so that the lowest collapse.
static double draw_too_wide(struct ll_rand *rand) {
    return pow(10, -9 + 27 * ll_rand_unit(rand));
}

Test(sketch, past_the_bin_limit_the_lowest_collapse_and_the_high_quantiles_stay_right) {
    struct ll_rand rand = ll_rand_seed(4);
    struct ll_sketch sketch = ll_sketch_make();
    double *samples = calloc(SAMPLES, sizeof *samples);
    for (size_t i = 0; i < SAMPLES; i++) {
        samples[i] = draw_too_wide(&rand);
        ll_sketch_add(&sketch, samples[i]);
    }
    qsort(samples, SAMPLES, sizeof *samples, compare_doubles);
    cr_expect(le(u32, sketch.capacity, LL_SKETCH_BINS_MAX));
    double lowest_kept = ll_sketch_bin_value(ll_sketch_index(samples[SAMPLES - 1]) - LL_SKETCH_BINS_MAX + 1);
    size_t kept = 0;
    for (size_t q = 1; q <= 1000; q++) {
        double exact = exact_quantile(samples, SAMPLES, q), got = ll_sketch_quantile(&sketch, (double)q / 1000);
        if (exact < lowest_kept) {
            cr_assert(le(dbl, fabs(got - lowest_kept), 0.03 * lowest_kept), "quantile %zu/1000", q);
            continue;
        }
        kept++;
        cr_assert(le(dbl, fabs(got - exact), 0.01001 * exact), "quantile %zu/1000", q);
    }
    cr_expect(gt(sz, kept, 600));
    cr_expect(eq(dbl, sketch.min, samples[0]));
    free(samples);
    ll_sketch_fini(&sketch);
}

Test(sketch, collapsing_does_not_depend_on_the_order) {
    enum { PARTS = 5 };
    struct ll_rand rand = ll_rand_seed(5);
    double samples[2000];
    for (size_t i = 0; i < 2000; i++) samples[i] = draw_too_wide(&rand);
    struct ll_sketch forward = ll_sketch_make(), backward = ll_sketch_make(), sorted = ll_sketch_make();
    struct ll_sketch merged = ll_sketch_make(), parts[PARTS] = {0};
    for (size_t i = 0; i < 2000; i++) {
        ll_sketch_add(&forward, samples[i]);
        ll_sketch_add(&backward, samples[1999 - i]);
        ll_sketch_add(&parts[i % PARTS], samples[i]);
    }
    qsort(samples, 2000, sizeof *samples, compare_doubles);
    for (size_t i = 0; i < 2000; i++) ll_sketch_add(&sorted, samples[i]);
    for (size_t i = 0; i < PARTS; i++) {
        ll_sketch_merge(&merged, &parts[i]);
        ll_sketch_fini(&parts[i]);
    }
    expect_same(&backward, &forward, "backward");
    expect_same(&sorted, &forward, "sorted");
    expect_same(&merged, &forward, "merged");
    ll_sketch_fini(&forward);
    ll_sketch_fini(&backward);
    ll_sketch_fini(&sorted);
    ll_sketch_fini(&merged);
}

Test(sketch, absurd_values_are_counted_and_harm_nothing) {
    struct ll_sketch sketch = ll_sketch_make();
    const double zeros[] = {NAN, -1, -INFINITY, -0.0, 0, -DBL_MAX};
    for (size_t i = 0; i < sizeof zeros / sizeof *zeros; i++) ll_sketch_add(&sketch, zeros[i]);
    cr_expect(eq(u64, sketch.zero_count, 6));
    cr_expect(eq(dbl, sketch.max, 0));
    cr_expect(eq(dbl, ll_sketch_quantile(&sketch, 0.5), 0));
    ll_sketch_add(&sketch, DBL_TRUE_MIN);
    cr_expect(eq(u64, sketch.zero_count, 7));
    cr_expect(eq(dbl, sketch.max, DBL_TRUE_MIN));
    for (int i = 0; i < 8; i++) ll_sketch_add(&sketch, 1000);
    ll_sketch_add(&sketch, DBL_MAX);
    ll_sketch_add(&sketch, INFINITY);
    cr_expect(eq(dbl, sketch.max, LL_SKETCH_VALUE_MAX));
    cr_expect(isfinite(sketch.sum));
    double p80 = ll_sketch_quantile(&sketch, 0.8);
    cr_expect(le(dbl, fabs(p80 - 1000), 10), "one absurd sample must not push the others out: %g", p80);
    ll_sketch_fini(&sketch);
}

Test(sketch, quantiles_outside_their_range_are_the_extremes) {
    struct ll_sketch sketch = ll_sketch_make();
    cr_expect(eq(dbl, ll_sketch_quantile(&sketch, 0.5), 0));
    ll_sketch_add(&sketch, 3);
    ll_sketch_add(&sketch, 4);
    cr_expect(eq(dbl, ll_sketch_quantile(&sketch, -1), 3));
    cr_expect(eq(dbl, ll_sketch_quantile(&sketch, NAN), 3));
    cr_expect(eq(dbl, ll_sketch_quantile(&sketch, 7), 4));
    ll_sketch_fini(&sketch);
}

Test(sketch, clear_forgets_and_keeps_the_memory) {
    struct ll_sketch sketch = ll_sketch_make();
    ll_sketch_add(&sketch, 1000);
    ll_sketch_add(&sketch, 0);
    const uint64_t *counts = sketch.counts;
    ll_sketch_clear(&sketch);
    cr_expect(eq(u64, sketch.total, 0));
    cr_expect(eq(ptr, sketch.counts, (void *)counts));
    ll_sketch_add(&sketch, 1e9);
    cr_expect(eq(dbl, sketch.min, 1e9));
    cr_expect(le(dbl, fabs(ll_sketch_quantile(&sketch, 0.5) - 1e9), 1e7));
    ll_sketch_fini(&sketch);
}

static void add_to(void *arg, int32_t index, uint64_t count) {
    ll_sketch_add_bin(arg, index, count);
}

static void check_rising(void *arg, int32_t index, uint64_t count) {
    int32_t *last = arg;
    cr_assert(gt(i32, index, *last));
    cr_assert(gt(u64, count, 0));
    *last = index;
}

Test(sketch, bins_carry_a_sketch_over_the_wire) {
    struct ll_rand rand = ll_rand_seed(6);
    struct ll_sketch sketch = ll_sketch_make(), read = ll_sketch_make();
    for (int i = 0; i < SAMPLES; i++) ll_sketch_add(&sketch, draw_log_normal(&rand));
    ll_sketch_add_many(&sketch, 0, 17);
    int32_t last = INT32_MIN;
    ll_sketch_each_bin(&sketch, check_rising, &last);
    ll_sketch_each_bin(&sketch, add_to, &read);
    ll_sketch_add_many(&read, 0, sketch.zero_count);
    ll_sketch_set_extremes(&read, sketch.min, sketch.max, sketch.sum);
    expect_same(&read, &sketch, "read");
    ll_sketch_fini(&sketch);
    ll_sketch_fini(&read);
}

Test(sketch, bins_of_a_liar_do_no_harm) {
    struct ll_sketch sketch = ll_sketch_make(), other = ll_sketch_make();
    ll_sketch_add_bin(&sketch, INT32_MIN, 3);
    ll_sketch_add_bin(&sketch, INT32_MAX, 3);
    ll_sketch_add_bin(&sketch, 0, 0);
    cr_expect(eq(u64, sketch.total, 6));
    ll_sketch_set_extremes(&sketch, NAN, -INFINITY, NAN);
    cr_expect(eq(dbl, ll_sketch_quantile(&sketch, 0.5), 0));
    ll_sketch_set_extremes(&sketch, INFINITY, 7, INFINITY);
    cr_expect(eq(dbl, ll_sketch_quantile(&sketch, 1), LL_SKETCH_VALUE_MAX));
    cr_expect(eq(dbl, sketch.sum, 0));
    ll_sketch_set_extremes(&sketch, 0, 7, DBL_MAX);
    cr_expect(eq(dbl, sketch.sum, 6 * LL_SKETCH_VALUE_MAX));
    ll_sketch_add_bin(&sketch, 5, UINT64_MAX);
    cr_expect(eq(u64, sketch.total, UINT64_MAX));
    ll_sketch_add(&sketch, 5);
    cr_expect(eq(u64, sketch.total, UINT64_MAX));
    ll_sketch_add_many(&other, 0, UINT64_MAX - 5);
    ll_sketch_add_many(&other, 1000, UINT64_MAX);
    ll_sketch_merge(&other, &sketch);
    cr_expect(eq(u64, other.total, UINT64_MAX));
    struct ll_curve curve;
    ll_curve_from_sketch(&other, &curve);
    cr_expect(eq(u64, curve.count, UINT64_MAX));
    ll_sketch_fini(&sketch);
    ll_sketch_fini(&other);
}

// The window of bins under random bins, merges and clears, against a plain array of counts.
Test(sketch, the_window_never_loses_a_sample) {
    struct ll_rand rand = ll_rand_seed(7);
    struct ll_sketch sketch = ll_sketch_make(), other = ll_sketch_make();
    for (int round = 0; round < 2000; round++) {
        uint64_t expected = sketch.total;
        switch (ll_rand_below(&rand, 20)) {
        case 0:
            ll_sketch_clear(&sketch);
            expected = 0;
            break;
        case 1:
            expected += other.total;
            ll_sketch_merge(&sketch, &other);
            ll_sketch_clear(&other);
            break;
        case 2:
            ll_sketch_fini(&other);
            break;
        default:
            for (int i = 0; i < 20; i++) {
                double scale = pow(10, (double)ll_rand_below(&rand, 18));
                ll_sketch_add(&sketch, scale * ll_rand_unit(&rand));
                ll_sketch_add(&other, 1e-6 * scale * ll_rand_unit(&rand));
            }
            expected += 20;
        }
        uint64_t in_bins = sketch.zero_count;
        for (uint32_t i = 0; i < sketch.capacity; i++) in_bins += sketch.counts[i];
        cr_assert(eq(u64, sketch.total, expected), "round %d", round);
        cr_assert(eq(u64, in_bins, expected), "round %d", round);
        cr_assert(le(u32, sketch.capacity, LL_SKETCH_BINS_MAX), "round %d", round);
    }
    ll_sketch_fini(&sketch);
    ll_sketch_fini(&other);
}
