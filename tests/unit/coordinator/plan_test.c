#include "coordinator/core/plan.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { AGENTS_MAX = 40 };

static struct ll_load users_only(uint32_t users) {
    return (struct ll_load){.users = users, .duration_ms = 1000};
}

// Every id from 1 to `users` belongs to exactly one agent, and no agent has more than it takes.
static void expect_whole(uint32_t users, const uint32_t *max_users, const struct ll_plan_share *shares, size_t count) {
    uint8_t *owners = calloc(users + 1, 1);
    for (size_t i = 0; i < count; i++) {
        if (max_users[i]) cr_expect(le(u32, shares[i].users, max_users[i]));
        for (uint32_t k = 0; k < shares[i].users; k++) {
            uint32_t id = shares[i].first_user + k * shares[i].stride;
            cr_assert(ge(u32, id, 1));
            cr_assert(le(u32, id, users), "agent %zu has user %u of %u", i, id, users);
            cr_assert(eq(u8, owners[id], 0), "user %u is dealt twice", id);
            owners[id] = 1;
        }
    }
    for (uint32_t id = 1; id <= users; id++) cr_assert(eq(u8, owners[id], 1), "user %u is nobody's", id);
    free(owners);
}

Test(plan, equal_agents_get_users_like_cards) {
    struct ll_load load = users_only(7);
    uint32_t max_users[3] = {0};
    struct ll_plan_share shares[3];
    cr_assert(eq(int, ll_plan_deal(&load, max_users, 3, shares).status, LL_OK));
    uint32_t expected[3] = {3, 2, 2};
    for (uint32_t i = 0; i < 3; i++) {
        cr_expect(eq(u32, shares[i].first_user, i + 1));
        cr_expect(eq(u32, shares[i].stride, 3));
        cr_expect(eq(u32, shares[i].users, expected[i]));
        cr_expect(eq(u64, shares[i].iterations, 0));
    }
}

Test(plan, a_small_agent_is_filled_and_the_others_get_more) {
    struct ll_load load = users_only(10);
    uint32_t max_users[3] = {2, 0, 0};
    struct ll_plan_share shares[3];
    cr_assert(eq(int, ll_plan_deal(&load, max_users, 3, shares).status, LL_OK));
    cr_expect(eq(u32, shares[0].users, 2));
    cr_expect(eq(u32, shares[1].users, 4));
    cr_expect(eq(u32, shares[2].users, 4));
    expect_whole(10, max_users, shares, 3);
}

Test(plan, fewer_users_than_agents_leaves_some_without) {
    struct ll_load load = users_only(2);
    uint32_t max_users[4] = {0};
    struct ll_plan_share shares[4];
    cr_assert(eq(int, ll_plan_deal(&load, max_users, 4, shares).status, LL_OK));
    expect_whole(2, max_users, shares, 4);
    cr_expect(eq(u32, shares[3].users, 0));
}

Test(plan, too_little_room_is_said_with_numbers) {
    struct ll_load load = users_only(200);
    uint32_t max_users[2] = {50, 30};
    struct ll_plan_share shares[2];
    ll_err err = ll_plan_deal(&load, max_users, 2, shares);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(strstr(err.text, "200 users") != NULL, "%s", err.text);
    cr_expect(strstr(err.text, "2 agents") != NULL, "%s", err.text);
    cr_expect(strstr(err.text, "at most 80") != NULL, "%s", err.text);
    load.users = 80;
    cr_expect(eq(int, ll_plan_deal(&load, max_users, 2, shares).status, LL_OK));
    expect_whole(80, max_users, shares, 2);
}

Test(plan, no_user_is_without_an_iteration) {
    struct ll_load load = {.users = 10, .iterations = 3};
    uint32_t max_users[2] = {0};
    struct ll_plan_share shares[2];
    cr_expect(eq(u32, ll_load_users(&load), 3));
    cr_assert(eq(int, ll_plan_deal(&load, max_users, 2, shares).status, LL_OK));
    cr_expect(eq(u32, shares[0].users + shares[1].users, 3));
    cr_expect(eq(u64, shares[0].iterations + shares[1].iterations, 3));
    cr_expect(eq(u64, shares[0].iterations, shares[0].users));
}

Test(plan, any_cluster_is_dealt_whole) {
    struct ll_rand rand = ll_rand_seed(7);
    for (int round = 0; round < 3000; round++) {
        uint32_t max_users[AGENTS_MAX];
        struct ll_plan_share shares[AGENTS_MAX];
        size_t count = 1 + ll_rand_below(&rand, AGENTS_MAX);
        uint64_t room = 0;
        bool is_open = false;
        for (size_t i = 0; i < count; i++) {
            max_users[i] = ll_rand_below(&rand, 3) ? 1 + (uint32_t)ll_rand_below(&rand, 50) : 0;
            room += max_users[i];
            is_open |= max_users[i] == 0;
        }
        struct ll_load load = {.users = 1 + (uint32_t)ll_rand_below(&rand, 500)};
        if (ll_rand_below(&rand, 2)) load.iterations = 1 + ll_rand_below(&rand, 2000);
        uint32_t users = ll_load_users(&load);
        ll_err err = ll_plan_deal(&load, max_users, count, shares);
        bool fits = is_open || room >= users;
        cr_assert(eq(int, err.status, fits ? LL_OK : LL_RESOURCE_EXHAUSTED), "round %d", round);
        if (!fits) continue;
        expect_whole(users, max_users, shares, count);
        uint64_t iterations = 0;
        for (size_t i = 0; i < count; i++) {
            iterations += shares[i].iterations;
            if (load.iterations && shares[i].users) cr_assert(ge(u64, shares[i].iterations, shares[i].users));
        }
        cr_assert(eq(u64, iterations, load.iterations), "round %d", round);
    }
}
