#include "libcommon/rpc/reply_cache.h"

#include "libcommon/rpc/server.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static bool has(const struct ll_reply_cache *cache, uint64_t call_id) {
    return ll_reply_cache_get(cache, call_id).data != NULL;
}

Test(reply_cache, keeps_the_first_reply_of_a_call) {
    struct ll_reply_cache *cache = ll_reply_cache_new(10, 1000);
    ll_reply_cache_put(cache, 1, "one", 3);
    ll_reply_cache_put(cache, 1, "other", 5);
    struct ll_remembered_reply got = ll_reply_cache_get(cache, 1);
    cr_assert(eq(sz, got.len, 3));
    cr_expect(eq(int, memcmp(got.data, "one", 3), 0));
    cr_expect(not(has(cache, 2)));
    ll_reply_cache_free(&cache);
}

Test(reply_cache, forgets_the_oldest_beyond_its_count) {
    struct ll_reply_cache *cache = ll_reply_cache_new(3, 1000);
    for (uint64_t id = 1; id <= 5; id++) ll_reply_cache_put(cache, id, "x", 1);
    cr_expect(not(has(cache, 1)));
    cr_expect(not(has(cache, 2)));
    cr_expect(has(cache, 3));
    cr_expect(has(cache, 5));
    ll_reply_cache_free(&cache);
}

Test(reply_cache, forgets_the_oldest_beyond_its_bytes) {
    char reply[40] = {0};
    struct ll_reply_cache *cache = ll_reply_cache_new(100, 100);
    ll_reply_cache_put(cache, 1, reply, 40);
    ll_reply_cache_put(cache, 2, reply, 40);
    ll_reply_cache_put(cache, 3, reply, 40);
    cr_expect(not(has(cache, 1)));
    cr_expect(has(cache, 2));
    cr_expect(has(cache, 3));
    ll_reply_cache_put(cache, 4,
                       "a reply larger than all the room there is, which is a hundred bytes: it is not kept, and "
                       "costs nobody its place",
                       111);
    cr_expect(not(has(cache, 4)));
    cr_expect(has(cache, 2));
    ll_reply_cache_free(&cache);
}

// As a server has it.
Test(reply_cache, holds_as_many_replies_and_bytes_as_are_promised) {
    struct ll_reply_cache *cache = ll_reply_cache_new(LL_RPC_REPLIES_MAX, LL_RPC_REPLY_BYTES_MAX);
    static char reply[LL_RPC_REPLY_BYTES_MAX / LL_RPC_REPLIES_MAX];
    for (uint64_t id = 1; id <= LL_RPC_REPLIES_MAX; id++) ll_reply_cache_put(cache, id, reply, sizeof reply);
    cr_expect(has(cache, 1));
    ll_reply_cache_put(cache, LL_RPC_REPLIES_MAX + 1, "x", 1);
    cr_expect(not(has(cache, 1)));
    cr_expect(has(cache, 2));
    cr_expect(has(cache, LL_RPC_REPLIES_MAX + 1));
    ll_reply_cache_free(&cache);
}
