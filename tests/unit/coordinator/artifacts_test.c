#include "coordinator/core/artifacts.h"

#include "coordinator/journal.h"
#include "coordinator/spool.h"
#include "tests/unit/coordinator/rig.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static struct rig *rig;
static struct rig_agent agents[2];

static void start(void) {
    rig = rig_new();
    agents[0] = rig_register(rig, "web", 1, 0);
    agents[1] = rig_register(rig, "other", 2, 0);
    rig_submit(rig, "r1", 4, 2);
    rig_start_all(rig, agents, 2);
}

static void finish(void) {
    for (int i = 0; i < 2; i++) rig_agent_fini(&agents[i]);
    rig_free(&rig);
}

TestSuite(artifacts, .init = start, .fini = finish);

static ll_err send(const struct rig_agent *agent, const char *name, uint64_t offset, const char *piece, bool is_last,
                   uint64_t *out_received) {
    struct ll_send_artifact_request request = {
        .agent_id = agent->id,
        .epoch = agent->epoch,
        .about = {.kind = LL_ARTIFACT_LOG, .is_whole = is_last, .user_id = 7},
        .offset = offset,
        .chunk = {piece, strlen(piece)},
    };
    snprintf(request.run_id, sizeof request.run_id, "%s", agent->run_id);
    snprintf(request.about.name, sizeof request.about.name, "%s", name);
    struct ll_send_artifact_reply reply = {0};
    ll_err err = ll_coordinator_send_artifact(rig->core, rig->now_us, &request, &reply);
    *out_received = reply.received_bytes;
    return err;
}

static void end_run(void) {
    for (int i = 0; i < 2; i++) {
        rig_seal(&agents[i], 1, 0, 1, true);
        agents[i].state = LL_AGENT_DRAINING;
        rig_exchange(rig, &agents[i]);
    }
}

Test(artifacts, pieces_are_kept_once_and_in_order) {
    uint64_t received;
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 0, "one ", false, &received).status, LL_OK));
    cr_expect(eq(u64, received, 4));
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 0, "one ", false, &received).status, LL_OK), "asked again");
    cr_expect(eq(u64, received, 4));
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 2, "e two", true, &received).status, LL_OK));
    cr_expect(eq(u64, received, 7));
    ll_err err = send(&agents[0], "r1-1-web.log", 9, "late", false, &received);
    cr_expect(eq(int, err.status, LL_OUT_OF_RANGE), "%s", err.text);
    cr_expect(eq(str, (char *)ll_buf_str(&rig->artifacts),
                 "r1 r1-1-web.log 0 one \nr1 r1-1-web.log 4 \nr1 r1-1-web.log 4 two\n"));
    end_run();
    struct ll_result result = rig_result(rig);
    cr_assert(eq(sz, result.scenarios[0].artifact_count, 1));
    const struct ll_artifact *got = result.scenarios[0].artifacts;
    cr_expect(eq(str, (char *)got->name, "r1-1-web.log"));
    cr_expect(eq(u64, got->bytes, 7));
    cr_expect(eq(u32, got->user_id, 7));
    cr_expect(eq(str, (char *)got->node, "web"));
    cr_expect(got->is_whole);
    ll_result_fini(&result);
}

Test(artifacts, an_agent_writes_only_what_is_its_own) {
    uint64_t received;
    static const char *const others[] = {"r1-2-other.log", "r1-1-webs.log", "r2-1-web.log", "x.log"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        ll_err err = send(&agents[0], others[i], 0, "x", false, &received);
        cr_expect(eq(int, err.status, LL_PERMISSION_DENIED), "%s: %s", others[i], err.text);
    }
    struct rig_agent stranger = agents[0];
    stranger.epoch++;
    cr_expect(eq(int, send(&stranger, "r1-1-web.log", 0, "x", false, &received).status, LL_NOT_FOUND));
    cr_expect(eq(sz, rig->artifacts.len, 0));
}

Test(artifacts, what_cannot_be_kept_is_none_of_the_runs_and_the_result_says_why) {
    uint64_t received;
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 0, "one ", false, &received).status, LL_OK));
    cr_expect(eq(int, send(&agents[1], "r1-2-other.log", 0, "kept", true, &received).status, LL_OK));
    rig->artifact_err = ll_err_make(LL_RESOURCE_EXHAUSTED, "artifacts cannot be kept in /tmp: No space left on device");
    ll_err err = send(&agents[0], "r1-1-web.log", 4, "two", true, &received);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(not(zero(ptr, strstr(err.text, "No space left on device"))), "%s", err.text);
    end_run();
    struct ll_result result = rig_result(rig);
    cr_assert(eq(sz, result.scenarios[0].artifact_count, 1));
    cr_expect(eq(str, (char *)result.scenarios[0].artifacts[0].name, "r1-2-other.log"));
    const char *remark = result.scenarios[0].remarks[result.scenarios[0].remark_count - 1];
    cr_expect(eq(str, (char *)remark,
                 "1 of the run's artifacts could not be kept: artifacts cannot be kept in /tmp: No "
                 "space left on device"));
    ll_result_fini(&result);
}

Test(artifacts, nothing_comes_after_the_end) {
    uint64_t received;
    end_run();
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 0, "x", false, &received).status, LL_FAILED_PRECONDITION));
}

static ll_err restore(void *arg, const struct ll_journal_record *record) {
    return ll_coordinator_restore(arg, rig->now_us, record);
}

// Another coordinator goes on from the journal of the one in `rig`.
static void restart(void) {
    struct rig *old = rig, *successor = rig_new();
    struct ll_journal_end end;
    ll_err err = ll_journal_read(old->journal.data, old->journal.len, 0, restore, successor->core, &end);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    successor->now_us = old->now_us;
    rig = successor;
    rig_free(&old);
}

Test(artifacts, a_coordinator_that_is_restarted_knows_them) {
    uint64_t received;
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 0, "one ", false, &received).status, LL_OK));
    restart();
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 4, "two", true, &received).status, LL_OK));
    cr_expect(eq(u64, received, 7));
    cr_expect(eq(str, (char *)ll_buf_str(&rig->artifacts), "r1 r1-1-web.log 4 two\n"));
}

Test(artifacts, a_coordinator_that_is_restarted_knows_which_were_lost) {
    uint64_t received;
    cr_expect(eq(int, send(&agents[0], "r1-1-web.log", 0, "one ", false, &received).status, LL_OK));
    cr_expect(eq(int, send(&agents[1], "r1-2-other.log", 0, "kept", true, &received).status, LL_OK));
    rig->artifact_err = ll_err_make(LL_RESOURCE_EXHAUSTED, "No space left on device");
    send(&agents[0], "r1-1-web.log", 4, "two", true, &received);
    send(&agents[0], "r1-1-web.png", 0, "first", true, &received);
    restart();
    end_run();
    struct ll_result result = rig_result(rig);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_assert(eq(sz, scenario->artifact_count, 1));
    cr_expect(eq(str, (char *)scenario->artifacts[0].name, "r1-2-other.log"));
    cr_assert(gt(sz, scenario->remark_count, 0));
    cr_expect(eq(str, scenario->remarks[scenario->remark_count - 1],
                 "2 of the run's artifacts could not be kept: No space left on device"));
    ll_result_fini(&result);
}

Test(artifacts, only_those_of_a_run_that_is_over_are_given) {
    struct ll_fetch_artifact_request request = {.run_id = "r1", .name = "r1-1-web.log"};
    cr_expect(eq(int, ll_coordinator_may_fetch_artifact(rig->core, &request).status, LL_FAILED_PRECONDITION));
    end_run();
    cr_expect(eq(int, ll_coordinator_may_fetch_artifact(rig->core, &request).status, LL_OK));
    snprintf(request.name, sizeof request.name, "r12-1-web.log");
    cr_expect(eq(int, ll_coordinator_may_fetch_artifact(rig->core, &request).status, LL_NOT_FOUND));
}

Test(artifacts_bounds, an_agent_and_a_file_have_limits) {
    struct ll_artifacts artifacts = {0};
    const struct ll_kept_artifact *item;
    size_t known;
    static char block[LL_ARTIFACT_CHUNK_BYTES];
    struct ll_send_artifact_request request = {.chunk = {block, sizeof block}};
    ll_err err = LL_SUCCESS;
    snprintf(request.about.name, sizeof request.about.name, "r-1-a.log");
    for (; err.status == LL_OK; request.offset += sizeof block)
        err = ll_artifacts_take(&artifacts, 0, "r-1-a-", &request, &item, &known);
    cr_expect(eq(str, err.text, "an artifact has at most 8388608 bytes"));
    cr_expect(eq(u64, artifacts.all.bytes, LL_ARTIFACT_BYTES_MAX));
    request.offset = 0;
    request.chunk.len = 1;
    for (int i = 1; i < LL_ARTIFACTS_OF_AGENT_MAX; i++) {
        snprintf(request.about.name, sizeof request.about.name, "r-1-a-%d.txt", i);
        err = ll_artifacts_take(&artifacts, 0, "r-1-a-", &request, &item, &known);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    }
    snprintf(request.about.name, sizeof request.about.name, "r-1-a-last.txt");
    err = ll_artifacts_take(&artifacts, 0, "r-1-a-", &request, &item, &known);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    snprintf(request.about.name, sizeof request.about.name, "r-2-b-first.txt");
    err = ll_artifacts_take(&artifacts, 1, "r-2-b-", &request, &item, &known);
    cr_expect(eq(int, err.status, LL_OK), "another agent has room: %s", err.text);
    ll_artifacts_fini(&artifacts);
}

Test(artifacts_bounds, the_bytes_of_an_agent_have_a_limit) {
    struct ll_artifacts artifacts = {.items = NULL};
    const struct ll_kept_artifact *item;
    size_t known;
    static char block[LL_ARTIFACT_CHUNK_BYTES];
    struct ll_send_artifact_request request = {.chunk = {block, sizeof block}};
    for (size_t sent = 0; sent < LL_ARTIFACT_AGENT_BYTES_MAX; sent += sizeof block) {
        snprintf(request.about.name, sizeof request.about.name, "r-%zu.txt", sent / LL_ARTIFACT_BYTES_MAX);
        request.offset = sent % LL_ARTIFACT_BYTES_MAX;
        ll_err err = ll_artifacts_take(&artifacts, 0, "r-", &request, &item, &known);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    }
    snprintf(request.about.name, sizeof request.about.name, "r-more.txt");
    request.offset = 0;
    request.chunk.len = 1;
    ll_err err = ll_artifacts_take(&artifacts, 0, "r-", &request, &item, &known);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(eq(str, err.text, "an agent leaves at most 300 artifacts of 32 MB together"));
    cr_expect(eq(u64, artifacts.all.bytes, 32 * 1024 * 1024));
    err = ll_artifacts_take(&artifacts, 1, "r-", &request, &item, &known);
    cr_expect(eq(int, err.status, LL_OK), "another agent has room: %s", err.text);
    ll_artifacts_fini(&artifacts);
}

Test(artifacts_bounds, a_run_has_limits) {
    struct ll_artifacts artifacts = {.items = NULL};
    const struct ll_kept_artifact *item;
    size_t known, parts = LL_ARTIFACTS_OF_RUN_MAX / LL_ARTIFACTS_OF_AGENT_MAX;
    struct ll_send_artifact_request request = {.chunk = {"x", 1}};
    for (size_t part = 0; part < parts; part++)
        for (int i = 0; i < LL_ARTIFACTS_OF_AGENT_MAX; i++) {
            snprintf(request.about.name, sizeof request.about.name, "r-%zu-a-%d.txt", part, i);
            ll_err err = ll_artifacts_take(&artifacts, part, "r-", &request, &item, &known);
            cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        }
    snprintf(request.about.name, sizeof request.about.name, "r-%zu-a-0.txt", parts);
    ll_err err = ll_artifacts_take(&artifacts, parts, "r-", &request, &item, &known);
    cr_expect(eq(str, err.text, "a run leaves at most 3000 artifacts of 256 MB together"));
    size_t count;
    struct ll_artifact *list = ll_artifacts_move(&artifacts, &count);
    cr_assert(eq(sz, count, LL_ARTIFACTS_OF_RUN_MAX));
    cr_expect(eq(str, list[0].name, "r-0-a-0.txt"));
    cr_expect(eq(str, list[count - 1].name, "r-9-a-299.txt"));
    free(list);
}

Test(artifacts_bounds, the_bytes_of_a_run_have_a_limit) {
    struct ll_artifacts artifacts = {.items = NULL};
    const struct ll_kept_artifact *item;
    size_t known;
    static char block[LL_ARTIFACT_CHUNK_BYTES];
    struct ll_send_artifact_request request = {.chunk = {block, sizeof block}};
    ll_err err = LL_SUCCESS;
    for (size_t file = 0; err.status == LL_OK; file++) {
        snprintf(request.about.name, sizeof request.about.name, "r-%zu.txt", file);
        for (request.offset = 0; request.offset < LL_ARTIFACT_BYTES_MAX && err.status == LL_OK;
             request.offset += sizeof block)
            err = ll_artifacts_take(&artifacts, file / 4, "r-", &request, &item, &known); // 32 MB of each agent
    }
    cr_expect(eq(str, err.text, "a run leaves at most 3000 artifacts of 256 MB together"));
    cr_expect(eq(u64, artifacts.all.bytes, LL_ARTIFACT_RUN_BYTES_MAX));
    ll_artifacts_fini(&artifacts);
}

static char *read_spool(struct ll_spool *spool, const char *name) {
    static char text[64];
    struct ll_fetch_reply reply = {0};
    ll_err err = ll_spool_read(spool, name, 0, &reply);
    if (err.status == LL_OK)
        snprintf(text, sizeof text, "%.*s of %d", (int)reply.chunk.len, (const char *)reply.chunk.data,
                 (int)reply.total_bytes);
    else
        snprintf(text, sizeof text, "%s", err.text);
    return text;
}

// A full disk takes the beginning of a piece, and no more.
Test(spool, what_does_not_fit_leaves_no_file) {
    struct ll_spool spool = ll_spool_make(NULL, NULL);
    struct rlimit limit = {.rlim_cur = 6, .rlim_max = RLIM_INFINITY};
    cr_assert(eq(int, ll_spool_write(&spool, "r1", "r1-1-a.log", 0, (struct ll_bytes){"one ", 4}).status, LL_OK));
    signal(SIGXFSZ, SIG_IGN);
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
    ll_err err = ll_spool_write(&spool, "r1", "r1-1-a.log", 4, (struct ll_bytes){"two three", 9});
    limit.rlim_cur = RLIM_INFINITY;
    cr_assert(eq(int, setrlimit(RLIMIT_FSIZE, &limit), 0));
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(not(zero(ptr, strstr(err.text, "r1-1-a.log: File too large"))), "%s", err.text);
    cr_expect(eq(str, read_spool(&spool, "r1-1-a.log"), "the artifact r1-1-a.log is not here any more"));
    err = ll_spool_write(&spool, "r1", "r1-1-a.log", 13, (struct ll_bytes){"four", 4}); // of what is gone
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(eq(str, read_spool(&spool, "r1-1-a.log"), "the artifact r1-1-a.log is not here any more"));
    ll_spool_fini(&spool);
}

Test(spool, a_temporary_folder_goes_with_it) {
    struct ll_spool spool = ll_spool_make(NULL, NULL);
    cr_expect(eq(str, read_spool(&spool, "r1-1-a.log"), "the artifact r1-1-a.log is not here any more"));
    ll_spool_write(&spool, "r1", "r1-1-a.log", 0, (struct ll_bytes){"one ", 4});
    ll_spool_write(&spool, "r1", "r1-1-a.log", 4, (struct ll_bytes){"two", 3});
    cr_expect(eq(str, read_spool(&spool, "r1-1-a.log"), "one two of 7"));
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s", spool.folder);
    cr_expect(eq(int, access(folder, F_OK), 0));
    ll_spool_fini(&spool);
    cr_expect(ne(int, access(folder, F_OK), 0));
}

Test(spool, the_files_of_old_runs_go) {
    struct ll_spool spool = ll_spool_make(NULL, NULL);
    for (int i = 0; i <= LL_SPOOL_RUNS_MAX; i++) {
        char run_id[16], name[LL_ARTIFACT_NAME_MAX];
        snprintf(run_id, sizeof run_id, "run%03d", i);
        snprintf(name, sizeof name, "run%03d-1-a.log", i);
        ll_spool_write(&spool, run_id, name, 0, (struct ll_bytes){"x", 1});
    }
    cr_expect(eq(str, read_spool(&spool, "run000-1-a.log"), "the artifact run000-1-a.log is not here any more"));
    cr_expect(eq(str, read_spool(&spool, "run001-1-a.log"), "x of 1"));
    ll_spool_fini(&spool);
}

// A folder that somebody keeps a journal in may have another use.
Test(spool, of_a_journal_s_folder_only_what_runs_left_goes) {
    char journal[] = "/tmp/liveload-spool-test-XXXXXX", own[PATH_MAX], old[PATH_MAX];
    cr_assert(mkdtemp(journal) != NULL);
    struct ll_spool spool = ll_spool_make(NULL, journal);
    ll_spool_write(&spool, "0123abcd", "0123abcd-1-a.log", 0, (struct ll_bytes){"x", 1});
    ll_spool_write(&spool, "0123abcd", "notes.txt", 0, (struct ll_bytes){"mine", 4});
    ll_spool_sweep(&spool);
    snprintf(old, sizeof old, "%s/artifacts/0123abcd-1-a.log", journal);
    snprintf(own, sizeof own, "%s/artifacts/notes.txt", journal);
    cr_expect(eq(int, access(old, F_OK), -1));
    cr_expect(eq(int, access(own, F_OK), 0));
    ll_spool_fini(&spool);
    unlink(own);
    snprintf(own, sizeof own, "%s/artifacts", journal);
    rmdir(own);
    rmdir(journal);
}

Test(spool, beside_results_everything_stays) {
    char out[] = "/tmp/liveload-spool-test-XXXXXX", path[PATH_MAX];
    cr_assert(mkdtemp(out) != NULL);
    struct ll_spool spool = ll_spool_make(out, NULL);
    ll_spool_write(&spool, "r1", "r1-1-a.log", 0, (struct ll_bytes){"x", 1});
    ll_spool_fini(&spool);
    snprintf(path, sizeof path, "%s/artifacts/r1-1-a.log", out);
    cr_expect(eq(int, unlink(path), 0));
    snprintf(path, sizeof path, "%s/artifacts", out);
    cr_expect(eq(int, rmdir(path), 0));
    rmdir(out);
}
