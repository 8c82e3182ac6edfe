#include "tests/unit/rpc/fake.h"

#include "libcommon/base/alloc.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

static ll_err on_register(void *owner, const struct ll_register_request *request, struct ll_register_reply *out) {
    struct fake *fake = owner;
    fake->calls[FAKE_register_agent]++;
    fake->registered = *request;
    if (fake->fail.status != LL_OK) return fake->fail;
    *out = (struct ll_register_reply){.agent_id = 7, .epoch = 1ull << 40, .exchange_ms = 1000, .lease_ms = 10000};
    snprintf(out->name, sizeof out->name, "%.60s-2", request->name);
    return LL_SUCCESS;
}

static void assign(struct ll_assignment *out) {
    memset(out->bundle_hash, 0xAB, sizeof out->bundle_hash);
    snprintf(out->run_id, sizeof out->run_id, "run-1");
    out->bundle_bytes = 123456;
    out->spec = ll_spec_make("shop");
    ll_spec_set_option(&out->spec, "base_url", "http://127.0.0.1:8089");
    ll_secrets_add(&out->secrets, "PASSWORD", "correct horse");
    out->first_user = 2;
    out->stride = 3;
    out->users = 5;
    out->iterations = 9;
    out->bucket_width_ms = 1000;
}

// Whoever waits at a barrier may go on, and who leaves it is let go.
static void release(const struct ll_barrier_waits *waits, struct ll_barrier_answers *out) {
    out->count = waits->count;
    out->items = waits->count ? ll_alloc(waits->count, sizeof *out->items) : NULL;
    for (size_t i = 0; i < waits->count; i++)
        out->items[i] =
            (struct ll_barrier_answer){.ticket = waits->items[i].ticket, .is_released = !waits->items[i].is_leaving};
}

static ll_err on_exchange(void *owner, const struct ll_exchange_request *request, struct ll_exchange_reply *out) {
    struct fake *fake = owner;
    fake->calls[FAKE_exchange]++;
    fake->exchanged = *request;
    if (request->snapshot_count > 0)
        snprintf(fake->snapshot, sizeof fake->snapshot, "%.*s", (int)request->snapshots[0].len,
                 (const char *)request->snapshots[0].data);
    if (fake->fail.status != LL_OK) return fake->fail;
    out->acknowledged = request->snapshot_count;
    out->exchange_ms = 500;
    out->directive = fake->is_preparing ? LL_DIRECTIVE_PREPARE : LL_DIRECTIVE_CONTINUE;
    out->in_us = 42;
    out->at_once = true;
    out->now_us = 1700000000123456;
    if (fake->is_preparing) assign(&out->assignment);
    release(&request->barriers, &out->barriers);
    return LL_SUCCESS;
}

static ll_err fetch(struct fake *fake, int method, const struct ll_fetch_request *request, struct ll_fetch_reply *out) {
    fake->calls[method]++;
    fake->fetched = *request;
    if (fake->fail.status != LL_OK) return fake->fail;
    snprintf(fake->chunk, sizeof fake->chunk, "chunk %d of %d", fake->calls[method], (int)request->offset);
    out->chunk = (struct ll_bytes){.data = fake->chunk, .len = strlen(fake->chunk)};
    if (fake->large_chunk.len > 0) out->chunk = fake->large_chunk;
    out->total_bytes = 1000;
    return LL_SUCCESS;
}

static ll_err on_fetch_bundle(void *owner, const struct ll_fetch_request *request, struct ll_fetch_reply *out) {
    return fetch(owner, FAKE_fetch_bundle, request, out);
}

static ll_err on_fetch_result(void *owner, const struct ll_fetch_request *request, struct ll_fetch_reply *out) {
    return fetch(owner, FAKE_fetch_result, request, out);
}

static ll_err on_send_artifact(void *owner, const struct ll_send_artifact_request *request,
                               struct ll_send_artifact_reply *out) {
    struct fake *fake = owner;
    fake->calls[FAKE_send_artifact]++;
    fake->sent = *request;
    snprintf(fake->chunk, sizeof fake->chunk, "%.*s", (int)request->chunk.len, (const char *)request->chunk.data);
    out->received_bytes = request->offset + request->chunk.len;
    return fake->fail;
}

static ll_err on_fetch_artifact(void *owner, const struct ll_fetch_artifact_request *request,
                                struct ll_fetch_reply *out) {
    struct fake *fake = owner;
    fake->artifact = *request;
    return fetch(fake, FAKE_fetch_artifact, &(struct ll_fetch_request){.offset = request->offset}, out);
}

static ll_err on_leave(void *owner, const struct ll_leave_request *request, struct ll_empty *out) {
    struct fake *fake = owner;
    (void)out;
    fake->calls[FAKE_leave]++;
    fake->left = *request;
    return fake->fail;
}

static ll_err on_submit(void *owner, const struct ll_submit_request *request, struct ll_submit_reply *out) {
    struct fake *fake = owner;
    fake->calls[FAKE_submit]++;
    fake->bundle_bytes = request->bundle.len;
    fake->secrets_submitted = request->secrets.count;
    for (size_t i = 0; i < request->secrets.count; i++) fake->secret_bytes += strlen(request->secrets.items[i].value);
    ll_spec_fini(&fake->submitted);
    fake->submitted = ll_spec_copy(&request->spec);
    if (fake->fail.status != LL_OK) return fake->fail;
    snprintf(out->run_id, sizeof out->run_id, "run-%d", fake->calls[FAKE_submit]);
    return LL_SUCCESS;
}

static ll_err on_status(void *owner, const struct ll_run_request *request, struct ll_status_reply *out) {
    struct fake *fake = owner;
    (void)request;
    fake->calls[FAKE_status]++;
    if (fake->fail.status != LL_OK) return fake->fail;
    *out = (struct ll_status_reply){
        .state = LL_RUN_FAILED,
        .error = ll_err_make(LL_ABORTED, "the last agent is gone"),
        .elapsed_ms = 1,
        .planned_ms = 2,
        .active_users = 3,
        .agents_registered = 4,
        .agents_lost = 5,
        .iterations_completed = 6,
        .iterations_failed = 7,
        .http_requests = 8,
        .iteration_p95_us = 11.5,
        .waiting_for = "agent web-2 opens its users",
        .result_bytes = 12,
        .first_iteration_started = true,
    };
    return LL_SUCCESS;
}

static ll_err on_stop(void *owner, const struct ll_run_request *request, struct ll_empty *out) {
    struct fake *fake = owner;
    (void)request, (void)out;
    fake->calls[FAKE_stop]++;
    return fake->fail;
}

static ll_err on_list_runs(void *owner, const struct ll_empty *request, struct ll_runs_reply *out) {
    struct fake *fake = owner;
    (void)request;
    fake->calls[FAKE_list_runs]++;
    out->agents_registered = 4;
    out->count = LL_RUNS_LISTED_MAX;
    for (size_t i = 0; i < out->count; i++) {
        snprintf(out->runs[i].run_id, sizeof out->runs[i].run_id, "run-%zu", i);
        snprintf(out->runs[i].scenario, sizeof out->runs[i].scenario, "shop");
        out->runs[i].status = (struct ll_status_reply){.state = LL_RUN_RUNNING, .elapsed_ms = 1000 + i};
    }
    return fake->fail;
}

struct ll_rpc_handlers fake_handlers(struct fake *fake) {
    return (struct ll_rpc_handlers){
        .owner = fake,
        .register_agent = on_register,
        .exchange = on_exchange,
        .fetch_bundle = on_fetch_bundle,
        .leave = on_leave,
        .submit = on_submit,
        .status = on_status,
        .stop = on_stop,
        .list_runs = on_list_runs,
        .fetch_result = on_fetch_result,
        .send_artifact = on_send_artifact,
        .fetch_artifact = on_fetch_artifact,
    };
}

void fake_fini(struct fake *fake) {
    ll_spec_fini(&fake->submitted);
}

struct bell bell_make(void) {
    return (struct bell){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
}

void bell_fini(struct bell *bell) {
    close(bell->fd);
}

void bell_ring(void *bell) {
    eventfd_write(((struct bell *)bell)->fd, 1);
}

bool bell_wait(struct bell *bell, int ms) {
    struct pollfd ring = {.fd = bell->fd, .events = POLLIN};
    if (poll(&ring, 1, ms) <= 0) return false;
    eventfd_t count;
    eventfd_read(bell->fd, &count);
    return true;
}
