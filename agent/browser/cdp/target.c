// Contexts and tabs, as the browser makes them.
//
// A user's context: createBrowserContext, then createTarget. The browser attaches us to every new target by itself
// (Target.setAutoAttach of the whole browser, told by Target.attachedToTarget), to those that we ask for and to the
// windows that pages open alike, and holds each before its first document until we let it run. So all that is set for a
// tab is set in time, at the price of one round trip in the script that opened a window, and of none in any
// other. Every new tab of a context is set up at once, with all commands together; the first one opens the page.
//
// Opening has the context's timeout. The answer to createBrowserContext may still come after that and bring an id to
// give back, so such a page is told that it is not opened, and is closed as one that its user closes early.
//
// Only what is needed is enabled: Page and Network. Runtime is not: evaluate works without it, and it would tell of
// every console message.
#include "agent/browser/cdp/block.h"
#include "agent/browser/cdp/emulate.h"
#include "agent/browser/cdp/page.h"
#include "agent/browser/cdp/world.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

static void on_context(void *arg, const struct ll_cdp_answer *answer);
static void on_permissions(void *arg, const struct ll_cdp_answer *answer);
static void make_first_tab(struct ll_cdp_page *page);
static void on_first_target(void *arg, const struct ll_cdp_answer *answer);
static void on_stored(struct ll_cdp_page *page, ll_err err, struct ll_slice unused);

static void fail_opening_soon(struct ll_cdp_page *page, ll_err why) {
    page->outcome = why;
    ll_timer_set(page->timer, 0);
}

// Sends a step; without room for it the page cannot be opened, which is told from the loop.
static void end_step(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    page->call = ll_cdp_end(ll_cdp_page_client(page), answered, page);
    if (!page->call)
        fail_opening_soon(page, ll_err_make(LL_RESOURCE_EXHAUSTED, "the browser is too busy to open pages"));
}

static void refuse_opening(struct ll_cdp_page *page, struct ll_slice error) {
    char text[256];
    ll_scan_text(error, text, sizeof text);
    ll_cdp_target_close(page);
    ll_cdp_connection_page_opened(page, ll_err_make(LL_UNAVAILABLE, "the browser opened no page: %s", text));
}

void ll_cdp_target_set_limit(struct ll_cdp_page *page) {
    uint32_t timeout_ms = page->options.timeout_ms ? page->options.timeout_ms : LL_CONTEXT_TIMEOUT_MS;
    page->outcome = ll_err_make(LL_DEADLINE_EXCEEDED, "the browser opened no page for %g s", timeout_ms / 1000.0);
    ll_timer_set(page->timer, ll_clock_us() + timeout_ms * INT64_C(1000));
}

void ll_cdp_target_open(struct ll_cdp_page *page) {
    page->state = LL_CDP_PAGE_OPENING;
    ll_cdp_target_set_limit(page);
    ll_cdp_emulate_context(&page->options, ll_cdp_begin(ll_cdp_page_client(page), "", "Target.createBrowserContext"));
    end_step(page, on_context);
}

static void on_context(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    if (!answer->failed)
        ll_scan_text(ll_scan_get(answer->result, "browserContextId"), page->context, sizeof page->context);
    if (page->state == LL_CDP_PAGE_CLOSING) {
        ll_cdp_target_close(page);
        ll_cdp_connection_page_gone(page);
        return;
    }
    if (answer->failed) {
        refuse_opening(page, answer->error);
        return;
    }
    ll_cdp_download_allow(page);
    if (ll_cdp_emulate_permissions(page))
        end_step(page, on_permissions);
    else
        make_first_tab(page);
}

static void on_permissions(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    if (answer->failed)
        refuse_opening(page, answer->error);
    else
        make_first_tab(page);
}

static void make_first_tab(struct ll_cdp_page *page) {
    ll_cdp_target_begin_tab(page);
    end_step(page, on_first_target);
}

// The tab tells of itself; this is only about those that could not be made.
static void on_first_target(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    if (answer->failed) refuse_opening(page, answer->error);
}

void ll_cdp_target_begin_tab(struct ll_cdp_page *page) {
    enum ll_paint paint = ll_cdp_connection_launch(page->connection)->paint;
    ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), "", "Target.createTarget"),
                  "{\"url\":\"about:blank\",\"browserContextId\":\"%s\",\"width\":%u,\"height\":%u%s}", page->context,
                  page->options.viewport_width, page->options.viewport_height,
                  paint == LL_PAINT_FULL ? "" : ",\"enableBeginFrameControl\":true");
}

static struct ll_buf *set_up(struct ll_cdp_tab *tab, const char *method) {
    return ll_cdp_begin(ll_cdp_page_client(tab->page), tab->session, method);
}

static void send(struct ll_cdp_tab *tab) {
    ll_cdp_end(ll_cdp_page_client(tab->page), NULL, NULL);
}

// Bodies are never asked for, so Chromium need not keep them.
void ll_cdp_target_measure(struct ll_cdp_page *page, const char *session) {
    ll_cdp_call(ll_cdp_page_client(page), session, "Network.enable",
                "{\"maxTotalBufferSize\":0,\"maxResourceBufferSize\":0,\"maxPostDataSize\":0}", NULL, NULL);
}

static void on_set_up(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_tab *tab = arg;
    tab->call = 0;
    if (answer->failed || tab->state != LL_CDP_TAB_OPENING) return; // it is gone or going already, which is told
    struct ll_cdp_page *page = tab->page;
    tab->state = LL_CDP_TAB_OPEN;
    if (page->tab) { // it has its first one, and perhaps an action that waits for this one
        ll_cdp_tabs_changed(page);
        return;
    }
    if (page->refusal.status != LL_OK) {
        ll_cdp_target_close(page);
        ll_cdp_connection_page_opened(page, page->refusal);
        return;
    }
    page->tab = tab;
    ll_cdp_target_store(page);
}

void ll_cdp_target_store(struct ll_cdp_page *page) {
    const char *storage = ll_cdp_renewal_storage(page);
    if (storage)
        ll_cdp_storage_give(page, storage, on_stored);
    else
        on_stored(page, LL_SUCCESS, (struct ll_slice){NULL, 0});
}

static void on_stored(struct ll_cdp_page *page, ll_err err, struct ll_slice unused) {
    (void)unused;
    ll_cdp_renewal_forget(page);
    if (err.status != LL_OK) {
        ll_cdp_target_close(page);
        ll_cdp_connection_page_opened(page, ll_err_in(err, "context.storage"));
        return;
    }
    ll_timer_cancel(page->timer);
    ll_cdp_connection_page_opened(page, LL_SUCCESS);
}

static void set_up_tab(struct ll_cdp_tab *tab) {
    ll_buf_text(set_up(tab, "Page.enable"), "{}");
    send(tab);
    ll_cdp_target_measure(tab->page, tab->session);
    ll_cdp_block_in_tab(tab->page, tab->session);
    ll_cdp_workers_watch(tab->page, tab->session);
    ll_cdp_emulate_tab(tab);
    ll_cdp_auth_begin(tab);
    ll_cdp_world_install(tab);
    ll_buf_text(set_up(tab, "Runtime.runIfWaitingForDebugger"), "{}");
    tab->call = ll_cdp_end(ll_cdp_page_client(tab->page), on_set_up, tab);
    if (!tab->call && tab->page->state == LL_CDP_PAGE_OPENING)
        fail_opening_soon(tab->page, ll_err_make(LL_RESOURCE_EXHAUSTED, "the browser is too busy to open pages"));
}

// A script may be held until its window runs, so it is let go before it is closed.
static void refuse_tab(struct ll_cdp_page *page, const char *session, struct ll_slice target) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    ll_cdp_call(client, session, "Runtime.runIfWaitingForDebugger", "{}", NULL, NULL);
    ll_buf_printf(ll_cdp_begin(client, "", "Target.closeTarget"), "{\"targetId\":%.*s}", (int)target.len, target.at);
    ll_cdp_end(client, NULL, NULL);
}

static bool is_one_too_many(struct ll_cdp_page *page) {
    if (ll_cdp_tabs_count(page) < LL_CDP_TABS_MAX) return false;
    if (!page->refused_tabs++)
        ll_warn("a user's pages open more than %d windows: those are closed at once", LL_CDP_TABS_MAX);
    return true;
}

static bool is_known(const struct ll_cdp_page *page, struct ll_slice target) {
    const struct ll_cdp_tab *tab;
    DL_FOREACH(page->tabs, tab) {
        if (ll_scan_is_string(target, tab->target)) return true;
    }
    return false;
}

void ll_cdp_target_attached(struct ll_cdp_page *page, struct ll_slice session, struct ll_slice info) {
    static const char *const keys[] = {"targetId", "openerId"};
    struct ll_slice values[2];
    char id[LL_CDP_ID_MAX];
    ll_scan_members(info, keys, values, 2);
    ll_scan_text(session, id, sizeof id);
    if (is_known(page, values[0])) return; // somebody looks at it in a session of their own
    if (!values[1].len && ll_cdp_storage_attached(page, id, values[0])) return;
    bool is_late = page->tab && page->state != LL_CDP_PAGE_OPEN; // nobody's: the page that opened it is being left
    if (is_late || is_one_too_many(page)) {
        refuse_tab(page, id, values[0]);
        return;
    }
    struct ll_cdp_tab *tab = ll_cdp_tab_new(page), *opener;
    memcpy(tab->session, id, sizeof id);
    ll_scan_text(values[0], tab->target, sizeof tab->target);
    ll_cdp_connection_add_session(page->connection, tab);
    ll_cdp_painter_add(ll_cdp_connection_painter(page->connection), tab);
    DL_FOREACH(page->tabs, opener) {
        if (ll_scan_is_string(values[1], opener->target)) ll_cdp_tab_opened_by(tab, opener);
    }
    if (page->tab && !values[1].len) ll_cdp_tab_opened_by_link(tab);
    set_up_tab(tab);
}

void ll_cdp_target_give_up(struct ll_cdp_page *page) {
    if (ll_cdp_renewal_is_late(page)) return;
    ll_err why = page->outcome;
    if (!page->call || page->context[0]) {
        ll_cdp_storage_cancel(page);
        ll_cdp_target_close(page);
        ll_cdp_connection_page_opened(page, why);
        return;
    }
    struct ll_page_events events = page->events;
    page->state = LL_CDP_PAGE_CLOSING;
    events.on_page_open(events.owner, why);
}

void ll_cdp_target_close(struct ll_cdp_page *page) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    if (!client || !page->context[0]) return;
    ll_buf_printf(ll_cdp_begin(client, "", "Target.disposeBrowserContext"), "{\"browserContextId\":\"%s\"}",
                  page->context);
    ll_cdp_end(client, NULL, NULL);
    page->context[0] = '\0';
    struct ll_cdp_tab *tab;
    DL_FOREACH(page->tabs, tab) {
        if (tab->session[0]) ll_cdp_forget_session(client, tab->session);
    }
}
