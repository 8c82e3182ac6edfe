// What the agents of a simulation know to be true, kept beside them: how many iterations each sealed in which snapshot,
// and what was acknowledged to it. A result is held against it.
//
// An agent seals iterations; the coordinator counts a snapshot once, or loses it with the agent. Snapshots are taken in
// the order of their numbers, so what was counted of an agent is what it sealed in its first k snapshots, with k at
// least what was acknowledged.
#ifndef TESTS_SIM_LEDGER_H
#define TESTS_SIM_LEDGER_H

#include "libcommon/model/messages.h"
#include "libcommon/model/result.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_entry { // one agent's part in one run
    char run_id[LL_TOKEN_CHARS + 1];
    char name[LL_AGENT_NAME_MAX];
    uint32_t users;
    int64_t started_us;  // INT64_MAX: not yet
    uint64_t *sealed;    // iterations in each snapshot, by sequence - 1
    size_t sealed_count; // snapshots
    uint64_t acknowledged;
};

struct ledger {
    struct ledger_entry *entries;
    size_t count;
};

void ledger_fini(struct ledger *ledger);
// Its number; entries move when others are added.
size_t ledger_add(struct ledger *ledger, const char *run_id, const char *name, uint32_t users);
void ledger_seal(struct ledger *ledger, size_t entry, uint64_t iterations);

// Says what is wrong with the result of a run, or "" when nothing is.
void ledger_check(const struct ledger *ledger, const char *run_id, const struct ll_scenario_result *result, char *out,
                  size_t size);
// How far apart the agents of a run started.
int64_t ledger_start_skew_us(const struct ledger *ledger, const char *run_id);
uint64_t ledger_sealed_in_all(const struct ledger *ledger, const char *run_id);

#endif
