// Base64 (RFC 4648, section 4), as DevTools sends pictures. Any thread; no state.
#ifndef LIBCOMMON_CODEC_BASE64_H
#define LIBCOMMON_CODEC_BASE64_H

#include "libcommon/base/buf.h"

// Appends the bytes that `text` stands for. False when it is no base64, or when there is no room: out->overflowed tells
// which, and what was appended is to be thrown away.
bool ll_base64_decode(const char *text, size_t len, struct ll_buf *out);

// Appends the text for the bytes.
void ll_base64_encode(const void *data, size_t len, struct ll_buf *out);

#endif
