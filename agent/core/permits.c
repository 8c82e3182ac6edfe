#include "agent/core/permits.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct ll_permits {
    struct ll_permits_host host;
    const struct ll_throttle *throttles;
    size_t throttle_count;
    struct ll_throttle_want *wants; // tickets ascend, since each is larger than all before
    void **waiters;                 // of each
    size_t count, capacity;
    uint64_t last_ticket, round;
};

struct ll_permits *ll_permits_new(struct ll_permits_host host, const struct ll_throttle *throttles, size_t count) {
    struct ll_permits *permits = ll_alloc(1, sizeof *permits);
    permits->host = host;
    permits->throttles = throttles;
    permits->throttle_count = count;
    return permits;
}

void ll_permits_free(struct ll_permits **permits) {
    if (!*permits) return;
    free((*permits)->wants);
    free((*permits)->waiters);
    free(*permits);
    *permits = NULL;
}

void ll_permits_want(struct ll_permits *permits, void *waiter, uint32_t throttle) {
    assert(throttle < permits->throttle_count);
    if (permits->count == permits->capacity) {
        permits->capacity = permits->capacity ? permits->capacity * 2 : 8;
        permits->wants = ll_realloc(permits->wants, permits->capacity, sizeof *permits->wants);
        permits->waiters = ll_realloc(permits->waiters, permits->capacity, sizeof *permits->waiters);
    }
    permits->waiters[permits->count] = waiter;
    permits->wants[permits->count++] =
        (struct ll_throttle_want){.ticket = ++permits->last_ticket, .throttle = throttle};
    permits->host.on_wants(permits->host.owner);
}

void ll_permits_leave(struct ll_permits *permits, const void *waiter) {
    size_t kept = 0;
    for (size_t i = 0; i < permits->count; i++) {
        if (permits->waiters[i] == waiter) continue;
        permits->wants[kept] = permits->wants[i];
        permits->waiters[kept++] = permits->waiters[i];
    }
    if (kept == permits->count) return;
    permits->count = kept;
    permits->host.on_wants(permits->host.owner);
}

static void take_out(struct ll_permits *permits, size_t i) {
    permits->count--;
    memmove(permits->wants + i, permits->wants + i + 1, (permits->count - i) * sizeof *permits->wants);
    memmove(permits->waiters + i, permits->waiters + i + 1, (permits->count - i) * sizeof *permits->waiters);
}

void ll_permits_give_back(struct ll_permits *permits, const void *waiter, uint32_t throttle) {
    for (size_t i = 0; i < permits->count; i++) {
        const struct ll_throttle_want *want = &permits->wants[i];
        if (permits->waiters[i] != waiter || want->throttle != throttle || !want->is_held) continue;
        take_out(permits, i);
        permits->host.on_wants(permits->host.owner);
        return;
    }
}

void ll_permits_describe(struct ll_permits *permits, struct ll_throttle_wants *out) {
    *out = (struct ll_throttle_wants){.round = 0};
    if (permits->throttle_count == 0) return;
    out->round = ++permits->round;
    if (permits->count == 0) return;
    out->throttles = (struct ll_throttle *)(uintptr_t)permits->throttles;
    out->throttle_count = permits->throttle_count;
    out->items = permits->wants;
    out->count = permits->count;
}

static size_t find_ticket(const struct ll_permits *permits, uint64_t ticket) {
    size_t low = 0, high = permits->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (permits->wants[middle].ticket < ticket)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void ll_permits_hear(struct ll_permits *permits, const struct ll_throttle_grants *grants) {
    for (size_t k = 0; k < grants->count; k++) {
        const struct ll_throttle_grant *grant = &grants->items[k];
        size_t i = find_ticket(permits, grant->ticket);
        if (i == permits->count || permits->wants[i].ticket != grant->ticket || permits->wants[i].is_held) continue;
        void *waiter = permits->waiters[i];
        if (permits->throttles[permits->wants[i].throttle].kind == LL_THROTTLE_PARALLELISM)
            permits->wants[i].is_held = true;
        else
            take_out(permits, i);
        permits->host.on_permit(permits->host.owner, waiter, grant->in_us);
    }
}
