// Envelopes at the server, and answers at the client. A server never leaves bytes unanswered, and answers with a
// Response; with the first byte's lowest bit set, the rest is the payload of a method in a good envelope, so that the
// fuzzer need not find token and version out. With the next bit set, the rest is the answer a client gets.
#include "libcommon/base/rand.h"
#include "libcommon/model/wire.h"
#include "libcommon/rpc/client.h"
#include "libcommon/rpc/pb.h"
#include "libcommon/rpc/server.h"
#include "libcommon/rpc/transport_mem.h"
#include "tests/fuzz/fuzz.h"

#define LL_RPC_METHOD(name, request_type, reply_type)                                                                  \
    static ll_err serve_##name(void *owner, const struct request_type *request, struct reply_type *out_reply) {        \
        (void)owner, (void)request, (void)out_reply;                                                                   \
        return LL_SUCCESS;                                                                                             \
    }                                                                                                                  \
    static void on_##name(void *arg, ll_err err, const struct reply_type *reply) {                                     \
        (void)err, (void)reply;                                                                                        \
        *(bool *)arg = true;                                                                                           \
    }
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD

static char *const methods[] = {
#define LL_RPC_CALL(name, request, reply, Service, service, Rpc, rpc, memory) "liveload.v1." #Service "/" #Rpc,
#include "libcommon/rpc/methods.def"
#undef LL_RPC_CALL
};
enum { METHODS = sizeof methods / sizeof *methods };

static struct ll_rpc_server *make_server(void) {
    struct ll_rpc_handlers handlers = {
#define LL_RPC_METHOD(name, request_type, reply_type) .name = serve_##name,
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD
    };
    return ll_rpc_server_new(&handlers, "token");
}

static void expect_answer(const void *data, size_t len) {
    struct ll_rpc_server *server = make_server();
    struct ll_buf answer = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    ll_rpc_server_handle(server, data, len, &answer);
    Liveload__V1__Response *response = liveload__v1__response__unpack(NULL, answer.len, answer.data);
    assert(response);
    liveload__v1__response__free_unpacked(response, NULL);
    ll_buf_fini(&answer);
    ll_rpc_server_free(&server);
}

static void expect_answer_to_payload(unsigned method, const uint8_t *data, size_t len) {
    Liveload__V1__Request request = LIVELOAD__V1__REQUEST__INIT;
    request.call_id = 1;
    request.method = methods[method];
    request.token = "token";
    request.protocol_version = LL_PROTOCOL_VERSION;
    request.payload = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)data, .len = len};
    struct ll_buf envelope = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    ll_wire_pack(&request.base, &envelope);
    expect_answer(envelope.data, envelope.len);
    ll_buf_fini(&envelope);
}

struct canned {
    const uint8_t *data;
    size_t len;
};

static enum ll_caller answer_canned(void *arg, const void *data, size_t len, struct ll_buf *out) {
    (void)data, (void)len;
    const struct canned *canned = arg;
    Liveload__V1__Response response = LIVELOAD__V1__RESPONSE__INIT;
    response.call_id = 1;
    response.payload = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)canned->data, .len = canned->len};
    ll_wire_pack(&response.base, out);
    return LL_CALLER_KNOWN;
}

static void make_call(struct ll_rpc_client *client, unsigned method, bool *is_done) {
    unsigned number = 0;
#define LL_RPC_METHOD(name, request_type, reply_type)                                                                  \
    if (number++ == method) {                                                                                          \
        struct request_type request;                                                                                   \
        memset(&request, 0, sizeof request);                                                                           \
        ll_rpc_##name(client, 0, &request, on_##name, is_done);                                                        \
    }
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD
}

static void expect_end_of_call(unsigned method, const uint8_t *data, size_t len) {
    struct canned canned = {.data = data, .len = len};
    struct ll_mem_network *network = ll_mem_network_new(1);
    struct ll_transport_server *server = ll_mem_server_new(network, answer_canned, &canned);
    struct ll_rpc_client *client = ll_rpc_client_new(&(struct ll_rpc_client_options){
        .take_transport = ll_mem_client_new(network, (struct ll_mem_link){0}),
        .token = "token",
        .server = "mem:",
        .first_call_id = 1,
    });
    bool is_done = false;
    make_call(client, method, &is_done);
    ll_mem_network_step(network, 0);
    server->ops->poll(server);
    ll_mem_network_step(network, 0);
    ll_rpc_client_poll(client, 0);
    assert(is_done);
    ll_rpc_client_free(&client);
    server->ops->fini(server);
    ll_mem_network_free(&network);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (len == 0) return 0;
    unsigned method = (data[0] >> 2) % METHODS;
    if (data[0] & 1)
        expect_answer_to_payload(method, data + 1, len - 1);
    else if (data[0] & 2)
        expect_end_of_call(method, data + 1, len - 1);
    else
        expect_answer(data + 1, len - 1);
    return 0;
}
