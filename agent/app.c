// Happy path: the browser comes up, the core has the agent registered, and exchanges carry what the coordinator wants;
// a run is fetched, prepared, started and shipped; the agent is idle again. Every event goes through `feed`, which asks
// the core and does what it says.
//
// What can fail: no browser, a refused registration or exchange (the core ends the program with the sentence); nobody
// answers (the core tries again; it is said once); a run that cannot be fetched or prepared (told to the coordinator);
// a loop that is stuck in a script (the watchdog ends the process).
#include "agent/app.h"

#include "agent/browser/connection.h"
#include "agent/core/agent.h"
#include "agent/fetch.h"
#include "agent/ship.h"
#include "agent/task.h"
#include "agent/users/watchdog.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "libcommon/base/machine.h"
#include "libcommon/base/rand.h"
#include "libcommon/loop/loop.h"
#include "libcommon/rpc/client.h"
#include "libcommon/rpc/transport.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PENDING_MAX = 8,
    CALL_PATIENCE_MS = 5000, // of one call; the core tries again, for as long as it takes
    BROWSER_STOP_LIMIT_MS = 2000,
    EXIT_CODE_KILLED = 130, // a second Ctrl-C
};

struct app {
    const struct ll_app_options *options;
    struct ll_loop *loop;
    struct ll_rpc_client *client;
    struct ll_connection *connection;
    struct ll_recorder *recorder;
    uint32_t users; // of the run that it prepared last
    struct ll_health *health;
    struct ll_fetch *fetch;
    struct ll_ship *ship;
    struct ll_trace *trace; // NULL unless someone watches
    struct ll_task *task;   // NULL while there is no run
    struct ll_timer *core_timer, *rpc_timer, *beat_timer, *exit_timer;
    int64_t beat_due_us;
    uint64_t instance;
    char name[LL_AGENT_NAME_MAX]; // as it stands in results

    struct ll_agent core;
    bool is_stepping;
    struct ll_agent_event pending[PENDING_MAX]; // that came up while the core's effects were done
    size_t pending_count;
    bool wants_are_news, first_iteration_is_news; // told from within users' work, where the core must not be asked
    bool trouble_is_known;                        // it was said that calls fail

    int signals;
    ll_err outcome;
};

static void feed(struct app *app, const struct ll_agent_event *event);

static void feed_kind(struct app *app, enum ll_agent_event_kind kind, ll_err err) {
    feed(app, &(struct ll_agent_event){.kind = kind, .err = err});
}

// Ordinary news: a person who started the agent reads them; a program that did so does not want them in its output.
#define note(app, ...) ll_log((app)->options->has_parent ? LL_LOG_DEBUG : LL_LOG_INFO, __VA_ARGS__)

// ---- Calls

// Says once that calls fail, if the core goes on trying.
static void tell_trouble(struct app *app, ll_err err) {
    bool is_final = app->core.phase == LL_PHASE_GONE || err.status == LL_NOT_FOUND; // said elsewhere
    if (!is_final && !app->trouble_is_known) ll_warn("%s; trying again until it works", err.text);
    app->trouble_is_known = true;
}

static void on_registered(void *arg, ll_err err, const struct ll_register_reply *reply) {
    struct app *app = arg;
    if (err.status == LL_OK) {
        snprintf(app->name, sizeof app->name, "%s", reply->name);
        note(app, "registered at %s as %s", app->options->coordinator, app->name);
        app->trouble_is_known = false;
    }
    feed(app, &(struct ll_agent_event){.kind = LL_AGENT_REGISTERED, .err = err, .registered = reply});
    if (err.status != LL_OK) tell_trouble(app, err);
}

static void call_register(struct app *app) {
    struct ll_register_request request = {
        .max_users = app->options->max_users,
        .instance = app->instance,
        .coverage = *app->connection->ops->covers,
    };
    snprintf(request.name, sizeof request.name, "%s", app->name);
    snprintf(request.browser, sizeof request.browser, "%s", app->connection->ops->describe(app->connection));
    ll_rpc_register_agent(app->client, ll_clock_us(), &request, on_registered, app);
}

static void on_exchanged(void *arg, ll_err err, const struct ll_exchange_reply *reply) {
    struct app *app = arg;
    struct ll_agent_event event = {.kind = LL_AGENT_EXCHANGED, .err = err, .exchanged = reply};
    if (err.status == LL_OK) {
        app->trouble_is_known = false;
        if (app->task) {
            size_t taken = ll_outbox_acknowledge(ll_task_outbox(app->task), reply->acknowledged);
            event.unacknowledged = ll_outbox_count(ll_task_outbox(app->task));
            event.more = taken > 0 && event.unacknowledged > 0;
            ll_task_hear(app->task, reply);
        }
    }
    feed(app, &event);
    if (err.status != LL_OK) tell_trouble(app, err);
}

static void call_exchange(struct app *app) {
    struct ll_exchange_request request;
    ll_agent_describe(&app->core, &request);
    if (app->task) ll_task_describe(app->task, &request);
    ll_rpc_exchange(app->client, ll_clock_us(), &request, on_exchanged, app);
}

static void on_left(void *arg, ll_err err, const struct ll_empty *reply) {
    (void)err, (void)reply;
    feed_kind(arg, LL_AGENT_LEFT, LL_SUCCESS);
}

static void call_leave(struct app *app) {
    struct ll_leave_request request = {
        .agent_id = app->core.agent_id, .epoch = app->core.epoch, .reason = "it was asked to end"};
    ll_rpc_leave(app->client, ll_clock_us(), &request, on_left, app);
}

// ---- The run

static struct ll_clock_report clock_report(void *owner) {
    const struct app *app = owner;
    return ll_agent_clock(&app->core);
}

static void on_prepared(void *owner, ll_err err) {
    feed_kind(owner, LL_AGENT_PREPARED, err);
}

static void on_first_iteration(void *owner) {
    struct app *app = owner;
    app->first_iteration_is_news = true;
    ll_timer_set(app->core_timer, ll_clock_us());
}

static void on_wants(void *owner) {
    struct app *app = owner;
    app->wants_are_news = true;
    ll_timer_set(app->core_timer, ll_clock_us());
}

static void on_sealed(void *owner) {
    feed_kind(owner, LL_AGENT_SEALED, LL_SUCCESS);
}

static void on_ended(void *owner) {
    feed_kind(owner, LL_AGENT_USERS_ENDED, LL_SUCCESS);
}

// Users are dealt to the browsers alike. What chose their number itself chose it for the processors: one holds them all
// in the worst case.
static ll_err check_machine(const struct app *app) {
    const char *program = app->options->launch.program;
    if (program && strcmp(program, "null") == 0) return LL_SUCCESS; // has no connections
    uint32_t browsers = app->options->launch.browsers > 0 ? app->options->launch.browsers : 1;
    return ll_machine_check_files((app->users + browsers - 1) / browsers);
}

static void on_fetched(void *owner, ll_err err, const struct ll_buf *packed) {
    struct app *app = owner;
    if (!app->task) return;
    if (err.status == LL_OK) err = check_machine(app);
    if (err.status == LL_OK) err = ll_task_prepare(app->task, packed);
    if (err.status != LL_OK) feed_kind(app, LL_AGENT_PREPARED, err);
}

static void prepare(struct app *app, const struct ll_assignment *assignment) {
    assert(!app->task);
    app->users = assignment->users;
    app->task = ll_task_new(&(struct ll_task_options){.loop = app->loop,
                                                      .connection = app->connection,
                                                      .recorder = app->recorder,
                                                      .health = app->health,
                                                      .assignment = assignment,
                                                      .epoch = app->core.epoch,
                                                      .ship = app->ship,
                                                      .trace = app->trace,
                                                      .agent_id = app->core.agent_id,
                                                      .node = app->name,
                                                      .owner = app,
                                                      .clock = clock_report,
                                                      .on_prepared = on_prepared,
                                                      .on_first_iteration = on_first_iteration,
                                                      .on_sealed = on_sealed,
                                                      .on_wants = on_wants,
                                                      .on_ended = on_ended});
    note(app, "preparing run %s of scenario \"%s\" with %u users", assignment->run_id, assignment->spec.name,
         assignment->users);
    const struct ll_buf *kept = ll_fetch_kept(app->fetch, assignment->bundle_hash);
    if (kept)
        on_fetched(app, LL_SUCCESS, kept);
    else
        ll_fetch_start(app->fetch, assignment->bundle_hash, assignment->bundle_bytes);
}

static void drop(struct app *app, ll_err why) {
    if (why.status != LL_OK)
        ll_warn("run %s is dropped: %s", ll_task_assignment(app->task)->run_id, why.text);
    else
        note(app, "run %s is over", ll_task_assignment(app->task)->run_id);
    ll_fetch_cancel(app->fetch);
    ll_task_free(&app->task);
    app->first_iteration_is_news = app->wants_are_news = false;
}

// ---- Doing what the core says

static void quit_loop(void *arg) {
    struct app *app = arg;
    ll_loop_quit(app->loop);
}

static void end(struct app *app, ll_err outcome) {
    app->outcome = outcome;
    ll_timer_set(app->exit_timer, ll_clock_us() + BROWSER_STOP_LIMIT_MS * 1000);
    app->connection->ops->stop(app->connection);
}

static void perform(struct app *app, const struct ll_agent_effect *effect) {
    switch (effect->kind) {
    case LL_AGENT_DO_REGISTER:
        call_register(app);
        break;
    case LL_AGENT_DO_EXCHANGE:
        call_exchange(app);
        break;
    case LL_AGENT_DO_PREPARE:
        prepare(app, effect->assignment);
        break;
    case LL_AGENT_DO_START:
        ll_task_start(app->task, effect->at_us);
        break;
    case LL_AGENT_DO_STOP:
        if (effect->err.status != LL_OK)
            ll_warn("%s; what they measured is kept until the coordinator is heard again", effect->err.text);
        ll_task_stop(app->task);
        break;
    case LL_AGENT_DO_CUT:
        ll_task_cut(app->task, app->core.leave_wanted ? LL_RUN_IS_LEFT : LL_RUN_ENDS_HERE);
        break;
    case LL_AGENT_DO_DROP:
        drop(app, effect->err);
        break;
    case LL_AGENT_DO_LEAVE:
        call_leave(app);
        break;
    case LL_AGENT_DO_EXIT:
        end(app, effect->err);
        break;
    }
}

static void step(struct app *app, const struct ll_agent_event *event) {
    struct ll_agent_effects effects;
    ll_agent_step(&app->core, ll_clock_us(), event, &effects);
    for (size_t i = 0; i < effects.count; i++) perform(app, &effects.items[i]);
}

static void set_timer(struct ll_timer *timer, int64_t at_us) {
    if (at_us == INT64_MAX)
        ll_timer_cancel(timer);
    else
        ll_timer_set(timer, at_us);
}

static void set_timers(struct app *app) {
    bool has_news = app->first_iteration_is_news || app->wants_are_news;
    set_timer(app->core_timer, has_news ? ll_clock_us() : ll_agent_next_us(&app->core));
    set_timer(app->rpc_timer, ll_rpc_client_next_us(app->client));
}

// What an effect brings about at once waits its turn: the core is asked one thing at a time.
static void feed(struct app *app, const struct ll_agent_event *event) {
    if (app->is_stepping) {
        assert(app->pending_count < PENDING_MAX);
        app->pending[app->pending_count++] = *event;
        return;
    }
    app->is_stepping = true;
    step(app, event);
    for (size_t i = 0; i < app->pending_count; i++) step(app, &app->pending[i]);
    app->pending_count = 0;
    app->is_stepping = false;
    set_timers(app);
}

// ---- What the loop brings

static void on_core_due(void *arg) {
    struct app *app = arg;
    enum ll_agent_event_kind kind = LL_AGENT_TICK;
    if (app->first_iteration_is_news) { // what users want is news until after it
        ll_debug("the first iteration has started");
        kind = LL_AGENT_FIRST_ITERATION;
        app->first_iteration_is_news = false;
    } else if (app->wants_are_news) {
        kind = LL_AGENT_WANTS;
        app->wants_are_news = false;
    }
    feed_kind(app, kind, LL_SUCCESS);
}

static void on_rpc_due(void *arg) {
    struct app *app = arg;
    ll_rpc_client_poll(app->client, ll_clock_us());
    set_timers(app);
}

static void on_beat(void *arg) {
    struct app *app = arg;
    int64_t late_us = ll_health_beat(app->beat_due_us, ll_clock_us(), &app->beat_due_us);
    ll_recorder_sample(app->recorder, LL_METRIC_AGENT_LOOP_LAG, app->name, (double)late_us);
    ll_timer_set(app->beat_timer, app->beat_due_us);
}

static void on_browser_ready(void *owner, ll_err err) {
    struct app *app = owner;
    if (err.status == LL_OK) note(app, "browser: %s", app->connection->ops->describe(app->connection));
    feed_kind(app, LL_AGENT_BROWSER_UP, err);
}

static void on_browser_stopped(void *owner) {
    quit_loop(owner);
}

static void on_signal(void *arg, int signal) {
    struct app *app = arg;
    if (signal == SIGCHLD) return; // the browser's
    if (signal == SIGINT && app->options->has_parent) return;
    if (app->signals++ > 0) _exit(EXIT_CODE_KILLED);
    note(app, "leaving");
    feed_kind(app, LL_AGENT_LEAVE_WANTED, LL_SUCCESS);
}

// The browser does not know the agent's name, which is the dimension of its health.
static const char *own_label(const struct app *app, enum ll_metric metric, const char *label) {
    return metric == LL_METRIC_AGENT_CDP_ROUNDTRIP ? app->name : label;
}

static void browser_sample(void *owner, enum ll_metric metric, const char *label, double value) {
    struct app *app = owner;
    ll_recorder_sample(app->recorder, metric, own_label(app, metric, label), value);
}

static void browser_count(void *owner, enum ll_metric metric, const char *label, uint64_t n) {
    struct app *app = owner;
    ll_recorder_count(app->recorder, metric, label, n);
}

// ---- Lifecycle

static int64_t now_us(void *owner) {
    (void)owner;
    return ll_clock_us();
}

static void on_ship_call(void *owner) {
    struct app *app = owner;
    set_timer(app->rpc_timer, ll_rpc_client_next_us(app->client));
}

static void wake_loop(void *arg) {
    ll_loop_wake(arg);
}

static ll_err open_client(struct app *app) {
    struct ll_transport_client *transport;
    LL_TRY(ll_nng_client_new(app->options->coordinator, wake_loop, app->loop, &transport));
    struct ll_rpc_client_options options = {.take_transport = transport,
                                            .token = app->options->token,
                                            .server = app->options->coordinator,
                                            .patience_ms = CALL_PATIENCE_MS};
    ll_rand_secure(&options.first_call_id, sizeof options.first_call_id);
    app->client = ll_rpc_client_new(&options);
    app->fetch = ll_fetch_new(
        &(struct ll_fetch_options){.client = app->client, .owner = app, .now_us = now_us, .on_fetched = on_fetched});
    app->ship = ll_ship_new(
        &(struct ll_ship_options){.client = app->client, .owner = app, .now_us = now_us, .on_call = on_ship_call});
    ll_loop_on_wake(app->loop, on_rpc_due, app);
    return LL_SUCCESS;
}

static struct ll_trace *trace_to_terminal(const char *artifacts) {
    const char *refused = getenv("NO_COLOR"); // https://no-color.org
    return ll_trace_new(&(struct ll_trace_options){
        .out = stdout, .has_colour = isatty(STDOUT_FILENO) && !(refused && *refused), .artifacts = artifacts});
}

static ll_err open_app(struct app *app) {
    LL_TRY(ll_loop_new(&app->loop));
    LL_TRY(ll_loop_on_signal(app->loop, on_signal, app));
    if (app->options->is_traced) app->trace = trace_to_terminal(app->options->artifacts);
    app->core_timer = ll_timer_new(app->loop, on_core_due, app);
    app->rpc_timer = ll_timer_new(app->loop, on_rpc_due, app);
    app->beat_timer = ll_timer_new(app->loop, on_beat, app);
    app->exit_timer = ll_timer_new(app->loop, quit_loop, app);
    LL_TRY(open_client(app));
    struct ll_connection_options options = {
        .loop = app->loop,
        .launch = app->options->launch,
        .sink = {.owner = app, .sample = browser_sample, .count = browser_count},
        .owner = app,
        .on_ready = on_browser_ready,
        .on_stopped = on_browser_stopped,
    };
    LL_TRY(ll_connection_open(&options, &app->connection));
    return ll_watchdog_start();
}

static void close_app(struct app *app) {
    ll_watchdog_stop();
    if (app->client) ll_rpc_client_free(&app->client);
    ll_fetch_free(&app->fetch);
    ll_task_free(&app->task);
    ll_ship_free(&app->ship);
    ll_trace_free(&app->trace);
    if (app->connection) app->connection->ops->fini(app->connection);
    ll_timer_free(&app->core_timer);
    ll_timer_free(&app->rpc_timer);
    ll_timer_free(&app->beat_timer);
    ll_timer_free(&app->exit_timer);
    ll_loop_free(&app->loop);
    ll_health_free(&app->health);
    ll_recorder_free(&app->recorder);
}

static void name_itself(struct app *app) {
    if (app->options->name)
        snprintf(app->name, sizeof app->name, "%s", app->options->name);
    else if (gethostname(app->name, sizeof app->name) != 0)
        snprintf(app->name, sizeof app->name, "agent");
    app->name[sizeof app->name - 1] = '\0';
}

ll_err ll_app_run(const struct ll_app_options *options) {
    struct app app = {.options = options, .recorder = ll_recorder_new(), .health = ll_health_new()};
    name_itself(&app);
    ll_rand_secure(&app.instance, sizeof app.instance);
    ll_agent_init(&app.core, ll_clock_wall_us() - ll_clock_us());
    if (options->orphan_limit_ms) app.core.orphan_limit_ms = options->orphan_limit_ms;
    if (options->hold_ms) app.core.hold_ms = options->hold_ms;
    app.outcome = open_app(&app);
    if (app.outcome.status == LL_OK) {
        app.beat_due_us = ll_clock_us() + LL_HEALTH_BEAT_MS * 1000;
        ll_timer_set(app.beat_timer, app.beat_due_us);
        app.connection->ops->start(app.connection);
        ll_loop_run(app.loop);
    }
    close_app(&app);
    return app.outcome;
}
