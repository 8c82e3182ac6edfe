// How the core treats agents beside their runs: cadence, leases, late and unreadable snapshots, files and results.
#include "tests/unit/coordinator/rig.h"

#include "coordinator/core/archive.h"
#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static struct rig *rig;
static struct rig_agent agent;

static void make(void) {
    rig = rig_new();
    agent = rig_register(rig, "a", 1, 0);
}

static void drop(void) {
    rig_agent_fini(&agent);
    rig_free(&rig);
}

TestSuite(cadence, .init = make, .fini = drop);

Test(cadence, quick_when_fresh_and_steady_when_idle_for_long) {
    cr_expect(le(u32, rig_exchange(rig, &agent).exchange_ms, 50));
    for (int i = 0; i < 11; i++) {
        rig_wait(rig, 1000);
        rig_exchange(rig, &agent);
    }
    cr_expect(eq(u32, rig_exchange(rig, &agent).exchange_ms, LL_COORDINATOR_STEADY_MS));
    rig_submit(rig, "r1", 1, 2);
    cr_expect(le(u32, rig_exchange(rig, &agent).exchange_ms, 50));
}

Test(cadence, a_large_cluster_is_asked_more_slowly) {
    for (uint64_t i = 2; i <= 100; i++) {
        struct rig_agent other = rig_register(rig, "n", i, 0);
        rig_agent_fini(&other);
    }
    cr_expect(eq(u32, rig_exchange(rig, &agent).exchange_ms, 50));
}

Test(cadence, silence_ends_a_registration_and_heartbeats_keep_it) {
    rig_wait(rig, 4900);
    rig_exchange(rig, &agent);
    rig_wait(rig, 4900);
    struct ll_exchange_reply reply;
    cr_expect(eq(int, rig_try_exchange(rig, &agent, &reply).status, LL_OK));
    rig_wait(rig, 5100);
    cr_expect(eq(int, rig_try_exchange(rig, &agent, &reply).status, LL_NOT_FOUND));
    cr_expect(rig_logged(rig, "agent a was not heard for 5 s"));
}

Test(cadence, the_coordinators_own_stall_is_no_silence) {
    ll_coordinator_next_us(rig->core);
    rig->now_us += 60 * 1000000;
    ll_coordinator_tick(rig->core, rig->now_us);
    struct ll_exchange_reply reply;
    cr_expect(eq(int, rig_try_exchange(rig, &agent, &reply).status, LL_OK));
}

Test(cadence, without_agents_and_runs_nothing_is_due) {
    struct ll_leave_request leave = {.agent_id = agent.id, .epoch = agent.epoch};
    cr_assert(eq(int, ll_coordinator_leave(rig->core, rig->now_us, &leave).status, LL_OK));
    cr_expect(eq(i64, ll_coordinator_next_us(rig->core), INT64_MAX));
}

Test(cadence, an_unreadable_snapshot_counts_as_silence) {
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, &agent, 1);
    rig_seal(&agent, 1, 0, 1, false);
    agent.frames[0].data[agent.frames[0].len / 2] ^= 0x55;
    agent.frames[0].len -= 3;
    struct ll_exchange_reply reply;
    for (int i = 0; i < 5; i++) {
        rig_wait(rig, 1000);
        ll_err err = rig_try_exchange(rig, &agent, &reply);
        cr_expect(ne(int, err.status, LL_OK));
    }
    cr_expect(eq(u32, rig_status(rig, "r1").agents_lost, 1));
}

Test(cadence, a_duplicate_exchange_is_acknowledged_again_and_counted_once) {
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, &agent, 1);
    rig_seal(&agent, 1, 0, 5, false);
    rig_seal(&agent, 2, 1000, 5, false);
    cr_expect(eq(u64, rig_exchange(rig, &agent).acknowledged, 2));
    cr_expect(eq(u64, rig_exchange(rig, &agent).acknowledged, 2));
    cr_expect(eq(u64, rig_status(rig, "r1").iterations_completed, 10));
    cr_expect(eq(int, rig->journaled[LL_JOURNAL_FRAME], 2));
}

Test(cadence, late_snapshots_of_a_run_that_is_over_are_acknowledged_or_dropped) {
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, &agent, 1);
    rig_seal(&agent, 1, 0, 5, true);
    agent.state = LL_AGENT_DRAINING;
    cr_expect(eq(u64, rig_exchange(rig, &agent).acknowledged, 1));
    struct ll_exchange_reply again = rig_exchange(rig, &agent); // as if the first reply was lost
    cr_expect(eq(u64, again.acknowledged, 1));
    cr_expect(eq(int, again.directive, LL_DIRECTIVE_IDLE));
    cr_expect(eq(int, rig->results, 1));
    cr_expect(eq(u64, rig_status(rig, "r1").iterations_completed, 5));
}

Test(cadence, the_next_run_starts_its_own_numbers) {
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, &agent, 1);
    rig_seal(&agent, 1, 0, 5, true);
    agent.state = LL_AGENT_DRAINING;
    rig_exchange(rig, &agent);
    rig_forget_frames(&agent);
    agent.run_id[0] = '\0';
    agent.state = LL_AGENT_IDLE;
    rig_submit(rig, "r2", 1, 1);
    rig_start_all(rig, &agent, 1);
    cr_expect(eq(u64, rig_exchange(rig, &agent).acknowledged, 0));
    rig_seal(&agent, 1, 0, 7, false);
    cr_expect(eq(u64, rig_exchange(rig, &agent).acknowledged, 1));
    cr_expect(eq(u64, rig_status(rig, "r2").iterations_completed, 7));
}

Test(cadence, the_bundle_is_fetched_by_its_hash_while_the_run_goes_on) {
    rig_submit(rig, "r1", 1, 1);
    struct ll_exchange_reply prepare = rig_exchange(rig, &agent);
    struct ll_fetch_request request = {0};
    memcpy(request.hash, prepare.assignment.bundle_hash, sizeof request.hash);
    ll_assignment_fini(&prepare.assignment);
    struct ll_fetch_reply reply = {0};
    cr_assert(eq(int, ll_coordinator_fetch_bundle(rig->core, &request, &reply).status, LL_OK));
    cr_expect(eq(u64, reply.total_bytes, 6));
    cr_expect(eq(sz, reply.chunk.len, 6));
    cr_expect(eq(int, memcmp(reply.chunk.data, "bundle", 6), 0));
    request.offset = 4;
    cr_assert(eq(int, ll_coordinator_fetch_bundle(rig->core, &request, &reply).status, LL_OK));
    cr_expect(eq(sz, reply.chunk.len, 2));
    request.offset = 7;
    cr_expect(eq(int, ll_coordinator_fetch_bundle(rig->core, &request, &reply).status, LL_OUT_OF_RANGE));
    request.hash[0] ^= 1;
    cr_expect(eq(int, ll_coordinator_fetch_bundle(rig->core, &request, &reply).status, LL_NOT_FOUND));
}

Test(cadence, a_result_is_fetched_once_the_run_is_over) {
    rig_submit(rig, "r1", 1, 1);
    struct ll_fetch_request request = {.run_id = "r1"};
    struct ll_fetch_reply reply = {0};
    cr_expect(eq(int, ll_coordinator_fetch_result(rig->core, &request, &reply).status, LL_FAILED_PRECONDITION));
    rig_stop(rig, "r1");
    cr_assert(eq(int, ll_coordinator_fetch_result(rig->core, &request, &reply).status, LL_OK));
    cr_expect(eq(u64, reply.total_bytes, rig->result.len));
    cr_expect(eq(int, memcmp(reply.chunk.data, rig->result.data, reply.chunk.len), 0));
}

Test(cadence, only_so_many_runs_are_kept) {
    for (int i = 0; i < LL_ARCHIVE_RUNS_MAX + 2; i++) {
        char run_id[16];
        snprintf(run_id, sizeof run_id, "r%d", i);
        rig_submit(rig, run_id, 1, 2);
        rig_stop(rig, run_id);
    }
    struct ll_run_request request = {.run_id = "r1"};
    struct ll_status_reply reply = {0};
    cr_expect(eq(int, ll_coordinator_status(rig->core, 0, &request, &reply).status, LL_NOT_FOUND));
    cr_expect(eq(int, rig_status(rig, "r2").state, LL_RUN_FAILED));
    cr_expect(eq(int, rig_status(rig, "").state, LL_RUN_FAILED));
}

Test(cadence, the_archive_is_bounded_in_bytes_too) {
    struct ll_archive archive = {0};
    struct ll_status_reply status = {0};
    size_t half = LL_ARCHIVE_BYTES_MAX / 2;
    const char *ids[] = {"a", "b", "c"};
    for (size_t i = 0; i < 3; i++) ll_archive_add(&archive, ids[i], "shop", &status, ll_alloc(1, 1), half);
    cr_expect(ll_archive_find(&archive, "a") == NULL);
    cr_expect(ll_archive_find(&archive, "c") != NULL);
    cr_expect(le(sz, archive.bytes, LL_ARCHIVE_BYTES_MAX));
    ll_archive_fini(&archive);
}
