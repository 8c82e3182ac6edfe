// HTTP metrics of one page, from the DevTools Network domain
// (https://chromedevtools.github.io/devtools-protocol/tot/Network/). Its WebSockets are in websocket.c.
//
// The happy path of a request: requestWillBeSent makes it known, by the hash of its id, and gives its start and type;
// responseReceivedExtraInfo tells the status that came over the wire, responseReceived the phases and, again, a status,
// in either order; loadingFinished ends it. The two statuses differ where the cache's copy was confirmed: the page
// sees 200, the wire had 304. So a response is counted once both are told, or when the request ends without the other.
//
// Each hop of a redirect is a request of its own: a requestWillBeSent of a known id carries the answer to the hop
// before. A preflight is one too, of the type `preflight`. What never went over the wire is none: data: and blob: URLs,
// and what a cache or a service worker served, which http_cached counts: what a service worker fetched for the page is
// a request of the worker's own, and told as that (worker.c).
//
// What can go wrong: loadingFailed has Chromium's error, or the reason why it was blocked. Where the answer had begun,
// the label of the failure says that too, so that the request is not counted twice. A load that was cancelled, by a
// navigation or by the page itself, is no failure, and neither is one that the scenario has blocked. Chromium does not
// always say how a document's requests ended that it was replaced under, so a new document of the page itself ends
// what the one before it had. Neither does it say so of a worker's, so a worker that goes ends what its session told of
// last. The table has at most REQUESTS_MAX / 2 requests; what does not fit is counted but not
// timed.
#include "agent/browser/cdp/network.h"

#include "agent/browser/cdp/orphans.h"
#include "agent/browser/filter.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    REQUESTS_FIRST = 64, // slots; a power of two
    REQUESTS_MAX = 4096, // likewise
    LABEL_CHARS = 256,
    NOT_MODIFIED = 304,
    FAILURE_STATUS = 400, // and above
};

struct request {
    uint64_t id;     // a hash; 0: free
    uint64_t loader; // a hash: of the document that asked for it, or that it becomes
    double started_s;
    double head_bytes;  // of its response, as sent
    int wire_status;    // 0: not told yet
    int held_status;    // of a response that waits for wire_status to be counted; 0: none does
    int counted_status; // of the answer that was counted; 0: none was
    bool is_ignored;    // by the scenario's wish
    bool is_unmeasured; // it did not go over the wire
    bool is_last_word;  // a beacon, or sent as its page goes
    const void *teller; // the worker whose session told of it last; NULL: the tab's alone did
    char type[LL_CDP_TYPE_CHARS];
};

struct ll_cdp_network {
    const struct ll_browser_sink *sink;
    const struct ll_request_filter *filter; // or NULL
    struct request *requests;               // open addressing, linear probing
    size_t slots, used;
    struct ll_cdp_websockets *websockets;
    struct ll_cdp_orphans orphans;
    bool parts; // its page goes
    struct ll_cdp_trail trail;
    bool is_served; // by a service worker
};

struct ll_cdp_network *ll_cdp_network_new(const struct ll_browser_sink *sink, const struct ll_request_filter *filter) {
    struct ll_cdp_network *network = ll_alloc(1, sizeof *network);
    network->sink = sink;
    network->filter = filter;
    network->websockets = ll_cdp_websockets_new(sink);
    network->slots = REQUESTS_FIRST;
    network->requests = ll_alloc(network->slots, sizeof *network->requests);
    return network;
}

void ll_cdp_network_free(struct ll_cdp_network **network) {
    if (!*network) return;
    ll_cdp_websockets_free(&(*network)->websockets);
    free((*network)->requests);
    free(*network);
    *network = NULL;
}

const struct ll_cdp_trail *ll_cdp_network_trail(const struct ll_cdp_network *network) {
    return &network->trail;
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

bool ll_cdp_is_ignored(const struct ll_request_filter *filter, struct ll_slice url) {
    return url.len > 2 && ll_filter_ignores(filter, url.at + 1, url.len - 2);
}

static bool is_on_wire(struct ll_slice url) {
    return url.len > 5 && memcmp(url.at, "\"http", 5) == 0;
}

// An address needs no look-up, though Chromium gives it a moment of one.
static bool has_name(struct ll_slice url) {
    return ll_url_has_name(url.at, url.len);
}

void ll_cdp_read_type(struct ll_slice value, char out[LL_CDP_TYPE_CHARS]) {
    if (!ll_scan_text(value, out, LL_CDP_TYPE_CHARS)) snprintf(out, LL_CDP_TYPE_CHARS, "other");
    for (char *c = out; *c; c++) *c = (char)tolower((unsigned char)*c);
}

static void sample_phase(struct ll_cdp_network *network, enum ll_metric metric, const char *type, struct ll_slice start,
                         struct ll_slice end) {
    double from_ms = ll_scan_number(start, -1), to_ms = ll_scan_number(end, -1);
    if (from_ms >= 0 && to_ms >= from_ms) sample(network, metric, type, (to_ms - from_ms) * 1e3);
}

// Times are milliseconds from requestTime; -1 where a phase did not happen, as on a connection that is used again. A
// busy browser tells of a preflight when it is over already, with the time of the telling: it began no later than this.
static void sample_timing(struct ll_cdp_network *network, struct request *request, struct ll_slice timing,
                          bool looked_up) {
    static const char *const keys[] = {"dnsStart",          "dnsEnd",     "connectStart", "connectEnd",
                                       "sslStart",          "sslEnd",     "sendStart",    "receiveHeadersStart",
                                       "receiveHeadersEnd", "requestTime"};
    struct ll_slice at[10];
    const char *type = request->type;
    ll_scan_members(timing, keys, at, 10);
    double began_s = ll_scan_number(at[9], 0);
    if (began_s > 0 && began_s < request->started_s) request->started_s = began_s;
    if (looked_up) sample_phase(network, LL_METRIC_HTTP_REQUEST_DNS, type, at[0], at[1]);
    // Chromium counts the handshake as part of the connection; here each stands alone.
    sample_phase(network, LL_METRIC_HTTP_REQUEST_CONNECT, type, at[2], ll_scan_number(at[4], -1) >= 0 ? at[4] : at[3]);
    sample_phase(network, LL_METRIC_HTTP_REQUEST_TLS, type, at[4], at[5]);
    sample_phase(network, LL_METRIC_HTTP_REQUEST_TTFB, type, at[6], at[7].len ? at[7] : at[8]);
}

struct response {
    int status;
    const char *cache; // that served it, or NULL
    bool is_on_wire;
    double head_bytes;
    struct ll_slice timing, url;
};

static struct response read_response(struct ll_slice response) {
    static const char *const keys[] = {"fromDiskCache", "fromServiceWorker", "fromPrefetchCache", "status", "timing",
                                       "url",           "encodedDataLength"};
    struct ll_slice values[7];
    ll_scan_members(response, keys, values, 7);
    return (struct response){
        .status = (int)ll_scan_number(values[3], 0),
        .cache = ll_scan_is_true(values[0])   ? "disk"
                 : ll_scan_is_true(values[1]) ? "service worker"
                 : ll_scan_is_true(values[2]) ? "prefetch"
                                              : NULL,
        .is_on_wire = is_on_wire(values[5]),
        .head_bytes = ll_scan_number(values[6], 0),
        .timing = values[4],
        .url = values[5],
    };
}

// Counts an answer that came over the wire.
static void count_status(struct ll_cdp_network *network, int status) {
    char label[16];
    snprintf(label, sizeof label, "%d", status);
    count(network, LL_METRIC_HTTP_REQUESTS, label);
    if (status >= FAILURE_STATUS) count(network, LL_METRIC_HTTP_REQUEST_FAILURES, label);
}

static void count_held(struct ll_cdp_network *network, struct request *request) {
    if (!request->held_status) return;
    int status = request->wire_status == NOT_MODIFIED ? NOT_MODIFIED : request->held_status;
    request->held_status = 0;
    request->counted_status = status;
    count_status(network, status);
}

static void sample_end(struct ll_cdp_network *network, const struct request *request, double ended_s, double bytes) {
    sample(network, LL_METRIC_HTTP_REQUEST_DURATION, request->type, (ended_s - request->started_s) * 1e6);
    if (bytes < request->head_bytes) bytes = request->head_bytes; // of a preflight only these are told
    sample(network, LL_METRIC_HTTP_REQUEST_BYTES, request->type, bytes);
}

// The answer to a hop before the last. It is what came over the wire, whatever the cache has.
static void on_redirected(struct ll_cdp_network *network, struct request *request, struct ll_slice answer,
                          double now_s) {
    struct response response = read_response(answer);
    if (request->is_ignored || !response.is_on_wire) return;
    if (response.cache) {
        count(network, LL_METRIC_HTTP_CACHED, response.cache);
        return;
    }
    count_status(network, response.status);
    sample_timing(network, request, response.timing, has_name(response.url));
    sample_end(network, request, now_s, response.head_bytes);
}

static void on_request(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "request", "timestamp", "redirectResponse", "type", "loaderId"};
    struct ll_slice values[6];
    ll_scan_members(params, keys, values, 6);
    uint64_t id = ll_scan_hash(values[0]);
    double now_s = ll_scan_number(values[2], 0);
    static const char *const request_keys[] = {"url", "method"};
    struct ll_slice said[2], url;
    ll_scan_members(values[1], request_keys, said, 2);
    url = said[0];
    struct request *request = find_request(network, id);
    int wire_status = request ? request->wire_status : 0;
    if (request && values[3].len) {
        ll_cdp_trail_answer(&network->trail, id, (int)ll_scan_number(ll_scan_get(values[3], "status"), 0));
        on_redirected(network, request, values[3], now_s);
        wire_status = 0;
    }
    if (!is_on_wire(url)) {
        if (request) remove_request(network, request);
        return;
    }
    ll_cdp_trail_ask(&network->trail, id, said[1], url, now_s);
    if (!request) request = add_request(network, id);
    if (!request) return;
    *request = (struct request){.id = id,
                                .loader = ll_scan_hash(values[5]),
                                .started_s = now_s,
                                .wire_status = wire_status,
                                .is_ignored = ll_cdp_is_ignored(network->filter, url)};
    ll_cdp_read_type(values[4], request->type);
    // Its response says so too, and may come after its end.
    bool is_preflight = ll_scan_is_string(said[1], "OPTIONS") && strcmp(request->type, "other") == 0;
    if (is_preflight) snprintf(request->type, sizeof request->type, "preflight");
    request->is_last_word = network->parts || strcmp(request->type, "ping") == 0;
}

// It may come before the request itself, and then makes it known.
static void on_extra(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "statusCode"};
    struct ll_slice values[2];
    ll_scan_members(params, keys, values, 2);
    uint64_t id = ll_scan_hash(values[0]);
    int status = (int)ll_scan_number(values[1], 0);
    struct request *request = find_request(network, id);
    if (!request && ll_cdp_orphans_take(&network->orphans, id)) {
        count_status(network, status);
        return;
    }
    if (!request) request = add_request(network, id);
    if (!request) return;
    request->wire_status = status;
    count_held(network, request);
}

static void on_response(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "type", "response", "hasExtraInfo"};
    struct ll_slice values[4];
    ll_scan_members(params, keys, values, 4);
    uint64_t id = ll_scan_hash(values[0]);
    struct request unknown = {.id = 0}, *known = find_request(network, id);
    struct request *request = known ? known : &unknown;
    struct response response = read_response(values[2]);
    ll_cdp_trail_answer(&network->trail, id, response.status);
    if (request->is_ignored || request->is_unmeasured) return;
    if (!known && ll_cdp_is_ignored(network->filter, response.url)) return;
    ll_cdp_read_type(values[1], request->type);
    request->is_unmeasured = response.cache || !response.is_on_wire;
    if (request->is_unmeasured) {
        if (response.cache && response.is_on_wire) count(network, LL_METRIC_HTTP_CACHED, response.cache);
        return;
    }
    request->head_bytes = response.head_bytes;
    request->held_status = response.status;
    sample_timing(network, request, response.timing, has_name(response.url));
    bool waits = known && ll_scan_is_true(values[3]) && !request->wire_status;
    if (!waits) count_held(network, request);
}

static void on_finished(struct ll_cdp_network *network, struct ll_slice params) {
    static const char *const keys[] = {"requestId", "timestamp", "encodedDataLength"};
    struct ll_slice values[3];
    ll_scan_members(params, keys, values, 3);
    uint64_t id = ll_scan_hash(values[0]);
    struct request *request = find_request(network, id);
    ll_cdp_trail_end(&network->trail, id, ll_scan_number(values[1], 0));
    if (!request) return;
    count_held(network, request);
    if (!request->is_ignored && !request->is_unmeasured)
        sample_end(network, request, ll_scan_number(values[1], 0), ll_scan_number(values[2], 0));
    remove_request(network, request);
}

// False when it is none that counts.
static bool read_failure(struct ll_slice params, struct ll_slice *out_id, char out[LABEL_CHARS]) {
    static const char *const keys[] = {"requestId", "errorText", "canceled", "blockedReason"};
    struct ll_slice values[4];
    ll_scan_members(params, keys, values, 4);
    *out_id = values[0];
    if (ll_scan_is_true(values[2]) || ll_scan_is_string(values[1], "net::ERR_ABORTED")) return false;
    if (ll_scan_is_string(values[3], "inspector")) return false; // Network.setBlockedURLs
    if (ll_scan_text(values[1], out, LABEL_CHARS)) return true;
    char reason[LABEL_CHARS / 2];
    if (!ll_scan_text(values[3], reason, sizeof reason)) return false;
    snprintf(out, LABEL_CHARS, "blocked: %s", reason);
    return true;
}

// What a service worker does not answer, since its own request failed, say, fails under this name, and nothing of it
// came over the wire. Neither did it of what the page may not read, which has more to it.
static bool is_of_service_worker(const struct ll_cdp_network *network, const struct request *request,
                                 struct ll_slice params) {
    static const char *const keys[] = {"errorText", "corsErrorStatus"};
    struct ll_slice values[2];
    ll_scan_members(params, keys, values, 2);
    return network->is_served && !request->wire_status && !values[1].len &&
           ll_scan_is_string(values[0], "net::ERR_FAILED");
}

// An answer that was a failure in itself stays that one, however it ended. Another one was counted already, and its
// error says so: requests are counted from both (ll_threshold_requests).
static void count_error(struct ll_cdp_network *network, int status, const char *error) {
    char label[LABEL_CHARS + 16];
    if (status >= FAILURE_STATUS) return;
    snprintf(label, sizeof label, status ? "%s" LL_BROKE_OFF "%d" : "%s", error, status);
    count(network, LL_METRIC_HTTP_REQUEST_FAILURES, label);
}

// It is cancelled, or its document is gone. Either may have had its answer, or have it still.
static void let_go(struct ll_cdp_network *network, const struct request *request) {
    bool is_known = request->started_s > 0; // and not by its answer alone
    if (!is_known || request->is_ignored || request->is_unmeasured || request->counted_status) return;
    if (request->wire_status)
        count_status(network, request->wire_status);
    else
        ll_cdp_orphans_add(&network->orphans, request->id, request->is_last_word);
}

static bool was_cancelled(struct ll_slice params) {
    return ll_scan_is_true(ll_scan_get(params, "canceled")) ||
           ll_scan_is_string(ll_scan_get(params, "errorText"), "net::ERR_ABORTED");
}

static void on_failed(struct ll_cdp_network *network, struct ll_slice params) {
    struct ll_slice id;
    char error[LABEL_CHARS];
    bool counts = read_failure(params, &id, error);
    ll_cdp_trail_fail(&network->trail, ll_scan_hash(id), ll_scan_get(params, "errorText"),
                      ll_scan_number(ll_scan_get(params, "timestamp"), 0));
    struct request *request = find_request(network, ll_scan_hash(id));
    if (!request) return;
    count_held(network, request);
    counts = counts && !request->is_ignored && !request->is_unmeasured;
    if (counts && !is_of_service_worker(network, request, params)) count_error(network, request->counted_status, error);
    if (was_cancelled(params)) let_go(network, request);
    remove_request(network, request);
}

static void on_served_from_memory(struct ll_cdp_network *network, struct ll_slice params) {
    struct request *request = find_request(network, ll_scan_hash(ll_scan_get(params, "requestId")));
    if (!request || request->is_unmeasured) return;
    request->is_unmeasured = true;
    if (!request->is_ignored) count(network, LL_METRIC_HTTP_CACHED, "memory");
}

static void remember_teller(struct ll_cdp_network *network, struct ll_slice params, const void *teller) {
    struct request *request = find_request(network, ll_scan_hash(ll_scan_get(params, "requestId")));
    if (request) request->teller = teller;
}

void ll_cdp_network_event(struct ll_cdp_network *network, enum ll_cdp_event event, struct ll_slice params,
                          const void *teller) {
    if (event == LL_CDP_REQUEST_WILL_BE_SENT) {
        on_request(network, params);
    } else if (event == LL_CDP_RESPONSE_EXTRA_INFO) {
        on_extra(network, params);
    } else if (event == LL_CDP_RESPONSE_RECEIVED) {
        on_response(network, params);
    } else if (event == LL_CDP_LOADING_FINISHED) {
        on_finished(network, params);
    } else if (event == LL_CDP_LOADING_FAILED) {
        on_failed(network, params);
    } else if (event == LL_CDP_REQUEST_SERVED_FROM_CACHE) {
        on_served_from_memory(network, params);
    } else {
        ll_cdp_websockets_event(network->websockets, event, params, network->filter);
    }
    if (teller) remember_teller(network, params, teller);
}

static void end_unheard(struct ll_cdp_network *network, struct request *request) {
    count_held(network, request);
    let_go(network, request);
    remove_request(network, request);
}

// Removing may move later requests up, so a slot is looked at until it is free or stays; one that wraps around the
// table's end waits for the next commit.
void ll_cdp_network_committed(struct ll_cdp_network *network, struct ll_slice loader_id) {
    uint64_t loader = ll_scan_hash(loader_id);
    ll_cdp_websockets_committed(network->websockets);
    network->parts = false;
    for (size_t i = 0; network->used && i < network->slots;) {
        struct request *request = &network->requests[i];
        if (request->id && request->loader != loader) {
            end_unheard(network, request);
        } else {
            i++;
        }
    }
}

bool ll_cdp_network_teller_left(struct ll_cdp_network *network, const void *teller) {
    size_t before = network->used;
    for (size_t i = 0; network->used && i < network->slots;) {
        struct request *request = &network->requests[i];
        if (request->id && request->teller == teller)
            end_unheard(network, request);
        else
            i++;
    }
    return network->used < before;
}

void ll_cdp_network_large_event(struct ll_cdp_network *network, enum ll_cdp_event event,
                                const struct ll_cdp_large *params) {
    ll_cdp_websockets_large_event(network->websockets, event, params);
}

void ll_cdp_network_served(struct ll_cdp_network *network) {
    network->is_served = true;
}

bool ll_cdp_network_is_event(enum ll_cdp_event event) {
    return event >= LL_CDP_REQUEST_WILL_BE_SENT && event <= LL_CDP_WEBSOCKET_CLOSED;
}

bool ll_cdp_network_knows(struct ll_cdp_network *network, struct ll_slice id) {
    return find_request(network, ll_scan_hash(id)) != NULL;
}

size_t ll_cdp_network_in_flight(const struct ll_cdp_network *network) {
    return network->used;
}

void ll_cdp_network_part(struct ll_cdp_network *network) {
    network->parts = true;
}

size_t ll_cdp_network_last_words(const struct ll_cdp_network *network) {
    return ll_cdp_orphans_awaited(&network->orphans);
}
