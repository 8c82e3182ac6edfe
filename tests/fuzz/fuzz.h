// What every fuzz target has in common: one entry point, called by libFuzzer with bytes of its choice.
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include "libcommon/base/buf.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

// What was decoded and encoded again must decode to the same thing.
static inline void expect_equal(const struct ll_buf *a, const struct ll_buf *b) {
    assert(!a->overflowed && !b->overflowed && a->len == b->len);
    assert(a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

#endif
