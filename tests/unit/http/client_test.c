// Requests beside the browser, against a real site.
#include "agent/http/client.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/loop/loop.h"
#include "tests/support/echo.h"
#include "tests/support/full_port.h"
#include "tests/support/relay.h"
#include "tests/support/site.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define OK "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"

static char large_line[1200 * 1024], large_headers[700 * 1024];

static const struct ll_site_page pages[] = {
    {.path = "/cut", .raw = OK "content-length: 5000\r\n\r\nso far"},
    {.path = "/cut-chunk", .raw = OK "transfer-encoding: chunked\r\n\r\n7\r\n1234567\r\n10\r\nabc"},
    {.path = "/bad-chunk", .raw = OK "transfer-encoding: chunked\r\n\r\n7\r\n1234567\r\nzz\r\n"},
    {.path = "/bad-gzip", .raw = OK "content-encoding: gzip\r\ncontent-length: 12\r\n\r\nnot gzip at!"},
    {.path = "/garbage", .raw = "220 mail.example ESMTP ready\r\n"},
    {.path = "/large-line", .raw = large_line},
    {.path = "/large-headers", .raw = large_headers},
    {.path = "/data", .type = "text/plain", .body = "0123456789"},
    {.path = "/echo-back", .type = "text/plain", .echoes = true},
    {.path = "/slow", .type = "text/plain", .body = "slow", .delay_ms = 100},
    {.path = "/slow-body", .type = "text/plain", .body = "slow", .body_delay_ms = 150},
    {.path = "/never", .never_answers = true},
    {.path = "/gone", .status = 503, .body = "no"},
    {.path = "/hop", .status = 302, .location = "/hop-2"},
    {.path = "/hop-2", .status = 307, .location = "/echo-back"},
    {.path = "/see-other", .status = 303, .location = "/echo-back"},
    {.path = "/keep", .status = 308, .location = "/echo-back"},
    {.path = "/round", .status = 302, .location = "/round"},
    {.path = "/reset", .resets = true},
    {.path = "/half", .type = "text/plain", .body = "half of this", .hangs_up = true},
    {.path = "/log-in",
     .type = "text/plain",
     .body = "hello",
     .set_cookies = "id=7; Path=/; HttpOnly; SameSite=Strict\nseen=yes"},
    {.path = "/log-out", .type = "text/plain", .body = "bye", .set_cookies = "id=; Path=/; Max-Age=0"},
    {.path = NULL},
};

static struct world {
    struct ll_loop *loop;
    struct ll_site *site;
    struct ll_recorder *recorder;
    struct ll_context_options context;
    struct ll_http *http;
    bool is_done;
    const struct ll_http_answer *answer;
    char base[64];
} world;

static void begin(void) {
    world = (struct world){0};
    cr_assert_eq(ll_loop_new(&world.loop).status, LL_OK);
    world.site = ll_site_new(world.loop, pages);
    world.recorder = ll_recorder_new();
    world.http = ll_http_new(
        &(struct ll_http_options){.loop = world.loop, .recorder = world.recorder, .context = &world.context});
    snprintf(world.base, sizeof world.base, "http://127.0.0.1:%d", ll_site_port(world.site));
}

static void end(void) {
    ll_http_free(&world.http);
    ll_context_options_fini(&world.context);
    ll_recorder_free(&world.recorder);
    ll_site_free(&world.site);
    ll_loop_free(&world.loop);
}

TestSuite(http, .init = begin, .fini = end);

static void on_answer(void *arg, const struct ll_http_answer *answer) {
    (void)arg;
    cr_assert(not(world.is_done));
    world.is_done = true;
    world.answer = answer;
    ll_loop_wake(world.loop);
}

static void serve(void) {
    int64_t give_up_us = ll_clock_us() + 20 * INT64_C(1000000);
    while (!world.is_done && ll_clock_us() < give_up_us) ll_loop_turn(world.loop);
    cr_assert(world.is_done);
}

static struct ll_http_request request_of(const char *method, const char *path) {
    static char url[2][256];
    static int turn;
    char *mine = url[turn++ % 2];
    snprintf(mine, sizeof url[0], "%s%s", path[0] == '/' ? world.base : "", path);
    return (struct ll_http_request){.method = method, .url = mine, .timeout_ms = 10000, .follows_redirects = true};
}

static const struct ll_http_answer *make(const struct ll_http_request *request) {
    world.is_done = false;
    ll_http_begin(world.http, request, on_answer, NULL);
    cr_assert(not(world.is_done));
    serve();
    return world.answer;
}

static const struct ll_http_answer *get(const char *path) {
    struct ll_http_request request = request_of("GET", path);
    return make(&request);
}

static const char *header(const struct ll_http_answer *answer, const char *name) {
    for (size_t i = 0; i < answer->header_count; i++)
        if (strcmp(answer->headers[i].name, name) == 0) return answer->headers[i].value;
    return "";
}

// What was measured since the last look, of several metrics at once.
struct seen {
    uint64_t requests, failures, durations, connects, lookups, first_bytes;
    double longest_us, longest_connect_us, longest_first_byte_us, bytes;
};

static struct seen look(const char *status, const char *failure) {
    struct ll_series_set *set = ll_recorder_flip(world.recorder);
    const struct ll_series *one;
    struct seen seen = {0};
    if ((one = ll_series_find(set, LL_METRIC_HTTP_REQUESTS, status))) seen.requests = one->count;
    if ((one = ll_series_find(set, LL_METRIC_HTTP_REQUEST_FAILURES, failure))) seen.failures = one->count;
    if ((one = ll_series_find(set, LL_METRIC_HTTP_REQUEST_DNS, "api"))) seen.lookups = one->sketch.total;
    if ((one = ll_series_find(set, LL_METRIC_HTTP_REQUEST_BYTES, "api"))) seen.bytes = one->sketch.max;
    if ((one = ll_series_find(set, LL_METRIC_HTTP_REQUEST_DURATION, "api")))
        seen.durations = one->sketch.total, seen.longest_us = one->sketch.max;
    if ((one = ll_series_find(set, LL_METRIC_HTTP_REQUEST_CONNECT, "api")))
        seen.connects = one->sketch.total, seen.longest_connect_us = one->sketch.max;
    if ((one = ll_series_find(set, LL_METRIC_HTTP_REQUEST_TTFB, "api")))
        seen.first_bytes = one->sketch.total, seen.longest_first_byte_us = one->sketch.max;
    return seen;
}

Test(http, an_answer_has_status_headers_and_body) {
    const struct ll_http_answer *answer = get("/data");
    cr_assert(eq(int, answer->err.status, LL_OK), "%s", answer->err.text);
    cr_expect(eq(int, answer->status, 200));
    cr_expect(eq(str, (char *)answer->body, "0123456789"));
    cr_expect(eq(sz, answer->body_len, 10));
    cr_expect(eq(str, (char *)header(answer, "content-type"), "text/plain"));
    struct seen seen = look("200", "");
    cr_expect(eq(u64, seen.requests, 1));
    cr_expect(eq(u64, seen.durations, 1));
    cr_expect(eq(u64, seen.connects, 1));
    cr_expect(eq(u64, seen.lookups, 0)); // an address
    cr_expect(gt(dbl, seen.bytes, 10));
    get("/data");
    seen = look("200", "");
    cr_expect(eq(u64, seen.durations, 1));
    cr_expect(eq(u64, seen.connects, 0)); // the connection is used again
}

Test(http, names_are_looked_up) {
    char url[64];
    snprintf(url, sizeof url, "http://localhost:%d/data", ll_site_port(world.site));
    cr_expect(eq(int, get(url)->status, 200));
    cr_expect(eq(u64, look("200", "").lookups, 1));
}

Test(http, a_status_of_400_and_above_is_an_answer_and_counts_as_a_failure) {
    const struct ll_http_answer *answer = get("/gone");
    cr_expect(eq(int, answer->err.status, LL_OK));
    cr_expect(eq(int, answer->status, 503));
    cr_expect(eq(u64, look("503", "503").failures, 1));
}

static void fill_large(void) {
    int at = snprintf(large_line, sizeof large_line, OK "x-large: ");
    memset(large_line + at, 'x', 1024 * 1024);
    snprintf(large_line + at + 1024 * 1024, 40, "\r\ncontent-length: 2\r\n\r\nok");
    at = snprintf(large_headers, sizeof large_headers, OK);
    for (int i = 0; i < 600; i++) {
        at += snprintf(large_headers + at, 40, "x-%d: ", i);
        memset(large_headers + at, 'x', 1000);
        at += 1000;
        at += snprintf(large_headers + at, 4, "\r\n");
    }
    snprintf(large_headers + at, 40, "content-length: 2\r\n\r\nok");
}

// So that a result has one row for what is one trouble, whoever asked.
Test(http, troubles_have_the_names_that_chromium_gives_them) {
    static const struct {
        const char *path, *name;
        bool began; // the answer, which is then counted by its status
    } cases[] = {
        {"/cut", "net::ERR_CONTENT_LENGTH_MISMATCH", true},
        {"/cut-chunk", "net::ERR_INCOMPLETE_CHUNKED_ENCODING", true},
        {"/bad-chunk", "net::ERR_INVALID_CHUNKED_ENCODING", true},
        {"/bad-gzip", "net::ERR_CONTENT_DECODING_FAILED", true},
        {"/garbage", "net::ERR_INVALID_HTTP_RESPONSE"},
        {"/large-line", "net::ERR_RESPONSE_HEADERS_TOO_BIG", true},
        {"/large-headers", "net::ERR_RESPONSE_HEADERS_TOO_BIG", true},
        {"/reset", "net::ERR_CONNECTION_RESET"},
        {"/round", "net::ERR_TOO_MANY_REDIRECTS"},
    };
    fill_large();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct ll_http_answer *answer = get(cases[i].path);
        cr_expect(strncmp(answer->err.text, cases[i].name, strlen(cases[i].name)) == 0, "%s: %s", cases[i].path,
                  answer->err.text);
        char label[64];
        snprintf(label, sizeof label, "%s%s", cases[i].name, cases[i].began ? " after 200" : "");
        cr_expect(eq(u64, look("", label).failures, 1), "%s", cases[i].path);
    }
}

// What the machine lacks is told apart from what the site does (ulimit -n).
Test(http, a_machine_without_files_says_so) {
    struct rlimit files;
    cr_assert(eq(int, getrlimit(RLIMIT_NOFILE, &files), 0));
    int next = dup(0); // the first that is free
    close(next);
    files.rlim_cur = (rlim_t)next;
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &files), 0));
    const char *text = get("/data")->err.text;
    cr_expect(strncmp(text, "net::ERR_INSUFFICIENT_RESOURCES: the load machine ran out of files", 60) == 0, "%s", text);
}

Test(http, delays_are_in_the_phase_they_happen_in) {
    get("/slow");
    struct seen seen = look("200", "");
    cr_expect(ge(dbl, seen.longest_first_byte_us, 99e3));
    cr_expect(ge(dbl, seen.longest_us, seen.longest_first_byte_us));
    get("/slow-body");
    seen = look("200", "");
    cr_expect(ge(dbl, seen.longest_us, 149e3));
    cr_expect(lt(dbl, seen.longest_first_byte_us, 149e3));
    struct ll_full_port *port = ll_full_port_new();
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ll_full_port_number(port));
    ll_full_port_make_room(port, 300);
    cr_expect(eq(int, get(url)->status, 200));
    seen = look("200", "");
    cr_expect(ge(dbl, seen.longest_connect_us, 300e3));
    cr_expect(lt(dbl, seen.longest_first_byte_us, 300e3));
    ll_full_port_free(&port);
}

Test(http, methods_headers_and_bodies_arrive) {
    static const char *const methods[] = {"POST", "PUT", "PATCH", "DELETE"};
    struct ll_http_header headers[] = {{"x-own", "mine"}, {"content-type", "application/json"}};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct ll_http_request request = request_of(methods[i], "/echo-back?q=1");
        request.headers = headers;
        request.header_count = 2;
        request.body = "{\"a\":1}";
        request.body_len = 7;
        char expected[200];
        snprintf(expected, sizeof expected,
                 "%s /echo-back?q=1\ncontent-type: application/json\nuser-agent: liveload/%s\nx-own: mine\n\n{\"a\":1}",
                 methods[i], LIVELOAD_VERSION);
        cr_expect(eq(str, (char *)make(&request)->body, expected));
    }
    struct ll_http_request head = request_of("HEAD", "/data");
    const struct ll_http_answer *answer = make(&head);
    cr_expect(eq(int, answer->status, 200));
    cr_expect(eq(sz, answer->body_len, 0));
    cr_expect(eq(str, (char *)header(answer, "content-length"), "10"));
}

Test(http, each_hop_of_a_redirect_is_a_request) {
    struct ll_http_request post = request_of("POST", "/hop");
    post.body = "x", post.body_len = 1;
    const struct ll_http_answer *answer = make(&post);
    cr_expect(eq(int, strncmp(answer->body, "GET /echo-back\n", 15), 0), "%s", answer->body);
    cr_expect(not(zero(ptr, strstr(answer->url, "/echo-back"))));
    struct seen seen = look("302", "");
    cr_expect(eq(u64, seen.requests, 1));
    cr_expect(eq(u64, seen.durations, 3));
    post = request_of("POST", "/keep");
    post.body = "kept", post.body_len = 4;
    answer = make(&post);
    cr_expect(eq(int, strncmp(answer->body, "POST /echo-back\n", 16), 0), "%s", answer->body);
    cr_expect(not(zero(ptr, strstr(answer->body, "\n\nkept"))), "%s", answer->body);
    post = request_of("PUT", "/see-other");
    post.body = "x", post.body_len = 1;
    cr_expect(eq(int, strncmp(make(&post)->body, "GET /echo-back\n", 15), 0));
    struct ll_http_request unfollowed = request_of("GET", "/hop");
    unfollowed.follows_redirects = false;
    answer = make(&unfollowed);
    cr_expect(eq(int, answer->status, 302));
    cr_expect(eq(str, (char *)header(answer, "location"), "/hop-2"));
}

Test(http, a_redirect_to_another_origin_is_not_told_who_the_user_is) {
    static struct ll_site_page moved[2];
    static char location[64];
    snprintf(location, sizeof location, "http://localhost:%d/echo-back", ll_site_port(world.site));
    moved[0] = (struct ll_site_page){.path = "/moved", .status = 302, .location = location};
    struct ll_site *other = ll_site_new(world.loop, moved);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/moved", ll_site_port(other));
    struct ll_http_header headers[] = {{"authorization", "Bearer hush"}, {"x-own", "mine"}};
    struct ll_http_request request = request_of("GET", url);
    request.headers = headers;
    request.header_count = 2;
    const struct ll_http_answer *answer = make(&request);
    cr_expect(zero(ptr, strstr(answer->body, "hush")), "%s", answer->body);
    cr_expect(not(zero(ptr, strstr(answer->body, "x-own: mine"))), "%s", answer->body);
    ll_site_free(&other);
}

Test(http, failures_have_chromium_s_names) {
    static const struct {
        const char *url, *name;
    } cases[] = {
        {"/reset", "net::ERR_CONNECTION_RESET"},
        {"/half", "net::ERR_CONTENT_LENGTH_MISMATCH"},
        {"http://127.0.0.1:59999/", "net::ERR_CONNECTION_REFUSED"},
        {"http://nobody.invalid/", "net::ERR_NAME_NOT_RESOLVED"},
        {"/round", "net::ERR_TOO_MANY_REDIRECTS"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct ll_http_answer *answer = get(cases[i].url);
        cr_expect(eq(int, answer->err.status, LL_UNAVAILABLE));
        cr_expect(eq(int, strncmp(answer->err.text, cases[i].name, strlen(cases[i].name)), 0), "%s: %s", cases[i].url,
                  answer->err.text);
        bool began = strstr(cases[i].url, "half") != NULL; // and is counted by its status already
        char label[64];
        snprintf(label, sizeof label, "%s%s", cases[i].name, began ? " after 200" : "");
        cr_expect(eq(u64, look("", label).failures, 1), "%s", cases[i].url);
    }
}

Test(http, an_answer_that_does_not_come_in_time_is_given_up) {
    struct ll_http_request request = request_of("GET", "/never");
    request.timeout_ms = 200;
    int64_t start_us = ll_clock_us();
    const struct ll_http_answer *answer = make(&request);
    cr_expect(eq(int, answer->err.status, LL_DEADLINE_EXCEEDED));
    cr_expect(eq(str, (char *)answer->err.text, "the answer did not come in time"));
    cr_expect(ge(i64, ll_clock_us() - start_us, 190 * 1000));
    cr_expect(eq(u64, look("", "net::ERR_TIMED_OUT").failures, 1));
}

Test(http, a_request_that_is_cancelled_stays_silent_and_the_next_goes_on) {
    struct ll_http_request request = request_of("GET", "/slow");
    world.is_done = false;
    ll_http_begin(world.http, &request, on_answer, NULL);
    for (int i = 0; i < 5; i++) ll_loop_turn(world.loop);
    ll_http_cancel(world.http);
    ll_http_cancel(world.http); // with none under way
    cr_expect(eq(str, (char *)get("/data")->body, "0123456789"));
    request = request_of("GET", "/never");
    world.is_done = false;
    ll_http_begin(world.http, &request, on_answer, NULL); // freed in the middle
}

Test(http, a_body_over_the_limit_is_an_error) {
    static struct ll_site_page large[2];
    char *body = ll_alloc(LL_HTTP_BODY_MAX + 2, 1);
    memset(body, 'x', LL_HTTP_BODY_MAX + 1);
    large[0] = (struct ll_site_page){.path = "/large", .type = "text/plain", .body = body};
    struct ll_site *site = ll_site_new(world.loop, large);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/large", ll_site_port(site));
    const struct ll_http_answer *answer = get(url);
    cr_expect(eq(int, answer->err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(eq(str, (char *)answer->err.text, "the answer's body is longer than 8 MB"));
    ll_site_free(&site);
    free(body);
}

Test(http, the_context_s_options_count) {
    ll_context_options_add_header(&world.context, "x-own", "of the context");
    world.context.user_agent = ll_strdup("robot");
    world.context.locale = ll_strdup("de-DE");
    const char *body = get("/echo-back")->body;
    cr_expect(
        eq(str, (char *)body, "GET /echo-back\nuser-agent: robot\naccept-language: de-DE\nx-own: of the context\n\n"));
    struct ll_http_header own = {"X-Own", "mine"};
    struct ll_http_request request = request_of("GET", "/echo-back");
    request.headers = &own;
    request.header_count = 1;
    body = make(&request)->body;
    cr_expect(not(zero(ptr, strstr(body, "x-own: mine\n"))), "%s", body);
    ll_context_options_add_header(&world.context, "Accept-Language", "fr");
    body = get("/echo-back")->body; // as browsers send it, which know one
    cr_expect(not(zero(ptr, strstr(body, "accept-language: fr\n"))), "%s", body);
    world.context.proxy.server = ll_strdup("http://127.0.0.1:59999");
    cr_expect(eq(str, (char *)get("/data")->err.text, "net::ERR_CONNECTION_REFUSED: nothing listens there"));
    world.context.proxy.bypass = ll_strdup("*.example.com,127.0.0.1");
    cr_expect(eq(int, get("/data")->status, 200));
}

static void put(const char *json) {
    ll_json *cookies;
    cr_assert_eq(ll_json_parse(json, strlen(json), &cookies).status, LL_OK);
    ll_http_put_cookies(world.http, cookies);
    ll_json_free(&cookies);
}

Test(http, credentials_are_given_to_their_origin_and_to_proxies) {
    struct echo *echo = echo_new(world.loop, (struct echo_options){.credentials = "alice:secret"});
    struct echo *proxy = echo_new(world.loop, (struct echo_options){.credentials = "bob:hush", .is_proxy = true});
    char url[64], server[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", echo_port(echo));
    snprintf(server, sizeof server, "http://127.0.0.1:%d", echo_port(proxy));
    cr_expect(eq(int, get(url)->status, 401));
    world.context.credentials.username = ll_strdup("alice");
    world.context.credentials.password = ll_strdup("secret");
    put("[{\"name\":\"one\",\"value\":\"1\",\"domain\":\"127.0.0.1\",\"path\":\"/\"}]");
    cr_expect(eq(int, get(url)->status, 200));
    const char *cookie = strstr(world.answer->body, "one=1"); // though it was asked twice
    cr_expect(cookie && !strstr(cookie + 1, "one=1"), "%s", world.answer->body);
    cr_expect(zero(ptr, strstr(get("/echo-back")->body, "authorization"))); // of another origin than the first
    world.context.proxy.server = ll_strdup(server);
    cr_expect(eq(int, get("http://shop.example/")->status, 407));
    world.context.proxy.username = ll_strdup("bob");
    world.context.proxy.password = ll_strdup("hush");
    cr_expect(eq(int, get("http://shop.example/")->status, 200));
    echo_free(&echo);
    echo_free(&proxy);
}

Test(http, certificates_that_nobody_signed_are_refused_unless_the_context_takes_them) {
    static const struct ll_site_page secure[] = {{.path = "/", .body = "secret"}, {.path = NULL}};
    struct ll_site *site = ll_site_new_secure(world.loop, secure);
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", ll_site_port(site));
    const char *text = get(url)->err.text;
    cr_expect(strstr(text, "net::ERR_CERT_AUTHORITY_INVALID: nobody known signed its certificate") != NULL, "%s", text);
    cr_expect(strstr(text, "context = { ignore_https_errors = true }") != NULL, "%s", text);
    cr_expect(eq(u64, look("", "net::ERR_CERT_AUTHORITY_INVALID").failures, 1));
    world.context.ignore_https_errors = true;
    cr_expect(eq(int, get(url)->status, 200));
    struct ll_series_set *set = ll_recorder_flip(world.recorder);
    const struct ll_series *handshake = ll_series_find(set, LL_METRIC_HTTP_REQUEST_TLS, "api");
    cr_assert(not(zero(ptr, (void *)(uintptr_t)handshake)));
    cr_expect(eq(u64, handshake->sketch.total, 1));
    cr_expect(gt(dbl, handshake->sketch.min, 0));
    struct ll_relay *relay = ll_relay_new(ll_site_port(site), 150);
    snprintf(url, sizeof url, "https://127.0.0.1:%d/", ll_relay_port(relay));
    cr_expect(eq(int, get(url)->status, 200));
    set = ll_recorder_flip(world.recorder);
    handshake = ll_series_find(set, LL_METRIC_HTTP_REQUEST_TLS, "api");
    cr_assert(not(zero(ptr, (void *)(uintptr_t)handshake)));
    cr_expect(ge(dbl, handshake->sketch.min, 149e3));
    ll_http_free(&world.http); // its connections are open yet
    ll_relay_free(&relay);
    ll_site_free(&site);
}

Test(http, cookies_go_where_they_belong) {
    put("[{\"name\":\"here\",\"value\":\"1\",\"domain\":\"127.0.0.1\",\"path\":\"/\"},"
        "{\"name\":\"there\",\"value\":\"2\",\"domain\":\".example.com\",\"path\":\"/\"},"
        "{\"name\":\"deep\",\"value\":\"3\",\"domain\":\"127.0.0.1\",\"path\":\"/deep\"},"
        "{\"name\":\"old\",\"value\":\"4\",\"domain\":\"127.0.0.1\",\"path\":\"/\",\"expires\":1},"
        "{\"name\":\"odd\\tone\",\"value\":\"5\",\"domain\":\"127.0.0.1\",\"path\":\"/\"},"
        "{\"name\":\"empty\",\"value\":\"\",\"domain\":\"127.0.0.1\",\"path\":\"/\",\"httpOnly\":true}]");
    const char *body = get("/echo-back")->body;
    cr_expect(not(zero(ptr, strstr(body, "here=1"))), "%s", body);
    cr_expect(not(zero(ptr, strstr(body, "empty="))), "%s", body);
    cr_expect(zero(ptr, strstr(body, "there")), "%s", body);
    cr_expect(zero(ptr, strstr(body, "deep")), "%s", body);
    cr_expect(zero(ptr, strstr(body, "old")), "%s", body);
    cr_expect(zero(ptr, strstr(body, "odd")), "%s", body);
    struct ll_buf changes = ll_buf_make(10000);
    cr_expect(not(ll_http_take_cookies(world.http, &changes)), "%s", ll_buf_str(&changes));
    cr_expect(eq(sz, changes.len, 0));
    ll_buf_fini(&changes);
    ll_http_put_cookies(world.http, NULL);
    cr_expect(zero(ptr, strstr(get("/echo-back")->body, "here")));
}

// RFC 6265, 5.4.
Test(http, cookies_of_longer_paths_come_first_and_then_the_oldest) {
    put("[{\"name\":\"b\",\"value\":\"1\",\"domain\":\"127.0.0.1\",\"path\":\"/\"},"
        "{\"name\":\"a_longer_name\",\"value\":\"2\",\"domain\":\"127.0.0.1\",\"path\":\"/\"},"
        "{\"name\":\"a\",\"value\":\"3\",\"domain\":\"127.0.0.1\",\"path\":\"/\",\"expires\":99999999999},"
        "{\"name\":\"deep\",\"value\":\"4\",\"domain\":\"127.0.0.1\",\"path\":\"/echo-back\"},"
        "{\"name\":\"safe\",\"value\":\"5\",\"domain\":\"127.0.0.1\",\"path\":\"/\",\"secure\":true},"
        "{\"name\":\"near\",\"value\":\"6\",\"domain\":\"127.0.0.1\",\"path\":\"/echo\"}]");
    const char *body = get("/echo-back")->body;
    cr_expect(not(zero(ptr, strstr(body, "deep=4; b=1; a_longer_name=2; a=3; safe=5"))), "%s", body);
    get("/log-in");
    body = get("/echo-back")->body;
    cr_expect(not(zero(ptr, strstr(body, "deep=4; b=1; a_longer_name=2; a=3; safe=5; id=7; seen=yes"))), "%s", body);
    put("[{\"name\":\"seen\",\"value\":\"no\",\"domain\":\"127.0.0.1\",\"path\":\"/\"},"
        "{\"name\":\"other\",\"value\":\"1\",\"domain\":\"127.0.0.1\",\"path\":\"/\"}]");
    get("/log-in");
    body = get("/hop")->body;                                                       // which ends at /echo-back
    cr_expect(not(zero(ptr, strstr(body, "seen=yes; other=1; id=7"))), "%s", body); // a new value makes none younger
}

Test(http, what_a_site_sets_is_told_as_changes) {
    struct ll_buf changes = ll_buf_make(10000);
    put("[{\"name\":\"other\",\"value\":\"1\",\"domain\":\"127.0.0.1\",\"path\":\"/\"}]");
    get("/log-in");
    cr_assert(ll_http_take_cookies(world.http, &changes));
    cr_expect(eq(str, (char *)ll_buf_str(&changes),
                 "[{\"name\":\"id\",\"value\":\"7\",\"domain\":\"127.0.0.1\",\"path\":\"/\",\"secure\":false,"
                 "\"httpOnly\":true,\"expires\":-1,\"sameSite\":\"Strict\"},"
                 "{\"name\":\"seen\",\"value\":\"yes\",\"domain\":\"127.0.0.1\",\"path\":\"/\",\"secure\":false,"
                 "\"httpOnly\":false,\"expires\":-1}]"));
    cr_expect(not(ll_http_take_cookies(world.http, &changes)));
    ll_buf_clear(&changes);
    get("/log-out");
    cr_assert(ll_http_take_cookies(world.http, &changes));
    cr_expect(not(zero(ptr, strstr(ll_buf_str(&changes), "\"name\":\"id\""))));
    cr_expect(not(zero(ptr, strstr(ll_buf_str(&changes), "\"expires\":1"))), "%s", ll_buf_str(&changes));
    cr_expect(zero(ptr, strstr(ll_buf_str(&changes), "\"name\":\"seen\"")));
    ll_buf_fini(&changes);
}
