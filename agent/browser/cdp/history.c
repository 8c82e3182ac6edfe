// go_back and go_forward: Page.getNavigationHistory says which entry that is, Page.navigateToHistoryEntry goes there.
// The entry may be another document, whose load event is awaited then, or another place of this one; which of them is
// only known when it happens, and that may be before the command is answered.
#include "agent/browser/cdp/page.h"

#include <string.h>

static bool goes_back(const struct ll_cdp_page *page) {
    return page->action.operation == LL_OP_GO_BACK;
}

bool ll_cdp_history_has_come(const struct ll_cdp_page *page) {
    return page->moved_within || (page->tab->loaded && page->tab->loaders[0] != page->loader);
}

static void on_gone(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    if (answer->failed)
        ll_cdp_page_finish(page, ll_err_make(LL_UNKNOWN, "the browser does not go there"), NULL);
    else if (ll_cdp_dialog_why_it_stays(page)) // asked before this answer came
        ll_cdp_page_finish(page, ll_err_make(LL_FAILED_PRECONDITION, "%s", ll_cdp_dialog_why_it_stays(page)), NULL);
    else
        ll_cdp_await_load(page);
}

// The empty page that every tab begins with is none that a user has seen.
static bool is_page(struct ll_slice entry, size_t index) {
    return entry.len && !(index == 0 && ll_scan_is_string(ll_scan_get(entry, "url"), "about:blank"));
}

static void on_history(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    size_t current = (size_t)ll_scan_number(ll_scan_get(answer->result, "currentIndex"), 0);
    struct ll_slice entry = {NULL, 0};
    if (!goes_back(page) || current > 0) {
        size_t index = goes_back(page) ? current - 1 : current + 1;
        entry = ll_scan_item(ll_scan_get(answer->result, "entries"), index);
        if (!is_page(entry, index)) entry.len = 0;
    }
    if (!entry.len) {
        const char *which = goes_back(page) ? "earlier" : "later";
        ll_cdp_page_finish(
            page, ll_err_make(LL_FAILED_PRECONDITION, "there is no %s page in this page's history", which), NULL);
        return;
    }
    page->moved_within = page->tab->was_kept = false;
    page->loader = page->tab->loaders[0];
    ll_buf_printf(ll_cdp_page_begin(page, "Page.navigateToHistoryEntry"), "{\"entryId\":%.0f}",
                  ll_scan_number(ll_scan_get(entry, "id"), 0));
    ll_cdp_page_end(page, on_gone);
}

void ll_cdp_history_go(struct ll_cdp_page *page) {
    ll_buf_text(ll_cdp_page_begin(page, "Page.getNavigationHistory"), "{}");
    ll_cdp_page_end(page, on_history);
}
