// Waiting for what a site answers.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<button id=ask onclick=\"fetch('/api/slow')\">ask</button><button id=both onclick=\"fetch('/api/fast')."
             "then(()=>fetch('/api/slow'))\">both</button><a id=window href=/window target=_blank>open</a>"
             "<iframe src=/framed></iframe>"},
    {.path = "/framed", .body = "<button id=inside onclick=\"fetch('/api/fast')\">inside</button>"},
    {.path = "/window", .body = "<script>fetch('/api/fast')</script>"},
    {.path = "/closes", .body = "<p>closes</p>"},
    {.path = "/api/fast", .body = "fast", .type = "text/plain"},
    {.path = "/api/slow", .body = "slow", .type = "text/plain", .delay_ms = 300},
    {.path = "/api/wrong", .body = "wrong", .type = "text/plain", .status = 422},
    {.path = "/api/other", .body = "{}", .type = "application/json", .is_for_all = true},
    {.path = "/api/kept", .body = "kept", .type = "text/plain", .cache_control = "max-age=60"},
    {.path = "/hop", .status = 302, .location = "/hop/again"},
    {.path = "/hop/again", .status = 307, .location = "/api/fast"},
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

TestSuite(response, .init = begin, .fini = end);

static void expect(const char *pattern, uint32_t number) {
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_EXPECT_RESPONSE, .text = pattern, .number = number});
}

static struct ll_action wait_of(uint32_t number, uint32_t timeout_ms) {
    return (struct ll_action){.operation = LL_OP_WAIT_FOR_RESPONSE, .number = number, .timeout_ms = timeout_ms};
}

// The document is {"url":"…","status":200,…: compared but for the site's address.
static void expect_response(uint32_t number, const char *path, const char *rest) {
    char wanted[300];
    driven_act_ok(&page, wait_of(number, 0));
    snprintf(wanted, sizeof wanted, "{\"url\":\"%s%s\",%s}", driver.base_url, path, rest);
    cr_assert_not_null(page.document);
    cr_expect_str_eq(page.document, wanted, "%s, not %s", page.document, wanted);
}

static void run(const char *script) {
    driven_ok(&page, LL_OP_EVALUATE, NULL, script);
}

Test(response, comes_after_the_wait_began) {
    expect("**/api/*", 1);
    driven_ok(&page, LL_OP_CLICK, "#ask", NULL);
    expect_response(1, "/api/slow", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
}

Test(response, came_before_the_wait) {
    expect("/api/wrong", 1);
    run("fetch('/api/wrong').then(r => r.text())");
    run("fetch('/api/fast').then(r => r.text())");
    expect_response(1, "/api/wrong", "\"status\":422,\"ok\":false,\"type\":\"fetch\"");
}

Test(response, the_first_that_matches_is_taken) {
    expect("/api/*", 1);
    expect("/api/s*", 2);
    driven_ok(&page, LL_OP_CLICK, "#both", NULL);
    expect_response(2, "/api/slow", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
    expect_response(1, "/api/fast", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
}

Test(response, what_came_before_it_was_expected_does_not_count) {
    run("fetch('/api/fast').then(r => r.text())");
    expect("/api/*", 1);
    driven_act_fails(&page, wait_of(1, 200), LL_DEADLINE_EXCEEDED, "no response matched (0 came)");
    expect("/api/*", 2);
    run("fetch('/').then(r => r.text())");
    driven_act_fails(&page, wait_of(2, 200), LL_DEADLINE_EXCEEDED, "no response matched (1 came)");
}

Test(response, a_document_is_one_and_so_is_each_hop_to_it) {
    expect("/hop", 1);
    expect("/hop/*", 2);
    expect("/api/fast", 3);
    run("void (location = '/hop')");
    expect_response(1, "/hop", "\"status\":302,\"ok\":false,\"type\":\"document\"");
    expect_response(2, "/hop/again", "\"status\":307,\"ok\":false,\"type\":\"document\"");
    expect_response(3, "/api/fast", "\"status\":200,\"ok\":true,\"type\":\"document\"");
}

Test(response, what_a_cache_has_counts) {
    run("fetch('/api/kept').then(r => r.text())");
    expect("/api/kept", 1);
    run("fetch('/api/kept').then(r => r.text())");
    expect_response(1, "/api/kept", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
}

Test(response, one_that_matches_but_for_its_query_is_told_so) {
    expect("/api/fast", 1);
    run("fetch('/api/fast?user=7').then(r => r.text())");
    driven_act_fails(
        &page, wait_of(1, 200), LL_DEADLINE_EXCEEDED,
        "no response matched, but for a query: a pattern is for the whole URL, which \"**\" at its end lets "
        "have one (1 came)");
    expect("/api/fast**", 2);
    run("fetch('/api/fast?user=7').then(r => r.text())");
    expect_response(2, "/api/fast?user=7", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
}

Test(response, a_preflight_is_none) {
    char script[200];
    snprintf(script, sizeof script, "fetch('%s/api/other', {headers: {'x-own': '1'}}).then(r => r.status)",
             driver.base_url);
    memcpy(strstr(script, "127.0.0.1"), "localhost", strlen("localhost"));
    expect("**/api/other", 1);
    driven_reads(&page, LL_OP_EVALUATE, NULL, script, "200");
    driven_act_ok(&page, wait_of(1, 0));
    cr_expect_not_null(strstr(page.document, "\"type\":\"fetch\""), "%s", page.document);
}

Test(response, frames_and_windows_count) {
    struct ll_action inside = {.operation = LL_OP_CLICK, .frame = "iframe", .selector = "#inside"};
    expect("/api/*", 1);
    driven_act_ok(&page, inside);
    expect_response(1, "/api/fast", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
    expect("/api/*", 2);
    driven_ok(&page, LL_OP_CLICK, "#window", NULL);
    expect_response(2, "/api/fast", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
}

Test(response, the_wait_goes_on_when_its_page_closes) {
    struct ll_action second = {.operation = LL_OP_SWITCH_PAGE, .number = 2};
    run("void window.open('/closes')");
    driven_act_ok(&page, second);
    expect("/api/slow", 1);
    run("void opener.fetch('/api/slow'), void setTimeout(() => close(), 20)");
    expect_response(1, "/api/slow", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "location.pathname", "/");
}

Test(response, one_that_is_given_up_is_in_nobodys_way) {
    for (uint32_t number = 1; number <= 20; number++) expect("/never", number);
    expect("/api/*", 21);
    driven_act_fails(&page, wait_of(1, 200), LL_RESOURCE_EXHAUSTED, "more than 8 are nested");
    struct ll_action wait = wait_of(21, 5000);
    driven_begin(&page, &wait);
    driver.connection->ops->perform_cancel(page.page);
    run("fetch('/api/fast').then(r => r.text())");
    expect_response(21, "/api/fast", "\"status\":200,\"ok\":true,\"type\":\"fetch\"");
}

Test(response, nothing_is_expected_after_a_rest) {
    expect("**", 1);
    driver.connection->ops->page_rest(page.page);
    driven_act_fails(&page, wait_of(1, 200), LL_RESOURCE_EXHAUSTED, "nested");
}
