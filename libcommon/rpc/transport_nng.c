// The caller's side of transport.h: envelopes over nng's REQ (https://nng.nanomsg.org/man/v1.5.2/nng_req.7.html).
//
// Happy path: `send` takes a slot, which has an nng context and an aio of its own; the aio sends, then receives, and
// its callback posts the slot to the mailbox; poll hands the answer over and frees the slot.
//
// What can fail: nobody listens (the send waits for a connection until the deadline: LL_UNAVAILABLE); the connection
// breaks (nng's own resending is off, so the receive fails: LL_UNAVAILABLE); no answer comes (LL_DEADLINE_EXCEEDED).
#include "libcommon/rpc/transport_nng.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/mailbox.h"
#include "libcommon/rpc/address.h"
#include "libcommon/rpc/transport.h"

#include <assert.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SP_HEADER_BYTES = 4, // the request id, which RECVMAXSZ counts
    RECONNECT_MIN_MS = 20,
    RECONNECT_MAX_MS = 500,
    CLOSE_LIMIT_S = 1,
};

ll_err ll_nng_broken(const char *what, int result) {
    return ll_err_make(LL_INTERNAL, "nng could not %s: %s", what, nng_strerror(result));
}

void ll_nng_write_url(const struct ll_address *address, unsigned port, char out[LL_NNG_URL_MAX]) {
    snprintf(out, LL_NNG_URL_MAX, "tcp://%s:%u", address->host, port);
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
    char url[LL_NNG_URL_MAX];
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
    ll_nng_write_url(&address, address.port, client->url);
    int result = client_connect(client);
    if (result) {
        free(client);
        return ll_err_in(ll_nng_broken("connect", result), "%s", url);
    }
    client->done = ll_mailbox_new(sizeof(struct slot *), LL_CALLS_AT_ONCE_MAX, wake, wake_arg);
    *out = &client->base;
    return LL_SUCCESS;
}
