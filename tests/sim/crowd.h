// Users of a simulated agent that meet users of others at the barrier "pair": they come, wait, sometimes lose patience,
// go on and come again, until the load is over. The real gate; the rest is arithmetic.
#ifndef TESTS_SIM_CROWD_H
#define TESTS_SIM_CROWD_H

#include "agent/core/gate.h"
#include "libcommon/base/rand.h"

#include <stdbool.h>

enum { CROWD_MAX = 8, CROWD_GROUP = 2 };

struct crowd_totals { // of all agents together
    uint64_t came, released, withdrawn, in_vain;
};

struct crowd_member {
    enum { CROWD_AWAY, CROWD_WAITING, CROWD_LEAVING } state;
    int64_t at_us; // of AWAY: comes; of WAITING: loses patience. INT64_MAX: never
    struct crowd *crowd;
};

struct crowd {
    struct ll_gate *gate; // NULL without a run
    struct crowd_totals *totals;
    struct ll_rand rand;
    struct crowd_member members[CROWD_MAX];
    size_t count;
    int64_t now_us;
    bool has_news;  // since the agent was asked last
    bool is_ending; // nobody comes again
};

void crowd_begin(struct crowd *crowd, struct crowd_totals *totals, uint64_t seed, size_t count, int64_t now_us);
void crowd_fini(struct crowd *crowd);

void crowd_poll(struct crowd *crowd, int64_t now_us);
int64_t crowd_next_us(const struct crowd *crowd);
// The load is over: whoever waits waits on, the others end.
void crowd_end(struct crowd *crowd);
bool crowd_is_gone(const struct crowd *crowd); // nobody waits, and it is ending

void crowd_describe(struct crowd *crowd, struct ll_barrier_waits *out);
void crowd_hear(struct crowd *crowd, const struct ll_barrier_answers *answers, int64_t now_us);

#endif
