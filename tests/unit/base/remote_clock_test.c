#include "libcommon/base/remote_clock.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

// A call at `at_us` of a clock that is `ahead_us` before theirs.
static void call(struct ll_remote_clock *clock, int64_t at_us, int64_t there_us, int64_t back_us, int64_t ahead_us) {
    ll_remote_clock_hear(clock, at_us, at_us + there_us + back_us, at_us + there_us - ahead_us);
}

Test(remote_clock, nothing_is_known_before_a_call) {
    struct ll_remote_clock clock = {.heard = 0};
    cr_expect(not(ll_remote_clock_is_known(&clock)));
    cr_expect(eq(i64, ll_remote_clock_offset_us(&clock), 0));
    cr_expect(eq(u64, ll_remote_clock_round_trip_us(&clock), 0));
}

Test(remote_clock, one_call_tells_offset_and_round_trip) {
    struct ll_remote_clock clock = {.heard = 0};
    call(&clock, 5000, 500000, 500000, -1234567);
    cr_expect(ll_remote_clock_is_known(&clock));
    cr_expect(eq(i64, ll_remote_clock_offset_us(&clock), -1234567));
    cr_expect(eq(u64, ll_remote_clock_round_trip_us(&clock), 1000000));
}

Test(remote_clock, the_shortest_trip_counts_and_the_usual_one_is_told) {
    struct ll_remote_clock clock = {.heard = 0};
    struct ll_rand rand = ll_rand_seed(7);
    for (int64_t i = 0; i < 31; i++) // there it takes up to a second longer, now and then
        call(&clock, i * 1000000, 20000 + (int64_t)ll_rand_below(&rand, 1000000), 20000, 42);
    call(&clock, 31000000, 20000, 20000, 42);
    cr_expect(eq(i64, ll_remote_clock_offset_us(&clock), 42));
    cr_expect(gt(u64, ll_remote_clock_round_trip_us(&clock), 100000));
}

Test(remote_clock, what_is_asymmetric_is_wrong_by_half_of_the_trip_at_most) {
    struct ll_rand rand = ll_rand_seed(8);
    for (int i = 0; i < 1000; i++) {
        struct ll_remote_clock clock = {.heard = 0};
        int64_t there_us = (int64_t)ll_rand_below(&rand, 100000), back_us = (int64_t)ll_rand_below(&rand, 100000);
        call(&clock, 1000, there_us, back_us, 0);
        cr_expect(le(i64, llabs(ll_remote_clock_offset_us(&clock)), (there_us + back_us) / 2 + 1));
    }
}

Test(remote_clock, old_samples_are_forgotten) {
    struct ll_remote_clock clock = {.heard = 0};
    call(&clock, 0, 10, 10, 1000000); // their clock was set since
    for (int i = 0; i < LL_REMOTE_CLOCK_SAMPLES; i++) call(&clock, 1000 + i, 500, 500, 0);
    cr_expect(eq(i64, ll_remote_clock_offset_us(&clock), 0));
}
