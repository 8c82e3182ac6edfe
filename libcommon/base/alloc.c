#include "libcommon/base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *memory) {
    if (memory) return memory;
    fputs("liveload: out of memory\n", stderr);
    abort();
}

void *ll_alloc(size_t count, size_t size) {
    return checked(calloc(count ? count : 1, size ? size : 1));
}

void *ll_realloc(void *old, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) bytes = SIZE_MAX;
    return checked(realloc(old, bytes ? bytes : 1));
}

char *ll_strdup(const char *text) {
    return ll_strndup(text, strlen(text));
}

char *ll_strndup(const char *text, size_t len) {
    char *copy = ll_alloc(len + 1, 1);
    memcpy(copy, text, len);
    return copy;
}

void *ll_memdup(const void *data, size_t len) {
    void *copy = ll_alloc(len, 1);
    if (len) memcpy(copy, data, len);
    return copy;
}

char *ll_format(const char *format, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    return checked(len < 0 ? NULL : text);
}
