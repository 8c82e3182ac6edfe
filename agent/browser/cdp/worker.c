// Chromium tells of one request in several sessions: the script of a dedicated or shared worker is asked for in the
// tab's and answered in the worker's; what came over the wire for a dedicated worker (responseReceivedExtraInfo) is
// told in the tab's. Ids are the same in all of them. So a dedicated worker's events go to its tab's network, as if
// they were the tab's own. A service or shared worker belongs to no tab: what is known to one goes there, the rest to a
// network that the user's workers have together.
//
// A worker's session is a tab that has a listener, for the sake of the connection, which finds tabs by their sessions.
#include "agent/browser/cdp/worker.h"

#include "agent/browser/cdp/block.h"
#include "agent/browser/cdp/emulate.h"
#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/log.h"

#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct worker {
    struct ll_cdp_tab session; // first; see session_event
    struct ll_cdp_tab *owner;  // of a dedicated one; NULL: the user's
    struct worker *prev, *next;
};

struct ll_cdp_workers {
    struct worker *list;
    size_t count, refused;
    bool serve;                     // one is or was a service worker
    struct ll_cdp_network *network; // of those that belong to no tab
};

static const char auto_attach[] =
    "{\"autoAttach\":true,\"waitForDebuggerOnStart\":true,\"flatten\":true,\"filter\":[{\"type\":\"worker\"}]}";

bool ll_cdp_is_worker(struct ll_slice type) {
    return ll_scan_is_string(type, "worker") || ll_scan_is_string(type, "shared_worker") ||
           ll_scan_is_string(type, "service_worker");
}

void ll_cdp_workers_watch(struct ll_cdp_page *page, const char *session) {
    ll_cdp_call(ll_cdp_page_client(page), session, "Target.setAutoAttach", auto_attach, NULL, NULL);
}

static void drop(struct ll_cdp_workers *workers, struct worker *worker) {
    struct ll_cdp_page *page = worker->session.page;
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    if (client) ll_cdp_forget_session(client, worker->session.session);
    ll_cdp_connection_remove_session(page->connection, &worker->session);
    DL_DELETE(workers->list, worker);
    workers->count--;
    free(worker);
}

void ll_cdp_workers_serve(struct ll_cdp_tab *tab) {
    if (tab->page->workers && tab->page->workers->serve) ll_cdp_network_served(tab->network);
}

void ll_cdp_workers_left(struct ll_cdp_tab *tab) {
    struct ll_cdp_workers *workers = tab->page->workers;
    struct worker *worker, *next;
    if (!workers) return;
    DL_FOREACH_SAFE(workers->list, worker, next) {
        if (worker->owner == tab) drop(workers, worker);
    }
}

void ll_cdp_workers_free(struct ll_cdp_workers **workers) {
    if (!*workers) return;
    while ((*workers)->list) drop(*workers, (*workers)->list);
    ll_cdp_network_free(&(*workers)->network);
    free(*workers);
    *workers = NULL;
}

static void take(struct ll_cdp_page *page, enum ll_cdp_event event, struct ll_slice params,
                 const struct worker *teller) {
    struct ll_cdp_tab *tab;
    struct ll_slice id = ll_scan_get(params, "requestId");
    DL_FOREACH(page->tabs, tab) {
        if (!ll_cdp_network_knows(tab->network, id)) continue;
        ll_cdp_tab_request(tab, event, params, NULL);
        return;
    }
    ll_cdp_network_event(page->workers->network, event, params, teller);
}

static void on_detached(struct worker *worker) {
    struct ll_cdp_tab *owner = worker->owner;
    bool had_requests = ll_cdp_network_teller_left(worker->session.network, worker);
    drop(worker->session.page->workers, worker);
    if (had_requests && owner) ll_cdp_tab_requests_ended(owner);
}

static void session_event(struct ll_cdp_tab *session, enum ll_cdp_event event, struct ll_slice params) {
    struct worker *worker = (struct worker *)session;
    if (event == LL_CDP_DETACHED_FROM_TARGET)
        on_detached(worker);
    else if (!ll_cdp_network_is_event(event))
        return;
    else if (worker->owner)
        ll_cdp_tab_request(worker->owner, event, params, worker);
    else
        take(session->page, event, params, worker);
}

static struct ll_cdp_workers *workers_of(struct ll_cdp_page *page) {
    if (page->workers) return page->workers;
    page->workers = ll_alloc(1, sizeof *page->workers);
    page->workers->network = ll_cdp_network_new(ll_cdp_connection_sink(page->connection), &page->options.requests);
    return page->workers;
}

// A dedicated worker's owner is its maker's tab, or the owner of the worker that made it.
static struct ll_cdp_tab *owner_of(const struct ll_cdp_page *page, struct ll_slice teller) {
    struct ll_cdp_tab *tab;
    const struct worker *worker;
    DL_FOREACH(page->tabs, tab) {
        if (ll_scan_is_string(teller, tab->session)) return tab;
    }
    DL_FOREACH(page->workers->list, worker) {
        if (ll_scan_is_string(teller, worker->session.session)) return worker->owner;
    }
    return NULL;
}

static bool has_room(const struct ll_cdp_page *page) {
    if (page->workers->count < LL_CDP_WORKERS_MAX) return true;
    const struct ll_browser_sink *sink = ll_cdp_connection_sink(page->connection);
    sink->count(sink->owner, LL_METRIC_OBSERVATIONS_LOST, "worker", 1);
    if (!page->workers->refused++)
        ll_warn("a user's pages have more than %d workers: further ones are not measured", LL_CDP_WORKERS_MAX);
    return false;
}

void ll_cdp_worker_attached(struct ll_cdp_page *page, struct ll_slice teller, struct ll_slice session,
                            struct ll_slice type) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    struct ll_cdp_workers *workers = workers_of(page);
    struct ll_cdp_tab *tab;
    char id[LL_CDP_ID_MAX];
    ll_scan_text(session, id, sizeof id);
    workers->serve = workers->serve || ll_scan_is_string(type, "service_worker");
    DL_FOREACH(page->tabs, tab) {
        ll_cdp_workers_serve(tab);
    }
    bool is_measured = has_room(page);
    if (is_measured) {
        struct worker *worker = ll_alloc(1, sizeof *worker);
        worker->session.page = page;
        worker->session.listener = session_event;
        memcpy(worker->session.session, id, sizeof id);
        if (ll_scan_is_string(type, "worker")) worker->owner = owner_of(page, teller);
        worker->session.network = worker->owner ? worker->owner->network : workers->network;
        DL_APPEND(workers->list, worker);
        workers->count++;
        ll_cdp_connection_add_session(page->connection, &worker->session);
    }
    // Chromium blocks only where the Network domain is enabled; what it tells of a worker that is not measured is
    // dropped.
    if (is_measured || page->options.requests.block_count) ll_cdp_target_measure(page, id);
    ll_cdp_workers_watch(page, id);
    ll_cdp_block_in_worker(page, id);
    ll_cdp_emulate_worker(page, id);
    ll_cdp_call(client, id, "Runtime.runIfWaitingForDebugger", "{}", NULL, NULL);
}
