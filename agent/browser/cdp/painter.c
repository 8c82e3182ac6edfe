// Happy path: the timer goes off for the tab whose frame is due first, the frame is asked for, its answer says whether
// it changed anything, and that decides when the tab's next is due. An answer that does not come, because the page is
// stuck or was closed meanwhile, is given up after a while.
#include "agent/browser/cdp/painter.h"

#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <stdlib.h>
#include <utlist.h>

enum { ANSWER_PATIENCE_MS = 2000, SHOWN_INTERVAL_MS = 30 };

static const int64_t shortest_us = LL_PAINTER_INTERVAL_MS * INT64_C(1000);
static const int64_t longest_us = LL_PAINTER_IDLE_INTERVAL_MS * INT64_C(1000);

struct ll_cdp_painter {
    struct ll_cdp_connection *connection;
    enum ll_paint paint;
    struct ll_cdp_tab *tabs;    // by their easels' prev and next; those drawn last stand last
    struct ll_cdp_tab *drawing; // whose frame is under way; NULL when it went away meanwhile
    uint32_t frame;             // the command in flight, or 0
    struct ll_timer *timer;
    int64_t due_us; // of the timer
};

static void on_timer(void *arg);

void ll_cdp_painter_cover(enum ll_paint paint, struct ll_coverage_table *covers) {
    static const enum ll_metric shown[] = {LL_METRIC_WEB_VITAL_LCP, LL_METRIC_WEB_VITAL_FCP, LL_METRIC_WEB_VITAL_INP,
                                           LL_METRIC_WEB_VITAL_CLS};
    if (paint == LL_PAINT_FULL) return;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        covers->of[shown[i]] = paint == LL_PAINT_LOW ? LL_COVERAGE_ESTIMATED : LL_COVERAGE_LACKING;
}

struct ll_cdp_painter *ll_cdp_painter_new(struct ll_cdp_connection *connection, enum ll_paint paint) {
    if (paint == LL_PAINT_FULL) return NULL;
    struct ll_cdp_painter *painter = ll_alloc(1, sizeof *painter);
    painter->connection = connection;
    painter->paint = paint;
    painter->timer = ll_timer_new(ll_cdp_connection_loop(connection), on_timer, painter);
    return painter;
}

void ll_cdp_painter_free(struct ll_cdp_painter **painter) {
    if (!*painter) return;
    ll_timer_free(&(*painter)->timer);
    free(*painter);
    *painter = NULL;
}

void ll_cdp_painter_reset(struct ll_cdp_painter *painter) {
    if (!painter) return;
    ll_timer_cancel(painter->timer);
    painter->frame = 0;
    painter->drawing = NULL;
}

static bool is_wanted(const struct ll_cdp_painter *painter, const struct ll_cdp_tab *tab) {
    return painter->paint == LL_PAINT_LOW || tab->easel.has_action || tab->easel.shown_until_us;
}

static int64_t due_of(const struct ll_cdp_tab *tab) {
    if (tab->easel.shown_until_us) return tab->easel.drawn_us + SHOWN_INTERVAL_MS * INT64_C(1000);
    return tab->easel.drawn_us + tab->easel.interval_us;
}

static struct ll_cdp_tab *find_next(const struct ll_cdp_painter *painter) {
    struct ll_cdp_tab *tab, *next = NULL;
    DL_FOREACH2(painter->tabs, tab, easel.next) {
        if (is_wanted(painter, tab) && (!next || due_of(tab) < due_of(next))) next = tab;
    }
    return next;
}

static void set_timer(struct ll_cdp_painter *painter, int64_t due_us) {
    painter->due_us = due_us;
    ll_timer_set(painter->timer, due_us);
}

// While a frame is under way the timer is what its answer is given up by.
static void plan(struct ll_cdp_painter *painter) {
    struct ll_cdp_tab *next = painter->frame ? NULL : find_next(painter);
    if (next) set_timer(painter, due_of(next));
}

// The tab's frame is due by then, perhaps earlier than any other.
static void plan_for(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab) {
    if (painter->frame || !is_wanted(painter, tab)) return;
    if (!painter->due_us || due_of(tab) < painter->due_us) set_timer(painter, due_of(tab));
}

static void on_drawn(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_painter *painter = arg;
    struct ll_cdp_tab *tab = painter->drawing;
    painter->frame = 0;
    painter->drawing = NULL;
    if (tab) {
        bool changed = !answer->failed && ll_scan_is_true(ll_scan_get(answer->result, "hasDamage"));
        tab->easel.interval_us = changed || tab->easel.has_action ? shortest_us : tab->easel.interval_us * 2;
        if (tab->easel.interval_us > longest_us) tab->easel.interval_us = longest_us;
    }
    plan(painter);
}

static void draw(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab) {
    struct ll_cdp_client *client = ll_cdp_connection_client(painter->connection);
    bool is_drawn = painter->paint == LL_PAINT_LOW || tab->easel.shown_until_us;
    tab->easel.drawn_us = ll_clock_us();
    if (tab->easel.shown_until_us < tab->easel.drawn_us) tab->easel.shown_until_us = 0;
    painter->drawing = tab;
    painter->frame = ll_cdp_call(client, tab->session, "HeadlessExperimental.beginFrame",
                                 is_drawn ? "{}" : "{\"noDisplayUpdates\":true}", on_drawn, painter);
    set_timer(painter, tab->easel.drawn_us + ANSWER_PATIENCE_MS * INT64_C(1000));
}

static void on_timer(void *arg) {
    struct ll_cdp_painter *painter = arg;
    struct ll_cdp_client *client = ll_cdp_connection_client(painter->connection);
    painter->due_us = 0;
    if (!client) return;
    ll_cdp_forget(client, painter->frame);
    painter->frame = 0;
    painter->drawing = NULL;
    struct ll_cdp_tab *next = find_next(painter);
    if (!next) return;
    if (due_of(next) <= ll_clock_us())
        draw(painter, next);
    else
        set_timer(painter, due_of(next));
}

void ll_cdp_painter_add(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab) {
    if (!painter) return;
    tab->easel.is_listed = true;
    tab->easel.interval_us = shortest_us;
    tab->easel.drawn_us = ll_clock_us();
    DL_APPEND2(painter->tabs, tab, easel.prev, easel.next);
    plan_for(painter, tab);
}

void ll_cdp_painter_remove(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab) {
    if (!painter || !tab->easel.is_listed) return;
    tab->easel.is_listed = false;
    DL_DELETE2(painter->tabs, tab, easel.prev, easel.next);
    if (painter->drawing != tab) return;
    painter->drawing = NULL; // its answer may not come, but the frame is soon over
    set_timer(painter, ll_clock_us() + shortest_us);
}

void ll_cdp_painter_stir(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab) {
    if (!painter || !tab->easel.is_listed || tab->easel.interval_us == shortest_us) return;
    tab->easel.interval_us = shortest_us;
    plan_for(painter, tab);
}

void ll_cdp_painter_action(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab, bool under_way) {
    if (!painter || !tab->easel.is_listed) return;
    tab->easel.has_action = under_way;
    if (painter->paint == LL_PAINT_LOW) {
        ll_cdp_painter_stir(painter, tab);
    } else if (under_way) {
        tab->easel.drawn_us = ll_clock_us(); // a short action ends before a frame is due
        tab->easel.interval_us = shortest_us;
        plan_for(painter, tab);
    }
}

void ll_cdp_painter_show(struct ll_cdp_painter *painter, struct ll_cdp_tab *tab, uint32_t for_ms) {
    if (!painter || !tab->easel.is_listed) return;
    tab->easel.shown_until_us = for_ms ? ll_clock_us() + for_ms * INT64_C(1000) : 0;
    plan_for(painter, tab);
}
