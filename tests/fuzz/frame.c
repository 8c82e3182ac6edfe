// A frame from outside: decompress within a limit, compress what came out, decompress again, compare.
#include "libcommon/codec/frame.h"

#include "tests/fuzz/fuzz.h"

enum { CONTENT_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct ll_buf content = ll_buf_make(CONTENT_MAX), frame = ll_buf_make(2 * CONTENT_MAX);
    struct ll_buf again = ll_buf_make(CONTENT_MAX);
    ll_err err = ll_frame_decompress(data, len, &content);
    assert(content.cap <= CONTENT_MAX + 1);
    if (err.status == LL_OK) {
        assert(ll_frame_compress(content.data, content.len, &frame).status == LL_OK);
        assert(ll_frame_decompress(frame.data, frame.len, &again).status == LL_OK);
        expect_equal(&content, &again);
    } else {
        assert(err.status == LL_DATA_LOSS || err.status == LL_RESOURCE_EXHAUSTED);
        assert(*err.text && content.len == 0);
    }
    ll_buf_fini(&content), ll_buf_fini(&frame), ll_buf_fini(&again);
    return 0;
}
