// The happy path: read the token, make the loop, listen, print where, serve. Every wake answers the calls that have
// come, then does what is due, then sets the timer for what will be.
//
// What can fail: no token file can be read or made, the port is in use, the output folder cannot be made: each ends the
// program with a sentence before it listens. A result that cannot be written later is said in the log, and can still be
// fetched. SIGTERM ends the program: a run that goes on is left in its journal for a successor; without one its agents
// are stopped first, which takes a second or two, and its result is written. A second signal ends it at once.
#include "coordinator/app.h"

#include "coordinator/keeper.h"
#include "coordinator/service.h"
#include "coordinator/spool.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "libcommon/base/parent.h"
#include "libcommon/base/rand.h"
#include "libcommon/base/token.h"
#include "libcommon/loop/loop.h"
#include "libcommon/model/file.h"
#include "libcommon/rpc/transport.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct app {
    const struct ll_coordinator_app_options *options;
    struct ll_coordinator *core;
    struct ll_coordinator_service service;
    struct ll_keeper keeper;
    struct ll_spool spool;
    struct ll_rpc_server *rpc;
    struct ll_transport_server *transport;
    struct ll_loop *loop;
    struct ll_timer *timer;
    bool is_ending;
};

// ---- What the core cannot make

static int64_t now_us(void *owner) {
    (void)owner;
    return ll_clock_us();
}

static void make_run_id(void *owner, char out[LL_TOKEN_CHARS + 1]) {
    (void)owner;
    ll_rand_token(out);
}

// A caller that knows an agent's epoch can speak for it: so it is random.
static uint64_t make_epoch(void *owner) {
    (void)owner;
    uint64_t epoch;
    ll_rand_secure(&epoch, sizeof epoch);
    return epoch;
}

// ---- Effects

static void do_log(void *owner, enum ll_log_level level, const char *text) {
    (void)owner;
    ll_log(level, "%s", text);
}

static void do_journal(void *owner, const struct ll_journal_record *record) {
    struct app *app = owner;
    ll_keeper_write(&app->keeper, record);
}

static void do_result(void *owner, const char *run_id, const void *data, size_t len) {
    struct app *app = owner;
    if (!app->options->out) return;
    char *path = ll_format("%s/%s.llr", app->options->out, run_id);
    ll_err err = ll_file_replace(path, data, len);
    if (err.status == LL_OK)
        ll_info("the result of run %s is in %s", run_id, path);
    else
        ll_error("the result of run %s is not kept: %s", run_id, err.text);
    free(path);
}

static ll_err do_artifact(void *owner, const char *run_id, const char *name, uint64_t offset, struct ll_bytes piece) {
    struct app *app = owner;
    return ll_spool_write(&app->spool, run_id, name, offset, piece);
}

static ll_err read_artifact(void *owner, const char *name, uint64_t offset, struct ll_fetch_reply *out_reply) {
    struct app *app = owner;
    return ll_spool_read(&app->spool, name, offset, out_reply);
}

// ---- Events

static void serve(void *arg) {
    struct app *app = arg;
    app->transport->ops->poll(app->transport);
    int64_t now_us = ll_clock_us();
    if (ll_coordinator_next_us(app->core) <= now_us) ll_coordinator_tick(app->core, now_us);
    int64_t next_us = ll_coordinator_next_us(app->core);
    if (app->is_ending) {
        if (ll_coordinator_may_quit(app->core, now_us)) return ll_loop_quit(app->loop);
        int64_t look_us = now_us + LL_COORDINATOR_END_LOOK_MS * 1000;
        if (look_us < next_us) next_us = look_us;
    }
    if (next_us == INT64_MAX)
        ll_timer_cancel(app->timer);
    else
        ll_timer_set(app->timer, next_us);
}

static void wake(void *arg) {
    struct app *app = arg;
    ll_loop_wake(app->loop);
}

static void on_signal(void *arg, int signal) {
    struct app *app = arg;
    if (signal == SIGCHLD || (signal == SIGINT && app->options->exit_with_parent)) return;
    ll_info("ending on %s", signal == SIGINT ? "Ctrl-C" : "SIGTERM");
    bool is_left = ll_keeper_is_keeping(&app->keeper);
    if (is_left) ll_info("the journal is left in %s: start a coordinator with it to go on", app->options->journal);
    if (!is_left && app->is_ending) ll_coordinator_cut(app->core, ll_clock_us());
    if (is_left || app->is_ending) return ll_loop_quit(app->loop);
    app->is_ending = true;
    ll_coordinator_end(app->core, ll_clock_us());
    serve(app);
}

// ---- Lifecycle

static ll_err read_token(const struct ll_coordinator_app_options *options, char token[LL_TOKEN_TEXT_MAX]) {
    char default_path[PATH_MAX];
    const char *path = options->token_file;
    if (!path) {
        LL_TRY(ll_token_default_path(default_path, sizeof default_path));
        path = default_path;
    }
    bool was_made;
    LL_TRY(ll_token_read_or_make(path, token, &was_made));
    if (was_made) ll_info("made the token file %s: agents on other machines need a copy of it", path);
    return LL_SUCCESS;
}

static ll_err make_folder(const char *what, const char *path) {
    if (!path || mkdir(path, 0777) == 0 || errno == EEXIST) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "%s %s cannot be made: %s", what, path, strerror(errno));
}

static ll_err make_core(struct app *app) {
    int64_t unix_ms_at_zero = (ll_clock_wall_us() - ll_clock_us()) / 1000;
    app->keeper = ll_keeper_make(app->options->journal, unix_ms_at_zero * 1000);
    struct ll_coordinator_options core = {
        .effects = {.owner = app, .log = do_log, .journal = do_journal, .result = do_result, .artifact = do_artifact},
        .max_agents = app->options->max_agents,
        .unix_ms_at_zero = unix_ms_at_zero,
    };
    app->core = ll_coordinator_new(&core);
    app->service = (struct ll_coordinator_service){.core = app->core,
                                                   .owner = app,
                                                   .now_us = now_us,
                                                   .make_run_id = make_run_id,
                                                   .make_epoch = make_epoch,
                                                   .read_artifact = read_artifact};
    app->spool = ll_spool_make(app->options->out, app->options->journal);
    LL_TRY(ll_keeper_restore(&app->keeper, app->core, ll_clock_us()));
    if (!ll_keeper_is_keeping(&app->keeper)) ll_spool_sweep(&app->spool);
    ll_coordinator_tick(app->core, ll_clock_us());
    return LL_SUCCESS;
}

// They are answered once there is a core, with the first poll.
static ll_err listen_for_calls(struct app *app, const char *token) {
    struct ll_rpc_handlers handlers = ll_coordinator_service_handlers(&app->service);
    app->rpc = ll_rpc_server_new(&handlers, token);
    struct ll_transport_service service = ll_rpc_server_service(app->rpc);
    return ll_nng_server_new(app->options->listen, &service, wake, app, &app->transport);
}

static ll_err start(struct app *app) {
    char token[LL_TOKEN_TEXT_MAX];
    LL_TRY(read_token(app->options, token));
    LL_TRY(make_folder("the folder for results", app->options->out));
    LL_TRY(make_folder("the folder of the journal", app->options->journal));
    LL_TRY(ll_loop_new(&app->loop));
    LL_TRY(ll_loop_on_signal(app->loop, on_signal, app));
    LL_TRY(listen_for_calls(app, token));
    LL_TRY(make_core(app)); // where the port is in use, a journal is left alone
    ll_loop_on_wake(app->loop, serve, app);
    app->timer = ll_timer_new(app->loop, serve, app);
    serve(app);
    printf("listening on %s\n", app->transport->ops->address(app->transport));
    fflush(stdout);
    return LL_SUCCESS;
}

ll_err ll_coordinator_app_run(const struct ll_coordinator_app_options *options) {
    struct app app = {.options = options, .keeper = ll_keeper_make(NULL, 0), .spool = {.place = LL_SPOOL_TEMPORARY}};
    if (options->exit_with_parent && !ll_parent_follow()) return LL_SUCCESS;
    ll_err err = start(&app);
    if (err.status == LL_OK) ll_loop_run(app.loop);
    if (app.transport) app.transport->ops->fini(app.transport);
    ll_timer_free(&app.timer);
    ll_loop_free(&app.loop);
    ll_rpc_server_free(&app.rpc);
    ll_coordinator_free(&app.core);
    ll_keeper_fini(&app.keeper);
    ll_spool_fini(&app.spool);
    return err;
}
