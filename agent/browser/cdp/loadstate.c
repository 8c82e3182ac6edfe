// wait_for_load_state. "networkidle" is what Playwright means by it: no request is in flight, and none was for half a
// second; WebSockets are none. A document that is about to be replaced has no state worth waiting for.
#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/clock.h"

enum state { STATE_LOAD, STATE_PARSED, STATE_IDLE }; // the words' places in operations.def

static const int64_t idle_us = 500 * 1000;

static bool has_come(const struct ll_cdp_page *page) {
    const struct ll_cdp_tab *tab = page->tab;
    if (tab->navigating) return false;
    switch ((enum state)page->action.word) {
    case STATE_LOAD:
        return tab->loaded;
    case STATE_PARSED:
        return tab->parsed || tab->loaded;
    case STATE_IDLE:
        return ll_cdp_network_in_flight(tab->network) == 0 && ll_clock_us() >= tab->requested_us + idle_us;
    }
    return false;
}

// That it does not come any more.
static bool is_lost(const struct ll_cdp_page *page) {
    return page->action.word != STATE_IDLE && ll_cdp_tab_is_broken(page->tab);
}

static void set_alarm(struct ll_cdp_page *page) {
    int64_t at_us = page->tab->requested_us + idle_us;
    bool may_come = page->action.word == STATE_IDLE && ll_cdp_network_in_flight(page->tab->network) == 0 &&
                    !page->tab->navigating && at_us < page->deadline_us;
    ll_timer_set(page->timer, may_come ? at_us : page->deadline_us);
}

void ll_cdp_load_state_changed(struct ll_cdp_page *page) {
    if (has_come(page))
        ll_cdp_page_finish(page, LL_SUCCESS, NULL);
    else if (is_lost(page))
        ll_cdp_page_finish(page, page->tab->broken, NULL);
    else
        set_alarm(page);
}

void ll_cdp_load_state_timer(struct ll_cdp_page *page) {
    static const char *const missing[] = {"the page's load event did not come", "the page's document did not end",
                                          "the page's requests did not end"};
    if (!has_come(page) && ll_clock_us() >= page->deadline_us)
        ll_cdp_page_finish(page, ll_err_make(LL_DEADLINE_EXCEEDED, "%s", missing[page->action.word]), NULL);
    else
        ll_cdp_load_state_changed(page);
}

void ll_cdp_load_state_wait(struct ll_cdp_page *page) {
    if (has_come(page) || is_lost(page)) {
        ll_cdp_page_finish_soon(page, has_come(page) ? LL_SUCCESS : page->tab->broken);
        return;
    }
    page->waiting = LL_CDP_WAITS_STATE;
    set_alarm(page);
}
