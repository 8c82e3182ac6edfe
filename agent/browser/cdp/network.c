// HTTP and WebSocket metrics of one page, from the DevTools Network domain
// (https://chromedevtools.github.io/devtools-protocol/tot/Network/).
//
// A request is known from requestWillBeSent until loadingFinished or loadingFailed, by the hash of its id, in a table
// of at most REQUESTS_MAX; what does not fit is counted but not timed. Each hop of a redirect is a request of its own.
// Chromium does not always say how a document's requests and WebSockets ended that it was replaced under, so a new
// document of the page itself ends what the one before it had.
//
// What never went over the wire is none: data: and blob: URLs, and whatever a cache served. A load that was cancelled,
// by a navigation or by the page itself, is no failure.
#include "agent/browser/cdp/page.h"

#include "libcommon/base/alloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REQUESTS_FIRST = 64, // slots; a power of two
    REQUESTS_MAX = 4096, // likewise
    SOCKETS_MAX = 32,
    TYPE_CHARS = 20,
    LABEL_CHARS = 256,
};

struct request {
    uint64_t id;     // a hash; 0: free
    uint64_t loader; // a hash: of the document that asked for it, or that it becomes
    double started_s;
    bool failed;     // and counted as such
    bool from_cache; // so there is nothing to measure
    char type[TYPE_CHARS];
};

struct socket {
    uint64_t id;
    bool open;
    char url[LABEL_CHARS]; // without the query
};

struct ll_cdp_network {
    const struct ll_browser_sink *sink;
    struct request *requests; // open addressing, linear probing
    size_t slots, used;
    struct socket *sockets[SOCKETS_MAX];
};

struct ll_cdp_network *ll_cdp_network_new(const struct ll_browser_sink *sink) {
    struct ll_cdp_network *network = ll_alloc(1, sizeof *network);
    network->sink = sink;
    network->slots = REQUESTS_FIRST;
    network->requests = ll_alloc(network->slots, sizeof *network->requests);
    return network;
}

void ll_cdp_network_free(struct ll_cdp_network **network) {
    if (!*network) return;
    for (size_t i = 0; i < SOCKETS_MAX; i++) free((*network)->sockets[i]);
    free((*network)->requests);
    free(*network);
    *network = NULL;
}

static void sample(struct ll_cdp_network *network, enum ll_metric metric, const char *label, double value) {
    if (value >= 0) network->sink->sample(network->sink->owner, metric, label, value);
}

static void count(struct ll_cdp_network *network, enum ll_metric metric, const char *label) {
    network->sink->count(network->sink->owner, metric, label, 1);
}

// --- Requests in flight ---

static struct request *find_request(struct ll_cdp_network *network, uint64_t id) {
    size_t mask = network->slots - 1;
    for (size_t i = id & mask; network->requests[i].id; i = (i + 1) & mask)
        if (network->requests[i].id == id) return &network->requests[i];
    return NULL;
}

static struct request *free_slot(struct ll_cdp_network *network, uint64_t id) {
    size_t mask = network->slots - 1, i = id & mask;
    while (network->requests[i].id) i = (i + 1) & mask;
    return &network->requests[i];
}

static void grow(struct ll_cdp_network *network) {
    struct request *old = network->requests;
    size_t old_slots = network->slots;
    network->slots *= 2;
    network->requests = ll_alloc(network->slots, sizeof *network->requests);
    for (size_t i = 0; i < old_slots; i++)
        if (old[i].id) *free_slot(network, old[i].id) = old[i];
    free(old);
}

static struct request *add_request(struct ll_cdp_network *network, uint64_t id) {
    if (network->used * 2 >= network->slots) {
        if (network->slots == REQUESTS_MAX) return NULL;
        grow(network);
    }
    struct request *request = free_slot(network, id);
    memset(request, 0, sizeof *request);
    request->id = id;
    network->used++;
    return request;
}

// Frees the slot and moves up what was put behind it for want of room.
static void remove_request(struct ll_cdp_network *network, struct request *request) {
    size_t mask = network->slots - 1, hole = (size_t)(request - network->requests);
    for (size_t i = (hole + 1) & mask; network->requests[i].id; i = (i + 1) & mask) {
        size_t home = network->requests[i].id & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue; // it is where it belongs, between hole and here
        network->requests[hole] = network->requests[i];
        hole = i;
    }
    network->requests[hole].id = 0;
    network->used--;
}

// --- What events say ---

static void read_type(struct ll_slice value, char out[TYPE_CHARS]) {
    if (!ll_scan_text(value, out, TYPE_CHARS)) snprintf(out, TYPE_CHARS, "other");
    for (char *c = out; *c; c++) *c = (char)tolower((unsigned char)*c);
}

static void sample_phase(struct ll_cdp_network *network, enum ll_metric metric, const char *type, struct ll_slice start,
                         struct ll_slice end) {
    double from_ms = ll_scan_number(start, -1), to_ms = ll_scan_number(end, -1);
    if (from_ms >= 0 && to_ms >= from_ms) sample(network, metric, type, (to_ms - from_ms) * 1e3);
}

// Times are milliseconds from requestTime; -1 where a phase did not happen, as on a connection that is used again.
static void sample_timing(struct ll_cdp_network *network, const char *type, struct ll_slice timing) {
    static const char *const keys[] = {"dnsStart", "dnsEnd",    "connectStart",        "connectEnd",       "sslStart",
                                       "sslEnd",   "sendStart", "receiveHeadersStart", "receiveHeadersEnd"};
    struct ll_slice at[9];
    ll_scan_members(timing, keys, at, 9);
    sample_phase(network, LL_METRIC_HTTP_REQUEST_DNS, type, at[0], at[1]);
    // Chromium counts the handshake as part of the connection; here each stands alone.
    sample_phase(network, LL_METRIC_HTTP_REQUEST_CONNECT, type, at[2], ll_scan_number(at[4], -1) >= 0 ? at[4] : at[3]);
    sample_phase(network, LL_METRIC_HTTP_REQUEST_TLS, type, at[4], at[5]);
    sample_phase(network, LL_METRIC_HTTP_REQUEST_TTFB, type, at[6], at[7].len ? at[7] : at[8]);
}

static bool is_on_wire(struct ll_slice url) {
    return url.len > 5 && memcmp(url.at, "\"http", 5) == 0;
}

static bool came_from_cache(const struct ll_slice *flags, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (ll_scan_is_true(flags[i])) return true;
    return false;
}

enum served { SERVED_BY_CACHE, SERVED, SERVED_FAILURE };

// Counts a response that came over the wire by its status, and samples its phases.
static enum served count_response(struct ll_cdp_network *network, const char *type, struct ll_slice response) {
    static const char *const keys[] = {
        "fromDiskCache", "fromServiceWorker", "fromPrefetchCache", "status", "timing", "url"};
    struct ll_slice values[6];
    ll_scan_members(response, keys, values, 6);
    if (came_from_cache(values, 3) || !is_on_wire(values[5])) return SERVED_BY_CACHE;
    int status = (int)ll_scan_number(values[3], 0);
    char label[16];
    snprintf(label, sizeof label, "%d", status);
    count(network, LL_METRIC_HTTP_REQUESTS, label);
    sample_timing(network, type, values[4]);
    if (status < 400) return SERVED;
    count(network, LL_METRIC_HTTP_REQUEST_FAILURES, label);
    return SERVED_FAILURE;
}

static void sample_end(struct ll_cdp_network *network, const struct request *request, double ended_s,
                       struct ll_slice bytes) {
    sample(network, LL_METRIC_HTTP_REQUEST_DURATION, request->type, (ended_s - request->started_s) * 1e6);
    sample(network, LL_METRIC_HTTP_REQUEST_BYTES, request->type, ll_scan_number(bytes, -1));
}

static void on_request(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "request", "timestamp", "redirectResponse", "type", "loaderId"};
    struct ll_slice values[6];
    ll_scan_members(params, keys, values, 6);
    uint64_t id = ll_scan_hash(values[0]);
    double now_s = ll_scan_number(values[2], 0);
    struct request *request = find_request(network, id);
    if (request && values[3].len) {
        if (count_response(network, request->type, values[3]) != SERVED_BY_CACHE)
            sample_end(network, request, now_s, ll_scan_get(values[3], "encodedDataLength"));
    }
    if (!is_on_wire(ll_scan_get(values[1], "url"))) {
        if (request) remove_request(network, request);
        return;
    }
    if (!request) request = add_request(network, id);
    if (!request) return;
    request->loader = ll_scan_hash(values[5]);
    request->started_s = now_s;
    request->failed = request->from_cache = false;
    read_type(values[4], request->type);
}

static void on_response(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "type", "response"};
    struct ll_slice values[3];
    ll_scan_members(params, keys, values, 3);
    struct request unknown = {.id = 0}, *known = find_request(network, ll_scan_hash(values[0]));
    struct request *request = known ? known : &unknown;
    if (request->from_cache) return;
    read_type(values[1], request->type);
    enum served served = count_response(network, request->type, values[2]);
    request->failed = served == SERVED_FAILURE;
    if (known && served == SERVED_BY_CACHE) remove_request(network, known);
}

static void on_finished(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "timestamp", "encodedDataLength"};
    struct ll_slice values[3];
    ll_scan_members(params, keys, values, 3);
    struct request *request = find_request(network, ll_scan_hash(values[0]));
    if (!request) return;
    if (!request->from_cache) sample_end(network, request, ll_scan_number(values[1], 0), values[2]);
    remove_request(network, request);
}

static void on_failed(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "errorText", "canceled"};
    struct ll_slice values[3];
    ll_scan_members(params, keys, values, 3);
    struct request *request = find_request(network, ll_scan_hash(values[0]));
    if (!request) return;
    char error[LABEL_CHARS];
    if (!request->failed && !ll_scan_is_true(values[2]) && ll_scan_text(values[1], error, sizeof error) &&
        strcmp(error, "net::ERR_ABORTED") != 0)
        count(network, LL_METRIC_HTTP_REQUEST_FAILURES, error);
    remove_request(network, request);
}

// --- WebSockets ---

static struct socket **find_socket(struct ll_cdp_network *network, uint64_t id) {
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (network->sockets[i] && network->sockets[i]->id == id) return &network->sockets[i];
    return NULL;
}

static void close_socket(struct ll_cdp_network *network, struct socket **place) {
    if ((*place)->open) count(network, LL_METRIC_WEBSOCKET_CLOSED, (*place)->url);
    free(*place);
    *place = NULL;
}

static void on_socket_created(struct ll_cdp_network *network, uint64_t id, struct ll_slice params) {
    for (size_t i = 0; i < SOCKETS_MAX; i++) {
        if (network->sockets[i]) continue;
        struct socket *socket = network->sockets[i] = ll_alloc(1, sizeof *socket);
        socket->id = id;
        ll_scan_text(ll_scan_get(params, "url"), socket->url, sizeof socket->url);
        socket->url[strcspn(socket->url, "?#")] = '\0';
        return;
    }
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

static void on_socket_event(struct ll_cdp_network *network, enum ll_cdp_event event, struct ll_slice params) {
    uint64_t id = ll_scan_hash(ll_scan_get(params, "requestId"));
    if (event == LL_CDP_WEBSOCKET_CREATED) {
        on_socket_created(network, id, params);
        return;
    }
    struct socket **place = find_socket(network, id), *socket = place ? *place : NULL;
    if (!socket) return;
    if (event == LL_CDP_WEBSOCKET_HANDSHAKE) {
        socket->open = true;
        count(network, LL_METRIC_WEBSOCKET_OPENED, socket->url);
    } else if (event == LL_CDP_WEBSOCKET_CLOSED) {
        close_socket(network, place);
    } else {
        enum ll_metric metric =
            event == LL_CDP_WEBSOCKET_FRAME_SENT ? LL_METRIC_WEBSOCKET_FRAME_SENT : LL_METRIC_WEBSOCKET_FRAME_RECEIVED;
        sample(network, metric, socket->url, (double)payload_bytes(ll_scan_get(params, "response")));
    }
}

void ll_cdp_network_event(struct ll_cdp_network *network, enum ll_cdp_event event, struct ll_slice params) {
    if (event == LL_CDP_REQUEST_WILL_BE_SENT) {
        on_request(network, params);
    } else if (event == LL_CDP_RESPONSE_RECEIVED) {
        on_response(network, params);
    } else if (event == LL_CDP_LOADING_FINISHED) {
        on_finished(network, params);
    } else if (event == LL_CDP_LOADING_FAILED) {
        on_failed(network, params);
    } else if (event == LL_CDP_REQUEST_SERVED_FROM_CACHE) {
        struct request *request = find_request(network, ll_scan_hash(ll_scan_get(params, "requestId")));
        if (request) request->from_cache = true;
    } else {
        on_socket_event(network, event, params);
    }
}

// Removing may move later requests up, so a slot is looked at until it is free or stays; one that wraps around the
// table's end waits for the next commit.
void ll_cdp_network_committed(struct ll_cdp_network *network, struct ll_slice loader_id) {
    uint64_t loader = ll_scan_hash(loader_id);
    for (size_t i = 0; i < SOCKETS_MAX; i++)
        if (network->sockets[i]) close_socket(network, &network->sockets[i]);
    for (size_t i = 0; network->used && i < network->slots;) {
        struct request *request = &network->requests[i];
        if (request->id && request->loader != loader)
            remove_request(network, request);
        else
            i++;
    }
}
