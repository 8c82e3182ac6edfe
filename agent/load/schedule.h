// How many users should be active now, and which of them are this agent's: the closed load model as arithmetic.
//
// Any thread; no state; times are microseconds since the run's start. A load's target is a number of users over time:
// flat for a duration and for shared iterations, a broken line for stages (the first stage rises from 0). User u (from
// 1) is active while target >= u, and so are the same users on every agent, whoever owns them:
//
//   target
//     ^    ____
//   4 |   /    `.      users are dealt like cards: an agent owns first, first + stride, first + 2 stride, … so the
//   2 |  /       `.    active ones among its own are always the first of that list, and one count says which they are
//     +-'----------'--> t
#ifndef AGENT_LOAD_SCHEDULE_H
#define AGENT_LOAD_SCHEDULE_H

#include "libcommon/model/spec.h"

#include <stdbool.h>
#include <stdint.h>

struct ll_share { // of a run's users: ids first, first + stride, …, `users` of them
    uint32_t first, stride, users;
};

// Users that should be active in the whole run, a fraction while a stage changes it.
double ll_schedule_target(const struct ll_load *load, int64_t t_us);
// True once the load's time is over. Shared iterations end by their number alone.
bool ll_schedule_is_over(const struct ll_load *load, int64_t t_us);
// When that is; INT64_MAX for shared iterations.
int64_t ll_schedule_end_us(const struct ll_load *load);

// How many of the share should be active: the first so many of its ids.
uint32_t ll_schedule_active(const struct ll_load *load, const struct ll_share *share, int64_t t_us);
// The next time after `t_us` at which ll_schedule_active changes; INT64_MAX when it does not any more.
int64_t ll_schedule_next_change_us(const struct ll_load *load, const struct ll_share *share, int64_t t_us);

// The id of the k-th user of a share, from 0.
uint32_t ll_share_user_id(const struct ll_share *share, uint32_t k);

#endif
