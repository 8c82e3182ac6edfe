// What a script tells while it runs: steps, checks, measures and words, each on its way to the recorder and the trace.
#include "agent/users/parts.h"

#include "agent/core/permits.h"

static void step_begin(void *owner, const char *name) {
    struct ll_user *user = owner;
    ll_trace_step(user->env->trace, name);
    if (user->step_depth < LL_USER_STEPS_MAX) {
        user->steps[user->step_depth].began_us = ll_user_now_us(user);
        user->steps[user->step_depth].waited_us = user->waited_us;
    }
    user->step_depth++;
    ll_recorder_begin(user->env->recorder, LL_METRIC_STEP_DURATION, name, ll_user_now_us(user));
}

static void step_end(void *owner, const char *name, bool completed) {
    struct ll_user *user = owner;
    if (user->step_depth == 0) return; // of an iteration that was abandoned
    user->step_depth--;
    if (user->step_depth >= LL_USER_STEPS_MAX) return;
    int64_t waited_us = user->waited_us - user->steps[user->step_depth].waited_us;
    int64_t took_us = ll_user_now_us(user) - user->steps[user->step_depth].began_us - waited_us;
    ll_trace_step_over(user->env->trace, name, completed, took_us);
    if (!completed) return;
    ll_recorder_sample(user->env->recorder, LL_METRIC_STEP_DURATION, name, (double)took_us);
}

static void check(void *owner, const char *name, bool held) {
    struct ll_user *user = owner;
    ll_trace_check(user->env->trace, name, held);
    ll_recorder_count(user->env->recorder, held ? LL_METRIC_CHECKS_PASSED : LL_METRIC_CHECKS_FAILED, name, 1);
}

static void measure(void *owner, enum ll_metric family, const char *name, double value) {
    struct ll_user *user = owner;
    if (ll_metric_info(family)->kind == LL_KIND_COUNTER)
        ll_recorder_count(user->env->recorder, family, name, (uint64_t)value);
    else
        ll_recorder_sample(user->env->recorder, family, name, value);
}

static void log_text(void *owner, const char *text) {
    struct ll_user *user = owner;
    ll_trace_log(user->env->trace, text);
    user->env->on_log(user->env->crew, user, text);
}

static void give_back(void *owner, uint32_t throttle) {
    struct ll_user *user = owner;
    ll_permits_give_back(user->env->permits, user, throttle);
}

struct ll_script_host ll_user_script_host(struct ll_user *user) {
    return (struct ll_script_host){.owner = user,
                                   .step_begin = step_begin,
                                   .step_end = step_end,
                                   .check = check,
                                   .measure = measure,
                                   .log = log_text,
                                   .give_back = give_back};
}
