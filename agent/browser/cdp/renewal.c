// First the document's last words, then its going (parting.h), then the context. All of it happens in the page's state
// OPENING, so that what ends an opening ends this: the page's timer, the browser's end. A page that is closed meanwhile
// goes all the same.
#include "agent/browser/cdp/renewal.h"

#include "agent/browser/cdp/evidence.h"
#include "agent/browser/cdp/observer.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"

#include <stdlib.h>
#include <string.h>

enum { LOOK_US = 2 * 1000 * 1000, CLEANING_MS = 5 * 1000 };

static void renew(struct ll_cdp_page *page);

static const char *const reasons[] = {
    [LL_CDP_DUE_NOT] = "",          [LL_CDP_DUE_STATED] = "",         [LL_CDP_DUE_ITERATIONS] = "iterations",
    [LL_CDP_DUE_MEMORY] = "memory", [LL_CDP_DUE_BROWSER] = "browser",
};

void ll_cdp_renewal_reset(struct ll_cdp_page *page) {
    ll_cdp_forget(ll_cdp_page_client(page), page->renewal.look);
    page->renewal = (struct ll_cdp_renewal){.kept = page->renewal.kept};
}

void ll_cdp_renewal_forget(struct ll_cdp_page *page) {
    if (page->renewal.kept) explicit_bzero(page->renewal.kept, strlen(page->renewal.kept));
    free(page->renewal.kept);
    page->renewal.kept = NULL;
}

void ll_cdp_renewal_fini(struct ll_cdp_page *page) {
    ll_cdp_renewal_reset(page);
    ll_cdp_renewal_forget(page);
}

const char *ll_cdp_renewal_storage(const struct ll_cdp_page *page) {
    return page->renewal.kept ? page->renewal.kept : page->options.storage;
}

// ---- Whether

static void on_heap(void *arg, const struct ll_cdp_answer *answer) {
    static const char *const keys[] = {"usedSize", "embedderHeapUsedSize", "backingStorageSize"};
    struct ll_cdp_page *page = arg;
    struct ll_slice values[3];
    page->renewal.look = 0;
    if (answer->failed) return;
    ll_scan_members(answer->result, keys, values, 3);
    page->renewal.bytes = 0;
    for (int i = 0; i < 3; i++) page->renewal.bytes += (uint64_t)ll_scan_number(values[i], 0);
}

// The answer comes while the next iteration runs, and counts at its end.
static void look(struct ll_cdp_page *page) {
    struct ll_cdp_renewal *renewal = &page->renewal;
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    int64_t now_us = ll_clock_us();
    if (renewal->look || now_us < renewal->next_look_us || !client) return;
    renewal->next_look_us = now_us + LOOK_US;
    renewal->look = ll_cdp_call(client, page->tab->session, "Runtime.getHeapUsage", "{}", on_heap, page);
}

bool ll_cdp_renewal_is_due(struct ll_cdp_page *page) {
    struct ll_cdp_renewal *renewal = &page->renewal;
    const struct ll_recycling *limits = &page->options.recycling;
    uint64_t memory_limit = limits->memory_bytes ? limits->memory_bytes : LL_RECYCLE_MEMORY_MB * UINT64_C(1000000);
    bool is_fresh = page->options.renewal == LL_RENEWAL_FRESH;
    bool can_keep = page->options.renewal != LL_RENEWAL_NONE || !page->storage.has_more;
    renewal->iterations++;
    if (ll_cdp_connection_drains(page->connection) && can_keep)
        renewal->due = LL_CDP_DUE_BROWSER;
    else if (is_fresh)
        renewal->due = LL_CDP_DUE_STATED;
    else if (limits->iterations && renewal->iterations >= limits->iterations && can_keep)
        renewal->due = LL_CDP_DUE_ITERATIONS;
    else if (renewal->bytes > memory_limit && can_keep)
        renewal->due = LL_CDP_DUE_MEMORY;
    else
        renewal->due = page->options.renewal == LL_RENEWAL_CLEAN ? LL_CDP_DUE_STATED : LL_CDP_DUE_NOT;
    if (!is_fresh) look(page);
    return renewal->due != LL_CDP_DUE_NOT;
}

// ---- Another context

static void make_another(struct ll_cdp_page *page) {
    bool waits = page->renewal.due == LL_CDP_DUE_BROWSER;
    ll_cdp_target_close(page);
    ll_cdp_page_reset(page);
    if (waits)
        ll_cdp_connection_page_waits(page);
    else
        ll_cdp_target_open(page);
}

static void on_taken(struct ll_cdp_page *page, ll_err err, struct ll_slice snapshot) {
    if (err.status == LL_OK) {
        page->renewal.kept = ll_strndup(snapshot.at, snapshot.len);
        make_another(page);
        return;
    }
    ll_warn("a context is not recycled, since what it stores cannot be kept: %s", err.text);
    page->renewal.is_abandoned = true;
    page->renewal.iterations = page->renewal.bytes = 0;
    ll_timer_set(page->timer, 0); // told from the loop
}

static void recycle(struct ll_cdp_page *page) {
    const struct ll_browser_sink *sink = ll_cdp_connection_sink(page->connection);
    const char *reason = reasons[page->renewal.due];
    sink->count(sink->owner, LL_METRIC_CONTEXTS_RECYCLED, reason, 1);
    ll_info("a context is recycled after %llu iterations (%s), its scripts hold %llu KB",
            (unsigned long long)page->renewal.iterations, reason, (unsigned long long)page->renewal.bytes / 1000);
    if (page->options.renewal == LL_RENEWAL_NONE)
        ll_cdp_storage_take(page, on_taken);
    else
        make_another(page);
}

// ---- The same one, emptied

static void on_cleaned(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (answer->failed) {
        make_another(page);
        return;
    }
    if (--page->renewal.pending > 0) return;
    page->renewal.is_cleaning = false;
    ll_cdp_storage_forget(page);
    ll_cdp_target_store(page);
}

static void clean(struct ll_cdp_page *page) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    const char *session = page->tab->session;
    page->renewal.is_cleaning = true;
    ll_timer_set(page->timer, ll_clock_us() + CLEANING_MS * INT64_C(1000));
    page->renewal.pending = 3;
    ll_cdp_storage_clear(page);
    bool sent = ll_cdp_end(client, on_cleaned, page) != 0;
    sent = ll_cdp_call(client, session, "Network.clearBrowserCache", "{}", on_cleaned, page) && sent;
    sent = ll_cdp_call(client, session, "Page.resetNavigationHistory", "{}", on_cleaned, page) && sent;
    if (!sent) make_another(page);
}

bool ll_cdp_renewal_is_late(struct ll_cdp_page *page) {
    if (page->renewal.is_abandoned) {
        page->renewal.is_abandoned = false;
        ll_timer_cancel(page->timer);
        ll_cdp_connection_page_opened(page, LL_SUCCESS);
        return true;
    }
    if (page->renewal.is_asked) {
        ll_cdp_forget(ll_cdp_page_client(page), page->call);
        page->call = 0;
        renew(page);
        return true;
    }
    if (!page->renewal.is_cleaning) return false;
    ll_cdp_forget(ll_cdp_page_client(page), page->call);
    page->call = 0;
    make_another(page);
    return true;
}

static void on_last_words(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    ll_cdp_observer_heard(page, answer);
    page->renewal.is_asked = false;
    if (page->state == LL_CDP_PAGE_CLOSING)
        ll_cdp_parting_close_page(page);
    else
        ll_cdp_parting_begin(page, renew);
}

bool ll_cdp_renewal_closes(struct ll_cdp_page *page) {
    if (ll_cdp_parting_is_under_way(page))
        ll_cdp_parting_close_page(page);
    else if (page->renewal.is_asked)
        page->state = LL_CDP_PAGE_CLOSING; // and goes with the answer
    else
        return false;
    return true;
}

void ll_cdp_renewal_begin(struct ll_cdp_page *page) {
    if (!ll_cdp_page_client(page)) return; // it is about to be told that it is lost
    ll_cdp_evidence_cancel(page->evidence);
    page->state = LL_CDP_PAGE_OPENING;
    page->renewal.is_asked = ll_cdp_observer_ask(page, on_last_words);
    if (!page->renewal.is_asked) ll_cdp_parting_begin(page, renew);
}

static void renew(struct ll_cdp_page *page) {
    bool has_left = page->tab && strcmp(page->tab->url, "about:blank") == 0;
    page->renewal.is_asked = false;
    ll_cdp_target_set_limit(page);
    if (page->renewal.due != LL_CDP_DUE_STATED)
        recycle(page);
    else if (page->options.renewal == LL_RENEWAL_CLEAN && ll_cdp_tabs_count(page) == 1 && has_left)
        clean(page);
    else
        make_another(page);
}
