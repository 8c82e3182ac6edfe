// Private to libcommon/rpc: the calls' messages, plain data to and from protobuf.
//
// For each rpc: ll_pb_write_RPC_request and _reply fill an initialised message that borrows from the plain data and
// lives in the arena; ll_pb_read_RPC_request and _reply check what came and fill zeroed plain data that borrows from
// the message. ll_pb_release frees what a read message owns beside that. LL_INVALID_ARGUMENT names the field.
#ifndef LIBCOMMON_RPC_CONVERT_H
#define LIBCOMMON_RPC_CONVERT_H

#include "libcommon/model/messages.h"
#include "libcommon/model/wire.h"
#include "libcommon/rpc/pb.h"

#define LL_RPC_CALL(name, request_type, reply_type, Service, service, Rpc, rpc, memory)                                \
    void ll_pb_write_##rpc##_request(const struct request_type *in, struct ll_wire_arena *arena,                       \
                                     Liveload__V1__##Rpc##Request *out);                                               \
    void ll_pb_write_##rpc##_reply(const struct reply_type *in, struct ll_wire_arena *arena,                           \
                                   Liveload__V1__##Rpc##Reply *out);                                                   \
    ll_err ll_pb_read_##rpc##_request(const Liveload__V1__##Rpc##Request *in, struct request_type *out);               \
    ll_err ll_pb_read_##rpc##_reply(const Liveload__V1__##Rpc##Reply *in, struct reply_type *out);
#include "libcommon/rpc/methods.def"
#undef LL_RPC_CALL

void ll_pb_release_submit_request(struct ll_submit_request *request);
void ll_pb_release_exchange_request(struct ll_exchange_request *request);
void ll_pb_release_exchange_reply(struct ll_exchange_reply *reply);

// How much memory an honest message of `len` bytes can take when it is unpacked: twice what model/ grants, since the
// smallest there are, answers at barriers, have 5 bytes and take 120.
static inline size_t ll_pb_memory_for(size_t len) {
    return 2 * ll_wire_memory_for(len);
}

static inline void ll_pb_release_nothing(const void *message) {
    (void)message;
}
#define ll_pb_release(message)                                                                                         \
    _Generic((message), struct ll_submit_request *                                                                     \
             : ll_pb_release_submit_request, struct ll_exchange_reply *                                                \
             : ll_pb_release_exchange_reply, struct ll_exchange_request *                                              \
             : ll_pb_release_exchange_request, default                                                                 \
             : ll_pb_release_nothing)(message)

#endif
