// Chromium's --remote-debugging-pipe: messages follow one another, each with a NUL behind it. There is no handshake;
// Chromium reads what was written once it is up. Messages are handed on where they lie; only the part of one that has
// not all come is kept.
//
// Each direction is a pipe: of one socket pair for both, each reading wakes the thread of Chromium's that waits for
// something to read, since it might have waited for room to write.
#include "agent/browser/cdp/wire_kind.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void frame(struct ll_wire *wire) {
    ll_buf_append(&wire->out, "", 1);
}

static const struct ll_wire_kind pipe_kind = {.header_max = 0, .frame = frame};

static struct lws *adopt(struct ll_wire *wire, struct lws_vhost *vhost, int fd) {
    lws_sock_file_fd_type file = {.filefd = fd};
    struct lws *wsi = lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, file, LL_WIRE_PIPE_PROTOCOL, NULL);
    if (wsi) lws_set_opaque_user_data(wsi, wire);
    return wsi;
}

void ll_wire_pipe_connect(struct ll_wire *wire, struct lws_vhost *vhost, int in_fd, int out_fd) {
    wire->kind = &pipe_kind;
    wire->wsi = adopt(wire, vhost, in_fd);
    wire->out_wsi = adopt(wire, vhost, out_fd);
    // Without memory for them whoever waits for on_open gives up in time.
    if (wire->wsi && wire->out_wsi) lws_callback_on_writable(wire->out_wsi); // tells, from the loop, that it is open
}

// False when the wire was freed while a message was handled.
static bool take_chunk(struct ll_wire *wire, const char *chunk, size_t len) {
    const char *end = chunk + len, *nul;
    for (; (nul = memchr(chunk, '\0', (size_t)(end - chunk))); chunk = nul + 1) {
        if (!wire->in.len && !wire->in.overflowed) {
            if (!ll_wire_handle(wire, chunk, (size_t)(nul - chunk))) return false;
            continue;
        }
        ll_wire_add(wire, chunk, (size_t)(nul - chunk));
        if (!ll_wire_handle_added(wire)) return false;
    }
    if (chunk < end) ll_wire_add(wire, chunk, (size_t)(end - chunk));
    return true;
}

enum received { RECEIVED, WIRE_FREED, WIRE_BROKEN };

static enum received receive(struct ll_wire *wire) {
    char chunk[LL_WIRE_CHUNK];
    ssize_t len = read(lws_get_socket_fd(wire->wsi), chunk, sizeof chunk);
    if (len < 0 && (errno == EAGAIN || errno == EINTR)) return RECEIVED;
    if (len <= 0) return WIRE_BROKEN;
    if (!take_chunk(wire, chunk, (size_t)len)) return WIRE_FREED;
    return !wire->out_wsi || ll_wire_flush(wire) ? RECEIVED : WIRE_BROKEN;
}

int ll_wire_pipe_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user, (void)in, (void)len;
    struct ll_wire *wire = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!wire) return 0;
    // The other reasons of lws concern its own protocols.
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        if (wsi == wire->out_wsi) return -1; // nothing but its end can be read from it
        return receive(wire) == WIRE_BROKEN ? -1 : 0;
    } else if (reason == LWS_CALLBACK_RAW_WRITEABLE_FILE) {
        if (!wire->open) {
            wire->open = true;
            wire->events.on_open(wire->events.owner); // it only queues, and frees nothing
        }
        return ll_wire_flush(wire) ? 0 : -1;
    } else if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
        if (wsi != wire->out_wsi) {
            ll_wire_tell_closed(wire);
        } else {
            wire->out_wsi = NULL;
            if (wire->wsi) ll_wire_break(wire);
        }
    }
    return 0;
}
