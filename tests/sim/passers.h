// Users of a simulated agent at two throttles of a whole cluster: each passes a rate, then takes one of a few permits
// and keeps it for a while, goes away and comes again. The real list of permits; the rest is arithmetic.
#ifndef TESTS_SIM_PASSERS_H
#define TESTS_SIM_PASSERS_H

#include "agent/core/permits.h"
#include "libcommon/base/rand.h"

#include <stdbool.h>

enum { PASSERS_MAX = 8, PASSERS_RATE_PER_S = 20, PASSERS_INSIDE_MAX = 3 };

struct pass_totals { // of all agents together
    uint64_t passed; // the rate
    uint64_t entered;
    uint32_t inside, inside_max;
    int64_t last_us, gap_min_us; // between two that pass the rate
};

struct passer {
    enum { PASSER_AWAY, PASSER_WANTS_TO_PASS, PASSER_WANTS_IN, PASSER_INSIDE } state;
    int64_t at_us; // when it goes on; INT64_MAX: not known yet
    struct passers *passers;
};

struct passers {
    struct ll_permits *permits; // NULL without a run
    struct pass_totals *totals;
    struct ll_rand rand;
    struct passer members[PASSERS_MAX];
    size_t count;
    int64_t now_us;
    bool has_news; // since the agent was asked last
};

void passers_begin(struct passers *passers, struct pass_totals *totals, uint64_t seed, size_t count, int64_t now_us);
// Those that are there are interrupted.
void passers_end(struct passers *passers);

void passers_poll(struct passers *passers, int64_t now_us);
int64_t passers_next_us(const struct passers *passers);
void passers_fini(struct passers *passers);

void passers_describe(struct passers *passers, struct ll_throttle_wants *out);
void passers_hear(struct passers *passers, const struct ll_throttle_grants *grants, int64_t now_us);

#endif
