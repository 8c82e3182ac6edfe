#include "libcommon/base/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// Cuts a text that vsnprintf truncated so that no half of a UTF-8 character stays at its end.
static void trim_partial_character(char *text) {
    size_t len = strlen(text);
    if (len + 1 < LL_ERR_TEXT_MAX) return;
    while (len > 0 && ((unsigned char)text[len - 1] & 0xC0) == 0x80) len--;
    if (len > 0 && ((unsigned char)text[len - 1] & 0x80)) len--;
    text[len] = '\0';
}

ll_err ll_err_make(enum ll_status status, const char *format, ...) {
    assert(status != LL_OK);
    ll_err err = {.status = status};
    va_list args;
    va_start(args, format);
    vsnprintf(err.text, sizeof err.text, format, args);
    va_end(args);
    trim_partial_character(err.text);
    return err;
}

ll_err ll_err_in(ll_err err, const char *format, ...) {
    if (err.status == LL_OK) return err;
    ll_err out = {.status = err.status};
    va_list args;
    va_start(args, format);
    int used = vsnprintf(out.text, sizeof out.text, format, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof out.text)
        snprintf(out.text + used, sizeof out.text - (size_t)used, ": %s", err.text);
    trim_partial_character(out.text);
    return out;
}

const char *ll_status_words(enum ll_status status) {
    switch (status) {
#define LL_STATUS(name, number, words)                                                                                 \
    case LL_##name:                                                                                                    \
        return words;
#include "libcommon/base/status.def"
#undef LL_STATUS
    }
    return "unknown error";
}

enum ll_status ll_status_from_number(unsigned number) {
    return number <= LL_UNAUTHENTICATED ? (enum ll_status)number : LL_UNKNOWN;
}
