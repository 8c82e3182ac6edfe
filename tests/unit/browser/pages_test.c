// A user's pages: those that a scenario opens, and the windows that pages open.
#include "tests/unit/browser/driver.h"

#include "agent/browser/cdp/page.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<h1 id=title>First</h1><button id=open onclick=\"w=window.open('/window')\">open</button>"
             "<a id=blank target=_blank href=/slow>blank</a><a id=link href=/slow>link</a>"
             "<a id=file href=/file>file</a><form action=/slow><button id=send>send</button></form>"
             "<button id=turn onclick=\"w=window.open('');w.location='/slow'\">turn</button>"
             "<button id=soon onclick=\"setTimeout(()=>window.open('/window'),200)\">soon</button>"
             "<button id=empty onclick=\"w=window.open('');w.document.body.innerHTML='<h1 "
             "id=title>Filled</h1>'\">e</button>"
             "<button id=many onclick=\"for(let i=0;i<30;i++)window.open('/window')\">many</button>"
             "<button id=closes onclick='setTimeout(()=>w.close(),100)'>closes</button>"},
    {.path = "/window",
     .body = "<script>first=[innerWidth,!!window.__liveload].join()</script><h1 id=title>Window</h1>"
             "<button id=close onclick='window.close()'>close</button>"
             "<button id=later onclick='setTimeout(()=>window.close(),200)'>later</button>"},
    {.path = "/slow", .body = "<h1 id=title>Slow</h1>", .delay_ms = 200},
    {.path = "/file", .body = "a file", .is_download = true, .type = "application/octet-stream"},
    {.path = "/other", .body = "<h1 id=title>Other</h1>"},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
    driven_visit(&page, "/");
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(pages, .init = begin, .fini = end);

static struct ll_cdp_page *inside(void) {
    return (struct ll_cdp_page *)page.page;
}

static void expect_ok(ll_err err) {
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
}

static void expect_failure(ll_err err, enum ll_status status, const char *sentence) {
    cr_expect_eq(err.status, status, "%d: %s", err.status, err.text);
    cr_expect(strstr(err.text, sentence) != NULL, "\"%s\" does not say \"%s\"", err.text, sentence);
}

static void click(const char *selector) {
    expect_ok(driven_do(&page, LL_OP_CLICK, selector, NULL));
}

static ll_err switch_within(uint32_t number, uint32_t timeout_ms) {
    struct ll_action action = {.operation = LL_OP_SWITCH_PAGE, .number = number, .timeout_ms = timeout_ms};
    return driven_act(&page, &action);
}

static void switch_to(uint32_t number) {
    expect_ok(switch_within(number, 5000));
}

static void expect_title(const char *title) {
    const char *read = driven_read(&page, LL_OP_INNER_TEXT, "#title", NULL);
    cr_expect_str_eq(read, title, "\"%s\", not \"%s\"", read, title);
}

static void expect_alone(void) {
    expect_failure(switch_within(2, 100), LL_DEADLINE_EXCEEDED, "no page of that number (1 is open)");
}

Test(pages, a_window_that_a_page_opens_is_a_page) {
    for (int i = 0; i < 3; i++) {
        click("#open");
        switch_to(2);
        expect_title("Window");
        expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "/window"));
        switch_to(1);
        expect_title("First");
        switch_to(2);
        expect_ok(driven_do(&page, LL_OP_CLOSE_PAGE, NULL, NULL));
        expect_title("First");
    }
}

Test(pages, a_link_into_a_new_window_leads_to_a_page) {
    click("#blank");
    switch_to(2);
    expect_title("Slow");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "String(window.opener)"), "null");
}

// The new page has loaded, which a page that is still empty has not.
static void expect_loaded_slow(const char *how) {
    enum { LOAD };
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_LOAD_STATE, .word = LOAD};
    char url[128];
    switch_to(2);
    driven_act_ok(&page, wait);
    cr_expect(inside()->tab->loaded && !inside()->tab->navigating);
    snprintf(url, sizeof url, "%s/slow", driver.base_url);
    cr_expect(eq(int, strncmp(inside()->tab->url, url, strlen(url)), 0), "%s: %s", how, inside()->tab->url);
    expect_ok(driven_do(&page, LL_OP_CLOSE_PAGE, NULL, NULL));
    expect_title("First");
}

Test(pages, a_page_that_a_link_opens_by_a_key_or_the_middle_button_is_loading) {
    enum { CONTROL = 2, SHIFT = 8 };
    static const struct ll_action clicks[] = {
        {.operation = LL_OP_CLICK, .selector = "#link", .modifiers = CONTROL},
        {.operation = LL_OP_CLICK, .selector = "#link", .modifiers = SHIFT},
        {.operation = LL_OP_CLICK, .selector = "#link", .button = LL_BUTTON_MIDDLE},
        {.operation = LL_OP_CLICK, .selector = "#send", .modifiers = CONTROL},
        {.operation = LL_OP_CLICK, .selector = "#blank"},
        {.operation = LL_OP_CLICK, .selector = "#turn"},
    };
    for (size_t i = 0; i < sizeof clicks / sizeof *clicks; i++) {
        driven_act_ok(&page, clicks[i]);
        expect_loaded_slow(clicks[i].selector);
    }
}

Test(pages, a_page_that_a_link_opens_for_a_download_is_empty_and_loaded) {
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_LOAD_STATE};
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#file", .modifiers = 2});
    switch_to(2);
    driven_act_ok(&page, wait);
}

Test(pages, a_page_that_closes_leads_to_the_one_whose_link_opened_it) {
    expect_ok(driven_do(&page, LL_OP_NEW_PAGE, NULL, NULL));
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_WAIT_FOR_LOAD_STATE});
    driven_visit(&page, "/other");
    switch_to(1);
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#link", .modifiers = 2});
    switch_to(3);
    expect_title("Slow");
    expect_ok(driven_do(&page, LL_OP_CLOSE_PAGE, NULL, NULL));
    expect_title("First");
}

Test(pages, a_window_that_opens_later_is_waited_for) {
    click("#soon");
    switch_to(2);
    expect_title("Window");
}

Test(pages, a_window_that_a_script_fills_is_a_page) {
    click("#empty");
    switch_to(2);
    expect_title("Filled");
}

Test(pages, a_window_has_what_the_context_has_before_its_first_document) {
    click("#open");
    switch_to(2);
    expect_title("Window");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "first"), "1280,true");
}

Test(pages, a_window_is_measured) {
    uint64_t before = driver_measured(&driver, LL_METRIC_HTTP_REQUESTS, "200").count;
    click("#open");
    switch_to(2);
    expect_title("Window");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, "200", before + 1);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "document", 2);
}

Test(pages, a_scenario_opens_and_closes_pages) {
    expect_ok(driven_do(&page, LL_OP_NEW_PAGE, NULL, NULL));
    driven_visit(&page, "/other");
    expect_title("Other");
    expect_ok(driven_do(&page, LL_OP_NEW_PAGE, NULL, NULL));
    driven_visit(&page, "/window");
    switch_to(1);
    expect_title("First");
    expect_ok(driven_do(&page, LL_OP_CLOSE_PAGE, NULL, NULL));
    switch_to(2);
    expect_title("Window");
    switch_to(1);
    expect_title("Other");
    expect_ok(driven_do(&page, LL_OP_CLOSE_PAGE, NULL, NULL));
    expect_title("Window");
    expect_failure(driven_do(&page, LL_OP_CLOSE_PAGE, NULL, NULL), LL_FAILED_PRECONDITION, "only page");
    expect_title("Window");
}

Test(pages, a_page_that_is_not_there_is_said_to_be_missing) {
    expect_alone();
    click("#open");
    expect_failure(switch_within(7, 100), LL_DEADLINE_EXCEEDED, "no page of that number (2 are open)");
}

Test(pages, a_click_that_closes_its_own_window_is_done) {
    click("#open");
    switch_to(2);
    click("#close");
    expect_title("First");
    expect_alone();
}

Test(pages, what_is_done_in_a_page_that_closes_itself_fails_and_its_opener_is_the_page) {
    click("#open");
    switch_to(2);
    click("#later");
    expect_title("Window");
    expect_failure(driven_do(&page, LL_OP_CLICK, "#missing", NULL), LL_ABORTED, "closed by its script");
    expect_title("First");
}

Test(pages, a_wait_in_a_page_that_closes_itself_goes_on_in_its_opener) {
    click("#open");
    switch_to(2);
    click("#later");
    expect_title("Window");
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_SELECTOR, "text=First", NULL));
}

Test(pages, a_page_in_the_background_that_closes_disturbs_nothing) {
    click("#open");
    switch_to(2);
    expect_title("Window");
    switch_to(1);
    click("#closes");
    expect_failure(driven_do(&page, LL_OP_WAIT_FOR_SELECTOR, "#missing", NULL), LL_DEADLINE_EXCEEDED, "nothing");
    expect_alone();
}

Test(pages, the_last_page_that_closes_itself_is_lost_and_no_crash) {
    click("#open");
    switch_to(2);
    expect_title("Window");
    switch_to(1);
    expect_ok(driven_do(&page, LL_OP_CLOSE_PAGE, NULL, NULL));
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#missing", .timeout_ms = 10 * 1000};
    driven_do(&page, LL_OP_CLICK, "#close", NULL);
    if (!page.lost) driven_begin(&page, &wait);
    driver_serve_until(&driver, &page.lost);
    cr_expect_str_eq(page.err.text, "the last page was closed by its script");
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_BROWSER_CRASHES, "").count, 0));
}

Test(pages, a_page_that_crashes_in_the_background_is_counted_and_the_others_live) {
    expect_ok(driven_do(&page, LL_OP_NEW_PAGE, NULL, NULL));
    driven_visit(&page, "/other");
    switch_to(1);
    ll_cdp_call(ll_cdp_page_client(inside()), inside()->tabs->next->session, "Page.crash", "{}", NULL, NULL);
    driver_await_measured(&driver, LL_METRIC_BROWSER_CRASHES, "", 1);
    cr_expect_not(page.lost);
    expect_title("First");
    expect_alone();
}

Test(pages, a_page_that_crashes_under_an_action_is_lost) {
    struct ll_action crash = {.operation = LL_OP_NAVIGATE, .text = "chrome://crash", .timeout_ms = 10 * 1000};
    expect_ok(driven_do(&page, LL_OP_NEW_PAGE, NULL, NULL));
    driven_begin(&page, &crash);
    driver_serve_until(&driver, &page.lost);
    cr_expect_eq(page.err.status, LL_ABORTED, "%s", page.err.text);
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_title("First");
}

Test(pages, windows_over_the_limit_are_closed) {
    click("#many");
    switch_to(LL_CDP_TABS_MAX);
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "/window"));
    expect_failure(driven_do(&page, LL_OP_NEW_PAGE, NULL, NULL), LL_RESOURCE_EXHAUSTED, "more than 20 pages");
    cr_expect(le(sz, ll_cdp_tabs_count(inside()), (size_t)LL_CDP_TABS_MAX));
    switch_to(1);
    expect_title("First");
}

Test(pages, iterations_begin_with_one_page) {
    click("#open");
    expect_ok(driven_do(&page, LL_OP_NEW_PAGE, NULL, NULL));
    driven_visit(&page, "/other");
    driver.connection->ops->page_rest(page.page);
    expect_title("First");
    expect_alone();
    click("#open");
    switch_to(2);
    expect_title("Window");
}
