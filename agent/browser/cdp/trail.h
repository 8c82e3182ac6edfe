// The last requests of a tab, for whoever looks at a failure: a ring of LL_CAPTURE_REQUESTS_MAX, filled from what the
// Network domain tells anyway (network.c).
//
// The loop's thread. A URL is kept without its query, which may hold what is nobody's business.
#ifndef AGENT_BROWSER_CDP_TRAIL_H
#define AGENT_BROWSER_CDP_TRAIL_H

#include "agent/browser/capture.h"
#include "agent/browser/cdp/scan.h"
#include "libcommon/base/buf.h"

enum { LL_TRAIL_URL_MAX = 160 };

struct ll_cdp_trail_entry {
    uint64_t id;               // a hash
    double started_s, ended_s; // 0: it has not ended
    int status;                // 0: not answered
    char method[8];
    char error[40];
    char url[LL_TRAIL_URL_MAX];
};

struct ll_cdp_trail {
    struct ll_cdp_trail_entry ring[LL_CAPTURE_REQUESTS_MAX];
    size_t count; // ever; the newest is at (count - 1) modulo the ring's length
};

// A request, or the next hop of a redirect.
void ll_cdp_trail_ask(struct ll_cdp_trail *trail, uint64_t id, struct ll_slice method, struct ll_slice url,
                      double now_s);
void ll_cdp_trail_answer(struct ll_cdp_trail *trail, uint64_t id, int status);
void ll_cdp_trail_end(struct ll_cdp_trail *trail, uint64_t id, double now_s);
void ll_cdp_trail_fail(struct ll_cdp_trail *trail, uint64_t id, struct ll_slice error, double now_s);

// A line for each, oldest first.
void ll_cdp_trail_write(const struct ll_cdp_trail *trail, struct ll_buf *out);

#endif
