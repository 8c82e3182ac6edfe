#include "agent/browser/cdp/trail.h"

#include <stdio.h>
#include <string.h>

static struct ll_cdp_trail_entry *find(struct ll_cdp_trail *trail, uint64_t id) {
    size_t kept = trail->count < LL_CAPTURE_REQUESTS_MAX ? trail->count : LL_CAPTURE_REQUESTS_MAX;
    for (size_t back = 1; back <= kept; back++) {
        struct ll_cdp_trail_entry *entry = &trail->ring[(trail->count - back) % LL_CAPTURE_REQUESTS_MAX];
        if (entry->id == id) return entry;
    }
    return NULL;
}

void ll_cdp_trail_ask(struct ll_cdp_trail *trail, uint64_t id, struct ll_slice method, struct ll_slice url,
                      double now_s) {
    struct ll_cdp_trail_entry *hop = find(trail, id);
    if (hop) { // this one is over, with the answer that redirected it
        hop->ended_s = now_s;
        hop->id = 0;
    }
    struct ll_cdp_trail_entry *entry = &trail->ring[trail->count++ % LL_CAPTURE_REQUESTS_MAX];
    entry->id = id;
    entry->started_s = now_s;
    entry->ended_s = 0;
    entry->status = 0;
    entry->error[0] = '\0';
    ll_scan_text(method, entry->method, sizeof entry->method);
    ll_scan_text(url, entry->url, sizeof entry->url);
    entry->url[strcspn(entry->url, "?#")] = '\0';
}

void ll_cdp_trail_answer(struct ll_cdp_trail *trail, uint64_t id, int status) {
    struct ll_cdp_trail_entry *entry = find(trail, id);
    if (entry) entry->status = status;
}

void ll_cdp_trail_end(struct ll_cdp_trail *trail, uint64_t id, double now_s) {
    struct ll_cdp_trail_entry *entry = find(trail, id);
    if (entry && entry->ended_s == 0) entry->ended_s = now_s; // the browser's own page about a failure ends as well
}

void ll_cdp_trail_fail(struct ll_cdp_trail *trail, uint64_t id, struct ll_slice error, double now_s) {
    struct ll_cdp_trail_entry *entry = find(trail, id);
    if (entry) entry->ended_s = now_s;
    if (entry && !ll_scan_text(error, entry->error, sizeof entry->error))
        snprintf(entry->error, sizeof entry->error, "failed");
}

void ll_cdp_trail_write(const struct ll_cdp_trail *trail, struct ll_buf *out) {
    size_t kept = trail->count < LL_CAPTURE_REQUESTS_MAX ? trail->count : LL_CAPTURE_REQUESTS_MAX;
    for (size_t back = kept; back > 0; back--) {
        const struct ll_cdp_trail_entry *entry = &trail->ring[(trail->count - back) % LL_CAPTURE_REQUESTS_MAX];
        ll_buf_printf(out, "%s ", entry->method);
        if (entry->error[0])
            ll_buf_printf(out, "%s ", entry->error);
        else if (entry->status)
            ll_buf_printf(out, "%d ", entry->status);
        if (entry->ended_s > 0)
            ll_buf_printf(out, "%.0f ms ", (entry->ended_s - entry->started_s) * 1e3);
        else if (!entry->error[0])
            ll_buf_text(out, entry->status ? "still loading " : "not answered ");
        ll_buf_printf(out, "%s\n", entry->url);
    }
}
