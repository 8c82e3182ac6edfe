// wait_for_load_state. "networkidle" is what Playwright means by it: no request is in flight, and none was for half a
// second; WebSockets are none. A document that is about to be replaced has no state worth waiting for. After a click,
// and in a window that a script has just opened, the word that it is may be under way: it comes before the page's next
// answer, so the page is asked something first.
#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/clock.h"

#include <string.h>

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

static void on_asked(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    (void)answer; // a document that was replaced meanwhile gives none
    page->call = 0;
    page->tab->after_input = false;
    page->waiting = LL_CDP_WAITS_STATE;
    ll_cdp_load_state_changed(page);
}

static bool may_be_left(const struct ll_cdp_tab *tab) {
    bool is_empty_window = tab->opener && strcmp(tab->url, "about:blank") == 0;
    return !tab->navigating && (tab->after_input || is_empty_window);
}

void ll_cdp_load_state_wait(struct ll_cdp_page *page) {
    if (may_be_left(page->tab)) {
        ll_buf_text(ll_cdp_page_begin(page, "Runtime.evaluate"), "{\"expression\":\"0\"}");
        ll_cdp_page_end(page, on_asked);
    } else if (has_come(page) || is_lost(page)) {
        ll_cdp_page_finish_soon(page, has_come(page) ? LL_SUCCESS : page->tab->broken);
    } else {
        page->waiting = LL_CDP_WAITS_STATE;
        set_alarm(page);
    }
}
