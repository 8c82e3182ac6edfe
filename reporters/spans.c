#include "reporters/spans.h"

struct ll_spans ll_spans_make(const struct ll_window *windows, size_t window_count, uint64_t bucket_width_ms,
                              size_t spans_max) {
    uint64_t width = bucket_width_ms ? bucket_width_ms : 1000;
    uint64_t last = 0;
    for (size_t i = 0; i < window_count; i++)
        if (windows[i].offset_ms > last) last = windows[i].offset_ms;
    uint64_t last_bucket = last / width, factor = last_bucket / spans_max + 1;
    return (struct ll_spans){
        .windows = windows,
        .window_count = window_count,
        .width_ms = width * factor,
        .count = window_count ? last / (width * factor) + 1 : 0,
        .merged = ll_series_set_new(),
    };
}

void ll_spans_fini(struct ll_spans *spans) {
    ll_series_set_free(&spans->merged);
}

bool ll_spans_next(struct ll_spans *spans, struct ll_window *out) {
    if (spans->at >= spans->window_count) return false;
    uint64_t index = spans->windows[spans->at].offset_ms / spans->width_ms;
    struct ll_window span = {.offset_ms = index * spans->width_ms, .series = spans->merged};
    ll_series_set_clear(spans->merged);
    for (; spans->at < spans->window_count; spans->at++) {
        const struct ll_window *window = &spans->windows[spans->at];
        if (window->offset_ms / spans->width_ms != index) break;
        if (window->active_users > span.active_users) span.active_users = window->active_users;
        if (window->node_count > span.node_count) span.node_count = window->node_count;
        if (window->series) ll_series_set_merge(spans->merged, window->series);
    }
    *out = span;
    return true;
}
