#include "agent/users/parts.h"

#include "agent/core/permits.h"
#include "agent/users/http_call.h"
#include "agent/users/watchdog.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void act_on(struct ll_user *user, const struct ll_script_request *request);

int64_t ll_user_now_us(const struct ll_user *user) {
    return user->env->now_us(user->env->crew);
}

static bool is_iterating(const struct ll_user *user) {
    return user->state == LL_USER_ACTING || user->state == LL_USER_SHOOTING || ll_user_waits(user);
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t iteration_deadline_us(const struct ll_user *user) {
    return user->iteration_began_us + (int64_t)user->env->spec->load.iteration_timeout_ms * 1000;
}

void ll_user_set_alarm(struct ll_user *user) {
    int64_t at_us = INT64_MAX;
    if (is_iterating(user)) at_us = earlier(iteration_deadline_us(user), user->retire_by_us);
    if (ll_user_waits(user) || user->state == LL_USER_RESTING) at_us = earlier(at_us, user->wait_until_us);
    if (user->state == LL_USER_OPENING) at_us = user->open_by_us;
    if (user->state == LL_USER_CAPTURING) at_us = user->retire_by_us;
    ll_agenda_set(user->env->agenda, &user->alarm, at_us);
    user->env->on_alarm(user->env->crew);
}

// ---- The page

static void close_page(struct ll_user *user) {
    if (!user->page) return;
    struct ll_page *page = user->page;
    user->page = NULL;
    user->env->connection->ops->page_close(page);
}

static void forget_failure(struct ll_user *user) {
    free(user->failed.signature);
    free(user->failed.detail);
    ll_evidence_free(&user->known);
    user->failed = (struct ll_user_failure){0};
}

// The failure is told, with what was captured of its page.
static void note_failure(struct ll_user *user, const struct ll_evidence *evidence) {
    struct ll_failure failure = {
        .signature = user->failed.signature,
        .detail = user->failed.detail,
        .user_id = user->id,
        .iteration = user->iteration,
        .step = user->failed.step,
        .evidence = evidence,
    };
    ll_trace_failure(user->env->trace, &failure);
    user->env->on_failure(user->env->crew, &failure);
    forget_failure(user);
}

// A capture under way, if there is one, comes to nothing.
static void give_up_capture(struct ll_user *user) {
    if (user->state != LL_USER_CAPTURING && user->state != LL_USER_SHOOTING) return;
    ll_witness_release(user->env->witness);
    if (user->state == LL_USER_CAPTURING) note_failure(user, user->known);
}

static void end_life(struct ll_user *user) {
    ll_permits_leave(user->env->permits, user);
    bool was_opening = user->state == LL_USER_OPENING;
    close_page(user);
    user->state = LL_USER_ABSENT;
    user->is_alive = user->is_retiring = false;
    user->retire_by_us = INT64_MAX;
    ll_user_set_alarm(user);
    ll_recorder_sample(user->env->recorder, LL_METRIC_SCENARIO_DURATION, NULL,
                       (double)(ll_user_now_us(user) - user->life_began_us));
    if (was_opening)
        user->env->on_opened(user->env->crew, user,
                             ll_err_make(LL_CANCELLED, "the user ended before its page was open"));
    user->env->on_life_ended(user->env->crew, user);
}

static void queue_for_page(struct ll_user *user) {
    user->state = LL_USER_QUEUED;
    ll_user_set_alarm(user);
    user->env->on_queued(user->env->crew, user);
}

// ---- Iterations end

static void rest(struct ll_user *user, enum ll_pacer_outcome outcome) {
    int64_t now_us = ll_user_now_us(user);
    user->state = LL_USER_RESTING;
    user->wait_until_us = now_us + ll_pacer_rest_us(&user->pacer, outcome, now_us - user->iteration_began_us);
    if (user->page && user->env->connection->ops->page_rest(user->page)) queue_for_page(user);
    ll_user_set_alarm(user);
}

static void complete_iteration(struct ll_user *user) {
    ll_permits_leave(user->env->permits, user);
    int64_t took_us = ll_user_now_us(user) - user->iteration_began_us - user->waited_us;
    ll_recorder_sample(user->env->recorder, LL_METRIC_ITERATION_DURATION, NULL, (double)took_us);
    ll_recorder_count(user->env->recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 1);
    ll_trace_end(user->env->trace, user->iteration, "completed", took_us);
    if (user->is_retiring || user->is_done)
        end_life(user);
    else
        rest(user, LL_PACER_COMPLETED);
}

static void go_on_after_failure(struct ll_user *user) {
    ll_trace_end(user->env->trace, user->iteration, "failed", user->failed_us - user->iteration_began_us);
    if (user->env->spec->on_failure == LL_ON_FAILURE_STOP_USER) user->is_done = true;
    if (user->is_retiring || user->is_done)
        end_life(user);
    else
        rest(user, LL_PACER_FAILED);
}

// The failure is looked at before anything else happens to the page, which is after the iteration and in nobody's time.
static void fail_iteration(struct ll_user *user, const char *signature, const char *detail, uint32_t step) {
    ll_permits_leave(user->env->permits, user);
    user->has_failed = true;
    user->failed_us = ll_user_now_us(user);
    user->failed = (struct ll_user_failure){ll_strdup(signature), ll_strdup(detail), step};
    ll_redact_text(user->failed.signature);
    ll_redact_text(user->failed.detail);
    ll_recorder_count(user->env->recorder, LL_METRIC_ITERATIONS_FAILED, user->failed.signature, 1);
    if (user->page && ll_witness_wants(user->env->witness, user->failed.signature)) {
        struct ll_capture_request request = ll_witness_request(user->failed.signature);
        user->state = LL_USER_CAPTURING;
        ll_user_set_alarm(user);
        user->env->connection->ops->capture(user->page, &request);
        return;
    }
    note_failure(user, user->known);
    go_on_after_failure(user);
}

static void cancel_action(struct ll_user *user) {
    ll_user_leave_gate(user);
    if (user->state != LL_USER_ACTING) return;
    if (ll_http_call_is_under_way(user->http))
        ll_http_call_cancel(user->http, LL_HTTP_CALL_PAGE_IS_THERE);
    else
        user->env->connection->ops->perform_cancel(user->page);
}

void ll_user_write_limit(uint64_t ms, char *out, size_t size) {
    if (ms % 60000 == 0)
        snprintf(out, size, "%llu min", (unsigned long long)(ms / 60000));
    else if (ms % 1000 == 0)
        snprintf(out, size, "%llu s", (unsigned long long)(ms / 1000));
    else
        snprintf(out, size, "%llu ms", (unsigned long long)ms);
}

static void time_out(struct ll_user *user) {
    cancel_action(user);
    give_up_capture(user);
    char limit[40], signature[80];
    ll_user_write_limit(user->env->spec->load.iteration_timeout_ms, limit, sizeof limit);
    snprintf(signature, sizeof signature, "iteration timed out after %s", limit);
    uint32_t step;
    char *place = ll_script_place(user->script, &step);
    fail_iteration(user, signature, place, step);
    free(place);
}

// ---- Iterations go on

static void start_script(struct ll_user *user, struct ll_script_request *out) {
    ll_watchdog_enter();
    ll_script_start(user->script, user->iteration, out);
    ll_watchdog_leave();
}

void ll_user_resume(struct ll_user *user, const struct ll_action_result *result) {
    struct ll_script_request request;
    ll_watchdog_enter();
    ll_script_resume(user->script, result, &request);
    ll_watchdog_leave();
    act_on(user, &request);
}

// Counts a new iteration; false when there are none left, and the user has ended.
static bool take_iteration(struct ll_user *user) {
    if (!user->env->may_begin(user->env->crew, user)) {
        user->is_done = true;
        end_life(user);
        return false;
    }
    user->iteration++;
    user->iteration_began_us = ll_user_now_us(user);
    user->waited_us = 0;
    user->step_depth = 0;
    return true;
}

static void begin_iteration(struct ll_user *user) {
    if (!take_iteration(user)) return;
    struct ll_script_request request;
    ll_trace_begin(user->env->trace, user->id, user->iteration);
    start_script(user, &request);
    act_on(user, &request);
}

// Its time is the scenario's own waiting. Where there is no room for another the script just goes on.
static void begin_shot(struct ll_user *user, const struct ll_script_request *request) {
    if (!ll_witness_wants(user->env->witness, NULL)) {
        ll_user_resume(user, NULL);
        return;
    }
    struct ll_capture_request wanted = ll_witness_request(NULL);
    user->state = LL_USER_SHOOTING;
    user->wait_began_us = ll_user_now_us(user);
    user->shot_step = request->step;
    snprintf(user->shot_label, sizeof user->shot_label, "%s", request->label);
    char call[LL_NAME_MAX + 32];
    snprintf(call, sizeof call, "screenshot(\"%s\")", request->label);
    ll_trace_words(user->env->trace, call);
    ll_user_set_alarm(user);
    user->env->connection->ops->capture(user->page, &wanted);
}

static void begin_acting(struct ll_user *user, const char *operation) {
    user->state = LL_USER_ACTING;
    user->operation = operation;
    user->is_inner = false;
    user->action_began_us = ll_user_now_us(user);
    ll_user_set_alarm(user);
}

// What succeeded counts; a request beside the browser succeeds with any answer.
static void end_acting(struct ll_user *user, ll_err err) {
    assert(user->state == LL_USER_ACTING);
    if (err.status != LL_OK || user->is_inner) return;
    ll_recorder_sample(user->env->recorder, LL_METRIC_ACTION_DURATION, user->operation,
                       (double)(ll_user_now_us(user) - user->action_began_us));
}

static void trace_http(struct ll_user *user, const struct ll_http_request *request) {
    if (!user->env->trace) return;
    char *words = ll_format("%s(\"%s\")", request->operation, request->url);
    ll_trace_words(user->env->trace, words);
    free(words);
}

static void on_http_answer(void *arg, const struct ll_http_answer *answer) {
    struct ll_user *user = arg;
    struct ll_script_request request;
    ll_trace_answered(user->env->trace, answer->err, answer->status, ll_user_now_us(user) - user->action_began_us);
    end_acting(user, answer->err);
    ll_watchdog_enter();
    ll_script_resume_http(user->script, answer, &request);
    ll_watchdog_leave();
    act_on(user, &request);
}

static void begin_http(struct ll_user *user, const struct ll_http_request *request) {
    assert(user->env->loop);
    if (!user->http)
        user->http = ll_http_call_new(&(struct ll_http_options){
            .loop = user->env->loop, .recorder = user->env->recorder, .context = &user->env->spec->context});
    ll_http_call_begin(user->http, user->page, request, on_http_answer, user);
}

static void begin_action(struct ll_user *user, const struct ll_action *action) {
    const struct ll_operation_info *info = ll_operation_info(action->operation);
    begin_acting(user, info->name);
    user->is_inner = info->kind == LL_OPKIND_INNER;
    if (!user->is_inner) ll_trace_call(user->env->trace, action);
    user->env->connection->ops->perform(user->page, action);
}

static void act_on(struct ll_user *user, const struct ll_script_request *request) {
    switch (request->status) {
    case LL_SCRIPT_ACTION:
        begin_action(user, &request->action);
        break;
    case LL_SCRIPT_HTTP:
        begin_acting(user, request->http.operation);
        trace_http(user, &request->http);
        begin_http(user, &request->http);
        break;
    case LL_SCRIPT_THINK:
        ll_user_begin_think(user, request->think_ms);
        break;
    case LL_SCRIPT_BARRIER:
        ll_user_begin_meeting(user, &request->barrier);
        break;
    case LL_SCRIPT_THROTTLE:
        ll_user_begin_throttled(user, &request->throttle);
        break;
    case LL_SCRIPT_SCREENSHOT:
        begin_shot(user, request);
        break;
    case LL_SCRIPT_FINISHED:
        complete_iteration(user);
        break;
    case LL_SCRIPT_FAILED:
        fail_iteration(user, request->signature, request->detail, request->step);
        break;
    case LL_SCRIPT_HALTED:
        user->is_done = true;
        complete_iteration(user);
        break;
    }
}

// ---- What the page tells

static void open_failed(struct ll_user *user, ll_err err) {
    user->state = LL_USER_RESTING; // its turn is over, whatever follows
    user->env->on_opened(user->env->crew, user, err);
    if (!user->is_alive) {
        user->state = LL_USER_ABSENT;
    } else if (take_iteration(user)) {
        fail_iteration(user, "no page", err.text, 0); // its words may be a browser's last, and never the same
    }
}

// A page that is not open by then will not be; a browser's restart fits in.
static int64_t open_limit_ms(const struct ll_spec *spec) {
    enum { RESTART_MS = LL_USER_OPEN_LIMIT_MS - LL_CONTEXT_TIMEOUT_MS };
    uint32_t stated_ms = spec->context.timeout_ms, launch_ms = spec->timeouts.launch_ms;
    return (stated_ms ? stated_ms : LL_CONTEXT_TIMEOUT_MS) + (int64_t)launch_ms + RESTART_MS;
}

static void give_up_page(struct ll_user *user) {
    close_page(user);
    open_failed(user, ll_err_make(LL_DEADLINE_EXCEEDED, "the browser had not opened the page after %lld s",
                                  (long long)open_limit_ms(user->env->spec) / 1000));
}

static void on_page_open(void *owner, ll_err err) {
    struct ll_user *user = owner;
    if (err.status != LL_OK) {
        user->page = NULL;
        open_failed(user, err);
        return;
    }
    user->state = user->is_alive ? LL_USER_RESTING : LL_USER_STANDBY;
    ll_user_set_alarm(user);
    user->env->on_opened(user->env->crew, user, LL_SUCCESS);
}

static void on_done(void *owner, const struct ll_action_result *result) {
    struct ll_user *user = owner;
    if (ll_http_call_is_under_way(user->http)) {
        ll_http_call_on_done(user->http, result);
        return;
    }
    if (!user->is_inner) ll_trace_done(user->env->trace, result, ll_user_now_us(user) - user->action_began_us);
    end_acting(user, result->err);
    ll_user_resume(user, result);
}

static void take_shot(struct ll_user *user, const struct ll_capture *capture) {
    struct ll_failure where = {.user_id = user->id, .iteration = user->iteration, .step = user->shot_step};
    ll_user_count_wait(user);
    ll_witness_take_shot(user->env->witness, &where, user->shot_label, capture);
    ll_user_resume(user, NULL);
}

static void on_captured(void *owner, const struct ll_capture *capture) {
    struct ll_user *user = owner;
    if (user->state == LL_USER_SHOOTING) {
        take_shot(user, capture);
    } else if (user->state == LL_USER_CAPTURING) {
        struct ll_failure failure = {.signature = user->failed.signature,
                                     .detail = user->failed.detail,
                                     .user_id = user->id,
                                     .iteration = user->iteration,
                                     .step = user->failed.step};
        struct ll_evidence *evidence = ll_witness_take(user->env->witness, &failure, capture);
        user->state = LL_USER_RESTING;
        note_failure(user, evidence);
        ll_evidence_free(&evidence);
        go_on_after_failure(user);
    }
}

static void on_page_known(void *owner, const struct ll_capture *known) {
    struct ll_user *user = owner;
    ll_evidence_free(&user->known);
    if (is_iterating(user) || user->state == LL_USER_CAPTURING) user->known = ll_witness_last_words(known);
}

// A page's end is a kind of failure by itself; a browser's may be told in different words each time.
static void fail_with_page(struct ll_user *user, ll_err why) {
    uint32_t step;
    char *place = ll_script_place(user->script, &step);
    char *detail = ll_format("%s: %s", place, why.text);
    fail_iteration(user, why.status == LL_ABORTED ? why.text : "the browser died", detail, step);
    free(detail);
    free(place);
}

static void on_page_lost(void *owner, ll_err why) {
    struct ll_user *user = owner;
    user->page = NULL;
    ll_http_call_cancel(user->http, LL_HTTP_CALL_PAGE_IS_LOST);
    if (user->state == LL_USER_CAPTURING) {
        give_up_capture(user);
        go_on_after_failure(user);
        return;
    }
    give_up_capture(user);
    if (user->state == LL_USER_OPENING) {
        open_failed(user, why);
    } else if (is_iterating(user)) {
        ll_user_leave_gate(user);
        fail_with_page(user, why); // resting, it asks for a page when that is over
    } else if (user->state == LL_USER_STANDBY) {
        queue_for_page(user);
    }
}

// ---- The face

ll_err ll_user_init(struct ll_user *user, struct ll_user_env *env, uint32_t id, uint64_t random_seed) {
    *user = (struct ll_user){.env = env, .id = id, .retire_by_us = INT64_MAX};
    ll_watchdog_enter();
    ll_err err = ll_script_new(env->scenario, id, random_seed, ll_user_script_host(user), &user->script);
    ll_watchdog_leave();
    return ll_err_in(err, "user %u", id);
}

void ll_user_fini(struct ll_user *user) {
    if (!user->env) return;
    ll_http_call_free(&user->http);
    ll_user_leave_gate(user);
    ll_permits_leave(user->env->permits, user);
    close_page(user);
    forget_failure(user);
    ll_agenda_cancel(user->env->agenda, &user->alarm);
    if (user->script) ll_script_free(&user->script);
}

void ll_user_want_page(struct ll_user *user) {
    if (user->state == LL_USER_ABSENT) queue_for_page(user);
}

void ll_user_open(struct ll_user *user) {
    static const struct ll_page_events events = {
        .on_page_open = on_page_open,
        .on_done = on_done,
        .on_page_lost = on_page_lost,
        .on_captured = on_captured,
        .on_page_known = on_page_known,
    };
    assert(user->state == LL_USER_QUEUED);
    user->state = LL_USER_OPENING;
    user->open_by_us = ll_user_now_us(user) + open_limit_ms(user->env->spec) * 1000;
    ll_user_set_alarm(user);
    if (user->page) {
        user->env->connection->ops->page_renew(user->page);
        return;
    }
    struct ll_page_events mine = events;
    mine.owner = user;
    user->page = user->env->connection->ops->page_open(user->env->connection, &user->env->spec->context, mine);
}

void ll_user_begin(struct ll_user *user) {
    assert(!user->is_alive && !user->is_done);
    user->is_alive = user->has_started = true;
    user->life_began_us = user->wait_until_us = ll_user_now_us(user);
    if (user->state == LL_USER_STANDBY) user->state = LL_USER_RESTING;
    if (user->state == LL_USER_ABSENT) queue_for_page(user);
    ll_user_set_alarm(user);
}

void ll_user_retire(struct ll_user *user, int64_t by_us) {
    if (!user->is_alive) return;
    user->is_retiring = true;
    user->retire_by_us = earlier(user->retire_by_us, by_us);
    if (user->state == LL_USER_THROTTLED)
        ll_user_cut(user);
    else if (is_iterating(user) || user->state == LL_USER_CAPTURING)
        ll_user_set_alarm(user);
    else
        end_life(user);
}

void ll_user_unretire(struct ll_user *user) {
    user->is_retiring = false;
    user->retire_by_us = INT64_MAX;
    ll_user_set_alarm(user);
}

void ll_user_cut(struct ll_user *user) {
    if (!user->is_alive) return;
    cancel_action(user);
    give_up_capture(user);
    if (is_iterating(user)) user->interrupted++;
    end_life(user);
}

void ll_user_poll(struct ll_user *user, int64_t now_us) {
    if ((is_iterating(user) || user->state == LL_USER_CAPTURING) && now_us >= user->retire_by_us)
        ll_user_cut(user);
    else if (is_iterating(user) && now_us >= iteration_deadline_us(user))
        time_out(user);
    else if (user->state == LL_USER_OPENING && now_us >= user->open_by_us)
        give_up_page(user);
    else if (ll_user_waits(user) && now_us >= user->wait_until_us)
        ll_user_end_wait(user);
    else if (user->state == LL_USER_RESTING && now_us >= user->wait_until_us) {
        if (user->page)
            begin_iteration(user);
        else
            queue_for_page(user);
    } else
        ll_user_set_alarm(user);
}
