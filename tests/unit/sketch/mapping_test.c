#include "libcommon/sketch/mapping.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>

Test(mapping, a_bin_stands_for_each_of_its_values_within_one_percent) {
    struct ll_rand rand = ll_rand_seed(1);
    double worst = 0, worst_value = 0;
    for (int i = 0; i < 1000000; i++) {
        double value = pow(10, -9 + 27 * ll_rand_unit(&rand));
        double error = fabs(ll_sketch_bin_value(ll_sketch_index(value)) - value) / value;
        if (error > worst) worst = error, worst_value = value;
    }
    cr_expect(le(dbl, worst, LL_SKETCH_RELATIVE_ERROR * (1 + 1e-9)), "of %.17g", worst_value);
    cr_expect(ge(dbl, worst, 0.0099), "the bins are finer, and so more, than 1 %% needs");
}

Test(mapping, bins_rise_with_values_across_powers_of_two) {
    for (int exponent = -29; exponent < 59; exponent++) {
        double edge = ldexp(1, exponent);
        int32_t below = ll_sketch_index(nextafter(edge, 0)), at = ll_sketch_index(edge);
        int32_t above = ll_sketch_index(nextafter(edge, INFINITY));
        cr_expect(le(i32, below, at), "2^%d", exponent);
        cr_expect(le(i32, at, above), "2^%d", exponent);
        cr_expect(le(i32, above - below, 1), "2^%d", exponent);
    }
}

Test(mapping, its_range_is_what_the_header_says) {
    cr_expect(eq(i32, ll_sketch_index(LL_SKETCH_VALUE_MIN), LL_MAPPING_INDEX_MIN));
    cr_expect(eq(i32, ll_sketch_index(LL_SKETCH_VALUE_MAX), LL_MAPPING_INDEX_MAX));
    cr_expect(eq(i32, ll_mapping_index(LL_SKETCH_VALUE_MIN), LL_MAPPING_INDEX_MIN));
    cr_expect(eq(i32, ll_mapping_index(LL_SKETCH_VALUE_MAX), LL_MAPPING_INDEX_MAX));
    const double outside[] = {-1, 0, 1e-300, NAN, -INFINITY};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        cr_expect(eq(i32, ll_sketch_index(outside[i]), LL_MAPPING_INDEX_MIN));
    cr_expect(eq(i32, ll_sketch_index(INFINITY), LL_MAPPING_INDEX_MAX));
    cr_expect(eq(i32, ll_sketch_index(1e300), LL_MAPPING_INDEX_MAX));
    const double week_us = 7 * 24 * 3600e6;
    cr_expect(lt(i32, ll_sketch_index(week_us) - ll_sketch_index(1), 1500));
}

Test(mapping, bins_rise_by_no_more_than_the_error_allows) {
    for (int32_t index = LL_MAPPING_INDEX_MIN; index < LL_MAPPING_INDEX_MAX; index++) {
        double here = ll_sketch_bin_value(index), next = ll_sketch_bin_value(index + 1);
        cr_assert(lt(dbl, here, next), "bin %d", index);
        cr_assert(lt(dbl, next / here, 1.01 / 0.99 + 1e-9), "bin %d", index);
    }
}
