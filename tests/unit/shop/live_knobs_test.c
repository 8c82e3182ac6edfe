// What the knobs make of live pages, seen by LiveView's own client in a real browser: late, lost, broken, cut off.
#include "tests/unit/browser/shop_driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct driver driver;
static struct shop shop;
static struct driven_page page;

// Has the page write down how long classes stay, when its view loads and joins, and when a diff comes.
static const char watch[] =
    "window.log = {}; window.began = {};"
    "const note = (name, on) => { const now = performance.now();"
    "  if (on && !(name in began)) began[name] = /^phx-.*-loading$/.test(name) ? pushedAt : now;"
    "  if (!on && name in began) { log[name] = now - began[name]; delete began[name] } };"
    "new MutationObserver(() => { for (const name of ['phx-click-loading', 'phx-change-loading', 'phx-submit-loading',"
    "  'phx-focus-loading', 'phx-blur-loading', 'phx-keydown-loading', 'phx-keyup-loading', 'phx-error'])"
    "  note(name, !!document.querySelector('.' + name)) })"
    ".observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });"
    "addEventListener('phx:page-loading-start', e => note(e.detail.kind, true));"
    "addEventListener('phx:page-loading-stop', e => note(e.detail.kind, false)); 0";

static void begin(void) {
    shop_driver_begin(&driver, &shop);
    driven_open(&driver, &page);
}

static void end(void) {
    shop_driver_end(&driver, &shop);
}

TestSuite(live_knobs, .init = begin, .fini = end);

static void open_live(const char *path) {
    driven_visit(&page, path);
    await_live(&page);
    watch_pushes(&page);
    read_js(&page, watch);
}

static void act(enum ll_operation operation, const char *selector, const char *text) {
    ll_err err = driven_do(&page, operation, selector, text);
    cr_assert_eq(err.status, LL_OK, "%s: %s", selector, err.text);
}

// Waits until the page wrote down how long `name` took, and compares with what the shop was told.
static void expect_duration(const char *name, double at_least_ms) {
    char script[128];
    snprintf(script, sizeof script, "'%s' in log", name);
    await_js(&page, script);
    snprintf(script, sizeof script, "log['%s']", name);
    double took_ms = strtod(read_js(&page, script), NULL);
    // the page's clock starts just before the event is sent; lateness has no limit on a busy machine, but a wait that
    // is twice as long is another wait
    cr_expect(took_ms >= at_least_ms - 2 && took_ms < 2 * at_least_ms + 500, "%s took %.1f ms, the shop %.0f ms", name,
              took_ms, at_least_ms);
}

Test(live_knobs, an_event_is_answered_late) {
    shop_knob(&shop, "path=/live/products,event=add,latency=300ms");
    open_live("/live/products");
    act(LL_OP_CLICK, "#product-0 .add", NULL);
    expect_duration("phx-click-loading", 300);
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#items", NULL), "1");
}

Test(live_knobs, each_kind_of_event_is_told_by_its_name) {
    static const struct {
        const char *knob, *selector, *text, *class;
        enum ll_operation operation;
        const char *path;
    } cases[] = {
        {"event=focus", "#focus", NULL, "phx-focus-loading", LL_OP_CLICK, "/live/keys"},
        {"event=keydown", "#keydown", "a", "phx-keydown-loading", LL_OP_PRESS, "/live/keys"},
        {"event=keyup", "#keyup", "a", "phx-keyup-loading", LL_OP_PRESS, "/live/keys"},
        {"event=validate", "#name", "Ada", "phx-change-loading", LL_OP_FILL, "/live/order"},
        {"event=save", "#save", NULL, "phx-submit-loading", LL_OP_CLICK, "/live/order"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char knob[96];
        snprintf(knob, sizeof knob, "path=%s,%s,latency=200ms", cases[i].path, cases[i].knob);
        shop_knob(&shop, knob);
        open_live(cases[i].path);
        act(cases[i].operation, cases[i].selector, cases[i].text);
        expect_duration(cases[i].class, 200);
    }
    shop_knob(&shop, "path=/live/keys,event=blur,latency=200ms");
    open_live("/live/keys");
    act(LL_OP_CLICK, "#blur", NULL);
    act(LL_OP_CLICK, "#plain", NULL);
    expect_duration("phx-blur-loading", 200);
}

Test(live_knobs, a_join_is_answered_late) {
    shop_knob(&shop, "path=/live/travel,event=phx_join,latency=400ms");
    driven_visit(&page, "/live/travel");
    await_js(&page, "document.querySelector('[data-phx-main]').className === 'phx-loading'");
    await_live(&page);
    double since_connect_ms = strtod(read_js(&page, "performance.now() - performance.getEntriesByType('navigation')[0]"
                                                    ".domContentLoadedEventEnd"),
                                     NULL);
    cr_expect_geq(since_connect_ms, 398, "joined after %.0f ms", since_connect_ms);
}

Test(live_knobs, navigation_and_patches_take_as_long_as_their_answers) {
    shop_knob(&shop, "path=/live/counter,event=phx_join,latency=300ms");
    shop_knob(&shop, "path=/live/travel,event=live_patch,latency=200ms");
    open_live("/live/travel");
    act(LL_OP_CLICK, "#link-patch", NULL);
    expect_duration("patch", 200);
    act(LL_OP_CLICK, "#link-navigate", NULL);
    expect_duration("redirect", 300);
    cr_expect_str_eq(read_js(&page, "location.pathname"), "/live/counter");
}

Test(live_knobs, a_diff_nobody_asked_for_comes_late_and_answers_do_not_overtake_it) {
    shop_knob(&shop, "path=/live/rows,event=diff,latency=300ms");
    open_live("/live/rows?rows=10&every=100");
    await_js(&page, "+document.querySelector('#ticks').innerText >= 3");
    // an answer before the diffs that were on their way would have those put into rows that moved
    read_js(&page, "new MutationObserver(() => {"
                   "  const at = selector => document.querySelector(selector);"
                   "  const first = +at('#rows tr').id.slice(4), step = first === 1 ? 1 : -1;"
                   "  window.isWrong ||= [...document.querySelectorAll('#rows .stock')].some((td, i) =>"
                   "    +td.innerText !== 1000 + first + step * i + +at('#ticks').innerText);"
                   "}).observe(document, { subtree: true, childList: true, characterData: true }), 0");
    act(LL_OP_CLICK, "#turn", NULL);
    await_js(&page, "document.querySelector('#rows tr').id === 'row-10'");
    read_js(&page, "window.ticks = +document.querySelector('#ticks').innerText");
    await_js(&page, "+document.querySelector('#ticks').innerText >= ticks + 5");
    cr_expect_str_eq(read_js(&page, "!window.isWrong"), "true");
}

Test(live_knobs, a_lost_event_keeps_its_element_waiting) {
    struct driven_page other;
    driven_open(&driver, &other);
    driven_visit(&other, "/live/counter");
    await_live(&other);
    open_live("/live/counter");
    shop_knob(&shop, "path=/live/counter,event=up,hang=1");
    act(LL_OP_CLICK, "#up", NULL);
    await_js(&page, "document.querySelector('#up.phx-click-loading')");
    shop_knob(&shop, "reset=1");
    cr_assert_eq(driven_do(&other, LL_OP_CLICK, "#up", NULL).status, LL_OK);
    await_js(&page, "document.querySelector('#count').innerText === '1'"); // one came of two
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#up.phx-click-loading", NULL), "1");
}

Test(live_knobs, a_view_that_crashes_is_joined_again) {
    shop_knob(&shop, "path=/live/counter,event=up,fail=1");
    open_live("/live/counter");
    act(LL_OP_CLICK, "#up", NULL);
    await_js(&page, "document.querySelector('[data-phx-main].phx-server-error')");
    cr_expect_eq(shop.store.people, 0);
    await_live(&page);
    shop_knob(&shop, "reset=1");
    act(LL_OP_CLICK, "#up", NULL);
    await_js(&page, "document.querySelector('#count').innerText === '1'");
    cr_expect_eq(shop.store.people, 1);
}

Test(live_knobs, a_join_that_fails_is_an_error_on_the_page) {
    shop_knob(&shop, "path=/live/counter,event=phx_join,fail=1");
    driven_visit(&page, "/live/counter");
    await_js(&page, "document.querySelector('[data-phx-main].phx-error.phx-server-error')");
}

Test(live_knobs, a_cut_connection_comes_back_with_the_page_and_its_form) {
    open_live("/live/order");
    act(LL_OP_FILL, "#name", "Ada");
    await_js(&page, "document.querySelector('#changes').innerText === '1'");
    shop_knob(&shop, "path=/live,disconnect=0");
    await_js(&page, "'phx-error' in log"); // and is over
    await_live(&page);
    cr_expect_str_eq(driven_read(&page, LL_OP_INPUT_VALUE, "#name", NULL), "Ada"); // the client sent the form again
    cr_expect_eq(shop.live_socket_count, 1);
}

Test(live_knobs, a_cut_lasts_as_long_as_connections_are_refused) {
    open_live("/live/counter");
    int64_t began_us = ll_clock_us();
    shop_knob(&shop, "path=/live/counter,disconnect=100ms,refuse=600ms");
    await_js(&page, "!liveSocket.isConnected()");
    await_js(&page, "'phx-error' in log"); // which begins when the page hears of the cut, be that late
    await_live(&page);
    int64_t took_us = ll_clock_us() - began_us;
    cr_expect(took_us >= 700 * 1000, "it was back after %.1f ms", (double)took_us / 1000);
}

Test(live_knobs, a_cut_of_another_page_is_none_of_this_one) {
    open_live("/live/counter");
    shop_knob(&shop, "path=/live/rows,disconnect=0");
    act(LL_OP_CLICK, "#up", NULL);
    await_js(&page, "document.querySelector('#count').innerText === '1'");
    cr_expect_str_eq(read_js(&page, "'phx-error' in log"), "false");
}

Test(live_knobs, a_page_turns_knobs_for_itself_alone) {
    struct driven_page other;
    driven_open(&driver, &other);
    driven_visit(&other, "/live/products");
    await_live(&other);
    open_live("/live/products");
    read_js(&page, "fetch('/_knobs', { method: 'POST', body: 'mine=1&path=/live&event=add&latency=300ms' })"
                   ".then(answer => answer.text())");
    cr_expect_str_eq(page.value, "set\n");
    watch_pushes(&other);
    read_js(&other, watch);
    cr_assert_eq(driven_do(&other, LL_OP_CLICK, "#product-0 .add", NULL).status, LL_OK);
    act(LL_OP_CLICK, "#product-0 .add", NULL);
    expect_duration("phx-click-loading", 300);
    await_js(&other, "log['phx-click-loading'] < 250");
}
