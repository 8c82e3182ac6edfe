// This agent's users that wait at barriers: what it tells the coordinator of them, and what becomes of each.
//
// Pure: no clock and no socket. Whoever waits has a ticket, listed in every exchange until it was answered or dropped
// (coordinator/core/barrier.h has the other side). One owner. The calls on_wants and on_answer may enter, withdraw and
// drop others.
#ifndef AGENT_CORE_GATE_H
#define AGENT_CORE_GATE_H

#include "libcommon/model/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_gate_host {
    void *owner;
    void (*on_wants)(void *owner); // there is news for the coordinator: exchange soon
    // The waiter is released; or was withdrawn as it asked, and `others` still wait there. It is out of the gate.
    void (*on_answer)(void *owner, void *waiter, bool is_released, uint32_t others);
};

struct ll_gate;

struct ll_gate *ll_gate_new(struct ll_gate_host host);
void ll_gate_free(struct ll_gate **gate);

// `waiter` waits at barrier `name` until `count` users do. It waits once at a time.
void ll_gate_enter(struct ll_gate *gate, void *waiter, const char *name, uint32_t count);
// It does not want to wait any longer: answered too, since it may have been released meanwhile.
void ll_gate_withdraw(struct ll_gate *gate, void *waiter);
// It is gone, untold. Nothing happens when it does not wait.
void ll_gate_drop(struct ll_gate *gate, void *waiter);
// How many wait, without those that want to leave.
size_t ll_gate_count(const struct ll_gate *gate);

// What the next exchange says; borrowed until the gate is used again. `nobody_else`: users that are not in here come to
// no barrier any more.
void ll_gate_describe(struct ll_gate *gate, bool nobody_else, struct ll_barrier_waits *out);
// What the coordinator answered. True when whoever is still in here waits in vain.
bool ll_gate_hear(struct ll_gate *gate, const struct ll_barrier_answers *answers);

#endif
