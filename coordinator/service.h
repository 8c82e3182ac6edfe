// The core as the handlers of an RPC server: what a program and a simulation of it have in common.
//
// One owner. The service borrows the core; it asks for the time and for run ids, which the core cannot make.
#ifndef COORDINATOR_SERVICE_H
#define COORDINATOR_SERVICE_H

#include "coordinator/core/coordinator.h"
#include "libcommon/rpc/server.h"

#include <stdint.h>

struct ll_coordinator_service {
    struct ll_coordinator *core;
    void *owner;
    int64_t (*now_us)(void *owner);
    void (*make_run_id)(void *owner, char out[LL_TOKEN_CHARS + 1]); // random
};

// The handlers, which borrow the service.
struct ll_rpc_handlers ll_coordinator_service_handlers(struct ll_coordinator_service *service);

#endif
