// What an agent says of its users at throttles, and what it makes of the answers.
#include "agent/core/permits.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_throttle declared[2] = {{.name = "browsing", .kind = LL_THROTTLE_RATE},
                                               {.name = "checkout", .kind = LL_THROTTLE_PARALLELISM}};
static struct ll_permits *permits;
static int wants;
static char permitted[200];
static int anna, carl; // waiters

static void on_wants(void *owner) {
    (void)owner;
    wants++;
}

static void on_permit(void *owner, void *waiter, uint64_t in_us) {
    (void)owner;
    size_t len = strlen(permitted);
    snprintf(permitted + len, sizeof permitted - len, "%s+%llu ", waiter == &anna ? "anna" : "carl",
             (unsigned long long)in_us);
    if (waiter == &carl) ll_permits_leave(permits, &carl); // its iteration is over at once
}

static void make(void) {
    permits = ll_permits_new((struct ll_permits_host){.on_wants = on_wants, .on_permit = on_permit}, declared, 2);
    wants = 0;
    permitted[0] = '\0';
}

static void drop(void) {
    ll_permits_free(&permits);
}

TestSuite(permits, .init = make, .fini = drop);

static struct ll_throttle_wants describe(void) {
    struct ll_throttle_wants list;
    ll_permits_describe(permits, &list);
    return list;
}

static void hear(uint64_t ticket, uint64_t in_us) {
    struct ll_throttle_grant item = {.ticket = ticket, .in_us = in_us};
    ll_permits_hear(permits, &(struct ll_throttle_grants){.items = &item, .count = 1});
}

Test(permits, whoever_waits_is_listed_until_permitted) {
    ll_permits_want(permits, &anna, 0);
    cr_expect(eq(int, wants, 1));
    struct ll_throttle_wants list = describe();
    cr_assert(eq(sz, list.count, 1));
    cr_expect(eq(sz, list.throttle_count, 2));
    uint64_t ticket = list.items[0].ticket, round = list.round;
    cr_expect(lt(u64, round, describe().round));
    hear(99, 5);
    hear(ticket, 300);
    hear(ticket, 200); // told again
    cr_expect(eq(str, permitted, "anna+300 "));
    cr_expect(eq(sz, describe().count, 0));
    cr_expect(ne(u64, describe().round, 0)); // that nobody is listed is news too
    cr_expect(eq(int, wants, 1));
}

Test(permits, one_that_is_held_stays_listed_until_it_is_given_back) {
    ll_permits_want(permits, &anna, 1);
    uint64_t ticket = describe().items[0].ticket;
    hear(ticket, 0);
    hear(ticket, 0);
    cr_expect(eq(str, permitted, "anna+0 "));
    ll_permits_want(permits, &anna, 0); // and wants another
    struct ll_throttle_wants list = describe();
    cr_assert(eq(sz, list.count, 2));
    cr_expect(list.items[0].is_held);
    cr_expect(not(list.items[1].is_held));
    cr_expect(lt(u64, list.items[0].ticket, list.items[1].ticket));
    wants = 0;
    ll_permits_leave(permits, &anna);
    cr_expect(eq(int, wants, 1));
    cr_expect(eq(sz, describe().count, 0));
    ll_permits_leave(permits, &anna);
    cr_expect(eq(int, wants, 1), "there is no news in it");
}

Test(permits, one_of_several_may_be_given_back) {
    ll_permits_want(permits, &anna, 1);
    hear(describe().items[0].ticket, 0);
    ll_permits_want(permits, &anna, 0);
    wants = 0;
    ll_permits_give_back(permits, &carl, 1);
    ll_permits_give_back(permits, &anna, 0); // it waits there, and holds nothing
    cr_expect(eq(int, wants, 0));
    cr_expect(eq(sz, describe().count, 2));
    ll_permits_give_back(permits, &anna, 1);
    cr_expect(eq(int, wants, 1));
    cr_assert(eq(sz, describe().count, 1));
    cr_expect(eq(u32, describe().items[0].throttle, 0));
}

Test(permits, others_may_leave_while_permits_are_heard) {
    ll_permits_want(permits, &carl, 1);
    ll_permits_want(permits, &anna, 1);
    struct ll_throttle_wants list = describe();
    struct ll_throttle_grant items[] = {{.ticket = list.items[0].ticket}, {.ticket = list.items[1].ticket}};
    ll_permits_hear(permits, &(struct ll_throttle_grants){.items = items, .count = 2});
    cr_expect(eq(str, permitted, "carl+0 anna+0 "));
    cr_assert(eq(sz, describe().count, 1));
    cr_expect(describe().items[0].is_held);
}

Test(permits, a_scenario_without_throttles_says_nothing_of_them) {
    struct ll_permits *none = ll_permits_new((struct ll_permits_host){.on_wants = on_wants}, NULL, 0);
    struct ll_throttle_wants list;
    ll_permits_describe(none, &list);
    cr_expect(eq(u64, list.round, 0));
    ll_permits_free(&none);
}

static size_t permit_count;

static void count_permit(void *owner, void *waiter, uint64_t in_us) {
    (void)owner, (void)waiter, (void)in_us;
    permit_count++;
}

// As many as a message lists, granted from the last to the first. It does not end within its limit when something is
// looked for in a list.
Test(permits, the_largest_list, .timeout = 60) {
    enum { EACH = 5, USERS = LL_THROTTLE_WANTS_MAX / EACH };
    static const struct ll_throttle throttles[EACH] = {{.kind = LL_THROTTLE_PARALLELISM}, {.kind = LL_THROTTLE_RATE}};
    static char users[USERS];
    struct ll_permits *large =
        ll_permits_new((struct ll_permits_host){.on_wants = on_wants, .on_permit = count_permit}, throttles, EACH);
    for (size_t i = 0; i < LL_THROTTLE_WANTS_MAX; i++) ll_permits_want(large, &users[i % USERS], (uint32_t)(i % 2));
    struct ll_throttle_wants list;
    ll_permits_describe(large, &list);
    cr_assert(eq(sz, list.count, LL_THROTTLE_WANTS_MAX));
    struct ll_throttle_grant *items = calloc(list.count, sizeof *items);
    for (size_t i = 0; i < list.count; i++) items[i].ticket = list.items[list.count - 1 - i].ticket;
    ll_permits_hear(large, &(struct ll_throttle_grants){.items = items, .count = list.count});
    cr_expect(eq(sz, permit_count, LL_THROTTLE_WANTS_MAX));
    ll_permits_describe(large, &list);
    cr_expect(eq(sz, list.count, LL_THROTTLE_WANTS_MAX / 2)); // held
    for (size_t i = 0; i < USERS; i++) ll_permits_leave(large, &users[i]);
    ll_permits_describe(large, &list);
    cr_expect(eq(sz, list.count, 0));
    free(items);
    ll_permits_free(&large);
}
