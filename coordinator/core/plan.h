// Who runs what: the users and iterations of a run, dealt to agents.
//
// Pure. Users have the ids 1 to N, dealt like cards, so that a ramp grows on all agents at once. An agent with a
// limit below its even share gets its limit, and the others more. An agent's ids must be one progression (first,
// stride, count), so agents that are full are dealt their own range of ids, after those of the others, each group of
// the same limit like cards again.
#ifndef COORDINATOR_CORE_PLAN_H
#define COORDINATOR_CORE_PLAN_H

#include "libcommon/base/err.h"
#include "libcommon/model/spec.h"

#include <stddef.h>
#include <stdint.h>

struct ll_plan_share {
    uint32_t first_user, stride, users; // users 0: no part in the run
    uint64_t iterations;                // 0: not limited
};

// Deals to `count` agents (at least 1), whose limits are `max_users` (0: none). LL_RESOURCE_EXHAUSTED, naming the
// numbers, when they have too little room.
ll_err ll_plan_deal(const struct ll_load *load, const uint32_t *max_users, size_t count,
                    struct ll_plan_share *out_shares);

#endif
