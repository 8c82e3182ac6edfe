#include "libcommon/codec/base64.h"

static int digit(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool ll_base64_decode(const char *text, size_t len, struct ll_buf *out) {
    if (len % 4 != 0) return false;
    size_t padding = len > 0 && text[len - 1] == '=' ? 1 + (text[len - 2] == '=') : 0;
    size_t bytes = len / 4 * 3 - padding;
    if (bytes == 0) return len == 0;
    uint8_t *at = ll_buf_reserve(out, bytes);
    if (!at) return false;
    uint32_t group = 0;
    size_t written = 0;
    for (size_t i = 0; i < len - padding; i++) {
        int value = digit(text[i]);
        if (value < 0) return false;
        group = group << 6 | (uint32_t)value;
        if (i % 4 > 0) at[written++] = (uint8_t)(group >> (6 - i % 4 * 2));
    }
    ll_buf_commit(out, written);
    return true;
}

void ll_base64_encode(const void *data, size_t len, struct ll_buf *out) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const uint8_t *from = data;
    char *at = ll_buf_reserve(out, (len + 2) / 3 * 4);
    if (!at) return;
    size_t written = 0;
    for (size_t i = 0; i < len; i += 3) {
        uint32_t group = (uint32_t)from[i] << 16;
        if (i + 1 < len) group |= (uint32_t)from[i + 1] << 8;
        if (i + 2 < len) group |= from[i + 2];
        at[written++] = digits[group >> 18];
        at[written++] = digits[group >> 12 & 63];
        at[written++] = i + 1 < len ? digits[group >> 6 & 63] : '=';
        at[written++] = i + 2 < len ? digits[group & 63] : '=';
    }
    ll_buf_commit(out, written);
}
