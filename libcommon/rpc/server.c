// Happy path: unpack the Request, check version and token, look whether the call was answered before, find the method,
// unpack its request, let the generated service call the handler, pack its reply into a Response, remember that.
//
// What can fail, each with a Response of its own status: bytes that are no Request (INVALID_ARGUMENT, call id 0),
// another version (FAILED_PRECONDITION), a wrong token (UNAUTHENTICATED), an unknown method (UNIMPLEMENTED), a
// malformed request or call id 0 (INVALID_ARGUMENT), and whatever the handler returns. Memory for unpacking is bounded
// by the bytes that came.
#include "libcommon/rpc/server.h"

#include "libcommon/base/alloc.h"
#include "libcommon/rpc/convert.h"
#include "libcommon/rpc/envelope.h"
#include "libcommon/rpc/reply_cache.h"
#include "libcommon/rpc/transport.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    // Unpacked, an envelope takes up to a few times its bytes, and a small one some room to begin with. Anybody can
    // send one; what is in it is unpacked only for those who have the token.
    UNPACKED_BYTES_BASE = 64 * 1024,
    UNPACKED_BYTES_TIMES = 4,
};

enum memory { REMEMBER, FORGET };

struct ll_rpc_server {
    Liveload__V1__Agents_Service agents;
    Liveload__V1__Control_Service control;
    struct ll_rpc_handlers handlers;
    char *token;
    struct ll_reply_cache *replies;
};

// One call while it is handled; services get it as their closure data, since their closures carry no status.
struct call {
    struct ll_rpc_server *server;
    struct ll_wire_arena unpacked; // limited by what came
    struct ll_wire_arena reply;    // what is packed lives here
    ll_err err;
    struct ll_buf payload; // the packed reply when err is LL_SUCCESS
};

// ---- The services: from protobuf to the handlers and back

static ll_err malformed(const char *rpc) {
    return ll_err_make(LL_INVALID_ARGUMENT, "the request of %s is malformed", rpc);
}

// The closure of every method: packs the reply while what it borrows still lives.
static void on_reply(const ProtobufCMessage *message, void *closure_data) {
    struct call *call = closure_data;
    if (!message) return; // call->err says why
    ll_wire_pack(message, &call->payload);
    if (call->payload.overflowed)
        call->err = ll_err_make(LL_RESOURCE_EXHAUSTED, "a reply is larger than %d bytes", LL_ENVELOPE_BYTES_MAX);
}

// One service function per method, called by the generated dispatch.
#define LL_RPC_CALL(name, request_type, reply_type, Service, service_name, Rpc, rpc, memory)                           \
    static void serve_##rpc(Liveload__V1__##Service##_Service *service, const Liveload__V1__##Rpc##Request *input,     \
                            Liveload__V1__##Rpc##Reply_Closure closure, void *closure_data) {                          \
        (void)service;                                                                                                 \
        struct call *call = closure_data;                                                                              \
        const struct ll_rpc_handlers *handlers = &call->server->handlers;                                              \
        struct request_type request;                                                                                   \
        struct reply_type reply;                                                                                       \
        memset(&request, 0, sizeof request);                                                                           \
        memset(&reply, 0, sizeof reply);                                                                               \
        call->err = input ? ll_pb_read_##rpc##_request(input, &request) : malformed(#Rpc);                             \
        if (call->err.status != LL_OK) {                                                                               \
            closure(NULL, closure_data);                                                                               \
            return;                                                                                                    \
        }                                                                                                              \
        Liveload__V1__##Rpc##Reply message;                                                                            \
        liveload__v1__##rpc##_reply__init(&message);                                                                   \
        call->err = handlers->name(handlers->owner, &request, &reply);                                                 \
        if (call->err.status == LL_OK) ll_pb_write_##rpc##_reply(&reply, &call->reply, &message);                      \
        closure(call->err.status == LL_OK ? &message : NULL, closure_data);                                            \
        ll_pb_release(&reply);                                                                                         \
        ll_pb_release(&request);                                                                                       \
    }
#include "libcommon/rpc/methods.def"
#undef LL_RPC_CALL

// ---- Dispatch

struct method {
    ProtobufCService *service;
    unsigned index;
    const ProtobufCMethodDescriptor *descriptor;
};

// "liveload.v1.Agents/Exchange" among the server's services.
static bool find_method(struct ll_rpc_server *server, const char *path, struct method *out) {
    ProtobufCService *services[] = {&server->agents.base, &server->control.base};
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        const ProtobufCServiceDescriptor *service = services[i]->descriptor;
        size_t len = strlen(service->name);
        if (strncmp(path, service->name, len) != 0 || path[len] != '/') continue;
        out->service = services[i];
        out->descriptor = protobuf_c_service_descriptor_get_method_by_name(service, path + len + 1);
        if (!out->descriptor) return false;
        out->index = (unsigned)(out->descriptor - service->methods);
        return true;
    }
    return false;
}

static enum memory memory_of(const struct method *method) {
    static const struct {
        const ProtobufCServiceDescriptor *service;
        const char *name;
        enum memory memory;
    } all[] = {
#define LL_RPC_CALL(name, request_type, reply_type, Service, service_name, Rpc, rpc, memory)                           \
    {&liveload__v1__##service_name##__descriptor, #Rpc, memory},
#include "libcommon/rpc/methods.def"
#undef LL_RPC_CALL
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (all[i].service == method->service->descriptor && strcmp(all[i].name, method->descriptor->name) == 0)
            return all[i].memory;
    assert(!"a method of the services is missing in methods.def");
    return FORGET;
}

// Calls the method; call->payload or call->err is its outcome.
static void dispatch(struct call *call, const struct method *method, const ProtobufCBinaryData *payload) {
    ProtobufCMessage *input = NULL;
    call->err =
        ll_wire_unpack(method->descriptor->input, "the request", payload->data, payload->len, &call->unpacked, &input);
    if (call->err.status != LL_OK) input = NULL; // the service function refuses it, by name
    method->service->invoke(method->service, method->index, input, on_reply, call);
}

// ---- Answers

// Appends a Response. One that does not fit becomes an error that does.
static void respond(uint64_t call_id, ll_err err, const struct ll_buf *payload, struct ll_buf *out) {
    Liveload__V1__Response response = LIVELOAD__V1__RESPONSE__INIT;
    response.call_id = call_id;
    response.status = err.status;
    response.message = err.text;
    if (payload && err.status == LL_OK)
        response.payload = (ProtobufCBinaryData){.data = payload->data, .len = payload->len};
    if (liveload__v1__response__get_packed_size(&response) > out->max - out->len) {
        err = ll_err_make(LL_RESOURCE_EXHAUSTED, "the reply is larger than %d bytes", LL_ENVELOPE_BYTES_MAX);
        respond(call_id, err, NULL, out);
        return;
    }
    ll_wire_pack(&response.base, out);
}

// The time it takes does not tell where the first difference is, so that a token cannot be found out byte by byte.
static bool is_same_token(const char *expected, const char *given) {
    size_t len = strlen(expected), given_len = strlen(given);
    volatile unsigned difference = len != given_len;
    for (size_t i = 0; i < len; i++)
        difference |= (unsigned char)expected[i] ^ (unsigned char)given[given_len ? i % given_len : 0];
    return difference == 0;
}

static ll_err wrong_token(void) {
    return ll_err_make(LL_UNAUTHENTICATED, "the token does not fit this coordinator's: pass --token-file with a "
                                           "copy of the file it uses");
}

static ll_err check_caller(const struct ll_rpc_server *server, const Liveload__V1__Request *request) {
    if (request->protocol_version != LL_PROTOCOL_VERSION)
        return ll_err_make(LL_FAILED_PRECONDITION,
                           "this coordinator is LiveLoad %s (protocol %d), the caller is LiveLoad %.32s (protocol %u): "
                           "install the same version on both",
                           LIVELOAD_VERSION, LL_PROTOCOL_VERSION, request->program_version, request->protocol_version);
    if (!is_same_token(server->token, request->token)) return wrong_token();
    if (request->call_id == 0) // which is that of answers to what was no call
        return ll_err_make(LL_INVALID_ARGUMENT, "a call came with call id 0: number calls from 1");
    return LL_SUCCESS;
}

static void answer(struct ll_rpc_server *server, const Liveload__V1__Request *request, struct ll_buf *out) {
    ll_err err = check_caller(server, request);
    if (err.status != LL_OK) {
        respond(request->call_id, err, NULL, out);
        return;
    }
    struct ll_remembered_reply remembered = ll_reply_cache_get(server->replies, request->call_id);
    if (remembered.data) {
        ll_buf_append(out, remembered.data, remembered.len);
        return;
    }
    struct method method;
    if (!find_method(server, request->method, &method)) {
        err = ll_err_make(LL_UNIMPLEMENTED,
                          "this coordinator (LiveLoad %s) has no call \"%.80s\", which LiveLoad %.32s makes: install "
                          "the same version on both",
                          LIVELOAD_VERSION, request->method, request->program_version);
        respond(request->call_id, err, NULL, out);
        return;
    }
    struct call call = {
        .server = server,
        .unpacked = ll_wire_arena_make(ll_pb_memory_for(request->payload.len)),
        .reply = ll_wire_arena_make(LL_WIRE_NO_LIMIT),
        .payload = ll_buf_make(LL_ENVELOPE_BYTES_MAX),
    };
    dispatch(&call, &method, &request->payload);
    size_t start = out->len;
    respond(request->call_id, call.err, &call.payload, out);
    if (memory_of(&method) == REMEMBER)
        ll_reply_cache_put(server->replies, request->call_id, out->data + start, out->len - start);
    ll_buf_fini(&call.payload);
    ll_wire_arena_fini(&call.reply);
    ll_wire_arena_fini(&call.unpacked);
}

enum ll_caller ll_rpc_server_handle(struct ll_rpc_server *server, const void *request, size_t len,
                                    struct ll_buf *out_response) {
    struct ll_wire_arena arena = ll_wire_arena_make(UNPACKED_BYTES_BASE + UNPACKED_BYTES_TIMES * len);
    enum ll_caller caller = LL_CALLER_STRANGER;
    ProtobufCMessage *message = NULL;
    ll_err err = ll_wire_unpack(&liveload__v1__request__descriptor, "the envelope", request, len, &arena, &message);
    if (err.status == LL_OK) {
        const Liveload__V1__Request *envelope = (const Liveload__V1__Request *)message;
        if (is_same_token(server->token, envelope->token)) caller = LL_CALLER_KNOWN;
        answer(server, envelope, out_response);
    } else {
        err = ll_err_make(LL_INVALID_ARGUMENT, "%zu bytes came that are no call of LiveLoad's", len);
        respond(0, err, NULL, out_response);
    }
    ll_wire_arena_fini(&arena);
    return caller;
}

// The token's field, as ll_rpc_envelope_begin writes it.
static bool begins_with_token(const struct ll_rpc_server *server, const void *head, size_t len) {
    struct ll_buf expected = ll_buf_make(LL_ENVELOPE_PROOF_BYTES);
    ll_rpc_envelope_begin(server->token, &expected);
    volatile unsigned difference = expected.overflowed || expected.len > len;
    for (size_t i = 0; i < expected.len && i < len; i++) difference |= expected.data[i] ^ ((const uint8_t *)head)[i];
    ll_buf_fini(&expected);
    return difference == 0;
}

enum ll_caller ll_rpc_server_admit(struct ll_rpc_server *server, const void *head, size_t len,
                                   struct ll_buf *out_response) {
    if (begins_with_token(server, head, len)) return LL_CALLER_KNOWN;
    respond(0, wrong_token(), NULL, out_response);
    return LL_CALLER_STRANGER;
}

static enum ll_caller on_call(void *owner, const void *data, size_t len, struct ll_buf *out_response) {
    return ll_rpc_server_handle(owner, data, len, out_response);
}

static enum ll_caller on_head(void *owner, const void *data, size_t len, struct ll_buf *out_response) {
    return ll_rpc_server_admit(owner, data, len, out_response);
}

struct ll_transport_service ll_rpc_server_service(struct ll_rpc_server *server) {
    return (struct ll_transport_service){.owner = server, .answer = on_call, .admit = on_head};
}

// ---- Lifecycle

struct ll_rpc_server *ll_rpc_server_new(const struct ll_rpc_handlers *handlers, const char *token) {
    struct ll_rpc_server *server = ll_alloc(1, sizeof *server);
    server->agents = (Liveload__V1__Agents_Service)LIVELOAD__V1__AGENTS__INIT(serve_);
    server->control = (Liveload__V1__Control_Service)LIVELOAD__V1__CONTROL__INIT(serve_);
    server->handlers = *handlers;
    server->token = ll_strdup(token);
    server->replies = ll_reply_cache_new(LL_RPC_REPLIES_MAX, LL_RPC_REPLY_BYTES_MAX);
    return server;
}

void ll_rpc_server_free(struct ll_rpc_server **server) {
    if (!*server) return;
    ll_reply_cache_free(&(*server)->replies);
    free((*server)->token);
    free(*server);
    *server = NULL;
}
