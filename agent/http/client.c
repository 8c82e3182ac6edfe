// The happy path: begin sets a libcurl handle up and adds it to the user's multi handle; libcurl asks for its sockets
// to be watched and for a timer, and each of their turns drives it on; a hop that is over is measured, and a redirect
// is set up as the next hop; the last one is told.
//
// What can go wrong: libcurl gives up on a hop (errors.c has the names), the time for all hops is over, the answer is
// over a limit, or redirects do not end. Each of these ends the request with an error, told in the same place as an
// answer. A hop that got its status and not its end counts as an answered request, and as a failed one.
#include "agent/http/client.h"

#include "agent/http/errors.h"
#include "agent/http/jar.h"
#include "agent/http/pairs.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/text.h"
#include "libcommon/base/url.h"
#include "libcommon/loop/loop.h"
#include "libcommon/model/context.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

enum { CONNECTIONS_KEPT = 6, HEADERS_COUNT_MAX = 1000, VALUE_MAX = 16 * 1024 };

static const char resource_type[] = "api";

struct ll_http {
    struct ll_http_options options;
    CURLM *multi;
    CURL *easy;
    struct ll_timer *timer;
    struct ll_jar jar;

    // Of the request under way.
    const struct ll_http_request *request; // NULL: none is
    void (*on_done)(void *arg, const struct ll_http_answer *answer);
    void *arg;
    int64_t deadline_us;
    bool is_added; // the easy handle to the multi
    int hops;
    char *url;                   // of this hop; owned
    const char *method;          // of this hop
    bool has_body;               // likewise
    bool is_elsewhere;           // a redirect has led to another origin
    char words[CURL_ERROR_SIZE]; // of libcurl, when the hop failed
    int socket_error;            // an errno, when no socket could be had for the hop; or 0
    struct curl_slist *head;
    char origin[LL_ORIGIN_MAX]; // that credentials without one are for: of the first request ever

    // Of the answer; they stay until the client is used again.
    struct ll_buf headers; // pairs
    struct ll_buf body;
    struct ll_http_header *list;
    struct ll_http_answer answer;
};

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket);
static int on_timeout(CURLM *multi, long timeout_ms, void *user);
static void on_timer(void *arg);

// --- Lifecycle ---

static void forget(struct ll_http *http);

struct ll_http *ll_http_new(const struct ll_http_options *options) {
    static bool is_ready; // the loop's thread alone comes here
    if (!is_ready) curl_global_init(CURL_GLOBAL_DEFAULT);
    is_ready = true;
    struct ll_http *http = ll_alloc(1, sizeof *http);
    http->options = *options;
    http->timer = ll_timer_new(options->loop, on_timer, http);
    http->multi = curl_multi_init();
    http->easy = curl_easy_init();
    if (!http->multi || !http->easy) abort(); // no memory, as in ll_alloc
    ll_jar_init(&http->jar);
    ll_jar_fill(&http->jar, http->easy, NULL);
    forget(http);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return http;
}

static void forget(struct ll_http *http) {
    if (http->is_added) curl_multi_remove_handle(http->multi, http->easy);
    http->is_added = false;
    ll_jar_put_back(&http->jar, http->easy);
    http->request = NULL;
    curl_slist_free_all(http->head);
    http->head = NULL;
    free(http->url);
    http->url = NULL;
    free(http->list);
    http->list = NULL;
    ll_buf_fini(&http->headers); // a user may make none for a long time
    ll_buf_fini(&http->body);
    http->headers = ll_buf_make(LL_HTTP_HEADERS_MAX);
    http->body = ll_buf_make(LL_HTTP_BODY_MAX);
}

void ll_http_cancel(struct ll_http *http) {
    forget(http);
}

void ll_http_free(struct ll_http **http) {
    if (!*http) return;
    forget(*http);
    curl_easy_cleanup((*http)->easy);
    curl_multi_cleanup((*http)->multi);
    ll_jar_fini(&(*http)->jar);
    ll_timer_free(&(*http)->timer);
    free(*http);
    *http = NULL;
}

void ll_http_put_cookies(struct ll_http *http, const ll_json *cookies) {
    ll_jar_fill(&http->jar, http->easy, cookies);
}

bool ll_http_take_cookies(struct ll_http *http, struct ll_buf *out) {
    return ll_jar_take_changes(&http->jar, http->easy, out);
}

// --- A hop's request ---

static void add_header(struct ll_http *http, const char *name, const char *value) {
    char *line = *value ? ll_format("%s: %s", name, value) : ll_format("%s;", name); // libcurl's word for an empty one
    struct curl_slist *longer = curl_slist_append(http->head, line);
    if (!longer) abort();
    http->head = longer;
    free(line);
}

// Where a redirect leads is not told who the user is at the origin that was meant.
static bool is_secret(const char *name) {
    return strcasecmp(name, "authorization") == 0 || strcasecmp(name, "cookie") == 0 ||
           strcasecmp(name, "proxy-authorization") == 0;
}

static bool is_of_body(const char *name) {
    return strncasecmp(name, "content-", 8) == 0;
}

static const char *request_header(const struct ll_http_request *request, const char *name) {
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0) return request->headers[i].value;
    return NULL;
}

static bool request_has(const struct ll_http_request *request, const char *name) {
    return request_header(request, name) != NULL;
}

static bool context_has(const struct ll_context_options *context, const char *name) {
    for (size_t i = 0; i < context->header_count; i++)
        if (context->headers[i].value && strcasecmp(context->headers[i].name, name) == 0) return true;
    return false;
}

// The request's own come before those of the context, and its headers before its locale, as in the browser.
static void add_context_headers(struct ll_http *http) {
    const struct ll_context_options *context = http->options.context;
    for (size_t i = 0; i < context->header_count; i++)
        if (context->headers[i].value && !request_has(http->request, context->headers[i].name))
            add_header(http, context->headers[i].name, context->headers[i].value);
    bool has_language = request_has(http->request, "accept-language") || context_has(context, "accept-language");
    if (context->locale && !has_language) add_header(http, "accept-language", context->locale);
}

// What libcurl keeps it would send in an order of its own, so it has nothing to send while the request goes out.
static void add_cookies(struct ll_http *http) {
    char *cookies = ll_jar_carried(http->easy, http->url, request_header(http->request, "host"));
    if (cookies) add_header(http, "Cookie", cookies);
    free(cookies);
    ll_jar_take_out(&http->jar, http->easy);
}

static void set_headers(struct ll_http *http) {
    const struct ll_http_request *request = http->request;
    curl_slist_free_all(http->head);
    http->head = NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct ll_http_header *header = &request->headers[i];
        if (http->is_elsewhere && is_secret(header->name)) continue;
        if (!http->has_body && is_of_body(header->name)) continue;
        add_header(http, header->name, header->value);
    }
    add_context_headers(http);
    add_cookies(http);
    if (http->has_body) http->head = curl_slist_append(http->head, "Expect:"); // no waiting for a 100
    curl_easy_setopt(http->easy, CURLOPT_HTTPHEADER, http->head);
}

static void set_method(struct ll_http *http) {
    CURL *easy = http->easy;
    if (strcmp(http->method, "HEAD") == 0) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (http->has_body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)http->request->body_len);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, http->request->body ? http->request->body : "");
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->method);
    } else {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, http->method);
    }
}

// Chromium's list has `*.example.com` where libcurl's has `.example.com`.
static void set_proxy(struct ll_http *http, const struct ll_proxy *proxy) {
    if (!proxy->server) return;
    char *bypass = ll_strdup(proxy->bypass ? proxy->bypass : ""), *to = bypass;
    for (const char *from = bypass; *from; from++)
        if (*from != '*' || from[1] != '.') *to++ = *from;
    *to = '\0';
    curl_easy_setopt(http->easy, CURLOPT_PROXY, proxy->server);
    curl_easy_setopt(http->easy, CURLOPT_NOPROXY, bypass);
    free(bypass);
    if (!proxy->password) return;
    curl_easy_setopt(http->easy, CURLOPT_PROXYUSERNAME, proxy->username);
    curl_easy_setopt(http->easy, CURLOPT_PROXYPASSWORD, proxy->password);
    curl_easy_setopt(http->easy, CURLOPT_PROXYAUTH, (long)CURLAUTH_ANY);
}

static void set_credentials(struct ll_http *http, const struct ll_credentials *credentials) {
    char meant[LL_ORIGIN_MAX], here[LL_ORIGIN_MAX];
    if (!credentials->password || !ll_origin_of(http->url, here)) return;
    if (!http->origin[0]) memcpy(http->origin, here, sizeof here);
    if (!credentials->origin || !ll_origin_of(credentials->origin, meant)) memcpy(meant, http->origin, sizeof meant);
    if (strcmp(meant, here) != 0) return;
    curl_easy_setopt(http->easy, CURLOPT_USERNAME, credentials->username);
    curl_easy_setopt(http->easy, CURLOPT_PASSWORD, credentials->password);
    curl_easy_setopt(http->easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_ANY);
}

static void set_context(struct ll_http *http) {
    const struct ll_context_options *context = http->options.context;
    curl_easy_setopt(http->easy, CURLOPT_USERAGENT,
                     context->user_agent ? context->user_agent : "liveload/" LIVELOAD_VERSION);
    set_proxy(http, &context->proxy);
    set_credentials(http, &context->credentials);
    if (!context->ignore_https_errors) return;
    curl_easy_setopt(http->easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(http->easy, CURLOPT_SSL_VERIFYHOST, 0L);
}

// Cuts the answer off, which ends the hop, when there is no room.
static size_t take_body(char *data, size_t size, size_t count, void *user) {
    struct ll_http *http = user;
    ll_buf_append(&http->body, data, size * count);
    return http->body.overflowed ? 0 : size * count;
}

static size_t take_header(char *line, size_t size, size_t count, void *user) {
    struct ll_http *http = user;
    size_t len = size * count, end = len;
    while (end && isspace((unsigned char)line[end - 1])) end--;
    if (end >= 5 && memcmp(line, "HTTP/", 5) == 0) { // the answer itself, after an interim one
        ll_buf_clear(&http->headers);
        ll_jar_put_back(&http->jar, http->easy);
        return len;
    }
    if (end == 0) ll_jar_take_out(&http->jar, http->easy); // a request may follow, as after a 401
    const char *colon = memchr(line, ':', end);
    if (!colon) return len;
    const char *value = colon + 1;
    while (value < line + end && (*value == ' ' || *value == '\t')) value++;
    size_t name_len = (size_t)(colon - line), value_len = (size_t)(line + end - value);
    for (size_t i = 0; i < name_len; i++) line[i] = (char)tolower((unsigned char)line[i]);
    if (name_len == 10 && memcmp(line, "set-cookie", 10) == 0) ll_jar_note(&http->jar, value, value_len);
    ll_pairs_add(&http->headers, line, name_len, value, value_len);
    return http->headers.overflowed ? 0 : len;
}

// As libcurl would, which does not say why there is none.
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address) {
    struct ll_http *http = user;
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) http->socket_error = errno;
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

// An option that is left out keeps what the hop before had of it, so all of them are set anew.
static void begin_hop(struct ll_http *http) {
    CURL *easy = http->easy;
    int64_t left_ms = (http->deadline_us - ll_clock_us()) / 1000;
    curl_easy_reset(easy); // keeps connections and cookies
    ll_buf_clear(&http->headers);
    ll_buf_clear(&http->body);
    http->words[0] = '\0';
    http->socket_error = 0;
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, http);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, http->words);
    curl_easy_setopt(easy, CURLOPT_URL, http->url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(left_ms > 1 ? left_ms : 1));
    curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, http);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, http);
    set_context(http);
    set_method(http);
    set_headers(http);
    http->is_added = true;
    curl_multi_add_handle(http->multi, easy);
}

static bool takes_body(const char *method) {
    return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 || strcmp(method, "PATCH") == 0;
}

void ll_http_begin(struct ll_http *http, const struct ll_http_request *request,
                   void (*on_done)(void *arg, const struct ll_http_answer *answer), void *arg) {
    forget(http);
    http->request = request;
    http->on_done = on_done;
    http->arg = arg;
    http->deadline_us = ll_clock_us() + request->timeout_ms * INT64_C(1000);
    http->hops = 0;
    http->url = ll_strdup(request->url);
    http->method = request->method;
    http->has_body = request->body || takes_body(request->method);
    http->is_elsewhere = false;
    begin_hop(http);
}

// --- A hop's end ---

static void sample(struct ll_http *http, enum ll_metric metric, curl_off_t value) {
    ll_recorder_sample(http->options.recorder, metric, resource_type, (double)value);
}

static void count(struct ll_http *http, enum ll_metric metric, const char *label) {
    ll_recorder_count(http->options.recorder, metric, label, 1);
}

static curl_off_t time_us(struct ll_http *http, CURLINFO what) {
    curl_off_t us = 0;
    curl_easy_getinfo(http->easy, what, &us);
    return us;
}

// libcurl's times all count from the start of the hop; 0 where a phase did not happen.
static void sample_phases(struct ll_http *http) {
    long connects = 0;
    curl_easy_getinfo(http->easy, CURLINFO_NUM_CONNECTS, &connects);
    curl_off_t looked_up = time_us(http, CURLINFO_NAMELOOKUP_TIME_T),
               connected = time_us(http, CURLINFO_CONNECT_TIME_T);
    curl_off_t shook_hands = time_us(http, CURLINFO_APPCONNECT_TIME_T);
    curl_off_t sent = time_us(http, CURLINFO_PRETRANSFER_TIME_T), began = time_us(http, CURLINFO_STARTTRANSFER_TIME_T);
    if (connects > 0) {
        if (ll_url_has_name(http->url, strlen(http->url))) sample(http, LL_METRIC_HTTP_REQUEST_DNS, looked_up);
        if (connected >= looked_up) sample(http, LL_METRIC_HTTP_REQUEST_CONNECT, connected - looked_up);
        if (shook_hands > connected) sample(http, LL_METRIC_HTTP_REQUEST_TLS, shook_hands - connected);
    }
    if (began >= sent) sample(http, LL_METRIC_HTTP_REQUEST_TTFB, began - sent);
}

static void sample_end(struct ll_http *http) {
    curl_off_t body = 0;
    long head = 0;
    curl_easy_getinfo(http->easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    curl_easy_getinfo(http->easy, CURLINFO_HEADER_SIZE, &head);
    sample(http, LL_METRIC_HTTP_REQUEST_DURATION, time_us(http, CURLINFO_TOTAL_TIME_T));
    sample(http, LL_METRIC_HTTP_REQUEST_BYTES, body + head);
}

static bool is_chunked(const struct ll_http *http) {
    size_t position = 0;
    const char *name, *value;
    while (ll_pairs_next(&http->headers, &position, &name, &value))
        if (strcmp(name, "transfer-encoding") == 0 && strcasestr(value, "chunked")) return true;
    return false;
}

static struct ll_http_trouble trouble_of(struct ll_http *http, CURLcode code) {
    struct ll_http_trouble trouble = {.code = code,
                                      .has_large_headers = http->headers.overflowed,
                                      .is_chunked = is_chunked(http),
                                      .is_web = strncasecmp(http->url, "http:", 5) == 0 ||
                                                strncasecmp(http->url, "https:", 6) == 0,
                                      .words = http->words};
    curl_easy_getinfo(http->easy, CURLINFO_OS_ERRNO, &trouble.os_error);
    if (http->socket_error) trouble.os_error = http->socket_error;
    curl_easy_getinfo(http->easy, CURLINFO_SSL_VERIFYRESULT, &trouble.verify_result);
    return trouble;
}

static void measure(struct ll_http *http, const struct ll_http_trouble *trouble, long status) {
    char label[64];
    snprintf(label, sizeof label, "%ld", status);
    if (status) {
        count(http, LL_METRIC_HTTP_REQUESTS, label);
        sample_phases(http);
    }
    if (status >= 400)
        count(http, LL_METRIC_HTTP_REQUEST_FAILURES, label);
    else if (trouble->code != CURLE_OK &&
             !http->body.overflowed) { // which is our own limit, and no failure of the site
        snprintf(label, sizeof label, status ? "%s" LL_BROKE_OFF "%ld" : "%s", ll_http_error_name(trouble), status);
        count(http, LL_METRIC_HTTP_REQUEST_FAILURES, label);
    }
    if (trouble->code == CURLE_OK) sample_end(http);
}

static size_t list_headers(const struct ll_buf *from, struct ll_http_header *out) {
    size_t found = 0, position = 0;
    while (found < HEADERS_COUNT_MAX && ll_pairs_next(from, &position, &out[found].name, &out[found].value)) found++;
    return found;
}

// The last thing a turn does: whoever is told may begin anew or free the client.
static void tell(struct ll_http *http, ll_err err, long status) {
    http->list = ll_alloc(HEADERS_COUNT_MAX, sizeof *http->list);
    http->answer = (struct ll_http_answer){
        .err = err,
        .status = (int)status,
        .url = http->url,
        .headers = http->list,
        .header_count = list_headers(&http->headers, http->list),
        .body = ll_buf_str(&http->body),
        .body_len = http->body.len,
    };
    http->request = NULL;
    http->on_done(http->arg, &http->answer);
}

// RFC 9110, 15.4, with what browsers do: a POST that is redirected by a 301 or 302 becomes a GET.
static void redirect(struct ll_http *http, long status, const char *where) {
    char here[LL_ORIGIN_MAX], there[LL_ORIGIN_MAX];
    if (!ll_origin_of(http->url, here) || !ll_origin_of(where, there) || strcmp(here, there) != 0)
        http->is_elsewhere = true;
    bool is_head = strcmp(http->method, "HEAD") == 0, is_post = strcmp(http->method, "POST") == 0;
    if ((status == 303 && !is_head) || ((status == 301 || status == 302) && is_post)) {
        http->method = "GET";
        http->has_body = false;
    }
    char *next = ll_strdup(where); // libcurl's own, which lives as long as the handle is not touched
    free(http->url);
    http->url = next;
    http->hops++;
    begin_hop(http);
}

static void end_hop(struct ll_http *http, CURLcode code) {
    long status = 0;
    const char *where = NULL;
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(http->easy, CURLINFO_REDIRECT_URL, &where);
    struct ll_http_trouble trouble = trouble_of(http, code);
    measure(http, &trouble, status);
    curl_multi_remove_handle(http->multi, http->easy);
    http->is_added = false;
    ll_jar_put_back(&http->jar, http->easy);
    if (http->body.overflowed)
        tell(http, ll_err_make(LL_RESOURCE_EXHAUSTED, "the answer's body is longer than %d MB", LL_HTTP_BODY_MAX >> 20),
             status);
    else if (code != CURLE_OK)
        tell(http, ll_http_error(&trouble), status);
    else if (!where || !http->request->follows_redirects)
        tell(http, LL_SUCCESS, status);
    else if (http->hops == LL_HTTP_REDIRECTS_MAX) {
        trouble.code = CURLE_TOO_MANY_REDIRECTS;
        count(http, LL_METRIC_HTTP_REQUEST_FAILURES, ll_http_error_name(&trouble));
        tell(http, ll_http_error(&trouble), status);
    } else
        redirect(http, status, where);
}

// --- Driving libcurl ---

// There is one handle, so there is at most one end.
static void drive(struct ll_http *http, curl_socket_t fd, int events) {
    int running, left;
    curl_multi_socket_action(http->multi, fd, events, &running);
    const CURLMsg *message = curl_multi_info_read(http->multi, &left);
    if (message && message->msg == CURLMSG_DONE) end_hop(http, message->data.result);
}

static void on_ready(void *arg, int fd, bool reads, bool writes) {
    drive(arg, fd, (reads ? CURL_CSELECT_IN : 0) | (writes ? CURL_CSELECT_OUT : 0));
}

static void on_timer(void *arg) {
    drive(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout(CURLM *multi, long timeout_ms, void *user) {
    struct ll_http *http = user;
    (void)multi;
    if (timeout_ms < 0)
        ll_timer_cancel(http->timer);
    else
        ll_timer_set(http->timer, ll_clock_us() + timeout_ms * INT64_C(1000));
    return 0;
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket) {
    struct ll_http *http = user;
    struct ll_watch *watch = socket;
    (void)easy;
    if (what == CURL_POLL_REMOVE) {
        ll_watch_free(&watch);
        curl_multi_assign(http->multi, fd, NULL);
        return 0;
    }
    if (!watch) {
        if (ll_watch_new(http->options.loop, fd, on_ready, http, &watch).status != LL_OK) return -1;
        curl_multi_assign(http->multi, fd, watch);
    }
    ll_watch_set(watch, what & CURL_POLL_IN, what & CURL_POLL_OUT);
    return 0;
}
