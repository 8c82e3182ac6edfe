#include "agent/load/schedule.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

enum { SECOND = 1000000 };

static const struct ll_share everyone = {.first = 1, .stride = 1, .users = 10};

static struct ll_stage ramp[] = {
    {.users = 10, .over_ms = 10000}, {.users = 10, .over_ms = 5000}, {.users = 0, .over_ms = 10000}};
static const struct ll_load ramped = {.users = 10, .stages = ramp, .stage_count = 3};
static const struct ll_load flat = {.users = 4, .duration_ms = 5000};
static const struct ll_load shared = {.users = 4, .iterations = 100};

Test(schedule, a_flat_load_is_there_at_once_and_over_at_its_end) {
    cr_expect(eq(u32, ll_schedule_active(&flat, &everyone, 0), 4));
    cr_expect(eq(u32, ll_schedule_active(&flat, &everyone, 5 * SECOND - 1), 4));
    cr_expect(eq(u32, ll_schedule_active(&flat, &everyone, 5 * SECOND), 0));
    cr_expect(not(ll_schedule_is_over(&flat, 5 * SECOND - 1)));
    cr_expect(ll_schedule_is_over(&flat, 5 * SECOND));
    cr_expect(eq(i64, ll_schedule_next_change_us(&flat, &everyone, 0), 5 * SECOND));
    cr_expect(eq(i64, ll_schedule_next_change_us(&flat, &everyone, 5 * SECOND), INT64_MAX));
}

Test(schedule, shared_iterations_have_no_end_in_time) {
    cr_expect(eq(u32, ll_schedule_active(&shared, &everyone, 3600LL * SECOND), 4));
    cr_expect(not(ll_schedule_is_over(&shared, 3600LL * SECOND)));
    cr_expect(eq(i64, ll_schedule_next_change_us(&shared, &everyone, 0), INT64_MAX));
}

Test(schedule, stages_are_a_line_that_starts_at_nobody) {
    cr_expect(eq(u32, ll_schedule_active(&ramped, &everyone, 0), 0));
    cr_expect(eq(u32, ll_schedule_active(&ramped, &everyone, 1 * SECOND - 1), 0));
    cr_expect(eq(u32, ll_schedule_active(&ramped, &everyone, 1 * SECOND), 1));
    cr_expect(eq(u32, ll_schedule_active(&ramped, &everyone, 7 * SECOND + SECOND / 2), 7));
    cr_expect(eq(u32, ll_schedule_active(&ramped, &everyone, 12 * SECOND), 10));
    cr_expect(eq(u32, ll_schedule_active(&ramped, &everyone, 20 * SECOND), 5));
    cr_expect(eq(u32, ll_schedule_active(&ramped, &everyone, 20 * SECOND + 1), 4));
    cr_expect(ll_schedule_is_over(&ramped, 25 * SECOND));
}

Test(schedule, a_stage_without_length_is_a_jump) {
    struct ll_stage stages[] = {{.users = 6, .over_ms = 0},
                                {.users = 6, .over_ms = 1000},
                                {.users = 2, .over_ms = 0},
                                {.users = 2, .over_ms = 1000}};
    struct ll_load load = {.users = 6, .stages = stages, .stage_count = 4};
    cr_expect(eq(u32, ll_schedule_active(&load, &everyone, 0), 6));
    cr_expect(eq(i64, ll_schedule_next_change_us(&load, &everyone, 0), SECOND));
    cr_expect(eq(u32, ll_schedule_active(&load, &everyone, SECOND), 2));
    cr_expect(eq(i64, ll_schedule_next_change_us(&load, &everyone, SECOND), 2 * SECOND));
}

// Follows the changes through a whole ramp, and looks on both sides of each.
static void walk(const struct ll_load *load, const struct ll_share *share, uint32_t *out_changes) {
    int64_t t_us = 0;
    uint32_t active = ll_schedule_active(load, share, 0);
    for (*out_changes = 0; *out_changes < 1000; ++*out_changes) {
        int64_t next_us = ll_schedule_next_change_us(load, share, t_us);
        if (next_us == INT64_MAX) break;
        cr_assert(gt(i64, next_us, t_us));
        cr_assert(eq(u32, ll_schedule_active(load, share, next_us - 1), active));
        cr_assert(ne(u32, ll_schedule_active(load, share, next_us), active), "at %lld", (long long)next_us);
        active = ll_schedule_active(load, share, next_us);
        t_us = next_us;
    }
    cr_expect(eq(u32, active, 0));
}

Test(schedule, every_change_is_named_exactly) {
    uint32_t changes;
    walk(&ramped, &everyone, &changes);
    cr_expect(eq(u32, changes, 20));
    struct ll_stage odd[] = {{.users = 7, .over_ms = 3333}, {.users = 3, .over_ms = 777}, {.users = 9, .over_ms = 1}};
    struct ll_load load = {.users = 9, .stages = odd, .stage_count = 3};
    walk(&load, &everyone, &changes);
    cr_expect(ge(u32, changes, 7 + 4 + 2));
}

Test(schedule, agents_share_a_ramp_evenly) {
    struct ll_share shares[3] = {{1, 3, 4}, {2, 3, 3}, {3, 3, 3}};
    for (int64_t t_us = 0; t_us < 25 * SECOND; t_us += 123457) {
        uint32_t sum = 0;
        for (int i = 0; i < 3; i++) sum += ll_schedule_active(&ramped, &shares[i], t_us);
        cr_assert(eq(u32, sum, ll_schedule_active(&ramped, &everyone, t_us)));
    }
    uint32_t changes;
    walk(&ramped, &shares[1], &changes);
    cr_expect(eq(u32, changes, 6));
    cr_expect(eq(u32, ll_share_user_id(&shares[1], 2), 8));
}
