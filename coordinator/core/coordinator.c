#include "coordinator/core/coordinator.h"

#include "coordinator/core/archive.h"
#include "coordinator/core/roster.h"
#include "coordinator/core/run.h"
#include "libcommon/base/alloc.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/result.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ll_coordinator {
    struct ll_coordinator_options options;
    struct ll_roster roster;
    struct ll_run *run; // the one that goes on, or NULL
    struct ll_archive archive;
    char journaled[LL_TOKEN_CHARS + 1]; // the run that is over and that the journal, if kept, is of; "": none
    uint64_t journal_missing;           // records of the journal that was restored
    int64_t run_ended_us;               // of the last one; INT64_MIN / 2 before
    int64_t tick_wanted_us;             // what next_us last said
    int64_t followed_us;                // when someone asked for a run or its result; INT64_MIN / 2 before
    int64_t end_by_us;                  // INT64_MAX unless asked to end
};

static const int64_t stall_us = 1000 * 1000; // a tick this late means that this program itself was held up

// ---- Lifecycle

struct ll_coordinator *ll_coordinator_new(const struct ll_coordinator_options *options) {
    struct ll_coordinator *coordinator = ll_alloc(1, sizeof *coordinator);
    coordinator->options = *options;
    if (!coordinator->options.max_agents) coordinator->options.max_agents = LL_COORDINATOR_MAX_AGENTS;
    if (!coordinator->options.bucket_width_ms) coordinator->options.bucket_width_ms = LL_COORDINATOR_BUCKET_WIDTH_MS;
    coordinator->roster = ll_roster_make(coordinator->options.max_agents);
    coordinator->run_ended_us = INT64_MIN / 2;
    coordinator->tick_wanted_us = INT64_MAX;
    coordinator->followed_us = INT64_MIN / 2;
    coordinator->end_by_us = INT64_MAX;
    return coordinator;
}

void ll_coordinator_free(struct ll_coordinator **coordinator) {
    if (!*coordinator) return;
    ll_run_free(&(*coordinator)->run);
    ll_archive_fini(&(*coordinator)->archive);
    ll_roster_fini(&(*coordinator)->roster);
    free(*coordinator);
    *coordinator = NULL;
}

// ---- Cadence

// Quick enough that a run starts at once, slow enough that a large cluster does not keep the coordinator busy.
static uint32_t quick_ms(const struct ll_coordinator *coordinator) {
    return LL_COORDINATOR_QUICK_MS + (uint32_t)coordinator->roster.count / 4;
}

static bool is_fresh(const struct ll_coordinator *coordinator, const struct ll_roster_agent *agent, int64_t now_us) {
    int64_t since_us =
        agent->registered_us > coordinator->run_ended_us ? agent->registered_us : coordinator->run_ended_us;
    return now_us - since_us < LL_COORDINATOR_FRESH_MS * 1000LL;
}

static uint32_t cadence_ms(const struct ll_coordinator *coordinator, const struct ll_roster_agent *agent,
                           const struct ll_part *part, int64_t now_us) {
    const struct ll_run *run = coordinator->run;
    bool is_about_to_happen = false;
    if (!run)
        is_about_to_happen = is_fresh(coordinator, agent, now_us);
    else if (run->state == LL_RUN_WAITING)
        is_about_to_happen = true;
    else if (part && part->state == LL_PART_ACTIVE)
        is_about_to_happen =
            run->state != LL_RUN_RUNNING || part->agent_state == LL_AGENT_READY || ll_run_has_waiting(run, part);
    return is_about_to_happen ? quick_ms(coordinator) : LL_COORDINATOR_STEADY_MS;
}

// ---- The run's end

static uint64_t unix_ms(const struct ll_coordinator *coordinator, int64_t at_us) {
    return (uint64_t)((coordinator->options.unix_ms_at_zero * 1000 + at_us) / 1000);
}

// Packs the result of the run that has just ended. What is too large for a file is said, and the run has none.
static void pack_result(struct ll_coordinator *coordinator, int64_t now_us, struct ll_buf *out,
                        struct ll_status_reply *status) {
    struct ll_run *run = coordinator->run;
    int64_t started_us = run->start_us < now_us ? run->start_us : now_us;
    struct ll_scenario_result *scenario = ll_alloc(1, sizeof *scenario);
    *scenario = ll_run_take_result(run, unix_ms(coordinator, started_us));
    struct ll_result result = {
        .liveload_version = ll_strdup(LIVELOAD_VERSION),
        .generated_at_ms = unix_ms(coordinator, now_us),
        .scenarios = scenario,
        .scenario_count = 1,
    };
    ll_err err = ll_result_pack(&result, out);
    if (err.status != LL_OK) {
        ll_buf_clear(out);
        status->state = LL_RUN_FAILED;
        status->error = ll_err_in(err, "the result cannot be written");
    }
    ll_result_fini(&result);
}

static bool has_journal(const struct ll_run *run) {
    return run->start_us != INT64_MAX;
}

// The journal stays until then, so that a successor can make the result again.
static void drop_journal(struct ll_coordinator *coordinator, const char *run_id) {
    const struct ll_effects *effects = &coordinator->options.effects;
    bool is_anothers = coordinator->run && has_journal(coordinator->run);
    if (is_anothers || strcmp(coordinator->journaled, run_id) != 0) return;
    coordinator->journaled[0] = '\0';
    effects->journal(effects->owner, &(struct ll_journal_record){LL_JOURNAL_DROPPED});
}

static void archive_run(struct ll_coordinator *coordinator, int64_t now_us) {
    struct ll_run *run = coordinator->run;
    const struct ll_effects *effects = &coordinator->options.effects;
    struct ll_status_reply status = {0};
    ll_run_status(run, now_us, &status);
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    pack_result(coordinator, now_us, &file, &status);
    status.result_bytes = file.len;
    if (file.len > 0) effects->result(effects->owner, run->id, file.data, file.len);
    if (has_journal(run)) {
        effects->journal(effects->owner, &(struct ll_journal_record){LL_JOURNAL_OVER, .at_us = now_us});
        memcpy(coordinator->journaled, run->id, sizeof coordinator->journaled);
    }
    ll_archive_add(&coordinator->archive, run->id, run->spec.name, &status, file.data, file.len);
    ll_run_free(&coordinator->run);
    coordinator->run_ended_us = now_us;
}

// What every step ends with.
static void settle(struct ll_coordinator *coordinator, int64_t now_us) {
    if (!coordinator->run) return;
    ll_run_offer(coordinator->run, now_us, &coordinator->roster, quick_ms(coordinator));
    if (ll_run_is_over(coordinator->run)) archive_run(coordinator, now_us);
}

// ---- Agents' calls

ll_err ll_coordinator_register(struct ll_coordinator *coordinator, int64_t now_us, uint64_t epoch,
                               const struct ll_register_request *request, struct ll_register_reply *out_reply) {
    const struct ll_effects *effects = &coordinator->options.effects;
    size_t count = coordinator->roster.count;
    struct ll_roster_agent *agent;
    LL_TRY(ll_roster_register(&coordinator->roster, now_us, epoch, request, &agent));
    if (coordinator->roster.count > count) {
        ll_effects_log(effects, LL_LOG_INFO, "agent %s has registered (%zu of at most %zu)", agent->name,
                       coordinator->roster.count, coordinator->roster.max);
    }
    out_reply->agent_id = agent->id;
    out_reply->epoch = agent->epoch;
    memcpy(out_reply->name, agent->name, sizeof out_reply->name);
    out_reply->exchange_ms = quick_ms(coordinator);
    out_reply->lease_ms = LL_COORDINATOR_LEASE_MS;
    settle(coordinator, now_us);
    return LL_SUCCESS;
}

// Remembers what the agent had acknowledged, for a call of it that comes when the run is over.
static void note_acknowledged(struct ll_roster_agent *agent, const struct ll_run *run, const struct ll_part *part) {
    memcpy(agent->acknowledged_run, run->id, sizeof agent->acknowledged_run);
    agent->acknowledged = ll_run_acknowledged(run, part);
}

// The lost part of a caller that is not registered any more; NULL when it has none.
static struct ll_part *lost_part(const struct ll_coordinator *coordinator, const struct ll_exchange_request *request) {
    struct ll_part *part = coordinator->run ? ll_run_part(coordinator->run, request->agent_id, request->epoch) : NULL;
    return part && part->state == LL_PART_LOST ? part : NULL;
}

static ll_err exchange_with_lost(struct ll_coordinator *coordinator, int64_t now_us, struct ll_part *part,
                                 const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply) {
    ll_err err = ll_run_hear_lost(coordinator->run, now_us, part, request, out_reply);
    out_reply->exchange_ms = quick_ms(coordinator);
    settle(coordinator, now_us);
    return err;
}

ll_err ll_coordinator_exchange(struct ll_coordinator *coordinator, int64_t now_us,
                               const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply) {
    out_reply->now_us = coordinator->options.unix_ms_at_zero * 1000 + now_us;
    struct ll_roster_agent *agent;
    struct ll_part *lost = lost_part(coordinator, request);
    bool is_registered =
        ll_roster_find(&coordinator->roster, request->agent_id, request->epoch, &agent).status == LL_OK;
    if (lost && !is_registered) return exchange_with_lost(coordinator, now_us, lost, request, out_reply);
    LL_TRY(ll_roster_find(&coordinator->roster, request->agent_id, request->epoch, &agent));
    struct ll_run *run = coordinator->run;
    struct ll_part *part = run ? ll_run_part(run, agent->id, agent->epoch) : NULL;
    out_reply->directive = LL_DIRECTIVE_IDLE;
    if (part) {
        // What cannot be read does not count as heard: an agent that sends nothing else is lost when its lease is over.
        LL_TRY(ll_run_hear(run, now_us, part, request));
        note_acknowledged(agent, run, part);
        ll_run_direct(run, now_us, part, request, out_reply);
    }
    ll_roster_heard(&coordinator->roster, now_us, agent);
    if (strcmp(request->run_id, agent->acknowledged_run) == 0) out_reply->acknowledged = agent->acknowledged;
    out_reply->exchange_ms = cadence_ms(coordinator, agent, part, now_us);
    settle(coordinator, now_us);
    return LL_SUCCESS;
}

static ll_err cut_chunk(const void *data, size_t len, uint64_t offset, struct ll_fetch_reply *out_reply) {
    if (offset > len)
        return ll_err_make(LL_OUT_OF_RANGE, "byte %llu was asked for, of %zu", (unsigned long long)offset, len);
    size_t left = len - offset;
    out_reply->chunk.data = (const char *)data + offset;
    out_reply->chunk.len = left < LL_CHUNK_BYTES ? left : LL_CHUNK_BYTES;
    out_reply->total_bytes = len;
    return LL_SUCCESS;
}

ll_err ll_coordinator_fetch_bundle(struct ll_coordinator *coordinator, const struct ll_fetch_request *request,
                                   struct ll_fetch_reply *out_reply) {
    const struct ll_run *run = coordinator->run;
    if (!run || memcmp(run->bundle_hash, request->hash, sizeof run->bundle_hash) != 0)
        return ll_err_make(LL_NOT_FOUND, "the scenario's files are not here any more: its run is over");
    return cut_chunk(run->bundle, run->bundle_bytes, request->offset, out_reply);
}

ll_err ll_coordinator_send_artifact(struct ll_coordinator *coordinator, int64_t now_us,
                                    const struct ll_send_artifact_request *request,
                                    struct ll_send_artifact_reply *out_reply) {
    struct ll_roster_agent *agent;
    LL_TRY(ll_roster_find(&coordinator->roster, request->agent_id, request->epoch, &agent));
    struct ll_run *run = coordinator->run;
    const struct ll_part *part = run ? ll_run_part(run, agent->id, agent->epoch) : NULL;
    if (!part) return ll_err_make(LL_FAILED_PRECONDITION, "agent %s has no part in a run that goes on", agent->name);
    return ll_run_keep_artifact(run, now_us, part, request, &out_reply->received_bytes);
}

// Takes the agent off the roster; a part that it still has is lost. `why` completes "agent NAME ".
static void lose_agent(struct ll_coordinator *coordinator, int64_t now_us, struct ll_roster_agent *agent,
                       enum ll_loss loss, const char *why) {
    struct ll_part *part = coordinator->run ? ll_run_part(coordinator->run, agent->id, agent->epoch) : NULL;
    ll_err err = ll_err_make(LL_UNAVAILABLE, "agent %s %s", agent->name, why);
    ll_effects_log(&coordinator->options.effects, LL_LOG_INFO, "%s", err.text);
    ll_roster_remove(&coordinator->roster, agent);
    if (part) ll_run_lose(coordinator->run, now_us, part, loss, err);
    settle(coordinator, now_us);
}

ll_err ll_coordinator_leave(struct ll_coordinator *coordinator, int64_t now_us,
                            const struct ll_leave_request *request) {
    struct ll_roster_agent *agent;
    struct ll_part *part = coordinator->run ? ll_run_part(coordinator->run, request->agent_id, request->epoch) : NULL;
    ll_err err = ll_roster_find(&coordinator->roster, request->agent_id, request->epoch, &agent);
    if (err.status == LL_OK) {
        char why[sizeof request->reason + 16];
        snprintf(why, sizeof why, "has left%s%s", request->reason[0] ? ": " : "", request->reason);
        lose_agent(coordinator, now_us, agent, LL_LOSS_GONE, why);
    } else if (part) { // lost before, and not to be waited for any more
        ll_run_lose(coordinator->run, now_us, part, LL_LOSS_GONE, part->error);
        settle(coordinator, now_us);
        err = LL_SUCCESS;
    }
    return err;
}

// ---- Calls that control a run

static ll_err check_request(const struct ll_coordinator *coordinator, const struct ll_submit_request *request) {
    const struct ll_run *run = coordinator->run;
    if (coordinator->end_by_us != INT64_MAX)
        return ll_err_make(LL_FAILED_PRECONDITION, "this coordinator is about to end: start another one");
    if (run)
        return ll_err_make(
            LL_FAILED_PRECONDITION,
            "run %s of scenario \"%s\" still goes on here: wait until it has ended, end it with liveload "
            "stop, or follow it with liveload attach",
            run->id, run->spec.name);
    if (request->min_agents > coordinator->roster.max)
        return ll_err_make(LL_RESOURCE_EXHAUSTED,
                           "the run waits for %u agents, and this coordinator takes at most %zu: start it with "
                           "--max-agents %u",
                           request->min_agents, coordinator->roster.max, request->min_agents);
    if (request->bundle.len == 0 || request->bundle.len > LL_BUNDLE_BYTES_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "the scenario's files are %zu bytes; 1 to %d can be run",
                           request->bundle.len, LL_BUNDLE_BYTES_MAX);
    return ll_spec_validate(&request->spec);
}

ll_err ll_coordinator_submit(struct ll_coordinator *coordinator, int64_t now_us, const char *run_id,
                             const struct ll_submit_request *request, struct ll_submit_reply *out_reply) {
    const struct ll_effects *effects = &coordinator->options.effects;
    LL_TRY(check_request(coordinator, request));
    coordinator->run = ll_run_new(effects, now_us, run_id, request, coordinator->options.bucket_width_ms);
    memcpy(out_reply->run_id, coordinator->run->id, sizeof out_reply->run_id);
    ll_effects_log(effects, LL_LOG_INFO, "run %s of scenario \"%s\" was submitted", run_id, request->spec.name);
    settle(coordinator, now_us);
    return LL_SUCCESS;
}

static bool is_current(const struct ll_coordinator *coordinator, const char *run_id) {
    return coordinator->run && (run_id[0] == '\0' || strcmp(coordinator->run->id, run_id) == 0);
}

static ll_err find_archived(const struct ll_coordinator *coordinator, const char *run_id,
                            const struct ll_archived_run **out) {
    *out = ll_archive_find(&coordinator->archive, run_id);
    if (*out) return LL_SUCCESS;
    if (run_id[0] == '\0') return ll_err_make(LL_NOT_FOUND, "nothing has been run here yet");
    return ll_err_make(LL_NOT_FOUND,
                       "run %s is not known here: a coordinator keeps the last %d runs until it is stopped", run_id,
                       LL_ARCHIVE_RUNS_MAX);
}

ll_err ll_coordinator_status(struct ll_coordinator *coordinator, int64_t now_us, const struct ll_run_request *request,
                             struct ll_status_reply *out_reply) {
    coordinator->followed_us = now_us;
    if (is_current(coordinator, request->run_id)) {
        ll_run_status(coordinator->run, now_us, out_reply);
    } else {
        const struct ll_archived_run *run;
        LL_TRY(find_archived(coordinator, request->run_id, &run));
        *out_reply = run->status;
    }
    out_reply->agents_registered = (uint32_t)coordinator->roster.count;
    return LL_SUCCESS;
}

void ll_coordinator_list(const struct ll_coordinator *coordinator, int64_t now_us, struct ll_runs_reply *out_reply) {
    _Static_assert(LL_ARCHIVE_RUNS_MAX + 1 <= LL_RUNS_LISTED_MAX, "not all runs can be listed");
    for (size_t i = 0; i < coordinator->archive.count; i++) {
        const struct ll_archived_run *run = &coordinator->archive.runs[i];
        struct ll_run_summary *summary = &out_reply->runs[out_reply->count++];
        memcpy(summary->run_id, run->run_id, sizeof summary->run_id);
        memcpy(summary->scenario, run->scenario, sizeof summary->scenario);
        summary->status = run->status;
    }
    if (coordinator->run) {
        struct ll_run_summary *summary = &out_reply->runs[out_reply->count++];
        memcpy(summary->run_id, coordinator->run->id, sizeof summary->run_id);
        snprintf(summary->scenario, sizeof summary->scenario, "%s", coordinator->run->spec.name);
        ll_run_status(coordinator->run, now_us, &summary->status);
    }
    out_reply->agents_registered = (uint32_t)coordinator->roster.count;
}

ll_err ll_coordinator_stop(struct ll_coordinator *coordinator, int64_t now_us, const struct ll_run_request *request) {
    if (is_current(coordinator, request->run_id)) {
        ll_run_stop(coordinator->run, now_us);
        settle(coordinator, now_us);
        return LL_SUCCESS;
    }
    const struct ll_archived_run *over; // stopping what is over already is no mistake
    return find_archived(coordinator, request->run_id, &over);
}

ll_err ll_coordinator_fetch_result(struct ll_coordinator *coordinator, const struct ll_fetch_request *request,
                                   struct ll_fetch_reply *out_reply) {
    if (is_current(coordinator, request->run_id))
        return ll_err_make(LL_FAILED_PRECONDITION,
                           "run %s still goes on: its result can be fetched when it is finished", coordinator->run->id);
    const struct ll_archived_run *run;
    LL_TRY(find_archived(coordinator, request->run_id, &run));
    LL_TRY(cut_chunk(run->result, run->result_bytes, request->offset, out_reply));
    if (request->offset + out_reply->chunk.len == run->result_bytes) drop_journal(coordinator, run->run_id);
    return LL_SUCCESS;
}

ll_err ll_coordinator_may_fetch_artifact(const struct ll_coordinator *coordinator,
                                         const struct ll_fetch_artifact_request *request) {
    if (is_current(coordinator, request->run_id))
        return ll_err_make(LL_FAILED_PRECONDITION,
                           "run %s still goes on: its artifacts can be fetched when it is finished",
                           coordinator->run->id);
    const struct ll_archived_run *run;
    LL_TRY(find_archived(coordinator, request->run_id, &run));
    char prefix[LL_ARTIFACT_NAME_MAX]; // of any agent's
    ll_artifact_prefix(run->run_id, 0, "", prefix);
    *strchr(prefix, '-') = '\0';
    if (strncmp(request->name, prefix, strlen(prefix)) == 0 && request->name[strlen(prefix)] == '-') return LL_SUCCESS;
    return ll_err_make(LL_NOT_FOUND, "run %s has no artifact %.100s", run->run_id, request->name);
}

// ---- After a restart

static void restore_agent(struct ll_coordinator *coordinator, int64_t now_us, struct ll_part *part) {
    struct ll_roster_agent agent = {
        .id = part->agent_id,
        .epoch = part->epoch,
        .instance = part->instance,
        .max_users = part->max_users,
        .registered_us = now_us,
        .heard_us = now_us,
    };
    memcpy(agent.name, part->name, sizeof agent.name);
    memcpy(agent.browser, part->browser, sizeof agent.browser);
    if (ll_roster_restore(&coordinator->roster, &agent)) return;
    ll_run_lose(coordinator->run, coordinator->run->start_us, part, LL_LOSS_SILENT,
                ll_err_make(LL_RESOURCE_EXHAUSTED,
                            "agent %s has no place here any more: the coordinator was restarted with --max-agents "
                            "%zu",
                            part->name, coordinator->roster.max));
}

static void restore_loss(struct ll_coordinator *coordinator, struct ll_part *part, ll_err why) {
    struct ll_roster_agent *agent;
    if (ll_roster_find(&coordinator->roster, part->agent_id, part->epoch, &agent).status == LL_OK)
        ll_roster_remove(&coordinator->roster, agent);
    ll_run_lose(coordinator->run, coordinator->run->start_us, part, LL_LOSS_SILENT, why);
}

// The run was over at `at_us`, and its result is made again as it was then. Its agents register again.
static void restore_end(struct ll_coordinator *coordinator, int64_t at_us) {
    ll_run_restore_end(coordinator->run, at_us);
    archive_run(coordinator, at_us);
    while (coordinator->roster.count > 0) ll_roster_remove(&coordinator->roster, coordinator->roster.agents);
}

ll_err ll_coordinator_restored(const struct ll_coordinator *coordinator) {
    bool has_run = coordinator->run || coordinator->archive.count > 0;
    if (has_run || coordinator->journal_missing == 0) return LL_SUCCESS;
    return ll_err_make(LL_DATA_LOSS, "its first records, which say what the run is, are damaged: the run cannot go on; "
                                     "move the journal away to start without it");
}

// What happened while the run went on is told as of its start, when nothing was overdue; the next tick sees the rest.
ll_err ll_coordinator_restore(struct ll_coordinator *coordinator, int64_t now_us,
                              const struct ll_journal_record *record) {
    struct ll_run *run = coordinator->run;
    if (record->kind == LL_JOURNAL_MISSING) {
        coordinator->journal_missing += record->count;
        if (run) run->journal_missing = coordinator->journal_missing;
        return LL_SUCCESS;
    }
    bool is_first = record->kind == LL_JOURNAL_STARTED;
    if (is_first && run && strcmp(run->id, record->run->id) == 0) return LL_SUCCESS; // it stands there twice
    if (!run && !is_first && coordinator->journal_missing > 0) return ll_coordinator_restored(coordinator);
    bool has_part = record->kind == LL_JOURNAL_FRAME || record->kind == LL_JOURNAL_LOST ||
                    record->kind == LL_JOURNAL_ARTIFACT || record->kind == LL_JOURNAL_RELEASED;
    if (is_first != !run || (has_part && record->part >= run->part_count))
        return ll_err_make(LL_DATA_LOSS, "the journal's records do not follow from one another");
    switch (record->kind) {
    case LL_JOURNAL_STARTED:
        coordinator->run = ll_run_restore(&coordinator->options.effects, record->run);
        coordinator->run->journal_missing = coordinator->journal_missing;
        for (size_t i = 0; i < coordinator->run->part_count; i++)
            restore_agent(coordinator, now_us, &coordinator->run->parts[i]);
        break;
    case LL_JOURNAL_FRAME:
        LL_TRY(ll_run_restore_frame(run, &run->parts[record->part], record->frame));
        break;
    case LL_JOURNAL_LOST:
        restore_loss(coordinator, &run->parts[record->part], record->why);
        break;
    case LL_JOURNAL_RELEASED:
        ll_barriers_restore(run->barriers, record->part, record->ticket);
        break;
    case LL_JOURNAL_PERMITTED:
        ll_throttles_restore(run->throttles, record->name, record->at_us);
        break;
    case LL_JOURNAL_STOPPED:
        ll_run_stop(run, now_us);
        break;
    case LL_JOURNAL_OVER:
        restore_end(coordinator, record->at_us);
        break;
    case LL_JOURNAL_ARTIFACT:
        ll_artifacts_restore(&run->artifacts, record->part, record->artifact);
        break;
    case LL_JOURNAL_ARTIFACT_LOST:
        ll_artifacts_lose(&run->artifacts, record->name, record->why);
        break;
    case LL_JOURNAL_MISSING:
    case LL_JOURNAL_DROPPED:
    case LL_JOURNAL_KINDS:
        break;
    }
    return LL_SUCCESS;
}

// ---- Time

// When this program itself was held up, calls wait unread and no agent was silent: the leases begin again.
static void forgive_own_stall(struct ll_coordinator *coordinator, int64_t now_us) {
    if (coordinator->tick_wanted_us == INT64_MAX || now_us - coordinator->tick_wanted_us < stall_us) return;
    ll_roster_heard_all(&coordinator->roster, now_us);
}

void ll_coordinator_tick(struct ll_coordinator *coordinator, int64_t now_us) {
    forgive_own_stall(coordinator, now_us);
    int64_t silent_since_us = now_us - LL_COORDINATOR_LEASE_MS * 1000LL;
    struct ll_roster_agent *agent;
    while ((agent = ll_roster_longest_silent(&coordinator->roster)) && agent->heard_us <= silent_since_us) {
        char why[64];
        snprintf(why, sizeof why, "was not heard for %d s", LL_COORDINATOR_LEASE_MS / 1000);
        lose_agent(coordinator, now_us, agent, LL_LOSS_SILENT, why);
    }
    if (coordinator->run) ll_run_tick(coordinator->run, now_us);
    settle(coordinator, now_us);
}

int64_t ll_coordinator_next_us(struct ll_coordinator *coordinator) {
    int64_t at_us = coordinator->run ? ll_run_next_us(coordinator->run) : INT64_MAX;
    const struct ll_roster_agent *silent = ll_roster_longest_silent(&coordinator->roster);
    if (silent && silent->heard_us + LL_COORDINATOR_LEASE_MS * 1000LL < at_us)
        at_us = silent->heard_us + LL_COORDINATOR_LEASE_MS * 1000LL;
    coordinator->tick_wanted_us = at_us;
    return at_us;
}

void ll_coordinator_cut(struct ll_coordinator *coordinator, int64_t now_us) {
    if (!coordinator->run) return;
    ll_run_cut(coordinator->run, now_us);
    settle(coordinator, now_us);
}

void ll_coordinator_end(struct ll_coordinator *coordinator, int64_t now_us) {
    if (coordinator->end_by_us == INT64_MAX) coordinator->end_by_us = now_us + LL_COORDINATOR_END_LIMIT_MS * 1000LL;
    if (!coordinator->run) return;
    ll_run_end(coordinator->run, now_us);
    settle(coordinator, now_us);
}

bool ll_coordinator_may_quit(const struct ll_coordinator *coordinator, int64_t now_us) {
    if (now_us >= coordinator->end_by_us) return true;
    if (coordinator->run) return false;
    int64_t asked_us = coordinator->end_by_us - LL_COORDINATOR_END_LIMIT_MS * 1000LL,
            ended_us = coordinator->run_ended_us;
    if (ended_us < asked_us) return true; // no run went on, and nobody waits for anything
    const struct ll_roster_agent *silent = ll_roster_longest_silent(&coordinator->roster);
    if (silent && silent->heard_us <= ended_us) return false; // it may still hold the run
    return now_us - coordinator->followed_us >= LL_COORDINATOR_FOLLOWED_MS * 1000LL;
}
