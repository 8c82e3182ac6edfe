// A throttle of a scenario: how often users of the whole run may pass it, or how many may be past it at once.
#ifndef LIBCOMMON_MODEL_THROTTLE_H
#define LIBCOMMON_MODEL_THROTTLE_H

#include "libcommon/base/err.h"
#include "libcommon/model/spec.h"

#include <stdint.h>

enum {
    LL_THROTTLES_MAX = 50,               // of a scenario
    LL_THROTTLE_PER_SECOND_MAX = 100000, // permits of a rate
};

enum ll_throttle_kind { LL_THROTTLE_RATE, LL_THROTTLE_INTERARRIVAL, LL_THROTTLE_PARALLELISM };

struct ll_throttle {
    char name[LL_NAME_MAX + 1];
    enum ll_throttle_kind kind;
    double from_per_s, to_per_s; // of RATE; from the run's start it goes from the one to the other in ramp_ms
    uint64_t ramp_ms;
    uint64_t gap_ms; // of INTERARRIVAL: at least so long between two permits
    uint32_t limit;  // of PARALLELISM: so many permits are out at most
};

// LL_INVALID_ARGUMENT names the throttle and what is wrong.
ll_err ll_throttle_validate(const struct ll_throttle *throttle);

#endif
