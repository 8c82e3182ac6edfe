// A bundle from the wire: decode, encode, decode, encode, compare; and the same bytes as Lua source to scan.
#include "libcommon/model/bundle.h"

#include "libcommon/model/requires.h"
#include "tests/fuzz/fuzz.h"

static void visit(void *arg, const struct ll_named *named) {
    assert(*named->name && strlen(named->name) <= 200 && named->line > 0);
    ++*(size_t *)arg;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    size_t modules = 0;
    ll_requires_scan((const char *)data, len, visit, &modules);
    assert(modules <= len / 6); // strlen("csv''") and a name

    struct ll_bundle first, second;
    if (ll_bundle_unpack(data, len, &first).status != LL_OK) return 0;
    struct ll_buf once = ll_buf_make(LL_BUNDLE_BYTES_MAX), twice = ll_buf_make(LL_BUNDLE_BYTES_MAX);
    ll_bundle_pack(&first, &once);
    assert(ll_bundle_unpack(once.data, once.len, &second).status == LL_OK);
    ll_bundle_pack(&second, &twice);
    expect_equal(&once, &twice);
    ll_buf_fini(&once), ll_buf_fini(&twice);
    ll_bundle_fini(&first), ll_bundle_fini(&second);
    return 0;
}
