#include "agent/fetch.h"

#include "libcommon/base/alloc.h"
#include "libcommon/model/bundle.h"
#include "libcommon/rpc/server.h"
#include "libcommon/rpc/transport_mem.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

// A coordinator that has one bundle and nothing else, in this process; and what the fetch told.
struct bench {
    struct ll_mem_network *network;
    struct ll_rpc_server *server;
    struct ll_transport_server *listener;
    struct ll_rpc_client *client;
    struct ll_fetch *fetch;
    char *content;
    size_t len, chunk_max;
    uint64_t said_bytes; // what the replies say is the whole
    int calls, told;
    ll_err err;
    size_t fetched;
    int64_t now_us;
};

static int64_t now_us(void *owner) {
    return ((struct bench *)owner)->now_us;
}

static ll_err give_chunk(void *owner, const struct ll_fetch_request *request, struct ll_fetch_reply *out) {
    struct bench *bench = owner;
    bench->calls++;
    size_t left = bench->len - request->offset;
    out->chunk.data = bench->content + request->offset;
    out->chunk.len = left < bench->chunk_max ? left : bench->chunk_max;
    out->total_bytes = bench->said_bytes;
    return LL_SUCCESS;
}

static enum ll_caller on_request(void *arg, const void *data, size_t len, struct ll_buf *out_response) {
    struct bench *bench = arg;
    return ll_rpc_server_handle(bench->server, data, len, out_response);
}

static void on_fetched(void *owner, ll_err err, const struct ll_buf *packed) {
    struct bench *bench = owner;
    bench->told++;
    bench->err = err;
    bench->fetched = packed->len;
    if (err.status == LL_OK) cr_expect(eq(int, memcmp(packed->data, bench->content, packed->len), 0));
}

static void bench_init(struct bench *bench, size_t len, size_t chunk_max) {
    *bench = (struct bench){.len = len, .said_bytes = len, .chunk_max = chunk_max, .content = ll_alloc(len, 1)};
    for (size_t i = 0; i < len; i++) bench->content[i] = (char)(i * 31 + i / 256);
    bench->network = ll_mem_network_new(1);
    struct ll_rpc_handlers handlers = {.owner = bench, .fetch_bundle = give_chunk};
    bench->server = ll_rpc_server_new(&handlers, "token");
    bench->listener = ll_mem_server_new(bench->network, on_request, bench);
    bench->client = ll_rpc_client_new(&(struct ll_rpc_client_options){
        .take_transport = ll_mem_client_new(bench->network, (struct ll_mem_link){.delay_max_us = 100}),
        .token = "token",
        .server = "memory"});
    bench->fetch = ll_fetch_new(&(struct ll_fetch_options){
        .client = bench->client, .owner = bench, .now_us = now_us, .on_fetched = on_fetched});
}

static void bench_fini(struct bench *bench) {
    ll_rpc_client_free(&bench->client);
    ll_fetch_free(&bench->fetch);
    bench->listener->ops->fini(bench->listener);
    ll_rpc_server_free(&bench->server);
    ll_mem_network_free(&bench->network);
    free(bench->content);
}

static void start(struct bench *bench, uint64_t announced) {
    uint8_t hash[LL_SHA256_BYTES];
    ll_sha256(bench->content, bench->len, hash);
    ll_fetch_start(bench->fetch, hash, announced);
}

// Moves messages until the fetch has told something, or nothing moves any more.
static void turn(struct bench *bench) {
    for (int i = 0; i < 10000 && !bench->told; i++) {
        ll_mem_network_step(bench->network, bench->now_us += 100);
        bench->listener->ops->poll(bench->listener);
        ll_rpc_client_poll(bench->client, bench->now_us);
    }
}

Test(fetch, brings_a_bundle_in_pieces_and_keeps_it) {
    struct bench bench;
    bench_init(&bench, 2500, 1000);
    start(&bench, 2500);
    turn(&bench);
    cr_expect(eq(int, bench.told, 1));
    cr_expect(eq(int, bench.err.status, LL_OK), "%s", bench.err.text);
    cr_expect(eq(sz, bench.fetched, 2500));
    cr_expect(eq(int, bench.calls, 3));
    uint8_t hash[LL_SHA256_BYTES], other[LL_SHA256_BYTES] = {0};
    ll_sha256(bench.content, bench.len, hash);
    cr_expect(ne(ptr, (void *)(uintptr_t)ll_fetch_kept(bench.fetch, hash), NULL));
    cr_expect(zero(ptr, (void *)(uintptr_t)ll_fetch_kept(bench.fetch, other)));
    bench_fini(&bench);
}

Test(fetch, what_is_not_what_was_announced_is_refused) {
    struct bench bench;
    bench_init(&bench, 2500, 1000);
    start(&bench, 2500);
    bench.content[2000] ^= 1;
    turn(&bench);
    cr_expect(eq(int, bench.err.status, LL_DATA_LOSS), "%s", bench.err.text);
    bench_fini(&bench);
}

Test(fetch, sizes_that_do_not_fit_are_refused) {
    struct bench bench;
    bench_init(&bench, 2500, 1000);
    start(&bench, 2400); // announced less than there is
    turn(&bench);
    cr_expect(eq(int, bench.err.status, LL_DATA_LOSS), "%s", bench.err.text);
    bench_fini(&bench);

    bench_init(&bench, 2500, 2500); // a piece that is larger than what is left
    bench.said_bytes = 2400;
    start(&bench, 2400);
    turn(&bench);
    cr_expect(eq(int, bench.err.status, LL_DATA_LOSS), "%s", bench.err.text);
    bench_fini(&bench);

    bench_init(&bench, 100, 100); // more than an agent takes
    bench.said_bytes = (uint64_t)LL_BUNDLE_BYTES_MAX + 1;
    start(&bench, bench.said_bytes);
    turn(&bench);
    cr_expect(eq(int, bench.err.status, LL_DATA_LOSS), "%s", bench.err.text);
    bench_fini(&bench);

    bench_init(&bench, 100, 0); // pieces with nothing in them do not go on for ever
    start(&bench, 100);
    turn(&bench);
    cr_expect(eq(int, bench.err.status, LL_DATA_LOSS), "%s", bench.err.text);
    bench_fini(&bench);
}

Test(fetch, a_wish_that_was_given_up_or_replaced_is_told_nothing) {
    struct bench bench;
    bench_init(&bench, 2500, 1000);
    start(&bench, 2500);
    ll_fetch_cancel(bench.fetch);
    turn(&bench);
    cr_expect(eq(int, bench.told, 0));
    start(&bench, 2500);
    start(&bench, 2500); // while a call for the first is under way
    turn(&bench);
    cr_expect(eq(int, bench.told, 1));
    cr_expect(eq(int, bench.err.status, LL_OK), "%s", bench.err.text);
    bench_fini(&bench);
}
