#include "libcommon/base/buf.h"

#include "libcommon/base/alloc.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 256 };

struct ll_buf ll_buf_make(size_t max) {
    return (struct ll_buf){.max = max};
}

void ll_buf_fini(struct ll_buf *buf) {
    free(buf->data);
    *buf = (struct ll_buf){.max = buf->max};
}

void ll_buf_clear(struct ll_buf *buf) {
    buf->len = 0;
    buf->overflowed = false;
    if (buf->data) buf->data[0] = '\0';
}

void *ll_buf_reserve(struct ll_buf *buf, size_t len) {
    if (buf->overflowed || len > buf->max || buf->len > buf->max - len) {
        buf->overflowed = true;
        return NULL;
    }
    size_t need = buf->len + len + 1;
    if (need > buf->cap) {
        size_t cap = buf->cap ? buf->cap : FIRST_CAPACITY;
        while (cap < need) cap *= 2;
        if (cap > buf->max + 1) cap = buf->max + 1;
        buf->data = ll_realloc(buf->data, cap, 1);
        buf->cap = cap;
    }
    return buf->data + buf->len;
}

void ll_buf_commit(struct ll_buf *buf, size_t len) {
    assert(buf->len + len < buf->cap || len == 0);
    buf->len += len;
    if (buf->data) buf->data[buf->len] = '\0';
}

void ll_buf_append(struct ll_buf *buf, const void *data, size_t len) {
    void *at = ll_buf_reserve(buf, len);
    if (!at) return;
    if (len) memcpy(at, data, len);
    ll_buf_commit(buf, len);
}

void ll_buf_text(struct ll_buf *buf, const char *text) {
    ll_buf_append(buf, text, strlen(text));
}

void ll_buf_printf(struct ll_buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *at = len < 0 ? NULL : ll_buf_reserve(buf, (size_t)len);
    if (at) {
        vsnprintf(at, (size_t)len + 1, format, again);
        ll_buf_commit(buf, (size_t)len);
    }
    va_end(again);
}

void ll_buf_consume(struct ll_buf *buf, size_t len) {
    assert(len <= buf->len);
    if (len == 0) return;
    buf->len -= len;
    memmove(buf->data, buf->data + len, buf->len + 1);
}

const char *ll_buf_str(const struct ll_buf *buf) {
    return buf->len ? (const char *)buf->data : "";
}
