// One way to a Chromium's DevTools, whole messages in, whole messages out: a WebSocket (wire_websocket.c) or a pipe
// (wire_pipe.c).
//
// The loop's thread. Callbacks come from the loop. Messages in are at most LL_WIRE_MESSAGE_MAX, longer ones are
// passed over, which is told with their ends (their command ends by its deadline); what waits to go out is at most
// LL_WIRE_QUEUE_MAX.
#ifndef AGENT_BROWSER_CDP_WIRE_H
#define AGENT_BROWSER_CDP_WIRE_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <libwebsockets.h>

enum {
    LL_WIRE_MESSAGE_MAX = 24 * 1024 * 1024, // a reading at its limit, as UTF-8, escaped
    LL_WIRE_QUEUE_MAX = 64 * 1024 * 1024,
    LL_WIRE_CHUNK = 64 * 1024,
    LL_WIRE_TAIL = 128,
};

struct ll_wire_large { // a message over LL_WIRE_MESSAGE_MAX
    const char *head;  // as much of it as there was room for
    size_t head_len;
    const char *tail; // its last LL_WIRE_TAIL bytes
    size_t len;       // of all of it
};

struct ll_wire_events {
    void *owner;
    void (*on_open)(void *owner);
    void (*on_message)(void *owner, const char *text, size_t len);
    void (*on_large)(void *owner, const struct ll_wire_large *message);
    void (*on_closed)(void *owner); // once, also when it could not be opened; not after ll_wire_free
};

struct ll_wire;
struct ll_devtools_address;

// The protocols that the vhost must carry, by these names.
#define LL_WIRE_PROTOCOL "devtools"
int ll_wire_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);
#define LL_WIRE_PIPE_PROTOCOL "devtools-pipe"
int ll_wire_pipe_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

// Takes the address's pipe, if that is what it is. Failure is told by on_closed.
struct ll_wire *ll_wire_open(struct lws_context *lws, struct lws_vhost *vhost,
                             const struct ll_devtools_address *address, struct ll_wire_events events);
void ll_wire_free(struct ll_wire **wire);

// A message is appended to the buffer that begin returns, then ended. False when the queue is full: nothing is sent.
struct ll_buf *ll_wire_begin(struct ll_wire *wire);
struct ll_buf *ll_wire_buffer(struct ll_wire *wire);
bool ll_wire_end(struct ll_wire *wire);

#endif
