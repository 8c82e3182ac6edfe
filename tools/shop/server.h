// The shop on libwebsockets: HTTP here, the WebSocket of /live in stock.c, that of the live pages in live_socket.c.
#ifndef TOOLS_SHOP_SERVER_H
#define TOOLS_SHOP_SERVER_H

#include "libcommon/loop/loop.h"
#include "tools/shop/pages.h"

#include <libwebsockets.h>

// Serves on 127.0.0.1:`port`, 0 for any free one. LL_UNAVAILABLE when the port is in use.
ll_err shop_listen(struct ll_loop *loop, struct shop *shop, int port, int *out_port);

// The session of the request's cookie, or "".
void shop_read_session(struct lws *wsi, char out[LL_TOKEN_CHARS + 1]);
// What stands after the ? of its URL, undecoded, cut to `size`.
void shop_read_query(struct lws *wsi, char *out, size_t size);

// The WebSocket's part of the protocol table: a counter that a page asks for and that also comes by itself.
int stock_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

struct stock {
    unsigned count;   // messages to this page so far
    unsigned pending; // answers asked for and not yet sent
};

#endif
