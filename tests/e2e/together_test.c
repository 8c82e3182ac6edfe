// What a whole run shares, on two agents: rows of data files, secrets, metrics and barriers.
#include "libcommon/base/alloc.h"
#include "libcommon/model/result.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stage { // a folder with a scenario and what lies beside it; no browser
    char *folder, *scenario, *out;
    struct program *run;
};

static struct stage stage_make(const char *lua) {
    struct stage stage = {.folder = folder_make()};
    stage.scenario = folder_write(stage.folder, "together.lua", lua);
    stage.out = path_in(stage.folder, "out");
    return stage;
}

static void stage_add(const struct stage *stage, const char *name, const char *content) {
    free(folder_write(stage->folder, name, content));
}

#define stage_run(stage, ...)                                                                                          \
    ((stage)->run = program_run("liveload", "run", (stage)->scenario, "--agents", "2", "--browser", "null", "--out",   \
                                (stage)->out, __VA_ARGS__),                                                            \
     (stage)->run->exit_code)

static struct ll_result stage_result(const struct stage *stage) {
    struct ll_result result;
    char *path = path_in(stage->out, "result.llr");
    ll_err err = ll_result_read_file(path, &result);
    cr_assert(eq(int, err.status, LL_OK), "%s\n%s", err.text, stage->run->complained);
    free(path);
    return result;
}

static void stage_free(struct stage *stage) {
    program_free(&stage->run);
    folder_remove(&stage->folder);
    free(stage->scenario);
    free(stage->out);
}

// A check for each row that was handed out: its count says how often.
Test(together, each_row_of_a_file_is_handed_out_once_over_all_agents) {
    struct stage stage = stage_make("local ll = require 'liveload'\n"
                                    "local users = ll.csv('users.csv')\n"
                                    "return ll.scenario { on_failure = 'stop_user', run = function(ctx)\n"
                                    "  ctx:expect(users:unique().name, true)\n"
                                    "end }\n");
    stage_add(&stage, "users.csv", "name\nu1\nu2\nu3\nu4\nu5\nu6\nu7\nu8\nu9\nu10\n");
    int code = stage_run(&stage, "--users", "3", "--duration", "30s");
    cr_assert(code == 0 || code == 98, "%d: %s%s", code, stage.run->said, stage.run->complained);
    struct ll_result result = stage_result(&stage);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect(eq(sz, scenario->node_count, 2));
    for (int row = 1; row <= 10; row++) {
        char name[8];
        snprintf(name, sizeof name, "u%d", row);
        const struct ll_series *series = ll_series_find(scenario->total, LL_METRIC_CHECKS_PASSED, name);
        cr_expect(series && series->count == 1, "row %s", name);
    }
    // Then each user asks for one more, fails and ends.
    const struct ll_series *failed =
        ll_series_find(scenario->total, LL_METRIC_ITERATIONS_FAILED, "unique(): users.csv has no row left");
    cr_assert_not_null(failed);
    cr_expect(eq(u64, failed->count, 3));
    cr_expect(eq(u32, scenario->users_failed, 3));
    ll_result_fini(&result);
    stage_free(&stage);
}

Test(together, a_broken_data_file_is_told_before_anything_starts) {
    struct stage stage = stage_make("local users = require('liveload').csv('users.csv')\n");
    stage_add(&stage, "users.csv", "name,mail\nanna\n");
    cr_expect(eq(int, stage_run(&stage, "--users", "1"), 2));
    cr_expect(has(stage.run->complained,
                  "together.lua:1: users.csv:2: the row has 1 cell, and the first row names 2 columns"),
              "%s", stage.run->complained);
    stage_free(&stage);
}

static void expect_nowhere(const struct stage *stage, const char *text) {
    static const char *const files[] = {"result.json", "report.html", "report.md", "junit.xml"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char *path = path_in(stage->out, files[i]), *content = file_read(path);
        cr_assert_not_null(content, "%s", path);
        cr_expect(not(has(content, text)), "%s", path);
        free(path);
        free(content);
    }
    cr_expect(not(has(stage->run->said, text)), "%s", stage->run->said);
    cr_expect(not(has(stage->run->complained, text)), "%s", stage->run->complained);
}

// It reaches every agent, from the environment and from a file, and stands in nothing that the run says or leaves.
Test(together, secrets_reach_users_and_nothing_else) {
    struct stage stage = stage_make("local ll = require 'liveload'\n"
                                    "local key = ll.secret('SHOP_KEY')\n"
                                    "return ll.scenario { name = 'keys', run = function(ctx, id)\n"
                                    "  local ok = key == 'tiger' .. '-lily' and ll.secret('FILE_KEY') == 'to ad'\n"
                                    "  ctx:expect('the keys fit', ok)\n"
                                    "  ctx:expect('with ' .. key, true):step(key, function() end)\n"
                                    "  ctx:log('key is', key) print(key)\n"
                                    "  error('wrong key ' .. key .. ' and ' .. ll.secret('FILE_KEY'))\n"
                                    "end }\n");
    char *file = folder_write(stage.folder, "key.txt", "to ad\r\n"), *from_file = ll_format("FILE_KEY=@%s", file);
    setenv("SHOP_KEY", "tiger-lily", 1);
    setenv("LIVELOAD_LOG", "info", 1);
    int code = stage_run(&stage, "--users", "2", "--iterations", "4", "--secret", "SHOP_KEY", "--secret", from_file);
    cr_assert(eq(int, code, 99), "%d: %s%s", code, stage.run->said, stage.run->complained);
    struct ll_result result = stage_result(&stage);
    const struct ll_series_set *total = result.scenarios[0].total;
    const struct ll_series *fit = ll_series_find(total, LL_METRIC_CHECKS_PASSED, "the keys fit");
    cr_expect(fit && fit->count == 4);
    cr_expect_not_null(ll_series_find(total, LL_METRIC_CHECKS_PASSED, "with ***"));
    cr_expect_not_null(ll_series_find(total, LL_METRIC_STEP_DURATION, "***"));
    cr_expect_not_null(ll_series_find(total, LL_METRIC_ITERATIONS_FAILED, "together.lua:8: wrong key *** and ***"));
    cr_assert(gt(sz, result.scenarios[0].failure_count, 0));
    cr_expect_null(strstr(result.scenarios[0].failures[0].detail, "tiger"));
    ll_result_fini(&result);
    cr_expect(has(stage.run->complained, "key is\t***") || has(stage.run->complained, "key is ***"), "%s",
              stage.run->complained);
    expect_nowhere(&stage, "tiger-lily");
    expect_nowhere(&stage, "to ad");
    free(file);
    free(from_file);
    stage_free(&stage);
}

Test(together, a_secret_that_is_missing_or_on_the_command_line_is_refused_at_once) {
    struct stage stage = stage_make("local ll = require 'liveload'\n"
                                    "return ll.scenario { run = function(ctx)\n"
                                    "  ctx:fill('#password', ll.secret('SHOP_KEY'))\n"
                                    "end }\n");
    unsetenv("SHOP_KEY");
    cr_expect(eq(int, stage_run(&stage, "--users", "1"), 2));
    cr_expect(
        has(stage.run->complained, "together.lua:3: the secret \"SHOP_KEY\" was not given: add --secret SHOP_KEY"),
        "%s", stage.run->complained);
    program_free(&stage.run);
    cr_expect(eq(int, stage_run(&stage, "--secret", "SHOP_KEY"), 2));
    cr_expect(has(stage.run->complained, "--secret: SHOP_KEY is not in the environment"), "%s", stage.run->complained);
    program_free(&stage.run);
    cr_expect(eq(int, stage_run(&stage, "--secret", "SHOP_KEY=tiger-lily"), 2));
    cr_expect(has(stage.run->complained, "a value on the command line can be read by everybody"), "%s",
              stage.run->complained);
    cr_expect(not(has(stage.run->complained, "tiger")));
    stage_free(&stage);
}

Test(together, metrics_of_the_scenario_are_merged_judged_and_reported) {
    struct stage stage =
        stage_make("local ll = require 'liveload'\n"
                   "local orders, pay = ll.counter('orders'), ll.histogram('pay_time', 'ms')\n"
                   "return ll.scenario { name = 'pay',\n"
                   "  thresholds = { orders = 'count == 24', pay_time = { 'max < 3s', 'p50 < 1s' } },\n"
                   "  run = function(ctx, id) orders:add(2) pay:record(1000 * id) end }\n");
    int code = stage_run(&stage, "--users", "4", "--iterations", "12", "--threshold", "pay_time: min == 1s");
    cr_expect(eq(int, code, 99), "%s%s", stage.run->said, stage.run->complained);
    struct ll_result result = stage_result(&stage);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    const struct ll_series *orders = ll_series_find(scenario->total, LL_METRIC_CUSTOM_COUNT, "orders");
    const struct ll_series *pay = ll_series_find(scenario->total, LL_METRIC_CUSTOM_TIME, "pay_time");
    cr_assert(orders && pay);
    cr_expect(eq(u64, orders->count, 24));
    cr_expect(eq(u64, pay->sketch.total, 12));
    cr_expect(eq(dbl, pay->sketch.min, 1e6));
    cr_expect(eq(dbl, pay->sketch.max, 4e6));
    cr_assert(eq(sz, scenario->threshold_count, 4));
    for (size_t i = 0; i < 4; i++) {
        const struct ll_threshold_outcome *outcome = &scenario->thresholds[i];
        bool holds = !has(outcome->expression, "max") && !has(outcome->expression, "p50");
        cr_expect(outcome->has_data);
        cr_expect(eq(int, outcome->held, holds), "%s: %s", outcome->expression, outcome->observed_text);
    }
    ll_result_fini(&result);
    static const struct {
        const char *file, *text;
    } expected[] = {{"result.json", "\"orders\":{\"aggregate\":24,\"by\":{}}"},
                    {"result.json", "\"pay_time\":{\"aggregate\":{\"count\":12,"},
                    {"report.md", "| `pay_time` | 12 |"},
                    {"report.html", "pay_time"},
                    {"junit.xml", "pay_time: max &lt; 3s"}};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char *path = path_in(stage.out, expected[i].file), *content = file_read(path);
        cr_expect(content && has(content, expected[i].text), "%s has no %s", path, expected[i].text);
        free(path);
        free(content);
    }
    stage_free(&stage);
}

// Every pass of a barrier is one of two; so are all of them together. At the end an odd one is interrupted, at once.
Test(together, users_of_two_agents_meet_at_a_barrier) {
    struct stage stage = stage_make("local ll = require 'liveload'\n"
                                    "local met = ll.counter('met')\n"
                                    "return ll.scenario { name = 'meet', run = function(ctx)\n"
                                    "  ctx:think('1ms', '50ms'):barrier('pair', 2)\n"
                                    "  met:add()\n"
                                    "end }\n");
    int code =
        stage_run(&stage, "--users", "3", "--duration", "5s", "--threshold", "iteration_duration_us: p50 < 100ms");
    cr_assert(code == 0 || code == 98, "%d: %s%s", code, stage.run->said, stage.run->complained);
    struct ll_result result = stage_result(&stage);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    uint64_t met = ll_series_total(scenario->total, LL_METRIC_CUSTOM_COUNT);
    cr_expect(eq(sz, scenario->node_count, 2));
    cr_expect(eq(u64, met % 2, 0));
    cr_expect(gt(u64, met, 20));
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_ITERATIONS_FAILED), 0));
    cr_expect(le(u64, scenario->iterations_interrupted, 1));
    cr_expect(lt(u64, scenario->duration_ms, 12000)); // long before the barrier's own timeout and the graceful stop
    ll_result_fini(&result);
    stage_free(&stage);
}

Test(together, a_barrier_that_too_few_come_to_fails_in_time) {
    struct stage stage = stage_make("local ll = require 'liveload'\n"
                                    "return ll.scenario { name = 'alone', on_failure = 'stop_user',\n"
                                    "  run = function(ctx, id)\n"
                                    "    if id == 1 then ctx:barrier('pair', 2, { timeout = '300ms' }) end\n"
                                    "    ctx:think('10ms')\n"
                                    "  end }\n");
    int code = stage_run(&stage, "--users", "2", "--duration", "3s");
    cr_assert(code == 0 || code == 98, "%d: %s%s", code, stage.run->said, stage.run->complained);
    struct ll_result result = stage_result(&stage);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect_not_null(
        ll_series_find(scenario->total, LL_METRIC_ITERATIONS_FAILED, "barrier(\"pair\", 2): not enough users came"));
    cr_assert(eq(sz, scenario->failure_count, 1));
    cr_expect(has(scenario->failures[0].detail, "only 1 of 2 users came to barrier \"pair\" within 300 ms"), "%s",
              scenario->failures[0].detail);
    cr_expect(eq(u32, scenario->users_failed, 1));
    ll_result_fini(&result);
    stage_free(&stage);
}

static uint64_t count_of(const struct ll_scenario_result *scenario, enum ll_metric metric, const char *label) {
    const struct ll_series *series = ll_series_find(scenario->total, metric, label);
    return series ? series->count : 0;
}

// Ten users on two agents that would pass hundreds of times a second pass ten times, and one at a time.
Test(together, a_throttle_holds_for_all_agents_together) {
    struct stage stage = stage_make("local ll = require 'liveload'\n"
                                    "return ll.scenario { name = 'slow',\n"
                                    "  throttles = function(config)\n"
                                    "    return { ll.rate('pass', 10):interval('1s'), ll.parallelism('in', 1) }\n"
                                    "  end,\n"
                                    "  run = function(ctx)\n"
                                    "    ctx:throttle('pass'):expect('passed', true):throttle('in'):think('30ms')\n"
                                    "  end }\n");
    int code = stage_run(&stage, "--users", "10", "--duration", "4s");
    cr_assert(code == 0 || code == 98, "%d: %s%s", code, stage.run->said, stage.run->complained);
    struct ll_result result = stage_result(&stage);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect(eq(sz, scenario->node_count, 2));
    uint64_t passed = count_of(scenario, LL_METRIC_CHECKS_PASSED, "passed");
    cr_expect(ge(u64, passed, 36));
    cr_expect(le(u64, passed, 42));
    cr_expect(ge(u64, count_of(scenario, LL_METRIC_ITERATIONS_COMPLETED, ""), 30));
    cr_expect(eq(u64, count_of(scenario, LL_METRIC_ITERATIONS_FAILED, ""), 0));
    for (size_t i = 0; i < scenario->node_count; i++)
        cr_expect(scenario->nodes[i].total &&
                      ll_series_find(scenario->nodes[i].total, LL_METRIC_CHECKS_PASSED, "passed"),
                  "both agents' users passed");
    ll_result_fini(&result);
    stage_free(&stage);
}

Test(together, throttles_that_cannot_be_end_the_run_before_it_starts) {
    struct stage stage = stage_make("local ll = require 'liveload'\n"
                                    "return ll.scenario { throttles = function(config)\n"
                                    "  return { ll.rate('pass', -1) } end, run = function() end }\n");
    cr_expect(eq(int, stage_run(&stage, "--users", "2", "--duration", "4s"), 1));
    cr_expect(has(stage.run->complained, "together.lua:3: ll.rate: argument 2 must be how many go on in each interval"),
              "%s", stage.run->complained);
    stage_free(&stage);
}
