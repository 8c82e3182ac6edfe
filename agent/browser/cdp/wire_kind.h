// What the kinds of wires share: for wire.c, wire_websocket.c and wire_pipe.c alone.
#ifndef AGENT_BROWSER_CDP_WIRE_KIND_H
#define AGENT_BROWSER_CDP_WIRE_KIND_H

#include "agent/browser/cdp/wire.h"

struct ll_wire_kind {
    size_t header_max; // bytes kept free before each message in `out`
    // The message from `begun` + header_max to the end of `out` is whole: gives it the form it travels in.
    void (*frame)(struct ll_wire *wire);
};

struct ll_wire {
    const struct ll_wire_kind *kind;
    struct lws *wsi;     // NULL once closed
    struct lws *out_wsi; // what is written to, where that is another; or NULL
    struct ll_wire_events events;
    struct ll_buf in, out;
    size_t sent;             // bytes of `out` that have left
    size_t begun;            // where the message being written starts in `out`
    size_t in_len;           // of the message that is put together in `in`, more than that when it is too large
    char tail[LL_WIRE_TAIL]; // of that message, once it is that long
    bool open, told_closed;
    bool *freed; // set by ll_wire_free, for a caller further up that must know; or NULL
};

void ll_wire_websocket_connect(struct ll_wire *wire, struct lws_context *lws, struct lws_vhost *vhost, int port,
                               const char *path);
void ll_wire_pipe_connect(struct ll_wire *wire, struct lws_vhost *vhost, int in_fd, int out_fd);

// Tells of one message. False when the wire was freed by that.
bool ll_wire_handle(struct ll_wire *wire, const char *text, size_t len);
// Adds a part to the message that is put together, and handles it when it has all come. False as above.
void ll_wire_add(struct ll_wire *wire, const char *part, size_t len);
bool ll_wire_handle_added(struct ll_wire *wire);
// Sends what can be sent without waiting. False when the connection is broken.
bool ll_wire_flush(struct ll_wire *wire);
// Closes a connection that is broken: told by on_closed, from the loop.
void ll_wire_break(struct ll_wire *wire);
void ll_wire_tell_closed(struct ll_wire *wire);

#endif
