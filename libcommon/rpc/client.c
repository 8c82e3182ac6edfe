// Happy path: pack the request; the generated stub invokes this client's ProtobufCService, whose invoke makes a call of
// it; the transport carries its envelope; the Response is opened and its payload handed to the callback as plain data.
//
// What can fail: the transport has no answer (the call waits, then goes out again with the same call id, until its
// patience is at an end); an answer with a status (ends the call with it); an answer that is none, which means that
// something else listens there (ends the call with LL_DATA_LOSS); a request that does not fit an envelope
// (LL_RESOURCE_EXHAUSTED, told in the next poll).
#include "libcommon/rpc/client.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/text.h"
#include "libcommon/rpc/convert.h"
#include "libcommon/rpc/envelope.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    DEFAULT_TRY_MS = 2000,
    DEFAULT_PATIENCE_MS = 10 * 1000,
    FIRST_PAUSE_MS = 50,
    LONGEST_PAUSE_MS = 1000,
    UNPACKED_BYTES_BASE = 64 * 1024, // as at the server, of an envelope
    UNPACKED_BYTES_TIMES = 4,
};

enum call_state {
    CALL_UNDER_WAY, // with the transport
    CALL_WAITING,   // for its next try
    CALL_REFUSED,   // before it was sent; the next poll tells
};

struct call {
    struct ll_rpc_client *client;
    uint64_t id;
    char method[64]; // "liveload.v1.Agents/Exchange"
    struct ll_buf payload;
    enum call_state state;
    int64_t give_up_us;
    int64_t next_try_us; // of CALL_WAITING
    uint32_t pause_ms;   // before the next try
    ll_err refusal;      // of CALL_REFUSED
    void (*finish)(struct call *call, ll_err err, const ProtobufCBinaryData *payload);
    void (*on_reply)(void); // the caller's; `finish` knows its type
    void *arg;
    struct call *prev, *next;
};

struct ll_rpc_client {
    struct ll_transport_client *transport;
    char *token, *server;
    uint64_t next_call_id;
    uint32_t try_ms, patience_ms;
    int64_t now_us;
    struct call *calls;
    size_t call_count;
};

// ---- Tries

static void on_response(void *arg, ll_err err, const void *data, size_t len);

static void pack_envelope(const struct call *call, struct ll_buf *out) {
    Liveload__V1__Request request = LIVELOAD__V1__REQUEST__INIT;
    request.call_id = call->id;
    request.method = (char *)(uintptr_t)call->method;
    request.payload = (ProtobufCBinaryData){.data = call->payload.data, .len = call->payload.len};
    request.protocol_version = LL_PROTOCOL_VERSION;
    request.program_version = (char *)(uintptr_t)LIVELOAD_VERSION;
    ll_rpc_envelope_begin(call->client->token, out);
    ll_wire_pack(&request.base, out);
}

static void start_try(struct call *call) {
    struct ll_rpc_client *client = call->client;
    int64_t left_ms = (call->give_up_us - client->now_us) / 1000;
    uint32_t deadline_ms = left_ms < client->try_ms ? (uint32_t)(left_ms > 0 ? left_ms : 1) : client->try_ms;
    struct ll_buf envelope = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    pack_envelope(call, &envelope);
    if (envelope.overflowed) {
        call->refusal = ll_err_make(LL_RESOURCE_EXHAUSTED, "a request of %zu bytes does not fit a call of %d bytes",
                                    call->payload.len, LL_ENVELOPE_BYTES_MAX);
        call->state = CALL_REFUSED;
    } else {
        call->state = CALL_UNDER_WAY;
        client->transport->ops->send(client->transport, envelope.data, envelope.len, deadline_ms, on_response, call);
    }
    ll_buf_fini(&envelope);
}

static void free_call(struct call *call) {
    DL_DELETE(call->client->calls, call);
    call->client->call_count--;
    ll_buf_fini(&call->payload);
    free(call);
}

static void end_call(struct call *call, ll_err err, const ProtobufCBinaryData *payload) {
    call->finish(call, err, payload);
    free_call(call);
}

static void try_again_or_give_up(struct call *call, ll_err err) {
    struct ll_rpc_client *client = call->client;
    call->next_try_us = client->now_us + (int64_t)call->pause_ms * 1000;
    if (call->next_try_us < call->give_up_us) {
        call->state = CALL_WAITING;
        call->pause_ms = call->pause_ms * 2 < LONGEST_PAUSE_MS ? call->pause_ms * 2 : LONGEST_PAUSE_MS;
        return;
    }
    err = ll_err_make(err.status, "no answer from the coordinator at %s within %.1f s (%s): check that it runs there",
                      client->server, client->patience_ms / 1000.0, err.text);
    end_call(call, err, NULL);
}

// ---- Answers

// The outcome a Response carries. A response without call id is to an envelope the server could not read.
static ll_err outcome_of(const struct call *call, const Liveload__V1__Response *response) {
    if (response->call_id != call->id && !(response->call_id == 0 && response->status != LL_OK))
        return ll_err_make(LL_DATA_LOSS, "%s answered another call than %s", call->client->server, call->method);
    ll_err err = {.status = ll_status_from_number(response->status)};
    if (err.status != LL_OK) ll_text_clean(response->message, err.text, sizeof err.text);
    return err;
}

static void on_response(void *arg, ll_err err, const void *data, size_t len) {
    struct call *call = arg;
    if (err.status != LL_OK) {
        try_again_or_give_up(call, err);
        return;
    }
    struct ll_wire_arena arena = ll_wire_arena_make(UNPACKED_BYTES_BASE + UNPACKED_BYTES_TIMES * len);
    ProtobufCMessage *message = NULL;
    err = ll_wire_unpack(&liveload__v1__response__descriptor, "the answer", data, len, &arena, &message);
    if (err.status == LL_OK) {
        const Liveload__V1__Response *response = (const Liveload__V1__Response *)message;
        end_call(call, outcome_of(call, response), &response->payload);
    } else {
        err = ll_err_make(LL_DATA_LOSS, "what answers at %s is no coordinator of LiveLoad's", call->client->server);
        end_call(call, err, NULL);
    }
    ll_wire_arena_fini(&arena);
}

// ---- Calls

static struct call *new_call(struct ll_rpc_client *client, int64_t now_us, void (*on_reply)(void), void *arg) {
    assert(client->call_count < LL_CALLS_AT_ONCE_MAX);
    struct call *call = ll_alloc(1, sizeof *call);
    client->now_us = now_us;
    client->call_count++;
    call->client = client;
    if (client->next_call_id == 0) client->next_call_id++; // 0 is no call's
    call->id = client->next_call_id++;
    call->payload = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
    call->give_up_us = now_us + (int64_t)client->patience_ms * 1000;
    call->pause_ms = FIRST_PAUSE_MS;
    call->on_reply = on_reply;
    call->arg = arg;
    DL_APPEND(client->calls, call);
    return call;
}

// What the generated stubs call. Answers come through the call, which also carries the status that the stubs' closures
// do not have: the closure is not used.
static void invoke(ProtobufCService *service, unsigned method, const ProtobufCMessage *input, ProtobufCClosure closure,
                   void *closure_data) {
    (void)closure;
    struct call *call = closure_data;
    snprintf(call->method, sizeof call->method, "%s/%s", service->descriptor->name,
             service->descriptor->methods[method].name);
    ll_wire_pack(input, &call->payload);
    if (call->payload.overflowed) {
        call->refusal = ll_err_make(LL_RESOURCE_EXHAUSTED, "the request of %s is larger than %d bytes", call->method,
                                    LL_ENVELOPE_BYTES_MAX);
        call->state = CALL_REFUSED;
        return;
    }
    start_try(call);
}

static ProtobufCService agents_stub = {.descriptor = &liveload__v1__agents__descriptor, .invoke = invoke};
static ProtobufCService control_stub = {.descriptor = &liveload__v1__control__descriptor, .invoke = invoke};

#define LL_RPC_CALL(name, request_type, reply_type, Service, service, Rpc, rpc, memory)                                \
    static void finish_##rpc(struct call *call, ll_err err, const ProtobufCBinaryData *payload) {                      \
        void (*on_reply)(void *, ll_err, const struct reply_type *) =                                                  \
            (void (*)(void *, ll_err, const struct reply_type *))call->on_reply;                                       \
        struct ll_wire_arena arena = ll_wire_arena_make(ll_pb_memory_for(payload ? payload->len : 0));                 \
        ProtobufCMessage *message = NULL;                                                                              \
        struct reply_type reply;                                                                                       \
        memset(&reply, 0, sizeof reply);                                                                               \
        if (err.status == LL_OK)                                                                                       \
            err = ll_wire_unpack(&liveload__v1__##rpc##_reply__descriptor, "the reply of " #Rpc, payload->data,        \
                                 payload->len, &arena, &message);                                                      \
        if (err.status == LL_OK) err = ll_pb_read_##rpc##_reply((const Liveload__V1__##Rpc##Reply *)message, &reply);  \
        bool is_read = err.status == LL_OK;                                                                            \
        on_reply(call->arg, err, is_read ? &reply : NULL);                                                             \
        if (is_read) ll_pb_release(&reply);                                                                            \
        ll_wire_arena_fini(&arena);                                                                                    \
    }                                                                                                                  \
    void ll_rpc_##name(struct ll_rpc_client *client, int64_t now_us, const struct request_type *request,               \
                       void (*on_reply)(void *arg, ll_err err, const struct reply_type *reply), void *arg) {           \
        struct call *call = new_call(client, now_us, (void (*)(void))on_reply, arg);                                   \
        call->finish = finish_##rpc;                                                                                   \
        struct ll_wire_arena arena = ll_wire_arena_make(LL_WIRE_NO_LIMIT);                                             \
        Liveload__V1__##Rpc##Request message;                                                                          \
        liveload__v1__##rpc##_request__init(&message);                                                                 \
        ll_pb_write_##rpc##_request(request, &arena, &message);                                                        \
        liveload__v1__##service##__##rpc(&service##_stub, &message, NULL, call);                                       \
        ll_wire_arena_fini(&arena);                                                                                    \
    }
#include "libcommon/rpc/methods.def"
#undef LL_RPC_CALL

// ---- Lifecycle

struct ll_rpc_client *ll_rpc_client_new(const struct ll_rpc_client_options *options) {
    struct ll_rpc_client *client = ll_alloc(1, sizeof *client);
    client->transport = options->take_transport;
    client->token = ll_strdup(options->token);
    client->server = ll_strdup(options->server);
    client->next_call_id = options->first_call_id;
    client->try_ms = options->try_deadline_ms ? options->try_deadline_ms : DEFAULT_TRY_MS;
    client->patience_ms = options->patience_ms ? options->patience_ms : DEFAULT_PATIENCE_MS;
    return client;
}

void ll_rpc_client_free(struct ll_rpc_client **client) {
    if (!*client) return;
    (*client)->transport->ops->fini((*client)->transport);
    while ((*client)->calls) free_call((*client)->calls);
    free((*client)->token);
    free((*client)->server);
    free(*client);
    *client = NULL;
}

void ll_rpc_client_poll(struct ll_rpc_client *client, int64_t now_us) {
    client->now_us = now_us;
    client->transport->ops->poll(client->transport);
    struct call *call, *next;
    DL_FOREACH_SAFE(client->calls, call, next) {
        switch (call->state) {
        case CALL_UNDER_WAY:
            break;
        case CALL_WAITING:
            if (call->next_try_us <= now_us) start_try(call);
            break;
        case CALL_REFUSED:
            end_call(call, call->refusal, NULL);
            break;
        }
    }
}

int64_t ll_rpc_client_next_us(const struct ll_rpc_client *client) {
    int64_t next_us = INT64_MAX;
    const struct call *call;
    DL_FOREACH(client->calls, call) {
        if (call->state == CALL_REFUSED) return client->now_us;
        if (call->state == CALL_WAITING && call->next_try_us < next_us) next_us = call->next_try_us;
    }
    return next_us;
}
