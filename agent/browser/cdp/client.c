// A message is an answer, {"id":7,"result":{…}} or {"id":7,"error":{"message":…}}, or an event,
// {"method":"Page.loadEventFired","params":{…},"sessionId":"…"}. Chromium writes id or method first, so events that
// nobody looks at are dropped after a glance at their first bytes. Anything else is passed over.
#include "agent/browser/cdp/client.h"

#include "agent/browser/cdp/wire.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/log.h"

#include <stdlib.h>
#include <string.h>

struct call {
    uint32_t id; // 0: free
    uint32_t next_free;
    ll_cdp_answered *answered;
    void *arg;
    uint64_t session; // a hash
};

struct ll_cdp_client {
    struct ll_wire *wire;
    struct ll_cdp_client_events events;
    struct call *calls; // a call's slot is its id modulo LL_CDP_CALLS_MAX
    uint32_t used;      // slots that were ever used
    uint32_t first_free, free_count;
    uint32_t round;      // makes ids of one slot differ
    uint32_t writing_id; // the command between begin and end; 0 when it cannot be sent
};

static void on_open(void *owner);
static void on_message(void *owner, const char *text, size_t len);
static void on_large(void *owner, const struct ll_wire_large *message);
static void on_closed(void *owner);

struct ll_cdp_client *ll_cdp_client_open(struct lws_context *lws, struct lws_vhost *vhost,
                                         const struct ll_devtools_address *address,
                                         struct ll_cdp_client_events events) {
    struct ll_cdp_client *client = ll_alloc(1, sizeof *client);
    client->events = events;
    client->calls = ll_alloc(LL_CDP_CALLS_MAX, sizeof *client->calls);
    struct ll_wire_events wire_events = {
        .owner = client, .on_open = on_open, .on_message = on_message, .on_large = on_large, .on_closed = on_closed};
    client->wire = ll_wire_open(lws, vhost, address, wire_events);
    return client;
}

void ll_cdp_client_free(struct ll_cdp_client **client) {
    if (!*client) return;
    ll_wire_free(&(*client)->wire);
    free((*client)->calls);
    free(*client);
    *client = NULL;
}

static uint32_t take_slot(struct ll_cdp_client *client) {
    enum { ROUNDS = UINT32_MAX / LL_CDP_CALLS_MAX / 2 }; // ids stay below 2^31, as the protocol wants
    uint32_t slot;
    if (client->free_count) {
        slot = client->first_free;
        client->first_free = client->calls[slot].next_free;
        client->free_count--;
    } else if (client->used < LL_CDP_CALLS_MAX) {
        slot = client->used++;
    } else {
        return 0;
    }
    client->round = client->round % (ROUNDS - 1) + 1;
    return client->calls[slot].id = client->round * LL_CDP_CALLS_MAX + slot;
}

static void give_slot(struct ll_cdp_client *client, struct call *call) {
    call->id = 0;
    call->next_free = client->first_free;
    client->first_free = (uint32_t)(call - client->calls);
    client->free_count++;
}

static struct call *find_call(struct ll_cdp_client *client, uint32_t id) {
    struct call *call = &client->calls[id % LL_CDP_CALLS_MAX];
    return id && call->id == id ? call : NULL;
}

static uint64_t hash_session(const char *session) {
    return ll_scan_hash((struct ll_slice){session, strlen(session)});
}

struct ll_buf *ll_cdp_begin(struct ll_cdp_client *client, const char *session, const char *method) {
    client->writing_id = take_slot(client);
    if (client->writing_id) client->calls[client->writing_id % LL_CDP_CALLS_MAX].session = hash_session(session);
    struct ll_buf *out = ll_wire_begin(client->wire);
    ll_buf_printf(out, "{\"id\":%u,\"method\":\"%s\",", client->writing_id, method);
    if (*session) ll_buf_printf(out, "\"sessionId\":\"%s\",", session);
    ll_buf_text(out, "\"params\":");
    if (!client->writing_id) out->overflowed = true; // takes the message back
    return out;
}

uint32_t ll_cdp_end(struct ll_cdp_client *client, ll_cdp_answered *answered, void *arg) {
    struct call *call = find_call(client, client->writing_id);
    ll_buf_text(ll_wire_buffer(client->wire), "}");
    if (!ll_wire_end(client->wire)) {
        if (call) give_slot(client, call);
        return 0;
    }
    call->answered = answered;
    call->arg = arg;
    return call->id;
}

uint32_t ll_cdp_call(struct ll_cdp_client *client, const char *session, const char *method, const char *params,
                     ll_cdp_answered *answered, void *arg) {
    ll_buf_text(ll_cdp_begin(client, session, method), params);
    return ll_cdp_end(client, answered, arg);
}

void ll_cdp_forget(struct ll_cdp_client *client, uint32_t id) {
    struct call *call = client ? find_call(client, id) : NULL;
    if (call) call->answered = NULL; // the slot stays taken until Chromium has answered
}

void ll_cdp_forget_session(struct ll_cdp_client *client, const char *session) {
    uint64_t hash = hash_session(session);
    for (uint32_t i = 0; i < client->used; i++)
        if (client->calls[i].id && client->calls[i].session == hash) give_slot(client, &client->calls[i]);
}

static void take_answer(struct ll_cdp_client *client, struct ll_slice message) {
    static const char *const keys[] = {"id", "result", "error"};
    struct ll_slice values[3];
    ll_scan_members(message, keys, values, 3);
    double id = ll_scan_number(values[0], 0);
    struct call *call = id > 0 && id < UINT32_MAX ? find_call(client, (uint32_t)id) : NULL;
    if (!call) return;
    ll_cdp_answered *answered = call->answered;
    void *arg = call->arg;
    give_slot(client, call);
    struct ll_cdp_answer answer = {.failed = values[2].len > 0, .result = values[1]};
    if (answer.failed) answer.error = ll_scan_get(values[2], "message");
    if (answered)
        answered(arg, &answer);
    else if (answer.failed)
        ll_debug("DevTools refused a command: %.*s", (int)answer.error.len, answer.error.at);
}

static bool find_event(const char *method, size_t len, enum ll_cdp_event *out) {
    static const struct {
        const char *method;
        size_t len;
    } events[LL_CDP_EVENTS_COUNT] = {
#define LL_CDP_EVENT(id, name) [LL_CDP_##id] = {name, sizeof name - 1},
#include "agent/browser/cdp/events.def"
#undef LL_CDP_EVENT
    };
    for (size_t i = 0; i < LL_CDP_EVENTS_COUNT; i++) {
        if (events[i].len != len || memcmp(events[i].method, method, len) != 0) continue;
        *out = (enum ll_cdp_event)i;
        return true;
    }
    return false;
}

// What follows an event's method, as Chromium writes it: ","params":{…},"sessionId":"…"}, with an id of 32 characters.
// So the params need not be read through to find where they end. False when it is written in another way.
static bool split_event(struct ll_slice tail, struct ll_slice *out_params, struct ll_slice *out_session) {
    static const char head[] = "\",\"params\":", key[] = ",\"sessionId\":\"";
    enum { HEAD = sizeof head - 1, KEY = sizeof key - 1, ID = 32, END = KEY + ID + 2 };
    const char *end = tail.at + tail.len;
    if (tail.len < HEAD + 2 + END || memcmp(tail.at, head, HEAD) != 0 || tail.at[HEAD] != '{') return false;
    if (end[-END - 1] != '}' || memcmp(end - END, key, KEY) != 0 || memcmp(end - 2, "\"}", 2) != 0) return false;
    *out_params = (struct ll_slice){tail.at + HEAD, tail.len - HEAD - END};
    *out_session = (struct ll_slice){end - ID - 3, ID + 2};
    return !memchr(end - ID - 2, '"', ID) && !memchr(end - ID - 2, '\\', ID);
}

static void take_event(struct ll_cdp_client *client, struct ll_slice message, size_t prefix) {
    const char *method = message.at + prefix;
    const char *quote = memchr(method, '"', message.len - prefix);
    enum ll_cdp_event event;
    if (!quote || !find_event(method, (size_t)(quote - method), &event)) return;
    struct ll_slice params, session;
    size_t behind = (size_t)(quote - message.at);
    if (!split_event((struct ll_slice){quote, message.len - behind}, &params, &session)) {
        static const char *const keys[] = {"params", "sessionId"};
        struct ll_slice values[2];
        ll_scan_members(message, keys, values, 2);
        params = values[0];
        session = values[1];
    }
    client->events.on_event(client->events.owner, event, session, params);
}

static const char event_prefix[] = "{\"method\":\"";

static void on_message(void *owner, const char *text, size_t len) {
    struct ll_slice message = {text, len};
    if (len > sizeof event_prefix && memcmp(text, event_prefix, sizeof event_prefix - 1) == 0)
        take_event(owner, message, sizeof event_prefix - 1);
    else
        take_answer(owner, message);
}

// Only what Chromium writes is told; see split_event.
static void on_large(void *owner, const struct ll_wire_large *message) {
    static const char params_key[] = "\",\"params\":", session_key[] = ",\"sessionId\":\"";
    enum {
        METHOD = sizeof event_prefix - 1,
        PARAMS = sizeof params_key - 1,
        SESSION = sizeof session_key - 1,
        ID = 32
    };
    enum { END = SESSION + ID + 2 };
    struct ll_cdp_client *client = owner;
    const char *method = message->head + METHOD, *end = message->tail + LL_WIRE_TAIL - END;
    enum ll_cdp_event event;
    if (memcmp(message->head, event_prefix, METHOD) != 0 || memcmp(end, session_key, SESSION) != 0) return;
    const char *quote = memchr(method, '"', LL_WIRE_TAIL - METHOD - PARAMS);
    if (!quote || !find_event(method, (size_t)(quote - method), &event)) return;
    if (memcmp(quote, params_key, PARAMS) != 0) return;
    size_t before = (size_t)(quote + PARAMS - message->head);
    struct ll_cdp_large params = {.head = {quote + PARAMS, message->head_len - before},
                                  .tail = {message->tail, LL_WIRE_TAIL - END},
                                  .len = message->len - before - END};
    client->events.on_large_event(client->events.owner, event, (struct ll_slice){end + SESSION - 1, ID + 2}, &params);
}

static void on_open(void *owner) {
    struct ll_cdp_client *client = owner;
    client->events.on_open(client->events.owner);
}

static void on_closed(void *owner) {
    struct ll_cdp_client *client = owner;
    client->events.on_closed(client->events.owner);
}
