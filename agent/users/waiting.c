// The scenario's own waiting: thinks, barriers, throttles. Its time is no part of the iteration's.
#include "agent/users/parts.h"

#include "agent/core/gate.h"
#include "agent/core/permits.h"

#include <assert.h>
#include <stdio.h>

static void begin(struct ll_user *user, enum ll_user_state state, int64_t until_us) {
    user->state = state;
    user->wait_began_us = ll_user_now_us(user);
    user->wait_until_us = until_us;
}

void ll_user_count_wait(struct ll_user *user) {
    static const struct ll_action_result done_well = {.err = {.status = LL_OK}};
    int64_t took_us = ll_user_now_us(user) - user->wait_began_us;
    user->waited_us += took_us;
    ll_trace_done(user->env->trace, &done_well, took_us);
}

static void go_on(struct ll_user *user) {
    ll_user_count_wait(user);
    ll_user_resume(user, NULL);
}

// ---- Thinks

void ll_user_begin_think(struct ll_user *user, uint64_t think_ms) {
    begin(user, LL_USER_THINKING, ll_user_now_us(user) + (int64_t)think_ms * 1000);
    ll_trace_words(user->env->trace, "think()");
    ll_user_set_alarm(user);
}

// ---- Barriers

void ll_user_begin_meeting(struct ll_user *user, const struct ll_script_barrier *barrier) {
    begin(user, LL_USER_MEETING, ll_user_now_us(user) + (int64_t)barrier->timeout_ms * 1000);
    snprintf(user->meeting.name, sizeof user->meeting.name, "%s", barrier->name);
    user->meeting.count = barrier->count;
    user->meeting.timeout_ms = barrier->timeout_ms;
    user->meeting.is_leaving = false;
    ll_user_set_alarm(user);
    ll_gate_enter(user->env->gate, user, user->meeting.name, barrier->count);
}

void ll_user_met(struct ll_user *user, bool is_released, uint32_t others) {
    assert(user->state == LL_USER_MEETING);
    user->waited_us += ll_user_now_us(user) - user->wait_began_us;
    if (is_released) {
        ll_user_resume(user, NULL);
        return;
    }
    char limit[40];
    ll_user_write_limit(user->meeting.timeout_ms, limit, sizeof limit);
    struct ll_action_result result = {.err = ll_err_make(LL_DEADLINE_EXCEEDED,
                                                         "only %u of %u users came to barrier \"%s\" within %s",
                                                         others + 1, user->meeting.count, user->meeting.name, limit)};
    ll_user_resume(user, &result);
}

// The coordinator may have released it a moment ago, and others with it: it says so, or that it has not. When it says
// nothing the user is not kept for ever.
static void end_meeting(struct ll_user *user) {
    if (user->meeting.is_leaving) {
        ll_gate_drop(user->env->gate, user);
        ll_user_met(user, false, 0);
        return;
    }
    user->meeting.is_leaving = true;
    user->wait_until_us = ll_user_now_us(user) + LL_USER_WITHDRAW_LIMIT_MS * 1000LL;
    ll_user_set_alarm(user);
    ll_gate_withdraw(user->env->gate, user);
}

// ---- Throttles

// When the load is over for it nobody waits for a permit any more.
void ll_user_begin_throttled(struct ll_user *user, const struct ll_script_throttle *throttle) {
    begin(user, LL_USER_THROTTLED, INT64_MAX);
    if (user->is_retiring) {
        ll_user_cut(user);
        return;
    }
    char call[LL_NAME_MAX + 32];
    snprintf(call, sizeof call, "throttle(\"%s\")", throttle->name);
    ll_trace_words(user->env->trace, call);
    ll_user_set_alarm(user);
    ll_permits_want(user->env->permits, user, throttle->index);
}

void ll_user_permit(struct ll_user *user, uint64_t in_us) {
    assert(user->state == LL_USER_THROTTLED);
    user->wait_until_us = ll_user_now_us(user) + (int64_t)in_us;
    if (in_us == 0)
        go_on(user);
    else
        ll_user_set_alarm(user);
}

// ---- Any of them

bool ll_user_waits(const struct ll_user *user) {
    return user->state == LL_USER_THINKING || user->state == LL_USER_MEETING || user->state == LL_USER_THROTTLED;
}

void ll_user_end_wait(struct ll_user *user) {
    if (user->state == LL_USER_MEETING)
        end_meeting(user);
    else
        go_on(user);
}

void ll_user_leave_gate(struct ll_user *user) {
    if (user->state == LL_USER_MEETING) ll_gate_drop(user->env->gate, user);
}
