#include "libcommon/codec/sha256.h"

#include <assert.h>
#include <mbedtls/sha256.h>

void ll_sha256(const void *data, size_t len, uint8_t out[LL_SHA256_BYTES]) {
    enum { NOT_SHA224 = 0 };
    int failed = mbedtls_sha256_ret(len ? data : (const void *)"", len, out, NOT_SHA224);
    assert(failed == 0); // only hardware accelerators can fail
    (void)failed;
}
