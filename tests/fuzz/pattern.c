// Any bytes as a text and a pattern, for scenarios' string functions and for Lua's own.
//
// Ten million of them, before a change of the matcher lands: tools/fuzz --runs 10000000 pattern
#include "tests/fuzz/fuzz.h"
#include "tests/support/pattern_pair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    pattern_pair_compare(data, len);
    return 0;
}
