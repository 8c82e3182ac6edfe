// A DevTools client: commands out, answers and the events somebody looks at in. One WebSocket per Chromium, one
// session per page on it ("flattened": https://chromedevtools.github.io/devtools-protocol/tot/Target/).
//
// The loop's thread. Several commands may be in flight, at most LL_CDP_CALLS_MAX. Callbacks come from the loop; a
// callback may free the client.
#ifndef AGENT_BROWSER_CDP_CLIENT_H
#define AGENT_BROWSER_CDP_CLIENT_H

#include "agent/browser/cdp/scan.h"
#include "libcommon/base/buf.h"

#include <stdbool.h>
#include <stdint.h>

struct lws_context;
struct lws_vhost;
struct ll_devtools_address;

enum { LL_CDP_CALLS_MAX = 8192 };

enum ll_cdp_event {
#define LL_CDP_EVENT(id, method) LL_CDP_##id,
#include "agent/browser/cdp/events.def"
#undef LL_CDP_EVENT
    LL_CDP_EVENTS_COUNT
};

struct ll_cdp_answer {
    bool failed;
    struct ll_slice result; // the result object, or
    struct ll_slice error;  // the error's message, a JSON string
};

struct ll_cdp_large {     // an event that was too large to be read
    struct ll_slice head; // of its params, from the brace on
    struct ll_slice tail; // the last bytes of its params
    size_t len;           // of its params
};

typedef void ll_cdp_answered(void *arg, const struct ll_cdp_answer *answer);

struct ll_cdp_client_events {
    void *owner;
    void (*on_open)(void *owner);
    void (*on_event)(void *owner, enum ll_cdp_event event, struct ll_slice session, struct ll_slice params);
    void (*on_large_event)(void *owner, enum ll_cdp_event event, struct ll_slice session,
                           const struct ll_cdp_large *params);
    void (*on_closed)(void *owner); // commands in flight are forgotten, not answered
};

struct ll_cdp_client;

struct ll_cdp_client *ll_cdp_client_open(struct lws_context *lws, struct lws_vhost *vhost,
                                         const struct ll_devtools_address *address, struct ll_cdp_client_events events);
void ll_cdp_client_free(struct ll_cdp_client **client);

// Begins a command to a session ("" is the browser itself); its params, a JSON object, are appended to the buffer.
struct ll_buf *ll_cdp_begin(struct ll_cdp_client *client, const char *session, const char *method);
// Sends it. The number names it for ll_cdp_forget; 0 when it could not be sent, since too much is in flight: it will
// not be answered. `answered` may be NULL.
uint32_t ll_cdp_end(struct ll_cdp_client *client, ll_cdp_answered *answered, void *arg);
// Both at once, with params ready.
uint32_t ll_cdp_call(struct ll_cdp_client *client, const char *session, const char *method, const char *params,
                     ll_cdp_answered *answered, void *arg);
// The answer to command `id`, if it still comes, is dropped. Id 0 and no client are fine.
void ll_cdp_forget(struct ll_cdp_client *client, uint32_t id);
// The session is ending, and Chromium may never answer what it was asked: so much is in flight no more.
void ll_cdp_forget_session(struct ll_cdp_client *client, const char *session);

#endif
