// How an envelope begins: with the caller's token, whatever its field's number, so that a server can tell from the
// first LL_ENVELOPE_PROOF_BYTES of a large call whether it wants the rest. To who unpacks it this is a field like any
// other.
#ifndef LIBCOMMON_RPC_ENVELOPE_H
#define LIBCOMMON_RPC_ENVELOPE_H

#include "libcommon/base/buf.h"

void ll_rpc_envelope_begin(const char *token, struct ll_buf *out);

#endif
