// Who may pass a throttle and when, whatever becomes of the messages that tell of it.
#include "coordinator/core/throttle.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PARTS = 3, WANTS_MAX = 64 };

static const int64_t ms = 1000, second = 1000000;

static struct ll_throttles *throttles;
static char noted[400]; // "browsing@1000 " for each throttle that told of permits, in ms
static struct ll_throttle declared[2];
static struct ll_throttle_want items[PARTS][WANTS_MAX];
static struct ll_throttle_wants lists[PARTS];

static void on_permitted(void *arg, const char *name, int64_t at_us) {
    (void)arg;
    size_t len = strlen(noted);
    snprintf(noted + len, sizeof noted - len, "%s@%lld ", name, (long long)(at_us / ms));
}

static void make(void) {
    throttles = ll_throttles_new(PARTS);
    noted[0] = '\0';
    for (size_t i = 0; i < PARTS; i++)
        lists[i] = (struct ll_throttle_wants){.throttles = declared, .throttle_count = 2, .items = items[i]};
    declared[0] = (struct ll_throttle){.name = "browsing", .kind = LL_THROTTLE_RATE, .from_per_s = 10, .to_per_s = 10};
    declared[1] = (struct ll_throttle){.name = "checkout", .kind = LL_THROTTLE_PARALLELISM, .limit = 2};
}

static void drop(void) {
    ll_throttles_free(&throttles);
}

TestSuite(throttle, .init = make, .fini = drop);

static void want(size_t part, uint64_t ticket, uint32_t throttle) {
    items[part][lists[part].count++] = (struct ll_throttle_want){.ticket = ticket, .throttle = throttle};
}

static void want_many(size_t part, uint64_t count) {
    for (uint64_t ticket = 1; ticket <= count; ticket++) want(part, ticket, 0);
}

static void unlist(size_t part, uint64_t ticket) {
    size_t kept = 0;
    for (size_t i = 0; i < lists[part].count; i++)
        if (items[part][i].ticket != ticket) items[part][kept++] = items[part][i];
    lists[part].count = kept;
}

static void hold(size_t part, uint64_t ticket) {
    for (size_t i = 0; i < lists[part].count; i++)
        if (items[part][i].ticket == ticket) items[part][i].is_held = true;
}

// What the part is answered, without its list being heard: "1@0 2@100" for tickets 1 and 2, valid in 0 and 100 ms.
static const char *answer(size_t part, int64_t t_us) {
    static char text[400];
    struct ll_throttle_grants grants = {.items = NULL};
    ll_throttles_answer(throttles, part, t_us, &lists[part], &grants);
    size_t len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < grants.count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%llu@%llu", i ? " " : "",
                                (unsigned long long)grants.items[i].ticket,
                                (unsigned long long)grants.items[i].in_us / 1000);
    free(grants.items);
    return text;
}

// The part's list is heard and answered.
static const char *exchange(size_t part, int64_t t_us) {
    lists[part].round++;
    ll_throttles_hear(throttles, part, t_us, &lists[part], on_permitted, NULL);
    return answer(part, t_us);
}

#define expect_exchange(part, t_us, text) cr_expect(eq(str, (char *)exchange(part, t_us), (char *)(text)))

Test(throttle, a_rate_is_spaced_evenly_and_permits_are_given_a_little_ahead) {
    want_many(0, 5);
    expect_exchange(0, second, "1@0 2@100 3@200");
    cr_expect(eq(str, noted, "browsing@1200 "));
    expect_exchange(0, second + 20 * ms, "1@0 2@80 3@180"); // until they are listed no more
    cr_expect(eq(str, noted, "browsing@1200 "));
    unlist(0, 1);
    unlist(0, 2);
    unlist(0, 3);
    cr_expect(ll_throttles_has_waiting(throttles, 0));
    expect_exchange(0, second + 40 * ms, "");
    expect_exchange(0, second + 150 * ms, "4@150 5@250");
    cr_expect(not(ll_throttles_has_waiting(throttles, 0)));
}

Test(throttle, what_was_not_used_is_gone) {
    want(0, 1, 0);
    expect_exchange(0, 0, "1@0");
    unlist(0, 1);
    expect_exchange(0, second, "");
    for (uint64_t ticket = 2; ticket < 6; ticket++) want(0, ticket, 0);
    expect_exchange(0, 10 * second, "2@0 3@100 4@200"); // no burst after ten seconds
}

// Asks again and again until the list is used up: how many permits fell into the times [i, i + 1) s.
static void count_by_second(uint64_t count, int *out, size_t seconds) {
    want_many(0, count);
    for (int64_t t_us = 0; lists[0].count > 0; t_us += 25 * ms) {
        lists[0].round++;
        ll_throttles_hear(throttles, 0, t_us, &lists[0], on_permitted, NULL);
        struct ll_throttle_grants grants = {.items = NULL};
        ll_throttles_answer(throttles, 0, t_us, &lists[0], &grants);
        for (size_t i = 0; i < grants.count; i++) {
            size_t at = (size_t)((t_us + (int64_t)grants.items[i].in_us) / second);
            if (at < seconds) out[at]++;
            unlist(0, grants.items[i].ticket);
        }
        free(grants.items);
    }
}

Test(throttle, a_ramp_goes_from_the_first_rate_to_the_last) {
    int counts[4] = {0};
    declared[0] = (struct ll_throttle){
        .name = "ramp", .kind = LL_THROTTLE_RATE, .from_per_s = 2, .to_per_s = 14, .ramp_ms = 2000};
    count_by_second(50, counts, 4); // 2 to 8, 8 to 14, then 14: 5, 11, 14 and one at the very beginning
    cr_expect(counts[0] == 5 || counts[0] == 6, "%d", counts[0]);
    cr_expect(counts[1] == 11 || counts[1] == 10, "%d", counts[1]);
    cr_expect(counts[2] == 14, "%d", counts[2]);
    cr_expect(counts[3] == 14, "%d", counts[3]);
}

Test(throttle, a_ramp_may_go_down) {
    int counts[3] = {0};
    declared[0] = (struct ll_throttle){
        .name = "ramp", .kind = LL_THROTTLE_RATE, .from_per_s = 20, .to_per_s = 5, .ramp_ms = 1000};
    count_by_second(24, counts, 3); // 12.5 on the ramp
    cr_expect(counts[0] == 13 || counts[0] == 14, "%d", counts[0]);
    cr_expect(counts[1] == 5 || counts[1] == 4, "%d", counts[1]);
}

Test(throttle, between_two_lies_at_least_the_gap) {
    declared[0] = (struct ll_throttle){.name = "api", .kind = LL_THROTTLE_INTERARRIVAL, .gap_ms = 200};
    want_many(0, 3);
    want(1, 1, 0);
    expect_exchange(0, second, "1@0 2@200");
    expect_exchange(1, second + 100 * ms, "");
    expect_exchange(0, second + 200 * ms, "1@0 2@0 3@200");
    expect_exchange(1, second + 390 * ms, "1@210"); // of the other part, after the three that came before
}

Test(throttle, so_many_hold_permits_at_most) {
    want(0, 1, 1);
    want(0, 2, 1);
    want(0, 3, 1);
    want(1, 1, 1);
    expect_exchange(0, 0, "1@0 2@0");
    expect_exchange(1, 0, "");
    hold(0, 1);
    hold(0, 2);
    expect_exchange(0, second, "");
    unlist(0, 2); // given back: the next in line is served
    expect_exchange(0, second, "3@0");
    hold(0, 3);
    expect_exchange(0, second, "");
    unlist(0, 1);
    expect_exchange(0, second, "");
    expect_exchange(1, second, "1@0");
    cr_expect(eq(str, noted, "")); // who holds them is known from the agents
}

Test(throttle, one_that_does_not_want_any_more_is_passed_over) {
    want(0, 1, 1);
    want(0, 2, 1);
    want(0, 3, 1);
    want(0, 4, 1);
    expect_exchange(0, 0, "1@0 2@0");
    unlist(0, 3);
    unlist(0, 1);
    expect_exchange(0, second, "2@0 4@0");
}

Test(throttle, a_message_that_comes_late_changes_nothing) {
    want(0, 1, 1);
    exchange(0, 0);
    struct ll_throttle_wants late = lists[0];
    struct ll_throttle_want old[WANTS_MAX];
    memcpy(old, items[0], sizeof old);
    late.items = old;
    unlist(0, 1);
    expect_exchange(0, 0, "");
    ll_throttles_hear(throttles, 0, 0, &late, on_permitted, NULL); // it would hold a permit for ever
    want(1, 1, 1);
    want(1, 2, 1);
    expect_exchange(1, 0, "1@0 2@0");
}

Test(throttle, what_a_lost_agent_held_is_free) {
    want(0, 1, 1);
    want(0, 2, 1);
    want(1, 1, 1);
    exchange(0, 0);
    expect_exchange(1, 0, "");
    ll_throttles_leave(throttles, 0);
    expect_exchange(1, 0, "1@0");
    expect_exchange(0, 0, ""); // it comes back: it has no part any more
}

Test(throttle, what_was_heard_first_holds) {
    want(0, 1, 1);
    exchange(0, 0);
    struct ll_throttle others[2] = {declared[0], declared[1]};
    others[1].limit = 9;
    lists[1].throttles = others;
    want(1, 1, 1);
    want(1, 2, 1);
    expect_exchange(1, 0, "1@0");
}

Test(throttle, agents_cannot_name_throttles_without_end) {
    struct ll_throttle many[LL_THROTTLES_MAX];
    ll_err err = LL_SUCCESS;
    struct ll_throttle_wants list = {.throttles = many, .throttle_count = LL_THROTTLES_MAX};
    for (list.round = 1; list.round <= PARTS + 1; list.round++) {
        cr_expect(eq(int, err.status, LL_OK));
        for (size_t i = 0; i < LL_THROTTLES_MAX; i++) {
            many[i] = declared[0];
            snprintf(many[i].name, sizeof many[i].name, "%zu in %d", i, (int)list.round);
        }
        err = ll_throttles_hear(throttles, 0, 0, &list, on_permitted, NULL);
    }
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(eq(str, err.text, "agents name more than 50 throttles each"));
}

Test(throttle, after_a_restart_a_rate_goes_on_from_its_last_permit) {
    ll_throttles_ask_all(throttles);
    ll_throttles_restore(throttles, "browsing", 5 * second);
    ll_throttles_restore(throttles, "browsing", 4 * second);
    want_many(0, 2);
    expect_exchange(0, 5 * second - 100 * ms, "1@200");
    expect_exchange(0, 5 * second, "1@100 2@200");
}

Test(throttle, after_a_restart_all_parts_are_heard_before_permits_are_given_that_are_held) {
    ll_throttles_ask_all(throttles);
    want(0, 1, 1);
    want(0, 2, 1);
    want(1, 7, 1);
    hold(1, 7);
    expect_exchange(0, 0, "");
    expect_exchange(1, 0, "");
    ll_throttles_leave(throttles, 2); // the last one is lost
    expect_exchange(0, 0, "1@0");
}

// As many as a message can list. It does not end within its limit when something is looked for in a list.
Test(throttle, all_tickets_of_the_largest_list, .timeout = 60) {
    struct ll_throttle_want *wants = calloc(LL_THROTTLE_WANTS_MAX, sizeof *wants);
    for (size_t i = 0; i < LL_THROTTLE_WANTS_MAX; i++)
        wants[i] = (struct ll_throttle_want){.ticket = i + 1, .throttle = 1};
    declared[1].limit = LL_THROTTLE_WANTS_MAX / 2;
    struct ll_throttle_wants list = {
        .throttles = declared, .throttle_count = 2, .items = wants, .count = LL_THROTTLE_WANTS_MAX};
    for (list.round = 1; list.round <= 3; list.round++) {
        struct ll_throttle_grants grants = {.items = NULL};
        cr_assert(eq(int, ll_throttles_hear(throttles, 0, 0, &list, on_permitted, NULL).status, LL_OK));
        ll_throttles_answer(throttles, 0, 0, &list, &grants);
        cr_expect(eq(sz, grants.count, LL_THROTTLE_WANTS_MAX / 2), "round %d", (int)list.round);
        free(grants.items);
        if (list.round == 2) { // those that could go on are done
            list.count = LL_THROTTLE_WANTS_MAX / 2;
            list.items = wants + list.count;
        }
    }
    free(wants);
}
