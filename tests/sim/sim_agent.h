// An agent in a simulated cluster: the real core, telemetry and RPC client, with users that are arithmetic.
//
// One thread; time comes in. Does what liveload-agent's shell does, without a browser, a clock or a socket.
#ifndef TESTS_SIM_SIM_AGENT_H
#define TESTS_SIM_SIM_AGENT_H

#include "agent/core/agent.h"
#include "agent/telemetry/health.h"
#include "agent/telemetry/outbox.h"
#include "agent/telemetry/recorder.h"
#include "agent/telemetry/snapshotter.h"
#include "libcommon/base/rand.h"
#include "libcommon/rpc/client.h"
#include "libcommon/rpc/transport_mem.h"
#include "tests/sim/crowd.h"
#include "tests/sim/ledger.h"
#include "tests/sim/passers.h"

static const int64_t SIM_UNIX_MS_AT_ZERO = 1700000000000; // of all clocks

struct sim_agent_options {
    struct ll_mem_network *network;
    struct ll_mem_link link;
    struct ledger *ledger;
    uint64_t seed;
    uint32_t number; // names it: agent-7
    uint32_t max_users;
    int64_t prepare_ms_max;
    int64_t clock_ahead_us; // of the simulated one: what the agent takes for the time
    bool fails_to_prepare;
    size_t meeting; // users that meet others at a barrier, beside those that iterate
    struct crowd_totals *meetings;
    size_t passing; // users at throttles, likewise
    struct pass_totals *passes;
};

struct sim_agent {
    struct sim_agent_options options;
    struct ll_rand rand;
    struct ll_agent core;
    struct ll_transport_client *transport; // the client's
    struct ll_rpc_client *client;
    struct ll_recorder *recorder;
    struct ll_health *health;
    struct ll_outbox *outbox;           // NULL without a run
    struct ll_snapshotter *snapshotter; // NULL without a run
    char name[LL_AGENT_NAME_MAX];       // as the coordinator gave it
    int64_t now_us;                     // by its own clock
    bool is_gone;

    char run_id[LL_TOKEN_CHARS + 1];
    size_t entry; // in the ledger
    struct ll_load load;
    uint32_t users;
    uint64_t iterations_left;                              // UINT64_MAX: not limited
    int64_t prepared_at_us, iteration_at_us, users_end_us; // INT64_MAX: not set
    int64_t start_us;
    struct crowd crowd;
    struct passers passers;
    bool is_cut;
    uint64_t pending; // iterations in the bucket that fills
};

// Starts up at `now_us`. Freeing it is what SIGKILL does.
struct sim_agent *sim_agent_new(const struct sim_agent_options *options, int64_t now_us);
void sim_agent_free(struct sim_agent **agent);

// Does what is due. Call at every moment.
void sim_agent_poll(struct sim_agent *agent, int64_t now_us);
int64_t sim_agent_next_us(const struct sim_agent *agent);
// As SIGTERM does.
void sim_agent_leave(struct sim_agent *agent, int64_t now_us);
struct ll_mem_link *sim_agent_link(struct sim_agent *agent);

#endif
