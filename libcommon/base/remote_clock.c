#include "libcommon/base/remote_clock.h"

#include <stdlib.h>

static size_t kept(const struct ll_remote_clock *clock) {
    return clock->heard < LL_REMOTE_CLOCK_SAMPLES ? clock->heard : LL_REMOTE_CLOCK_SAMPLES;
}

void ll_remote_clock_hear(struct ll_remote_clock *clock, int64_t sent_us, int64_t received_us, int64_t theirs_us) {
    int64_t round_trip_us = received_us > sent_us ? received_us - sent_us : 0;
    clock->samples[clock->heard++ % LL_REMOTE_CLOCK_SAMPLES] = (struct ll_remote_clock_sample){
        .offset_us = sent_us + round_trip_us / 2 - theirs_us, .round_trip_us = round_trip_us};
}

bool ll_remote_clock_is_known(const struct ll_remote_clock *clock) {
    return clock->heard > 0;
}

int64_t ll_remote_clock_offset_us(const struct ll_remote_clock *clock) {
    const struct ll_remote_clock_sample *best = &clock->samples[0];
    for (size_t i = 1; i < kept(clock); i++)
        if (clock->samples[i].round_trip_us < best->round_trip_us) best = &clock->samples[i];
    return clock->heard ? best->offset_us : 0;
}

static int by_size(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

uint64_t ll_remote_clock_round_trip_us(const struct ll_remote_clock *clock) {
    int64_t trips_us[LL_REMOTE_CLOCK_SAMPLES];
    size_t count = kept(clock);
    for (size_t i = 0; i < count; i++) trips_us[i] = clock->samples[i].round_trip_us;
    qsort(trips_us, count, sizeof *trips_us, by_size);
    return count ? (uint64_t)trips_us[count / 2] : 0;
}
