#include "libcommon/codec/sha256.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static void expect_digest(const char *text, const char *expected) {
    uint8_t digest[LL_SHA256_BYTES];
    char hex[2 * LL_SHA256_BYTES + 1];
    ll_sha256(text, strlen(text), digest);
    for (size_t i = 0; i < LL_SHA256_BYTES; i++) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    cr_expect(eq(str, hex, (char *)expected));
}

// The examples of FIPS 180-4.
Test(sha256, gives_the_standards_digests) {
    expect_digest("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_digest("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect_digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}
