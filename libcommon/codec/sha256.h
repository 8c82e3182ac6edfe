// SHA-256 (FIPS 180-4): the identity of a bundle.
#ifndef LIBCOMMON_CODEC_SHA256_H
#define LIBCOMMON_CODEC_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { LL_SHA256_BYTES = 32 };

// Any thread.
void ll_sha256(const void *data, size_t len, uint8_t out[LL_SHA256_BYTES]);

#endif
