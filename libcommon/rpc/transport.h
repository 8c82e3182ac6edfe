// The seam for how envelopes travel: one request there, one response back. transport_nng.c and transport_nng_server.c
// carry them over nng; transport_mem.c within a process, under a simulated clock and network.
//
// One owner thread, the one that calls poll. A transport's own threads only post to a mailbox and call `wake`;
// callbacks run inside poll. Close refuses and drops what is under way; fini releases.
#ifndef LIBCOMMON_RPC_TRANSPORT_H
#define LIBCOMMON_RPC_TRANSPORT_H

#include "libcommon/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LL_ENVELOPE_BYTES_MAX = 24 * 1024 * 1024, // one envelope, either way; a larger one closes its connection
    LL_CALLS_AT_ONCE_MAX = 64,                // of one client
    LL_CONNECTIONS_MAX = 1024,                // of known callers at a server; a further one is closed after a call
    LL_STRANGERS_MAX = 64,                    // connections beside them whose caller is not known yet
    LL_STRANGER_MS = 5000,                    // in which it becomes known
    LL_STRANGER_CALL_BYTES = 16 * 1024,       // of its first call, unless that begins with what makes it known
    LL_ENVELOPE_PROOF_BYTES = 256,            // which is all in these
};

typedef void (*ll_wake_fn)(void *arg); // any thread; must not block

// Caller's side. One endpoint, many calls at once.
struct ll_transport_client;
struct ll_transport_client_ops {
    // Sends one request; `on_response` runs once from poll: bytes, or an error (LL_UNAVAILABLE: nobody there or
    // connection lost; LL_DEADLINE_EXCEEDED). Nothing is resent.
    void (*send)(struct ll_transport_client *client, const void *data, size_t len, uint32_t deadline_ms,
                 void (*on_response)(void *arg, ll_err err, const void *data, size_t len), void *arg);
    void (*poll)(struct ll_transport_client *client);
    void (*fini)(struct ll_transport_client *client); // calls under way are dropped, untold
};
struct ll_transport_client {
    const struct ll_transport_client_ops *ops;
};

// Server's side.
struct ll_transport_server;
struct ll_transport_server_ops {
    // Where it listens, with the port that was given: "tcp://127.0.0.1:40113".
    const char *(*address)(struct ll_transport_server *server);
    // Has each request that came answered.
    void (*poll)(struct ll_transport_server *server);
    void (*fini)(struct ll_transport_server *server);
};
struct ll_transport_server {
    const struct ll_transport_server_ops *ops;
};
struct ll_buf;
enum ll_caller { LL_CALLER_STRANGER, LL_CALLER_KNOWN };

// Who answers. Responses are appended to `out_response`.
typedef enum ll_caller (*ll_on_request_fn)(void *owner, const void *data, size_t len, struct ll_buf *out_response);
struct ll_transport_service {
    void *owner;
    // Answers a call and says whose it was; a stranger's connection ends with the answer.
    ll_on_request_fn answer;
    // Of a call that is too large to be read from a stranger: whether it begins as a known caller's. If not, it is
    // answered.
    ll_on_request_fn admit;
};

// nng. `url` is tcp://HOST:PORT (port 0 to listen: any free one). LL_UNAVAILABLE when the port is in use, with the
// way out; LL_INVALID_ARGUMENT for a URL that is none, or one that is not on loopback, where this version stays: the
// token would travel in the clear. A client connects in the background, and again whenever it must.
ll_err ll_nng_client_new(const char *url, ll_wake_fn wake, void *wake_arg, struct ll_transport_client **out);
ll_err ll_nng_server_new(const char *url, const struct ll_transport_service *service, ll_wake_fn wake, void *wake_arg,
                         struct ll_transport_server **out);

#endif
