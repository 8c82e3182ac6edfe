// Draws pages when Chromium does not by itself: --paint low and off.
//
// A browser with begin frame control draws a tab only when it is told to
// (https://chromedevtools.github.io/devtools-protocol/tot/HeadlessExperimental/#method-beginFrame). In between scripts
// run, timers fire, layout is done when someone asks for it, and input arrives; animation frames, observers of
// intersection and size, and the drawing itself wait for the frame.
//
// low: a frame each LL_PAINTER_INTERVAL_MS while something happens in the tab, fewer when frames change nothing.
// off: such frames only while an action waits for longer than that, and then without drawing them. A picture of a tab
// is drawn in either.
//
// One painter for a browser: a second frame at the same time, of whatever tab, ends its GPU process. So tabs take
// turns, and where frames take long each tab gets fewer.
#ifndef AGENT_BROWSER_CDP_PAINTER_H
#define AGENT_BROWSER_CDP_PAINTER_H

#include "agent/browser/launch.h"
#include "libcommon/model/coverage.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    LL_PAINTER_INTERVAL_MS = 250,
    LL_PAINTER_IDLE_INTERVAL_MS = 2000, // in a tab where frames change nothing
};

struct ll_cdp_connection;
struct ll_cdp_painter;
struct ll_cdp_tab;

// A tab's place in the painter's list; zero is a valid start.
struct ll_cdp_easel {
    struct ll_cdp_tab *prev, *next;
    bool is_listed;
    bool has_action; // one is under way in the tab
    int64_t drawn_us, interval_us;
    int64_t shown_until_us; // somebody wants to see it
};

// What becomes of metrics that are about frames: with low they are late by up to LL_PAINTER_INTERVAL_MS, with off
// nothing is shown that could be timed.
void ll_cdp_painter_cover(enum ll_paint paint, struct ll_coverage_table *covers);

// NULL with LL_PAINT_FULL; NULL is fine everywhere below.
struct ll_cdp_painter *ll_cdp_painter_new(struct ll_cdp_connection *connection, enum ll_paint paint);
void ll_cdp_painter_free(struct ll_cdp_painter **painter);
// The browser is gone, and with it the frame that was under way.
void ll_cdp_painter_reset(struct ll_cdp_painter *painter);
// The tab has a session; and it has none any more.
void ll_cdp_painter_add(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab);
void ll_cdp_painter_remove(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab);
// Something happened in the tab that may change what is to be seen.
void ll_cdp_painter_stir(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab);
// An action in the tab begins or has ended.
void ll_cdp_painter_action(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab, bool under_way);

// The tab is drawn, and soon, for as long as a picture of it may take: one is about to be asked for. With 0
// it was taken.
void ll_cdp_painter_show(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab, uint32_t for_ms);

#endif
