// Compressing writes one frame with its size and a checksum. Decompressing believes neither: it goes wrong when the
// stated size is past the limit or past what so few bytes can hold (refused before memory is used), when no size is
// stated (decompressed in steps, up to the limit), when the content differs from what was stated, and when the frame
// is damaged, cut short or followed by anything.
#include "libcommon/codec/frame.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

enum {
    LEVEL = 3,
    STEP_BYTES = 64 * 1024,
    WINDOW_LOG_MIN = 10, // zstd's own
    WINDOW_LOG_MAX = 27,
    BLOCK_CONTENT_MAX = 128 * 1024, // RFC 8878, 3.1.1.2.4
    BLOCK_BYTES_MIN = 4,            // a header and the one byte that is repeated
};

static pthread_once_t keys_once = PTHREAD_ONCE_INIT;
static pthread_key_t compressor_key, decompressor_key;

static void free_compressor(void *context) {
    ZSTD_freeCCtx(context);
}

static void free_decompressor(void *context) {
    ZSTD_freeDCtx(context);
}

static void make_keys(void) {
    int failed = pthread_key_create(&compressor_key, free_compressor) ||
                 pthread_key_create(&decompressor_key, free_decompressor);
    assert(!failed);
    (void)failed;
}

// This thread's contexts, ready for a new frame. NULL when there is no memory.
static ZSTD_CCtx *compressor(void) {
    pthread_once(&keys_once, make_keys);
    ZSTD_CCtx *context = pthread_getspecific(compressor_key);
    if (!context) {
        context = ZSTD_createCCtx();
        if (!context) return NULL;
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, LEVEL);
        ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
        pthread_setspecific(compressor_key, context);
    }
    ZSTD_CCtx_reset(context, ZSTD_reset_session_only);
    return context;
}

static ZSTD_DCtx *decompressor(void) {
    pthread_once(&keys_once, make_keys);
    ZSTD_DCtx *context = pthread_getspecific(decompressor_key);
    if (!context) {
        context = ZSTD_createDCtx();
        if (context) pthread_setspecific(decompressor_key, context);
    }
    if (context) ZSTD_DCtx_reset(context, ZSTD_reset_session_and_parameters);
    return context;
}

static ll_err no_memory(void) {
    return ll_err_make(LL_RESOURCE_EXHAUSTED, "there is no memory for a compression context");
}

static size_t room_in(const struct ll_buf *buf) {
    return buf->overflowed ? 0 : buf->max - buf->len;
}

ll_err ll_frame_compress(const void *data, size_t len, struct ll_buf *out) {
    ZSTD_CCtx *context = compressor();
    if (!context) return no_memory();
    size_t limit = room_in(out), bound = ZSTD_compressBound(len);
    size_t room = bound < limit ? bound : limit;
    void *at = room ? ll_buf_reserve(out, room) : NULL;
    size_t written = at ? ZSTD_compress2(context, at, room, data, len) : 0;
    if (!at || ZSTD_isError(written)) {
        ll_buf_commit(out, 0); // the terminator was written over
        out->overflowed = true;
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "%zu bytes compress to more than the %zu that there is room for", len,
                           limit);
    }
    ll_buf_commit(out, written);
    return LL_SUCCESS;
}

static ll_err damaged(void) {
    return ll_err_make(LL_DATA_LOSS, "the compressed data is damaged or cut short");
}

static ll_err too_much(size_t limit) {
    return ll_err_make(LL_RESOURCE_EXHAUSTED, "the compressed data holds more than the %zu bytes that are allowed here",
                       limit);
}

// The whole content at once, into memory of the stated size, which the caller has found plausible.
static ll_err decompress_stated(ZSTD_DCtx *context, const void *frame, size_t len, size_t size, struct ll_buf *out) {
    void *at = ll_buf_reserve(out, size);
    assert(at);
    size_t written = ZSTD_decompressDCtx(context, at, size, frame, len);
    bool is_whole = !ZSTD_isError(written) && written == size;
    ll_buf_commit(out, is_whole ? size : 0);
    return is_whole ? LL_SUCCESS : damaged();
}

// Content of unknown size in steps; what was written is taken back when it goes wrong.
static ll_err decompress_unstated(ZSTD_DCtx *context, const void *frame, size_t len, struct ll_buf *out) {
    size_t before = out->len, limit = room_in(out);
    int window_log = WINDOW_LOG_MIN;
    while (window_log < WINDOW_LOG_MAX && ((size_t)1 << window_log) < limit) window_log++;
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, window_log);
    ZSTD_inBuffer in = {.src = frame, .size = len};
    size_t hint = 1;
    while (hint != 0) {
        size_t left = limit - (out->len - before), step = left < STEP_BYTES ? left : STEP_BYTES;
        ZSTD_outBuffer to = {.dst = ll_buf_reserve(out, step), .size = step};
        hint = ZSTD_decompressStream(context, &to, &in);
        if (ZSTD_isError(hint)) break;
        ll_buf_commit(out, to.pos);
        if (hint != 0 && to.pos < step && in.pos == in.size) break; // it wants more than there is
        if (hint != 0 && step == 0) break;                          // it has more than is allowed
    }
    if (hint == 0) return LL_SUCCESS;
    bool is_full = !ZSTD_isError(hint) && out->len - before == limit;
    bool wants_window = ZSTD_getErrorCode(hint) == ZSTD_error_frameParameter_windowTooLarge;
    out->len = before;
    ll_buf_commit(out, 0);
    return is_full || wants_window ? too_much(limit) : damaged();
}

ll_err ll_frame_decompress(const void *frame, size_t len, struct ll_buf *out) {
    static const uint8_t magic[] = {0x28, 0xB5, 0x2F, 0xFD};
    if (len < sizeof magic || memcmp(frame, magic, sizeof magic) != 0)
        return ll_err_make(LL_DATA_LOSS, "this is not compressed data: it does not begin as a zstd frame");
    unsigned long long size = ZSTD_getFrameContentSize(frame, len);
    if (size == ZSTD_CONTENTSIZE_ERROR) return damaged();
    if (out->overflowed) return too_much(0);
    size_t limit = room_in(out), frame_len = ZSTD_findFrameCompressedSize(frame, len);
    if (size != ZSTD_CONTENTSIZE_UNKNOWN && size > limit) return too_much(limit);
    if (ZSTD_isError(frame_len)) return damaged();
    if (frame_len != len)
        return ll_err_make(LL_DATA_LOSS, "the compressed data is followed by %zu bytes that do not belong to it",
                           len - frame_len);
    ZSTD_DCtx *context = decompressor();
    if (!context) return no_memory();
    if (size == ZSTD_CONTENTSIZE_UNKNOWN) return decompress_unstated(context, frame, len, out);
    if (size / BLOCK_CONTENT_MAX > len / BLOCK_BYTES_MIN) return damaged();
    return decompress_stated(context, frame, len, (size_t)size, out);
}
