#include "libcommon/rpc/convert.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/snapshot.h"
#include "libcommon/rpc/convert_throttle.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// Plain enums and the wire's have the same numbers; the last of each stands for all.
_Static_assert((int)LL_AGENT_FAILED == (int)LIVELOAD__V1__AGENT_STATE__AGENT_FAILED, "agent states differ");
_Static_assert((int)LL_DIRECTIVE_CONTINUE == (int)LIVELOAD__V1__DIRECTIVE__DIRECTIVE_CONTINUE, "directives differ");
_Static_assert((int)LL_RUN_FAILED == (int)LIVELOAD__V1__RUN_STATE__RUN_FAILED, "run states differ");

// ---- Helpers

static char *borrow(const char *text) {
    return (char *)(uintptr_t)text; // protobuf-c has no const texts; packing does not write
}

static ProtobufCBinaryData borrow_bytes(const void *data, size_t len) {
    return (ProtobufCBinaryData){.len = len, .data = (uint8_t *)(uintptr_t)data};
}

static struct ll_bytes read_bytes(const ProtobufCBinaryData *in) {
    return (struct ll_bytes){.data = in->data, .len = in->len};
}

static ll_err read_run_id(const char *in, char out[LL_TOKEN_CHARS + 1]) {
    if (strlen(in) > LL_TOKEN_CHARS)
        return ll_err_make(LL_INVALID_ARGUMENT, "run_id is longer than %d characters", LL_TOKEN_CHARS);
    ll_text_clean(in, out, LL_TOKEN_CHARS + 1);
    return LL_SUCCESS;
}

static ll_err read_hash(const ProtobufCBinaryData *in, uint8_t out[LL_SHA256_BYTES]) {
    if (in->len != LL_SHA256_BYTES)
        return ll_err_make(LL_INVALID_ARGUMENT, "a bundle's hash has %d bytes, not %zu", LL_SHA256_BYTES, in->len);
    memcpy(out, in->data, LL_SHA256_BYTES);
    return LL_SUCCESS;
}

// A number that is none of an enum's, from a newer peer or a broken one.
static ll_err read_enum(const char *what, int in, int last) {
    if (in >= 0 && in <= last) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "%s %d is unknown here: install the same version everywhere", what, in);
}

// An error inside a message; `is_error` says whether there is one at all.
static ll_err read_error(bool is_error, uint32_t status, const char *text) {
    ll_err err = LL_SUCCESS;
    if (!is_error) return err;
    err.status = ll_status_from_number(status);
    if (err.status == LL_OK) err.status = LL_UNKNOWN;
    ll_text_clean(text, err.text, sizeof err.text);
    return err;
}

// ---- Register

void ll_pb_write_register_request(const struct ll_register_request *in, struct ll_wire_arena *arena,
                                  Liveload__V1__RegisterRequest *out) {
    out->name = borrow(in->name);
    out->max_users = in->max_users;
    out->browser = borrow(in->browser);
    out->instance = in->instance;
    out->estimated_metrics =
        ll_wire_coverage_to_proto(arena, &in->coverage, LL_COVERAGE_ESTIMATED, &out->n_estimated_metrics);
    out->lacking_metrics =
        ll_wire_coverage_to_proto(arena, &in->coverage, LL_COVERAGE_LACKING, &out->n_lacking_metrics);
}

ll_err ll_pb_read_register_request(const Liveload__V1__RegisterRequest *in, struct ll_register_request *out) {
    ll_text_clean(in->name, out->name, sizeof out->name);
    ll_text_clean(in->browser, out->browser, sizeof out->browser);
    out->max_users = in->max_users;
    out->instance = in->instance;
    out->coverage = (struct ll_coverage_table){{0}};
    ll_coverage_add(&out->coverage, LL_COVERAGE_ESTIMATED, in->estimated_metrics, in->n_estimated_metrics);
    ll_coverage_add(&out->coverage, LL_COVERAGE_LACKING, in->lacking_metrics, in->n_lacking_metrics);
    return LL_SUCCESS;
}

void ll_pb_write_register_reply(const struct ll_register_reply *in, struct ll_wire_arena *arena,
                                Liveload__V1__RegisterReply *out) {
    (void)arena;
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    out->name = borrow(in->name);
    out->exchange_ms = in->exchange_ms;
    out->lease_ms = in->lease_ms;
}

ll_err ll_pb_read_register_reply(const Liveload__V1__RegisterReply *in, struct ll_register_reply *out) {
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    ll_text_clean(in->name, out->name, sizeof out->name);
    out->exchange_ms = in->exchange_ms;
    out->lease_ms = in->lease_ms;
    return LL_SUCCESS;
}

// ---- Exchange

static Liveload__V1__BarrierWaits *write_barriers(const struct ll_barrier_waits *in, struct ll_wire_arena *arena) {
    Liveload__V1__BarrierWaits *out = ll_wire_alloc(arena, 1, sizeof *out);
    liveload__v1__barrier_waits__init(out);
    out->round = in->round;
    out->nobody_else = in->nobody_else;
    out->n_waits = in->count;
    out->waits = ll_wire_alloc(arena, in->count, sizeof *out->waits);
    for (size_t i = 0; i < in->count; i++) {
        out->waits[i] = ll_wire_alloc(arena, 1, sizeof **out->waits);
        liveload__v1__barrier_wait__init(out->waits[i]);
        out->waits[i]->ticket = in->items[i].ticket;
        out->waits[i]->name = borrow(in->items[i].name);
        out->waits[i]->count = in->items[i].count;
        out->waits[i]->is_leaving = in->items[i].is_leaving;
    }
    return out;
}

void ll_pb_write_exchange_request(const struct ll_exchange_request *in, struct ll_wire_arena *arena,
                                  Liveload__V1__ExchangeRequest *out) {
    assert(in->snapshot_count <= LL_EXCHANGE_SNAPSHOTS_MAX);
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    out->run_id = borrow(in->run_id);
    out->state = (Liveload__V1__AgentState)in->state;
    out->error = borrow(in->error.text);
    out->error_status = in->error.status;
    out->active_users = in->active_users;
    out->n_snapshots = in->snapshot_count;
    out->snapshots = ll_wire_alloc(arena, in->snapshot_count, sizeof *out->snapshots);
    for (size_t i = 0; i < in->snapshot_count; i++)
        out->snapshots[i] = borrow_bytes(in->snapshots[i].data, in->snapshots[i].len);
    out->first_iteration_started = in->first_iteration_started;
    out->round_trip_us = in->round_trip_us;
    if (in->barriers.round) out->barriers = write_barriers(&in->barriers, arena);
    if (in->throttles.round) out->throttles = ll_pb_write_throttle_wants(&in->throttles, arena);
}

static ll_err read_snapshots(const Liveload__V1__ExchangeRequest *in, struct ll_exchange_request *out) {
    if (in->n_snapshots > LL_EXCHANGE_SNAPSHOTS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "an exchange carries at most %d snapshots, not %zu",
                           LL_EXCHANGE_SNAPSHOTS_MAX, in->n_snapshots);
    for (size_t i = 0; i < in->n_snapshots; i++) {
        if (in->snapshots[i].len > LL_SNAPSHOT_FRAME_MAX)
            return ll_err_make(LL_INVALID_ARGUMENT, "a snapshot has at most %d bytes, not %zu", LL_SNAPSHOT_FRAME_MAX,
                               in->snapshots[i].len);
        out->snapshots[i] = read_bytes(&in->snapshots[i]);
    }
    out->snapshot_count = in->n_snapshots;
    return LL_SUCCESS;
}

static ll_err check_wait(const Liveload__V1__BarrierWait *wait, uint64_t last_ticket) {
    if (wait->ticket <= last_ticket) return ll_err_make(LL_INVALID_ARGUMENT, "tickets at barriers do not ascend");
    if (wait->count < 1 || wait->count > LL_USERS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "a barrier takes 1 to %d users, not %u", LL_USERS_MAX, wait->count);
    if (strlen(wait->name) > LL_NAME_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "a barrier's name is longer than %d bytes", LL_NAME_MAX);
    return LL_SUCCESS;
}

// Names stay in the message, which lives as long as the call.
static ll_err read_barriers(const Liveload__V1__BarrierWaits *in, struct ll_barrier_waits *out) {
    if (!in) return LL_SUCCESS;
    if (in->n_waits > LL_BARRIER_WAITS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "%zu users at barriers are more than the %d of any run", in->n_waits,
                           LL_BARRIER_WAITS_MAX);
    for (size_t i = 0; i < in->n_waits; i++) LL_TRY(check_wait(in->waits[i], i ? in->waits[i - 1]->ticket : 0));
    *out = (struct ll_barrier_waits){.round = in->round, .count = in->n_waits, .nobody_else = in->nobody_else};
    out->items = in->n_waits ? ll_alloc(in->n_waits, sizeof *out->items) : NULL;
    for (size_t i = 0; i < in->n_waits; i++)
        out->items[i] = (struct ll_barrier_wait){.ticket = in->waits[i]->ticket,
                                                 .name = in->waits[i]->name,
                                                 .count = in->waits[i]->count,
                                                 .is_leaving = in->waits[i]->is_leaving};
    return LL_SUCCESS;
}

void ll_pb_release_exchange_request(struct ll_exchange_request *request) {
    free(request->barriers.items);
    free(request->throttles.throttles);
    free(request->throttles.items);
}

ll_err ll_pb_read_exchange_request(const Liveload__V1__ExchangeRequest *in, struct ll_exchange_request *out) {
    LL_TRY(read_enum("agent state", in->state, LL_AGENT_FAILED));
    LL_TRY(read_run_id(in->run_id, out->run_id));
    LL_TRY(read_snapshots(in, out));
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    out->state = (enum ll_agent_state)in->state;
    out->error = read_error(out->state == LL_AGENT_FAILED || in->error_status != 0, in->error_status, in->error);
    out->active_users = in->active_users;
    out->round_trip_us = in->round_trip_us;
    out->first_iteration_started = in->first_iteration_started;
    LL_TRY(read_barriers(in->barriers, &out->barriers));
    ll_err err = ll_pb_read_throttle_wants(in->throttles, &out->throttles);
    if (err.status != LL_OK) ll_pb_release_exchange_request(out);
    return err;
}

static Liveload__V1__Secret **write_secrets(const struct ll_secrets *in, struct ll_wire_arena *arena) {
    Liveload__V1__Secret **out = ll_wire_alloc(arena, in->count, sizeof *out);
    for (size_t i = 0; i < in->count; i++) {
        out[i] = ll_wire_alloc(arena, 1, sizeof **out);
        liveload__v1__secret__init(out[i]);
        out[i]->name = borrow(in->items[i].name);
        out[i]->value = borrow(in->items[i].value);
    }
    return out;
}

static ll_err read_secrets(Liveload__V1__Secret *const *in, size_t count, struct ll_secrets *out) {
    ll_err err = LL_SUCCESS;
    for (size_t i = 0; i < count && err.status == LL_OK; i++) err = ll_secrets_add(out, in[i]->name, in[i]->value);
    if (err.status != LL_OK) ll_secrets_fini(out);
    return err;
}

static Liveload__V1__Assignment *write_assignment(const struct ll_assignment *in, struct ll_wire_arena *arena) {
    Liveload__V1__Assignment *out = ll_wire_alloc(arena, 1, sizeof *out);
    liveload__v1__assignment__init(out);
    out->run_id = borrow(in->run_id);
    out->bundle_hash = borrow_bytes(in->bundle_hash, sizeof in->bundle_hash);
    out->bundle_bytes = in->bundle_bytes;
    out->spec = ll_wire_spec_to_proto(arena, &in->spec);
    out->first_user = in->first_user;
    out->stride = in->stride;
    out->users = in->users;
    out->iterations = in->iterations;
    out->bucket_width_ms = in->bucket_width_ms;
    out->n_secrets = in->secrets.count;
    out->secrets = write_secrets(&in->secrets, arena);
    return out;
}

static ll_err read_assignment(const Liveload__V1__Assignment *in, struct ll_assignment *out) {
    if (!in || !in->spec) return ll_err_make(LL_INVALID_ARGUMENT, "an order to prepare came without an assignment");
    LL_TRY(read_run_id(in->run_id, out->run_id));
    LL_TRY(read_hash(&in->bundle_hash, out->bundle_hash));
    out->bundle_bytes = in->bundle_bytes;
    out->first_user = in->first_user;
    out->stride = in->stride;
    out->users = in->users;
    out->iterations = in->iterations;
    out->bucket_width_ms = in->bucket_width_ms;
    LL_TRY(read_secrets(in->secrets, in->n_secrets, &out->secrets));
    ll_err err = ll_wire_spec_from_proto(in->spec, &out->spec);
    if (err.status != LL_OK) ll_secrets_fini(&out->secrets);
    return err;
}

static Liveload__V1__BarrierAnswers *write_answers(const struct ll_barrier_answers *in, struct ll_wire_arena *arena) {
    Liveload__V1__BarrierAnswers *out = ll_wire_alloc(arena, 1, sizeof *out);
    liveload__v1__barrier_answers__init(out);
    out->nobody_comes = in->nobody_comes;
    out->n_answers = in->count;
    out->answers = ll_wire_alloc(arena, in->count, sizeof *out->answers);
    for (size_t i = 0; i < in->count; i++) {
        out->answers[i] = ll_wire_alloc(arena, 1, sizeof **out->answers);
        liveload__v1__barrier_answer__init(out->answers[i]);
        out->answers[i]->ticket = in->items[i].ticket;
        out->answers[i]->is_released = in->items[i].is_released;
        out->answers[i]->others = in->items[i].others;
    }
    return out;
}

static void read_answers(const Liveload__V1__BarrierAnswers *in, struct ll_barrier_answers *out) {
    if (!in) return;
    *out = (struct ll_barrier_answers){.nobody_comes = in->nobody_comes, .count = in->n_answers};
    out->items = in->n_answers ? ll_alloc(in->n_answers, sizeof *out->items) : NULL;
    for (size_t i = 0; i < in->n_answers; i++)
        out->items[i] = (struct ll_barrier_answer){.ticket = in->answers[i]->ticket,
                                                   .is_released = in->answers[i]->is_released,
                                                   .others = in->answers[i]->others};
}

void ll_pb_write_exchange_reply(const struct ll_exchange_reply *in, struct ll_wire_arena *arena,
                                Liveload__V1__ExchangeReply *out) {
    out->acknowledged = in->acknowledged;
    out->exchange_ms = in->exchange_ms;
    out->directive = (Liveload__V1__Directive)in->directive;
    if (in->directive == LL_DIRECTIVE_PREPARE) out->assignment = write_assignment(&in->assignment, arena);
    if (in->barriers.count || in->barriers.nobody_comes) out->barriers = write_answers(&in->barriers, arena);
    if (in->throttles.count) out->throttles = ll_pb_write_throttle_grants(&in->throttles, arena);
    out->in_us = in->in_us;
    out->at_once = in->at_once;
    out->now_us = (uint64_t)in->now_us;
}

ll_err ll_pb_read_exchange_reply(const Liveload__V1__ExchangeReply *in, struct ll_exchange_reply *out) {
    LL_TRY(read_enum("directive", in->directive, LL_DIRECTIVE_CONTINUE));
    out->acknowledged = in->acknowledged;
    out->exchange_ms = in->exchange_ms;
    out->in_us = in->in_us;
    out->at_once = in->at_once;
    out->now_us = (int64_t)in->now_us;
    if (in->directive == LIVELOAD__V1__DIRECTIVE__DIRECTIVE_PREPARE)
        LL_TRY(read_assignment(in->assignment, &out->assignment));
    out->directive = (enum ll_directive)in->directive;
    read_answers(in->barriers, &out->barriers);
    ll_pb_read_throttle_grants(in->throttles, &out->throttles);
    return LL_SUCCESS;
}

void ll_pb_release_exchange_reply(struct ll_exchange_reply *reply) {
    if (reply->directive == LL_DIRECTIVE_PREPARE) ll_assignment_fini(&reply->assignment);
    free(reply->barriers.items);
    free(reply->throttles.items);
}

// ---- FetchBundle, FetchResult and FetchArtifact

void ll_pb_write_fetch_bundle_request(const struct ll_fetch_request *in, struct ll_wire_arena *arena,
                                      Liveload__V1__FetchBundleRequest *out) {
    (void)arena;
    out->hash = borrow_bytes(in->hash, sizeof in->hash);
    out->offset = in->offset;
}

ll_err ll_pb_read_fetch_bundle_request(const Liveload__V1__FetchBundleRequest *in, struct ll_fetch_request *out) {
    out->offset = in->offset;
    return read_hash(&in->hash, out->hash);
}

void ll_pb_write_fetch_result_request(const struct ll_fetch_request *in, struct ll_wire_arena *arena,
                                      Liveload__V1__FetchResultRequest *out) {
    (void)arena;
    out->run_id = borrow(in->run_id);
    out->offset = in->offset;
}

ll_err ll_pb_read_fetch_result_request(const Liveload__V1__FetchResultRequest *in, struct ll_fetch_request *out) {
    out->offset = in->offset;
    return read_run_id(in->run_id, out->run_id);
}

// The three replies are alike.
#define FETCH_REPLY(Rpc, rpc)                                                                                          \
    void ll_pb_write_##rpc##_reply(const struct ll_fetch_reply *in, struct ll_wire_arena *arena,                       \
                                   Liveload__V1__##Rpc##Reply *out) {                                                  \
        (void)arena;                                                                                                   \
        assert(in->chunk.len <= LL_CHUNK_BYTES);                                                                       \
        out->chunk = borrow_bytes(in->chunk.data, in->chunk.len);                                                      \
        out->total_bytes = in->total_bytes;                                                                            \
    }                                                                                                                  \
    ll_err ll_pb_read_##rpc##_reply(const Liveload__V1__##Rpc##Reply *in, struct ll_fetch_reply *out) {                \
        if (in->chunk.len > LL_CHUNK_BYTES)                                                                            \
            return ll_err_make(LL_INVALID_ARGUMENT, "a chunk has at most %d bytes, not %zu", LL_CHUNK_BYTES,           \
                               in->chunk.len);                                                                         \
        out->chunk = read_bytes(&in->chunk);                                                                           \
        out->total_bytes = in->total_bytes;                                                                            \
        return LL_SUCCESS;                                                                                             \
    }
FETCH_REPLY(FetchBundle, fetch_bundle)
FETCH_REPLY(FetchResult, fetch_result)
FETCH_REPLY(FetchArtifact, fetch_artifact)

void ll_pb_write_fetch_artifact_request(const struct ll_fetch_artifact_request *in, struct ll_wire_arena *arena,
                                        Liveload__V1__FetchArtifactRequest *out) {
    (void)arena;
    out->run_id = borrow(in->run_id);
    out->name = borrow(in->name);
    out->offset = in->offset;
}

ll_err ll_pb_read_fetch_artifact_request(const Liveload__V1__FetchArtifactRequest *in,
                                         struct ll_fetch_artifact_request *out) {
    if (!ll_artifact_name_is_safe(in->name))
        return ll_err_make(LL_INVALID_ARGUMENT, "there is no artifact of that name");
    memcpy(out->name, in->name, strlen(in->name) + 1);
    out->offset = in->offset;
    return read_run_id(in->run_id, out->run_id);
}

// ---- SendArtifact

void ll_pb_write_send_artifact_request(const struct ll_send_artifact_request *in, struct ll_wire_arena *arena,
                                       Liveload__V1__SendArtifactRequest *out) {
    assert(in->chunk.len <= LL_ARTIFACT_CHUNK_BYTES);
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    out->run_id = borrow(in->run_id);
    out->about = ll_wire_artifact_to_proto(arena, &in->about);
    out->offset = in->offset;
    out->chunk = borrow_bytes(in->chunk.data, in->chunk.len);
}

ll_err ll_pb_read_send_artifact_request(const Liveload__V1__SendArtifactRequest *in,
                                        struct ll_send_artifact_request *out) {
    if (in->chunk.len > LL_ARTIFACT_CHUNK_BYTES)
        return ll_err_make(LL_INVALID_ARGUMENT, "a piece of an artifact has at most %d bytes, not %zu",
                           LL_ARTIFACT_CHUNK_BYTES, in->chunk.len);
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    LL_TRY(read_run_id(in->run_id, out->run_id));
    LL_TRY(ll_wire_artifact_from_proto(in->about, &out->about));
    out->offset = in->offset;
    out->chunk = read_bytes(&in->chunk);
    return LL_SUCCESS;
}

void ll_pb_write_send_artifact_reply(const struct ll_send_artifact_reply *in, struct ll_wire_arena *arena,
                                     Liveload__V1__SendArtifactReply *out) {
    (void)arena;
    out->received_bytes = in->received_bytes;
}

ll_err ll_pb_read_send_artifact_reply(const Liveload__V1__SendArtifactReply *in, struct ll_send_artifact_reply *out) {
    out->received_bytes = in->received_bytes;
    return LL_SUCCESS;
}

// ---- Leave

void ll_pb_write_leave_request(const struct ll_leave_request *in, struct ll_wire_arena *arena,
                               Liveload__V1__LeaveRequest *out) {
    (void)arena;
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    out->reason = borrow(in->reason);
}

ll_err ll_pb_read_leave_request(const Liveload__V1__LeaveRequest *in, struct ll_leave_request *out) {
    out->agent_id = in->agent_id;
    out->epoch = in->epoch;
    ll_text_clean(in->reason, out->reason, sizeof out->reason);
    return LL_SUCCESS;
}

// ---- Submit

void ll_pb_write_submit_request(const struct ll_submit_request *in, struct ll_wire_arena *arena,
                                Liveload__V1__SubmitRequest *out) {
    out->bundle = borrow_bytes(in->bundle.data, in->bundle.len);
    out->spec = ll_wire_spec_to_proto(arena, &in->spec);
    out->min_agents = in->min_agents;
    out->wait_ms = in->wait_ms;
    out->max_lost_agents = in->max_lost_agents;
    out->n_secrets = in->secrets.count;
    out->secrets = write_secrets(&in->secrets, arena);
}

ll_err ll_pb_read_submit_request(const Liveload__V1__SubmitRequest *in, struct ll_submit_request *out) {
    if (!in->spec) return ll_err_make(LL_INVALID_ARGUMENT, "a run was submitted without its spec");
    if (in->bundle.len > LL_BUNDLE_BYTES_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "a bundle has at most %d bytes, not %zu", LL_BUNDLE_BYTES_MAX,
                           in->bundle.len);
    out->bundle = read_bytes(&in->bundle);
    out->min_agents = in->min_agents;
    out->wait_ms = in->wait_ms;
    out->max_lost_agents = in->max_lost_agents;
    LL_TRY(read_secrets(in->secrets, in->n_secrets, &out->secrets));
    ll_err err = ll_wire_spec_from_proto(in->spec, &out->spec);
    if (err.status != LL_OK) ll_secrets_fini(&out->secrets);
    return err;
}

void ll_pb_release_submit_request(struct ll_submit_request *request) {
    ll_spec_fini(&request->spec);
    ll_secrets_fini(&request->secrets);
}

void ll_pb_write_submit_reply(const struct ll_submit_reply *in, struct ll_wire_arena *arena,
                              Liveload__V1__SubmitReply *out) {
    (void)arena;
    out->run_id = borrow(in->run_id);
}

ll_err ll_pb_read_submit_reply(const Liveload__V1__SubmitReply *in, struct ll_submit_reply *out) {
    return read_run_id(in->run_id, out->run_id);
}

// ---- Status

void ll_pb_write_status_reply(const struct ll_status_reply *in, struct ll_wire_arena *arena,
                              Liveload__V1__StatusReply *out) {
    (void)arena;
    out->state = (Liveload__V1__RunState)in->state;
    out->error = borrow(in->error.text);
    out->error_status = in->error.status;
    out->elapsed_ms = in->elapsed_ms;
    out->planned_ms = in->planned_ms;
    out->active_users = in->active_users;
    out->agents_registered = in->agents_registered;
    out->agents_lost = in->agents_lost;
    out->iterations_completed = in->iterations_completed;
    out->iterations_failed = in->iterations_failed;
    out->http_requests = in->http_requests;
    out->iteration_p95_us = in->iteration_p95_us;
    out->waiting_for = borrow(in->waiting_for);
    out->result_bytes = in->result_bytes;
    out->first_iteration_started = in->first_iteration_started;
}

ll_err ll_pb_read_status_reply(const Liveload__V1__StatusReply *in, struct ll_status_reply *out) {
    LL_TRY(read_enum("run state", in->state, LL_RUN_FAILED));
    out->state = (enum ll_run_state)in->state;
    out->error = read_error(out->state == LL_RUN_FAILED || in->error_status != 0, in->error_status, in->error);
    out->elapsed_ms = in->elapsed_ms;
    out->planned_ms = in->planned_ms;
    out->active_users = in->active_users;
    out->agents_registered = in->agents_registered;
    out->agents_lost = in->agents_lost;
    out->iterations_completed = in->iterations_completed;
    out->iterations_failed = in->iterations_failed;
    out->http_requests = in->http_requests;
    out->iteration_p95_us = in->iteration_p95_us;
    ll_text_clean(in->waiting_for, out->waiting_for, sizeof out->waiting_for);
    out->result_bytes = in->result_bytes;
    out->first_iteration_started = in->first_iteration_started;
    return LL_SUCCESS;
}

// Status and Stop ask with a run's id alone.
#define RUN_REQUEST(Rpc, rpc)                                                                                          \
    void ll_pb_write_##rpc##_request(const struct ll_run_request *in, struct ll_wire_arena *arena,                     \
                                     Liveload__V1__##Rpc##Request *out) {                                              \
        (void)arena;                                                                                                   \
        out->run_id = borrow(in->run_id);                                                                              \
    }                                                                                                                  \
    ll_err ll_pb_read_##rpc##_request(const Liveload__V1__##Rpc##Request *in, struct ll_run_request *out) {            \
        return read_run_id(in->run_id, out->run_id);                                                                   \
    }
RUN_REQUEST(Status, status)
RUN_REQUEST(Stop, stop)

// Stop and Leave answer with nothing.
#define EMPTY_REPLY(Rpc, rpc)                                                                                          \
    void ll_pb_write_##rpc##_reply(const struct ll_empty *in, struct ll_wire_arena *arena,                             \
                                   Liveload__V1__##Rpc##Reply *out) {                                                  \
        (void)in, (void)arena, (void)out;                                                                              \
    }                                                                                                                  \
    ll_err ll_pb_read_##rpc##_reply(const Liveload__V1__##Rpc##Reply *in, struct ll_empty *out) {                      \
        (void)in, (void)out;                                                                                           \
        return LL_SUCCESS;                                                                                             \
    }
EMPTY_REPLY(Stop, stop)
EMPTY_REPLY(Leave, leave)
