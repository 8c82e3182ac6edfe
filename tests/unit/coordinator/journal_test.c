#include "coordinator/journal.h"

#include "coordinator/core/run.h"
#include "coordinator/keeper.h"
#include "tests/unit/coordinator/rig.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct rig *before, *after; // the coordinator that ends, and the one that is started anew
static struct rig_agent agents[2];

static void make(void) {
    before = rig_new();
    after = rig_new();
    for (size_t i = 0; i < 2; i++) agents[i] = rig_register(before, "a", i + 1, 0);
    rig_submit(before, "r1", 4, 2);
    rig_start_all(before, agents, 2);
    after->now_us = before->now_us + 500000;
}

static void drop(void) {
    for (size_t i = 0; i < 2; i++) rig_agent_fini(&agents[i]);
    rig_free(&before);
    rig_free(&after);
}

TestSuite(journal, .init = make, .fini = drop);

static ll_err tell(void *arg, const struct ll_journal_record *record) {
    struct rig *rig = arg;
    return ll_coordinator_restore(rig->core, rig->now_us, record);
}

static ll_err read_into(struct rig *rig, const void *data, size_t len, struct ll_journal_end *out_end) {
    return ll_journal_read(data, len, 0, tell, rig, out_end);
}

static void restart(void) {
    struct ll_journal_end end;
    ll_err err = read_into(after, before->journal.data, before->journal.len, &end);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(sz, end.len, before->journal.len));
    cr_expect(eq(u64, end.missing, 0));
}

Test(journal, the_run_goes_on_with_its_agents_and_counts_once) {
    rig_seal(&agents[0], 1, 0, 5, false);
    rig_exchange(before, &agents[0]);
    restart();
    struct ll_status_reply status = rig_status(after, "r1");
    cr_expect(eq(int, status.state, LL_RUN_RUNNING));
    cr_expect(eq(u64, status.iterations_completed, 5));
    cr_expect(eq(u32, status.agents_registered, 2));
    rig_seal(&agents[0], 2, 1000, 7, false); // sent with the first, whose acknowledgement was lost
    struct ll_exchange_reply reply = rig_exchange(after, &agents[0]);
    cr_expect(eq(u64, reply.acknowledged, 2));
    cr_expect(eq(int, reply.directive, LL_DIRECTIVE_CONTINUE));
    cr_expect(eq(u64, rig_status(after, "r1").iterations_completed, 12));
    struct rig_agent again = rig_register(after, "a", 2, 0);
    cr_expect(eq(u32, again.id, agents[1].id));
    cr_expect(eq(u64, again.epoch, agents[1].epoch));
    rig_agent_fini(&again);
}

Test(journal, losses_and_stops_are_remembered) {
    struct ll_leave_request leave = {.agent_id = agents[1].id, .epoch = agents[1].epoch, .reason = "tired"};
    cr_assert(eq(int, ll_coordinator_leave(before->core, before->now_us, &leave).status, LL_OK));
    cr_assert(eq(int, rig_stop(before, "r1").status, LL_OK));
    restart();
    struct ll_status_reply status = rig_status(after, "r1");
    cr_expect(eq(int, status.state, LL_RUN_STOPPING));
    cr_expect(eq(u32, status.agents_lost, 1));
    struct ll_exchange_reply reply;
    agents[1].run_id[0] = '\0';
    cr_expect(eq(int, rig_try_exchange(after, &agents[1], &reply).status, LL_NOT_FOUND));
    cr_expect(eq(int, rig_directive(after, &agents[0]), LL_DIRECTIVE_STOP));
    rig_seal(&agents[0], 1, 0, 5, true);
    agents[0].state = LL_AGENT_DRAINING;
    rig_exchange(after, &agents[0]);
    struct ll_result result = rig_result(after);
    cr_expect(strstr(result.scenarios[0].nodes[1].error, "has left: tired") != NULL);
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_AGENT_LOSSES), 1));
    ll_result_fini(&result);
}

static void end_all(struct rig *rig) {
    for (size_t i = 0; i < 2; i++) {
        agents[i].state = LL_AGENT_DRAINING;
        rig_seal(&agents[i], 1, 0, 5, true);
        rig_exchange(rig, &agents[i]);
    }
    cr_assert(eq(int, rig_status(rig, "r1").state, LL_RUN_FINISHED));
}

static void fetch(struct rig *rig) {
    struct ll_fetch_request request = {.run_id = "r1"};
    struct ll_fetch_reply reply = {0};
    cr_assert(eq(int, ll_coordinator_fetch_result(rig->core, &request, &reply).status, LL_OK));
    cr_assert(eq(u64, reply.chunk.len, reply.total_bytes));
}

Test(journal, it_is_kept_until_the_result_was_fetched) {
    end_all(before);
    cr_expect(eq(int, before->journaled[LL_JOURNAL_OVER], 1));
    rig_wait(before, 60000);
    cr_expect(eq(int, before->journaled[LL_JOURNAL_DROPPED], 0));
    fetch(before);
    fetch(before);
    cr_expect(eq(int, before->journaled[LL_JOURNAL_DROPPED], 1));
}

Test(journal, the_next_runs_journal_is_not_dropped_for_the_last_ones_result) {
    end_all(before);
    rig_submit(before, "r2", 4, 2);
    for (size_t i = 0; i < 2; i++) {
        agents[i].run_id[0] = '\0';
        agents[i].state = LL_AGENT_IDLE;
        rig_forget_frames(&agents[i]);
    }
    rig_start_all(before, agents, 2);
    fetch(before);
    cr_expect(eq(int, before->journaled[LL_JOURNAL_DROPPED], 0));
}

Test(journal, a_result_that_nobody_fetched_is_made_again_the_same) {
    rig_wait(before, 1234);
    end_all(before);
    after->now_us += 5000000;
    restart();
    struct ll_status_reply was = rig_status(before, "r1"), is = rig_status(after, "r1");
    cr_expect(eq(int, is.state, LL_RUN_FINISHED));
    cr_expect(eq(u64, is.elapsed_ms, was.elapsed_ms));
    cr_expect(eq(u32, is.agents_registered, 0));
    cr_assert(eq(sz, after->result.len, before->result.len));
    cr_expect(eq(int, memcmp(after->result.data, before->result.data, before->result.len), 0));
    fetch(after);
    cr_expect(eq(int, after->journaled[LL_JOURNAL_DROPPED], 1));
}

// The one that was lost comes back to the second coordinator, and then its result is made by a third.
Test(journal, what_is_taken_of_a_lost_agent_is_in_it) {
    rig_wait(before, 3000);
    rig_exchange(before, &agents[0]);
    rig_wait(before, 3000);
    rig_exchange(before, &agents[0]);
    cr_assert(eq(u32, rig_status(before, "r1").agents_lost, 1));
    rig_seal(&agents[1], 1, 0, 5, false);
    cr_expect(eq(u64, rig_exchange(before, &agents[1]).acknowledged, 1));
    after->now_us = before->now_us;
    restart();
    size_t restored = after->journal.len; // which the journal has already
    after->journal_sequence = before->journal_sequence;
    cr_expect(eq(u64, rig_status(after, "r1").iterations_completed, 5));
    rig_seal(&agents[1], 2, 1000, 6, false);
    cr_expect(eq(u64, rig_exchange(after, &agents[1]).acknowledged, 2));
    agents[0].state = LL_AGENT_DRAINING;
    rig_seal(&agents[0], 1, 0, 5, true);
    rig_exchange(after, &agents[0]);
    rig_wait(after, LL_RUN_RETURN_MIN_MS);
    cr_assert(eq(int, rig_status(after, "r1").state, LL_RUN_FINISHED));
    struct rig *third = rig_new();
    struct ll_journal_end end;
    ll_buf_append(&before->journal, after->journal.data + restored, after->journal.len - restored);
    cr_assert(eq(int, read_into(third, before->journal.data, before->journal.len, &end).status, LL_OK));
    cr_assert(eq(sz, third->result.len, after->result.len));
    cr_expect(eq(int, memcmp(third->result.data, after->result.data, after->result.len), 0));
    rig_free(&third);
}

Test(journal, agents_without_room_in_the_roster_are_lost) {
    rig_free(&after);
    after = rig_new_for(1);
    after->now_us = before->now_us + 500000;
    restart();
    struct ll_status_reply status = rig_status(after, "r1");
    cr_expect(eq(int, status.state, LL_RUN_RUNNING));
    cr_expect(eq(u32, status.agents_lost, 1));
    cr_expect(eq(u32, status.agents_registered, 1));
    cr_expect(rig_logged(after, "--max-agents 1"));
}

Test(journal, agents_that_do_not_come_back_are_lost) {
    restart();
    rig_wait(after, 5000);
    cr_expect(eq(u32, rig_status(after, "r1").agents_lost, 2));
}

// ---- Damage

// Sends a snapshot, hears that it is kept, and keeps it no more, as an agent does.
static void send(struct rig *rig, struct rig_agent *agent, uint64_t sequence, uint64_t iterations, bool final) {
    rig_seal(agent, sequence, (sequence - 1) * 1000, iterations, final);
    if (final) agent->state = LL_AGENT_DRAINING;
    struct ll_exchange_reply reply = rig_exchange(rig, agent);
    cr_expect(eq(u64, reply.acknowledged, sequence));
    rig_forget_frames(agent);
}

// What the coordinator that ended had taken: 5 + 7 + 6 iterations, in snapshots 1 and 2 of the one agent, and 1 of the
// other.
static void take_some(void) {
    send(before, &agents[0], 1, 5, false);
    send(before, &agents[1], 1, 6, false);
    send(before, &agents[0], 2, 7, false);
}

// The agents go on and end their parts.
static void end_at(struct rig *rig) {
    for (size_t i = 0; i < 2; i++) agents[i].state = LL_AGENT_RUNNING;
    send(rig, &agents[0], 3, 10, true);
    send(rig, &agents[1], 2, 10, true);
    cr_expect(eq(int, rig_status(rig, "r1").state, LL_RUN_FINISHED));
}

static bool has_remark(const struct ll_scenario_result *scenario, const char *text) {
    for (size_t i = 0; i < scenario->remark_count; i++)
        if (strstr(scenario->remarks[i], text)) return true;
    return false;
}

// Ends the run with what the journal in `data` says: the result has all iterations, or it is INVALID and says why. Only
// one that was cut in its first record has no run.
static void expect_told(const uint8_t *data, size_t len, const char *what, size_t at) {
    struct rig *rig = rig_new();
    rig->now_us = after->now_us;
    struct ll_journal_end end;
    ll_err err = read_into(rig, data, len, &end);
    cr_expect(le(sz, end.len, len));
    if (err.status == LL_OK && end.records > 0) {
        end_at(rig);
        struct ll_result result = rig_result(rig);
        const struct ll_scenario_result *scenario = &result.scenarios[0];
        uint64_t completed = ll_series_total(scenario->total, LL_METRIC_ITERATIONS_COMPLETED);
        uint64_t lost = ll_series_total(scenario->total, LL_METRIC_SNAPSHOTS_LOST);
        bool is_short = completed < 38, is_invalid = scenario->verdict == LL_VERDICT_INVALID;
        cr_expect(eq(int, is_short, lost > 0), "%s at %zu: %llu completed, %llu lost", what, at,
                  (unsigned long long)completed, (unsigned long long)lost);
        cr_expect(eq(int, is_short, is_invalid), "%s at %zu", what, at);
        cr_expect(eq(int, is_short, has_remark(scenario, "what was measured in")), "%s at %zu", what, at);
        ll_result_fini(&result);
    } else {
        cr_expect(lt(sz, len, before->journal.len), "%s at %zu: %s", what, at, err.text);
    }
    rig_free(&rig);
}

Test(journal, a_journal_cut_anywhere_hangs_no_run_and_shortens_none_in_silence) {
    take_some();
    for (size_t len = 0; len < before->journal.len; len++) expect_told(before->journal.data, len, "cut", len);
}

Test(journal, a_flipped_bit_hangs_no_run_and_shortens_none_in_silence) {
    take_some();
    for (size_t at = 0; at < before->journal.len; at++) {
        uint8_t bit = (uint8_t)(1 << at % 8);
        before->journal.data[at] ^= bit;
        expect_told(before->journal.data, before->journal.len, "flipped", at);
        before->journal.data[at] ^= bit;
    }
}

Test(journal, without_the_records_that_say_what_the_run_is_it_is_refused) {
    size_t second = before->journal.len / 2; // it stands there twice, behind the first line
    take_some();
    before->journal.data[60] ^= 1;
    before->journal.data[second + 60] ^= 1;
    struct ll_journal_end end;
    ll_err err = read_into(after, before->journal.data, before->journal.len, &end);
    cr_expect(eq(int, err.status, LL_DATA_LOSS));
    cr_expect(strstr(err.text, "move the journal away to start without it") != NULL, "%s", err.text);
}

Test(journal, records_after_a_damaged_one_are_read) {
    size_t start = before->journal.len;
    take_some();
    size_t places[] = {start + 2, start + 20, start + 40}; // in marker, head and content of the first snapshot's
    for (size_t i = 0; i < 3; i++) {
        struct rig *rig = rig_new();
        rig->now_us = after->now_us;
        struct ll_journal_end end;
        before->journal.data[places[i]] ^= 0x10;
        ll_err err = read_into(rig, before->journal.data, before->journal.len, &end);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        cr_expect(eq(u64, end.missing, 1));
        cr_expect(eq(sz, end.len, before->journal.len));
        cr_expect(eq(u64, rig_status(rig, "r1").iterations_completed, 13));
        end_at(rig);
        struct ll_result result = rig_result(rig);
        cr_expect(has_remark(&result.scenarios[0], "snapshot 1 of agent a is lost"));
        cr_expect(has_remark(&result.scenarios[0], "1 record of the coordinator's journal was damaged"));
        ll_result_fini(&result);
        rig_free(&rig);
        before->journal.data[places[i]] ^= 0x10;
    }
}

// It was acknowledged, and its agent dropped the run.
Test(journal, a_last_snapshot_that_is_lost_ends_its_agents_part) {
    send(before, &agents[0], 1, 5, false);
    size_t start = before->journal.len;
    send(before, &agents[0], 2, 7, true);
    struct ll_journal_end end;
    cr_assert(eq(int, read_into(after, before->journal.data, start, &end).status, LL_OK));
    agents[0].state = LL_AGENT_IDLE;
    agents[0].run_id[0] = '\0';
    rig_exchange(after, &agents[0]);
    rig_exchange(after, &agents[0]);
    send(after, &agents[1], 1, 6, true);
    cr_assert(eq(int, rig_status(after, "r1").state, LL_RUN_FINISHED));
    struct ll_result result = rig_result(after);
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_SNAPSHOTS_LOST), 1));
    cr_expect(eq(int, result.scenarios[0].verdict, LL_VERDICT_INVALID));
    cr_expect(has_remark(&result.scenarios[0], "snapshot 2 of agent a is lost"));
    ll_result_fini(&result);
}

// The result was made, and its record is there: that it lacks something is said, and not that someone stopped the run.
Test(journal, a_run_that_was_over_is_over_without_its_last_snapshot_too) {
    send(before, &agents[1], 1, 6, true);
    size_t start = before->journal.len;
    send(before, &agents[0], 1, 5, true);
    before->journal.data[start + 40] ^= 1;
    struct ll_journal_end end;
    cr_assert(eq(int, read_into(after, before->journal.data, before->journal.len, &end).status, LL_OK));
    cr_expect(eq(int, rig_status(after, "r1").state, LL_RUN_FINISHED));
    struct ll_result result = rig_result(after);
    cr_expect(not(result.scenarios[0].stopped_early));
    cr_expect(eq(int, result.scenarios[0].verdict, LL_VERDICT_INVALID));
    ll_result_fini(&result);
}

Test(journal, what_is_cut_short_at_the_end_is_no_damage) {
    take_some();
    size_t whole = before->journal.len;
    send(before, &agents[1], 2, 1, false);
    for (size_t len = whole; len < before->journal.len; len++) {
        struct rig *rig = rig_new();
        struct ll_journal_end end;
        ll_err err = read_into(rig, before->journal.data, len, &end);
        cr_expect(eq(int, err.status, LL_OK), "cut at %zu: %s", len, err.text);
        cr_expect(eq(sz, end.len, whole), "cut at %zu", len);
        cr_expect(eq(u64, end.missing, 0), "cut at %zu", len);
        rig_free(&rig);
    }
}

static ll_err read_text(const char *text) {
    struct ll_journal_end end;
    return read_into(after, text, strlen(text), &end);
}

Test(journal, one_of_another_version_is_told_from_a_flipped_header) {
    char line[64] = "LLJ2 9.9.9";
    uint8_t hash[LL_SHA256_BYTES];
    ll_sha256(line, strlen(line), hash);
    size_t len = strlen(line);
    snprintf(line + len, sizeof line - len, " %02x%02x%02x%02x\n", hash[0], hash[1], hash[2], hash[3]);
    ll_err err = read_text(line);
    cr_expect(eq(int, err.status, LL_FAILED_PRECONDITION));
    cr_expect(strstr(err.text, "another version of LiveLoad (LLJ2 9.9.9") != NULL, "%s", err.text);
    cr_expect(eq(int, read_text("LLJ1 0.1.0\n").status, LL_FAILED_PRECONDITION));
    cr_expect(eq(int, read_text("#!/bin/sh\nexit 1\n").status, LL_DATA_LOSS));
    take_some();
    for (size_t at = 0; before->journal.data[at] != '\n'; at++) {
        struct rig *rig = rig_new();
        struct ll_journal_end end;
        before->journal.data[at] ^= 4;
        err = read_into(rig, before->journal.data, before->journal.len, &end);
        cr_expect(eq(int, err.status, LL_OK), "byte %zu: %s", at, err.text);
        cr_expect(end.is_damaged);
        cr_expect(eq(u64, rig_status(rig, "r1").iterations_completed, 18));
        before->journal.data[at] ^= 4;
        rig_free(&rig);
    }
}

// The number of a damaged record is not given again: the next coordinator must see that one is missing.
Test(journal, a_damaged_last_record_is_still_missing_after_two_restarts) {
    size_t start = before->journal.len;
    take_some();
    before->journal.data[before->journal.len - 1] ^= 1;
    struct ll_journal_end end;
    cr_assert(eq(int, read_into(after, before->journal.data, before->journal.len, &end).status, LL_OK));
    cr_expect(gt(sz, end.len, start));
    cr_expect(eq(u64, end.missing, 1));
    struct ll_buf journal = ll_buf_make(LL_JOURNAL_BYTES_MAX);
    ll_buf_append(&journal, before->journal.data, end.len);
    ll_journal_append(&(struct ll_journal_record){LL_JOURNAL_STOPPED}, end.next_sequence, 0, &journal);
    struct rig *rig = rig_new();
    cr_assert(eq(int, read_into(rig, journal.data, journal.len, &end).status, LL_OK));
    cr_expect(eq(u64, end.missing, 1));
    rig_free(&rig);
    ll_buf_fini(&journal);
}

Test(journal, records_out_of_order_are_refused) {
    struct ll_journal_record record = {.kind = LL_JOURNAL_STOPPED};
    cr_expect(eq(int, ll_coordinator_restore(after->core, 0, &record).status, LL_DATA_LOSS));
    restart();
    record = (struct ll_journal_record){.kind = LL_JOURNAL_LOST, .part = 2};
    cr_expect(eq(int, ll_coordinator_restore(after->core, 0, &record).status, LL_DATA_LOSS));
}

// ---- The file

static ll_err keep(void *arg, const struct ll_journal_record *record) {
    ll_keeper_write(arg, record);
    return LL_SUCCESS;
}

// What a coordinator leaves that ends while it writes the first bytes.
Test(journal, a_file_without_a_record_is_none) {
    char folder[] = "/tmp/liveload-journal-XXXXXX", path[64];
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/run.journal", folder);
    for (size_t len = 0; len < 70; len += 3) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        cr_assert(ge(int, fd, 0));
        cr_assert(eq(long, write(fd, before->journal.data, len), (long)len));
        close(fd);
        struct ll_keeper keeper = ll_keeper_make(folder, 0);
        ll_err err = ll_keeper_restore(&keeper, after->core, after->now_us);
        cr_expect(eq(int, err.status, LL_OK), "%zu bytes: %s", len, err.text);
        cr_expect(eq(int, ll_keeper_is_keeping(&keeper), 0));
        cr_expect(ne(int, access(path, F_OK), 0), "%zu bytes", len);
        ll_keeper_fini(&keeper);
    }
    cr_expect(eq(int, rmdir(folder), 0));
}

Test(journal, the_file_is_written_on_after_a_restart_and_removed_at_the_end) {
    char folder[] = "/tmp/liveload-journal-XXXXXX", path[64];
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/run.journal", folder);
    struct ll_keeper first = ll_keeper_make(folder, 0), second = ll_keeper_make(folder, 0);
    cr_assert(eq(int, ll_keeper_restore(&first, after->core, after->now_us).status, LL_OK)); // nothing there
    rig_seal(&agents[0], 1, 0, 5, false);
    rig_exchange(before, &agents[0]);
    struct ll_journal_end end;
    ll_journal_read(before->journal.data, before->journal.len, 0, keep, &first, &end);
    cr_expect(eq(int, ll_keeper_restore(&second, after->core, after->now_us).status, LL_ALREADY_EXISTS));
    ll_keeper_fini(&first);
    ll_keeper_fini(&second);

    int fd = open(path, O_WRONLY | O_APPEND); // as if a write was cut short
    cr_assert(ge(int, fd, 0));
    cr_assert(eq(long, write(fd, "half", 4), 4));
    close(fd);
    second = ll_keeper_make(folder, 0);
    ll_err err = ll_keeper_restore(&second, after->core, after->now_us);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(u64, rig_status(after, "r1").iterations_completed, 5));
    struct stat info;
    cr_assert(eq(int, stat(path, &info), 0));
    cr_expect(eq(sz, (size_t)info.st_size, before->journal.len));
    cr_expect(eq(int, ll_keeper_is_keeping(&second), 1));
    ll_keeper_write(&second, &(struct ll_journal_record){LL_JOURNAL_DROPPED});
    cr_expect(eq(int, ll_keeper_is_keeping(&second), 0));
    cr_expect(ne(int, stat(path, &info), 0));
    ll_keeper_fini(&second);
    cr_expect(eq(int, rmdir(folder), 0));
}

Test(journal, secrets_go_to_agents_and_into_no_journal_and_no_result) {
    static const char value[] = "tiger-lily";
    struct rig *rig = rig_new();
    struct rig_agent agent = rig_register(rig, "a", 1, 0);
    struct ll_submit_request request = {
        .bundle = {"bundle", 6}, .spec = ll_spec_make("shop"), .min_agents = 1, .wait_ms = 1000};
    cr_assert(eq(int, ll_secrets_add(&request.secrets, "KEY", value).status, LL_OK));
    struct ll_submit_reply submitted;
    ll_err err = ll_coordinator_submit(rig->core, rig->now_us, "r1", &request, &submitted);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    struct ll_exchange_reply reply = rig_exchange(rig, &agent);
    cr_assert(eq(int, reply.directive, LL_DIRECTIVE_PREPARE));
    cr_expect(eq(str, (char *)ll_secrets_find(&reply.assignment.secrets, "KEY"), (char *)value));
    ll_assignment_fini(&reply.assignment);
    rig_start_all(rig, &agent, 1);
    rig_seal(&agent, 1, 0, 3, true);
    agent.state = LL_AGENT_DRAINING;
    rig_exchange(rig, &agent);
    cr_assert(gt(sz, rig->journal.len, 100));
    cr_expect_null(memmem(rig->journal.data, rig->journal.len, value, strlen(value)));
    struct ll_result result = rig_result(rig);
    struct ll_buf spec = ll_buf_make(LL_SPEC_PACKED_MAX);
    ll_spec_pack(&result.scenarios[0].spec, &spec);
    cr_expect_null(memmem(spec.data, spec.len, value, strlen(value)));
    ll_buf_fini(&spec);
    ll_result_fini(&result);
    ll_secrets_fini(&request.secrets);
    ll_spec_fini(&request.spec);
    rig_agent_fini(&agent);
    rig_free(&rig);
}
