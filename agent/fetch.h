// Brings a scenario's bundle from the coordinator, in chunks, checked against its hash; the last one is kept.
//
// One owner thread. There is one call at a time. A wish that is replaced or given up while its call is under way is
// told nothing. `on_fetched` runs inside ll_rpc_client_poll.
#ifndef AGENT_FETCH_H
#define AGENT_FETCH_H

#include "libcommon/base/buf.h"
#include "libcommon/rpc/client.h"

#include <stdbool.h>

struct ll_fetch_options {
    struct ll_rpc_client *client; // borrowed
    void *owner;
    int64_t (*now_us)(void *owner);
    // `packed` is the fetch's, until the next wish.
    void (*on_fetched)(void *owner, ll_err err, const struct ll_buf *packed);
};

struct ll_fetch;

struct ll_fetch *ll_fetch_new(const struct ll_fetch_options *options);
// After its client: a call under way would come back to it.
void ll_fetch_free(struct ll_fetch **fetch);

// The bundle, when it is the one that was fetched last; NULL otherwise.
const struct ll_buf *ll_fetch_kept(const struct ll_fetch *fetch, const uint8_t hash[LL_SHA256_BYTES]);
void ll_fetch_start(struct ll_fetch *fetch, const uint8_t hash[LL_SHA256_BYTES], uint64_t bytes);
void ll_fetch_cancel(struct ll_fetch *fetch);

#endif
