#include "agent/ship.h"

#include "libcommon/base/alloc.h"
#include "libcommon/rpc/server.h"
#include "libcommon/rpc/transport_mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

// A coordinator that keeps what it is sent, in this process, behind a network that loses messages.
struct bench {
    struct ll_mem_network *network;
    struct ll_rpc_server *server;
    struct ll_transport_server *listener;
    struct ll_rpc_client *client;
    struct ll_ship *ship;
    struct ll_parcels *parcels;
    struct ll_buf kept; // of one file
    ll_err refusal;
    int calls, emptied;
    int64_t now_us;
};

static int64_t now_us(void *owner) {
    return ((struct bench *)owner)->now_us;
}

static ll_err keep(void *owner, const struct ll_send_artifact_request *request, struct ll_send_artifact_reply *out) {
    struct bench *bench = owner;
    bench->calls++;
    if (bench->refusal.status != LL_OK) return bench->refusal;
    cr_assert(le(u64, request->offset, bench->kept.len), "a piece is missing");
    size_t known = bench->kept.len - (size_t)request->offset;
    if (known < request->chunk.len)
        ll_buf_append(&bench->kept, (const char *)request->chunk.data + known, request->chunk.len - known);
    out->received_bytes = bench->kept.len;
    return LL_SUCCESS;
}

static enum ll_caller on_request(void *arg, const void *data, size_t len, struct ll_buf *out_response) {
    struct bench *bench = arg;
    return ll_rpc_server_handle(bench->server, data, len, out_response);
}

static void on_call(void *owner) {
    (void)owner;
}

static void on_empty(void *arg) {
    ((struct bench *)arg)->emptied++;
}

static void bench_init(struct bench *bench, struct ll_mem_link link) {
    *bench = (struct bench){.kept = ll_buf_make(LL_ARTIFACT_BYTES_MAX), .refusal = LL_SUCCESS};
    bench->network = ll_mem_network_new(1);
    struct ll_rpc_handlers handlers = {.owner = bench, .send_artifact = keep};
    bench->server = ll_rpc_server_new(&handlers, "token");
    bench->listener = ll_mem_server_new(bench->network, on_request, bench);
    bench->client = ll_rpc_client_new(&(struct ll_rpc_client_options){
        .take_transport = ll_mem_client_new(bench->network, link), .token = "token", .server = "memory"});
    bench->ship = ll_ship_new(
        &(struct ll_ship_options){.client = bench->client, .owner = bench, .now_us = now_us, .on_call = on_call});
    bench->parcels = ll_parcels_new("run", 1, "web");
    ll_ship_begin(bench->ship, bench->parcels, 1, 1);
}

static void bench_fini(struct bench *bench) {
    ll_rpc_client_free(&bench->client);
    ll_ship_free(&bench->ship);
    ll_parcels_free(&bench->parcels);
    bench->listener->ops->fini(bench->listener);
    ll_rpc_server_free(&bench->server);
    ll_mem_network_free(&bench->network);
    ll_buf_fini(&bench->kept);
}

static void turn(struct bench *bench, int rounds) {
    for (int i = 0; i < rounds && !bench->emptied; i++) {
        ll_mem_network_step(bench->network, bench->now_us += 10000);
        bench->listener->ops->poll(bench->listener);
        ll_rpc_client_poll(bench->client, bench->now_us);
        ll_ship_go(bench->ship);
    }
}

static void put(struct bench *bench, size_t len) {
    struct ll_artifact about = {.kind = LL_ARTIFACT_PAGE};
    struct ll_buf bytes = ll_buf_make(LL_ARTIFACT_BYTES_MAX);
    for (size_t i = 0; i < len; i++) ll_buf_append(&bytes, &(char){(char)(i * 31 + i / 256)}, 1);
    ll_parcels_name(bench->parcels, "page", "html", about.name);
    cr_assert(ll_parcels_put(bench->parcels, &about, &bytes));
}

Test(ship, every_byte_arrives_once_over_a_network_that_loses_and_repeats) {
    enum { BYTES = 5 * LL_ARTIFACT_CHUNK_BYTES + 77 };
    struct bench bench;
    bench_init(&bench, (struct ll_mem_link){
                           .delay_max_us = 30000, .drop_request = 0.2, .drop_reply = 0.2, .duplicate_request = 0.3});
    put(&bench, BYTES);
    ll_ship_finish(bench.ship, on_empty, &bench);
    turn(&bench, 100000);
    cr_expect(eq(int, bench.emptied, 1));
    cr_assert(eq(sz, bench.kept.len, BYTES));
    for (size_t i = 0; i < BYTES; i++) cr_assert(eq(u8, bench.kept.data[i], (uint8_t)(i * 31 + i / 256)));
    bench_fini(&bench);
}

Test(ship, nothing_to_send_is_told_at_once) {
    struct bench bench;
    bench_init(&bench, (struct ll_mem_link){0});
    ll_parcels_close_log(bench.parcels);
    ll_ship_finish(bench.ship, on_empty, &bench);
    cr_expect(eq(int, bench.emptied, 1));
    cr_expect(eq(int, bench.calls, 0));
    bench_fini(&bench);
}

Test(ship, what_is_refused_is_dropped_and_the_rest_goes_on) {
    struct bench bench;
    bench_init(&bench, (struct ll_mem_link){.delay_max_us = 100});
    bench.refusal = ll_err_make(LL_RESOURCE_EXHAUSTED, "no room");
    put(&bench, 10);
    put(&bench, 10);
    ll_ship_finish(bench.ship, on_empty, &bench);
    turn(&bench, 1000);
    cr_expect(eq(int, bench.emptied, 1));
    cr_expect(eq(int, bench.calls, 2));
    cr_expect(eq(u32, ll_parcels_take_dropped(bench.parcels), 2));
    bench_fini(&bench);
}

Test(ship, a_coordinator_that_knows_no_artifacts_is_asked_once) {
    struct bench bench;
    bench_init(&bench, (struct ll_mem_link){.delay_max_us = 100});
    bench.refusal = ll_err_make(LL_UNIMPLEMENTED, "there is no such method");
    put(&bench, 10);
    put(&bench, 10);
    ll_ship_finish(bench.ship, on_empty, &bench);
    turn(&bench, 1000);
    cr_expect(eq(int, bench.emptied, 1));
    cr_expect(eq(int, bench.calls, 1));
    bench_fini(&bench);
}

Test(ship, a_run_that_is_dropped_is_forgotten_with_its_call_under_way) {
    struct bench bench;
    bench_init(&bench, (struct ll_mem_link){.delay_max_us = 100});
    put(&bench, 10);
    ll_ship_finish(bench.ship, on_empty, &bench);
    ll_ship_end(bench.ship);
    ll_parcels_free(&bench.parcels);
    bench.parcels = ll_parcels_new("next", 1, "web");
    ll_ship_begin(bench.ship, bench.parcels, 1, 1);
    turn(&bench, 100);
    cr_expect(eq(int, bench.emptied, 0));
    cr_expect(eq(u32, ll_parcels_take_dropped(bench.parcels), 0));
    bench_fini(&bench);
}
