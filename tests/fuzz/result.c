// A result file: decode, encode, decode, encode, compare. The bytes are made a frame first, as in snapshot.c.
#include "libcommon/model/result.h"

#include "libcommon/codec/frame.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct ll_buf file = ll_buf_make(LL_RESULT_FILE_MAX);
    struct ll_buf once = ll_buf_make(LL_RESULT_FILE_MAX), twice = ll_buf_make(LL_RESULT_FILE_MAX);
    struct ll_result first, second;
    ll_buf_text(&file, "LLR1");
    assert(ll_frame_compress(data, len, &file).status == LL_OK);
    if (ll_result_unpack(file.data, file.len, &first).status == LL_OK) {
        assert(ll_result_pack(&first, &once).status == LL_OK);
        assert(ll_result_unpack(once.data, once.len, &second).status == LL_OK);
        assert(ll_result_pack(&second, &twice).status == LL_OK);
        expect_equal(&once, &twice);
        ll_result_fini(&first), ll_result_fini(&second);
    }
    ll_buf_fini(&file), ll_buf_fini(&once), ll_buf_fini(&twice);
    return 0;
}
