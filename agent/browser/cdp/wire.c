// libwebsockets makes the connection and takes frames apart. A message that came in one chunk is handed on where it
// lies; others are put together first.
//
// Frames out are written here, not by lws_write: that asks the kernel for a random mask and makes a system call for
// each frame, and only once the loop has come round to it. A mask keeps proxies from being deceived by what pages send
// (RFC 6455, 10.3); there is no proxy to one's own browser, so it is zero. What is queued while a message is being
// handled leaves in one call when that is over.
#include "agent/browser/cdp/wire.h"

#include "libcommon/base/alloc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct ll_wire {
    struct lws *wsi; // NULL once closed
    struct ll_wire_events events;
    struct ll_buf in, out;
    size_t sent;  // bytes of `out` that have left
    size_t begun; // where the frame being written starts in `out`
    bool open, told_closed;
    bool *freed; // set by ll_wire_free, for a caller further up that must know; or NULL
};

enum { HEADER_MAX = 14 }; // two bytes, eight of length, four of mask

struct ll_wire *ll_wire_open(struct lws_context *lws, struct lws_vhost *vhost, int port, const char *path,
                             struct ll_wire_events events) {
    struct ll_wire *wire = ll_alloc(1, sizeof *wire);
    wire->events = events;
    wire->in = ll_buf_make(LL_WIRE_MESSAGE_MAX);
    wire->out = ll_buf_make(LL_WIRE_QUEUE_MAX);
    char host[32];
    snprintf(host, sizeof host, "127.0.0.1:%d", port);
    struct lws_client_connect_info info = {
        .context = lws,
        .vhost = vhost,
        .address = "127.0.0.1",
        .port = port,
        .path = path,
        .host = host, // no origin: Chromium refuses WebSockets that have one
        .local_protocol_name = LL_WIRE_PROTOCOL,
        .ietf_version_or_minus_one = -1,
        .opaque_user_data = wire,
        .pwsi = &wire->wsi,
    };
    lws_client_connect_via_info(&info);
    return wire;
}

void ll_wire_free(struct ll_wire **wire) {
    if (!*wire) return;
    if ((*wire)->freed) *(*wire)->freed = true;
    if ((*wire)->wsi) {
        lws_set_opaque_user_data((*wire)->wsi, NULL);
        lws_set_timeout((*wire)->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    }
    ll_buf_fini(&(*wire)->in);
    ll_buf_fini(&(*wire)->out);
    free(*wire);
    *wire = NULL;
}

struct ll_buf *ll_wire_begin(struct ll_wire *wire) {
    static const unsigned char blank[HEADER_MAX];
    wire->begun = wire->out.len;
    ll_buf_append(&wire->out, blank, sizeof blank);
    return &wire->out;
}

struct ll_buf *ll_wire_buffer(struct ll_wire *wire) {
    return &wire->out;
}

// Writes the header of a text frame of `len` bytes with a mask of zero; returns its length.
static size_t write_header(unsigned char *at, size_t len) {
    enum { FINAL_TEXT = 0x81, MASKED = 0x80, LENGTH_16 = 126, LENGTH_64 = 127 };
    size_t extra = len < LENGTH_16 ? 0 : len < 65536 ? 2 : 8;
    at[0] = FINAL_TEXT;
    at[1] = (unsigned char)(MASKED | (extra == 0 ? len : extra == 2 ? LENGTH_16 : LENGTH_64));
    for (size_t i = 0; i < extra; i++) at[2 + i] = (unsigned char)(len >> (8 * (extra - 1 - i)));
    memset(at + 2 + extra, 0, 4);
    return 2 + extra + 4;
}

// False when the connection is broken.
static bool flush(struct ll_wire *wire) {
    while (wire->sent < wire->out.len) {
        ssize_t sent = send(lws_get_socket_fd(wire->wsi), wire->out.data + wire->sent, wire->out.len - wire->sent,
                            MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent < 0) {
            lws_callback_on_writable(wire->wsi);
            return true;
        }
        wire->sent += (size_t)sent;
    }
    ll_buf_clear(&wire->out);
    wire->sent = 0;
    return true;
}

bool ll_wire_end(struct ll_wire *wire) {
    if (wire->out.overflowed) {
        wire->out.overflowed = false;
        wire->out.len = wire->begun;
        return false;
    }
    unsigned char *frame = wire->out.data + wire->begun;
    size_t len = wire->out.len - wire->begun - HEADER_MAX;
    size_t header_len = write_header(frame, len);
    memmove(frame + header_len, frame + HEADER_MAX, len);
    wire->out.len = wire->begun + header_len + len;
    if (wire->open && !wire->freed) lws_callback_on_writable(wire->wsi); // `freed` is set while a message is handled
    return true;
}

static void handle(struct ll_wire *wire, const char *text, size_t len) {
    bool freed = false;
    wire->freed = &freed;
    wire->events.on_message(wire->events.owner, text, len);
    if (freed) return;
    wire->freed = NULL;
    if (wire->out.len && wire->open && !flush(wire))
        lws_set_timeout(wire->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void receive(struct ll_wire *wire, const char *chunk, size_t len) {
    bool first = lws_is_first_fragment(wire->wsi);
    bool last = lws_is_final_fragment(wire->wsi) && lws_remaining_packet_payload(wire->wsi) == 0;
    if (first) ll_buf_clear(&wire->in);
    if (first && last) {
        handle(wire, chunk, len);
        return;
    }
    ll_buf_append(&wire->in, chunk, len);
    if (last && !wire->in.overflowed) handle(wire, (const char *)wire->in.data, wire->in.len);
}

static void tell_closed(struct ll_wire *wire) {
    wire->open = false;
    wire->wsi = NULL;
    if (!wire->told_closed) {
        wire->told_closed = true;
        wire->events.on_closed(wire->events.owner);
    }
}

int ll_wire_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user;
    struct ll_wire *wire = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!wire) return 0;
    // The other reasons of lws concern servers and plain HTTP.
    if (reason == LWS_CALLBACK_CLIENT_RECEIVE) {
        receive(wire, in, len);
    } else if (reason == LWS_CALLBACK_CLIENT_WRITEABLE) {
        return flush(wire) ? 0 : -1;
    } else if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED) {
        wire->open = true;
        lws_callback_on_writable(wsi);
        wire->events.on_open(wire->events.owner);
    } else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR || reason == LWS_CALLBACK_CLIENT_CLOSED) {
        tell_closed(wire);
    }
    return 0;
}
