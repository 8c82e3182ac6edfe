// Replies a server gave, by call id: a repeated call gets the same bytes, and its handler does not run again.
//
// One owner. Bounded by count and by bytes; the oldest go first.
#ifndef LIBCOMMON_RPC_REPLY_CACHE_H
#define LIBCOMMON_RPC_REPLY_CACHE_H

#include <stddef.h>
#include <stdint.h>

struct ll_reply_cache;

struct ll_remembered_reply {
    const void *data; // a packed Response; valid until the next put
    size_t len;
};

struct ll_reply_cache *ll_reply_cache_new(size_t count_max, size_t bytes_max);
void ll_reply_cache_free(struct ll_reply_cache **cache);

// Remembers a copy. A reply larger than all the room there is is not remembered; a call id that is known keeps its
// first reply.
void ll_reply_cache_put(struct ll_reply_cache *cache, uint64_t call_id, const void *data, size_t len);
// {NULL, 0} when the call id is not known, or not any more.
struct ll_remembered_reply ll_reply_cache_get(const struct ll_reply_cache *cache, uint64_t call_id);

#endif
