#include "libcommon/rpc/reply_cache.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

struct entry {
    uint64_t call_id;
    size_t len;
    UT_hash_handle hh;
    unsigned char data[];
};

struct ll_reply_cache {
    struct entry *entries; // uthash keeps the order they were added in: the head is the oldest
    size_t bytes, count_max, bytes_max;
};

struct ll_reply_cache *ll_reply_cache_new(size_t count_max, size_t bytes_max) {
    struct ll_reply_cache *cache = ll_alloc(1, sizeof *cache);
    cache->count_max = count_max;
    cache->bytes_max = bytes_max;
    return cache;
}

static void forget_oldest(struct ll_reply_cache *cache) {
    struct entry *oldest = cache->entries;
    cache->bytes -= oldest->len;
    HASH_DEL(cache->entries, oldest);
    free(oldest);
}

void ll_reply_cache_free(struct ll_reply_cache **cache) {
    if (!*cache) return;
    while ((*cache)->entries) forget_oldest(*cache);
    free(*cache);
    *cache = NULL;
}

static struct entry *find(const struct ll_reply_cache *cache, uint64_t call_id) {
    struct entry *entry;
    HASH_FIND(hh, cache->entries, &call_id, sizeof call_id, entry);
    return entry;
}

void ll_reply_cache_put(struct ll_reply_cache *cache, uint64_t call_id, const void *data, size_t len) {
    if (len > cache->bytes_max || find(cache, call_id)) return;
    while (cache->entries && (HASH_COUNT(cache->entries) >= cache->count_max || cache->bytes + len > cache->bytes_max))
        forget_oldest(cache);
    struct entry *entry = ll_alloc(1, sizeof *entry + len);
    entry->call_id = call_id;
    entry->len = len;
    memcpy(entry->data, data, len);
    HASH_ADD(hh, cache->entries, call_id, sizeof entry->call_id, entry);
    cache->bytes += len;
}

struct ll_remembered_reply ll_reply_cache_get(const struct ll_reply_cache *cache, uint64_t call_id) {
    const struct entry *entry = find(cache, call_id);
    return entry ? (struct ll_remembered_reply){.data = entry->data, .len = entry->len}
                 : (struct ll_remembered_reply){0};
}
