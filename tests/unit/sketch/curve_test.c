#include "libcommon/sketch/curve.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(curve, equals_single_quantiles) {
    struct ll_rand rand = ll_rand_seed(11);
    for (int n = 1; n < 5000; n += 1 + n / 3) {
        struct ll_sketch sketch = ll_sketch_make();
        struct ll_curve curve;
        for (int i = 0; i < n; i++) ll_sketch_add(&sketch, exp(12 * ll_rand_unit(&rand)) - 1);
        ll_curve_from_sketch(&sketch, &curve);
        for (int i = 0; i < LL_CURVE_POINTS; i++)
            cr_assert(eq(dbl, curve.values[i], ll_sketch_quantile(&sketch, i / 100.0)), "%d samples, %d %%", n, i);
        for (int i = 0; i < LL_CURVE_TAIL_POINTS; i++)
            cr_assert(eq(dbl, curve.tail[i], ll_sketch_quantile(&sketch, ll_curve_tail_quantiles[i])), "%d, %d", n, i);
        cr_expect(eq(dbl, curve.values[0], sketch.min));
        cr_expect(eq(dbl, curve.values[100], sketch.max));
        cr_expect(eq(u64, curve.count, (uint64_t)n));
        cr_expect(eq(dbl, curve.sum, sketch.sum));
        for (int i = 1; i < LL_CURVE_POINTS; i++) cr_assert(ge(dbl, curve.values[i], curve.values[i - 1]));
        cr_expect(ge(dbl, curve.tail[0], curve.values[99]));
        cr_expect(le(dbl, curve.tail[2], curve.values[100]));
        ll_sketch_fini(&sketch);
    }
}

// With samples 0 to 100 every percentile is a sample; binary fractions must not shift one (0.29 * 100 < 29).
Test(curve, percentiles_of_0_to_100_are_those_numbers) {
    struct ll_sketch sketch = ll_sketch_make();
    struct ll_curve curve;
    for (int i = 0; i <= 100; i++) ll_sketch_add(&sketch, i);
    ll_curve_from_sketch(&sketch, &curve);
    for (int i = 0; i <= 100; i++) cr_expect(le(dbl, fabs(curve.values[i] - i), 0.01001 * i), "%d %%", i);
    ll_sketch_fini(&sketch);
}

Test(curve, of_nothing_is_zeros) {
    struct ll_sketch sketch = ll_sketch_make();
    struct ll_curve curve;
    ll_curve_from_sketch(&sketch, &curve);
    cr_expect(eq(u64, curve.count, 0));
    for (int i = 0; i < LL_CURVE_POINTS; i++) cr_expect(eq(dbl, curve.values[i], 0));
    for (int i = 0; i < LL_CURVE_TAIL_POINTS; i++) cr_expect(eq(dbl, curve.tail[i], 0));
}

Test(curve, of_zeros_and_tiny_values_does_not_fall) {
    struct ll_sketch sketch = ll_sketch_make();
    struct ll_curve curve;
    ll_sketch_add_many(&sketch, 1e-12, 50);
    ll_sketch_add_many(&sketch, 5, 50);
    ll_curve_from_sketch(&sketch, &curve);
    for (int i = 1; i < LL_CURVE_POINTS; i++) cr_expect(ge(dbl, curve.values[i], curve.values[i - 1]), "%d %%", i);
    ll_sketch_fini(&sketch);
}
