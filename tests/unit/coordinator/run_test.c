#include "tests/unit/coordinator/rig.h"

#include "coordinator/core/run.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct rig *rig;
static struct rig_agent agents[3];
static size_t agent_count;

static void make(void) {
    rig = rig_new();
}

static void drop(void) {
    for (size_t i = 0; i < agent_count; i++) rig_agent_fini(&agents[i]);
    rig_free(&rig);
}

TestSuite(run, .init = make, .fini = drop);

static void register_agents(size_t count) {
    const char *names[] = {"a", "b", "c"};
    for (size_t i = 0; i < count; i++) agents[i] = rig_register(rig, names[i], i + 1, 0);
    agent_count = count;
}

static enum ll_run_state state_of(const char *run_id) {
    return rig_status(rig, run_id).state;
}

static void expect_sentence(const char *sentence, const char *part) {
    cr_expect(strstr(sentence, part) != NULL, "\"%s\" does not say \"%s\"", sentence, part);
}

// Ends the agent's part properly, with its only snapshot.
static void drain(struct rig_agent *agent, uint64_t iterations) {
    agent->state = LL_AGENT_DRAINING;
    rig_seal(agent, agent->sequence + 1, 0, iterations, true);
    struct ll_exchange_reply reply = rig_exchange(rig, agent);
    cr_expect(eq(u64, reply.acknowledged, agent->sequence));
    rig_forget_frames(agent);
    agent->run_id[0] = '\0';
    agent->state = LL_AGENT_IDLE;
}

Test(run, the_happy_path) {
    rig_submit(rig, "r1", 4, 2);
    cr_expect(eq(int, state_of("r1"), LL_RUN_WAITING));
    agents[0] = rig_register(rig, "a", 1, 0);
    agent_count = 1;
    expect_sentence(rig_status(rig, "r1").waiting_for, "1 of 2 agents");
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_IDLE));
    agents[1] = rig_register(rig, "b", 2, 0);
    agent_count = 2;
    cr_expect(eq(int, state_of("r1"), LL_RUN_PREPARING));

    struct ll_exchange_reply prepare = rig_exchange(rig, &agents[1]);
    cr_assert(eq(int, prepare.directive, LL_DIRECTIVE_PREPARE));
    cr_expect(eq(str, prepare.assignment.run_id, "r1"));
    cr_expect(eq(u32, prepare.assignment.first_user, 2));
    cr_expect(eq(u32, prepare.assignment.stride, 2));
    cr_expect(eq(u32, prepare.assignment.users, 2));
    cr_expect(eq(u32, prepare.assignment.bucket_width_ms, 1000));
    cr_expect(eq(u64, prepare.assignment.bundle_bytes, 6));
    cr_expect(le(u32, prepare.exchange_ms, 50));
    ll_assignment_fini(&prepare.assignment);

    rig_start_all(rig, agents, 2);
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
    cr_expect(eq(u32, rig_status(rig, "r1").active_users, 2));
    cr_expect(eq(u32, rig_exchange(rig, &agents[0]).exchange_ms, LL_COORDINATOR_STEADY_MS));
    agents[0].first_iteration_started = true;
    rig_exchange(rig, &agents[0]);
    cr_expect(eq(int, rig_status(rig, "r1").first_iteration_started, 1));

    drain(&agents[0], 3);
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
    cr_expect(eq(u64, rig_status(rig, "r1").iterations_completed, 3));
    drain(&agents[1], 5);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(u64, status.iterations_completed, 8));
    cr_expect(gt(u64, status.result_bytes, 0));
    cr_expect(eq(int, rig->results, 1));

    struct ll_result result = rig_result(rig);
    cr_assert(eq(sz, result.scenario_count, 1));
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect(scenario->error == NULL);
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_ITERATIONS_COMPLETED), 8));
    cr_expect(eq(int, (int)scenario->verdict, LL_VERDICT_PASSED));
    cr_expect(eq(sz, scenario->node_count, 2));
    cr_expect(eq(u64, scenario->started_at_ms, 1700000000000 + 1100));
    ll_result_fini(&result);
}

Test(run, start_is_commanded_ahead_for_one_moment) {
    register_agents(2);
    rig_submit(rig, "r1", 2, 2);
    rig_obey_prepare(rig, &agents[0], LL_AGENT_READY);
    rig_obey_prepare(rig, &agents[1], LL_AGENT_READY);
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_CONTINUE));
    struct ll_exchange_reply second = rig_exchange(rig, &agents[1]);
    int64_t start_us = rig->now_us + (int64_t)second.in_us;
    cr_expect(eq(int, second.directive, LL_DIRECTIVE_START));
    cr_expect(ge(u64, second.in_us, 100 * 1000));
    cr_expect(eq(int, state_of("r1"), LL_RUN_STARTING));
    rig_wait(rig, 30);
    struct ll_exchange_reply first = rig_exchange(rig, &agents[0]);
    cr_expect(eq(int, first.directive, LL_DIRECTIVE_START));
    cr_expect(eq(i64, rig->now_us + (int64_t)first.in_us, start_us));
    rig_wait(rig, 1000);
    struct ll_exchange_reply late = rig_exchange(rig, &agents[0]);
    cr_expect(eq(int, late.directive, LL_DIRECTIVE_START));
    cr_expect(eq(u64, late.in_us, 0));
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
}

Test(run, a_part_may_be_over_before_anything_ticked_after_the_start) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_obey_prepare(rig, &agents[0], LL_AGENT_READY);
    struct ll_exchange_reply start = rig_exchange(rig, &agents[0]);
    cr_assert(eq(int, start.directive, LL_DIRECTIVE_START));
    rig->now_us += (int64_t)start.in_us + 20000; // 20 ms of users, and no tick between
    agents[0].active_users = 1;
    drain(&agents[0], 1);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
}

Test(run, snapshots_from_before_the_start_are_not_taken) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_obey_prepare(rig, &agents[0], LL_AGENT_PREPARING);
    rig_seal(&agents[0], 1, 0, 9, true);
    for (int i = 0; i < 2; i++) { // first while it prepares, then while its start is commanded
        cr_expect(eq(u64, rig_exchange(rig, &agents[0]).acknowledged, 0));
        cr_expect(eq(int, state_of("r1"), i ? LL_RUN_STARTING : LL_RUN_PREPARING));
        agents[0].state = LL_AGENT_READY;
    }
    rig_wait(rig, 1000);
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
    cr_expect(eq(u64, rig_status(rig, "r1").iterations_completed, 0));
}

Test(run, too_few_agents_fail_it_with_numbers) {
    register_agents(1);
    rig_submit(rig, "r1", 4, 3);
    for (int i = 0; i < 21; i++) {
        rig_wait(rig, 1000);
        rig_exchange(rig, &agents[0]);
    }
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(int, status.state, LL_RUN_FAILED));
    cr_expect(eq(int, status.error.status, LL_DEADLINE_EXCEEDED));
    expect_sentence(status.error.text, "1 of the 3 agents");
    expect_sentence(status.error.text, "20 s");
}

Test(run, too_little_room_fails_it) {
    agents[0] = rig_register(rig, "a", 1, 5);
    agent_count = 1;
    rig_submit(rig, "r1", 6, 1);
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(int, status.state, LL_RUN_FAILED));
    cr_expect(eq(int, status.error.status, LL_RESOURCE_EXHAUSTED));
    struct ll_result result = rig_result(rig);
    expect_sentence(result.scenarios[0].error, "at most 5");
    ll_result_fini(&result);
}

Test(run, a_failing_agent_fails_it_with_its_own_sentence) {
    register_agents(2);
    rig_submit(rig, "r1", 2, 2);
    rig_obey_prepare(rig, &agents[0], LL_AGENT_READY);
    rig_exchange(rig, &agents[0]);
    rig_obey_prepare(rig, &agents[1], LL_AGENT_FAILED);
    agents[1].error = ll_err_make(LL_INVALID_ARGUMENT, "shop.lua:7: attempt to index a nil value");
    cr_expect(eq(int, rig_directive(rig, &agents[1]), LL_DIRECTIVE_IDLE));
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(int, status.state, LL_RUN_FAILED));
    cr_expect(eq(int, status.error.status, LL_INVALID_ARGUMENT));
    cr_expect(eq(str, status.error.text, "agent b: shop.lua:7: attempt to index a nil value"));
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_IDLE));
}

Test(run, the_laggard_is_named_and_waited_for_only_so_long) {
    register_agents(2);
    rig_submit(rig, "r1", 4, 2);
    rig_obey_prepare(rig, &agents[0], LL_AGENT_READY);
    rig_obey_prepare(rig, &agents[1], LL_AGENT_PREPARING);
    for (int i = 0; i < 59; i++) {
        rig_exchange(rig, &agents[0]);
        cr_expect(eq(int, rig_directive(rig, &agents[1]), LL_DIRECTIVE_CONTINUE));
        rig_wait(rig, 1000);
    }
    cr_expect(eq(str, rig_status(rig, "r1").waiting_for, "agent b is still opening its 2 users"));
    rig_exchange(rig, &agents[0]);
    rig_exchange(rig, &agents[1]);
    rig_wait(rig, 1000);
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(int, status.state, LL_RUN_FAILED));
    expect_sentence(status.error.text, "agent b has not opened its 2 users");
}

Test(run, an_agent_lost_while_preparing_fails_it) {
    register_agents(2);
    rig_submit(rig, "r1", 4, 2);
    rig_obey_prepare(rig, &agents[0], LL_AGENT_READY);
    for (int i = 0; i < 6; i++) {
        rig_exchange(rig, &agents[0]);
        rig_wait(rig, 1000);
    }
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(int, status.state, LL_RUN_FAILED));
    cr_expect(eq(int, status.error.status, LL_UNAVAILABLE));
    expect_sentence(status.error.text, "agent b was not heard for 5 s");
}

Test(run, a_lost_agent_is_not_replaced_and_its_part_counts) {
    register_agents(2);
    rig_submit(rig, "r1", 4, 2);
    rig_start_all(rig, agents, 2);
    rig_seal(&agents[1], 1, 0, 7, false);
    rig_exchange(rig, &agents[1]);
    for (int i = 0; i < 6; i++) {
        rig_wait(rig, 1000);
        rig_exchange(rig, &agents[0]);
    }
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(int, status.state, LL_RUN_RUNNING));
    cr_expect(eq(u32, status.agents_lost, 1));

    agents[1].run_id[0] = '\0'; // it does not hold the run
    agents[1].state = LL_AGENT_IDLE;
    struct ll_exchange_reply reply;
    cr_expect(eq(int, rig_try_exchange(rig, &agents[1], &reply).status, LL_NOT_FOUND));
    struct rig_agent back = rig_register(rig, "b", 2, 0);
    cr_expect(ne(u64, back.epoch, agents[1].epoch));
    cr_expect(eq(int, rig_directive(rig, &back), LL_DIRECTIVE_IDLE));
    rig_agent_fini(&back);

    drain(&agents[0], 3);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
    struct ll_result result = rig_result(rig);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_ITERATIONS_COMPLETED), 10));
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_AGENT_LOSSES), 1));
    cr_expect(eq(int, (int)scenario->verdict, LL_VERDICT_INVALID));
    cr_expect(eq(int, scenario->nodes[1].lost, 1));
    expect_sentence(scenario->nodes[1].error, "agent b was not heard for 5 s");
    cr_assert(ge(sz, scenario->remark_count, 2));
    expect_sentence(scenario->remarks[0], "its 2 users ended there");
    ll_result_fini(&result);
}

Test(run, the_last_agent_lost_ends_it_with_what_it_has) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    rig_seal(&agents[0], 1, 0, 7, false);
    rig_exchange(rig, &agents[0]);
    rig_wait(rig, 5000);
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
    expect_sentence(rig_status(rig, "r1").waiting_for, "agent a was lost; the run waits for it to come back");
    rig_wait(rig, LL_RUN_RETURN_MIN_MS);
    struct ll_status_reply status = rig_status(rig, "r1");
    cr_expect(eq(int, status.state, LL_RUN_FAILED));
    expect_sentence(status.error.text, "no agent is left");
    cr_expect(gt(u64, status.result_bytes, 0));
    struct ll_result result = rig_result(rig);
    cr_expect(result.scenarios[0].error == NULL);
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_COMPLETED), 7));
    ll_result_fini(&result);
}

// Agent "b" falls silent with two snapshots that nobody has acknowledged.
static void lose_b(void) {
    register_agents(2);
    rig_submit(rig, "r1", 4, 2);
    rig_start_all(rig, agents, 2);
    rig_seal(&agents[1], 1, 0, 7, false);
    rig_exchange(rig, &agents[1]);
    for (int i = 0; i < 6; i++) {
        rig_wait(rig, 1000);
        rig_exchange(rig, &agents[0]);
    }
    cr_expect(eq(u32, rig_status(rig, "r1").agents_lost, 1));
    rig_forget_frames(&agents[1]);
    rig_seal(&agents[1], 2, 1000, 10, false);
    rig_seal(&agents[1], 3, 2000, 20, false);
}

Test(run, what_a_silent_agent_measured_is_taken_when_it_is_heard_again) {
    lose_b();
    for (int i = 0; i < 2; i++) { // the second is a duplicate
        struct ll_exchange_reply reply = rig_exchange(rig, &agents[1]);
        cr_expect(eq(u64, reply.acknowledged, 3));
        cr_expect(eq(int, reply.directive, LL_DIRECTIVE_STOP));
        cr_expect(reply.at_once); // its users may be others' by now
    }
    drain(&agents[0], 3);
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING)); // it has more to say
    rig_forget_frames(&agents[1]);
    rig_seal(&agents[1], 4, 3000, 40, false);
    agents[1].state = LL_AGENT_DRAINING;
    struct ll_exchange_reply reply = rig_exchange(rig, &agents[1]);
    cr_expect(eq(u64, reply.acknowledged, 4));
    cr_expect(eq(int, reply.directive, LL_DIRECTIVE_CONTINUE));
    agents[1].run_id[0] = '\0';
    agents[1].state = LL_AGENT_IDLE;
    cr_expect(eq(int, rig_try_exchange(rig, &agents[1], &reply).status, LL_NOT_FOUND));
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
    struct ll_result result = rig_result(rig);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_ITERATIONS_COMPLETED), 7 + 10 + 20 + 40 + 3));
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_AGENT_LOSSES), 1));
    cr_expect(eq(int, scenario->nodes[1].lost, 1));
    expect_sentence(scenario->remarks[0], "it was heard again, and what it had measured until then is counted");
    ll_result_fini(&result);
}

Test(run, it_waits_for_silent_agents_only_so_long) {
    lose_b();
    drain(&agents[0], 3);
    int64_t from_us = rig->now_us;
    while (state_of("r1") == LL_RUN_RUNNING) rig_wait(rig, 100);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
    cr_expect(le(i64, rig->now_us - from_us, LL_RUN_RETURN_MIN_MS * 1000));
}

Test(run, a_stop_ends_the_wait_for_silent_agents) {
    lose_b();
    drain(&agents[0], 3);
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
    cr_assert(eq(int, rig_stop(rig, "r1").status, LL_OK));
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
}

Test(run, one_that_leaves_after_it_was_lost_is_not_waited_for) {
    lose_b();
    drain(&agents[0], 3);
    struct ll_leave_request leave = {.agent_id = agents[1].id, .epoch = agents[1].epoch, .reason = "SIGTERM"};
    cr_assert(eq(int, ll_coordinator_leave(rig->core, rig->now_us, &leave).status, LL_OK));
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
}

Test(run, without_agents_it_is_invalid_however_many_may_be_lost) {
    register_agents(1);
    struct ll_spec spec = ll_spec_make("shop");
    cr_assert(eq(int, rig_try_submit(rig, "r1", &spec, 1, 5).status, LL_OK));
    ll_spec_fini(&spec);
    rig_start_all(rig, agents, 1);
    rig_seal(&agents[0], 1, 0, 7, false);
    rig_exchange(rig, &agents[0]);
    rig_wait(rig, 5000 + LL_RUN_RETURN_MAX_MS);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FAILED));
    struct ll_result result = rig_result(rig);
    cr_expect(eq(int, (int)result.scenarios[0].verdict, LL_VERDICT_INVALID));
    cr_assert(eq(sz, result.scenarios[0].remark_count, 2));
    expect_sentence(result.scenarios[0].remarks[1], "no agent finished");
    ll_result_fini(&result);
}

Test(run, leaving_is_a_loss_with_its_reason) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    struct ll_leave_request leave = {.agent_id = agents[0].id, .epoch = agents[0].epoch, .reason = "SIGTERM"};
    cr_assert(eq(int, ll_coordinator_leave(rig->core, rig->now_us, &leave).status, LL_OK));
    expect_sentence(rig_status(rig, "r1").error.text, "agent a has left: SIGTERM");
}

Test(run, an_agent_that_dropped_the_run_is_lost) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    agents[0].run_id[0] = '\0';
    agents[0].state = LL_AGENT_IDLE;
    rig_exchange(rig, &agents[0]);
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_IDLE));
    expect_sentence(rig_status(rig, "r1").error.text, "does not hold the run any more");
}

Test(run, a_call_from_before_the_run_that_comes_late_loses_nobody) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    struct rig_agent early = agents[0];
    rig_start_all(rig, agents, 1);
    for (int i = 0; i < 3; i++) {
        rig_exchange(rig, &early);
        cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_CONTINUE));
    }
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
}

Test(run, an_agent_that_holds_another_run_is_told_to_drop_it_first) {
    register_agents(1);
    strcpy(agents[0].run_id, "older");
    agents[0].state = LL_AGENT_DRAINING;
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_IDLE));
    rig_submit(rig, "r1", 1, 1);
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_IDLE));
    agents[0].run_id[0] = '\0';
    agents[0].state = LL_AGENT_IDLE;
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_PREPARE));
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_PREPARE)); // until the state shows it
}

Test(run, stopping_is_commanded_until_it_shows) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    cr_assert(eq(int, rig_stop(rig, "r1").status, LL_OK));
    cr_assert(eq(int, rig_stop(rig, "r1").status, LL_OK));
    cr_expect(eq(int, state_of("r1"), LL_RUN_STOPPING));
    struct ll_exchange_reply stop = rig_exchange(rig, &agents[0]);
    cr_expect(eq(int, stop.directive, LL_DIRECTIVE_STOP));
    cr_expect(eq(u64, stop.in_us, 0)); // as soon as it is heard
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_STOP));
    drain(&agents[0], 1);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
    cr_expect(eq(int, rig_stop(rig, "r1").status, LL_OK));
    struct ll_result result = rig_result(rig);
    cr_expect(eq(int, result.scenarios[0].stopped_early, 1));
    ll_result_fini(&result);
}

Test(run, stopped_before_its_start_it_fails_as_cancelled) {
    register_agents(1);
    for (int stage = 0; stage < 3; stage++) {
        char run_id[] = {'r', (char)('1' + stage), '\0'};
        agents[0].run_id[0] = '\0';
        agents[0].state = LL_AGENT_IDLE;
        rig_submit(rig, run_id, 1, stage == 0 ? 2 : 1);
        if (stage == 2) {
            rig_obey_prepare(rig, &agents[0], LL_AGENT_READY);
            cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_START));
        }
        enum ll_run_state expected[] = {LL_RUN_WAITING, LL_RUN_PREPARING, LL_RUN_STARTING};
        cr_expect(eq(int, state_of(run_id), expected[stage]));
        cr_assert(eq(int, rig_stop(rig, run_id).status, LL_OK));
        cr_expect(eq(int, state_of(run_id), LL_RUN_FAILED));
        cr_expect(eq(int, rig_status(rig, run_id).error.status, LL_CANCELLED));
        cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_IDLE));
    }
}

Test(run, an_agent_that_never_ends_is_given_up) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    int seconds = 0;
    for (; state_of("r1") == LL_RUN_RUNNING && seconds < 1000; seconds++) {
        rig_exchange(rig, &agents[0]);
        rig_wait(rig, 1000);
    }
    cr_expect(ge(int, seconds, 10 + 120 + 30));
    cr_expect(le(int, seconds, 10 + 120 + 30 + 11));
    cr_expect(eq(int, state_of("r1"), LL_RUN_FAILED));
    expect_sentence(rig_status(rig, "r1").error.text, "had not ended its users");
    cr_expect(eq(int, rig_directive(rig, &agents[0]), LL_DIRECTIVE_IDLE));
}

// Ten iterations of two users, one of whom has ended: the other needs far longer than five rounds.
Test(run, iterations_may_all_fall_to_one_user) {
    register_agents(1);
    struct ll_spec spec = ll_spec_make("shop");
    spec.load.users = 2;
    spec.load.duration_ms = 0;
    spec.load.iterations = 10;
    spec.on_failure = LL_ON_FAILURE_STOP_USER;
    cr_assert(eq(int, rig_try_submit(rig, "r1", &spec, 1, 0).status, LL_OK));
    ll_spec_fini(&spec);
    rig_start_all(rig, agents, 1);
    for (int seconds = 0; seconds < 12 * (120 + 30); seconds++) { // each times out, after half a minute for its page
        rig_exchange(rig, &agents[0]);
        rig_wait(rig, 1000);
    }
    cr_expect(eq(int, state_of("r1"), LL_RUN_RUNNING));
    drain(&agents[0], 10);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
}

Test(run, one_run_at_a_time) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    struct ll_spec spec = ll_spec_make("other");
    ll_err err = rig_try_submit(rig, "r2", &spec, 1, 0);
    cr_expect(eq(int, err.status, LL_FAILED_PRECONDITION));
    expect_sentence(err.text, "run r1");
    ll_spec_fini(&spec);
}

Test(run, a_request_that_cannot_be_met_is_refused) {
    struct ll_spec spec = ll_spec_make("other");
    spec.load.duration_ms = 1000;
    ll_err err = rig_try_submit(rig, "r1", &spec, 101, 0);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    expect_sentence(err.text, "--max-agents 101");
    spec.load.users = 0;
    cr_expect(eq(int, rig_try_submit(rig, "r1", &spec, 1, 0).status, LL_INVALID_ARGUMENT));
    ll_spec_fini(&spec);
}

Test(run, unknown_runs_are_said_to_be_unknown) {
    struct ll_run_request request = {.run_id = ""};
    struct ll_status_reply reply = {0};
    cr_expect(eq(int, ll_coordinator_status(rig->core, 0, &request, &reply).status, LL_NOT_FOUND));
    strcpy(request.run_id, "nope");
    cr_expect(eq(int, ll_coordinator_status(rig->core, 0, &request, &reply).status, LL_NOT_FOUND));
    cr_expect(eq(int, rig_stop(rig, "nope").status, LL_NOT_FOUND));
}

Test(run, being_cut_keeps_what_was_measured) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    rig_seal(&agents[0], 1, 0, 7, false);
    rig_exchange(rig, &agents[0]);
    ll_coordinator_cut(rig->core, rig->now_us);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED));
    struct ll_result result = rig_result(rig);
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_COMPLETED), 7));
    cr_expect(eq(int, result.scenarios[0].stopped_early, 1));
    ll_result_fini(&result);
}

// Whoever loads a site must hear that nobody is there any more to tell it to stop.
Test(run, a_coordinator_that_is_to_end_stops_its_agents_first) {
    register_agents(2);
    rig_submit(rig, "r1", 4, 2);
    rig_start_all(rig, agents, 2);
    ll_coordinator_end(rig->core, rig->now_us);
    cr_expect(not(ll_coordinator_may_quit(rig->core, rig->now_us)));
    struct ll_exchange_reply reply = rig_exchange(rig, &agents[0]);
    cr_expect(eq(int, reply.directive, LL_DIRECTIVE_STOP));
    cr_expect(reply.at_once);
    drain(&agents[0], 3);
    drain(&agents[1], 4);
    cr_expect(eq(int, state_of("r1"), LL_RUN_FINISHED)); // who follows the run has seen that
    struct ll_spec spec = ll_spec_make("next");
    cr_expect(eq(int, rig_try_submit(rig, "r2", &spec, 1, 0).status, LL_FAILED_PRECONDITION));
    ll_spec_fini(&spec);
    rig->now_us += 1;
    cr_expect(not(ll_coordinator_may_quit(rig->core, rig->now_us)));
    for (size_t i = 0; i < 2; i++) cr_expect(eq(int, rig_directive(rig, &agents[i]), LL_DIRECTIVE_IDLE));
    cr_expect(not(ll_coordinator_may_quit(rig->core, rig->now_us))); // for its result
    cr_expect(ll_coordinator_may_quit(rig->core, rig->now_us + LL_COORDINATOR_FOLLOWED_MS * 1000));
    struct ll_result result = rig_result(rig);
    cr_expect(eq(u64, ll_series_total(result.scenarios[0].total, LL_METRIC_ITERATIONS_COMPLETED), 7));
    cr_expect(eq(int, result.scenarios[0].stopped_early, 1));
    expect_sentence(result.scenarios[0].remarks[0], "the coordinator was asked to end during the run");
    ll_result_fini(&result);
}

Test(run, a_coordinator_without_a_run_ends_when_it_is_asked_to) {
    register_agents(1);
    ll_coordinator_end(rig->core, rig->now_us);
    cr_expect(ll_coordinator_may_quit(rig->core, rig->now_us));
}

Test(run, agents_that_do_not_hear_that_the_coordinator_is_to_end_are_not_waited_for) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    ll_coordinator_end(rig->core, rig->now_us);
    rig_wait(rig, LL_RUN_END_LIMIT_MS);
    cr_expect(not(eq(int, state_of("r1"), LL_RUN_STOPPING)));
    cr_expect(ll_coordinator_may_quit(rig->core, rig->now_us + LL_COORDINATOR_END_LIMIT_MS * 1000LL));
}

Test(run, an_agent_that_stopped_its_users_for_our_silence_makes_it_invalid) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    agents[0].error = ll_err_make(LL_UNAVAILABLE, "the coordinator was silent for 60 s: its users were stopped");
    drain(&agents[0], 3);
    struct ll_result result = rig_result(rig);
    cr_expect(eq(int, (int)result.scenarios[0].verdict, LL_VERDICT_INVALID));
    expect_sentence(result.scenarios[0].remarks[0], "agent a: the coordinator was silent for 60 s");
    expect_sentence(result.scenarios[0].nodes[0].error, "its users were stopped");
    cr_expect(not(result.scenarios[0].nodes[0].lost));
    ll_result_fini(&result);
}

Test(run, an_agent_that_skips_a_number_does_not_hang_it) {
    register_agents(1);
    rig_submit(rig, "r1", 1, 1);
    rig_start_all(rig, agents, 1);
    rig_seal(&agents[0], 1, 0, 7, false);
    rig_seal(&agents[0], 3, 2000, 2, false);
    rig_seal(&agents[0], 4, 3000, 1, true);
    agents[0].state = LL_AGENT_DRAINING;
    cr_expect(eq(u64, rig_exchange(rig, &agents[0]).acknowledged, 4));
    cr_assert(eq(int, state_of("r1"), LL_RUN_FINISHED));
    struct ll_result result = rig_result(rig);
    const struct ll_scenario_result *scenario = &result.scenarios[0];
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_ITERATIONS_COMPLETED), 10));
    cr_expect(eq(u64, ll_series_total(scenario->total, LL_METRIC_SNAPSHOTS_LOST), 1));
    cr_expect(eq(int, (int)scenario->verdict, LL_VERDICT_INVALID));
    cr_assert(ge(sz, scenario->remark_count, 1));
    expect_sentence(scenario->remarks[0], "snapshot 2 of agent a is lost");
    ll_result_fini(&result);
}

// A start that an agent hears of when it is over cannot be made up for.
Test(run, the_start_is_commanded_so_far_ahead_that_all_hear_of_it_in_time) {
    const struct {
        uint64_t round_trip_us, lead_ms;
    } cases[] = {{0, LL_RUN_LEAD_MIN_MS}, {1000000, 2000 + 3 * LL_COORDINATOR_QUICK_MS}, {UINT64_MAX, 5000}};
    for (size_t i = 0; i < 3; i++) {
        struct rig *own = rig_new();
        struct rig_agent far = rig_register(own, "far", 1, 0);
        rig_submit(own, "r1", 1, 1);
        rig_obey_prepare(own, &far, LL_AGENT_READY);
        far.round_trip_us = cases[i].round_trip_us;
        struct ll_exchange_reply reply = rig_exchange(own, &far);
        cr_assert(eq(int, reply.directive, LL_DIRECTIVE_START));
        cr_expect(eq(u64, reply.in_us, cases[i].lead_ms * 1000), "case %zu", i);
        cr_expect(eq(i64, reply.now_us, 1700000000000 * 1000 + own->now_us));
        rig_agent_fini(&far);
        rig_free(&own);
    }
}

Test(run, the_table_of_moves) {
    const char *allowed[LL_RUN_STATES] = {"16", "26", "36", "456", "56", "", ""};
    for (int from = 0; from < LL_RUN_STATES; from++)
        for (int to = 0; to < LL_RUN_STATES; to++)
            cr_expect(eq(int, ll_run_may_move((enum ll_run_state)from, (enum ll_run_state)to),
                         strchr(allowed[from], '0' + to) != NULL),
                      "from %d to %d", from, to);
}
