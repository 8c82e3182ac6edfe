// How far our clock is from another machine's, and how long a call there takes: from calls that it answers with its
// time.
//
// Pure, by value; times are microseconds of any two clocks that do not jump. A sample's offset is right when both ways
// take the same time, and wrong by half of its round trip at most (Cristian: "Probabilistic clock synchronization",
// 1989). Of the last LL_REMOTE_CLOCK_SAMPLES samples the one with the shortest round trip counts, as in NTP's clock
// filter (RFC 5905, section 10): delays that come and go do not move the offset.
#ifndef LIBCOMMON_BASE_REMOTE_CLOCK_H
#define LIBCOMMON_BASE_REMOTE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LL_REMOTE_CLOCK_SAMPLES = 32 };

struct ll_remote_clock { // zeroed: nothing was heard yet
    struct ll_remote_clock_sample {
        int64_t offset_us, round_trip_us;
    } samples[LL_REMOTE_CLOCK_SAMPLES];
    size_t heard; // samples, of which the last ones are kept
};

// A call went out at `sent_us` and its answer came at `received_us`, both of our clock; theirs said `theirs_us` in it.
void ll_remote_clock_hear(struct ll_remote_clock *clock, int64_t sent_us, int64_t received_us, int64_t theirs_us);

bool ll_remote_clock_is_known(const struct ll_remote_clock *clock);
// How far ours is ahead of theirs; 0 when nothing is known.
int64_t ll_remote_clock_offset_us(const struct ll_remote_clock *clock);
// How long a call takes, there and back: the median of the samples; 0 when nothing is known.
uint64_t ll_remote_clock_round_trip_us(const struct ll_remote_clock *clock);

#endif
