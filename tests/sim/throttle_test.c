// Users of a whole cluster at throttles, while messages are lost, doubled and late, and agents and coordinators die:
// never more pass than the rate allows, never more are inside than there are permits, and nobody is kept out for good.
// LIVELOAD_SIM_SEED=77 replays one seed, as in cluster_test.c.
#include "tests/sim/cluster.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>

enum { RUNS = 30, DURATION_MS = 15000 };

static const int64_t second_us = 1000000;
static const struct ll_mem_link calm = {.delay_min_us = 200, .delay_max_us = 2000};
static const struct ll_mem_link rough = {
    .delay_min_us = 200, .delay_max_us = 100000, .drop_request = 0.03, .drop_reply = 0.03, .duplicate_request = 0.2};

static struct cluster *throttled_cluster(uint64_t seed, size_t agents, struct ll_mem_link link,
                                         struct pass_totals *totals) {
    struct cluster *cluster = cluster_new(seed);
    for (size_t i = 0; i < agents; i++)
        cluster_start_agent(
            cluster, i,
            (struct sim_agent_options){.link = link, .prepare_ms_max = 300, .passing = 4, .passes = totals});
    struct ll_spec spec = ll_spec_make("sim");
    spec.load.users = (uint32_t)agents * 3;
    spec.load.duration_ms = DURATION_MS;
    spec.load.iteration_timeout_ms = spec.load.graceful_stop_ms = 20000;
    cluster_submit(cluster, &spec, (uint32_t)agents, 10000);
    ll_spec_fini(&spec);
    return cluster;
}

static bool is_running(const struct cluster *cluster) {
    return cluster->control.status.first_iteration_started;
}

// An agent's users end up to a second after the load's duration, and it hears of the start a little late.
static const uint64_t passed_max = PASSERS_RATE_PER_S * (DURATION_MS / 1000 + 1) + PASSERS_RATE_PER_S / 2;

static void expect_kept(const struct cluster *cluster, const struct pass_totals *totals, uint64_t passed_min) {
    unsigned long long seed = cluster->seed;
    cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED), "seed %llu: %s", seed,
              cluster->control.status.error.text);
    cr_expect(le(u64, totals->passed, passed_max), "seed %llu: %llu passed", seed, (unsigned long long)totals->passed);
    cr_expect(ge(u64, totals->passed, passed_min), "seed %llu: %llu passed", seed, (unsigned long long)totals->passed);
    cr_expect(le(u32, totals->inside_max, PASSERS_INSIDE_MAX), "seed %llu", seed);
    cr_expect(eq(u32, totals->inside, 0), "seed %llu", seed);
}

Test(throttle, a_calm_cluster_passes_as_often_as_it_may) {
    struct pass_totals totals = {0};
    struct cluster *cluster = throttled_cluster(1, 6, calm, &totals);
    cr_assert(cluster_run(cluster, 60 * second_us, cluster_run_is_over));
    // 24 users that are away and inside for an eighth of a second would pass 190 times a second; 20 may.
    expect_kept(cluster, &totals, PASSERS_RATE_PER_S * (DURATION_MS / 1000) - 5);
    cr_expect(eq(u32, totals.inside_max, PASSERS_INSIDE_MAX));
    // Apart by the space of one, but for the way of a message.
    cr_expect(ge(i64, totals.gap_min_us, second_us / PASSERS_RATE_PER_S - 2 * calm.delay_max_us));
    cluster_free(&cluster);
}

Test(throttle, whatever_is_lost_no_more_pass_than_may) {
    const char *one = getenv("LIVELOAD_SIM_SEED");
    uint64_t first = one ? strtoull(one, NULL, 10) : 100, last = one ? first : first + RUNS;
    uint64_t whole = 0;
    for (uint64_t seed = first; seed <= last; seed++) {
        struct pass_totals totals = {0};
        struct cluster *cluster = throttled_cluster(seed, 2 + seed % 5, rough, &totals);
        cr_assert(cluster_run(cluster, 200 * second_us, cluster_run_is_over), "seed %llu", (unsigned long long)seed);
        // With so much lost, an agent may seem to be, and others get what its users hold.
        if (cluster->control.status.agents_lost == 0) {
            expect_kept(cluster, &totals, 40);
            whole++;
        }
        cluster_free(&cluster);
    }
    cr_expect(one || whole >= RUNS * 2 / 3, "%llu runs lost no agent", (unsigned long long)whole);
}

Test(throttle, a_coordinator_that_is_started_anew_keeps_to_what_it_gave) {
    for (uint64_t seed = 200; seed < 200 + RUNS; seed++) {
        struct pass_totals totals = {0};
        struct cluster *cluster = throttled_cluster(seed, 2 + seed % 4, calm, &totals);
        cr_assert(cluster_run(cluster, 60 * second_us, is_running));
        for (int i = 0; i < 4; i++) {
            cluster_run(cluster, cluster->now_us + 1500000 + (int64_t)ll_rand_below(&cluster->rand, 100000), NULL);
            cluster_kill_coordinator(cluster);
            cluster_run(cluster, cluster->now_us + 20000, NULL);
            cluster_start_coordinator(cluster);
        }
        cr_assert(cluster_run(cluster, 200 * second_us, cluster_run_is_over), "seed %llu", (unsigned long long)seed);
        expect_kept(cluster, &totals, 100);
        cr_expect(ge(i64, totals.gap_min_us, second_us / PASSERS_RATE_PER_S - 2 * calm.delay_max_us), "seed %llu",
                  (unsigned long long)seed);
        cluster_free(&cluster);
    }
}

Test(throttle, what_users_of_an_agent_that_dies_held_is_given_to_others) {
    struct pass_totals totals = {0};
    struct cluster *cluster = throttled_cluster(5, 4, calm, &totals);
    cr_assert(cluster_run(cluster, 60 * second_us, is_running));
    cluster_run(cluster, cluster->now_us + 3 * second_us, NULL);
    // It dies while its users hold all there are.
    while (cluster->agents[1]->passers.members[0].state != PASSER_INSIDE)
        cluster_run(cluster, cluster->now_us + 5000, NULL);
    cluster_kill_agent(cluster, 1);
    cluster_run(cluster, cluster->now_us + 6 * second_us, NULL); // its lease is over
    uint64_t entered = totals.entered;
    totals.inside_max = 0;
    cluster_run(cluster, cluster->now_us + 3 * second_us, NULL);
    cr_expect(eq(u32, totals.inside_max, PASSERS_INSIDE_MAX));
    cr_expect(gt(u64, totals.entered, entered + 30));
    cr_assert(cluster_run(cluster, 100 * second_us, cluster_run_is_over));
    cr_expect(eq(int, cluster->control.status.state, LL_RUN_FINISHED));
    cluster_free(&cluster);
}
