#include "agent/users/crew.h"

#include "agent/core/gate.h"
#include "agent/core/permits.h"
#include "agent/users/user.h"
#include "libcommon/base/agenda.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"

#include <assert.h>
#include <stdlib.h>

enum { SLICE_US = 20 * 1000 }; // of one poll, and again of scripts made in it: the loop has others to serve

enum crew_phase { CREW_NEW, CREW_OPENING, CREW_READY, CREW_RUNNING, CREW_ENDING, CREW_ENDED };

struct ll_crew {
    struct ll_crew_options options;
    struct ll_user_env env;
    struct ll_agenda agenda;
    struct ll_alarm schedule_alarm; // when the number of users changes next
    enum crew_phase phase;
    struct ll_user *users; // options.share.users of them
    uint32_t booted;       // the first so many have their script
    struct ll_rand seeds;
    struct ll_user *queue_first, *queue_last;
    uint32_t opening;
    uint32_t queued_early; // pages asked for before the start: one each, unless some died
    ll_err open_err;       // of the first page that could not be opened before the start
    int64_t start_us;
    uint64_t iterations_begun;
    uint32_t active;
    int64_t first_start_us, last_end_us;
    int64_t wake_us; // what the host was asked for; INT64_MAX: nothing
};

static uint32_t user_count(const struct ll_crew *crew) {
    return crew->options.share.users;
}

static int64_t now_of(const struct ll_crew *crew) {
    return crew->options.host.now_us(crew->options.host.owner);
}

// Asks for a poll by `at_us`, if none is asked for by then.
static void wake_by(struct ll_crew *crew, int64_t at_us) {
    if (at_us >= crew->wake_us) return;
    crew->wake_us = at_us;
    crew->options.host.wake_at(crew->options.host.owner, at_us);
}

static void wake_soon(struct ll_crew *crew) {
    wake_by(crew, now_of(crew));
}

static bool is_before_start(const struct ll_crew *crew) {
    return crew->phase == CREW_OPENING || crew->phase == CREW_READY;
}

static void give_up_opening(struct ll_crew *crew, ll_err err) {
    if (is_before_start(crew) && crew->open_err.status == LL_OK) crew->open_err = err;
    wake_soon(crew);
}

// ---- Pages in turn

static struct ll_user *take_queued(struct ll_crew *crew) {
    struct ll_user *user = crew->queue_first;
    if (!user) return NULL;
    crew->queue_first = user->next_queued;
    if (!crew->queue_first) crew->queue_last = NULL;
    user->next_queued = NULL;
    user->is_listed = false;
    return user;
}

static void open_next(struct ll_crew *crew) {
    while (crew->opening < LL_CREW_OPENING_MAX && crew->queue_first) {
        struct ll_user *user = take_queued(crew);
        if (user->state != LL_USER_QUEUED) continue; // ended while it waited
        crew->opening++;
        ll_user_open(user);
    }
}

static void on_user_queued(void *arg, struct ll_user *user) {
    struct ll_crew *crew = arg;
    if (user->is_listed) return; // ended and wanted again: it keeps its place
    user->is_listed = true;
    if (crew->queue_last)
        crew->queue_last->next_queued = user;
    else
        crew->queue_first = user;
    crew->queue_last = user;
    wake_soon(crew);
    if (is_before_start(crew) && ++crew->queued_early > user_count(crew) + LL_CREW_LOSSES_MAX)
        give_up_opening(
            crew, ll_err_make(LL_UNAVAILABLE, "the browser died %d times before the run began", LL_CREW_LOSSES_MAX));
}

static void on_user_opened(void *arg, struct ll_user *user, ll_err err) {
    (void)user;
    struct ll_crew *crew = arg;
    crew->opening--;
    if (err.status != LL_OK) give_up_opening(crew, err);
    wake_soon(crew);
}

// ---- What users ask and tell

static void on_user_alarm(void *arg) {
    struct ll_crew *crew = arg;
    wake_by(crew, ll_agenda_next_us(&crew->agenda));
}

static int64_t user_now_us(void *arg) {
    return now_of(arg);
}

static bool user_may_begin(void *arg, struct ll_user *user) {
    (void)user;
    struct ll_crew *crew = arg;
    if (crew->options.iterations > 0 && crew->iterations_begun >= crew->options.iterations) return false;
    if (crew->iterations_begun++ == 0) crew->options.host.on_first_iteration(crew->options.host.owner);
    return true;
}

static void on_user_failure(void *arg, const struct ll_failure *failure) {
    struct ll_crew *crew = arg;
    crew->options.host.on_failure(crew->options.host.owner, failure);
}

static void on_user_log(void *arg, const struct ll_user *user, const char *text) {
    struct ll_crew *crew = arg;
    struct ll_crew_host *host = &crew->options.host;
    if (host->on_log) host->on_log(host->owner, user->id, user->iteration, text);
}

static void set_active(struct ll_crew *crew, uint32_t active) {
    crew->active = active;
    crew->options.host.on_active(crew->options.host.owner, active);
}

static void on_user_life_ended(void *arg, struct ll_user *user) {
    (void)user;
    struct ll_crew *crew = arg;
    crew->last_end_us = now_of(crew);
    set_active(crew, crew->active - 1);
    wake_soon(crew);
}

static void begin_user(struct ll_crew *crew, struct ll_user *user) {
    if (crew->first_start_us == 0) crew->first_start_us = now_of(crew);
    set_active(crew, crew->active + 1);
    ll_user_begin(user);
}

static void on_wants(void *arg) {
    struct ll_crew *crew = arg;
    if (crew->options.host.on_wants) crew->options.host.on_wants(crew->options.host.owner);
}

static void on_gate_answer(void *arg, void *waiter, bool is_released, uint32_t others) {
    (void)arg;
    ll_user_met(waiter, is_released, others);
}

static void on_permit(void *arg, void *waiter, uint64_t in_us) {
    (void)arg;
    ll_user_permit(waiter, in_us);
}

static struct ll_permits *make_permits(struct ll_crew *crew) {
    size_t count;
    const struct ll_throttle *throttles = ll_scenario_throttles(crew->options.scenario, &count);
    struct ll_permits_host host = {.owner = crew, .on_wants = on_wants, .on_permit = on_permit};
    return ll_permits_new(host, throttles, count);
}

// ---- The schedule

static void retire_all(struct ll_crew *crew, int64_t from_us) {
    crew->phase = CREW_ENDING;
    ll_agenda_cancel(&crew->agenda, &crew->schedule_alarm);
    int64_t by_us = from_us + (int64_t)crew->options.spec->load.graceful_stop_ms * 1000;
    for (uint32_t k = 0; k < user_count(crew); k++) ll_user_retire(&crew->users[k], by_us);
    wake_soon(crew);
}

static void follow_schedule(struct ll_crew *crew, int64_t now_us) {
    const struct ll_load *load = &crew->options.spec->load;
    int64_t t_us = now_us - crew->start_us;
    if (ll_schedule_is_over(load, t_us)) {
        retire_all(crew, crew->start_us + ll_schedule_end_us(load));
        return;
    }
    uint32_t wanted = ll_schedule_active(load, &crew->options.share, t_us);
    for (uint32_t k = 0; k < user_count(crew); k++) {
        struct ll_user *user = &crew->users[k];
        if (k >= wanted && !user->is_retiring)
            ll_user_retire(user, now_us + (int64_t)load->graceful_stop_ms * 1000);
        else if (k < wanted && user->is_retiring)
            ll_user_unretire(user);
        else if (k < wanted && !user->is_alive && !user->is_done)
            begin_user(crew, user);
    }
    int64_t next_us = ll_schedule_next_change_us(load, &crew->options.share, t_us);
    int64_t end_us = ll_schedule_end_us(load); // the run's end counts also when no user of this agent's is active then
    if (next_us > end_us) next_us = end_us;
    ll_agenda_set(&crew->agenda, &crew->schedule_alarm, next_us == INT64_MAX ? next_us : crew->start_us + next_us);
}

// ---- The face

static bool is_opened(const struct ll_crew *crew) {
    if (is_before_start(crew) && crew->open_err.status != LL_OK) return true;
    if (crew->phase != CREW_OPENING) return false;
    for (uint32_t k = 0; k < user_count(crew); k++)
        if (crew->users[k].state != LL_USER_STANDBY) return false;
    return true;
}

static bool is_ended(const struct ll_crew *crew) {
    if (crew->active > 0) return false;
    if (crew->phase == CREW_ENDING) return true;
    if (crew->phase != CREW_RUNNING) return false;
    for (uint32_t k = 0; k < user_count(crew); k++)
        if (!crew->users[k].is_done) return false; // it may be wanted yet
    return true;
}

struct ll_crew *ll_crew_new(const struct ll_crew_options *options) {
    struct ll_crew *crew = ll_alloc(1, sizeof *crew);
    crew->options = *options;
    crew->wake_us = INT64_MAX;
    crew->env = (struct ll_user_env){
        .connection = options->connection,
        .scenario = options->scenario,
        .spec = options->spec,
        .recorder = options->recorder,
        .loop = options->loop,
        .agenda = &crew->agenda,
        .gate = ll_gate_new((struct ll_gate_host){.owner = crew, .on_wants = on_wants, .on_answer = on_gate_answer}),
        .crew = crew,
        .now_us = user_now_us,
        .on_alarm = on_user_alarm,
        .may_begin = user_may_begin,
        .on_queued = on_user_queued,
        .on_opened = on_user_opened,
        .on_failure = on_user_failure,
        .on_log = on_user_log,
        .trace = options->trace,
        .witness = ll_witness_new(options->parcels, options->recorder),
        .on_life_ended = on_user_life_ended,
    };
    crew->env.permits = make_permits(crew);
    crew->users = ll_alloc(options->share.users, sizeof *crew->users);
    crew->seeds = ll_rand_seed(options->random_seed);
    return crew;
}

void ll_crew_free(struct ll_crew **crew) {
    if (!*crew) return;
    for (uint32_t k = 0; k < user_count(*crew); k++) ll_user_fini(&(*crew)->users[k]); // also those not booted
    ll_witness_free(&(*crew)->env.witness);
    ll_gate_free(&(*crew)->env.gate);
    ll_permits_free(&(*crew)->env.permits);
    ll_agenda_fini(&(*crew)->agenda);
    free((*crew)->users);
    free(*crew);
    *crew = NULL;
}

void ll_crew_open(struct ll_crew *crew) {
    assert(crew->phase == CREW_NEW);
    crew->phase = CREW_OPENING;
    wake_soon(crew);
}

void ll_crew_start(struct ll_crew *crew, int64_t start_us) {
    assert(crew->phase == CREW_READY);
    crew->phase = CREW_RUNNING;
    crew->start_us = start_us;
    ll_agenda_set(&crew->agenda, &crew->schedule_alarm, start_us);
    wake_soon(crew);
}

void ll_crew_stop(struct ll_crew *crew) {
    if (crew->phase == CREW_RUNNING) retire_all(crew, now_of(crew));
}

void ll_crew_cut(struct ll_crew *crew) {
    if (crew->phase != CREW_RUNNING && crew->phase != CREW_ENDING) return;
    crew->phase = CREW_ENDING;
    ll_agenda_cancel(&crew->agenda, &crew->schedule_alarm);
    for (uint32_t k = 0; k < user_count(crew); k++) ll_user_cut(&crew->users[k]);
    wake_soon(crew);
}

// Makes the scripts of more users until the slice is over, at least one; each asks for its page as soon as it has one.
static void boot_some(struct ll_crew *crew) {
    if (crew->phase != CREW_OPENING || crew->open_err.status != LL_OK) return;
    int64_t until_us = now_of(crew) + SLICE_US;
    while (crew->booted < user_count(crew)) {
        struct ll_user *user = &crew->users[crew->booted];
        ll_err err = ll_user_init(user, &crew->env, ll_share_user_id(&crew->options.share, crew->booted),
                                  ll_rand_next(&crew->seeds));
        if (err.status != LL_OK) {
            give_up_opening(crew, err);
            return;
        }
        crew->booted++;
        ll_user_want_page(user);
        if (now_of(crew) >= until_us) break;
    }
    if (crew->booted < user_count(crew)) wake_soon(crew);
}

static void run_due(struct ll_crew *crew, int64_t now_us) {
    // A poll has about as many turns as there are users, and a slice of time: iterations that take no time, or many
    // that take some, leave the loop room for the rest.
    for (uint32_t turns = user_count(crew) + 1; turns > 0; turns--) {
        struct ll_alarm *alarm = ll_agenda_take(&crew->agenda, now_us);
        if (!alarm) break;
        if (alarm == &crew->schedule_alarm)
            follow_schedule(crew, now_us);
        else
            ll_user_poll((struct ll_user *)alarm, now_us);
        if (now_of(crew) >= now_us + SLICE_US) break;
    }
}

void ll_crew_poll(struct ll_crew *crew) {
    crew->wake_us = INT64_MAX;
    run_due(crew, now_of(crew));
    boot_some(crew);
    open_next(crew);
    wake_by(crew, ll_agenda_next_us(&crew->agenda));
    if (is_opened(crew)) {
        ll_err err = crew->open_err;
        crew->phase = err.status == LL_OK ? CREW_READY : CREW_NEW;
        crew->open_err = LL_SUCCESS;
        crew->options.host.on_opened(crew->options.host.owner, err);
    } else if (is_ended(crew)) {
        crew->phase = CREW_ENDED;
        crew->options.host.on_ended(crew->options.host.owner);
    }
}

// No iteration begins any more, and whoever is in one waits.
static bool has_nobody_else(const struct ll_crew *crew) {
    bool is_used_up = crew->options.iterations > 0 && crew->iterations_begun >= crew->options.iterations;
    bool is_over = crew->phase == CREW_ENDING || crew->phase == CREW_ENDED;
    return (is_over || (crew->phase == CREW_RUNNING && is_used_up)) && crew->active == ll_gate_count(crew->env.gate);
}

void ll_crew_describe(struct ll_crew *crew, struct ll_barrier_waits *out) {
    ll_gate_describe(crew->env.gate, has_nobody_else(crew), out);
}

void ll_crew_hear(struct ll_crew *crew, const struct ll_barrier_answers *answers) {
    bool in_vain = ll_gate_hear(crew->env.gate, answers);
    if (!in_vain || !has_nobody_else(crew)) return;
    for (uint32_t k = 0; k < user_count(crew); k++) {
        struct ll_user *user = &crew->users[k];
        if (user->state != LL_USER_MEETING) continue;
        user->is_done = true; // there are no iterations left for it
        ll_user_cut(user);
    }
    wake_soon(crew);
}

void ll_crew_describe_throttles(struct ll_crew *crew, struct ll_throttle_wants *out) {
    ll_permits_describe(crew->env.permits, out);
}

void ll_crew_hear_throttles(struct ll_crew *crew, const struct ll_throttle_grants *grants) {
    ll_permits_hear(crew->env.permits, grants);
}

struct ll_crew_totals ll_crew_totals(const struct ll_crew *crew) {
    struct ll_crew_totals totals = {.first_start_us = crew->first_start_us, .last_end_us = crew->last_end_us};
    for (uint32_t k = 0; k < user_count(crew); k++) {
        totals.users_started += crew->users[k].has_started;
        totals.users_failed += crew->users[k].has_failed;
        totals.iterations_interrupted += crew->users[k].interrupted;
    }
    return totals;
}
