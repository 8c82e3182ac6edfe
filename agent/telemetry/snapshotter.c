#include "agent/telemetry/snapshotter.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct ll_snapshotter {
    struct ll_snapshotter_options options;
    struct ll_failures *failures;
    char run_id[LL_TOKEN_CHARS + 1];
    int64_t start_us;
    uint64_t bucket;   // number of the one that fills
    uint32_t buckets;  // how many widths it spans: 1, unless the outbox is full
    uint64_t sequence; // of the last one sealed
    uint32_t active, active_most;
};

struct ll_snapshotter *ll_snapshotter_new(const struct ll_snapshotter_options *options) {
    assert(options->width_ms > 0);
    struct ll_snapshotter *snapshotter = ll_alloc(1, sizeof *snapshotter);
    snapshotter->options = *options;
    if (options->frame_bytes_max == 0) snapshotter->options.frame_bytes_max = LL_SNAPSHOT_FRAME_MAX;
    snprintf(snapshotter->run_id, sizeof snapshotter->run_id, "%s", options->run_id);
    snapshotter->failures = ll_failures_new();
    snapshotter->buckets = 1;
    snapshotter->start_us = INT64_MAX;
    return snapshotter;
}

void ll_snapshotter_free(struct ll_snapshotter **snapshotter) {
    if (!*snapshotter) return;
    ll_failures_free(&(*snapshotter)->failures);
    free(*snapshotter);
    *snapshotter = NULL;
}

void ll_snapshotter_start(struct ll_snapshotter *snapshotter, int64_t start_us) {
    snapshotter->start_us = start_us;
    ll_recorder_flip(snapshotter->options.recorder);
    ll_health_begin(snapshotter->options.health, start_us);
}

void ll_snapshotter_active(struct ll_snapshotter *snapshotter, uint32_t users) {
    snapshotter->active = users;
    if (users > snapshotter->active_most) snapshotter->active_most = users;
}

void ll_snapshotter_failure(struct ll_snapshotter *snapshotter, const struct ll_failure *failure) {
    ll_failures_note(snapshotter->failures, failure);
}

int64_t ll_snapshotter_next_us(const struct ll_snapshotter *snapshotter) {
    if (snapshotter->start_us == INT64_MAX) return INT64_MAX;
    uint64_t end_bucket = snapshotter->bucket + snapshotter->buckets;
    return snapshotter->start_us + (int64_t)(end_bucket * snapshotter->options.width_ms) * 1000;
}

// The counters of a set; and of its histograms only how many samples they had, as samples_lost.
static struct ll_series_set *counters_of(const struct ll_series_set *full) {
    struct ll_series_set *counters = ll_series_set_new_like(full);
    const struct ll_series *series;
    for (size_t position = 0; (series = ll_series_next(full, &position));) {
        if (ll_metric_info(series->metric)->kind == LL_KIND_HISTOGRAM)
            ll_series_count(counters, LL_METRIC_SAMPLES_LOST, NULL, series->sketch.total);
        else
            ll_series_count(counters, series->metric, series->label, series->count);
    }
    return counters;
}

// A bucket whose measurements do not fit one frame is sent without its histograms, and says so: the run goes on.
static void seal_counters(struct ll_snapshot *snapshot, ll_err why, struct ll_buf *frame) {
    ll_warn("the durations and sizes of the bucket at %llu ms are lost: %s", (unsigned long long)snapshot->offset_ms,
            why.text);
    struct ll_series_set *full = snapshot->series;
    snapshot->series = counters_of(full);
    ll_buf_clear(frame);
    ll_err err = ll_snapshot_seal(snapshot, frame);
    assert(err.status == LL_OK); // LL_LABELS_MAX labels of a dozen metrics, and a few examples, always fit
    ll_series_set_free(&snapshot->series);
    snapshot->series = full;
}

static void seal(struct ll_snapshotter *snapshotter, int64_t now_us, const struct ll_run_totals *totals,
                 bool is_final) {
    struct ll_snapshot snapshot = {
        .epoch = snapshotter->options.epoch,
        .sequence = ++snapshotter->sequence,
        .offset_ms = snapshotter->bucket * snapshotter->options.width_ms,
        .width_ms = snapshotter->buckets * snapshotter->options.width_ms,
        .active_users = snapshotter->active_most,
        .series = ll_recorder_flip(snapshotter->options.recorder),
        .health = ll_health_take(snapshotter->options.health, now_us, snapshotter->options.width_ms * 500LL),
        .final = is_final,
        .users_total = totals->users_total,
        .users_failed = totals->users_failed,
        .iterations_interrupted = totals->iterations_interrupted,
        .first_user_start_ms = totals->first_user_start_ms,
        .last_user_end_ms = totals->last_user_end_ms,
        .clock = totals->clock,
    };
    snprintf(snapshot.run_id, sizeof snapshot.run_id, "%s", snapshotter->run_id);
    ll_failures_hand_over(snapshotter->failures, &snapshot);
    struct ll_buf frame = ll_buf_make(snapshotter->options.frame_bytes_max);
    ll_err err = ll_snapshot_seal(&snapshot, &frame);
    if (err.status != LL_OK) seal_counters(&snapshot, err, &frame);
    ll_outbox_push(snapshotter->options.outbox, snapshot.sequence, &frame);
    snapshot.series = NULL; // the recorder's
    ll_snapshot_fini(&snapshot);
    snapshotter->bucket += snapshotter->buckets;
    snapshotter->buckets = 1;
    snapshotter->active_most = snapshotter->active;
}

size_t ll_snapshotter_poll(struct ll_snapshotter *snapshotter, int64_t now_us, const struct ll_run_totals *totals) {
    size_t sealed = 0;
    while (now_us >= ll_snapshotter_next_us(snapshotter)) {
        if (ll_outbox_has_room(snapshotter->options.outbox)) {
            seal(snapshotter, now_us, totals, false);
            sealed++;
        } else {
            if (snapshotter->buckets++ == 1)
                ll_warn("%d snapshots wait for the coordinator: until it takes them, buckets get wider",
                        LL_OUTBOX_FRAMES_MAX);
        }
    }
    return sealed;
}

void ll_snapshotter_finish(struct ll_snapshotter *snapshotter, int64_t now_us, const struct ll_run_totals *totals,
                           enum ll_run_end end) {
    ll_snapshotter_poll(snapshotter, now_us, totals);
    seal(snapshotter, now_us, totals, end == LL_RUN_ENDS_HERE);
    snapshotter->start_us = INT64_MAX;
}
