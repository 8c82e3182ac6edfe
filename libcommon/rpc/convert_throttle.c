#include "libcommon/rpc/convert_throttle.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"

#include <stdlib.h>
#include <string.h>

_Static_assert((int)LL_THROTTLE_PARALLELISM == (int)LIVELOAD__V1__THROTTLE_KIND__THROTTLE_PARALLELISM,
               "kinds of throttles differ");

// ---- Wants

static Liveload__V1__Throttle *write_throttle(const struct ll_throttle *in, struct ll_wire_arena *arena) {
    Liveload__V1__Throttle *out = ll_wire_alloc(arena, 1, sizeof *out);
    liveload__v1__throttle__init(out);
    out->name = (char *)(uintptr_t)in->name; // packing does not write
    out->kind = (Liveload__V1__ThrottleKind)in->kind;
    out->from_per_s = in->from_per_s;
    out->to_per_s = in->to_per_s;
    out->ramp_ms = in->ramp_ms;
    out->gap_ms = in->gap_ms;
    out->limit = in->limit;
    return out;
}

Liveload__V1__ThrottleWants *ll_pb_write_throttle_wants(const struct ll_throttle_wants *in,
                                                        struct ll_wire_arena *arena) {
    Liveload__V1__ThrottleWants *out = ll_wire_alloc(arena, 1, sizeof *out);
    liveload__v1__throttle_wants__init(out);
    out->round = in->round;
    out->n_throttles = in->throttle_count;
    out->throttles = ll_wire_alloc(arena, in->throttle_count, sizeof *out->throttles);
    for (size_t i = 0; i < in->throttle_count; i++) out->throttles[i] = write_throttle(&in->throttles[i], arena);
    out->n_tickets = out->n_of = out->n_held = in->count;
    out->tickets = ll_wire_alloc(arena, in->count, sizeof *out->tickets);
    out->of = ll_wire_alloc(arena, in->count, sizeof *out->of);
    out->held = ll_wire_alloc(arena, in->count, sizeof *out->held);
    for (size_t i = 0; i < in->count; i++) {
        out->tickets[i] = in->items[i].ticket;
        out->of[i] = in->items[i].throttle;
        out->held[i] = in->items[i].is_held;
    }
    return out;
}

static ll_err read_throttle(const Liveload__V1__Throttle *in, struct ll_throttle *out) {
    if (strlen(in->name) > LL_NAME_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "a throttle's name is longer than %d bytes", LL_NAME_MAX);
    ll_text_clean(in->name, out->name, sizeof out->name);
    out->kind = (enum ll_throttle_kind)in->kind;
    out->from_per_s = in->from_per_s;
    out->to_per_s = in->to_per_s;
    out->ramp_ms = in->ramp_ms;
    out->gap_ms = in->gap_ms;
    out->limit = in->limit;
    return ll_throttle_validate(out);
}

static ll_err check_counts(const Liveload__V1__ThrottleWants *in) {
    if (in->n_throttles > LL_THROTTLES_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "%zu throttles are more than the %d of any scenario", in->n_throttles,
                           LL_THROTTLES_MAX);
    if (in->n_tickets > LL_THROTTLE_WANTS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "%zu users at throttles are more than the %d that can be",
                           in->n_tickets, LL_THROTTLE_WANTS_MAX);
    if (in->n_of != in->n_tickets || in->n_held != in->n_tickets)
        return ll_err_make(LL_INVALID_ARGUMENT, "the lists of users at throttles differ in length");
    return LL_SUCCESS;
}

static ll_err read_wants(const Liveload__V1__ThrottleWants *in, struct ll_throttle_wants *out) {
    for (size_t i = 0; i < in->n_throttles; i++) LL_TRY(read_throttle(in->throttles[i], &out->throttles[i]));
    for (size_t i = 0; i < in->n_tickets; i++) {
        if (in->tickets[i] <= (i ? in->tickets[i - 1] : 0))
            return ll_err_make(LL_INVALID_ARGUMENT, "tickets at throttles do not ascend");
        if (in->of[i] >= in->n_throttles)
            return ll_err_make(LL_INVALID_ARGUMENT, "a ticket is for throttle %u, of %zu", in->of[i], in->n_throttles);
        out->items[i] =
            (struct ll_throttle_want){.ticket = in->tickets[i], .throttle = in->of[i], .is_held = in->held[i]};
    }
    return LL_SUCCESS;
}

ll_err ll_pb_read_throttle_wants(const Liveload__V1__ThrottleWants *in, struct ll_throttle_wants *out) {
    if (!in) return LL_SUCCESS;
    LL_TRY(check_counts(in));
    *out = (struct ll_throttle_wants){.round = in->round, .throttle_count = in->n_throttles, .count = in->n_tickets};
    if (in->n_throttles) out->throttles = ll_alloc(in->n_throttles, sizeof *out->throttles);
    if (in->n_tickets) out->items = ll_alloc(in->n_tickets, sizeof *out->items);
    ll_err err = read_wants(in, out);
    if (err.status == LL_OK) return err;
    free(out->throttles);
    free(out->items);
    *out = (struct ll_throttle_wants){.round = 0};
    return err;
}

// ---- Grants

Liveload__V1__ThrottleGrants *ll_pb_write_throttle_grants(const struct ll_throttle_grants *in,
                                                          struct ll_wire_arena *arena) {
    Liveload__V1__ThrottleGrants *out = ll_wire_alloc(arena, 1, sizeof *out);
    liveload__v1__throttle_grants__init(out);
    out->n_tickets = out->n_in_us = in->count;
    out->tickets = ll_wire_alloc(arena, in->count, sizeof *out->tickets);
    out->in_us = ll_wire_alloc(arena, in->count, sizeof *out->in_us);
    for (size_t i = 0; i < in->count; i++) {
        out->tickets[i] = in->items[i].ticket;
        out->in_us[i] = in->items[i].in_us;
    }
    return out;
}

// Lists of different lengths are a peer's mistake: what is complete is taken. No moment is far away.
void ll_pb_read_throttle_grants(const Liveload__V1__ThrottleGrants *in, struct ll_throttle_grants *out) {
    static const uint64_t far_us = 60 * 1000 * 1000;
    if (!in) return;
    out->count = in->n_tickets < in->n_in_us ? in->n_tickets : in->n_in_us;
    out->items = out->count ? ll_alloc(out->count, sizeof *out->items) : NULL;
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = (struct ll_throttle_grant){.ticket = in->tickets[i],
                                                   .in_us = in->in_us[i] < far_us ? in->in_us[i] : far_us};
}
