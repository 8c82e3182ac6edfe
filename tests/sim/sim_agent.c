#include "tests/sim/sim_agent.h"

#include "libcommon/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void step(struct sim_agent *agent, const struct ll_agent_event *event);

// ---- Users

static bool is_running(const struct sim_agent *agent) {
    return agent->start_us != INT64_MAX;
}

static void forget_run(struct sim_agent *agent) {
    crowd_fini(&agent->crowd);
    passers_fini(&agent->passers);
    ll_snapshotter_free(&agent->snapshotter);
    ll_outbox_free(&agent->outbox);
    agent->prepared_at_us = agent->iteration_at_us = agent->users_end_us = agent->start_us = INT64_MAX;
    agent->run_id[0] = '\0';
    agent->is_cut = false;
}

// Each user takes about a second for an iteration.
static void plan_iteration(struct sim_agent *agent, int64_t now_us) {
    agent->iteration_at_us = now_us + 1 + (int64_t)ll_rand_below(&agent->rand, 2000000 / agent->users);
}

static struct ll_run_totals totals_so_far(const struct sim_agent *agent) {
    return (struct ll_run_totals){
        .clock = ll_agent_clock(&agent->core),
        .users_total = agent->users,
        .last_user_end_ms = (uint64_t)(agent->now_us - agent->start_us) / 1000,
    };
}

static void seal_due(struct sim_agent *agent) {
    struct ll_run_totals totals = totals_so_far(agent);
    size_t sealed = ll_snapshotter_poll(agent->snapshotter, agent->now_us, &totals);
    if (sealed == 0) return;
    for (size_t i = 0; i < sealed; i++) {
        ledger_seal(agent->options.ledger, agent->entry, agent->pending);
        agent->pending = 0;
    }
    step(agent, &(struct ll_agent_event){.kind = LL_AGENT_SEALED});
}

static void end_users(struct sim_agent *agent) {
    seal_due(agent);
    if (!is_running(agent)) return;
    passers_end(&agent->passers);
    if (agent->is_cut) crowd_fini(&agent->crowd);
    if (agent->crowd.gate && !crowd_is_gone(&agent->crowd)) { // its last users wait at a barrier
        crowd_end(&agent->crowd);
        agent->iteration_at_us = agent->users_end_us = INT64_MAX;
        return;
    }
    struct ll_run_totals totals = totals_so_far(agent);
    ll_snapshotter_finish(agent->snapshotter, agent->now_us, &totals,
                          agent->core.leave_wanted ? LL_RUN_IS_LEFT : LL_RUN_ENDS_HERE);
    ledger_seal(agent->options.ledger, agent->entry, agent->pending);
    agent->pending = 0;
    agent->iteration_at_us = agent->users_end_us = agent->start_us = INT64_MAX;
    step(agent, &(struct ll_agent_event){.kind = LL_AGENT_USERS_ENDED});
}

static void run_iteration(struct sim_agent *agent) {
    bool is_first = agent->pending == 0 && !agent->core.first_iteration_started;
    ll_recorder_count(agent->recorder, LL_METRIC_ITERATIONS_COMPLETED, NULL, 1);
    ll_recorder_sample(agent->recorder, LL_METRIC_ITERATION_DURATION, NULL, 1000.0 + (double)agent->pending);
    agent->pending++;
    if (agent->iterations_left != UINT64_MAX) agent->iterations_left--;
    if (is_first) step(agent, &(struct ll_agent_event){.kind = LL_AGENT_FIRST_ITERATION});
    plan_iteration(agent, agent->now_us);
    if (agent->iterations_left == 0) {
        agent->iteration_at_us = INT64_MAX;
        agent->users_end_us = agent->now_us;
    }
}

// ---- Calls

static void on_registered(void *arg, ll_err err, const struct ll_register_reply *reply) {
    struct sim_agent *agent = arg;
    if (reply) memcpy(agent->name, reply->name, sizeof agent->name);
    step(agent, &(struct ll_agent_event){.kind = LL_AGENT_REGISTERED, .err = err, .registered = reply});
}

static void on_exchanged(void *arg, ll_err err, const struct ll_exchange_reply *reply) {
    struct sim_agent *agent = arg;
    struct ll_agent_event event = {.kind = LL_AGENT_EXCHANGED, .err = err, .exchanged = reply};
    if (reply && agent->outbox) {
        struct ledger_entry *entry = &agent->options.ledger->entries[agent->entry];
        if (reply->acknowledged > entry->acknowledged) entry->acknowledged = reply->acknowledged;
        bool took = ll_outbox_acknowledge(agent->outbox, reply->acknowledged) > 0;
        event.unacknowledged = ll_outbox_count(agent->outbox);
        event.more = took && event.unacknowledged > 0;
        crowd_hear(&agent->crowd, &reply->barriers, agent->now_us);
        passers_hear(&agent->passers, &reply->throttles, agent->now_us);
    }
    step(agent, &event);
}

static void on_bundle(void *arg, ll_err err, const struct ll_fetch_reply *reply) {
    struct sim_agent *agent = arg;
    if (!agent->outbox) return; // the run was dropped meanwhile
    if (!reply) {
        step(agent, &(struct ll_agent_event){.kind = LL_AGENT_PREPARED, .err = err});
        return;
    }
    agent->prepared_at_us =
        agent->now_us + (int64_t)ll_rand_below(&agent->rand, (uint64_t)agent->options.prepare_ms_max * 1000 + 1);
}

static void on_left(void *arg, ll_err err, const struct ll_empty *reply) {
    (void)reply;
    step(arg, &(struct ll_agent_event){.kind = LL_AGENT_LEFT, .err = err});
}

static void do_register(struct sim_agent *agent) {
    struct ll_register_request request = {.instance = agent->options.seed | 1, .max_users = agent->options.max_users};
    snprintf(request.name, sizeof request.name, "agent-%u", agent->options.number);
    ll_rpc_register_agent(agent->client, agent->now_us, &request, on_registered, agent);
}

static void do_exchange(struct sim_agent *agent) {
    struct ll_exchange_request request;
    ll_agent_describe(&agent->core, &request);
    request.active_users = is_running(agent) ? agent->users : 0;
    if (agent->outbox) request.snapshot_count = ll_outbox_oldest(agent->outbox, request.snapshots);
    crowd_describe(&agent->crowd, &request.barriers);
    passers_describe(&agent->passers, &request.throttles);
    ll_rpc_exchange(agent->client, agent->now_us, &request, on_exchanged, agent);
}

static void do_prepare(struct sim_agent *agent, const struct ll_assignment *assignment) {
    memcpy(agent->run_id, assignment->run_id, sizeof agent->run_id);
    agent->load = assignment->spec.load;
    agent->load.stages = NULL;
    agent->users = assignment->users;
    agent->iterations_left = assignment->iterations ? assignment->iterations : UINT64_MAX;
    agent->outbox = ll_outbox_new();
    agent->snapshotter = ll_snapshotter_new(&(struct ll_snapshotter_options){
        .recorder = agent->recorder,
        .outbox = agent->outbox,
        .health = agent->health,
        .run_id = agent->run_id,
        .epoch = agent->core.epoch,
        .width_ms = assignment->bucket_width_ms,
    });
    agent->pending = 0;
    agent->entry = ledger_add(agent->options.ledger, agent->run_id, agent->name, agent->users);
    struct ll_fetch_request request = {0};
    memcpy(request.hash, assignment->bundle_hash, sizeof request.hash);
    ll_rpc_fetch_bundle(agent->client, agent->now_us, &request, on_bundle, agent);
}

static void do_start(struct sim_agent *agent, int64_t at_us) {
    agent->start_us = at_us;
    agent->options.ledger->entries[agent->entry].started_us = agent->now_us - agent->options.clock_ahead_us;
    ll_snapshotter_start(agent->snapshotter, at_us);
    ll_snapshotter_active(agent->snapshotter, agent->users);
    if (agent->load.duration_ms)
        agent->users_end_us =
            at_us + (int64_t)agent->load.duration_ms * 1000 + (int64_t)ll_rand_below(&agent->rand, 1000000);
    plan_iteration(agent, agent->now_us);
    crowd_begin(&agent->crowd, agent->options.meetings, ll_rand_next(&agent->rand), agent->options.meeting,
                agent->now_us);
    if (agent->options.passing)
        passers_begin(&agent->passers, agent->options.passes, ll_rand_next(&agent->rand), agent->options.passing,
                      agent->now_us);
}

static void do_stop(struct sim_agent *agent) {
    int64_t end_us = agent->now_us + (int64_t)ll_rand_below(&agent->rand, 2000000);
    if (end_us < agent->users_end_us) agent->users_end_us = end_us;
}

static void act(struct sim_agent *agent, const struct ll_agent_effect *effect) {
    switch (effect->kind) {
    case LL_AGENT_DO_REGISTER:
        do_register(agent);
        break;
    case LL_AGENT_DO_EXCHANGE:
        do_exchange(agent);
        break;
    case LL_AGENT_DO_PREPARE:
        do_prepare(agent, effect->assignment);
        break;
    case LL_AGENT_DO_START:
        do_start(agent, effect->at_us);
        break;
    case LL_AGENT_DO_STOP:
        do_stop(agent);
        break;
    case LL_AGENT_DO_CUT:
        agent->is_cut = true;
        agent->users_end_us = agent->now_us;
        break;
    case LL_AGENT_DO_DROP:
        forget_run(agent);
        break;
    case LL_AGENT_DO_LEAVE:
        ll_rpc_leave(agent->client, agent->now_us,
                     &(struct ll_leave_request){.agent_id = agent->core.agent_id, .epoch = agent->core.epoch}, on_left,
                     agent);
        break;
    case LL_AGENT_DO_EXIT:
        agent->is_gone = true;
        break;
    }
}

static void step(struct sim_agent *agent, const struct ll_agent_event *event) {
    struct ll_agent_effects effects;
    ll_agent_step(&agent->core, agent->now_us, event, &effects);
    for (size_t i = 0; i < effects.count; i++) act(agent, &effects.items[i]);
}

// ---- Lifecycle

struct sim_agent *sim_agent_new(const struct sim_agent_options *options, int64_t now_us) {
    struct sim_agent *agent = ll_alloc(1, sizeof *agent);
    agent->options = *options;
    agent->rand = ll_rand_seed(options->seed);
    agent->now_us = now_us + options->clock_ahead_us;
    agent->transport = ll_mem_client_new(options->network, options->link);
    agent->client = ll_rpc_client_new(&(struct ll_rpc_client_options){
        .take_transport = agent->transport,
        .token = "token",
        .server = "the coordinator",
        .first_call_id = ll_rand_next(&agent->rand),
    });
    agent->recorder = ll_recorder_new();
    agent->health = ll_health_new();
    ll_agent_init(&agent->core, SIM_UNIX_MS_AT_ZERO * 1000);
    forget_run(agent);
    step(agent, &(struct ll_agent_event){.kind = LL_AGENT_BROWSER_UP});
    return agent;
}

void sim_agent_free(struct sim_agent **agent) {
    if (!*agent) return;
    forget_run(*agent);
    ll_rpc_client_free(&(*agent)->client);
    ll_recorder_free(&(*agent)->recorder);
    ll_health_free(&(*agent)->health);
    free(*agent);
    *agent = NULL;
}

void sim_agent_leave(struct sim_agent *agent, int64_t now_us) {
    agent->now_us = now_us + agent->options.clock_ahead_us;
    step(agent, &(struct ll_agent_event){.kind = LL_AGENT_LEAVE_WANTED});
}

struct ll_mem_link *sim_agent_link(struct sim_agent *agent) {
    return ll_mem_client_link(agent->transport);
}

static void prepared(struct sim_agent *agent) {
    agent->prepared_at_us = INT64_MAX;
    struct ll_agent_event event = {.kind = LL_AGENT_PREPARED};
    if (agent->options.fails_to_prepare) event.err = ll_err_make(LL_NOT_FOUND, "no browser was found");
    step(agent, &event);
}

void sim_agent_poll(struct sim_agent *agent, int64_t cluster_now_us) {
    int64_t now_us = cluster_now_us + agent->options.clock_ahead_us;
    agent->now_us = now_us;
    ll_rpc_client_poll(agent->client, now_us);
    if (agent->is_gone) return;
    if (now_us >= agent->prepared_at_us) prepared(agent);
    if (now_us >= agent->iteration_at_us) run_iteration(agent);
    if (is_running(agent)) {
        seal_due(agent);
        crowd_poll(&agent->crowd, now_us);
        passers_poll(&agent->passers, now_us);
        if (is_running(agent) && now_us >= agent->users_end_us) end_users(agent);
        if (is_running(agent) && agent->crowd.gate && crowd_is_gone(&agent->crowd)) end_users(agent);
    }
    if (agent->crowd.has_news || agent->passers.has_news) {
        agent->crowd.has_news = agent->passers.has_news = false;
        step(agent, &(struct ll_agent_event){.kind = LL_AGENT_WANTS});
    }
    if (now_us >= ll_agent_next_us(&agent->core)) step(agent, &(struct ll_agent_event){.kind = LL_AGENT_TICK});
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

int64_t sim_agent_next_us(const struct sim_agent *agent) {
    if (agent->is_gone) return INT64_MAX;
    int64_t at = earlier(ll_rpc_client_next_us(agent->client), ll_agent_next_us(&agent->core));
    at = earlier(at, earlier(agent->prepared_at_us, earlier(agent->iteration_at_us, agent->users_end_us)));
    if (is_running(agent)) at = earlier(at, ll_snapshotter_next_us(agent->snapshotter));
    if (is_running(agent)) at = earlier(at, crowd_next_us(&agent->crowd));
    if (is_running(agent)) at = earlier(at, passers_next_us(&agent->passers));
    if (agent->crowd.has_news || agent->passers.has_news) at = agent->now_us;
    return at == INT64_MAX ? at : at - agent->options.clock_ahead_us;
}
