// One WebSocket to a Chromium's DevTools, over libwebsockets: whole messages in, whole messages out.
//
// The loop's thread. Callbacks come from the loop. Messages in are at most LL_WIRE_MESSAGE_MAX, longer ones are
// passed over (their command ends by its deadline); what waits to go out is at most LL_WIRE_QUEUE_MAX.
#ifndef AGENT_BROWSER_CDP_WIRE_H
#define AGENT_BROWSER_CDP_WIRE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <libwebsockets.h>

enum {
    LL_WIRE_MESSAGE_MAX = 24 * 1024 * 1024, // a reading at its limit, as UTF-8, escaped
    LL_WIRE_QUEUE_MAX = 64 * 1024 * 1024,
    LL_WIRE_CHUNK = 64 * 1024,
};

struct ll_wire;

struct ll_wire_events {
    void *owner;
    void (*on_open)(void *owner);
    void (*on_message)(void *owner, const char *text, size_t len);
    void (*on_closed)(void *owner); // once, also when it could not be opened; not after ll_wire_free
};

// The protocol that the vhost must carry, by this name.
#define LL_WIRE_PROTOCOL "devtools"
int ll_wire_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

// Connects to ws://127.0.0.1:port/path. Failure is told by on_closed.
struct ll_wire *ll_wire_open(struct lws_context *lws, struct lws_vhost *vhost, int port, const char *path,
                             struct ll_wire_events events);
void ll_wire_free(struct ll_wire **wire);

// A message is appended to the buffer that begin returns, then ended. False when the queue is full: nothing is sent.
struct ll_buf *ll_wire_begin(struct ll_wire *wire);
struct ll_buf *ll_wire_buffer(struct ll_wire *wire);
bool ll_wire_end(struct ll_wire *wire);

#endif
