// What an agent says of its users at barriers, and what it makes of the answers.
#include "agent/core/gate.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static struct ll_gate *gate;
static int wants;
static char answered[200];
static int anna, ben, carl; // waiters

static void on_wants(void *owner) {
    (void)owner;
    wants++;
}

static void on_answer(void *owner, void *waiter, bool is_released, uint32_t others) {
    (void)owner;
    size_t len = strlen(answered);
    snprintf(answered + len, sizeof answered - len, "%s%s%u ",
             waiter == &anna  ? "anna"
             : waiter == &ben ? "ben"
                              : "carl",
             is_released ? "+" : "-", others);
    if (waiter == &carl) ll_gate_enter(gate, &carl, "again", 2); // its script goes on at once
}

static void make(void) {
    gate = ll_gate_new((struct ll_gate_host){.on_wants = on_wants, .on_answer = on_answer});
    wants = 0;
    answered[0] = '\0';
}

static void drop(void) {
    ll_gate_free(&gate);
}

TestSuite(gate, .init = make, .fini = drop);

static struct ll_barrier_waits describe(void) {
    struct ll_barrier_waits waits;
    ll_gate_describe(gate, false, &waits);
    return waits;
}

Test(gate, whoever_waits_is_listed_until_answered) {
    ll_gate_enter(gate, &anna, "pair", 2);
    ll_gate_enter(gate, &carl, "all", 9);
    cr_expect(eq(int, wants, 2));
    struct ll_barrier_waits first = describe();
    cr_assert(eq(sz, first.count, 2));
    cr_expect(eq(str, (char *)first.items[1].name, "all"));
    cr_expect(eq(u32, first.items[1].count, 9));
    uint64_t ticket = first.items[0].ticket, round = first.round;
    cr_expect(lt(u64, ticket, first.items[1].ticket));
    cr_expect(lt(u64, round, describe().round));
    struct ll_barrier_answer items[] = {{.ticket = ticket, .is_released = true}, {.ticket = 99, .is_released = true}};
    cr_expect(not(ll_gate_hear(gate, &(struct ll_barrier_answers){.items = items, .count = 2})));
    cr_expect(eq(str, answered, "anna+0 "));
    ll_gate_hear(gate, &(struct ll_barrier_answers){.items = items, .count = 2}); // the same again
    cr_expect(eq(str, answered, "anna+0 "));
    cr_expect(eq(sz, describe().count, 1));
}

Test(gate, one_that_leaves_waits_for_the_answer_and_may_be_released_yet) {
    ll_gate_enter(gate, &anna, "pair", 2);
    ll_gate_enter(gate, &ben, "pair", 2);
    struct ll_barrier_waits waits = describe();
    struct ll_barrier_answer items[] = {{.ticket = waits.items[0].ticket, .others = 1},
                                        {.ticket = waits.items[1].ticket, .is_released = true}};
    ll_gate_hear(gate, &(struct ll_barrier_answers){.items = items, .count = 1});
    cr_expect(eq(str, answered, "")); // it did not ask to leave
    ll_gate_withdraw(gate, &anna);
    ll_gate_withdraw(gate, &ben);
    cr_expect(eq(sz, ll_gate_count(gate), 0));
    cr_expect(describe().items[1].is_leaving);
    ll_gate_hear(gate, &(struct ll_barrier_answers){.items = items, .count = 2});
    cr_expect(eq(str, answered, "anna-1 ben+0 "));
}

Test(gate, one_that_is_gone_is_not_answered) {
    ll_gate_enter(gate, &anna, "pair", 2);
    struct ll_barrier_answer item = {.ticket = describe().items[0].ticket, .is_released = true};
    ll_gate_drop(gate, &anna);
    ll_gate_drop(gate, &ben); // never came
    ll_gate_hear(gate, &(struct ll_barrier_answers){.items = &item, .count = 1});
    cr_expect(eq(str, answered, ""));
    cr_expect(eq(sz, describe().count, 0));
}

Test(gate, a_released_user_may_come_again_while_others_are_answered) {
    ll_gate_enter(gate, &carl, "pair", 2);
    ll_gate_enter(gate, &anna, "pair", 2);
    struct ll_barrier_waits waits = describe();
    struct ll_barrier_answer items[] = {{.ticket = waits.items[0].ticket, .is_released = true},
                                        {.ticket = waits.items[1].ticket, .is_released = true}};
    ll_gate_hear(gate, &(struct ll_barrier_answers){.items = items, .count = 2});
    cr_expect(eq(str, answered, "carl+0 anna+0 "));
    cr_expect(eq(str, (char *)describe().items[0].name, "again"));
    cr_expect(ll_gate_hear(gate, &(struct ll_barrier_answers){.nobody_comes = true}));
}

static size_t answer_count;

static void count_answer(void *owner, void *waiter, bool is_released, uint32_t others) {
    (void)owner, (void)waiter, (void)is_released, (void)others;
    answer_count++;
}

// As many as a run has users, answered from the last to the first. It does not end within its limit when something is
// looked for in a list.
Test(gate, all_users_of_the_largest_run, .timeout = 60) {
    struct ll_gate *large = ll_gate_new((struct ll_gate_host){.on_wants = on_wants, .on_answer = count_answer});
    static char users[LL_BARRIER_WAITS_MAX];
    static struct ll_barrier_answer items[LL_BARRIER_WAITS_MAX];
    for (size_t i = 0; i < LL_BARRIER_WAITS_MAX; i++) ll_gate_enter(large, &users[i], "all", 2);
    struct ll_barrier_waits waits;
    ll_gate_describe(large, false, &waits);
    cr_assert(eq(sz, waits.count, LL_BARRIER_WAITS_MAX));
    for (size_t i = 1; i < waits.count; i++) cr_assert(gt(u64, waits.items[i].ticket, waits.items[i - 1].ticket));
    for (size_t i = 0; i < LL_BARRIER_WAITS_MAX; i++)
        items[i] = (struct ll_barrier_answer){.ticket = waits.items[waits.count - 1 - i].ticket, .is_released = true};
    for (size_t i = 0; i < 1000; i++) ll_gate_drop(large, &users[i * 100]);
    ll_gate_hear(large, &(struct ll_barrier_answers){.items = items, .count = LL_BARRIER_WAITS_MAX});
    cr_expect(eq(sz, answer_count, LL_BARRIER_WAITS_MAX - 1000));
    cr_expect(eq(sz, ll_gate_count(large), 0));
    ll_gate_free(&large);
}
