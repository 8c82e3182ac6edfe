// What is measured of LiveView, with its own client in a real browser, against what the shop was told to do.
#include "libcommon/base/clock.h"
#include "tests/unit/browser/shop_driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
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

TestSuite(live_metrics, .init = begin, .fini = end);

static void open_live(const char *path) {
    driven_visit(&page, path);
    cr_assert_eq(driven_do(&page, LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL).status, LL_OK, "%s", page.err.text);
    watch_pushes(&page);
}

static void act(enum ll_operation operation, const char *selector, const char *text) {
    ll_err err = driven_do(&page, operation, selector, text);
    cr_assert_eq(err.status, LL_OK, "%s: %s", selector ? selector : text, err.text);
}

static const char *url(const char *path) {
    static char text[128];
    snprintf(text, sizeof text, "%s%s", driver.base_url, path);
    return text;
}

static uint64_t counted(enum ll_metric metric, const char *label) {
    return driver_measured(&driver, metric, label).count;
}

// One sample, at least as long as the shop took, and not twice as long, which on a busy machine has half a second more.
static void expect_duration(enum ll_metric metric, const char *label, double shop_ms) {
    driver_await_measured(&driver, metric, label, 1);
    struct measured got = driver_measured(&driver, metric, label);
    const char *name = ll_metric_info(metric)->name;
    cr_expect_eq(got.count, 1, "%s{%s} has %lu samples", name, label, (unsigned long)got.count);
    bool is_of_class = metric == LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION;
    double seen_late_ms = is_of_class ? strtod(read_js(&page, "seenLate"), NULL) : 0;
    cr_expect(got.min >= (shop_ms - seen_late_ms - 2) * 1e3 && got.max < (2 * shop_ms + 500) * 1e3,
              "%s{%s} is %.1f ms, the shop %.0f ms", name, label, got.max / 1e3, shop_ms);
}

Test(live_metrics, a_connection_lasts_until_the_join_is_answered) {
    shop_knob(&shop, "path=/live/travel,event=phx_join,latency=400ms");
    open_live("/live/travel?step=3");
    expect_duration(LL_METRIC_LIVEVIEW_CONNECTION_DURATION, url("/live/travel"), 400);
    expect_duration(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "initial", 400);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_DISCONNECTIONS, NULL), 0));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_NAVIGATIONS, NULL), 0));
}

Test(live_metrics, a_class_of_loading_lasts_until_the_event_is_answered) {
    static const struct {
        const char *event, *selector, *text, *label;
        enum ll_operation operation;
        const char *path;
    } cases[] = {
        {"add", "#product-0 .add", NULL, "phx-click-loading", LL_OP_CLICK, "/live/products"},
        {"focus", "#focus", NULL, "phx-focus-loading", LL_OP_CLICK, "/live/keys"},
        {"keydown", "#keydown", "a", "phx-keydown-loading", LL_OP_PRESS, "/live/keys"},
        {"keyup", "#keyup", "a", "phx-keyup-loading", LL_OP_PRESS, "/live/keys"},
        {"validate", "#name", "Ada", "phx-change-loading", LL_OP_FILL, "/live/order"},
        {"save", "#save", NULL, "phx-submit-loading", LL_OP_CLICK, "/live/order"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char knob[96];
        snprintf(knob, sizeof knob, "path=%s,event=%s,latency=200ms", cases[i].path, cases[i].event);
        shop_knob(&shop, knob);
        open_live(cases[i].path);
        act(cases[i].operation, cases[i].selector, cases[i].text);
        expect_duration(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, cases[i].label, 200);
    }
    shop_knob(&shop, "path=/live/keys,event=blur,latency=200ms");
    open_live("/live/keys");
    act(LL_OP_CLICK, "#blur", NULL);
    act(LL_OP_CLICK, "#plain", NULL);
    expect_duration(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-blur-loading", 200);
}

Test(live_metrics, two_pushes_of_one_element_are_one_loading) {
    shop_knob(&shop, "path=/live/keys,event=keydown,latency=300ms");
    open_live("/live/keys");
    act(LL_OP_PRESS, "#keydown", "a");
    act(LL_OP_PRESS, "#keydown", "b");
    act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#keydown", "keydown");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#seen-keydown", NULL), "2");
    expect_duration(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-keydown-loading", 300);
}

// The form has the class of both, and shows the number of the later one.
Test(live_metrics, a_change_of_a_form_lasts_as_long_as_its_own_field_though_another_one_changes_meanwhile) {
    shop_knob(&shop, "path=/live/order,event=validate,latency=600ms");
    open_live("/live/order");
    read_js(&page, "{ const took = window.took = {}, field = (id) => document.getElementById(id);"
                   "  for (const id of ['name', 'email']) { let began = 0; new MutationObserver(() => {"
                   "    const loads = field(id).classList.contains('phx-change-loading'), now = performance.now();"
                   "    if (loads) began ||= now; else if (began) took[id] ||= now - began;"
                   "  }).observe(field(id), { attributes: true, attributeFilter: ['class'] }) }"
                   "  const change = (id, text) => { field(id).value = text;"
                   "    field(id).dispatchEvent(new Event('input', { bubbles: true })) };"
                   "  change('name', 'Ada'); setTimeout(() => { change('email', 'a@b');"
                   "    window.wereBoth = field('name').classList.contains('phx-change-loading') }, 300) } 0");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading", 2);
    struct measured got = driver_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading");
    cr_expect_str_eq(read_js(&page, "wereBoth"), "true", "the second field changed too late for this test");
    double name_ms = strtod(read_js(&page, "took.name"), NULL), email_ms = strtod(read_js(&page, "took.email"), NULL);
    cr_expect(got.min >= 598e3 - strtod(read_js(&page, "seenLate"), NULL) * 1e3);
    cr_expect(fabs(got.sum / 1e3 - name_ms - email_ms) < 150, // and not 300 ms, as late as the second one was
              "%.1f ms of %.1f and %.1f ms", got.sum / 1e3, name_ms, email_ms);
}

Test(live_metrics, patches_and_navigations_are_loads_and_counted) {
    shop_knob(&shop, "path=/live/counter,event=phx_join,latency=300ms");
    shop_knob(&shop, "path=/live/travel,event=live_patch,latency=200ms");
    open_live("/live/travel");
    act(LL_OP_CLICK, "#link-patch", NULL);
    expect_duration(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "patch", 200);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "patch", 1);
    act(LL_OP_CLICK, "#link-navigate", NULL);
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
    cr_expect_str_eq(read_js(&page, "location.pathname"), "/live/counter");
    expect_duration(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "redirect", 300);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "redirect", 1);
    act(LL_OP_CLICK, "#up", NULL); // and what is measured goes on in the new view
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-click-loading", 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_NAVIGATIONS, NULL), 2));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "initial"), 2)); // each view's join
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CONNECTION_DURATION, NULL), 1));        // one document
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_DISCONNECTIONS, NULL), 0));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, NULL), 0));
}

Test(live_metrics, a_patch_from_the_server_is_a_navigation_without_a_load) {
    open_live("/live/travel");
    act(LL_OP_CLICK, "#patch", NULL);
    act(LL_OP_WAIT_FOR_URL, NULL, "**step=1");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "patch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "patch"), 0));
}

// The real client, and a site or proxy that does not take WebSockets.
Test(live_metrics, a_client_that_goes_on_by_long_polling_is_counted_with_what_refused_it) {
    char socket[96];
    shop_knob(&shop, "path=/live/websocket,event=connect,fail=1,status=503");
    open_live("/live/counter?fallback=60000");
    snprintf(socket, sizeof socket, "ws%s/live/websocket", strchr(driver.base_url, ':'));
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_FALLBACKS, url("/live/counter"), 1);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, socket), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "503"), 1));
    act(LL_OP_CLICK, "#up", NULL);
    await_js(&page, "document.querySelector('#count').innerText === '1'");
    open_live("/live/counter?fallback=60000"); // the client remembers
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_FALLBACKS, url("/live/counter"), 2);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, NULL), 1));
    shop_knob(&shop, "reset=1");
}

Test(live_metrics, a_lost_connection_is_counted_and_the_way_back_timed) {
    open_live("/live/counter");
    shop_knob(&shop, "path=/live/counter,event=phx_join,latency=300ms");
    shop_knob(&shop, "path=/live,disconnect=0ms,refuse=500ms");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_DISCONNECTIONS, url("/live/counter"), 1);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_RECONNECTIONS, url("/live/counter"), 1);
    struct measured took = driver_measured(&driver, LL_METRIC_LIVEVIEW_RECONNECTION_DURATION, url("/live/counter"));
    cr_expect(eq(u64, took.count, 1));
    cr_expect(ge(dbl, took.sum, 790e3)); // half a second refused, and then the join
    cr_expect(lt(dbl, took.sum, 8e6));   // the client's pauses between its attempts are its own
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_DISCONNECTIONS, NULL), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CONNECTION_DURATION, NULL), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, NULL), 0)); // "error" is no load
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
}

Test(live_metrics, a_load_that_another_overtakes_is_canceled) {
    shop_knob(&shop, "path=/live/travel,event=live_patch,latency=3s");
    open_live("/live/travel");
    act(LL_OP_CLICK, "#link-patch", NULL);
    shop_knob(&shop, "path=/live/travel,event=live_patch,latency=0ms");
    act(LL_OP_CLICK, "#link-navigate", NULL);
    act(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_CANCELED_LOADS, "patch", 1);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "redirect", 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, NULL), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "patch"), 0));
}

Test(live_metrics, a_load_that_is_left_is_canceled) {
    shop_knob(&shop, "path=/live/counter,event=phx_join,hang=1");
    driven_visit(&page, "/live/counter");
    driven_visit(&page, "/products");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_CANCELED_LOADS, "initial", 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CONNECTION_DURATION, NULL), 0));
}

Test(live_metrics, leaving_a_live_page_is_no_disconnection) {
    shop_knob(&shop, "path=/products,latency=600ms"); // the old page has time to show that its socket is closed
    open_live("/live/travel");
    act(LL_OP_CLICK, "#link-plain", NULL);
    act(LL_OP_WAIT_FOR_URL, NULL, "**/products");
    open_live("/live/travel");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_CONNECTION_DURATION, NULL, 2);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_DISCONNECTIONS, NULL), 0));
}

Test(live_metrics, a_long_page_that_renders_again_and_again_loses_nothing) {
    shop_knob(&shop, "path=/live/rows,event=mark,latency=150ms");
    open_live("/live/rows?rows=100&every=100");
    for (int i = 0; i < 5; i++) {
        char row[32];
        snprintf(row, sizeof row, "#row-%d button", i + 1);
        act(LL_OP_CLICK, row, NULL);
        act(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, row, "click");
    }
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-click-loading", 5);
    struct measured took = driver_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-click-loading");
    cr_expect(eq(u64, took.count, 5));
    cr_expect(ge(dbl, took.min, (148 - strtod(read_js(&page, "seenLate"), NULL)) * 1e3));
    cr_expect(eq(u64, counted(LL_METRIC_OBSERVATIONS_LOST, NULL), 0));
}

// --- In frames ---

static int own_port(void) {
    return (int)strtol(strrchr(driver.base_url, ':') + 1, NULL, 10);
}

static void act_in_frame(enum ll_operation operation, const char *selector, const char *text) {
    ll_err err = driven_act(
        &page, &(struct ll_action){
                   .operation = operation, .frame = "#live", .selector = selector, .text = text, .timeout_ms = 20000});
    cr_assert_eq(err.status, LL_OK, "%s: %s", selector ? selector : text, err.text);
}

// At least as long as the shop took, and no longer than what was asked for since.
static void expect_within(enum ll_metric metric, const char *label, double shop_ms, int64_t since_us) {
    driver_await_measured(&driver, metric, label, 1);
    struct measured got = driver_measured(&driver, metric, label);
    cr_expect(eq(u64, got.count, 1));
    cr_expect(got.min >= (shop_ms - 2) * 1e3 && got.max <= (double)(ll_clock_us() - since_us), "%s{%s} is %.1f ms",
              ll_metric_info(metric)->name, label, got.max / 1e3);
}

// A page without a LiveView, and in it a frame with one, of the port that is given.
static const char *open_framed(int port, const char *path) {
    static char address[128];
    char script[320];
    snprintf(address, sizeof address, "http://127.0.0.1:%d%s", port, path);
    snprintf(script, sizeof script,
             "{ const frame = document.createElement('iframe'); frame.id = 'live'; frame.src = '%s';"
             "  document.body.append(frame) } 0",
             address);
    driven_visit(&page, "/");
    read_js(&page, script);
    act_in_frame(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
    return address;
}

static void expect_frame_is_measured(int port) {
    shop_knob(&shop, "path=/live/travel,event=phx_join,latency=400ms");
    shop_knob(&shop, "path=/live/travel,event=live_patch,latency=200ms");
    shop_knob(&shop, "path=/live/counter,event=up,latency=200ms");
    int64_t began_us = ll_clock_us();
    const char *address = open_framed(port, "/live/travel");
    expect_within(LL_METRIC_LIVEVIEW_CONNECTION_DURATION, address, 400, began_us);
    expect_within(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "initial", 400, began_us);
    began_us = ll_clock_us();
    act_in_frame(LL_OP_CLICK, "#link-patch", NULL);
    expect_within(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "patch", 200, began_us);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "patch", 1);
    act_in_frame(LL_OP_CLICK, "#link-navigate", NULL);
    act_in_frame(LL_OP_WAIT_FOR_SELECTOR, "#up", NULL);
    act_in_frame(LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "redirect", 1);
    act_in_frame(LL_OP_CLICK, "#up", NULL);
    act_in_frame(LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#up", "click");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-click-loading", 1);
    shop_knob(&shop, "path=/live,disconnect=0ms,refuse=100ms");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_DISCONNECTIONS, NULL, 1);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_RECONNECTIONS, NULL, 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CONNECTION_DURATION, NULL), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_NAVIGATIONS, NULL), 2));
    cr_expect(eq(u64, counted(LL_METRIC_OBSERVATIONS_LOST, NULL), 0));
}

Test(live_metrics, a_view_in_a_frame_is_measured_under_the_frame_s_address) {
    expect_frame_is_measured(own_port());
}

Test(live_metrics, a_view_in_a_frame_of_another_origin_is_measured) {
    int port = 0;
    ll_err err = shop_listen(driver.loop, &shop, 0, &port);
    cr_assert_eq(err.status, LL_OK, "%s", err.text);
    expect_frame_is_measured(port);
}

Test(live_metrics, the_vitals_of_a_page_with_a_view_in_a_frame_are_the_page_s_alone_and_end_with_it) {
    const char *address = open_framed(own_port(), "/live/counter");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_CONNECTION_DURATION, address, 1);
    cr_expect(eq(u64, counted(LL_METRIC_WEB_VITAL_TTFB, NULL), 0));
    driven_visit(&page, "/");
    driver_await_measured(&driver, LL_METRIC_WEB_VITAL_TTFB, url("/"), 1);
    cr_expect(eq(u64, counted(LL_METRIC_WEB_VITAL_TTFB, NULL), 1));
}
