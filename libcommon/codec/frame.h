// zstd frames (RFC 8878) with an explicit limit on what may come out. The only folder that includes zstd.
//
// Any thread; contexts are kept per thread and reused.
#ifndef LIBCOMMON_CODEC_FRAME_H
#define LIBCOMMON_CODEC_FRAME_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

// Appends one frame holding `data` to `out`; the frame states its content's size. LL_RESOURCE_EXHAUSTED when `out`
// has no room.
ll_err ll_frame_compress(const void *data, size_t len, struct ll_buf *out);

// Appends the content of one frame to `out`. LL_RESOURCE_EXHAUSTED when the content would pass out->max (checked
// before anything is allocated, and again while decompressing: a frame may lie about its size); LL_DATA_LOSS when
// the frame is damaged, cut short or followed by something else.
ll_err ll_frame_decompress(const void *frame, size_t len, struct ll_buf *out);

#endif
