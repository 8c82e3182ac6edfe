// What people do wrong, and what the programs say: one clear sentence and the right exit code.
#include "libcommon/base/alloc.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// Runs a scenario given as text with the null browser and expects an exit code and a sentence on stderr.
static void expect_run(const char *lua, int exit_code, const char *sentence) {
    char *folder = folder_make(), *out = path_in(folder, "out"), *path = folder_write(folder, "my.lua", lua);
    struct program *run = program_run("liveload", "run", path, "--browser", "null", "--iterations", "2", "--out", out);
    cr_expect(eq(int, run->exit_code, exit_code), "%s: %s%s", sentence, run->said, run->complained);
    cr_expect(has(run->complained, sentence) || has(run->said, sentence), "wanted: %s\ngot: %s%s", sentence, run->said,
              run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(path);
}

#define SCENARIO(body) "local ll = require 'liveload'\nreturn ll.scenario { name = 'my', " body " }\n"

Test(wrong, missing_scenario_file) {
    struct program *run = program_run("liveload", "run", "/no/such/scenario.lua");
    cr_expect(eq(int, run->exit_code, 2), "%s", run->complained);
    cr_expect(has(run->complained, "/no/such/scenario.lua"), "%s", run->complained);
    program_free(&run);
}

Test(wrong, syntax_error_names_file_and_line) {
    expect_run("local ll = require 'liveload'\n\nreturn ll.scenario {\n  name = = 3\n}\n", 2, "my.lua:4:");
}

Test(wrong, what_a_file_prints_is_not_taken_for_what_is_wrong_with_it) {
    setenv("LIVELOAD_LOG", "info", 1);
    expect_run("print('so far')\nerror('no good')\n", 2, "liveload: my.lua:2: no good");
    expect_run("for i = 1, 2000 do print('so far, so long') end\n" SCENARIO("run = function(ctx) end"), 0, "my: ");
}

Test(wrong, a_file_that_returns_no_scenario) {
    expect_run("return 42\n", 2, "my.lua");
}

Test(wrong, an_error_in_run_fails_iterations_with_its_line) {
    expect_run(SCENARIO("run = function(ctx)\n local x = nil\n ctx:log(x.y)\n end"), 99, "my.lua:4: attempt to index");
}

Test(wrong, unknown_operation_has_the_nearest_name) {
    expect_run(SCENARIO("run = function(ctx) ctx:clik('#x') end"), 99, "did you mean \"click\"");
}

Test(wrong, os_execute_is_not_offered) {
    expect_run(SCENARIO("run = function(ctx) os.execute('true') end"), 99, "my.lua:2:");
}

Test(wrong, os_execute_at_file_level_is_refused_before_anything_starts) {
    expect_run("os.execute('true')\nreturn {}\n", 2, "my.lua:1:");
}

Test(wrong, an_endless_loop_ends) {
    expect_run(SCENARIO("run = function(ctx) while true do end end"), 99, "my.lua:2:");
}

Test(wrong, an_endless_loop_at_file_level_ends) {
    expect_run("while true do end\n", 2, "my.lua:1:");
}

Test(wrong, an_error_in_config_is_exit_1) {
    expect_run(SCENARIO("config = function() error('no base_url') end, run = function(ctx) end"), 1,
               "my.lua:2: no base_url");
}

Test(wrong, an_unknown_field_has_the_nearest_name) {
    expect_run(SCENARIO("treshold = 1, run = function(ctx) end"), 2, "did you mean \"thresholds\"");
}

Test(wrong, an_unknown_metric_has_the_nearest_name) {
    expect_run(SCENARIO("thresholds = { iteration_duration = 'p95 < 2s' }, run = function(ctx) end"), 2,
               "iteration_duration_us");
}

Test(wrong, a_threshold_without_data_fails) {
    expect_run(SCENARIO("thresholds = { checks_failed = 'rate < 1%' }, run = function(ctx) end"), 99, "no data");
}

static void expect_usage(const char *sentence, const char *flag, const char *value) {
    struct program *run = program_run("liveload", "run", "my.lua", flag, value);
    cr_expect(eq(int, run->exit_code, 2), "%s %s: %s", flag, value, run->complained);
    cr_expect(has(run->complained, sentence), "wanted: %s\ngot: %s", sentence, run->complained);
    program_free(&run);
}

Test(wrong, bad_flags) {
    expect_usage("--users is \"many\"", "--users", "many");
    expect_usage("--users is \"0\"", "--users", "0");
    expect_usage("not a duration", "--duration", "soon");
    expect_usage("KEY=VALUE", "--set", "x");
    expect_usage("--threshold", "--threshold", "iteration_duration_us: p95");
    expect_usage("unrecognized option", "--frobnicate", "1");
    expect_usage("--wait-for-agents N", "--wait", "1s");
    expect_usage("--wait-for-agents N", "--token-file", "/tmp/token");
    expect_usage("is no address", "--coordinator", "http://127.0.0.1:7700");
    expect_usage("full, low or off", "--paint", "none");
}

#define expect_nearest(sentence, ...)                                                                                  \
    do {                                                                                                               \
        struct program *ran_ = program_run(__VA_ARGS__);                                                               \
        cr_expect(eq(int, ran_->exit_code, 2), "%s", ran_->complained);                                                \
        cr_expect(has(ran_->complained, sentence), "wanted: %s\ngot: %s", sentence, ran_->complained);                 \
        program_free(&ran_);                                                                                           \
    } while (0)

Test(wrong, a_misspelt_flag_has_the_nearest_name) {
    expect_nearest("liveload run: there is no option --treshold: did you mean --threshold?\nTry `liveload run --help'",
                   "liveload", "run", "my.lua", "--treshold", "iterations_failed: rate < 1%");
    expect_nearest("no option --secert: did you mean --secret?", "liveload", "run", "my.lua", "--secert=PASSWORD=@f");
    expect_nearest("no option --hlep: did you mean --help?", "liveload", "run", "--hlep");
    expect_nearest("no option --formt: did you mean --format?", "liveload", "report", "--formt", "md", "out");
    expect_nearest("liveload-report: there is no option --ouput: did you mean --output?", "liveload-report",
                   "--ouput=x");
    expect_nearest("liveload-agent: there is no option --browsre: did you mean --browser?", "liveload-agent",
                   "--browsre", "null");
    expect_nearest("liveload-coordinator: there is no option --lisen: did you mean --listen?", "liveload-coordinator",
                   "--lisen", "tcp://127.0.0.1:0");
    expect_nearest("liveload-shop: there is no option --prot: did you mean --port?", "liveload-shop", "--prot", "0");
}

// Each of these words is the value of a flag, or a scenario; what is wrong comes after it.
Test(wrong, a_word_that_is_no_flag_is_not_taken_for_one) {
    const char *wrong = "--users is \"many\"";
    expect_nearest(wrong, "liveload", "run", "--browser-arg", "--headles", "my.lua", "--users", "many");
    expect_nearest(wrong, "liveload", "run", "-qo", "--treshold", "my.lua", "--users", "many");
    expect_nearest(wrong, "liveload", "run", "-o--treshold", "my.lua", "-u", "many");
    expect_nearest(wrong, "liveload", "run", "my.lua", "--ou", "--treshold", "--users", "many");
    expect_nearest(wrong, "liveload", "run", "my.lua", "--users", "many", "--", "--treshold");
}

Test(wrong, as_many_flags_for_the_browser_as_may_be_given_reach_the_agent) {
#define FLAG "--browser-arg=--lang=de"
#define FLAGS FLAG, FLAG, FLAG, FLAG, FLAG, FLAG, FLAG, FLAG
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *path = folder_write(folder, "my.lua", SCENARIO("run = function(ctx) end"));
    struct program *run = program_run("liveload", "run", path, "--browser", "null", "--iterations", "2", "--out", out,
                                      FLAGS, FLAGS, FLAGS, FLAGS);
    cr_expect(eq(int, run->exit_code, 0), "%s", run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(path);
}

Test(wrong, unknown_command_has_the_nearest_name) {
    struct program *run = program_run("liveload", "rnu", "x.lua");
    cr_expect(eq(int, run->exit_code, 2));
    cr_expect(has(run->complained, "did you mean \"run\""), "%s", run->complained);
    program_free(&run);
}

Test(wrong, every_program_helps_and_tells_its_version) {
    static const char *const programs[] = {"liveload", "liveload-coordinator", "liveload-agent", "liveload-report",
                                           "liveload-shop"};
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct program *help = program_run(programs[i], "--help"), *version = program_run(programs[i], "--version");
        cr_expect(eq(int, help->exit_code, 0), "%s", programs[i]);
        cr_expect(has(help->said, "Usage:"), "%s: %s", programs[i], help->said);
        cr_expect(eq(int, version->exit_code, 0), "%s", programs[i]);
        cr_expect(has(version->said, programs[i]) && strchr(version->said, '.'), "%s", version->said);
        program_free(&help);
        program_free(&version);
    }
}

// Such a run would count what the machine lacks as failures of the site.
Test(wrong, too_few_files_for_the_users_are_refused_with_the_sum) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *path = folder_write(folder, "my.lua", SCENARIO("run = function(ctx) end"));
    struct rlimit files = {.rlim_cur = 160, .rlim_max = 160};
    cr_assert(eq(int, setrlimit(RLIMIT_NOFILE, &files), 0));
    struct program *run = program_run("liveload", "run", path, "--users", "6", "--iterations", "6", "--out", out);
    cr_expect(eq(int, run->exit_code, 1), "%s%s", run->said, run->complained);
    cr_expect(has(run->complained, "may open 160 files here, and 6 users of a browser take 172"), "%s",
              run->complained);
    cr_expect(has(run->complained, "ulimit -n 172"), "%s", run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(path);
}

Test(wrong, no_browser_at_the_path) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *path = folder_write(folder, "my.lua", SCENARIO("run = function(ctx) end"));
    struct program *run = program_run("liveload", "run", path, "--browser", "/no/such/chromium", "--out", out);
    cr_expect(eq(int, run->exit_code, 1), "%s", run->complained);
    cr_expect(has(run->complained, "/no/such/chromium"), "%s", run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(path);
}

Test(wrong, a_program_that_is_no_browser) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *path = folder_write(folder, "my.lua", SCENARIO("run = function(ctx) end"));
    struct program *run = program_run("liveload", "run", path, "--browser", "/bin/false", "--out", out);
    cr_expect(eq(int, run->exit_code, 1), "%s", run->complained);
    cr_expect(has(run->complained, "/bin/false"), "%s", run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(path);
}

Test(wrong, a_site_that_is_down_is_an_error_signature) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *path =
        folder_write(folder, "my.lua", SCENARIO("run = function(ctx) ctx:navigate('http://127.0.0.1:65533/') end"));
    struct program *run = program_run("liveload", "run", path, "--duration", "2s", "--out", out);
    cr_expect(eq(int, run->exit_code, 99), "%s", run->complained);
    cr_expect(has(run->said, "net::ERR_CONNECTION_REFUSED"), "%s", run->said);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(path);
}

Test(wrong, a_page_that_never_loads_times_out) {
    struct shop shop = shop_start("path=/products,hang=1");
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *lua =
        ll_format(SCENARIO("run = function(ctx) ctx:navigate('%s/products', { timeout = '500ms' }) end"), shop.url);
    char *path = folder_write(folder, "my.lua", lua);
    struct program *run = program_run("liveload", "run", path, "--duration", "2s", "--out", out);
    cr_expect(eq(int, run->exit_code, 99), "%s", run->complained);
    cr_expect(has(run->said, "navigate("), "%s", run->said);
    program_free(&run);
    shop_stop(&shop);
    folder_remove(&folder);
    free(out);
    free(path);
    free(lua);
}

Test(wrong, an_output_folder_that_cannot_be) {
    char *folder = folder_make(), *path = folder_write(folder, "my.lua", SCENARIO("run = function(ctx) end"));
    struct program *run = program_run("liveload", "run", path, "--browser", "null", "--out", path);
    cr_expect(eq(int, run->exit_code, 1), "%s", run->complained);
    cr_expect(has(run->complained, "--out"), "%s", run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(path);
}

// Whoever chooses --out . may have a folder of that name.
Test(wrong, of_the_folder_artifacts_only_what_runs_left_is_replaced) {
    char *folder = folder_make(), *artifacts = path_in(folder, "artifacts");
    char *path = folder_write(folder, "my.lua", SCENARIO("run = function(ctx) end"));
    mkdir(artifacts, 0777);
    char *own = folder_write(artifacts, "notes.txt", "mine"), *log = folder_write(artifacts, "trip-2-rome.jpg", "mine");
    char *old = folder_write(artifacts, "0123abcd-1-local-1-2-failure.txt", "an earlier run's");
    struct program *run =
        program_run("liveload", "run", path, "--browser", "null", "--iterations", "2", "--out", folder);
    cr_expect(eq(int, run->exit_code, 0), "%s", run->complained);
    cr_expect(eq(int, access(own, F_OK), 0));
    cr_expect(eq(int, access(log, F_OK), 0));
    cr_expect(eq(int, access(old, F_OK), -1));
    program_free(&run);
    folder_remove(&folder);
    free(artifacts);
    free(path);
    free(own);
    free(log);
    free(old);
}

Test(wrong, a_damaged_result_file) {
    char *folder = folder_make(), *path = folder_write(folder, "result.llr", "LLR1 this is no result");
    struct program *report = program_run("liveload", "report", "--format", "json", path);
    cr_expect(eq(int, report->exit_code, 1), "%s", report->complained);
    cr_expect(has(report->complained, path), "%s", report->complained);
    struct program *missing = program_run("liveload-report", "--format", "json", "/no/such/result.llr");
    cr_expect(eq(int, missing->exit_code, 1), "%s", missing->complained);
    struct program *format = program_run("liveload-report", "--format", "pdf", path);
    cr_expect(eq(int, format->exit_code, 2), "%s", format->complained);
    program_free(&report);
    program_free(&missing);
    program_free(&format);
    folder_remove(&folder);
    free(path);
}

Test(wrong, a_browser_that_does_not_start_in_time) {
    char *folder = folder_make(), *out = path_in(folder, "out");
    char *scenario = folder_write(folder, "my.lua", SCENARIO("timeouts = { launch = '300ms' }, run = function() end"));
    char *browser = folder_write(folder, "browser", "#!/bin/sh\nexec sleep 60\n");
    cr_assert(eq(int, chmod(browser, 0700), 0));
    struct program *run = program_run("liveload", "run", scenario, "--browser", browser, "--out", out);
    cr_expect(eq(int, run->exit_code, 1), "%s%s", run->said, run->complained);
    cr_expect(has(run->complained, "the browser did not answer over DevTools in 0.3 seconds"), "%s", run->complained);
    program_free(&run);
    folder_remove(&folder);
    free(out);
    free(scenario);
    free(browser);
}
