// WebSocket metrics of one page, from the DevTools Network domain
// (https://chromedevtools.github.io/devtools-protocol/tot/Network/).
//
// A socket is known from webSocketCreated until webSocketClosed, by the hash of its id, and named by its URL without
// query. Chromium does not say how the sockets of a document ended that another one has replaced, so a new document of
// the page itself closes what the one before it had. Whichever comes first, a socket's end is counted once: after it
// nobody knows the socket any more. What a page opens beyond SOCKETS_MAX at one time is not measured.
#include "agent/browser/cdp/network.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { SOCKETS_MAX = 1024, URL_BYTES = 256 };

struct socket {
    uint64_t id;
    bool is_open;
    char url[URL_BYTES]; // without the query
};

struct ll_cdp_websockets {
    const struct ll_browser_sink *sink;
    struct socket **sockets; // a list, in no order
    size_t count, room;
};

struct ll_cdp_websockets *ll_cdp_websockets_new(const struct ll_browser_sink *sink) {
    struct ll_cdp_websockets *websockets = ll_alloc(1, sizeof *websockets);
    websockets->sink = sink;
    return websockets;
}

void ll_cdp_websockets_free(struct ll_cdp_websockets **websockets) {
    if (!*websockets) return;
    for (size_t i = 0; i < (*websockets)->count; i++) free((*websockets)->sockets[i]);
    free((*websockets)->sockets);
    free(*websockets);
    *websockets = NULL;
}

static void count(struct ll_cdp_websockets *websockets, enum ll_metric metric, const char *url) {
    websockets->sink->count(websockets->sink->owner, metric, url, 1);
}

static struct socket **find(struct ll_cdp_websockets *websockets, uint64_t id) {
    for (size_t i = 0; i < websockets->count; i++)
        if (websockets->sockets[i]->id == id) return &websockets->sockets[i];
    return NULL;
}

static void end(struct ll_cdp_websockets *websockets, struct socket **place) {
    struct socket *socket = *place;
    if (socket->is_open) count(websockets, LL_METRIC_WEBSOCKET_CLOSED, socket->url);
    *place = websockets->sockets[--websockets->count];
    free(socket);
}

static void create(struct ll_cdp_websockets *websockets, uint64_t id, struct ll_slice url) {
    if (websockets->count == SOCKETS_MAX) return;
    if (websockets->count == websockets->room) {
        websockets->room = websockets->room ? websockets->room * 2 : 4;
        websockets->sockets = ll_realloc(websockets->sockets, websockets->room, sizeof *websockets->sockets);
    }
    struct socket *socket = websockets->sockets[websockets->count++] = ll_alloc(1, sizeof *socket);
    socket->id = id;
    ll_scan_text(url, socket->url, sizeof socket->url);
    socket->url[strcspn(socket->url, "?#")] = '\0';
}

// Text frames carry their text, others their bytes in base64.
static size_t payload_bytes(struct ll_slice frame) {
    static const char *const keys[] = {"opcode", "payloadData"};
    struct ll_slice values[2];
    ll_scan_members(frame, keys, values, 2);
    if (ll_scan_number(values[0], 1) == 1) return ll_scan_text_bytes(values[1]);
    if (values[1].len < 2) return 0;
    size_t chars = values[1].len - 2, padding = 0;
    while (padding < 2 && chars > padding && values[1].at[chars - padding] == '=') padding++;
    return chars / 4 * 3 - padding;
}

void ll_cdp_websockets_event(struct ll_cdp_websockets *websockets, enum ll_cdp_event event, struct ll_slice params,
                             const struct ll_request_filter *filter) {
    static const char *const keys[] = {"requestId", "url", "response"};
    struct ll_slice values[3];
    ll_scan_members(params, keys, values, event == LL_CDP_WEBSOCKET_CREATED ? 2 : 3);
    uint64_t id = ll_scan_hash(values[0]);
    if (event == LL_CDP_WEBSOCKET_CREATED) {
        if (!ll_cdp_is_ignored(filter, values[1])) create(websockets, id, values[1]);
        return;
    }
    struct socket **place = find(websockets, id);
    if (!place) return;
    if (event == LL_CDP_WEBSOCKET_HANDSHAKE) {
        (*place)->is_open = true;
        count(websockets, LL_METRIC_WEBSOCKET_OPENED, (*place)->url);
    } else if (event == LL_CDP_WEBSOCKET_CLOSED) {
        end(websockets, place);
    } else {
        enum ll_metric metric =
            event == LL_CDP_WEBSOCKET_FRAME_SENT ? LL_METRIC_WEBSOCKET_FRAME_SENT : LL_METRIC_WEBSOCKET_FRAME_RECEIVED;
        websockets->sink->sample(websockets->sink->owner, metric, (*place)->url, (double)payload_bytes(values[2]));
    }
}

void ll_cdp_websockets_committed(struct ll_cdp_websockets *websockets) {
    while (websockets->count) end(websockets, &websockets->sockets[0]);
}
