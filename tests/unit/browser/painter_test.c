// Pages whose frames come rarely: what needs one gets one.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define COUNTS_FRAMES                                                                                                  \
    "<script>let frames = 0; requestAnimationFrame(function count() { frames++;"                                       \
    "if (frames === 3) { const p = document.createElement('p'); p.id = p.textContent = 'third'; "                      \
    "document.body.append(p);"                                                                                         \
    "fetch('/third') } requestAnimationFrame(count) })</script>"

static const struct ll_site_page site[] = {
    {.path = "/", .body = "<p>Frames</p>" COUNTS_FRAMES},
    {.path = "/third", .type = "text/plain", .body = "three"},
    {.path = "/moves",
     .body = "<style>@keyframes move { to { left: 300px } } #move { position: absolute; left: 0; animation: move .6s "
             "forwards }</style><button id=move onclick='this.textContent = \"hit\"'>press</button>"},
    {.path = "/opens", .body = "<button id=open onclick='window.open(\"/\")'>open</button>"},
    {.path = NULL},
};

static void go(struct driven_page *page, const char *path) {
    char url[128];
    snprintf(url, sizeof url, "%s%s", page->driver->base_url, path);
    ll_err err = driven_do(page, LL_OP_NAVIGATE, NULL, url);
    cr_assert_eq(err.status, LL_OK, "%s", err.text);
}

Test(painter, low_draws_without_being_asked) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, "low", site);
    driven_open(&driver, &page);
    go(&page, "/");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, "200", 2); // the second when there were three frames
    // Told once the first frame was shown, which may be after the third was begun.
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "performance.getEntriesByName('first-contentful-paint').length");
    driver_end(&driver);
}

Test(painter, off_draws_nothing_while_nothing_waits) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, "off", site);
    driven_open(&driver, &page);
    go(&page, "/");
    driven_do(&page, LL_OP_EVALUATE, NULL, "frames");
    cr_expect_str_eq(page.value, "0");
    driver_end(&driver);
}

Test(painter, off_gives_frames_to_a_wait_that_needs_them) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, "off", site);
    driven_open(&driver, &page);
    go(&page, "/");
    ll_err err = driven_do(&page, LL_OP_WAIT_FOR_SELECTOR, "#third", NULL);
    cr_expect_str_eq(err.text, "");
    driven_do(&page, LL_OP_EVALUATE, NULL, "performance.getEntriesByType('paint').length");
    cr_expect_str_eq(page.value, "0");
    driver_end(&driver);
}

Test(painter, a_click_waits_for_the_end_of_a_movement) {
    static const char *const paints[] = {"low", "off"};
    for (size_t i = 0; i < 2; i++) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, paints[i], site);
        driven_open(&driver, &page);
        go(&page, "/moves");
        ll_err err = driven_do(&page, LL_OP_CLICK, "#move", NULL);
        cr_expect_str_eq(err.text, "", "%s: %s", paints[i], err.text);
        driven_do(&page, LL_OP_INNER_TEXT, "#move", NULL);
        cr_expect_str_eq(page.value, "hit", "%s: %s", paints[i], page.value);
        driver_end(&driver);
    }
}

// Two frames at one time would end the GPU process, and the browser after a few of those.
Test(painter, what_is_shown_late_or_not_at_all_is_said_to_be_so) {
    static const struct {
        const char *paint;
        enum ll_coverage lcp, ttfb;
    } cases[] = {{"full", LL_COVERAGE_MEASURED, LL_COVERAGE_MEASURED},
                 {"low", LL_COVERAGE_ESTIMATED, LL_COVERAGE_MEASURED},
                 {"off", LL_COVERAGE_LACKING, LL_COVERAGE_MEASURED}};
    for (size_t i = 0; i < 3; i++) {
        struct driver driver;
        cr_assert_eq(driver_open(&driver, cases[i].paint, NULL).status, LL_OK);
        const struct ll_coverage_table *covers = driver.connection->ops->covers;
        cr_expect_eq(covers->of[LL_METRIC_WEB_VITAL_LCP], cases[i].lcp, "%s", cases[i].paint);
        cr_expect_eq(covers->of[LL_METRIC_WEB_VITAL_TTFB], cases[i].ttfb, "%s", cases[i].paint);
        driver.connection->ops->fini(driver.connection);
        driver.connection = NULL;
        driver_end(&driver);
    }
}

Test(painter, many_pages_are_drawn_one_after_the_other) {
    enum { PAGES = 6, ROUNDS = 4 };
    struct driver driver;
    struct driven_page pages[PAGES];
    driver_begin(&driver, "low", site);
    for (size_t i = 0; i < PAGES; i++) driven_open(&driver, &pages[i]);
    for (size_t round = 0; round < ROUNDS; round++) {
        struct ll_action wait = {.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#third", .timeout_ms = 15 * 1000};
        for (size_t i = 0; i < PAGES; i++) go(&pages[i], "/");
        for (size_t i = 0; i < PAGES; i++) driven_begin(&pages[i], &wait);
        for (size_t i = 0; i < PAGES; i++) {
            driver_serve_until(&driver, &pages[i].done);
            cr_expect_str_eq(pages[i].err.text, "");
        }
        driven_close(&pages[round]); // perhaps in the middle of a frame
        driven_open(&driver, &pages[round]);
    }
    cr_expect_eq(driver_measured(&driver, LL_METRIC_BROWSER_CRASHES, NULL).count, 0);
    driver_end(&driver);
}

Test(painter, windows_that_pages_open_are_drawn_too) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, "low", site);
    driven_open(&driver, &page);
    go(&page, "/opens");
    ll_err err = driven_do(&page, LL_OP_CLICK, "#open", NULL);
    cr_expect_str_eq(err.text, "");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, "200", 3); // both pages, and the third frame of the second
    driver_end(&driver);
}

Test(painter, a_browser_that_draws_as_it_likes_is_refused) {
    struct ll_connection *connection;
    struct ll_connection_options options = {.launch = {.program = "/bin/true", .paint = LL_PAINT_LOW}};
    ll_err err = ll_connection_open(&options, &connection);
    cr_expect_eq(err.status, LL_INVALID_ARGUMENT);
    cr_expect_not_null(strstr(err.text, "chromium-headless-shell"), "%s", err.text);
}
