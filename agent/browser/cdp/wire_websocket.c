// libwebsockets makes the connection and takes frames apart. A message that came in one chunk is handed on where it
// lies; others are put together first.
//
// Frames out are written here, not by lws_write: that asks the kernel for a random mask and makes a system call for
// each frame, and only once the loop has come round to it. A mask keeps proxies from being deceived by what pages send
// (RFC 6455, 10.3); there is no proxy to one's own browser, so it is zero.
#include "agent/browser/cdp/wire_kind.h"

#include <stdio.h>
#include <string.h>

enum { HEADER_MAX = 14 }; // two bytes, eight of length, four of mask

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

static void frame(struct ll_wire *wire) {
    unsigned char *at = wire->out.data + wire->begun;
    size_t len = wire->out.len - wire->begun - HEADER_MAX;
    size_t header_len = write_header(at, len);
    memmove(at + header_len, at + HEADER_MAX, len);
    wire->out.len = wire->begun + header_len + len;
}

static const struct ll_wire_kind websocket_kind = {.header_max = HEADER_MAX, .frame = frame};

void ll_wire_websocket_connect(struct ll_wire *wire, struct lws_context *lws, struct lws_vhost *vhost, int port,
                               const char *path) {
    char host[32];
    snprintf(host, sizeof host, "127.0.0.1:%d", port);
    wire->kind = &websocket_kind;
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
}

static void flush(struct ll_wire *wire) {
    if (wire->out.len && wire->open && !ll_wire_flush(wire)) ll_wire_break(wire);
}

static void receive(struct ll_wire *wire, const char *chunk, size_t len) {
    bool first = lws_is_first_fragment(wire->wsi);
    bool last = lws_is_final_fragment(wire->wsi) && lws_remaining_packet_payload(wire->wsi) == 0;
    if (first && last) {
        if (ll_wire_handle(wire, chunk, len)) flush(wire);
        return;
    }
    ll_wire_add(wire, chunk, len);
    if (last && ll_wire_handle_added(wire)) flush(wire);
}

int ll_wire_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user;
    struct ll_wire *wire = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!wire) return 0;
    // The other reasons of lws concern servers and plain HTTP.
    if (reason == LWS_CALLBACK_CLIENT_RECEIVE) {
        receive(wire, in, len);
    } else if (reason == LWS_CALLBACK_CLIENT_WRITEABLE) {
        return ll_wire_flush(wire) ? 0 : -1;
    } else if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED) {
        wire->open = true;
        lws_callback_on_writable(wsi);
        wire->events.on_open(wire->events.owner);
    } else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR || reason == LWS_CALLBACK_CLIENT_CLOSED) {
        ll_wire_tell_closed(wire);
    }
    return 0;
}
