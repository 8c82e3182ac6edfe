// The happy path: read the scenarios, make the output folder, start the cluster, and for each scenario submit, watch,
// fetch; then write result.llr and have liveload-report make the reports from it.
//
// Ways it can fail: a scenario that cannot be read (exit 2, nothing was started); a program that does not start or
// ends under us (exit 1, with its own sentence above ours); a run the coordinator refuses or that fails (its sentence);
// Ctrl-C (users finish their iterations, the result so far is written, exit 130) and Ctrl-C again (everything ends at
// once). Scenarios that did run are written whatever happens to the later ones.
#include "tools/liveload/run.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/result.h"
#include "libcommon/rpc/blocking.h"
#include "tools/liveload/artifacts.h"
#include "tools/liveload/closing.h"
#include "tools/liveload/cluster.h"
#include "tools/liveload/describe.h"
#include "tools/liveload/options.h"
#include "tools/liveload/outcome.h"
#include "tools/liveload/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    STATUS_QUICK_MS = 50, // until the first iteration starts
    STATUS_MS = 250,
    REPORT_TIMEOUT_MS = 120 * 1000,
};

struct planned { // a scenario that was read and is to be run
    struct ll_buf bundle;
    struct ll_spec spec;
};

struct run {
    struct run_options options;
    struct planned *plans;
    size_t plan_count;
    char out[PATH_MAX];
    char artifacts[PATH_MAX + 16]; // in it
    int folder_lock;               // descriptor of `out`
    struct cluster cluster;
    struct ll_blocking *calls;  // a signal interrupts these
    struct ll_blocking *submit; // nothing interrupts this one: a run that was submitted must be known
    int signals;                // signalfd of SIGINT, SIGTERM and SIGHUP
    unsigned interrupts;
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

static void choose_folder(struct run *run) {
    if (run->options.out) {
        snprintf(run->out, sizeof run->out, "%s", run->options.out);
        return;
    }
    char stamp[32];
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
    snprintf(run->out, sizeof run->out, "liveload-results/%s-%s", run->plans[0].spec.name, stamp);
    for (char *at = run->out + strlen("liveload-results/"); *at; at++)
        if (*at == '/' || *at == ' ') *at = '-';
}

// mkdir -p, and a check that files can be made there: better known now than after an hour's run.
static ll_err make_folder(const char *path) {
    char part[PATH_MAX];
    for (const char *slash = strchr(path + 1, '/');; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof part, "%.*s", slash ? (int)(slash - path) : (int)strlen(path), path);
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return ll_err_make(LL_PERMISSION_DENIED, "the output folder %s cannot be made: %s", part, strerror(errno));
        if (!slash) break;
    }
    struct stat about;
    if (stat(path, &about) != 0 || !S_ISDIR(about.st_mode))
        return ll_err_make(LL_PERMISSION_DENIED, "%s is no folder: choose another with --out", path);
    snprintf(part, sizeof part, "%.*s/.liveload-writes", PATH_MAX - 32, path);
    int probe = open(part, O_WRONLY | O_CREAT | O_CLOEXEC, 0666); // access() believes what some file systems refuse
    if (probe < 0)
        return ll_err_make(LL_PERMISSION_DENIED, "nothing can be written to %s (%s): choose another with --out", path,
                           strerror(errno));
    close(probe);
    unlink(part);
    return LL_SUCCESS;
}

// Only one run writes to a folder, for as long as it holds the lock; what an earlier one left there goes now, so that
// it cannot be taken for this one's.
static ll_err claim_folder(struct run *run) {
    static const char *const names[] = {"result.llr", "report.html", "result.json", "junit.xml", "report.md"};
    run->folder_lock = open(run->out, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (run->folder_lock < 0 || flock(run->folder_lock, LOCK_EX | LOCK_NB) != 0)
        return ll_err_make(LL_UNAVAILABLE, "another run writes to %s: choose another folder with --out", run->out);
    unsigned replaced = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) replaced += unlinkat(run->folder_lock, names[i], 0) == 0;
    artifacts_remove(run->out);
    if (replaced && !run->options.is_quiet) fprintf(stderr, "replacing the result in %s\n", run->out);
    return LL_SUCCESS;
}

static ll_err watch_signals(int *out_fd) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    *out_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return *out_fd >= 0 ? LL_SUCCESS : ll_err_make(LL_RESOURCE_EXHAUSTED, "signals cannot be watched");
}

// --- one scenario ---

// Waits for a signal or `ms`; the number of interrupts so far is in run->interrupts.
static void pause_for(struct run *run, int ms) {
    struct pollfd ready = {.fd = run->signals, .events = POLLIN};
    if (poll(&ready, 1, ms) <= 0) return;
    struct signalfd_siginfo info;
    while (read(run->signals, &info, sizeof info) == (ssize_t)sizeof info) run->interrupts++;
}

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
    ll_err err = ll_blocking_status(run->calls, &newest, &status);
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
    LL_TRY(ll_blocking_submit(run->submit, &request, &reply));
    memcpy(out_run->run_id, reply.run_id, sizeof out_run->run_id);
    return LL_SUCCESS;
}

static ll_err stop_gracefully(struct run *run, const struct ll_run_request *request, struct progress *progress,
                              bool has_users) {
    struct ll_empty nothing;
    progress_clear(progress);
    fprintf(stderr, "stopping%s; Ctrl-C again leaves at once\n", has_users ? ": users finish their iterations" : "");
    return ll_blocking_stop(run->calls, request, &nothing);
}

// What fails once agents have the run, an error in config for one, is not wrong usage any more, whatever its status;
// and a run that somebody else stopped was not interrupted here.
static ll_err failure_of(const struct run *run, const struct ll_status_reply *status, bool was_prepared) {
    ll_err err = status->error;
    bool is_usage = outcome_of_error(err) == EXIT_USAGE && (was_prepared || err.status == LL_INVALID_ARGUMENT);
    bool is_foreign = err.status == LL_CANCELLED && run->interrupts == 0;
    if (is_usage || is_foreign) err.status = LL_FAILED_PRECONDITION;
    return err;
}

// Until the run has ended, by itself or by Ctrl-C. A run that failed on its way has a result too.
static ll_err watch(struct run *run, const struct ll_run_request *request, struct progress *progress,
                    bool *out_has_result) {
    unsigned seen_interrupts = run->interrupts;
    bool was_prepared = false;
    for (;;) {
        struct ll_status_reply status = {.state = LL_RUN_WAITING};
        ll_err err = ll_blocking_status(run->calls, request, &status);
        if (err.status != LL_CANCELLED) { // a signal came while it asked: it is read below
            LL_TRY(err);
            *out_has_result = status.result_bytes > 0;
            if (status.state == LL_RUN_FAILED) return failure_of(run, &status, was_prepared);
            was_prepared |= status.state >= LL_RUN_PREPARING;
            progress_show(progress, &status, agents_wanted(&run->options));
            if (status.state == LL_RUN_FINISHED) return LL_SUCCESS;
            if (status.state < LL_RUN_RUNNING) LL_TRY(cluster_check(&run->cluster));
        }
        pause_for(run, status.first_iteration_started ? STATUS_MS : STATUS_QUICK_MS);
        if (run->interrupts > 1) return ll_err_make(LL_CANCELLED, "stopped at once: nothing is left of this run");
        if (run->interrupts > seen_interrupts) LL_TRY(stop_gracefully(run, request, progress, status.active_users > 0));
        seen_interrupts = run->interrupts;
    }
}

static ll_err fetch(struct run *run, const struct ll_run_request *finished, struct ll_result *out) {
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    struct ll_fetch_request request = {0};
    struct ll_fetch_reply reply = {.total_bytes = 1};
    ll_err err = LL_SUCCESS;
    memcpy(request.run_id, finished->run_id, sizeof request.run_id);
    while (err.status == LL_OK && file.len < reply.total_bytes && !file.overflowed) {
        request.offset = file.len;
        err = ll_blocking_fetch_result(run->calls, &request, &reply);
        if (err.status == LL_CANCELLED) pause_for(run, 0); // a signal came
        if (err.status == LL_CANCELLED && run->interrupts <= 1) {
            err = LL_SUCCESS; // the first one asks for the result so far, and this is it
            continue;
        }
        if (err.status == LL_OK) ll_buf_append(&file, reply.chunk.data, reply.chunk.len);
        if (err.status == LL_OK && reply.chunk.len == 0) break; // cut: unpacking says so
    }
    if (err.status == LL_OK) err = ll_result_unpack(file.data, file.len, out);
    ll_buf_fini(&file);
    return ll_err_in(err, "fetching the result");
}

// Fetches the files that the result lists; what cannot be had is taken off the list, and said.
static void fetch_artifacts(struct run *run, const struct ll_run_request *finished, struct ll_scenario_result *result) {
    size_t kept = 0;
    for (size_t i = 0; i < result->artifact_count && run->interrupts <= 1; i++) {
        struct ll_artifact *artifact = &result->artifacts[i];
        ll_err err = artifacts_fetch(run->calls, finished->run_id, artifact, run->artifacts);
        if (err.status == LL_CANCELLED) { // a signal came: the first one asks for what there is, and this is it
            pause_for(run, 0);
            i--;
        } else if (err.status == LL_OK) {
            result->artifacts[kept++] = *artifact;
        } else {
            fprintf(stderr, "liveload: %s\n", err.text);
        }
    }
    result->artifact_count = kept;
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

// Adds what the scenario left behind to the result, also when it failed: then at least its error.
static ll_err run_scenario(struct run *run, const struct planned *plan) {
    struct ll_run_request request;
    struct ll_result one = {0};
    bool has_result = false;
    ll_err err = submit(run, plan, &request);
    if (err.status == LL_OK) {
        struct progress progress = progress_make(plan->spec.name, run->options.is_quiet || run->options.is_debug);
        err = watch(run, &request, &progress, &has_result);
        progress_clear(&progress);
    }
    if (has_result) {
        ll_err fetched = fetch(run, &request, &one);
        has_result = fetched.status == LL_OK;
        if (err.status == LL_OK) err = fetched;
    }
    for (size_t i = 0; has_result && i < one.scenario_count; i++) fetch_artifacts(run, &request, &one.scenarios[i]);
    if (has_result)
        append_result(&run->result, &one);
    else
        append_error(&run->result, &plan->spec, err);
    return err;
}

// --- all of them ---

static ll_err run_all(struct run *run) {
    ll_err worst = LL_SUCCESS;
    bool goes_on = true; // until the next would fare no better
    for (size_t i = 0; i < run->plan_count; i++) {
        const struct planned *plan = &run->plans[i];
        ll_err err = ll_err_make(LL_ABORTED, "not started, since the command ended before its turn");
        if (goes_on)
            err = run_scenario(run, plan);
        else
            append_error(&run->result, &plan->spec, err);
        if (err.status != LL_OK) fprintf(stderr, "liveload: %s: %s\n", plan->spec.name, err.text);
        if (outcome_is_worse(outcome_of_error(err), outcome_of_error(worst))) worst = err;
        if (err.status == LL_UNAVAILABLE || err.status == LL_CANCELLED || run->interrupts > 0) goes_on = false;
    }
    return worst;
}

static ll_err write_reports(const struct run *run) {
    char file[PATH_MAX + 16];
    snprintf(file, sizeof file, "%s/result.llr", run->out);
    LL_TRY(ll_result_write_file(file, &run->result));
    const char *const arguments[] = {"--all", run->out, file, NULL};
    struct child report;
    LL_TRY(child_start("liveload-report", arguments, 0, &report));
    child_finish(&report, REPORT_TIMEOUT_MS);
    if (report.exit_status != 0)
        return ll_err_make(LL_INTERNAL, "the reports could not be written; the result is in %s", file);
    return LL_SUCCESS;
}

static void print_closing(const struct run *run) {
    for (size_t i = 0; i < run->result.scenario_count; i++)
        if (!run->result.scenarios[i].error) closing_print(stdout, &run->result.scenarios[i], run->options.is_quiet);
    fflush(stdout); // what was measured is told even when the files cannot be written
}

static void print_paths(const struct run *run) {
    printf("%sreport: %s/report.html\n", run->options.is_quiet ? "" : "\n", run->out);
    size_t artifacts = 0;
    for (size_t i = 0; i < run->result.scenario_count; i++) artifacts += run->result.scenarios[i].artifact_count;
    if (!run->options.is_quiet)
        printf("also:   %s/result.json, junit.xml, report.md, result.llr%s\n", run->out,
               artifacts ? ", artifacts/" : "");
}

// The cluster is up and the calls are open.
static int run_on_cluster(struct run *run) {
    run->result.liveload_version = ll_strdup(LIVELOAD_VERSION);
    ll_err err = run_all(run);
    run->result.generated_at_ms = (uint64_t)ll_clock_wall_ms();
    cluster_stop(&run->cluster, err.status == LL_CANCELLED ? CLUSTER_AT_ONCE : CLUSTER_POLITELY);
    int code = outcome_of_result(&run->result);
    if (err.status != LL_OK) code = outcome_of_error(err);
    if (run->interrupts > 1) return EXIT_INTERRUPTED;
    if (run->options.is_debug && code == EXIT_INVALID) code = 0; // one iteration is no measurement
    if (!run->options.is_debug) print_closing(run);
    err = write_reports(run);
    if (err.status == LL_OK)
        print_paths(run);
    else
        fprintf(stderr, "liveload: %s\n", err.text);
    if (run->interrupts > 0) return EXIT_INTERRUPTED;
    return err.status == LL_OK ? code : EXIT_NOT_RUN;
}

static ll_err prepare(struct run *run) {
    LL_TRY(watch_signals(&run->signals));
    setenv("LIVELOAD_LOG", "warning", 0); // what our coordinator and agents do is told by the progress line
    LL_TRY(read_scenarios(run));
    choose_folder(run);
    LL_TRY(make_folder(run->out));
    LL_TRY(claim_folder(run));
    snprintf(run->artifacts, sizeof run->artifacts, "%s/artifacts", run->out);
    run->options.artifacts = run->artifacts;
    LL_TRY(cluster_start(&run->options, &run->cluster));
    struct ll_blocking_options calls = {
        .url = run->cluster.url, .token = run->cluster.token, .interrupt_fd = run->signals};
    LL_TRY(ll_blocking_new(&calls, &run->calls));
    calls.interrupt_fd = -1;
    return ll_blocking_new(&calls, &run->submit);
}

static void run_fini(struct run *run) {
    cluster_stop(&run->cluster, CLUSTER_AT_ONCE);
    ll_blocking_free(&run->calls);
    ll_blocking_free(&run->submit);
    for (size_t i = 0; i < run->plan_count; i++) {
        ll_buf_fini(&run->plans[i].bundle);
        ll_spec_fini(&run->plans[i].spec);
    }
    free(run->plans);
    ll_result_fini(&run->result);
    if (run->signals >= 0) close(run->signals);
    if (run->folder_lock >= 0) close(run->folder_lock);
    run_options_fini(&run->options);
}

int run_command(int argc, char **argv) {
    struct run run = {.signals = -1, .folder_lock = -1};
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
