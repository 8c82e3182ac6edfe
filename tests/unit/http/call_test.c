// A request with the cookies of the page's context both ways, with a real browser and with none.
#include "agent/users/http_call.h"
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_site_page site[] = {
    {.path = "/", .body = "<h1>page</h1>"},
    {.path = "/echo-back", .type = "text/plain", .echoes = true},
    {.path = "/log-in", .type = "text/plain", .set_cookies = "id=7; Path=/; HttpOnly; SameSite=Lax\nseen=yes"},
    {.path = "/log-out", .type = "text/plain", .set_cookies = "id=; Path=/; Max-Age=0"},
    {.path = "/never", .never_answers = true},
    {.path = NULL},
};

struct bench {
    struct driver driver;
    struct ll_page *page;
    struct ll_recorder *recorder;
    struct ll_context_options context;
    struct ll_http_call *call;
    bool is_open, is_acted, is_answered;
    ll_err err;
    const struct ll_http_answer *answer;
};

static void on_page_open(void *owner, ll_err err) {
    struct bench *bench = owner;
    bench->is_open = true;
    bench->err = err;
    ll_loop_wake(bench->driver.loop);
}

// As a user does.
static void on_done(void *owner, const struct ll_action_result *result) {
    struct bench *bench = owner;
    if (ll_http_call_is_under_way(bench->call)) {
        ll_http_call_on_done(bench->call, result);
        return;
    }
    bench->is_acted = true;
    bench->err = result->err;
    ll_loop_wake(bench->driver.loop);
}

static void on_page_lost(void *owner, ll_err why) {
    struct bench *bench = owner;
    bench->page = NULL;
    bench->err = why;
}

static void on_answer(void *arg, const struct ll_http_answer *answer) {
    struct bench *bench = arg;
    bench->is_answered = true;
    bench->answer = answer;
    ll_loop_wake(bench->driver.loop);
}

static void bench_begin(struct bench *bench, const char *browser) {
    *bench = (struct bench){.context = {.viewport_width = 1280, .viewport_height = 720}};
    driver_begin(&bench->driver, browser, site);
    struct ll_page_events events = {
        .owner = bench, .on_page_open = on_page_open, .on_done = on_done, .on_page_lost = on_page_lost};
    bench->page = bench->driver.connection->ops->page_open(bench->driver.connection, &bench->context, events);
    driver_serve_until(&bench->driver, &bench->is_open);
    cr_assert(eq(int, bench->err.status, LL_OK), "%s", bench->err.text);
    bench->recorder = ll_recorder_new();
    bench->call = ll_http_call_new(
        &(struct ll_http_options){.loop = bench->driver.loop, .recorder = bench->recorder, .context = &bench->context});
}

static void bench_end(struct bench *bench) {
    ll_http_call_free(&bench->call);
    driver_end(&bench->driver);
    ll_recorder_free(&bench->recorder);
}

static void act(struct bench *bench, enum ll_operation operation, const char *text) {
    struct ll_action action = {.operation = operation, .text = text, .timeout_ms = 5000};
    bench->is_acted = false;
    bench->driver.connection->ops->perform(bench->page, &action);
    driver_serve_until(&bench->driver, &bench->is_acted);
    cr_assert(eq(int, bench->err.status, LL_OK), "%s", bench->err.text);
}

static void begin_get(struct bench *bench, const char *path) {
    static char url[128];
    snprintf(url, sizeof url, "%s%s", bench->driver.base_url, path);
    struct ll_http_request request = {.method = "GET", .url = url, .timeout_ms = 5000, .follows_redirects = true};
    bench->is_answered = false;
    ll_http_call_begin(bench->call, bench->page, &request, on_answer, bench);
    cr_expect(ll_http_call_is_under_way(bench->call) && !bench->is_answered);
}

static const char *get(struct bench *bench, const char *path) {
    begin_get(bench, path);
    driver_serve_until(&bench->driver, &bench->is_answered);
    cr_expect(not(ll_http_call_is_under_way(bench->call)));
    cr_assert(eq(int, bench->answer->err.status, LL_OK), "%s: %s", path, bench->answer->err.text);
    return bench->answer->body;
}

Test(http_call, the_browser_s_cookies_are_sent_and_the_answer_s_are_the_browser_s) {
    struct bench bench;
    char url[128];
    bench_begin(&bench, NULL);
    snprintf(url, sizeof url, "%s/", bench.driver.base_url);
    act(&bench, LL_OP_NAVIGATE, url);
    act(&bench, LL_OP_EVALUATE, "document.cookie = 'theme=dark; path=/'");
    const char *body = get(&bench, "/echo-back");
    cr_expect(not(zero(ptr, strstr(body, "theme=dark"))), "%s", body);
    get(&bench, "/log-in");
    body = get(&bench, "/echo-back");
    cr_expect(not(zero(ptr, strstr(body, "id=7"))), "%s", body);
    cr_expect(not(zero(ptr, strstr(body, "theme=dark"))), "%s", body);
    act(&bench, LL_OP_EVALUATE, "document.cookie = 'a_longer_name=1; path=/'; document.cookie = 'a=2; path=/'");
    body = get(&bench, "/echo-back");
    cr_expect(not(zero(ptr, strstr(body, "theme=dark; id=7; seen=yes; a_longer_name=1; a=2"))), "%s", body);
    act(&bench, LL_OP_EVALUATE,
        "fetch('/echo-back').then(r => r.text()).then(t => { if (!/id=7/.test(t) || !/seen=yes/.test(t)) throw t })");
    act(&bench, LL_OP_EVALUATE, "if (/id/.test(document.cookie)) throw 'it is for HTTP only'");
    get(&bench, "/log-out");
    act(&bench, LL_OP_EVALUATE, "fetch('/echo-back').then(r => r.text()).then(t => { if (/id=7/.test(t)) throw t })");
    bench_end(&bench);
}

Test(http_call, without_a_browser_the_context_has_cookies_too) {
    struct bench bench;
    bench_begin(&bench, "null:delay=10s,fail=1"); // which are of the scenario's operations
    get(&bench, "/log-in");
    const char *body = get(&bench, "/echo-back");
    cr_expect(not(zero(ptr, strstr(body, "id=7"))), "%s", body);
    cr_expect(not(zero(ptr, strstr(body, "seen=yes"))), "%s", body);
    get(&bench, "/log-out");
    body = get(&bench, "/echo-back");
    cr_expect(zero(ptr, strstr(body, "id=7")), "%s", body);
    cr_expect(not(zero(ptr, strstr(body, "seen=yes"))), "%s", body);
    bench_end(&bench);
}

Test(http_call, one_that_is_cancelled_stays_silent_and_leaves_the_page_usable) {
    struct bench bench;
    bench_begin(&bench, "null");
    begin_get(&bench, "/never"); // while it asks for cookies
    ll_http_call_cancel(bench.call, LL_HTTP_CALL_PAGE_IS_THERE);
    cr_expect(not(ll_http_call_is_under_way(bench.call)));
    begin_get(&bench, "/never"); // while the site is asked
    for (int i = 0; i < 5; i++) ll_loop_turn(bench.driver.loop);
    ll_http_call_cancel(bench.call, LL_HTTP_CALL_PAGE_IS_THERE);
    get(&bench, "/echo-back");
    bench_end(&bench);
}
