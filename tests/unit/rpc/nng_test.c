// The real transport: who is not there, who goes away, and who talks nonsense.
#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "tests/unit/rpc/pair.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct pair pair;

static void start(void) {
    pair_start(&pair, PAIR_TOKEN, 10 * 1000);
}

static void stop(void) {
    pair_stop(&pair);
}

TestSuite(nng, .init = start, .fini = stop, .timeout = 60);

static void on_empty(void *arg, ll_err err, const struct ll_empty *reply) {
    (void)reply;
    *(struct note *)arg = (struct note){.is_done = true, .err = err};
}

static void call(struct ll_rpc_client *client, struct note *note) {
    ll_rpc_stop(client, ll_clock_us(), &(struct ll_run_request){.run_id = "run-1"}, on_empty, note);
}

static void expect_service(void) {
    struct note note = {0};
    call(pair.client, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_OK), "%s", note.err.text);
}

static void replace_client(const char *token, uint32_t patience_ms) {
    ll_rpc_client_free(&pair.client);
    struct ll_transport_client *transport;
    ll_err err = ll_nng_client_new(pair.url, bell_ring, &pair.bell, &transport);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    pair.client = ll_rpc_client_new(&(struct ll_rpc_client_options){.take_transport = transport,
                                                                    .token = token,
                                                                    .server = pair.url,
                                                                    .first_call_id = 1ull << 40,
                                                                    .patience_ms = patience_ms});
}

static void stop_server(void) {
    pair.server->ops->fini(pair.server);
    pair.server = NULL;
}

static void restart_server(void) {
    ll_err err = ll_nng_server_new(pair.url, pair_on_request, pair.rpc_server, bell_ring, &pair.bell, &pair.server);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
}

Test(nng, says_which_port_is_in_use_and_what_to_do) {
    struct ll_transport_server *second;
    ll_err err = ll_nng_server_new(pair.url, pair_on_request, NULL, bell_ring, &pair.bell, &second);
    cr_expect(eq(int, err.status, LL_UNAVAILABLE));
    char expected[200];
    snprintf(expected, sizeof expected, "%s is in use: choose another with --listen, or stop what runs there",
             pair.url);
    cr_expect(eq(str, err.text, expected));
}

Test(nng, listens_on_loopback_only) {
    struct ll_transport_server *second;
    ll_err err = ll_nng_server_new("tcp://0.0.0.0:0", pair_on_request, NULL, bell_ring, &pair.bell, &second);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
}

Test(nng, serves_ipv6_loopback) {
    struct ll_transport_server *second;
    ll_err err = ll_nng_server_new("tcp://[::1]:0", pair_on_request, pair.rpc_server, bell_ring, &pair.bell, &second);
    if (err.status != LL_OK) cr_skip_test("this machine has no IPv6 loopback");
    stop_server();
    pair.server = second;
    snprintf(pair.url, sizeof pair.url, "%s", second->ops->address(second));
    replace_client(PAIR_TOKEN, 5000);
    expect_service();
}

Test(nng, a_wrong_token_is_told_at_once) {
    replace_client("other", 10 * 1000);
    struct note note = {0};
    call(pair.client, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_UNAUTHENTICATED), "%s", note.err.text);
}

Test(nng, nobody_there_is_told_when_patience_ends) {
    stop_server();
    replace_client(PAIR_TOKEN, 300);
    int64_t from_us = ll_clock_us();
    struct note note = {0};
    call(pair.client, &note);
    pair_run_until(&pair, &note.is_done);
    int64_t took_us = ll_clock_us() - from_us;
    cr_expect(eq(int, note.err.status, LL_UNAVAILABLE), "%s", note.err.text);
    cr_expect(ne(ptr, strstr(note.err.text, pair.url), NULL), "%s", note.err.text);
    cr_expect(lt(i64, took_us, 2 * 1000 * 1000));
}

Test(nng, a_server_that_does_not_answer_is_told_when_patience_ends) {
    replace_client(PAIR_TOKEN, 300);
    struct ll_transport_server *mute = pair.server;
    pair.server = NULL; // so that nobody polls it
    struct note note = {0};
    call(pair.client, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_DEADLINE_EXCEEDED), "%s", note.err.text);
    pair.server = mute;
    expect_service();
}

Test(nng, a_call_made_before_the_server_is_there_finds_it) {
    stop_server();
    struct note note = {0};
    call(pair.client, &note);
    restart_server();
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_OK), "%s", note.err.text);
}

Test(nng, a_call_under_way_when_the_server_restarts_is_made_again) {
    stop_server();
    struct bell arrival = bell_make();
    ll_err err = ll_nng_server_new(pair.url, pair_on_request, pair.rpc_server, bell_ring, &arrival, &pair.server);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    struct note note = {0};
    call(pair.client, &note);
    cr_assert(bell_wait(&arrival, 5000), "the request did not arrive");
    stop_server(); // with the request in it
    restart_server();
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(int, pair.fake.calls[FAKE_stop], 1));
    bell_fini(&arrival);
}

Test(nng, more_calls_than_contexts_are_all_answered) {
    enum { CLIENTS = 4 };
    struct ll_rpc_client *clients[CLIENTS];
    static struct note notes[CLIENTS][LL_CALLS_AT_ONCE_MAX];
    for (int i = 0; i < CLIENTS; i++) {
        struct ll_transport_client *transport;
        cr_assert(eq(int, ll_nng_client_new(pair.url, bell_ring, &pair.bell, &transport).status, LL_OK));
        clients[i] = ll_rpc_client_new(&(struct ll_rpc_client_options){.take_transport = transport,
                                                                       .token = PAIR_TOKEN,
                                                                       .server = pair.url,
                                                                       .first_call_id = (uint64_t)(i + 1) << 50});
        for (int k = 0; k < LL_CALLS_AT_ONCE_MAX; k++) call(clients[i], &notes[i][k]);
    }
    int64_t give_up_us = ll_clock_us() + 10 * 1000 * 1000;
    for (int done = 0; done < CLIENTS * LL_CALLS_AT_ONCE_MAX;) {
        cr_assert(lt(i64, ll_clock_us(), give_up_us), "%d calls were answered", done);
        pair.server->ops->poll(pair.server);
        done = 0;
        for (int i = 0; i < CLIENTS; i++) {
            ll_rpc_client_poll(clients[i], ll_clock_us());
            for (int k = 0; k < LL_CALLS_AT_ONCE_MAX; k++) done += notes[i][k].is_done;
        }
        if (done < CLIENTS * LL_CALLS_AT_ONCE_MAX) bell_wait(&pair.bell, 100);
    }
    for (int i = 0; i < CLIENTS; i++) {
        for (int k = 0; k < LL_CALLS_AT_ONCE_MAX; k++) cr_expect(eq(int, notes[i][k].err.status, LL_OK));
        ll_rpc_client_free(&clients[i]);
    }
    cr_expect(eq(int, pair.fake.calls[FAKE_stop], CLIENTS *LL_CALLS_AT_ONCE_MAX));
}

// ---- Nonsense

static int connect_raw(void) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)atoi(strrchr(pair.url, ':') + 1))};
    cr_assert(eq(int, connect(fd, (struct sockaddr *)&address, sizeof address), 0));
    return fd;
}

static void send_raw(int fd, const void *data, size_t len) {
    cr_assert(eq(i64, send(fd, data, len, MSG_NOSIGNAL), (int64_t)len));
}

// SP over TCP: the opening bytes of a REQ peer (sp-tcp-mapping-01).
static const uint8_t sp_req[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0};

static int connect_sp(void) {
    int fd = connect_raw();
    uint8_t theirs[sizeof sp_req];
    send_raw(fd, sp_req, sizeof sp_req);
    cr_assert(eq(i64, recv(fd, theirs, sizeof theirs, MSG_WAITALL), sizeof theirs));
    return fd;
}

static void send_frame(int fd, uint64_t claimed, const void *data, size_t len) {
    uint8_t head[8];
    for (int i = 0; i < 8; i++) head[i] = (uint8_t)(claimed >> (56 - 8 * i));
    send_raw(fd, head, sizeof head);
    if (len > 0) send_raw(fd, data, len);
}

// Reads to the end of the connection; the server's own SP opening may come before it.
static void expect_hang_up(int fd) {
    uint8_t bytes[64];
    ssize_t got;
    do {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        cr_assert(eq(int, poll(&wait, 1, 5000), 1), "the server did not hang up");
        got = recv(fd, bytes, sizeof bytes, 0);
    } while (got > 0);
    close(fd);
}

Test(nng, hangs_up_on_what_is_not_sp) {
    int fd = connect_raw();
    send_raw(fd, "GET / HTTP/1.1\r\n\r\n", 18);
    expect_hang_up(fd);
    expect_service();
}

Test(nng, hangs_up_on_an_oversized_frame) {
    int fd = connect_sp();
    send_frame(fd, 1ull << 62, NULL, 0);
    expect_hang_up(fd);
    fd = connect_sp();
    send_frame(fd, LL_ENVELOPE_BYTES_MAX + 5, NULL, 0);
    expect_hang_up(fd);
    expect_service();
}

Test(nng, hangs_up_on_a_frame_without_request_id) {
    int fd = connect_sp();
    send_frame(fd, 2, "xx", 2);
    expect_hang_up(fd);
    expect_service();
}

Test(nng, answers_a_frame_whose_body_is_garbage) {
    int fd = connect_sp();
    send_frame(fd, 12, "\x80\x00\x00\x01garbage!", 12);
    struct pollfd wait[] = {{.fd = fd, .events = POLLIN}, {.fd = pair.bell.fd, .events = POLLIN}};
    while (!wait[0].revents) {
        cr_assert(gt(int, poll(wait, 2, 5000), 0), "no answer came");
        bell_wait(&pair.bell, 0);
        pair.server->ops->poll(pair.server);
    }
    uint8_t head[12];
    cr_assert(eq(i64, recv(fd, head, sizeof head, MSG_WAITALL), sizeof head));
    cr_expect(eq(int, memcmp(head + 8, "\x80\x00\x00\x01", 4), 0), "not the answer to the garbage");
    close(fd);
    expect_service();
}

Test(nng, callers_that_die_harm_nobody) {
    for (int i = 0; i < 100; i++) {
        int half = connect_sp();
        send_frame(half, 1000, "half of it", 10);
        close(half);
        int whole = connect_sp();
        send_frame(whole, 12, "\x80\x00\x00\x02garbage!", 12);
        close(whole);
    }
    expect_service();
}

static void answer_garbage(void *arg, const void *data, size_t len, struct ll_buf *out) {
    (void)arg, (void)data, (void)len;
    static const char nonsense[] = "\xff\xff\xff\xff\xff nonsense";
    ll_buf_append(out, nonsense, sizeof nonsense);
}

Test(nng, something_else_that_answers_is_told) {
    stop_server();
    ll_err err = ll_nng_server_new(pair.url, answer_garbage, NULL, bell_ring, &pair.bell, &pair.server);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    struct note note = {0};
    call(pair.client, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_DATA_LOSS), "%s", note.err.text);
}
