// The pages of one user, as scenarios count them: from 1, in the order in which they were opened; closing one moves
// those after it up.
//
// A tab goes because the scenario closes it, because a script does (window.close()), or because it crashes. When it was
// the active one, its opener becomes that, or else the one before it, and a wait in flight goes on there, as the user's
// eyes do. An action in flight fails, but for one whose input was sent: a click that closes its own window was a click.
// What follows such a click may have been begun in the window before that was gone, and is begun anew. When a tab
// crashes in the background, only that tab is gone; when the active one crashes, or the last one closes itself, the
// whole page is lost, and its user opens another.
#include "agent/browser/cdp/page.h"
#include "libcommon/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

size_t ll_cdp_tabs_count(const struct ll_cdp_page *page) {
    const struct ll_cdp_tab *tab;
    size_t count = 0;
    DL_FOREACH(page->tabs, tab) {
        count += tab->state != LL_CDP_TAB_CLOSING;
    }
    return count;
}

static struct ll_cdp_tab *tab_number(const struct ll_cdp_page *page, size_t number) {
    struct ll_cdp_tab *tab;
    DL_FOREACH(page->tabs, tab) {
        if (tab->state != LL_CDP_TAB_CLOSING && --number == 0) return tab;
    }
    return NULL;
}

static struct ll_cdp_tab *tab_of_target(const struct ll_cdp_page *page, const char *target) {
    struct ll_cdp_tab *tab;
    DL_FOREACH(page->tabs, tab) {
        if (strcmp(tab->target, target) == 0) return tab;
    }
    return NULL;
}

void ll_cdp_tabs_close_target(struct ll_cdp_tab *tab) {
    struct ll_cdp_client *client = ll_cdp_page_client(tab->page);
    ll_buf_printf(ll_cdp_begin(client, "", "Target.closeTarget"), "{\"targetId\":\"%s\"}", tab->target);
    ll_cdp_end(client, NULL, NULL);
    tab->state = LL_CDP_TAB_CLOSING;
}

// --- Tabs that go ---

static struct ll_cdp_tab *successor(const struct ll_cdp_tab *gone) {
    if (gone->opener && gone->opener->state != LL_CDP_TAB_CLOSING) return gone->opener;
    struct ll_cdp_tab *tab, *found = NULL;
    bool passed = false;
    DL_FOREACH(gone->page->tabs, tab) {
        passed = passed || tab == gone;
        if (passed && found) break;
        if (tab != gone && tab->state != LL_CDP_TAB_CLOSING) found = tab;
    }
    return found;
}

static void go_to(struct ll_cdp_page *page, struct ll_cdp_tab *tab) {
    struct ll_cdp_painter *painter = ll_cdp_connection_painter(page->connection);
    bool acts = page->waiting != LL_CDP_IDLE;
    if (page->tab && acts) ll_cdp_painter_action(painter, page->tab, false);
    page->tab = tab;
    if (acts) ll_cdp_painter_action(painter, tab, true);
}

static void forget_tab(struct ll_cdp_tab *tab) {
    ll_cdp_forget_session(ll_cdp_page_client(tab->page), tab->session);
    ll_cdp_tab_free(tab);
}

// Whether what is in flight is done in the active tab, and ends with it.
static bool acts_in_tab(const struct ll_cdp_page *page) {
    enum ll_operation operation = page->action.operation;
    return page->waiting != LL_CDP_IDLE && page->waiting != LL_CDP_WAITS_TURN &&
           page->waiting != LL_CDP_WAITS_STORAGE && operation != LL_OP_NEW_PAGE && operation != LL_OP_SWITCH_PAGE &&
           operation != LL_OP_CLOSE_PAGE && operation != LL_OP_WAIT_FOR_RESPONSE &&
           operation != LL_OP_WAIT_FOR_DOWNLOAD;
}

// One of the others, which the page does without; while it is being opened for the first time there are none.
static bool is_in_background(const struct ll_cdp_tab *tab) {
    return tab->page->tab && tab->page->tab != tab;
}

void ll_cdp_tabs_closed(struct ll_cdp_tab *tab) {
    struct ll_cdp_page *page = tab->page;
    if (is_in_background(tab)) {
        forget_tab(tab);
        ll_cdp_tabs_changed(page);
        return;
    }
    if (page->state != LL_CDP_PAGE_OPEN) {
        ll_cdp_connection_page_crashed(page);
        return;
    }
    struct ll_cdp_tab *next = successor(tab);
    if (!next) {
        ll_cdp_connection_page_lost(page, ll_err_make(LL_ABORTED, "the last page was closed by its script"));
        return;
    }
    bool goes_on = tab->after_input || ll_operation_info(page->action.operation)->kind == LL_OPKIND_WAIT;
    forget_tab(tab);
    go_to(page, next);
    if (acts_in_tab(page) && !page->acted && goes_on && ll_cdp_element_can_ask_again(page)) {
        ll_cdp_page_cancel(page);
        ll_cdp_page_do(page);
    } else if (acts_in_tab(page))
        ll_cdp_page_finish(
            page, page->acted ? LL_SUCCESS : ll_err_make(LL_ABORTED, "the page was closed by its script"), NULL);
    else
        ll_cdp_tabs_changed(page);
}

void ll_cdp_tabs_crashed(struct ll_cdp_tab *tab) {
    struct ll_cdp_page *page = tab->page;
    if (!is_in_background(tab)) {
        ll_cdp_connection_page_crashed(page);
        return;
    }
    ll_cdp_connection_count_crash(page->connection);
    ll_cdp_tabs_close_target(tab);
    forget_tab(tab);
    ll_cdp_tabs_changed(page);
}

// --- Operations ---

// The tab that the action in flight waits for, once it can be used.
static struct ll_cdp_tab *awaited(const struct ll_cdp_page *page) {
    struct ll_cdp_tab *tab = page->action.operation == LL_OP_SWITCH_PAGE ? tab_number(page, page->action.number)
                                                                         : tab_of_target(page, page->created);
    return tab && tab->state == LL_CDP_TAB_OPEN ? tab : NULL;
}

void ll_cdp_tabs_changed(struct ll_cdp_page *page) {
    if (page->waiting != LL_CDP_WAITS_TAB) return;
    if (page->action.operation == LL_OP_CLOSE_PAGE) {
        if (page->tab->state == LL_CDP_TAB_OPEN) ll_cdp_page_finish(page, LL_SUCCESS, NULL);
        return;
    }
    struct ll_cdp_tab *tab = awaited(page);
    if (!tab) return;
    go_to(page, tab);
    ll_cdp_page_finish(page, LL_SUCCESS, NULL);
}

void ll_cdp_switch_page(struct ll_cdp_page *page) {
    struct ll_cdp_tab *tab = awaited(page);
    if (tab) {
        go_to(page, tab);
        ll_cdp_page_finish_soon(page, LL_SUCCESS);
        return;
    }
    page->waiting = LL_CDP_WAITS_TAB;
}

static void on_created(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    char text[256];
    page->call = 0;
    if (answer->failed) {
        ll_scan_text(answer->error, text, sizeof text);
        ll_cdp_page_finish(page, ll_err_make(LL_UNAVAILABLE, "the browser opened no page: %s", text), NULL);
        return;
    }
    ll_scan_text(ll_scan_get(answer->result, "targetId"), page->created, sizeof page->created);
    struct ll_cdp_tab *tab = tab_of_target(page, page->created);
    if (tab) ll_cdp_tab_opened_by_scenario(tab);
    page->waiting = LL_CDP_WAITS_TAB;
    ll_cdp_tabs_changed(page);
}

void ll_cdp_new_page(struct ll_cdp_page *page) {
    if (ll_cdp_tabs_count(page) >= LL_CDP_TABS_MAX) {
        ll_cdp_page_finish_soon(
            page, ll_err_make(LL_RESOURCE_EXHAUSTED, "a user has no more than %d pages: close some", LL_CDP_TABS_MAX));
        return;
    }
    page->created[0] = '\0';
    ll_cdp_target_begin_tab(page);
    ll_cdp_page_end(page, on_created);
}

void ll_cdp_close_page(struct ll_cdp_page *page) {
    if (ll_cdp_tabs_count(page) < 2) {
        ll_cdp_page_finish_soon(page,
                                ll_err_make(LL_FAILED_PRECONDITION, "it is the user's only page, which stays open"));
        return;
    }
    ll_cdp_tabs_close_target(page->tab);
    page->waiting = LL_CDP_WAITS_TAB;
}

ll_err ll_cdp_tabs_late(const struct ll_cdp_page *page) {
    size_t count = ll_cdp_tabs_count(page);
    switch ((int)page->action.operation) {
    case LL_OP_SWITCH_PAGE:
        return ll_err_make(LL_DEADLINE_EXCEEDED, "there is no page of that number (%zu %s open)", count,
                           count == 1 ? "is" : "are");
    case LL_OP_CLOSE_PAGE:
        return ll_err_make(LL_DEADLINE_EXCEEDED, "the page did not close");
    default:
        return ll_err_make(LL_DEADLINE_EXCEEDED, "the browser opened no page");
    }
}

// --- Between iterations ---

void ll_cdp_tabs_rest(struct ll_cdp_page *page) {
    struct ll_cdp_tab *first = NULL, *tab;
    ll_cdp_dialog_reset(page);
    ll_cdp_response_reset(page);
    ll_cdp_download_reset(page);
    DL_FOREACH(page->tabs, tab) {
        if (tab->state == LL_CDP_TAB_CLOSING) continue;
        if (!first && tab->state == LL_CDP_TAB_OPEN)
            first = tab;
        else if (tab->state == LL_CDP_TAB_OPEN)
            ll_cdp_parting_close(tab);
        else
            ll_cdp_tabs_close_target(tab);
    }
    page->is_resting = true;
    if (!first) return;
    first->left_over = first->navigating;
    if (first->left_over) first->left_url = first->asked_url;
    go_to(page, first);
}
