// A standing coordinator's runs: followed, fetched, stopped and listed by others than those who submitted them, and a
// coordinator that does not answer for a while.
#include "libcommon/base/alloc.h"
#include "libcommon/codec/json.h"
#include "libcommon/model/result.h"
#include "tests/support/standing.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct standing standing;
static struct program *agent;

static void make(void) {
    standing = standing_make();
    agent = standing_agent(&standing, "steady");
}

static void drop(void) {
    program_free(&agent);
    standing_free(&standing);
}

TestSuite(control, .init = make, .fini = drop);

#define AT standing.url, "--token-file", standing.token
#define verb(...) program_run("liveload", __VA_ARGS__, "--coordinator", AT)

// With that threshold, or none.
static struct program *begin_with(const char *duration, const char *threshold) {
    struct program *run =
        program_start("liveload", "run", standing.scenario, "--users", "2", "--duration", duration, "--out",
                      standing.out, "--coordinator", AT, threshold ? "--threshold" : NULL, threshold, NULL);
    program_await(run, " iterations ");
    return run;
}

static struct program *begin(const char *duration) {
    return begin_with(duration, NULL);
}

static void expect(struct program *program, int exit_code, const char *text) {
    cr_expect(eq(int, program->exit_code, exit_code), "%s%s", program->said, program->complained);
    cr_expect(has(program->said, text) || has(program->complained, text), "no \"%s\" in %s%s", text, program->said,
              program->complained);
    program_free(&program);
}

// A run whose submitter was killed.
static void orphan(const char *duration) {
    struct program *run = begin(duration);
    program_signal(run, SIGKILL);
    program_wait(run);
    program_free(&run);
}

static void expect_result(const char *folder) {
    char *path = path_in(folder, "result.llr"), *report = path_in(folder, "report.html");
    struct ll_result result;
    ll_err err = ll_result_read_file(path, &result);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(gt(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_COMPLETED), 0));
    char *html = file_read(report);
    cr_expect_not_null(html);
    ll_result_fini(&result);
    free(html);
    free(path);
    free(report);
}

// The run was stopped, and its command has what was measured.
static void expect_result_of(struct program *run) {
    program_wait(run);
    expect(run, 130, "the coordinator was asked to end during the run, and stopped its agents");
    expect_result(standing.out);
}

// The text member of the object that `text` is, or of the first of its `array`; owned.
static char *member(const char *text, const char *array, const char *key) {
    ll_json *json;
    ll_err err = ll_json_parse(text, strlen(text), &json);
    cr_assert(eq(int, err.status, LL_OK), "%s: %s", err.text, text);
    const ll_json *node = array ? ll_json_first(ll_json_get(json, array)) : json;
    char *value = ll_strdup(ll_json_string(ll_json_get(node, key), "(none)"));
    ll_json_free(&json);
    return value;
}

static char *only_run(void) {
    struct program *status = verb("status", "--format", "json");
    cr_assert(eq(int, status->exit_code, 0), "%s", status->complained);
    char *id = member(status->said, "runs", "run_id");
    program_free(&status);
    return id;
}

Test(control, a_run_whose_submitter_is_gone_is_followed_to_its_end) {
    orphan("8s");
    char *id = only_run();
    expect(verb("status"), 0, "running");
    expect(verb("run", standing.scenario), 1, "liveload stop");
    expect(verb("fetch", "--out", standing.out), 1, "still goes on: liveload attach waits for its result");
    expect(verb("attach", "--out", standing.out), 0, "report: ");
    expect_result(standing.out);
    expect(verb("attach"), 1, "no run goes on");
    expect(verb("status", id), 0, "finished");
    char *again = path_in(standing.folder, "again");
    expect(verb("fetch", "-o", again), 0, "report: ");
    expect_result(again);
    free(again);
    free(id);
}

Test(control, who_follows_a_run_whose_threshold_fails_ends_with_its_exit_code) {
    struct program *run = begin_with("6s", "iterations_completed: count > 1000000");
    program_signal(run, SIGKILL);
    program_wait(run);
    program_free(&run);
    char *out = path_in(standing.folder, "followed"), *id = only_run();
    struct program *follower = verb("attach", id, "--format", "json", "-o", out);
    char *run_id = member(follower->said, NULL, "run_id"), *said_out = member(follower->said, NULL, "out");
    char *verdict = member(follower->said, NULL, "verdict");
    cr_expect(eq(str, run_id, id));
    cr_expect(eq(str, said_out, out));
    cr_expect(eq(str, verdict, "FAILED"));
    expect(follower, 99, "\"exit_code\":99");
    expect_result(out);
    free(verdict);
    free(said_out);
    free(run_id);
    free(id);
    free(out);
}

Test(control, a_run_whose_submitter_is_gone_is_stopped_and_fetched) {
    orphan("10m");
    char *id = only_run();
    expect(verb("stop"), 0, "is stopping: its users finish their iterations");
    expect(verb("attach", id, "--out", standing.out), 130, "report: "); // as of a run that Ctrl-C stopped
    expect_result(standing.out);
    expect(verb("stop", id), 0, "is over already");
    expect(verb("stop"), 1, id);
    struct program *fetched = verb("fetch", id, "--format", "json", "--out", standing.out);
    char *out = member(fetched->said, NULL, "out"), *fetched_id = member(fetched->said, NULL, "run_id");
    cr_expect(eq(str, out, standing.out));
    cr_expect(eq(str, fetched_id, id));
    expect(fetched, 0, "verdict");
    free(out);
    free(fetched_id);
    free(id);
}

Test(control, the_one_who_follows_may_leave) {
    orphan("10m");
    struct program *follower = program_start("liveload", "attach", "--out", standing.out, "--coordinator", AT, NULL);
    program_await(follower, " iterations ");
    program_signal(follower, SIGINT);
    program_wait(follower);
    expect(follower, 130, "the run goes on: liveload stop ");
    expect(verb("status"), 0, "running");
    expect(verb("stop", "--format", "json"), 0, "\"state\":\"stopping\"");
}

Test(control, what_is_not_there_is_said_with_the_way_out) {
    expect(verb("attach"), 1, "no run goes on at tcp://");
    expect(verb("fetch"), 1, "nothing has been run at tcp://");
    expect(verb("stop"), 1, "no run goes on at tcp://");
    expect(verb("status"), 0, "nothing has been run here yet");
    const char *const verbs[] = {"attach", "fetch", "stop", "status"};
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        expect(verb(verbs[i], "0123456789abcdef"), 1, "run 0123456789abcdef is not known at tcp://");
        expect(verb(verbs[i], "one", "two"), 2, "give one RUN only; \"two\" is a second one");
        expect(verb(verbs[i], "--format", "yaml"), 2, "--format takes text or json");
    }
    char *wrong = folder_write(standing.folder, "wrong", "ffffffffffffffffffffffffffffffff\n");
    expect(program_run("liveload", "status", "--coordinator", standing.url, "--token-file", wrong), 1, "token");
    expect(program_run("liveload", "status", "--coordinator", "tcp://127.0.0.1:9", "--token-file", wrong, "--patience",
                       "1s"),
           1, "tcp://127.0.0.1:9");
    free(wrong);
}

Test(control, a_coordinator_that_is_asked_to_end_stops_its_agents_first) {
    struct program *run = begin("10m");
    standing_end_coordinator(&standing);
    program_await(agent, "is over"); // the run, for the agent
    expect_result_of(run);
}

// Its coordinator is killed, and comes back after the agent has stopped its users.
Test(control, an_orphaned_agent_stops_its_users_and_keeps_what_they_measured) {
    char *journal = path_in(standing.folder, "journal");
    program_free(&agent);
    standing_end_coordinator(&standing);
    standing_begin_journal(&standing, journal);
    agent = program_start("liveload-agent", "--browser", "null", "--orphan-limit", "1s", "--name", "orphan",
                          "--coordinator", AT, NULL);
    struct program *run = begin("10m");
    standing_kill_coordinator(&standing);
    program_await(agent, "its users were stopped; what they measured is kept");
    standing_begin_journal(&standing, journal);
    cr_expect(eq(int, program_wait(run), 98), "%s%s", run->said, run->complained);
    cr_expect(has(run->said, "agent orphan: the coordinator was silent for"), "%s", run->said);
    expect_result(standing.out);
    program_free(&run);
    free(journal);
}

// Its agents wait as long as their coordinator stands still, and so does who submitted the run.
Test(control, silence_of_a_coordinator_is_borne_and_said) {
    struct program *run = begin("4s");
    program_signal(standing.coordinator, SIGSTOP);
    program_await(run, "has not answered for");
    program_signal(standing.coordinator, SIGCONT);
    cr_expect(eq(int, program_wait(run), 0), "%s%s", run->said, run->complained);
    cr_expect(has(run->complained, "answers again"), "%s", run->complained);
    program_free(&run);
    expect_result(standing.out);
}

Test(control, silence_beyond_patience_ends_with_the_command_that_goes_on) {
    char *out = path_in(standing.folder, "Ann's results"); // as a shell reads it: 'Ann'\''s results'
    struct program *run = program_start("liveload", "run", standing.scenario, "--users", "2", "--duration", "10m",
                                        "--out", out, "--patience", "1s", "--coordinator", AT, NULL);
    program_await(run, " iterations ");
    program_signal(standing.coordinator, SIGSTOP);
    cr_expect(eq(int, program_wait(run), 1), "%s%s", run->said, run->complained);
    program_signal(standing.coordinator, SIGCONT);
    char *id = only_run(),
         *command = ll_format("liveload attach %s --coordinator %s --token-file %s --out '%s/Ann'\\''s results'\n", id,
                              standing.url, standing.token, standing.folder);
    cr_expect(has(run->complained, command), "%s", run->complained);
    expect(verb("stop", id), 0, "is stopping");
    expect(verb("attach", id, "--out", out), 130, "replacing the result in ");
    expect_result(out);
    program_free(&run);
    free(command);
    free(out);
    free(id);
}

// Someone stopped it when its only agent was lost: that it failed counts more.
Test(control, the_exit_code_that_is_printed_of_a_failed_run_is_that_of_its_failure) {
    orphan("10m");
    char *id = only_run(), *other = path_in(standing.folder, "other");
    program_signal(agent, SIGKILL);
    program_await(standing.coordinator, " s in: agent steady");
    expect(verb("stop", id), 0, "is over");
    expect(verb("fetch", id, "--format", "json", "--out", other), 0, "\"exit_code\":1}");
    expect(verb("attach", id, "--format", "json", "--out", standing.out), 1, "\"exit_code\":1}");
    free(other);
    free(id);
}
