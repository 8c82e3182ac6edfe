// The core as the handlers of an RPC server: what a program and a simulation of it have in common.
//
// One owner. The service borrows the core; it asks for the time, for run ids and epochs, and for the bytes of files,
// which the core does not have.
#ifndef COORDINATOR_SERVICE_H
#define COORDINATOR_SERVICE_H

#include "coordinator/core/coordinator.h"
#include "libcommon/rpc/server.h"

#include <stdint.h>

struct ll_coordinator_service {
    struct ll_coordinator *core;
    void *owner;
    int64_t (*now_us)(void *owner);
    void (*make_run_id)(void *owner, char out[LL_TOKEN_CHARS + 1]); // random, as is the next
    uint64_t (*make_epoch)(void *owner);
    // A piece of a kept file; it lives until the next call.
    ll_err (*read_artifact)(void *owner, const char *name, uint64_t offset, struct ll_fetch_reply *out_reply);
};

// The handlers, which borrow the service.
struct ll_rpc_handlers ll_coordinator_service_handlers(struct ll_coordinator_service *service);

#endif
