// One request: HTTP (headers are here) → HTTP_BODY… → HTTP_BODY_COMPLETION → the knobs' latency → HTTP_WRITEABLE
// until the body is out. A request that a knob hangs is never written to; it ends when the browser leaves.
#include "tools/shop/server.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "tools/shop/live_poll.h"
#include "tools/shop/live_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEADERS_MAX = 1024, CHUNK = 16 * 1024 };

struct exchange { // one request and its answer
    struct request request;
    struct ll_buf body;
    struct response response;
    size_t sent;
    bool headers_sent;
    bool answered;
    int64_t late_us; // of a poll that waits for something to say: when it waits no longer; 0: it does not wait
};

// What lws keeps for a connection of the default protocol: a request while it is one, and after an upgrade without the
// name of a protocol, which is how LiveView's client comes, its WebSocket.
struct connection {
    struct exchange *exchange;
    struct live_socket *live;
};

static int default_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
    {.name = "http", .callback = default_callback, .per_session_data_size = sizeof(struct connection)},
    {.name = "stock",
     .callback = stock_callback,
     .per_session_data_size = sizeof(struct stock),
     .rx_buffer_size = 1024},
    {.name = NULL},
};

ll_err shop_listen(struct ll_loop *loop, struct shop *shop, int port, int *out_port) {
    struct lws_context_creation_info info = {
        .port = port ? port : 0,
        .iface = "127.0.0.1",
        .protocols = protocols,
        .user = shop,
        .vhost_name = "shop",
        .keepalive_timeout = 60,
        .options = LWS_SERVER_OPTION_FAIL_UPON_UNABLE_TO_BIND,
    };
    struct lws_vhost *vhost = lws_create_vhost(ll_loop_lws(loop), &info);
    if (!vhost)
        return ll_err_make(LL_UNAVAILABLE, "port %d is in use: stop what runs there or choose another with --port",
                           port);
    shop->knobs.on_cut = live_socket_cut;
    shop->knobs.arg = shop;
    *out_port = lws_get_vhost_listen_port(vhost);
    return LL_SUCCESS;
}

static void exchange_free(struct exchange **exchange) {
    if (!*exchange) return;
    ll_buf_fini(&(*exchange)->body);
    ll_buf_fini(&(*exchange)->response.body);
    free(*exchange);
    *exchange = NULL;
}

void shop_read_session(struct lws *wsi, char out[LL_TOKEN_CHARS + 1]) {
    char cookies[1024];
    const char *at = NULL;
    if (lws_hdr_copy(wsi, cookies, sizeof cookies, WSI_TOKEN_HTTP_COOKIE) > 0) at = strstr(cookies, "session=");
    if (at) at += strlen("session=");
    snprintf(out, LL_TOKEN_CHARS + 1, "%.*s", at ? (int)strcspn(at, "; ") : 0, at ? at : "");
}

void shop_read_query(struct lws *wsi, char *out, size_t size) {
    char argument[512];
    out[0] = '\0';
    for (int i = 0; lws_hdr_copy_fragment(wsi, argument, sizeof argument, WSI_TOKEN_HTTP_URI_ARGS, i) > 0; i++) {
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s%s", used ? "&" : "", argument);
    }
}

static struct exchange *begin(struct lws *wsi, const char *path) {
    struct exchange *exchange = ll_alloc(1, sizeof *exchange);
    struct request *request = &exchange->request;
    exchange->body = ll_buf_make(SHOP_BODY_MAX);
    exchange->response.body = ll_buf_make(SHOP_PAGE_MAX);
    request->is_post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
    snprintf(request->path, sizeof request->path, "%s", path);
    shop_read_query(wsi, request->query, sizeof request->query);
    shop_read_session(wsi, request->session_id);
    return exchange;
}

static int answer_poll(struct lws *wsi, struct exchange *exchange) {
    int64_t now_us = ll_clock_us();
    if (!exchange->late_us) exchange->late_us = now_us + LIVE_POLL_MS * INT64_C(1000);
    if (live_poll_answer(lws_vhost_user(lws_get_vhost(wsi)), &exchange->request, now_us >= exchange->late_us,
                         &exchange->response)) {
        exchange->late_us = 0;
        lws_callback_on_writable(wsi);
    } else {
        lws_set_timer_usecs(wsi, LIVE_POLL_LOOK_MS * LWS_USEC_PER_SEC / 1000);
    }
    return 0;
}

static int answer(struct lws *wsi, struct exchange *exchange) {
    struct shop *shop = lws_vhost_user(lws_get_vhost(wsi));
    exchange->request.body = ll_buf_str(&exchange->body);
    struct knob_effect effect = knobs_draw(&shop->knobs, exchange->request.path, "", exchange->request.session_id);
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
    exchange->answered = true;
    if (effect.hang) return 0;
    if (!effect.status && live_poll_is(&exchange->request)) return answer_poll(wsi, exchange);
    if (effect.status)
        pages_failure(effect.status, &exchange->response);
    else
        pages_answer(shop, &exchange->request, &exchange->response);
    if (effect.latency_ms > 0)
        lws_set_timer_usecs(wsi, (lws_usec_t)effect.latency_ms * 1000);
    else
        lws_callback_on_writable(wsi);
    return 0;
}

static int write_headers(struct lws *wsi, struct exchange *exchange) {
    unsigned char headers[LWS_PRE + HEADERS_MAX], *start = headers + LWS_PRE, *at = start,
                                                  *end = headers + sizeof headers;
    const struct response *response = &exchange->response;
    char cookie[96];
    if (lws_add_http_common_headers(wsi, (unsigned)response->status, response->content_type, response->body.len, &at,
                                    end))
        return -1;
    const char *cache = response->cacheable ? "max-age=3600" : "no-store";
    if (lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CACHE_CONTROL, (const unsigned char *)cache,
                                     (int)strlen(cache), &at, end))
        return -1;
    if (*response->location &&
        lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_LOCATION, (const unsigned char *)response->location,
                                     (int)strlen(response->location), &at, end))
        return -1;
    if (*response->set_session) {
        int used = snprintf(cookie, sizeof cookie, "session=%s; Path=/; HttpOnly; SameSite=Lax", response->set_session);
        if (lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_SET_COOKIE, (const unsigned char *)cookie, used, &at, end))
            return -1;
    }
    exchange->headers_sent = true;
    return lws_finalize_write_http_header(wsi, start, &at, end);
}

// Writes the next part; when all is out, frees the exchange and makes the connection ready for another.
static int write_some(struct lws *wsi, struct exchange **exchange_slot) {
    struct exchange *exchange = *exchange_slot;
    const struct ll_buf *body = &exchange->response.body;
    if (!exchange->headers_sent) {
        if (write_headers(wsi, exchange)) return -1;
        if (body->len > 0) {
            lws_callback_on_writable(wsi);
            return 0;
        }
    }
    size_t left = body->len - exchange->sent, now = left < CHUNK ? left : CHUNK;
    if (now > 0) {
        unsigned char chunk[LWS_PRE + CHUNK];
        memcpy(chunk + LWS_PRE, body->data + exchange->sent, now);
        enum lws_write_protocol how = now == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
        if (lws_write(wsi, chunk + LWS_PRE, now, how) < 0) return -1;
        exchange->sent += now;
    }
    if (exchange->sent < body->len) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    exchange_free(exchange_slot);
    return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int http_callback(struct lws *wsi, enum lws_callback_reasons reason, struct exchange **exchange, void *in,
                         size_t len) {
    // lws knows a hundred reasons; HTTP answers to these and leaves the rest to lws
    if (reason == LWS_CALLBACK_HTTP) {
        exchange_free(exchange);
        *exchange = begin(wsi, in);
        return (*exchange)->request.is_post ? 0 : answer(wsi, *exchange);
    }
    if (reason == LWS_CALLBACK_CLOSED_HTTP || reason == LWS_CALLBACK_HTTP_DROP_PROTOCOL) {
        exchange_free(exchange);
        return 0;
    }
    if (!*exchange) return 0;
    if (reason == LWS_CALLBACK_HTTP_BODY) {
        ll_buf_append(&(*exchange)->body, in, len);
        return (*exchange)->body.overflowed ? -1 : 0;
    }
    if (reason == LWS_CALLBACK_HTTP_BODY_COMPLETION) return answer(wsi, *exchange);
    if (reason == LWS_CALLBACK_TIMER && (*exchange)->late_us) return answer_poll(wsi, *exchange);
    if (reason == LWS_CALLBACK_TIMER) lws_callback_on_writable(wsi);
    if (reason == LWS_CALLBACK_HTTP_WRITEABLE && (*exchange)->answered) return write_some(wsi, exchange);
    return 0;
}

// A knob's refusal has its status; another one is a connection that is closed.
static int confirm_socket(struct lws *wsi) {
    int status = live_socket_refusal(wsi, lws_vhost_user(lws_get_vhost(wsi)));
    if (!status) return 0;
    return lws_return_http_status(wsi, (unsigned)status, NULL) < 0 ? -1 : 1;
}

static int default_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct connection *connection = user;
    if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE) return confirm_socket(wsi);
    if (reason == LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION)
        return live_socket_is_welcome(wsi, lws_vhost_user(lws_get_vhost(wsi))) ? 0 : -1;
    if (!connection) return 0;
    if (reason == LWS_CALLBACK_ESTABLISHED) {
        char session_id[LL_TOKEN_CHARS + 1];
        shop_read_session(wsi, session_id);
        connection->live = live_socket_new(wsi, lws_vhost_user(lws_get_vhost(wsi)), session_id);
        return 0;
    }
    if (!connection->live) return http_callback(wsi, reason, &connection->exchange, in, len);
    if (reason == LWS_CALLBACK_RECEIVE) return live_socket_receive(connection->live, in, len) ? 0 : -1;
    if (reason == LWS_CALLBACK_TIMER) return live_socket_on_timer(connection->live) ? 0 : -1;
    if (reason == LWS_CALLBACK_SERVER_WRITEABLE) return live_socket_write(connection->live) ? 0 : -1;
    if (reason == LWS_CALLBACK_CLOSED) live_socket_free(&connection->live);
    return 0;
}
