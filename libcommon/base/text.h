// Small things people write and read: durations, numbers, names that are nearly right.
//
// Any thread; no state.
#ifndef LIBCOMMON_BASE_TEXT_H
#define LIBCOMMON_BASE_TEXT_H

#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_DURATION_MAX_MS = 7 * 24 * 3600 * 1000, // one week: no load test means more
};

// "500ms", "2s", "1.5m", "1h", or a bare number of seconds. From 0 to LL_DURATION_MAX_MS.
ll_err ll_text_parse_duration_ms(const char *text, uint64_t *out_ms);

// "300MB", "64 KB", "1GB", or a bare number of bytes (1 KB = 1000 B).
ll_err ll_text_parse_bytes(const char *text, uint64_t *out_bytes);
// A throughput in bytes a second: "200KB/s", "1.6Mbit/s" (8 bits a byte), or a bare number of bytes.
ll_err ll_text_parse_rate(const char *text, uint64_t *out_bytes_per_s);
// A whole number from `min` to `max`. `what` names it in the error: "--users".
ll_err ll_text_parse_uint(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *out_value);

// Microseconds for people, three significant digits: "812 µs", "34.5 ms", "1.84 s", "2 min 5 s".
void ll_text_duration_us(double us, char *out, size_t size);
// Bytes for people: "312 B", "48.2 KB", "1.03 MB" (1 KB = 1000 B).
void ll_text_bytes(double bytes, char *out, size_t size);
// A number without a unit for people: whole ones in full, others in four digits or without decimals, never with an
// exponent where it is 0.0001 or more: "12", "123457", "1.98".
void ll_text_number(double number, char *out, size_t size);

enum { LL_ISO_TIME_MAX = 32 };
// Unix time as ISO 8601 in UTC: "2026-11-23T14:32:00.000Z".
void ll_text_iso_time(uint64_t unix_ms, char out[LL_ISO_TIME_MAX]);

// Copies a text that came from elsewhere as a terminal and a page may show it: what is no UTF-8 and the control
// characters of C0, DEL and C1 become `?`, a tab a space. Cut between characters to `size` - 1 bytes. `out` may be
// `in`: the copy is never longer.
void ll_text_clean(const char *in, char *out, size_t size);

// The same in place for a text of several lines, which stay.
void ll_text_clean_lines(char *lines);

// The longest part of text[0..len) that has at most `max` bytes and ends with a whole UTF-8 character.
size_t ll_text_cut(const char *text, size_t len, size_t max);
// Whether there is a control character in it, ASCII's line ends and tabs included.
bool ll_text_has_control(const char *text);

// The candidate nearest to `wanted` by edit distance (Damerau-Levenshtein, adjacent swaps count one), or NULL
// when none is within a third of its length. `candidates` ends with NULL.
const char *ll_text_nearest(const char *wanted, const char *const *candidates);

#endif
