#include "agent/telemetry/outbox.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdlib.h>

enum { SLOTS = LL_OUTBOX_FRAMES_MAX + 1 }; // one for a final snapshot that comes when it is full

struct frame {
    uint64_t sequence;
    struct ll_buf bytes;
};

struct ll_outbox {
    struct frame ring[SLOTS];
    size_t first, count;
    size_t bytes;
};

struct ll_outbox *ll_outbox_new(void) {
    return ll_alloc(1, sizeof(struct ll_outbox));
}

static void drop_oldest(struct ll_outbox *outbox) {
    struct frame *oldest = &outbox->ring[outbox->first];
    outbox->bytes -= oldest->bytes.len;
    ll_buf_fini(&oldest->bytes);
    outbox->first = (outbox->first + 1) % SLOTS;
    outbox->count--;
}

void ll_outbox_free(struct ll_outbox **outbox) {
    if (!*outbox) return;
    while ((*outbox)->count > 0) drop_oldest(*outbox);
    free(*outbox);
    *outbox = NULL;
}

bool ll_outbox_has_room(const struct ll_outbox *outbox) {
    return outbox->count < LL_OUTBOX_FRAMES_MAX && outbox->bytes < LL_OUTBOX_BYTES_MAX;
}

void ll_outbox_push(struct ll_outbox *outbox, uint64_t sequence, struct ll_buf *take_frame) {
    assert(outbox->count < SLOTS);
    struct frame *slot = &outbox->ring[(outbox->first + outbox->count++) % SLOTS];
    *slot = (struct frame){.sequence = sequence, .bytes = *take_frame};
    outbox->bytes += take_frame->len;
    *take_frame = ll_buf_make(take_frame->max);
}

size_t ll_outbox_acknowledge(struct ll_outbox *outbox, uint64_t sequence) {
    size_t before = outbox->count;
    while (outbox->count > 0 && outbox->ring[outbox->first].sequence <= sequence) drop_oldest(outbox);
    return before - outbox->count;
}

size_t ll_outbox_count(const struct ll_outbox *outbox) {
    return outbox->count;
}

size_t ll_outbox_oldest(const struct ll_outbox *outbox, struct ll_bytes out[LL_EXCHANGE_SNAPSHOTS_MAX]) {
    size_t count = 0, bytes = 0;
    while (count < outbox->count && count < LL_EXCHANGE_SNAPSHOTS_MAX) {
        const struct ll_buf *frame = &outbox->ring[(outbox->first + count) % SLOTS].bytes;
        bytes += frame->len;
        if (count > 0 && bytes > LL_OUTBOX_CALL_BYTES_MAX) break;
        out[count++] = (struct ll_bytes){.data = frame->data, .len = frame->len};
    }
    return count;
}
