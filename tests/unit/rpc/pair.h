// An rpc server and clients over real sockets on loopback, all driven by one test thread.
#ifndef TESTS_UNIT_RPC_PAIR_H
#define TESTS_UNIT_RPC_PAIR_H

#include "tests/unit/rpc/fake.h"

#define PAIR_TOKEN "0123456789abcdef"

struct pair {
    struct fake fake;
    struct bell bell;
    struct ll_rpc_server *rpc_server;
    struct ll_transport_server *server; // NULL while it is down
    struct ll_rpc_client *client;
    char url[96];
};

// A server on a free port, and a client of it with the given token and patience.
void pair_start(struct pair *pair, const char *token, uint32_t patience_ms);
void pair_stop(struct pair *pair);
// Listens, on pair->url or a free port.
void pair_listen(struct pair *pair, const char *url, struct bell *bell);
// Serves until *flag; fails the test when that takes longer than 10 seconds.
void pair_run_until(struct pair *pair, const bool *flag);

// A reply as callbacks of any method note it.
struct note {
    bool is_done;
    ll_err err;
};

#endif
