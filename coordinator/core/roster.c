#include "coordinator/core/roster.h"

#include "libcommon/base/alloc.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct ll_roster ll_roster_make(size_t max) {
    return (struct ll_roster){.agents = ll_alloc(max, sizeof(struct ll_roster_agent)), .max = max};
}

void ll_roster_fini(struct ll_roster *roster) {
    free(roster->agents);
    *roster = (struct ll_roster){0};
}

static bool is_name_taken(const struct ll_roster *roster, const char *name) {
    for (size_t i = 0; i < roster->count; i++)
        if (strcmp(roster->agents[i].name, name) == 0) return true;
    return false;
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

static struct ll_roster_agent *find_instance(struct ll_roster *roster, uint64_t instance) {
    if (instance == 0) return NULL; // a caller that says nothing of itself is nobody we know
    for (size_t i = 0; i < roster->count; i++)
        if (roster->agents[i].instance == instance) return &roster->agents[i];
    return NULL;
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
        agent = &roster->agents[roster->count];
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
        roster->count++;
    }
    agent->heard_us = now_us;
    *out_agent = agent;
    return LL_SUCCESS;
}

ll_err ll_roster_find(struct ll_roster *roster, uint32_t id, uint64_t epoch, struct ll_roster_agent **out_agent) {
    for (size_t i = 0; i < roster->count; i++) {
        struct ll_roster_agent *agent = &roster->agents[i];
        if (agent->id != id || agent->epoch != epoch) continue;
        *out_agent = agent;
        return LL_SUCCESS;
    }
    return ll_err_make(LL_NOT_FOUND,
                       "agent %u is not registered here: it was silent for too long, has left, or the coordinator "
                       "was started anew; register again",
                       id);
}

void ll_roster_remove(struct ll_roster *roster, struct ll_roster_agent *agent) {
    size_t index = (size_t)(agent - roster->agents);
    roster->count--;
    memmove(agent, agent + 1, (roster->count - index) * sizeof *agent);
}

bool ll_roster_restore(struct ll_roster *roster, const struct ll_roster_agent *agent) {
    if (roster->count == roster->max) return false;
    roster->agents[roster->count++] = *agent;
    if (agent->id > roster->last_id) roster->last_id = agent->id;
    return true;
}

struct ll_roster_agent *ll_roster_longest_silent(struct ll_roster *roster) {
    struct ll_roster_agent *silent = NULL;
    for (size_t i = 0; i < roster->count; i++)
        if (!silent || roster->agents[i].heard_us < silent->heard_us) silent = &roster->agents[i];
    return silent;
}
