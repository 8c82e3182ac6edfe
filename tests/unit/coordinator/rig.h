// A coordinator's core with agents played by hand, under a clock that stands still until told.
#ifndef TESTS_UNIT_COORDINATOR_RIG_H
#define TESTS_UNIT_COORDINATOR_RIG_H

#include "coordinator/core/coordinator.h"
#include "coordinator/journal.h"
#include "libcommon/model/result.h"
#include "libcommon/model/snapshot.h"

#include <stdbool.h>

struct rig {
    struct ll_coordinator *core;
    int64_t now_us;
    uint64_t last_epoch; // given
    struct ll_buf log;
    struct ll_buf result; // the last that was made
    struct ll_buf journal;
    uint64_t journal_sequence;
    struct ll_buf artifacts; // "RUN NAME OFFSET PIECE\n" for each
    ll_err artifact_err;     // of each piece from now on
    int results, journaled[LL_JOURNAL_KINDS];
};

struct rig_agent {
    uint32_t id;
    uint64_t epoch;
    char name[LL_AGENT_NAME_MAX];
    char run_id[LL_TOKEN_CHARS + 1];
    enum ll_agent_state state;
    ll_err error;
    uint32_t active_users;
    bool first_iteration_started;
    uint64_t round_trip_us;
    uint64_t sequence;                               // of the last snapshot made
    struct ll_buf frames[LL_EXCHANGE_SNAPSHOTS_MAX]; // to be sent with the next exchange
    size_t frame_count;
};

struct rig *rig_new(void); // for 100 agents
struct rig *rig_new_for(size_t max_agents);
void rig_free(struct rig **rig);

// Lets time pass, ticking whenever the core wants it.
void rig_wait(struct rig *rig, int64_t ms);
bool rig_logged(struct rig *rig, const char *text);

struct rig_agent rig_register(struct rig *rig, const char *name, uint64_t instance, uint32_t max_users);
void rig_agent_fini(struct rig_agent *agent);

// Says what `agent` holds; fails the test unless the call succeeds. Frames are sent and kept.
struct ll_exchange_reply rig_exchange(struct rig *rig, struct rig_agent *agent);
ll_err rig_try_exchange(struct rig *rig, struct rig_agent *agent, struct ll_exchange_reply *out);
enum ll_directive rig_directive(struct rig *rig, struct rig_agent *agent);
// Takes what PREPARE says: the agent holds the run in `state` from then on.
void rig_obey_prepare(struct rig *rig, struct rig_agent *agent, enum ll_agent_state state);

// A sealed snapshot of `agent`'s run, `iterations` completed in it of 100 ms each, kept for the next exchange.
void rig_seal(struct rig_agent *agent, uint64_t sequence, uint64_t offset_ms, uint64_t iterations, bool final);
void rig_forget_frames(struct rig_agent *agent);

// A spec of `users` for ten seconds, submitted as run "r1", "r2", …; fails the test unless it succeeds.
void rig_submit(struct rig *rig, const char *run_id, uint32_t users, uint32_t min_agents);
ll_err rig_try_submit(struct rig *rig, const char *run_id, const struct ll_spec *spec, uint32_t min_agents,
                      uint32_t max_lost_agents);
struct ll_status_reply rig_status(struct rig *rig, const char *run_id);
ll_err rig_stop(struct rig *rig, const char *run_id);

// Registers nobody; has `count` agents prepare, get ready and start the run that was submitted.
void rig_start_all(struct rig *rig, struct rig_agent *agents, size_t count);

// The last result, opened; ll_result_fini it.
struct ll_result rig_result(struct rig *rig);

#endif
