// Happy path: send makes a call and puts a request on its way; step hands it to the server's inbox; the server's poll
// answers it and puts the reply on its way; step hands that to the client's inbox; the client's poll ends the call.
// Beside it, each call has a deadline on its way to its client: what comes first ends the call, what comes later finds
// it gone.
//
// Calls are found by number, never by pointer, so that a message may outlive its call, its client and its server.
#include "libcommon/rpc/transport_mem.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/rand.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

enum message_kind { MESSAGE_REQUEST, MESSAGE_REPLY, MESSAGE_REFUSED, MESSAGE_DEADLINE };

// On its way, or in an inbox.
struct message {
    enum message_kind kind;
    int64_t due_us;
    uint64_t order; // of sending: breaks ties
    uint64_t client_id, call_id;
    void *data; // owned
    size_t len;
    struct message *prev, *next; // in an inbox
};

struct call {
    uint64_t id;
    void (*on_response)(void *arg, ll_err err, const void *data, size_t len);
    void *arg;
    struct call *prev, *next;
};

struct mem_client {
    struct ll_transport_client base;
    struct ll_mem_network *network;
    uint64_t id;
    struct ll_mem_link link;
    struct call *calls;
    struct message *inbox;
    struct mem_client *prev, *next;
};

struct mem_server {
    struct ll_transport_server base;
    struct ll_mem_network *network;
    ll_on_request_fn on_request;
    void *arg;
    struct message *inbox;
};

struct ll_mem_network {
    struct ll_rand rand;
    int64_t now_us;
    uint64_t next_id;      // of clients, calls and sending
    struct message **heap; // on their way, the next one due first
    size_t count, cap;
    struct mem_client *clients;
    struct mem_server *server;
    struct ll_mem_stats stats;
};

// ---- Messages on their way: a binary heap

static bool is_before(const struct message *a, const struct message *b) {
    return a->due_us != b->due_us ? a->due_us < b->due_us : a->order < b->order;
}

static void free_message(struct message *message) {
    free(message->data);
    free(message);
}

static void swap_messages(struct message **a, struct message **b) {
    struct message *held = *a;
    *a = *b;
    *b = held;
}

static void heap_push(struct ll_mem_network *network, struct message *message) {
    if (network->count == network->cap) {
        network->cap = network->cap ? network->cap * 2 : 64;
        network->heap = ll_realloc(network->heap, network->cap, sizeof *network->heap);
    }
    size_t at = network->count++;
    network->heap[at] = message;
    for (; at > 0 && is_before(network->heap[at], network->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap_messages(&network->heap[at], &network->heap[(at - 1) / 2]);
}

static struct message *heap_pop(struct ll_mem_network *network) {
    struct message *first = network->heap[0];
    network->heap[0] = network->heap[--network->count];
    for (size_t at = 0, child; (child = 2 * at + 1) < network->count; at = child) {
        if (child + 1 < network->count && is_before(network->heap[child + 1], network->heap[child])) child++;
        if (!is_before(network->heap[child], network->heap[at])) break;
        swap_messages(&network->heap[child], &network->heap[at]);
    }
    return first;
}

// ---- Sending

static struct mem_client *find_client(const struct ll_mem_network *network, uint64_t id) {
    struct mem_client *client;
    DL_FOREACH(network->clients, client) {
        if (client->id == id) return client;
    }
    return NULL;
}

static void put_on_its_way(struct ll_mem_network *network, enum message_kind kind, uint64_t client_id, uint64_t call_id,
                           const void *data, size_t len, int64_t delay_us) {
    if (network->count >= LL_MEM_MESSAGES_MAX) {
        network->stats.dropped++;
        return;
    }
    struct message *message = ll_alloc(1, sizeof *message);
    *message = (struct message){
        .kind = kind,
        .due_us = network->now_us + delay_us,
        .order = network->next_id++,
        .client_id = client_id,
        .call_id = call_id,
        .data = len ? ll_memdup(data, len) : NULL,
        .len = len,
    };
    network->stats.bytes += len;
    heap_push(network, message);
}

static int64_t draw_delay(struct ll_mem_network *network, const struct ll_mem_link *link) {
    assert(link->delay_min_us >= 0 && link->delay_min_us <= link->delay_max_us);
    uint64_t span = (uint64_t)(link->delay_max_us - link->delay_min_us) + 1;
    return link->delay_min_us + (int64_t)ll_rand_below(&network->rand, span);
}

static bool draw(struct ll_mem_network *network, double probability) {
    return ll_rand_unit(&network->rand) < probability;
}

static void client_send(struct ll_transport_client *base, const void *data, size_t len, uint32_t deadline_ms,
                        void (*on_response)(void *arg, ll_err err, const void *data, size_t len), void *arg) {
    struct mem_client *client = (struct mem_client *)base;
    struct ll_mem_network *network = client->network;
    assert(len <= LL_ENVELOPE_BYTES_MAX);
    struct call *call = ll_alloc(1, sizeof *call);
    *call = (struct call){.id = network->next_id++, .on_response = on_response, .arg = arg};
    DL_APPEND(client->calls, call);
    put_on_its_way(network, MESSAGE_DEADLINE, client->id, call->id, NULL, 0, (int64_t)deadline_ms * 1000);
    network->stats.requests++;
    // Every number is drawn for every message, so that one link's settings do not shift what befalls the next one.
    bool is_dropped = draw(network, client->link.drop_request);
    bool is_doubled = draw(network, client->link.duplicate_request);
    int64_t delay_us = draw_delay(network, &client->link), second_delay_us = draw_delay(network, &client->link);
    if (is_dropped || client->link.is_cut) {
        network->stats.dropped++;
        return;
    }
    put_on_its_way(network, MESSAGE_REQUEST, client->id, call->id, data, len, delay_us);
    if (!is_doubled) return;
    network->stats.duplicated++;
    put_on_its_way(network, MESSAGE_REQUEST, client->id, call->id, data, len, second_delay_us);
}

static void send_back(struct ll_mem_network *network, enum message_kind kind, const struct message *request,
                      const void *data, size_t len) {
    struct mem_client *client = find_client(network, request->client_id);
    if (!client) return;
    bool is_dropped = draw(network, client->link.drop_reply);
    int64_t delay_us = draw_delay(network, &client->link);
    network->stats.replies++;
    if (is_dropped || client->link.is_cut)
        network->stats.dropped++;
    else
        put_on_its_way(network, kind, request->client_id, request->call_id, data, len, delay_us);
}

// ---- Delivery

static void deliver(struct ll_mem_network *network, struct message *message) {
    struct mem_client *client = find_client(network, message->client_id);
    bool is_lost = !client || (client->link.is_cut && message->kind != MESSAGE_DEADLINE);
    if (is_lost) {
        if (message->kind != MESSAGE_DEADLINE) network->stats.dropped++;
        free_message(message);
    } else if (message->kind != MESSAGE_REQUEST) {
        DL_APPEND(client->inbox, message);
    } else if (network->server) {
        DL_APPEND(network->server->inbox, message);
    } else {
        send_back(network, MESSAGE_REFUSED, message, NULL, 0);
        free_message(message);
    }
}

void ll_mem_network_step(struct ll_mem_network *network, int64_t now_us) {
    assert(now_us >= network->now_us);
    network->now_us = now_us;
    while (network->count > 0 && network->heap[0]->due_us <= now_us) deliver(network, heap_pop(network));
}

int64_t ll_mem_network_next_us(const struct ll_mem_network *network) {
    if (network->server && network->server->inbox) return network->now_us;
    const struct mem_client *client;
    DL_FOREACH(network->clients, client) {
        if (client->inbox) return network->now_us;
    }
    return network->count > 0 ? network->heap[0]->due_us : INT64_MAX;
}

static ll_err outcome_of(enum message_kind kind) {
    switch (kind) {
    case MESSAGE_REQUEST:
    case MESSAGE_REPLY:
        return LL_SUCCESS;
    case MESSAGE_REFUSED:
        return ll_err_make(LL_UNAVAILABLE, "nobody listens at mem:");
    case MESSAGE_DEADLINE:
        break;
    }
    return ll_err_make(LL_DEADLINE_EXCEEDED, "mem: did not answer in time");
}

static void client_poll(struct ll_transport_client *base) {
    struct mem_client *client = (struct mem_client *)base;
    for (struct message *message; (message = client->inbox);) {
        DL_DELETE(client->inbox, message);
        struct call *call;
        DL_SEARCH_SCALAR(client->calls, call, id, message->call_id);
        if (call) { // else it has ended before
            struct call ended = *call;
            DL_DELETE(client->calls, call);
            free(call);
            ended.on_response(ended.arg, outcome_of(message->kind), message->data, message->len);
        }
        free_message(message);
    }
}

static void server_poll(struct ll_transport_server *base) {
    struct mem_server *server = (struct mem_server *)base;
    for (struct message *message; (message = server->inbox);) {
        DL_DELETE(server->inbox, message);
        struct ll_buf response = ll_buf_make(LL_ENVELOPE_BYTES_MAX);
        server->on_request(server->arg, message->data, message->len, &response);
        assert(response.len > 0 && !response.overflowed);
        send_back(server->network, MESSAGE_REPLY, message, response.data, response.len);
        ll_buf_fini(&response);
        free_message(message);
    }
}

static const char *server_address(struct ll_transport_server *base) {
    (void)base;
    return "mem:";
}

// ---- Lifecycle

static void free_inbox(struct message **inbox) {
    struct message *message, *next;
    DL_FOREACH_SAFE(*inbox, message, next) free_message(message);
    *inbox = NULL;
}

static void client_fini(struct ll_transport_client *base) {
    struct mem_client *client = (struct mem_client *)base;
    struct call *call, *next;
    DL_FOREACH_SAFE(client->calls, call, next) free(call);
    free_inbox(&client->inbox);
    DL_DELETE(client->network->clients, client);
    free(client);
}

static void server_fini(struct ll_transport_server *base) {
    struct mem_server *server = (struct mem_server *)base;
    free_inbox(&server->inbox);
    server->network->server = NULL;
    free(server);
}

struct ll_mem_network *ll_mem_network_new(uint64_t seed) {
    struct ll_mem_network *network = ll_alloc(1, sizeof *network);
    network->rand = ll_rand_seed(seed);
    network->next_id = 1;
    return network;
}

void ll_mem_network_free(struct ll_mem_network **network) {
    if (!*network) return;
    assert(!(*network)->clients && !(*network)->server);
    for (size_t i = 0; i < (*network)->count; i++) free_message((*network)->heap[i]);
    free((*network)->heap);
    free(*network);
    *network = NULL;
}

struct ll_mem_stats ll_mem_network_stats(const struct ll_mem_network *network) {
    return network->stats;
}

static const struct ll_transport_client_ops client_ops = {
    .send = client_send,
    .poll = client_poll,
    .fini = client_fini,
};

static const struct ll_transport_server_ops server_ops = {
    .address = server_address,
    .poll = server_poll,
    .fini = server_fini,
};

struct ll_transport_client *ll_mem_client_new(struct ll_mem_network *network, struct ll_mem_link link) {
    struct mem_client *client = ll_alloc(1, sizeof *client);
    client->base.ops = &client_ops;
    client->network = network;
    client->id = network->next_id++;
    client->link = link;
    DL_APPEND(network->clients, client);
    return &client->base;
}

struct ll_mem_link *ll_mem_client_link(struct ll_transport_client *base) {
    assert(base->ops == &client_ops);
    return &((struct mem_client *)base)->link;
}

struct ll_transport_server *ll_mem_server_new(struct ll_mem_network *network, ll_on_request_fn on_request, void *arg) {
    assert(!network->server);
    struct mem_server *server = ll_alloc(1, sizeof *server);
    server->base.ops = &server_ops;
    server->network = network;
    server->on_request = on_request;
    server->arg = arg;
    network->server = server;
    return &server->base;
}
