// Calls on a coordinator, as plain data there and back.
//
// One owner thread. A call is sent with a deadline for each try; when nobody answers it is sent again with the same
// call id, after a pause that doubles from 50 ms to 1 s, until `patience_ms` have passed since the call was made; the
// server answers a repeated call with the same reply. Answers of any status end a call. Callbacks run inside
// ll_rpc_client_poll; they may make calls, but not free the client. At most LL_CALLS_AT_ONCE_MAX calls are under way,
// each of at most LL_ENVELOPE_BYTES_MAX bytes (a larger one ends with LL_RESOURCE_EXHAUSTED).
#ifndef LIBCOMMON_RPC_CLIENT_H
#define LIBCOMMON_RPC_CLIENT_H

#include "libcommon/model/messages.h"
#include "libcommon/rpc/transport.h"

struct ll_rpc_client;

struct ll_rpc_client_options {
    struct ll_transport_client *take_transport;
    const char *token;
    const char *server;       // named in errors: the URL
    uint64_t first_call_id;   // random; simulations give their own
    uint32_t try_deadline_ms; // 0: 2000
    uint32_t patience_ms;     // 0: 10000
};

struct ll_rpc_client *ll_rpc_client_new(const struct ll_rpc_client_options *options);
void ll_rpc_client_free(struct ll_rpc_client **client); // calls under way are dropped, untold

// Handles what came and resends what is due. Call on every wake and at ll_rpc_client_next_us.
void ll_rpc_client_poll(struct ll_rpc_client *client, int64_t now_us);
// When poll is needed next, on the clock of poll's now_us; INT64_MAX when only a wake matters. Ask again after each
// poll and each call.
int64_t ll_rpc_client_next_us(const struct ll_rpc_client *client);

// One function per method: request borrowed for the call; `on_reply` runs once, with `reply` NULL on an error. The
// reply is borrowed for the callback.
#define LL_RPC_METHOD(name, request_type, reply_type)                                                                  \
    void ll_rpc_##name(struct ll_rpc_client *client, int64_t now_us, const struct request_type *request,               \
                       void (*on_reply)(void *arg, ll_err err, const struct reply_type *reply), void *arg);
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD

#endif
