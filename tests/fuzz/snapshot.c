// A snapshot from the wire: decode, encode, decode, encode, compare. The bytes are compressed first, so that the search
// is spent on what is inside the frame; libcommon/codec has a target of its own.
#include "libcommon/model/snapshot.h"

#include "libcommon/codec/frame.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct ll_buf frame = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
    struct ll_buf once = ll_buf_make(LL_SNAPSHOT_FRAME_MAX), twice = ll_buf_make(LL_SNAPSHOT_FRAME_MAX);
    struct ll_snapshot first, second;
    assert(ll_frame_compress(data, len, &frame).status == LL_OK);
    if (ll_snapshot_open(frame.data, frame.len, &first).status == LL_OK) {
        assert(ll_snapshot_seal(&first, &once).status == LL_OK);
        assert(ll_snapshot_open(once.data, once.len, &second).status == LL_OK);
        assert(ll_snapshot_seal(&second, &twice).status == LL_OK);
        expect_equal(&once, &twice);
        struct ll_series_set *merged = ll_series_set_new(); // what the coordinator does next
        ll_series_set_merge(merged, first.series);
        ll_series_set_merge(merged, second.series);
        ll_series_set_free(&merged);
        ll_snapshot_fini(&first), ll_snapshot_fini(&second);
    }
    ll_buf_fini(&frame), ll_buf_fini(&once), ll_buf_fini(&twice);
    return 0;
}
