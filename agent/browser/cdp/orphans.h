// Requests that outlive their document: beacons, and what is fetched with keepalive as a page goes. To Chromium's page
// they are cancelled with the document, though they go on; the status that came over the wire is told all the same
// (Network.responseReceivedExtraInfo), by the session of the tab that they were sent from. Nothing more is known of
// them.
//
// Which of the cancelled requests go on is not told. So the last ones are remembered, and those that get an answer are
// taken out. The loop's thread.
#ifndef AGENT_BROWSER_CDP_ORPHANS_H
#define AGENT_BROWSER_CDP_ORPHANS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LL_CDP_ORPHANS_MAX = 64 }; // the oldest is forgotten for the newest

struct ll_cdp_orphans {
    struct {
        uint64_t id; // a hash; 0: none
        bool is_awaited;
    } list[LL_CDP_ORPHANS_MAX];
    size_t next;
};

// An answer to it is expected when `is_awaited`.
void ll_cdp_orphans_add(struct ll_cdp_orphans *orphans, uint64_t id, bool is_awaited);
// It was answered. False when it is none of them.
bool ll_cdp_orphans_take(struct ll_cdp_orphans *orphans, uint64_t id);
// Those that are awaited still.
size_t ll_cdp_orphans_awaited(const struct ll_cdp_orphans *orphans);

#endif
