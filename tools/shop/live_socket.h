// The WebSocket of LiveView, /live/websocket: frames in and out, channels on it, clocks, and what the knobs do to them.
//
// One owner, the loop's thread. Limits: LIVE_SOCKETS_MAX connections, LIVE_CHANNELS_MAX channels on each, messages of
// PHX_MESSAGE_MAX bytes, LIVE_QUEUE_MAX bytes that a browser has not taken yet; past any of them the connection is
// closed, except that a view whose queue is long misses ticks.
#ifndef TOOLS_SHOP_LIVE_SOCKET_H
#define TOOLS_SHOP_LIVE_SOCKET_H

#include "tools/shop/live_channel.h"

#include <libwebsockets.h>

enum {
    LIVE_SOCKETS_MAX = 2048,
    LIVE_CHANNELS_MAX = 8,
    LIVE_QUEUE_MAX = 16 * 1024 * 1024,
    LIVE_QUEUED_TICKS = 64, // messages that wait, from which on ticks are left out
};

struct live_socket;

// The status with which a knob refuses it; 0: none does.
int live_socket_refusal(struct lws *wsi, struct shop *shop);
// May a browser connect here: the path, the version of the protocol, and cuts.
bool live_socket_is_welcome(struct lws *wsi, struct shop *shop);
// Without a connection of its own (`wsi` NULL) it is served by polls.
struct live_socket *live_socket_new(struct lws *wsi, struct shop *shop, const char *session_id);
void live_socket_free(struct live_socket **socket);

// What lws tells: part of a frame; the timer; room to write. False closes the connection.
bool live_socket_receive(struct live_socket *socket, const void *data, size_t len);
bool live_socket_on_timer(struct live_socket *socket);
bool live_socket_write(struct live_socket *socket);

// What polls do: a whole message in, and those that are due out. `out` is the caller's to free.
bool live_socket_take(struct live_socket *socket, const char *text, size_t len);
bool live_socket_is_due(const struct live_socket *socket);
bool live_socket_next(struct live_socket *socket, struct ll_buf *out);

// knobs' on_cut; `arg` is the shop.
void live_socket_cut(void *arg, const struct knob_cut *cut);

#endif
