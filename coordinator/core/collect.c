#include "coordinator/core/collect.h"

#include "coordinator/core/timeline.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t offset_max_ms = 2ull * LL_DURATION_MAX_MS;     // past any run: a snapshot from there is nonsense
static const uint64_t sequence_max = 2ull * LL_DURATION_MAX_MS / 10; // no agent seals every 10 ms

struct node {
    uint64_t acknowledged;
    struct ll_lost_snapshots lost;
    bool final;
    struct ll_timeline windows;
    uint32_t active[LL_RESULT_BUCKETS_MAX]; // by global bucket: the most active users, plus 1; 0: nothing from there
    uint64_t end_ms;                        // of its latest bucket
    uint32_t active_max;
    uint64_t cpu_permille_ms, cpu_ms, busy_ms; // load times time, that time, and how much of it was busy
    uint32_t cpu_permille_peak, agent_cpu_permille_peak;
    uint64_t rss_bytes_peak;
    uint32_t users_total, users_failed; // of its latest snapshot, as all below
    uint64_t iterations_interrupted, first_user_start_ms, last_user_end_ms;
    struct ll_clock_report clock;
};

struct ll_collect {
    char run_id[LL_TOKEN_CHARS + 1];
    uint64_t usual_width_ms; // of snapshots
    struct ll_series_set *total;
    struct ll_timeline buckets;
    struct node *nodes;
    size_t node_count;
    struct ll_failure_sample *failures;
    size_t failure_count;
};

static size_t windows_for_each(size_t node_count) {
    size_t fair = node_count ? LL_COLLECT_NODE_WINDOWS_MAX / node_count : LL_RESULT_NODE_WINDOWS_MAX;
    if (fair > LL_RESULT_NODE_WINDOWS_MAX) return LL_RESULT_NODE_WINDOWS_MAX;
    return fair > 0 ? fair : 1;
}

struct ll_collect *ll_collect_new(const char *run_id, size_t node_count, uint64_t bucket_width_ms) {
    struct ll_collect *collect = ll_alloc(1, sizeof *collect);
    memccpy(collect->run_id, run_id, '\0', sizeof collect->run_id - 1);
    collect->usual_width_ms = bucket_width_ms;
    collect->total = ll_series_set_new();
    collect->buckets = ll_timeline_make(LL_RESULT_BUCKETS_MAX, bucket_width_ms, collect->total);
    collect->nodes = ll_alloc(node_count, sizeof *collect->nodes);
    collect->node_count = node_count;
    for (size_t i = 0; i < node_count; i++)
        collect->nodes[i].windows = ll_timeline_make(windows_for_each(node_count), bucket_width_ms, collect->total);
    collect->failures = ll_alloc(LL_COLLECT_FAILURES_MAX, sizeof *collect->failures);
    return collect;
}

void ll_collect_reserve(struct ll_collect *collect, const struct ll_spec *spec) {
    ll_thresholds_reserve(spec->thresholds, spec->threshold_count, &spec->metrics, collect->total);
}

void ll_collect_free(struct ll_collect **collect) {
    struct ll_collect *old = *collect;
    if (!old) return;
    ll_series_set_free(&old->total);
    ll_timeline_fini(&old->buckets);
    for (size_t i = 0; i < old->node_count; i++) ll_timeline_fini(&old->nodes[i].windows);
    free(old->nodes);
    ll_failure_samples_free(old->failures, old->failure_count);
    free(old);
    *collect = NULL;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static void widen_buckets(struct ll_collect *collect) {
    ll_timeline_widen(&collect->buckets);
    for (size_t n = 0; n < collect->node_count; n++) {
        uint32_t *active = collect->nodes[n].active;
        for (size_t i = 0; i < LL_RESULT_BUCKETS_MAX; i++) {
            size_t left = 2 * i, right = 2 * i + 1;
            active[i] = right < LL_RESULT_BUCKETS_MAX  ? larger(active[left], active[right])
                        : left < LL_RESULT_BUCKETS_MAX ? active[left]
                                                       : 0;
        }
    }
}

static void add_to_buckets(struct ll_collect *collect, struct node *node, const struct ll_snapshot *snapshot) {
    while (!ll_timeline_has_room(&collect->buckets, snapshot->offset_ms)) widen_buckets(collect);
    ll_timeline_add(&collect->buckets, snapshot->offset_ms, snapshot->series);
    uint32_t *active = &node->active[snapshot->offset_ms / collect->buckets.width_ms];
    *active = larger(*active, snapshot->active_users + 1);
}

static void add_to_node(struct node *node, const struct ll_snapshot *snapshot) {
    while (!ll_timeline_has_room(&node->windows, snapshot->offset_ms)) ll_timeline_widen(&node->windows);
    struct ll_window *window = ll_timeline_add(&node->windows, snapshot->offset_ms, snapshot->series);
    window->active_users = larger(window->active_users, snapshot->active_users);
    window->node_count = 1;
    node->active_max = larger(node->active_max, snapshot->active_users);
    uint64_t end_ms = snapshot->offset_ms + snapshot->width_ms;
    if (end_ms > node->end_ms) node->end_ms = end_ms;
}

// A load counts for as long as it was measured. Spans shorter than half of the usual one say nothing: so are the last
// one, and those that an agent seals at once when its loop was held up and that were idle only since the one before.
static void add_health(struct ll_collect *collect, struct node *node, const struct ll_snapshot *snapshot) {
    const struct ll_generator_health *health = &snapshot->health;
    if (health->rss_bytes > node->rss_bytes_peak) node->rss_bytes_peak = health->rss_bytes;
    if (snapshot->width_ms < collect->usual_width_ms / 2) return;
    node->cpu_permille_ms += (uint64_t)health->cpu_permille * snapshot->width_ms;
    node->cpu_ms += snapshot->width_ms;
    if (health->cpu_permille >= LL_BUSY_PERMILLE) node->busy_ms += snapshot->width_ms;
    node->cpu_permille_peak = larger(node->cpu_permille_peak, health->cpu_permille);
    node->agent_cpu_permille_peak = larger(node->agent_cpu_permille_peak, health->agent_cpu_permille);
}

// Examples that show something go before those that do not.
static struct ll_failure_sample *place_for(struct ll_collect *collect, const struct ll_failure_sample *sample) {
    struct ll_failure_sample *dull = NULL;
    size_t alike = 0;
    for (size_t i = 0; i < collect->failure_count; i++) {
        if (strcmp(collect->failures[i].signature, sample->signature) != 0) continue;
        alike++;
        if (!collect->failures[i].evidence) dull = &collect->failures[i];
    }
    bool has_room = collect->failure_count < LL_COLLECT_FAILURES_MAX && alike < LL_COLLECT_FAILURES_OF_ONE_MAX;
    if (has_room) return &collect->failures[collect->failure_count++];
    return sample->evidence ? dull : NULL;
}

static void add_failure(struct ll_collect *collect, const struct ll_failure_sample *sample) {
    struct ll_failure_sample *place = sample->signature ? place_for(collect, sample) : NULL;
    if (!place) return;
    ll_failure_sample_fini(place);
    *place = *sample;
    place->signature = ll_strdup(sample->signature);
    place->detail = ll_strdup(sample->detail ? sample->detail : "");
    place->evidence = ll_evidence_copy(sample->evidence);
}

// Each snapshot tells the whole part so far, so that a node that is lost is known up to its latest.
static void take_totals(struct node *node, const struct ll_snapshot *snapshot) {
    node->final = snapshot->final;
    node->users_total = snapshot->users_total;
    node->users_failed = snapshot->users_failed;
    node->iterations_interrupted = snapshot->iterations_interrupted;
    node->first_user_start_ms = snapshot->first_user_start_ms;
    node->last_user_end_ms = snapshot->last_user_end_ms;
    node->clock = snapshot->clock;
}

static void lose(struct node *node, uint64_t first, uint64_t last) {
    if (node->lost.count == 0) node->lost.first = first;
    node->lost.last = last;
    node->lost.count += last - first + 1;
}

ll_err ll_collect_take(struct ll_collect *collect, size_t node_index, uint64_t epoch,
                       const struct ll_snapshot *snapshot, enum ll_taken *out_taken) {
    assert(node_index < collect->node_count);
    struct node *node = &collect->nodes[node_index];
    if (snapshot->offset_ms > offset_max_ms || snapshot->sequence == 0 || snapshot->sequence > sequence_max)
        return ll_err_make(LL_DATA_LOSS,
                           "a snapshot says it is number %llu, %llu ms into the run, which cannot be: use the "
                           "liveload-agent of the coordinator's own version",
                           (unsigned long long)snapshot->sequence, (unsigned long long)snapshot->offset_ms);
    bool is_ours = strcmp(snapshot->run_id, collect->run_id) == 0 && snapshot->epoch == epoch;
    *out_taken = is_ours && !node->final && snapshot->sequence > node->acknowledged ? LL_TAKEN : LL_TAKEN_BEFORE;
    if (*out_taken != LL_TAKEN) return LL_SUCCESS;
    if (snapshot->sequence > node->acknowledged + 1) lose(node, node->acknowledged + 1, snapshot->sequence - 1);
    node->acknowledged = snapshot->sequence;
    ll_series_set_merge(collect->total, snapshot->series);
    add_to_buckets(collect, node, snapshot);
    add_to_node(node, snapshot);
    add_health(collect, node, snapshot);
    for (size_t i = 0; i < snapshot->failure_count; i++) add_failure(collect, &snapshot->failures[i]);
    take_totals(node, snapshot);
    return LL_SUCCESS;
}

void ll_collect_miss_final(struct ll_collect *collect, size_t node_index) {
    struct node *node = &collect->nodes[node_index];
    if (node->final) return;
    node->acknowledged++;
    lose(node, node->acknowledged, node->acknowledged);
    node->final = true;
}

struct ll_lost_snapshots ll_collect_lost(const struct ll_collect *collect, size_t node) {
    return collect->nodes[node].lost;
}

void ll_collect_count_lost(struct ll_collect *collect, size_t node, const char *name) {
    uint64_t lost = collect->nodes[node].lost.count;
    if (lost > 0) ll_series_count(collect->total, LL_METRIC_SNAPSHOTS_LOST, name, lost);
}

uint64_t ll_collect_acknowledged(const struct ll_collect *collect, size_t node) {
    return collect->nodes[node].acknowledged;
}

bool ll_collect_is_final(const struct ll_collect *collect, size_t node) {
    return collect->nodes[node].final;
}

const struct ll_series_set *ll_collect_total(const struct ll_collect *collect) {
    return collect->total;
}

void ll_collect_count_loss(struct ll_collect *collect) {
    ll_series_count(collect->total, LL_METRIC_AGENT_LOSSES, NULL, 1);
}

struct ll_node_load ll_collect_load(const struct ll_collect *collect, size_t node_index) {
    const struct node *node = &collect->nodes[node_index];
    return (struct ll_node_load){
        .mean_permille = node->cpu_ms ? (uint32_t)(node->cpu_permille_ms / node->cpu_ms) : 0,
        .busy_ms = node->busy_ms,
        .measured_ms = node->cpu_ms,
    };
}

// A node that told no totals has users and an end all the same: those its buckets show.
static void estimate_untold(struct node *node) {
    if (node->users_total > 0) return;
    node->users_total = node->active_max;
    node->last_user_end_ms = node->end_ms;
}

static void move_node(const struct ll_collect *collect, struct node *node, struct ll_node_result *out) {
    out->window_width_ms = node->windows.width_ms;
    out->windows = ll_timeline_take(&node->windows, &out->window_count);
    out->total = ll_series_set_new_like(collect->total);
    for (size_t i = 0; i < out->window_count; i++) ll_series_set_merge(out->total, out->windows[i].series);
    out->users_total = node->users_total;
    out->users_failed = node->users_failed;
    if (node->last_user_end_ms > node->first_user_start_ms)
        out->duration_ms = node->last_user_end_ms - node->first_user_start_ms;
    out->cpu_permille_peak = node->cpu_permille_peak;
    out->agent_cpu_permille_peak = node->agent_cpu_permille_peak;
    out->rss_bytes_peak = node->rss_bytes_peak;
    out->clock_offset_ms = (double)node->clock.offset_us / 1000;
    out->round_trip_ms = (double)node->clock.round_trip_us / 1000;
}

static void move_buckets(struct ll_collect *collect, struct ll_scenario_result *result) {
    result->bucket_width_ms = collect->buckets.width_ms;
    result->buckets = ll_timeline_take(&collect->buckets, &result->bucket_count);
    for (size_t n = 0; n < collect->node_count; n++) {
        for (size_t i = 0; i < result->bucket_count; i++) {
            uint32_t active = collect->nodes[n].active[i];
            if (active == 0) continue;
            result->buckets[i].active_users += active - 1;
            result->buckets[i].node_count++;
        }
    }
}

// Each start by the coordinator's clock, as the agent's last estimate of it says.
static double start_skew_ms(const struct ll_collect *collect) {
    int64_t first_us = INT64_MAX, last_us = INT64_MIN;
    for (size_t n = 0; n < collect->node_count; n++) {
        const struct ll_clock_report *clock = &collect->nodes[n].clock;
        if (clock->started_us == 0) continue;
        int64_t at_us = (int64_t)((uint64_t)clock->started_us - (uint64_t)clock->offset_us); // whatever a peer says
        if (at_us < first_us) first_us = at_us;
        if (at_us > last_us) last_us = at_us;
    }
    return last_us > first_us ? ((double)last_us - (double)first_us) / 1000 : 0;
}

void ll_collect_move(struct ll_collect *collect, struct ll_scenario_result *result) {
    assert(result->node_count == collect->node_count);
    result->start_skew_ms = start_skew_ms(collect);
    move_buckets(collect, result);
    uint64_t first_ms = UINT64_MAX, last_ms = 0;
    for (size_t n = 0; n < collect->node_count; n++) {
        struct node *node = &collect->nodes[n];
        estimate_untold(node);
        move_node(collect, node, &result->nodes[n]);
        result->users_total += node->users_total;
        result->users_failed += node->users_failed;
        result->iterations_interrupted += node->iterations_interrupted;
        if (node->users_total == 0) continue;
        if (node->first_user_start_ms < first_ms) first_ms = node->first_user_start_ms;
        if (node->last_user_end_ms > last_ms) last_ms = node->last_user_end_ms;
    }
    result->duration_ms = last_ms > first_ms ? last_ms - first_ms : 0;
    result->total = collect->total;
    result->failures = collect->failures;
    result->failure_count = collect->failure_count;
    collect->total = NULL;
    collect->failures = NULL;
    collect->failure_count = 0;
}
