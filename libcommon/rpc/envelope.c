#include "libcommon/rpc/envelope.h"

#include "libcommon/base/token.h"
#include "libcommon/model/wire.h"
#include "libcommon/rpc/pb.h"
#include "libcommon/rpc/transport.h"

_Static_assert(LL_TOKEN_TEXT_MAX + 8 < LL_ENVELOPE_PROOF_BYTES, "a token is longer than what is read to find it");

void ll_rpc_envelope_begin(const char *token, struct ll_buf *out) {
    Liveload__V1__Request request = LIVELOAD__V1__REQUEST__INIT;
    request.token = (char *)(uintptr_t)token; // packing does not write
    ll_wire_pack(&request.base, out);
}
