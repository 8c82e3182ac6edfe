// Sealed snapshots that the coordinator has not acknowledged yet, oldest first.
//
// One owner, no clock. Bounded by count and bytes: once it is full, nothing more is sealed (snapshotter.h widens the
// bucket that is filling), so that a long silence costs detail over time and no measurement. Only a run's final
// snapshot is taken in beyond the limits.
#ifndef AGENT_TELEMETRY_OUTBOX_H
#define AGENT_TELEMETRY_OUTBOX_H

#include "libcommon/base/buf.h"
#include "libcommon/model/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_OUTBOX_FRAMES_MAX = 600,
    LL_OUTBOX_BYTES_MAX = 64 * 1024 * 1024,
    LL_OUTBOX_CALL_BYTES_MAX = 16 * 1024 * 1024, // of frames in one call, with room left in its envelope
};

struct ll_outbox;

struct ll_outbox *ll_outbox_new(void);
void ll_outbox_free(struct ll_outbox **outbox);

// Whether another frame may be sealed.
bool ll_outbox_has_room(const struct ll_outbox *outbox);
// Takes the frame's memory; `take_frame` is empty afterwards. Sequences rise by one from call to call.
void ll_outbox_push(struct ll_outbox *outbox, uint64_t sequence, struct ll_buf *take_frame);
// Drops every frame up to `sequence`. Returns how many those were.
size_t ll_outbox_acknowledge(struct ll_outbox *outbox, uint64_t sequence);

size_t ll_outbox_count(const struct ll_outbox *outbox);
// The oldest frames, as many as fit one call (always one at least). Borrowed until the next acknowledge.
size_t ll_outbox_oldest(const struct ll_outbox *outbox, struct ll_bytes out[LL_EXCHANGE_SNAPSHOTS_MAX]);

#endif
