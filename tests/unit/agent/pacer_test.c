#include "agent/load/pacer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(pacer, failures_at_once_double_the_rest_up_to_a_second) {
    struct ll_pacer pacer = {0};
    const int64_t expected_ms[] = {50, 100, 200, 400, 800, 1000, 1000};
    for (size_t i = 0; i < sizeof expected_ms / sizeof expected_ms[0]; i++)
        cr_expect(eq(i64, ll_pacer_rest_us(&pacer, LL_PACER_FAILED, 3000), expected_ms[i] * 1000));
}

Test(pacer, success_needs_no_rest_and_forgets_the_failures) {
    struct ll_pacer pacer = {0};
    ll_pacer_rest_us(&pacer, LL_PACER_FAILED, 0);
    ll_pacer_rest_us(&pacer, LL_PACER_FAILED, 0);
    cr_expect(eq(i64, ll_pacer_rest_us(&pacer, LL_PACER_COMPLETED, 0), 0));
    cr_expect(eq(i64, ll_pacer_rest_us(&pacer, LL_PACER_FAILED, 0), 50000));
}

Test(pacer, a_slow_failure_needs_no_rest) {
    struct ll_pacer pacer = {0};
    cr_expect(eq(i64, ll_pacer_rest_us(&pacer, LL_PACER_FAILED, 100000), 50000));
    cr_expect(eq(i64, ll_pacer_rest_us(&pacer, LL_PACER_FAILED, 100001), 0));
    cr_expect(eq(i64, ll_pacer_rest_us(&pacer, LL_PACER_FAILED, 1000), 100000));
}
