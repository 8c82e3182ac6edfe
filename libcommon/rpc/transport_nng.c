// Envelopes over nng REQ/REP (https://nng.nanomsg.org/man/v1.5.2/nng_req.7.html, nng_rep.7.html).
//
// Happy path, caller: `send` takes a slot, which has an nng context and an aio of its own; the aio sends, then
// receives, and its callback posts the slot to the mailbox; poll hands the answer over and frees the slot. Server: each
// of LL_CALLS_AT_ONCE_MAX contexts receives; its callback posts it; poll has the request answered and sends the
// answer; when that has left, the callback receives again.
//
// What can fail: nobody listens (the send waits for a connection until the deadline: LL_UNAVAILABLE); the connection
// breaks (nng's own resending is off, so the receive fails: LL_UNAVAILABLE); no answer comes (LL_DEADLINE_EXCEEDED).
// At the server: a peer that speaks no SP, no REQ, or sends more than LL_ENVELOPE_BYTES_MAX loses its connection
// inside nng; a caller that is gone has its answer dropped by nng; a caller that does not read holds a context for
// ANSWER_LEAVES_MS at most.
#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/mailbox.h"
#include "libcommon/rpc/address.h"
#include "libcommon/rpc/transport.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <nng/transport/tcp/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    URL_MAX = LL_ADDRESS_HOST_MAX + 16,
    SP_HEADER_BYTES = 4, // the request id, which RECVMAXSZ counts
    RECONNECT_MIN_MS = 20,
    RECONNECT_MAX_MS = 500,
    ANSWER_LEAVES_MS = 10 * 1000,
    CLOSE_LIMIT_S = 1,
    SPARE_BUFFER_BYTES = 1024 * 1024, // of answers, kept between them
};

static ll_err broken(const char *what, int result) {
    return ll_err_make(LL_INTERNAL, "nng could not %s: %s", what, nng_strerror(result));
}

static void write_url(const struct ll_address *address, unsigned port, char out[URL_MAX]) {
    snprintf(out, URL_MAX, "tcp://%s:%u", address->host, port);
}

static nng_msg *message_of(const void *data, size_t len) {
    nng_msg *message = NULL;
    if (nng_msg_alloc(&message, 0) != 0 || nng_msg_append(message, data, len) != 0) abort(); // as ll_alloc does
    return message;
}

static void *close_socket(void *socket) {
    nng_close(*(nng_socket *)socket);
    free(socket);
    return NULL;
}

// nng_close of 1.5.2 sometimes waits for ever for a connection's own tasks
// (https://github.com/nanomsg/nng/issues/1813). A socket that has not closed by the limit is left to the process's end;
// its aios have been stopped, so that nothing of ours is used any more.
static void close_within_limit(nng_socket socket) {
    struct timespec limit;
    pthread_t thread;
    nng_socket *own = ll_memdup(&socket, sizeof socket);
    if (pthread_create(&thread, NULL, close_socket, own) != 0) {
        free(own);
        return;
    }
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += CLOSE_LIMIT_S;
    if (pthread_timedjoin_np(thread, NULL, &limit) != 0) pthread_detach(thread);
}

// ---- Caller's side

enum slot_phase { SLOT_SENDING, SLOT_RECEIVING };

// One call under way. The nng callback owns it from nng_ctx_send until it posts it; then poll does.
struct slot {
    struct nng_client *client;
    nng_ctx context;
    nng_aio *aio;
    enum slot_phase phase;
    int64_t deadline_us; // of ll_clock_us
    int result;
    nng_msg *response;
    void (*on_response)(void *arg, ll_err err, const void *data, size_t len);
    void *arg;
    struct slot *next_free;
};

struct nng_client {
    struct ll_transport_client base;
    nng_socket socket;
    char url[URL_MAX];
    struct ll_mailbox *done; // of struct slot *
    struct slot slots[LL_CALLS_AT_ONCE_MAX];
    size_t slot_count; // opened so far
    struct slot *first_free;
};

static void on_slot_progress(void *arg) {
    struct slot *slot = arg;
    slot->result = nng_aio_result(slot->aio);
    if (slot->phase == SLOT_SENDING && slot->result == 0) {
        int64_t left_ms = (slot->deadline_us - ll_clock_us()) / 1000;
        slot->phase = SLOT_RECEIVING;
        nng_aio_set_timeout(slot->aio, left_ms > 0 ? (nng_duration)left_ms : 1);
        nng_ctx_recv(slot->context, slot->aio);
        return;
    }
    if (slot->phase == SLOT_SENDING) {
        nng_msg_free(nng_aio_get_msg(slot->aio));
        nng_aio_set_msg(slot->aio, NULL);
    } else if (slot->result == 0) {
        slot->response = nng_aio_get_msg(slot->aio);
    }
    bool posted = ll_mailbox_post(slot->client->done, &slot);
    assert(posted); // the mailbox has room for every slot
    (void)posted;
}

static struct slot *take_slot(struct nng_client *client) {
    struct slot *slot = client->first_free;
    if (slot) {
        client->first_free = slot->next_free;
        return slot;
    }
    assert(client->slot_count < LL_CALLS_AT_ONCE_MAX); // the caller keeps count of its calls
    slot = &client->slots[client->slot_count];
    slot->client = client;
    if (nng_aio_alloc(&slot->aio, on_slot_progress, slot) != 0) abort();
    if (nng_ctx_open(&slot->context, client->socket) != 0) abort();
    client->slot_count++;
    return slot;
}

static void client_send(struct ll_transport_client *base, const void *data, size_t len, uint32_t deadline_ms,
                        void (*on_response)(void *arg, ll_err err, const void *data, size_t len), void *arg) {
    struct nng_client *client = (struct nng_client *)base;
    assert(len <= LL_ENVELOPE_BYTES_MAX);
    struct slot *slot = take_slot(client);
    slot->phase = SLOT_SENDING;
    slot->deadline_us = ll_clock_us() + (int64_t)deadline_ms * 1000;
    slot->on_response = on_response;
    slot->arg = arg;
    nng_aio_set_timeout(slot->aio, deadline_ms > 0 ? (nng_duration)deadline_ms : 1);
    nng_aio_set_msg(slot->aio, message_of(data, len));
    nng_ctx_send(slot->context, slot->aio);
}

static ll_err failure_of(const struct nng_client *client, const struct slot *slot) {
    if (slot->result == 0) return LL_SUCCESS;
    if (slot->result != NNG_ETIMEDOUT)
        return ll_err_make(LL_UNAVAILABLE, "the connection to %s broke: %s", client->url, nng_strerror(slot->result));
    if (slot->phase == SLOT_SENDING)
        return ll_err_make(LL_UNAVAILABLE, "nobody that speaks LiveLoad answers at %s", client->url);
    return ll_err_make(LL_DEADLINE_EXCEEDED, "%s did not answer in time", client->url);
}

static void client_poll(struct ll_transport_client *base) {
    struct nng_client *client = (struct nng_client *)base;
    for (struct slot *slot; ll_mailbox_take(client->done, &slot);) {
        struct slot ended = *slot;
        slot->response = NULL;
        slot->next_free = client->first_free;
        client->first_free = slot;
        ll_err err = failure_of(client, &ended);
        if (ended.response) {
            ended.on_response(ended.arg, err, nng_msg_body(ended.response), nng_msg_len(ended.response));
            nng_msg_free(ended.response);
        } else {
            ended.on_response(ended.arg, err, NULL, 0);
        }
    }
}

// Every aio is stopped, which waits for its callback, before the socket closes: nng 1.5.2 panics when a callback uses a
// context of a socket that another thread is closing.
static void client_fini(struct ll_transport_client *base) {
    struct nng_client *client = (struct nng_client *)base;
    for (size_t i = 0; i < client->slot_count; i++) nng_aio_stop(client->slots[i].aio);
    close_within_limit(client->socket);
    for (size_t i = 0; i < client->slot_count; i++) {
        struct slot *slot = &client->slots[i];
        nng_aio_free(slot->aio);
        if (slot->response) nng_msg_free(slot->response);
    }
    ll_mailbox_free(&client->done);
    free(client);
}

static const struct ll_transport_client_ops client_ops = {
    .send = client_send,
    .poll = client_poll,
    .fini = client_fini,
};

static int client_connect(struct nng_client *client) {
    int result = nng_req0_open(&client->socket);
    if (result) return result;
    if ((result = nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE)) ||
        (result = nng_socket_set_ms(client->socket, NNG_OPT_RECONNMINT, RECONNECT_MIN_MS)) ||
        (result = nng_socket_set_ms(client->socket, NNG_OPT_RECONNMAXT, RECONNECT_MAX_MS)) ||
        (result = nng_socket_set_size(client->socket, NNG_OPT_RECVMAXSZ, LL_ENVELOPE_BYTES_MAX + SP_HEADER_BYTES)) ||
        (result = nng_dial(client->socket, client->url, NULL, NNG_FLAG_NONBLOCK)))
        nng_close(client->socket);
    return result;
}

ll_err ll_nng_client_new(const char *url, ll_wake_fn wake, void *wake_arg, struct ll_transport_client **out) {
    struct ll_address address;
    LL_TRY(ll_address_parse(url, LL_ADDRESS_CONNECT, &address));
    struct nng_client *client = ll_alloc(1, sizeof *client);
    client->base.ops = &client_ops;
    write_url(&address, address.port, client->url);
    int result = client_connect(client);
    if (result) {
        free(client);
        return ll_err_in(broken("connect", result), "%s", url);
    }
    client->done = ll_mailbox_new(sizeof(struct slot *), LL_CALLS_AT_ONCE_MAX, wake, wake_arg);
    *out = &client->base;
    return LL_SUCCESS;
}

// ---- Server's side

enum context_phase { CONTEXT_RECEIVING, CONTEXT_SENDING };

// One REP context. The nng callback owns it, but between its post and the nng_ctx_send in poll.
struct context {
    struct nng_server *server;
    nng_ctx context;
    nng_aio *aio;
    enum context_phase phase;
    nng_msg *request; // posted and not yet answered
};

struct nng_server {
    struct ll_transport_server base;
    nng_socket socket;
    char url[URL_MAX];
    ll_on_request_fn on_request;
    void *arg;
    ll_wake_fn wake;
    void *wake_arg;
    struct ll_mailbox *requests; // of struct context *
    struct context contexts[LL_CALLS_AT_ONCE_MAX];
    size_t context_count;
    struct ll_buf answer;
    atomic_int connections;
};

static void receive_next(struct context *context) {
    context->phase = CONTEXT_RECEIVING;
    nng_aio_set_timeout(context->aio, NNG_DURATION_INFINITE);
    nng_ctx_recv(context->context, context->aio);
}

static void on_context_progress(void *arg) {
    struct context *context = arg;
    int result = nng_aio_result(context->aio);
    if (result && context->phase == CONTEXT_SENDING) {
        nng_msg_free(nng_aio_get_msg(context->aio));
        nng_aio_set_msg(context->aio, NULL);
    }
    if (result == NNG_ECLOSED || result == NNG_ECANCELED) return; // fini is at work
    if (result || context->phase == CONTEXT_SENDING) {
        receive_next(context);
        return;
    }
    context->request = nng_aio_get_msg(context->aio);
    bool posted = ll_mailbox_post(context->server->requests, &context);
    assert(posted); // the mailbox has room for every context
    (void)posted;
}

static void on_connection(nng_pipe pipe, nng_pipe_ev event, void *arg) {
    struct nng_server *server = arg;
    if (event == NNG_PIPE_EV_REM_POST) {
        atomic_fetch_sub(&server->connections, 1);
    } else if (atomic_fetch_add(&server->connections, 1) >= LL_CONNECTIONS_MAX) {
        nng_pipe_close(pipe); // its REM_POST follows
    }
}

static const char *server_address(struct ll_transport_server *base) {
    return ((struct nng_server *)base)->url;
}

static void answer_one(struct nng_server *server, struct context *context) {
    nng_msg *request = context->request;
    context->request = NULL;
    ll_buf_clear(&server->answer);
    server->on_request(server->arg, nng_msg_body(request), nng_msg_len(request), &server->answer);
    nng_msg_free(request);
    assert(server->answer.len > 0 && !server->answer.overflowed); // every request is answered
    context->phase = CONTEXT_SENDING;
    nng_aio_set_timeout(context->aio, ANSWER_LEAVES_MS);
    nng_aio_set_msg(context->aio, message_of(server->answer.data, server->answer.len));
    nng_ctx_send(context->context, context->aio);
    if (server->answer.cap > SPARE_BUFFER_BYTES) {
        ll_buf_fini(&server->answer);
        server->answer = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    }
}

static void server_poll(struct ll_transport_server *base) {
    struct nng_server *server = (struct nng_server *)base;
    struct context *context;
    for (int answered = 0; ll_mailbox_take(server->requests, &context); answered++) {
        answer_one(server, context);
        if (answered < LL_CALLS_AT_ONCE_MAX) continue;
        server->wake(server->wake_arg); // lets the rest of the loop have its turn
        return;
    }
}

// In the order of client_fini, and why.
static void server_fini(struct ll_transport_server *base) {
    struct nng_server *server = (struct nng_server *)base;
    for (size_t i = 0; i < server->context_count; i++) nng_aio_stop(server->contexts[i].aio);
    close_within_limit(server->socket);
    for (size_t i = 0; i < server->context_count; i++) {
        struct context *context = &server->contexts[i];
        nng_aio_free(context->aio);
        if (context->request) nng_msg_free(context->request);
    }
    ll_mailbox_free(&server->requests);
    ll_buf_fini(&server->answer);
    free(server);
}

static const struct ll_transport_server_ops server_ops = {
    .address = server_address,
    .poll = server_poll,
    .fini = server_fini,
};

static unsigned port_of(const nng_sockaddr *local) {
    return ntohs(local->s_family == NNG_AF_INET6 ? local->s_in6.sa_port : local->s_in.sa_port);
}

// Opens, binds and learns the port; does not receive yet.
static ll_err server_listen(struct nng_server *server, const struct ll_address *address) {
    nng_listener listener;
    nng_sockaddr local;
    char url[URL_MAX];
    write_url(address, address->port, url);
    int result = nng_rep0_open(&server->socket);
    if (result) return broken("open a socket", result);
    if ((result = nng_socket_set_size(server->socket, NNG_OPT_RECVMAXSZ, LL_ENVELOPE_BYTES_MAX + SP_HEADER_BYTES)) ||
        (result = nng_pipe_notify(server->socket, NNG_PIPE_EV_ADD_PRE, on_connection, server)) ||
        (result = nng_pipe_notify(server->socket, NNG_PIPE_EV_REM_POST, on_connection, server)) ||
        (result = nng_listen(server->socket, url, &listener, 0)) ||
        (result = nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &local))) {
        nng_close(server->socket);
        if (result == NNG_EADDRINUSE)
            return ll_err_make(LL_UNAVAILABLE, "%s is in use: choose another with --listen, or stop what runs there",
                               url);
        return ll_err_in(broken("listen", result), "%s", url);
    }
    write_url(address, port_of(&local), server->url);
    return LL_SUCCESS;
}

ll_err ll_nng_server_new(const char *url, ll_on_request_fn on_request, void *arg, ll_wake_fn wake, void *wake_arg,
                         struct ll_transport_server **out) {
    struct ll_address address;
    LL_TRY(ll_address_parse(url, LL_ADDRESS_LISTEN, &address));
    struct nng_server *server = ll_alloc(1, sizeof *server);
    server->base.ops = &server_ops;
    ll_err err = server_listen(server, &address);
    if (err.status != LL_OK) {
        free(server);
        return err;
    }
    server->on_request = on_request;
    server->arg = arg;
    server->wake = wake;
    server->wake_arg = wake_arg;
    server->answer = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    server->requests = ll_mailbox_new(sizeof(struct context *), LL_CALLS_AT_ONCE_MAX, wake, wake_arg);
    for (; server->context_count < LL_CALLS_AT_ONCE_MAX; server->context_count++) {
        struct context *context = &server->contexts[server->context_count];
        context->server = server;
        if (nng_aio_alloc(&context->aio, on_context_progress, context) != 0) abort();
        if (nng_ctx_open(&context->context, server->socket) != 0) abort();
        receive_next(context);
    }
    *out = &server->base;
    return LL_SUCCESS;
}
