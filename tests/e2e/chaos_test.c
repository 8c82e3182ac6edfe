// What dies, and what is left: agents and browsers are killed; nothing measured is lost and nothing stays behind.
#include "libcommon/base/alloc.h"
#include "tests/support/scene.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static const char look_lua[] =
    "local ll = require 'liveload'\n"
    "return ll.scenario { name = 'look', config = function(o) return o end,\n"
    "  run = function(ctx, id, config)\n"
    "    ctx:navigate(config.base_url .. '/products'):wait_for_selector('#products .product')\n"
    "  end }\n";

// Two users look at the shop for `duration`, on `agents` agents.
static struct scene begin(const char *duration, const char *agents) {
    struct scene scene = scene_make(NULL, look_lua);
    scene_start(&scene, "--users", "2", "--duration", duration, "--agents", agents, NULL);
    program_await(scene.run, " iterations ");
    return scene;
}

static const struct ll_node_result *node_named(const struct ll_result *result, const char *name) {
    const struct ll_scenario_result *scenario = &result->scenarios[0];
    for (size_t i = 0; i < scenario->node_count; i++)
        if (strcmp(scenario->nodes[i].name, name) == 0) return &scenario->nodes[i];
    cr_assert(false, "the result has no node %s", name);
    return NULL;
}

// The profile that a browser of that agent works in: what no process may have in its command line afterwards.
static char *profile_of(pid_t agent) {
    return ll_format("liveload-profile-%d-", (int)agent);
}

Test(chaos, a_killed_agent_leaves_no_browser_behind_and_the_run_ends_with_exit_1) {
    struct scene scene = begin("10m", "1");
    pid_t agent = process_with("liveload-agent", scene.run->pid);
    cr_assert(ne(int, agent, 0));
    char *profile = profile_of(agent);
    cr_assert(gt(int, processes_with(profile), 0), "no browser works in %s", profile);
    program_await(scene.run, "iterations");
    kill(agent, SIGKILL);
    await_processes_with(profile, 0);
    cr_expect(eq(int, program_wait(scene.run), 1), "%s%s", scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_AGENT_LOSSES), 1));
    cr_expect(result.scenarios[0].nodes[0].lost);
    ll_result_fini(&result);
    free(profile);
    scene_free(&scene);
}

Test(chaos, one_of_two_agents_lost_is_invalid_and_the_other_goes_on) {
    struct scene scene = begin("8s", "2");
    pid_t agent = process_with("--name agent-2", scene.run->pid);
    cr_assert(ne(int, agent, 0));
    kill(agent, SIGKILL);
    cr_expect(eq(int, program_wait(scene.run), 98), "%s%s", scene.run->said, scene.run->complained);
    cr_expect(has(scene.run->said, "agent-2"), "%s", scene.run->said);
    struct ll_result result = scene_result(&scene);
    cr_assert(eq(sz, result.scenarios[0].node_count, 2));
    const struct ll_node_result *kept = node_named(&result, "agent-1");
    cr_expect(not(kept->lost));
    cr_expect(node_named(&result, "agent-2")->lost);
    cr_expect(gt(u64, ll_series_total(kept->total, LL_METRIC_ITERATIONS_COMPLETED), 0));
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(chaos, a_browser_that_dies_is_counted_restarted_and_its_users_go_on) {
    struct scene scene = begin("8s", "1");
    pid_t agent = process_with("liveload-agent", scene.run->pid);
    pid_t browser = process_with("--remote-debugging-pipe", agent);
    cr_assert(ne(int, browser, 0));
    kill(browser, SIGKILL);
    int code = program_wait(scene.run);
    cr_expect(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    const struct ll_scenario_result *look = &result.scenarios[0];
    cr_expect(eq(u64, ll_series_total(look->total, LL_METRIC_BROWSER_CRASHES), 1));
    // users went on: iterations were completed in the last seconds too
    cr_assert(gt(sz, look->bucket_count, 6));
    uint64_t late = 0;
    for (size_t i = 6; i < look->bucket_count; i++)
        late += ll_series_total(look->buckets[i].series, LL_METRIC_ITERATIONS_COMPLETED);
    cr_expect(gt(u64, late, 0));
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(chaos, a_killed_liveload_takes_everything_with_it) {
    struct scene scene = begin("10m", "1");
    pid_t agent = process_with("liveload-agent", scene.run->pid);
    char *profile = profile_of(agent);
    program_signal(scene.run, SIGKILL);
    program_wait(scene.run);
    await_processes_with(profile, 0);
    await_processes_with(scene.scenario, 0);
    free(profile);
    scene_free(&scene);
}

Test(chaos, a_pattern_that_backtracks_ends_its_iteration_and_names_the_line) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *scenario = folder_write(folder, "slow.lua",
                                  "local ll = require 'liveload'\n"
                                  "return ll.scenario { name = 'slow', run = function(ctx)\n"
                                  "  string.find(string.rep('a', 60), string.rep('a-', 40) .. 'b')\n"
                                  "end }\n");
    struct program *run =
        program_run("liveload", "run", scenario, "--browser", "null", "--iterations", "1", "--out", out);
    cr_expect(eq(int, run->exit_code, 99), "%s%s", run->said, run->complained);
    cr_expect(has(run->said, "slow.lua:3: string.find used up"), "%s", run->said);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(scenario);
}
