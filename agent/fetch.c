#include "agent/fetch.h"

#include "libcommon/base/alloc.h"
#include "libcommon/model/bundle.h"

#include <stdlib.h>
#include <string.h>

struct ll_fetch {
    struct ll_fetch_options options;
    bool is_wanted;
    bool call_under_way;
    bool call_is_stale; // it is for an earlier wish
    uint8_t hash[LL_SHA256_BYTES];
    uint64_t bytes;
    struct ll_buf packed;
    bool is_complete; // `packed` is the bundle of `hash`
};

static void on_chunk(void *arg, ll_err err, const struct ll_fetch_reply *reply);

struct ll_fetch *ll_fetch_new(const struct ll_fetch_options *options) {
    struct ll_fetch *fetch = ll_alloc(1, sizeof *fetch);
    fetch->options = *options;
    fetch->packed = ll_buf_make(LL_BUNDLE_BYTES_MAX);
    return fetch;
}

void ll_fetch_free(struct ll_fetch **fetch) {
    if (!*fetch) return;
    ll_buf_fini(&(*fetch)->packed);
    free(*fetch);
    *fetch = NULL;
}

const struct ll_buf *ll_fetch_kept(const struct ll_fetch *fetch, const uint8_t hash[LL_SHA256_BYTES]) {
    return fetch->is_complete && memcmp(fetch->hash, hash, LL_SHA256_BYTES) == 0 ? &fetch->packed : NULL;
}

static void ask(struct ll_fetch *fetch) {
    struct ll_fetch_request request = {.offset = fetch->packed.len};
    memcpy(request.hash, fetch->hash, sizeof request.hash);
    fetch->call_under_way = true;
    fetch->call_is_stale = false;
    ll_rpc_fetch_bundle(fetch->options.client, fetch->options.now_us(fetch->options.owner), &request, on_chunk, fetch);
}

void ll_fetch_start(struct ll_fetch *fetch, const uint8_t hash[LL_SHA256_BYTES], uint64_t bytes) {
    fetch->is_wanted = true;
    fetch->is_complete = false;
    memcpy(fetch->hash, hash, LL_SHA256_BYTES);
    fetch->bytes = bytes;
    ll_buf_clear(&fetch->packed);
    if (fetch->call_under_way)
        fetch->call_is_stale = true;
    else
        ask(fetch);
}

void ll_fetch_cancel(struct ll_fetch *fetch) {
    fetch->is_wanted = false;
    fetch->call_is_stale = fetch->call_under_way;
}

static void end(struct ll_fetch *fetch, ll_err err) {
    fetch->is_wanted = false;
    fetch->is_complete = err.status == LL_OK;
    fetch->options.on_fetched(fetch->options.owner, ll_err_in(err, "the scenario's files"), &fetch->packed);
}

static ll_err check_whole(const struct ll_fetch *fetch) {
    uint8_t hash[LL_SHA256_BYTES];
    ll_sha256(fetch->packed.data, fetch->packed.len, hash);
    if (memcmp(hash, fetch->hash, sizeof hash) != 0)
        return ll_err_make(LL_DATA_LOSS, "what came is not what the coordinator announced: submit the run again");
    return LL_SUCCESS;
}

static ll_err take_chunk(struct ll_fetch *fetch, const struct ll_fetch_reply *reply) {
    if (reply->total_bytes != fetch->bytes || fetch->bytes > LL_BUNDLE_BYTES_MAX)
        return ll_err_make(LL_DATA_LOSS, "%llu bytes were announced, and there are %llu (at most %d can be)",
                           (unsigned long long)fetch->bytes, (unsigned long long)reply->total_bytes,
                           LL_BUNDLE_BYTES_MAX);
    if (reply->chunk.len == 0 || reply->chunk.len > fetch->bytes - fetch->packed.len)
        return ll_err_make(LL_DATA_LOSS, "a piece of %zu bytes came where %llu were left", reply->chunk.len,
                           (unsigned long long)(fetch->bytes - fetch->packed.len));
    ll_buf_append(&fetch->packed, reply->chunk.data, reply->chunk.len);
    return LL_SUCCESS;
}

static void on_chunk(void *arg, ll_err err, const struct ll_fetch_reply *reply) {
    struct ll_fetch *fetch = arg;
    fetch->call_under_way = false;
    if (!fetch->is_wanted) return;
    if (fetch->call_is_stale) {
        ask(fetch);
        return;
    }
    if (err.status == LL_OK) err = take_chunk(fetch, reply);
    if (err.status == LL_OK && fetch->packed.len < fetch->bytes) {
        ask(fetch);
        return;
    }
    if (err.status == LL_OK) err = check_whole(fetch);
    end(fetch, err);
}
