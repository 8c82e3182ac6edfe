#include "coordinator/core/timeline.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>

struct ll_timeline ll_timeline_make(size_t max, uint64_t width_ms, const struct ll_series_set *like) {
    assert(max > 0 && width_ms > 0);
    return (struct ll_timeline){
        .windows = ll_alloc(max, sizeof(struct ll_window)), .max = max, .width_ms = width_ms, .like = like};
}

void ll_timeline_fini(struct ll_timeline *timeline) {
    for (size_t i = 0; i < timeline->count; i++) ll_window_fini(&timeline->windows[i]);
    free(timeline->windows);
    *timeline = (struct ll_timeline){0};
}

bool ll_timeline_has_room(const struct ll_timeline *timeline, uint64_t offset_ms) {
    return offset_ms / timeline->width_ms < timeline->max;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

// Moves all of `from` into `into` and leaves `from` empty.
static void fold(struct ll_window *into, struct ll_window *from) {
    into->active_users = larger(into->active_users, from->active_users);
    into->node_count = larger(into->node_count, from->node_count);
    if (!into->series) {
        into->series = from->series;
    } else if (from->series) {
        ll_series_set_merge(into->series, from->series);
        ll_series_set_free(&from->series);
    }
    *from = (struct ll_window){0};
}

void ll_timeline_widen(struct ll_timeline *timeline) {
    timeline->width_ms *= 2;
    for (size_t i = 1; i < timeline->count; i++) fold(&timeline->windows[i / 2], &timeline->windows[i]);
    timeline->count = (timeline->count + 1) / 2;
}

struct ll_window *ll_timeline_add(struct ll_timeline *timeline, uint64_t offset_ms,
                                  const struct ll_series_set *series) {
    assert(ll_timeline_has_room(timeline, offset_ms));
    size_t index = offset_ms / timeline->width_ms;
    if (index >= timeline->count) timeline->count = index + 1;
    struct ll_window *window = &timeline->windows[index];
    if (!window->series) window->series = ll_series_set_new_like(timeline->like);
    ll_series_set_merge(window->series, series);
    return window;
}

struct ll_window *ll_timeline_take(struct ll_timeline *timeline, size_t *out_count) {
    for (size_t i = 0; i < timeline->count; i++) {
        timeline->windows[i].offset_ms = i * timeline->width_ms;
        if (!timeline->windows[i].series) timeline->windows[i].series = ll_series_set_new_like(timeline->like);
    }
    struct ll_window *windows = timeline->windows;
    *out_count = timeline->count;
    *timeline = (struct ll_timeline){0};
    return windows;
}
