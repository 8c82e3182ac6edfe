// The calls' messages as plain data: what cores see. rpc/ turns them to and from protobuf.
//
// Texts are copied into fixed arrays, cut at their end; a pointer inside a message borrows from whoever made it and
// lives until the call that carried it is answered.
#ifndef LIBCOMMON_MODEL_MESSAGES_H
#define LIBCOMMON_MODEL_MESSAGES_H

#include "libcommon/base/err.h"
#include "libcommon/base/rand.h"
#include "libcommon/codec/sha256.h"
#include "libcommon/model/artifact.h"
#include "libcommon/model/coverage.h"
#include "libcommon/model/secret.h"
#include "libcommon/model/spec.h"
#include "libcommon/model/throttle.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_PROTOCOL_VERSION = 1,
    LL_AGENT_NAME_MAX = 64,
    LL_CHUNK_BYTES = 1024 * 1024,       // of a bundle or result in one reply
    LL_EXCHANGE_SNAPSHOTS_MAX = 16,     // in one call
    LL_BARRIER_WAITS_MAX = 100 * 1000,  // in one call: as many as a run has users
    LL_THROTTLE_WANTS_MAX = 500 * 1000, // in one call: a user may hold several permits
};

struct ll_bytes { // borrowed
    const void *data;
    size_t len;
};

struct ll_empty {
    char unused; // C has no empty structs
};

struct ll_register_request {
    char name[LL_AGENT_NAME_MAX];
    char browser[LL_AGENT_NAME_MAX];
    uint32_t max_users; // 0: no limit of its own
    uint64_t instance;
    struct ll_coverage_table coverage; // of its browser
};
struct ll_register_reply {
    uint32_t agent_id;
    uint64_t epoch;
    char name[LL_AGENT_NAME_MAX];
    uint32_t exchange_ms;
    uint32_t lease_ms;
};

enum ll_agent_state {
    LL_AGENT_IDLE,
    LL_AGENT_PREPARING,
    LL_AGENT_READY,
    LL_AGENT_RUNNING,
    LL_AGENT_DRAINING,
    LL_AGENT_FAILED,
};

// A user that waits at a barrier. Its agent gives a ticket once and lists them in ascending order.
struct ll_barrier_wait {
    uint64_t ticket;
    const char *name; // borrowed
    uint32_t count;   // users that the barrier takes
    bool is_leaving;  // it waits no longer, unless it was released before that is heard
};
struct ll_barrier_waits {
    uint64_t round; // of this list, rising; 0: the message says nothing of barriers
    struct ll_barrier_wait *items;
    size_t count;
    bool nobody_else; // the agent's other users, if it has any, come to no barrier any more
};
struct ll_barrier_answer {
    uint64_t ticket;
    bool is_released; // else it was withdrawn, as was asked
    uint32_t others;  // that still wait there
};
struct ll_barrier_answers {
    struct ll_barrier_answer *items; // owned
    size_t count;
    bool nobody_comes; // whoever still waits, waits in vain
};

// A user that wants to pass a throttle, or holds a permit of one. Tickets are as at barriers.
struct ll_throttle_want {
    uint64_t ticket;
    uint32_t throttle; // which of the list's
    bool is_held;      // the permit came; listed until it is given back
};
struct ll_throttle_wants {
    uint64_t round; // of this list, rising; 0: the message says nothing of throttles
    struct ll_throttle *throttles;
    size_t throttle_count;
    struct ll_throttle_want *items;
    size_t count;
};
struct ll_throttle_grant {
    uint64_t ticket;
    uint64_t in_us; // the permit is valid so long from now
};
struct ll_throttle_grants {
    struct ll_throttle_grant *items; // owned
    size_t count;
};

struct ll_exchange_request {
    uint32_t agent_id;
    uint64_t epoch;
    char run_id[LL_TOKEN_CHARS + 1]; // "" when idle
    enum ll_agent_state state;
    ll_err error; // of LL_AGENT_FAILED
    uint32_t active_users;
    struct ll_bytes snapshots[LL_EXCHANGE_SNAPSHOTS_MAX];
    size_t snapshot_count;
    bool first_iteration_started;
    struct ll_barrier_waits barriers;
    struct ll_throttle_wants throttles;
    uint64_t round_trip_us; // of its exchanges; 0: not known
};

enum ll_directive {
    LL_DIRECTIVE_IDLE,
    LL_DIRECTIVE_PREPARE,
    LL_DIRECTIVE_START,
    LL_DIRECTIVE_STOP,
    LL_DIRECTIVE_CONTINUE,
};

struct ll_assignment {
    char run_id[LL_TOKEN_CHARS + 1];
    uint8_t bundle_hash[LL_SHA256_BYTES];
    uint64_t bundle_bytes;
    struct ll_spec spec;                // owned by the assignment; load.users and load.iterations are the whole run's
    uint32_t first_user, stride, users; // user ids first_user, first_user + stride, …, `users` of them
    uint64_t iterations;                // this agent's share; 0: not limited
    uint32_t bucket_width_ms;
    struct ll_secrets secrets; // owned likewise
};
void ll_assignment_fini(struct ll_assignment *assignment);

struct ll_exchange_reply {
    uint64_t acknowledged; // every snapshot up to this sequence is kept
    uint32_t exchange_ms;
    enum ll_directive directive;
    struct ll_assignment assignment;     // of LL_DIRECTIVE_PREPARE; fini with the reply
    struct ll_barrier_answers barriers;  // likewise
    struct ll_throttle_grants throttles; // likewise
    uint64_t in_us;                      // of LL_DIRECTIVE_START and _STOP, from now
    bool at_once;   // of LL_DIRECTIVE_STOP: users end here and now, and only what was measured is still wanted
    int64_t now_us; // Unix time by the coordinator's clock; 0: it does not say
};

struct ll_fetch_request { // FetchBundle: by hash; FetchResult: by run_id
    uint8_t hash[LL_SHA256_BYTES];
    char run_id[LL_TOKEN_CHARS + 1];
    uint64_t offset;
};
struct ll_fetch_reply {
    struct ll_bytes chunk;
    uint64_t total_bytes;
};

struct ll_send_artifact_request {
    uint32_t agent_id;
    uint64_t epoch;
    char run_id[LL_TOKEN_CHARS + 1];
    struct ll_artifact about; // its bytes are not known yet; is_whole with its last piece
    uint64_t offset;
    struct ll_bytes chunk; // at most LL_ARTIFACT_CHUNK_BYTES
};
struct ll_send_artifact_reply {
    uint64_t received_bytes; // of the file, so far
};
struct ll_fetch_artifact_request {
    char run_id[LL_TOKEN_CHARS + 1];
    char name[LL_ARTIFACT_NAME_MAX];
    uint64_t offset;
};

struct ll_leave_request {
    uint32_t agent_id;
    uint64_t epoch;
    char reason[128];
};

struct ll_submit_request {
    struct ll_bytes bundle; // packed
    struct ll_spec spec;    // borrowed
    uint32_t min_agents;
    uint32_t wait_ms;
    uint32_t max_lost_agents;
    struct ll_secrets secrets; // borrowed
};
struct ll_submit_reply {
    char run_id[LL_TOKEN_CHARS + 1];
};

enum ll_run_state {
    LL_RUN_WAITING,
    LL_RUN_PREPARING,
    LL_RUN_STARTING,
    LL_RUN_RUNNING,
    LL_RUN_STOPPING,
    LL_RUN_FINISHED,
    LL_RUN_FAILED,
};

struct ll_run_request { // Status, Stop
    char run_id[LL_TOKEN_CHARS + 1];
};
struct ll_status_reply {
    enum ll_run_state state;
    ll_err error; // of LL_RUN_FAILED
    uint64_t elapsed_ms, planned_ms;
    uint32_t active_users;
    uint32_t agents_registered, agents_lost;
    uint64_t iterations_completed, iterations_failed, http_requests;
    double iteration_p95_us;
    char waiting_for[200]; // names the laggard; "" when nobody is waited for
    uint64_t result_bytes;
    bool first_iteration_started;
};

enum { LL_RUNS_LISTED_MAX = 17 }; // those that a coordinator keeps, and the one that goes on

struct ll_run_summary {
    char run_id[LL_TOKEN_CHARS + 1];
    char scenario[LL_NAME_MAX + 1]; // its name
    struct ll_status_reply status;
};
struct ll_runs_reply {
    struct ll_run_summary runs[LL_RUNS_LISTED_MAX]; // oldest first
    size_t count;
    uint32_t agents_registered;
};

#endif
