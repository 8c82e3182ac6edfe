// How the generator itself does: the lateness of its loop, and what the machine and this process use.
//
// One owner thread. A saturated generator measures itself and not the site; these figures are how a run says so.
#ifndef AGENT_TELEMETRY_HEALTH_H
#define AGENT_TELEMETRY_HEALTH_H

#include "libcommon/model/snapshot.h"

#include <stdbool.h>
#include <stdint.h>

struct ll_health;

enum { LL_HEALTH_BEAT_MS = 100 };

struct ll_health *ll_health_new(void);
void ll_health_free(struct ll_health **health);

// A timer set for `due_us` fired at `now_us`: how late that is, and in `out_next_us` when it is due again. A beat that
// was missed is not caught up with: its lateness is in the sample already.
int64_t ll_health_beat(int64_t due_us, int64_t now_us, int64_t *out_next_us);

// Begins a span; what was used before it does not count.
void ll_health_begin(struct ll_health *health, int64_t now_us);
// Ends the span that began last and begins the next one. One that is shorter than `least_us` says nothing: it goes on,
// and the reading of the one before it stands. So the buckets that a stalled loop seals at once, and a run's short last
// one, are as busy as the time they come from, and not idle.
struct ll_generator_health ll_health_take(struct ll_health *health, int64_t now_us, int64_t least_us);

// The busy and total ticks of /proc/stat's first line; false when the text is not of that form. For tests.
bool ll_health_parse_stat(const char *text, uint64_t *out_busy, uint64_t *out_total);

#endif
