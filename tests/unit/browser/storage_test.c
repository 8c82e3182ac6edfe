// What contexts store: snapshots, giving them back, and the end of it all.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ll_site_page pages[] = {
    {.path = "/", .body = "<h1>page</h1>"},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;
static struct ll_site *other;
static char other_url[64];

static void begin(void) {
    driver_begin(&driver, NULL, pages);
    other = ll_site_new(driver.loop, pages);
    snprintf(other_url, sizeof other_url, "http://127.0.0.1:%d/", ll_site_port(other));
    driven_open(&driver, &page);
}

static void end(void) {
    ll_site_free(&other);
    driver_end(&driver);
}

TestSuite(storage, .init = begin, .fini = end);

static void expect_evaluated(const char *script, const char *expected) {
    cr_expect(eq(str, (char *)driven_read(&page, LL_OP_EVALUATE, NULL, script), (char *)expected), "%s", script);
}

static void visit_other(void) {
    ll_err err = driven_do(&page, LL_OP_NAVIGATE, NULL, other_url);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
}

static ll_err restore(const char *snapshot) {
    struct ll_action action = {
        .operation = LL_OP_RESTORE_CONTEXT_STORAGE, .argument = snapshot, .timeout_ms = 5 * 1000};
    return driven_act(&page, &action);
}

static const char everything[] =
    "(async () => { document.cookie = 'seen=1; path=/; max-age=1000'; localStorage.theme ="
    " 'dark \"x\"'; sessionStorage.step = '2'; await (await caches.open('c')).put('/y', new"
    " Response('z')); await new Promise(done => { indexedDB.open('db').onsuccess = done });"
    " return 1 })()";
static const char what_is_there[] = "(async () => [document.cookie, localStorage.length, sessionStorage.length, await "
                                    "caches.has('c'), (await indexedDB.databases()).length].join())()";

Test(storage, a_reset_empties_the_context_of_every_site) {
    driven_visit(&page, "/");
    expect_evaluated(everything, "1");
    visit_other();
    expect_evaluated(everything, "1");
    expect_evaluated(what_is_there, "seen=1,1,1,true,1");
    ll_err err = driven_do(&page, LL_OP_RESET_CONTEXT_STORAGE, NULL, NULL);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    expect_evaluated(what_is_there, ",0,0,false,0");
    driven_visit(&page, "/");
    expect_evaluated(what_is_there, ",0,0,false,0");
}

static ll_err reset_within(uint32_t timeout_ms) {
    struct ll_action action = {.operation = LL_OP_RESET_CONTEXT_STORAGE, .timeout_ms = timeout_ms};
    return driven_act(&page, &action);
}

Test(storage, a_reset_needs_neither_databases_nor_the_pages_own_timers) {
    static const char break_timers[] = "setTimeout = setInterval = Promise = () => { throw 0 }, 1";
    ll_err err = reset_within(5 * 1000); // of about:blank
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    driven_visit(&page, "/");
    expect_evaluated(break_timers, "1");
    err = reset_within(5 * 1000);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
}

Test(storage, a_reset_of_a_page_that_never_answers_ends) {
    driven_visit(&page, "/");
    expect_evaluated("setTimeout(() => { for (;;) {} }), 1", "1");
    ll_err err = reset_within(200);
    cr_expect(eq(int, err.status, LL_DEADLINE_EXCEEDED), "%s", err.text);
    driven_visit(&page, "/"); // the page can be used
}

Test(storage, a_reset_leaves_other_users_alone) {
    struct driven_page neighbour;
    driven_open(&driver, &neighbour);
    driven_visit(&neighbour, "/");
    driven_read(&neighbour, LL_OP_EVALUATE, NULL, everything);
    driven_visit(&page, "/");
    driven_do(&page, LL_OP_RESET_CONTEXT_STORAGE, NULL, NULL);
    cr_expect(eq(str, (char *)driven_read(&neighbour, LL_OP_EVALUATE, NULL, what_is_there), "seen=1,1,1,true,1"));
}

Test(storage, a_snapshot_has_cookies_and_local_storage_of_every_site) {
    driven_visit(&page, "/");
    expect_evaluated(everything, "1");
    visit_other();
    expect_evaluated("localStorage.cart = '7'", "7");
    driven_do(&page, LL_OP_CONTEXT_STORAGE_SNAPSHOT, NULL, NULL);
    cr_assert_not_null(page.document, "%s", page.err.text);
    char expected[300];
    cr_expect_not_null(
        strstr(page.document, "{\"name\":\"seen\",\"value\":\"1\",\"domain\":\"127.0.0.1\",\"path\":\"/\""), "%s",
        page.document);
    snprintf(expected, sizeof expected,
             "{\"origin\":\"%s\",\"localStorage\":[{\"name\":\"theme\",\"value\":\"dark \\\"x\\\"\"}]}",
             driver.base_url);
    cr_expect_not_null(strstr(page.document, expected), "%s", page.document);
    snprintf(expected, sizeof expected, "{\"origin\":\"%.*s\",\"localStorage\":[{\"name\":\"cart\",\"value\":\"7\"}]}",
             (int)strlen(other_url) - 1, other_url);
    cr_expect_not_null(strstr(page.document, expected), "%s", page.document);
    expect_evaluated("location.href", other_url); // the user's own page has not moved
}

Test(storage, what_was_taken_can_be_given_to_another_user) {
    driven_visit(&page, "/");
    expect_evaluated(everything, "1");
    driven_do(&page, LL_OP_CONTEXT_STORAGE_SNAPSHOT, NULL, NULL);
    char *snapshot = strdup(page.document);
    driven_close(&page);
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("localStorage.old = 1; document.cookie = 'old=1'; 1", "1");
    ll_err err = restore(snapshot);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    expect_evaluated("[document.cookie, localStorage.theme, localStorage.old].join()", "seen=1,dark \"x\",");
    driven_close(&page);
    driver.context.storage = snapshot; // as the context's option: before its first page
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("[document.cookie, localStorage.theme].join()", "seen=1,dark \"x\"");
    free(snapshot);
}

Test(storage, sites_that_no_tab_shows_are_not_asked) {
    static const char snapshot[] =
        "{\"origins\":[{\"origin\":\"https://shop.example\",\"localStorage\":[{\"name\":\"a\",\"value\":\"b\"}]}]}";
    ll_err err = restore(snapshot);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    driven_do(&page, LL_OP_CONTEXT_STORAGE_SNAPSHOT, NULL, NULL);
    cr_expect_not_null(strstr(page.document, "{\"origin\":\"https://shop.example\",\"localStorage\":[{\"name\":\"a\","
                                             "\"value\":\"b\"}]}"),
                       "%s", page.document);
}

Test(storage, cookies_that_cannot_be_are_an_error) {
    ll_err err = restore("{\"cookies\":[{\"name\":\"a\",\"value\":\"crumb\",\"domain\":\"\"}]}");
    cr_expect(eq(str, err.text, "the browser refuses: Invalid cookie fields"));
    err = restore("{\"cookies\":[{\"value\":\"crumb\"}]}");
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    cr_expect_null(strstr(err.text, "crumb"));
    driven_visit(&page, "/"); // the page can be used
}

Test(storage, a_cancelled_snapshot_leaves_nothing_behind) {
    driven_visit(&page, "/");
    visit_other();
    struct ll_action action = {.operation = LL_OP_CONTEXT_STORAGE_SNAPSHOT, .timeout_ms = 5 * 1000};
    for (int i = 0; i < 3; i++) {
        driven_begin(&page, &action);
        driver.connection->ops->perform_cancel(page.page);
    }
    driven_visit(&page, "/");
    driven_do(&page, LL_OP_CONTEXT_STORAGE_SNAPSHOT, NULL, NULL);
    cr_expect_not_null(page.document);
    driven_begin(&page, &action);
    driven_close(&page);
    driven_open(&driver, &page);
}
