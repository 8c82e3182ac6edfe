// How long a user rests between two iterations: not at all, unless its iterations fail at once. Then the rest doubles
// from LL_PACER_FIRST_MS to LL_PACER_LAST_MS, so that a site that is down is not hammered; the first iteration that
// completes ends it. An iteration that took its time to fail needs no rest and leaves the doubling as it is.
//
// One owner, no clock.
#ifndef AGENT_LOAD_PACER_H
#define AGENT_LOAD_PACER_H

#include <stdint.h>

enum {
    LL_PACER_AT_ONCE_MS = 100, // a failure within this is one "at once"
    LL_PACER_FIRST_MS = 50,
    LL_PACER_LAST_MS = 1000,
};

struct ll_pacer { // starts zeroed
    uint32_t rest_ms;
};

enum ll_pacer_outcome { LL_PACER_COMPLETED, LL_PACER_FAILED };

// The rest after an iteration that took `took_us`, in microseconds.
int64_t ll_pacer_rest_us(struct ll_pacer *pacer, enum ll_pacer_outcome outcome, int64_t took_us);

#endif
