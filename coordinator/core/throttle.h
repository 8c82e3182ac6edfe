// Throttles of a run: which users of all agents may go on, and from when.
//
// Pure; times are microseconds since the run's start. A user that wants to pass a throttle has a ticket, a number that
// its agent gives once. Agents list their tickets in every exchange, in ascending order; so what is known follows from
// what was said last, and a message that is lost or comes twice changes nothing. Those that came first are served
// first. A permit is given up to LL_THROTTLE_AHEAD_MS before the moment from which it is valid, so that it is there in
// time. It is told until the agent does not list the ticket as wanted any more. One owner, no locks.
//
//              listed              its turn, soon               not listed any more
//   (unknown) ---------> WAITING ------------------> PERMITTED ---------------------> (forgotten)
//                           |  not listed
//                           +-------------------------------------------------------> (forgotten)
//
// Rates and interarrivals: a permit's moment is the space of one permit after the one before, or now, if that is later.
// What was not used is gone: after a pause there is no burst. Parallelism: a ticket that is permitted counts until it
// is not listed any more; an agent goes on listing it, as held, until its user gives it back.
#ifndef COORDINATOR_CORE_THROTTLE_H
#define COORDINATOR_CORE_THROTTLE_H

#include "libcommon/model/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LL_THROTTLE_AHEAD_MS = 250 };

struct ll_throttles;

struct ll_throttles *ll_throttles_new(size_t part_count);
void ll_throttles_free(struct ll_throttles **throttles);

// What part `part` says of its users at `t_us`. What a throttle is, is what was heard of its name first. `on_permitted`
// is told of each rate and interarrival that gave permits, with the moment of the last. A message of an earlier round
// than the last one heard is left aside, and so is round 0, which says nothing. LL_RESOURCE_EXHAUSTED when the parts
// name more throttles than they can have, and then nothing of it is taken.
ll_err ll_throttles_hear(struct ll_throttles *throttles, size_t part, int64_t t_us,
                         const struct ll_throttle_wants *wants,
                         void (*on_permitted)(void *arg, const char *name, int64_t at_us), void *arg);
// What the part is answered: the permits of its listed tickets, in new memory.
void ll_throttles_answer(const struct ll_throttles *throttles, size_t part, int64_t t_us,
                         const struct ll_throttle_wants *wants, struct ll_throttle_grants *out);

// The part is over: what its users held is free.
void ll_throttles_leave(struct ll_throttles *throttles, size_t part);

// After a restart, before anything is heard: the throttle gave a permit for `at_us` before.
void ll_throttles_restore(struct ll_throttles *throttles, const char *name, int64_t at_us);
// After a restart: nothing is permitted where permits are held until every part that is not over was heard, for they
// know what is held.
void ll_throttles_ask_all(struct ll_throttles *throttles);

// Whether users of the part wait.
bool ll_throttles_has_waiting(const struct ll_throttles *throttles, size_t part);

#endif
