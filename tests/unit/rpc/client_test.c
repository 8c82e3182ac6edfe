// Retries, repeated calls and lost messages, over the simulated network.
#include "libcommon/rpc/client.h"

#include "libcommon/rpc/pb.h"
#include "libcommon/rpc/transport_mem.h"
#include "tests/unit/rpc/fake.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { TRIES_MAX = 64 };

// A network with one server and one client, and what the server saw.
struct world {
    struct ll_mem_network *network;
    struct fake fake;
    struct ll_rpc_server *rpc_server;
    struct ll_transport_server *server;
    struct ll_transport_client *link; // the client's transport
    struct ll_rpc_client *client;
    int64_t now_us;
    int64_t tried_at_us[TRIES_MAX];
    uint64_t call_ids[TRIES_MAX];
    int tries;
};

static enum ll_caller on_request(void *arg, const void *data, size_t len, struct ll_buf *out) {
    struct world *world = arg;
    Liveload__V1__Request *request = liveload__v1__request__unpack(NULL, len, data);
    cr_assert(ne(ptr, request, NULL));
    int at = world->tries++ % TRIES_MAX;
    world->tried_at_us[at] = world->now_us;
    world->call_ids[at] = request->call_id;
    liveload__v1__request__free_unpacked(request, NULL);
    return ll_rpc_server_handle(world->rpc_server, data, len, out);
}

static void build(struct world *world, uint64_t seed, struct ll_mem_link link) {
    memset(world, 0, sizeof *world);
    world->network = ll_mem_network_new(seed);
    struct ll_rpc_handlers handlers = fake_handlers(&world->fake);
    world->rpc_server = ll_rpc_server_new(&handlers, "token");
    world->server = ll_mem_server_new(world->network, on_request, world);
    world->link = ll_mem_client_new(world->network, link);
    world->client = ll_rpc_client_new(&(struct ll_rpc_client_options){
        .take_transport = world->link, .token = "token", .server = "mem:", .first_call_id = seed << 32});
}

static void tear_down(struct world *world) {
    ll_rpc_client_free(&world->client);
    if (world->server) world->server->ops->fini(world->server);
    ll_mem_network_free(&world->network);
    ll_rpc_server_free(&world->rpc_server);
    fake_fini(&world->fake);
}

// Runs the world until *flag, or to the moment when nothing can happen any more.
static void run_until(struct world *world, const bool *flag) {
    while (!*flag) {
        int64_t network_us = ll_mem_network_next_us(world->network);
        int64_t client_us = ll_rpc_client_next_us(world->client);
        int64_t next_us = network_us < client_us ? network_us : client_us;
        cr_assert(ne(i64, next_us, INT64_MAX), "nothing is under way any more");
        if (next_us > world->now_us) world->now_us = next_us;
        ll_mem_network_step(world->network, world->now_us);
        if (world->server) world->server->ops->poll(world->server);
        ll_rpc_client_poll(world->client, world->now_us);
    }
}

static const struct ll_mem_link quick = {.delay_min_us = 100, .delay_max_us = 200};

struct note {
    bool is_done;
    ll_err err;
};

static void on_empty(void *arg, ll_err err, const struct ll_empty *reply) {
    (void)reply;
    *(struct note *)arg = (struct note){.is_done = true, .err = err};
}

static ll_err stop_run(struct world *world) {
    struct note note = {0};
    ll_rpc_stop(world->client, world->now_us, &(struct ll_run_request){.run_id = "run-1"}, on_empty, &note);
    run_until(world, &note.is_done);
    return note.err;
}

// Submits one run after the other, each from the callback of the one before.
struct chain {
    struct world *world;
    struct ll_submit_request request;
    int submitted, wanted;
    bool is_done;
};

static void on_submitted(void *arg, ll_err err, const struct ll_submit_reply *reply) {
    struct chain *chain = arg;
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    char expected[32];
    snprintf(expected, sizeof expected, "run-%d", ++chain->submitted);
    cr_assert(eq(str, (char *)reply->run_id, expected));
    chain->is_done = chain->submitted == chain->wanted;
    if (!chain->is_done)
        ll_rpc_submit(chain->world->client, chain->world->now_us, &chain->request, on_submitted, chain);
}

static struct ll_mem_stats run_chain(uint64_t seed, struct ll_mem_link link, int wanted) {
    struct world world;
    build(&world, seed, link);
    struct chain chain = {.world = &world, .wanted = wanted};
    chain.request.spec = ll_spec_make("shop");
    ll_rpc_submit(world.client, 0, &chain.request, on_submitted, &chain);
    run_until(&world, &chain.is_done);
    cr_expect(eq(int, world.fake.calls[FAKE_submit], wanted), "every call was carried out exactly once");
    struct ll_mem_stats stats = ll_mem_network_stats(world.network);
    ll_spec_fini(&chain.request.spec);
    tear_down(&world);
    return stats;
}

TestSuite(client, .timeout = 60);

Test(client, each_call_is_carried_out_once_however_much_is_lost) {
    struct ll_mem_link bad = {.delay_min_us = 1000,
                              .delay_max_us = 900 * 1000,
                              .drop_request = 0.1,
                              .drop_reply = 0.1,
                              .duplicate_request = 0.3};
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct ll_mem_stats stats = run_chain(seed, bad, 100);
        cr_expect(gt(u64, stats.dropped, 0));
        cr_expect(gt(u64, stats.duplicated, 0));
    }
}

Test(client, the_same_seed_gives_the_same_run) {
    struct ll_mem_link bad = {.delay_max_us = 500 * 1000, .drop_request = 0.2, .duplicate_request = 0.2};
    struct ll_mem_stats first = run_chain(42, bad, 50), second = run_chain(42, bad, 50), other = run_chain(43, bad, 50);
    cr_expect(eq(int, memcmp(&first, &second, sizeof first), 0));
    cr_expect(ne(int, memcmp(&first, &other, sizeof first), 0));
}

Test(client, a_retry_has_the_same_call_id_and_what_is_left_of_the_patience) {
    struct world world;
    struct ll_mem_link deaf = quick;
    deaf.drop_reply = 1;
    build(&world, 1, deaf);
    ll_err err = stop_run(&world);
    cr_expect(eq(int, err.status, LL_DEADLINE_EXCEEDED));
    cr_expect(ne(ptr, strstr(err.text, "mem:"), NULL), "%s", err.text);
    cr_assert(gt(int, world.tries, 3));
    for (int i = 1; i < world.tries; i++) cr_expect(eq(u64, world.call_ids[i], world.call_ids[0]));
    cr_expect(eq(int, world.fake.calls[FAKE_stop], 1), "the handler ran once");
    cr_expect(le(i64, world.now_us, 10 * 1000 * 1000), "patience is 10 s");
    cr_expect(ge(i64, world.now_us, 8 * 1000 * 1000));
    tear_down(&world);
}

Test(client, nobody_there_is_tried_ever_more_slowly_and_then_told) {
    struct world world;
    build(&world, 1, (struct ll_mem_link){0});
    world.server->ops->fini(world.server);
    world.server = NULL;
    ll_err err = stop_run(&world);
    cr_expect(eq(int, err.status, LL_UNAVAILABLE));
    cr_expect(ne(ptr, strstr(err.text, "within 10.0 s"), NULL), "%s", err.text);
    uint64_t tries = ll_mem_network_stats(world.network).requests;
    // At 0, 50, 150, 350, 750 ms, 1.55 s, and then each second up to 9.55 s.
    cr_expect(eq(u64, tries, 14));
    tear_down(&world);
}

Test(client, a_cut_that_heals_costs_nothing_but_time) {
    struct world world;
    build(&world, 1, quick);
    ll_mem_client_link(world.link)->is_cut = true;
    struct note note = {0};
    ll_rpc_stop(world.client, 0, &(struct ll_run_request){.run_id = "run-1"}, on_empty, &note);
    bool is_late = false;
    while (!is_late) {
        int64_t network_us = ll_mem_network_next_us(world.network), client_us = ll_rpc_client_next_us(world.client);
        world.now_us = network_us < client_us ? network_us : client_us;
        ll_mem_network_step(world.network, world.now_us);
        ll_rpc_client_poll(world.client, world.now_us);
        is_late = world.now_us > 3 * 1000 * 1000;
    }
    cr_expect(not(note.is_done));
    ll_mem_client_link(world.link)->is_cut = false;
    run_until(&world, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(int, world.fake.calls[FAKE_stop], 1));
    tear_down(&world);
}

Test(client, an_error_status_ends_a_call_at_once) {
    struct world world;
    build(&world, 1, quick);
    world.fake.fail = ll_err_make(LL_UNAVAILABLE, "the coordinator is shutting down");
    ll_err err = stop_run(&world);
    cr_expect(eq(int, err.status, LL_UNAVAILABLE));
    cr_expect(eq(str, err.text, "the coordinator is shutting down"));
    cr_expect(eq(int, world.tries, 1));
    tear_down(&world);
}

static enum ll_caller answer_garbage(void *arg, const void *data, size_t len, struct ll_buf *out) {
    (void)arg, (void)data, (void)len;
    ll_buf_text(out, "HTTP/1.1 400 Bad Request");
    return LL_CALLER_KNOWN;
}

static enum ll_caller answer_another_call(void *arg, const void *data, size_t len, struct ll_buf *out) {
    (void)arg, (void)data, (void)len;
    Liveload__V1__Response response = LIVELOAD__V1__RESPONSE__INIT;
    response.call_id = 12345;
    liveload__v1__response__pack(&response, ll_buf_reserve(out, 64));
    ll_buf_commit(out, liveload__v1__response__get_packed_size(&response));
    return LL_CALLER_KNOWN;
}

static void expect_data_loss(ll_on_request_fn on_other_request) {
    struct world world;
    build(&world, 1, quick);
    world.server->ops->fini(world.server);
    world.server = ll_mem_server_new(world.network, on_other_request, &world);
    ll_err err = stop_run(&world);
    cr_expect(eq(int, err.status, LL_DATA_LOSS), "%s", err.text);
    tear_down(&world);
}

Test(client, something_else_that_answers_is_told) {
    expect_data_loss(answer_garbage);
    expect_data_loss(answer_another_call);
}

Test(client, a_request_that_does_not_fit_is_refused_in_the_next_poll) {
    struct world world;
    build(&world, 1, quick);
    static char frame[4 * 1024 * 1024];
    struct ll_exchange_request request = {.snapshot_count = 7};
    for (size_t i = 0; i < request.snapshot_count; i++) request.snapshots[i] = (struct ll_bytes){frame, sizeof frame};
    struct note note = {0};
    ll_rpc_exchange(world.client, 0, &request,
                    (void (*)(void *, ll_err, const struct ll_exchange_reply *))(void (*)(void))on_empty, &note);
    cr_expect(not(note.is_done));
    cr_expect(le(i64, ll_rpc_client_next_us(world.client), 0));
    ll_rpc_client_poll(world.client, 0);
    cr_expect(note.is_done);
    cr_expect(eq(int, note.err.status, LL_RESOURCE_EXHAUSTED), "%s", note.err.text);
    tear_down(&world);
}

Test(client, calls_under_way_are_dropped_with_it) {
    struct world world;
    build(&world, 1, quick);
    struct note note = {0};
    for (int i = 0; i < LL_CALLS_AT_ONCE_MAX; i++)
        ll_rpc_stop(world.client, 0, &(struct ll_run_request){.run_id = "run-1"}, on_empty, &note);
    ll_mem_network_step(world.network, 1000);
    world.server->ops->poll(world.server);
    ll_rpc_client_free(&world.client);
    ll_mem_network_step(world.network, 10 * 1000 * 1000);
    cr_expect(not(note.is_done));
    tear_down(&world);
}
