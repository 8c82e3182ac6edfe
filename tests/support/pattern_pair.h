// string.find, match, gmatch and gsub as scenarios have them, beside Lua's own.
#ifndef TESTS_SUPPORT_PATTERN_PAIR_H
#define TESTS_SUPPORT_PATTERN_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Makes a call of one of them out of the bytes, and ends the process unless both give the same results or the same
// error. False when the call was not compared: it takes more steps than a script has, or the bytes make no call.
bool pattern_pair_compare(const uint8_t *data, size_t len);

#endif
