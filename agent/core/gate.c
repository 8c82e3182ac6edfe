#include "agent/core/gate.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define uthash_malloc(size) ll_alloc(1, size)
#include <uthash.h>

struct waiting {
    void *waiter;
    struct ll_barrier_wait wait;         // its name is owned
    UT_hash_handle by_waiter, by_ticket; // which keep the order: tickets ascend, since each is larger than all before
};

struct ll_gate {
    struct ll_gate_host host;
    struct waiting *waiters, *tickets; // the same ones
    size_t leaving;                    // of them
    struct ll_barrier_wait *described;
    size_t described_capacity;
    uint64_t last_ticket, round;
};

struct ll_gate *ll_gate_new(struct ll_gate_host host) {
    struct ll_gate *gate = ll_alloc(1, sizeof *gate);
    gate->host = host;
    return gate;
}

static size_t count_all(const struct ll_gate *gate) {
    return HASH_CNT(by_ticket, gate->tickets);
}

static struct waiting *find_waiter(const struct ll_gate *gate, const void *waiter) {
    struct waiting *waiting;
    HASH_FIND(by_waiter, gate->waiters, &waiter, sizeof waiter, waiting);
    return waiting;
}

static struct waiting *find_ticket(const struct ll_gate *gate, uint64_t ticket) {
    struct waiting *waiting;
    HASH_FIND(by_ticket, gate->tickets, &ticket, sizeof ticket, waiting);
    return waiting;
}

static void take_out(struct ll_gate *gate, struct waiting *waiting) {
    HASH_DELETE(by_waiter, gate->waiters, waiting);
    HASH_DELETE(by_ticket, gate->tickets, waiting);
    gate->leaving -= waiting->wait.is_leaving;
    free((char *)(uintptr_t)waiting->wait.name);
    free(waiting);
}

void ll_gate_free(struct ll_gate **gate) {
    if (!*gate) return;
    while ((*gate)->tickets) take_out(*gate, (*gate)->tickets);
    free((*gate)->described);
    free(*gate);
    *gate = NULL;
}

void ll_gate_enter(struct ll_gate *gate, void *waiter, const char *name, uint32_t count) {
    assert(!find_waiter(gate, waiter) && count > 0);
    struct waiting *waiting = ll_alloc(1, sizeof *waiting);
    waiting->waiter = waiter;
    waiting->wait = (struct ll_barrier_wait){.ticket = ++gate->last_ticket, .name = ll_strdup(name), .count = count};
    HASH_ADD(by_waiter, gate->waiters, waiter, sizeof waiting->waiter, waiting);
    HASH_ADD(by_ticket, gate->tickets, wait.ticket, sizeof waiting->wait.ticket, waiting);
    gate->host.on_wants(gate->host.owner);
}

void ll_gate_withdraw(struct ll_gate *gate, void *waiter) {
    struct waiting *waiting = find_waiter(gate, waiter);
    assert(waiting);
    gate->leaving += !waiting->wait.is_leaving;
    waiting->wait.is_leaving = true;
    gate->host.on_wants(gate->host.owner);
}

void ll_gate_drop(struct ll_gate *gate, void *waiter) {
    struct waiting *waiting = find_waiter(gate, waiter);
    if (!waiting) return;
    take_out(gate, waiting);
    gate->host.on_wants(gate->host.owner);
}

size_t ll_gate_count(const struct ll_gate *gate) {
    return count_all(gate) - gate->leaving;
}

void ll_gate_describe(struct ll_gate *gate, bool nobody_else, struct ll_barrier_waits *out) {
    size_t count = count_all(gate), i = 0;
    if (count > gate->described_capacity) {
        gate->described_capacity = 2 * count;
        gate->described = ll_realloc(gate->described, gate->described_capacity, sizeof *gate->described);
    }
    for (const struct waiting *at = gate->tickets; at; at = at->by_ticket.next) gate->described[i++] = at->wait;
    *out = (struct ll_barrier_waits){
        .round = ++gate->round, .items = gate->described, .count = count, .nobody_else = nobody_else};
}

bool ll_gate_hear(struct ll_gate *gate, const struct ll_barrier_answers *answers) {
    for (size_t k = 0; k < answers->count; k++) {
        const struct ll_barrier_answer *answer = &answers->items[k];
        struct waiting *waiting = find_ticket(gate, answer->ticket);
        // One that is not released and did not want to leave when this is heard has nothing to do with it.
        if (!waiting || (!answer->is_released && !waiting->wait.is_leaving)) continue;
        void *waiter = waiting->waiter;
        take_out(gate, waiting);
        gate->host.on_answer(gate->host.owner, waiter, answer->is_released, answer->others);
    }
    return answers->nobody_comes && count_all(gate) > 0;
}
