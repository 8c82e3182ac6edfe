// HTTP and WebSocket metrics.
#include "tests/unit/browser/driver.h"

#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/page.h"
#include "agent/browser/cdp/worker.h"
#include "tests/support/full_port.h"
#include "tests/support/relay.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// The answers to opening three WebSockets, of which two are blocked: in the page, a frame or a worker.
#define SOCKETS_OF_WHICH_TWO_ARE_BLOCKED                                                                               \
    "const base = 'ws://' + location.host;"                                                                            \
    "const open = (path, Socket = WebSocket) => new Promise(done => { const s = new Socket(base + path, 'echo');"      \
    "let heard = ''; s.addEventListener('error', () => { heard += s.readyState }); s.onopen = () => done('open');"     \
    "s.onclose = e => done(`${heard} ${e.code} ${s.url === base + path} ${s instanceof WebSocket}`) });"               \
    "const all = async () => [await open('/echo?block'), await open('/echo'),"                                         \
    "await open('/echo?block', class extends WebSocket {})].join();"

// What a page or worker may have made of what a script uses that looks after its WebSockets.
#define SPOILING                                                                                                       \
    "{ const no = () => { throw new TypeError('spoilt') };"                                                            \
    "for (const name of ['URL', 'Node', 'WorkerLocation', 'WorkerGlobalScope', 'MessageChannel', 'MessagePort'])"      \
    "  for (const key of ['href', 'protocol', 'baseURI', 'location', 'port1', 'port2', 'onmessage'])"                  \
    "    if (globalThis[name] && Object.hasOwn(globalThis[name].prototype, key))"                                      \
    "      Object.defineProperty(globalThis[name].prototype, key, { get: no, set: no });"                              \
    "for (const name of ['URL', 'Event', 'CloseEvent', 'MessageChannel', 'Reflect', 'setTimeout']) globalThis[name] "  \
    "= no;"                                                                                                            \
    "MessagePort.prototype.close = EventTarget.prototype.dispatchEvent = String.prototype.indexOf = no;"               \
    "Array.prototype[Symbol.iterator] = Object.prototype.get = Object.prototype.code = no; globalThis.globalThis = "   \
    "{} }"

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<link rel=stylesheet href=/style.css><script src=/script.js></script><img src=/missing.png>"
             "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=='>"},
    {.path = "/style.css", .type = "text/css", .body = "body{}"},
    {.path = "/script.js", .type = "text/javascript", .body = "1"},
    {.path = "/empty", .body = "<h1>empty</h1>"},
    {.path = "/data", .type = "text/plain", .body = "0123456789"},
    {.path = "/slow", .type = "text/plain", .body = "slow", .delay_ms = 100},
    {.path = "/never", .never_answers = true},
    {.path = "/cached", .type = "text/plain", .body = "cached", .cache_control = "max-age=1000"},
    {.path = "/hop", .status = 302, .location = "/data"},
    {.path = "/gone", .status = 503, .body = "no"},
    {.path = "/forbidden", .status = 403},
    {.path = "/locked", .status = 401},
    {.path = "/tagged", .type = "text/plain", .body = "tagged", .cache_control = "no-cache", .etag = "\"1\""},
    {.path = "/tagged-page", .body = "<h1>tagged</h1>", .cache_control = "no-cache", .etag = "\"2\""},
    {.path = "/slow-body", .type = "text/plain", .body = "slow", .body_delay_ms = 150},
    {.path = "/for-all", .type = "text/plain", .body = "for all", .is_for_all = true},
    {.path = "/reset", .resets = true},
    {.path = "/half", .type = "text/plain", .body = "half of this", .hangs_up = true},
    {.path = "/round", .status = 302, .location = "/round"},
    {.path = "/third/party.js", .type = "text/javascript", .body = "1"},
    {.path = "/with-images", .body = "<img src=/dot.svg>"},
    {.path = "/dot.svg",
     .type = "image/svg+xml",
     .body = "<svg xmlns='http://www.w3.org/2000/svg'/>",
     .cache_control = "max-age=1000"},
    {.path = "/worker.js",
     .type = "text/javascript",
     .body = "onactivate = e => e.waitUntil(clients.claim());"
             "onfetch = e => { if (e.request.url.endsWith('/made')) e.respondWith(new Response('made'));"
             "if (e.request.url.endsWith('/data')) e.respondWith(fetch(e.request)) }"},
    {.path = "/dedicated.js",
     .type = "text/javascript",
     .body = "importScripts('/script.js'); onmessage = async () => { await (await fetch('/slow')).text();"
             "const made = new Worker('/nested.js'); made.onmessage = e => postMessage(e.data) }"},
    {.path = "/nested.js",
     .type = "text/javascript",
     .body = "fetch('/gone').then(r => r.text()).catch(() => 0).then(() => postMessage('done'))"},
    {.path = "/hanging.js", .type = "text/javascript", .body = "fetch('/never').catch(() => 0); postMessage('asked')"},
    {.path = "/shared.js",
     .type = "text/javascript",
     .body = "onconnect = async e => { await (await fetch('/slow')).text(); e.ports[0].postMessage('done') }"},
    {.path = "/installing.js",
     .type = "text/javascript",
     .body = "oninstall = e => e.waitUntil(fetch('/slow').then(r => r.text()).then(() => skipWaiting()));"
             "onactivate = e => e.waitUntil(clients.claim());"
             "onfetch = e => { if (e.request.url.includes('through')) e.respondWith(fetch(e.request)) }"},
    {.path = "/sockets.js",
     .type = "text/javascript",
     .body = SOCKETS_OF_WHICH_TWO_ARE_BLOCKED "all().then(postMessage)"},
    {.path = "/spoilt", .body = "<script>" SOCKETS_OF_WHICH_TWO_ARE_BLOCKED SPOILING "</script>"},
    {.path = "/spoilt.js",
     .type = "text/javascript",
     .body = "const answer = postMessage;" SOCKETS_OF_WHICH_TWO_ARE_BLOCKED SPOILING "all().then(a => answer(a))"},
    {.path = NULL},
};

enum { NETWORKIDLE = 2 }; // of the load states in operations.def

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(network, .init = begin, .fini = end);

static void run(const char *script) {
    ll_err err = driven_do(&page, LL_OP_EVALUATE, NULL, script);
    cr_expect_eq(err.status, LL_OK, "%s: %s", script, err.text);
}

static uint64_t counted(enum ll_metric metric, const char *label) {
    return driver_measured(&driver, metric, label).count;
}

static void open_socket(const char *host) {
    char url[128], script[256];
    snprintf(url, sizeof url, "http://%s:%d/empty", host, ll_site_port(driver.site));
    ll_err err = driven_do(&page, LL_OP_NAVIGATE, NULL, url);
    cr_expect_eq(err.status, LL_OK, "%s: %s", url, err.text);
    snprintf(script, sizeof script,
             "new Promise(done => { new WebSocket('ws%s/echo', 'echo').onopen = () => done('open') })",
             strchr(driver.base_url, ':'));
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, script), "open");
}

Test(network, requests_are_counted_by_status_and_timed_by_type) {
    driven_visit(&page, "/");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, NULL, 4);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 3));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "404"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), 4)); // the data: image is none
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "404"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 1));
    static const char *const types[] = {"document", "stylesheet", "script", "image"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DURATION, types[i]), 1), "%s", types[i]);
        cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_TTFB, types[i]), 1), "%s", types[i]);
        cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_BYTES, types[i]), 1), "%s", types[i]);
    }
}

Test(network, phases_are_sampled_where_they_happened) {
    driven_visit(&page, "/empty");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, NULL, 1);
    uint64_t connects = counted(LL_METRIC_HTTP_REQUEST_CONNECT, NULL);
    cr_expect(eq(u64, connects, 1));
    run("fetch('/data').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_CONNECT, NULL), 1)); // the connection is used again
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_TLS, NULL), 0));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_TTFB, "fetch"), 1));
    struct measured bytes = driver_measured(&driver, LL_METRIC_HTTP_REQUEST_BYTES, "fetch");
    cr_expect(gt(dbl, bytes.sum, 10), "headers count too");
    cr_expect(lt(dbl, bytes.sum, 1000));
}

Test(network, durations_are_those_of_the_site) {
    driven_visit(&page, "/empty");
    run("fetch('/slow').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    struct measured duration = driver_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch");
    struct measured ttfb = driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TTFB, "fetch");
    cr_expect(ge(dbl, duration.sum, 100e3));
    cr_expect(lt(dbl, duration.sum, 5e6));
    cr_expect(ge(dbl, ttfb.sum, 95e3));
    cr_expect(le(dbl, ttfb.sum, duration.sum));
}

Test(network, each_hop_of_a_redirect_is_a_request) {
    driven_visit(&page, "/empty");
    run("fetch('/hop').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 2);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "302"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 2));
}

Test(network, a_body_that_comes_late_is_in_the_duration_and_not_in_the_first_byte) {
    driven_visit(&page, "/empty");
    run("fetch('/slow-body').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(ge(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch").min, 150e3));
    cr_expect(lt(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TTFB, "fetch").max, 150e3));
}

Test(network, only_names_are_looked_up) {
    char script[128];
    driven_visit(&page, "/empty");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_CONNECT, "document", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DNS, NULL), 0));
    snprintf(script, sizeof script, "fetch('http://localhost:%d/for-all').then(r => r.text())",
             ll_site_port(driver.site));
    run(script);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DNS, "fetch"), 1));
}

Test(network, a_redirect_that_goes_round_is_counted_by_hop_and_fails) {
    driven_visit(&page, "/empty");
    run("fetch('/round').catch(() => 0)");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_TOO_MANY_REDIRECTS", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "302"), 20));
}

Test(network, a_preflight_is_a_request_of_its_own) {
    char script[256];
    driven_visit(&page, "/empty");
    snprintf(script, sizeof script,
             "fetch('http://localhost:%d/for-all', {method: 'PUT', headers: {'x-own': '1'}}).then(r => r.text())",
             ll_site_port(driver.site));
    run(script);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "preflight", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "204"), 1));
    cr_expect(gt(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_BYTES, "preflight").min, 0));
}

Test(network, an_answer_that_confirms_the_cache_s_copy_is_a_304) {
    driven_visit(&page, "/empty");
    run("fetch('/tagged').then(r => r.text())");
    run("fetch('/tagged').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 2);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "304"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 2));
    for (int i = 0; i < 3; i++) driven_visit(&page, "/tagged-page");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, "304", 3);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 3));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_CACHED, NULL), 0));
}

Test(network, what_each_cache_served_is_counted) {
    driven_visit(&page, "/empty");
    run("fetch('/cached').then(r => r.text())");
    run("fetch('/cached').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_CACHED, "disk", 1);
    driven_visit(&page, "/with-images");
    driven_visit(&page, "/with-images");
    driver_await_measured(&driver, LL_METRIC_HTTP_CACHED, "memory", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DURATION, "image"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_CACHED, NULL), 2));
}

static void open_filtered(const struct ll_request_filter *filter) {
    driven_close(&page);
    driver.context.requests = *filter;
    driven_open(&driver, &page);
    driver.context.requests = (struct ll_request_filter){.ignore = NULL};
}

// Everything that the site saw is a request that was measured, once.
static void expect_hits(void) {
    uint64_t hits = ll_site_hits(driver.site);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, NULL, hits);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), hits));
}

Test(network, requests_of_a_worker_and_of_those_it_makes_are_measured) {
    driven_visit(&page, "/empty");
    run("new Promise(done => { const w = new Worker('/dedicated.js'); w.onmessage = done; w.postMessage(1) })");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 2);
    expect_hits();
    cr_expect(ge(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TTFB, "fetch").max, 95e3));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_BYTES, "fetch"), 2));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "503"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DURATION, "script"), 2)); // the workers' own
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_LOAD_STATE, .word = NETWORKIDLE, .timeout_ms = 15 * 1000};
    driven_act_ok(&page, wait);
}

Test(network, requests_of_a_worker_end_with_it) {
    driven_visit(&page, "/empty");
    run("new Promise(done => { window.kept = new Worker('/hanging.js'); kept.onmessage = done })");
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_LOAD_STATE, .word = NETWORKIDLE, .timeout_ms = 1000};
    driven_act_fails(&page, wait, LL_DEADLINE_EXCEEDED, "the page's requests did not end");
    run("setTimeout(() => kept.terminate())");
    wait.timeout_ms = 15 * 1000;
    driven_act_ok(&page, wait);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
}

Test(network, workers_that_are_too_many_are_counted) {
    char script[256];
    snprintf(script, sizeof script,
             "{ const url = URL.createObjectURL(new Blob([''])); window.kept = [];"
             "for (let i = 0; i < %d; i++) kept.push(new Worker(url)) } 0",
             LL_CDP_WORKERS_MAX);
    driven_visit(&page, "/empty");
    run(script);
    run("new Promise(done => { new Worker(URL.createObjectURL(new Blob(['postMessage(1)']))).onmessage = done })");
    driver_await_measured(&driver, LL_METRIC_OBSERVATIONS_LOST, "worker", 1);
    cr_expect(eq(u64, counted(LL_METRIC_OBSERVATIONS_LOST, NULL), 1));
}

Test(network, requests_of_a_shared_worker_are_measured) {
    driven_visit(&page, "/empty");
    run("new Promise(done => { const w = new SharedWorker('/shared.js'); w.port.onmessage = done; w.port.start() })");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    expect_hits();
    cr_expect(ge(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TTFB, "fetch").max, 95e3));
}

Test(network, requests_of_a_service_worker_are_its_own_and_the_page_s_are_cached) {
    driven_visit(&page, "/empty");
    run("new Promise(done => { navigator.serviceWorker.oncontrollerchange = () => done('in control');"
        "navigator.serviceWorker.register('/installing.js') })");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(ge(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TTFB, "fetch").max, 95e3));
    run("fetch('/data?through').then(r => r.text())");
    run("fetch('http://127.0.0.1:59999/?through', {mode: 'no-cors'}).catch(() => 0)");
    run("fetch('/data').then(r => r.text())");
    driven_visit(&page, "/empty"); // the worker lets it pass
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 3);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_FAILURES, NULL, 1);
    expect_hits();
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_CACHED, "service worker"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_BYTES, "fetch"), 3));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_REFUSED"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 1));
}

static const char sockets_answer[] = "3 1006 true true,open,3 1006 true true";

Test(network, a_websocket_that_the_scenario_blocks_is_never_made_and_closes_with_an_error) {
    open_filtered(&(struct ll_request_filter){.block = (char *[]){"ws://*/echo?block"}, .block_count = 1});
    driven_visit(&page, "/empty");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "(async () => { " SOCKETS_OF_WHICH_TWO_ARE_BLOCKED " return all() })()",
                 sockets_answer);
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "new Promise(done => { new Worker('/sockets.js').onmessage = e => done(e.data) })", sockets_answer);
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_OPENED, NULL, 2);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_OPENED, NULL), 2));
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, NULL), 0));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "(() => { try { new WebSocket('mailto:a@b') } catch (error) { return error.name } })()",
                 "SyntaxError");
}

Test(network, a_page_or_worker_that_spoils_its_globals_does_not_open_a_blocked_websocket) {
    open_filtered(&(struct ll_request_filter){.block = (char *[]){"ws://*/echo?block"}, .block_count = 1});
    driven_visit(&page, "/spoilt");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "all()", sockets_answer);
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "(() => { let n = 0; const url = { toString: () => n++ ? base + '/echo?block' : 'ws://x:1/' };"
                 "return new WebSocket(url).url })()",
                 "ws://x:1/");
    driven_visit(&page, "/empty");
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "new Promise(done => { new Worker('/spoilt.js').onmessage = e => done(e.data) })", sockets_answer);
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_OPENED, NULL, 2);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_OPENED, NULL), 2));
}

Test(network, what_the_scenario_blocks_or_ignores_is_so_in_workers_too) {
    open_filtered(&(struct ll_request_filter){
        .ignore = (char *[]){"/slow"}, .ignore_count = 1, .block = (char *[]){"*/gone"}, .block_count = 1});
    driven_visit(&page, "/empty");
    run("new Promise(done => { const w = new Worker('/dedicated.js'); w.onmessage = done; w.postMessage(1) })");
    uint64_t hits = ll_site_hits(driver.site);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, NULL, hits - 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), hits - 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "503"), 0));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
}

Test(network, what_the_scenario_blocks_is_so_in_workers_that_are_too_many_to_be_measured) {
    char script[512];
    open_filtered(&(struct ll_request_filter){.block = (char *[]){"*/gone", "ws://*/echo?block"}, .block_count = 2});
    driven_visit(&page, "/empty");
    snprintf(script, sizeof script,
             "(async () => { const code = URL.createObjectURL(new Blob(['postMessage(1)'])); window.kept = [];"
             "for (let i = 0; i < %d; i++) await new Promise(done => {"
             "kept.push(new Worker(code)); kept.at(-1).onmessage = done }) })()",
             LL_CDP_WORKERS_MAX);
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_EVALUATE, .text = script, .timeout_ms = 18 * 1000});
    uint64_t hits = ll_site_hits(driver.site);
    run("new Promise(done => { new Worker('/nested.js').onmessage = done })");
    cr_expect(eq(u64, ll_site_hits(driver.site) - hits, 1), "a worker that is too many"); // its script
    hits = ll_site_hits(driver.site);
    run("new Promise(done => { const w = new Worker('/dedicated.js'); w.onmessage = done; w.postMessage(1) })");
    cr_expect(eq(u64, ll_site_hits(driver.site) - hits, 4), "a worker that it makes"); // both, /script.js and /slow
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "new Promise(done => { new Worker('/sockets.js').onmessage = e => done(e.data) })", sockets_answer);
}

Test(network, what_a_service_worker_makes_is_cached_and_what_it_fetches_a_request) {
    driven_visit(&page, "/empty");
    run("new Promise(done => { navigator.serviceWorker.oncontrollerchange = () => done('in control');"
        "navigator.serviceWorker.register('/worker.js') })");
    uint64_t before = counted(LL_METRIC_HTTP_REQUESTS, "200");
    run("fetch('/made').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_CACHED, "service worker", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), before));
    run("fetch('/data').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), before + 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_BYTES, "fetch"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_TTFB, "fetch"), 1));
    driver_await_measured(&driver, LL_METRIC_HTTP_CACHED, "service worker", 2);
}

Test(network, requests_that_get_no_answer_are_counted_by_their_error) {
    driven_visit(&page, "/empty");
    run("fetch('/reset').catch(() => 0)");
    run("fetch('/half').then(r => r.text()).catch(() => 0)");
    run("fetch('http://nobody.invalid/', {mode: 'no-cors'}).catch(() => 0)");
    run("fetch('/data', {mode: 'cors', headers: {}}).then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_FAILURES, NULL, 3);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_RESET"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONTENT_LENGTH_MISMATCH after 200"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_NAME_NOT_RESOLVED"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DURATION, "fetch"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), 3)); // the document, the half and the last
}

// Chromium sends a SYN again after a second when the first finds no room at the other side; so there may be none for
// most of that time at no cost, and the SYN comes before there is room however slow the machine is.
Test(network, a_connection_that_is_long_in_coming_is_in_the_connect_phase) {
    struct ll_full_port *port = ll_full_port_new();
    char script[128];
    driven_visit(&page, "/empty");
    snprintf(script, sizeof script, "void fetch('http://127.0.0.1:%d/', {mode: 'no-cors'}).catch(() => 0)",
             ll_full_port_number(port));
    run(script);
    ll_full_port_make_room(port, 700);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_CONNECT, "fetch", 1);
    cr_expect(ge(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_CONNECT, "fetch").min, 300e3));
    cr_expect(lt(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TTFB, "fetch").max, 300e3));
    ll_full_port_free(&port);
}

Test(network, a_handshake_that_takes_long_is_in_the_tls_phase) {
    struct ll_site *secure = ll_site_new_secure(driver.loop, site);
    struct ll_relay *relay = ll_relay_new(ll_site_port(secure), 150);
    char url[64];
    driven_close(&page);
    driver.context.ignore_https_errors = true;
    driven_open(&driver, &page);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/empty", ll_relay_port(relay));
    ll_err err = driven_do(&page, LL_OP_NAVIGATE, NULL, url);
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "document", 1);
    struct measured handshake = driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TLS, "document");
    cr_expect(eq(u64, handshake.count, 1));
    cr_expect(ge(dbl, handshake.min, 149e3));
    cr_expect(lt(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_CONNECT, "document").max, 149e3));
    cr_expect(lt(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_TTFB, "document").max, 149e3));
    driven_close(&page);
    ll_relay_free(&relay);
    ll_site_free(&secure);
}

Test(network, what_the_scenario_ignores_is_made_and_not_measured) {
    open_filtered(&(struct ll_request_filter){.ignore = (char *[]){"*://nowhere.example/*", "/third/*.js", "/echo"},
                                              .ignore_count = 3});
    driven_visit(&page, "/empty");
    run("fetch('/third/party.js').then(r => r.text())");
    run("fetch('/third/party.js?v=2').then(r => r.text())");
    run("fetch('/third/none.js').then(r => r.text())");
    open_socket("127.0.0.1");
    run("fetch('/data').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 3)); // two documents and /data
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_TTFB, "fetch"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_OPENED, NULL), 0));
}

Test(network, what_the_scenario_blocks_is_not_made_and_no_failure) {
    open_filtered(
        &(struct ll_request_filter){.block = (char *[]){"*://*/third/*", "http://127.0.0.1*/da"}, .block_count = 2});
    driven_visit(&page, "/empty");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "fetch('/third/party.js').catch(() => 'blocked')"),
                     "blocked");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "fetch('/data').catch(() => 'blocked')"), "blocked");
    run("fetch('/cached').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), 2));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
}

Test(network, what_the_cache_serves_is_no_request) {
    driven_visit(&page, "/empty");
    run("fetch('/cached').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    run("fetch('/cached').then(r => r.text())");
    run("fetch('/data').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 2);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 3));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_BYTES, "fetch"), 2));
}

Test(network, failures_are_counted_by_status_or_error) {
    driven_visit(&page, "/empty");
    run("fetch('/gone').then(r => r.text())");
    run("fetch('http://127.0.0.1:59999/', {mode: 'no-cors'}).catch(() => 0)");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_FAILURES, NULL, 2);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "503"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_REFUSED"), 1));
}

Test(network, what_is_cancelled_is_no_failure) {
    driven_visit(&page, "/empty");
    run("fetch('/never').catch(() => 0); null");
    run("const c = new AbortController(); fetch('/never', {signal: c.signal}).catch(() => 0); c.abort(); null");
    driven_visit(&page, "/empty");
    run("fetch('/data').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
}

Test(network, websockets_are_counted_and_their_frames_measured) {
    char script[512], url[128];
    snprintf(url, sizeof url, "ws%s/echo", strchr(driver.base_url, ':'));
    snprintf(script, sizeof script,
             "new Promise(done => { const s = new WebSocket('%s?user=7', 'echo'); s.binaryType = 'arraybuffer';"
             "s.onopen = () => s.send('h\xc3\xa9llo'); let n = 0; s.onmessage = () => "
             "n++ ? s.close() : s.send(new Uint8Array(100)); s.onclose = () => done('closed') })",
             url);
    driven_visit(&page, "/empty");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, script), "closed");
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_CLOSED, url, 1);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_OPENED, url), 1));
    struct measured sent = driver_measured(&driver, LL_METRIC_WEBSOCKET_FRAME_SENT, url);
    struct measured received = driver_measured(&driver, LL_METRIC_WEBSOCKET_FRAME_RECEIVED, url);
    cr_expect(eq(dbl, sent.min, 6));
    cr_expect(eq(dbl, sent.max, 100));
    cr_expect(eq(dbl, received.sum, 106));
}

// Opens WebSockets to these places one after the other, and waits for their ends.
static void open_sockets(const char *urls) {
    char script[512];
    snprintf(script, sizeof script,
             "(async () => { for (const url of [%s]) await new Promise(done => { new WebSocket(url).onclose = done })"
             "})()",
             urls);
    run(script);
}

Test(network, a_refused_websocket_is_counted_by_its_url_and_as_a_request_by_its_answer) {
    static const char *const answers[] = {"403", "503", "401"};
    char urls[256], url[64];
    const char *host = strchr(driver.base_url, ':');
    driven_visit(&page, "/empty");
    snprintf(urls, sizeof urls, "'ws%s/forbidden?a=1','ws%s/gone','ws%s/locked','ws://127.0.0.1:59999/down'", host,
             host, host);
    open_sockets(urls);
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_REFUSED, NULL, 4);
    snprintf(url, sizeof url, "ws%s/forbidden", host);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, url), 1));
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, "ws://127.0.0.1:59999/down"), 1));
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, answers[i]), 1), "%s", answers[i]);
        cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, answers[i]), 1), "%s", answers[i]);
    }
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_REFUSED"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 4));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), 4)); // with the document
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_OPENED, NULL), 0));
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_CLOSED, NULL), 0));
}

// Whether Chromium tells of the refusal before its document has gone is a race, so the events are given.
Test(network, a_websocket_that_is_refused_as_its_page_goes_is_counted) {
    struct ll_cdp_tab *tab = ((struct ll_cdp_page *)page.page)->tab;
    static const char made[] = "{\"requestId\":\"7\",\"url\":\"ws://a/refused\"}",
                      refused[] = "{\"requestId\":\"7\",\"errorMessage\":\"Error during WebSocket handshake: "
                                  "Unexpected response code: 403\"}";
    ll_cdp_tab_event(tab, LL_CDP_WEBSOCKET_CREATED, (struct ll_slice){made, strlen(made)});
    tab->parting.step = LL_CDP_TAB_LEAVES;
    ll_cdp_tab_event(tab, LL_CDP_WEBSOCKET_FRAME_ERROR, (struct ll_slice){refused, strlen(refused)});
    tab->parting.step = LL_CDP_TAB_STAYS;
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, "ws://a/refused"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "403"), 1));
}

Test(network, a_websocket_that_its_page_gives_up_is_not_refused) {
    char script[256];
    driven_visit(&page, "/empty");
    snprintf(script, sizeof script,
             "new Promise(done => { const s = new WebSocket('ws%s/echo', 'echo'); s.onclose = done; s.close() })",
             strchr(driver.base_url, ':'));
    run(script);
    run("fetch('/data').then(r => r.text())");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch", 1);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, NULL), 0));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 0));
}

Test(network, a_websocket_is_named_without_the_user_and_password_of_its_url) {
    char urls[128], url[64];
    driven_visit(&page, "/empty");
    snprintf(urls, sizeof urls, "'ws://me:secret@%s/gone'", strchr(driver.base_url, '/') + 2);
    open_sockets(urls);
    snprintf(url, sizeof url, "ws%s/gone", strchr(driver.base_url, ':'));
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_REFUSED, NULL, 1);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_REFUSED, url), 1));
}

Test(network, a_frame_that_is_too_large_to_be_read_is_measured_by_its_length_or_counted_as_lost) {
    char script[512], url[128];
    snprintf(url, sizeof url, "ws%s/echo", strchr(driver.base_url, ':'));
    snprintf(script, sizeof script,
             "{ const s = new WebSocket('%s', 'echo'); s.onopen = () => { s.send(new Uint8Array(18.9e6 + 1));"
             "s.send('a'.repeat(24.1 * 1024 * 1024)); s.send('short') } } 0",
             url);
    driven_visit(&page, "/empty");
    run(script);
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_FRAME_SENT, url, 2);
    struct measured sent = driver_measured(&driver, LL_METRIC_WEBSOCKET_FRAME_SENT, url);
    cr_expect(eq(dbl, sent.max, 18.9e6 + 1), "%.0f", sent.max);
    cr_expect(eq(u64, counted(LL_METRIC_OBSERVATIONS_LOST, "too large"), 1));
}

// To another site and back: Chromium does not tell that the sockets of the site that was left are closed.
Test(network, websockets_end_with_their_document) {
    enum { VISITS = 40 };
    for (int i = 0; i < VISITS; i++) open_socket(i % 2 ? "localhost" : "127.0.0.1");
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_OPENED, NULL, VISITS);
    driven_visit(&page, "/empty");
    driver_await_measured(&driver, LL_METRIC_WEBSOCKET_CLOSED, NULL, VISITS);
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_OPENED, NULL), VISITS));
    cr_expect(eq(u64, counted(LL_METRIC_WEBSOCKET_CLOSED, NULL), VISITS));
}

// Events as Chromium sends them, with little in them.
__attribute__((format(printf, 3, 4))) static void feed(struct ll_cdp_network *network, enum ll_cdp_event event,
                                                       const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    struct ll_slice params = {text, (size_t)vsnprintf(text, sizeof text, format, args)};
    va_end(args);
    ll_cdp_network_event(network, event, params, NULL);
}

static void request(struct ll_cdp_network *network, int n) {
    feed(network, LL_CDP_REQUEST_WILL_BE_SENT,
         "{\"requestId\":\"%d\",\"loaderId\":\"A\",\"timestamp\":1,\"type\":\"Fetch\","
         "\"request\":{\"url\":\"http://a/%d\"}}",
         n, n);
}

static void respond(struct ll_cdp_network *network, int n, int status) {
    feed(network, LL_CDP_RESPONSE_RECEIVED,
         "{\"requestId\":\"%d\",\"type\":\"Fetch\",\"response\":{\"url\":\"http://a/%d\",\"status\":%d}}", n, n,
         status);
}

static void finish(struct ll_cdp_network *network, int n) {
    feed(network, LL_CDP_LOADING_FINISHED, "{\"requestId\":\"%d\",\"timestamp\":2,\"encodedDataLength\":1}", n);
}

static void fail(struct ll_cdp_network *network, int n, const char *error) {
    feed(network, LL_CDP_LOADING_FAILED, "{\"requestId\":\"%d\",\"errorText\":\"%s\"}", n, error);
}

static struct ll_cdp_network *fed_network(void) {
    return ll_cdp_network_new(ll_cdp_connection_sink(((struct ll_cdp_page *)page.page)->connection), NULL);
}

Test(network, requests_that_never_end_leave_room_for_those_of_the_next_document) {
    enum { MANY = 3000, LAST = 100000 };
    struct ll_cdp_network *network = fed_network();
    for (int n = 1; n <= MANY; n++) request(network, n);
    respond(network, MANY, 201); // there was no room for it, so it is only counted
    finish(network, MANY);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "201"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DURATION, "fetch"), 0));
    ll_cdp_network_committed(network, (struct ll_slice){"\"B\"", 3});
    for (int n = LAST; n < LAST + 1000; n++) {
        request(network, n);
        respond(network, n, 202);
        finish(network, n);
    }
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "202"), 1000));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DURATION, "fetch"), 1000));
    ll_cdp_network_free(&network);
}

// No new document ends those of shared and service workers.
Test(network, requests_of_workers_that_have_gone_leave_room_for_those_of_others) {
    enum { ROUNDS = 3, MANY = 1500 };
    struct ll_cdp_network *network = fed_network();
    const char workers[ROUNDS] = "";
    for (int round = 0, n = 1; round < ROUNDS; round++) {
        for (int i = 0; i < MANY; i++, n++) {
            char text[128];
            struct ll_slice params = {text, (size_t)snprintf(text, sizeof text,
                                                             "{\"requestId\":\"%d\",\"timestamp\":1,\"type\":\"Fetch\","
                                                             "\"request\":{\"url\":\"http://a/\"}}",
                                                             n)};
            ll_cdp_network_event(network, LL_CDP_REQUEST_WILL_BE_SENT, params, &workers[round]);
        }
        request(network, -1 - round); // nobody's that goes
        cr_expect(eq(sz, ll_cdp_network_in_flight(network), (size_t)(MANY + 1 + round)));
        cr_expect(ll_cdp_network_teller_left(network, &workers[round]));
        cr_expect_not(ll_cdp_network_teller_left(network, &workers[round]));
        cr_expect(eq(sz, ll_cdp_network_in_flight(network), (size_t)(1 + round)));
    }
    ll_cdp_network_free(&network);
}

static void tell_wire(struct ll_cdp_network *network, int n, int status) {
    feed(network, LL_CDP_RESPONSE_EXTRA_INFO, "{\"requestId\":\"%d\",\"blockedCookies\":[],\"statusCode\":%d}", n,
         status);
}

static void respond_with_more_to_come(struct ll_cdp_network *network, int n) {
    feed(network, LL_CDP_RESPONSE_RECEIVED,
         "{\"requestId\":\"%d\",\"type\":\"Fetch\",\"response\":{\"url\":\"http://a/%d\",\"status\":200},"
         "\"hasExtraInfo\":true}",
         n, n);
}

Test(network, what_came_over_the_wire_may_be_told_first_last_or_never) {
    struct ll_cdp_network *network = fed_network();
    tell_wire(network, 1, 304); // before the request itself
    request(network, 1);
    respond_with_more_to_come(network, 1);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "304"), 1));
    request(network, 2);
    respond_with_more_to_come(network, 2);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), 1)); // it waits
    tell_wire(network, 2, 304);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "304"), 2));
    request(network, 3);
    respond_with_more_to_come(network, 3);
    finish(network, 3);
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 1));
    request(network, 4);
    respond_with_more_to_come(network, 4);
    ll_cdp_network_committed(network, (struct ll_slice){"\"B\"", 3});
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, "200"), 2));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), 4));
    ll_cdp_network_free(&network);
}

Test(network, a_request_that_is_told_late_began_when_its_timing_says) {
    struct ll_cdp_network *network = fed_network();
    request(network, 1); // at 1 s
    feed(network, LL_CDP_RESPONSE_RECEIVED,
         "{\"requestId\":\"1\",\"type\":\"Fetch\",\"response\":{\"url\":\"http://a/\",\"status\":200,"
         "\"timing\":{\"requestTime\":0.5,\"sendStart\":1,\"receiveHeadersEnd\":2}}}");
    feed(network, LL_CDP_LOADING_FINISHED, "{\"requestId\":\"1\",\"timestamp\":0.75,\"encodedDataLength\":9}");
    cr_expect(eq(dbl, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_DURATION, "fetch").max, 250e3));
    ll_cdp_network_free(&network);
}

Test(network, a_preflight_is_known_before_its_response) {
    struct ll_cdp_network *network = fed_network();
    feed(network, LL_CDP_REQUEST_WILL_BE_SENT,
         "{\"requestId\":\"P\",\"loaderId\":\"\",\"timestamp\":1,\"type\":\"Other\","
         "\"request\":{\"url\":\"http://a/\",\"method\":\"OPTIONS\"}}");
    feed(network, LL_CDP_LOADING_FINISHED, "{\"requestId\":\"P\",\"timestamp\":2,\"encodedDataLength\":0}");
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_DURATION, "preflight"), 1));
    ll_cdp_network_free(&network);
}

Test(network, a_request_fails_once_and_says_whether_it_was_answered) {
    struct ll_cdp_network *network = fed_network();
    request(network, 1);
    respond(network, 1, 500);
    fail(network, 1, "net::ERR_FAILED");
    request(network, 2);
    respond(network, 2, 200);
    fail(network, 2, "net::ERR_CONNECTION_RESET");
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "500"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_RESET after 200"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUEST_FAILURES, NULL), 2));
    cr_expect(eq(u64, counted(LL_METRIC_HTTP_REQUESTS, NULL), 2));
    ll_cdp_network_free(&network);
}

Test(network, the_length_of_a_large_frame_follows_from_that_of_its_event) {
    static const struct {
        const char *payload;
        double bytes;
    } cases[] = {{"QUJDREVG", 6}, {"QUJDREU=", 5}, {"QUJDRA==", 4}};
    struct ll_cdp_network *network = fed_network();
    feed(network, LL_CDP_WEBSOCKET_CREATED, "{\"requestId\":\"7\",\"url\":\"ws://a/large\"}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        size_t len = (size_t)snprintf(text, sizeof text,
                                      "{\"requestId\":\"7\",\"timestamp\":1,\"response\":{\"opcode\":2,"
                                      "\"mask\":true,\"payloadData\":\"%s\"}}",
                                      cases[i].payload);
        struct ll_cdp_large large = {.head = {text, len - 4}, .tail = {text + len - 20, 20}, .len = len};
        ll_cdp_network_large_event(network, LL_CDP_WEBSOCKET_FRAME_RECEIVED, &large);
        struct measured got = driver_measured(&driver, LL_METRIC_WEBSOCKET_FRAME_RECEIVED, "ws://a/large");
        cr_expect(eq(u64, got.count, i + 1));
        cr_expect(eq(dbl, got.min, cases[i].bytes), "%s", cases[i].payload);
    }
    cr_expect(eq(u64, counted(LL_METRIC_OBSERVATIONS_LOST, NULL), 0));
    ll_cdp_network_free(&network);
}

Test(network, the_round_trip_to_the_browser_is_measured) {
    driver_await_measured(&driver, LL_METRIC_AGENT_CDP_ROUNDTRIP, "", 1);
    cr_expect(gt(dbl, driver_measured(&driver, LL_METRIC_AGENT_CDP_ROUNDTRIP, "").min, 0));
}
