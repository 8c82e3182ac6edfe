// The agent program: the loop, the browser, the calls, and the core that decides.
//
// One owner thread, which is the one that calls ll_app_run.
#ifndef AGENT_APP_H
#define AGENT_APP_H

#include "agent/browser/launch.h"
#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct ll_app_options {      // borrowed
    const char *coordinator; // URL
    const char *token;
    struct ll_launch launch;           // of its browsers
    const char *name;                  // NULL: the host's
    uint32_t max_users;                // 0: no limit of its own
    uint64_t orphan_limit_ms, hold_ms; // 0: as agent/core/agent.h has them
    bool is_traced;                    // what users do is printed as it happens
    const char *artifacts;             // where people will find files of failures, for what is printed; or NULL
    bool has_parent;                   // who started it decides about Ctrl-C, and reads its log
};

// Runs until it is asked to leave (SIGTERM; SIGINT too without a parent; a second one ends the process at once), or
// cannot go on: no browser, a wrong token, a coordinator of another version.
ll_err ll_app_run(const struct ll_app_options *options);

#endif
