#include "tools/liveload/watch.h"

#include "tools/liveload/outcome.h"
#include "tools/liveload/progress.h"

#include <stdio.h>

enum {
    STATUS_QUICK_MS = 50, // until the first iteration starts
    STATUS_MS = 250,
};

struct watch {
    struct remote *remote;
    const struct ll_run_request *run;
    const struct watch_options *options;
    struct progress progress;
    struct ll_status_reply status;  // the last
    bool was_prepared, was_stopped; // the latter because no agent is left
    unsigned interrupts;            // that were acted on
};

// What fails once agents have the run, an error in config for one, is not wrong usage any more, whatever its status;
// and a run that somebody else stopped was not interrupted here.
static ll_err failure_of(const struct watch *watch) {
    ll_err err = watch->status.error;
    bool is_usage = outcome_of_error(err) == EXIT_USAGE && (watch->was_prepared || err.status == LL_INVALID_ARGUMENT);
    bool is_foreign = err.status == LL_CANCELLED && watch->remote->signals->interrupts == 0;
    if (is_usage || is_foreign) err.status = LL_FAILED_PRECONDITION;
    return err;
}

static ll_err on_interrupt(struct watch *watch) {
    watch->interrupts = watch->remote->signals->interrupts;
    if (watch->options->on_interrupt == WATCH_LEAVES)
        return ll_err_make(LL_CANCELLED, "the run goes on: liveload stop %s ends it", watch->run->run_id);
    if (watch->interrupts > 1) return ll_err_make(LL_CANCELLED, "stopped at once: nothing is left of this run");
    progress_clear(&watch->progress);
    fprintf(stderr, "stopping%s; Ctrl-C again leaves at once\n",
            watch->status.active_users > 0 ? ": users finish their iterations" : "");
    return remote_stop(watch->remote, watch->run);
}

static ll_err stop_without_agents(struct watch *watch) {
    const struct watch_options *options = watch->options;
    if (watch->was_stopped || watch->status.state != LL_RUN_RUNNING) return LL_SUCCESS;
    if (!options->has_no_agent || !options->has_no_agent(options->arg)) return LL_SUCCESS;
    watch->was_stopped = true;
    return remote_stop(watch->remote, watch->run);
}

// Looks once. *out_over: the run is, well or not.
static ll_err look(struct watch *watch, bool *out_over) {
    struct ll_status_reply *status = &watch->status;
    LL_TRY(remote_status(watch->remote, watch->run, status));
    if (watch->options->on_state) watch->options->on_state(watch->options->arg, status->state);
    *out_over = status->state == LL_RUN_FAILED || status->state == LL_RUN_FINISHED;
    if (status->state == LL_RUN_FAILED) return failure_of(watch);
    watch->was_prepared |= status->state >= LL_RUN_PREPARING;
    progress_show(&watch->progress, status, watch->options->agents_wanted);
    return LL_SUCCESS;
}

static ll_err watch_on(struct watch *watch) {
    struct remote *remote = watch->remote;
    for (bool is_over = false; !is_over;) {
        ll_err err = look(watch, &is_over);
        if (err.status != LL_OK && (is_over || err.status != LL_CANCELLED)) return err;
        if (is_over) break;
        signals_pause(remote->signals, watch->status.first_iteration_started ? STATUS_MS : STATUS_QUICK_MS);
        if (remote->check) LL_TRY(remote->check(remote->check_arg));
        LL_TRY(stop_without_agents(watch));
        if (remote->signals->interrupts > watch->interrupts) LL_TRY(on_interrupt(watch));
    }
    return LL_SUCCESS;
}

ll_err watch_run(struct remote *remote, const struct ll_run_request *run, const struct watch_options *options,
                 bool *out_has_result) {
    struct watch watch = {
        .remote = remote,
        .run = run,
        .options = options,
        .progress = progress_make(options->scenario, options->is_quiet),
        .status = {.state = LL_RUN_WAITING},
        .interrupts = remote->signals->interrupts,
    };
    ll_err err = watch_on(&watch);
    progress_clear(&watch.progress);
    *out_has_result = watch.status.result_bytes > 0;
    return err;
}
