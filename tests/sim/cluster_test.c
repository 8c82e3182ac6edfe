// Whole clusters under a simulated clock and network: what must hold whatever goes wrong.
//
//   - a run always ends, and its result can be fetched
//   - nothing that was acknowledged is lost, and nothing is counted twice (ledger.h)
//   - agents start together
//   - when all is over, no agent holds a run
//
// Random runs come from seeds. A failing one prints its seed:
//   LIVELOAD_SIM_SEED=77 LIVELOAD_SIM_TRACE=1 build/dev/tests/sim_cluster --filter 'cluster/any*'
// replays it and says what happens. LIVELOAD_SIM_RUNS=1000 tries more of them.
#include "tests/sim/cluster.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RUNS = 40, FIRST_SEED = 1 };

static const int64_t second_us = 1000000;
static const struct ll_mem_link calm = {.delay_min_us = 200, .delay_max_us = 2000};

static struct ll_spec spec_of(uint32_t users, uint64_t duration_ms, uint64_t iterations) {
    struct ll_spec spec = ll_spec_make("sim");
    spec.load.users = users;
    spec.load.duration_ms = duration_ms;
    spec.load.iterations = iterations;
    spec.load.iteration_timeout_ms = 5000;
    spec.load.graceful_stop_ms = 5000;
    return spec;
}

static struct cluster *calm_cluster(uint64_t seed, size_t agents) {
    struct cluster *cluster = cluster_new(seed);
    for (size_t i = 0; i < agents; i++)
        cluster_start_agent(cluster, i, (struct sim_agent_options){.link = calm, .prepare_ms_max = 300});
    return cluster;
}

// Opens the result that was made, which is the one that was fetched, and holds it against the ledger.
static struct ll_result checked_result(const struct cluster *cluster) {
    struct ll_result result;
    const struct ll_buf *file = &cluster->result, *fetched = &cluster->control.result;
    if (!cluster->control.is_forgotten) {
        cr_assert(eq(sz, fetched->len, file->len));
        cr_assert(eq(int, memcmp(fetched->data, file->data, file->len), 0));
    }
    ll_err err = ll_result_unpack(file->data, file->len, &result);
    cr_assert(eq(int, err.status, LL_OK), "seed %llu: %s", (unsigned long long)cluster->seed, err.text);
    char wrong[400] = "";
    if (!result.scenarios[0].error)
        ledger_check(&cluster->ledger, cluster->control.run_id, &result.scenarios[0], wrong, sizeof wrong);
    cr_assert(eq(int, wrong[0], 0), "seed %llu: %s", (unsigned long long)cluster->seed, wrong);
    return result;
}

static void expect_nobody_holds_a_run(struct cluster *cluster) {
    cluster_run(cluster, cluster->now_us + 70 * second_us, NULL); // longer than agents bear silence
    for (size_t i = 0; i < cluster->agent_count; i++) {
        const struct sim_agent *agent = cluster->agents[i];
        if (!agent) continue;
        cr_expect(eq(int, agent->core.run_id[0], 0), "seed %llu: agent-%zu still is %s",
                  (unsigned long long)cluster->seed, i + 1, ll_agent_phase_name(agent->core.phase));
    }
}

Test(cluster, a_calm_run_counts_everything) {
    struct cluster *cluster = calm_cluster(3, 10);
    struct ll_spec spec = spec_of(50, 10000, 0);
    cluster_submit(cluster, &spec, 10, 5000);
    cr_assert(cluster_run(cluster, 60 * second_us, cluster_run_is_over));
    cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED));
    struct ll_result result = checked_result(cluster);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    uint64_t sealed = ledger_sealed_in_all(&cluster->ledger, cluster->control.run_id);
    cr_expect(gt(u64, sealed, 300));
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_ITERATIONS_COMPLETED), sealed));
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_AGENT_LOSSES), 0));
    cr_expect(eq(u32, scenario->users_total, 50));
    cr_expect(eq(sz, scenario->node_count, 10));
    cr_expect(le(i64, ledger_start_skew_us(&cluster->ledger, cluster->control.run_id), 2000));
    cr_expect(eq(int, cluster->results, 1));
    ll_result_fini(&result);
    expect_nobody_holds_a_run(cluster);
    ll_spec_fini(&spec);
    cluster_free(&cluster);
}

static bool first_iteration(const struct cluster *cluster) {
    return cluster->control.status.first_iteration_started;
}

Test(cluster, a_run_starts_within_half_a_second_of_its_agents) {
    struct cluster *cluster = cluster_new(5);
    for (size_t i = 0; i < 3; i++) cluster_start_agent(cluster, i, (struct sim_agent_options){.link = calm});
    struct ll_spec spec = spec_of(30, 10000, 0);
    cluster_submit(cluster, &spec, 3, 5000);
    int64_t began_us = cluster->now_us;
    cr_assert(cluster_run(cluster, 60 * second_us, first_iteration));
    cr_expect(le(i64, cluster->now_us - began_us, second_us / 2)); // with a status asked for every 200 ms
    ll_spec_fini(&spec);
    cluster_free(&cluster);
}

Test(cluster, shared_iterations_are_all_done_and_no_more) {
    struct cluster *cluster = calm_cluster(4, 7);
    struct ll_spec spec = spec_of(20, 0, 333);
    cluster_submit(cluster, &spec, 7, 5000);
    cr_assert(cluster_run(cluster, 200 * second_us, cluster_run_is_over));
    struct ll_result result = checked_result(cluster);
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_COMPLETED), 333));
    ll_result_fini(&result);
    ll_spec_fini(&spec);
    cluster_free(&cluster);
}

Test(cluster, one_run_after_another) {
    struct cluster *cluster = calm_cluster(6, 5);
    for (int i = 0; i < 3; i++) {
        struct ll_spec spec = spec_of(10, 3000, 0);
        cluster_submit(cluster, &spec, 5, 5000);
        cr_assert(cluster_run(cluster, cluster->now_us + 60 * second_us, cluster_run_is_over), "run %d", i);
        cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED), "run %d: %s", i,
                  cluster->control.status.error.text);
        struct ll_result result = checked_result(cluster);
        cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_COMPLETED),
                     ledger_sealed_in_all(&cluster->ledger, cluster->control.run_id)));
        ll_result_fini(&result);
        ll_spec_fini(&spec);
    }
    cluster_free(&cluster);
}

Test(cluster, two_hundred_agents_start_together) {
    struct cluster *cluster = calm_cluster(8, 200);
    struct ll_spec spec = spec_of(1000, 3000, 0);
    cluster_submit(cluster, &spec, 200, 20000);
    cr_assert(cluster_run(cluster, 60 * second_us, cluster_run_is_over));
    struct ll_result result = checked_result(cluster);
    cr_expect(eq(sz, result.scenarios[0].node_count, 200));
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_COMPLETED),
                 ledger_sealed_in_all(&cluster->ledger, cluster->control.run_id)));
    cr_expect(le(i64, ledger_start_skew_us(&cluster->ledger, cluster->control.run_id), 2000));
    ll_result_fini(&result);
    ll_spec_fini(&spec);
    cluster_free(&cluster);
}

// A second from call to answer, and clocks that are minutes apart.
Test(cluster, agents_start_together_however_far_away_they_are) {
    enum { AGENTS = 20 };
    struct cluster *cluster = cluster_new(9);
    struct ll_mem_link far = {.delay_min_us = 500000, .delay_max_us = 500000};
    for (size_t i = 0; i < AGENTS; i++) { // some are near
        struct sim_agent_options options = {
            .link = i % 3 ? far : calm, .prepare_ms_max = 300, .clock_ahead_us = ((int64_t)i - 10) * 31 * second_us};
        cluster_start_agent(cluster, i, options);
    }
    struct ll_spec spec = spec_of(100, 10000, 0);
    cluster_submit(cluster, &spec, AGENTS, 20000);
    cr_assert(cluster_run(cluster, 90 * second_us, cluster_run_is_over));
    struct ll_result result = checked_result(cluster);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect(le(i64, ledger_start_skew_us(&cluster->ledger, cluster->control.run_id), 2000));
    cr_expect(le(dbl, scenario->start_skew_ms, 2));
    cr_assert(eq(sz, scenario->node_count, AGENTS));
    for (size_t i = 0; i < AGENTS; i++) {
        const struct ll_node_result *node = &scenario->nodes[i];
        size_t number = strtoul(strchr(node->name, '-') + 1, NULL, 10) - 1;
        cr_expect(epsilon_eq(dbl, node->clock_offset_ms, ((double)number - 10) * 31000, 1), "%s", node->name);
        cr_expect(epsilon_eq(dbl, node->round_trip_ms, number % 3 ? 1000 : 2, 2), "%s", node->name);
    }
    ll_result_fini(&result);
    ll_spec_fini(&spec);
    cluster_free(&cluster);
}

Test(cluster, a_coordinator_that_is_killed_goes_on_from_its_journal) {
    for (uint64_t seed = 20; seed < 30; seed++) {
        struct cluster *cluster = calm_cluster(seed, 5);
        struct ll_spec spec = spec_of(20, 10000, 0);
        cluster_submit(cluster, &spec, 5, 5000);
        cluster_run(cluster, cluster->now_us + 2 * second_us + (int64_t)seed * 7777, NULL);
        for (int i = 0; i < 3; i++) {
            cluster_kill_coordinator(cluster);
            cluster_run(cluster, cluster->now_us + second_us / 2, NULL);
            cluster_start_coordinator(cluster);
            cluster_run(cluster, cluster->now_us + 2 * second_us, NULL);
        }
        cr_assert(cluster_run(cluster, 60 * second_us, cluster_run_is_over));
        cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED), "seed %d: %s", (int)seed,
                  cluster->control.status.error.text);
        struct ll_result result = checked_result(cluster);
        const struct ll_series_set *total = result.scenarios[0].total;
        cr_expect(eq(u64, ll_series_total(total, LL_METRIC_ITERATIONS_COMPLETED),
                     ledger_sealed_in_all(&cluster->ledger, cluster->control.run_id)));
        cr_expect(eq(u64, ll_series_total(total, LL_METRIC_AGENT_LOSSES), 0));
        ll_result_fini(&result);
        ll_spec_fini(&spec);
        cluster_free(&cluster);
    }
}

// All that was sealed is counted, also what an agent sealed while nobody heard it.
static void expect_all_counted(const struct cluster *cluster, uint64_t losses) {
    struct ll_result result = checked_result(cluster);
    const struct ll_series_set *total = result.scenarios[0].total;
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_ITERATIONS_COMPLETED),
                 ledger_sealed_in_all(&cluster->ledger, cluster->control.run_id)),
              "seed %llu", (unsigned long long)cluster->seed);
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_AGENT_LOSSES), losses), "seed %llu",
              (unsigned long long)cluster->seed);
    ll_result_fini(&result);
}

Test(cluster, what_an_agent_measured_while_it_was_cut_off_is_counted_once) {
    for (uint64_t seed = 40; seed < 60; seed++) {
        struct cluster *cluster = calm_cluster(seed, 4);
        struct ll_spec spec = spec_of(20, 20000, 0);
        cluster_submit(cluster, &spec, 4, 5000);
        cluster_run(cluster, cluster->now_us + 3 * second_us + (int64_t)seed * 7777, NULL);
        struct ll_mem_link *link = sim_agent_link(cluster->agents[seed % 4]);
        link->is_cut = true;
        cluster_run(cluster, cluster->now_us + 11 * second_us, NULL);
        link->is_cut = false;
        link->duplicate_request = 0.5;
        link->drop_reply = 0.2;
        if (seed % 2) { // the coordinator too
            cluster_run(cluster, cluster->now_us + second_us / 4, NULL);
            cluster_kill_coordinator(cluster);
            cluster_run(cluster, cluster->now_us + second_us / 2, NULL);
            cluster_start_coordinator(cluster);
        }
        cr_assert(cluster_run(cluster, 100 * second_us, cluster_run_is_over), "seed %d", (int)seed);
        cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED));
        expect_all_counted(cluster, 1);
        expect_nobody_holds_a_run(cluster);
        ll_spec_fini(&spec);
        cluster_free(&cluster);
    }
}

Test(cluster, a_run_without_anyone_waits_for_its_agents_and_counts_what_they_bring) {
    struct cluster *cluster = calm_cluster(60, 2);
    struct ll_spec spec = spec_of(20, 60000, 0);
    cluster_submit(cluster, &spec, 2, 5000);
    cluster_run(cluster, cluster->now_us + 3 * second_us, NULL);
    for (size_t i = 0; i < 2; i++) sim_agent_link(cluster->agents[i])->is_cut = true;
    cluster_run(cluster, cluster->now_us + 40 * second_us, NULL);
    for (size_t i = 0; i < 2; i++) sim_agent_link(cluster->agents[i])->is_cut = false;
    cr_assert(cluster_run(cluster, 100 * second_us, cluster_run_is_over));
    cr_expect(eq(int, cluster->control.status.state, LL_RUN_FAILED)); // nobody ran it to its end
    expect_all_counted(cluster, 2);
    ll_spec_fini(&spec);
    cluster_free(&cluster);
}

// ---- Whatever goes wrong

struct world { // what a seed makes of it
    struct ll_rand rand;
    size_t agents;
    struct ll_mem_link link;
    int64_t prepare_ms_max;
    double fault_rate; // faults a second
};

static double unit_below(struct ll_rand *rand, double limit) {
    return ll_rand_unit(rand) * limit;
}

static struct world make_world(uint64_t seed) {
    struct world world = {.rand = ll_rand_seed(seed ^ 0x5eed)};
    struct ll_rand *rand = &world.rand;
    bool is_rough = ll_rand_below(rand, 4) > 0;
    world.agents = 1 + ll_rand_below(rand, 20);
    world.link.delay_min_us = (int64_t)ll_rand_below(rand, 2000);
    world.link.delay_max_us = world.link.delay_min_us + (int64_t)ll_rand_below(rand, is_rough ? 300000 : 5000);
    world.link.drop_request = is_rough ? unit_below(rand, 0.1) : 0;
    world.link.drop_reply = is_rough ? unit_below(rand, 0.1) : 0;
    world.link.duplicate_request = unit_below(rand, 0.3);
    world.prepare_ms_max = (int64_t)ll_rand_below(rand, ll_rand_below(rand, 8) ? 2000 : 70000);
    world.fault_rate = is_rough ? unit_below(rand, 0.5) : 0;
    return world;
}

static void start_agent(struct cluster *cluster, struct world *world, size_t index) {
    cluster_start_agent(
        cluster, index,
        (struct sim_agent_options){
            .link = world->link,
            .prepare_ms_max = world->prepare_ms_max,
            .max_users = ll_rand_below(&world->rand, 3) ? 0 : 10 + (uint32_t)ll_rand_below(&world->rand, 20),
            .fails_to_prepare = ll_rand_below(&world->rand, 150) == 0,
        });
}

// One thing goes wrong, or right again.
static void strike(struct cluster *cluster, struct world *world) {
    size_t index = ll_rand_below(&world->rand, world->agents);
    struct sim_agent *agent = cluster->agents[index];
    switch (ll_rand_below(&world->rand, 9)) {
    case 8:
        if (cluster->core)
            cluster_kill_coordinator(cluster);
        else
            cluster_start_coordinator(cluster);
        break;
    case 0:
        cluster_kill_agent(cluster, index);
        break;
    case 1:
    case 2:
        if (!agent || agent->is_gone) start_agent(cluster, world, index);
        break;
    case 3:
        if (agent && !agent->is_gone) sim_agent_leave(agent, cluster->now_us);
        break;
    case 4:
        if (ll_rand_below(&world->rand, 4) == 0) cluster_stop_run(cluster);
        break;
    default: // cut off, and back after a while
        if (agent) {
            sim_agent_link(agent)->is_cut = !sim_agent_link(agent)->is_cut;
            cluster_note(cluster, "agent-%zu is %s", index + 1, sim_agent_link(agent)->is_cut ? "cut off" : "back");
        }
        break;
    }
}

static struct ll_spec random_spec(struct ll_rand *rand) {
    uint32_t users = 1 + (uint32_t)ll_rand_below(rand, 100);
    if (ll_rand_below(rand, 3) == 0) return spec_of(users, 0, 1 + ll_rand_below(rand, 500));
    return spec_of(users, 1000 + ll_rand_below(rand, 20000), 0);
}

// As long as the slowest run may take: waiting, preparing, every round timing out, stopping, and what is given beyond.
static int64_t patience_us(const struct ll_spec *spec) {
    uint64_t rounds = spec->load.iterations + 2;
    return (int64_t)(20 + 60 + 21 + rounds * 6 + 5 + 5 + 10 + 60) * second_us;
}

static uint64_t live(uint64_t seed) {
    struct cluster *cluster = cluster_new(seed);
    struct world world = make_world(seed);
    for (size_t i = 0; i < world.agents; i++) start_agent(cluster, &world, i);
    struct ll_spec spec = random_spec(&world.rand);
    uint32_t min_agents = 1 + (uint32_t)ll_rand_below(&world.rand, world.agents);
    cluster_submit(cluster, &spec, min_agents, (uint32_t)ll_rand_below(&world.rand, 20000));
    int64_t give_up_us = cluster->now_us + patience_us(&spec);
    bool is_over = false;
    while (!is_over && cluster->now_us < give_up_us) {
        int64_t until_us = cluster->now_us + second_us / 4;
        is_over = cluster_run(cluster, until_us, cluster_run_is_over);
        if (ll_rand_unit(&world.rand) < world.fault_rate / 4) strike(cluster, &world);
        if (!cluster->core) { // it comes back some time; until then no run can end
            give_up_us += second_us / 4;
            if (ll_rand_below(&world.rand, 40) == 0) cluster_start_coordinator(cluster);
        }
    }
    cr_assert(is_over, "seed %llu: the run goes on in state %d: %s", (unsigned long long)seed,
              (int)cluster->control.status.state, cluster->control.error.text);
    if (cluster->results > 0 || !cluster->control.is_forgotten) {
        struct ll_result result = checked_result(cluster);
        ll_result_fini(&result);
    }
    cr_expect(le(int, cluster->results, 1), "seed %llu", (unsigned long long)seed);
    cluster_start_coordinator(cluster);
    for (size_t i = 0; i < cluster->agent_count; i++)
        if (cluster->agents[i]) sim_agent_link(cluster->agents[i])->is_cut = false;
    expect_nobody_holds_a_run(cluster);
    uint64_t trace = cluster->trace;
    ll_spec_fini(&spec);
    cluster_free(&cluster);
    return trace;
}

static uint64_t from_environment(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

Test(cluster, any_run_ends_and_counts_once) {
    uint64_t only = from_environment("LIVELOAD_SIM_SEED", 0);
    uint64_t first = only ? only : FIRST_SEED;
    uint64_t runs = only ? 1 : from_environment("LIVELOAD_SIM_RUNS", RUNS);
    for (uint64_t seed = first; seed < first + runs; seed++) live(seed);
}

Test(cluster, a_seed_replays_exactly) {
    for (uint64_t seed = 100; seed < 104; seed++)
        cr_expect(eq(u64, live(seed), live(seed)), "seed %llu", (unsigned long long)seed);
}
