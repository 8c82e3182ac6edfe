#include "tests/sim/ledger.h"

#include "libcommon/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ledger_fini(struct ledger *ledger) {
    for (size_t i = 0; i < ledger->count; i++) free(ledger->entries[i].sealed);
    free(ledger->entries);
    *ledger = (struct ledger){0};
}

size_t ledger_add(struct ledger *ledger, const char *run_id, const char *name, uint32_t users) {
    ledger->entries = ll_realloc(ledger->entries, ledger->count + 1, sizeof *ledger->entries);
    struct ledger_entry *entry = &ledger->entries[ledger->count];
    *entry = (struct ledger_entry){.users = users, .started_us = INT64_MAX};
    snprintf(entry->run_id, sizeof entry->run_id, "%s", run_id);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    return ledger->count++;
}

void ledger_seal(struct ledger *ledger, size_t index, uint64_t iterations) {
    struct ledger_entry *entry = &ledger->entries[index];
    entry->sealed = ll_realloc(entry->sealed, entry->sealed_count + 1, sizeof *entry->sealed);
    entry->sealed[entry->sealed_count++] = iterations;
}

// The newest: an agent that gave up preparing in a silence may be told to prepare the same run again.
static const struct ledger_entry *find(const struct ledger *ledger, const char *run_id, const char *name) {
    for (size_t i = ledger->count; i > 0; i--) {
        const struct ledger_entry *entry = &ledger->entries[i - 1];
        if (strcmp(entry->run_id, run_id) == 0 && strcmp(entry->name, name) == 0) return entry;
    }
    return NULL;
}

static uint64_t sum_of_first(const struct ledger_entry *entry, size_t snapshots) {
    uint64_t sum = 0;
    for (size_t i = 0; i < snapshots; i++) sum += entry->sealed[i];
    return sum;
}

static uint64_t counted(const struct ll_series_set *set) {
    return ll_series_total(set, LL_METRIC_ITERATIONS_COMPLETED);
}

// The samples of the histogram must be as many as the counter says: two ways to count the same things twice.
static uint64_t samples(const struct ll_series_set *set) {
    const struct ll_series *series = ll_series_find(set, LL_METRIC_ITERATION_DURATION, "");
    return series ? series->sketch.total : 0;
}

static void check_node(const struct ledger *ledger, const char *run_id, const struct ll_node_result *node, char *out,
                       size_t size) {
    uint64_t total = counted(node->total);
    const struct ledger_entry *entry = find(ledger, run_id, node->name);
    if (!entry) { // it was lost before it heard of the run
        if (total > 0) snprintf(out, size, "%s counts %llu and took no part", node->name, (unsigned long long)total);
        return;
    }
    if (!node->lost && !node->error && total != sum_of_first(entry, entry->sealed_count)) {
        snprintf(out, size, "%s ended well and counts %llu of %llu", node->name, (unsigned long long)total,
                 (unsigned long long)sum_of_first(entry, entry->sealed_count));
        return;
    }
    for (size_t k = entry->acknowledged; k <= entry->sealed_count; k++)
        if (sum_of_first(entry, k) == total) return;
    snprintf(out, size, "%s counts %llu; acknowledged to it were %llu, sealed %llu", node->name,
             (unsigned long long)total, (unsigned long long)sum_of_first(entry, entry->acknowledged),
             (unsigned long long)sum_of_first(entry, entry->sealed_count));
}

static void check_sums(const struct ll_scenario_result *result, char *out, size_t size) {
    uint64_t nodes = 0, windows = 0, buckets = 0, lost = 0;
    for (size_t i = 0; i < result->node_count; i++) {
        const struct ll_node_result *node = &result->nodes[i];
        nodes += counted(node->total);
        lost += node->lost;
        for (size_t k = 0; k < node->window_count; k++) windows += counted(node->windows[k].series);
    }
    for (size_t i = 0; i < result->bucket_count; i++) buckets += counted(result->buckets[i].series);
    uint64_t total = counted(result->total);
    if (total != nodes || total != buckets || total != windows || total != samples(result->total))
        snprintf(out, size,
                 "the whole run counts %llu, its nodes %llu, their windows %llu, its buckets %llu, samples %llu",
                 (unsigned long long)total, (unsigned long long)nodes, (unsigned long long)windows,
                 (unsigned long long)buckets, (unsigned long long)samples(result->total));
    uint64_t losses = ll_series_total(result->total, LL_METRIC_AGENT_LOSSES);
    if (losses != lost)
        snprintf(out, size, "%llu agents are lost, and agent_losses says %llu", (unsigned long long)lost,
                 (unsigned long long)losses);
}

void ledger_check(const struct ledger *ledger, const char *run_id, const struct ll_scenario_result *result, char *out,
                  size_t size) {
    out[0] = '\0';
    check_sums(result, out, size);
    for (size_t i = 0; i < result->node_count && !out[0]; i++) check_node(ledger, run_id, &result->nodes[i], out, size);
}

int64_t ledger_start_skew_us(const struct ledger *ledger, const char *run_id) {
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_entry *entry = &ledger->entries[i];
        if (strcmp(entry->run_id, run_id) != 0 || entry->started_us == INT64_MAX) continue;
        if (entry->started_us < first) first = entry->started_us;
        if (entry->started_us > last) last = entry->started_us;
    }
    return last < first ? 0 : last - first;
}

uint64_t ledger_sealed_in_all(const struct ledger *ledger, const char *run_id) {
    uint64_t sum = 0;
    for (size_t i = 0; i < ledger->count; i++)
        if (strcmp(ledger->entries[i].run_id, run_id) == 0)
            sum += sum_of_first(&ledger->entries[i], ledger->entries[i].sealed_count);
    return sum;
}
