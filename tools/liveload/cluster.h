// The coordinator and agents that a run uses: started here and ended with it, or standing already.
#ifndef TOOLS_LIVELOAD_CLUSTER_H
#define TOOLS_LIVELOAD_CLUSTER_H

#include "libcommon/base/token.h"
#include "tools/liveload/child.h"
#include "tools/liveload/options.h"

#include <limits.h>
#include <stdbool.h>

struct cluster {
    char url[128];
    char token[LL_TOKEN_TEXT_MAX];
    char folder[PATH_MAX]; // private, for the token's file and the last lines of logs; "" when nothing was started
    int folder_lock;
    struct child coordinator; // pid 0 when it stands elsewhere
    struct child *agents;
    uint32_t agent_count;
};

// Starts what `options` ask for, or reads the token of what stands. Does not wait for agents.
ll_err cluster_start(const struct run_options *options, struct cluster *out);
// Ends what was started: politely, or at once.
enum cluster_manner { CLUSTER_POLITELY, CLUSTER_AT_ONCE };
void cluster_stop(struct cluster *cluster, enum cluster_manner manner);

// Says, once, how each program ended that nobody asked to: by which signal, with the last lines of its log. An error
// when it was the coordinator, or when fewer than `agents_needed` of the agents that were started here are left. Cheap:
// ask whenever a child may have ended.
ll_err cluster_check(struct cluster *cluster, uint32_t agents_needed);
// Whether agents were started here and, as cluster_check last saw, none of them is left.
bool cluster_has_lost_all(const struct cluster *cluster);

#endif
