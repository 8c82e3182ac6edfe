// The agent's decisions: registration, lease and the life of a run, as a checked state machine.
//
// Pure: events and the time go in, effects come out; it holds no clock, socket, page or byte of a snapshot. The shell
// (app.c, or a simulation) does what the effects say and reports what came of it as further events.
//
//                       +--------------------- told no such agent --------------------+
//                       v                                                             |
//   OFFLINE ------> REGISTERING ------> IDLE ------> PREPARING ------> READY ------> RUNNING
//      ^  browser up,   |   registered   ^ ^ prepare     |      pages    |    its     |
//      |  or tried again|                | |             | error open    | start time | users ended
//      +----------------+                | |             v               |            v
//        nobody answers                  | +---------- FAILED            |         DRAINING
//                                        +---- told to hold no run ------+            |
//                                        +------------ all acknowledged --------------+
//
//   Any state --asked to leave--> LEAVING --left, or the time for it is over--> GONE. An agent that is DRAINING keeps
//   its state while it leaves, until what it measured is acknowledged or LL_AGENT_LEAVE_DRAIN_MS have passed.
//
// What the coordinator says is level-triggered: the same directive may come in every reply, and only what differs from
// the agent's state makes an effect. Exchanges go out at the cadence the coordinator's reply asked for, and at once
// when the state changes or a snapshot is sealed; there is never more than one under way. What users want of the
// coordinator goes out soon, but no oftener than every LL_AGENT_WANTS_PAUSE_MS.
//
// Silence. A run that has not started is dropped when the coordinator was silent for the lease, unless its start was
// commanded already. Once users run they go on and snapshots are kept. After the orphan limit they are stopped, for
// nobody is there who could: a site must not be loaded for hours by mistake. What was measured is kept for longer, the
// hold, so that a coordinator that comes back can have it; then the run is dropped.
#ifndef AGENT_CORE_AGENT_H
#define AGENT_CORE_AGENT_H

#include "libcommon/base/err.h"
#include "libcommon/base/remote_clock.h"
#include "libcommon/model/messages.h"
#include "libcommon/model/snapshot.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_AGENT_RETRY_FIRST_MS = 100, // between tries to register: doubles
    LL_AGENT_RETRY_LAST_MS = 5000,
    LL_AGENT_ORPHAN_LIMIT_MS = 60 * 1000, // unless the program was told another
    LL_AGENT_HOLD_MS = 60 * 60 * 1000,    // likewise
    LL_AGENT_LEAVE_DRAIN_MS = 2000,       // for what was measured to be acknowledged
    LL_AGENT_LEAVE_CALL_MS = 1000,        // for Leave to be answered
    LL_AGENT_WANTS_PAUSE_MS = 10,
    LL_AGENT_EFFECTS_MAX = 8,
};

enum ll_agent_phase {
    LL_PHASE_OFFLINE, // the browser is starting, or the coordinator does not answer
    LL_PHASE_REGISTERING,
    LL_PHASE_IDLE,
    LL_PHASE_PREPARING,
    LL_PHASE_READY,
    LL_PHASE_RUNNING,
    LL_PHASE_DRAINING,
    LL_PHASE_FAILED,
    LL_PHASE_LEAVING,
    LL_PHASE_GONE,
    LL_PHASES_COUNT
};

enum ll_agent_event_kind {
    LL_AGENT_TICK,            // the time ll_agent_next_us gave has come
    LL_AGENT_BROWSER_UP,      // the browser runs, or (err) cannot
    LL_AGENT_REGISTERED,      // Register was answered: `registered` or err
    LL_AGENT_EXCHANGED,       // Exchange was answered: `exchanged` or err; and `unacknowledged`, `more`
    LL_AGENT_PREPARED,        // every page is open, or (err) the run cannot be prepared
    LL_AGENT_FIRST_ITERATION, // the first iteration of the run has started
    LL_AGENT_SEALED,          // a snapshot is ready to be shipped
    LL_AGENT_WANTS,           // users came to a barrier or throttle, or left one
    LL_AGENT_USERS_ENDED,     // the final snapshot is sealed too
    LL_AGENT_LEAVE_WANTED,    // someone asked the program to end
    LL_AGENT_LEFT,            // Leave was answered, whatever the answer
};

// What became of the users that run: told to end their iterations, or ended where they were.
enum ll_agent_stop { LL_AGENT_STOP_NONE, LL_AGENT_STOP_GRACEFUL, LL_AGENT_STOP_AT_ONCE };

struct ll_agent_event {
    enum ll_agent_event_kind kind;
    ll_err err; // LL_OK unless the kind says otherwise
    const struct ll_register_reply *registered;
    const struct ll_exchange_reply *exchanged;
    size_t unacknowledged; // snapshots still kept after the reply
    bool more;             // the reply took some in and others wait: no need to pause
};

enum ll_agent_effect_kind {
    LL_AGENT_DO_REGISTER, // make the call
    LL_AGENT_DO_EXCHANGE, // make the call: ll_agent_describe, and the oldest snapshots
    LL_AGENT_DO_PREPARE,  // get the bundle of `assignment` and open its users' pages
    LL_AGENT_DO_START,    // start the users at `at_us`, which is now or a little ago
    LL_AGENT_DO_STOP,     // stop gracefully
    LL_AGENT_DO_CUT,      // stop at once and seal what was measured
    LL_AGENT_DO_DROP,     // forget the run and its snapshots
    LL_AGENT_DO_LEAVE,    // make the call
    LL_AGENT_DO_EXIT,     // end the program: with success, or with `err` as its last sentence
};

struct ll_agent_effect {
    enum ll_agent_effect_kind kind;
    const struct ll_assignment *assignment; // of DO_PREPARE; borrowed from the event
    int64_t at_us;                          // of DO_START
    ll_err err; // of DO_EXIT; and of DO_DROP and DO_STOP: why, LL_OK when the coordinator asked for it
};

struct ll_agent_effects { // in the order they are to be done
    struct ll_agent_effect items[LL_AGENT_EFFECTS_MAX];
    size_t count;
};

struct ll_agent {
    enum ll_agent_phase phase;
    uint32_t agent_id;
    uint64_t epoch;
    uint32_t lease_ms;
    uint64_t orphan_limit_ms, hold_ms; // set by init; others may be put there before the first step
    uint32_t exchange_ms;
    uint32_t retry_ms; // pause before the next try to register; 0: none failed yet

    char run_id[LL_TOKEN_CHARS + 1];      // of the run that is held; "" when none is
    char done_run_id[LL_TOKEN_CHARS + 1]; // of the last whose users ran: not to be taken again
    ll_err error;                         // of LL_PHASE_FAILED
    ll_err orphaned;                      // why its users were stopped, when it was for the silence
    bool first_iteration_started;
    enum ll_agent_stop stop; // obeyed once
    bool leave_wanted;

    struct ll_remote_clock coordinator_clock; // against this agent's Unix time
    int64_t unix_us_at_zero;                  // Unix time when the clock that now_us comes from was 0
    int64_t started_us;                       // Unix time when the users of the run started; 0: they have not

    bool wants_are_new;      // since the last exchange went out
    int64_t exchanged_at_us; // when it did
    bool exchange_under_way;
    bool exchange_urgent;
    int64_t exchange_at_us;
    int64_t heard_at_us; // when the coordinator last answered
    int64_t retry_at_us; // INT64_MAX: not set, as of all of these
    int64_t start_at_us;
    int64_t stop_at_us;
    int64_t leave_by_us;
};

void ll_agent_init(struct ll_agent *agent, int64_t unix_us_at_zero);

// One event at `now_us`. `out` is overwritten.
void ll_agent_step(struct ll_agent *agent, int64_t now_us, const struct ll_agent_event *event,
                   struct ll_agent_effects *out);
// When LL_AGENT_TICK is wanted; INT64_MAX when only an event matters.
int64_t ll_agent_next_us(const struct ll_agent *agent);

// What snapshots say of the agent's clock.
struct ll_clock_report ll_agent_clock(const struct ll_agent *agent);

// The part of an exchange request that the core knows: all but active_users and the snapshots.
void ll_agent_describe(const struct ll_agent *agent, struct ll_exchange_request *out);

const char *ll_agent_phase_name(enum ll_agent_phase phase);
// Whether the table of moves has this one. For the assertion inside, and for tests.
bool ll_agent_may_move(enum ll_agent_phase from, enum ll_agent_phase to);

#endif
