// The operations for LiveView, with its own client in a real browser.
#include "tests/unit/browser/shop_driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static struct driver driver;
static struct shop shop;
static struct driven_page page;

static void begin(void) {
    shop_driver_begin(&driver, &shop);
    driven_open(&driver, &page);
}

static void end(void) {
    shop_driver_end(&driver, &shop);
}

TestSuite(live_wait, .init = begin, .fini = end);

static void act(enum ll_operation operation, const char *selector, const char *text) {
    ll_err err = driven_do(&page, operation, selector, text);
    cr_assert_eq(err.status, LL_OK, "%s: %s", ll_operation_info(operation)->name, err.text);
}

static void open_live(const char *path) {
    driven_visit(&page, path);
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
}

static void expect_failure(enum ll_operation operation, const char *selector, const char *text, uint32_t timeout_ms,
                           enum ll_status status, const char *sentence) {
    struct ll_action action = {.operation = operation, .selector = selector, .text = text, .timeout_ms = timeout_ms};
    ll_err err = driven_act(&page, &action);
    cr_expect_eq(err.status, status, "%s", err.text);
    cr_expect_str_eq(err.text, sentence);
}

static void expect_text(const char *selector, const char *text) {
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, selector, NULL), text, "%s is %s", selector, page.value);
}

// The wait that follows is over before the shop answers; without the knob it would take that long.
static void expect_at_once(const char *kind, const char *selector) {
    int64_t start_us = ll_clock_us();
    act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, selector, kind);
    cr_expect(lt(long, (long)(ll_clock_us() - start_us) / 1000, 2500L));
}

Test(live_wait, a_page_is_one_of_liveview_or_not) {
    driven_visit(&page, "/live/counter");
    act(LL_OP_ENSURE_LIVEVIEW, NULL, NULL);
    driven_visit(&page, "/products");
    expect_failure(LL_OP_ENSURE_LIVEVIEW, NULL, NULL, 5000, LL_FAILED_PRECONDITION, "the page is no LiveView page");
    expect_failure(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL, 300, LL_DEADLINE_EXCEEDED, "the page is no LiveView page");
}

Test(live_wait, a_view_is_awaited_until_it_is_connected) {
    shop_knob(&shop, "path=/live/counter,event=phx_join,latency=400ms");
    driven_visit(&page, "/live/counter");
    expect_failure(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL, 50, LL_DEADLINE_EXCEEDED, "LiveView is not connected");
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
    cr_expect_str_eq(read_js(&page, "liveSocket.main.isConnected()"), "true");
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
}

Test(live_wait, a_view_that_takes_another_s_place_is_awaited_too) {
    shop_knob(&shop, "path=/live/counter,event=phx_join,latency=400ms");
    open_live("/live/travel");
    act(LL_OP_CLICK, "#link-navigate", NULL);
    expect_failure(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL, 50, LL_DEADLINE_EXCEEDED,
                   "LiveView is still loading the page (redirect)");
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
    expect_text("#count", "0");
}

Test(live_wait, a_lost_connection_is_awaited) {
    open_live("/live/counter");
    shop_knob(&shop, "path=/live,disconnect=0ms,refuse=300ms");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_DISCONNECTIONS, NULL, 1);
    expect_failure(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL, 20, LL_DEADLINE_EXCEEDED, "LiveView has lost its connection");
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
    act(LL_OP_CLICK, "#up", NULL);
    act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#up", "click");
    expect_text("#count", "1");
}

Test(live_wait, each_kind_of_loading_is_awaited) {
    static const struct {
        const char *knob, *path, *selector, *text, *kind, *waits_on;
        enum ll_operation operation;
    } cases[] = {
        {"add", "/live/products", "#product-0 .add", NULL, "click", "#product-0 .add", LL_OP_CLICK},
        {"focus", "/live/keys", "#focus", NULL, "focus", "#focus", LL_OP_CLICK},
        {"keydown", "/live/keys", "#keydown", "a", "keydown", "#keydown", LL_OP_PRESS},
        {"keyup", "/live/keys", "#keyup", "a", "keyup", "#keyup", LL_OP_PRESS},
        {"validate", "/live/order", "#name", "Ada", "change", "#name", LL_OP_FILL},
        {"save", "/live/order", "#save", NULL, "submit", "#order", LL_OP_CLICK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char knob[96], class[40];
        snprintf(knob, sizeof knob, "path=%s,event=%s,latency=300ms", cases[i].path, cases[i].knob);
        snprintf(class, sizeof class, ".phx-%s-loading", cases[i].kind);
        shop_knob(&shop, knob);
        open_live(cases[i].path);
        act(cases[i].operation, cases[i].selector, cases[i].text);
        cr_expect_str_neq(driven_read(&page, LL_OP_COUNT, class, NULL), "0", "%s", class);
        act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, cases[i].waits_on, cases[i].kind);
        cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, class, NULL), "0", "%s", class);
    }
    shop_knob(&shop, "path=/live/keys,event=blur,latency=300ms");
    open_live("/live/keys");
    act(LL_OP_CLICK, "#blur", NULL);
    act(LL_OP_CLICK, "#plain", NULL);
    act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#blur", "blur");
    expect_text("#seen-blur", "1");
}

Test(live_wait, what_still_loads_is_named) {
    shop_knob(&shop, "path=/live/counter,event=up,hang=1");
    open_live("/live/counter");
    act(LL_OP_CLICK, "#up", NULL);
    expect_failure(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#up", "click", 200, LL_DEADLINE_EXCEEDED,
                   "button#up still has the class phx-click-loading");
}

Test(live_wait, a_loading_that_has_ended_is_not_awaited) {
    open_live("/live/counter");
    act(LL_OP_CLICK, "#up", NULL);
    act(LL_OP_WAIT_FOR_SELECTOR, "#up:not(.phx-click-loading)", NULL);
    expect_at_once("click", "#up");
    expect_at_once("keyup", "#up"); // and one that never was
    expect_text("#count", "1");
}

Test(live_wait, an_element_that_was_replaced_is_not_waited_for) {
    shop_knob(&shop, "path=/live/counter,event=up,hang=1");
    open_live("/live/counter");
    act(LL_OP_CLICK, "#up", NULL);
    read_js(&page, "{ const old = document.querySelector('#up'), other = old.cloneNode(true);"
                   "other.className = ''; old.replaceWith(other) }");
    expect_at_once("click", "#up");
    read_js(&page, "document.querySelector('#up').remove()");
    expect_at_once("click", "#up");
}

Test(live_wait, an_event_that_is_held_back_is_awaited) {
    shop_knob(&shop, "path=/live/order,event=validate,latency=200ms");
    open_live("/live/order");
    read_js(&page, "document.querySelector('#name').setAttribute('phx-debounce', '400')");
    act(LL_OP_FILL, "#name", "Ada");
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, ".phx-change-loading", NULL), "0");
    act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#name", "change");
    expect_text("#changes", "1");
}

Test(live_wait, a_click_that_leaves_the_page_has_loaded) {
    open_live("/live/travel");
    act(LL_OP_CLICK, "#redirect", NULL);
    act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#redirect", "click");
    act(LL_OP_WAIT_FOR_URL, NULL, "**/products");
    expect_at_once("click", "#redirect");
}
