#include "agent/core/agent.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { SECOND = 1000000, LEASE_MS = 5000 };
static const int64_t unix_us_at_zero = 1700000000ll * SECOND;

// An agent, the time, and what its last step asked for.
struct bench {
    struct ll_agent agent;
    struct ll_agent_effects effects;
    int64_t now_us;
};

static struct bench bench_make(void) {
    struct bench bench = {.now_us = 1000 * SECOND};
    ll_agent_init(&bench.agent, unix_us_at_zero);
    return bench;
}

static void step(struct bench *bench, struct ll_agent_event event) {
    ll_agent_step(&bench->agent, bench->now_us, &event, &bench->effects);
}

static void say(struct bench *bench, enum ll_agent_event_kind kind) {
    step(bench, (struct ll_agent_event){.kind = kind});
}

static void say_err(struct bench *bench, enum ll_agent_event_kind kind, enum ll_status status) {
    step(bench, (struct ll_agent_event){.kind = kind, .err = ll_err_make(status, "a sentence")});
}

static const struct ll_agent_effect *effect(const struct bench *bench, enum ll_agent_effect_kind kind) {
    for (size_t i = 0; i < bench->effects.count; i++)
        if (bench->effects.items[i].kind == kind) return &bench->effects.items[i];
    return NULL;
}

static bool did(const struct bench *bench, enum ll_agent_effect_kind kind) {
    return effect(bench, kind) != NULL;
}

static void answer_with(struct bench *bench, struct ll_exchange_reply reply, size_t unacknowledged) {
    step(bench,
         (struct ll_agent_event){.kind = LL_AGENT_EXCHANGED, .exchanged = &reply, .unacknowledged = unacknowledged});
}

static void answer(struct bench *bench, enum ll_directive directive) {
    struct ll_exchange_reply reply = {.directive = directive, .exchange_ms = 1000};
    snprintf(reply.assignment.run_id, sizeof reply.assignment.run_id, "run-1");
    answer_with(bench, reply, bench->agent.phase == LL_PHASE_DRAINING ? 1 : 0);
}

static void expect_phase(const struct bench *bench, enum ll_agent_phase phase) {
    cr_assert(eq(str, (char *)ll_agent_phase_name(bench->agent.phase), (char *)ll_agent_phase_name(phase)));
}

// Moves the time to the next tick and takes it; fails the test when that is later than `within_us`.
static void tick(struct bench *bench, int64_t within_us) {
    int64_t next_us = ll_agent_next_us(&bench->agent);
    cr_assert(le(i64, next_us, bench->now_us + within_us));
    if (next_us > bench->now_us) bench->now_us = next_us;
    say(bench, LL_AGENT_TICK);
}

static void to_idle(struct bench *bench) {
    say(bench, LL_AGENT_BROWSER_UP);
    struct ll_register_reply reply = {.agent_id = 7, .epoch = 3, .exchange_ms = 1000, .lease_ms = LEASE_MS};
    step(bench, (struct ll_agent_event){.kind = LL_AGENT_REGISTERED, .registered = &reply});
    expect_phase(bench, LL_PHASE_IDLE);
}

static void to_ready(struct bench *bench) {
    to_idle(bench);
    answer(bench, LL_DIRECTIVE_PREPARE);
    answer(bench, LL_DIRECTIVE_PREPARE); // the exchange that said PREPARING
    say(bench, LL_AGENT_PREPARED);
    expect_phase(bench, LL_PHASE_READY);
}

static void to_running(struct bench *bench) {
    to_ready(bench);
    answer_with(bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_START, .in_us = SECOND / 2}, 0);
    tick(bench, SECOND / 2);
    expect_phase(bench, LL_PHASE_RUNNING);
}

Test(agent, registers_when_the_browser_is_up_and_reports_at_once) {
    struct bench bench = bench_make();
    cr_expect(eq(i64, ll_agent_next_us(&bench.agent), INT64_MAX));
    say(&bench, LL_AGENT_BROWSER_UP);
    cr_expect(did(&bench, LL_AGENT_DO_REGISTER));
    struct ll_register_reply reply = {.agent_id = 7, .epoch = 3, .exchange_ms = 1000, .lease_ms = LEASE_MS};
    step(&bench, (struct ll_agent_event){.kind = LL_AGENT_REGISTERED, .registered = &reply});
    cr_expect(did(&bench, LL_AGENT_DO_EXCHANGE));
    struct ll_exchange_request request;
    ll_agent_describe(&bench.agent, &request);
    cr_expect(eq(u32, request.agent_id, 7));
    cr_expect(eq(u64, request.epoch, 3));
    cr_expect(eq(int, request.state, LL_AGENT_IDLE));
    cr_expect(eq(str, request.run_id, ""));
}

Test(agent, without_a_browser_it_ends_with_the_sentence) {
    struct bench bench = bench_make();
    say_err(&bench, LL_AGENT_BROWSER_UP, LL_NOT_FOUND);
    cr_assert(did(&bench, LL_AGENT_DO_EXIT));
    cr_expect(eq(str, (char *)effect(&bench, LL_AGENT_DO_EXIT)->err.text, "a sentence"));
}

Test(agent, tries_to_register_for_ever_with_growing_pauses) {
    struct bench bench = bench_make();
    say(&bench, LL_AGENT_BROWSER_UP);
    int64_t pause_us = 0;
    for (int i = 0; i < 20; i++) {
        say_err(&bench, LL_AGENT_REGISTERED, LL_UNAVAILABLE);
        expect_phase(&bench, LL_PHASE_OFFLINE);
        int64_t next_us = ll_agent_next_us(&bench.agent) - bench.now_us;
        cr_expect(ge(i64, next_us, pause_us));
        cr_expect(le(i64, next_us, LL_AGENT_RETRY_LAST_MS * 1000));
        pause_us = next_us;
        tick(&bench, pause_us);
        cr_expect(did(&bench, LL_AGENT_DO_REGISTER));
    }
    cr_expect(eq(i64, pause_us, LL_AGENT_RETRY_LAST_MS * 1000));
}

Test(agent, a_wrong_token_or_version_ends_it) {
    const enum ll_status statuses[] = {LL_UNAUTHENTICATED, LL_FAILED_PRECONDITION};
    for (int i = 0; i < 2; i++) {
        struct bench bench = bench_make();
        say(&bench, LL_AGENT_BROWSER_UP);
        say_err(&bench, LL_AGENT_REGISTERED, statuses[i]);
        cr_assert(did(&bench, LL_AGENT_DO_EXIT));
        cr_expect(eq(int, effect(&bench, LL_AGENT_DO_EXIT)->err.status, statuses[i]));

        bench = bench_make();
        to_running(&bench);
        say(&bench, LL_AGENT_SEALED);
        say_err(&bench, LL_AGENT_EXCHANGED, statuses[i]);
        cr_expect(did(&bench, LL_AGENT_DO_DROP));
        cr_expect(did(&bench, LL_AGENT_DO_EXIT));
    }
}

Test(agent, exchanges_at_the_cadence_asked_for_and_one_at_a_time) {
    struct bench bench = bench_make();
    to_idle(&bench);
    say(&bench, LL_AGENT_SEALED);
    cr_expect(not(did(&bench, LL_AGENT_DO_EXCHANGE)), "one is under way");
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_IDLE, .exchange_ms = 250}, 0);
    cr_expect(did(&bench, LL_AGENT_DO_EXCHANGE), "what was sealed meanwhile goes at once");
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_IDLE, .exchange_ms = 250}, 0);
    cr_expect(not(did(&bench, LL_AGENT_DO_EXCHANGE)));
    cr_expect(eq(i64, ll_agent_next_us(&bench.agent), bench.now_us + 250000));
    tick(&bench, 250000);
    cr_expect(did(&bench, LL_AGENT_DO_EXCHANGE));
}

Test(agent, a_run_goes_through_its_states) {
    struct bench bench = bench_make();
    to_idle(&bench);
    answer(&bench, LL_DIRECTIVE_PREPARE);
    cr_assert(did(&bench, LL_AGENT_DO_PREPARE));
    cr_expect(did(&bench, LL_AGENT_DO_EXCHANGE), "the state changed");
    answer(&bench, LL_DIRECTIVE_PREPARE);
    cr_expect(not(did(&bench, LL_AGENT_DO_PREPARE)), "a directive is a level, not an edge");
    say(&bench, LL_AGENT_PREPARED);
    cr_expect(did(&bench, LL_AGENT_DO_EXCHANGE));
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_START, .in_us = 300000}, 0);
    int64_t start_us = bench.now_us + 300000;
    bench.now_us += 100000;
    say(&bench, LL_AGENT_SEALED);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_START, .in_us = 250000}, 0);
    tick(&bench, 200000);
    cr_assert(did(&bench, LL_AGENT_DO_START));
    cr_expect(eq(i64, effect(&bench, LL_AGENT_DO_START)->at_us, start_us), "the first command holds");
    say(&bench, LL_AGENT_FIRST_ITERATION);
    struct ll_exchange_request request;
    ll_agent_describe(&bench.agent, &request);
    cr_expect(request.first_iteration_started);
    cr_expect(eq(int, request.state, LL_AGENT_RUNNING));
    cr_expect(eq(str, request.run_id, "run-1"));
    answer(&bench, LL_DIRECTIVE_CONTINUE);
    say(&bench, LL_AGENT_USERS_ENDED);
    expect_phase(&bench, LL_PHASE_DRAINING);
    answer(&bench, LL_DIRECTIVE_CONTINUE);
    expect_phase(&bench, LL_PHASE_DRAINING);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_CONTINUE}, 0);
    expect_phase(&bench, LL_PHASE_IDLE);
    cr_expect(did(&bench, LL_AGENT_DO_DROP));
    answer(&bench, LL_DIRECTIVE_PREPARE);
    cr_expect(not(did(&bench, LL_AGENT_DO_PREPARE)), "a run that was finished is not begun again");
}

Test(agent, a_stop_is_obeyed_once_at_its_time) {
    struct bench bench = bench_make();
    to_running(&bench);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_STOP, .in_us = 200000}, 0);
    cr_expect(not(did(&bench, LL_AGENT_DO_STOP)));
    tick(&bench, 200000);
    cr_expect(did(&bench, LL_AGENT_DO_STOP));
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_STOP}, 0);
    cr_expect(not(did(&bench, LL_AGENT_DO_STOP)));
    expect_phase(&bench, LL_PHASE_RUNNING);
}

Test(agent, a_stop_before_the_start_drops_the_run) {
    struct bench bench = bench_make();
    to_ready(&bench);
    answer(&bench, LL_DIRECTIVE_STOP);
    cr_expect(did(&bench, LL_AGENT_DO_DROP));
    expect_phase(&bench, LL_PHASE_IDLE);
}

Test(agent, a_run_that_cannot_be_prepared_is_reported_until_told_to_forget_it) {
    struct bench bench = bench_make();
    to_idle(&bench);
    answer(&bench, LL_DIRECTIVE_PREPARE);
    say_err(&bench, LL_AGENT_PREPARED, LL_INVALID_ARGUMENT);
    expect_phase(&bench, LL_PHASE_FAILED);
    struct ll_exchange_request request;
    ll_agent_describe(&bench.agent, &request);
    cr_expect(eq(int, request.state, LL_AGENT_FAILED));
    cr_expect(eq(str, request.error.text, "a sentence"));
    answer(&bench, LL_DIRECTIVE_PREPARE);
    expect_phase(&bench, LL_PHASE_FAILED);
    answer(&bench, LL_DIRECTIVE_IDLE);
    expect_phase(&bench, LL_PHASE_IDLE);
}

Test(agent, an_agent_nobody_knows_registers_again) {
    struct bench bench = bench_make();
    to_running(&bench);
    say_err(&bench, LL_AGENT_EXCHANGED, LL_NOT_FOUND);
    cr_expect(did(&bench, LL_AGENT_DO_DROP));
    cr_expect(did(&bench, LL_AGENT_DO_REGISTER));
    expect_phase(&bench, LL_PHASE_REGISTERING);
}

// Nobody answers, until `kind` is done.
static void bear_silence_until(struct bench *bench, enum ll_agent_effect_kind kind) {
    bool is_done = false;
    while (!is_done) {
        if (bench->agent.exchange_under_way) {
            bench->now_us += 10 * SECOND; // the patience of a call
            say_err(bench, LL_AGENT_EXCHANGED, LL_UNAVAILABLE);
        } else {
            tick(bench, 2 * SECOND);
        }
        is_done = did(bench, kind);
    }
}

static void expect_silent_for(const struct bench *bench, int64_t since_us, uint64_t ms) {
    cr_expect(ge(i64, bench->now_us - since_us, (int64_t)ms * 1000));
    cr_expect(le(i64, bench->now_us - since_us, (int64_t)ms * 1000 + 12 * SECOND));
}

Test(agent, users_stop_after_a_minute_of_silence_and_what_they_measured_is_kept_for_an_hour) {
    struct bench bench = bench_make();
    struct ll_exchange_request request;
    to_running(&bench);
    int64_t silent_since_us = bench.agent.heard_at_us;
    bear_silence_until(&bench, LL_AGENT_DO_STOP);
    expect_silent_for(&bench, silent_since_us, LL_AGENT_ORPHAN_LIMIT_MS);
    expect_phase(&bench, LL_PHASE_RUNNING);
    say(&bench, LL_AGENT_USERS_ENDED);
    expect_phase(&bench, LL_PHASE_DRAINING);
    ll_agent_describe(&bench.agent, &request);
    cr_expect(strstr(request.error.text, "its users were stopped") != NULL, "%s", request.error.text);
    bear_silence_until(&bench, LL_AGENT_DO_DROP);
    expect_silent_for(&bench, silent_since_us, LL_AGENT_HOLD_MS);
    expect_phase(&bench, LL_PHASE_IDLE);
    ll_agent_describe(&bench.agent, &request);
    cr_expect(eq(int, request.error.status, LL_OK));
}

Test(agent, an_orphan_that_is_heard_again_hands_over_what_it_kept) {
    struct bench bench = bench_make();
    bench.agent.orphan_limit_ms = 5000;
    to_running(&bench);
    int64_t silent_since_us = bench.agent.heard_at_us;
    bear_silence_until(&bench, LL_AGENT_DO_STOP);
    expect_silent_for(&bench, silent_since_us, 5000);
    say(&bench, LL_AGENT_USERS_ENDED);
    if (!bench.agent.exchange_under_way) tick(&bench, 60 * SECOND);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_CONTINUE, .exchange_ms = 1000}, 3);
    expect_phase(&bench, LL_PHASE_DRAINING);
    tick(&bench, 60 * SECOND);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_IDLE, .exchange_ms = 1000}, 0);
    expect_phase(&bench, LL_PHASE_IDLE);
}

Test(agent, before_the_start_the_lease_bounds_the_silence) {
    struct bench bench = bench_make();
    to_ready(&bench);
    tick(&bench, LEASE_MS * 1000);
    cr_expect(did(&bench, LL_AGENT_DO_DROP));
    expect_phase(&bench, LL_PHASE_IDLE);
    bench = bench_make();
    to_ready(&bench);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_START, .in_us = 2 * LEASE_MS * 1000}, 0);
    bench.now_us += LEASE_MS * 1000 + 1;
    say(&bench, LL_AGENT_TICK);
    expect_phase(&bench, LL_PHASE_READY);
}

Test(agent, leaving_idle_takes_one_call) {
    struct bench bench = bench_make();
    to_idle(&bench);
    say(&bench, LL_AGENT_LEAVE_WANTED);
    cr_expect(did(&bench, LL_AGENT_DO_LEAVE));
    say(&bench, LL_AGENT_LEFT);
    cr_assert(did(&bench, LL_AGENT_DO_EXIT));
    cr_expect(eq(int, effect(&bench, LL_AGENT_DO_EXIT)->err.status, LL_OK));
}

Test(agent, leaving_in_a_run_ships_what_was_measured_first) {
    struct bench bench = bench_make();
    to_running(&bench);
    answer(&bench, LL_DIRECTIVE_CONTINUE);
    say(&bench, LL_AGENT_LEAVE_WANTED);
    cr_expect(did(&bench, LL_AGENT_DO_CUT));
    cr_expect(not(did(&bench, LL_AGENT_DO_LEAVE)));
    say(&bench, LL_AGENT_USERS_ENDED);
    cr_expect(did(&bench, LL_AGENT_DO_EXCHANGE));
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_CONTINUE}, 0);
    cr_expect(did(&bench, LL_AGENT_DO_LEAVE));
    expect_phase(&bench, LL_PHASE_LEAVING);
}

Test(agent, leaving_does_not_wait_for_a_silent_coordinator) {
    struct bench bench = bench_make();
    to_running(&bench);
    int64_t asked_us = bench.now_us;
    say(&bench, LL_AGENT_LEAVE_WANTED);
    say(&bench, LL_AGENT_USERS_ENDED);
    while (bench.agent.phase != LL_PHASE_GONE) tick(&bench, 5 * SECOND);
    cr_expect(did(&bench, LL_AGENT_DO_EXIT));
    cr_expect(le(i64, bench.now_us - asked_us, (LL_AGENT_LEAVE_DRAIN_MS + LL_AGENT_LEAVE_CALL_MS) * 1000LL));
}

Test(agent, leaving_unregistered_ends_at_once) {
    struct bench bench = bench_make();
    say(&bench, LL_AGENT_LEAVE_WANTED);
    cr_expect(did(&bench, LL_AGENT_DO_EXIT));
}

Test(agent, told_to_stop_at_once_it_cuts_its_users_and_sends_what_they_measured) {
    struct bench bench = bench_make();
    to_running(&bench);
    struct ll_exchange_reply stop = {.directive = LL_DIRECTIVE_STOP, .at_once = true, .exchange_ms = 25};
    answer_with(&bench, stop, 2);
    cr_expect(did(&bench, LL_AGENT_DO_CUT));
    tick(&bench, SECOND);
    answer_with(&bench, stop, 2);
    cr_expect(not(did(&bench, LL_AGENT_DO_CUT))); // once
    say(&bench, LL_AGENT_LEAVE_WANTED);
    cr_expect(not(did(&bench, LL_AGENT_DO_CUT)));
    say(&bench, LL_AGENT_USERS_ENDED);
    expect_phase(&bench, LL_PHASE_DRAINING);
}

Test(agent, a_stop_at_once_overtakes_a_graceful_one) {
    struct bench bench = bench_make();
    to_running(&bench);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_STOP, .in_us = SECOND}, 0);
    tick(&bench, SECOND);
    answer_with(&bench, (struct ll_exchange_reply){.directive = LL_DIRECTIVE_STOP, .at_once = true}, 0);
    cr_expect(did(&bench, LL_AGENT_DO_CUT));
    bench.now_us += 2 * SECOND;
    say(&bench, LL_AGENT_TICK);
    cr_expect(not(did(&bench, LL_AGENT_DO_STOP)));
}

// Half a second each way, and the coordinator's clock is three seconds ahead: the answer that says "in one second" was
// made half a second ago.
Test(agent, it_starts_at_the_moment_that_the_coordinator_means) {
    struct bench bench = bench_make();
    to_ready(&bench);
    int64_t theirs_us = unix_us_at_zero + 3 * SECOND + bench.now_us + SECOND / 2;
    bench.now_us += SECOND;
    struct ll_exchange_reply reply = {.directive = LL_DIRECTIVE_START, .in_us = SECOND, .now_us = theirs_us};
    answer_with(&bench, reply, 0);
    cr_expect(eq(i64, bench.agent.start_at_us, bench.now_us + SECOND / 2));
    struct ll_clock_report clock = ll_agent_clock(&bench.agent);
    cr_expect(eq(i64, clock.offset_us, -3 * SECOND));
    cr_expect(eq(u64, clock.round_trip_us, SECOND));
    cr_expect(eq(i64, clock.started_us, 0));
    bench.now_us += SECOND / 2;
    say(&bench, LL_AGENT_TICK);
    cr_expect(eq(i64, ll_agent_clock(&bench.agent).started_us, unix_us_at_zero + bench.now_us));
    struct ll_exchange_request request;
    ll_agent_describe(&bench.agent, &request);
    cr_expect(eq(u64, request.round_trip_us, SECOND));
}
