// The coordinator and agents that a run uses: started here and ended with it, or standing already.
#ifndef TOOLS_LIVELOAD_CLUSTER_H
#define TOOLS_LIVELOAD_CLUSTER_H

#include "libcommon/base/token.h"
#include "tools/liveload/child.h"
#include "tools/liveload/options.h"

#include <limits.h>

struct cluster {
    char url[128];
    char token[LL_TOKEN_TEXT_MAX];
    char folder[PATH_MAX];    // private, for the token's file; "" when nothing was started
    struct child coordinator; // pid 0 when it stands elsewhere
    struct child *agents;
    uint32_t agent_count;
};

// Starts what `options` ask for, or reads the token of what stands. Does not wait for agents.
ll_err cluster_start(const struct run_options *options, struct cluster *out);
// Ends what was started: politely, or at once.
enum cluster_manner { CLUSTER_POLITELY, CLUSTER_AT_ONCE };
void cluster_stop(struct cluster *cluster, enum cluster_manner manner);

// An error when a program that the run cannot do without has ended: the coordinator, or every agent we started.
ll_err cluster_check(struct cluster *cluster);

#endif
