// This agent's users at throttles: what it tells the coordinator of them, and who may go on when.
//
// Pure: no clock and no socket. Whoever wants a permit has a ticket, listed in every exchange until the permit came or
// the user left (coordinator/core/throttle.h has the other side). A permit of parallelism stays listed, as held, until
// its user leaves. One owner. The calls on_wants and on_permit may let others want and leave.
#ifndef AGENT_CORE_PERMITS_H
#define AGENT_CORE_PERMITS_H

#include "libcommon/model/messages.h"

#include <stddef.h>
#include <stdint.h>

struct ll_permits_host {
    void *owner;
    void (*on_wants)(void *owner);                                // there is news for the coordinator: exchange soon
    void (*on_permit)(void *owner, void *waiter, uint64_t in_us); // it may go on, so long from now
};

struct ll_permits;

// `throttles` are borrowed and outlive it.
struct ll_permits *ll_permits_new(struct ll_permits_host host, const struct ll_throttle *throttles, size_t count);
void ll_permits_free(struct ll_permits **permits);

// `waiter` wants to pass throttle number `throttle`. It wants one at a time, and may hold others.
void ll_permits_want(struct ll_permits *permits, void *waiter, uint32_t throttle);
// It gives back what it holds of that throttle.
void ll_permits_give_back(struct ll_permits *permits, const void *waiter, uint32_t throttle);
// It gives back all that it holds, and wants nothing any more.
void ll_permits_leave(struct ll_permits *permits, const void *waiter);

// What the next exchange says; borrowed until the permits are used again.
void ll_permits_describe(struct ll_permits *permits, struct ll_throttle_wants *out);
// What the coordinator answered.
void ll_permits_hear(struct ll_permits *permits, const struct ll_throttle_grants *grants);

#endif
