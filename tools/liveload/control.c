// The happy path: ask the coordinator for its runs, take the one that is meant, and follow, fetch or stop it.
//
// Ways it can fail: no coordinator, or one that is silent for longer than --patience; another token; no run that fits
// what was typed (each exit 1, with the way out); a folder that cannot be written; Ctrl-C.
#include "tools/liveload/control.h"

#include "libcommon/base/buf.h"
#include "libcommon/codec/json.h"
#include "tools/liveload/control_options.h"
#include "tools/liveload/delivery.h"
#include "tools/liveload/folder.h"
#include "tools/liveload/outcome.h"
#include "tools/liveload/progress.h"
#include "tools/liveload/remote.h"
#include "tools/liveload/watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JSON_MAX_BYTES = 256 * 1024, LINE_MAX_BYTES = 600 };

struct control {
    struct control_options options;
    struct signals signals;
    struct remote remote;
    struct ll_runs_reply runs;
};

static const char *state_word(enum ll_run_state state) {
    switch (state) {
    case LL_RUN_WAITING:
        return "waiting";
    case LL_RUN_PREPARING:
        return "preparing";
    case LL_RUN_STARTING:
        return "starting";
    case LL_RUN_RUNNING:
        return "running";
    case LL_RUN_STOPPING:
        return "stopping";
    case LL_RUN_FINISHED:
        return "finished";
    case LL_RUN_FAILED:
        break;
    }
    return "failed";
}

static bool is_over(const struct ll_run_summary *run) {
    return run->status.state == LL_RUN_FINISHED || run->status.state == LL_RUN_FAILED;
}

// ---- Which run

static ll_err find_named(const struct control *control, const struct ll_run_summary **out) {
    for (size_t i = 0; i < control->runs.count; i++) {
        *out = &control->runs.runs[i];
        if (strcmp((*out)->run_id, control->options.run_id) == 0) return LL_SUCCESS;
    }
    return ll_err_make(LL_NOT_FOUND, "run %.100s is not known at %s: liveload status lists those that are",
                       control->options.run_id, control->remote.url);
}

// The last one listed goes on, if any does.
static const struct ll_run_summary *newest(const struct control *control) {
    return control->runs.count > 0 ? &control->runs.runs[control->runs.count - 1] : NULL;
}

static ll_err find_going(const struct control *control, const struct ll_run_summary **out) {
    if (control->options.run_id) return find_named(control, out);
    *out = newest(control);
    if (!*out) return ll_err_make(LL_NOT_FOUND, "no run goes on at %s, and none did", control->remote.url);
    if (!is_over(*out)) return LL_SUCCESS;
    return ll_err_make(LL_NOT_FOUND,
                       "no run goes on at %s; the last was %s of scenario \"%s\", which %s: liveload fetch %s",
                       control->remote.url, (*out)->run_id, (*out)->scenario,
                       (*out)->status.state == LL_RUN_FAILED ? "failed" : "is finished", (*out)->run_id);
}

static ll_err find_over(const struct control *control, const struct ll_run_summary **out) {
    if (control->options.run_id)
        LL_TRY(find_named(control, out));
    else
        *out = newest(control);
    if (!*out) return ll_err_make(LL_NOT_FOUND, "nothing has been run at %s yet", control->remote.url);
    if (!is_over(*out))
        return ll_err_make(
            LL_FAILED_PRECONDITION,
            "run %s of scenario \"%s\" still goes on: liveload attach waits for its result, and liveload "
            "stop ends it",
            (*out)->run_id, (*out)->scenario);
    if ((*out)->status.result_bytes > 0) return LL_SUCCESS;
    return ll_err_make(LL_NOT_FOUND, "run %s has no result: %s", (*out)->run_id, (*out)->status.error.text);
}

// ---- What is printed

static void print_json(const struct ll_buf *json) {
    printf("%s\n", ll_buf_str((struct ll_buf *)json));
}

static void write_run(struct ll_json_writer *writer, const char *key, const struct ll_run_summary *run) {
    const struct ll_status_reply *status = &run->status;
    ll_json_begin_object(writer, key);
    ll_json_write_string(writer, "run_id", run->run_id);
    ll_json_write_string(writer, "scenario", run->scenario);
    ll_json_write_string(writer, "state", state_word(status->state));
    ll_json_write_int(writer, "elapsed_ms", (int64_t)status->elapsed_ms);
    ll_json_write_int(writer, "planned_ms", (int64_t)status->planned_ms);
    ll_json_write_int(writer, "active_users", status->active_users);
    ll_json_write_int(writer, "agents_lost", status->agents_lost);
    ll_json_write_int(writer, "iterations_completed", (int64_t)status->iterations_completed);
    ll_json_write_int(writer, "iterations_failed", (int64_t)status->iterations_failed);
    ll_json_write_int(writer, "http_requests", (int64_t)status->http_requests);
    ll_json_write_bool(writer, "has_result", status->result_bytes > 0);
    if (status->error.status != LL_OK) ll_json_write_string(writer, "error", status->error.text);
    ll_json_end_object(writer);
}

static void print_runs_json(const struct control *control, const struct ll_run_summary *runs, size_t count) {
    struct ll_buf json = ll_buf_make(JSON_MAX_BYTES);
    struct ll_json_writer writer = ll_json_writer_make(&json);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "coordinator", control->remote.url);
    ll_json_write_int(&writer, "agents_registered", control->runs.agents_registered);
    ll_json_begin_array(&writer, "runs");
    for (size_t i = 0; i < count; i++) write_run(&writer, NULL, &runs[i]);
    ll_json_end_array(&writer);
    ll_json_end_object(&writer);
    print_json(&json);
    ll_buf_fini(&json);
}

static void print_run(const struct ll_run_summary *run) {
    char line[LINE_MAX_BYTES];
    progress_format(&run->status, line, sizeof line);
    printf("%s  %s  %s  %s\n", run->run_id, run->scenario, state_word(run->status.state), line);
    if (run->status.state == LL_RUN_FAILED) printf("  %s\n", run->status.error.text);
}

static void print_runs(const struct control *control, const struct ll_run_summary *runs, size_t count) {
    uint32_t agents = control->runs.agents_registered;
    printf("%s: %u agent%s registered\n", control->remote.url, agents, agents == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++) print_run(&runs[i]);
    if (count == 0) puts("nothing has been run here yet");
}

static void print_delivery_json(const struct ll_run_summary *run, const char *folder, const struct ll_result *result,
                                int exit_code) {
    struct ll_buf json = ll_buf_make(JSON_MAX_BYTES);
    struct ll_json_writer writer = ll_json_writer_make(&json);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "run_id", run->run_id);
    ll_json_write_string(&writer, "scenario", run->scenario);
    ll_json_write_string(&writer, "out", folder);
    if (result->scenario_count > 0)
        ll_json_write_string(&writer, "verdict", ll_verdict_name(result->scenarios[0].verdict));
    ll_json_write_int(&writer, "exit_code", exit_code);
    ll_json_end_object(&writer);
    print_json(&json);
    ll_buf_fini(&json);
}

// ---- The verbs

static ll_err open_control(struct control *control) {
    char token[LL_TOKEN_TEXT_MAX], usual[PATH_MAX];
    const char *path = control->options.token_file;
    LL_TRY(signals_watch(&control->signals));
    if (!path) {
        LL_TRY(ll_token_default_path(usual, sizeof usual));
        path = usual;
    }
    LL_TRY(ll_token_read(path, token));
    LL_TRY(remote_open(control->options.coordinator, token, &control->signals, control->options.patience_ms,
                       &control->remote));
    return remote_list(&control->remote, &control->runs);
}

// Runs the verb with what it needs.
static int command(enum control_verb verb, int argc, char **argv,
                   ll_err (*run)(struct control *control, int *out_code)) {
    struct control control = {.signals = {.fd = -1}};
    control_options_parse(verb, argc, argv, &control.options);
    int code = EXIT_HELD;
    ll_err err = open_control(&control);
    if (err.status == LL_OK) err = run(&control, &code);
    if (err.status != LL_OK) {
        fprintf(stderr, "liveload: %s\n", err.text);
        code = err.status == LL_CANCELLED ? EXIT_INTERRUPTED : EXIT_NOT_RUN;
    }
    remote_close(&control.remote);
    signals_fini(&control.signals);
    return code;
}

static struct ll_run_request request_for(const struct ll_run_summary *run) {
    struct ll_run_request request;
    memcpy(request.run_id, run->run_id, sizeof request.run_id);
    return request;
}

// Fetches the result and then writes it and the reports, so that an earlier result stays until this one is here.
// `failure` is why the run failed, if it did. *out_code: what the run's own command would end with.
static ll_err deliver(struct control *control, const struct ll_run_summary *run, ll_err failure, int *out_code) {
    const struct control_options *options = &control->options;
    struct ll_run_request request = request_for(run);
    struct ll_result result = {0};
    struct folder folder = {.lock = -1};
    FILE *out = options->is_json ? stderr : stdout;
    ll_err err = remote_fetch_result(&control->remote, &request, &result);
    if (err.status == LL_UNAVAILABLE)
        remote_tell_way_on(&control->remote, run->run_id, options->token_file, options->out);
    if (err.status == LL_OK) err = folder_claim(options->out, run->scenario, options->is_quiet, &folder);
    if (err.status == LL_OK) {
        remote_fetch_artifacts(&control->remote, &request, folder.artifacts, &result);
        err = delivery_make(&result, folder.path, options->is_quiet, out);
    }
    if (err.status == LL_OK) *out_code = outcome_of_run(&result, failure);
    if (err.status == LL_OK && options->is_json) print_delivery_json(run, folder.path, &result, *out_code);
    ll_result_fini(&result);
    folder_release(&folder);
    return err;
}

static ll_err attach(struct control *control, int *out_code) {
    const struct ll_run_summary *run = NULL;
    LL_TRY(find_going(control, &run));
    struct ll_run_request request = request_for(run);
    struct watch_options watch = {
        .scenario = run->scenario, .is_quiet = control->options.is_quiet, .on_interrupt = WATCH_LEAVES};
    bool has_result = false;
    ll_err err = watch_run(&control->remote, &request, &watch, &has_result);
    if (err.status == LL_UNAVAILABLE && !has_result)
        remote_tell_way_on(&control->remote, run->run_id, control->options.token_file, control->options.out);
    if (!has_result) return err;
    LL_TRY(deliver(control, run, err, out_code));
    if (err.status != LL_OK) fprintf(stderr, "liveload: %s: %s\n", run->scenario, err.text);
    return LL_SUCCESS;
}

static ll_err fetch(struct control *control, int *out_code) {
    const struct ll_run_summary *run = NULL;
    int code; // of the run: this command did what it was asked to
    (void)out_code;
    LL_TRY(find_over(control, &run));
    ll_err failure = run->status.error;
    if (failure.status != LL_OK) failure.status = LL_FAILED_PRECONDITION; // as for attach: the run had begun
    return deliver(control, run, failure, &code);
}

static ll_err stop(struct control *control, int *out_code) {
    const struct ll_run_summary *run = NULL;
    (void)out_code;
    LL_TRY(find_going(control, &run));
    struct ll_run_request request = request_for(run);
    struct ll_run_summary now = *run;
    bool was_over = is_over(run);
    LL_TRY(remote_stop(&control->remote, &request));
    LL_TRY(remote_status(&control->remote, &request, &now.status));
    if (control->options.is_json) {
        print_runs_json(control, &now, 1);
    } else if (was_over) {
        printf("run %s of scenario \"%s\" is over already\n", now.run_id, now.scenario);
    } else {
        printf("run %s of scenario \"%s\" %s\n", now.run_id, now.scenario,
               is_over(&now) ? "is over" : "is stopping: its users finish their iterations");
    }
    return LL_SUCCESS;
}

static ll_err status(struct control *control, int *out_code) {
    const struct ll_run_summary *runs = control->runs.runs;
    size_t count = control->runs.count;
    (void)out_code;
    if (control->options.run_id) {
        LL_TRY(find_named(control, &runs));
        count = 1;
    }
    if (control->options.is_json)
        print_runs_json(control, runs, count);
    else
        print_runs(control, runs, count);
    return LL_SUCCESS;
}

int attach_command(int argc, char **argv) {
    return command(CONTROL_ATTACH, argc, argv, attach);
}

int fetch_command(int argc, char **argv) {
    return command(CONTROL_FETCH, argc, argv, fetch);
}

int stop_command(int argc, char **argv) {
    return command(CONTROL_STOP, argc, argv, stop);
}

int status_command(int argc, char **argv) {
    return command(CONTROL_STATUS, argc, argv, status);
}
