// The list of runs, to and from protobuf.
#include "libcommon/base/text.h"
#include "libcommon/rpc/convert.h"

#include <stdint.h>
#include <string.h>

void ll_pb_write_list_runs_request(const struct ll_empty *in, struct ll_wire_arena *arena,
                                   Liveload__V1__ListRunsRequest *out) {
    (void)in, (void)arena, (void)out;
}

ll_err ll_pb_read_list_runs_request(const Liveload__V1__ListRunsRequest *in, struct ll_empty *out) {
    (void)in, (void)out;
    return LL_SUCCESS;
}

static Liveload__V1__RunSummary *write_summary(const struct ll_run_summary *in, struct ll_wire_arena *arena) {
    Liveload__V1__RunSummary *out = ll_wire_alloc(arena, 1, sizeof *out);
    liveload__v1__run_summary__init(out);
    out->run_id = (char *)(uintptr_t)in->run_id; // protobuf-c has no const texts; packing does not write
    out->scenario = (char *)(uintptr_t)in->scenario;
    out->status = ll_wire_alloc(arena, 1, sizeof *out->status);
    liveload__v1__status_reply__init(out->status);
    ll_pb_write_status_reply(&in->status, arena, out->status);
    return out;
}

void ll_pb_write_list_runs_reply(const struct ll_runs_reply *in, struct ll_wire_arena *arena,
                                 Liveload__V1__ListRunsReply *out) {
    out->agents_registered = in->agents_registered;
    out->n_runs = in->count;
    out->runs = ll_wire_alloc(arena, in->count, sizeof *out->runs);
    for (size_t i = 0; i < in->count; i++) out->runs[i] = write_summary(&in->runs[i], arena);
}

static ll_err read_summary(const Liveload__V1__RunSummary *in, struct ll_run_summary *out) {
    if (strlen(in->run_id) > LL_TOKEN_CHARS)
        return ll_err_make(LL_INVALID_ARGUMENT, "run_id is longer than %d characters", LL_TOKEN_CHARS);
    if (!in->status) return ll_err_make(LL_INVALID_ARGUMENT, "a run is listed without its status");
    ll_text_clean(in->run_id, out->run_id, sizeof out->run_id);
    ll_text_clean(in->scenario, out->scenario, sizeof out->scenario);
    return ll_pb_read_status_reply(in->status, &out->status);
}

ll_err ll_pb_read_list_runs_reply(const Liveload__V1__ListRunsReply *in, struct ll_runs_reply *out) {
    if (in->n_runs > LL_RUNS_LISTED_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "%zu runs are listed; %d is the limit", in->n_runs, LL_RUNS_LISTED_MAX);
    out->agents_registered = in->agents_registered;
    out->count = in->n_runs;
    for (size_t i = 0; i < in->n_runs; i++) LL_TRY(read_summary(in->runs[i], &out->runs[i]));
    return LL_SUCCESS;
}
