// libwebsockets gives a message in chunks and takes one behind LWS_PRE spare bytes. Out: messages queue in one
// buffer, each as a header, the spare bytes and the text, and leave together when the socket can be written. In: a
// message that came in one chunk is handed on where it lies; others are put together first.
#include "agent/browser/cdp/wire.h"

#include "libcommon/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ll_wire {
    struct lws *wsi; // NULL once closed
    struct ll_wire_events events;
    struct ll_buf in, out;
    size_t sent;  // bytes of `out` that have left
    size_t begun; // where the message being written starts in `out`
    bool open, told_closed;
};

struct header {
    size_t len; // of the text
    unsigned char spare[LWS_PRE];
};

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
    static const struct header blank;
    wire->begun = wire->out.len;
    ll_buf_append(&wire->out, &blank, sizeof blank);
    return &wire->out;
}

struct ll_buf *ll_wire_buffer(struct ll_wire *wire) {
    return &wire->out;
}

bool ll_wire_end(struct ll_wire *wire) {
    if (wire->out.overflowed) {
        wire->out.overflowed = false;
        wire->out.len = wire->begun;
        return false;
    }
    size_t len = wire->out.len - wire->begun - sizeof(struct header);
    memcpy(wire->out.data + wire->begun, &len, sizeof len);
    if (wire->open && wire->wsi) lws_callback_on_writable(wire->wsi);
    return true;
}

static int write_queued(struct ll_wire *wire) {
    while (wire->sent < wire->out.len && !lws_partial_buffered(wire->wsi)) {
        size_t len;
        memcpy(&len, wire->out.data + wire->sent, sizeof len);
        unsigned char *text = wire->out.data + wire->sent + sizeof(struct header);
        if (lws_write(wire->wsi, text, len, LWS_WRITE_TEXT) < 0) return -1;
        wire->sent += sizeof(struct header) + len;
    }
    if (wire->sent < wire->out.len) {
        lws_callback_on_writable(wire->wsi);
    } else {
        ll_buf_clear(&wire->out);
        wire->sent = 0;
    }
    return 0;
}

static void receive(struct ll_wire *wire, const char *chunk, size_t len) {
    bool first = lws_is_first_fragment(wire->wsi);
    bool last = lws_is_final_fragment(wire->wsi) && lws_remaining_packet_payload(wire->wsi) == 0;
    if (first) {
        ll_buf_clear(&wire->in);
        if (last) {
            wire->events.on_message(wire->events.owner, chunk, len);
            return;
        }
    }
    ll_buf_append(&wire->in, chunk, len);
    if (last && !wire->in.overflowed)
        wire->events.on_message(wire->events.owner, (const char *)wire->in.data, wire->in.len);
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
        return write_queued(wire);
    } else if (reason == LWS_CALLBACK_CLIENT_ESTABLISHED) {
        wire->open = true;
        lws_callback_on_writable(wsi);
        wire->events.on_open(wire->events.owner);
    } else if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR || reason == LWS_CALLBACK_CLIENT_CLOSED) {
        tell_closed(wire);
    }
    return 0;
}
