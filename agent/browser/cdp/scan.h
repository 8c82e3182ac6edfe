// Reads what is wanted out of a DevTools message without building a tree of it.
//
// A page's traffic is mostly text that nobody asks about (headers, stacks), so a message is walked in place: no
// allocation, no recursion, bounded by its length. Damaged text reads as "nothing" and never past the end. Documents
// that a scenario keeps go through libcommon/codec/json.h. Any thread; no state.
#ifndef AGENT_BROWSER_CDP_SCAN_H
#define AGENT_BROWSER_CDP_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ll_slice { // the text of one JSON value; len 0 when there is none
    const char *at;
    size_t len;
};

// The values of `count` keys of an object, in one pass; keys that are missing give empty slices.
void ll_scan_members(struct ll_slice object, const char *const *keys, struct ll_slice *out, size_t count);
struct ll_slice ll_scan_get(struct ll_slice object, const char *key);
// Item `index` of an array.
struct ll_slice ll_scan_item(struct ll_slice array, size_t index);

bool ll_scan_is_string(struct ll_slice value, const char *text); // compares without unescaping
bool ll_scan_is_true(struct ll_slice value);
double ll_scan_number(struct ll_slice value, double otherwise);

// A string's text, unescaped, cut at a character to fit `size` with its terminator; "" when it is no string.
// Returns its length.
size_t ll_scan_text(struct ll_slice value, char *out, size_t size);
// How many bytes of UTF-8 a string's text has.
size_t ll_scan_text_bytes(struct ll_slice value);
// FNV-1a of the value's text, never 0: ids are compared by it.
uint64_t ll_scan_hash(struct ll_slice value);

#endif
