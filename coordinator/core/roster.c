#include "coordinator/core/roster.h"

#include "libcommon/base/alloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct ll_roster ll_roster_make(size_t max) {
    return (struct ll_roster){.max = max};
}

void ll_roster_fini(struct ll_roster *roster) {
    while (roster->agents) ll_roster_remove(roster, roster->agents);
}

static bool is_name_taken(const struct ll_roster *roster, const char *name) {
    struct ll_roster_agent *agent;
    HASH_FIND(by_name, roster->names, name, strlen(name), agent);
    return agent != NULL;
}

static void add(struct ll_roster *roster, struct ll_roster_agent *agent) {
    HASH_ADD(by_id, roster->agents, id, sizeof agent->id, agent);
    HASH_ADD(by_instance, roster->instances, instance, sizeof agent->instance, agent);
    HASH_ADD_KEYPTR(by_name, roster->names, agent->name, strlen(agent->name), agent);
    DL_APPEND2(roster->silent, agent, heard_before, heard_after);
    roster->count++;
}

// `wanted`, or "wanted-2", "wanted-3", … : names stand in reports, so each must mean one agent.
static void unique_name(const struct ll_roster *roster, const char *wanted, char out[LL_AGENT_NAME_MAX]) {
    char clean[LL_AGENT_NAME_MAX];
    snprintf(clean, sizeof clean, "%s", wanted[0] ? wanted : "agent");
    for (char *c = clean; *c; c++)
        if (iscntrl((unsigned char)*c)) *c = '_';
    snprintf(out, LL_AGENT_NAME_MAX, "%s", clean);
    for (unsigned n = 2; is_name_taken(roster, out); n++) {
        char suffix[16];
        int len = snprintf(suffix, sizeof suffix, "-%u", n);
        snprintf(out, LL_AGENT_NAME_MAX, "%.*s%s", LL_AGENT_NAME_MAX - 1 - len, clean, suffix);
    }
}

static struct ll_roster_agent *find_instance(const struct ll_roster *roster, uint64_t instance) {
    struct ll_roster_agent *agent = NULL; // a caller that says nothing of itself is nobody we know
    if (instance != 0) HASH_FIND(by_instance, roster->instances, &instance, sizeof instance, agent);
    return agent;
}

ll_err ll_roster_register(struct ll_roster *roster, int64_t now_us, uint64_t epoch,
                          const struct ll_register_request *request, struct ll_roster_agent **out_agent) {
    struct ll_roster_agent *agent = find_instance(roster, request->instance);
    if (!agent) {
        if (roster->count == roster->max)
            return ll_err_make(LL_RESOURCE_EXHAUSTED,
                               "the cluster is full: %zu agents are registered, which is its limit; "
                               "start liveload-coordinator with a larger --max-agents",
                               roster->count);
        agent = ll_alloc(1, sizeof *agent);
        *agent = (struct ll_roster_agent){
            .id = ++roster->last_id,
            .epoch = epoch,
            .instance = request->instance,
            .max_users = request->max_users,
            .coverage = request->coverage,
            .registered_us = now_us,
        };
        snprintf(agent->browser, sizeof agent->browser, "%s", request->browser);
        unique_name(roster, request->name, agent->name);
        add(roster, agent);
    }
    ll_roster_heard(roster, now_us, agent);
    *out_agent = agent;
    return LL_SUCCESS;
}

ll_err ll_roster_find(struct ll_roster *roster, uint32_t id, uint64_t epoch, struct ll_roster_agent **out_agent) {
    HASH_FIND(by_id, roster->agents, &id, sizeof id, *out_agent);
    if (*out_agent && (*out_agent)->epoch == epoch) return LL_SUCCESS;
    return ll_err_make(LL_NOT_FOUND,
                       "agent %u is not registered here: it was silent for too long, has left, or the coordinator "
                       "was restarted; register again",
                       id);
}

void ll_roster_remove(struct ll_roster *roster, struct ll_roster_agent *agent) {
    HASH_DELETE(by_id, roster->agents, agent);
    HASH_DELETE(by_instance, roster->instances, agent);
    HASH_DELETE(by_name, roster->names, agent);
    DL_DELETE2(roster->silent, agent, heard_before, heard_after);
    free(agent);
    roster->count--;
}

const struct ll_roster_agent *ll_roster_next(const struct ll_roster_agent *agent) {
    return agent->by_id.next;
}

void ll_roster_heard(struct ll_roster *roster, int64_t now_us, struct ll_roster_agent *agent) {
    agent->heard_us = now_us;
    DL_DELETE2(roster->silent, agent, heard_before, heard_after);
    DL_APPEND2(roster->silent, agent, heard_before, heard_after);
}

void ll_roster_heard_all(struct ll_roster *roster, int64_t now_us) {
    for (struct ll_roster_agent *agent = roster->agents; agent; agent = agent->by_id.next) agent->heard_us = now_us;
}

bool ll_roster_restore(struct ll_roster *roster, const struct ll_roster_agent *agent) {
    if (roster->count == roster->max) return false;
    add(roster, ll_memdup(agent, sizeof *agent));
    if (agent->id > roster->last_id) roster->last_id = agent->id;
    return true;
}

struct ll_roster_agent *ll_roster_longest_silent(const struct ll_roster *roster) {
    return roster->silent;
}
