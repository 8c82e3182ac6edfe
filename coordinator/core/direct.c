// What the agent of a part is told to do, by the state of the run and by its own.
#include "coordinator/core/run.h"

#include <string.h>

static enum ll_directive wanted_while_preparing(const struct ll_run *run, const struct ll_exchange_request *request) {
    if (request->run_id[0] == '\0') return LL_DIRECTIVE_PREPARE;
    return strcmp(request->run_id, run->id) == 0 ? LL_DIRECTIVE_CONTINUE : LL_DIRECTIVE_IDLE;
}

static enum ll_directive wanted_once_started(const struct ll_run *run, const struct ll_exchange_request *request) {
    switch (request->state) {
    case LL_AGENT_READY:
        return LL_DIRECTIVE_START;
    case LL_AGENT_RUNNING:
        return run->state == LL_RUN_STOPPING ? LL_DIRECTIVE_STOP : LL_DIRECTIVE_CONTINUE;
    case LL_AGENT_IDLE:
    case LL_AGENT_PREPARING:
    case LL_AGENT_DRAINING:
    case LL_AGENT_FAILED:
        break;
    }
    return LL_DIRECTIVE_CONTINUE;
}

static enum ll_directive wanted(const struct ll_run *run, const struct ll_part *part,
                                const struct ll_exchange_request *request) {
    if (part->state != LL_PART_ACTIVE) return LL_DIRECTIVE_IDLE;
    switch (run->state) {
    case LL_RUN_PREPARING:
        return wanted_while_preparing(run, request);
    case LL_RUN_STARTING:
    case LL_RUN_RUNNING:
    case LL_RUN_STOPPING:
        return wanted_once_started(run, request);
    case LL_RUN_WAITING:
    case LL_RUN_FINISHED:
    case LL_RUN_FAILED:
        break;
    }
    return LL_DIRECTIVE_IDLE;
}

static void fill_assignment(const struct ll_run *run, const struct ll_part *part, struct ll_assignment *out) {
    memcpy(out->run_id, run->id, sizeof out->run_id);
    memcpy(out->bundle_hash, run->bundle_hash, sizeof out->bundle_hash);
    out->bundle_bytes = run->bundle_bytes;
    out->spec = ll_spec_copy(&run->spec);
    out->first_user = part->share.first_user;
    out->stride = part->share.stride;
    out->users = part->share.users;
    out->iterations = part->share.iterations;
    out->bucket_width_ms = run->bucket_width_ms;
    out->secrets = ll_secrets_copy(&run->secrets);
}

static uint64_t until_us(int64_t at_us, int64_t now_us) {
    return at_us > now_us ? (uint64_t)(at_us - now_us) : 0;
}

void ll_run_direct(const struct ll_run *run, int64_t now_us, const struct ll_part *part,
                   const struct ll_exchange_request *request, struct ll_exchange_reply *out_reply) {
    out_reply->directive = wanted(run, part, request);
    if (out_reply->directive == LL_DIRECTIVE_PREPARE) fill_assignment(run, part, &out_reply->assignment);
    if (out_reply->directive == LL_DIRECTIVE_START) out_reply->in_us = until_us(run->start_us, now_us);
    out_reply->at_once = out_reply->directive == LL_DIRECTIVE_STOP && run->ends_at_once;
    if (run->barriers)
        ll_barriers_answer(run->barriers, ll_run_index(run, part), &request->barriers, &out_reply->barriers);
    if (run->throttles)
        ll_throttles_answer(run->throttles, ll_run_index(run, part), now_us - run->start_us, &request->throttles,
                            &out_reply->throttles);
}
