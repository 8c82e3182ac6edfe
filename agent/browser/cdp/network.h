// What a tab's requests and WebSockets measure, from the events of the DevTools Network domain.
//
// One of each per tab. The loop's thread. The sink is the connection's; the filter, which says what is not measured, is
// borrowed and may be NULL.
#ifndef AGENT_BROWSER_CDP_NETWORK_H
#define AGENT_BROWSER_CDP_NETWORK_H

#include "agent/browser/cdp/client.h"
#include "agent/browser/cdp/trail.h"
#include "agent/browser/connection.h"

enum { LL_CDP_TYPE_CHARS = 20 };

struct ll_cdp_network;
struct ll_cdp_websockets;

// network.c: requests, and the WebSockets with them.
struct ll_cdp_network *ll_cdp_network_new(const struct ll_browser_sink *sink, const struct ll_request_filter *filter);
void ll_cdp_network_free(struct ll_cdp_network **network);
// The tab has another document.
void ll_cdp_network_committed(struct ll_cdp_network *network, struct ll_slice loader_id);
// `teller` is the worker in whose session the event came, as an address that is only compared; NULL: the tab's.
void ll_cdp_network_event(struct ll_cdp_network *network, enum ll_cdp_event event, struct ll_slice params,
                          const void *teller);
// That worker has gone, and the requests that its session told of last end with it. Whether there were any.
bool ll_cdp_network_teller_left(struct ll_cdp_network *network, const void *teller);
// The same of an event that is too large to be read.
void ll_cdp_network_large_event(struct ll_cdp_network *network, enum ll_cdp_event event,
                                const struct ll_cdp_large *params);
// From now on a service worker may answer its requests. One that it fails has not gone over the wire.
void ll_cdp_network_served(struct ll_cdp_network *network);
// Whether an event is one of those that it takes.
bool ll_cdp_network_is_event(enum ll_cdp_event event);
// Whether the request or WebSocket with that id, a JSON string, is under way.
bool ll_cdp_network_knows(struct ll_cdp_network *network, struct ll_slice id);
// Requests that have begun and not ended, but for those that the filter leaves out.
size_t ll_cdp_network_in_flight(const struct ll_cdp_network *network);
// The tab's page is about to go, and what it sends from now on are its last words.
void ll_cdp_network_part(struct ll_cdp_network *network);
// Those of pages that have gone, with their beacons, which no answer has come to yet.
size_t ll_cdp_network_last_words(const struct ll_cdp_network *network);
// The last requests, with those that the filter leaves out.
const struct ll_cdp_trail *ll_cdp_network_trail(const struct ll_cdp_network *network);
// Whether the URL, a JSON string, is one that the filter leaves out.
bool ll_cdp_is_ignored(const struct ll_request_filter *filter, struct ll_slice url);

// The type of a request as results have it: "document", "fetch", "image".
void ll_cdp_read_type(struct ll_slice value, char out[LL_CDP_TYPE_CHARS]);

// websocket.c
struct ll_cdp_websockets *ll_cdp_websockets_new(const struct ll_browser_sink *sink);
void ll_cdp_websockets_free(struct ll_cdp_websockets **websockets);
void ll_cdp_websockets_event(struct ll_cdp_websockets *websockets, enum ll_cdp_event event, struct ll_slice params,
                             const struct ll_request_filter *filter);
void ll_cdp_websockets_large_event(struct ll_cdp_websockets *websockets, enum ll_cdp_event event,
                                   const struct ll_cdp_large *params);
// The tab has another document.
void ll_cdp_websockets_committed(struct ll_cdp_websockets *websockets);

#endif
