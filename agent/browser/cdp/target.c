// A user's context and its first tab. Opening is four steps, since each needs the id that the one before gives:
// createBrowserContext, createTarget, attachToTarget, and then everything about the session at once.
//
// All of them together have the context's timeout. The answer to the step under way may still come after that and bring
// an id to give back, so such a page is told that it is not opened, and is closed as one that its user closes early.
//
// Only what is needed is enabled: Page and Network. Runtime is not: evaluate works without it, and it would tell of
// every console message. Downloads are denied, so that nothing piles up.
#include "agent/browser/cdp/emulate.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/clock.h"

#include <stdio.h>
#include <string.h>
#include <utlist.h>

extern const char ll_page_script[];
extern const size_t ll_page_script_len;

static void on_context(void *arg, const struct ll_cdp_answer *answer);
static void on_permissions(void *arg, const struct ll_cdp_answer *answer);
static void make_target(struct ll_cdp_page *page);
static void on_target(void *arg, const struct ll_cdp_answer *answer);
static void on_session(void *arg, const struct ll_cdp_answer *answer);
static void on_set_up(void *arg, const struct ll_cdp_answer *answer);
static void on_stored(struct ll_cdp_page *page, ll_err err, struct ll_slice unused);

// Sends a step; without room for it the page cannot be opened, which is told from the loop.
static void end_step(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    page->call = ll_cdp_end(ll_cdp_page_client(page), answered, page);
    if (page->call) return;
    page->outcome = ll_err_make(LL_RESOURCE_EXHAUSTED, "the browser is too busy to open pages");
    ll_timer_set(page->timer, 0);
}

// The id that a step's answer brings. False when the opening is over, one way or the other.
static bool take_step(struct ll_cdp_page *page, const struct ll_cdp_answer *answer, const char *key, char *out) {
    page->call = 0;
    if (!answer->failed) ll_scan_text(ll_scan_get(answer->result, key), out, LL_CDP_ID_MAX);
    if (page->state == LL_CDP_PAGE_CLOSING) {
        ll_cdp_target_close(page);
        ll_cdp_connection_page_gone(page);
        return false;
    }
    if (!answer->failed) return true;
    char text[256];
    ll_scan_text(answer->error, text, sizeof text);
    ll_cdp_target_close(page);
    ll_cdp_connection_page_opened(page, ll_err_make(LL_UNAVAILABLE, "the browser opened no page: %s", text));
    return false;
}

void ll_cdp_target_open(struct ll_cdp_page *page) {
    page->state = LL_CDP_PAGE_OPENING;
    uint32_t timeout_ms = page->options.timeout_ms ? page->options.timeout_ms : LL_CONTEXT_TIMEOUT_MS;
    page->outcome = ll_err_make(LL_DEADLINE_EXCEEDED, "the browser opened no page for %g s", timeout_ms / 1000.0);
    ll_timer_set(page->timer, ll_clock_us() + timeout_ms * INT64_C(1000));
    ll_cdp_emulate_context(&page->options, ll_cdp_begin(ll_cdp_page_client(page), "", "Target.createBrowserContext"));
    end_step(page, on_context);
}

static void on_context(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (!take_step(page, answer, "browserContextId", page->context)) return;
    ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), "", "Browser.setDownloadBehavior"),
                  "{\"behavior\":\"deny\",\"browserContextId\":\"%s\"}", page->context);
    ll_cdp_end(ll_cdp_page_client(page), NULL, NULL);
    if (ll_cdp_emulate_permissions(page))
        end_step(page, on_permissions);
    else
        make_target(page);
}

static void on_permissions(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    char unused[LL_CDP_ID_MAX];
    if (take_step(page, answer, "", unused)) make_target(page);
}

static void make_target(struct ll_cdp_page *page) {
    enum ll_paint paint = ll_cdp_connection_launch(page->connection)->paint;
    ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), "", "Target.createTarget"),
                  "{\"url\":\"about:blank\",\"browserContextId\":\"%s\",\"width\":%u,\"height\":%u%s}", page->context,
                  page->options.viewport_width, page->options.viewport_height,
                  paint == LL_PAINT_FULL ? "" : ",\"enableBeginFrameControl\":true");
    end_step(page, on_target);
}

static void on_target(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (!take_step(page, answer, "targetId", page->tab->target)) return;
    ll_buf_printf(ll_cdp_begin(ll_cdp_page_client(page), "", "Target.attachToTarget"),
                  "{\"targetId\":\"%s\",\"flatten\":true}", page->tab->target);
    end_step(page, on_session);
}

static struct ll_buf *set_up(struct ll_cdp_tab *tab, const char *method) {
    return ll_cdp_begin(ll_cdp_page_client(tab->page), tab->session, method);
}

static void send(struct ll_cdp_tab *tab) {
    ll_cdp_end(ll_cdp_page_client(tab->page), NULL, NULL);
}

// https://chromedevtools.github.io/devtools-protocol/tot/Network/#method-setBlockedURLs
static void block_requests(struct ll_cdp_tab *tab) {
    const struct ll_request_filter *filter = &tab->page->options.requests;
    if (!filter->block_count) return;
    struct ll_json_writer writer = ll_json_writer_make(set_up(tab, "Network.setBlockedURLs"));
    ll_json_begin_object(&writer, NULL);
    ll_json_begin_array(&writer, "urls");
    for (size_t i = 0; i < filter->block_count; i++) ll_json_write_string(&writer, NULL, filter->block[i]);
    ll_json_end_array(&writer);
    ll_json_end_object(&writer);
    send(tab);
}

static void enable_domains(struct ll_cdp_tab *tab) {
    ll_buf_text(set_up(tab, "Page.enable"), "{}");
    send(tab);
    // Bodies are never asked for, so Chromium need not keep them.
    ll_buf_text(set_up(tab, "Network.enable"),
                "{\"maxTotalBufferSize\":0,\"maxResourceBufferSize\":0,\"maxPostDataSize\":0}");
    send(tab);
    block_requests(tab);
}

static void on_session(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (!take_step(page, answer, "sessionId", page->tab->session)) return;
    ll_cdp_connection_add_session(page->connection, page->tab);
    enable_domains(page->tab);
    ll_cdp_emulate_tab(page->tab);
    ll_cdp_auth_begin(page->tab);
    struct ll_buf *out = set_up(page->tab, "Page.addScriptToEvaluateOnNewDocument");
    ll_buf_text(out, "{\"source\":");
    ll_json_quote(out, ll_page_script, ll_page_script_len);
    ll_buf_text(out, ",\"runImmediately\":true}");
    end_step(page, on_set_up);
}

static void on_set_up(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    char unused[LL_CDP_ID_MAX];
    if (!take_step(page, answer, "identifier", unused)) return;
    if (page->refusal.status != LL_OK) {
        ll_cdp_target_close(page);
        ll_cdp_connection_page_opened(page, page->refusal);
        return;
    }
    snprintf(page->tab->url, sizeof page->tab->url, "about:blank");
    page->tab->loaded = true;
    if (page->options.storage)
        ll_cdp_storage_give(page, page->options.storage, on_stored);
    else
        on_stored(page, LL_SUCCESS, (struct ll_slice){NULL, 0});
}

static void on_stored(struct ll_cdp_page *page, ll_err err, struct ll_slice unused) {
    (void)unused;
    if (err.status != LL_OK) {
        ll_cdp_target_close(page);
        ll_cdp_connection_page_opened(page, ll_err_in(err, "context.storage"));
        return;
    }
    ll_timer_cancel(page->timer);
    ll_cdp_connection_page_opened(page, LL_SUCCESS);
}

void ll_cdp_target_give_up(struct ll_cdp_page *page) {
    ll_err why = page->outcome;
    if (!page->call || page->storage.job) { // no id is under way that would have to be given back
        ll_cdp_storage_cancel(page);
        ll_cdp_target_close(page);
        ll_cdp_connection_page_opened(page, why);
        return;
    }
    struct ll_page_events events = page->events;
    page->state = LL_CDP_PAGE_CLOSING;
    events.on_page_open(events.owner, why);
}

void ll_cdp_target_close(struct ll_cdp_page *page) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    if (!client || !page->context[0]) return;
    ll_buf_printf(ll_cdp_begin(client, "", "Target.disposeBrowserContext"), "{\"browserContextId\":\"%s\"}",
                  page->context);
    ll_cdp_end(client, NULL, NULL);
    page->context[0] = '\0';
    struct ll_cdp_tab *tab;
    DL_FOREACH(page->tabs, tab) {
        if (tab->session[0]) ll_cdp_forget_session(client, tab->session);
    }
}
