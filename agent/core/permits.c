#include "agent/core/permits.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#define uthash_malloc(size) ll_alloc(1, size)
#include <uthash.h>

struct want {
    struct ll_throttle_want said;
    struct holder *holder;
    struct want *next_of_holder;
    UT_hash_handle hh; // by ticket; keeps the order: tickets ascend, since each is larger than all before
};

struct holder { // a waiter that wants or holds something
    const void *waiter;
    struct want *wants; // a few
    UT_hash_handle hh;
};

struct ll_permits {
    struct ll_permits_host host;
    const struct ll_throttle *throttles;
    size_t throttle_count;
    struct want *wants;
    struct holder *holders;
    struct ll_throttle_want *described;
    size_t described_capacity;
    uint64_t last_ticket, round;
};

struct ll_permits *ll_permits_new(struct ll_permits_host host, const struct ll_throttle *throttles, size_t count) {
    struct ll_permits *permits = ll_alloc(1, sizeof *permits);
    permits->host = host;
    permits->throttles = throttles;
    permits->throttle_count = count;
    return permits;
}

static struct holder *find_holder(const struct ll_permits *permits, const void *waiter) {
    struct holder *holder;
    HASH_FIND(hh, permits->holders, &waiter, sizeof waiter, holder);
    return holder;
}

static void take_out(struct ll_permits *permits, struct want *want) {
    struct holder *holder = want->holder;
    struct want **at = &holder->wants;
    while (*at != want) at = &(*at)->next_of_holder;
    *at = want->next_of_holder;
    HASH_DEL(permits->wants, want);
    free(want);
    if (holder->wants) return;
    HASH_DEL(permits->holders, holder);
    free(holder);
}

void ll_permits_free(struct ll_permits **permits) {
    if (!*permits) return;
    while ((*permits)->wants) take_out(*permits, (*permits)->wants);
    free((*permits)->described);
    free(*permits);
    *permits = NULL;
}

void ll_permits_want(struct ll_permits *permits, void *waiter, uint32_t throttle) {
    assert(throttle < permits->throttle_count);
    struct holder *holder = find_holder(permits, waiter);
    if (!holder) {
        holder = ll_alloc(1, sizeof *holder);
        holder->waiter = waiter;
        HASH_ADD(hh, permits->holders, waiter, sizeof holder->waiter, holder);
    }
    struct want *want = ll_alloc(1, sizeof *want);
    want->said = (struct ll_throttle_want){.ticket = ++permits->last_ticket, .throttle = throttle};
    want->holder = holder;
    want->next_of_holder = holder->wants;
    holder->wants = want;
    HASH_ADD(hh, permits->wants, said.ticket, sizeof want->said.ticket, want);
    permits->host.on_wants(permits->host.owner);
}

void ll_permits_leave(struct ll_permits *permits, const void *waiter) {
    struct holder *holder = find_holder(permits, waiter);
    if (!holder) return;
    while (holder->wants->next_of_holder) take_out(permits, holder->wants);
    take_out(permits, holder->wants); // and the holder
    permits->host.on_wants(permits->host.owner);
}

// Of several the one that came first.
void ll_permits_give_back(struct ll_permits *permits, const void *waiter, uint32_t throttle) {
    const struct holder *holder = find_holder(permits, waiter);
    struct want *oldest = NULL;
    for (struct want *want = holder ? holder->wants : NULL; want; want = want->next_of_holder)
        if (want->said.throttle == throttle && want->said.is_held) oldest = want;
    if (!oldest) return;
    take_out(permits, oldest);
    permits->host.on_wants(permits->host.owner);
}

void ll_permits_describe(struct ll_permits *permits, struct ll_throttle_wants *out) {
    *out = (struct ll_throttle_wants){.round = 0};
    if (permits->throttle_count == 0) return;
    out->round = ++permits->round;
    size_t count = HASH_COUNT(permits->wants), i = 0;
    if (count == 0) return;
    if (count > permits->described_capacity) {
        permits->described_capacity = 2 * count;
        permits->described = ll_realloc(permits->described, permits->described_capacity, sizeof *permits->described);
    }
    for (const struct want *want = permits->wants; want; want = want->hh.next) permits->described[i++] = want->said;
    out->throttles = (struct ll_throttle *)(uintptr_t)permits->throttles;
    out->throttle_count = permits->throttle_count;
    out->items = permits->described;
    out->count = count;
}

void ll_permits_hear(struct ll_permits *permits, const struct ll_throttle_grants *grants) {
    for (size_t k = 0; k < grants->count; k++) {
        const struct ll_throttle_grant *grant = &grants->items[k];
        struct want *want;
        HASH_FIND(hh, permits->wants, &grant->ticket, sizeof grant->ticket, want);
        if (!want || want->said.is_held) continue;
        void *waiter = (void *)(uintptr_t)want->holder->waiter;
        if (permits->throttles[want->said.throttle].kind == LL_THROTTLE_PARALLELISM)
            want->said.is_held = true;
        else
            take_out(permits, want);
        permits->host.on_permit(permits->host.owner, waiter, grant->in_us);
    }
}
