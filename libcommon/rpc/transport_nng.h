// What the two sides of the transport over nng share. For them alone.
#ifndef LIBCOMMON_RPC_TRANSPORT_NNG_H
#define LIBCOMMON_RPC_TRANSPORT_NNG_H

#include "libcommon/base/err.h"
#include "libcommon/rpc/address.h"

enum { LL_NNG_URL_MAX = LL_ADDRESS_HOST_MAX + 16 };

void ll_nng_write_url(const struct ll_address *address, unsigned port, char out[LL_NNG_URL_MAX]);
// The error of a call of nng's: it could not `what`.
ll_err ll_nng_broken(const char *what, int result);

#endif
