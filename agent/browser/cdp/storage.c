// A snapshot: getCookies → for each origin: its items → done. Giving one back: clear → setCookies → for each origin:
// its items → done. An origin that a tab shows is asked there; the first other one has the hidden tab made:
//
//     createTarget → attachedToTarget → navigate ─┬─ requestPaused, answered with nothing ─► navigate answers →
//     evaluate
//                          ▲                      └──────────────── next origin ◄──────────────────────────────────┘
//
// What goes wrong: a command is refused, or the hidden tab dies - the job ends with an error; the page's time is over -
// whoever waits cancels the job. The hidden tab is closed in every case.
#include "agent/browser/cdp/storage.h"

#include "agent/browser/cdp/page.h"
#include "agent/browser/cdp/world.h"
#include "libcommon/base/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct ll_cdp_storage_job {
    ll_cdp_storage_done *done;
    struct ll_buf out; // a snapshot under construction
    bool has_origins;  // in it
    ll_json *given;    // owned; a snapshot to give; NULL: one is taken
    const ll_json *next_given;
    size_t next_taken;          // of the page's origins
    char origin[LL_ORIGIN_MAX]; // the one at work
    struct ll_cdp_tab visitor;  // without a session until it is made
    bool is_making_visitor;
};

static const char read_items[] =
    "(() => { const items = []; try { for (let i = 0; i < localStorage.length; i++) { const name = localStorage.key(i);"
    " items.push({ name, value: localStorage.getItem(name) }) } } catch { } return items })()";

static void next_origin(struct ll_cdp_page *page);

// ---- The origins

void ll_cdp_storage_saw(struct ll_cdp_page *page, const char *url) {
    struct ll_cdp_storage *storage = &page->storage;
    char origin[LL_ORIGIN_MAX];
    if (!ll_origin_of(url, origin)) return;
    for (size_t i = 0; i < storage->origin_count; i++)
        if (strcmp(storage->origins[i], origin) == 0) return;
    if (storage->origin_count < LL_STORAGE_ORIGINS_MAX)
        storage->origins[storage->origin_count++] = ll_strdup(origin);
    else
        storage->has_more = true;
}

void ll_cdp_storage_forget(struct ll_cdp_page *page) {
    struct ll_cdp_storage *storage = &page->storage;
    while (storage->origin_count) free(storage->origins[--storage->origin_count]);
    storage->has_more = false;
}

void ll_cdp_storage_fini(struct ll_cdp_page *page) {
    ll_cdp_storage_cancel(page);
    ll_cdp_storage_forget(page);
}

// ---- A job's life

static struct ll_cdp_storage_job *begin_job(struct ll_cdp_page *page, ll_cdp_storage_done *done) {
    struct ll_cdp_storage_job *job = ll_alloc(1, sizeof *job);
    job->done = done;
    job->out = ll_buf_make(LL_STORAGE_MAX);
    job->visitor.page = page;
    return page->storage.job = job;
}

void ll_cdp_storage_cancel(struct ll_cdp_page *page) {
    struct ll_cdp_storage_job *job = page->storage.job;
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    if (!job) return;
    page->storage.job = NULL;
    ll_cdp_forget(client, page->call);
    page->call = 0;
    ll_cdp_connection_remove_session(page->connection, &job->visitor);
    if (client && job->visitor.session[0]) ll_cdp_forget_session(client, job->visitor.session);
    if (client && job->visitor.target[0]) {
        ll_buf_printf(ll_cdp_begin(client, "", "Target.closeTarget"), "{\"targetId\":\"%s\"}", job->visitor.target);
        ll_cdp_end(client, NULL, NULL);
    }
    ll_json_free(&job->given);
    ll_buf_fini(&job->out);
    free(job);
}

static void end_job(struct ll_cdp_page *page, ll_err err) {
    struct ll_cdp_storage_job *job = page->storage.job;
    ll_cdp_storage_done *done = job->done;
    struct ll_buf out = job->out;
    job->out = ll_buf_make(0);
    if (err.status == LL_OK && out.overflowed)
        err = ll_err_make(LL_RESOURCE_EXHAUSTED, "what the context stores is more than %d bytes", LL_STORAGE_MAX);
    ll_cdp_storage_cancel(page);
    bool has_snapshot = err.status == LL_OK && out.len > 0;
    done(page, err, has_snapshot ? (struct ll_slice){ll_buf_str(&out), out.len} : (struct ll_slice){NULL, 0});
    ll_buf_fini(&out);
}

// Sends what the job then awaits.
static void await(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    page->call = ll_cdp_end(ll_cdp_page_client(page), answered, page);
    if (!page->call) end_job(page, ll_err_make(LL_RESOURCE_EXHAUSTED, "the browser is too busy"));
}

// False when the answer was a refusal, which has ended the job.
static bool take_answer(struct ll_cdp_page *page, const struct ll_cdp_answer *answer) {
    char text[128];
    page->call = 0;
    if (!answer->failed) return true;
    ll_scan_text(answer->error, text, sizeof text);
    end_job(page, ll_err_make(LL_UNAVAILABLE, "the browser refuses: %s", text));
    return false;
}

// ---- The items of one origin

static void on_written(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (!take_answer(page, answer)) return;
    if (ll_scan_get(answer->result, "exceptionDetails").len)
        end_job(page,
                ll_err_make(LL_RESOURCE_EXHAUSTED, "the local storage of %s takes no more", page->storage.job->origin));
    else
        next_origin(page);
}

static void on_read(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    struct ll_cdp_storage_job *job = page->storage.job;
    if (!take_answer(page, answer)) return;
    struct ll_slice items = ll_scan_get(ll_scan_get(answer->result, "result"), "value");
    if (items.len > strlen("[]")) {
        ll_buf_printf(&job->out, "%s{\"origin\":\"%s\",\"localStorage\":", job->has_origins ? "," : "", job->origin);
        ll_buf_append(&job->out, items.at, items.len);
        ll_buf_text(&job->out, "}");
        job->has_origins = true;
    }
    next_origin(page);
}

// Reads the items of the job's origin, or writes those that were given, in the tab with that session.
static void ask_items(struct ll_cdp_page *page, const char *session) {
    struct ll_cdp_storage_job *job = page->storage.job;
    struct ll_buf code = ll_buf_make(2 * LL_STORAGE_MAX + 1024);
    if (job->given) {
        struct ll_json_writer items = ll_json_writer_make(&code);
        ll_buf_text(&code, "for (const [name, value] of ");
        ll_json_begin_array(&items, NULL);
        const ll_json *list = ll_json_get(job->next_given, "localStorage");
        for (const ll_json *item = ll_json_first(list); item; item = ll_json_next(item)) {
            ll_json_begin_array(&items, NULL);
            ll_json_write_string(&items, NULL, ll_json_string(ll_json_get(item, "name"), ""));
            ll_json_write_string(&items, NULL, ll_json_string(ll_json_get(item, "value"), ""));
            ll_json_end_array(&items);
        }
        ll_json_end_array(&items);
        ll_buf_text(&code, ") localStorage.setItem(name, value)");
        job->next_given = ll_json_next(job->next_given);
    } else {
        ll_buf_text(&code, read_items);
    }
    struct ll_buf *out = ll_cdp_begin(ll_cdp_page_client(page), session, "Runtime.evaluate");
    ll_buf_text(out, "{\"expression\":");
    ll_json_quote(out, ll_buf_str(&code), code.len);
    ll_buf_text(out, ",\"returnByValue\":true}");
    if (code.overflowed) out->overflowed = true;
    ll_buf_fini(&code);
    await(page, job->given ? on_written : on_read);
}

// ---- The hidden tab

static void on_visited(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (take_answer(page, answer)) ask_items(page, page->storage.job->visitor.session);
}

static void visit(struct ll_cdp_page *page) {
    struct ll_cdp_storage_job *job = page->storage.job;
    ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), job->visitor.session, "Page.navigate"), "{\"url\":\"%s/\"}",
                  job->origin);
    await(page, on_visited);
}

// Answers the hidden tab's own requests with nothing. Without it the tab is gone, and with it the job.
static void on_visitor_event(struct ll_cdp_tab *visitor, enum ll_cdp_event event, struct ll_slice params) {
    struct ll_cdp_page *page = visitor->page;
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    if (event == LL_CDP_FETCH_REQUEST_PAUSED) {
        struct ll_slice id = ll_scan_get(params, "requestId");
        ll_buf_printf(ll_cdp_begin(client, visitor->session, "Fetch.fulfillRequest"),
                      "{\"requestId\":%.*s,\"responseCode\":200,\"responseHeaders\":[{\"name\":\"content-type\","
                      "\"value\":\"text/html\"}],\"body\":\"\"}",
                      (int)id.len, id.at);
        ll_cdp_end(client, NULL, NULL);
    } else if (event == LL_CDP_DETACHED_FROM_TARGET || event == LL_CDP_TARGET_CRASHED) {
        end_job(page, ll_err_make(LL_UNAVAILABLE, "the tab that reads what is stored has died"));
    }
}

// As every new tab of the context it is attached to by the browser and held; see target.c.
bool ll_cdp_storage_attached(struct ll_cdp_page *page, const char *session, struct ll_slice target) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    struct ll_cdp_storage_job *job = page->storage.job;
    if (!job || !job->is_making_visitor || job->visitor.session[0]) return false;
    struct ll_cdp_tab *visitor = &job->visitor;
    snprintf(visitor->session, sizeof visitor->session, "%s", session);
    ll_scan_text(target, visitor->target, sizeof visitor->target);
    visitor->listener = on_visitor_event;
    ll_cdp_connection_add_session(page->connection, visitor);
    // A service worker would answer before it comes to here.
    ll_cdp_call(client, visitor->session, "Network.enable", "{}", NULL, NULL);
    ll_cdp_call(client, visitor->session, "Network.setBypassServiceWorker", "{\"bypass\":true}", NULL, NULL);
    ll_cdp_call(client, visitor->session, "Fetch.enable", "{\"patterns\":[{\"urlPattern\":\"*\"}]}", NULL, NULL);
    ll_cdp_call(client, visitor->session, "Runtime.runIfWaitingForDebugger", "{}", NULL, NULL);
    return true;
}

// The tab was told before this answer.
static void on_created(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (!take_answer(page, answer)) return;
    struct ll_cdp_storage_job *job = page->storage.job;
    job->is_making_visitor = false;
    if (job->visitor.session[0])
        visit(page);
    else
        end_job(page, ll_err_make(LL_UNAVAILABLE, "the browser gives no tab to read what is stored"));
}

// ---- One origin after another

// A tab that shows the origin and can be asked.
static const struct ll_cdp_tab *find_tab(const struct ll_cdp_page *page, const char *origin) {
    const struct ll_cdp_tab *tab;
    char shown[LL_ORIGIN_MAX];
    DL_FOREACH(page->tabs, tab) {
        bool is_ready = tab->state == LL_CDP_TAB_OPEN && !tab->navigating && !tab->probe;
        if (is_ready && ll_origin_of(tab->url, shown) && strcmp(shown, origin) == 0) return tab;
    }
    return NULL;
}

// False when there are no more.
static bool take_origin(struct ll_cdp_page *page) {
    struct ll_cdp_storage_job *job = page->storage.job;
    if (!job->given) {
        if (job->next_taken == page->storage.origin_count) return false;
        snprintf(job->origin, sizeof job->origin, "%s", page->storage.origins[job->next_taken++]);
        return true;
    }
    for (; job->next_given; job->next_given = ll_json_next(job->next_given))
        if (ll_origin_of(ll_json_string(ll_json_get(job->next_given, "origin"), ""), job->origin)) break;
    if (job->next_given) ll_cdp_storage_saw(page, job->origin);
    return job->next_given != NULL;
}

static void next_origin(struct ll_cdp_page *page) {
    struct ll_cdp_storage_job *job = page->storage.job;
    if (!take_origin(page)) {
        if (!job->given) ll_buf_text(&job->out, "]}");
        end_job(page, LL_SUCCESS);
        return;
    }
    const struct ll_cdp_tab *tab = find_tab(page, job->origin);
    if (tab) {
        ask_items(page, tab->session);
    } else if (job->visitor.session[0]) {
        visit(page);
    } else {
        job->is_making_visitor = true;
        ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), "", "Target.createTarget"),
                      "{\"url\":\"about:blank\",\"browserContextId\":\"%s\",\"hidden\":true}", page->context);
        await(page, on_created);
    }
}

// ---- Cookies, and the two ways

static void copy_member(struct ll_json_writer *writer, struct ll_slice cookie, const char *name) {
    struct ll_slice value = ll_scan_get(cookie, name);
    if (!value.len) return;
    ll_json_write_raw(writer, name, "");
    ll_buf_append(writer->buf, value.at, value.len);
}

static void on_cookies(void *arg, const struct ll_cdp_answer *answer) {
    static const char *const members[] = {"name",     "value",  "domain",  "path",
                                          "httpOnly", "secure", "expires", "sameSite"};
    struct ll_cdp_page *page = arg;
    if (!take_answer(page, answer)) return;
    struct ll_json_writer writer = ll_json_writer_make(&page->storage.job->out);
    struct ll_slice cookies = ll_scan_get(answer->result, "cookies"), cookie;
    ll_json_begin_object(&writer, NULL);
    ll_json_begin_array(&writer, "cookies");
    for (size_t i = 0; (cookie = ll_scan_item(cookies, i)).len; i++) {
        ll_json_begin_object(&writer, NULL);
        for (size_t k = 0; k < sizeof members / sizeof *members; k++) copy_member(&writer, cookie, members[k]);
        ll_json_end_object(&writer);
    }
    ll_json_end_array(&writer);
    ll_json_begin_array(&writer, "origins");
    next_origin(page);
}

void ll_cdp_storage_take(struct ll_cdp_page *page, ll_cdp_storage_done *done) {
    begin_job(page, done);
    if (page->storage.has_more) {
        end_job(page,
                ll_err_make(LL_RESOURCE_EXHAUSTED, "its tabs have shown more than %d sites", LL_STORAGE_ORIGINS_MAX));
        return;
    }
    ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), "", "Storage.getCookies"), "{\"browserContextId\":\"%s\"}",
                  page->context);
    await(page, on_cookies);
}

static void write_cookie(struct ll_json_writer *writer, const ll_json *cookie) {
    double expires = ll_json_number(ll_json_get(cookie, "expires"), -1);
    ll_json_begin_object(writer, NULL);
    ll_json_write_string(writer, "name", ll_json_string(ll_json_get(cookie, "name"), ""));
    ll_json_write_string(writer, "value", ll_json_string(ll_json_get(cookie, "value"), ""));
    ll_json_write_string(writer, "domain", ll_json_string(ll_json_get(cookie, "domain"), ""));
    ll_json_write_string(writer, "path", ll_json_string(ll_json_get(cookie, "path"), "/"));
    ll_json_write_bool(writer, "httpOnly", ll_json_bool(ll_json_get(cookie, "httpOnly"), false));
    ll_json_write_bool(writer, "secure", ll_json_bool(ll_json_get(cookie, "secure"), false));
    if (expires > 0) ll_json_write_number(writer, "expires", expires);
    const char *same_site = ll_json_string(ll_json_get(cookie, "sameSite"), "");
    if (*same_site) ll_json_write_string(writer, "sameSite", same_site);
    ll_json_end_object(writer);
}

static void on_cookies_set(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (take_answer(page, answer)) next_origin(page);
}

static void on_cleared(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (!take_answer(page, answer)) return;
    const ll_json *cookies = ll_json_get(page->storage.job->given, "cookies");
    struct ll_buf *out = ll_cdp_begin(ll_cdp_page_client(page), "", "Storage.setCookies");
    struct ll_json_writer writer = ll_json_writer_make(out);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "browserContextId", page->context);
    ll_json_begin_array(&writer, "cookies");
    for (const ll_json *cookie = ll_json_first(cookies); cookie; cookie = ll_json_next(cookie))
        write_cookie(&writer, cookie);
    ll_json_end_array(&writer);
    ll_json_end_object(&writer);
    await(page, on_cookies_set);
}

struct ll_buf *ll_cdp_storage_clear(struct ll_cdp_page *page) {
    struct ll_buf *out = ll_cdp_begin(ll_cdp_page_client(page), page->tab->session, "Storage.clearDataForOrigin");
    ll_buf_text(out, "{\"origin\":\"*\",\"storageTypes\":\"all\"}");
    return out;
}

void ll_cdp_storage_give(struct ll_cdp_page *page, const char *snapshot, ll_cdp_storage_done *done) {
    struct ll_cdp_storage_job *job = begin_job(page, done);
    ll_err err = ll_json_parse(snapshot, strlen(snapshot), &job->given);
    if (err.status == LL_OK) err = ll_storage_check(job->given);
    if (err.status != LL_OK) {
        end_job(page, err);
        return;
    }
    job->next_given = ll_json_first(ll_json_get(job->given, "origins"));
    ll_cdp_storage_clear(page);
    await(page, on_cleared);
}

// ---- The operations

static void on_snapshot(struct ll_cdp_page *page, ll_err err, struct ll_slice snapshot) {
    ll_json *json = NULL;
    if (err.status == LL_OK) err = ll_json_parse(snapshot.at, snapshot.len, &json);
    if (err.status == LL_OK)
        ll_cdp_page_finish(page, LL_SUCCESS, json);
    else
        ll_cdp_page_finish_soon(page, err); // it may have come from inside of perform
    ll_json_free(&json);
}

void ll_cdp_storage_perform_snapshot(struct ll_cdp_page *page) {
    page->waiting = LL_CDP_WAITS_STORAGE;
    ll_cdp_storage_take(page, on_snapshot);
}

static void on_restored(struct ll_cdp_page *page, ll_err err, struct ll_slice snapshot) {
    (void)snapshot;
    if (err.status == LL_OK)
        ll_cdp_page_finish(page, LL_SUCCESS, NULL);
    else
        ll_cdp_page_finish_soon(page, err);
}

void ll_cdp_storage_perform_restore(struct ll_cdp_page *page) {
    page->waiting = LL_CDP_WAITS_STORAGE;
    ll_cdp_storage_give(page, page->action.argument, on_restored);
}

static void on_databases_answer(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    (void)answer; // a failed one is of a document that has gone: the next one has its own connection
    page->call = 0;
    ll_cdp_page_finish(page, LL_SUCCESS, NULL);
}

static void ask_databases(struct ll_cdp_page *page) {
    ll_buf_printf(ll_cdp_page_begin(page, "Runtime.evaluate"),
                  "{\"expression\":\"__liveload('reset_context_storage',%u)\",\"contextId\":%" PRIu64
                  ",\"awaitPromise\":true}",
                  ll_cdp_page_remaining_ms(page), page->tab->world);
    ll_cdp_page_end(page, on_databases_answer);
}

// The document that is shown may not know yet that its databases are gone; see page/storage.js.
static void on_emptied(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    if (answer->failed) {
        ll_cdp_page_finish(page, ll_err_make(LL_UNAVAILABLE, "the browser refuses"), NULL);
        return;
    }
    ll_cdp_world_learn(page, ask_databases);
}

void ll_cdp_storage_perform_reset(struct ll_cdp_page *page) {
    ll_cdp_storage_clear(page);
    ll_cdp_page_end(page, on_emptied);
}
