// One Chromium for many users, kept alive.
//
//     OFF ──start──► STARTING ──DevTools listens──► CONNECTING ──version known──► UP
//      ▲                │ ▲                              │                         │
//      └─────stop───────┤ └── backoff ◄──── DOWN ◄───────┴──── it dies ────────────┘
//                       ▼
//                   STOPPING: everything is killed; OFF when the process is gone
//
// The first start decides on_ready, good or bad. Later, a browser that dies is counted, each of its pages is told, and
// the next start follows after a pause that doubles; pages asked for meanwhile wait. After STARTS_MAX starts without
// one page opened, what waits is refused with the reason, and a new page_open tries again.
#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/observer.h"
#include "agent/browser/cdp/page.h"
#include "agent/browser/cdp/wire.h"
#include "agent/browser/find.h"
#include "agent/browser/process.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum {
    STARTS_MAX = 10,
    BACKOFF_FIRST_MS = 100,
    BACKOFF_MAX_MS = 5000,
    HEALTH_US = 1000 * 1000,
    LOOK_US = 10 * 1000 * 1000,        // at the browser's memory
    DRAIN_US = 20 * 1000 * 1000,       // below what a page may take to open, with a browser's start
    DRAIN_AGAIN_US = 60 * 1000 * 1000, // after one that came to nothing
    HANG_LIMIT_MS = 15 * 1000,         // without an answer to an empty command
};

enum state { OFF, STARTING, CONNECTING, UP, DOWN, STOPPING };

struct ll_cdp_connection {
    struct ll_connection base;
    struct ll_connection_ops ops;    // cdp_ops, but for
    struct ll_coverage_table covers; // what painting changes
    struct ll_loop *loop;
    struct lws_vhost *vhost;
    struct ll_browser_sink sink;
    void *owner;
    void (*on_ready)(void *owner, ll_err err);
    void (*on_stopped)(void *owner);
    char program[PATH_MAX];
    struct ll_launch launch;
    char description[128];
    enum state state;
    bool told_ready;
    struct ll_process *process;
    struct ll_cdp_client *client;
    uint64_t opened;               // pages ever
    struct ll_cdp_page *pages;     // all of them, by page.h's prev and next
    struct ll_cdp_tab *by_session; // of all pages, those that have one
    struct ll_timer *timer;        // the pause before a start, or the limit of connecting
    struct ll_timer *health;
    struct ll_cdp_painter *painter; // NULL when Chromium draws by itself
    int64_t health_sent_us;
    bool gave_up;           // no start is under way until another page is asked for
    uint32_t barren_starts; // in a row, since a page was opened
    ll_err last_end;
    bool drains;      // it has grown: pages wait between iterations until it can be started anew
    bool is_recycled; // it is being ended for that
    int64_t drain_began_us, next_look_us;
};

static const struct lws_protocols protocols[] = {
    {.name = LL_WIRE_PROTOCOL, .callback = ll_wire_callback, .rx_buffer_size = LL_WIRE_CHUNK},
    {.name = LL_WIRE_PIPE_PROTOCOL, .callback = ll_wire_pipe_callback},
    {.name = LL_PROCESS_PROTOCOL, .callback = ll_process_callback},
    {.name = NULL},
};

static const struct ll_connection_ops cdp_ops;
static const struct ll_coverage_table covers;

static void start_browser(struct ll_cdp_connection *connection);
static void go_down(struct ll_cdp_connection *connection, ll_err why);
static void look_whether_drained(struct ll_cdp_connection *connection);
static void limit_drain(struct ll_cdp_connection *connection, int64_t now_us);
static void requeue_opening(struct ll_cdp_connection *connection);

struct ll_cdp_client *ll_cdp_connection_client(const struct ll_cdp_connection *connection) {
    return connection->client;
}

const char *ll_cdp_connection_profile(const struct ll_cdp_connection *connection) {
    return ll_process_profile(connection->process);
}

const struct ll_launch *ll_cdp_connection_launch(const struct ll_cdp_connection *connection) {
    return &connection->launch;
}

struct ll_cdp_painter *ll_cdp_connection_painter(const struct ll_cdp_connection *connection) {
    return connection->painter;
}

struct ll_loop *ll_cdp_connection_loop(const struct ll_cdp_connection *connection) {
    return connection->loop;
}

const struct ll_browser_sink *ll_cdp_connection_sink(const struct ll_cdp_connection *connection) {
    return &connection->sink;
}

void ll_cdp_connection_add_session(struct ll_cdp_connection *connection, struct ll_cdp_tab *tab) {
    HASH_ADD_STR(connection->by_session, session, tab);
}

void ll_cdp_connection_remove_session(struct ll_cdp_connection *connection, struct ll_cdp_tab *tab) {
    ll_cdp_painter_remove(connection->painter, tab);
    struct ll_cdp_tab *found = NULL;
    if (tab->session[0]) HASH_FIND_STR(connection->by_session, tab->session, found);
    if (found == tab) HASH_DEL(connection->by_session, tab);
}

// --- Pages ---

void ll_cdp_connection_page_gone(struct ll_cdp_page *page) {
    DL_DELETE(page->connection->pages, page);
    ll_cdp_page_free(page);
}

static void page_lost(struct ll_cdp_page *page, ll_err why) {
    struct ll_page_events events = page->events;
    bool was_open = page->state == LL_CDP_PAGE_OPEN, told = page->state != LL_CDP_PAGE_CLOSING;
    if (was_open) ll_cdp_evidence_of_lost(page, why);
    ll_cdp_connection_page_gone(page);
    if (!told) return;
    if (was_open)
        events.on_page_lost(events.owner, why);
    else
        events.on_page_open(events.owner, why);
}

void ll_cdp_connection_page_opened(struct ll_cdp_page *page, ll_err err) {
    if (err.status != LL_OK) {
        page_lost(page, err);
        return;
    }
    page->connection->barren_starts = 0;
    page->state = LL_CDP_PAGE_OPEN;
    page->events.on_page_open(page->events.owner, LL_SUCCESS);
}

void ll_cdp_connection_page_lost(struct ll_cdp_page *page, ll_err why) {
    ll_cdp_target_close(page);
    page_lost(page, why);
}

void ll_cdp_connection_count_crash(const struct ll_cdp_connection *connection) {
    connection->sink.count(connection->sink.owner, LL_METRIC_BROWSER_CRASHES, "", 1);
}

void ll_cdp_connection_page_crashed(struct ll_cdp_page *page) {
    ll_cdp_connection_count_crash(page->connection);
    ll_cdp_target_close(page);
    page_lost(page, ll_err_make(LL_ABORTED, "the page crashed"));
}

void ll_cdp_connection_page_hangs(struct ll_cdp_page *page) {
    ll_cdp_target_close(page);
    page_lost(page, ll_err_make(LL_ABORTED, "the page hangs and could not be freed from its script"));
}

static void open_waiting(struct ll_cdp_connection *connection) {
    struct ll_cdp_page *page, *next;
    DL_FOREACH_SAFE(connection->pages, page, next) {
        if (page->state == LL_CDP_PAGE_WAITING) ll_cdp_target_open(page);
    }
}

// Ends the pages that the dead browser had, or, when `waiting` is chosen, those that wait for a browser. Each call
// may open or close other pages, so the list is begun anew after each.
static void lose_pages(struct ll_cdp_connection *connection, bool waiting, ll_err why) {
    struct ll_cdp_page *page;
    uint64_t last = connection->opened; // pages that are asked for by the callbacks are left alone
    for (page = connection->pages; page;) {
        if ((page->state == LL_CDP_PAGE_WAITING) == waiting && page->number <= last) {
            page_lost(page, why);
            page = connection->pages;
        } else {
            page = page->next;
        }
    }
}

// --- The browser's life ---

static void on_health_answer(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_connection *connection = arg;
    (void)answer;
    connection->sink.sample(connection->sink.owner, LL_METRIC_AGENT_CDP_ROUNDTRIP, "",
                            (double)(ll_clock_us() - connection->health_sent_us));
    connection->health_sent_us = 0;
}

// Once a second, while there are pages, how long an empty command takes. A browser that does not answer it will answer
// nothing else: its end frees the pages that wait for it.
static void on_health(void *arg) {
    struct ll_cdp_connection *connection = arg;
    int64_t now_us = ll_clock_us();
    ll_timer_set(connection->health, now_us + HEALTH_US);
    look_whether_drained(connection);
    limit_drain(connection, now_us);
    if (connection->health_sent_us && now_us - connection->health_sent_us >= HANG_LIMIT_MS * INT64_C(1000)) {
        ll_warn("the browser has not answered for %d s: it is ended", HANG_LIMIT_MS / 1000);
        ll_process_kill(connection->process); // on_end follows
    }
    struct ll_cdp_page *page;
    struct ll_cdp_tab *tab;
    DL_FOREACH(connection->pages, page) {
        DL_FOREACH(page->tabs, tab) {
            ll_cdp_tab_interrupt_again(tab, now_us);
            ll_cdp_parting_close_late(tab, now_us);
        }
    }
    if (!connection->pages || connection->health_sent_us) return;
    connection->health_sent_us = now_us;
    if (!ll_cdp_call(connection->client, "", "Browser.getVersion", "{}", on_health_answer, connection))
        connection->health_sent_us = 0; // it could not be sent
}

// ---- A browser that has grown

bool ll_cdp_connection_drains(struct ll_cdp_connection *connection) {
    int64_t now_us = ll_clock_us();
    uint64_t limit = connection->launch.recycle_bytes;
    if (connection->drains || !limit || connection->state != UP || now_us < connection->next_look_us)
        return connection->drains;
    connection->next_look_us = now_us + LOOK_US;
    uint64_t bytes = ll_process_memory_bytes(connection->process);
    if (bytes <= limit) return false;
    ll_info("the browser holds %llu MB: it is started anew as soon as no user needs it",
            (unsigned long long)bytes / 1000000);
    connection->drains = true;
    connection->drain_began_us = now_us;
    return true;
}

// Ends the browser when every page waits for the next.
static void look_whether_drained(struct ll_cdp_connection *connection) {
    const struct ll_cdp_page *page;
    if (!connection->drains || connection->is_recycled || connection->state != UP) return;
    DL_FOREACH(connection->pages, page) {
        if (page->state != LL_CDP_PAGE_WAITING) return;
    }
    connection->is_recycled = true;
    connection->sink.count(connection->sink.owner, LL_METRIC_BROWSERS_RECYCLED, "", 1);
    ll_process_kill(connection->process); // on_end follows
}

void ll_cdp_connection_page_waits(struct ll_cdp_page *page) {
    page->state = LL_CDP_PAGE_WAITING;
    ll_timer_cancel(page->timer);
    look_whether_drained(page->connection);
}

// Users that wait do so for a while only: one in a long iteration must not hold up all.
static void limit_drain(struct ll_cdp_connection *connection, int64_t now_us) {
    if (!connection->drains || connection->is_recycled || now_us - connection->drain_began_us < DRAIN_US) return;
    ll_warn("the browser has grown, and is not started anew: one of its users is in an iteration for %d s",
            DRAIN_US / 1000000);
    connection->drains = false;
    connection->next_look_us = now_us + DRAIN_AGAIN_US;
    open_waiting(connection);
}

static void tell_ready(struct ll_cdp_connection *connection, ll_err err) {
    if (connection->told_ready) return;
    connection->told_ready = true;
    connection->on_ready(connection->owner, err);
}

static void on_version(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_connection *connection = arg;
    char product[64];
    ll_scan_text(ll_scan_get(answer->result, "product"), product, sizeof product);
    const char *version = strchr(product, '/');
    snprintf(connection->description, sizeof connection->description, "Chromium %s%s", version ? version + 1 : "",
             ll_browser_is_headless_shell(connection->program) ? " (headless shell)" : "");
    connection->state = UP;
    ll_cdp_call(connection->client, "", "Target.setAutoAttach",
                "{\"autoAttach\":true,\"waitForDebuggerOnStart\":true,\"flatten\":true,\"filter\":[{\"type\":\"page\"},"
                "{\"type\":\"service_worker\"},{\"type\":\"shared_worker\"}]}",
                NULL, NULL);
    ll_timer_cancel(connection->timer);
    ll_timer_set(connection->health, ll_clock_us() + HEALTH_US);
    open_waiting(connection);
    tell_ready(connection, LL_SUCCESS);
}

static void on_open(void *owner) {
    struct ll_cdp_connection *connection = owner;
    ll_cdp_call(connection->client, "", "Browser.getVersion", "{}", on_version, connection);
}

// A target of a context that no page has any more goes with it.
static void on_attached(struct ll_cdp_connection *connection, struct ll_slice teller, struct ll_slice params) {
    struct ll_slice info = ll_scan_get(params, "targetInfo"), context = ll_scan_get(info, "browserContextId");
    struct ll_slice session = ll_scan_get(params, "sessionId"), type = ll_scan_get(info, "type");
    struct ll_cdp_page *page;
    DL_FOREACH(connection->pages, page) {
        if (!page->context[0] || !ll_scan_is_string(context, page->context)) continue;
        if (ll_cdp_is_worker(type))
            ll_cdp_worker_attached(page, teller, session, type);
        else
            ll_cdp_target_attached(page, session, info);
        return;
    }
}

static void on_download(struct ll_cdp_connection *connection, struct ll_slice params) {
    struct ll_cdp_page *page;
    ll_cdp_download_clear_up(connection, params);
    DL_FOREACH(connection->pages, page) {
        if (ll_cdp_download_went_on(page, params)) return;
    }
}

static void on_event(void *owner, enum ll_cdp_event event, struct ll_slice session, struct ll_slice params) {
    struct ll_cdp_connection *connection = owner;
    struct ll_cdp_tab *tab = NULL;
    if (event == LL_CDP_ATTACHED_TO_TARGET) {
        on_attached(connection, session, params);
        return;
    }
    if (event == LL_CDP_DOWNLOAD_PROGRESS) {
        on_download(connection, params);
        return;
    }
    if (event == LL_CDP_DETACHED_FROM_TARGET) session = ll_scan_get(params, "sessionId");
    if (session.len > 2) HASH_FIND(hh, connection->by_session, session.at + 1, session.len - 2, tab);
    if (tab && (tab->page->state != LL_CDP_PAGE_CLOSING || tab->parting.step != LL_CDP_TAB_STAYS))
        ll_cdp_tab_event(tab, event, params);
    if (tab) return;
    struct ll_cdp_page *page;
    DL_FOREACH(connection->pages, page) {
        if (ll_cdp_evidence_event(page->evidence, event, session, params)) return;
    }
}

static void on_large_event(void *owner, enum ll_cdp_event event, struct ll_slice session,
                           const struct ll_cdp_large *params) {
    struct ll_cdp_connection *connection = owner;
    struct ll_cdp_tab *tab = NULL;
    HASH_FIND(hh, connection->by_session, session.at + 1, session.len - 2, tab);
    if (!tab) return;
    ll_debug("an event of %zu bytes is too large to be read", params->len);
    if (tab->network) ll_cdp_network_large_event(tab->network, event, params);
}

// Only the process's end counts; a socket that closes before it means that the end is near, or is brought about.
static void on_closed(void *owner) {
    struct ll_cdp_connection *connection = owner;
    if (connection->process) ll_process_kill(connection->process);
}

static void on_listening(void *owner, const struct ll_devtools_address *address) {
    struct ll_cdp_connection *connection = owner;
    struct ll_cdp_client_events events = {.owner = connection,
                                          .on_open = on_open,
                                          .on_event = on_event,
                                          .on_large_event = on_large_event,
                                          .on_closed = on_closed};
    connection->state = CONNECTING;
    ll_timer_set(connection->timer, ll_clock_us() + ll_launch_timeout_ms(&connection->launch) * INT64_C(1000));
    connection->client = ll_cdp_client_open(ll_loop_lws(connection->loop), connection->vhost, address, events);
}

static void release_browser(struct ll_cdp_connection *connection) {
    ll_cdp_client_free(&connection->client);
    ll_process_free(&connection->process);
    ll_cdp_painter_reset(connection->painter);
    ll_timer_cancel(connection->health);
    ll_timer_cancel(connection->timer);
    connection->health_sent_us = 0;
}

static void finish_stop(struct ll_cdp_connection *connection) {
    connection->state = OFF;
    connection->on_stopped(connection->owner);
}

static void on_end(void *owner, ll_err why) {
    struct ll_cdp_connection *connection = owner;
    bool was_up = connection->state == UP, was_recycled = connection->is_recycled;
    release_browser(connection);
    connection->drains = connection->is_recycled = false;
    if (connection->state == STOPPING) {
        finish_stop(connection);
        return;
    }
    if (was_recycled) {
        connection->state = DOWN;
        requeue_opening(connection);
        ll_timer_set(connection->timer, 0);
        return;
    }
    if (was_up) connection->sink.count(connection->sink.owner, LL_METRIC_BROWSER_CRASHES, "", 1);
    go_down(connection, why);
}

static int64_t backoff_us(uint32_t failures) {
    int64_t ms = BACKOFF_FIRST_MS;
    while (failures-- > 1 && ms < BACKOFF_MAX_MS) ms *= 2;
    return (ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS) * 1000;
}

// Pages that were being opened wait for the next browser.
static void requeue_opening(struct ll_cdp_connection *connection) {
    struct ll_cdp_page *page;
    DL_FOREACH(connection->pages, page) {
        if (page->state != LL_CDP_PAGE_OPENING) continue;
        ll_cdp_page_reset(page);
        ll_timer_cancel(page->timer);
        page->state = LL_CDP_PAGE_WAITING;
    }
}

static void go_down(struct ll_cdp_connection *connection, ll_err why) {
    connection->state = DOWN;
    connection->last_end = why;
    connection->barren_starts++;
    requeue_opening(connection);
    connection->gave_up = !connection->told_ready || connection->barren_starts >= STARTS_MAX;
    if (!connection->told_ready) {
        why = ll_err_in(why, "%s does not work as a browser (--browser PATH names another)", connection->program);
        lose_pages(connection, true, why);
        tell_ready(connection, why);
        return;
    }
    ll_warn("%s; it is %s", why.text, connection->gave_up ? "given up" : "started again");
    if (!connection->gave_up) ll_timer_set(connection->timer, ll_clock_us() + backoff_us(connection->barren_starts));
    why.status = LL_UNAVAILABLE;
    lose_pages(connection, false, why);
    if (connection->state == DOWN && connection->gave_up)
        lose_pages(connection, true,
                   ll_err_in(connection->last_end, "the browser was started %d times in vain", STARTS_MAX));
}

static void start_browser(struct ll_cdp_connection *connection) {
    struct ll_process_events events = {.owner = connection, .on_listening = on_listening, .on_end = on_end};
    connection->state = STARTING;
    ll_err err = ll_process_start(connection->loop, connection->vhost, connection->program, &connection->launch, events,
                                  &connection->process);
    if (err.status != LL_OK) go_down(connection, err);
}

static void on_timer(void *arg) {
    struct ll_cdp_connection *connection = arg;
    if (connection->state == CONNECTING)
        ll_process_give_up(connection->process); // on_end follows
    else if (connection->state == DOWN || connection->state == OFF)
        start_browser(connection);
    else if (connection->state == STOPPING)
        finish_stop(connection);
}

// --- The ops ---

static struct ll_cdp_connection *of(struct ll_connection *connection) {
    return (struct ll_cdp_connection *)connection;
}

static void cdp_start(struct ll_connection *base) {
    assert(of(base)->state == OFF);
    ll_timer_set(of(base)->timer, 0); // errors are told from the loop
}

static const char *cdp_describe(struct ll_connection *base) {
    return of(base)->description;
}

static struct ll_page *cdp_page_open(struct ll_connection *base, const struct ll_context_options *options,
                                     struct ll_page_events events) {
    struct ll_cdp_connection *connection = of(base);
    assert(connection->state != STOPPING);
    struct ll_cdp_page *page = ll_cdp_page_new(connection, options, events);
    page->base.connection = base;
    page->number = ++connection->opened;
    DL_APPEND(connection->pages, page);
    if (connection->state == UP && !connection->drains)
        ll_cdp_target_open(page);
    else if (connection->state == DOWN && connection->gave_up)
        ll_timer_set(connection->timer, ll_clock_us() + BACKOFF_MAX_MS * INT64_C(1000));
    connection->gave_up = false;
    return &page->base;
}

static void cdp_page_renew(struct ll_page *page) {
    ll_cdp_renewal_begin((struct ll_cdp_page *)page);
}

static void cdp_perform(struct ll_page *page, const struct ll_action *action) {
    ll_cdp_page_perform((struct ll_cdp_page *)page, action);
}

static void cdp_perform_cancel(struct ll_page *page) {
    ll_cdp_page_give_up((struct ll_cdp_page *)page);
}

static void cdp_capture(struct ll_page *page, const struct ll_capture_request *request) {
    ll_cdp_evidence_begin((struct ll_cdp_page *)page, request);
}

static bool cdp_page_rest(struct ll_page *base) {
    struct ll_cdp_page *page = (struct ll_cdp_page *)base;
    assert(page->waiting == LL_CDP_IDLE);
    if (!ll_cdp_page_client(page)) return false; // the page is about to be told that it is lost
    ll_cdp_tabs_rest(page);
    return ll_cdp_renewal_is_due(page);
}

static void cdp_page_close(struct ll_page *base) {
    struct ll_cdp_page *page = (struct ll_cdp_page *)base;
    ll_cdp_page_cancel(page);
    if (page->state == LL_CDP_PAGE_OPENING && page->call && !page->context[0]) {
        page->state = LL_CDP_PAGE_CLOSING; // freed with the step under way
        return;
    }
    if (page->state == LL_CDP_PAGE_OPEN) {
        ll_cdp_evidence_cancel(page->evidence);
        page->evidence = NULL;
        ll_cdp_storage_cancel(page);
        if (!ll_cdp_observer_closing(page)) ll_cdp_parting_close_page(page);
        return;
    }
    if (ll_cdp_renewal_closes(page)) return;
    ll_cdp_target_close(page);
    ll_cdp_connection_page_gone(page);
}

static bool cdp_is_parting(const struct ll_connection *base) {
    const struct ll_cdp_page *page;
    DL_FOREACH(((const struct ll_cdp_connection *)base)->pages, page)
    if (page->state == LL_CDP_PAGE_CLOSING) return true;
    return false;
}

static void cdp_stop(struct ll_connection *base) {
    struct ll_cdp_connection *connection = of(base);
    while (connection->pages) ll_cdp_connection_page_gone(connection->pages);
    ll_cdp_client_free(&connection->client);
    ll_timer_cancel(connection->health);
    connection->state = STOPPING;
    ll_timer_cancel(connection->timer);
    if (connection->process)
        ll_process_kill(connection->process); // on_end follows
    else
        ll_timer_set(connection->timer, 0);
}

static void cdp_fini(struct ll_connection *base) {
    struct ll_cdp_connection *connection = of(base);
    while (connection->pages) ll_cdp_connection_page_gone(connection->pages);
    release_browser(connection);
    ll_timer_free(&connection->timer);
    ll_timer_free(&connection->health);
    ll_cdp_painter_free(&connection->painter);
    lws_vhost_destroy(connection->vhost);
    free(connection);
}

ll_err ll_cdp_connection_open(const struct ll_connection_options *options, struct ll_connection **out) {
    char program[PATH_MAX];
    LL_TRY(options->launch.headed ? ll_browser_find_headed(options->launch.program, program)
                                  : ll_browser_find(options->launch.program, program));
    if (options->launch.paint != LL_PAINT_FULL && !ll_browser_is_headless_shell(program))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "%s draws as it likes: painting less needs the headless shell (package "
                           "chromium-headless-shell, or --browser PATH)",
                           program);
    struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
                                             .protocols = protocols,
                                             .vhost_name = "devtools",
                                             .gid = (gid_t)-1,
                                             .uid = (uid_t)-1};
    struct lws_vhost *vhost = lws_create_vhost(ll_loop_lws(options->loop), &info);
    if (!vhost) return ll_err_make(LL_RESOURCE_EXHAUSTED, "there is no memory left to connect to a browser");
    struct ll_cdp_connection *connection = ll_alloc(1, sizeof *connection);
    connection->ops = cdp_ops;
    connection->covers = covers;
    connection->ops.covers = &connection->covers;
    ll_cdp_painter_cover(options->launch.paint, &connection->covers);
    connection->base.ops = &connection->ops;
    connection->loop = options->loop;
    connection->vhost = vhost;
    connection->launch = options->launch;
    connection->sink = options->sink;
    connection->owner = options->owner;
    connection->on_ready = options->on_ready;
    connection->on_stopped = options->on_stopped;
    connection->timer = ll_timer_new(options->loop, on_timer, connection);
    connection->health = ll_timer_new(options->loop, on_health, connection);
    connection->painter = ll_cdp_painter_new(connection, options->launch.paint);
    snprintf(connection->program, sizeof connection->program, "%s", program);
    *out = &connection->base;
    return LL_SUCCESS;
}

static const struct ll_coverage_table covers = {.of = {
#define LL_COVERS(id, cdp, null) [LL_METRIC_##id] = LL_COVERAGE_##cdp,
#include "agent/browser/covers.def"
#undef LL_COVERS
                                                }};

static const struct ll_connection_ops cdp_ops = {
    .name = "cdp",
    .covers = &covers,
    .start = cdp_start,
    .describe = cdp_describe,
    .page_open = cdp_page_open,
    .page_renew = cdp_page_renew,
    .perform = cdp_perform,
    .perform_cancel = cdp_perform_cancel,
    .capture = cdp_capture,
    .page_rest = cdp_page_rest,
    .page_close = cdp_page_close,
    .is_parting = cdp_is_parting,
    .stop = cdp_stop,
    .fini = cdp_fini,
};
