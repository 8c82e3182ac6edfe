// Answers calls: opens envelopes, checks version and token, dispatches to the services protobuf-c generated, and
// remembers replies, so that a repeated call gets the same one.
//
// One owner thread. Pure but for its memory: time comes in with each request. At most LL_RPC_REPLIES_MAX replies and
// LL_RPC_REPLY_BYTES_MAX bytes of them are remembered; the oldest go first.
#ifndef LIBCOMMON_RPC_SERVER_H
#define LIBCOMMON_RPC_SERVER_H

#include "libcommon/base/buf.h"
#include "libcommon/model/messages.h"
#include "libcommon/rpc/transport.h"

enum {
    LL_RPC_REPLIES_MAX = 4096,
    LL_RPC_REPLY_BYTES_MAX = 64 * 1024 * 1024,
};

// Who does the work: one function per method. A method returns an error instead of filling `out_reply`, which is
// zeroed before. What a reply points to must live until the next call of any method; a reply's assignment is
// released by the server once sent.
struct ll_rpc_handlers {
    void *owner;
#define LL_RPC_METHOD(name, request_type, reply_type)                                                                  \
    ll_err (*name)(void *owner, const struct request_type *request, struct reply_type *out_reply);
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD
};

struct ll_rpc_server;

struct ll_rpc_server *ll_rpc_server_new(const struct ll_rpc_handlers *handlers, const char *token);
void ll_rpc_server_free(struct ll_rpc_server **server);

// Answers one envelope; known is whose token fits. Bytes that are no envelope get an INVALID_ARGUMENT response.
enum ll_caller ll_rpc_server_handle(struct ll_rpc_server *server, const void *request, size_t len,
                                    struct ll_buf *out_response);
// The first bytes of an envelope that is not read yet: known is whose token they begin with. Any other is answered.
enum ll_caller ll_rpc_server_admit(struct ll_rpc_server *server, const void *head, size_t len,
                                   struct ll_buf *out_response);
// Both, with the server as `owner`.
struct ll_transport_service ll_rpc_server_service(struct ll_rpc_server *server);

#endif
