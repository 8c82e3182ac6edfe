// Private to libcommon/rpc: what an Exchange says of throttles, to and from protobuf; as convert.h says.
#ifndef LIBCOMMON_RPC_CONVERT_THROTTLE_H
#define LIBCOMMON_RPC_CONVERT_THROTTLE_H

#include "libcommon/model/messages.h"
#include "libcommon/model/wire.h"
#include "libcommon/rpc/pb.h"

Liveload__V1__ThrottleWants *ll_pb_write_throttle_wants(const struct ll_throttle_wants *in,
                                                        struct ll_wire_arena *arena);
// `in` may be NULL. What is in `out` is the caller's to free; nothing when this fails.
ll_err ll_pb_read_throttle_wants(const Liveload__V1__ThrottleWants *in, struct ll_throttle_wants *out);

Liveload__V1__ThrottleGrants *ll_pb_write_throttle_grants(const struct ll_throttle_grants *in,
                                                          struct ll_wire_arena *arena);
void ll_pb_read_throttle_grants(const Liveload__V1__ThrottleGrants *in, struct ll_throttle_grants *out);

#endif
