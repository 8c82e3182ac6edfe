// A whole cluster in one thread: a coordinator, its agents and whoever submitted the run, under one simulated clock and
// network.
//
// Everything follows from the seed. Whatever happens is hashed, so that two runs of one seed can be told to be the
// same.
#ifndef TESTS_SIM_CLUSTER_H
#define TESTS_SIM_CLUSTER_H

#include "coordinator/journal.h"
#include "coordinator/service.h"
#include "libcommon/rpc/client.h"
#include "libcommon/rpc/transport_mem.h"
#include "tests/sim/ledger.h"
#include "tests/sim/sim_agent.h"

#include <stdbool.h>

enum { CLUSTER_AGENTS_MAX = 300 };

struct control { // who submitted the run, waits for its end and fetches its result
    struct ll_rpc_client *client;
    bool is_submitted, is_over, has_result;
    bool is_forgotten; // a coordinator that was started anew does not know the run
    ll_err error;      // of a call
    char run_id[LL_TOKEN_CHARS + 1];
    struct ll_status_reply status;
    int64_t ask_at_us; // INT64_MAX: a call is under way, or nothing is left to ask
    struct ll_buf result;
};

struct cluster {
    uint64_t seed;
    struct ll_rand rand;
    int64_t now_us;
    struct ll_mem_network *network;
    struct ll_coordinator *core;
    struct ll_coordinator_service service;
    struct ll_rpc_server *rpc;
    struct ll_transport_server *server;
    struct sim_agent *agents[CLUSTER_AGENTS_MAX]; // NULL: killed, or not there yet
    size_t agent_count;
    struct control control;
    struct ledger ledger;
    uint64_t trace;       // hash of what happened
    uint64_t events;      // moments
    int results;          // that the coordinator made
    struct ll_buf result; // the last one, of run `result_of`
    char result_of[LL_TOKEN_CHARS + 1];
    struct ll_buf journal;     // until the run's result is fetched; outlives the coordinator
    uint64_t journal_sequence; // of its last record
    bool is_restoring;
    bool is_verbose; // LIVELOAD_SIM_TRACE is set: says on stderr what happens
};

struct cluster *cluster_new(uint64_t seed);
void cluster_free(struct cluster **cluster);

// The agent at `index` starts (again); one that is there is killed first.
void cluster_start_agent(struct cluster *cluster, size_t index, struct sim_agent_options options);
void cluster_kill_agent(struct cluster *cluster, size_t index);
// The coordinator is killed, and started again with its journal. It must be down before it is up.
void cluster_kill_coordinator(struct cluster *cluster);
void cluster_start_coordinator(struct cluster *cluster);
void cluster_note(struct cluster *cluster, const char *format, ...) __attribute__((format(printf, 2, 3)));

void cluster_submit(struct cluster *cluster, const struct ll_spec *spec, uint32_t min_agents, uint32_t wait_ms);
void cluster_stop_run(struct cluster *cluster);

// Lets all that is due until then happen. True when `until` (may be NULL) said so on the way.
bool cluster_run(struct cluster *cluster, int64_t until_us, bool (*until)(const struct cluster *cluster));
bool cluster_run_is_over(const struct cluster *cluster); // its result fetched, too, or the run forgotten

#endif
