#include "coordinator/core/run.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TO(state) (1u << LL_RUN_##state)

// The allowed moves; the diagram in the header is drawn from it.
static const unsigned moves[LL_RUN_STATES] = {
    [LL_RUN_WAITING] = TO(PREPARING) | TO(FAILED),
    [LL_RUN_PREPARING] = TO(STARTING) | TO(FAILED),
    [LL_RUN_STARTING] = TO(RUNNING) | TO(FAILED),
    [LL_RUN_RUNNING] = TO(STOPPING) | TO(FINISHED) | TO(FAILED),
    [LL_RUN_STOPPING] = TO(FINISHED) | TO(FAILED),
    [LL_RUN_FINISHED] = 0,
    [LL_RUN_FAILED] = 0,
};

bool ll_run_may_move(enum ll_run_state from, enum ll_run_state to) {
    return moves[from] & (1u << to);
}

bool ll_run_is_over(const struct ll_run *run) {
    return run->state == LL_RUN_FINISHED || run->state == LL_RUN_FAILED;
}

static void move(struct ll_run *run, enum ll_run_state to, int64_t deadline_us) {
    assert(ll_run_may_move(run->state, to));
    run->state = to;
    run->deadline_us = deadline_us;
}

static void end(struct ll_run *run, int64_t now_us, enum ll_run_state to) {
    move(run, to, INT64_MAX);
    run->end_us = now_us;
}

static void fail(struct ll_run *run, int64_t now_us, ll_err error) {
    run->error = error;
    end(run, now_us, LL_RUN_FAILED);
    ll_effects_log(run->effects, LL_LOG_INFO, "run %s failed: %s", run->id, error.text);
}

static void journal(const struct ll_run *run, const struct ll_journal_record *record) {
    run->effects->journal(run->effects->owner, record);
}

// ---- Lifecycle

// Once they are all there: they do not move any more.
static void index_parts(struct ll_run *run) {
    for (size_t i = 0; i < run->part_count; i++) {
        struct ll_part *part = &run->parts[i];
        HASH_ADD(by_agent, run->by_agent, agent_id, sizeof part->agent_id, part);
    }
}

struct ll_run *ll_run_new(const struct ll_effects *effects, int64_t now_us, const char *id,
                          const struct ll_submit_request *request, uint32_t bucket_width_ms) {
    struct ll_run *run = ll_alloc(1, sizeof *run);
    run->effects = effects;
    snprintf(run->id, sizeof run->id, "%s", id);
    run->state = LL_RUN_WAITING;
    run->spec = ll_spec_copy(&request->spec);
    run->secrets = ll_secrets_copy(&request->secrets);
    run->bundle = ll_memdup(request->bundle.data, request->bundle.len);
    run->bundle_bytes = request->bundle.len;
    ll_sha256(run->bundle, run->bundle_bytes, run->bundle_hash);
    run->min_agents = request->min_agents ? request->min_agents : 1;
    run->wait_ms = request->wait_ms;
    run->max_lost_agents = request->max_lost_agents;
    run->bucket_width_ms = bucket_width_ms;
    run->deadline_us = ll_run_after_ms(now_us, request->wait_ms);
    run->start_us = run->end_us = INT64_MAX;
    return run;
}

struct ll_run *ll_run_restore(const struct ll_effects *effects, const struct ll_run *journaled) {
    struct ll_run *run = ll_alloc(1, sizeof *run);
    run->effects = effects;
    memcpy(run->id, journaled->id, sizeof run->id);
    run->state = LL_RUN_RUNNING;
    run->is_restored = true;
    run->spec = ll_spec_copy(&journaled->spec);
    run->max_lost_agents = journaled->max_lost_agents;
    run->bucket_width_ms = journaled->bucket_width_ms;
    run->quick_ms = journaled->quick_ms;
    run->part_count = journaled->part_count;
    run->parts = ll_alloc(run->part_count, sizeof *run->parts);
    memcpy(run->parts, journaled->parts, run->part_count * sizeof *run->parts);
    index_parts(run);
    run->collect = ll_collect_new(run->id, run->part_count, run->bucket_width_ms);
    ll_collect_reserve(run->collect, &run->spec);
    run->barriers = ll_barriers_new(run->part_count);
    run->throttles = ll_throttles_new(run->part_count);
    ll_throttles_ask_all(run->throttles);
    run->start_us = journaled->start_us;
    run->end_us = INT64_MAX;
    run->deadline_us = ll_run_after_ms(run->start_us, ll_run_longest_ms(run));
    return run;
}

void ll_run_free(struct ll_run **run) {
    if (!*run) return;
    ll_spec_fini(&(*run)->spec);
    ll_secrets_fini(&(*run)->secrets);
    ll_collect_free(&(*run)->collect);
    ll_barriers_free(&(*run)->barriers);
    ll_throttles_free(&(*run)->throttles);
    ll_artifacts_fini(&(*run)->artifacts);
    free((*run)->bundle);
    HASH_CLEAR(by_agent, (*run)->by_agent);
    free((*run)->parts);
    free(*run);
    *run = NULL;
}

// ---- Parts

struct ll_part *ll_run_part(struct ll_run *run, uint32_t agent_id, uint64_t epoch) {
    struct ll_part *part;
    HASH_FIND(by_agent, run->by_agent, &agent_id, sizeof agent_id, part);
    return part && part->epoch == epoch ? part : NULL;
}

size_t ll_run_index(const struct ll_run *run, const struct ll_part *part) {
    return (size_t)(part - run->parts);
}

uint32_t ll_run_count_parts(const struct ll_run *run, enum ll_part_state state) {
    uint32_t count = 0;
    for (size_t i = 0; i < run->part_count; i++) count += run->parts[i].state == state;
    return count;
}

const struct ll_part *ll_run_laggard(const struct ll_run *run, enum ll_agent_state state) {
    for (size_t i = 0; i < run->part_count; i++)
        if (run->parts[i].state == LL_PART_ACTIVE && run->parts[i].agent_state != state) return &run->parts[i];
    return NULL;
}

static void journal_loss(const struct ll_run *run, const struct ll_part *part) {
    journal(run, &(struct ll_journal_record){LL_JOURNAL_LOST, .part = ll_run_index(run, part), .why = part->error});
}

// Its users wait for nobody and hold nothing any more.
static void leave(struct ll_run *run, const struct ll_part *part) {
    ll_barriers_leave(run->barriers, ll_run_index(run, part));
    ll_throttles_leave(run->throttles, ll_run_index(run, part));
}

// Marks a part lost without looking at what that means for the run.
static void lose(struct ll_run *run, int64_t now_us, struct ll_part *part, enum ll_loss loss, ll_err why) {
    part->state = LL_PART_LOST;
    part->awaited_until_us = loss == LL_LOSS_SILENT ? ll_run_return_limit_us(run, now_us) : 0;
    leave(run, part);
    part->active_users = 0;
    part->error = run->last_loss = why;
    ll_collect_count_loss(run->collect);
    if (run->state != LL_RUN_PREPARING) journal_loss(run, part);
    ll_effects_log(run->effects, LL_LOG_WARNING, "run %s, %.1f s in: %s", run->id,
                   run->start_us < now_us ? (double)(now_us - run->start_us) / 1e6 : 0.0, why.text);
}

// ---- Moving on

// The error of an agent, naming it where there are several.
static ll_err agent_error(const struct ll_run *run, const struct ll_part *part, ll_err error) {
    return run->part_count > 1 ? ll_err_in(error, "agent %s", part->name) : error;
}

static void on_wait_deadline(struct ll_run *run, int64_t now_us) {
    fail(run, now_us,
         ll_err_make(LL_DEADLINE_EXCEEDED,
                     "%zu of the %u agents that the run waits for came within %.0f s: start the others, or wait for "
                     "fewer",
                     run->agents_there, run->min_agents, run->wait_ms / 1000.0));
}

static void on_prepare_deadline(struct ll_run *run, int64_t now_us) {
    const struct ll_part *laggard = ll_run_laggard(run, LL_AGENT_READY);
    fail(run, now_us,
         ll_err_make(LL_DEADLINE_EXCEEDED,
                     "agent %s has not opened its %u users after %d s: look at its own log, or give it fewer users",
                     laggard->name, laggard->share.users, LL_RUN_PREPARE_LIMIT_MS / 1000));
}

static void journal_start(const struct ll_run *run) {
    journal(run, &(struct ll_journal_record){LL_JOURNAL_STARTED, .run = run});
    for (size_t i = 0; i < run->part_count; i++)
        if (run->parts[i].state == LL_PART_LOST) journal_loss(run, &run->parts[i]);
}

static void advance_preparing(struct ll_run *run, int64_t now_us) {
    for (size_t i = 0; i < run->part_count; i++) {
        const struct ll_part *part = &run->parts[i];
        bool is_failed = part->state == LL_PART_ACTIVE && part->agent_state == LL_AGENT_FAILED;
        if (is_failed) return fail(run, now_us, agent_error(run, part, part->error));
    }
    uint32_t lost = ll_run_count_parts(run, LL_PART_LOST);
    if (lost > run->max_lost_agents || lost == run->part_count)
        return fail(run, now_us, ll_err_in(run->last_loss, "the run could not start"));
    if (!ll_run_laggard(run, LL_AGENT_READY)) {
        run->start_us = ll_run_after_ms(now_us, ll_run_lead_ms(run));
        move(run, LL_RUN_STARTING, run->start_us);
        journal_start(run);
    } else if (now_us >= run->deadline_us) {
        on_prepare_deadline(run, now_us);
    }
}

// The last part is over.
static void finish(struct ll_run *run, int64_t now_us) {
    if (ll_run_count_parts(run, LL_PART_DONE) > 0) {
        end(run, now_us, LL_RUN_FINISHED);
        ll_effects_log(run->effects, LL_LOG_INFO, "run %s is finished", run->id);
        return;
    }
    fail(run, now_us,
         ll_err_make(run->last_loss.status, "%s; no agent is left, and the result holds what came before",
                     run->last_loss.text));
}

static void lose_overdue(struct ll_run *run, int64_t now_us) {
    for (size_t i = 0; i < run->part_count; i++) {
        struct ll_part *part = &run->parts[i];
        if (part->state != LL_PART_ACTIVE) continue;
        lose(run, now_us, part, LL_LOSS_GONE,
             ll_err_make(LL_DEADLINE_EXCEEDED, "agent %s had not ended its users long after the run was over",
                         part->name));
    }
}

// Lost agents that did not come back by `now_us` are not waited for any more.
static void end_waits(struct ll_run *run, int64_t now_us) {
    for (size_t i = 0; i < run->part_count; i++)
        if (run->parts[i].awaited_until_us <= now_us) run->parts[i].awaited_until_us = 0;
}

// Until the first lost agent that is waited for is not any more; INT64_MAX when none is.
static int64_t waited_for_until_us(const struct ll_run *run) {
    int64_t until_us = INT64_MAX;
    for (size_t i = 0; i < run->part_count; i++) {
        int64_t at_us = run->parts[i].awaited_until_us;
        if (at_us != 0 && at_us < until_us) until_us = at_us;
    }
    return until_us;
}

// Nothing ticks at the start itself: whatever happens first from then on happens to a run that is running.
static void begin_if_due(struct ll_run *run, int64_t now_us) {
    if (run->state != LL_RUN_STARTING || now_us < run->start_us) return;
    move(run, LL_RUN_RUNNING, ll_run_after_ms(run->start_us, ll_run_longest_ms(run)));
    ll_effects_log(run->effects, LL_LOG_INFO, "run %s has started on %zu agent%s", run->id, run->part_count,
                   run->part_count == 1 ? "" : "s");
}

// Moves on as far as what is known allows. Called after everything that happens to a run.
static void advance(struct ll_run *run, int64_t now_us) {
    if (run->state == LL_RUN_WAITING && now_us >= run->deadline_us) on_wait_deadline(run, now_us);
    if (run->state == LL_RUN_PREPARING) advance_preparing(run, now_us);
    begin_if_due(run, now_us);
    if (run->state == LL_RUN_STARTING && ll_run_count_parts(run, LL_PART_ACTIVE) == 0) finish(run, now_us);
    if (run->state != LL_RUN_RUNNING && run->state != LL_RUN_STOPPING) return;
    if (now_us >= run->deadline_us) lose_overdue(run, now_us);
    end_waits(run, now_us >= run->deadline_us ? INT64_MAX : now_us);
    if (ll_run_count_parts(run, LL_PART_ACTIVE) == 0 && waited_for_until_us(run) == INT64_MAX) finish(run, now_us);
}

// ---- Events

static void log_plan(const struct ll_run *run) {
    for (size_t i = 0; i < run->part_count; i++)
        ll_effects_log(run->effects, LL_LOG_DEBUG, "run %s: %s gets %u users", run->id, run->parts[i].name,
                       run->parts[i].share.users);
}

static void make_parts(struct ll_run *run, const struct ll_roster *roster, const struct ll_plan_share *shares) {
    run->parts = ll_alloc(roster->count, sizeof *run->parts);
    const struct ll_roster_agent *agent = roster->agents;
    for (size_t i = 0; i < roster->count; i++, agent = ll_roster_next(agent)) {
        if (shares[i].users == 0) continue;
        struct ll_part *part = &run->parts[run->part_count++];
        part->agent_id = agent->id;
        part->epoch = agent->epoch;
        part->instance = agent->instance;
        part->max_users = agent->max_users;
        part->coverage = agent->coverage;
        part->share = shares[i];
        memcpy(part->name, agent->name, sizeof part->name);
        memcpy(part->browser, agent->browser, sizeof part->browser);
    }
    index_parts(run);
    run->collect = ll_collect_new(run->id, run->part_count, run->bucket_width_ms);
    ll_collect_reserve(run->collect, &run->spec);
    run->barriers = ll_barriers_new(run->part_count);
    run->throttles = ll_throttles_new(run->part_count);
}

static ll_err deal(struct ll_run *run, const struct ll_roster *roster) {
    uint32_t *max_users = ll_alloc(roster->count, sizeof *max_users);
    struct ll_plan_share *shares = ll_alloc(roster->count, sizeof *shares);
    const struct ll_roster_agent *agent = roster->agents;
    for (size_t i = 0; i < roster->count; i++, agent = ll_roster_next(agent)) max_users[i] = agent->max_users;
    ll_err err = ll_plan_deal(&run->spec.load, max_users, roster->count, shares);
    if (err.status == LL_OK) make_parts(run, roster, shares);
    free(max_users);
    free(shares);
    return err;
}

void ll_run_offer(struct ll_run *run, int64_t now_us, const struct ll_roster *roster, uint32_t quick_ms) {
    if (run->state != LL_RUN_WAITING) return;
    run->agents_there = roster->count;
    run->quick_ms = quick_ms;
    if (roster->count < run->min_agents) return;
    ll_err err = deal(run, roster);
    if (err.status != LL_OK) return fail(run, now_us, err);
    move(run, LL_RUN_PREPARING, ll_run_after_ms(now_us, LL_RUN_PREPARE_LIMIT_MS));
    log_plan(run);
}

// Its last snapshot was taken, or is lost.
static void close_part(struct ll_run *run, struct ll_part *part) {
    part->state = LL_PART_DONE;
    ll_collect_miss_final(run->collect, ll_run_index(run, part));
    leave(run, part);
}

// Before the start there is nothing to measure: what an agent sends all the same is neither taken nor acknowledged.
static ll_err take_snapshots(struct ll_run *run, struct ll_part *part, const struct ll_exchange_request *request) {
    if (run->state != LL_RUN_RUNNING && run->state != LL_RUN_STOPPING) return LL_SUCCESS;
    size_t node = ll_run_index(run, part);
    for (size_t i = 0; i < request->snapshot_count && i < LL_EXCHANGE_SNAPSHOTS_MAX; i++) {
        const struct ll_bytes *frame = &request->snapshots[i];
        struct ll_snapshot snapshot;
        LL_TRY(ll_err_in(ll_snapshot_open(frame->data, frame->len, &snapshot), "a snapshot of agent %s", part->name));
        enum ll_taken taken;
        ll_err err = ll_collect_take(run->collect, node, part->epoch, &snapshot, &taken);
        ll_snapshot_fini(&snapshot);
        LL_TRY(ll_err_in(err, "agent %s", part->name));
        if (taken != LL_TAKEN) continue;
        if (part->state == LL_PART_LOST) part->snapshots_taken_late++;
        journal(run, &(struct ll_journal_record){LL_JOURNAL_FRAME, .part = node, .frame = *frame});
    }
    if (part->state == LL_PART_ACTIVE && ll_collect_is_final(run->collect, node)) close_part(run, part);
    return LL_SUCCESS;
}

// Kept before it is answered: of a group that was released nobody may be left waiting by a restart.
static void on_released(void *arg, size_t part, uint64_t ticket) {
    journal(arg, &(struct ll_journal_record){LL_JOURNAL_RELEASED, .part = part, .ticket = ticket});
}

// A restarted coordinator goes on from there.
static void on_permitted(void *arg, const char *name, int64_t at_us) {
    journal(arg, &(struct ll_journal_record){LL_JOURNAL_PERMITTED, .name = name, .at_us = at_us});
}

static ll_err hear_users(struct ll_run *run, int64_t now_us, const struct ll_part *part,
                         const struct ll_exchange_request *request) {
    ll_barriers_hear(run->barriers, ll_run_index(run, part), &request->barriers, on_released, run);
    if (run->state != LL_RUN_RUNNING && run->state != LL_RUN_STOPPING) return LL_SUCCESS;
    return ll_throttles_hear(run->throttles, ll_run_index(run, part), now_us - run->start_us, &request->throttles,
                             on_permitted, run);
}

// The agent says that it does not hold the run. Before the start it will be told to; after, its users are gone, if its
// next call says so too: a try from before it was told may come late, when the retry of it was answered already. An
// earlier coordinator may have taken its last snapshot and journaled it where it cannot be read.
static void on_not_held(struct ll_run *run, int64_t now_us, struct ll_part *part) {
    bool is_sure = part->not_held;
    part->not_held = run->state != LL_RUN_PREPARING;
    if (part->not_held && !is_sure) return;
    part->agent_state = LL_AGENT_IDLE;
    part->active_users = 0;
    if (part->not_held && run->is_restored)
        close_part(run, part);
    else if (part->not_held)
        lose(run, now_us, part, LL_LOSS_GONE,
             ll_err_make(LL_ABORTED, "agent %s does not hold the run any more", part->name));
}

ll_err ll_run_hear(struct ll_run *run, int64_t now_us, struct ll_part *part,
                   const struct ll_exchange_request *request) {
    begin_if_due(run, now_us);
    if (part->state != LL_PART_ACTIVE || ll_run_is_over(run)) return LL_SUCCESS;
    if (strcmp(request->run_id, run->id) != 0) {
        on_not_held(run, now_us, part);
    } else {
        part->not_held = false;
        part->agent_state = request->state;
        part->active_users = request->active_users;
        part->round_trip_us = request->round_trip_us;
        part->first_iteration_started |= request->first_iteration_started;
        LL_TRY(take_snapshots(run, part, request));
        if (part->state == LL_PART_ACTIVE) LL_TRY(hear_users(run, now_us, part, request));
        bool has_users = request->state == LL_AGENT_RUNNING || request->state == LL_AGENT_DRAINING;
        if (has_users && part->state != LL_PART_LOST && part->error.status == LL_OK) part->error = request->error;
        if (request->state == LL_AGENT_FAILED) {
            part->error = request->error.status != LL_OK
                              ? request->error
                              : ll_err_make(LL_UNKNOWN, "agent %s could not prepare the run", part->name);
            if (run->state != LL_RUN_PREPARING)
                lose(run, now_us, part, LL_LOSS_GONE, agent_error(run, part, part->error));
        }
    }
    advance(run, now_us);
    return LL_SUCCESS;
}

// The piece is kept before its record is: a journal never tells of what is not there.
ll_err ll_run_keep_artifact(struct ll_run *run, int64_t now_us, const struct ll_part *part,
                            const struct ll_send_artifact_request *request, uint64_t *out_received_bytes) {
    begin_if_due(run, now_us);
    bool goes_on = run->state == LL_RUN_RUNNING || run->state == LL_RUN_STOPPING;
    if (!goes_on || part->state != LL_PART_ACTIVE || strcmp(request->run_id, run->id) != 0)
        return ll_err_make(LL_FAILED_PRECONDITION, "the artifact %.100s came when its run did not go on",
                           request->about.name);
    char prefix[LL_ARTIFACT_NAME_MAX];
    ll_artifact_prefix(run->id, part->agent_id, part->name, prefix);
    struct ll_send_artifact_request known_maker = *request;
    memcpy(known_maker.about.node, part->name, sizeof part->name);
    const struct ll_kept_artifact *item;
    size_t known;
    LL_TRY(ll_artifacts_take(&run->artifacts, ll_run_index(run, part), prefix, &known_maker, &item, &known));
    struct ll_bytes piece = {NULL, request->chunk.len - known};
    if (piece.len > 0) piece.data = (const char *)request->chunk.data + known;
    ll_err kept =
        run->effects->artifact(run->effects->owner, run->id, item->about.name, request->offset + known, piece);
    if (kept.status != LL_OK) {
        journal(run, &(struct ll_journal_record){LL_JOURNAL_ARTIFACT_LOST, .name = item->about.name, .why = kept});
        ll_artifacts_lose(&run->artifacts, item->about.name, kept);
        return kept;
    }
    journal(run, &(struct ll_journal_record){LL_JOURNAL_ARTIFACT, .part = item->part, .artifact = &item->about});
    *out_received_bytes = item->about.bytes;
    return LL_SUCCESS;
}

bool ll_run_has_waiting(const struct ll_run *run, const struct ll_part *part) {
    return ll_barriers_has_waiting(run->barriers, ll_run_index(run, part)) ||
           ll_throttles_has_waiting(run->throttles, ll_run_index(run, part));
}

uint64_t ll_run_acknowledged(const struct ll_run *run, const struct ll_part *part) {
    return ll_collect_acknowledged(run->collect, ll_run_index(run, part));
}

static ll_err not_known(const struct ll_part *part) {
    return ll_err_make(LL_NOT_FOUND, "agent %s was lost and its part of the run is closed: register again", part->name);
}

ll_err ll_run_hear_lost(struct ll_run *run, int64_t now_us, struct ll_part *part,
                        const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply) {
    begin_if_due(run, now_us);
    bool goes_on = run->state == LL_RUN_RUNNING || run->state == LL_RUN_STOPPING;
    bool has_measured = request->state == LL_AGENT_RUNNING || request->state == LL_AGENT_DRAINING;
    if (!goes_on || !has_measured || strcmp(request->run_id, run->id) != 0) {
        part->awaited_until_us = 0; // it has delivered everything, or dropped it
        advance(run, now_us);
        return not_known(part);
    }
    bool is_first = part->snapshots_taken_late == 0;
    LL_TRY(take_snapshots(run, part, request));
    if (is_first && part->snapshots_taken_late > 0)
        ll_effects_log(run->effects, LL_LOG_INFO, "run %s: agent %s is heard again: what it has measured is taken",
                       run->id, part->name);
    part->awaited_until_us = ll_run_after_ms(now_us, LL_RUN_RETURN_MIN_MS);
    out_reply->acknowledged = ll_run_acknowledged(run, part);
    out_reply->directive = LL_DIRECTIVE_CONTINUE;
    if (request->state == LL_AGENT_RUNNING) {
        out_reply->directive = LL_DIRECTIVE_STOP;
        out_reply->at_once = true;
    }
    advance(run, now_us);
    return LL_SUCCESS;
}

void ll_run_lose(struct ll_run *run, int64_t now_us, struct ll_part *part, enum ll_loss loss, ll_err why) {
    if (ll_run_is_over(run)) return;
    if (part->state == LL_PART_ACTIVE)
        lose(run, now_us, part, loss, why);
    else if (loss == LL_LOSS_GONE)
        part->awaited_until_us = 0;
    advance(run, now_us);
}

ll_err ll_run_restore_frame(struct ll_run *run, struct ll_part *part, struct ll_bytes frame) {
    struct ll_exchange_request request = {.snapshots = {frame}, .snapshot_count = 1};
    part->first_iteration_started = true;
    if (part->state == LL_PART_ACTIVE) part->agent_state = LL_AGENT_RUNNING;
    LL_TRY(take_snapshots(run, part, &request));
    advance(run, run->start_us);
    return LL_SUCCESS;
}

void ll_run_restore_end(struct ll_run *run, int64_t at_us) {
    for (size_t i = 0; i < run->part_count && !ll_run_is_over(run); i++)
        if (run->parts[i].state == LL_PART_ACTIVE) close_part(run, &run->parts[i]);
    if (!ll_run_is_over(run)) finish(run, at_us);
    run->end_us = at_us;
}

void ll_run_stop(struct ll_run *run, int64_t now_us) {
    begin_if_due(run, now_us);
    if (ll_run_is_over(run) || run->state == LL_RUN_STOPPING) return;
    run->stopped_early = true;
    if (run->state != LL_RUN_RUNNING)
        return fail(run, now_us, ll_err_make(LL_CANCELLED, "the run was stopped before its first user started"));
    journal(run, &(struct ll_journal_record){LL_JOURNAL_STOPPED});
    move(run, LL_RUN_STOPPING, ll_run_after_ms(now_us, run->spec.load.graceful_stop_ms + LL_RUN_SLACK_MS));
    end_waits(run, INT64_MAX);
    advance(run, now_us);
}

void ll_run_end(struct ll_run *run, int64_t now_us) {
    begin_if_due(run, now_us);
    if (ll_run_is_over(run)) return;
    run->stopped_early = run->ends_at_once = true;
    if (run->state != LL_RUN_RUNNING && run->state != LL_RUN_STOPPING)
        return fail(run, now_us, ll_err_make(LL_CANCELLED, "the coordinator was stopped before the run had started"));
    if (run->state == LL_RUN_RUNNING) move(run, LL_RUN_STOPPING, INT64_MAX);
    run->deadline_us = ll_run_after_ms(now_us, LL_RUN_END_LIMIT_MS);
    end_waits(run, INT64_MAX);
    advance(run, now_us);
}

void ll_run_cut(struct ll_run *run, int64_t now_us) {
    begin_if_due(run, now_us);
    if (ll_run_is_over(run)) return;
    run->stopped_early = run->cut = true;
    if (run->state == LL_RUN_RUNNING || run->state == LL_RUN_STOPPING)
        end(run, now_us, LL_RUN_FINISHED);
    else
        fail(run, now_us, ll_err_make(LL_CANCELLED, "the coordinator was stopped before the run had started"));
}

void ll_run_tick(struct ll_run *run, int64_t now_us) {
    advance(run, now_us);
}

int64_t ll_run_next_us(const struct ll_run *run) {
    int64_t awaited_us = ll_run_is_over(run) ? INT64_MAX : waited_for_until_us(run);
    return awaited_us < run->deadline_us ? awaited_us : run->deadline_us;
}
