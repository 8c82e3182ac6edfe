// The happy path: read the scenarios, make the output folder, start the cluster, and for each scenario submit, watch,
// fetch; then write result.llr and have liveload-report make the reports from it.
//
// Ways it can fail: a scenario that cannot be read (exit 2, nothing was started); a program that does not start or
// ends under us (exit 1, by name and signal, with the last lines of its log); a run the coordinator refuses or that
// fails (its sentence); a standing coordinator that is silent for longer than --patience (exit 1, and the command that
// goes on with the run); Ctrl-C (users finish their iterations, the result so far is written, exit 130) and Ctrl-C
// again (everything ends at once). Scenarios that did run are written whatever happens to the later ones.
#include "tools/liveload/run.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/result.h"
#include "tools/liveload/cluster.h"
#include "tools/liveload/delivery.h"
#include "tools/liveload/describe.h"
#include "tools/liveload/folder.h"
#include "tools/liveload/options.h"
#include "tools/liveload/outcome.h"
#include "tools/liveload/remote.h"
#include "tools/liveload/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct planned { // a scenario that was read and is to be run
    struct ll_buf bundle;
    struct ll_spec spec;
};

struct run {
    struct run_options options;
    struct planned *plans;
    size_t plan_count;
    struct folder folder;
    struct cluster cluster;
    uint32_t agents_needed; // of ours, as the run stands
    struct remote remote;
    struct signals signals;
    struct ll_result result;
};

// --- before anything is started ---

static ll_err read_scenarios(struct run *run) {
    run->plans = ll_alloc(run->options.file_count, sizeof *run->plans);
    for (size_t i = 0; i < run->options.file_count; i++) {
        struct planned *plan = &run->plans[i];
        plan->bundle = ll_buf_make(LL_BUNDLE_BYTES_MAX);
        ll_err err = describe_scenario(run->options.files[i], &run->options.secrets, &plan->bundle, &plan->spec);
        if (err.status == LL_OK) {
            run->plan_count++;
            err = run_options_apply(&run->options, &plan->spec);
            uint32_t launch_ms = plan->spec.timeouts.launch_ms;
            if (launch_ms > run->options.launch_ms) run->options.launch_ms = launch_ms;
        } else {
            ll_buf_fini(&plan->bundle);
            // whatever hid the scenario from us, it is the scenario that cannot be read
            err.status = LL_INVALID_ARGUMENT;
        }
        LL_TRY(err);
    }
    return LL_SUCCESS;
}

// --- one scenario ---

static uint32_t agents_wanted(const struct run_options *options) {
    if (options->wait_for_agents) return options->wait_for_agents;
    return options->agents ? options->agents : 1;
}

static uint32_t wait_for_agents_ms(const struct run_options *options) {
    if (options->wait_ms) return (uint32_t)options->wait_ms;
    return options->wait_for_agents ? RUN_WAIT_OTHERS_MS : RUN_WAIT_MS + options->launch_ms;
}

// Whether anybody answers, while Ctrl-C can still end the waiting for it.
static ll_err reach_coordinator(struct run *run) {
    const struct ll_run_request newest = {.run_id = ""};
    struct ll_status_reply status;
    ll_err err = remote_status(&run->remote, &newest, &status);
    return err.status == LL_NOT_FOUND ? LL_SUCCESS : err; // there was no run yet
}

static ll_err submit(struct run *run, const struct planned *plan, struct ll_run_request *out_run) {
    const struct run_options *options = &run->options;
    struct ll_submit_request request = {
        .bundle = {plan->bundle.data, plan->bundle.len},
        .spec = plan->spec,
        .min_agents = agents_wanted(options),
        .wait_ms = wait_for_agents_ms(options),
        .max_lost_agents = options->max_lost_agents,
        .secrets = options->secrets,
    };
    struct ll_submit_reply reply;
    LL_TRY(reach_coordinator(run));
    LL_TRY(remote_submit(&run->remote, &request, &reply));
    memcpy(out_run->run_id, reply.run_id, sizeof out_run->run_id);
    return LL_SUCCESS;
}

static ll_err check_cluster(void *arg) {
    struct run *run = arg;
    return cluster_check(&run->cluster, run->agents_needed);
}

// A run that waits for agents that have ended waits in vain, and so does one that may lose no more. Once users run, the
// coordinator says what the loss means, and has what was measured.
static void on_state(void *arg, enum ll_run_state state) {
    struct run *run = arg;
    uint32_t all = run->options.agents, may_miss = run->options.max_lost_agents;
    if (state >= LL_RUN_RUNNING)
        run->agents_needed = 0;
    else if (state == LL_RUN_WAITING || all == 0)
        run->agents_needed = all;
    else
        run->agents_needed = all > may_miss ? all - may_miss : 1;
}

static bool has_no_agent(void *arg) {
    const struct run *run = arg;
    return cluster_has_lost_all(&run->cluster);
}

// Takes `from`'s scenarios over into the result of the whole command.
static void append_result(struct ll_result *into, struct ll_result *from) {
    into->scenarios = ll_realloc(into->scenarios, into->scenario_count + from->scenario_count, sizeof *into->scenarios);
    memcpy(into->scenarios + into->scenario_count, from->scenarios, from->scenario_count * sizeof *from->scenarios);
    into->scenario_count += from->scenario_count;
    from->scenario_count = 0;
    ll_result_fini(from);
}

static void append_error(struct ll_result *into, const struct ll_spec *spec, ll_err err) {
    struct ll_scenario_result failed = {
        .name = ll_strdup(spec->name),
        .error = ll_strdup(err.text),
        .started_at_ms = (uint64_t)ll_clock_wall_ms(),
        .total = ll_series_set_new(),
        .spec = ll_spec_copy(spec),
        .verdict = LL_VERDICT_INVALID,
    };
    struct ll_result one = {.scenarios = ll_memdup(&failed, sizeof failed), .scenario_count = 1};
    append_result(into, &one);
}

static ll_err follow(struct run *run, const struct planned *plan, const struct ll_run_request *request,
                     bool *out_has_result) {
    struct watch_options options = {
        .scenario = plan->spec.name,
        .is_quiet = run->options.is_quiet || run->options.is_debug,
        .agents_wanted = agents_wanted(&run->options),
        .on_interrupt = WATCH_STOPS,
        .on_state = on_state,
        .has_no_agent = has_no_agent,
        .arg = run,
    };
    return watch_run(&run->remote, request, &options, out_has_result);
}

// Adds what the scenario left behind to the result, also when it failed: then at least its error.
static ll_err run_scenario(struct run *run, const struct planned *plan) {
    struct ll_run_request request;
    struct ll_result one = {0};
    bool has_result = false;
    on_state(run, LL_RUN_WAITING);
    ll_err err = submit(run, plan, &request);
    bool was_submitted = err.status == LL_OK;
    if (was_submitted) err = follow(run, plan, &request, &has_result);
    if (has_result) {
        ll_err fetched = remote_fetch_result(&run->remote, &request, &one);
        has_result = fetched.status == LL_OK;
        if (err.status == LL_OK) err = fetched;
    }
    if (has_result) remote_fetch_artifacts(&run->remote, &request, run->folder.artifacts, &one);
    if (has_result)
        append_result(&run->result, &one);
    else
        append_error(&run->result, &plan->spec, err);
    if (err.status != LL_OK) fprintf(stderr, "liveload: %s: %s\n", plan->spec.name, err.text);
    if (was_submitted && !has_result && err.status == LL_UNAVAILABLE && run->options.coordinator)
        remote_tell_way_on(&run->remote, request.run_id, run->options.token_file, run->folder.path);
    return err;
}

// --- all of them ---

static ll_err run_all(struct run *run) {
    ll_err worst = LL_SUCCESS;
    bool goes_on = true; // until the next would fare no better
    for (size_t i = 0; i < run->plan_count; i++) {
        const struct planned *plan = &run->plans[i];
        ll_err err = ll_err_make(LL_ABORTED, "not started, since the command ended before its turn");
        if (goes_on) {
            err = run_scenario(run, plan);
        } else {
            append_error(&run->result, &plan->spec, err);
            fprintf(stderr, "liveload: %s: %s\n", plan->spec.name, err.text);
        }
        if (outcome_is_worse(outcome_of_error(err), outcome_of_error(worst))) worst = err;
        if (err.status == LL_UNAVAILABLE || err.status == LL_CANCELLED || run->signals.interrupts > 0) goes_on = false;
    }
    return worst;
}

// The cluster is up and the calls are open.
static int run_on_cluster(struct run *run) {
    const struct run_options *options = &run->options;
    run->result.liveload_version = ll_strdup(LIVELOAD_VERSION);
    ll_err err = run_all(run);
    run->result.generated_at_ms = (uint64_t)ll_clock_wall_ms();
    cluster_stop(&run->cluster, err.status == LL_CANCELLED ? CLUSTER_AT_ONCE : CLUSTER_POLITELY);
    int code = outcome_of_run(&run->result, err);
    if (run->signals.interrupts > 1) return EXIT_INTERRUPTED;
    if (options->is_debug && code == EXIT_INVALID) code = 0; // one iteration is no measurement
    err = options->is_debug ? delivery_write(&run->result, run->folder.path, options->is_quiet, stdout)
                            : delivery_make(&run->result, run->folder.path, options->is_quiet, stdout);
    if (err.status != LL_OK) fprintf(stderr, "liveload: %s\n", err.text);
    if (run->signals.interrupts > 0) return EXIT_INTERRUPTED;
    return err.status == LL_OK ? code : EXIT_NOT_RUN;
}

static ll_err prepare(struct run *run) {
    LL_TRY(signals_watch(&run->signals));
    setenv("LIVELOAD_LOG", "warning", 0); // what our coordinator and agents do is told by the progress line
    LL_TRY(read_scenarios(run));
    LL_TRY(folder_claim(run->options.out, run->plans[0].spec.name, run->options.is_quiet, &run->folder));
    run->options.artifacts = run->folder.artifacts;
    LL_TRY(cluster_start(&run->options, &run->cluster));
    LL_TRY(remote_open(run->cluster.url, run->cluster.token, &run->signals, run->options.patience_ms, &run->remote));
    run->remote.stop_interrupts = 1;
    run->remote.check = check_cluster;
    run->remote.check_arg = run;
    return LL_SUCCESS;
}

static void run_fini(struct run *run) {
    cluster_stop(&run->cluster, CLUSTER_AT_ONCE);
    remote_close(&run->remote);
    for (size_t i = 0; i < run->plan_count; i++) {
        ll_buf_fini(&run->plans[i].bundle);
        ll_spec_fini(&run->plans[i].spec);
    }
    free(run->plans);
    ll_result_fini(&run->result);
    signals_fini(&run->signals);
    folder_release(&run->folder);
    run_options_fini(&run->options);
}

int run_command(int argc, char **argv) {
    struct run run = {.signals = {.fd = -1}, .folder = {.lock = -1}, .cluster = {.folder_lock = -1}};
    run_options_parse(argc, argv, &run.options);
    ll_err err = prepare(&run);
    int code = outcome_of_error(err);
    if (err.status == LL_OK)
        code = run_on_cluster(&run);
    else
        fprintf(stderr, "liveload: %s\n", err.text);
    run_fini(&run);
    return code;
}
