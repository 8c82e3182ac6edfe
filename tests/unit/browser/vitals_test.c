// Web Vitals of real pages, against delays, shifts and work that the pages are made of.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { DOCUMENT_MS = 150, IMAGE_MS = 250, WORK_MS = 120 };

// Pictures with next to no bytes for their pixels are no candidates for the LCP.
static const char picture[] = "<svg xmlns='http://www.w3.org/2000/svg' width='200' height='100'>"
                              "<rect width='200' height='100' fill='teal'/><circle cx='100' cy='50' r='40'/>"
                              "<path d='M0 0L10 10L20 0L30 10L40 0L50 10L60 0L70 10L80 0L90 10L100 0'/></svg>";

static const struct ll_site_page site[] = {
    {.path = "/slow", .body = "<h1>text</h1>", .delay_ms = DOCUMENT_MS},
    {.path = "/image", .body = "<p>small</p><img id=big src=/picture.svg width=200 height=100>"},
    {.path = "/picture.svg", .body = picture, .type = "image/svg+xml", .delay_ms = IMAGE_MS},
    {.path = "/late",
     .body = "<p>small</p><button id=b onclick=\"p.hidden=false\">more</button>"
             "<h1 id=p hidden>a heading that is much larger than all that was there before the click</h1>"},
    // 360 of 720 pixels move by 180: three quarters of the page change, by 180/1280 of its larger side
    {.path = "/shift",
     .body = "<body style='margin:0'><div id=pad></div><div style='height:360px;background:teal'>text</div>"},
    {.path = "/busy",
     .body = "<button id=busy onclick='for (const end = performance.now() + 120; performance.now() < end;);'>work"
             "</button><button id=idle>rest</button><p id=p>text</p>"},
    {.path = "/script", .body = "<h1>text</h1><script>history.pushState(0, '', '/elsewhere?user=7')</script>"},
    {.path = "/spy",
     .body = "<h1>text</h1><script>spied = Object.keys(window).filter(k => /liveload/.test(k)).length + "
             "typeof window.__liveload_heard</script>"},
    {.path = "/empty", .body = ""},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(vitals, .init = begin, .fini = end);

static void run(const char *script) {
    ll_err err = driven_do(&page, LL_OP_EVALUATE, NULL, script);
    cr_expect_eq(err.status, LL_OK, "%s: %s", script, err.text);
}

// The browser tells its observers only after the frame; once an observer of the test's has it, so has LiveLoad's.
static void await_entry(const char *type, const char *which) {
    char script[400];
    snprintf(script, sizeof script,
             "new Promise(r => new PerformanceObserver(l => { if (l.getEntries().some(e => %s)) setTimeout(r) })"
             ".observe({ type: '%s', buffered: true, durationThreshold: 16 }))",
             which, type);
    run(script);
}

static struct measured vital(enum ll_metric metric, const char *path) {
    char url[128];
    snprintf(url, sizeof url, "%s%s", driver.base_url, path);
    driver_await_measured(&driver, metric, url, 1);
    return driver_measured(&driver, metric, url);
}

// Leaves the document, which ends its vitals.
static void leave(void) {
    driven_visit(&page, "/empty");
}

Test(vitals, paints_and_first_byte_are_as_late_as_the_site) {
    driven_visit(&page, "/slow?user=7");
    await_entry("largest-contentful-paint", "true");
    leave();
    struct measured ttfb = vital(LL_METRIC_WEB_VITAL_TTFB, "/slow"), fcp = vital(LL_METRIC_WEB_VITAL_FCP, "/slow");
    struct measured lcp = vital(LL_METRIC_WEB_VITAL_LCP, "/slow"), cls = vital(LL_METRIC_WEB_VITAL_CLS, "/slow");
    cr_expect(ge(dbl, ttfb.sum, DOCUMENT_MS * 1e3));
    cr_expect(lt(dbl, ttfb.sum, 5e6));
    cr_expect(ge(dbl, fcp.sum, ttfb.sum));
    cr_expect(ge(dbl, lcp.sum, fcp.sum));
    cr_expect(lt(dbl, lcp.sum, 5e6));
    cr_expect(eq(dbl, cls.sum, 0));
    cr_expect(eq(u64, ttfb.count, 1));
    cr_expect(eq(u64, fcp.count, 1));
    cr_expect(eq(u64, lcp.count, 1));
    cr_expect(eq(u64, cls.count, 1));
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_WEB_VITAL_INP, NULL).count, 0)); // nobody did anything
}

Test(vitals, lcp_is_that_of_the_largest_so_far) {
    driven_visit(&page, "/image");
    await_entry("largest-contentful-paint", "e.id === 'big'");
    leave();
    struct measured lcp = vital(LL_METRIC_WEB_VITAL_LCP, "/image"), fcp = vital(LL_METRIC_WEB_VITAL_FCP, "/image");
    cr_expect(ge(dbl, lcp.sum, IMAGE_MS * 1e3));
    cr_expect(lt(dbl, fcp.sum, lcp.sum));
    cr_expect(eq(u64, lcp.count, 1));
}

Test(vitals, lcp_ends_with_the_first_click) {
    driven_visit(&page, "/late");
    await_entry("largest-contentful-paint", "true");
    run("void (clicked = 0, addEventListener('click', e => clicked = e.timeStamp))");
    cr_assert_eq(driven_do(&page, LL_OP_CLICK, "#b", NULL).status, LL_OK);
    await_entry("first-input", "true");
    driven_read(&page, LL_OP_EVALUATE, NULL, "clicked");
    double clicked_ms = strtod(page.value, NULL);
    leave();
    struct measured lcp = vital(LL_METRIC_WEB_VITAL_LCP, "/late");
    cr_expect(gt(dbl, clicked_ms, 0));
    cr_expect(lt(dbl, lcp.sum, clicked_ms * 1e3));
}

Test(vitals, cls_is_the_share_of_the_page_that_moved_times_how_far) {
    driven_visit(&page, "/shift");
    await_entry("largest-contentful-paint", "true");
    run("void (pad.style.height = '180px')");
    await_entry("layout-shift", "true");
    leave();
    struct measured cls = vital(LL_METRIC_WEB_VITAL_CLS, "/shift");
    cr_expect(epsilon_eq(dbl, cls.sum, 0.75 * 180 / 1280 * 1000, 0.5));
}

Test(vitals, inp_is_the_slowest_interaction) {
    driven_visit(&page, "/busy");
    cr_assert_eq(driven_do(&page, LL_OP_CLICK, "#idle", NULL).status, LL_OK);
    cr_assert_eq(driven_do(&page, LL_OP_CLICK, "#busy", NULL).status, LL_OK);
    cr_assert_eq(driven_do(&page, LL_OP_CLICK, "#idle", NULL).status, LL_OK);
    await_entry("event", "e.duration >= 120");
    leave();
    struct measured inp = vital(LL_METRIC_WEB_VITAL_INP, "/busy");
    cr_expect(ge(dbl, inp.sum, WORK_MS * 1e3));
    cr_expect(lt(dbl, inp.sum, 2e6));
    cr_expect(eq(u64, inp.count, 1));
}

Test(vitals, a_document_keeps_the_url_it_was_opened_with) {
    driven_visit(&page, "/script");
    await_entry("largest-contentful-paint", "true");
    leave();
    vital(LL_METRIC_WEB_VITAL_LCP, "/script");
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_WEB_VITAL_LCP, NULL).count, 1));
}

Test(vitals, a_page_that_is_closed_has_last_words) {
    driven_visit(&page, "/busy");
    cr_assert_eq(driven_do(&page, LL_OP_CLICK, "#busy", NULL).status, LL_OK);
    await_entry("first-input", "true");
    driven_close(&page); // before any of it has settled
    vital(LL_METRIC_WEB_VITAL_TTFB, "/busy");
    vital(LL_METRIC_WEB_VITAL_FCP, "/busy");
    cr_expect(ge(dbl, vital(LL_METRIC_WEB_VITAL_INP, "/busy").sum, WORK_MS * 1e3));
}

Test(vitals, a_context_that_is_renewed_has_last_words) {
    driven_close(&page);
    driver.context.renewal = LL_RENEWAL_FRESH;
    driven_open(&driver, &page);
    for (uint64_t i = 1; i <= 3; i++) {
        driven_visit(&page, "/slow");
        cr_assert(driven_rest(&page)); // at once
        driver_await_measured(&driver, LL_METRIC_WEB_VITAL_TTFB, NULL, i);
    }
}

Test(vitals, a_page_that_hangs_is_closed_without_them) {
    driven_visit(&page, "/slow");
    await_entry("largest-contentful-paint", "true");
    run("new Promise(r => setTimeout(r, 400))"); // its values wait 250 ms to settle
    run("void setTimeout(() => { for (;;); })");
    driven_close(&page);
    vital(LL_METRIC_WEB_VITAL_LCP, "/slow");
}

Test(vitals, each_document_counts_once_wherever_it_goes) {
    char other[128];
    snprintf(other, sizeof other, "http://localhost:%d/slow", ll_site_port(driver.site)); // another site, and process
    for (int i = 0; i < 2; i++) {
        driven_visit(&page, "/slow");
        await_entry("largest-contentful-paint", "true");
        cr_assert_eq(driven_do(&page, LL_OP_NAVIGATE, NULL, other).status, LL_OK);
        await_entry("largest-contentful-paint", "true");
        cr_assert_eq(driven_do(&page, LL_OP_RELOAD, NULL, NULL).status, LL_OK);
        await_entry("largest-contentful-paint", "true");
    }
    leave();
    driver_await_measured(&driver, LL_METRIC_WEB_VITAL_TTFB, other, 4);
    char url[128];
    snprintf(url, sizeof url, "%s/slow", driver.base_url);
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_WEB_VITAL_TTFB, other).count, 4));
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_WEB_VITAL_TTFB, url).count, 2));
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_OBSERVATIONS_LOST, NULL).count, 0));
}

Test(vitals, a_page_sees_nothing_of_it) {
    driven_visit(&page, "/spy");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "spied"), "0undefined");
}
