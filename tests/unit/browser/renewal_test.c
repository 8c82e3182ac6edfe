// A user's context between two iterations.
#include "tests/unit/browser/driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_site_page pages[] = {
    {.path = "/", .body = "<h1>page</h1>", .cache_control = "max-age=1000"},
    {.path = "/stuck", .body = "<script>onbeforeunload = () => { for (;;); }</script>"},
    // Says at once, a little later and by a beacon of the end that it goes; only what goes as tabs do says all.
    {.path = "/says",
     .body = "<script>addEventListener('pagehide', () => navigator.sendBeacon('/hidden'));"
             "addEventListener('pagehide', () => fetch('/kept', {keepalive: true, method: 'POST', body: 'x'}));"
             "document.addEventListener('visibilitychange', () => navigator.sendBeacon('/seen'));"
             "addEventListener('unload', () => navigator.sendBeacon('/unloaded'))</script>"},
    {.path = "/hidden", .status = 202},
    {.path = "/kept", .status = 203, .delay_ms = 100},
    {.path = "/seen", .status = 205},
    {.path = "/unloaded", .status = 206},
    {.path = "/deaf", .body = "<script>addEventListener('pagehide', () => navigator.sendBeacon('/never'))</script>"},
    {.path = "/never", .never_answers = true},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, pages);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(renewal, .init = begin, .fini = end);

static const char fill[] =
    "(async () => { document.cookie = 'seen=1; path=/; max-age=1000'; localStorage.theme = 'dark'; "
    "sessionStorage.step = '2'; await (await caches.open('c')).put('/y', new Response('z')); "
    "return 1 })()";
static const char look[] = "(async () => [document.cookie, localStorage.theme, sessionStorage.length, await "
                           "caches.has('c')].join())()";
static const char fetched[] = "performance.getEntriesByType('navigation')[0].transferSize > 0";

static void expect_evaluated(const char *script, const char *expected) {
    cr_expect(eq(str, (char *)driven_read(&page, LL_OP_EVALUATE, NULL, script), (char *)expected), "%s", script);
}

static void visit_and_fill(void) {
    driven_visit(&page, "/");
    driven_visit(&page, "/?2");
    expect_evaluated(fill, "1");
}

static uint64_t counted(enum ll_metric metric, const char *label) {
    return driver_measured(&driver, metric, label).count;
}

static void expect_alone(void) {
    struct ll_action second = {.operation = LL_OP_SWITCH_PAGE, .number = 2, .timeout_ms = 100};
    driven_act_fails(&page, second, LL_DEADLINE_EXCEEDED, "no page of that number (1 is open)");
}

static void expect_last_words(uint64_t times) {
    static const char *const words[] = {"202", "203", "205", "206"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, words[i], times);
        cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, words[i]), times), "%s", words[i]);
    }
}

// As tabs do that a person closes, whatever the context's way; the last page of a user too.
Test(renewal, pages_say_all_that_they_say_when_they_go) {
    uint64_t times = 0;
    for (enum ll_renewal renewal = LL_RENEWAL_NONE; renewal <= LL_RENEWAL_FRESH; renewal++) {
        driver.context.renewal = renewal;
        driven_open(&driver, &page);
        for (int i = 0; i < 3; i++) {
            driven_visit(&page, "/says");
            driven_rest(&page);
        }
        driven_close(&page);
        expect_last_words(times += 3);
    }
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
}

Test(renewal, pages_in_other_tabs_and_of_contexts_that_are_recycled_say_it_too) {
    driver.context.recycling.iterations = 2;
    driven_open(&driver, &page);
    for (int i = 0; i < 2; i++) {
        driven_visit(&page, "/says");
        driven_ok(&page, LL_OP_NEW_PAGE, NULL, NULL);
        driven_visit(&page, "/says");
        driven_rest(&page);
    }
    expect_last_words(4);
    driven_close(&page);
}

Test(renewal, a_page_that_is_closed_while_it_is_renewed_says_it_once) {
    driver.context.renewal = LL_RENEWAL_FRESH;
    driven_open(&driver, &page);
    driven_visit(&page, "/says");
    cr_assert(driver.connection->ops->page_rest(page.page));
    driver.connection->ops->page_renew(page.page);
    driven_close(&page);
    expect_last_words(1);
}

Test(renewal, a_last_request_without_an_answer_is_waited_for_a_second) {
    driver.context.renewal = LL_RENEWAL_FRESH;
    driven_open(&driver, &page);
    driven_visit(&page, "/deaf");
    int64_t began_us = ll_clock_us();
    cr_assert(driven_rest(&page));
    cr_expect_geq(ll_clock_us() - began_us, INT64_C(1000) * 1000);
    driven_visit(&page, "/");
}

Test(renewal, a_context_is_kept_unless_something_else_is_stated) {
    driven_open(&driver, &page);
    visit_and_fill();
    cr_expect_not(driven_rest(&page));
    expect_evaluated(look, "seen=1,dark,1,true");
}

Test(renewal, a_clean_context_is_the_same_one_with_nothing_in_it) {
    driver.context.renewal = LL_RENEWAL_CLEAN;
    driven_open(&driver, &page);
    visit_and_fill();
    cr_assert(driven_rest(&page));
    expect_evaluated("location.href + history.length", "about:blank1");
    driven_visit(&page, "/");
    expect_evaluated(look, ",,0,false");
    expect_evaluated(fetched, "true");
    driven_visit(&page, "/");
    expect_evaluated(fetched, "false"); // the cache works as ever
}

// The browser says that they are gone while the context is being emptied.
Test(renewal, pages_that_are_closed_for_it_are_no_crash) {
    driver.context.renewal = LL_RENEWAL_CLEAN;
    driven_open(&driver, &page);
    for (int i = 0; i < 3; i++) {
        driven_visit(&page, "/");
        driven_ok(&page, LL_OP_NEW_PAGE, NULL, NULL);
        driven_visit(&page, "/");
        cr_assert(driven_rest(&page));
        expect_evaluated("location.href", "about:blank");
    }
    cr_expect(eq(u64, counted(LL_METRIC_BROWSER_CRASHES, ""), 0));
}

// A window that is held until it is set up: it is none of the next iteration's, and does not end the renewal.
Test(renewal, windows_that_come_at_the_end_are_closed) {
    static const char open[] = "for (let i = 0; i < 3; i++) open('/', '_blank', 'noopener'); 1";
    for (enum ll_renewal renewal = LL_RENEWAL_NONE; renewal <= LL_RENEWAL_FRESH; renewal++) {
        driver.context.renewal = renewal;
        driven_open(&driver, &page);
        for (int i = 0; i < 3; i++) {
            driven_visit(&page, "/");
            expect_evaluated(open, "1");
            driven_rest(&page);
            driven_visit(&page, "/");
            expect_evaluated("document.querySelector('h1').textContent", "page");
            expect_alone();
        }
        driven_close(&page);
    }
    cr_expect(eq(u64, counted(LL_METRIC_BROWSER_CRASHES, ""), 0));
}

Test(renewal, a_fresh_context_is_another_one) {
    driver.context.renewal = LL_RENEWAL_FRESH;
    driven_open(&driver, &page);
    visit_and_fill();
    cr_assert(driven_rest(&page));
    driven_visit(&page, "/");
    expect_evaluated(look, ",,0,false");
    expect_evaluated(fetched, "true");
}

Test(renewal, a_page_that_cannot_be_left_is_given_up_for_a_new_one) {
    driver.context.renewal = LL_RENEWAL_CLEAN;
    driven_open(&driver, &page);
    driven_visit(&page, "/stuck");
    struct ll_action hang = {.operation = LL_OP_EVALUATE, .text = "for (;;);", .timeout_ms = 50};
    driven_act(&page, &hang); // what is stuck now is interrupted; a renewal does not wait for that
    cr_assert(driven_rest(&page));
    driven_visit(&page, "/");
    expect_evaluated(look, ",,0,false");
}

Test(renewal, what_a_context_starts_with_is_there_after_each) {
    driver.context.storage = "{\"cookies\":[{\"name\":\"sid\",\"value\":\"1\",\"domain\":\"127.0.0.1\"}]}";
    for (enum ll_renewal renewal = LL_RENEWAL_CLEAN; renewal <= LL_RENEWAL_FRESH; renewal++) {
        driver.context.renewal = renewal;
        driven_open(&driver, &page);
        for (int i = 0; i < 2; i++) {
            driven_visit(&page, "/");
            expect_evaluated("document.cookie", "sid=1");
            expect_evaluated("document.cookie = 'more=1'; 1", "1");
            cr_assert(driven_rest(&page));
        }
        driven_close(&page);
    }
}

Test(renewal, after_so_many_iterations_it_is_recycled_with_what_it_stores) {
    driver.context.recycling.iterations = 3;
    driven_open(&driver, &page);
    visit_and_fill();
    cr_expect_not(driven_rest(&page));
    cr_expect_not(driven_rest(&page));
    cr_assert(driven_rest(&page));
    cr_expect(eq(u64, counted(LL_METRIC_CONTEXTS_RECYCLED, "iterations"), 1));
    expect_evaluated("location.href", "about:blank");
    driven_visit(&page, "/");
    expect_evaluated(look, "seen=1,dark,0,false");
    cr_expect_not(driven_rest(&page)); // it counts anew
}

Test(renewal, a_page_whose_scripts_have_grown_is_recycled) {
    driver.context.recycling.memory_bytes = 30 * 1000 * 1000;
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("localStorage.theme = 'dark'", "dark");
    cr_expect_not(driven_rest(&page)); // looks, and the answer comes while the next iteration runs
    expect_evaluated("globalThis.hoard = new Array(5e6).fill().map((_, i) => i + 0.5); 1", "1");
    bool was_due = false;
    for (int i = 0; i < 40 && !was_due; i++) {
        expect_evaluated("new Promise(done => setTimeout(() => done(1), 100))", "1");
        was_due = driven_rest(&page);
    }
    cr_assert(was_due);
    cr_expect(eq(u64, counted(LL_METRIC_CONTEXTS_RECYCLED, "memory"), 1));
    driven_visit(&page, "/");
    expect_evaluated("[localStorage.theme, typeof hoard].join()", "dark,undefined");
}

Test(renewal, a_browser_that_has_grown_is_started_anew_when_no_user_needs_it) {
    struct driver grown;
    struct driven_page first, second;
    driver_open(&grown, "grown", pages);
    driver_start(&grown);
    driven_open(&grown, &first);
    driven_open(&grown, &second);
    driven_visit(&first, "/");
    driven_visit(&second, "/");
    driven_read(&first, LL_OP_EVALUATE, NULL, "localStorage.theme = 'dark'");
    cr_assert(grown.connection->ops->page_rest(first.page));
    first.opened = false;
    grown.connection->ops->page_renew(first.page); // and waits for the second, which goes on
    cr_expect(eq(str, (char *)driven_read(&second, LL_OP_INNER_TEXT, "h1", NULL), "page"));
    cr_expect_not(first.opened);
    cr_assert(driven_rest(&second));
    driver_serve_until(&grown, &first.opened);
    cr_assert(eq(int, first.err.status, LL_OK), "%s", first.err.text);
    cr_expect(eq(u64, driver_measured(&grown, LL_METRIC_BROWSERS_RECYCLED, NULL).count, 1));
    cr_expect(eq(u64, driver_measured(&grown, LL_METRIC_CONTEXTS_RECYCLED, "browser").count, 2));
    cr_expect(eq(u64, driver_measured(&grown, LL_METRIC_BROWSER_CRASHES, NULL).count, 0));
    driven_visit(&first, "/");
    cr_expect(eq(str, (char *)driven_read(&first, LL_OP_EVALUATE, NULL, "localStorage.theme"), "dark"));
    driver_end(&grown);
}
