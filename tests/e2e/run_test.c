// A run as people make it: real Chromium users in the shop, and all that the run leaves behind.
#include "libcommon/base/alloc.h"
#include "tests/support/scene.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdlib.h>

Test(run, shop_users_leave_a_full_result) {
    struct scene scene = scene_make(NULL, NULL);
    int code = scene_run(&scene, "--users", "2", "--duration", "4s");
    cr_assert(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    cr_expect(has(scene.run->said, code ? "INVALID" : "D  ("), "%s", scene.run->said); // PASSED or DEGRADED
    cr_expect(has(scene.run->said, "check out"), "%s", scene.run->said);

    struct ll_result result = scene_result(&scene);
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

    scene_expect_in(&scene, "report.html", "check out");
    scene_expect_in(&scene, "result.json", "\"quantile_points\"");
    scene_expect_in(&scene, "junit.xml", "<testsuite");
    scene_expect_in(&scene, "report.md", "shop");
    scene_free(&scene);
}

Test(run, users_whose_pages_are_drawn_rarely_do_all_the_same) {
    struct scene scene = scene_make(NULL, NULL);
    int code = scene_run(&scene, "--users", "2", "--duration", "3s", "--paint", "low");
    cr_assert(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    const struct ll_series_set *total = result.scenarios[0].total;
    cr_expect(gt(u64, ll_series_total(total, LL_METRIC_ITERATIONS_COMPLETED), 0));
    cr_expect(eq(u64, ll_series_total(total, LL_METRIC_ITERATIONS_FAILED), 0));
    ll_result_fini(&result);
    scene_free(&scene);
}

static uint64_t samples_of(const struct ll_scenario_result *scenario, enum ll_metric metric) {
    struct ll_sketch sketch = ll_sketch_make();
    ll_series_aggregate(scenario->total, metric, &sketch);
    uint64_t samples = sketch.total;
    ll_sketch_fini(&sketch);
    return samples;
}

// Nothing follows the only page of each user, and its vitals are told as it goes.
Test(run, the_last_page_of_a_user_has_vitals_too) {
    struct scene scene = scene_make(NULL, "local ll = require 'liveload'\n"
                                          "return ll.scenario { name = 'look', config = function(o) return o end,\n"
                                          "  run = function(ctx, id, config)\n"
                                          "    ctx:navigate(config.base_url .. '/products')\n"
                                          "    ctx:wait_for_function(\"performance.getEntriesByName('first-"
                                          "contentful-paint').length > 0\")\n"
                                          "  end }\n");
    int code = scene_run(&scene, "--users", "2", "--iterations", "2");
    cr_assert(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    static const enum ll_metric vitals[] = {LL_METRIC_WEB_VITAL_TTFB, LL_METRIC_WEB_VITAL_FCP, LL_METRIC_WEB_VITAL_LCP};
    for (size_t i = 0; i < sizeof vitals / sizeof *vitals; i++)
        cr_expect(eq(u64, samples_of(&result.scenarios[0], vitals[i]), 2), "%s", ll_metric_info(vitals[i])->name);
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(run, two_agents_share_the_users) {
    struct scene scene = scene_make(NULL, "local ll = require 'liveload'\n"
                                          "return ll.scenario { name = 'look', config = function(o) return o end,\n"
                                          "  run = function(ctx, id, config)\n"
                                          "    ctx:navigate(config.base_url .. '/products')\n"
                                          "  end }\n");
    int code = scene_run(&scene, "--users", "4", "--agents", "2", "--duration", "3s");
    cr_assert(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    const struct ll_scenario_result *look = &result.scenarios[0];
    cr_assert(eq(sz, look->node_count, 2));
    cr_expect(eq(u32, look->nodes[0].users_total, 2));
    cr_expect(eq(u32, look->nodes[1].users_total, 2));
    uint64_t of_nodes = ll_series_total(look->nodes[0].total, LL_METRIC_ITERATIONS_COMPLETED) +
                        ll_series_total(look->nodes[1].total, LL_METRIC_ITERATIONS_COMPLETED);
    cr_expect(eq(u64, of_nodes, ll_series_total(look->total, LL_METRIC_ITERATIONS_COMPLETED)));
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(run, steps_have_thresholds_whatever_their_names_and_stand_as_they_began) {
    struct scene scene = scene_make(
        NULL, "local ll = require 'liveload'\n"
              "return ll.scenario { name = 'rest', thresholds = {\n"
              "    ['step_duration_us{GET /users/{id}}'] = 'p95 < 5s',\n"
              "    ['step_duration_us{item 250: {last}}'] = 'count == 2' },\n"
              "  run = function(ctx)\n"
              "    ctx:step('log in', function() end)\n"
              "    ctx:step('GET /users/{id}', function() end)\n"
              "    for i = 1, 250 do ctx:step('item ' .. i .. (i == 250 and ': {last}' or ''), function() end) end\n"
              "  end }\n");
    int code = scene_run(&scene, "--iterations", "2", "--browser", "null");
    cr_assert(scene_was_made(code), "%d: %s%s", code, scene.run->said, scene.run->complained);
    cr_expect(has(scene.run->said, "ok      step_duration_us{GET /users/{id}}: p95 < 5s"), "%s", scene.run->said);
    cr_expect(has(scene.run->said, "ok      step_duration_us{item 250: {last}}: count == 2"), "%s", scene.run->said);
    const char *first = strstr(scene.run->said, "\n    log in"), *second = strstr(scene.run->said, "\n    GET /users");
    cr_expect(first && second && first < second, "%s", scene.run->said);
    scene_free(&scene);
}

Test(run, a_slow_page_fails_the_threshold_and_the_run) {
    struct scene scene = scene_make("path=/checkout,latency=700ms", NULL);
    int code = scene_run(&scene, "--users", "1", "--duration", "4s", "--threshold",
                         "step_duration_us{check out}: p50 < 500ms");
    cr_expect(eq(int, code, 99), "%s%s", scene.run->said, scene.run->complained);
    cr_expect(has(scene.run->said, "FAILED  step_duration_us{check out}: p50 < 500ms"), "%s", scene.run->said);
    scene_expect_in(&scene, "junit.xml", "<failure");
    scene_free(&scene);
}

Test(run, broken_pages_are_named_by_signature_and_users_go_on) {
    struct scene scene = scene_make("path=/cart/add,fail=100%,status=503",
                                    "local ll = require 'liveload'\n"
                                    "return ll.scenario { name = 'buy', config = function(o) return o end,\n"
                                    "  run = function(ctx, id, config)\n"
                                    "    ctx:navigate(config.base_url .. '/product/3'):click('text=Add to cart')\n"
                                    "    ctx:wait_for_selector('.notice.added', { timeout = '300ms' })\n"
                                    "  end }\n");
    int code = scene_run(&scene, "--duration", "3s");
    cr_expect(eq(int, code, 99), "%s%s", scene.run->said, scene.run->complained); // none completed
    cr_expect(has(scene.run->said, "buy: FAILED"), "%s", scene.run->said);
    scene_expect_in(&scene, "junit.xml", "<failure type=\"iterations\"");
    scene_expect_in(&scene, "result.json", "\"generator\"");
    cr_expect(has(scene.run->said, "wait_for_selector(\".notice.added\")"), "%s", scene.run->said);
    cr_expect(has(scene.run->said, "and no threshold judges that"), "%s", scene.run->said);
    scene_expect_in(&scene, "report.html", "and no threshold judges that");
    scene_expect_in(&scene, "report.md", "and no threshold judges that");
    struct ll_result result = scene_result(&scene);
    const struct ll_scenario_result *buy = &result.scenarios[0];
    cr_expect(ge(u64, ll_series_total(buy->total, LL_METRIC_ITERATIONS_FAILED), 2));
    const struct ll_series *refused = ll_series_find(buy->total, LL_METRIC_HTTP_REQUEST_FAILURES, "503");
    cr_expect(refused && refused->count >= 2);
    char *requests = ll_format("\n  requests    %llu, %llu of them failed\n",
                               (unsigned long long)ll_series_total(buy->total, LL_METRIC_HTTP_REQUESTS),
                               (unsigned long long)refused->count); // all were answered
    cr_expect(has(scene.run->said, requests), "wanted: %s\ngot: %s", requests, scene.run->said);
    free(requests);
    cr_expect(eq(u32, buy->users_failed, 1));
    cr_assert(ge(sz, buy->failure_count, 1));
    cr_expect(eq(u32, buy->failures[0].step, 3));
    ll_result_fini(&result);
    scene_free(&scene);
}

Test(run, ctrl_c_stops_gracefully_and_writes_the_result) {
    struct scene scene = scene_make(NULL, NULL);
    scene_start(&scene, "--users", "2", "--duration", "10m", NULL);
    program_await(scene.run, "  2 users"); // who have begun, and finish
    program_signal(scene.run, SIGINT);
    cr_expect(eq(int, program_wait(scene.run), 130), "%s%s", scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    cr_expect(result.scenarios[0].stopped_early);
    cr_expect(ge(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_HTTP_REQUESTS), 1));
    ll_result_fini(&result);
    scene_expect_in(&scene, "report.html", "shop");
    scene_free(&scene);
}

Test(run, ctrl_c_twice_leaves_at_once_and_leaves_nothing_running) {
    struct scene scene = scene_make("path=/checkout,hang=1", NULL);
    scene_start(&scene, "--duration", "10m", NULL);
    program_await(scene.run, " iterations ");
    program_signal(scene.run, SIGINT);
    program_await(scene.run, "Ctrl-C again");
    program_signal(scene.run, SIGINT);
    cr_expect(eq(int, program_wait(scene.run), 130), "%s%s", scene.run->said, scene.run->complained);
    await_processes_with(scene.shop.url, 0);
    scene_free(&scene);
}

Test(run, several_scenarios_stand_in_one_result) {
    struct scene scene =
        scene_make(NULL, "return require('liveload').scenario { name = 'one', run = function(ctx) end }\n");
    char *two = folder_write(scene.folder, "two.lua",
                             "return require('liveload').scenario { name = 'two', run = function(ctx) end }\n");
    int code = scene_run(&scene, two, "--iterations", "5", "--browser", "null", "--quiet");
    cr_expect(eq(int, code, 0), "%s%s", scene.run->said, scene.run->complained);
    struct ll_result result = scene_result(&scene);
    cr_assert(eq(sz, result.scenario_count, 2));
    cr_expect(eq(str, result.scenarios[0].name, "one"));
    cr_expect(eq(str, result.scenarios[1].name, "two"));
    for (size_t i = 0; i < 2; i++)
        cr_expect(eq(u64, ll_series_total(result.scenarios[i].total, LL_METRIC_ITERATIONS_COMPLETED), 5));
    ll_result_fini(&result);
    scene_free(&scene);
    free(two);
}
