// How a run looks from outside: its status while it goes on, and its result once it is over.
#include "coordinator/core/run.h"
#include "coordinator/core/verdict.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/redact.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

// ---- Status

static const struct ll_part *part_to_return(const struct ll_run *run) {
    if (ll_run_count_parts(run, LL_PART_ACTIVE) > 0) return NULL;
    for (size_t i = 0; i < run->part_count; i++)
        if (run->parts[i].awaited_until_us != 0) return &run->parts[i];
    return NULL;
}

static void name_laggard(const struct ll_run *run, char *out, size_t size) {
    const struct ll_part *laggard = NULL;
    switch (run->state) {
    case LL_RUN_WAITING:
        snprintf(out, size, "%zu of %u agents have registered", run->agents_there, run->min_agents);
        break;
    case LL_RUN_PREPARING:
        laggard = ll_run_laggard(run, LL_AGENT_READY);
        if (laggard)
            snprintf(out, size, "agent %s is still opening its %u user%s", laggard->name, laggard->share.users,
                     laggard->share.users == 1 ? "" : "s");
        break;
    case LL_RUN_STOPPING:
        laggard = ll_run_laggard(run, LL_AGENT_DRAINING);
        if (laggard) snprintf(out, size, "agent %s is still ending its iterations", laggard->name);
        break;
    case LL_RUN_RUNNING:
        laggard = part_to_return(run);
        if (laggard) snprintf(out, size, "agent %s was lost; the run waits for it to come back", laggard->name);
        break;
    case LL_RUN_STARTING:
    case LL_RUN_FINISHED:
    case LL_RUN_FAILED:
        break;
    }
}

static void count_so_far(const struct ll_series_set *total, struct ll_status_reply *out) {
    out->iterations_completed = ll_series_total(total, LL_METRIC_ITERATIONS_COMPLETED);
    out->iterations_failed = ll_series_total(total, LL_METRIC_ITERATIONS_FAILED);
    out->http_requests = ll_series_total(total, LL_METRIC_HTTP_REQUESTS);
    const struct ll_series *durations = ll_series_find(total, LL_METRIC_ITERATION_DURATION, "");
    if (durations) out->iteration_p95_us = ll_sketch_quantile(&durations->sketch, 0.95);
}

void ll_run_status(const struct ll_run *run, int64_t now_us, struct ll_status_reply *out) {
    out->state = run->state;
    out->error = run->error;
    int64_t until_us = run->end_us < now_us ? run->end_us : now_us;
    if (run->start_us < until_us) out->elapsed_ms = (uint64_t)(until_us - run->start_us) / 1000;
    out->planned_ms = ll_load_planned_ms(&run->spec.load);
    for (size_t i = 0; i < run->part_count; i++) {
        out->active_users += run->parts[i].active_users;
        out->first_iteration_started |= run->parts[i].first_iteration_started;
    }
    out->agents_lost = ll_run_count_parts(run, LL_PART_LOST);
    name_laggard(run, out->waiting_for, sizeof out->waiting_for);
    const struct ll_series_set *total = run->collect ? ll_collect_total(run->collect) : NULL;
    if (total) count_so_far(total, out);
}

// ---- Result

// Its agent heard nothing of us for so long that it stopped its users.
static bool is_orphaned(const struct ll_part *part) {
    return part->state != LL_PART_LOST && part->error.status != LL_OK;
}

static void describe_nodes(const struct ll_run *run, struct ll_scenario_result *result) {
    result->nodes = ll_alloc(run->part_count, sizeof *result->nodes);
    result->node_count = run->part_count;
    for (size_t i = 0; i < run->part_count; i++) {
        const struct ll_part *part = &run->parts[i];
        struct ll_node_result *node = &result->nodes[i];
        node->name = ll_strdup(part->name);
        node->browser = part->browser[0] ? ll_strdup(part->browser) : NULL;
        node->coverage = part->coverage;
        node->lost = part->state == LL_PART_LOST;
        if (node->lost)
            node->error = ll_strdup(part->error.text);
        else if (is_orphaned(part))
            node->error = ll_strdup(part->error.text);
        else if (part->state == LL_PART_ACTIVE && run->cut)
            node->error = ll_strdup("the coordinator was stopped while this agent's users were running");
    }
}

static void remark_losses(const struct ll_run *run, struct ll_scenario_result *result) {
    for (size_t i = 0; i < run->part_count; i++) {
        const struct ll_part *part = &run->parts[i];
        if (is_orphaned(part)) ll_scenario_result_add_remark(result, "agent %s: %s", part->name, part->error.text);
        if (part->state != LL_PART_LOST) continue;
        ll_scenario_result_add_remark(
            result, "%s; its %u user%s ended there%s", part->error.text, part->share.users,
            part->share.users == 1 ? "" : "s",
            part->snapshots_taken_late ? "; it was heard again, and what it had measured until then is counted" : "");
    }
    if (run->ends_at_once && !run->cut)
        ll_scenario_result_add_remark(result,
                                      "the coordinator was asked to end during the run, and stopped its agents");
    if (run->cut)
        ll_scenario_result_add_remark(result, "the coordinator was stopped during the run: what was measured after the "
                                              "agents' last snapshots is missing");
}

// Before the series are moved into the result.
static void count_lost_snapshots(const struct ll_run *run) {
    for (size_t i = 0; i < run->part_count; i++) ll_collect_count_lost(run->collect, i, run->parts[i].name);
}

static void remark_journal(const struct ll_run *run, struct ll_scenario_result *result) {
    if (run->journal_missing > 0)
        ll_scenario_result_add_remark(result,
                                      "%llu record%s of the coordinator's journal %s damaged and could not be read",
                                      (unsigned long long)run->journal_missing, run->journal_missing == 1 ? "" : "s",
                                      run->journal_missing == 1 ? "was" : "were");
}

static void remark_lost_artifacts(const struct ll_run *run, struct ll_scenario_result *result) {
    if (run->artifacts.lost == 0) return;
    ll_scenario_result_add_remark(result, "%zu of the run's artifacts could not be kept: %s", run->artifacts.lost,
                                  run->artifacts.why.text);
}

static void judge(const struct ll_run *run, struct ll_scenario_result *result) {
    struct ll_node_load *loads = ll_alloc(run->part_count, sizeof *loads);
    struct ll_lost_snapshots *lost = ll_alloc(run->part_count, sizeof *lost);
    uint32_t orphaned = 0; // their load ended before its time, as that of lost ones did
    for (size_t i = 0; i < run->part_count; i++) {
        orphaned += is_orphaned(&run->parts[i]);
        loads[i] = ll_collect_load(run->collect, i);
        lost[i] = ll_collect_lost(run->collect, i);
    }
    struct ll_generator_facts facts = {
        .agents_lost = ll_run_count_parts(run, LL_PART_LOST) + orphaned,
        .max_lost_agents = run->max_lost_agents,
        .nobody_finished = run->state == LL_RUN_FAILED,
        .loads = loads,
        .lost = lost,
    };
    ll_verdict_judge(result, &facts);
    free(loads);
    free(lost);
}

struct ll_scenario_result ll_run_take_result(struct ll_run *run, uint64_t started_at_ms) {
    assert(ll_run_is_over(run));
    struct ll_scenario_result result = {
        .name = ll_strdup(run->spec.name),
        .started_at_ms = started_at_ms,
        .bucket_width_ms = run->bucket_width_ms,
        .stopped_early = run->stopped_early,
        .spec = ll_spec_copy(&run->spec),
    };
    bool has_started = run->start_us <= run->end_us;
    for (size_t i = 0; i < result.spec.option_count; i++) ll_redact_text(result.spec.options[i].value);
    if (run->collect && has_started) {
        describe_nodes(run, &result);
        count_lost_snapshots(run);
        ll_collect_move(run->collect, &result);
        result.artifacts = ll_artifacts_move(&run->artifacts, &result.artifact_count);
        remark_losses(run, &result);
        remark_journal(run, &result);
        judge(run, &result);
        remark_lost_artifacts(run, &result);
    } else {
        result.error = ll_strdup(run->error.text);
        result.total = ll_series_set_new();
        result.verdict = LL_VERDICT_INVALID;
    }
    return result;
}
