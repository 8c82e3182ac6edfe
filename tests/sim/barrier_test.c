// Users of a whole cluster at barriers, while messages are lost, doubled and late, and coordinators die: as long as no
// agent dies, nobody ever goes on without the others of the group, nobody is left behind, and the run ends by itself.
// LIVELOAD_SIM_SEED=77 replays one seed, as in cluster_test.c.
#include "tests/sim/cluster.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

enum { RUNS = 30 };

static const int64_t second_us = 1000000;
static const struct ll_mem_link calm = {.delay_min_us = 200, .delay_max_us = 2000};
static const struct ll_mem_link rough = {
    .delay_min_us = 200, .delay_max_us = 100000, .drop_request = 0.03, .drop_reply = 0.03, .duplicate_request = 0.2};

static struct cluster *crowded_cluster(uint64_t seed, size_t agents, struct ll_mem_link link,
                                       struct crowd_totals *totals) {
    struct cluster *cluster = cluster_new(seed);
    for (size_t i = 0; i < agents; i++)
        cluster_start_agent(
            cluster, i,
            (struct sim_agent_options){.link = link, .prepare_ms_max = 300, .meeting = 1 + i % 3, .meetings = totals});
    struct ll_spec spec = ll_spec_make("sim");
    spec.load.users = (uint32_t)agents * 3;
    spec.load.duration_ms = 15000;
    spec.load.iteration_timeout_ms = spec.load.graceful_stop_ms = 20000;
    cluster_submit(cluster, &spec, (uint32_t)agents, 10000);
    ll_spec_fini(&spec);
    return cluster;
}

static void expect_whole_groups(const struct cluster *cluster, const struct crowd_totals *totals, uint64_t at_least) {
    unsigned long long seed = cluster->seed;
    cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED), "seed %llu: %s", seed,
              cluster->control.status.error.text);
    cr_expect(eq(u64, totals->released % CROWD_GROUP, 0), "seed %llu: %llu were released", seed,
              (unsigned long long)totals->released);
    cr_expect(eq(u64, totals->came, totals->released + totals->withdrawn + totals->in_vain), "seed %llu", seed);
    cr_expect(ge(u64, totals->released, at_least), "seed %llu", seed);
    cr_expect(lt(u64, totals->in_vain, CROWD_GROUP), "seed %llu: %llu waited in vain", seed,
              (unsigned long long)totals->in_vain);
}

Test(barrier, a_calm_cluster_meets_quickly) {
    struct crowd_totals totals = {0};
    struct cluster *cluster = crowded_cluster(1, 6, calm, &totals);
    cr_assert(cluster_run(cluster, 60 * second_us, cluster_run_is_over));
    // Twelve users that are away for 0.2 s on average come some 60 times each in 15 s, if meeting takes no time.
    expect_whole_groups(cluster, &totals, 500);
    cluster_free(&cluster);
}

Test(barrier, whatever_is_lost_groups_are_whole) {
    const char *one = getenv("LIVELOAD_SIM_SEED");
    uint64_t first = one ? strtoull(one, NULL, 10) : 100, last = one ? first : first + RUNS;
    uint64_t whole = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        struct crowd_totals totals = {0};
        struct cluster *cluster = crowded_cluster(seed, 2 + seed % 5, rough, &totals);
        cr_assert(cluster_run(cluster, 200 * second_us, cluster_run_is_over), "seed %llu", (unsigned long long)seed);
        // With so much lost, an agent may seem to be: what its users know is lost with it.
        if (cluster->control.status.agents_lost == 0) {
            expect_whole_groups(cluster, &totals, 8);
            whole++;
        }
        cluster_free(&cluster);
    }
    cr_expect(one || whole >= RUNS * 2 / 3, "%llu runs lost no agent", (unsigned long long)whole);
}

static bool is_running(const struct cluster *cluster) {
    return cluster->control.status.first_iteration_started;
}

Test(barrier, a_coordinator_that_is_started_anew_leaves_nobody_behind) {
    for (uint64_t seed = 200; seed < 200 + RUNS; seed++) {
        struct crowd_totals totals = {0};
        struct cluster *cluster = crowded_cluster(seed, 2 + seed % 4, calm, &totals);
        cr_assert(cluster_run(cluster, 60 * second_us, is_running));
        for (int i = 0; i < 4; i++) {
            cluster_run(cluster, cluster->now_us + 1500000 + (int64_t)ll_rand_below(&cluster->rand, 100000), NULL);
            cluster_kill_coordinator(cluster);
            cluster_run(cluster, cluster->now_us + 300000, NULL);
            cluster_start_coordinator(cluster);
        }
        cr_assert(cluster_run(cluster, 200 * second_us, cluster_run_is_over), "seed %llu", (unsigned long long)seed);
        expect_whole_groups(cluster, &totals, 20);
        cluster_free(&cluster);
    }
}

Test(barrier, users_of_an_agent_that_dies_keep_nobody_waiting_for_ever) {
    struct crowd_totals totals = {0};
    struct cluster *cluster = crowded_cluster(5, 4, calm, &totals);
    cr_assert(cluster_run(cluster, 60 * second_us, is_running));
    cluster_run(cluster, cluster->now_us + 3 * second_us, NULL);
    cluster_kill_agent(cluster, 1);
    uint64_t before = totals.released;
    cr_assert(cluster_run(cluster, 100 * second_us, cluster_run_is_over));
    cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED));
    cr_expect(gt(u64, totals.released, before + 50));
    cluster_free(&cluster);
}
