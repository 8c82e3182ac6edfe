// The coordinator's decisions: who is registered, what run goes on, what each agent should do, what was measured.
//
// Pure: calls and the time go in, replies and effects come out. It holds no clock, thread, socket or random source, so
// that a whole cluster runs within one test under a simulated clock and network. One owner. Times are microseconds of
// any clock that does not jump. After every call, do what is due: ll_coordinator_next_us says when that will be.
#ifndef COORDINATOR_CORE_COORDINATOR_H
#define COORDINATOR_CORE_COORDINATOR_H

#include "coordinator/core/effects.h"
#include "libcommon/base/err.h"
#include "libcommon/model/messages.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LL_COORDINATOR_MAX_AGENTS = 256, // unless told otherwise
    LL_COORDINATOR_LEASE_MS = 5000,
    LL_COORDINATOR_STEADY_MS = 1000,     // between exchanges while nothing is about to happen
    LL_COORDINATOR_QUICK_MS = 25,        // and while something is; grows with the cluster
    LL_COORDINATOR_FRESH_MS = 10 * 1000, // how long after a registration or a run something is expected to happen
    LL_COORDINATOR_BUCKET_WIDTH_MS = 1000,
    LL_COORDINATOR_END_LIMIT_MS = 10 * 1000, // of which the run has LL_RUN_END_LIMIT_MS
    LL_COORDINATOR_END_LOOK_MS = 50,
    LL_COORDINATOR_FOLLOWED_MS = 1000, // who follows a run asks again within this
};

struct ll_coordinator_options {
    struct ll_effects effects;
    size_t max_agents;        // 0: LL_COORDINATOR_MAX_AGENTS
    int64_t unix_ms_at_zero;  // Unix time when the clock that now_us comes from was 0
    uint32_t bucket_width_ms; // 0: LL_COORDINATOR_BUCKET_WIDTH_MS
};

struct ll_coordinator;

struct ll_coordinator *ll_coordinator_new(const struct ll_coordinator_options *options);
void ll_coordinator_free(struct ll_coordinator **coordinator);

// The calls, as libcommon/rpc/methods.def has them. A reply is zeroed by the caller; what it points to lives until the
// next call. Texts in errors are for people.
// `epoch` is random, for this registration if it is a new one.
ll_err ll_coordinator_register(struct ll_coordinator *coordinator, int64_t now_us, uint64_t epoch,
                               const struct ll_register_request *request, struct ll_register_reply *out_reply);
ll_err ll_coordinator_exchange(struct ll_coordinator *coordinator, int64_t now_us,
                               const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply);
ll_err ll_coordinator_fetch_bundle(struct ll_coordinator *coordinator, const struct ll_fetch_request *request,
                                   struct ll_fetch_reply *out_reply);
// A piece of a file, which goes to the effect `artifact`.
ll_err ll_coordinator_send_artifact(struct ll_coordinator *coordinator, int64_t now_us,
                                    const struct ll_send_artifact_request *request,
                                    struct ll_send_artifact_reply *out_reply);
ll_err ll_coordinator_leave(struct ll_coordinator *coordinator, int64_t now_us, const struct ll_leave_request *request);
// `run_id` is random, for this run if it is accepted.
ll_err ll_coordinator_submit(struct ll_coordinator *coordinator, int64_t now_us, const char *run_id,
                             const struct ll_submit_request *request, struct ll_submit_reply *out_reply);
// An empty run id means the newest run, here and below.
ll_err ll_coordinator_status(struct ll_coordinator *coordinator, int64_t now_us, const struct ll_run_request *request,
                             struct ll_status_reply *out_reply);
// The runs that are known, oldest first; the last is the one that goes on, if any does.
void ll_coordinator_list(const struct ll_coordinator *coordinator, int64_t now_us, struct ll_runs_reply *out_reply);
ll_err ll_coordinator_stop(struct ll_coordinator *coordinator, int64_t now_us, const struct ll_run_request *request);
ll_err ll_coordinator_fetch_result(struct ll_coordinator *coordinator, const struct ll_fetch_request *request,
                                   struct ll_fetch_reply *out_reply);
// Whether the run is one whose artifacts may be fetched: LL_NOT_FOUND, LL_FAILED_PRECONDITION. Their bytes are with
// the shell.
ll_err ll_coordinator_may_fetch_artifact(const struct ll_coordinator *coordinator,
                                         const struct ll_fetch_artifact_request *request);

// Does what is due: counts silent agents as lost, moves the run on. Answer the calls that have come before ticking: an
// agent that was heard is not silent.
void ll_coordinator_tick(struct ll_coordinator *coordinator, int64_t now_us);
// When a tick is wanted; INT64_MAX when only a call matters.
int64_t ll_coordinator_next_us(struct ll_coordinator *coordinator);

// Tells a core that was just made what an earlier one journaled, record by record, to go on with its run: agents keep
// their registrations, and what they send again is known to be taken. What this journals itself meanwhile is in the
// journal already. LL_DATA_LOSS ends it; what came before stands.
ll_err ll_coordinator_restore(struct ll_coordinator *coordinator, int64_t now_us,
                              const struct ll_journal_record *record);
// All of them were told. LL_DATA_LOSS when no run came of them, since the records that say what it is are missing.
ll_err ll_coordinator_restored(const struct ll_coordinator *coordinator);

// The coordinator is asked to end, and no journal is kept. It takes no run any more, and stops the one that goes on:
// its agents cut their users off. `ll_coordinator_may_quit` says when they have heard it, their last snapshots are
// taken, and who follows the run has its result; it is true after LL_COORDINATOR_END_LIMIT_MS at the latest. Ask it
// every LL_COORDINATOR_END_LOOK_MS.
void ll_coordinator_end(struct ll_coordinator *coordinator, int64_t now_us);
bool ll_coordinator_may_quit(const struct ll_coordinator *coordinator, int64_t now_us);
// The coordinator ends here and now: so does the run, with what it has.
void ll_coordinator_cut(struct ll_coordinator *coordinator, int64_t now_us);

#endif
