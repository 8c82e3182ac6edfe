// How long a run may take, how far ahead its start is, and how long it waits for whom it lost.
#include "coordinator/core/run.h"

#include "libcommon/base/text.h"

int64_t ll_run_after_ms(int64_t now_us, uint64_t ms) {
    return now_us + (int64_t)ms * 1000;
}

// How long shared iterations can take: users that fail may end, until one user has all that are left; its page is
// opened for each (it waits for its turn, in a fresh context outside the iteration's timeout), every one times out, and
// is followed by the longest back-off. At most the longest run that there is.
static uint64_t longest_iterations_ms(const struct ll_run *run) {
    uint64_t most = 0, round_ms = LL_RUN_PREPARE_LIMIT_MS + run->spec.load.iteration_timeout_ms + 1000;
    for (size_t i = 0; i < run->part_count; i++)
        if (run->parts[i].share.iterations > most) most = run->parts[i].share.iterations;
    return most < LL_DURATION_MAX_MS / round_ms ? (most + 2) * round_ms : LL_DURATION_MAX_MS;
}

uint64_t ll_run_longest_ms(const struct ll_run *run) {
    const struct ll_load *load = &run->spec.load;
    uint64_t planned_ms = load->iterations ? longest_iterations_ms(run) : ll_load_planned_ms(load);
    return planned_ms + load->iteration_timeout_ms + load->graceful_stop_ms + LL_RUN_SLACK_MS;
}

static int64_t planned_end_us(const struct ll_run *run) {
    bool is_known = !run->spec.load.iterations && run->state == LL_RUN_RUNNING;
    return is_known ? ll_run_after_ms(run->start_us, ll_load_planned_ms(&run->spec.load)) : 0;
}

int64_t ll_run_return_limit_us(const struct ll_run *run, int64_t now_us) {
    int64_t least_us = ll_run_after_ms(now_us, LL_RUN_RETURN_MIN_MS),
            most_us = ll_run_after_ms(now_us, LL_RUN_RETURN_MAX_MS);
    int64_t planned_us = planned_end_us(run);
    if (planned_us > most_us) return most_us;
    return planned_us > least_us ? planned_us : least_us;
}

// Every agent hears of the start before it: its next exchange comes within the cadence and takes a round trip, and the
// answer to the one before may still be on its way.
uint64_t ll_run_lead_ms(const struct ll_run *run) {
    uint64_t longest_us = 0, lead_ms = run->quick_ms * 3;
    for (size_t i = 0; i < run->part_count; i++) {
        const struct ll_part *part = &run->parts[i];
        if (part->state == LL_PART_ACTIVE && part->round_trip_us > longest_us) longest_us = part->round_trip_us;
    }
    if (longest_us > LL_RUN_LEAD_MAX_MS * 1000) return LL_RUN_LEAD_MAX_MS;
    lead_ms += 2 * longest_us / 1000;
    if (lead_ms > LL_RUN_LEAD_MAX_MS) return LL_RUN_LEAD_MAX_MS;
    return lead_ms > LL_RUN_LEAD_MIN_MS ? lead_ms : LL_RUN_LEAD_MIN_MS;
}
