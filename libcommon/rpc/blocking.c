// A call in flight when its function returns early (cancelled) may not write to the caller's memory later: so the
// client is made anew after a cancelled call, which drops the old one's calls.
#include "libcommon/rpc/blocking.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/rand.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct ll_blocking {
    char *url, *token;
    uint32_t try_deadline_ms, patience_ms;
    int interrupt_fd, wake_fd;
    struct ll_rpc_client *client;
    struct ll_buf chunk; // what the last reply's chunk points to
};

// Where a call's outcome goes.
struct outcome {
    struct ll_blocking *blocking;
    void *out_reply;
    bool is_done;
    ll_err err;
};

static void wake(void *arg) {
    eventfd_write(((struct ll_blocking *)arg)->wake_fd, 1);
}

static ll_err connect_client(struct ll_blocking *blocking) {
    struct ll_transport_client *transport;
    LL_TRY(ll_nng_client_new(blocking->url, wake, blocking, &transport));
    struct ll_rpc_client_options options = {
        .take_transport = transport,
        .token = blocking->token,
        .server = blocking->url,
        .try_deadline_ms = blocking->try_deadline_ms,
        .patience_ms = blocking->patience_ms,
    };
    ll_rand_secure(&options.first_call_id, sizeof options.first_call_id);
    blocking->client = ll_rpc_client_new(&options);
    return LL_SUCCESS;
}

// Sleeps until there is something to do; false when interrupted.
static bool wait_for_news(struct ll_blocking *blocking) {
    int64_t wait_us = INT64_MAX, next_us = ll_rpc_client_next_us(blocking->client);
    if (next_us != INT64_MAX) wait_us = next_us - ll_clock_us();
    int wait_ms = wait_us <= 0 ? 0 : wait_us > 1000 * 1000 ? 1000 : (int)(wait_us / 1000) + 1;
    struct pollfd fds[] = {
        {.fd = blocking->wake_fd, .events = POLLIN},
        {.fd = blocking->interrupt_fd, .events = POLLIN}, // poll passes over -1
    };
    if (poll(fds, 2, wait_ms) < 0) return true; // EINTR: look again
    eventfd_t count;
    if (fds[0].revents) eventfd_read(blocking->wake_fd, &count);
    return fds[1].revents == 0;
}

static ll_err run(struct ll_blocking *blocking, struct outcome *outcome) {
    while (true) {
        ll_rpc_client_poll(blocking->client, ll_clock_us());
        if (outcome->is_done) return outcome->err;
        if (!wait_for_news(blocking)) break;
    }
    ll_rpc_client_free(&blocking->client);
    LL_TRY(connect_client(blocking));
    return ll_err_make(LL_CANCELLED, "the call to %s was interrupted", blocking->url);
}

// What a reply borrows is kept beyond the callback.
static void keep_nothing(struct ll_blocking *blocking, const void *reply) {
    (void)blocking, (void)reply;
}

static void keep_chunk(struct ll_blocking *blocking, struct ll_fetch_reply *reply) {
    ll_buf_clear(&blocking->chunk);
    ll_buf_append(&blocking->chunk, reply->chunk.data, reply->chunk.len);
    reply->chunk.data = blocking->chunk.data;
}

static void keep_assignment(struct ll_blocking *blocking, struct ll_exchange_reply *reply) {
    (void)blocking;
    reply->barriers = (struct ll_barrier_answers){.items = NULL};
    reply->throttles = (struct ll_throttle_grants){.items = NULL};
    if (reply->directive != LL_DIRECTIVE_PREPARE) return;
    reply->assignment.spec = ll_spec_copy(&reply->assignment.spec);
    reply->assignment.secrets = ll_secrets_copy(&reply->assignment.secrets);
}

#define keep(blocking, reply)                                                                                          \
    _Generic((reply), struct ll_fetch_reply *                                                                          \
             : keep_chunk, struct ll_exchange_reply *                                                                  \
             : keep_assignment, default                                                                                \
             : keep_nothing)(blocking, reply)

#define LL_RPC_METHOD(name, request_type, reply_type)                                                                  \
    static void on_##name(void *arg, ll_err err, const struct reply_type *reply) {                                     \
        struct outcome *outcome = arg;                                                                                 \
        outcome->is_done = true;                                                                                       \
        outcome->err = err;                                                                                            \
        if (!reply) return;                                                                                            \
        struct reply_type *out_reply = outcome->out_reply;                                                             \
        *out_reply = *reply;                                                                                           \
        keep(outcome->blocking, out_reply);                                                                            \
    }                                                                                                                  \
    ll_err ll_blocking_##name(struct ll_blocking *blocking, const struct request_type *request,                        \
                              struct reply_type *out_reply) {                                                          \
        struct outcome outcome = {.blocking = blocking, .out_reply = out_reply};                                       \
        ll_rpc_##name(blocking->client, ll_clock_us(), request, on_##name, &outcome);                                  \
        return run(blocking, &outcome);                                                                                \
    }
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD

void ll_blocking_free(struct ll_blocking **blocking) {
    if (!*blocking) return;
    ll_rpc_client_free(&(*blocking)->client);
    if ((*blocking)->wake_fd >= 0) close((*blocking)->wake_fd);
    ll_buf_fini(&(*blocking)->chunk);
    free((*blocking)->url);
    free((*blocking)->token);
    free(*blocking);
    *blocking = NULL;
}

ll_err ll_blocking_new(const struct ll_blocking_options *options, struct ll_blocking **out) {
    struct ll_blocking *blocking = ll_alloc(1, sizeof *blocking);
    blocking->url = ll_strdup(options->url);
    blocking->token = ll_strdup(options->token);
    blocking->try_deadline_ms = options->try_deadline_ms;
    blocking->patience_ms = options->patience_ms;
    blocking->interrupt_fd = options->interrupt_fd;
    blocking->chunk = ll_buf_make(LL_CHUNK_BYTES);
    blocking->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ll_err err = blocking->wake_fd >= 0 ? connect_client(blocking)
                                        : ll_err_make(LL_RESOURCE_EXHAUSTED,
                                                      "no file descriptor is left for a "
                                                      "connection: %s",
                                                      strerror(errno));
    if (err.status != LL_OK) {
        ll_blocking_free(&blocking);
        return err;
    }
    *out = blocking;
    return LL_SUCCESS;
}
