#include "libcommon/model/throttle.h"

#include "libcommon/base/text.h"

static const double per_second_min = 1.0 / (24 * 60 * 60);

// Not so for what is no number.
static bool is_rate(double per_second) {
    return per_second >= per_second_min * (1 - 1e-9) && per_second <= LL_THROTTLE_PER_SECOND_MAX * (1 + 1e-9);
}

ll_err ll_throttle_validate(const struct ll_throttle *throttle) {
    const char *name = throttle->name;
    if (name[0] == '\0') return ll_err_make(LL_INVALID_ARGUMENT, "a throttle has no name");
    switch (throttle->kind) {
    case LL_THROTTLE_RATE:
        if (!is_rate(throttle->from_per_s) || !is_rate(throttle->to_per_s))
            return ll_err_make(LL_INVALID_ARGUMENT, "throttle \"%s\": a rate is from 1 in 24 hours to %d in a second",
                               name, LL_THROTTLE_PER_SECOND_MAX);
        if (throttle->ramp_ms > LL_DURATION_MAX_MS)
            return ll_err_make(LL_INVALID_ARGUMENT, "throttle \"%s\": its ramp is longer than any run", name);
        return LL_SUCCESS;
    case LL_THROTTLE_INTERARRIVAL:
        if (throttle->gap_ms >= 1 && throttle->gap_ms <= LL_DURATION_MAX_MS) return LL_SUCCESS;
        return ll_err_make(LL_INVALID_ARGUMENT, "throttle \"%s\": the time between two must be longer than 0", name);
    case LL_THROTTLE_PARALLELISM:
        if (throttle->limit >= 1 && throttle->limit <= LL_USERS_MAX) return LL_SUCCESS;
        return ll_err_make(LL_INVALID_ARGUMENT, "throttle \"%s\": 1 to %d users can be past it, not %u", name,
                           LL_USERS_MAX, throttle->limit);
    }
    return ll_err_make(LL_INVALID_ARGUMENT, "throttle \"%s\" is of a kind that is unknown here", name);
}
