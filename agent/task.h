// This agent's part in one run: the bundle's scenario, its users, and the snapshots of what they do.
//
// One owner thread. Life: new → (bundle) prepare → on_prepared → start → on_sealed … → on_ended → free. on_prepared,
// on_sealed and on_ended are the last thing their callers do: the task may be freed in them. on_first_iteration comes
// from within users' work, where it may not.
#ifndef AGENT_TASK_H
#define AGENT_TASK_H

#include "agent/browser/connection.h"
#include "agent/ship.h"
#include "agent/telemetry/health.h"
#include "agent/telemetry/outbox.h"
#include "agent/telemetry/recorder.h"
#include "agent/telemetry/snapshotter.h"
#include "agent/users/trace.h"
#include "libcommon/base/buf.h"
#include "libcommon/model/messages.h"

struct ll_loop;

struct ll_task_options { // borrowed, but for what `assignment` points to, which is copied
    struct ll_loop *loop;
    struct ll_connection *connection;
    struct ll_recorder *recorder;
    struct ll_health *health;
    const struct ll_assignment *assignment;
    uint64_t epoch;
    struct ll_ship *ship; // sends its files; NULL: none are made
    uint32_t agent_id;
    const char *node;       // what it is called in results
    struct ll_trace *trace; // of what users do; NULL: nobody watches
    void *owner;
    struct ll_clock_report (*clock)(void *owner); // what its snapshots say of it; NULL: nothing
    void (*on_prepared)(void *owner, ll_err err); // every page is open; or why the run cannot be
    void (*on_first_iteration)(void *owner);
    void (*on_sealed)(void *owner);
    void (*on_wants)(void *owner); // ll_task_describe has news; from within users' work, as on_first_iteration
    void (*on_ended)(void *owner); // every user ended, and the last snapshot is sealed
};

struct ll_task;

struct ll_task *ll_task_new(const struct ll_task_options *options);
void ll_task_free(struct ll_task **task);

// Reads the scenario, configures it and opens every user's page. What can be seen to fail at once is returned; the
// rest comes through on_prepared.
ll_err ll_task_prepare(struct ll_task *task, const struct ll_buf *packed_bundle);
// The run's time counts from `start_us`, which is now or a little ago. After on_prepared.
void ll_task_start(struct ll_task *task, int64_t start_us);
void ll_task_stop(struct ll_task *task);
// Ends users at once. What was measured is sealed as the end of this agent's part, or as a part that it leaves.
void ll_task_cut(struct ll_task *task, enum ll_run_end end);

const struct ll_assignment *ll_task_assignment(const struct ll_task *task);
uint32_t ll_task_active_users(const struct ll_task *task);
// The part of an exchange that users have in it. Borrowed until the task is used again.
void ll_task_describe(struct ll_task *task, struct ll_exchange_request *request);
void ll_task_hear(struct ll_task *task, const struct ll_exchange_reply *reply);
struct ll_outbox *ll_task_outbox(struct ll_task *task);

#endif
