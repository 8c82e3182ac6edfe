// How a user's pages go: as tabs that a person closes. Each is led to about:blank, which has its document say all that
// documents say as they go (beforeunload, pagehide, visibilitychange, unload), and its tab stays for a moment to
// measure what the document has sent by then: beacons and other requests that outlive it.
//
// The browser's own ways do not do that: a context that is disposed of goes without a word, and a target that is closed
// takes its session with it, so that its last requests would be in no metric.
//
//   STAYS ──begin──► LEAVES ──about:blank is there, and each request that was sent in leaving is answered──► GONE
//                      └──── LL_CDP_PARTING_MS over, or the tab has died ─────────────────────────────────────┘
//
// Shared by the files of this folder alone.
#ifndef AGENT_BROWSER_CDP_PARTING_H
#define AGENT_BROWSER_CDP_PARTING_H

#include "agent/browser/cdp/client.h"

#include <stdbool.h>
#include <stdint.h>

enum { LL_CDP_PARTING_MS = 1000 };

struct ll_cdp_page;
struct ll_cdp_tab;

enum ll_cdp_parting_step { LL_CDP_TAB_STAYS, LL_CDP_TAB_LEAVES, LL_CDP_TAB_GONE };

struct ll_cdp_parting { // of a tab
    enum ll_cdp_parting_step step;
    bool is_blank; // about:blank has come
    int64_t until_us;
};

// Makes all tabs of the page leave, except those that show nothing or hang. Calls `then` with the page when they have
// left, at once when no tab has to; `then` may free the page. The page's timer holds the limit.
void ll_cdp_parting_begin(struct ll_cdp_page *page, void (*then)(struct ll_cdp_page *page));
bool ll_cdp_parting_is_under_way(const struct ll_cdp_page *page);
// The page is closed and freed when its tabs have gone, or are going already; that may be now.
void ll_cdp_parting_close_page(struct ll_cdp_page *page);
// The page's timer is over. True when it was this one's, and `then` was called.
bool ll_cdp_parting_is_late(struct ll_cdp_page *page);
// It is forgotten, and `then` does not come.
void ll_cdp_parting_reset(struct ll_cdp_page *page);
// One tab, which is closed once it has gone.
void ll_cdp_parting_close(struct ll_cdp_tab *tab);
// Once a second: closes those that take too long.
void ll_cdp_parting_close_late(struct ll_cdp_tab *tab, int64_t now_us);
// True when the tab leaves, and the event was taken. It may finish what waits for it, and then the page may be gone.
bool ll_cdp_parting_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params);

#endif
