#include "tests/support/site.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"
#include "libcommon/loop/loop.h"
#include "tests/support/certificate.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BODY_MAX = 16 * 1024 * 1024, FRAME_MAX = 64 * 1024, HEADER_MAX = 2048 };

struct ll_site {
    struct lws_vhost *vhost;
    const struct ll_site_page *pages;
    uint64_t hits;
};

struct visit { // of one connection
    const struct ll_site_page *page;
    size_t frame_len;
    enum lws_write_protocol frame_type;
    unsigned char *frame; // LWS_PRE spare bytes, then the frame
    bool is_preflight, has_copy, sent_headers;
    struct ll_buf request; // what is echoed
};

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
static int on_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = on_http, .per_session_data_size = sizeof(struct visit)},
    {.name = "echo", .callback = on_echo, .per_session_data_size = sizeof(struct visit), .rx_buffer_size = FRAME_MAX},
    {.name = NULL},
};

static struct ll_site *new_site(struct ll_loop *loop, const struct ll_site_page *pages,
                                const struct certificate *certificate) {
    struct ll_site *site = ll_alloc(1, sizeof *site);
    site->pages = pages;
    struct lws_context_creation_info info = {
        .iface = "127.0.0.1",
        .vhost_name = certificate ? "site-tls" : "site",
        .protocols = protocols,
        .user = site,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .keepalive_timeout = 60,
    };
    if (certificate) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.server_ssl_cert_mem = certificate->certificate;
        info.server_ssl_cert_mem_len = (unsigned)strlen(certificate->certificate) + 1;
        info.server_ssl_private_key_mem = certificate->key;
        info.server_ssl_private_key_mem_len = (unsigned)strlen(certificate->key) + 1;
    }
    site->vhost = lws_create_vhost(ll_loop_lws(loop), &info);
    if (!site->vhost) abort();
    return site;
}

struct ll_site *ll_site_new(struct ll_loop *loop, const struct ll_site_page *pages) {
    return new_site(loop, pages, NULL);
}

struct ll_site *ll_site_new_secure(struct ll_loop *loop, const struct ll_site_page *pages) {
    struct certificate certificate = certificate_make();
    return new_site(loop, pages, &certificate);
}

void ll_site_free(struct ll_site **site) {
    if (!*site) return;
    lws_vhost_destroy((*site)->vhost);
    free(*site);
    *site = NULL;
}

int ll_site_port(const struct ll_site *site) {
    return lws_get_vhost_listen_port(site->vhost);
}

uint64_t ll_site_hits(const struct ll_site *site) {
    return site->hits;
}

static const struct ll_site_page *find_page(struct lws *wsi, const char *path) {
    static const struct ll_site_page missing = {.body = "<h1>There is no such page</h1>", .status = 404};
    const struct ll_site *site = lws_get_vhost_user(lws_get_vhost(wsi));
    for (const struct ll_site_page *page = site->pages; page->path; page++)
        if (strcmp(page->path, path) == 0) return page;
    return &missing;
}

// A header that does not fit is a mistake in the test.
static void add_header(struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end) {
    if (lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value),
                                    at, end))
        abort();
}

// LWS_PRE spare bytes, then the body.
static struct ll_buf make_body(const struct visit *visit) {
    const struct ll_site_page *page = visit->page;
    bool is_html = !page->type || strcmp(page->type, "text/html") == 0;
    struct ll_buf body = ll_buf_make(BODY_MAX);
    char spare[LWS_PRE] = "";
    ll_buf_append(&body, spare, sizeof spare);
    if (visit->is_preflight || visit->has_copy) return body;
    if (page->echoes) {
        ll_buf_append(&body, visit->request.data, visit->request.len);
        return body;
    }
    if (is_html && page->body && strncmp(page->body, "<!doctype", 9) != 0) ll_buf_text(&body, "<!doctype html><body>");
    ll_buf_text(&body, page->body ? page->body : "");
    return body;
}

static void add_cookies(struct lws *wsi, const char *lines, unsigned char **at, unsigned char *end) {
    char line[256];
    for (size_t len; lines && *lines; lines += len + (lines[len] == '\n')) {
        len = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s", (int)len, lines);
        add_header(wsi, "set-cookie:", line, at, end);
    }
}

static unsigned status_of(const struct visit *visit) {
    if (visit->is_preflight) return 204;
    if (visit->has_copy) return 304;
    return (unsigned)(visit->page->status ? visit->page->status : 200);
}

static bool send_headers(struct lws *wsi, const struct visit *visit, size_t len) {
    const struct ll_site_page *page = visit->page;
    unsigned char head[LWS_PRE + HEADER_MAX], *at = head + LWS_PRE, *end = head + sizeof head - 1;
    if (lws_add_http_common_headers(wsi, status_of(visit), page->type ? page->type : "text/html; charset=utf-8", len,
                                    &at, end))
        return false;
    if (page->location) add_header(wsi, "location:", page->location, &at, end);
    if (page->is_download) add_header(wsi, "content-disposition:", "attachment", &at, end);
    add_cookies(wsi, page->set_cookies, &at, end);
    if (page->etag) add_header(wsi, "etag:", page->etag, &at, end);
    if (page->is_for_all) {
        add_header(wsi, "access-control-allow-origin:", "*", &at, end);
        add_header(wsi, "access-control-allow-headers:", "*", &at, end);
        add_header(wsi, "access-control-allow-methods:", "*", &at, end);
    }
    add_header(wsi, "cache-control:", page->cache_control ? page->cache_control : "no-store", &at, end);
    return !lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end);
}

// Linux sends a reset when a connected socket is connected to nowhere.
static int reset(struct lws *wsi) {
    struct sockaddr nowhere = {.sa_family = AF_UNSPEC};
    connect(lws_get_socket_fd(wsi), &nowhere, sizeof nowhere);
    return -1;
}

static int answer_raw(struct lws *wsi, struct visit *visit) {
    struct ll_buf out = ll_buf_make(BODY_MAX);
    char spare[LWS_PRE] = "";
    ll_buf_append(&out, spare, sizeof spare);
    ll_buf_text(&out, visit->page->raw);
    bool failed = lws_write(wsi, out.data + LWS_PRE, out.len - LWS_PRE, LWS_WRITE_HTTP) < 0;
    ll_buf_fini(&out);
    visit->sent_headers = true;
    if (failed || !visit->page->body_delay_ms) return -1;
    lws_set_timer_usecs(wsi, (lws_usec_t)visit->page->body_delay_ms * 1000);
    return 0;
}

static int answer(struct lws *wsi, struct visit *visit) {
    const struct ll_site_page *page = visit->page;
    if (page->raw && !visit->sent_headers) return answer_raw(wsi, visit);
    if (page->raw && !page->resets) return -1;
    if (page->resets) return reset(wsi);
    struct ll_buf body = make_body(visit);
    size_t len = body.len - LWS_PRE;
    bool failed = false;
    if (!visit->sent_headers) {
        failed = !send_headers(wsi, visit, len);
        visit->sent_headers = true;
        if (!failed && page->body_delay_ms) {
            ll_buf_fini(&body);
            lws_set_timer_usecs(wsi, (lws_usec_t)page->body_delay_ms * 1000);
            return 0;
        }
    }
    if (!failed && page->hangs_up) {
        lws_write(wsi, body.data + LWS_PRE, len / 2, LWS_WRITE_HTTP);
        failed = true;
    }
    if (!failed && len) failed = lws_write(wsi, body.data + LWS_PRE, len, LWS_WRITE_HTTP_FINAL) < 0;
    ll_buf_fini(&body);
    ll_buf_fini(&visit->request);
    return failed || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static const struct {
    enum lws_token_indexes token;
    const char *name;
} known_headers[] =
    {
        {WSI_TOKEN_HTTP_COOKIE, "cookie"},
        {WSI_TOKEN_HTTP_AUTHORIZATION, "authorization"},
        {WSI_TOKEN_HTTP_CONTENT_TYPE, "content-type"},
        {WSI_TOKEN_HTTP_USER_AGENT, "user-agent"},
        {WSI_TOKEN_HTTP_ACCEPT_LANGUAGE, "accept-language"},
},
  methods[] = {
      {WSI_TOKEN_GET_URI, "GET"},     {WSI_TOKEN_POST_URI, "POST"},     {WSI_TOKEN_PUT_URI, "PUT"},
      {WSI_TOKEN_PATCH_URI, "PATCH"}, {WSI_TOKEN_DELETE_URI, "DELETE"}, {WSI_TOKEN_HEAD_URI, "HEAD"},
};

// Also the one header of tests' own, "x-own".
static void take_request(struct lws *wsi, struct visit *visit) {
    char value[2048];
    visit->request = ll_buf_make(BODY_MAX);
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        if (lws_hdr_copy(wsi, value, sizeof value, methods[i].token) > 0)
            ll_buf_printf(&visit->request, "%s %s", methods[i].name, value);
    if (lws_hdr_copy(wsi, value, sizeof value, WSI_TOKEN_HTTP_URI_ARGS) > 0)
        ll_buf_printf(&visit->request, "?%s", value);
    ll_buf_text(&visit->request, "\n");
    for (size_t i = 0; i < sizeof known_headers / sizeof *known_headers; i++)
        if (lws_hdr_copy(wsi, value, sizeof value, known_headers[i].token) > 0)
            ll_buf_printf(&visit->request, "%s: %s\n", known_headers[i].name, value);
    if (lws_hdr_custom_copy(wsi, value, sizeof value, "x-own:", 6) > 0)
        ll_buf_printf(&visit->request, "x-own: %s\n", value);
    ll_buf_text(&visit->request, "\n");
}

static bool expects_body(struct lws *wsi) {
    char length[20];
    return lws_hdr_copy(wsi, length, sizeof length, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0 && strcmp(length, "0") != 0;
}

static bool has_copy(struct lws *wsi, const struct ll_site_page *page) {
    char etag[100];
    return page->etag && lws_hdr_copy(wsi, etag, sizeof etag, WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 &&
           strcmp(etag, page->etag) == 0;
}

static void begin_answer(struct lws *wsi, const struct ll_site_page *page) {
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
    if (page->never_answers) return;
    if (page->delay_ms)
        lws_set_timer_usecs(wsi, (lws_usec_t)page->delay_ms * 1000);
    else
        lws_callback_on_writable(wsi);
}

// Refuses a WebSocket where a page has a status.
static int confirm_upgrade(struct lws *wsi) {
    char path[256];
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) <= 0) return 0;
    const struct ll_site_page *page = find_page(wsi, path);
    if (!page->path || !page->status) return 0;
    return lws_return_http_status(wsi, (unsigned)page->status, NULL) < 0 ? -1 : 1;
}

static int on_http(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct visit *visit = user;
    if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE) return confirm_upgrade(wsi);
    bool is_over = reason == LWS_CALLBACK_HTTP || reason == LWS_CALLBACK_CLOSED_HTTP;
    if (is_over && visit) ll_buf_fini(&visit->request); // a connection that never asked has no visit
    if (reason == LWS_CALLBACK_HTTP) {
        ((struct ll_site *)lws_get_vhost_user(lws_get_vhost(wsi)))->hits++;
        *visit = (struct visit){.page = find_page(wsi, in),
                                .is_preflight = lws_hdr_total_length(wsi, WSI_TOKEN_OPTIONS_URI) > 0};
        visit->has_copy = has_copy(wsi, visit->page);
        if (visit->page->echoes) take_request(wsi, visit);
        if (!expects_body(wsi)) begin_answer(wsi, visit->page);
        return 0;
    }
    if (reason == LWS_CALLBACK_HTTP_BODY && visit->page->echoes) ll_buf_append(&visit->request, in, len);
    if (reason == LWS_CALLBACK_HTTP_BODY_COMPLETION) begin_answer(wsi, visit->page);
    if (reason == LWS_CALLBACK_TIMER) lws_callback_on_writable(wsi);
    if (reason == LWS_CALLBACK_HTTP_WRITEABLE) return answer(wsi, visit);
    if (reason == LWS_CALLBACK_HTTP || reason == LWS_CALLBACK_HTTP_BODY || reason == LWS_CALLBACK_TIMER ||
        reason == LWS_CALLBACK_HTTP_BODY_COMPLETION)
        return 0;
    return lws_callback_http_dummy(wsi, reason, user, in, len);
}

static int on_echo(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct visit *visit = user;
    if (reason == LWS_CALLBACK_RECEIVE && len <= FRAME_MAX) {
        free(visit->frame);
        visit->frame = ll_alloc(1, LWS_PRE + len + 1);
        memcpy(visit->frame + LWS_PRE, in, len);
        visit->frame_len = len;
        visit->frame_type = lws_frame_is_binary(wsi) ? LWS_WRITE_BINARY : LWS_WRITE_TEXT;
        lws_callback_on_writable(wsi);
    } else if (reason == LWS_CALLBACK_SERVER_WRITEABLE && visit->frame) {
        lws_write(wsi, visit->frame + LWS_PRE, visit->frame_len, visit->frame_type);
        free(visit->frame);
        visit->frame = NULL;
    } else if (reason == LWS_CALLBACK_CLOSED) {
        free(visit->frame);
        visit->frame = NULL;
    }
    return 0;
}
