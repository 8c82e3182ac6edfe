// The real transport: who is not there, who goes away, and who talks nonsense.
#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/model/bundle.h"
#include "libcommon/rpc/pb.h"
#include "tests/unit/rpc/pair.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static struct pair pair;
static const struct ll_transport_service nobody; // is asked

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

static void on_submitted(void *arg, ll_err err, const struct ll_submit_reply *reply) {
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
    static uint64_t clients;
    ll_rpc_client_free(&pair.client);
    struct ll_transport_client *transport;
    ll_err err = ll_nng_client_new(pair.url, bell_ring, &pair.bell, &transport);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    pair.client = ll_rpc_client_new(&(struct ll_rpc_client_options){.take_transport = transport,
                                                                    .token = token,
                                                                    .server = pair.url,
                                                                    .first_call_id = ++clients << 40,
                                                                    .patience_ms = patience_ms});
}

static void stop_server(void) {
    pair.server->ops->fini(pair.server);
    pair.server = NULL;
}

static void restart_server(void) {
    pair_listen(&pair, pair.url, &pair.bell);
}

Test(nng, says_which_port_is_in_use_and_what_to_do) {
    struct ll_transport_server *second;
    ll_err err = ll_nng_server_new(pair.url, &nobody, bell_ring, &pair.bell, &second);
    cr_expect(eq(int, err.status, LL_UNAVAILABLE));
    char expected[200];
    snprintf(expected, sizeof expected, "%s is in use: choose another with --listen, or stop what runs there",
             pair.url);
    cr_expect(eq(str, err.text, expected));
}

Test(nng, listens_on_loopback_only) {
    struct ll_transport_server *second;
    ll_err err = ll_nng_server_new("tcp://0.0.0.0:0", &nobody, bell_ring, &pair.bell, &second);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
}

Test(nng, serves_ipv6_loopback) {
    struct ll_transport_server *second;
    struct ll_transport_service service = ll_rpc_server_service(pair.rpc_server);
    ll_err err = ll_nng_server_new("tcp://[::1]:0", &service, bell_ring, &pair.bell, &second);
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
    expect_service();
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
    pair_listen(&pair, pair.url, &arrival);
    struct note note = {0};
    call(pair.client, &note);
    for (int letters = 0; letters < 2; letters++) { // the connection, which is greeted, and the request
        bool has_rung = false;
        for (int waits = 0; waits < 100 && !has_rung; waits++) {
            ll_rpc_client_poll(pair.client, ll_clock_us()); // a try may be over before there was a connection
            has_rung = bell_wait(&arrival, 100);
        }
        cr_assert(has_rung, "letter %d did not arrive", letters);
        if (letters == 0) pair.server->ops->poll(pair.server);
    }
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

// Serves until there is something to read on `fd`, its end too.
static void serve_until_readable(int fd) {
    struct pollfd wait[] = {{.fd = fd, .events = POLLIN}, {.fd = pair.bell.fd, .events = POLLIN}};
    int64_t give_up_us = ll_clock_us() + 3 * LL_STRANGER_MS * 1000;
    for (;;) {
        pair.server->ops->poll(pair.server);
        cr_assert(gt(int, poll(wait, 2, 3 * LL_STRANGER_MS), 0), "nothing came");
        if (wait[0].revents) return;
        cr_assert(lt(i64, ll_clock_us(), give_up_us), "nothing came");
        bell_wait(&pair.bell, 0);
    }
}

// Reads `len` bytes; false when the connection ended before.
static bool read_raw(int fd, void *out, size_t len) {
    for (size_t done = 0; done < len;) {
        serve_until_readable(fd);
        ssize_t got = recv(fd, (char *)out + done, len - done, 0);
        if (got <= 0) return false;
        done += (size_t)got;
    }
    return true;
}

static int connect_sp(void) {
    int fd = connect_raw();
    uint8_t theirs[sizeof sp_req];
    send_raw(fd, sp_req, sizeof sp_req);
    cr_assert(read_raw(fd, theirs, sizeof theirs));
    return fd;
}

static void send_frame(int fd, uint64_t claimed, const void *data, size_t len) {
    uint8_t head[8];
    for (int i = 0; i < 8; i++) head[i] = (uint8_t)(claimed >> (56 - 8 * i));
    send_raw(fd, head, sizeof head);
    if (len > 0) send_raw(fd, data, len);
}

// Reads to the end of the connection; the server's own SP opening, or an answer, may come before it.
static void expect_hang_up(int fd) {
    uint8_t byte;
    while (read_raw(fd, &byte, 1)) {}
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
    uint8_t head[12];
    cr_assert(read_raw(fd, head, sizeof head), "no answer came");
    cr_expect(eq(int, memcmp(head + 8, "\x80\x00\x00\x01", 4), 0), "not the answer to the garbage");
    expect_hang_up(fd);
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

static enum ll_caller answer_garbage(void *arg, const void *data, size_t len, struct ll_buf *out) {
    (void)arg, (void)data, (void)len;
    static const char nonsense[] = "\xff\xff\xff\xff\xff nonsense";
    ll_buf_append(out, nonsense, sizeof nonsense);
    return LL_CALLER_KNOWN;
}

Test(nng, something_else_that_answers_is_told) {
    stop_server();
    struct ll_transport_service service = {.answer = answer_garbage};
    ll_err err = ll_nng_server_new(pair.url, &service, bell_ring, &pair.bell, &pair.server);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    struct note note = {0};
    call(pair.client, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_DATA_LOSS), "%s", note.err.text);
}

// ---- Strangers

// A frame of a call that Control/Stop answers.
static size_t stop_frame(const char *token, uint8_t out[512]) {
    Liveload__V1__Request request = LIVELOAD__V1__REQUEST__INIT;
    request.call_id = 1ull << 30;
    request.method = "liveload.v1.Control/Stop";
    request.token = (char *)(uintptr_t)token;
    request.protocol_version = LL_PROTOCOL_VERSION;
    size_t len = 4 + liveload__v1__request__get_packed_size(&request);
    memset(out, 0, 8);
    out[6] = (uint8_t)(len >> 8), out[7] = (uint8_t)len;
    memcpy(out + 8, "\x80\x00\x00\x07", 4);
    liveload__v1__request__pack(&request, out + 12);
    return 8 + len;
}

// The answer's status, read from the connection.
static uint32_t read_status(int fd) {
    uint8_t head[12], body[1024];
    cr_assert(read_raw(fd, head, sizeof head), "no answer came");
    size_t len = (size_t)head[6] << 8 | head[7];
    cr_assert(read_raw(fd, body, len - 4));
    Liveload__V1__Response *response = liveload__v1__response__unpack(NULL, len - 4, body);
    cr_assert(ne(ptr, response, NULL));
    uint32_t status = response->status;
    liveload__v1__response__free_unpacked(response, NULL);
    return status;
}

static uint32_t stop_raw(int fd, const char *token) {
    uint8_t frame[512];
    send_raw(fd, frame, stop_frame(token, frame));
    return read_status(fd);
}

Test(nng, one_that_is_refused_gets_one_answer) {
    int fd = connect_sp();
    uint8_t frame[512];
    size_t len = stop_frame("wrong", frame);
    for (int i = 0; i < 10; i++) send_raw(fd, frame, len);
    cr_expect(eq(u32, read_status(fd), LL_UNAUTHENTICATED));
    uint8_t byte;
    cr_expect(not(read_raw(fd, &byte, 1)));
    close(fd);
    cr_expect(eq(int, pair.fake.calls[FAKE_stop], 0));
}

// More than any socket takes, without reading one answer: agents' calls go on meanwhile.
Test(nng, those_who_do_not_read_their_answers_hold_nothing_that_others_need) {
    enum { STRANGERS = 20, CALLS = 5000 };
    uint8_t frame[512];
    size_t len = stop_frame("wrong", frame);
    int fds[STRANGERS];
    for (int i = 0; i < STRANGERS; i++) {
        fds[i] = connect_sp();
        for (int k = 0; k < CALLS; k++)
            if (send(fds[i], frame, len, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) break;
        pair.server->ops->poll(pair.server);
    }
    replace_client(PAIR_TOKEN, 2000);
    for (int i = 0; i < 10; i++) expect_service();
    for (int i = 0; i < STRANGERS; i++) close(fds[i]);
}

Test(nng, the_oldest_stranger_goes_for_the_newest_and_the_known_stay) {
    int known = connect_sp();
    cr_expect(eq(u32, stop_raw(known, PAIR_TOKEN), LL_OK));
    int strangers[LL_STRANGERS_MAX + 2];
    for (size_t i = 0; i < LL_STRANGERS_MAX + 2; i++) strangers[i] = connect_sp();
    expect_hang_up(strangers[0]);
    expect_hang_up(strangers[1]);
    cr_expect(eq(u32, stop_raw(strangers[2], PAIR_TOKEN), LL_OK)); // a stranger no more
    int newest = connect_sp();
    cr_expect(eq(u32, stop_raw(newest, PAIR_TOKEN), LL_OK));
    for (size_t i = 0; i < 2 * LL_STRANGERS_MAX; i++) close(connect_sp());
    cr_expect(eq(u32, stop_raw(known, PAIR_TOKEN), LL_OK));
    cr_expect(eq(u32, stop_raw(strangers[2], PAIR_TOKEN), LL_OK));
    for (size_t i = 2; i < LL_STRANGERS_MAX + 2; i++) close(strangers[i]);
    close(newest);
    close(known);
}

Test(nng, a_stranger_that_says_nothing_has_little_time) {
    int64_t from_us = ll_clock_us();
    int fd = connect_sp();
    expect_hang_up(fd);
    cr_expect(ge(i64, ll_clock_us() - from_us, LL_STRANGER_MS * 900)); // nng counts in milliseconds
}

// No room is made for what it announces.
Test(nng, a_large_call_of_a_stranger_is_refused_by_its_first_bytes) {
    int fd = connect_sp();
    uint8_t bytes[4 + LL_ENVELOPE_PROOF_BYTES] = {0x80, 0, 0, 9};
    send_frame(fd, LL_ENVELOPE_BYTES_MAX, bytes, sizeof bytes);
    cr_expect(eq(u32, read_status(fd), LL_UNAUTHENTICATED));
    close(fd);
}

// The status of an answer to a stranger's call of `bytes`, which has the token at its end and a payload that is none.
static uint32_t call_of(size_t bytes) {
    static uint8_t frame[LL_STRANGER_CALL_BYTES + 1] = {0x80, 0, 0, 9}, junk[LL_STRANGER_CALL_BYTES];
    memset(junk, 0xff, sizeof junk);
    Liveload__V1__Request request = LIVELOAD__V1__REQUEST__INIT;
    request.call_id = 1;
    request.method = "liveload.v1.Control/Stop";
    request.token = PAIR_TOKEN;
    request.protocol_version = LL_PROTOCOL_VERSION;
    request.payload = (ProtobufCBinaryData){.data = junk, .len = bytes - 4 - 100};
    request.payload.len += bytes - 4 - liveload__v1__request__get_packed_size(&request);
    cr_assert(eq(sz, 4 + liveload__v1__request__pack(&request, frame + 4), bytes));
    int fd = connect_sp();
    send_frame(fd, bytes, frame, bytes);
    uint32_t status = read_status(fd);
    close(fd);
    return status;
}

Test(nng, a_stranger_s_call_is_read_to_its_end_up_to_a_limit) {
    cr_expect(eq(u32, call_of(LL_STRANGER_CALL_BYTES), LL_INVALID_ARGUMENT)); // the token was found
    cr_expect(eq(u32, call_of(LL_STRANGER_CALL_BYTES + 1), LL_UNAUTHENTICATED));
}

Test(nng, a_large_call_may_be_the_first_of_a_connection) {
    size_t sizes[] = {LL_STRANGER_CALL_BYTES - 200, LL_STRANGER_CALL_BYTES, LL_BUNDLE_BYTES_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        replace_client(PAIR_TOKEN, 10 * 1000);
        struct note note = {0};
        struct ll_submit_request request = {.bundle = {calloc(sizes[i], 1), sizes[i]}, .spec = ll_spec_make("large")};
        ll_rpc_submit(pair.client, ll_clock_us(), &request, on_submitted, &note);
        pair_run_until(&pair, &note.is_done);
        cr_expect(eq(int, note.err.status, LL_OK), "%zu bytes: %s", sizes[i], note.err.text);
        cr_expect(eq(sz, pair.fake.bundle_bytes, sizes[i]));
        free((void *)(uintptr_t)request.bundle.data);
        ll_spec_fini(&request.spec);
        fake_fini(&pair.fake);
        memset(&pair.fake, 0, sizeof pair.fake);
    }
}

// ---- Limits, at their value

Test(nng, an_envelope_of_the_largest_size_is_answered_and_no_larger_one) {
    int fd = connect_sp();
    cr_expect(eq(u32, stop_raw(fd, PAIR_TOKEN), LL_OK));
    uint8_t id[4] = {0x80, 0, 0, 8};
    char *junk = calloc(LL_ENVELOPE_BYTES_MAX, 1);
    memset(junk, 0xff, LL_ENVELOPE_BYTES_MAX);
    send_frame(fd, LL_ENVELOPE_BYTES_MAX + 4, id, sizeof id);
    for (size_t sent = 0; sent < LL_ENVELOPE_BYTES_MAX;) {
        ssize_t took = send(fd, junk + sent, LL_ENVELOPE_BYTES_MAX - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (took > 0) sent += (size_t)took;
        pair.server->ops->poll(pair.server);
    }
    cr_expect(eq(u32, read_status(fd), LL_INVALID_ARGUMENT)); // it is no call
    free(junk);
    close(fd);
    fd = connect_sp();
    cr_expect(eq(u32, stop_raw(fd, PAIR_TOKEN), LL_OK));
    send_frame(fd, LL_ENVELOPE_BYTES_MAX + 5, NULL, 0);
    expect_hang_up(fd);
}

// Each has two file descriptors in this process.
Test(nng, as_many_callers_are_known_as_are_promised_and_one_more_gets_one_answer) {
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_cur < 2 * LL_CONNECTIONS_MAX + 100) cr_skip_test("this machine has too few file descriptors");
    static int known[LL_CONNECTIONS_MAX - 1]; // beside the pair's client
    for (size_t i = 0; i < LL_CONNECTIONS_MAX - 1; i++) {
        known[i] = connect_sp();
        cr_assert(eq(u32, stop_raw(known[i], PAIR_TOKEN), LL_OK), "connection %zu", i);
    }
    int further = connect_sp();
    cr_expect(eq(u32, stop_raw(further, PAIR_TOKEN), LL_OK));
    expect_hang_up(further);
    close(known[0]);
    known[0] = -1;
    for (int tries = 0; known[0] < 0 && tries < 100; tries++) { // until its end was heard
        int fd = connect_sp();
        uint8_t byte;
        stop_raw(fd, PAIR_TOKEN);
        struct pollfd end = {.fd = fd, .events = POLLIN};
        pair.server->ops->poll(pair.server);
        if (poll(&end, 1, 50) == 0)
            known[0] = fd;
        else if (recv(fd, &byte, 1, 0) <= 0)
            close(fd);
    }
    cr_expect(ge(int, known[0], 0), "the place was not given again");
    for (size_t i = 0; i < LL_CONNECTIONS_MAX - 1; i++) {
        cr_assert(eq(u32, stop_raw(known[i], PAIR_TOKEN), LL_OK), "connection %zu", i);
        close(known[i]);
    }
}

static enum ll_caller answer_at_length(void *arg, const void *data, size_t len, struct ll_buf *out) {
    (void)arg, (void)data, (void)len;
    memset(ll_buf_reserve(out, LL_ENVELOPE_BYTES_MAX), 'x', LL_ENVELOPE_BYTES_MAX);
    ll_buf_commit(out, LL_ENVELOPE_BYTES_MAX);
    return LL_CALLER_KNOWN;
}

Test(nng, a_known_caller_that_does_not_take_its_answer_is_hung_up_on) {
    ll_rpc_client_free(&pair.client); // so that all news are of the other one
    stop_server();
    struct ll_transport_service service = {.answer = answer_at_length};
    ll_err err = ll_nng_server_new(pair.url, &service, bell_ring, &pair.bell, &pair.server);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    int fd = connect_sp();
    uint8_t frame[512];
    send_raw(fd, frame, stop_frame(PAIR_TOKEN, frame));
    int64_t from_us = ll_clock_us(), took_us = 0;
    while (took_us < 9 * 1000 * 1000) { // the first news after that is of its end
        cr_assert(bell_wait(&pair.bell, 30 * 1000), "it is still connected");
        took_us = ll_clock_us() - from_us;
        pair.server->ops->poll(pair.server);
    }
    size_t got = 0;
    static uint8_t bytes[1 << 16];
    for (ssize_t more; (more = recv(fd, bytes, sizeof bytes, 0)) > 0;) got += (size_t)more;
    cr_expect(lt(sz, got, LL_ENVELOPE_BYTES_MAX));
    close(fd);
}
