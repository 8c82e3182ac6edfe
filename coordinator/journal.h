// The journal's bytes: records in, records out (docs/decisions/journal.md).
//
//   file    "LLJ2 VERSION CHECK\n", then records
//   record  head (32 bytes), content
//   head    marker (4), length of the content (4), the record's number (8), first 8 bytes of the content's SHA-256,
//           kind (4), first 4 bytes of the SHA-256 of what stands before
//
// A record whose content is damaged is stepped over by its length, one whose head is damaged by the next marker; the
// numbers tell how many are missing. Read on the machine that wrote it, by the same version: numbers are in the
// machine's own byte order, the hashes cover the version, and a journal of another one is refused. Any thread; no
// state.
#ifndef COORDINATOR_JOURNAL_H
#define COORDINATOR_JOURNAL_H

#include "coordinator/core/effects.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LL_JOURNAL_BYTES_MAX = 1024 * 1024 * 1024 };

// Appends what stands before the first record.
void ll_journal_begin(struct ll_buf *out);
// Appends one record, number `sequence`: the first is 1, and each is one more than the last. Times are written as Unix
// time: `unix_us_at_zero` is that of the clock's 0.
void ll_journal_append(const struct ll_journal_record *record, uint64_t sequence, int64_t unix_us_at_zero,
                       struct ll_buf *out);

struct ll_journal_end {
    size_t len;             // up to where the journal is good, set on errors too: it is written on from there
    uint64_t next_sequence; // of the record that is written next
    uint64_t records;       // that were read
    uint64_t missing;       // that could not be
    bool is_damaged;        // its first line is
};

// Hands every whole record to `apply`, which may refuse, and LL_JOURNAL_MISSING where damaged ones stood. A record that
// is cut short at the end was being written when the coordinator ended, and is none; so is a first line that is cut
// short. LL_FAILED_PRECONDITION for a journal of another version, LL_DATA_LOSS for bytes that are no journal.
ll_err ll_journal_read(const void *data, size_t len, int64_t unix_us_at_zero,
                       ll_err (*apply)(void *arg, const struct ll_journal_record *record), void *arg,
                       struct ll_journal_end *out_end);

#endif
