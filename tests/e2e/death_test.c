// What `liveload run` started and what dies of it: said at once, by name and signal; and what a killed command leaves.
#include "libcommon/base/alloc.h"
#include "tests/support/standing.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *folder, *scenario, *out;

static void make(void) {
    folder = folder_make();
    scenario = folder_write(folder, "nothing.lua", standing_lua);
    out = path_in(folder, "out");
}

static void drop(void) {
    folder_remove(&folder);
    free(scenario);
    free(out);
}

TestSuite(death, .init = make, .fini = drop);

static struct program *run_for(const char *duration) {
    return program_start("liveload", "run", scenario, "--browser", "null", "--users", "2", "--duration", duration,
                         "--out", out, NULL);
}

static pid_t kill_child(const struct program *run, const char *name, int signal) {
    pid_t child = process_with(name, run->pid);
    cr_assert(ne(int, child, 0), "%s", run->complained);
    kill(child, signal);
    return child;
}

// Its browser never comes up, so that the run still waits for it when it dies.
Test(death, an_agent_that_dies_before_the_start_ends_the_run_with_name_signal_and_log) {
    char *browser = folder_write(folder, "browser", "#!/bin/sh\nexec sleep 600\n");
    cr_assert(eq(int, chmod(browser, 0700), 0));
    struct program *run = program_start("liveload", "run", scenario, "--browser", browser, "--agents", "2", "--out",
                                        out, "--threshold", "iteration_duration_us: p95 < 1s", NULL);
    program_await(run, "waiting for agents");
    kill_child(run, "--name agent-2", SIGKILL);
    cr_expect(eq(int, program_wait(run), 1), "%s%s", run->said, run->complained);
    cr_expect(has(run->complained, "agent-2 (liveload-agent) was killed by SIGKILL"), "%s", run->complained);
    cr_expect(has(run->complained, "nothing: agent-2 was killed by SIGKILL"), "%s", run->complained);
    program_free(&run);
    free(browser);
}

Test(death, an_agent_that_dies_while_users_run_is_named_with_the_last_lines_of_its_log) {
    struct program *run = run_for("10m");
    program_await(run, " iterations ");
    kill_child(run, "--name agent-1", SIGSEGV);
    program_await(run, "agent-1 (liveload-agent) was killed by SIGSEGV; the last lines of its log:");
    program_await(run, "the first iteration has started");
    cr_expect(eq(int, program_wait(run), 1), "%s%s", run->said, run->complained);
    cr_expect(has(run->said, " completed, "), "%s", run->said);  // what was measured is there
    cr_expect(has(run->said, "stopped early"), "%s", run->said); // nothing that can come back is waited for
    program_free(&run);
}

Test(death, a_coordinator_that_dies_ends_the_run_with_name_signal_and_log) {
    struct program *run = run_for("10m");
    program_await(run, " iterations ");
    kill_child(run, "liveload-coordinator", SIGKILL);
    cr_expect(eq(int, program_wait(run), 1), "%s%s", run->said, run->complained);
    cr_expect(
        has(run->complained, "coordinator (liveload-coordinator) was killed by SIGKILL; the last lines of its log:"),
        "%s", run->complained);
    cr_expect(has(run->complained, "has started on 1 agent"), "%s", run->complained);
    cr_expect(has(run->complained, "nothing: the coordinator was killed by SIGKILL"), "%s", run->complained);
    program_free(&run);
}

static int folders_of_runs(const char *in) {
    DIR *entries = opendir(in);
    int count = 0;
    cr_assert_not_null(entries);
    for (const struct dirent *entry; (entry = readdir(entries));)
        count += strncmp(entry->d_name, "liveload-run-", strlen("liveload-run-")) == 0;
    closedir(entries);
    return count;
}

Test(death, the_token_of_a_killed_command_goes_with_the_next_run_and_that_of_a_living_one_stays) {
    setenv("TMPDIR", folder, 1);
    struct program *living = run_for("10m");
    program_await(living, " iterations ");
    char *other = path_in(folder, "other");
    struct program *killed =
        program_start("liveload", "run", scenario, "--browser", "null", "--duration", "10m", "--out", other, NULL);
    program_await(killed, " iterations ");
    program_signal(killed, SIGKILL);
    program_wait(killed);
    cr_expect(eq(int, folders_of_runs(folder), 2));
    struct program *next =
        program_run("liveload", "run", scenario, "--browser", "null", "--iterations", "3", "--out", other);
    cr_expect(eq(int, next->exit_code, 0), "%s%s", next->said, next->complained);
    cr_expect(eq(int, folders_of_runs(folder), 1));
    program_signal(living, SIGINT);
    cr_expect(eq(int, program_wait(living), 130), "%s%s", living->said, living->complained);
    cr_expect(eq(int, folders_of_runs(folder), 0));
    program_free(&living);
    program_free(&killed);
    program_free(&next);
    free(other);
}

Test(death, runs_of_one_scenario_begun_in_one_second_have_folders_of_their_own) {
    enum { RUNS = 3 };
    struct program *runs[RUNS];
    cr_assert(eq(int, chdir(folder), 0));
    for (int i = 0; i < RUNS; i++)
        runs[i] = program_start("liveload", "run", scenario, "--browser", "null", "--iterations", "3", "--quiet", NULL);
    for (int i = 0; i < RUNS; i++) {
        cr_expect(eq(int, program_wait(runs[i]), 0), "%s%s", runs[i]->said, runs[i]->complained);
        for (int k = 0; k < i; k++)
            cr_expect(ne(str, strstr(runs[i]->said, "report:"), strstr(runs[k]->said, "report:")));
    }
    for (int i = 0; i < RUNS; i++) program_free(&runs[i]);
}
