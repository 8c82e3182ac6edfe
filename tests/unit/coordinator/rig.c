#include "tests/unit/coordinator/rig.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void do_log(void *owner, enum ll_log_level level, const char *text) {
    struct rig *rig = owner;
    (void)level;
    ll_buf_printf(&rig->log, "%s\n", text);
}

static void do_journal(void *owner, const struct ll_journal_record *record) {
    struct rig *rig = owner;
    rig->journaled[record->kind]++;
    if (record->kind == LL_JOURNAL_DROPPED) return;
    if (rig->journal.len == 0) ll_journal_begin(&rig->journal);
    if (record->kind == LL_JOURNAL_STARTED) ll_journal_append(record, ++rig->journal_sequence, 0, &rig->journal);
    ll_journal_append(record, ++rig->journal_sequence, 0, &rig->journal);
}

static void do_result(void *owner, const char *run_id, const void *data, size_t len) {
    struct rig *rig = owner;
    (void)run_id;
    rig->results++;
    ll_buf_clear(&rig->result);
    ll_buf_append(&rig->result, data, len);
}

static ll_err do_artifact(void *owner, const char *run_id, const char *name, uint64_t offset, struct ll_bytes piece) {
    struct rig *rig = owner;
    ll_buf_printf(&rig->artifacts, "%s %s %llu %.*s\n", run_id, name, (unsigned long long)offset, (int)piece.len,
                  (const char *)piece.data);
    return rig->artifact_err;
}

struct rig *rig_new(void) {
    return rig_new_for(100);
}

struct rig *rig_new_for(size_t max_agents) {
    struct rig *rig = ll_alloc(1, sizeof *rig);
    rig->now_us = 1000000;
    rig->last_epoch = 7000;
    rig->log = ll_buf_make(1 << 20);
    rig->result = ll_buf_make(LL_RESULT_FILE_MAX);
    rig->artifacts = ll_buf_make(1 << 20);
    rig->journal = ll_buf_make(LL_JOURNAL_BYTES_MAX);
    struct ll_coordinator_options options = {
        .effects = {.owner = rig, .log = do_log, .journal = do_journal, .result = do_result, .artifact = do_artifact},
        .max_agents = max_agents,
        .unix_ms_at_zero = 1700000000000,
    };
    rig->core = ll_coordinator_new(&options);
    return rig;
}

void rig_free(struct rig **rig) {
    ll_coordinator_free(&(*rig)->core);
    ll_buf_fini(&(*rig)->log);
    ll_buf_fini(&(*rig)->result);
    ll_buf_fini(&(*rig)->artifacts);
    ll_buf_fini(&(*rig)->journal);
    free(*rig);
    *rig = NULL;
}

void rig_wait(struct rig *rig, int64_t ms) {
    int64_t until_us = rig->now_us + ms * 1000;
    for (int64_t at_us; (at_us = ll_coordinator_next_us(rig->core)) <= until_us;) {
        if (at_us > rig->now_us) rig->now_us = at_us;
        ll_coordinator_tick(rig->core, rig->now_us);
    }
    rig->now_us = until_us;
}

bool rig_logged(struct rig *rig, const char *text) {
    return strstr(ll_buf_str(&rig->log), text) != NULL;
}

struct rig_agent rig_register(struct rig *rig, const char *name, uint64_t instance, uint32_t max_users) {
    struct ll_register_request request = {.instance = instance, .max_users = max_users, .browser = "Null 1.0"};
    snprintf(request.name, sizeof request.name, "%s", name);
    struct ll_register_reply reply = {0};
    ll_err err = ll_coordinator_register(rig->core, rig->now_us, ++rig->last_epoch, &request, &reply);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    struct rig_agent agent = {.id = reply.agent_id, .epoch = reply.epoch};
    memcpy(agent.name, reply.name, sizeof agent.name);
    for (size_t i = 0; i < LL_EXCHANGE_SNAPSHOTS_MAX; i++) agent.frames[i] = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
    return agent;
}

void rig_agent_fini(struct rig_agent *agent) {
    for (size_t i = 0; i < LL_EXCHANGE_SNAPSHOTS_MAX; i++) ll_buf_fini(&agent->frames[i]);
}

ll_err rig_try_exchange(struct rig *rig, struct rig_agent *agent, struct ll_exchange_reply *out) {
    struct ll_exchange_request request = {
        .agent_id = agent->id,
        .epoch = agent->epoch,
        .state = agent->state,
        .error = agent->error,
        .active_users = agent->active_users,
        .first_iteration_started = agent->first_iteration_started,
        .round_trip_us = agent->round_trip_us,
        .snapshot_count = agent->frame_count,
    };
    memcpy(request.run_id, agent->run_id, sizeof request.run_id);
    for (size_t i = 0; i < agent->frame_count; i++)
        request.snapshots[i] = (struct ll_bytes){agent->frames[i].data, agent->frames[i].len};
    *out = (struct ll_exchange_reply){0};
    return ll_coordinator_exchange(rig->core, rig->now_us, &request, out);
}

struct ll_exchange_reply rig_exchange(struct rig *rig, struct rig_agent *agent) {
    struct ll_exchange_reply reply;
    ll_err err = rig_try_exchange(rig, agent, &reply);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return reply;
}

enum ll_directive rig_directive(struct rig *rig, struct rig_agent *agent) {
    struct ll_exchange_reply reply = rig_exchange(rig, agent);
    if (reply.directive == LL_DIRECTIVE_PREPARE) ll_assignment_fini(&reply.assignment);
    return reply.directive;
}

void rig_obey_prepare(struct rig *rig, struct rig_agent *agent, enum ll_agent_state state) {
    struct ll_exchange_reply reply = rig_exchange(rig, agent);
    cr_assert(eq(int, reply.directive, LL_DIRECTIVE_PREPARE));
    memcpy(agent->run_id, reply.assignment.run_id, sizeof agent->run_id);
    agent->state = state;
    ll_assignment_fini(&reply.assignment);
}

void rig_seal(struct rig_agent *agent, uint64_t sequence, uint64_t offset_ms, uint64_t iterations, bool final) {
    cr_assert(lt(sz, agent->frame_count, LL_EXCHANGE_SNAPSHOTS_MAX));
    struct ll_snapshot snapshot = {
        .epoch = agent->epoch,
        .sequence = sequence,
        .offset_ms = offset_ms,
        .width_ms = 1000,
        .active_users = agent->active_users,
        .series = ll_series_set_new(),
        .final = final,
        .users_total = agent->active_users,
        .last_user_end_ms = offset_ms + 1000,
    };
    memcpy(snapshot.run_id, agent->run_id, sizeof snapshot.run_id);
    for (uint64_t i = 0; i < iterations; i++)
        ll_series_record(snapshot.series, LL_METRIC_ITERATION_DURATION, NULL, 100000);
    ll_series_count(snapshot.series, LL_METRIC_ITERATIONS_COMPLETED, NULL, iterations);
    struct ll_buf *frame = &agent->frames[agent->frame_count++];
    ll_buf_clear(frame);
    ll_err err = ll_snapshot_seal(&snapshot, frame);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_snapshot_fini(&snapshot);
    agent->sequence = sequence;
}

void rig_forget_frames(struct rig_agent *agent) {
    agent->frame_count = 0;
}

ll_err rig_try_submit(struct rig *rig, const char *run_id, const struct ll_spec *spec, uint32_t min_agents,
                      uint32_t max_lost_agents) {
    struct ll_submit_request request = {
        .bundle = {"bundle", 6},
        .spec = *spec,
        .min_agents = min_agents,
        .wait_ms = 20000,
        .max_lost_agents = max_lost_agents,
    };
    struct ll_submit_reply reply = {0};
    ll_err err = ll_coordinator_submit(rig->core, rig->now_us, run_id, &request, &reply);
    if (err.status == LL_OK) cr_expect(eq(str, reply.run_id, (char *)run_id));
    return err;
}

void rig_submit(struct rig *rig, const char *run_id, uint32_t users, uint32_t min_agents) {
    struct ll_spec spec = ll_spec_make("shop");
    spec.load.users = users;
    spec.load.duration_ms = 10000;
    ll_err err = rig_try_submit(rig, run_id, &spec, min_agents, 0);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    ll_spec_fini(&spec);
}

struct ll_status_reply rig_status(struct rig *rig, const char *run_id) {
    struct ll_run_request request = {0};
    snprintf(request.run_id, sizeof request.run_id, "%s", run_id);
    struct ll_status_reply reply = {0};
    ll_err err = ll_coordinator_status(rig->core, rig->now_us, &request, &reply);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return reply;
}

ll_err rig_stop(struct rig *rig, const char *run_id) {
    struct ll_run_request request = {0};
    snprintf(request.run_id, sizeof request.run_id, "%s", run_id);
    return ll_coordinator_stop(rig->core, rig->now_us, &request);
}

void rig_start_all(struct rig *rig, struct rig_agent *agents, size_t count) {
    for (size_t i = 0; i < count; i++) rig_obey_prepare(rig, &agents[i], LL_AGENT_READY);
    for (size_t i = 0; i < count; i++) rig_exchange(rig, &agents[i]);
    rig_wait(rig, 200);
    for (size_t i = 0; i < count; i++) {
        cr_assert(eq(int, rig_directive(rig, &agents[i]), LL_DIRECTIVE_START));
        agents[i].state = LL_AGENT_RUNNING;
        agents[i].active_users = 1;
        cr_assert(eq(int, rig_directive(rig, &agents[i]), LL_DIRECTIVE_CONTINUE));
    }
}

struct ll_result rig_result(struct rig *rig) {
    struct ll_result result;
    ll_err err = ll_result_unpack(rig->result.data, rig->result.len, &result);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return result;
}
