#include "agent/core/gate.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct waiting {
    void *waiter;
    struct ll_barrier_wait wait; // its name is owned
};

struct ll_gate {
    struct ll_gate_host host;
    struct waiting *list; // tickets ascend, since each is larger than all before
    size_t count, capacity;
    struct ll_barrier_wait *described;
    uint64_t last_ticket, round;
};

struct ll_gate *ll_gate_new(struct ll_gate_host host) {
    struct ll_gate *gate = ll_alloc(1, sizeof *gate);
    gate->host = host;
    return gate;
}

void ll_gate_free(struct ll_gate **gate) {
    if (!*gate) return;
    for (size_t i = 0; i < (*gate)->count; i++) free((char *)(uintptr_t)(*gate)->list[i].wait.name);
    free((*gate)->list);
    free((*gate)->described);
    free(*gate);
    *gate = NULL;
}

static size_t index_of(const struct ll_gate *gate, const void *waiter) {
    size_t i = 0;
    while (i < gate->count && gate->list[i].waiter != waiter) i++;
    return i;
}

static void take_out(struct ll_gate *gate, size_t i) {
    free((char *)(uintptr_t)gate->list[i].wait.name);
    gate->count--;
    memmove(gate->list + i, gate->list + i + 1, (gate->count - i) * sizeof *gate->list);
}

void ll_gate_enter(struct ll_gate *gate, void *waiter, const char *name, uint32_t count) {
    assert(index_of(gate, waiter) == gate->count && count > 0);
    if (gate->count == gate->capacity) {
        gate->capacity = gate->capacity ? gate->capacity * 2 : 8;
        gate->list = ll_realloc(gate->list, gate->capacity, sizeof *gate->list);
        gate->described = ll_realloc(gate->described, gate->capacity, sizeof *gate->described);
    }
    gate->list[gate->count++] = (struct waiting){
        .waiter = waiter, .wait = {.ticket = ++gate->last_ticket, .name = ll_strdup(name), .count = count}};
    gate->host.on_wants(gate->host.owner);
}

void ll_gate_withdraw(struct ll_gate *gate, void *waiter) {
    size_t i = index_of(gate, waiter);
    assert(i < gate->count);
    gate->list[i].wait.is_leaving = true;
    gate->host.on_wants(gate->host.owner);
}

void ll_gate_drop(struct ll_gate *gate, void *waiter) {
    size_t i = index_of(gate, waiter);
    if (i == gate->count) return;
    take_out(gate, i);
    gate->host.on_wants(gate->host.owner);
}

size_t ll_gate_count(const struct ll_gate *gate) {
    size_t count = 0;
    for (size_t i = 0; i < gate->count; i++) count += !gate->list[i].wait.is_leaving;
    return count;
}

void ll_gate_describe(struct ll_gate *gate, bool nobody_else, struct ll_barrier_waits *out) {
    for (size_t i = 0; i < gate->count; i++) gate->described[i] = gate->list[i].wait;
    *out = (struct ll_barrier_waits){
        .round = ++gate->round, .items = gate->described, .count = gate->count, .nobody_else = nobody_else};
}

static size_t find_ticket(const struct ll_gate *gate, uint64_t ticket) {
    size_t i = 0;
    while (i < gate->count && gate->list[i].wait.ticket != ticket) i++;
    return i;
}

bool ll_gate_hear(struct ll_gate *gate, const struct ll_barrier_answers *answers) {
    for (size_t k = 0; k < answers->count; k++) {
        const struct ll_barrier_answer *answer = &answers->items[k];
        size_t i = find_ticket(gate, answer->ticket);
        // One that is not released and did not want to leave when this is heard has nothing to do with it.
        if (i == gate->count || (!answer->is_released && !gate->list[i].wait.is_leaving)) continue;
        void *waiter = gate->list[i].waiter;
        take_out(gate, i);
        gate->host.on_answer(gate->host.owner, waiter, answer->is_released, answer->others);
    }
    return answers->nobody_comes && gate->count > 0;
}
