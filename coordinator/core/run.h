// One run, from Submit to its result: a checked state machine.
//
//   WAITING    for agents       --min_agents are there-->           PREPARING
//                               --wait_ms over, stopped-->          FAILED
//   PREPARING  pages open       --every agent READY-->              STARTING (its time is now + the lead)
//                               --an agent FAILED, lost, slow; no room; stopped-->  FAILED
//   STARTING   time commanded   --the time has come-->              RUNNING
//                               --all agents lost, stopped-->       FAILED
//   RUNNING    users loop       --every part over-->                FINISHED
//                               --stopped-->                        STOPPING
//   STOPPING   iterations end   --every part over-->                FINISHED
//   RUNNING, STOPPING           --every part lost-->                FAILED, with what was measured
//
//        WAITING ---> PREPARING ---> STARTING ---> RUNNING ---> STOPPING
//           |             |             |           |   |        |   |
//           +-------------+-------------+-----------+   +--------+   |
//           v                                       |   |            |
//         FAILED <----------------------------------(---(------------+
//                                                   v   v
//                                                 FINISHED
//
// Every state has a deadline, so a run always ends. An agent's part is over when its final snapshot was taken, or when
// it is lost: silent for its lease, gone, without the run it should hold, or still at it when the deadline passed.
//
// A lost agent that is heard again while the run goes on stays lost, and its users end where they are; but what it has
// measured is taken, as any other's. So a run that has nobody else left waits for those that fell silent, until its
// planned time is over, for LL_RUN_RETURN_MIN_MS at least and LL_RUN_RETURN_MAX_MS at most. A stop ends the wait.
//
// Only the start is commanded for one moment. Each agent stops when it hears of it, within a second: its users then end
// their iterations, which takes as long as each of them needs, so a common moment would only make the stop later.
//
// One owner, no locks; time comes in.
#ifndef COORDINATOR_CORE_RUN_H
#define COORDINATOR_CORE_RUN_H

#include "coordinator/core/artifacts.h"
#include "coordinator/core/barrier.h"
#include "coordinator/core/collect.h"
#include "coordinator/core/effects.h"
#include "coordinator/core/plan.h"
#include "coordinator/core/roster.h"
#include "coordinator/core/throttle.h"
#include "libcommon/model/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

enum {
    LL_RUN_PREPARE_LIMIT_MS = 60 * 1000,
    LL_RUN_LEAD_MIN_MS = 100,
    LL_RUN_LEAD_MAX_MS = 5000,
    LL_RUN_END_LIMIT_MS = 5 * 1000,
    LL_RUN_SLACK_MS = 10 * 1000,      // beyond what plan, graceful stop and iteration timeout allow
    LL_RUN_RETURN_MIN_MS = 10 * 1000, // for a lost agent to be heard again, also between two of its calls
    LL_RUN_RETURN_MAX_MS = 55 * 1000, // someone waits for the result
    LL_RUN_STATES = LL_RUN_FAILED + 1,
};

enum ll_part_state { LL_PART_ACTIVE, LL_PART_DONE, LL_PART_LOST };

// One agent's part in a run.
struct ll_part {
    uint32_t agent_id;
    uint64_t epoch;
    char name[LL_AGENT_NAME_MAX];
    char browser[LL_AGENT_NAME_MAX];
    struct ll_coverage_table coverage; // of its browser; of a restored run it is not known
    uint64_t instance;                 // who it was when it registered, for a restarted coordinator
    uint32_t max_users;
    struct ll_plan_share share;
    enum ll_part_state state;
    enum ll_agent_state agent_state; // as last heard of this run; IDLE before
    uint32_t active_users;
    uint64_t round_trip_us; // of its exchanges; 0: not known
    bool first_iteration_started;
    bool not_held; // so its agent said when it was last heard
    ll_err error;  // why it was lost, what it failed with, or why its agent stopped its users unasked
    // Of LOST:
    int64_t awaited_until_us;      // a run that is otherwise over waits so long for its agent; 0: not (any more)
    uint32_t snapshots_taken_late; // since it was lost
    UT_hash_handle by_agent;
};

// How a part is lost: its agent may only be cut off, or it will not come back.
enum ll_loss { LL_LOSS_SILENT, LL_LOSS_GONE };

struct ll_run {
    const struct ll_effects *effects;
    char id[LL_TOKEN_CHARS + 1];
    enum ll_run_state state;
    ll_err error; // of FAILED
    struct ll_spec spec;
    struct ll_secrets secrets; // not of a restored run, whose agents have them: they are in no journal
    void *bundle;              // packed
    size_t bundle_bytes;
    uint8_t bundle_hash[LL_SHA256_BYTES];
    uint32_t min_agents, wait_ms, max_lost_agents;
    uint32_t bucket_width_ms, quick_ms;
    size_t agents_there;      // while WAITING
    int64_t deadline_us;      // of the state; INT64_MAX in the last two
    int64_t start_us, end_us; // INT64_MAX before; the start is commanded ahead
    struct ll_part *parts;    // all with users
    struct ll_part *by_agent; // the same, by agent_id
    size_t part_count;
    struct ll_collect *collect;   // NULL before PREPARING, as are
    struct ll_barriers *barriers; // these
    struct ll_throttles *throttles;
    struct ll_artifacts artifacts;
    bool is_restored;         // from a journal, of which
    uint64_t journal_missing; // so many records could not be read
    ll_err last_loss;         // of the part that was lost last
    bool stopped_early, cut;  // by Stop; by the end of the coordinator
    bool ends_at_once;        // the coordinator is to end: agents cut their users off
};

// A run in WAITING. Copies what it keeps of the request, which was validated.
struct ll_run *ll_run_new(const struct ll_effects *effects, int64_t now_us, const char *id,
                          const struct ll_submit_request *request, uint32_t bucket_width_ms);
void ll_run_free(struct ll_run **run);

// A run in RUNNING from what a journal says of it: id, spec, limits, start and parts are copied. Its snapshots follow,
// as exchanges.
struct ll_run *ll_run_restore(const struct ll_effects *effects, const struct ll_run *journaled);

bool ll_run_is_over(const struct ll_run *run);
// Whether the table of moves has this one.
bool ll_run_may_move(enum ll_run_state from, enum ll_run_state to);

// Deals the users once enough agents are there; does nothing in other states than WAITING.
void ll_run_offer(struct ll_run *run, int64_t now_us, const struct ll_roster *roster, uint32_t quick_ms);

// The agent's part, or NULL when it has none.
struct ll_part *ll_run_part(struct ll_run *run, uint32_t agent_id, uint64_t epoch);
// Its number in the run, from 0.
size_t ll_run_index(const struct ll_run *run, const struct ll_part *part);

// What a part's agent says. LL_DATA_LOSS or LL_RESOURCE_EXHAUSTED when a snapshot cannot be read.
ll_err ll_run_hear(struct ll_run *run, int64_t now_us, struct ll_part *part, const struct ll_exchange_request *request);
// A piece of a file that a part's agent sends while the run goes on. LL_FAILED_PRECONDITION when it does not, and as
// ll_artifacts_take says.
ll_err ll_run_keep_artifact(struct ll_run *run, int64_t now_us, const struct ll_part *part,
                            const struct ll_send_artifact_request *request, uint64_t *out_received_bytes);
// What its agent should do now; fills directive, assignment, in_us and the answers at barriers and throttles.
void ll_run_direct(const struct ll_run *run, int64_t now_us, const struct ll_part *part,
                   const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply);
// Whether users of the part wait at barriers or throttles.
bool ll_run_has_waiting(const struct ll_run *run, const struct ll_part *part);
uint64_t ll_run_acknowledged(const struct ll_run *run, const struct ll_part *part);

// What the agent of a lost part says: LL_NOT_FOUND unless it brings what it measured in the run that goes on; then it
// is taken as by ll_run_hear, and *out_reply says what to do.
ll_err ll_run_hear_lost(struct ll_run *run, int64_t now_us, struct ll_part *part,
                        const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply);

// The part is lost; `why` is a sentence that names its agent.
void ll_run_lose(struct ll_run *run, int64_t now_us, struct ll_part *part, enum ll_loss loss, ll_err why);
void ll_run_stop(struct ll_run *run, int64_t now_us);
// The coordinator is to end: agents stop at once, and have LL_RUN_END_LIMIT_MS for their last snapshots.
void ll_run_end(struct ll_run *run, int64_t now_us);
// Ends the run here and now, with what it has: the coordinator itself is being stopped.
void ll_run_cut(struct ll_run *run, int64_t now_us);

// After a restart: a snapshot that the part's agent had acknowledged; the run was over at `at_us`, and of a part that
// is not, the journal lost the end.
ll_err ll_run_restore_frame(struct ll_run *run, struct ll_part *part, struct ll_bytes frame);
void ll_run_restore_end(struct ll_run *run, int64_t at_us);

// Does what is due.
void ll_run_tick(struct ll_run *run, int64_t now_us);
// When something will be; INT64_MAX when nothing.
int64_t ll_run_next_us(const struct ll_run *run);

void ll_run_status(const struct ll_run *run, int64_t now_us, struct ll_status_reply *out);

// The result of a run that is over. Takes what was collected: once only. `started_at_ms` is Unix time.
struct ll_scenario_result ll_run_take_result(struct ll_run *run, uint64_t started_at_ms);

// The run's times (timing.c). The longest that it may take from its start on.
uint64_t ll_run_longest_ms(const struct ll_run *run);
// From now to its start, when every agent is ready.
uint64_t ll_run_lead_ms(const struct ll_run *run);
// Until when an agent that falls silent now may be waited for.
int64_t ll_run_return_limit_us(const struct ll_run *run, int64_t now_us);
int64_t ll_run_after_ms(int64_t now_us, uint64_t ms);

// How many of the parts are in `state`.
uint32_t ll_run_count_parts(const struct ll_run *run, enum ll_part_state state);
// The first part that is active and whose agent is not in `state`, or NULL.
const struct ll_part *ll_run_laggard(const struct ll_run *run, enum ll_agent_state state);

#endif
