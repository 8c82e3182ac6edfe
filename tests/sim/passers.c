#include "tests/sim/passers.h"

#include <assert.h>

enum { RATE, INSIDE };

static const struct ll_throttle throttles[] = {
    [RATE] = {.name = "rate",
              .kind = LL_THROTTLE_RATE,
              .from_per_s = PASSERS_RATE_PER_S,
              .to_per_s = PASSERS_RATE_PER_S},
    [INSIDE] = {.name = "inside", .kind = LL_THROTTLE_PARALLELISM, .limit = PASSERS_INSIDE_MAX},
};

static void on_wants(void *owner) {
    struct passers *passers = owner;
    passers->has_news = true;
}

static void on_permit(void *owner, void *waiter, uint64_t in_us) {
    struct passers *passers = owner;
    struct passer *passer = waiter;
    assert(passer->at_us == INT64_MAX);
    passer->at_us = passers->now_us + (int64_t)in_us;
}

void passers_begin(struct passers *passers, struct pass_totals *totals, uint64_t seed, size_t count, int64_t now_us) {
    assert(count <= PASSERS_MAX);
    *passers = (struct passers){.totals = totals, .rand = ll_rand_seed(seed), .count = count, .now_us = now_us};
    if (count == 0) return;
    struct ll_permits_host host = {.owner = passers, .on_wants = on_wants, .on_permit = on_permit};
    passers->permits = ll_permits_new(host, throttles, 2);
    for (size_t i = 0; i < count; i++) passers->members[i] = (struct passer){.passers = passers, .at_us = now_us};
}

static void pass(struct pass_totals *totals, int64_t now_us) {
    int64_t gap_us = now_us - totals->last_us;
    if (totals->passed > 0 && (totals->gap_min_us == 0 || gap_us < totals->gap_min_us)) totals->gap_min_us = gap_us;
    totals->last_us = now_us;
    totals->passed++;
}

static void go_on(struct passers *passers, struct passer *passer) {
    struct pass_totals *totals = passers->totals;
    passer->at_us = INT64_MAX;
    switch (passer->state) {
    case PASSER_AWAY:
        passer->state = PASSER_WANTS_TO_PASS;
        ll_permits_want(passers->permits, passer, RATE);
        break;
    case PASSER_WANTS_TO_PASS:
        pass(totals, passers->now_us);
        passer->state = PASSER_WANTS_IN;
        ll_permits_want(passers->permits, passer, INSIDE);
        break;
    case PASSER_WANTS_IN:
        totals->entered++;
        if (++totals->inside > totals->inside_max) totals->inside_max = totals->inside;
        passer->state = PASSER_INSIDE;
        passer->at_us = passers->now_us + (int64_t)ll_rand_below(&passers->rand, 150000);
        break;
    case PASSER_INSIDE:
        totals->inside--;
        ll_permits_leave(passers->permits, passer);
        passer->state = PASSER_AWAY;
        passer->at_us = passers->now_us + (int64_t)ll_rand_below(&passers->rand, 100000);
        break;
    }
}

void passers_poll(struct passers *passers, int64_t now_us) {
    passers->now_us = now_us;
    for (size_t i = 0; i < passers->count; i++)
        if (now_us >= passers->members[i].at_us) go_on(passers, &passers->members[i]);
}

int64_t passers_next_us(const struct passers *passers) {
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < passers->count; i++)
        if (passers->members[i].at_us < next_us) next_us = passers->members[i].at_us;
    return next_us;
}

void passers_end(struct passers *passers) {
    for (size_t i = 0; i < passers->count; i++) {
        passers->totals->inside -= passers->members[i].state == PASSER_INSIDE;
        ll_permits_leave(passers->permits, &passers->members[i]);
    }
    passers->count = 0;
}

void passers_fini(struct passers *passers) {
    passers_end(passers);
    ll_permits_free(&passers->permits);
}

void passers_describe(struct passers *passers, struct ll_throttle_wants *out) {
    if (passers->permits) ll_permits_describe(passers->permits, out);
}

void passers_hear(struct passers *passers, const struct ll_throttle_grants *grants, int64_t now_us) {
    if (!passers->permits) return;
    passers->now_us = now_us;
    ll_permits_hear(passers->permits, grants);
}
