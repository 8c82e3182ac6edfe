#include "agent/task.h"

#include "agent/scenario/scenario.h"
#include "agent/users/crew.h"
#include "agent/users/watchdog.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "libcommon/base/rand.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"
#include "libcommon/loop/loop.h"
#include "libcommon/model/bundle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEFAULT_BUCKET_MS = 1000,
    SHIP_LIMIT_MS = 4000, // for files that wait when the users have ended; the coordinator waits longer
    PARTING_LOOK_MS = 5,  // how often it is asked whether closed pages have told all
    LOG_TEXT_MAX = 8 * 1024,
};

struct ll_task {
    struct ll_task_options options;
    struct ll_assignment assignment;
    struct ll_bundle bundle; // the scenario borrows it
    struct ll_scenario *scenario;
    struct ll_crew *crew;
    struct ll_outbox *outbox;
    struct ll_snapshotter *snapshotter;
    struct ll_timer *crew_timer, *bucket_timer;
    struct ll_parcels *parcels; // files to be sent; NULL: none are
    struct ll_timer *ship_timer, *parting_timer;
    int64_t start_us, parting_until_us;
    uint32_t active_users;
    bool is_cut, is_shipping;
    enum ll_run_end end;
};

static void on_crew_due(void *arg);
static void on_bucket_due(void *arg);
static void on_shipped(void *arg);
static void ship(void *arg);

struct ll_task *ll_task_new(const struct ll_task_options *options) {
    struct ll_task *task = ll_alloc(1, sizeof *task);
    task->options = *options;
    task->assignment = *options->assignment;
    task->assignment.spec = ll_spec_copy(&options->assignment->spec);
    task->assignment.secrets = ll_secrets_copy(&options->assignment->secrets);
    if (task->assignment.bucket_width_ms == 0) task->assignment.bucket_width_ms = DEFAULT_BUCKET_MS;
    if (task->assignment.stride == 0) task->assignment.stride = 1;
    task->outbox = ll_outbox_new();
    task->snapshotter =
        ll_snapshotter_new(&(struct ll_snapshotter_options){.recorder = options->recorder,
                                                            .outbox = task->outbox,
                                                            .health = options->health,
                                                            .run_id = task->assignment.run_id,
                                                            .epoch = options->epoch,
                                                            .width_ms = task->assignment.bucket_width_ms});
    if (options->ship) {
        task->parcels = ll_parcels_new(task->assignment.run_id, options->agent_id, options->node);
        ll_ship_begin(options->ship, task->parcels, options->agent_id, options->epoch);
    }
    task->ship_timer = ll_timer_new(options->loop, on_shipped, task);
    task->parting_timer = ll_timer_new(options->loop, ship, task);
    task->crew_timer = ll_timer_new(options->loop, on_crew_due, task);
    task->bucket_timer = ll_timer_new(options->loop, on_bucket_due, task);
    return task;
}

void ll_task_free(struct ll_task **task) {
    if (!*task) return;
    ll_timer_free(&(*task)->crew_timer);
    ll_timer_free(&(*task)->bucket_timer);
    ll_timer_free(&(*task)->ship_timer);
    ll_timer_free(&(*task)->parting_timer);
    if ((*task)->options.ship) ll_ship_end((*task)->options.ship);
    ll_crew_free(&(*task)->crew);
    if ((*task)->scenario) ll_scenario_free(&(*task)->scenario);
    ll_bundle_fini(&(*task)->bundle);
    ll_parcels_free(&(*task)->parcels);
    ll_snapshotter_free(&(*task)->snapshotter);
    ll_outbox_free(&(*task)->outbox);
    ll_assignment_fini(&(*task)->assignment);
    ll_redact_clear();
    free(*task);
    *task = NULL;
}

// ---- What the crew tells

static int64_t crew_now_us(void *owner) {
    (void)owner;
    return ll_clock_us();
}

static void crew_wake_at(void *owner, int64_t at_us) {
    struct ll_task *task = owner;
    ll_timer_set(task->crew_timer, at_us);
}

static void on_crew_opened(void *owner, ll_err err) {
    struct ll_task *task = owner;
    if (err.status != LL_OK) ll_crew_free(&task->crew);
    ll_redact_text(err.text);
    task->options.on_prepared(task->options.owner, err);
}

static void on_first_iteration(void *owner) {
    struct ll_task *task = owner;
    task->options.on_first_iteration(task->options.owner);
}

static void on_wants(void *owner) {
    struct ll_task *task = owner;
    if (task->options.on_wants) task->options.on_wants(task->options.owner);
}

static void on_active(void *owner, uint32_t users) {
    struct ll_task *task = owner;
    task->active_users = users;
    ll_snapshotter_active(task->snapshotter, users);
}

static void on_failure(void *owner, const struct ll_failure *failure) {
    struct ll_task *task = owner;
    ll_snapshotter_failure(task->snapshotter, failure);
}

static uint64_t ms_into_run(const struct ll_task *task, int64_t at_us) {
    return at_us > task->start_us ? (uint64_t)(at_us - task->start_us) / 1000 : 0;
}

static struct ll_run_totals totals_so_far(const struct ll_task *task, int64_t now_us) {
    struct ll_crew_totals crew = ll_crew_totals(task->crew);
    struct ll_clock_report clock = {.started_us = 0};
    if (task->options.clock) clock = task->options.clock(task->options.owner);
    return (struct ll_run_totals){
        .clock = clock,
        .users_total = crew.users_started,
        .users_failed = crew.users_failed,
        .iterations_interrupted = crew.iterations_interrupted,
        .first_user_start_ms = ms_into_run(task, crew.first_start_us),
        .last_user_end_ms = ms_into_run(task, task->active_users > 0 ? now_us : crew.last_end_us),
    };
}

// With the time, so that lines of several agents can be brought together, and without secrets. A text of several lines
// becomes several.
static void on_log(void *owner, uint32_t user_id, uint64_t iteration, const char *text) {
    struct ll_task *task = owner;
    char line[LOG_TEXT_MAX], stamp[LL_ISO_TIME_MAX];
    char *clean = ll_strdup(text), *rest = clean, *part;
    ll_redact_text(clean);
    ll_text_iso_time((uint64_t)ll_clock_wall_ms(), stamp);
    while ((part = strsep(&rest, "\n"))) {
        ll_text_clean(part, part, strlen(part) + 1);
        if (!task->options.trace) ll_info("user %u: %s", user_id, part); // which has told it where it stands
        snprintf(line, sizeof line, "%s user %u, iteration %llu: %s", stamp, user_id, (unsigned long long)iteration,
                 part);
        if (task->parcels) ll_parcels_log(task->parcels, line);
    }
    free(clean);
}

static void count_dropped(struct ll_task *task) {
    uint32_t dropped = task->parcels ? ll_parcels_take_dropped(task->parcels) : 0;
    if (dropped) ll_recorder_count(task->options.recorder, LL_METRIC_EVIDENCE_SKIPPED, "not sent", dropped);
}

static void finish(struct ll_task *task) {
    int64_t now_us = ll_clock_us();
    struct ll_run_totals totals = totals_so_far(task, now_us);
    task->is_shipping = false;
    ll_timer_cancel(task->ship_timer);
    ll_timer_cancel(task->parting_timer);
    ll_timer_cancel(task->bucket_timer);
    if (task->parcels) ll_parcels_give_up(task->parcels);
    count_dropped(task);
    ll_snapshotter_finish(task->snapshotter, now_us, &totals, task->end);
    task->options.on_ended(task->options.owner);
}

static void on_shipped(void *arg) {
    struct ll_task *task = arg;
    if (task->is_shipping) finish(task);
}

// What waits is sent before the last snapshot, since that ends this agent's part; and only for so long. The users' last
// pages have something to tell as they go.
static void ship(void *arg) {
    struct ll_task *task = arg;
    const struct ll_connection *connection = task->options.connection;
    int64_t now_us = ll_clock_us();
    if (!task->is_cut && now_us < task->parting_until_us && connection->ops->is_parting(connection)) {
        ll_timer_set(task->parting_timer, now_us + PARTING_LOOK_MS * 1000);
    } else if (task->is_cut || !task->parcels) {
        finish(task);
    } else {
        ll_timer_set(task->ship_timer, now_us + SHIP_LIMIT_MS * 1000);
        ll_parcels_close_log(task->parcels);
        ll_ship_finish(task->options.ship, on_shipped, task);
    }
}

static void on_crew_ended(void *owner) {
    struct ll_task *task = owner;
    task->is_shipping = true;
    task->parting_until_us = ll_clock_us() + LL_PARTING_MS * 1000;
    ship(task);
}

static void on_crew_due(void *arg) {
    struct ll_task *task = arg;
    if (task->crew) ll_crew_poll(task->crew);
}

static void on_bucket_due(void *arg) {
    struct ll_task *task = arg;
    int64_t now_us = ll_clock_us();
    struct ll_run_totals totals = totals_so_far(task, now_us);
    count_dropped(task);
    if (task->parcels) ll_ship_go(task->options.ship);
    size_t sealed = ll_snapshotter_poll(task->snapshotter, now_us, &totals);
    ll_timer_set(task->bucket_timer, ll_snapshotter_next_us(task->snapshotter));
    if (sealed > 0) task->options.on_sealed(task->options.owner);
}

// ---- The run

// From here on no text leaves this process with a secret in it.
static ll_err hide_secrets(const struct ll_secrets *secrets) {
    for (size_t i = 0; i < secrets->count; i++)
        LL_TRY(ll_redact_add(secrets->items[i].value, strlen(secrets->items[i].value)));
    return LL_SUCCESS;
}

// The context comes from the scenario itself: what came with the assignment lacks its secrets, and what a function of
// the scenario computes.
static void take_context(struct ll_task *task) {
    struct ll_context_options *context = &task->assignment.spec.context;
    ll_context_options_fini(context);
    *context = ll_context_options_copy(&ll_scenario_spec(task->scenario)->context);
}

static ll_err read_scenario(struct ll_task *task, const struct ll_buf *packed) {
    const struct ll_assignment *assignment = &task->assignment;
    const struct ll_spec *spec = &assignment->spec;
    LL_TRY(hide_secrets(&assignment->secrets));
    LL_TRY(ll_bundle_unpack(packed->data, packed->len, &task->bundle));
    ll_watchdog_enter();
    ll_err err = ll_scenario_load(&task->bundle, &assignment->secrets, &task->scenario);
    ll_watchdog_leave();
    if (err.status != LL_OK) return err;
    struct ll_share share = {.first = assignment->first_user, .stride = assignment->stride, .users = assignment->users};
    ll_scenario_deal(task->scenario, share, ll_load_users(&spec->load));
    ll_watchdog_enter();
    err = ll_scenario_configure(task->scenario, spec->options, spec->option_count);
    ll_watchdog_leave();
    if (err.status == LL_OK) take_context(task);
    return err;
}

ll_err ll_task_prepare(struct ll_task *task, const struct ll_buf *packed_bundle) {
    const struct ll_assignment *assignment = &task->assignment;
    ll_err err = read_scenario(task, packed_bundle);
    ll_redact_text(err.text);
    if (err.status != LL_OK) return err;
    struct ll_crew_options options = {
        .connection = task->options.connection,
        .scenario = task->scenario,
        .spec = &assignment->spec,
        .recorder = task->options.recorder,
        .parcels = task->parcels,
        .loop = task->options.loop,
        .trace = task->options.trace,
        .share = {.first = assignment->first_user, .stride = assignment->stride, .users = assignment->users},
        .iterations = assignment->iterations,
        .host = {.owner = task,
                 .now_us = crew_now_us,
                 .wake_at = crew_wake_at,
                 .on_opened = on_crew_opened,
                 .on_first_iteration = on_first_iteration,
                 .on_active = on_active,
                 .on_failure = on_failure,
                 .on_log = on_log,
                 .on_ended = on_crew_ended,
                 .on_wants = on_wants},
    };
    ll_rand_secure(&options.random_seed, sizeof options.random_seed);
    task->crew = ll_crew_new(&options);
    ll_crew_open(task->crew);
    return LL_SUCCESS;
}

void ll_task_start(struct ll_task *task, int64_t start_us) {
    task->start_us = start_us;
    ll_recorder_start(task->options.recorder, &task->assignment.spec, start_us);
    ll_snapshotter_start(task->snapshotter, start_us);
    ll_timer_set(task->bucket_timer, ll_snapshotter_next_us(task->snapshotter));
    ll_crew_start(task->crew, start_us);
}

void ll_task_stop(struct ll_task *task) {
    ll_crew_stop(task->crew);
}

void ll_task_cut(struct ll_task *task, enum ll_run_end end) {
    task->is_cut = true;
    task->end = end;
    if (task->is_shipping)
        finish(task);
    else
        ll_crew_cut(task->crew);
}

const struct ll_assignment *ll_task_assignment(const struct ll_task *task) {
    return &task->assignment;
}

uint32_t ll_task_active_users(const struct ll_task *task) {
    return task->active_users;
}

void ll_task_describe(struct ll_task *task, struct ll_exchange_request *request) {
    request->active_users = task->active_users;
    request->snapshot_count = ll_outbox_oldest(task->outbox, request->snapshots);
    if (task->crew) {
        ll_crew_describe(task->crew, &request->barriers);
        ll_crew_describe_throttles(task->crew, &request->throttles);
    }
}

void ll_task_hear(struct ll_task *task, const struct ll_exchange_reply *reply) {
    if (!task->crew) return;
    ll_crew_hear(task->crew, &reply->barriers);
    ll_crew_hear_throttles(task->crew, &reply->throttles);
}

struct ll_outbox *ll_task_outbox(struct ll_task *task) {
    return task->outbox;
}
