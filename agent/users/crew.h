// All users of one agent in one run: their pages opened ahead, started together, kept at the number the load asks for,
// and brought to an end.
//
// One owner thread. Time comes from the host's clock, and the host calls ll_crew_poll when it was asked to, so that a
// crew runs under a simulated clock as well.
//
// Life: new → open (on_opened) → start → … → on_ended, once → free. Stop and cut may come at any time after
// start; a crew that was never started is simply freed. on_opened and on_ended are the last thing a poll does: the
// crew may be freed in them. The other calls come from inside users' work, and must not free or stop the crew.
//
// Scripts are made in slices of time before the start, for a scenario with large modules may take seconds over all its
// users, and the agent has a lease to keep. Pages are opened LL_CREW_OPENING_MAX at a time, before the start as in the
// run. A page that cannot be opened before the start ends the preparation with its error; in the run it is a failed
// iteration.
//
// The end: when the load's time is over, its iterations are used up or a stop was asked for, users finish the
// iteration they are in; those that are still in it graceful_stop later are cut, and counted as interrupted.
#ifndef AGENT_USERS_CREW_H
#define AGENT_USERS_CREW_H

#include "agent/browser/connection.h"
#include "agent/load/schedule.h"
#include "agent/scenario/scenario.h"
#include "agent/telemetry/failures.h"
#include "agent/telemetry/parcels.h"
#include "agent/telemetry/recorder.h"
#include "agent/users/trace.h"
#include "libcommon/model/messages.h"

enum {
    LL_CREW_OPENING_MAX = 4,
    LL_CREW_LOSSES_MAX = 20, // pages that die before the start until the preparation is given up
};

struct ll_crew_host {
    void *owner;
    int64_t (*now_us)(void *owner);
    void (*wake_at)(void *owner, int64_t at_us); // ll_crew_poll is wanted then; replaces what was asked before
    void (*on_opened)(void *owner, ll_err err);  // every page is open; or cannot be, or the open ones kept dying
    void (*on_first_iteration)(void *owner);
    void (*on_active)(void *owner, uint32_t users); // how many users are in their life now
    void (*on_failure)(void *owner, const struct ll_failure *failure);
    void (*on_ended)(void *owner);
    void (*on_wants)(void *owner); // what ll_crew_describe says is news; from inside users' work. NULL: nobody asks
    void (*on_log)(void *owner, uint32_t user_id, uint64_t iteration, const char *text); // NULL: nobody reads it
};

struct ll_crew_options { // all borrowed for the crew's life
    struct ll_connection *connection;
    struct ll_scenario *scenario;
    const struct ll_spec *spec;
    struct ll_recorder *recorder;
    struct ll_parcels *parcels; // files of failures, screenshots; NULL: none are kept
    struct ll_loop *loop;       // NULL: the scenario cannot make requests beside the browser
    struct ll_trace *trace;     // NULL: nobody watches
    struct ll_share share;
    uint64_t iterations; // this agent's share; 0: not limited
    uint64_t random_seed;
    struct ll_crew_host host;
};

struct ll_crew_totals {
    uint32_t users_started, users_failed;
    uint64_t iterations_interrupted;
    int64_t first_start_us, last_end_us; // on the host's clock; 0 while there was none
};

struct ll_crew;

struct ll_crew *ll_crew_new(const struct ll_crew_options *options);
// Closes every page, untold.
void ll_crew_free(struct ll_crew **crew);

// Makes every user's script, a slice of time per poll, and opens its page. Once.
void ll_crew_open(struct ll_crew *crew);
// The run's time counts from `start_us`, which is now or a little ago.
void ll_crew_start(struct ll_crew *crew, int64_t start_us);
// Graceful, from now.
void ll_crew_stop(struct ll_crew *crew);
// At once: iterations under way are interrupted.
void ll_crew_cut(struct ll_crew *crew);
void ll_crew_poll(struct ll_crew *crew);

// What users want of the coordinator, who waits at which barrier; borrowed until the crew is used again.
void ll_crew_describe(struct ll_crew *crew, struct ll_barrier_waits *out);
// What it answered: users that were released go on.
void ll_crew_hear(struct ll_crew *crew, const struct ll_barrier_answers *answers);

// The same of throttles.
void ll_crew_describe_throttles(struct ll_crew *crew, struct ll_throttle_wants *out);
void ll_crew_hear_throttles(struct ll_crew *crew, const struct ll_throttle_grants *grants);

struct ll_crew_totals ll_crew_totals(const struct ll_crew *crew);

#endif
