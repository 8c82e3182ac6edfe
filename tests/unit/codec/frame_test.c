#include "libcommon/codec/frame.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { MB = 1024 * 1024 };

// Bytes that compress by about half.
static struct ll_buf make_content(size_t len) {
    struct ll_buf content = ll_buf_make(len);
    struct ll_rand rand = ll_rand_seed(len);
    while (content.len < len) {
        uint8_t byte = (uint8_t)ll_rand_below(&rand, 16);
        ll_buf_append(&content, &byte, 1);
    }
    return content;
}

static struct ll_buf make_frame(const struct ll_buf *content) {
    struct ll_buf frame = ll_buf_make(64 * MB);
    ll_err err = ll_frame_compress(content->data, content->len, &frame);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return frame;
}

// A frame made by streaming: it does not state its content's size.
static struct ll_buf make_streamed_frame(const struct ll_buf *content) {
    const size_t room = MB + content->len;
    struct ll_buf frame = ll_buf_make(room);
    ZSTD_CStream *stream = ZSTD_createCStream();
    ZSTD_outBuffer out = {.dst = ll_buf_reserve(&frame, room), .size = room};
    ZSTD_inBuffer in = {.src = content->data, .size = content->len};
    ZSTD_compressStream2(stream, &out, &in, ZSTD_e_flush); // before it can know that this was all
    cr_assert(eq(sz, in.pos, in.size));
    while (ZSTD_compressStream2(stream, &out, &in, ZSTD_e_end) != 0) cr_assert(lt(sz, out.pos, out.size));
    ll_buf_commit(&frame, out.pos);
    ZSTD_freeCStream(stream);
    cr_assert(eq(u64, ZSTD_getFrameContentSize(frame.data, frame.len), ZSTD_CONTENTSIZE_UNKNOWN));
    return frame;
}

static struct ll_buf make_zeros(size_t len) {
    struct ll_buf zeros = ll_buf_make(len);
    memset(ll_buf_reserve(&zeros, len), 0, len);
    ll_buf_commit(&zeros, len);
    return zeros;
}

// Decompresses with a limit; nothing may be left in the buffer when it fails, nor more memory taken than allowed.
static ll_err open_within(size_t limit, const void *frame, size_t len, const struct ll_buf *expected) {
    struct ll_buf out = ll_buf_make(limit);
    ll_err err = ll_frame_decompress(frame, len, &out);
    if (err.status != LL_OK) cr_expect(eq(sz, out.len, 0));
    cr_expect(le(sz, out.cap, limit + 1));
    if (err.status == LL_OK && expected) {
        cr_expect(eq(sz, out.len, expected->len));
        cr_expect(out.len == expected->len && (out.len == 0 || memcmp(out.data, expected->data, out.len) == 0));
    }
    ll_buf_fini(&out);
    return err;
}

#define EXPECT_STATUS(expected, ...)                                                                                   \
    do {                                                                                                               \
        ll_err err_ = __VA_ARGS__;                                                                                     \
        cr_expect(eq(int, err_.status, expected), "%s", err_.text);                                                    \
    } while (0)

Test(frame, gives_back_what_it_was_given) {
    const size_t sizes[] = {0, 1, 100, 65535, 65536, 3 * MB};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct ll_buf content = make_content(sizes[i]), frame = make_frame(&content);
        struct ll_buf streamed = make_streamed_frame(&content);
        EXPECT_STATUS(LL_OK, open_within(sizes[i], frame.data, frame.len, &content));
        EXPECT_STATUS(LL_OK, open_within(sizes[i] + 2 * MB, streamed.data, streamed.len, &content));
        cr_expect(le(sz, frame.len, sizes[i] * 6 / 10 + 100));
        ll_buf_fini(&content);
        ll_buf_fini(&frame);
        ll_buf_fini(&streamed);
    }
}

Test(frame, appends_to_what_is_there) {
    struct ll_buf content = make_content(1000), frame = ll_buf_make(MB), out = ll_buf_make(MB);
    ll_buf_text(&frame, "LLR1");
    EXPECT_STATUS(LL_OK, ll_frame_compress(content.data, content.len, &frame));
    ll_buf_text(&out, "head");
    EXPECT_STATUS(LL_OK, ll_frame_decompress(frame.data + 4, frame.len - 4, &out));
    cr_expect(eq(sz, out.len, 1004));
    cr_expect(eq(int, memcmp(out.data, "head", 4), 0));
    frame.data[frame.len - 1] ^= 1;
    EXPECT_STATUS(LL_DATA_LOSS, ll_frame_decompress(frame.data + 4, frame.len - 4, &out));
    cr_expect(eq(sz, out.len, 1004));
    ll_buf_fini(&content);
    ll_buf_fini(&frame);
    ll_buf_fini(&out);
}

Test(frame, compressing_stops_at_the_limit) {
    struct ll_buf content = make_content(MB), frame = ll_buf_make(1000);
    ll_buf_text(&frame, "head");
    EXPECT_STATUS(LL_RESOURCE_EXHAUSTED, ll_frame_compress(content.data, content.len, &frame));
    cr_expect(eq(str, (char *)ll_buf_str(&frame), "head"));
    cr_expect(frame.overflowed);
    EXPECT_STATUS(LL_RESOURCE_EXHAUSTED, ll_frame_compress("x", 1, &frame));
    ll_buf_fini(&frame);
    // Just enough room is enough, although zstd would like more.
    struct ll_buf exact = make_frame(&content), again = ll_buf_make(exact.len + 100);
    EXPECT_STATUS(LL_OK, ll_frame_compress(content.data, content.len, &again));
    ll_buf_fini(&exact);
    ll_buf_fini(&again);
    ll_buf_fini(&content);
}

Test(frame, a_bomb_that_states_its_size_is_refused_before_memory_is_used) {
    struct ll_buf zeros = make_zeros(64 * MB), bomb = make_frame(&zeros);
    cr_expect(lt(sz, bomb.len, 10000));
    struct ll_buf out = ll_buf_make(MB);
    EXPECT_STATUS(LL_RESOURCE_EXHAUSTED, ll_frame_decompress(bomb.data, bomb.len, &out));
    cr_expect_null(out.data);
    EXPECT_STATUS(LL_OK, open_within(64 * MB, bomb.data, bomb.len, &zeros));
    EXPECT_STATUS(LL_RESOURCE_EXHAUSTED, open_within(64 * MB - 1, bomb.data, bomb.len, NULL));
    ll_buf_fini(&zeros);
    ll_buf_fini(&bomb);
}

Test(frame, a_bomb_that_states_no_size_stops_at_the_limit) {
    struct ll_buf zeros = make_zeros(64 * MB), bomb = make_streamed_frame(&zeros);
    const size_t limits[] = {0, 1, 1000, MB, 8 * MB, 64 * MB - 1};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        EXPECT_STATUS(LL_RESOURCE_EXHAUSTED, open_within(limits[i], bomb.data, bomb.len, NULL));
    EXPECT_STATUS(LL_OK, open_within(64 * MB, bomb.data, bomb.len, &zeros));
    ll_buf_fini(&zeros);
    ll_buf_fini(&bomb);
}

// The size is at a fixed place in a frame of this kind (RFC 8878, 3.1.1.1): descriptor, then 4 bytes.
Test(frame, a_frame_that_lies_about_its_size_is_damaged) {
    struct ll_buf content = make_content(MB), frame = make_frame(&content);
    cr_assert(eq(u8, frame.data[4] >> 6, 2), "the size takes 4 bytes");
    cr_assert(eq(u8, frame.data[4] & 0x20, 0x20), "there is no window byte before it");
    const uint32_t lies[] = {0, 1, 1000, MB - 1, MB + 1, 60 * MB};
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        memcpy(frame.data + 5, &lies[i], sizeof lies[i]);
        EXPECT_STATUS(LL_DATA_LOSS, open_within(64 * MB, frame.data, frame.len, NULL));
    }
    const uint32_t huge = UINT32_MAX;
    memcpy(frame.data + 5, &huge, sizeof huge);
    EXPECT_STATUS(LL_RESOURCE_EXHAUSTED, open_within(64 * MB, frame.data, frame.len, NULL));
    ll_buf_fini(&content);
    ll_buf_fini(&frame);
}

Test(frame, a_size_that_so_few_bytes_cannot_hold_takes_no_memory) {
    // Magic; single segment, 8 bytes of size; 1 GB; one last raw block of nothing.
    uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0x40, 0, 0, 0, 0, 1, 0, 0};
    struct ll_buf out = ll_buf_make((size_t)2 << 30);
    EXPECT_STATUS(LL_DATA_LOSS, ll_frame_decompress(frame, sizeof frame, &out));
    cr_expect_null(out.data);
}

Test(frame, a_window_larger_than_the_limit_takes_no_memory) {
    // Magic; a size is not stated, the window is 2 GB; one last raw block of one byte.
    const uint8_t frame[] = {0x28, 0xB5, 0x2F, 0xFD, 0x00, 0xA8, 0x09, 0, 0, 'x'};
    EXPECT_STATUS(LL_RESOURCE_EXHAUSTED, open_within(64 * MB, frame, sizeof frame, NULL));
}

Test(frame, damage_anywhere_is_found) {
    struct ll_buf content = make_content(20000), frame = make_frame(&content);
    for (size_t i = 0; i < frame.len; i += 1 + i / 50) {
        for (int bit = 0; bit < 8; bit++) {
            frame.data[i] ^= (uint8_t)(1 << bit);
            struct ll_buf out = ll_buf_make(MB);
            ll_err err = ll_frame_decompress(frame.data, frame.len, &out);
            bool harmless = err.status == LL_OK && out.len == content.len && !memcmp(out.data, content.data, out.len);
            cr_assert(harmless || err.status == LL_DATA_LOSS || err.status == LL_RESOURCE_EXHAUSTED,
                      "bit %d of byte %zu: %s, %zu bytes", bit, i, ll_status_words(err.status), out.len);
            ll_buf_fini(&out);
            frame.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    ll_buf_fini(&content);
    ll_buf_fini(&frame);
}

Test(frame, every_cut_and_every_addition_is_found) {
    struct ll_buf content = make_content(3000), frame = make_frame(&content), streamed = make_streamed_frame(&content);
    for (size_t len = 0; len < frame.len; len++) {
        void *cut = malloc(len); // of its own, so that the sanitizer sees a read past it
        memcpy(cut, frame.data, len);
        EXPECT_STATUS(LL_DATA_LOSS, open_within(MB, cut, len, NULL));
        free(cut);
    }
    for (size_t len = 0; len < streamed.len; len += 7)
        EXPECT_STATUS(LL_DATA_LOSS, open_within(MB, streamed.data, len, NULL));
    ll_buf_append(&frame, "x", 1);
    EXPECT_STATUS(LL_DATA_LOSS, open_within(MB, frame.data, frame.len, NULL));
    frame.len--;
    ll_buf_append(&frame, streamed.data, streamed.len); // two frames are one too many
    EXPECT_STATUS(LL_DATA_LOSS, open_within(MB, frame.data, frame.len, NULL));
    ll_buf_fini(&content);
    ll_buf_fini(&frame);
    ll_buf_fini(&streamed);
}

Test(frame, other_things_are_no_frames) {
    EXPECT_STATUS(LL_DATA_LOSS, open_within(MB, "", 0, NULL));
    EXPECT_STATUS(LL_DATA_LOSS, open_within(MB, "GET / HTTP/1.1\r\n", 16, NULL));
    const uint8_t skippable[] = {0x50, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 'x'};
    EXPECT_STATUS(LL_DATA_LOSS, open_within(MB, skippable, sizeof skippable, NULL));
}

static void *use_frames(void *arg) {
    (void)arg;
    struct ll_buf content = make_content(50000), frame = make_frame(&content);
    EXPECT_STATUS(LL_OK, open_within(MB, frame.data, frame.len, &content));
    ll_buf_fini(&content);
    ll_buf_fini(&frame);
    return NULL;
}

Test(frame, threads_do_not_disturb_each_other) {
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) cr_assert(eq(int, pthread_create(&threads[i], NULL, use_frames, NULL), 0));
    for (size_t i = 0; i < 4; i++) pthread_join(threads[i], NULL);
}
