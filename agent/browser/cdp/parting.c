#include "agent/browser/cdp/parting.h"

#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/observer.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/clock.h"

#include <string.h>
#include <utlist.h>

static void leave(struct ll_cdp_tab *tab) {
    if (tab->parting.step != LL_CDP_TAB_STAYS) return;
    bool has_nothing = tab->probe || (strcmp(tab->url, "about:blank") == 0 && !tab->navigating);
    tab->parting = (struct ll_cdp_parting){.step = LL_CDP_TAB_LEAVES,
                                           .until_us = ll_clock_us() + LL_CDP_PARTING_MS * INT64_C(1000)};
    ll_cdp_network_part(tab->network);
    struct ll_cdp_client *client = ll_cdp_page_client(tab->page);
    if (has_nothing || !client ||
        !ll_cdp_call(client, tab->session, "Page.navigate", "{\"url\":\"about:blank\"}", NULL, NULL))
        tab->parting.step = LL_CDP_TAB_GONE;
}

static void finish(struct ll_cdp_page *page) {
    void (*then)(struct ll_cdp_page *) = page->parted;
    struct ll_cdp_tab *tab;
    ll_timer_cancel(page->timer);
    page->parted = NULL;
    DL_FOREACH(page->tabs, tab) {
        if (tab->state == LL_CDP_TAB_OPEN) tab->parting.step = LL_CDP_TAB_STAYS; // where it is now
    }
    then(page);
}

static void look(struct ll_cdp_page *page) {
    const struct ll_cdp_tab *tab;
    if (!page->parted) return;
    DL_FOREACH(page->tabs, tab) {
        if (tab->parting.step == LL_CDP_TAB_LEAVES) return;
    }
    finish(page);
}

void ll_cdp_parting_begin(struct ll_cdp_page *page, void (*then)(struct ll_cdp_page *page)) {
    struct ll_cdp_tab *tab;
    page->parted = then;
    ll_cdp_dialog_reset(page); // a person that closes a tab is not kept
    ll_timer_set(page->timer, ll_clock_us() + LL_CDP_PARTING_MS * INT64_C(1000));
    DL_FOREACH(page->tabs, tab) {
        if (tab->state == LL_CDP_TAB_OPEN) leave(tab);
    }
    look(page);
}

bool ll_cdp_parting_is_under_way(const struct ll_cdp_page *page) {
    return page->parted != NULL;
}

static void close_page(struct ll_cdp_page *page) {
    ll_cdp_target_close(page);
    ll_cdp_connection_page_gone(page);
}

void ll_cdp_parting_close_page(struct ll_cdp_page *page) {
    page->state = LL_CDP_PAGE_CLOSING;
    if (page->parted)
        page->parted = close_page;
    else
        ll_cdp_parting_begin(page, close_page);
}

bool ll_cdp_parting_is_late(struct ll_cdp_page *page) {
    if (!page->parted) return false;
    finish(page);
    return true;
}

void ll_cdp_parting_reset(struct ll_cdp_page *page) {
    page->parted = NULL;
}

void ll_cdp_parting_close(struct ll_cdp_tab *tab) {
    tab->state = LL_CDP_TAB_CLOSING;
    leave(tab);
    if (tab->parting.step == LL_CDP_TAB_GONE) ll_cdp_tabs_close_target(tab);
}

void ll_cdp_parting_close_late(struct ll_cdp_tab *tab, int64_t now_us) {
    if (tab->state != LL_CDP_TAB_CLOSING || tab->parting.step != LL_CDP_TAB_LEAVES || now_us < tab->parting.until_us)
        return;
    tab->parting.step = LL_CDP_TAB_GONE;
    ll_cdp_tabs_close_target(tab);
}

static void on_death(struct ll_cdp_tab *tab, enum ll_cdp_event event) {
    struct ll_cdp_page *page = tab->page;
    tab->parting.step = LL_CDP_TAB_GONE;
    if (tab->state == LL_CDP_TAB_OPEN) {
        if (event == LL_CDP_TARGET_CRASHED) ll_cdp_connection_count_crash(page->connection);
        look(page);
        return;
    }
    bool waits = page->parted != NULL; // or else an action may be finished by it, and the page gone
    if (event == LL_CDP_TARGET_CRASHED)
        ll_cdp_tabs_crashed(tab);
    else
        ll_cdp_tabs_closed(tab);
    if (waits) look(page);
}

static void look_at_tab(struct ll_cdp_tab *tab) {
    if (!tab->parting.is_blank || ll_cdp_network_last_words(tab->network) > 0) return;
    tab->parting.step = LL_CDP_TAB_GONE;
    if (tab->state == LL_CDP_TAB_CLOSING) ll_cdp_tabs_close_target(tab);
    look(tab->page);
}

// Only what finishes no action, since the tab's page may be in its next iteration.
bool ll_cdp_parting_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params) {
    if (tab->parting.step != LL_CDP_TAB_LEAVES) return false;
    ll_cdp_painter_stir(ll_cdp_connection_painter(tab->page->connection), tab);
    if (ll_cdp_network_is_event(event)) {
        ll_cdp_network_event(tab->network, event, params, NULL);
        look_at_tab(tab);
        return true;
    }
    switch ((int)event) {
    case LL_CDP_DETACHED_FROM_TARGET:
    case LL_CDP_TARGET_CRASHED:
        on_death(tab, event);
        return true;
    case LL_CDP_FRAME_NAVIGATED:
    case LL_CDP_FRAME_STOPPED_LOADING:
    case LL_CDP_DOM_CONTENT_FIRED:
    case LL_CDP_LOAD_EVENT_FIRED:
        ll_cdp_navigation_event(tab, event, params);
        if (event == LL_CDP_FRAME_NAVIGATED && strcmp(tab->url, "about:blank") == 0) tab->parting.is_blank = true;
        break;
    case LL_CDP_DIALOG_OPENING:
        ll_cdp_dialog_opening(tab, params);
        break;
    case LL_CDP_FETCH_REQUEST_PAUSED:
    case LL_CDP_FETCH_AUTH_REQUIRED:
        ll_cdp_auth_event(tab, event, params);
        break;
    case LL_CDP_BINDING_CALLED:
        ll_cdp_observer_called(tab, params);
        break;
    default:
        return true;
    }
    look_at_tab(tab);
    return true;
}
