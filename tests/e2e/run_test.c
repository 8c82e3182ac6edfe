// A run as people make it: real Chromium users in the shop, and all that the run leaves behind.
#include "libcommon/base/alloc.h"
#include "libcommon/codec/json.h"
#include "libcommon/model/result.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

static char *shop_scenario(void) {
    const char *source = getenv("LIVELOAD_SOURCE");
    return path_in(source ? source : LIVELOAD_SOURCE_FOLDER, "tools/shop/shop.lua");
}

static struct ll_result read_result(const char *folder) {
    char *path = path_in(folder, "result.llr");
    struct ll_result result;
    ll_err err = ll_result_read_file(path, &result);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    free(path);
    return result;
}

static void expect_file_has(const char *folder, const char *name, const char *text) {
    char *path = path_in(folder, name), *content = file_read(path);
    cr_expect(content && has(content, text), "%s has no \"%s\"", path, text);
    free(path);
    free(content);
}

Test(run, shop_users_leave_a_full_result) {
    struct shop shop = shop_start(NULL);
    char *folder = folder_make(), *out = path_in(folder, "out"), *scenario = shop_scenario();
    char *set = ll_format("base_url=%s", shop.url);
    struct program *run =
        program_run("liveload", "run", scenario, "--users", "2", "--duration", "4s", "--set", set, "--out", out);
    cr_assert(eq(int, run->exit_code, 0), "%s%s", run->said, run->complained);
    cr_expect(has(run->said, "PASSED") || has(run->said, "DEGRADED"), "%s", run->said);
    cr_expect(has(run->said, "check out"), "%s", run->said);

    struct ll_result result = read_result(out);
    cr_assert(eq(sz, result.scenario_count, 1));
    const struct ll_scenario_result *shopping = &result.scenarios[0];
    cr_expect(eq(str, shopping->name, "shop"));
    cr_expect(eq(u32, shopping->users_total, 2));
    uint64_t completed = ll_series_total(shopping->total, LL_METRIC_ITERATIONS_COMPLETED);
    cr_expect(ge(u64, completed, 2));
    struct ll_sketch iterations = ll_sketch_make();
    ll_series_aggregate(shopping->total, LL_METRIC_ITERATION_DURATION, &iterations);
    cr_expect(eq(u64, iterations.total, completed));
    cr_expect(gt(dbl, iterations.min, 0));
    ll_sketch_fini(&iterations);
    // what the shop's pages are made of was measured, each by its kind
    cr_expect_not_null(ll_series_find(shopping->total, LL_METRIC_HTTP_REQUEST_DURATION, "document"));
    cr_expect_not_null(ll_series_find(shopping->total, LL_METRIC_HTTP_REQUEST_DURATION, "fetch"));
    cr_expect_not_null(ll_series_find(shopping->total, LL_METRIC_HTTP_REQUESTS, "200"));
    cr_expect(ge(u64, ll_series_total(shopping->total, LL_METRIC_WEBSOCKET_OPENED), 2));
    cr_expect_not_null(ll_series_find(shopping->total, LL_METRIC_ACTION_DURATION, "click"));
    cr_expect_not_null(ll_series_find(shopping->total, LL_METRIC_CHECKS_PASSED, "has a receipt"));
    cr_expect(eq(u64, ll_series_total(shopping->total, LL_METRIC_ITERATIONS_FAILED), 0));
    cr_expect(gt(sz, shopping->bucket_count, 2));
    ll_result_fini(&result);

    expect_file_has(out, "report.html", "check out");
    expect_file_has(out, "result.json", "\"quantile_points\"");
    expect_file_has(out, "junit.xml", "<testsuite");
    expect_file_has(out, "report.md", "shop");
    program_free(&run);
    shop_stop(&shop);
    folder_remove(&folder);
    free(out);
    free(scenario);
    free(set);
}

Test(run, two_agents_share_the_users) {
    struct shop shop = shop_start(NULL);
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *scenario = folder_write(folder, "look.lua",
                                  "local ll = require 'liveload'\n"
                                  "return ll.scenario { name = 'look', config = function(o) return o end,\n"
                                  "  run = function(ctx, id, config) ctx:navigate(config.url .. '/products') end }\n");
    char *set = ll_format("url=%s", shop.url);
    struct program *run = program_run("liveload", "run", scenario, "--users", "4", "--agents", "2", "--duration", "3s",
                                      "--set", set, "--out", out, "--max-lost-agents", "0");
    cr_assert(eq(int, run->exit_code, 0), "%s%s", run->said, run->complained);
    struct ll_result result = read_result(out);
    const struct ll_scenario_result *look = &result.scenarios[0];
    cr_assert(eq(sz, look->node_count, 2));
    cr_expect(eq(u32, look->nodes[0].users_total, 2));
    cr_expect(eq(u32, look->nodes[1].users_total, 2));
    uint64_t of_nodes = ll_series_total(look->nodes[0].total, LL_METRIC_ITERATIONS_COMPLETED) +
                        ll_series_total(look->nodes[1].total, LL_METRIC_ITERATIONS_COMPLETED);
    cr_expect(eq(u64, of_nodes, ll_series_total(look->total, LL_METRIC_ITERATIONS_COMPLETED)));
    ll_result_fini(&result);
    program_free(&run);
    shop_stop(&shop);
    folder_remove(&folder);
    free(out);
    free(scenario);
    free(set);
}

Test(run, a_slow_page_fails_the_threshold_and_the_run) {
    struct shop shop = shop_start("path=/checkout,latency=700ms");
    char *folder = folder_make(), *out = path_in(folder, "out"), *scenario = shop_scenario();
    char *set = ll_format("base_url=%s", shop.url);
    struct program *run = program_run("liveload", "run", scenario, "--users", "1", "--duration", "4s", "--set", set,
                                      "--out", out, "--threshold", "step_duration_us{check out}: p50 < 500ms");
    cr_expect(eq(int, run->exit_code, 99), "%s%s", run->said, run->complained);
    cr_expect(has(run->said, "FAILED  step_duration_us{check out}: p50 < 500ms"), "%s", run->said);
    expect_file_has(out, "junit.xml", "<failure");
    program_free(&run);
    shop_stop(&shop);
    folder_remove(&folder);
    free(out);
    free(scenario);
    free(set);
}

Test(run, broken_pages_are_named_by_signature_and_users_go_on) {
    struct shop shop = shop_start("path=/cart/add,fail=100%,status=503");
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *scenario = folder_write(folder, "buy.lua",
                                  "local ll = require 'liveload'\n"
                                  "return ll.scenario { name = 'buy', config = function(o) return o end,\n"
                                  "  run = function(ctx, id, config)\n"
                                  "    ctx:navigate(config.url .. '/product/3'):click('text=Add to cart')\n"
                                  "    ctx:wait_for_selector('.notice.added', { timeout = '300ms' })\n"
                                  "  end }\n");
    char *set = ll_format("url=%s", shop.url);
    struct program *run = program_run("liveload", "run", scenario, "--duration", "3s", "--set", set, "--out", out);
    cr_expect(eq(int, run->exit_code, 0), "%s%s", run->said, run->complained); // that is what thresholds are for
    cr_expect(has(run->said, "wait_for_selector(\".notice.added\")"), "%s", run->said);
    struct ll_result result = read_result(out);
    const struct ll_scenario_result *buy = &result.scenarios[0];
    cr_expect(ge(u64, ll_series_total(buy->total, LL_METRIC_ITERATIONS_FAILED), 2));
    const struct ll_series *refused = ll_series_find(buy->total, LL_METRIC_HTTP_REQUEST_FAILURES, "503");
    cr_expect(refused && refused->count >= 2);
    cr_expect(eq(u32, buy->users_failed, 1));
    cr_assert(ge(sz, buy->failure_count, 1));
    cr_expect(eq(u32, buy->failures[0].step, 3));
    ll_result_fini(&result);
    program_free(&run);
    shop_stop(&shop);
    folder_remove(&folder);
    free(out);
    free(scenario);
    free(set);
}

Test(run, ctrl_c_stops_gracefully_and_writes_the_result) {
    struct shop shop = shop_start(NULL);
    char *folder = folder_make(), *out = path_in(folder, "out"), *scenario = shop_scenario();
    char *set = ll_format("base_url=%s", shop.url);
    struct program *run = program_start("liveload", "run", scenario, "--users", "2", "--duration", "10m", "--set", set,
                                        "--out", out, NULL);
    program_await(run, " iterations ");
    program_signal(run, SIGINT);
    cr_expect(eq(int, program_wait(run), 130), "%s%s", run->said, run->complained);
    struct ll_result result = read_result(out);
    cr_expect(result.scenarios[0].stopped_early);
    cr_expect(ge(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_HTTP_REQUESTS), 1));
    ll_result_fini(&result);
    expect_file_has(out, "report.html", "shop");
    program_free(&run);
    shop_stop(&shop);
    folder_remove(&folder);
    free(out);
    free(scenario);
    free(set);
}

Test(run, ctrl_c_twice_leaves_at_once_and_leaves_nothing_running) {
    struct shop shop = shop_start("path=/checkout,hang=1");
    char *folder = folder_make(), *out = path_in(folder, "out"), *scenario = shop_scenario();
    char *set = ll_format("base_url=%s", shop.url);
    struct program *run =
        program_start("liveload", "run", scenario, "--duration", "10m", "--set", set, "--out", out, NULL);
    program_await(run, " iterations ");
    program_signal(run, SIGINT);
    program_await(run, "Ctrl-C again");
    program_signal(run, SIGINT);
    cr_expect(eq(int, program_wait(run), 130), "%s%s", run->said, run->complained);
    await_processes_with(shop.url, 0);
    program_free(&run);
    shop_stop(&shop);
    folder_remove(&folder);
    free(out);
    free(scenario);
    free(set);
}

Test(run, several_scenarios_stand_in_one_result) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *one = folder_write(folder, "one.lua",
                             "return require('liveload').scenario { name = 'one', run = function(ctx) end }\n");
    char *two = folder_write(folder, "two.lua",
                             "return require('liveload').scenario { name = 'two', run = function(ctx) end }\n");
    struct program *run =
        program_run("liveload", "run", one, two, "--iterations", "5", "--browser", "null", "--out", out, "--quiet");
    cr_expect(eq(int, run->exit_code, 0), "%s%s", run->said, run->complained);
    struct ll_result result = read_result(out);
    cr_assert(eq(sz, result.scenario_count, 2));
    cr_expect(eq(str, result.scenarios[0].name, "one"));
    cr_expect(eq(str, result.scenarios[1].name, "two"));
    for (size_t i = 0; i < 2; i++)
        cr_expect(eq(u64, ll_series_total(result.scenarios[i].total, LL_METRIC_ITERATIONS_COMPLETED), 5));
    ll_result_fini(&result);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(one);
    free(two);
}
