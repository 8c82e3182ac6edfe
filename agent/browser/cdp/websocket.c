// WebSocket metrics of one page, from the DevTools Network domain
// (https://chromedevtools.github.io/devtools-protocol/tot/Network/).
//
// A socket is known from webSocketCreated until webSocketClosed, by the hash of its id, and named by its URL without
// query. Chromium does not say how the sockets of a document ended that another one has replaced, so a new document of
// the page itself closes what the one before it had. Whichever comes first, a socket's end is counted once: after it
// nobody knows the socket any more. What a page opens beyond SOCKETS_MAX at one time is not measured.
//
// A handshake that fails is told by webSocketFrameError alone, in a sentence of Chromium's that names the status or the
// error (net/websockets/websocket_stream.cc, websocket_basic_handshake_stream.cc). It counts as a request, and as a
// connection that was refused. One that the page itself gives up is neither.
#include "agent/browser/cdp/network.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOCKETS_MAX = 1024, URL_BYTES = 256 };

struct socket {
    uint64_t id;
    bool is_open;
    char url[URL_BYTES]; // without user, query and fragment
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

static void count(struct ll_cdp_websockets *websockets, enum ll_metric metric, const char *label) {
    websockets->sink->count(websockets->sink->owner, metric, label, 1);
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
    char whole[2 * URL_BYTES];
    ll_scan_text(url, whole, sizeof whole);
    ll_url_show(whole, socket->url, sizeof socket->url);
}

// The status or error that a failed handshake counts under; false when the page gave it up. What is no answer of the
// site's has the name that a request would fail with.
static bool read_refusal(const char *sentence, char *out, size_t size) {
    static const struct {
        const char *words, *label;
    } known[] = {
        {"WebSocket is closed before the connection is established", NULL},
        {"HTTP Authentication failed", "401"},
        {"Connection closed before receiving a handshake response", "net::ERR_EMPTY_RESPONSE"},
        {"WebSocket opening handshake timed out", "net::ERR_TIMED_OUT"},
        {"Establishing a tunnel via proxy server failed", "net::ERR_TUNNEL_CONNECTION_FAILED"},
        {"Error during WebSocket handshake", "net::ERR_INVALID_RESPONSE"},
    };
    static const char status[] = "Unexpected response code: ";
    const char *at = strstr(sentence, status);
    const char *label = "net::ERR_FAILED";
    if (at) {
        at += strlen(status);
        snprintf(out, size, "%.*s", (int)strspn(at, "0123456789"), at);
        return true;
    }
    if ((at = strstr(sentence, "net::ERR_"))) {
        snprintf(out, size, "%.*s", (int)strspn(at, "net:ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"), at);
        return true;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (!strstr(sentence, known[i].words)) continue;
        label = known[i].label;
        break;
    }
    if (label) snprintf(out, size, "%s", label);
    return label != NULL;
}

static void refuse(struct ll_cdp_websockets *websockets, const struct socket *socket, struct ll_slice message) {
    char sentence[512], label[64];
    ll_scan_text(message, sentence, sizeof sentence);
    if (socket->is_open || !read_refusal(sentence, label, sizeof label)) return;
    count(websockets, LL_METRIC_WEBSOCKET_REFUSED, socket->url);
    if (strspn(label, "0123456789") == strlen(label)) count(websockets, LL_METRIC_HTTP_REQUESTS, label);
    count(websockets, LL_METRIC_HTTP_REQUEST_FAILURES, label);
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

static void sample_frame(struct ll_cdp_websockets *websockets, enum ll_cdp_event event, const struct socket *socket,
                         size_t bytes) {
    enum ll_metric metric =
        event == LL_CDP_WEBSOCKET_FRAME_SENT ? LL_METRIC_WEBSOCKET_FRAME_SENT : LL_METRIC_WEBSOCKET_FRAME_RECEIVED;
    websockets->sink->sample(websockets->sink->owner, metric, socket->url, (double)bytes);
}

void ll_cdp_websockets_event(struct ll_cdp_websockets *websockets, enum ll_cdp_event event, struct ll_slice params,
                             const struct ll_request_filter *filter) {
    const char *const keys[] = {"requestId", event == LL_CDP_WEBSOCKET_CREATED       ? "url"
                                             : event == LL_CDP_WEBSOCKET_FRAME_ERROR ? "errorMessage"
                                                                                     : "response"};
    struct ll_slice values[2];
    ll_scan_members(params, keys, values, 2);
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
    } else if (event == LL_CDP_WEBSOCKET_FRAME_ERROR) {
        refuse(websockets, *place, values[1]);
    } else if (event == LL_CDP_WEBSOCKET_CLOSED) {
        end(websockets, place);
    } else {
        sample_frame(websockets, event, *place, payload_bytes(values[1]));
    }
}

// The payload is the last thing in the event: what its length is can be told without reading it, except how much longer
// a text is written than it is.
static bool size_of_large(const struct ll_cdp_large *params, size_t *out) {
    static const char opcode[] = "\"opcode\":", payload[] = "\"payloadData\":\"", end[] = "\"}}";
    struct ll_slice head = params->head, tail = params->tail;
    const char *kind = memmem(head.at, head.len, opcode, strlen(opcode));
    const char *start = memmem(head.at, head.len, payload, strlen(payload));
    if (!kind || !start || kind[strlen(opcode)] == '1' || tail.len <= strlen(end)) return false;
    size_t before = (size_t)(start - head.at) + strlen(payload), padding = 0;
    const char *last = tail.at + tail.len - strlen(end) - 1;
    if (memcmp(last + 1, end, strlen(end)) != 0) return false;
    while (padding < 2 && last[-(ptrdiff_t)padding] == '=') padding++;
    *out = (params->len - before - strlen(end)) / 4 * 3 - padding;
    return true;
}

void ll_cdp_websockets_large_event(struct ll_cdp_websockets *websockets, enum ll_cdp_event event,
                                   const struct ll_cdp_large *params) {
    if (event != LL_CDP_WEBSOCKET_FRAME_SENT && event != LL_CDP_WEBSOCKET_FRAME_RECEIVED) return;
    struct socket **place = find(websockets, ll_scan_hash(ll_scan_get(params->head, "requestId")));
    size_t bytes;
    if (!place) return;
    if (size_of_large(params, &bytes))
        sample_frame(websockets, event, *place, bytes);
    else
        count(websockets, LL_METRIC_OBSERVATIONS_LOST, "too large");
}

void ll_cdp_websockets_committed(struct ll_cdp_websockets *websockets) {
    while (websockets->count) end(websockets, &websockets->sockets[0]);
}
