#include "tests/sim/cluster.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ll_mem_link calm_link = {.delay_min_us = 200, .delay_max_us = 800};

// ---- Trace

static void hash(struct cluster *cluster, const void *data, size_t len) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < len; i++) cluster->trace = (cluster->trace ^ bytes[i]) * 1099511628211u; // FNV-1a
}

void cluster_note(struct cluster *cluster, const char *format, ...) {
    char line[700];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    hash(cluster, &cluster->now_us, sizeof cluster->now_us);
    hash(cluster, line, strlen(line));
    if (cluster->is_verbose) fprintf(stderr, "%10.3f ms  %s\n", (double)cluster->now_us / 1000, line);
}

// ---- The coordinator

static int64_t now_us(void *owner) {
    const struct cluster *cluster = owner;
    return cluster->now_us;
}

static void make_run_id(void *owner, char out[LL_TOKEN_CHARS + 1]) {
    struct cluster *cluster = owner;
    snprintf(out, LL_TOKEN_CHARS + 1, "%016llx%016llx", (unsigned long long)ll_rand_next(&cluster->rand),
             (unsigned long long)ll_rand_next(&cluster->rand));
}

static uint64_t make_epoch(void *owner) {
    struct cluster *cluster = owner;
    return ll_rand_next(&cluster->rand);
}

static void do_log(void *owner, enum ll_log_level level, const char *text) {
    (void)level;
    cluster_note(owner, "coordinator: %s", text);
}

static void do_journal(void *owner, const struct ll_journal_record *record) {
    struct cluster *cluster = owner;
    if (cluster->is_restoring) return;
    if (record->kind == LL_JOURNAL_STARTED || record->kind == LL_JOURNAL_DROPPED) ll_buf_clear(&cluster->journal);
    if (record->kind == LL_JOURNAL_DROPPED) return;
    if (record->kind == LL_JOURNAL_STARTED) {
        ll_journal_begin(&cluster->journal);
        cluster->journal_sequence = 0;
    }
    ll_journal_append(record, ++cluster->journal_sequence, 0, &cluster->journal);
}

static void do_result(void *owner, const char *run_id, const void *data, size_t len) {
    struct cluster *cluster = owner;
    if (strcmp(run_id, cluster->result_of) == 0) { // made again, by a coordinator that was started anew
        assert(cluster->result.len == len && memcmp(cluster->result.data, data, len) == 0);
        return;
    }
    snprintf(cluster->result_of, sizeof cluster->result_of, "%s", run_id);
    cluster->results++;
    ll_buf_clear(&cluster->result);
    ll_buf_append(&cluster->result, data, len);
}

static ll_err do_artifact(void *owner, const char *run_id, const char *name, uint64_t offset, struct ll_bytes piece) {
    (void)run_id, (void)offset;
    cluster_note(owner, "coordinator: %zu bytes of %s", piece.len, name);
    return LL_SUCCESS;
}

static enum ll_caller on_request(void *arg, const void *data, size_t len, struct ll_buf *out_response) {
    struct cluster *cluster = arg;
    return ll_rpc_server_handle(cluster->rpc, data, len, out_response);
}

static ll_err restore(void *arg, const struct ll_journal_record *record) {
    struct cluster *cluster = arg;
    return ll_coordinator_restore(cluster->core, cluster->now_us, record);
}

// As the program does, with memory for a file.
static void read_journal(struct cluster *cluster) {
    if (cluster->journal.len == 0) return;
    struct ll_journal_end end;
    cluster->is_restoring = true;
    ll_err err = ll_journal_read(cluster->journal.data, cluster->journal.len, 0, restore, cluster, &end);
    cluster->is_restoring = false;
    cluster_note(cluster, "coordinator: read its journal: %s", err.text);
    assert(err.status == LL_OK && end.len == cluster->journal.len && end.missing == 0);
    ll_coordinator_tick(cluster->core, cluster->now_us);
}

void cluster_kill_coordinator(struct cluster *cluster) {
    if (!cluster->core) return;
    cluster_note(cluster, "the coordinator is killed");
    cluster->server->ops->fini(cluster->server);
    cluster->server = NULL;
    ll_rpc_server_free(&cluster->rpc);
    ll_coordinator_free(&cluster->core);
}

void cluster_start_coordinator(struct cluster *cluster) {
    if (cluster->core) return;
    cluster_note(cluster, "the coordinator starts");
    struct ll_coordinator_options options = {
        .effects =
            {.owner = cluster, .log = do_log, .journal = do_journal, .result = do_result, .artifact = do_artifact},
        .max_agents = CLUSTER_AGENTS_MAX,
        .unix_ms_at_zero = SIM_UNIX_MS_AT_ZERO,
    };
    cluster->core = ll_coordinator_new(&options);
    cluster->service = (struct ll_coordinator_service){.core = cluster->core,
                                                       .owner = cluster,
                                                       .now_us = now_us,
                                                       .make_run_id = make_run_id,
                                                       .make_epoch = make_epoch};
    struct ll_rpc_handlers handlers = ll_coordinator_service_handlers(&cluster->service);
    cluster->rpc = ll_rpc_server_new(&handlers, "token");
    cluster->server = ll_mem_server_new(cluster->network, on_request, cluster);
    read_journal(cluster);
}

// ---- Control

static void fetch(struct cluster *cluster);

static void on_chunk(void *arg, ll_err err, const struct ll_fetch_reply *reply) {
    struct cluster *cluster = arg;
    struct control *control = &cluster->control;
    control->error = err;
    if (err.status == LL_NOT_FOUND)
        control->is_forgotten = true;
    else if (!reply)
        fetch(cluster);
    if (!reply) return;
    ll_buf_append(&control->result, reply->chunk.data, reply->chunk.len);
    control->has_result = control->result.len == reply->total_bytes;
    if (!control->has_result) fetch(cluster);
}

static void fetch(struct cluster *cluster) {
    struct ll_fetch_request request = {.offset = cluster->control.result.len};
    memcpy(request.run_id, cluster->control.run_id, sizeof request.run_id);
    ll_rpc_fetch_result(cluster->control.client, cluster->now_us, &request, on_chunk, cluster);
}

static void on_status(void *arg, ll_err err, const struct ll_status_reply *reply) {
    struct cluster *cluster = arg;
    struct control *control = &cluster->control;
    control->error = err;
    if (err.status == LL_NOT_FOUND)
        control->is_forgotten = true;
    else if (!reply)
        control->ask_at_us = cluster->now_us + 200000; // nobody answers: ask on
    if (!reply) return;
    control->status = *reply;
    control->is_over = reply->state == LL_RUN_FINISHED || reply->state == LL_RUN_FAILED;
    if (control->is_over) {
        cluster_note(cluster, "control: the run is over in state %d: %s", (int)reply->state, reply->error.text);
        fetch(cluster);
    } else {
        control->ask_at_us = cluster->now_us + 200000;
    }
}

static void on_submitted(void *arg, ll_err err, const struct ll_submit_reply *reply) {
    struct cluster *cluster = arg;
    struct control *control = &cluster->control;
    control->error = err;
    if (!reply) control->is_forgotten = true;
    if (!reply) return;
    memcpy(control->run_id, reply->run_id, sizeof control->run_id);
    control->is_submitted = true;
    control->ask_at_us = cluster->now_us;
}

static void poll_control(struct cluster *cluster) {
    struct control *control = &cluster->control;
    ll_rpc_client_poll(control->client, cluster->now_us);
    if (cluster->now_us < control->ask_at_us) return;
    control->ask_at_us = INT64_MAX;
    struct ll_run_request request = {0};
    memcpy(request.run_id, control->run_id, sizeof request.run_id);
    ll_rpc_status(control->client, cluster->now_us, &request, on_status, cluster);
}

void cluster_submit(struct cluster *cluster, const struct ll_spec *spec, uint32_t min_agents, uint32_t wait_ms) {
    struct ll_submit_request request = {
        .bundle = {"bundle", 6}, .spec = *spec, .min_agents = min_agents, .wait_ms = wait_ms};
    cluster->control.is_submitted = cluster->control.is_over = cluster->control.has_result = false;
    cluster->control.is_forgotten = false;
    ll_buf_clear(&cluster->control.result);
    ll_rpc_submit(cluster->control.client, cluster->now_us, &request, on_submitted, cluster);
}

static void on_stopped(void *arg, ll_err err, const struct ll_empty *reply) {
    (void)reply;
    struct cluster *cluster = arg;
    if (err.status != LL_OK) cluster->control.error = err;
}

void cluster_stop_run(struct cluster *cluster) {
    if (!cluster->control.is_submitted) return;
    cluster_note(cluster, "control: stop");
    struct ll_run_request request = {0};
    memcpy(request.run_id, cluster->control.run_id, sizeof request.run_id);
    ll_rpc_stop(cluster->control.client, cluster->now_us, &request, on_stopped, cluster);
}

bool cluster_run_is_over(const struct cluster *cluster) {
    return (cluster->control.is_over && cluster->control.has_result) || cluster->control.is_forgotten;
}

// ---- Lifecycle

struct cluster *cluster_new(uint64_t seed) {
    struct cluster *cluster = ll_alloc(1, sizeof *cluster);
    cluster->seed = seed;
    cluster->rand = ll_rand_seed(seed);
    cluster->trace = 14695981039346656037u;
    cluster->is_verbose = getenv("LIVELOAD_SIM_TRACE") != NULL;
    cluster->now_us = 1000000;
    cluster->network = ll_mem_network_new(ll_rand_next(&cluster->rand));
    ll_mem_network_step(cluster->network, cluster->now_us);
    cluster->result = ll_buf_make(LL_RESULT_FILE_MAX);
    cluster->journal = ll_buf_make(LL_JOURNAL_BYTES_MAX);
    cluster_start_coordinator(cluster);
    cluster->control.ask_at_us = INT64_MAX;
    cluster->control.result = ll_buf_make(LL_RESULT_FILE_MAX);
    cluster->control.client = ll_rpc_client_new(&(struct ll_rpc_client_options){
        .take_transport = ll_mem_client_new(cluster->network, calm_link),
        .token = "token",
        .server = "the coordinator",
        .first_call_id = ll_rand_next(&cluster->rand),
    });
    return cluster;
}

void cluster_free(struct cluster **cluster) {
    struct cluster *old = *cluster;
    for (size_t i = 0; i < old->agent_count; i++) sim_agent_free(&old->agents[i]);
    ll_rpc_client_free(&old->control.client);
    ll_buf_fini(&old->control.result);
    cluster_kill_coordinator(old);
    ll_buf_fini(&old->result);
    ll_buf_fini(&old->journal);
    ll_mem_network_free(&old->network);
    ledger_fini(&old->ledger);
    free(old);
    *cluster = NULL;
}

void cluster_start_agent(struct cluster *cluster, size_t index, struct sim_agent_options options) {
    options.network = cluster->network;
    options.ledger = &cluster->ledger;
    options.number = (uint32_t)index + 1;
    options.seed = ll_rand_next(&cluster->rand);
    sim_agent_free(&cluster->agents[index]);
    cluster->agents[index] = sim_agent_new(&options, cluster->now_us);
    if (index >= cluster->agent_count) cluster->agent_count = index + 1;
}

void cluster_kill_agent(struct cluster *cluster, size_t index) {
    if (!cluster->agents[index]) return;
    cluster_note(cluster, "agent-%zu is killed", index + 1);
    sim_agent_free(&cluster->agents[index]);
}

// ---- Time

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t next_moment(struct cluster *cluster) {
    int64_t at = ll_mem_network_next_us(cluster->network);
    if (cluster->core) at = earlier(at, ll_coordinator_next_us(cluster->core));
    at = earlier(at, earlier(ll_rpc_client_next_us(cluster->control.client), cluster->control.ask_at_us));
    for (size_t i = 0; i < cluster->agent_count; i++)
        if (cluster->agents[i]) at = earlier(at, sim_agent_next_us(cluster->agents[i]));
    return at;
}

static void happen(struct cluster *cluster) {
    cluster->events++;
    hash(cluster, &cluster->now_us, sizeof cluster->now_us);
    ll_mem_network_step(cluster->network, cluster->now_us);
    if (cluster->core) {
        cluster->server->ops->poll(cluster->server);
        if (ll_coordinator_next_us(cluster->core) <= cluster->now_us)
            ll_coordinator_tick(cluster->core, cluster->now_us);
    }
    for (size_t i = 0; i < cluster->agent_count; i++) {
        struct sim_agent *agent = cluster->agents[i];
        if (!agent) continue;
        enum ll_agent_phase before = agent->core.phase;
        sim_agent_poll(agent, cluster->now_us);
        if (agent->core.phase != before)
            cluster_note(cluster, "agent-%zu is %s", i + 1, ll_agent_phase_name(agent->core.phase));
    }
    poll_control(cluster);
}

bool cluster_run(struct cluster *cluster, int64_t until_us, bool (*until)(const struct cluster *cluster)) {
    while (!until || !until(cluster)) {
        int64_t at_us = next_moment(cluster);
        if (at_us > until_us) {
            cluster->now_us = until_us;
            return false;
        }
        if (at_us > cluster->now_us) cluster->now_us = at_us;
        happen(cluster);
    }
    return true;
}
