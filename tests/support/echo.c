#include "tests/support/echo.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"
#include "libcommon/loop/loop.h"

#include <libwebsockets.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 16 * 1024, ANSWER_MAX = 64 * 1024, BASIC_MAX = 256 };

struct echo {
    struct lws_vhost *vhost;
    struct echo_options options;
    char basic[BASIC_MAX]; // "Basic YWxpY2U6c2VjcmV0"
    uint32_t requests, with_credentials;
};

struct talk { // of one connection
    char head[HEAD_MAX];
    size_t len;
    struct ll_buf answer; // LWS_PRE spare bytes first
};

static int on_raw(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {
    {.name = "echo", .callback = on_raw, .per_session_data_size = sizeof(struct talk)},
    {.name = NULL},
};

struct echo *echo_new(struct ll_loop *loop, struct echo_options options) {
    struct echo *echo = ll_alloc(1, sizeof *echo);
    echo->options = options;
    if (options.credentials) {
        memcpy(echo->basic, "Basic ", 6);
        lws_b64_encode_string(options.credentials, (int)strlen(options.credentials), echo->basic + 6, BASIC_MAX - 6);
    }
    struct lws_context_creation_info info = {
        .iface = "127.0.0.1",
        .vhost_name = options.is_proxy ? "echo-proxy" : "echo",
        .protocols = protocols,
        .user = echo,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .options = LWS_SERVER_OPTION_ADOPT_APPLY_LISTEN_ACCEPT_CONFIG,
        .listen_accept_role = "raw-skt",
        .listen_accept_protocol = "echo",
    };
    echo->vhost = lws_create_vhost(ll_loop_lws(loop), &info);
    if (!echo->vhost) abort();
    return echo;
}

void echo_free(struct echo **echo) {
    if (!*echo) return;
    lws_vhost_destroy((*echo)->vhost);
    free(*echo);
    *echo = NULL;
}

int echo_port(const struct echo *echo) {
    return lws_get_vhost_listen_port(echo->vhost);
}

uint32_t echo_requests(const struct echo *echo) {
    return echo->requests;
}

uint32_t echo_requests_with_credentials(const struct echo *echo) {
    return echo->with_credentials;
}

// The value of a header of the request, up to its line's end; NULL when it has none.
static const char *header(const struct talk *talk, const char *name) {
    for (const char *at = strchr(talk->head, '\n'); at; at = strchr(at + 1, '\n'))
        if (strncasecmp(at + 1, name, strlen(name)) == 0 && at[1 + strlen(name)] == ':')
            return at + strlen(name) + 2 + strspn(at + strlen(name) + 2, " ");
    return NULL;
}

static void write_page(const struct talk *talk, struct ll_buf *body) {
    ll_buf_text(body, "<!doctype html><pre id=head>");
    for (const char *at = talk->head; *at; at++) ll_buf_text(body, *at == '<' ? "&lt;" : (char[]){*at, '\0'});
    ll_buf_text(body, "</pre>");
}

static void answer(struct echo *echo, struct talk *talk) {
    const char *given = header(talk, echo->options.is_proxy ? "proxy-authorization" : "authorization");
    echo->requests++;
    echo->with_credentials += given != NULL;
    bool is_denied = echo->options.credentials && (!given || strncmp(given, echo->basic, strlen(echo->basic)) != 0);
    struct ll_buf body = ll_buf_make(ANSWER_MAX);
    if (is_denied)
        ll_buf_text(&body, "<!doctype html><p id=denied>denied</p>");
    else
        write_page(talk, &body);
    char spare[LWS_PRE] = "";
    ll_buf_append(&talk->answer, spare, sizeof spare);
    ll_buf_printf(&talk->answer,
                  "HTTP/1.1 %s\r\n%scontent-type: text/html\r\ncache-control: no-store\r\n"
                  "connection: close\r\ncontent-length: %zu\r\n\r\n%s",
                  !is_denied               ? "200 OK"
                  : echo->options.is_proxy ? "407 Proxy Authentication Required"
                                           : "401 Unauthorized",
                  !is_denied               ? ""
                  : echo->options.is_proxy ? "proxy-authenticate: Basic realm=\"proxy\"\r\n"
                                           : "www-authenticate: Basic realm=\"site\"\r\n",
                  body.len, ll_buf_str(&body));
    ll_buf_fini(&body);
}

static int on_raw(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct talk *talk = user;
    struct echo *echo = lws_get_vhost(wsi) ? lws_get_vhost_user(lws_get_vhost(wsi)) : NULL;
    if (reason == LWS_CALLBACK_RAW_ADOPT) {
        *talk = (struct talk){.answer = ll_buf_make(ANSWER_MAX + HEAD_MAX)};
    } else if (reason == LWS_CALLBACK_RAW_RX) {
        if (talk->len + len >= HEAD_MAX) return -1;
        memcpy(talk->head + talk->len, in, len);
        talk->head[talk->len += len] = '\0';
        if (!talk->answer.len && strstr(talk->head, "\r\n\r\n")) {
            answer(echo, talk);
            lws_callback_on_writable(wsi);
        }
    } else if (reason == LWS_CALLBACK_RAW_WRITEABLE && talk->answer.len) {
        lws_write(wsi, talk->answer.data + LWS_PRE, talk->answer.len - LWS_PRE, LWS_WRITE_RAW);
        return -1;
    } else if (reason == LWS_CALLBACK_RAW_CLOSE && talk) {
        ll_buf_fini(&talk->answer);
    }
    return 0;
}
