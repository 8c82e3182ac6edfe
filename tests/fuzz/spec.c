// A spec from the wire: decode, encode, decode, encode, compare; and validate whatever came out.
#include "libcommon/model/spec.h"

#include "tests/fuzz/fuzz.h"

enum { PACKED_MAX = 64 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct ll_spec first, second;
    if (ll_spec_unpack(data, len, &first).status != LL_OK) return 0;
    (void)ll_spec_validate(&first);
    struct ll_buf once = ll_buf_make(PACKED_MAX), twice = ll_buf_make(PACKED_MAX);
    ll_spec_pack(&first, &once);
    assert(ll_spec_unpack(once.data, once.len, &second).status == LL_OK);
    ll_spec_pack(&second, &twice);
    expect_equal(&once, &twice);
    ll_buf_fini(&once), ll_buf_fini(&twice);
    ll_spec_fini(&first), ll_spec_fini(&second);
    return 0;
}
