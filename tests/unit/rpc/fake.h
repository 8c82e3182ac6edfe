// What the rpc tests share: handlers that remember what they were asked and answer as told, and a wait for events.
#ifndef TESTS_UNIT_RPC_FAKE_H
#define TESTS_UNIT_RPC_FAKE_H

#include "libcommon/rpc/client.h"
#include "libcommon/rpc/server.h"

#include <stdbool.h>

struct fake {
    int calls[11]; // by method, in methods.def's order
    ll_err fail;   // when not LL_SUCCESS, what every method returns
    struct ll_register_request registered;
    struct ll_exchange_request exchanged; // its snapshots are not kept
    char snapshot[64];                    // the first one's bytes
    struct ll_spec submitted;             // a copy
    size_t bundle_bytes;
    struct ll_fetch_request fetched;
    struct ll_leave_request left;
    struct ll_send_artifact_request sent; // its chunk is not kept
    struct ll_fetch_artifact_request artifact;
    bool is_preparing; // exchange answers with an assignment
    char chunk[64];
    struct ll_bytes large_chunk; // what fetches answer instead, if set
    size_t secrets_submitted, secret_bytes;
};

enum {
#define LL_RPC_METHOD(name, request, reply) FAKE_##name,
#include "libcommon/rpc/methods.def"
#undef LL_RPC_METHOD
};

struct ll_rpc_handlers fake_handlers(struct fake *fake);
void fake_fini(struct fake *fake);

// A wake-up that any thread can give and the test waits for.
struct bell {
    int fd;
};
struct bell bell_make(void);
void bell_fini(struct bell *bell);
void bell_ring(void *bell); // ll_wake_fn
// Waits for a ring; false when none came within `ms`.
bool bell_wait(struct bell *bell, int ms);

#endif
