// The journal's bytes: records in, records out (docs/decisions/journal.md).
//
//   file    "LLJ1", then records
//   record  length of the content (4 bytes), first 8 bytes of its SHA-256, content
//
// Read on the machine that wrote it, by the same version: numbers are in the machine's own byte order, and a journal of
// another version is refused. Any thread; no state.
#ifndef COORDINATOR_JOURNAL_H
#define COORDINATOR_JOURNAL_H

#include "coordinator/core/effects.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum { LL_JOURNAL_BYTES_MAX = 1024 * 1024 * 1024 };

// Appends what stands before the first record.
void ll_journal_begin(struct ll_buf *out);
// Appends one record. Times are written as Unix time: `unix_us_at_zero` is that of the clock's 0.
void ll_journal_append(const struct ll_journal_record *record, int64_t unix_us_at_zero, struct ll_buf *out);

// Hands every whole record to `apply`, which may refuse. A record that is cut short or damaged ends the journal: it was
// being written when the coordinator ended. So does what stands before the first one, when it is cut short. *out_len:
// up to where the journal is good, set on errors too. LL_FAILED_PRECONDITION for a journal of another version.
ll_err ll_journal_read(const void *data, size_t len, int64_t unix_us_at_zero,
                       ll_err (*apply)(void *arg, const struct ll_journal_record *record), void *arg, size_t *out_len);

#endif
