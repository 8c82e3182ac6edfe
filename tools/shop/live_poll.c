#include "tools/shop/live_poll.h"

#include "libcommon/codec/json.h"
#include "tools/shop/form.h"
#include "tools/shop/live_socket.h"

#include <stdio.h>
#include <string.h>

bool live_poll_is(const struct request *request) {
    return strcmp(request->path, "/live/longpoll") == 0;
}

// The oldest one goes when there is no room, as one does that nobody polls any more.
static struct live_poll *open_poll(struct shop *shop, const char *session_id) {
    struct live_poll *poll = &shop->polls[shop->next_poll % LIVE_POLLS_MAX];
    live_socket_free(&poll->socket);
    snprintf(poll->token, sizeof poll->token, "poll-%zu", shop->next_poll++);
    poll->socket = live_socket_new(NULL, shop, session_id);
    return poll;
}

static struct live_poll *find_poll(struct shop *shop, const char *token) {
    for (size_t i = 0; i < LIVE_POLLS_MAX; i++)
        if (shop->polls[i].socket && strcmp(shop->polls[i].token, token) == 0) return &shop->polls[i];
    return NULL;
}

static void take_lines(struct live_socket *socket, const char *lines) {
    for (size_t len; *lines; lines += len + (lines[len] == '\n')) {
        len = strcspn(lines, "\n");
        live_socket_take(socket, lines, len);
    }
}

bool live_poll_answer(struct shop *shop, const struct request *request, bool is_late, struct response *out) {
    char token[LIVE_POLL_TOKEN];
    form_value(request->query, "token", token, sizeof token);
    struct live_poll *poll = find_poll(shop, token);
    struct ll_json_writer json = ll_json_writer_make(&out->body);
    int status = 200;
    if (!poll) {
        poll = open_poll(shop, request->session_id);
        status = 410;
    } else if (request->is_post) {
        take_lines(poll->socket, request->body);
    } else {
        bool is_over = !live_socket_on_timer(poll->socket);
        if (is_over) live_socket_free(&poll->socket); // the client begins again
        if (!is_over && !is_late && !live_socket_is_due(poll->socket)) return false;
        status = is_over ? 410 : live_socket_is_due(poll->socket) ? 200 : 204;
    }
    out->status = 200;
    out->content_type = "application/json";
    ll_json_begin_object(&json, NULL);
    ll_json_write_int(&json, "status", status);
    ll_json_write_string(&json, "token", poll->token);
    ll_json_begin_array(&json, "messages");
    struct ll_buf message;
    while (status == 200 && !request->is_post && live_socket_next(poll->socket, &message)) {
        ll_json_write_string(&json, NULL, ll_buf_str(&message));
        ll_buf_fini(&message);
    }
    ll_json_end_array(&json);
    ll_json_end_object(&json);
    return true;
}

void live_poll_end(struct shop *shop) {
    for (size_t i = 0; i < LIVE_POLLS_MAX; i++) live_socket_free(&shop->polls[i].socket);
}
