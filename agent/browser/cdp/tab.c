#include "agent/browser/cdp/tab.h"

#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/observer.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

static struct ll_cdp_client *client_of(const struct ll_cdp_tab *tab) {
    return ll_cdp_page_client(tab->page);
}

struct ll_cdp_tab *ll_cdp_tab_new(struct ll_cdp_page *page) {
    struct ll_cdp_tab *tab = ll_alloc(1, sizeof *tab);
    tab->page = page;
    tab->loaded = true;
    snprintf(tab->url, sizeof tab->url, "about:blank");
    tab->network = ll_cdp_network_new(ll_cdp_connection_sink(page->connection), &page->options.requests);
    tab->observer = ll_cdp_observer_new(ll_cdp_connection_sink(page->connection));
    ll_cdp_workers_serve(tab);
    DL_APPEND(page->tabs, tab);
    return tab;
}

void ll_cdp_tab_free(struct ll_cdp_tab *tab) {
    struct ll_cdp_tab *other;
    DL_FOREACH(tab->page->tabs, other) {
        if (other->opener == tab) other->opener = NULL;
    }
    if (tab->page->tab == tab) tab->page->tab = NULL;
    ll_cdp_forget(client_of(tab), tab->probe);
    ll_cdp_forget(client_of(tab), tab->settling);
    ll_cdp_forget(client_of(tab), tab->call);
    ll_cdp_connection_remove_session(tab->page->connection, tab);
    ll_cdp_workers_left(tab);
    ll_cdp_network_free(&tab->network);
    ll_cdp_observer_free(&tab->observer);
    DL_DELETE(tab->page->tabs, tab);
    free(tab);
}

// A window that leads somewhere has another document to come, and what is done to it waits for that.
static void begin_with(struct ll_cdp_tab *tab, enum ll_cdp_window window) {
    tab->navigating = window == LL_CDP_WINDOW_LEADS;
    tab->loaded = !tab->navigating;
}

void ll_cdp_tab_opened_by(struct ll_cdp_tab *tab, struct ll_cdp_tab *opener) {
    tab->opener = opener;
    if (opener->window != LL_CDP_WINDOW_UNKNOWN) begin_with(tab, opener->window);
    opener->window = LL_CDP_WINDOW_UNKNOWN;
}

void ll_cdp_tab_opened_by_link(struct ll_cdp_tab *tab) {
    tab->opener = tab->page->tab;
    begin_with(tab, LL_CDP_WINDOW_LEADS);
}

void ll_cdp_tab_opened_by_scenario(struct ll_cdp_tab *tab) {
    tab->opener = NULL;
    if (!tab->loaders[0]) begin_with(tab, LL_CDP_WINDOW_BLANK);
}

static enum ll_cdp_window window_of(struct ll_slice url) {
    char text[LL_URL_MAX];
    ll_scan_text(url, text, sizeof text);
    bool is_blank = !*text || strncmp(text, "about:", 6) == 0 || strncmp(text, "javascript:", 11) == 0;
    return is_blank ? LL_CDP_WINDOW_BLANK : LL_CDP_WINDOW_LEADS;
}

static void on_window(struct ll_cdp_tab *tab, struct ll_slice params) {
    enum ll_cdp_window window = window_of(ll_scan_get(params, "url"));
    struct ll_cdp_tab *last = tab->page->tabs->prev;
    if (last->opener == tab && last->state == LL_CDP_TAB_OPENING && last->loaded && !last->loaders[0])
        begin_with(last, window);
    else
        tab->window = window;
}

bool ll_cdp_tab_is_broken(const struct ll_cdp_tab *tab) {
    return tab->broken.status != LL_OK && !tab->navigating;
}

static void on_probed(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_tab *tab = arg;
    (void)answer;
    tab->probe = 0;
    tab->probe_sent_us = 0;
}

// On a tab that is not busy the termination waits for the next script, which is then the probe, and does no harm.
// Whether the probe is answered tells whether that has helped.
void ll_cdp_tab_interrupt(struct ll_cdp_tab *tab) {
    struct ll_cdp_client *client = client_of(tab);
    if (!client || tab->probe) return;
    tab->was_interrupted = true;
    ll_cdp_call(client, tab->session, "Runtime.terminateExecution", "{}", NULL, NULL);
    ll_cdp_call(client, tab->session, "Page.stopLoading", "{}", NULL, NULL);
    tab->probe_sent_us = ll_clock_us();
    tab->probe = ll_cdp_call(client, tab->session, "Runtime.evaluate", "{\"expression\":\"0\"}", on_probed, tab);
}

// A termination that comes before the script has begun may be spent on something else.
void ll_cdp_tab_interrupt_again(struct ll_cdp_tab *tab, int64_t now_us) {
    enum { PATIENCE_US = 500 * 1000 };
    if (!tab->probe_sent_us || now_us - tab->probe_sent_us < PATIENCE_US) return;
    ll_cdp_forget(client_of(tab), tab->probe);
    tab->probe = 0;
    ll_cdp_tab_interrupt(tab);
}

// A response stands in the event by this name.
static void on_response(struct ll_cdp_tab *tab, struct ll_slice params, const char *name) {
    const char *const keys[] = {name, "type"};
    struct ll_slice values[2];
    if (!tab->page->expectations) return;
    ll_scan_members(params, keys, values, 2);
    ll_cdp_response_came(tab->page, values[0], values[1]);
}

static bool waits_for_state(const struct ll_cdp_tab *tab) {
    return tab->page->waiting == LL_CDP_WAITS_STATE && tab->page->tab == tab;
}

static void on_request(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params, const void *teller) {
    ll_cdp_network_event(tab->network, event, params, teller);
    if (event == LL_CDP_LOADING_FAILED) ll_cdp_navigation_failed(tab, params);
    tab->requested_us = ll_clock_us();
    if (waits_for_state(tab))
        ll_cdp_load_state_changed(tab->page);
    else if (event == LL_CDP_REQUEST_WILL_BE_SENT)
        on_response(tab, params, "redirectResponse");
}

void ll_cdp_tab_requests_ended(struct ll_cdp_tab *tab) {
    tab->requested_us = ll_clock_us();
    if (waits_for_state(tab)) ll_cdp_load_state_changed(tab->page);
}

void ll_cdp_tab_request(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params, const void *teller) {
    if (event == LL_CDP_REQUEST_WILL_BE_SENT || event == LL_CDP_LOADING_FINISHED || event == LL_CDP_LOADING_FAILED) {
        on_request(tab, event, params, teller);
        return;
    }
    ll_cdp_network_event(tab->network, event, params, teller);
    if (event == LL_CDP_RESPONSE_RECEIVED) on_response(tab, params, "response");
}

void ll_cdp_tab_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params) {
    if (tab->listener) {
        tab->listener(tab, event, params);
        return;
    }
    if (ll_cdp_parting_event(tab, event, params)) return;
    ll_cdp_painter_stir(ll_cdp_connection_painter(tab->page->connection), tab);
    switch (event) {
    case LL_CDP_FRAME_NAVIGATED:
    case LL_CDP_NAVIGATED_WITHIN_DOCUMENT:
    case LL_CDP_FRAME_REQUESTED_NAVIGATION:
    case LL_CDP_FRAME_STOPPED_LOADING:
    case LL_CDP_LOAD_EVENT_FIRED:
    case LL_CDP_DOM_CONTENT_FIRED:
        ll_cdp_navigation_event(tab, event, params);
        return;
    case LL_CDP_DIALOG_OPENING:
        ll_cdp_dialog_opening(tab, params);
        return;
    case LL_CDP_WINDOW_OPEN:
        on_window(tab, params);
        return;
    case LL_CDP_DOWNLOAD_WILL_BEGIN:
        ll_cdp_download_began(tab, params);
        return;
    case LL_CDP_DRAG_INTERCEPTED:
        ll_cdp_pointer_drag_began(tab->page, params);
        return;
    case LL_CDP_TARGET_CRASHED:
        ll_cdp_tabs_crashed(tab);
        return;
    case LL_CDP_DETACHED_FROM_TARGET:
        ll_cdp_tabs_closed(tab);
        return;
    case LL_CDP_ATTACHED_TO_TARGET: // is told to the connection, as the next
    case LL_CDP_DOWNLOAD_PROGRESS:
        return;
    case LL_CDP_FETCH_REQUEST_PAUSED:
    case LL_CDP_FETCH_AUTH_REQUIRED:
        ll_cdp_auth_event(tab, event, params);
        return;
    case LL_CDP_RESPONSE_RECEIVED:
        ll_cdp_auth_event(tab, event, params);
        ll_cdp_tab_request(tab, event, params, NULL);
        return;
    case LL_CDP_BINDING_CALLED:
        ll_cdp_observer_called(tab, params);
        return;
    case LL_CDP_REQUEST_WILL_BE_SENT:
    case LL_CDP_LOADING_FINISHED:
    case LL_CDP_LOADING_FAILED:
    case LL_CDP_REQUEST_SERVED_FROM_CACHE:
    case LL_CDP_RESPONSE_EXTRA_INFO:
    case LL_CDP_WEBSOCKET_CREATED:
    case LL_CDP_WEBSOCKET_HANDSHAKE:
    case LL_CDP_WEBSOCKET_FRAME_ERROR:
    case LL_CDP_WEBSOCKET_FRAME_SENT:
    case LL_CDP_WEBSOCKET_FRAME_RECEIVED:
    case LL_CDP_WEBSOCKET_CLOSED:
        ll_cdp_tab_request(tab, event, params, NULL);
        return;
    case LL_CDP_CONSOLE_API_CALLED: // of a capture's session alone
    case LL_CDP_EXCEPTION_THROWN:
    case LL_CDP_LOG_ENTRY_ADDED:
        return;
    case LL_CDP_EVENTS_COUNT:
        break;
    }
    assert(!"an event of the table");
}
