// The coordinator as a program: the core and the RPC server on one loop, told the time and the calls.
//
// One owner thread: the loop's. nng's threads only wake it.
#ifndef COORDINATOR_APP_H
#define COORDINATOR_APP_H

#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct ll_coordinator_app_options {
    const char *listen;     // tcp://127.0.0.1:PORT; port 0: any free one
    const char *token_file; // NULL: the default one, made when missing
    const char *out;        // folder for results; NULL: not written
    const char *journal;    // folder of the journal; NULL: none
    size_t max_agents;
    bool exit_with_parent; // SIGTERM when the parent dies, and SIGINT is the parent's business
};

// Serves until SIGTERM or SIGINT. Prints "listening on URL" on stdout once it does.
ll_err ll_coordinator_app_run(const struct ll_coordinator_app_options *options);

#endif
