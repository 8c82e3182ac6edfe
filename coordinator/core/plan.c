#include "coordinator/core/plan.h"

#include <assert.h>
#include <stdbool.h>

static ll_err check_room(uint32_t users, const uint32_t *max_users, size_t count) {
    uint64_t room = 0;
    for (size_t i = 0; i < count; i++) {
        if (max_users[i] == 0) return LL_SUCCESS;
        room += max_users[i];
    }
    if (room >= users) return LL_SUCCESS;
    return ll_err_make(LL_RESOURCE_EXHAUSTED,
                       "%u users do not fit: the %zu agent%s here take%s at most %llu; start more agents, raise their "
                       "--max-users, or run with --users %llu",
                       users, count, count == 1 ? "" : "s", count == 1 ? "s" : "", (unsigned long long)room,
                       (unsigned long long)room);
}

// Gives every agent whose limit is at or below the even share its limit, until the even share of the rest is below
// all limits. Returns how many users are left for the rest, who keep `users` at 0.
static uint32_t fill_small_agents(uint32_t users, const uint32_t *max_users, size_t count, struct ll_plan_share *shares,
                                  size_t *out_open) {
    size_t open = count;
    uint32_t left = users;
    bool changed = true;
    while (changed && open > 0) {
        changed = false;
        uint32_t even = (uint32_t)(left / open);
        for (size_t i = 0; i < count; i++) {
            if (shares[i].users > 0 || max_users[i] == 0 || max_users[i] > even) continue;
            shares[i].users = max_users[i];
            left -= max_users[i];
            open--;
            changed = true;
        }
    }
    *out_open = open;
    return left;
}

// Deals the ids from `base` + 1 on, `left` of them, to the `open` agents that have no users yet.
static void deal_evenly(struct ll_plan_share *shares, size_t count, size_t open, uint32_t left) {
    size_t seat = 0;
    for (size_t i = 0; i < count; i++) {
        if (shares[i].users > 0) continue;
        shares[i].first_user = (uint32_t)seat + 1;
        shares[i].stride = (uint32_t)open;
        shares[i].users = (uint32_t)(left / open + (seat < left % open ? 1 : 0));
        seat++;
    }
}

// Deals the ids after `base` to the full agents, one range for each limit.
static void deal_to_full(struct ll_plan_share *shares, size_t count, uint32_t base) {
    for (size_t i = 0; i < count; i++) {
        if (shares[i].stride > 0) continue;
        uint32_t limit = shares[i].users, members = 0;
        for (size_t k = i; k < count; k++) {
            if (shares[k].stride > 0 || shares[k].users != limit) continue;
            shares[k].first_user = base + ++members;
        }
        for (size_t k = i; k < count; k++)
            if (shares[k].stride == 0 && shares[k].users == limit) shares[k].stride = members;
        base += members * limit;
    }
}

// Iterations go by users: the share of the first k agents is that of their users, rounded down.
static void deal_iterations(uint64_t iterations, uint32_t users, struct ll_plan_share *shares, size_t count) {
    uint64_t users_so_far = 0, given = 0;
    for (size_t i = 0; i < count; i++) {
        users_so_far += shares[i].users;
        uint64_t upto = (uint64_t)((unsigned __int128)iterations * users_so_far / users);
        shares[i].iterations = upto - given;
        given = upto;
    }
}

ll_err ll_plan_deal(const struct ll_load *load, const uint32_t *max_users, size_t count,
                    struct ll_plan_share *out_shares) {
    assert(count > 0);
    uint32_t users = ll_load_users(load);
    LL_TRY(check_room(users, max_users, count));
    for (size_t i = 0; i < count; i++) out_shares[i] = (struct ll_plan_share){0};
    size_t open = 0;
    uint32_t left = fill_small_agents(users, max_users, count, out_shares, &open);
    if (open > 0) deal_evenly(out_shares, count, open, left);
    deal_to_full(out_shares, count, left);
    if (load->iterations > 0 && users > 0) deal_iterations(load->iterations, users, out_shares, count);
    return LL_SUCCESS;
}
