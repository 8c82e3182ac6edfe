// The server's side of transport.h: REQ callers' envelopes (https://nng.nanomsg.org/man/v1.5.2/nng_req.7.html) in SP
// over TCP, on nng's streams.
//
// It does not use nng's REP socket. All connections of a REP socket share its contexts, so callers that do not read
// their answers hold the contexts that agents need. It also allocates any length that a stranger announces. Here a
// connection has one call at a time and shares nothing with the others.
//
// Happy path: a connection is accepted and is a stranger. Openings are exchanged; its first call comes, is answered,
// and carried the token: the connection is known, and its calls come one after another for as long as it lasts. nng's
// threads read and write; whole calls are posted, and answered in poll.
//
// What can fail: a caller that is refused gets its one answer, and the connection ends. A stranger's places are few:
// the oldest goes for the newest; it has STRANGER_MS to become known, and STRANGER_CALL_BYTES for its call, unless that
// begins with the token. Bytes that are no SP, no REQ, or too long end the connection, as does a caller that does not
// take its answer for ANSWER_LEAVES_MS. Without file descriptors the oldest stranger goes too.
#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/mailbox.h"
#include "libcommon/rpc/address.h"
#include "libcommon/rpc/transport.h"
#include "libcommon/rpc/transport_nng.h"

#include <arpa/inet.h>
#include <assert.h>
#include <nng/nng.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    OPENING_BYTES = 8,
    LENGTH_BYTES = 8,
    ID_BYTES = 4, // the request id, before the envelope
    HEAD_BYTES = LENGTH_BYTES + ID_BYTES,
    PROOF_BYTES = ID_BYTES + LL_ENVELOPE_PROOF_BYTES,
    DRAIN_BYTES = 16 * 1024, // at a time
    ANSWER_LEAVES_MS = 10 * 1000,
    ACCEPT_PAUSE_MS = 100, // when the machine has no file descriptor left
    POLL_CALLS_MAX = 64,   // then the rest of the loop has its turn
    // Connections that are being closed have places too, so that all letters fit the mailbox.
    PLACES = LL_CONNECTIONS_MAX + LL_STRANGERS_MAX + 64,
};

// SP over TCP: the protocols are 0x30 for REQ and 0x31 for REP.
static const uint8_t opening_of_req[OPENING_BYTES] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};
static const uint8_t opening_of_rep[OPENING_BYTES] = {0, 'S', 'P', 0, 0, 0x31, 0, 0};

enum phase {
    PHASE_GREETS,  // sends its opening
    PHASE_GREETED, // receives the caller's
    PHASE_LENGTH,  // receives the length of a call
    PHASE_PROOF,   // its first bytes, when it is too long for a stranger's
    PHASE_CALL,    // the rest
    PHASE_ANSWER,  // sends
    PHASE_DRAIN,   // receives what nobody reads, so that the answer is not lost with the connection
};

enum standing { STRANGER, KNOWN, LEAVING }; // LEAVING: closed, and its letter is still to come

// The aio's callback owns it until it has posted it, then poll does, until the next transfer. `standing` and the list
// are poll's alone.
struct connection {
    struct nng_server *server;
    nng_stream *stream;
    nng_aio *aio;
    enum standing standing;
    bool is_known; // for the callback: as standing says
    bool is_refused;
    enum phase phase;
    int result;
    int64_t deadline_us; // of a stranger
    uint8_t head[OPENING_BYTES];
    uint8_t *call; // id and envelope
    uint64_t call_bytes;
    struct ll_buf answer; // head and envelope
    uint8_t *at;          // what the transfer that goes on is up to
    size_t left;
    struct connection *prev, *next;
};

struct nng_server {
    struct ll_transport_server base;
    struct ll_transport_service service;
    char url[LL_NNG_URL_MAX];
    ll_wake_fn wake;
    void *wake_arg;
    nng_stream_listener *listener;
    nng_aio *accept;
    bool accept_pauses, accept_waits; // waits: for a place
    int accept_result;
    struct ll_mailbox *letters;                     // of struct connection *; NULL: the accept's
    struct connection *strangers, *known, *leaving; // oldest first
    size_t stranger_count, known_count, leaving_count;
};

static void post(struct nng_server *server, struct connection *connection) {
    bool posted = ll_mailbox_post(server->letters, &connection);
    assert(posted); // the mailbox has room for every place
    (void)posted;
}

// ---- Transfers: on nng's threads

static bool sends(const struct connection *connection) {
    return connection->phase == PHASE_GREETS || connection->phase == PHASE_ANSWER;
}

static nng_duration limit_ms(const struct connection *connection) {
    if (connection->is_known) return sends(connection) ? ANSWER_LEAVES_MS : NNG_DURATION_INFINITE;
    int64_t left_ms = (connection->deadline_us - ll_clock_us()) / 1000;
    return left_ms > 0 ? (nng_duration)left_ms : 1;
}

static void transfer_on(struct connection *connection) {
    bool is_drain = connection->phase == PHASE_DRAIN && connection->left > DRAIN_BYTES;
    nng_iov iov = {.iov_buf = connection->at, .iov_len = is_drain ? DRAIN_BYTES : connection->left};
    nng_aio_set_iov(connection->aio, 1, &iov);
    nng_aio_set_timeout(connection->aio, limit_ms(connection));
    if (sends(connection))
        nng_stream_send(connection->stream, connection->aio);
    else
        nng_stream_recv(connection->stream, connection->aio);
}

static void transfer(struct connection *connection, enum phase phase, void *at, size_t len) {
    connection->phase = phase;
    connection->at = at;
    connection->left = len;
    transfer_on(connection);
}

static uint64_t read_length(const uint8_t bytes[LENGTH_BYTES]) {
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++) length = length << 8 | bytes[i];
    return length;
}

static void write_length(uint64_t length, uint8_t out[LENGTH_BYTES]) {
    for (int i = 0; i < LENGTH_BYTES; i++) out[i] = (uint8_t)(length >> (56 - 8 * i));
}

// Makes room for a call; of one that is too long for a stranger's only for the bytes that show whether it is one.
static bool begin_call(struct connection *connection) {
    connection->call_bytes = read_length(connection->head);
    if (connection->call_bytes < ID_BYTES || connection->call_bytes > ID_BYTES + LL_ENVELOPE_BYTES_MAX) return false;
    bool is_read = connection->is_known || connection->call_bytes <= LL_STRANGER_CALL_BYTES;
    size_t len = is_read ? connection->call_bytes : PROOF_BYTES;
    connection->call = ll_alloc(len, 1);
    transfer(connection, is_read ? PHASE_CALL : PHASE_PROOF, connection->call, len);
    return true;
}

// What follows when a transfer is complete. False when poll has to say.
static bool goes_on(struct connection *connection) {
    switch (connection->phase) {
    case PHASE_GREETS:
        transfer(connection, PHASE_GREETED, connection->head, OPENING_BYTES);
        return true;
    case PHASE_GREETED:
        if (memcmp(connection->head, opening_of_req, OPENING_BYTES) != 0) break;
        transfer(connection, PHASE_LENGTH, connection->head, LENGTH_BYTES);
        return true;
    case PHASE_LENGTH:
        if (!begin_call(connection)) break;
        return true;
    case PHASE_ANSWER:
        ll_buf_fini(&connection->answer);
        if (connection->is_refused) return false;
        transfer(connection, PHASE_LENGTH, connection->head, LENGTH_BYTES);
        return true;
    case PHASE_PROOF:
    case PHASE_CALL:
    case PHASE_DRAIN:
        return false;
    }
    connection->result = NNG_EPROTO;
    return false;
}

static void on_progress(void *arg) {
    struct connection *connection = arg;
    connection->result = nng_aio_result(connection->aio);
    if (connection->result == 0) {
        size_t moved = nng_aio_count(connection->aio);
        bool is_all = moved >= connection->left;
        if (connection->phase != PHASE_DRAIN) connection->at += moved;
        connection->left -= is_all ? connection->left : moved;
        if (!is_all) {
            transfer_on(connection);
            return;
        }
        if (goes_on(connection)) return;
    }
    post(connection->server, connection);
}

// ---- Places: in poll, as all below

static void free_connection(struct connection *connection) {
    nng_aio_free(connection->aio);
    nng_stream_free(connection->stream);
    free(connection->call);
    ll_buf_fini(&connection->answer);
    free(connection);
}

static void leave_place(struct connection *connection) {
    struct nng_server *server = connection->server;
    switch (connection->standing) {
    case STRANGER:
        DL_DELETE(server->strangers, connection);
        server->stranger_count--;
        break;
    case KNOWN:
        DL_DELETE(server->known, connection);
        server->known_count--;
        break;
    case LEAVING:
        DL_DELETE(server->leaving, connection);
        server->leaving_count--;
        break;
    }
}

// Of one whose letter is at hand.
static void end_connection(struct connection *connection) {
    leave_place(connection);
    free_connection(connection);
}

// Of one whose letter is still to come.
static void turn_out(struct connection *connection) {
    struct nng_server *server = connection->server;
    leave_place(connection);
    connection->standing = LEAVING;
    DL_APPEND(server->leaving, connection);
    server->leaving_count++;
    nng_stream_close(connection->stream);
}

static void become_known(struct connection *connection) {
    struct nng_server *server = connection->server;
    if (connection->standing != STRANGER || server->known_count == LL_CONNECTIONS_MAX) return;
    leave_place(connection);
    connection->standing = KNOWN;
    connection->is_known = true;
    DL_APPEND(server->known, connection);
    server->known_count++;
}

// ---- Calls

static struct ll_buf answer_for(const struct connection *connection) {
    struct ll_buf answer = ll_buf_make(HEAD_BYTES + LL_ENVELOPE_BYTES_MAX);
    uint8_t head[HEAD_BYTES] = {0};
    memcpy(head + LENGTH_BYTES, connection->call, ID_BYTES);
    ll_buf_append(&answer, head, sizeof head);
    return answer;
}

// One that did not become known is refused, or finds no place among the known: the connection ends with the answer.
static void send_answer(struct connection *connection, struct ll_buf answer, enum ll_caller caller) {
    assert(answer.len > HEAD_BYTES && !answer.overflowed); // every request is answered
    write_length(answer.len - LENGTH_BYTES, answer.data);
    free(connection->call);
    connection->call = NULL;
    connection->answer = answer;
    connection->is_refused = caller == LL_CALLER_STRANGER || connection->standing != KNOWN;
    transfer(connection, PHASE_ANSWER, answer.data, answer.len);
}

static void on_call(struct connection *connection) {
    const struct ll_transport_service *service = &connection->server->service;
    struct ll_buf answer = answer_for(connection);
    enum ll_caller caller =
        service->answer(service->owner, connection->call + ID_BYTES, connection->call_bytes - ID_BYTES, &answer);
    connection->call_bytes = 0; // nothing is left of it
    if (caller == LL_CALLER_KNOWN) become_known(connection);
    send_answer(connection, answer, caller);
}

static void on_proof(struct connection *connection) {
    const struct ll_transport_service *service = &connection->server->service;
    struct ll_buf answer = answer_for(connection);
    enum ll_caller caller =
        service->admit(service->owner, connection->call + ID_BYTES, PROOF_BYTES - ID_BYTES, &answer);
    if (caller == LL_CALLER_KNOWN) become_known(connection);
    if (connection->standing == KNOWN) {
        ll_buf_fini(&answer);
        connection->call = ll_realloc(connection->call, connection->call_bytes, 1);
        transfer(connection, PHASE_CALL, connection->call + PROOF_BYTES, connection->call_bytes - PROOF_BYTES);
    } else if (caller == LL_CALLER_KNOWN) { // without a place
        ll_buf_fini(&answer);
        end_connection(connection);
    } else {
        connection->call_bytes -= PROOF_BYTES;
        send_answer(connection, answer, caller);
    }
}

static void on_letter(struct connection *connection) {
    if (connection->result != 0 || connection->standing == LEAVING) return end_connection(connection);
    bool has_id = connection->call && connection->call[0] & 0x80; // of a caller's own, without devices between
    if (connection->phase == PHASE_CALL && has_id) return on_call(connection);
    if (connection->phase == PHASE_PROOF && has_id) return on_proof(connection);
    if (connection->phase != PHASE_ANSWER || connection->call_bytes == 0) return end_connection(connection);
    connection->call = ll_alloc(DRAIN_BYTES, 1);
    transfer(connection, PHASE_DRAIN, connection->call, connection->call_bytes);
}

// ---- Callers that come

static void accept_next(struct nng_server *server) {
    size_t taken = server->stranger_count + server->known_count + server->leaving_count;
    server->accept_waits = taken >= PLACES;
    if (!server->accept_waits) nng_stream_listener_accept(server->listener, server->accept);
}

static void on_accept(void *arg) {
    struct nng_server *server = arg;
    server->accept_result = nng_aio_result(server->accept);
    if (server->accept_result == NNG_ECLOSED || server->accept_result == NNG_ECANCELED) return; // fini is at work
    post(server, NULL);
}

static void welcome(struct nng_server *server, nng_stream *stream) {
    if (server->stranger_count == LL_STRANGERS_MAX) turn_out(server->strangers);
    struct connection *connection = ll_alloc(1, sizeof *connection);
    connection->server = server;
    connection->stream = stream;
    connection->deadline_us = ll_clock_us() + LL_STRANGER_MS * 1000LL;
    connection->answer = ll_buf_make(0);
    if (nng_aio_alloc(&connection->aio, on_progress, connection) != 0) abort(); // as ll_alloc does
    DL_APPEND(server->strangers, connection);
    server->stranger_count++;
    nng_stream_set_bool(stream, NNG_OPT_TCP_KEEPALIVE, true); // a known one may be silent for long
    memcpy(connection->head, opening_of_rep, OPENING_BYTES);
    transfer(connection, PHASE_GREETS, connection->head, OPENING_BYTES);
}

static void on_accept_letter(struct nng_server *server) {
    if (server->accept_pauses) {
        server->accept_pauses = false;
    } else if (server->accept_result == 0) {
        welcome(server, nng_aio_get_output(server->accept, 0));
    } else {
        if (server->strangers) turn_out(server->strangers);
        server->accept_pauses = true;
        nng_sleep_aio(ACCEPT_PAUSE_MS, server->accept);
        return;
    }
    accept_next(server);
}

static void server_poll(struct ll_transport_server *base) {
    struct nng_server *server = (struct nng_server *)base;
    struct connection *connection;
    for (int taken = 0; ll_mailbox_take(server->letters, &connection); taken++) {
        if (connection)
            on_letter(connection);
        else
            on_accept_letter(server);
        if (server->accept_waits) accept_next(server);
        if (taken < POLL_CALLS_MAX) continue;
        server->wake(server->wake_arg);
        return;
    }
}

// ---- Lifecycle

static const char *server_address(struct ll_transport_server *base) {
    return ((struct nng_server *)base)->url;
}

static void free_all(struct connection *first) {
    struct connection *connection, *next;
    DL_FOREACH_SAFE(first, connection, next) {
        nng_stream_close(connection->stream);
        nng_aio_stop(connection->aio);
        free_connection(connection);
    }
}

static void server_fini(struct ll_transport_server *base) {
    struct nng_server *server = (struct nng_server *)base;
    nng_stream_listener_close(server->listener);
    nng_aio_stop(server->accept);
    bool is_unread = server->accept_result == 0 && !server->accept_pauses;
    struct connection *letter;
    while (ll_mailbox_take(server->letters, &letter))
        if (!letter && is_unread) nng_stream_free(nng_aio_get_output(server->accept, 0));
    nng_aio_free(server->accept);
    nng_stream_listener_free(server->listener);
    free_all(server->strangers);
    free_all(server->known);
    free_all(server->leaving);
    ll_mailbox_free(&server->letters);
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

// Opens, binds and learns the port; does not accept yet.
static ll_err server_listen(struct nng_server *server, const struct ll_address *address) {
    nng_sockaddr local;
    char url[LL_NNG_URL_MAX];
    ll_nng_write_url(address, address->port, url);
    int result = nng_stream_listener_alloc(&server->listener, url);
    if (result) return ll_err_in(ll_nng_broken("open a listener", result), "%s", url);
    if ((result = nng_stream_listener_listen(server->listener)) ||
        (result = nng_stream_listener_get_addr(server->listener, NNG_OPT_LOCADDR, &local))) {
        nng_stream_listener_free(server->listener);
        if (result == NNG_EADDRINUSE)
            return ll_err_make(LL_UNAVAILABLE, "%s is in use: choose another with --listen, or stop what runs there",
                               url);
        return ll_err_in(ll_nng_broken("listen", result), "%s", url);
    }
    ll_nng_write_url(address, port_of(&local), server->url);
    return LL_SUCCESS;
}

ll_err ll_nng_server_new(const char *url, const struct ll_transport_service *service, ll_wake_fn wake, void *wake_arg,
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
    server->service = *service;
    server->wake = wake;
    server->wake_arg = wake_arg;
    server->letters = ll_mailbox_new(sizeof(struct connection *), PLACES + 1, wake, wake_arg);
    if (nng_aio_alloc(&server->accept, on_accept, server) != 0) abort();
    accept_next(server);
    *out = &server->base;
    return LL_SUCCESS;
}
