// A message out waits in the socket's queue until it is due: at once, or later when a knob says so. Messages of one
// channel stay in order, whatever their delays. One timer of lws serves the queue, the channels' ticks and a cut.
#include "tools/shop/live_socket.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/log.h"
#include "tools/shop/form.h"
#include "tools/shop/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct queued {
    struct queued *prev, *next;
    int64_t due_us;
    struct ll_buf message;
};

struct joined {
    struct live_channel *channel; // NULL: free
    struct live_socket *socket;
    int64_t last_due_us, next_tick_us;
    uint64_t delay_ms; // of what the channel says right now
};

struct live_socket {
    struct live_socket *prev, *next;
    struct lws *wsi;
    struct shop *shop;
    char session_id[LL_TOKEN_CHARS + 1];
    struct joined joined[LIVE_CHANNELS_MAX];
    struct queued *queue; // by due_us
    size_t queued_bytes, queued_count;
    struct ll_buf incoming;
    int64_t cut_at_us; // 0: not
    bool is_over;      // a limit was passed
};

static const char socket_path[] = "/live/websocket";

// --- the queue ---

static void unqueue(struct live_socket *socket, struct queued *queued) {
    DL_DELETE(socket->queue, queued);
    socket->queued_count--;
    socket->queued_bytes -= queued->message.len;
    ll_buf_fini(&queued->message);
    free(queued);
}

static int compare_due(const struct queued *queued, const struct queued *added) {
    return queued->due_us <= added->due_us ? -1 : 1; // what was due at the same time goes first
}

static void enqueue(struct live_socket *socket, int64_t due_us, struct ll_buf take_message) {
    struct queued *queued = ll_alloc(1, sizeof *queued);
    *queued = (struct queued){.due_us = due_us, .message = take_message};
    DL_INSERT_INORDER(socket->queue, queued, compare_due);
    socket->queued_count++;
    socket->queued_bytes += take_message.len;
    if (socket->is_over || (!take_message.overflowed && socket->queued_bytes <= LIVE_QUEUE_MAX)) return;
    socket->is_over = true; // see arm
    ll_warn("a page does not take what its views say: %zu bytes wait, and its connection is closed",
            socket->queued_bytes);
}

// Has lws call when the next thing is due, or when there is room to write what already is.
static void arm(struct live_socket *socket) {
    if (!socket->wsi) return;
    int64_t now = ll_clock_us(), next = INT64_MAX;
    if (socket->queue) next = socket->queue->due_us;
    if (next <= now) {
        lws_callback_on_writable(socket->wsi);
        next = INT64_MAX;
    }
    if (socket->is_over) next = now;
    if (socket->cut_at_us && socket->cut_at_us < next) next = socket->cut_at_us;
    for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++) {
        const struct joined *joined = &socket->joined[i];
        if (joined->channel && joined->next_tick_us && joined->next_tick_us < next) next = joined->next_tick_us;
    }
    if (next == INT64_MAX)
        lws_set_timer_usecs(socket->wsi, LWS_SET_TIMER_USEC_CANCEL);
    else
        lws_set_timer_usecs(socket->wsi, next > now ? next - now : 1);
}

// --- channels ---

static void send_of_channel(void *arg, struct ll_buf take_message) {
    struct joined *joined = arg;
    int64_t due_us = ll_clock_us() + (int64_t)joined->delay_ms * 1000;
    if (due_us < joined->last_due_us) due_us = joined->last_due_us;
    joined->last_due_us = due_us;
    enqueue(joined->socket, due_us, take_message);
}

static struct live_outlet outlet_of(struct joined *joined, uint64_t delay_ms) {
    joined->delay_ms = delay_ms;
    return (struct live_outlet){.arg = joined, .send = send_of_channel};
}

static void drop_channel(struct joined *joined) {
    live_channel_free(&joined->channel);
    *joined = (struct joined){.socket = joined->socket};
}

static struct joined *find_channel(struct live_socket *socket, const char *topic) {
    for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++)
        if (socket->joined[i].channel && strcmp(socket->joined[i].channel->topic, topic) == 0)
            return &socket->joined[i];
    return NULL;
}

static struct joined *free_place(struct live_socket *socket) {
    for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++)
        if (!socket->joined[i].channel) return &socket->joined[i];
    return NULL;
}

static struct knob_effect draw(struct live_socket *socket, const char *path, const char *event) {
    return knobs_draw(&socket->shop->knobs, path, event, socket->session_id);
}

static uint64_t diff_delay(struct joined *joined) {
    return draw(joined->socket, joined->channel->view->path, "diff").latency_ms;
}

// Shows the other pages of a view what one of them changed in the shop.
static void spread_news(struct shop *shop, const struct live_view *view, const struct joined *from) {
    struct live_socket *socket;
    DL_FOREACH(shop->live_sockets, socket) {
        for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++) {
            struct joined *joined = &socket->joined[i];
            if (!joined->channel || joined == from || joined->channel->view != view || socket->is_over) continue;
            struct live_outlet outlet = outlet_of(joined, diff_delay(joined));
            if (live_channel_refresh(joined->channel, &outlet)) continue;
            live_channel_bye(joined->channel, "phx_close", &outlet);
            drop_channel(joined);
        }
        arm(socket);
    }
}

static void leave(struct joined *joined) {
    const struct live_view *view = joined->channel->view;
    struct shop *shop = joined->socket->shop;
    drop_channel(joined);
    if (view->leave) spread_news(shop, view, NULL);
}

// After its last words, "phx_close" or "phx_error". What it said before stays queued, before them.
static void end_channel(struct joined *joined, const char *last_words, uint64_t delay_ms) {
    struct live_outlet outlet = outlet_of(joined, delay_ms);
    live_channel_bye(joined->channel, last_words, &outlet);
    leave(joined);
}

// What follows a call of the view: news spread, the clock set, the channel ended when the view is gone.
static void finish_call(struct joined *joined, bool is_alive) {
    struct live_page *page = &joined->channel->page;
    const struct live_view *view = joined->channel->view;
    struct shop *shop = joined->socket->shop;
    bool has_news = page->has_news;
    page->has_news = false;
    if (!page->tick_ms)
        joined->next_tick_us = 0;
    else if (!joined->next_tick_us)
        joined->next_tick_us = ll_clock_us() + (int64_t)page->tick_ms * 1000;
    if (!is_alive) end_channel(joined, "phx_close", 0);
    if (has_news) spread_news(shop, view, joined);
}

static void tick(struct joined *joined, int64_t now_us) {
    struct live_socket *socket = joined->socket;
    int64_t every_us = (int64_t)joined->channel->page.tick_ms * 1000;
    joined->next_tick_us += every_us;
    if (joined->next_tick_us <= now_us) joined->next_tick_us = now_us + every_us;
    if (socket->queued_count >= LIVE_QUEUED_TICKS) return;
    struct live_outlet outlet = outlet_of(joined, diff_delay(joined));
    finish_call(joined, live_channel_tick(joined->channel, &outlet));
}

// --- messages in ---

static void answer(struct live_socket *socket, const struct phx_message *message, const char *status,
                   const char *reason, uint64_t delay_ms) {
    struct ll_buf reply = ll_buf_make(LIVE_MESSAGE_MAX);
    phx_reply(&reply, message, status, reason);
    enqueue(socket, ll_clock_us() + (int64_t)delay_ms * 1000, reply);
}

static void join(struct live_socket *socket, const struct phx_message *message) {
    const struct live_view *view = live_channel_wanted(message);
    struct knob_effect effect = draw(socket, view ? view->path : socket_path, "phx_join");
    struct joined *joined = find_channel(socket, message->topic);
    if (effect.hang) return;
    if (joined) { // the page lost track of it, as after a timeout: the new join counts
        end_channel(joined, "phx_close", 0);
    } else {
        joined = free_place(socket);
    }
    if (effect.status || !joined) {
        answer(socket, message, "error", effect.status ? "join crashed" : "too many channels", effect.latency_ms);
        return;
    }
    struct live_outlet outlet = outlet_of(joined, effect.latency_ms);
    joined->channel = live_channel_join(socket->shop, socket->session_id, message, &outlet);
    if (joined->channel) finish_call(joined, true);
}

// The name a knob knows a message by: an event's own, else the protocol's.
static const char *name_of(const struct phx_message *message) {
    if (strcmp(message->event, "event") != 0) return message->event;
    return ll_json_string(ll_json_get(message->payload, "event"), "event");
}

static void handle_of_channel(struct joined *joined, const struct phx_message *message) {
    struct live_socket *socket = joined->socket;
    struct knob_effect effect = draw(socket, joined->channel->view->path, name_of(message));
    if (effect.hang) return;
    if (effect.status) {
        end_channel(joined, "phx_error", effect.latency_ms);
        return;
    }
    if (strcmp(message->event, "phx_leave") == 0) {
        answer(socket, message, "ok", NULL, effect.latency_ms);
        end_channel(joined, "phx_close", effect.latency_ms);
    } else {
        struct live_outlet outlet = outlet_of(joined, effect.latency_ms);
        finish_call(joined, live_channel_message(joined->channel, message, &outlet));
    }
}

static void handle(struct live_socket *socket, const struct phx_message *message) {
    struct joined *joined = find_channel(socket, message->topic);
    if (strcmp(message->topic, "phoenix") == 0 && strcmp(message->event, "heartbeat") == 0) {
        struct knob_effect effect = draw(socket, socket_path, "heartbeat");
        if (!effect.hang) answer(socket, message, "ok", NULL, effect.latency_ms);
    } else if (strcmp(message->event, "phx_join") == 0) {
        join(socket, message);
    } else if (joined && message->join_ref && strcmp(joined->channel->join_ref, message->join_ref) == 0) {
        handle_of_channel(joined, message);
    } else {
        answer(socket, message, "error", "unmatched topic", 0);
    }
}

bool live_socket_take(struct live_socket *socket, const char *text, size_t len) {
    struct phx_message message;
    ll_err err = phx_read(text, len, &message);
    if (err.status == LL_OK) {
        handle(socket, &message);
        phx_message_fini(&message);
    } else {
        ll_warn("a browser sent what no client of Phoenix sends: %s", err.text);
    }
    arm(socket);
    return err.status == LL_OK;
}

bool live_socket_receive(struct live_socket *socket, const void *data, size_t len) {
    ll_buf_append(&socket->incoming, data, len);
    if (socket->incoming.overflowed || socket->is_over) return false;
    if (lws_remaining_packet_payload(socket->wsi) || !lws_is_final_fragment(socket->wsi)) return true;
    // uploads are the only binary messages of the client, and no view takes one
    bool is_fine = lws_frame_is_binary(socket->wsi) ||
                   live_socket_take(socket, ll_buf_str(&socket->incoming), socket->incoming.len);
    ll_buf_clear(&socket->incoming);
    return is_fine;
}

// --- life ---

int live_socket_refusal(struct lws *wsi, struct shop *shop) {
    char path[sizeof socket_path + 1], session_id[LL_TOKEN_CHARS + 1];
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) < 0 || strcmp(path, socket_path) != 0) return 0;
    shop_read_session(wsi, session_id);
    return knobs_draw(&shop->knobs, socket_path, "connect", session_id).status;
}

bool live_socket_is_welcome(struct lws *wsi, struct shop *shop) {
    char path[sizeof socket_path + 1], query[SHOP_QUERY_MAX], version[16], session_id[LL_TOKEN_CHARS + 1];
    if (lws_hdr_copy(wsi, path, sizeof path, WSI_TOKEN_GET_URI) < 0 || strcmp(path, socket_path) != 0) return false;
    shop_read_query(wsi, query, sizeof query);
    form_value(query, "vsn", version, sizeof version);
    if (strcmp(version, "2.0.0") != 0) return false;
    shop_read_session(wsi, session_id);
    int64_t now_us = ll_clock_us();
    for (size_t i = 0; i < SHOP_REFUSALS_MAX; i++) {
        const struct live_refusal *refusal = &shop->refusals[i];
        bool concerns = !*refusal->session_id || strcmp(refusal->session_id, session_id) == 0;
        if (concerns && refusal->from_us <= now_us && now_us < refusal->until_us) return false;
    }
    if (shop->live_socket_count < LIVE_SOCKETS_MAX) return true;
    ll_warn("%d pages are connected, which is the limit: another one is turned away", LIVE_SOCKETS_MAX);
    return false;
}

struct live_socket *live_socket_new(struct lws *wsi, struct shop *shop, const char *session_id) {
    struct live_socket *socket = ll_alloc(1, sizeof *socket);
    socket->wsi = wsi;
    socket->shop = shop;
    socket->incoming = ll_buf_make(PHX_MESSAGE_MAX);
    snprintf(socket->session_id, sizeof socket->session_id, "%s", session_id);
    for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++) socket->joined[i].socket = socket;
    DL_APPEND(shop->live_sockets, socket);
    shop->live_socket_count++;
    return socket;
}

void live_socket_free(struct live_socket **slot) {
    struct live_socket *socket = *slot;
    if (!socket) return;
    DL_DELETE(socket->shop->live_sockets, socket); // first: news of a view that leaves here are for the others
    socket->shop->live_socket_count--;
    for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++)
        if (socket->joined[i].channel) leave(&socket->joined[i]);
    while (socket->queue) unqueue(socket, socket->queue);
    ll_buf_fini(&socket->incoming);
    free(socket);
    *slot = NULL;
}

bool live_socket_on_timer(struct live_socket *socket) {
    int64_t now_us = ll_clock_us();
    if (socket->cut_at_us && socket->cut_at_us <= now_us) return false;
    if (socket->is_over) return false; // here, since a page that takes nothing is never written to
    for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++) {
        struct joined *joined = &socket->joined[i];
        if (joined->channel && joined->next_tick_us && joined->next_tick_us <= now_us) tick(joined, now_us);
    }
    arm(socket);
    return true;
}

bool live_socket_write(struct live_socket *socket) {
    struct queued *first = socket->queue;
    if (first && first->due_us <= ll_clock_us()) {
        struct ll_buf frame = ll_buf_make(LWS_PRE + first->message.len);
        unsigned char *room = ll_buf_reserve(&frame, LWS_PRE + first->message.len);
        memcpy(room + LWS_PRE, first->message.data, first->message.len);
        int written = lws_write(socket->wsi, room + LWS_PRE, first->message.len, LWS_WRITE_TEXT);
        ll_buf_fini(&frame);
        if (written < 0) return false;
        unqueue(socket, first);
    }
    arm(socket);
    return true;
}

bool live_socket_is_due(const struct live_socket *socket) {
    return socket->queue && socket->queue->due_us <= ll_clock_us();
}

bool live_socket_next(struct live_socket *socket, struct ll_buf *out) {
    struct queued *first = socket->queue;
    if (!live_socket_is_due(socket)) return false;
    *out = ll_buf_make(first->message.len);
    ll_buf_append(out, first->message.data, first->message.len);
    unqueue(socket, first);
    return true;
}

// --- cuts ---

static bool shows(const struct live_socket *socket, const char *path) {
    for (size_t i = 0; i < LIVE_CHANNELS_MAX; i++) {
        const struct live_channel *channel = socket->joined[i].channel;
        if (channel && strncmp(channel->view->path, path, strlen(path)) == 0) return true;
    }
    return false;
}

void live_socket_cut(void *arg, const struct knob_cut *cut) {
    struct shop *shop = arg;
    struct live_socket *socket;
    int64_t at_us = ll_clock_us() + (int64_t)cut->after_ms * 1000;
    DL_FOREACH(shop->live_sockets, socket) {
        bool concerns = !*cut->session_id || strcmp(cut->session_id, socket->session_id) == 0;
        if (!cut->disconnects || !concerns || !shows(socket, cut->path)) continue;
        socket->cut_at_us = at_us;
        arm(socket);
    }
    if (!cut->refuse_ms) return;
    struct live_refusal *refusal = &shop->refusals[shop->next_refusal++ % SHOP_REFUSALS_MAX];
    *refusal = (struct live_refusal){.from_us = at_us, .until_us = at_us + (int64_t)cut->refuse_ms * 1000};
    memcpy(refusal->session_id, cut->session_id, sizeof refusal->session_id);
}
