// What is queued while messages are being handled leaves in one call when that is over; what is queued at another time
// when the loop comes round to it.
#include "agent/browser/cdp/wire_kind.h"

#include "agent/browser/process.h"
#include "libcommon/base/alloc.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEADER_MAX = 16 };

struct ll_wire *ll_wire_open(struct lws_context *lws, struct lws_vhost *vhost,
                             const struct ll_devtools_address *address, struct ll_wire_events events) {
    struct ll_wire *wire = ll_alloc(1, sizeof *wire);
    wire->events = events;
    wire->in = ll_buf_make(LL_WIRE_MESSAGE_MAX);
    wire->out = ll_buf_make(LL_WIRE_QUEUE_MAX);
    if (address->in_fd >= 0)
        ll_wire_pipe_connect(wire, vhost, address->in_fd, address->out_fd);
    else
        ll_wire_websocket_connect(wire, lws, vhost, address->port, address->path);
    return wire;
}

void ll_wire_break(struct ll_wire *wire) {
    lws_set_timeout(wire->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static void drop(struct lws **wsi) {
    if (!*wsi) return;
    lws_set_opaque_user_data(*wsi, NULL);
    lws_set_timeout(*wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    *wsi = NULL;
}

void ll_wire_free(struct ll_wire **wire) {
    if (!*wire) return;
    if ((*wire)->freed) *(*wire)->freed = true;
    drop(&(*wire)->wsi);
    drop(&(*wire)->out_wsi);
    ll_buf_fini(&(*wire)->in);
    ll_buf_fini(&(*wire)->out);
    free(*wire);
    *wire = NULL;
}

struct ll_buf *ll_wire_begin(struct ll_wire *wire) {
    static const unsigned char blank[HEADER_MAX];
    wire->begun = wire->out.len;
    ll_buf_append(&wire->out, blank, wire->kind->header_max);
    return &wire->out;
}

struct ll_buf *ll_wire_buffer(struct ll_wire *wire) {
    return &wire->out;
}

static struct lws *outward(const struct ll_wire *wire) {
    return wire->out_wsi ? wire->out_wsi : wire->wsi;
}

bool ll_wire_end(struct ll_wire *wire) {
    if (!wire->out.overflowed) wire->kind->frame(wire);
    if (wire->out.overflowed) {
        wire->out.overflowed = false;
        wire->out.len = wire->begun;
        return false;
    }
    if (wire->open && !wire->freed) lws_callback_on_writable(outward(wire)); // `freed`: a message is being handled
    return true;
}

bool ll_wire_flush(struct ll_wire *wire) {
    while (wire->sent < wire->out.len) {
        ssize_t sent = write(lws_get_socket_fd(outward(wire)), wire->out.data + wire->sent, wire->out.len - wire->sent);
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) return false;
        if (sent < 0) {
            lws_callback_on_writable(outward(wire));
            return true;
        }
        wire->sent += (size_t)sent;
    }
    ll_buf_clear(&wire->out);
    wire->sent = 0;
    return true;
}

bool ll_wire_handle(struct ll_wire *wire, const char *text, size_t len) {
    bool freed = false;
    wire->freed = &freed;
    wire->events.on_message(wire->events.owner, text, len);
    if (freed) return false;
    wire->freed = NULL;
    return true;
}

void ll_wire_add(struct ll_wire *wire, const char *part, size_t len) {
    size_t kept = len < LL_WIRE_TAIL ? LL_WIRE_TAIL - len : 0;
    memmove(wire->tail, wire->tail + LL_WIRE_TAIL - kept, kept);
    memcpy(wire->tail + kept, part + len - (LL_WIRE_TAIL - kept), LL_WIRE_TAIL - kept);
    wire->in_len += len;
    ll_buf_append(&wire->in, part, len);
}

bool ll_wire_handle_added(struct ll_wire *wire) {
    struct ll_wire_large large = {
        .head = (const char *)wire->in.data, .head_len = wire->in.len, .tail = wire->tail, .len = wire->in_len};
    if (!wire->in.overflowed) {
        if (!ll_wire_handle(wire, large.head, large.head_len)) return false;
    } else if (large.head_len >= LL_WIRE_TAIL) {
        wire->events.on_large(wire->events.owner, &large); // it only measures, and frees nothing
    }
    ll_buf_clear(&wire->in);
    wire->in_len = 0;
    return true;
}

void ll_wire_tell_closed(struct ll_wire *wire) {
    wire->open = false;
    wire->wsi = NULL;
    drop(&wire->out_wsi);
    if (!wire->told_closed) {
        wire->told_closed = true;
        wire->events.on_closed(wire->events.owner);
    }
}
