// The server alone: envelopes in, envelopes out, as bytes.
#include "libcommon/base/rand.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/wire.h"
#include "libcommon/rpc/pb.h"
#include "libcommon/rpc/transport.h"
#include "tests/unit/rpc/fake.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct fake fake;
static struct ll_rpc_server *server;
static struct ll_buf answer;

static void start(void) {
    memset(&fake, 0, sizeof fake);
    struct ll_rpc_handlers handlers = fake_handlers(&fake);
    server = ll_rpc_server_new(&handlers, "token");
    answer = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
}

static void stop(void) {
    ll_rpc_server_free(&server);
    ll_buf_fini(&answer);
    fake_fini(&fake);
}

TestSuite(server, .init = start, .fini = stop, .timeout = 60);

// A good Exchange, for tests to spoil one thing of.
static Liveload__V1__Request good_request(uint64_t call_id) {
    Liveload__V1__Request request = LIVELOAD__V1__REQUEST__INIT;
    request.call_id = call_id;
    request.method = "liveload.v1.Agents/Exchange";
    request.token = "token";
    request.protocol_version = LL_PROTOCOL_VERSION;
    request.program_version = LIVELOAD_VERSION;
    return request;
}

// Sends bytes and opens the answer, which the caller frees.
static Liveload__V1__Response *ask_bytes(const void *data, size_t len) {
    ll_buf_clear(&answer);
    ll_rpc_server_handle(server, data, len, &answer);
    Liveload__V1__Response *response = liveload__v1__response__unpack(NULL, answer.len, answer.data);
    cr_assert(ne(ptr, response, NULL), "the answer is no Response");
    return response;
}

static Liveload__V1__Response *ask(const Liveload__V1__Request *request) {
    struct ll_buf bytes = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    ll_wire_pack(&request->base, &bytes);
    Liveload__V1__Response *response = ask_bytes(bytes.data, bytes.len);
    ll_buf_fini(&bytes);
    return response;
}

static void expect_status(const Liveload__V1__Request *request, enum ll_status status, const char *words) {
    Liveload__V1__Response *response = ask(request);
    cr_expect(eq(u32, response->status, status), "%s", response->message);
    cr_expect(eq(u64, response->call_id, request->call_id));
    cr_expect(ne(ptr, strstr(response->message, words), NULL), "\"%s\" lacks \"%s\"", response->message, words);
    liveload__v1__response__free_unpacked(response, NULL);
}

Test(server, answers_a_good_call) {
    Liveload__V1__Request request = good_request(5);
    expect_status(&request, LL_OK, "");
    cr_expect(eq(int, fake.calls[FAKE_exchange], 1));
}

Test(server, refuses_a_wrong_token) {
    static char *const tokens[] = {"", "toke", "tokem", "tokens", "tokentoken", "Token"};
    for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
        Liveload__V1__Request request = good_request(i);
        request.token = tokens[i];
        expect_status(&request, LL_UNAUTHENTICATED, "--token-file");
    }
    cr_expect(eq(int, fake.calls[FAKE_exchange], 0));
}

Test(server, refuses_another_version_and_names_both) {
    Liveload__V1__Request request = good_request(1);
    request.protocol_version = 99;
    request.program_version = "9.9.9";
    request.token = "";
    expect_status(&request, LL_FAILED_PRECONDITION, "LiveLoad " LIVELOAD_VERSION " (protocol 1)");
    expect_status(&request, LL_FAILED_PRECONDITION, "9.9.9 (protocol 99): install the same version on both");
}

Test(server, refuses_unknown_methods) {
    static char *const methods[] = {"",
                                    "/",
                                    "Exchange",
                                    "liveload.v1.Agents",
                                    "liveload.v1.Agents/",
                                    "liveload.v1.Agents/Fly",
                                    "liveload.v1.Agents/exchange",
                                    "liveload.v1.Control/Exchange",
                                    "liveload.v1.AgentsX/Exchange",
                                    "liveload.v2.Agents/Exchange"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        Liveload__V1__Request request = good_request(i + 1);
        request.method = methods[i];
        expect_status(&request, LL_UNIMPLEMENTED, "install the same version on both");
    }
}

// Its answer, if it were a success without content, would be no bytes at all.
Test(server, refuses_call_id_0) {
    Liveload__V1__Request request = good_request(0);
    request.method = "liveload.v1.Control/Stop";
    expect_status(&request, LL_INVALID_ARGUMENT, "call id 0");
    cr_expect(eq(int, fake.calls[FAKE_stop], 0));
}

Test(server, refuses_a_malformed_payload) {
    Liveload__V1__Request request = good_request(1);
    request.payload = (ProtobufCBinaryData){.data = (uint8_t *)"\xff\xff\xff", .len = 3};
    expect_status(&request, LL_INVALID_ARGUMENT, "Exchange");
    cr_expect(eq(int, fake.calls[FAKE_exchange], 0));
}

Test(server, refuses_fields_that_do_not_fit) {
    Liveload__V1__ExchangeRequest exchange = LIVELOAD__V1__EXCHANGE_REQUEST__INIT;
    uint8_t bytes[256];
    Liveload__V1__Request request = good_request(1);
    exchange.state = (Liveload__V1__AgentState)42;
    request.payload.data = bytes;
    request.payload.len = liveload__v1__exchange_request__pack(&exchange, bytes);
    expect_status(&request, LL_INVALID_ARGUMENT, "agent state 42");
    exchange.state = LIVELOAD__V1__AGENT_STATE__AGENT_IDLE;
    exchange.run_id = "a run id that is far longer than thirty-two characters";
    request.call_id = 2;
    request.payload.len = liveload__v1__exchange_request__pack(&exchange, bytes);
    expect_status(&request, LL_INVALID_ARGUMENT, "run_id");
    ProtobufCBinaryData snapshots[LL_EXCHANGE_SNAPSHOTS_MAX + 1] = {0};
    exchange.run_id = "";
    exchange.snapshots = snapshots;
    exchange.n_snapshots = LL_EXCHANGE_SNAPSHOTS_MAX + 1;
    request.call_id = 3;
    request.payload.len = liveload__v1__exchange_request__pack(&exchange, bytes);
    expect_status(&request, LL_INVALID_ARGUMENT, "at most 16 snapshots");
    request.call_id = 4;
    request.method = "liveload.v1.Control/Submit";
    request.payload.len = 0;
    expect_status(&request, LL_INVALID_ARGUMENT, "without its spec");
    request.call_id = 5;
    request.method = "liveload.v1.Agents/FetchBundle";
    expect_status(&request, LL_INVALID_ARGUMENT, "hash");
}

enum { CROWD = 50000 };

// A list of CROWD tickets, all right; packed into memory of its own.
static Liveload__V1__ThrottleWants crowd_at_throttles(Liveload__V1__Throttle **throttles, size_t count) {
    static uint64_t tickets[CROWD];
    static uint32_t of[CROWD];
    static protobuf_c_boolean held[CROWD];
    for (size_t i = 0; i < CROWD; i++) tickets[i] = i + 1;
    memset(of, 0, sizeof of);
    Liveload__V1__ThrottleWants wants = LIVELOAD__V1__THROTTLE_WANTS__INIT;
    wants.round = 1;
    wants.throttles = throttles;
    wants.n_throttles = count;
    wants.tickets = tickets;
    wants.of = of;
    wants.held = held;
    wants.n_tickets = wants.n_of = wants.n_held = CROWD;
    return wants;
}

static void expect_throttles(const Liveload__V1__ThrottleWants *wants, enum ll_status status, const char *text) {
    static uint64_t call_id;
    Liveload__V1__ExchangeRequest exchange = LIVELOAD__V1__EXCHANGE_REQUEST__INIT;
    exchange.throttles = (Liveload__V1__ThrottleWants *)(uintptr_t)wants;
    uint8_t *bytes = malloc(liveload__v1__exchange_request__get_packed_size(&exchange));
    Liveload__V1__Request request = good_request(++call_id);
    request.payload.data = bytes;
    request.payload.len = liveload__v1__exchange_request__pack(&exchange, bytes);
    expect_status(&request, status, text);
    free(bytes);
}

Test(server, a_crowd_at_throttles_is_taken_and_nonsense_refused) {
    Liveload__V1__Throttle rate = LIVELOAD__V1__THROTTLE__INIT, *throttles[] = {&rate};
    rate.name = "browsing";
    rate.from_per_s = rate.to_per_s = 10;
    Liveload__V1__ThrottleWants wants = crowd_at_throttles(throttles, 1);
    expect_throttles(&wants, LL_OK, "");
    wants.of[CROWD - 1] = 1;
    expect_throttles(&wants, LL_INVALID_ARGUMENT, "a ticket is for throttle 1, of 1");
    wants = crowd_at_throttles(throttles, 1);
    wants.tickets[9] = 9;
    expect_throttles(&wants, LL_INVALID_ARGUMENT, "tickets at throttles do not ascend");
    wants = crowd_at_throttles(throttles, 1);
    wants.n_held--;
    expect_throttles(&wants, LL_INVALID_ARGUMENT, "differ in length");
    wants = crowd_at_throttles(throttles, 1);
    rate.to_per_s = 0;
    expect_throttles(&wants, LL_INVALID_ARGUMENT, "throttle \"browsing\": a rate is from 1 in 24 hours");
    rate.to_per_s = 10;
    rate.kind = (Liveload__V1__ThrottleKind)7;
    expect_throttles(&wants, LL_INVALID_ARGUMENT, "is of a kind that is unknown here");
    rate.kind = LIVELOAD__V1__THROTTLE_KIND__THROTTLE_RATE;
    Liveload__V1__Throttle *many[LL_THROTTLES_MAX + 1];
    for (size_t i = 0; i <= LL_THROTTLES_MAX; i++) many[i] = &rate;
    wants = crowd_at_throttles(many, LL_THROTTLES_MAX);
    expect_throttles(&wants, LL_OK, "");
    cr_expect(eq(sz, fake.exchanged.throttles.throttle_count, LL_THROTTLES_MAX));
    wants = crowd_at_throttles(many, LL_THROTTLES_MAX + 1);
    expect_throttles(&wants, LL_INVALID_ARGUMENT, "51 throttles are more than the 50 of any scenario");
}

Test(server, a_repeated_call_gets_the_same_bytes_and_runs_once) {
    Liveload__V1__Request request = good_request(7);
    request.method = "liveload.v1.Control/Submit";
    Liveload__V1__SubmitRequest submit = LIVELOAD__V1__SUBMIT_REQUEST__INIT;
    Liveload__V1__Spec spec = LIVELOAD__V1__SPEC__INIT;
    Liveload__V1__Load load = LIVELOAD__V1__LOAD__INIT;
    spec.name = "shop";
    spec.load = &load;
    submit.spec = &spec;
    uint8_t bytes[256];
    request.payload.data = bytes;
    request.payload.len = liveload__v1__submit_request__pack(&submit, bytes);
    expect_status(&request, LL_OK, "");
    size_t len = answer.len;
    uint8_t *first = malloc(len);
    memcpy(first, answer.data, len);
    expect_status(&request, LL_OK, "");
    cr_assert(eq(sz, answer.len, len));
    cr_expect(eq(int, memcmp(answer.data, first, len), 0));
    cr_expect(eq(int, fake.calls[FAKE_submit], 1));
    request.call_id = 8;
    expect_status(&request, LL_OK, "");
    cr_expect(eq(int, fake.calls[FAKE_submit], 2));
    free(first);
}

Test(server, a_remembered_reply_is_for_those_who_have_the_token) {
    Liveload__V1__Request request = good_request(7);
    request.method = "liveload.v1.Agents/Leave";
    expect_status(&request, LL_OK, "");
    request.token = "guess";
    expect_status(&request, LL_UNAUTHENTICATED, "");
}

Test(server, a_status_is_always_fresh) {
    Liveload__V1__Request request = good_request(7);
    request.method = "liveload.v1.Control/Status";
    expect_status(&request, LL_OK, "");
    expect_status(&request, LL_OK, "");
    cr_expect(eq(int, fake.calls[FAKE_status], 2));
}

// When an order's moment comes is told from the answer on: a retry must not get the first answer's.
Test(server, an_exchange_is_always_fresh) {
    Liveload__V1__Request request = good_request(7);
    expect_status(&request, LL_OK, "");
    expect_status(&request, LL_OK, "");
    cr_expect(eq(int, fake.calls[FAKE_exchange], 2));
}

Test(server, an_error_is_remembered_too) {
    Liveload__V1__Request request = good_request(7);
    request.method = "liveload.v1.Agents/Leave";
    fake.fail = ll_err_make(LL_NOT_FOUND, "no such agent");
    expect_status(&request, LL_NOT_FOUND, "no such agent");
    fake.fail = LL_SUCCESS;
    expect_status(&request, LL_NOT_FOUND, "no such agent");
    cr_expect(eq(int, fake.calls[FAKE_leave], 1));
}

static void expect_no_envelope(const void *data, size_t len) {
    Liveload__V1__Response *response = ask_bytes(data, len);
    cr_expect(ne(u32, response->status, LL_OK));
    cr_expect(gt(sz, strlen(response->message), 0));
    liveload__v1__response__free_unpacked(response, NULL);
}

Test(server, survives_bytes_that_are_no_envelope) {
    expect_no_envelope("", 0);
    expect_no_envelope("GET / HTTP/1.1\r\n\r\n", 18);
    expect_no_envelope("\x08", 1);
    expect_no_envelope("\x12\xff\xff\xff\xff\x0f", 6); // a text of 4 GB
    cr_expect(eq(int, fake.calls[FAKE_exchange], 0));
}

Test(server, survives_random_bytes_and_spoiled_envelopes) {
    struct ll_rand rand = ll_rand_seed(20261123);
    Liveload__V1__Request request = good_request(1);
    uint8_t good[256], bytes[256];
    size_t good_len = liveload__v1__request__pack(&request, good);
    for (int round = 0; round < 20000; round++) {
        size_t len = ll_rand_below(&rand, sizeof bytes);
        for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)ll_rand_next(&rand);
        if (round % 2) {
            memcpy(bytes, good, len = good_len);
            for (int spoiled = 0; spoiled < 3; spoiled++)
                bytes[ll_rand_below(&rand, len)] = (uint8_t)ll_rand_next(&rand);
        }
        ll_buf_clear(&answer);
        ll_rpc_server_handle(server, bytes, len, &answer);
        cr_assert(gt(sz, answer.len, 0), "round %d was not answered", round);
    }
}

// Two bytes on the wire for each of millions of fields, for which protobuf-c would take gigabytes.
Test(server, small_fields_in_large_numbers_do_not_cost_memory) {
    size_t len = LL_ENVELOPE_BYTES_MAX;
    uint8_t *bytes = malloc(len);
    for (size_t i = 0; i < len; i += 2) {
        bytes[i] = 15 << 3; // an unknown number, as varint
        bytes[i + 1] = 1;
    }
    expect_no_envelope(bytes, len);
    free(bytes);
}

static void submit_bundle(size_t bytes, enum ll_status status, const char *words) {
    static uint64_t call_id;
    Liveload__V1__SubmitRequest submit = LIVELOAD__V1__SUBMIT_REQUEST__INIT;
    Liveload__V1__Spec spec = LIVELOAD__V1__SPEC__INIT;
    Liveload__V1__Load load = LIVELOAD__V1__LOAD__INIT;
    spec.name = "shop";
    spec.load = &load;
    submit.spec = &spec;
    submit.bundle.len = bytes;
    submit.bundle.data = calloc(1, bytes);
    struct ll_buf payload = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    ll_wire_pack(&submit.base, &payload);
    Liveload__V1__Request request = good_request(++call_id);
    request.method = "liveload.v1.Control/Submit";
    request.payload = (ProtobufCBinaryData){.data = payload.data, .len = payload.len};
    expect_status(&request, status, words);
    ll_buf_fini(&payload);
    free(submit.bundle.data);
}

Test(server, a_bundle_has_a_limit) {
    submit_bundle(LL_BUNDLE_BYTES_MAX, LL_OK, "");
    cr_expect(eq(sz, fake.bundle_bytes, 16 * 1024 * 1024));
    submit_bundle(LL_BUNDLE_BYTES_MAX + 1, LL_INVALID_ARGUMENT, "a bundle has at most 16777216 bytes, not 16777217");
    cr_expect(eq(int, fake.calls[FAKE_submit], 1));
}

static void send_piece(size_t bytes, enum ll_status status, const char *words) {
    static uint64_t call_id;
    Liveload__V1__SendArtifactRequest send = LIVELOAD__V1__SEND_ARTIFACT_REQUEST__INIT;
    Liveload__V1__Artifact about = LIVELOAD__V1__ARTIFACT__INIT;
    about.name = "run-1-7-web.log";
    send.about = &about;
    send.run_id = "run-1";
    send.chunk.len = bytes;
    send.chunk.data = calloc(1, bytes);
    struct ll_buf payload = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    ll_wire_pack(&send.base, &payload);
    Liveload__V1__Request request = good_request(++call_id);
    request.method = "liveload.v1.Agents/SendArtifact";
    request.payload = (ProtobufCBinaryData){.data = payload.data, .len = payload.len};
    expect_status(&request, status, words);
    ll_buf_fini(&payload);
    free(send.chunk.data);
}

Test(server, a_piece_of_an_artifact_has_a_limit) {
    send_piece(LL_ARTIFACT_CHUNK_BYTES, LL_OK, "");
    send_piece(LL_ARTIFACT_CHUNK_BYTES + 1, LL_INVALID_ARGUMENT,
               "a piece of an artifact has at most 262144 bytes, not 262145");
    cr_expect(eq(int, fake.calls[FAKE_send_artifact], 1));
}

// ---- Memory: small unknown fields take many times their bytes, one large field little more than its own

enum { SMALL_FIELDS = 20000, FILLER_STEP = 16, FILLER_MAX = 8 << 20 };

static void append_small_fields(struct ll_buf *out) {
    for (int i = 0; i < SMALL_FIELDS; i++) ll_buf_append(out, "\x78\x01", 2); // of number 15, which nothing has
}

static void append_filler(struct ll_buf *out, size_t bytes) {
    ll_buf_append(out, "\x7a", 1);
    size_t rest = bytes;
    for (; rest > 127; rest >>= 7) ll_buf_append(out, &(uint8_t){(uint8_t)(rest | 128)}, 1);
    ll_buf_append(out, &(uint8_t){(uint8_t)rest}, 1);
    memset(ll_buf_reserve(out, bytes), 0, bytes);
    ll_buf_commit(out, bytes);
}

struct heavy {
    struct ll_buf payload, envelope;
};

// An Exchange whose small fields are in its payload, or beside it.
static struct heavy heavy_make(bool is_payload, size_t filler) {
    static uint64_t call_id;
    struct heavy heavy = {ll_buf_make(LL_ENVELOPE_BYTES_MAX), ll_buf_make(LL_ENVELOPE_BYTES_MAX)};
    if (is_payload) append_small_fields(&heavy.payload);
    append_filler(&heavy.payload, filler);
    Liveload__V1__Request request = good_request(++call_id);
    request.payload = (ProtobufCBinaryData){.data = heavy.payload.data, .len = heavy.payload.len};
    ll_wire_pack(&request.base, &heavy.envelope);
    if (!is_payload) append_small_fields(&heavy.envelope);
    return heavy;
}

static void heavy_fini(struct heavy *heavy) {
    ll_buf_fini(&heavy->payload);
    ll_buf_fini(&heavy->envelope);
}

// Whether it fits into the memory that docs/PROTOCOL.md grants it.
static bool fits(bool is_payload, size_t filler) {
    struct heavy heavy = heavy_make(is_payload, filler);
    const struct ll_buf *bytes = is_payload ? &heavy.payload : &heavy.envelope;
    size_t granted = is_payload ? 128 * 1024 + 32 * bytes->len : 64 * 1024 + 4 * bytes->len;
    struct ll_wire_arena arena = ll_wire_arena_make(granted);
    ProtobufCMessage *message;
    ll_err err =
        ll_wire_unpack(is_payload ? &liveload__v1__exchange_request__descriptor : &liveload__v1__request__descriptor,
                       "it", bytes->data, bytes->len, &arena, &message);
    ll_wire_arena_fini(&arena);
    heavy_fini(&heavy);
    return err.status == LL_OK;
}

static void expect_heavy(bool is_payload, size_t filler, enum ll_status status) {
    struct heavy heavy = heavy_make(is_payload, filler);
    Liveload__V1__Response *response = ask_bytes(heavy.envelope.data, heavy.envelope.len);
    cr_expect(eq(u32, response->status, status), "filled with %zu: %s", filler, response->message);
    liveload__v1__response__free_unpacked(response, NULL);
    heavy_fini(&heavy);
}

Test(server, memory_has_a_limit_by_the_bytes_that_came) {
    for (int is_payload = 0; is_payload <= 1; is_payload++) {
        size_t filler = 0; // the most that does not make up for the small fields
        for (size_t step = FILLER_MAX / 2; step >= FILLER_STEP; step /= 2)
            if (!fits(is_payload, filler + step)) filler += step;
        cr_assert(gt(sz, filler, 0));
        expect_heavy(is_payload, filler, LL_INVALID_ARGUMENT);
        expect_heavy(is_payload, filler + FILLER_STEP, LL_OK);
    }
}
