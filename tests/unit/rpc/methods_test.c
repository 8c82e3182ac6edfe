// Every method there and back over loopback nng: what is put in comes out.
#include "tests/unit/rpc/pair.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/model/snapshot.h"
#include "libcommon/rpc/convert.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct pair pair;

static void start(void) {
    pair_start(&pair, PAIR_TOKEN, 0);
}

static void stop(void) {
    pair_stop(&pair);
}

TestSuite(methods, .init = start, .fini = stop, .timeout = 30);

static struct ll_register_reply register_reply;
static void on_register(void *arg, ll_err err, const struct ll_register_reply *reply) {
    struct note *note = arg;
    *note = (struct note){.is_done = true, .err = err};
    if (reply) register_reply = *reply;
}

Test(methods, register_agent) {
    struct note note = {0};
    struct ll_register_request request = {.name = "wéb", .browser = "Chromium 156", .max_users = 50, .instance = 5};
    char *lacking[] = {"http_requests", "of_a_later_version"}, *estimated[] = {"http_request_ttfb_us"};
    ll_coverage_add(&request.coverage, LL_COVERAGE_LACKING, lacking, 2);
    ll_coverage_add(&request.coverage, LL_COVERAGE_ESTIMATED, estimated, 1);
    ll_rpc_register_agent(pair.client, ll_clock_us(), &request, on_register, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(str, pair.fake.registered.name, "wéb"));
    cr_expect(eq(str, pair.fake.registered.browser, "Chromium 156"));
    cr_expect(eq(u32, pair.fake.registered.max_users, 50));
    cr_expect(eq(u64, pair.fake.registered.instance, 5));
    const uint8_t *coverage = pair.fake.registered.coverage.of;
    cr_expect(eq(int, coverage[LL_METRIC_HTTP_REQUESTS], LL_COVERAGE_LACKING));
    cr_expect(eq(int, coverage[LL_METRIC_HTTP_REQUEST_TTFB], LL_COVERAGE_ESTIMATED));
    cr_expect(eq(int, coverage[LL_METRIC_CHECKS_PASSED], LL_COVERAGE_OTHERS));
    cr_expect(eq(u32, register_reply.agent_id, 7));
    cr_expect(eq(u64, register_reply.epoch, 1ull << 40));
    cr_expect(eq(str, register_reply.name, "wéb-2"));
    cr_expect(eq(u32, register_reply.exchange_ms, 1000));
    cr_expect(eq(u32, register_reply.lease_ms, 10000));
}

Test(methods, texts_of_peers_are_made_printable) {
    struct note note = {0};
    struct ll_register_request request = {.name = "a\x1b[31m\xff\n\xc3", .browser = "x\x7f"};
    ll_rpc_register_agent(pair.client, ll_clock_us(), &request, on_register, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(str, pair.fake.registered.name, "a?[31m???"));
    cr_expect(eq(str, pair.fake.registered.browser, "x?"));
}

static struct ll_exchange_reply exchange_reply; // its assignment is a copy
static void on_exchange(void *arg, ll_err err, const struct ll_exchange_reply *reply) {
    struct note *note = arg;
    *note = (struct note){.is_done = true, .err = err};
    if (!reply) return;
    exchange_reply = *reply;
    if (reply->directive != LL_DIRECTIVE_PREPARE) return;
    exchange_reply.assignment.spec = ll_spec_copy(&reply->assignment.spec);
    exchange_reply.assignment.secrets = ll_secrets_copy(&reply->assignment.secrets);
}

Test(methods, exchange) {
    struct note note = {0};
    struct ll_exchange_request request = {
        .agent_id = 7,
        .epoch = 9,
        .run_id = "run-1",
        .state = LL_AGENT_FAILED,
        .error = ll_err_make(LL_NOT_FOUND, "no browser"),
        .active_users = 4,
        .snapshots = {{"first", 5}, {"second", 6}},
        .snapshot_count = 2,
        .first_iteration_started = true,
        .round_trip_us = 1234,
    };
    ll_rpc_exchange(pair.client, ll_clock_us(), &request, on_exchange, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    const struct ll_exchange_request *got = &pair.fake.exchanged;
    cr_expect(eq(u32, got->agent_id, 7));
    cr_expect(eq(u64, got->epoch, 9));
    cr_expect(eq(str, (char *)got->run_id, "run-1"));
    cr_expect(eq(int, got->state, LL_AGENT_FAILED));
    cr_expect(eq(int, got->error.status, LL_NOT_FOUND));
    cr_expect(eq(str, (char *)got->error.text, "no browser"));
    cr_expect(eq(u32, got->active_users, 4));
    cr_expect(eq(sz, got->snapshot_count, 2));
    cr_expect(eq(str, pair.fake.snapshot, "first"));
    cr_expect(got->first_iteration_started);
    cr_expect(eq(u64, got->round_trip_us, 1234));
    cr_expect(eq(u64, exchange_reply.acknowledged, 2));
    cr_expect(eq(u32, exchange_reply.exchange_ms, 500));
    cr_expect(eq(int, exchange_reply.directive, LL_DIRECTIVE_CONTINUE));
    cr_expect(eq(u64, exchange_reply.in_us, 42));
    cr_expect(exchange_reply.at_once);
    cr_expect(eq(i64, exchange_reply.now_us, 1700000000123456));
}

Test(methods, exchange_carries_an_assignment) {
    struct note note = {0};
    pair.fake.is_preparing = true;
    ll_rpc_exchange(pair.client, ll_clock_us(), &(struct ll_exchange_request){.agent_id = 7}, on_exchange, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    struct ll_assignment *got = &exchange_reply.assignment;
    cr_assert(eq(int, exchange_reply.directive, LL_DIRECTIVE_PREPARE));
    cr_expect(eq(str, got->run_id, "run-1"));
    cr_expect(eq(u8, got->bundle_hash[31], 0xAB));
    cr_expect(eq(u64, got->bundle_bytes, 123456));
    cr_expect(eq(u32, got->first_user, 2));
    cr_expect(eq(u32, got->stride, 3));
    cr_expect(eq(u32, got->users, 5));
    cr_expect(eq(u64, got->iterations, 9));
    cr_expect(eq(u32, got->bucket_width_ms, 1000));
    cr_expect(eq(str, got->spec.name, "shop"));
    cr_assert(eq(sz, got->spec.option_count, 1));
    cr_expect(eq(str, got->spec.options[0].value, "http://127.0.0.1:8089"));
    cr_assert(eq(sz, got->secrets.count, 1));
    cr_expect(eq(str, got->secrets.items[0].value, "correct horse"));
    ll_assignment_fini(got);
}

static size_t answered;
static void on_answers(void *arg, ll_err err, const struct ll_exchange_reply *reply) {
    *(struct note *)arg = (struct note){.is_done = true, .err = err};
    answered = reply ? reply->barriers.count : 0;
}

static void want_permits(size_t tickets) {
    struct note note = {0};
    struct ll_throttle throttle = {.name = "browsing", .kind = LL_THROTTLE_RATE, .from_per_s = 10, .to_per_s = 10};
    struct ll_exchange_request request = {
        .agent_id = 7, .throttles = {.round = 1, .throttles = &throttle, .throttle_count = 1, .count = tickets}};
    request.throttles.items = ll_alloc(tickets, sizeof *request.throttles.items);
    for (size_t i = 0; i < tickets; i++) request.throttles.items[i].ticket = i + 1;
    ll_rpc_exchange(pair.client, ll_clock_us(), &request, on_answers, &note);
    free(request.throttles.items);
    pair_run_until(&pair, &note.is_done);
    bool fits = tickets <= LL_THROTTLE_WANTS_MAX;
    cr_expect(eq(int, note.err.status, fits ? LL_OK : LL_INVALID_ARGUMENT), "%zu: %s", tickets, note.err.text);
    if (fits) cr_expect(eq(sz, pair.fake.exchanged.throttles.count, tickets));
}

Test(methods, the_largest_list_of_permits) {
    want_permits(LL_THROTTLE_WANTS_MAX);
    want_permits(LL_THROTTLE_WANTS_MAX + 1);
}

static void send_snapshots(size_t count, size_t bytes, enum ll_status status) {
    struct note note = {0};
    struct ll_exchange_request request = {.agent_id = 7, .snapshot_count = count};
    char *frame = ll_alloc(bytes, 1);
    for (size_t i = 0; i < count; i++) request.snapshots[i] = (struct ll_bytes){frame, i == 0 ? bytes : 1};
    ll_rpc_exchange(pair.client, ll_clock_us(), &request, on_answers, &note);
    free(frame);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, status), "%zu of %zu bytes: %s", count, bytes, note.err.text);
}

Test(methods, as_many_snapshots_as_fit_and_as_large_ones) {
    send_snapshots(LL_EXCHANGE_SNAPSHOTS_MAX, LL_SNAPSHOT_FRAME_MAX, LL_OK);
    cr_expect(eq(sz, pair.fake.exchanged.snapshot_count, LL_EXCHANGE_SNAPSHOTS_MAX));
    send_snapshots(1, LL_SNAPSHOT_FRAME_MAX + 1, LL_INVALID_ARGUMENT);
}

static void wait_at_barrier(size_t users, bool is_leaving) {
    struct note note = {0};
    struct ll_exchange_request request = {.agent_id = 7, .barriers = {.round = 1, .count = users}};
    request.barriers.items = ll_alloc(users, sizeof *request.barriers.items);
    for (size_t i = 0; i < users; i++)
        request.barriers.items[i] =
            (struct ll_barrier_wait){.ticket = i + 1, .name = "a", .count = 2, .is_leaving = is_leaving};
    ll_rpc_exchange(pair.client, ll_clock_us(), &request, on_answers, &note);
    free(request.barriers.items);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%zu users: %s", users, note.err.text);
    cr_expect(eq(sz, pair.fake.exchanged.barriers.count, users));
    cr_expect(eq(sz, answered, users));
}

// Small messages take much more memory than they have bytes.
Test(methods, all_users_of_the_largest_run_wait_at_a_barrier) {
    wait_at_barrier(10, false);
    wait_at_barrier(16000, true); // tickets of two bytes, and nothing else to say in the answer
    wait_at_barrier(LL_BARRIER_WAITS_MAX, false);
    wait_at_barrier(LL_BARRIER_WAITS_MAX, true);
}

static char chunk[64];
static uint64_t total_bytes;
static void on_fetch(void *arg, ll_err err, const struct ll_fetch_reply *reply) {
    struct note *note = arg;
    *note = (struct note){.is_done = true, .err = err};
    if (!reply) return;
    snprintf(chunk, sizeof chunk, "%.*s", (int)reply->chunk.len, (const char *)reply->chunk.data);
    total_bytes = reply->total_bytes;
}

Test(methods, fetches) {
    struct note note = {0};
    struct ll_fetch_request request = {.run_id = "run-1", .offset = 77};
    memset(request.hash, 0xCD, sizeof request.hash);
    ll_rpc_fetch_bundle(pair.client, ll_clock_us(), &request, on_fetch, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(u8, pair.fake.fetched.hash[31], 0xCD));
    cr_expect(eq(str, chunk, "chunk 1 of 77"));
    cr_expect(eq(u64, total_bytes, 1000));
    note = (struct note){0};
    ll_rpc_fetch_result(pair.client, ll_clock_us(), &request, on_fetch, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(str, pair.fake.fetched.run_id, "run-1"));
    cr_expect(eq(str, chunk, "chunk 1 of 77"));
}

static uint64_t received_bytes;
static void on_sent(void *arg, ll_err err, const struct ll_send_artifact_reply *reply) {
    *(struct note *)arg = (struct note){.is_done = true, .err = err};
    if (reply) received_bytes = reply->received_bytes;
}

Test(methods, send_artifact) {
    struct note note = {0};
    struct ll_send_artifact_request request = {
        .agent_id = 7,
        .epoch = 9,
        .run_id = "run-1",
        .about = {.name = "run-1-7-web-cart.jpg",
                  .kind = LL_ARTIFACT_SCREENSHOT,
                  .is_whole = true,
                  .user_id = 3,
                  .iteration = 4,
                  .step = 5,
                  .label = "cart"},
        .offset = 1000,
        .chunk = {"pixels", 6},
    };
    ll_rpc_send_artifact(pair.client, ll_clock_us(), &request, on_sent, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    const struct ll_send_artifact_request *got = &pair.fake.sent;
    cr_expect(eq(u32, got->agent_id, 7));
    cr_expect(eq(u64, got->epoch, 9));
    cr_expect(eq(str, (char *)got->run_id, "run-1"));
    cr_expect(eq(str, (char *)got->about.name, "run-1-7-web-cart.jpg"));
    cr_expect(eq(int, got->about.kind, LL_ARTIFACT_SCREENSHOT));
    cr_expect(got->about.is_whole);
    cr_expect(eq(u32, got->about.user_id, 3));
    cr_expect(eq(u64, got->about.iteration, 4));
    cr_expect(eq(u32, got->about.step, 5));
    cr_expect(eq(str, (char *)got->about.label, "cart"));
    cr_expect(eq(u64, got->offset, 1000));
    cr_expect(eq(str, pair.fake.chunk, "pixels"));
    cr_expect(eq(u64, received_bytes, 1006));
}

Test(methods, names_that_leave_the_folder_are_refused) {
    static const char *const names[] = {"", "../x.jpg", "a/b.jpg", ".x.jpg", "x.sh", "x.jpg\n", "/etc/x.txt"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct note note = {0};
        struct ll_send_artifact_request send = {.run_id = "run-1"};
        snprintf(send.about.name, sizeof send.about.name, "%s", names[i]);
        ll_rpc_send_artifact(pair.client, ll_clock_us(), &send, on_sent, &note);
        pair_run_until(&pair, &note.is_done);
        cr_expect(eq(int, note.err.status, LL_INVALID_ARGUMENT), "%s", names[i]);
        note = (struct note){0};
        struct ll_fetch_artifact_request fetch = {.run_id = "run-1"};
        snprintf(fetch.name, sizeof fetch.name, "%s", names[i]);
        ll_rpc_fetch_artifact(pair.client, ll_clock_us(), &fetch, on_fetch, &note);
        pair_run_until(&pair, &note.is_done);
        cr_expect(eq(int, note.err.status, LL_INVALID_ARGUMENT), "%s", names[i]);
    }
    cr_expect(eq(int, pair.fake.calls[FAKE_send_artifact] + pair.fake.calls[FAKE_fetch_artifact], 0));
}

Test(methods, fetch_artifact) {
    struct note note = {0};
    struct ll_fetch_artifact_request request = {.run_id = "run-1", .name = "run-1-7-web.log", .offset = 77};
    ll_rpc_fetch_artifact(pair.client, ll_clock_us(), &request, on_fetch, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(str, pair.fake.artifact.name, "run-1-7-web.log"));
    cr_expect(eq(str, pair.fake.artifact.run_id, "run-1"));
    cr_expect(eq(str, chunk, "chunk 1 of 77"));
}

static void on_empty(void *arg, ll_err err, const struct ll_empty *reply) {
    *(struct note *)arg = (struct note){.is_done = true, .err = err};
    cr_expect(eq(int, reply != NULL, err.status == LL_OK));
}

Test(methods, leave_and_stop) {
    struct note note = {0};
    struct ll_leave_request leave = {.agent_id = 1, .epoch = 2, .reason = "Ctrl-C"};
    ll_rpc_leave(pair.client, ll_clock_us(), &leave, on_empty, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(str, pair.fake.left.reason, "Ctrl-C"));
    note = (struct note){0};
    ll_rpc_stop(pair.client, ll_clock_us(), &(struct ll_run_request){.run_id = "run-1"}, on_empty, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(int, pair.fake.calls[FAKE_stop], 1));
}

static char run_id[LL_TOKEN_CHARS + 1];
static void on_submit(void *arg, ll_err err, const struct ll_submit_reply *reply) {
    *(struct note *)arg = (struct note){.is_done = true, .err = err};
    if (reply) memcpy(run_id, reply->run_id, sizeof run_id);
}

Test(methods, submit) {
    struct note note = {0};
    struct ll_submit_request request = {.bundle = {"bundle", 6}, .spec = ll_spec_make("shop"), .min_agents = 2};
    ll_spec_add_threshold(&request.spec, "iterations_failed: rate < 1%");
    ll_rpc_submit(pair.client, ll_clock_us(), &request, on_submit, &note);
    ll_spec_fini(&request.spec); // borrowed for the call alone
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(sz, pair.fake.bundle_bytes, 6));
    cr_expect(eq(str, pair.fake.submitted.name, "shop"));
    cr_assert(eq(sz, pair.fake.submitted.threshold_count, 1));
    cr_expect(eq(str, pair.fake.submitted.thresholds[0], "iterations_failed: rate < 1%"));
    cr_expect(eq(str, run_id, "run-1"));
}

static struct ll_status_reply status;
static void on_status(void *arg, ll_err err, const struct ll_status_reply *reply) {
    *(struct note *)arg = (struct note){.is_done = true, .err = err};
    if (reply) status = *reply;
}

Test(methods, status) {
    struct note note = {0};
    ll_rpc_status(pair.client, ll_clock_us(), &(struct ll_run_request){.run_id = "run-1"}, on_status, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(int, status.state, LL_RUN_FAILED));
    cr_expect(eq(int, status.error.status, LL_ABORTED));
    cr_expect(eq(str, status.error.text, "the last agent is gone"));
    uint64_t numbers[] = {status.elapsed_ms,        status.planned_ms,   status.active_users,
                          status.agents_registered, status.agents_lost,  status.iterations_completed,
                          status.iterations_failed, status.http_requests};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) cr_expect(eq(u64, numbers[i], i + 1));
    cr_expect(ieee_ulp_eq(dbl, status.iteration_p95_us, 11.5, 1));
    cr_expect(eq(str, status.waiting_for, "agent web-2 opens its users"));
    cr_expect(eq(u64, status.result_bytes, 12));
    cr_expect(status.first_iteration_started);
}

static struct ll_runs_reply runs;
static void on_runs(void *arg, ll_err err, const struct ll_runs_reply *reply) {
    struct note *note = arg;
    *note = (struct note){.is_done = true, .err = err};
    if (reply) runs = *reply;
}

Test(methods, list_runs) {
    struct note note = {0};
    ll_rpc_list_runs(pair.client, ll_clock_us(), &(struct ll_empty){0}, on_runs, &note);
    pair_run_until(&pair, &note.is_done);
    cr_assert(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    cr_expect(eq(u32, runs.agents_registered, 4));
    cr_assert(eq(sz, runs.count, LL_RUNS_LISTED_MAX));
    cr_expect(eq(str, runs.runs[16].run_id, "run-16"));
    cr_expect(eq(str, runs.runs[16].scenario, "shop"));
    cr_expect(eq(int, runs.runs[16].status.state, LL_RUN_RUNNING));
    cr_expect(eq(u64, runs.runs[16].status.elapsed_ms, 1016));
}

Test(methods, what_a_handler_refuses_reaches_the_caller) {
    struct note note = {0};
    pair.fake.fail = ll_err_make(LL_RESOURCE_EXHAUSTED, "the cluster is full: 64 agents");
    ll_rpc_register_agent(pair.client, ll_clock_us(), &(struct ll_register_request){.name = "x"}, on_register, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(eq(str, note.err.text, "the cluster is full: 64 agents"));
    cr_expect(eq(int, pair.fake.calls[FAKE_register_agent], 1));
}

// No server of ours sends one: what a peer's reply is read by refuses it.
Test(methods, a_larger_chunk_is_refused) {
    struct ll_fetch_reply out;
    Liveload__V1__FetchResultReply result = LIVELOAD__V1__FETCH_RESULT_REPLY__INIT;
    Liveload__V1__FetchBundleReply bundle = LIVELOAD__V1__FETCH_BUNDLE_REPLY__INIT;
    result.chunk = bundle.chunk = (ProtobufCBinaryData){.data = NULL, .len = LL_CHUNK_BYTES + 1};
    cr_expect(eq(int, ll_pb_read_fetch_result_reply(&result, &out).status, LL_INVALID_ARGUMENT));
    cr_expect(eq(int, ll_pb_read_fetch_bundle_reply(&bundle, &out).status, LL_INVALID_ARGUMENT));
}

Test(methods, a_chunk_of_the_largest_size) {
    struct note note = {0};
    char *bytes = ll_alloc(LL_CHUNK_BYTES, 1);
    memset(bytes, 'x', LL_CHUNK_BYTES);
    pair.fake.large_chunk = (struct ll_bytes){bytes, LL_CHUNK_BYTES};
    ll_rpc_fetch_result(pair.client, ll_clock_us(), &(struct ll_fetch_request){.run_id = "run-1"}, on_fetch, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_OK), "%s", note.err.text);
    free(bytes);
}

static void submit_secrets(size_t count, size_t bytes, enum ll_status expected) {
    struct note note = {0};
    struct ll_submit_request request = {.bundle = {"bundle", 6}, .spec = ll_spec_make("shop")};
    char *value = ll_alloc(bytes + 1, 1);
    struct ll_secret *items = ll_alloc(count, sizeof *items);
    memset(value, 'x', bytes);
    for (size_t i = 0; i < count; i++) items[i] = (struct ll_secret){.name = ll_format("S%zu", i), .value = value};
    request.secrets = (struct ll_secrets){.items = items, .count = count};
    pair.fake.secret_bytes = 0;
    ll_rpc_submit(pair.client, ll_clock_us(), &request, on_submit, &note);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, expected), "%zu secrets of %zu bytes: %s", count, bytes, note.err.text);
    if (expected == LL_OK) cr_expect(eq(sz, pair.fake.secret_bytes, count * bytes));
    for (size_t i = 0; i < count; i++) free(items[i].name);
    free(items);
    free(value);
    ll_spec_fini(&request.spec);
}

Test(methods, as_many_secrets_as_a_run_has_and_as_large_ones) {
    submit_secrets(LL_SECRETS_MAX, LL_SECRET_VALUE_MAX, LL_OK);
    submit_secrets(LL_SECRETS_MAX + 1, LL_SECRET_VALUE_MAX, LL_RESOURCE_EXHAUSTED);
    submit_secrets(1, LL_SECRET_VALUE_MAX + 1, LL_INVALID_ARGUMENT);
}

Test(methods, more_users_at_barriers_than_any_run_has_are_refused) {
    struct note note = {0};
    struct ll_exchange_request request = {.agent_id = 7, .barriers = {.round = 1, .count = LL_BARRIER_WAITS_MAX + 1}};
    request.barriers.items = ll_alloc(request.barriers.count, sizeof *request.barriers.items);
    for (size_t i = 0; i < request.barriers.count; i++)
        request.barriers.items[i] = (struct ll_barrier_wait){.ticket = i + 1, .name = "a", .count = 2};
    ll_rpc_exchange(pair.client, ll_clock_us(), &request, on_answers, &note);
    free(request.barriers.items);
    pair_run_until(&pair, &note.is_done);
    cr_expect(eq(int, note.err.status, LL_INVALID_ARGUMENT), "%s", note.err.text);
}
