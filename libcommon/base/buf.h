// A byte buffer that grows up to a limit set when it is made.
//
// One owner, no locks. What does not fit is not written: the buffer stays as it was, `overflowed` is set and
// stays set until ll_buf_clear, so that a chain of appends needs one check at its end.
#ifndef LIBCOMMON_BASE_BUF_H
#define LIBCOMMON_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_buf {
    uint8_t *data; // `len` bytes, always followed by a NUL once anything was written
    size_t len;
    size_t cap;
    size_t max; // bytes
    bool overflowed;
};

// An empty buffer that holds at most `max` bytes; allocates nothing yet.
struct ll_buf ll_buf_make(size_t max);
void ll_buf_fini(struct ll_buf *buf);
// Empties the buffer and keeps its memory.
void ll_buf_clear(struct ll_buf *buf);

void ll_buf_append(struct ll_buf *buf, const void *data, size_t len);
void ll_buf_text(struct ll_buf *buf, const char *text);
void ll_buf_printf(struct ll_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Room for `len` more bytes at the end, or NULL on overflow; write there, then ll_buf_commit what was written.
void *ll_buf_reserve(struct ll_buf *buf, size_t len);
void ll_buf_commit(struct ll_buf *buf, size_t len);

// Takes the first `len` bytes away.
void ll_buf_consume(struct ll_buf *buf, size_t len);

// The content as a C string; "" when empty. Valid until the next change.
const char *ll_buf_str(const struct ll_buf *buf);

#endif
