// Navigation, and waits and readings across it.
#include "tests/unit/browser/driver.h"

#include "agent/browser/cdp/page.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<h1 id=title>Start</h1><a id=slow href=/slow>slow</a> <a id=none href=/none>none</a> "
             "<a id=file href=/file>file</a> <a id=never href=/never>never</a><form action=/slow><button "
             "id=send>Send</button></form><a id=late onclick=\"setTimeout(() => location = '/image', 50)\">late</a>"
             "<a id=push onclick=\"history.pushState({}, '', '/pushed?a=1')\">push</a>"},
    {.path = "/slow", .body = "<h1 id=title>Slow</h1>", .delay_ms = 200},
    {.path = "/image", .body = "<h1>With an image</h1><img src=/slow.png>"},
    {.path = "/slow.png", .type = "image/png", .body = "x", .delay_ms = 150},
    {.path = "/script-redirect", .body = "<script>location.replace('/slow')</script>"},
    {.path = "/redirect", .status = 302, .location = "/slow"},
    {.path = "/none", .status = 204},
    {.path = "/file", .body = "data", .type = "application/octet-stream", .is_download = true},
    {.path = "/broken", .body = "<h1 id=title>Broken</h1>", .status = 500},
    {.path = "/never", .never_answers = true},
    {.path = "/hangs", .body = "<h1 id=title>Hangs</h1><img src=/never>"},
    {.path = "/endless", .body = "<script>while (1);</script>"},
    {.path = "/counts", .body = "<script>sessionStorage.n = +(sessionStorage.n || 0) + 1</script>"},
    {.path = "/chain", .body = "<script>setTimeout(() => location.href = '/slow', 30)</script><h1>chain</h1>"},
    {.path = "/frame", .body = "<iframe src=/slow></iframe><h1 id=title>Frame</h1>"},
#define OK "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n"
    {.path = "/cut", .raw = OK "content-length: 5000\r\n\r\n<h1 id=title>Cut</h1>"},
    {.path = "/cut-at-once", .raw = OK "content-length: 5000\r\n\r\n"},
    {.path = "/cut-with-more", .raw = OK "content-length: 5000\r\n\r\n<img src=/never><iframe src=/never></iframe>"},
    {.path = "/cut-off",
     .raw = OK "content-length: 5000\r\n\r\n<h1 id=title>Cut</h1>",
     .resets = true,
     .body_delay_ms = 50},
    {.path = "/cut-chunk", .raw = OK "transfer-encoding: chunked\r\n\r\n7\r\n<p>part\r\n10\r\nabc"},
    {.path = "/bad-chunk", .raw = OK "transfer-encoding: chunked\r\n\r\n7\r\n<p>part\r\nzz\r\n"},
    {.path = "/bad-gzip", .raw = OK "content-encoding: gzip\r\ncontent-length: 12\r\n\r\nnot gzip at!"},
    {.path = "/cut-behind", .body = "<script>location = '/cut'</script>"},
    {.path = "/cut-and-goes",
     .raw = OK "content-length: 5000\r\n\r\n<script>setTimeout(() => location = '/slow')</script>",
     .body_delay_ms = 100},
    {.path = "/cut-frame", .body = "<h1 id=title>Whole</h1><iframe src=/cut></iframe><script src=/cut></script>"},
    {.path = "/to-cut", .body = "<h1 id=title>To cut</h1><a id=cut href=/cut>cut</a><a id=stops href=/stops>stops</a>"},
    {.path = "/stops", .body = "<h1 id=title>Stops</h1><img src=/never><script>stop()</script>"},
    {.path = "/stops-later", .body = "<h1 id=title>Later</h1><img src=/never><script>setTimeout(stop, 20)</script>"},
    {.path = "/stops-and-goes", .body = "<script>stop(); location = '/slow'</script>"},
    {.path = "/to-file", .body = "<h1 id=title>To file</h1><script>location = '/file'</script>"},
    {.path = "/to-nothing", .body = "<h1 id=title>To nothing</h1><script>location = '/none'</script>"},
    {.path = "/to-mail", .body = "<h1 id=title>To mail</h1><script>location = 'mailto:a@example.com'</script>"},
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

TestSuite(navigation, .init = begin, .fini = end);

static ll_err visit(const char *url, uint32_t timeout_ms) {
    char full[256];
    snprintf(full, sizeof full, "%s%s", url[0] == '/' ? driver.base_url : "", url);
    struct ll_action action = {.operation = LL_OP_NAVIGATE, .text = full, .timeout_ms = timeout_ms};
    return driven_act(&page, &action);
}

static void expect_failure(ll_err err, enum ll_status status, const char *sentence) {
    cr_expect_eq(err.status, status, "%d: %s", err.status, err.text);
    cr_expect(strstr(err.text, sentence) != NULL, "\"%s\" does not say \"%s\"", err.text, sentence);
}

static void expect_ok(ll_err err) {
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
}

static void expect_title(const char *title) {
    const char *read = driven_read(&page, LL_OP_INNER_TEXT, "#title", NULL);
    cr_expect_str_eq(read, title, "\"%s\", not \"%s\"", read, title);
}

Test(navigation, returns_at_the_load_event) {
    driven_visit(&page, "/image");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "document.readyState"), "complete");
    for (int i = 0; i < 20; i++) driven_visit(&page, i % 2 ? "/" : "/slow");
    expect_title("Start");
}

Test(navigation, goes_where_it_is_told_though_a_click_asks_for_another_place_meanwhile) {
    driven_visit(&page, "/");
    struct ll_action click = {.operation = LL_OP_CLICK, .selector = "#late", .timeout_ms = 5000};
    expect_ok(driven_act(&page, &click));
    expect_ok(visit("/slow", 5000));
    expect_title("Slow");
}

Test(navigation, to_another_place_of_the_document_returns_at_once) {
    driven_visit(&page, "/");
    driven_read(&page, LL_OP_EVALUATE, NULL, "window.mark = 1");
    driven_visit(&page, "/#place");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "window.mark + location.hash"), "1#place");
}

Test(navigation, redirects_are_followed) {
    driven_visit(&page, "/redirect");
    expect_title("Slow");
    driven_visit(&page, "/script-redirect");
    expect_title("Slow");
}

Test(navigation, an_error_page_of_the_site_is_a_page) {
    driven_visit(&page, "/broken");
    expect_title("Broken");
}

Test(navigation, a_site_that_is_down_is_unavailable) {
    expect_failure(visit("http://127.0.0.1:59999/a?user=7", 5000), LL_UNAVAILABLE,
                   "net::ERR_CONNECTION_REFUSED at http://127.0.0.1:59999/a: nothing listens there");
    cr_expect(strstr(page.err.text, "user=7") == NULL, "%s", page.err.text);
    driven_visit(&page, "/");
    expect_title("Start");
}

Test(navigation, what_is_no_page_says_so) {
    expect_failure(visit("/none", 5000), LL_UNAVAILABLE, "there is no page");
    expect_failure(visit("/file", 5000), LL_FAILED_PRECONDITION, "is a download and no page");
    expect_failure(visit("no url?token=abc", 5000), LL_INVALID_ARGUMENT, "invalid URL");
    cr_expect(strstr(page.err.text, "token") == NULL, "%s", page.err.text);
    driven_visit(&page, "/");
    expect_title("Start");
}

Test(navigation, a_page_that_never_comes_or_never_loads_is_late) {
    expect_failure(visit("/never", 200), LL_DEADLINE_EXCEEDED, "did not answer");
    expect_failure(visit("/hangs", 2000), LL_DEADLINE_EXCEEDED, "load event did not come");
    expect_title("Hangs");
    driven_visit(&page, "/");
    expect_title("Start");
}

// A second of its own timeout is enough for none of these: they fail when the browser says so.
Test(navigation, a_document_that_breaks_off_fails_with_the_browsers_error) {
    static const struct {
        const char *path, *error;
    } cases[] = {
        {"/cut", "net::ERR_CONTENT_LENGTH_MISMATCH"},           {"/cut-at-once", "net::ERR_CONTENT_LENGTH_MISMATCH"},
        {"/cut-with-more", "net::ERR_CONTENT_LENGTH_MISMATCH"}, {"/cut-off", "net::ERR_CONNECTION_RESET"},
        {"/cut-chunk", "net::ERR_INCOMPLETE_CHUNKED_ENCODING"}, {"/bad-chunk", "net::ERR_INVALID_CHUNKED_ENCODING"},
        {"/bad-gzip", "net::ERR_CONTENT_DECODING_FAILED"},      {"/cut-behind", "net::ERR_CONTENT_LENGTH_MISMATCH"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_failure(visit(cases[i].path, 60 * 1000), LL_UNAVAILABLE, cases[i].error);
        cr_expect(strstr(page.err.text, driver.base_url) != NULL, "%s", page.err.text);
        expect_failure(driven_do(&page, LL_OP_RELOAD, NULL, NULL), LL_UNAVAILABLE, cases[i].error);
    }
    driven_visit(&page, "/");
    expect_title("Start");
}

Test(navigation, what_waits_for_a_document_that_breaks_off_fails_with_it) {
    struct ll_action state = {.operation = LL_OP_WAIT_FOR_LOAD_STATE, .timeout_ms = 60 * 1000};
    struct ll_action url = {.operation = LL_OP_WAIT_FOR_URL, .text = "**/cut", .timeout_ms = 60 * 1000};
    struct ll_action back = {.operation = LL_OP_GO_BACK, .timeout_ms = 60 * 1000};
    for (int i = 0; i < 2; i++) {
        driven_visit(&page, "/to-cut");
        driven_ok(&page, LL_OP_CLICK, "#cut", NULL);
        expect_failure(driven_act(&page, i ? &url : &state), LL_UNAVAILABLE, "net::ERR_CONTENT_LENGTH_MISMATCH");
        expect_failure(driven_act(&page, i ? &state : &url), LL_UNAVAILABLE, "net::ERR_CONTENT_LENGTH_MISMATCH");
    }
    driven_visit(&page, "/");
    expect_failure(driven_act(&page, &back), LL_UNAVAILABLE, "net::ERR_CONTENT_LENGTH_MISMATCH");
}

Test(navigation, a_page_that_stops_its_own_loading_fails_at_once) {
    static const char *const paths[] = {"/stops", "/stops-later"};
    for (size_t i = 0; i < 2; i++) {
        expect_failure(visit(paths[i], 60 * 1000), LL_FAILED_PRECONDITION, "the page stopped its own loading");
        expect_title(i ? "Later" : "Stops");
    }
    struct ll_action state = {.operation = LL_OP_WAIT_FOR_LOAD_STATE, .timeout_ms = 60 * 1000};
    driven_visit(&page, "/to-cut");
    driven_ok(&page, LL_OP_CLICK, "#stops", NULL);
    expect_failure(driven_act(&page, &state), LL_FAILED_PRECONDITION, "the page stopped its own loading");
}

Test(navigation, a_page_that_breaks_off_or_stops_and_leads_on_is_followed) {
    driven_visit(&page, "/stops-and-goes");
    expect_title("Slow");
    driven_visit(&page, "/cut-and-goes");
    expect_title("Slow");
}

// Chromium leaves their load events out.
Test(navigation, a_page_that_leads_to_no_page_has_loaded) {
    driven_visit(&page, "/to-file");
    expect_title("To file");
    driven_visit(&page, "/to-nothing");
    expect_title("To nothing");
    driven_visit(&page, "/to-mail");
    expect_title("To mail");
}

Test(navigation, a_part_of_a_page_that_breaks_off_is_not_the_page) {
    driven_visit(&page, "/cut-frame");
    expect_title("Whole");
}

static void expect_alive(void) {
    driven_visit(&page, "/");
    expect_title("Start");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "1 + 1"), "2");
}

Test(navigation, a_page_with_an_endless_script_is_freed_from_it) {
    for (int i = 0; i < 2; i++) {
        expect_failure(visit("/endless", 500), LL_DEADLINE_EXCEEDED, "load event did not come");
        expect_alive();
    }
}

Test(navigation, a_cancelled_action_costs_the_next_script_nothing) {
    driven_visit(&page, "/");
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#missing", .timeout_ms = 60 * 1000};
    driven_begin(&page, &wait); // nothing is busy here, and the next script is not to be ended
    driver.connection->ops->perform_cancel(page.page);
    expect_alive();
}

// Twice a navigation is late on a page that lives, which is no reason to lose it.
Test(navigation, a_site_that_never_answers_costs_no_page) {
    for (int i = 0; i < 3; i++) expect_failure(visit("/never", 300), LL_DEADLINE_EXCEEDED, "did not answer");
    cr_expect_not(page.lost);
    expect_alive();
}

Test(navigation, a_page_that_is_late_again_before_it_answered_is_lost) {
    struct ll_cdp_page *inside = (struct ll_cdp_page *)page.page;
    char url[128];
    snprintf(url, sizeof url, "%s/never", driver.base_url);
    struct ll_action never = {.operation = LL_OP_NAVIGATE, .text = url, .timeout_ms = 100};
    inside->tab->probe = 1; // nobody answers this one
    driven_begin(&page, &never);
    driver_serve_until(&driver, &page.lost);
    cr_expect_eq(page.err.status, LL_ABORTED, "%s", page.err.text);
    driven_open(&driver, &page);
    expect_alive();
}

Test(navigation, reload_loads_the_document_anew) {
    driven_visit(&page, "/counts");
    for (int i = 0; i < 5; i++) expect_ok(driven_do(&page, LL_OP_RELOAD, NULL, NULL));
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "+sessionStorage.n"), "6");
}

Test(navigation, what_follows_a_click_on_a_link_happens_in_the_new_document) {
    for (int i = 0; i < 5; i++) {
        driven_visit(&page, "/");
        expect_ok(driven_do(&page, LL_OP_CLICK, i % 2 ? "#slow" : "#send", NULL));
        expect_title("Slow"); // both documents have a title
    }
}

Test(navigation, a_wait_for_the_next_document_keeps_the_deadline_of_its_action) {
    driven_visit(&page, "/");
    expect_ok(driven_do(&page, LL_OP_CLICK, "#never", NULL));
    struct ll_action click = {.operation = LL_OP_CLICK, .selector = "#slow", .timeout_ms = 300};
    for (int i = 0; i < 2; i++) expect_failure(driven_act(&page, &click), LL_DEADLINE_EXCEEDED, "did not come");
    driven_visit(&page, "/");
    expect_title("Start");
}

// The page itself says what is missing: the wait for the document has left no shorter deadline behind.
Test(navigation, after_a_wait_for_the_next_document_the_page_keeps_the_deadline) {
    driven_visit(&page, "/");
    expect_ok(driven_do(&page, LL_OP_CLICK, "#slow", NULL));
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#missing", .timeout_ms = 700};
    expect_failure(driven_act(&page, &wait), LL_DEADLINE_EXCEEDED, "matches nothing");
}

Test(navigation, a_link_to_no_page_leaves_the_document) {
    driven_visit(&page, "/");
    expect_ok(driven_do(&page, LL_OP_CLICK, "#none", NULL));
    expect_title("Start");
    expect_ok(driven_do(&page, LL_OP_CLICK, "#file", NULL));
    expect_title("Start");
}

Test(navigation, a_wait_goes_on_in_the_next_document) {
    driven_visit(&page, "/chain");
    expect_title("Slow");
}

Test(navigation, a_script_that_a_navigation_ends_is_not_run_twice) {
    driven_visit(&page, "/");
    ll_err err = driven_do(&page, LL_OP_EVALUATE, NULL, "location.href = '/slow'; new Promise(() => 0)");
    expect_failure(err, LL_UNKNOWN, "another document");
}

Test(navigation, a_url_is_waited_for) {
    driven_visit(&page, "/");
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "/"));
    expect_ok(driven_do(&page, LL_OP_CLICK, "#push", NULL));
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "**/pushed?a=*"));
    driven_visit(&page, "/chain");
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "**/slow"));
    struct ll_action never = {.operation = LL_OP_WAIT_FOR_URL, .text = "**/elsewhere", .timeout_ms = 100};
    expect_failure(driven_act(&page, &never), LL_DEADLINE_EXCEEDED, "no URL that matches");
}

Test(navigation, a_url_has_its_fragment) {
    driven_visit(&page, "/slow#cart");
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "**/slow#cart"));
    expect_ok(driven_do(&page, LL_OP_EVALUATE, NULL, "location.hash = 'receipt'"));
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "**/slow#receipt"));
}

Test(navigation, frames_within_a_page_do_not_disturb) {
    driven_visit(&page, "/frame");
    expect_title("Frame");
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "/frame"));
}
