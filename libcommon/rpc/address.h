// Where a coordinator listens, as people write it: tcp://HOST:PORT, on this machine.
//
// Any thread; no state.
#ifndef LIBCOMMON_RPC_ADDRESS_H
#define LIBCOMMON_RPC_ADDRESS_H

#include "libcommon/base/err.h"

#include <stdint.h>

enum { LL_ADDRESS_HOST_MAX = 64 };

struct ll_address {
    char host[LL_ADDRESS_HOST_MAX]; // 127.0.0.1, or [::1] in its brackets; "localhost" is made 127.0.0.1
    uint16_t port;
};

enum ll_address_use { LL_ADDRESS_LISTEN, LL_ADDRESS_CONNECT };

// LL_INVALID_ARGUMENT for a text that is no such URL, a port that is none (0 is one to listen on), and a host that is
// not loopback: then the sentence shows the tunnel that gets there.
ll_err ll_address_parse(const char *url, enum ll_address_use use, struct ll_address *out);

#endif
