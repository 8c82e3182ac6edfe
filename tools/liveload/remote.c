#include "tools/liveload/remote.h"

#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/text.h"
#include "tools/liveload/artifacts.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CALL_PATIENCE_MS = 10 * 1000 }; // of one try here, in which the client sends the call several times

ll_err remote_open(const char *url, const char *token, struct signals *signals, uint64_t patience_ms,
                   struct remote *out) {
    *out = (struct remote){.signals = signals, .patience_ms = patience_ms};
    snprintf(out->url, sizeof out->url, "%s", url);
    struct ll_blocking_options options = {.url = url, .token = token, .interrupt_fd = signals->fd};
    options.patience_ms = patience_ms < CALL_PATIENCE_MS ? (uint32_t)patience_ms : CALL_PATIENCE_MS;
    LL_TRY(ll_blocking_new(&options, &out->calls));
    options.interrupt_fd = -1;
    return ll_blocking_new(&options, &out->submit);
}

void remote_close(struct remote *remote) {
    ll_blocking_free(&remote->calls);
    ll_blocking_free(&remote->submit);
}

// ---- Patience

struct patience {
    struct remote *remote;
    int64_t since_us;
    unsigned interrupts; // more than these end the call
    bool is_told;
};

static struct patience patience_of(struct remote *remote, unsigned interrupts) {
    return (struct patience){.remote = remote, .since_us = ll_clock_us(), .interrupts = interrupts};
}

static bool is_silence(ll_err err) {
    return err.status == LL_UNAVAILABLE || err.status == LL_DEADLINE_EXCEEDED;
}

static ll_err check(struct remote *remote) {
    return remote->check ? remote->check(remote->check_arg) : LL_SUCCESS;
}

static bool bears_silence(struct patience *patience, ll_err *err) {
    struct remote *remote = patience->remote;
    char waited[32], limit[32];
    int64_t waited_us = ll_clock_us() - patience->since_us;
    ll_text_duration_us((double)(waited_us / 1000000 * 1000000), waited, sizeof waited);
    ll_text_duration_us((double)remote->patience_ms * 1000, limit, sizeof limit);
    if (!remote->has_answered) return false;
    if ((uint64_t)waited_us / 1000 >= remote->patience_ms) {
        *err = ll_err_make(LL_UNAVAILABLE, "the coordinator at %s has not answered for %s", remote->url, limit);
        return false;
    }
    fprintf(stderr, "liveload: the coordinator at %s has not answered for %s; trying for %s (--patience)\n",
            remote->url, waited, limit);
    patience->is_told = true;
    return true;
}

// Whether the call that ended with `err` is to be made again.
static bool tries_again(struct patience *patience, ll_err *err) {
    struct remote *remote = patience->remote;
    if (err->status == LL_CANCELLED) signals_pause(remote->signals, 0); // which of them came
    if (err->status == LL_CANCELLED || is_silence(*err)) {
        ll_err death = check(remote);
        if (death.status != LL_OK) {
            *err = death;
            return false;
        }
    }
    if (err->status == LL_CANCELLED) return remote->signals->interrupts <= patience->interrupts;
    if (is_silence(*err)) return bears_silence(patience, err);
    remote->has_answered = true;
    if (patience->is_told) fprintf(stderr, "liveload: the coordinator at %s answers again\n", remote->url);
    return false;
}

// One way to send for all methods.
typedef ll_err send_fn(struct ll_blocking *calls, const void *request, void *out_reply);

#define SENDER(name)                                                                                                   \
    static ll_err send_##name(struct ll_blocking *calls, const void *request, void *out_reply) {                       \
        return ll_blocking_##name(calls, request, out_reply);                                                          \
    }
SENDER(status)
SENDER(stop)
SENDER(list_runs)
SENDER(fetch_result)
SENDER(fetch_artifact)
#undef SENDER

static ll_err patiently(struct remote *remote, unsigned interrupts, send_fn *send, const void *request,
                        void *out_reply) {
    struct patience patience = patience_of(remote, interrupts);
    ll_err err;
    do {
        err = send(remote->calls, request, out_reply);
    } while (tries_again(&patience, &err));
    return err;
}

// ---- Calls

ll_err remote_status(struct remote *remote, const struct ll_run_request *request, struct ll_status_reply *out) {
    return patiently(remote, remote->signals->interrupts, send_status, request, out);
}

ll_err remote_stop(struct remote *remote, const struct ll_run_request *request) {
    struct ll_empty nothing;
    return patiently(remote, remote->signals->interrupts, send_stop, request, &nothing);
}

ll_err remote_list(struct remote *remote, struct ll_runs_reply *out) {
    struct ll_empty nothing = {0};
    return patiently(remote, remote->signals->interrupts, send_list_runs, &nothing, out);
}

// One argument, with its blank before, as a shell reads it.
static void print_argument(const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@%+=,";
    if (*text && text[strspn(text, plain)] == '\0') {
        fprintf(stderr, " %s", text);
        return;
    }
    fputs(" '", stderr);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stderr);
        else
            fputc(*text, stderr);
    }
    fputc('\'', stderr);
}

static void print_option(const char *name, const char *value) {
    if (!value) return;
    fprintf(stderr, " %s", name);
    print_argument(value);
}

void remote_tell_way_on(const struct remote *remote, const char *run_id, const char *token_file, const char *out) {
    fprintf(stderr, "the run may go on there. To follow it again:\n  liveload attach %s", run_id);
    print_option("--coordinator", remote->url);
    print_option("--token-file", token_file);
    print_option("--out", out);
    fputc('\n', stderr);
}

ll_err remote_submit(struct remote *remote, const struct ll_submit_request *request, struct ll_submit_reply *out) {
    ll_err err = ll_blocking_submit(remote->submit, request, out);
    return is_silence(err) ? ll_err_in(err, "whether the run was submitted is not known") : err;
}

static ll_err fetch_result(struct remote *remote, const struct ll_fetch_request *request, struct ll_fetch_reply *out) {
    return patiently(remote, remote->stop_interrupts, send_fetch_result, request, out);
}

ll_err remote_fetch_artifact(struct remote *remote, const struct ll_fetch_artifact_request *request,
                             struct ll_fetch_reply *out) {
    return patiently(remote, remote->stop_interrupts, send_fetch_artifact, request, out);
}

ll_err remote_fetch_result(struct remote *remote, const struct ll_run_request *run, struct ll_result *out) {
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    struct ll_fetch_request request = {0};
    struct ll_fetch_reply reply = {.total_bytes = 1};
    ll_err err = LL_SUCCESS;
    memcpy(request.run_id, run->run_id, sizeof request.run_id);
    while (err.status == LL_OK && file.len < reply.total_bytes && !file.overflowed) {
        request.offset = file.len;
        err = fetch_result(remote, &request, &reply);
        if (err.status == LL_OK) ll_buf_append(&file, reply.chunk.data, reply.chunk.len);
        if (err.status == LL_OK && reply.chunk.len == 0) break; // cut: unpacking says so
    }
    if (err.status == LL_OK) err = ll_result_unpack(file.data, file.len, out);
    ll_buf_fini(&file);
    return ll_err_in(err, "fetching the result");
}

static void fetch_all(struct remote *remote, const struct ll_run_request *run, const char *folder,
                      struct ll_scenario_result *scenario) {
    size_t kept = 0;
    for (size_t i = 0; i < scenario->artifact_count; i++) {
        struct ll_artifact *artifact = &scenario->artifacts[i];
        ll_err err = artifacts_fetch(remote, run->run_id, artifact, folder);
        if (err.status == LL_OK)
            scenario->artifacts[kept++] = *artifact;
        else if (err.status != LL_CANCELLED)
            fprintf(stderr, "liveload: %s\n", err.text);
        if (err.status == LL_CANCELLED || is_silence(err)) break; // the others would fare no better
    }
    scenario->artifact_count = kept;
}

void remote_fetch_artifacts(struct remote *remote, const struct ll_run_request *run, const char *folder,
                            struct ll_result *result) {
    for (size_t i = 0; i < result->scenario_count; i++) fetch_all(remote, run, folder, &result->scenarios[i]);
}
