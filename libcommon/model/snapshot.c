#include "libcommon/model/snapshot.h"

#include "libcommon/codec/frame.h"
#include "libcommon/model/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Every series of a full set with all its bins is 46 MB of sketches.
enum { SKETCH_BYTES_MAX = 64 * 1024 * 1024 };

void ll_failure_sample_fini(struct ll_failure_sample *failure) {
    free(failure->signature);
    free(failure->detail);
    ll_evidence_free(&failure->evidence);
    *failure = (struct ll_failure_sample){.signature = NULL};
}

void ll_failure_samples_free(struct ll_failure_sample *failures, size_t count) {
    for (size_t i = 0; i < count; i++) ll_failure_sample_fini(&failures[i]);
    free(failures);
}

void ll_snapshot_fini(struct ll_snapshot *snapshot) {
    ll_series_set_free(&snapshot->series);
    ll_failure_samples_free(snapshot->failures, snapshot->failure_count);
    *snapshot = (struct ll_snapshot){.series = NULL};
}

static Liveload__V1__GeneratorHealth *health_to_proto(struct ll_wire_arena *arena,
                                                      const struct ll_generator_health *health) {
    Liveload__V1__GeneratorHealth *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__generator_health__init(message);
    message->cpu_permille = health->cpu_permille;
    message->rss_bytes = health->rss_bytes;
    message->agent_cpu_permille = health->agent_cpu_permille;
    return message;
}

static Liveload__V1__Snapshot *to_proto(struct ll_wire_arena *arena, const struct ll_snapshot *snapshot) {
    Liveload__V1__Snapshot *message = ll_wire_alloc(arena, 1, sizeof *message);
    liveload__v1__snapshot__init(message);
    message->run_id = ll_wire_text(snapshot->run_id);
    message->epoch = snapshot->epoch;
    message->sequence = snapshot->sequence;
    message->offset_ms = snapshot->offset_ms;
    message->width_ms = snapshot->width_ms;
    message->active_users = snapshot->active_users;
    message->series = ll_wire_series_to_proto(arena, snapshot->series, &message->n_series);
    message->health = health_to_proto(arena, &snapshot->health);
    message->n_failures =
        snapshot->failure_count < LL_SNAPSHOT_FAILURES_MAX ? snapshot->failure_count : (size_t)LL_SNAPSHOT_FAILURES_MAX;
    message->failures = ll_wire_failures_to_proto(arena, snapshot->failures, message->n_failures);
    message->final = snapshot->final;
    message->users_total = snapshot->users_total;
    message->users_failed = snapshot->users_failed;
    message->iterations_interrupted = snapshot->iterations_interrupted;
    message->first_user_start_ms = snapshot->first_user_start_ms;
    message->last_user_end_ms = snapshot->last_user_end_ms;
    message->clock_offset_us = snapshot->clock.offset_us;
    message->round_trip_us = snapshot->clock.round_trip_us;
    message->started_us = (uint64_t)snapshot->clock.started_us;
    return message;
}

ll_err ll_snapshot_seal(const struct ll_snapshot *snapshot, struct ll_buf *out) {
    struct ll_wire_arena arena = ll_wire_arena_make(LL_WIRE_NO_LIMIT);
    struct ll_buf content = ll_buf_make(LL_SNAPSHOT_CONTENT_MAX);
    ll_wire_pack(&to_proto(&arena, snapshot)->base, &content);
    ll_wire_arena_fini(&arena);
    ll_err err = content.overflowed ? ll_err_make(LL_RESOURCE_EXHAUSTED, "the snapshot is larger than %d MB",
                                                  LL_SNAPSHOT_CONTENT_MAX >> 20)
                                    : ll_frame_compress(content.data, content.len, out);
    ll_buf_fini(&content);
    return err;
}

static ll_err from_proto(const Liveload__V1__Snapshot *message, struct ll_snapshot *out) {
    if (strlen(message->run_id) > LL_TOKEN_CHARS)
        return ll_err_make(LL_DATA_LOSS, "its run id is longer than %d characters", LL_TOKEN_CHARS);
    struct ll_snapshot snapshot = {
        .epoch = message->epoch,
        .sequence = message->sequence,
        .offset_ms = message->offset_ms,
        .width_ms = message->width_ms,
        .active_users = message->active_users,
        .failure_count = message->n_failures,
        .final = message->final,
        .users_total = message->users_total,
        .users_failed = message->users_failed,
        .iterations_interrupted = message->iterations_interrupted,
        .first_user_start_ms = message->first_user_start_ms,
        .last_user_end_ms = message->last_user_end_ms,
        .clock = {.offset_us = message->clock_offset_us,
                  .round_trip_us = message->round_trip_us,
                  .started_us = (int64_t)message->started_us},
    };
    snprintf(snapshot.run_id, sizeof snapshot.run_id, "%s", message->run_id);
    if (message->health) {
        snapshot.health = (struct ll_generator_health){
            .cpu_permille = message->health->cpu_permille,
            .rss_bytes = message->health->rss_bytes,
            .agent_cpu_permille = message->health->agent_cpu_permille,
        };
    }
    struct ll_wire_budget budget = {.sketch_bytes = SKETCH_BYTES_MAX};
    LL_TRY(ll_wire_series_from_proto(message->series, message->n_series, &budget, &snapshot.series));
    ll_err err = ll_wire_failures_from_proto(message->failures, message->n_failures, LL_SNAPSHOT_FAILURES_MAX,
                                             &snapshot.failures);
    if (err.status != LL_OK)
        ll_series_set_free(&snapshot.series);
    else
        *out = snapshot;
    return err;
}

static ll_err unpack(const void *data, size_t len, struct ll_snapshot *out) {
    struct ll_wire_arena arena = ll_wire_arena_make(ll_wire_memory_for(len));
    ProtobufCMessage *message = NULL;
    ll_err err = ll_wire_unpack(&liveload__v1__snapshot__descriptor, "the snapshot", data, len, &arena, &message);
    if (err.status == LL_OK) err = from_proto((const Liveload__V1__Snapshot *)message, out);
    ll_wire_arena_fini(&arena);
    return err;
}

ll_err ll_snapshot_open(const void *frame, size_t len, struct ll_snapshot *out) {
    if (len > LL_SNAPSHOT_FRAME_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the snapshot is %zu bytes long: at most %d MB are allowed", len,
                           LL_SNAPSHOT_FRAME_MAX >> 20);
    struct ll_buf content = ll_buf_make(LL_SNAPSHOT_CONTENT_MAX);
    ll_err err = ll_frame_decompress(frame, len, &content);
    if (err.status == LL_OK) err = unpack(content.data, content.len, out);
    ll_buf_fini(&content);
    return err;
}
