#include "tests/unit/agent/fake_browser.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <utlist.h>

struct fake_page {
    struct ll_page base; // first
    struct fake_browser *browser;
    struct ll_page_events events;
    enum ll_renewal renewal;
    bool is_opening;
    int64_t opens_us, answers_us, captured_us; // INT64_MAX: not to come
    struct fake_page *prev, *next;
};

static int64_t after(int64_t now_us, int64_t takes_us) {
    return takes_us == INT64_MAX ? INT64_MAX : now_us + takes_us;
}

static struct ll_page *page_open(struct ll_connection *connection, const struct ll_context_options *options,
                                 struct ll_page_events events) {
    struct fake_browser *browser = (struct fake_browser *)connection;
    struct fake_page *page = ll_alloc(1, sizeof *page);
    page->base.connection = connection;
    page->browser = browser;
    page->events = events;
    page->renewal = options->renewal;
    page->is_opening = true;
    page->opens_us = after(browser->now_us, browser->open_takes_us);
    page->answers_us = page->captured_us = INT64_MAX;
    DL_APPEND(browser->pages, page);
    if (++browser->opening > browser->most_opening) browser->most_opening = browser->opening;
    return &page->base;
}

static bool page_rest(struct ll_page *base) {
    struct fake_page *page = (struct fake_page *)base;
    page->browser->rested++;
    return page->renewal != LL_RENEWAL_NONE;
}

static void page_renew(struct ll_page *base) {
    struct fake_page *page = (struct fake_page *)base;
    assert(!page->is_opening && page->answers_us == INT64_MAX);
    page->browser->renewed++;
    page->is_opening = true;
    page->opens_us = after(page->browser->now_us, page->browser->open_takes_us);
    if (++page->browser->opening > page->browser->most_opening) page->browser->most_opening = page->browser->opening;
}

static void perform(struct ll_page *base, const struct ll_action *action) {
    (void)action;
    struct fake_page *page = (struct fake_page *)base;
    assert(!page->is_opening && page->answers_us == INT64_MAX);
    page->browser->performed++;
    page->answers_us = after(page->browser->now_us, page->browser->action_takes_us);
}

static void perform_cancel(struct ll_page *base) {
    struct fake_page *page = (struct fake_page *)base;
    page->browser->cancelled++;
    page->answers_us = INT64_MAX;
}

static void capture(struct ll_page *base, const struct ll_capture_request *request) {
    struct fake_page *page = (struct fake_page *)base;
    (void)request;
    assert(!page->is_opening && page->answers_us == INT64_MAX);
    page->browser->captures++;
    page->captured_us = after(page->browser->now_us, page->browser->capture_takes_us);
}

static void forget(struct fake_page *page) {
    if (page->is_opening) page->browser->opening--;
    DL_DELETE(page->browser->pages, page);
    free(page);
}

static void page_close(struct ll_page *base) {
    struct fake_page *page = (struct fake_page *)base;
    page->browser->closed++;
    forget(page);
}

static const struct ll_connection_ops ops = {
    .name = "fake",
    .page_open = page_open,
    .page_renew = page_renew,
    .perform = perform,
    .perform_cancel = perform_cancel,
    .capture = capture,
    .page_rest = page_rest,
    .page_close = page_close,
};

void fake_browser_init(struct fake_browser *browser) {
    *browser = (struct fake_browser){
        .base = {.ops = &ops}, .open_takes_us = 1000, .action_takes_us = 1000, .capture_takes_us = 50000};
}

static int64_t due_us(const struct fake_page *page) {
    int64_t due_us = page->opens_us < page->answers_us ? page->opens_us : page->answers_us;
    return due_us < page->captured_us ? due_us : page->captured_us;
}

static struct fake_page *earliest(const struct fake_browser *browser) {
    struct fake_page *earliest = NULL, *page;
    DL_FOREACH(browser->pages, page)
    if (!earliest || due_us(page) < due_us(earliest)) earliest = page;
    return earliest;
}

int64_t fake_browser_next_us(const struct fake_browser *browser) {
    struct fake_page *page = earliest(browser);
    return page ? due_us(page) : INT64_MAX;
}

static void answer(struct fake_page *page) {
    struct fake_browser *browser = page->browser;
    struct ll_page_events events = page->events;
    if (page->is_opening && browser->open_err.status != LL_OK) {
        forget(page);
        events.on_page_open(events.owner, browser->open_err);
    } else if (page->is_opening) {
        page->is_opening = false;
        page->opens_us = INT64_MAX;
        browser->opening--;
        browser->opened++;
        events.on_page_open(events.owner, LL_SUCCESS);
    } else if (page->captured_us < page->answers_us) {
        static const struct ll_capture capture = {.url = "http://shop/cart?id=1",
                                                  .picture = "JPEG",
                                                  .picture_bytes = 4,
                                                  .html = "<p>sold out",
                                                  .html_bytes = 11,
                                                  .visible = "sold out",
                                                  .visible_bytes = 8,
                                                  .console = "error: hunter22\n",
                                                  .requests = "GET 200 http://shop/cart\n"};
        page->captured_us = INT64_MAX;
        events.on_captured(events.owner, &capture);
    } else {
        page->answers_us = INT64_MAX;
        struct ll_action_result result = {.err = browser->action_err};
        events.on_done(events.owner, &result);
    }
}

void fake_browser_advance(struct fake_browser *browser, int64_t now_us) {
    browser->now_us = now_us;
    struct fake_page *page;
    while ((page = earliest(browser)) && due_us(page) <= now_us) answer(page);
}

void fake_browser_crash(struct fake_browser *browser) {
    fake_browser_lose_pages(browser, ll_err_make(LL_UNAVAILABLE, "it crashed"));
}

void fake_browser_lose_pages(struct fake_browser *browser, ll_err why) {
    struct fake_page *page, *next, *dying = browser->pages;
    browser->pages = NULL; // pages opened from now on belong to the browser's next life
    browser->opening = 0;
    DL_FOREACH_SAFE(dying, page, next) {
        struct ll_page_events events = page->events;
        static const struct ll_capture known = {.url = "http://shop/last",
                                                .console = "",
                                                .requests = "GET 200 http://shop/last\n",
                                                .html = "",
                                                .visible = ""};
        events.on_page_known(events.owner, &known);
        free(page);
        events.on_page_lost(events.owner, why);
    }
}
