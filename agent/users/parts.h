// What a user is made of, for the files of this folder: user.c (its life and its iterations), waiting.c, telling.c.
#ifndef AGENT_USERS_PARTS_H
#define AGENT_USERS_PARTS_H

#include "agent/users/user.h"

// --- user.c

int64_t ll_user_now_us(const struct ll_user *user);
// Sets the alarm for whatever is due next in this state.
void ll_user_set_alarm(struct ll_user *user);
// The script goes on; NULL where it waited for no result.
void ll_user_resume(struct ll_user *user, const struct ll_action_result *result);
// As a person would have written it: "2 min", "90 s", "1500 ms".
void ll_user_write_limit(uint64_t ms, char *out, size_t size);

// --- waiting.c

void ll_user_begin_think(struct ll_user *user, uint64_t think_ms);
void ll_user_begin_meeting(struct ll_user *user, const struct ll_script_barrier *barrier);
void ll_user_begin_throttled(struct ll_user *user, const struct ll_script_throttle *throttle);
// In a think, at a barrier or at a throttle: until wait_until_us.
bool ll_user_waits(const struct ll_user *user);
// wait_until_us has come.
void ll_user_end_wait(struct ll_user *user);
// What was waited since wait_began_us is the scenario's own waiting.
void ll_user_count_wait(struct ll_user *user);
// It no longer waits at the barrier at which it may wait.
void ll_user_leave_gate(struct ll_user *user);

// --- telling.c

// What its script calls while it runs.
struct ll_script_host ll_user_script_host(struct ll_user *user);

#endif
