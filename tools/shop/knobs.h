// Knobs: what makes a page of the shop slow or broken, set by --knob or at run time by POST /_knobs.
//
// A knob is "path=/checkout&latency=2s&fail=10%&status=503&hang=1": requests whose path starts with `path` wait for
// `latency`; the share `fail` of them is answered with `status` (500 unless given); with `hang` none is answered.
// "reset=1" removes all knobs. Fields are separated by & or by commas. Of several knobs the one with the longest path
// counts.
//
// With "event=add" it is about that event of the live views at such paths instead, and not about requests: `latency`
// delays the answer, with `hang` the event is lost, and by `fail` the view crashes. Events of the protocol have names
// too: "phx_join" (a failure refuses the join), "phx_leave", "live_patch", "heartbeat", "diff" for what a view says
// unasked, and "connect" for the WebSocket itself, which can only fail.
//
// "path=/live&disconnect=500ms" cuts, once, the WebSockets whose pages are at such paths, and "&refuse=2s" refuses new
// ones for that long afterwards. With "mine=1" a knob concerns the browser session that set it and nobody else.
#ifndef TOOLS_SHOP_KNOBS_H
#define TOOLS_SHOP_KNOBS_H

#include "libcommon/base/err.h"
#include "libcommon/base/rand.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHOP_KNOBS_MAX = 32, SHOP_PATH_MAX = 256, SHOP_EVENT_MAX = 64 };

struct knob {
    char path[SHOP_PATH_MAX];
    char event[SHOP_EVENT_MAX];          // of live views, or "" for requests
    char session_id[LL_TOKEN_CHARS + 1]; // whom it concerns, or "" for everyone
    uint64_t latency_ms;
    double fail; // share of requests, 0 to 1
    int status;
    bool hang;
};

// A cut of the connections of live views, and how long it lasts.
struct knob_cut {
    char path[SHOP_PATH_MAX];
    char session_id[LL_TOKEN_CHARS + 1];
    bool disconnects;
    uint64_t after_ms, refuse_ms;
};

struct knobs {
    struct knob list[SHOP_KNOBS_MAX];
    size_t count;
    struct ll_rand rand;                                   // seeded: the same requests fail in every run
    void (*on_cut)(void *arg, const struct knob_cut *cut); // NULL until there is a server
    void *arg;
};

// What the knobs do to one request.
struct knob_effect {
    uint64_t latency_ms;
    int status; // 0: answered as usual
    bool hang;
};

// `session_id` is that of whoever sets it, or "".
ll_err knobs_set(struct knobs *knobs, const char *text, const char *session_id);
// `event` is "" for a request.
struct knob_effect knobs_draw(struct knobs *knobs, const char *path, const char *event, const char *session_id);

#endif
