// The context's options, as pages and servers see them.
#include "tests/unit/browser/driver.h"

#include "libcommon/base/clock.h"
#include "tests/support/echo.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { PAYLOAD = 60 * 1000 };

static char payload[PAYLOAD + 1];
static const struct ll_site_page site[] = {
    {.path = "/", .body = "<meta name=viewport content='width=device-width'><h1>page</h1>"},
#define LOOKS "const look = () => [navigator.language, (1234.5).toLocaleString(), new Date(0).getHours()].join(' ');"
    {.path = "/worker.js", .type = "text/javascript", .body = LOOKS "postMessage(look())"},
    {.path = "/nesting.js",
     .type = "text/javascript",
     .body = "new Worker('/worker.js').onmessage = (event) => postMessage(event.data)"},
    {.path = "/shared.js",
     .type = "text/javascript",
     .body = LOOKS "onconnect = (event) => event.ports[0].postMessage(look())"},
    {.path = "/service.js",
     .type = "text/javascript",
     .body = LOOKS "onmessage = (event) => event.source.postMessage(look())"},
    {.path = "/payload", .body = payload, .type = "text/plain"},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;
static struct echo *echo, *other;

static void begin(void) {
    memset(payload, 'x', PAYLOAD);
    driver_begin(&driver, NULL, site);
}

static void end(void) {
    driver.context = (struct ll_context_options){.device = NULL};
    driver_end(&driver);
}

TestSuite(context, .init = begin, .fini = end);

static void visit_echo(struct echo *server, const char *scheme, const char *path) {
    char url[256];
    snprintf(url, sizeof url, "%s://127.0.0.1:%d%s", scheme, echo_port(server), path);
    ll_err err = driven_do(&page, LL_OP_NAVIGATE, NULL, url);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
}

static void expect_evaluated(const char *script, const char *expected) {
    cr_expect(eq(str, (char *)driven_read(&page, LL_OP_EVALUATE, NULL, script), (char *)expected), "%s", script);
}

static const char *sent(void) {
    return driven_read(&page, LL_OP_INNER_TEXT, "#head", NULL);
}

static void end_echoes(void) {
    if (page.page) driven_close(&page);
    echo_free(&echo);
    echo_free(&other);
}

Test(context, without_options_nothing_is_emulated) {
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("[innerWidth, innerHeight, devicePixelRatio, navigator.maxTouchPoints].join()", "1280,720,1,0");
}

Test(context, certificates_that_cannot_be_checked) {
    char url[128];
    struct ll_site *secure = ll_site_new_secure(driver.loop, site);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", ll_site_port(secure));
    driven_open(&driver, &page);
    ll_err err = driven_do(&page, LL_OP_NAVIGATE, NULL, url);
    cr_expect_not_null(strstr(err.text, "ERR_CERT_AUTHORITY_INVALID"), "%s", err.text);
    driven_close(&page);
    driver.context.ignore_https_errors = true;
    driven_open(&driver, &page);
    err = driven_do(&page, LL_OP_NAVIGATE, NULL, url);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    expect_evaluated("location.protocol + document.querySelector('h1').textContent", "https:page");
    driven_close(&page);
    ll_site_free(&secure);
}

Test(context, headers_go_with_every_request) {
    echo = echo_new(driver.loop, (struct echo_options){0});
    ll_context_options_add_header(&driver.context, "X-Load-Test", "run \"7\"");
    driven_open(&driver, &page);
    visit_echo(echo, "http", "/");
    cr_expect_not_null(strstr(sent(), "X-Load-Test: run \"7\""), "%s", page.value);
    expect_evaluated("fetch('/x').then(r => r.text()).then(t => t.includes('X-Load-Test: run'))", "true");
    ll_context_options_fini(&driver.context);
    end_echoes();
}

Test(context, a_device_is_a_viewport_a_scale_touch_and_a_user_agent) {
    echo = echo_new(driver.loop, (struct echo_options){0});
    driver.context = (struct ll_context_options){.device = "Pixel 7", .viewport_width = 412, .viewport_height = 915};
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("[innerWidth, innerHeight, devicePixelRatio, screen.width, navigator.maxTouchPoints].join()",
                     "412,915,2.625,412,5");
    expect_evaluated("['ontouchstart' in window, matchMedia('(pointer: coarse)').matches].join()", "true,true");
    expect_evaluated("[navigator.userAgentData.mobile, navigator.userAgentData.platform].join()", "true,Android");
    expect_evaluated("/Android.*Chrome\\/[1-9][0-9]+\\.0\\.0\\.0 Mobile/.test(navigator.userAgent)", "true");
    visit_echo(echo, "http", "/");
    cr_expect_not_null(strstr(sent(), "Android"), "%s", page.value);
    driven_close(&page);
    driver.context.user_agent = "robot";
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("navigator.userAgent + ' ' + devicePixelRatio", "robot 2.625");
    end_echoes();
}

Test(context, a_locale_and_a_time_zone) {
    echo = echo_new(driver.loop, (struct echo_options){0});
    driver.context = (struct ll_context_options){.locale = "de-DE", .timezone = "Asia/Tokyo"};
    driven_open(&driver, &page);
    visit_echo(echo, "http", "/");
    cr_expect_not_null(strstr(sent(), "Accept-Language: de-DE"), "%s", page.value);
    expect_evaluated("[navigator.language, (1234.5).toLocaleString(), new Date(0).getHours()].join(' ')",
                     "de-DE 1.234,5 9");
    end_echoes();
}

static const char *const workers[] = {
    "new Promise(done => { new Worker('/worker.js').onmessage = (event) => done(event.data) })",
    "new Promise(done => { new Worker('/nesting.js').onmessage = (event) => done(event.data) })",
    "new Promise(done => { new SharedWorker('/shared.js').port.onmessage = (event) => done(event.data) })",
    "new Promise(async (done) => { const service = navigator.serviceWorker; await service.register('/service.js');"
    " service.onmessage = (event) => done(event.data); (await service.ready).active.postMessage('look') })",
};

Test(context, a_locale_and_a_time_zone_hold_in_workers) {
    driver.context = (struct ll_context_options){.locale = "de-DE", .timezone = "Asia/Tokyo"};
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) expect_evaluated(workers[i], "de-DE 1.234,5 9");
    driven_visit(&page, "/"); // the service worker is there already
    expect_evaluated(workers[3], "de-DE 1.234,5 9");
    driven_close(&page);
}

// They are held until they were set up.
Test(context, workers_run_where_nothing_is_emulated) {
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    const char *here = driven_read(&page, LL_OP_EVALUATE, NULL, LOOKS "look()");
    char expected[64];
    snprintf(expected, sizeof expected, "%s", here);
    for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) expect_evaluated(workers[i], expected);
    driven_close(&page);
}

static void expect_no_page(const char *sentence) {
    driven_open_begin(&driver, &page);
    driver_serve_until(&driver, &page.opened);
    cr_expect(eq(int, page.err.status, LL_INVALID_ARGUMENT));
    cr_expect(eq(str, page.err.text, (char *)sentence));
}

Test(context, what_the_browser_refuses_is_told_when_the_page_is_opened) {
    driver.context = (struct ll_context_options){.timezone = "Mars/Olympus"};
    expect_no_page("context.timezone: the browser refuses it: Invalid timezone id: write it like \"Europe/Berlin\"");
    driver.context = (struct ll_context_options){.locale = "a-b-c-d"};
    expect_no_page("context.locale: the browser refuses it: Invalid locale name: write it like \"de-DE\"");
}

Test(context, permissions_are_granted) {
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("navigator.permissions.query({name: 'geolocation'}).then(p => p.state)", "prompt");
    driven_close(&page);
    ll_context_options_add_permission(&driver.context, "geolocation");
    ll_context_options_add_permission(&driver.context, "clipboard-read");
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    expect_evaluated("navigator.permissions.query({name: 'geolocation'}).then(p => p.state)", "granted");
    expect_evaluated("navigator.permissions.query({name: 'clipboard-read'}).then(p => p.state)", "granted");
    driven_close(&page);
    ll_context_options_fini(&driver.context);
}

Test(context, every_permission_of_the_table_is_known_to_the_browser) {
    for (const char *const *name = ll_permission_names; *name; name++)
        ll_context_options_add_permission(&driver.context, *name);
    driven_open(&driver, &page);
    driven_close(&page);
    ll_context_options_fini(&driver.context);
}

static int64_t time_of(const char *script) {
    int64_t began_us = ll_clock_us();
    driven_read(&page, LL_OP_EVALUATE, NULL, script);
    return (ll_clock_us() - began_us) / 1000;
}

Test(context, a_network_is_throttled) {
    driver.context.network = (struct ll_network){.latency_ms = 250, .download_bytes_per_s = 60 * 1000};
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    int64_t small_ms = time_of("fetch('/').then(r => r.text()).then(t => t.length)");
    int64_t large_ms = time_of("fetch('/payload').then(r => r.text()).then(t => t.length)");
    cr_expect(ge(i64, small_ms, 245));
    cr_expect(ge(i64, large_ms, 1000)); // 60 KB at 60 KB/s, and the latency
}

Test(context, a_network_can_be_offline) {
    driver.context.network = (struct ll_network){.is_offline = true};
    driven_open(&driver, &page);
    char url[128];
    snprintf(url, sizeof url, "%s/", driver.base_url);
    ll_err err = driven_do(&page, LL_OP_NAVIGATE, NULL, url);
    cr_expect_not_null(strstr(err.text, "ERR_INTERNET_DISCONNECTED"), "%s", err.text);
}

Test(context, credentials_answer_the_site_and_nobody_else) {
    char script[200];
    echo = echo_new(driver.loop, (struct echo_options){.credentials = "alice:open \"sesame\""});
    other = echo_new(driver.loop, (struct echo_options){.credentials = "alice:open \"sesame\""});
    driver.context.credentials = (struct ll_credentials){.username = "alice", .password = "open \"sesame\""};
    driven_open(&driver, &page);
    visit_echo(echo, "http", "/");
    cr_expect_not_null(strstr(sent(), "Authorization: Basic"), "%s", page.value);
    snprintf(script, sizeof script,
             "new Promise(done => { Object.assign(new Image(), { onerror: () => done(1), "
             "src: 'http://127.0.0.1:%d/pixel' }) })",
             echo_port(other));
    expect_evaluated(script, "1");
    cr_expect(eq(u32, echo_requests(other), 1));
    cr_expect(eq(u32, echo_requests_with_credentials(other), 0));
    // From now on Chromium sends them by itself, without being asked, and its requests are not stopped any more.
    uint32_t before = echo_requests(echo);
    for (int i = 0; i < 3; i++) visit_echo(echo, "http", "/again");
    cr_expect(eq(u32, echo_requests(echo), before + 3));
    cr_expect(eq(u32, echo_requests_with_credentials(echo), before + 2)); // all but the first
    end_echoes();
}

Test(context, credentials_can_be_for_an_origin) {
    char origin[64];
    echo = echo_new(driver.loop, (struct echo_options){.credentials = "alice:secret"});
    other = echo_new(driver.loop, (struct echo_options){.credentials = "alice:secret"});
    snprintf(origin, sizeof origin, "http://127.0.0.1:%d", echo_port(echo));
    driver.context.credentials = (struct ll_credentials){"alice", "secret", origin};
    driven_open(&driver, &page);
    visit_echo(other, "http", "/");
    cr_expect(eq(str, (char *)driven_read(&page, LL_OP_INNER_TEXT, "#denied", NULL), "denied"));
    cr_expect(eq(u32, echo_requests_with_credentials(other), 0));
    visit_echo(echo, "http", "/");
    cr_expect_not_null(strstr(sent(), "Authorization: Basic"), "%s", page.value);
    end_echoes();
}

Test(context, wrong_credentials_are_refused_and_not_tried_for_ever) {
    echo = echo_new(driver.loop, (struct echo_options){.credentials = "alice:secret"});
    driver.context.credentials = (struct ll_credentials){.username = "alice", .password = "guess"};
    driven_open(&driver, &page);
    visit_echo(echo, "http", "/");
    cr_expect(eq(str, (char *)driven_read(&page, LL_OP_INNER_TEXT, "#denied", NULL), "denied"));
    cr_expect(le(u32, echo_requests(echo), 3));
    end_echoes();
}

Test(context, a_proxy_is_used_but_for_its_exceptions) {
    char server[64], direct[64];
    echo = echo_new(driver.loop, (struct echo_options){.is_proxy = true});
    other = echo_new(driver.loop, (struct echo_options){0});
    snprintf(server, sizeof server, "http://127.0.0.1:%d", echo_port(echo));
    snprintf(direct, sizeof direct, "127.0.0.1:%d", echo_port(other));
    driver.context.proxy = (struct ll_proxy){.server = server, .bypass = direct};
    driven_open(&driver, &page);
    driven_visit(&page, "/whatever"); // which the site does not have
    cr_expect_not_null(strstr(sent(), "GET http://127.0.0.1:"), "%s", page.value);
    uint32_t proxied = echo_requests(echo);
    visit_echo(other, "http", "/");
    cr_expect_not_null(strstr(sent(), "GET / HTTP/1.1"), "%s", page.value);
    cr_expect(eq(u32, echo_requests(echo), proxied));
    end_echoes();
}

Test(context, a_proxy_can_want_credentials) {
    char server[64];
    echo = echo_new(driver.loop, (struct echo_options){.is_proxy = true, .credentials = "bob:secret"});
    snprintf(server, sizeof server, "http://127.0.0.1:%d", echo_port(echo));
    driver.context.proxy = (struct ll_proxy){.server = server, .username = "bob", .password = "secret"};
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    cr_expect_not_null(strstr(sent(), "Proxy-Authorization: Basic"), "%s", page.value);
    end_echoes();
}

Test(context, one_that_is_long_in_coming_is_given_up_after_its_timeout) {
    driver.context.timeout_ms = 1;
    driven_open_begin(&driver, &page);
    driver_serve_until(&driver, &page.opened);
    cr_expect(eq(int, page.err.status, LL_DEADLINE_EXCEEDED));
    cr_expect(eq(str, page.err.text, "the browser opened no page for 0.001 s"));
}
