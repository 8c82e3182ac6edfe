#include "tools/shop/form.h"

#include "libcommon/base/text.h"

#include <ctype.h>
#include <string.h>

enum { NUMBER_MAX = 16 };

static int hex_digit(char c) {
    return isdigit((unsigned char)c) ? c - '0' : (tolower((unsigned char)c) - 'a' + 10);
}

void form_decode(const char *from, char *out, size_t size) {
    size_t used = 0;
    for (; *from && *from != '&' && used + 1 < size; from++) {
        if (*from == '+') {
            out[used++] = ' ';
        } else if (*from == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2])) {
            out[used++] = (char)(hex_digit(from[1]) * 16 + hex_digit(from[2]));
            from += 2;
        } else {
            out[used++] = *from;
        }
    }
    out[used] = '\0';
}

void form_value(const char *form, const char *name, char *out, size_t size) {
    size_t len = strlen(name);
    out[0] = '\0';
    for (const char *at = form; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL)
        if (strncmp(at, name, len) == 0 && at[len] == '=') {
            form_decode(at + len + 1, out, size);
            return;
        }
}

unsigned form_number(const char *form, const char *name, unsigned otherwise, unsigned max) {
    char text[NUMBER_MAX];
    uint64_t number;
    form_value(form, name, text, sizeof text);
    return ll_text_parse_uint(name, text, 0, max, &number).status == LL_OK ? (unsigned)number : otherwise;
}

void form_escape(struct ll_buf *out, const char *text) {
    for (; *text; text++) {
        switch (*text) {
        case '<':
            ll_buf_text(out, "&lt;");
            break;
        case '>':
            ll_buf_text(out, "&gt;");
            break;
        case '&':
            ll_buf_text(out, "&amp;");
            break;
        case '"':
            ll_buf_text(out, "&quot;");
            break;
        default:
            ll_buf_append(out, text, 1);
        }
    }
}
