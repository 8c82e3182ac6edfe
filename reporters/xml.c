#include "reporters/xml.h"

#include <stdint.h>
#include <string.h>

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; // U+FFFD

// The code point at `at`, a C string, and its length; length 0 when the bytes are no UTF-8 (RFC 3629).
static uint32_t decode(const unsigned char *at, size_t *out_len) {
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF5 ? 4 : 0;
    uint32_t point = len == 1 ? at[0] : len ? at[0] & (0x7Fu >> len) : 0;
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80) len = 0;
        point = point << 6 | (at[i] & 0x3Fu);
    }
    bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
    *out_len = len && (point < smallest[len] || point > 0x10FFFF || is_surrogate) ? 0 : len;
    return point;
}

static void append_ascii(struct ll_buf *out, unsigned char c) {
    switch (c) {
    case '&':
        ll_buf_text(out, "&amp;");
        break;
    case '<':
        ll_buf_text(out, "&lt;");
        break;
    case '>':
        ll_buf_text(out, "&gt;");
        break;
    case '"':
        ll_buf_text(out, "&quot;");
        break;
    case '\n': // as they are, they would become spaces in an attribute
    case '\r':
    case '\t':
        ll_buf_printf(out, "&#%d;", c);
        break;
    default:
        if (c < ' ' || c == 0x7F)
            ll_buf_printf(out, "\\x%02X", c);
        else
            ll_buf_append(out, &c, 1);
    }
}

void ll_xml_escape(struct ll_buf *out, const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    while (*at) {
        size_t len;
        uint32_t point = decode(at, &len);
        if (len == 0)
            ll_buf_text(out, REPLACEMENT);
        else if (len == 1)
            append_ascii(out, *at);
        else if (point == 0xFFFE || point == 0xFFFF)
            ll_buf_printf(out, "\\x%04X", point);
        else
            ll_buf_append(out, at, len);
        at += len ? len : 1;
    }
}
