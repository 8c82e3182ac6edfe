#include "tests/sim/crowd.h"

#include <assert.h>

static void go_away(struct crowd_member *member) {
    struct crowd *crowd = member->crowd;
    member->state = CROWD_AWAY;
    member->at_us = crowd->is_ending ? INT64_MAX : crowd->now_us + (int64_t)ll_rand_below(&crowd->rand, 400000);
}

static void on_wants(void *owner) {
    struct crowd *crowd = owner;
    crowd->has_news = true;
}

static void on_answer(void *owner, void *waiter, bool is_released, uint32_t others) {
    (void)others;
    struct crowd *crowd = owner;
    if (is_released)
        crowd->totals->released++;
    else
        crowd->totals->withdrawn++;
    go_away(waiter);
}

void crowd_begin(struct crowd *crowd, struct crowd_totals *totals, uint64_t seed, size_t count, int64_t now_us) {
    assert(count <= CROWD_MAX);
    *crowd = (struct crowd){.totals = totals, .rand = ll_rand_seed(seed), .count = count, .now_us = now_us};
    if (count == 0) return;
    crowd->gate = ll_gate_new((struct ll_gate_host){.owner = crowd, .on_wants = on_wants, .on_answer = on_answer});
    for (size_t i = 0; i < count; i++) {
        crowd->members[i].crowd = crowd;
        go_away(&crowd->members[i]);
    }
}

void crowd_fini(struct crowd *crowd) {
    ll_gate_free(&crowd->gate);
    crowd->count = 0;
}

static void come(struct crowd *crowd, struct crowd_member *member) {
    crowd->totals->came++;
    member->state = CROWD_WAITING;
    member->at_us = crowd->now_us + 1000 + (int64_t)ll_rand_below(&crowd->rand, 3000000);
    ll_gate_enter(crowd->gate, member, "pair", CROWD_GROUP);
}

void crowd_poll(struct crowd *crowd, int64_t now_us) {
    crowd->now_us = now_us;
    for (size_t i = 0; i < crowd->count; i++) {
        struct crowd_member *member = &crowd->members[i];
        if (now_us < member->at_us) continue;
        if (member->state == CROWD_AWAY) {
            come(crowd, member);
        } else {
            member->state = CROWD_LEAVING;
            member->at_us = INT64_MAX;
            ll_gate_withdraw(crowd->gate, member);
        }
    }
}

int64_t crowd_next_us(const struct crowd *crowd) {
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < crowd->count; i++)
        if (crowd->members[i].at_us < next_us) next_us = crowd->members[i].at_us;
    return next_us;
}

void crowd_end(struct crowd *crowd) {
    crowd->is_ending = true;
    for (size_t i = 0; i < crowd->count; i++)
        if (crowd->members[i].state != CROWD_LEAVING) crowd->members[i].at_us = INT64_MAX; // patient to the end
}

static size_t count_of(const struct crowd *crowd) {
    size_t there = 0;
    for (size_t i = 0; i < crowd->count; i++) there += crowd->members[i].state != CROWD_AWAY;
    return there;
}

bool crowd_is_gone(const struct crowd *crowd) {
    return crowd->is_ending && count_of(crowd) == 0;
}

void crowd_describe(struct crowd *crowd, struct ll_barrier_waits *out) {
    if (!crowd->gate) return;
    ll_gate_describe(crowd->gate, crowd->is_ending && count_of(crowd) == ll_gate_count(crowd->gate), out);
}

void crowd_hear(struct crowd *crowd, const struct ll_barrier_answers *answers, int64_t now_us) {
    if (!crowd->gate) return;
    crowd->now_us = now_us;
    if (!ll_gate_hear(crowd->gate, answers) || !crowd->is_ending) return;
    for (size_t i = 0; i < crowd->count; i++) {
        if (crowd->members[i].state == CROWD_AWAY) continue;
        ll_gate_drop(crowd->gate, &crowd->members[i]);
        crowd->totals->in_vain++;
        go_away(&crowd->members[i]);
    }
}
