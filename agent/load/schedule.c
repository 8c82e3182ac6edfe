#include "agent/load/schedule.h"

#include <assert.h>
#include <math.h>

enum { US_PER_MS = 1000 };

struct segment { // of the line: from one target to another
    double from, to;
    int64_t begin_us, end_us;
};

static struct segment stage_segment(const struct ll_load *load, size_t index) {
    struct segment segment = {0};
    for (size_t i = 0; i <= index; i++) {
        segment.from = segment.to;
        segment.to = load->stages[i].users;
        segment.begin_us = segment.end_us;
        segment.end_us += (int64_t)load->stages[i].over_ms * US_PER_MS;
    }
    return segment;
}

static double target_within(const struct segment *segment, int64_t t_us) {
    double done = (double)(t_us - segment->begin_us) / (double)(segment->end_us - segment->begin_us);
    return segment->from + (segment->to - segment->from) * done;
}

int64_t ll_schedule_end_us(const struct ll_load *load) {
    if (load->stage_count > 0) return stage_segment(load, load->stage_count - 1).end_us;
    if (load->duration_ms > 0) return (int64_t)load->duration_ms * US_PER_MS;
    return INT64_MAX;
}

bool ll_schedule_is_over(const struct ll_load *load, int64_t t_us) {
    return t_us >= ll_schedule_end_us(load);
}

double ll_schedule_target(const struct ll_load *load, int64_t t_us) {
    if (t_us < 0 || ll_schedule_is_over(load, t_us)) return 0;
    if (load->stage_count == 0) return load->users;
    for (size_t i = 0; i < load->stage_count; i++) {
        struct segment segment = stage_segment(load, i);
        if (t_us < segment.end_us) return target_within(&segment, t_us);
    }
    return 0;
}

static uint32_t active_at_target(const struct ll_share *share, double target) {
    assert(share->stride > 0);
    if (target < share->first) return 0;
    double count = floor((target - share->first) / share->stride) + 1;
    return count < share->users ? (uint32_t)count : share->users;
}

uint32_t ll_schedule_active(const struct ll_load *load, const struct ll_share *share, int64_t t_us) {
    return active_at_target(share, ll_schedule_target(load, t_us));
}

// When the line of `segment` next passes a user's id after `t_us`, which lies on it; the end of the segment when it
// does not. A rising line reaches an id, a falling one leaves it just after having been equal to it.
static int64_t next_crossing_us(const struct segment *segment, const struct ll_share *share, int64_t t_us) {
    uint32_t active = active_at_target(share, target_within(segment, t_us));
    double slope = (segment->to - segment->from) / (double)(segment->end_us - segment->begin_us);
    if (slope == 0) return segment->end_us;
    bool rises = slope > 0;
    if (rises ? active == share->users : active == 0) return segment->end_us;
    double id = ll_share_user_id(share, rises ? active : active - 1);
    double at = (double)segment->begin_us + (id - segment->from) / slope;
    if (at >= (double)segment->end_us) return segment->end_us;
    int64_t at_us = rises ? (int64_t)ceil(at) : (int64_t)floor(at) + 1;
    return at_us > t_us ? at_us : t_us + 1;
}

int64_t ll_schedule_next_change_us(const struct ll_load *load, const struct ll_share *share, int64_t t_us) {
    uint32_t now = ll_schedule_active(load, share, t_us);
    if (t_us < 0) return 0;
    for (size_t i = 0; i < load->stage_count; i++) {
        struct segment segment = stage_segment(load, i);
        int64_t from_us = t_us > segment.begin_us ? t_us : segment.begin_us;
        while (from_us < segment.end_us) {
            if (from_us > t_us && ll_schedule_active(load, share, from_us) != now) return from_us;
            from_us = next_crossing_us(&segment, share, from_us);
        }
    }
    int64_t end_us = ll_schedule_end_us(load);
    return t_us < end_us && now > 0 ? end_us : INT64_MAX;
}

uint32_t ll_share_user_id(const struct ll_share *share, uint32_t k) {
    return share->first + k * share->stride;
}
