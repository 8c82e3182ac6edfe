#include "agent/core/agent.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    EXCHANGE_DEFAULT_MS = 1000,
    EXCHANGE_MIN_MS = 10, // no reply may make the agent spin
    EXCHANGE_MAX_MS = 60 * 1000,
    LEASE_DEFAULT_MS = 10 * 1000,
};

#define TO(phase) (1u << LL_PHASE_##phase)

// The allowed moves; the diagram in the header is drawn from it. Leaving is allowed from everywhere.
static const unsigned moves[LL_PHASES_COUNT] = {
    [LL_PHASE_OFFLINE] = TO(REGISTERING) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_REGISTERING] = TO(OFFLINE) | TO(IDLE) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_IDLE] = TO(PREPARING) | TO(REGISTERING) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_PREPARING] = TO(READY) | TO(FAILED) | TO(IDLE) | TO(REGISTERING) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_READY] = TO(RUNNING) | TO(FAILED) | TO(IDLE) | TO(REGISTERING) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_RUNNING] = TO(DRAINING) | TO(IDLE) | TO(REGISTERING) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_DRAINING] = TO(IDLE) | TO(REGISTERING) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_FAILED] = TO(IDLE) | TO(REGISTERING) | TO(LEAVING) | TO(GONE),
    [LL_PHASE_LEAVING] = TO(GONE),
    [LL_PHASE_GONE] = 0,
};

static bool holds_run(const struct ll_agent *agent) {
    return agent->run_id[0] != '\0';
}

static bool is_registered(const struct ll_agent *agent) {
    return agent->phase >= LL_PHASE_IDLE && agent->phase <= LL_PHASE_FAILED;
}

// What must hold between any two steps.
static void check(const struct ll_agent *agent) {
    bool in_run = agent->phase >= LL_PHASE_PREPARING && agent->phase <= LL_PHASE_FAILED;
    assert(holds_run(agent) == in_run);
    assert(agent->start_at_us == INT64_MAX || agent->phase == LL_PHASE_READY);
    assert(agent->stop_at_us == INT64_MAX || agent->phase == LL_PHASE_RUNNING);
    assert(agent->retry_at_us == INT64_MAX || agent->phase == LL_PHASE_OFFLINE);
    assert((agent->error.status != LL_OK) == (agent->phase == LL_PHASE_FAILED));
}

static void move(struct ll_agent *agent, enum ll_agent_phase to) {
    assert(ll_agent_may_move(agent->phase, to));
    agent->phase = to;
    agent->exchange_urgent = true;
}

static struct ll_agent_effect *add(struct ll_agent_effects *out, enum ll_agent_effect_kind kind) {
    assert(out->count < LL_AGENT_EFFECTS_MAX);
    struct ll_agent_effect *effect = &out->items[out->count++];
    *effect = (struct ll_agent_effect){.kind = kind};
    return effect;
}

static void exit_with(struct ll_agent *agent, ll_err err, struct ll_agent_effects *out);

// Leaves the run behind, whichever state of it the agent was in. One whose users ran is not taken again.
static void forget_run(struct ll_agent *agent) {
    if (agent->phase == LL_PHASE_RUNNING || agent->phase == LL_PHASE_DRAINING)
        snprintf(agent->done_run_id, sizeof agent->done_run_id, "%s", agent->run_id);
    agent->run_id[0] = '\0';
    agent->error = agent->orphaned = LL_SUCCESS;
    agent->first_iteration_started = false;
    agent->stop = LL_AGENT_STOP_NONE;
    agent->start_at_us = agent->stop_at_us = INT64_MAX;
    agent->started_us = 0;
}

static void drop_run(struct ll_agent *agent, ll_err why, struct ll_agent_effects *out) {
    if (!holds_run(agent)) return;
    forget_run(agent);
    add(out, LL_AGENT_DO_DROP)->err = why;
}

// ---- Registration

static void register_now(struct ll_agent *agent, struct ll_agent_effects *out) {
    agent->retry_at_us = INT64_MAX;
    agent->exchange_under_way = false;
    move(agent, LL_PHASE_REGISTERING);
    add(out, LL_AGENT_DO_REGISTER);
}

static bool ends_program(enum ll_status status) {
    return status == LL_UNAUTHENTICATED || status == LL_PERMISSION_DENIED || status == LL_FAILED_PRECONDITION ||
           status == LL_INVALID_ARGUMENT || status == LL_UNIMPLEMENTED;
}

static void on_register_failed(struct ll_agent *agent, int64_t now_us, ll_err err, struct ll_agent_effects *out) {
    if (ends_program(err.status)) {
        exit_with(agent, err, out);
        return;
    }
    agent->retry_ms = agent->retry_ms ? agent->retry_ms * 2 : LL_AGENT_RETRY_FIRST_MS;
    if (agent->retry_ms > LL_AGENT_RETRY_LAST_MS) agent->retry_ms = LL_AGENT_RETRY_LAST_MS;
    move(agent, LL_PHASE_OFFLINE);
    agent->retry_at_us = now_us + (int64_t)agent->retry_ms * 1000;
}

static void on_registered(struct ll_agent *agent, int64_t now_us, const struct ll_agent_event *event,
                          struct ll_agent_effects *out) {
    if (agent->phase != LL_PHASE_REGISTERING) return;
    if (event->err.status != LL_OK) {
        on_register_failed(agent, now_us, event->err, out);
        return;
    }
    agent->agent_id = event->registered->agent_id;
    agent->epoch = event->registered->epoch;
    agent->lease_ms = event->registered->lease_ms ? event->registered->lease_ms : LEASE_DEFAULT_MS;
    agent->exchange_ms = event->registered->exchange_ms;
    agent->retry_ms = 0;
    agent->heard_at_us = now_us;
    agent->coordinator_clock = (struct ll_remote_clock){.heard = 0}; // it may be another one
    move(agent, LL_PHASE_IDLE);
}

// ---- Directives

static void on_idle_wanted(struct ll_agent *agent, struct ll_agent_effects *out) {
    if (!holds_run(agent)) return;
    drop_run(agent, LL_SUCCESS, out);
    move(agent, LL_PHASE_IDLE);
}

static void on_prepare_wanted(struct ll_agent *agent, const struct ll_assignment *assignment,
                              struct ll_agent_effects *out) {
    if (agent->leave_wanted || strcmp(agent->run_id, assignment->run_id) == 0) return;
    if (strcmp(agent->done_run_id, assignment->run_id) == 0 || assignment->run_id[0] == '\0') return;
    on_idle_wanted(agent, out);
    snprintf(agent->run_id, sizeof agent->run_id, "%s", assignment->run_id);
    move(agent, LL_PHASE_PREPARING);
    add(out, LL_AGENT_DO_PREPARE)->assignment = assignment;
}

static void on_stop_wanted(struct ll_agent *agent, int64_t at_us, struct ll_agent_effects *out) {
    if (agent->phase == LL_PHASE_PREPARING || agent->phase == LL_PHASE_READY) {
        on_idle_wanted(agent, out); // nothing was measured yet
    } else if (agent->phase == LL_PHASE_RUNNING && agent->stop == LL_AGENT_STOP_NONE) {
        agent->stop = LL_AGENT_STOP_GRACEFUL;
        agent->stop_at_us = at_us;
    }
}

static void cut(struct ll_agent *agent, struct ll_agent_effects *out) {
    if (agent->phase != LL_PHASE_RUNNING || agent->stop == LL_AGENT_STOP_AT_ONCE) return;
    agent->stop = LL_AGENT_STOP_AT_ONCE;
    agent->stop_at_us = INT64_MAX;
    add(out, LL_AGENT_DO_CUT);
}

// The moment that the coordinator means, by the clock of now_us: the answer took its time to come here.
static int64_t start_of(const struct ll_agent *agent, int64_t now_us, const struct ll_exchange_reply *reply) {
    if (reply->now_us == 0) return now_us + (int64_t)reply->in_us; // one that does not say its time
    int64_t theirs_us = reply->now_us + (int64_t)reply->in_us;
    return theirs_us + ll_remote_clock_offset_us(&agent->coordinator_clock) - agent->unix_us_at_zero;
}

static void obey(struct ll_agent *agent, int64_t now_us, const struct ll_exchange_reply *reply,
                 struct ll_agent_effects *out) {
    switch (reply->directive) {
    case LL_DIRECTIVE_IDLE:
        on_idle_wanted(agent, out);
        break;
    case LL_DIRECTIVE_PREPARE:
        on_prepare_wanted(agent, &reply->assignment, out);
        break;
    case LL_DIRECTIVE_START:
        if (agent->phase == LL_PHASE_READY && agent->start_at_us == INT64_MAX)
            agent->start_at_us = start_of(agent, now_us, reply);
        break;
    case LL_DIRECTIVE_STOP:
        if (reply->at_once)
            cut(agent, out);
        else
            on_stop_wanted(agent, now_us + (int64_t)reply->in_us, out);
        break;
    case LL_DIRECTIVE_CONTINUE:
        break;
    }
}

// ---- Exchange

static void on_exchange_failed(struct ll_agent *agent, int64_t now_us, ll_err err, struct ll_agent_effects *out) {
    if (err.status == LL_NOT_FOUND) {
        drop_run(agent, err, out);
        register_now(agent, out);
    } else if (err.status == LL_UNAUTHENTICATED || err.status == LL_PERMISSION_DENIED ||
               err.status == LL_FAILED_PRECONDITION) {
        exit_with(agent, err, out);
    } else {
        agent->exchange_urgent = false; // the cadence goes on; silence is watched apart
        agent->exchange_at_us = now_us + (int64_t)agent->exchange_ms * 1000;
    }
}

static void on_exchanged(struct ll_agent *agent, int64_t now_us, const struct ll_agent_event *event,
                         struct ll_agent_effects *out) {
    if (!agent->exchange_under_way) return; // of an earlier registration
    agent->exchange_under_way = false;
    if (event->err.status != LL_OK) {
        on_exchange_failed(agent, now_us, event->err, out);
        return;
    }
    const struct ll_exchange_reply *reply = event->exchanged;
    agent->heard_at_us = now_us;
    if (reply->now_us != 0)
        ll_remote_clock_hear(&agent->coordinator_clock, agent->exchanged_at_us + agent->unix_us_at_zero,
                             now_us + agent->unix_us_at_zero, reply->now_us);
    if (reply->exchange_ms) agent->exchange_ms = reply->exchange_ms;
    if (agent->exchange_ms < EXCHANGE_MIN_MS) agent->exchange_ms = EXCHANGE_MIN_MS;
    if (agent->exchange_ms > EXCHANGE_MAX_MS) agent->exchange_ms = EXCHANGE_MAX_MS;
    agent->exchange_at_us = now_us + (int64_t)agent->exchange_ms * 1000;
    if (event->more) agent->exchange_urgent = true;
    if (agent->phase == LL_PHASE_DRAINING && event->unacknowledged == 0) on_idle_wanted(agent, out);
    obey(agent, now_us, reply, out);
}

// When the next exchange is due, if none is under way.
static int64_t exchange_due_us(const struct ll_agent *agent) {
    int64_t wants_us = agent->exchanged_at_us + LL_AGENT_WANTS_PAUSE_MS * 1000;
    return agent->wants_are_new && wants_us < agent->exchange_at_us ? wants_us : agent->exchange_at_us;
}

static void exchange_if_due(struct ll_agent *agent, int64_t now_us, struct ll_agent_effects *out) {
    if (!is_registered(agent) || agent->exchange_under_way) return;
    if (!agent->exchange_urgent && now_us < exchange_due_us(agent)) return;
    agent->exchange_urgent = agent->wants_are_new = false;
    agent->exchanged_at_us = now_us;
    agent->exchange_under_way = true;
    add(out, LL_AGENT_DO_EXCHANGE);
}

// ---- The run's own events

static void on_prepared(struct ll_agent *agent, ll_err err) {
    if (agent->phase != LL_PHASE_PREPARING && agent->phase != LL_PHASE_READY) return;
    if (err.status == LL_OK) {
        if (agent->phase == LL_PHASE_PREPARING) move(agent, LL_PHASE_READY);
        return;
    }
    agent->start_at_us = INT64_MAX;
    agent->error = err;
    move(agent, LL_PHASE_FAILED);
}

static void on_users_ended(struct ll_agent *agent) {
    if (agent->phase != LL_PHASE_RUNNING) return;
    agent->stop_at_us = INT64_MAX;
    move(agent, LL_PHASE_DRAINING);
}

// ---- Leaving

static void leave_now(struct ll_agent *agent, int64_t now_us, struct ll_agent_effects *out) {
    bool was_registered = is_registered(agent);
    drop_run(agent, LL_SUCCESS, out);
    agent->retry_at_us = INT64_MAX;
    if (was_registered) {
        move(agent, LL_PHASE_LEAVING);
        agent->leave_by_us = now_us + LL_AGENT_LEAVE_CALL_MS * 1000;
        add(out, LL_AGENT_DO_LEAVE);
    } else {
        exit_with(agent, LL_SUCCESS, out);
    }
}

static void exit_with(struct ll_agent *agent, ll_err err, struct ll_agent_effects *out) {
    drop_run(agent, LL_SUCCESS, out);
    agent->retry_at_us = agent->leave_by_us = INT64_MAX;
    move(agent, LL_PHASE_GONE);
    add(out, LL_AGENT_DO_EXIT)->err = err;
}

static void on_leave_wanted(struct ll_agent *agent, int64_t now_us, struct ll_agent_effects *out) {
    if (agent->phase >= LL_PHASE_LEAVING || agent->leave_wanted) return;
    agent->leave_wanted = true;
    if (agent->phase == LL_PHASE_RUNNING || agent->phase == LL_PHASE_DRAINING) {
        agent->leave_by_us = now_us + LL_AGENT_LEAVE_DRAIN_MS * 1000;
        cut(agent, out);
    } else {
        leave_now(agent, now_us, out);
    }
}

// ---- Time

// Its users run, and nothing stops them.
static bool is_orphan_yet_to_stop(const struct ll_agent *agent) {
    return agent->phase == LL_PHASE_RUNNING && agent->stop == LL_AGENT_STOP_NONE;
}

static int64_t hold_until_us(const struct ll_agent *agent) {
    uint64_t ms = agent->hold_ms > agent->orphan_limit_ms ? agent->hold_ms : agent->orphan_limit_ms;
    return agent->heard_at_us + (int64_t)ms * 1000;
}

static int64_t silence_limit_us(const struct ll_agent *agent) {
    if (!holds_run(agent) || agent->phase == LL_PHASE_FAILED) return INT64_MAX;
    if (is_orphan_yet_to_stop(agent)) return agent->heard_at_us + (int64_t)agent->orphan_limit_ms * 1000;
    if (agent->phase == LL_PHASE_RUNNING || agent->phase == LL_PHASE_DRAINING) return hold_until_us(agent);
    return agent->start_at_us == INT64_MAX ? agent->heard_at_us + (int64_t)agent->lease_ms * 1000 : INT64_MAX;
}

static void on_silence(struct ll_agent *agent, int64_t now_us, struct ll_agent_effects *out) {
    long long silent_s = (now_us - agent->heard_at_us) / 1000000;
    if (is_orphan_yet_to_stop(agent)) {
        agent->stop = LL_AGENT_STOP_GRACEFUL;
        agent->orphaned =
            ll_err_make(LL_UNAVAILABLE, "the coordinator was silent for %lld s: its users were stopped", silent_s);
        add(out, LL_AGENT_DO_STOP)->err = agent->orphaned;
        return;
    }
    drop_run(agent, ll_err_make(LL_UNAVAILABLE, "the coordinator was silent for %lld s: the run is given up", silent_s),
             out);
    move(agent, LL_PHASE_IDLE);
}

static void on_time(struct ll_agent *agent, int64_t now_us, struct ll_agent_effects *out) {
    if (now_us >= agent->retry_at_us) register_now(agent, out);
    if (now_us >= agent->start_at_us) {
        add(out, LL_AGENT_DO_START)->at_us = agent->start_at_us;
        agent->start_at_us = INT64_MAX;
        agent->started_us = now_us + agent->unix_us_at_zero;
        move(agent, LL_PHASE_RUNNING);
    }
    if (now_us >= agent->stop_at_us) {
        agent->stop_at_us = INT64_MAX;
        add(out, LL_AGENT_DO_STOP);
    }
    if (now_us >= silence_limit_us(agent)) on_silence(agent, now_us, out);
    if (now_us >= agent->leave_by_us) {
        if (agent->phase == LL_PHASE_LEAVING)
            exit_with(agent, LL_SUCCESS, out);
        else
            leave_now(agent, now_us, out);
    }
}

// A leaving agent goes as soon as its run does not hold it any more.
static void leave_if_free(struct ll_agent *agent, int64_t now_us, struct ll_agent_effects *out) {
    bool is_held = agent->phase == LL_PHASE_RUNNING || agent->phase == LL_PHASE_DRAINING;
    if (agent->leave_wanted && agent->phase < LL_PHASE_LEAVING && !is_held) leave_now(agent, now_us, out);
}

// ---- The face

void ll_agent_init(struct ll_agent *agent, int64_t unix_us_at_zero) {
    *agent = (struct ll_agent){
        .phase = LL_PHASE_OFFLINE,
        .unix_us_at_zero = unix_us_at_zero,
        .lease_ms = LEASE_DEFAULT_MS,
        .orphan_limit_ms = LL_AGENT_ORPHAN_LIMIT_MS,
        .hold_ms = LL_AGENT_HOLD_MS,
        .exchange_ms = EXCHANGE_DEFAULT_MS,
        .retry_at_us = INT64_MAX,
        .start_at_us = INT64_MAX,
        .stop_at_us = INT64_MAX,
        .leave_by_us = INT64_MAX,
    };
}

static void handle(struct ll_agent *agent, int64_t now_us, const struct ll_agent_event *event,
                   struct ll_agent_effects *out) {
    switch (event->kind) {
    case LL_AGENT_TICK:
        break;
    case LL_AGENT_BROWSER_UP:
        if (agent->phase != LL_PHASE_OFFLINE) break;
        if (event->err.status == LL_OK)
            register_now(agent, out);
        else
            exit_with(agent, event->err, out);
        break;
    case LL_AGENT_REGISTERED:
        on_registered(agent, now_us, event, out);
        break;
    case LL_AGENT_EXCHANGED:
        if (is_registered(agent)) on_exchanged(agent, now_us, event, out);
        break;
    case LL_AGENT_PREPARED:
        on_prepared(agent, event->err);
        break;
    case LL_AGENT_FIRST_ITERATION:
        if (agent->phase != LL_PHASE_RUNNING) break;
        agent->first_iteration_started = agent->exchange_urgent = true;
        break;
    case LL_AGENT_WANTS:
        agent->wants_are_new = true;
        break;
    case LL_AGENT_SEALED:
        agent->exchange_urgent = true;
        break;
    case LL_AGENT_USERS_ENDED:
        on_users_ended(agent);
        break;
    case LL_AGENT_LEAVE_WANTED:
        on_leave_wanted(agent, now_us, out);
        break;
    case LL_AGENT_LEFT:
        if (agent->phase == LL_PHASE_LEAVING) exit_with(agent, LL_SUCCESS, out);
        break;
    }
}

void ll_agent_step(struct ll_agent *agent, int64_t now_us, const struct ll_agent_event *event,
                   struct ll_agent_effects *out) {
    out->count = 0;
    handle(agent, now_us, event, out);
    on_time(agent, now_us, out);
    leave_if_free(agent, now_us, out);
    exchange_if_due(agent, now_us, out);
    check(agent);
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t ll_agent_next_us(const struct ll_agent *agent) {
    int64_t at = earlier(agent->retry_at_us, agent->start_at_us);
    at = earlier(at, agent->stop_at_us);
    at = earlier(at, agent->leave_by_us);
    at = earlier(at, silence_limit_us(agent));
    if (is_registered(agent) && !agent->exchange_under_way) at = earlier(at, exchange_due_us(agent));
    return at;
}

static enum ll_agent_state wire_state(enum ll_agent_phase phase) {
    switch (phase) {
    case LL_PHASE_PREPARING:
        return LL_AGENT_PREPARING;
    case LL_PHASE_READY:
        return LL_AGENT_READY;
    case LL_PHASE_RUNNING:
        return LL_AGENT_RUNNING;
    case LL_PHASE_DRAINING:
        return LL_AGENT_DRAINING;
    case LL_PHASE_FAILED:
        return LL_AGENT_FAILED;
    case LL_PHASE_OFFLINE:
    case LL_PHASE_REGISTERING:
    case LL_PHASE_IDLE:
    case LL_PHASE_LEAVING:
    case LL_PHASE_GONE:
    case LL_PHASES_COUNT:
        break;
    }
    return LL_AGENT_IDLE;
}

void ll_agent_describe(const struct ll_agent *agent, struct ll_exchange_request *out) {
    *out = (struct ll_exchange_request){
        .agent_id = agent->agent_id,
        .epoch = agent->epoch,
        .state = wire_state(agent->phase),
        .error = agent->orphaned.status != LL_OK ? agent->orphaned : agent->error,
        .first_iteration_started = agent->first_iteration_started,
        .round_trip_us = ll_remote_clock_round_trip_us(&agent->coordinator_clock),
    };
    snprintf(out->run_id, sizeof out->run_id, "%s", agent->run_id);
}

struct ll_clock_report ll_agent_clock(const struct ll_agent *agent) {
    return (struct ll_clock_report){
        .offset_us = ll_remote_clock_offset_us(&agent->coordinator_clock),
        .round_trip_us = ll_remote_clock_round_trip_us(&agent->coordinator_clock),
        .started_us = agent->started_us,
    };
}

const char *ll_agent_phase_name(enum ll_agent_phase phase) {
    static const char *const names[LL_PHASES_COUNT] = {
        [LL_PHASE_OFFLINE] = "OFFLINE",   [LL_PHASE_REGISTERING] = "REGISTERING",
        [LL_PHASE_IDLE] = "IDLE",         [LL_PHASE_PREPARING] = "PREPARING",
        [LL_PHASE_READY] = "READY",       [LL_PHASE_RUNNING] = "RUNNING",
        [LL_PHASE_DRAINING] = "DRAINING", [LL_PHASE_FAILED] = "FAILED",
        [LL_PHASE_LEAVING] = "LEAVING",   [LL_PHASE_GONE] = "GONE",
    };
    assert(phase < LL_PHASES_COUNT);
    return names[phase];
}

bool ll_agent_may_move(enum ll_agent_phase from, enum ll_agent_phase to) {
    return (moves[from] & (1u << to)) != 0;
}
