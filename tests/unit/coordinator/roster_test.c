#include "coordinator/core/roster.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static struct ll_roster roster;
static uint64_t last_epoch = 100;

static void make(void) {
    roster = ll_roster_make(3);
}

static void drop(void) {
    ll_roster_fini(&roster);
}

TestSuite(roster, .init = make, .fini = drop);

static struct ll_roster_agent *enter(const char *name, uint64_t instance) {
    struct ll_register_request request = {.instance = instance};
    snprintf(request.name, sizeof request.name, "%s", name);
    struct ll_roster_agent *agent;
    ll_err err = ll_roster_register(&roster, 1000, ++last_epoch, &request, &agent);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return agent;
}

Test(roster, agents_get_ids_epochs_and_names_of_their_own) {
    struct ll_roster_agent first = *enter("web", 1), second = *enter("web", 2), third = *enter("web", 3);
    cr_expect(eq(str, first.name, "web"));
    cr_expect(eq(str, second.name, "web-2"));
    cr_expect(eq(str, third.name, "web-3"));
    cr_expect(ne(u32, first.id, second.id));
    cr_expect(eq(u64, first.epoch, 101));
    cr_expect(eq(u64, third.epoch, 103));
}

Test(roster, long_and_odd_names_become_usable) {
    char name[LL_AGENT_NAME_MAX];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_expect(eq(ulong, strlen(enter(name, 1)->name), LL_AGENT_NAME_MAX - 1ul));
    const struct ll_roster_agent *second = enter(name, 2);
    cr_expect(eq(ulong, strlen(second->name), LL_AGENT_NAME_MAX - 1ul));
    cr_expect(eq(str, (char *)second->name + LL_AGENT_NAME_MAX - 3, "-2"));
    cr_expect(eq(str, enter("\n\t", 3)->name, "__"));
}

Test(roster, the_same_instance_is_the_same_agent) {
    struct ll_roster_agent first = *enter("web", 9);
    struct ll_roster_agent again = *enter("web", 9);
    cr_expect(eq(u32, again.id, first.id));
    cr_expect(eq(u64, again.epoch, first.epoch));
    cr_expect(eq(sz, roster.count, 1));
}

Test(roster, one_that_comes_back_has_a_new_epoch) {
    struct ll_roster_agent first = *enter("web", 9);
    struct ll_roster_agent *found;
    cr_assert(eq(int, ll_roster_find(&roster, first.id, first.epoch, &found).status, LL_OK));
    ll_roster_remove(&roster, found);
    cr_expect(eq(int, ll_roster_find(&roster, first.id, first.epoch, &found).status, LL_NOT_FOUND));
    struct ll_roster_agent again = *enter("web", 9);
    cr_expect(ne(u32, again.id, first.id));
    cr_expect(ne(u64, again.epoch, first.epoch));
}

Test(roster, a_full_cluster_says_what_to_do) {
    enter("a", 1);
    enter("b", 2);
    enter("c", 3);
    struct ll_register_request request = {.instance = 4};
    struct ll_roster_agent *agent;
    ll_err err = ll_roster_register(&roster, 0, ++last_epoch, &request, &agent);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(strstr(err.text, "--max-agents") != NULL, "%s", err.text);
}

Test(roster, an_old_epoch_is_not_the_agent) {
    struct ll_roster_agent first = *enter("web", 9);
    struct ll_roster_agent *found;
    cr_expect(eq(int, ll_roster_find(&roster, first.id, first.epoch + 1, &found).status, LL_NOT_FOUND));
}

Test(roster, the_longest_silent_is_found) {
    cr_expect(ll_roster_longest_silent(&roster) == NULL);
    struct ll_roster_agent *first = enter("a", 1);
    enter("b", 2);
    enter("c", 3);
    ll_roster_heard(&roster, 2000, first);
    cr_expect(eq(str, ll_roster_longest_silent(&roster)->name, "b"));
}

Test(roster, a_thousand_agents_of_one_name, .timeout = 60) {
    enum { AGENTS = 1000 };
    struct ll_roster large = ll_roster_make(AGENTS);
    static uint32_t ids[AGENTS];
    struct ll_register_request request = {.name = "web"};
    struct ll_roster_agent *agent;
    for (uint64_t i = 0; i < AGENTS; i++) {
        request.instance = i + 1;
        cr_assert(eq(int, ll_roster_register(&large, (int64_t)i, i, &request, &agent).status, LL_OK));
        ids[i] = agent->id;
    }
    cr_expect(eq(str, agent->name, "web-1000"));
    request.instance = AGENTS + 1;
    cr_expect(eq(int, ll_roster_register(&large, 0, 1, &request, &agent).status, LL_RESOURCE_EXHAUSTED));
    for (uint64_t i = AGENTS; i > 0; i--) { // the last is heard first
        cr_assert(eq(int, ll_roster_find(&large, ids[i - 1], i - 1, &agent).status, LL_OK));
        ll_roster_heard(&large, (int64_t)(2 * AGENTS - i), agent);
    }
    for (uint64_t i = AGENTS; i > 0; i--) {
        cr_assert(eq(u32, ll_roster_longest_silent(&large)->id, ids[i - 1]));
        ll_roster_remove(&large, ll_roster_longest_silent(&large));
    }
    cr_expect(eq(sz, large.count, 0));
    ll_roster_fini(&large);
}
