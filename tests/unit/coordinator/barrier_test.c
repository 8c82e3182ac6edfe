// Who goes on at a barrier, whatever becomes of the messages that tell of it.
#include "coordinator/core/barrier.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char released[400]; // "0:1 1:1" for each ticket, as PART:TICKET

static void on_released(void *arg, size_t part, uint64_t ticket) {
    (void)arg;
    size_t len = strlen(released);
    snprintf(released + len, sizeof released - len, "%s%zu:%llu", len ? " " : "", part, (unsigned long long)ticket);
}

static struct ll_barriers *barriers;

static void make(void) {
    barriers = ll_barriers_new(3);
    released[0] = '\0';
}

static void drop(void) {
    ll_barriers_free(&barriers);
}

TestSuite(barrier, .init = make, .fini = drop);

// A part's list: at most four tickets from `first` on, that wait at "pair" for two.
static struct ll_barrier_waits list_of(uint64_t round, uint64_t first, size_t count) {
    static struct ll_barrier_wait items[3][8];
    static int next;
    struct ll_barrier_wait *own = items[next++ % 3];
    for (size_t i = 0; i < count; i++)
        own[i] = (struct ll_barrier_wait){.ticket = first + i, .name = "pair", .count = 2};
    return (struct ll_barrier_waits){.round = round, .items = own, .count = count};
}

static void hear(size_t part, const struct ll_barrier_waits *waits) {
    ll_barriers_hear(barriers, part, waits, on_released, NULL);
}

// What is answered: "1+ 2-3" for ticket 1 released, 2 withdrawn while 3 others wait; "!" when nobody comes.
static const char *answer(size_t part, const struct ll_barrier_waits *waits) {
    static char text[200];
    struct ll_barrier_answers answers = {.items = NULL};
    ll_barriers_answer(barriers, part, waits, &answers);
    size_t len = (size_t)snprintf(text, sizeof text, "%s", answers.nobody_comes ? "!" : "");
    for (size_t i = 0; i < answers.count; i++) {
        const struct ll_barrier_answer *at = &answers.items[i];
        len +=
            (size_t)snprintf(text + len, sizeof text - len, "%s%llu", len ? " " : "", (unsigned long long)at->ticket);
        len += at->is_released ? (size_t)snprintf(text + len, sizeof text - len, "+")
                               : (size_t)snprintf(text + len, sizeof text - len, "-%u", at->others);
    }
    free(answers.items);
    return text;
}

#define expect_answer(part, waits, expected) cr_expect(eq(str, (char *)answer(part, waits), (char *)(expected)))

Test(barrier, two_of_different_agents_meet_and_are_told_until_they_have_heard) {
    struct ll_barrier_waits one = list_of(1, 1, 1), other = list_of(1, 1, 1), none = {.round = 2};
    hear(0, &one);
    expect_answer(0, &one, "");
    hear(1, &other);
    cr_expect(eq(str, released, "0:1 1:1"));
    expect_answer(1, &other, "1+");
    for (uint64_t round = 2; round < 4; round++) { // as often as it asks
        one.round = round;
        hear(0, &one);
        expect_answer(0, &one, "1+");
    }
    none.round = 4;
    hear(0, &none);
    cr_expect(not(ll_barriers_has_waiting(barriers, 0)));
    cr_expect(ll_barriers_has_waiting(barriers, 1));
}

Test(barrier, those_that_came_first_go_first_in_whole_groups) {
    struct ll_barrier_waits five = list_of(1, 10, 5);
    hear(0, &five);
    cr_expect(eq(str, released, "0:10 0:11 0:12 0:13"));
    expect_answer(0, &five, "10+ 11+ 12+ 13+");
}

Test(barrier, names_and_counts_keep_groups_apart) {
    struct ll_barrier_wait items[] = {{.ticket = 1, .name = "a", .count = 2},
                                      {.ticket = 2, .name = "b", .count = 2},
                                      {.ticket = 3, .name = "a", .count = 3},
                                      {.ticket = 4, .name = "b", .count = 2}};
    struct ll_barrier_waits waits = {.round = 1, .items = items, .count = 4};
    hear(2, &waits);
    cr_expect(eq(str, released, "2:2 2:4"));
}

Test(barrier, a_late_message_of_an_earlier_round_brings_nobody_back) {
    struct ll_barrier_waits old = list_of(1, 1, 1), none = {.round = 2}, other = list_of(1, 1, 1);
    hear(0, &old);
    hear(0, &none); // it left
    hear(0, &old);  // and this one was on its way all the time
    expect_answer(0, &old, "");
    hear(1, &other);
    cr_expect(eq(str, released, ""));
}

Test(barrier, one_that_leaves_is_withdrawn_or_was_released_before) {
    struct ll_barrier_waits one = list_of(1, 1, 1), other = list_of(1, 1, 1);
    hear(0, &one);
    one.round = 2, one.items[0].is_leaving = true;
    hear(0, &one);
    expect_answer(0, &one, "1-0");
    hear(0, &one); // the answer was lost
    expect_answer(0, &one, "1-0");
    hear(1, &other);
    cr_expect(eq(str, released, ""));
    struct ll_barrier_waits third = list_of(1, 1, 1);
    hear(2, &third);
    cr_expect(eq(str, released, "1:1 2:1"));
    other.round = 2, other.items[0].is_leaving = true; // did not hear of it, and gives up
    hear(1, &other);
    expect_answer(1, &other, "1+");
}

Test(barrier, one_that_leaves_hears_how_many_wait_without_it) {
    struct ll_barrier_wait items[] = {{.ticket = 1, .name = "all", .count = 9},
                                      {.ticket = 2, .name = "all", .count = 9}};
    struct ll_barrier_waits waits = {.round = 1, .items = items, .count = 2};
    hear(0, &waits);
    waits.round = 2, items[0].is_leaving = true;
    hear(0, &waits);
    expect_answer(0, &waits, "1-1");
}

Test(barrier, users_of_an_agent_that_is_lost_wait_no_more) {
    struct ll_barrier_waits one = list_of(1, 1, 1), other = list_of(1, 1, 1);
    hear(0, &one);
    ll_barriers_leave(barriers, 0);
    hear(1, &other);
    cr_expect(eq(str, released, ""));
    one.round = 2;
    hear(0, &one); // a message that was on its way
    cr_expect(eq(str, released, ""));
}

Test(barrier, what_was_released_before_a_restart_stays_released) {
    ll_barriers_restore(barriers, 0, 7);
    ll_barriers_restore(barriers, 0, 3);
    struct ll_barrier_wait items[] = {{.ticket = 3, .name = "pair", .count = 2},
                                      {.ticket = 5, .name = "pair", .count = 2}};
    struct ll_barrier_waits waits = {.round = 9, .items = items, .count = 2};
    hear(0, &waits);
    expect_answer(0, &waits, "3+");
    cr_expect(eq(str, released, ""));
}

Test(barrier, nobody_comes_when_all_that_are_left_wait) {
    struct ll_barrier_waits one = list_of(1, 1, 1), others = {.round = 1}, done = {.round = 2, .nobody_else = true};
    hear(0, &one);
    one.round = 2, one.nobody_else = true;
    hear(0, &one);
    expect_answer(0, &one, "");
    hear(1, &others);
    expect_answer(0, &one, ""); // users of part 1 may come, and part 2 has said nothing
    hear(1, &done);
    ll_barriers_leave(barriers, 2);
    expect_answer(0, &one, "!");
    struct ll_barrier_waits came = list_of(3, 1, 1);
    came.nobody_else = true;
    hear(1, &came);
    expect_answer(0, &one, "1+"); // released, and may come again
}

// ---- As much as a message can say. None of these ends within its limit when something is looked for in a list.

static size_t released_count;

static void count_released(void *arg, size_t part, uint64_t ticket) {
    (void)arg, (void)part, (void)ticket;
    released_count++;
}

// All users of the largest run, each at a barrier of its own, but for what `names` share.
static struct ll_barrier_waits crowd(uint64_t round, uint64_t first_ticket, size_t names, uint32_t count) {
    static struct ll_barrier_wait items_of_crowd[LL_BARRIER_WAITS_MAX];
    static char texts[LL_BARRIER_WAITS_MAX][16];
    for (size_t i = 0; i < LL_BARRIER_WAITS_MAX; i++) {
        snprintf(texts[i], sizeof texts[i], "b%zu", i % names);
        items_of_crowd[i] = (struct ll_barrier_wait){.ticket = first_ticket + i, .name = texts[i], .count = count};
    }
    return (struct ll_barrier_waits){.round = round, .items = items_of_crowd, .count = LL_BARRIER_WAITS_MAX};
}

static size_t answers_to(size_t part, const struct ll_barrier_waits *waits) {
    struct ll_barrier_answers answers = {.items = NULL};
    ll_barriers_answer(barriers, part, waits, &answers);
    free(answers.items);
    return answers.count;
}

Test(barrier, every_user_of_the_largest_run_is_at_a_barrier_of_its_own, .timeout = 60) {
    released_count = 0;
    struct ll_barrier_waits waits = crowd(1, 1, LL_BARRIER_WAITS_MAX, 2);
    ll_barriers_hear(barriers, 0, &waits, count_released, NULL);
    cr_expect(eq(sz, answers_to(0, &waits), 0));
    ll_barriers_hear(barriers, 1, &waits, count_released, NULL); // whom each of them waited for
    cr_expect(eq(sz, released_count, 2 * LL_BARRIER_WAITS_MAX));
    cr_expect(eq(sz, answers_to(0, &waits), LL_BARRIER_WAITS_MAX));
    for (size_t i = 0; i < waits.count; i++) waits.items[i].is_leaving = true;
    waits.round = 2;
    ll_barriers_hear(barriers, 2, &waits, count_released, NULL); // never came
    cr_expect(eq(sz, answers_to(2, &waits), LL_BARRIER_WAITS_MAX));
}

Test(barrier, tickets_may_come_in_any_order_from_list_to_list, .timeout = 60) {
    for (uint64_t round = 1; round <= 8; round++) { // each list is of tickets below those before
        struct ll_barrier_waits waits = crowd(round, (30 - round) * LL_BARRIER_WAITS_MAX, LL_BARRIER_WAITS_MAX, 2);
        hear(0, &waits);
    }
    struct ll_barrier_waits half = crowd(9, 21 * LL_BARRIER_WAITS_MAX + LL_BARRIER_WAITS_MAX / 2, 7, 2);
    released_count = 0;
    ll_barriers_hear(barriers, 0, &half, count_released, NULL);
    cr_expect(eq(sz, answers_to(0, &half), released_count));
}

Test(barrier, all_tickets_of_a_restart_are_told, .timeout = 60) {
    for (uint64_t ticket = LL_BARRIER_WAITS_MAX; ticket > 0; ticket--) {
        ll_barriers_restore(barriers, 0, ticket);
        if (ticket % 2) ll_barriers_restore(barriers, 0, ticket); // twice
    }
    struct ll_barrier_waits waits = crowd(1, 1, 1, 2);
    hear(0, &waits);
    cr_expect(eq(sz, answers_to(0, &waits), LL_BARRIER_WAITS_MAX));
    cr_expect(eq(str, released, ""));
}
