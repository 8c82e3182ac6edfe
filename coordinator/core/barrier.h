// Barriers of a run: users of all agents who wait for each other, and who of them goes on.
//
// Pure. A user that waits has a ticket, a number that its agent gives once. Agents tell in every exchange which tickets
// wait where, in ascending order; so what is known follows from what was said last, and a message that is lost or comes
// twice changes nothing. As soon as `count` tickets wait at a barrier, those that came first are released. A release is
// told until the agent does not list the ticket any more. One owner, no locks.
//
//              listed                  count of them wait               not listed any more
//   (unknown) ---------> WAITING ------------------------------> RELEASED ------------------> (forgotten)
//                           |  not listed, or listed as leaving
//                           +-------------------------------------------> (forgotten)
//
// A ticket that is listed as leaving asks to be withdrawn: the answer says whether it was, or was released before.
#ifndef COORDINATOR_CORE_BARRIER_H
#define COORDINATOR_CORE_BARRIER_H

#include "libcommon/model/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_barriers;

struct ll_barriers *ll_barriers_new(size_t part_count);
void ll_barriers_free(struct ll_barriers **barriers);

// What part `part` says of its users; `on_released` is told of each ticket, of any part, that is released by it. A
// message of an earlier round than the last one heard is left aside, and so is round 0, which says nothing.
void ll_barriers_hear(struct ll_barriers *barriers, size_t part, const struct ll_barrier_waits *waits,
                      void (*on_released)(void *arg, size_t part, uint64_t ticket), void *arg);
// What the part is answered: its listed tickets that were released or withdrawn, in new memory.
void ll_barriers_answer(const struct ll_barriers *barriers, size_t part, const struct ll_barrier_waits *waits,
                        struct ll_barrier_answers *out);

// The part is over: its users wait nowhere and come nowhere any more.
void ll_barriers_leave(struct ll_barriers *barriers, size_t part);
// The ticket was released before a restart.
void ll_barriers_restore(struct ll_barriers *barriers, size_t part, uint64_t ticket);

// Whether users of the part wait.
bool ll_barriers_has_waiting(const struct ll_barriers *barriers, size_t part);

#endif
