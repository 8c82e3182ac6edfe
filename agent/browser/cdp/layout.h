// Which key of a keyboard types a character. Keyboards differ by country, and pages look at `code`, where a key is, and
// at `key`, what it types.
#ifndef AGENT_BROWSER_CDP_LAYOUT_H
#define AGENT_BROWSER_CDP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

enum { LL_CDP_CHARACTER_BYTES = 5 }; // of UTF-8, and its end

struct ll_cdp_stroke {
    const char *code; // the DOM's
    int virtual_key;  // Windows' number, which pages see as `keyCode`
    char plain[LL_CDP_CHARACTER_BYTES], shifted[LL_CDP_CHARACTER_BYTES]; // what the key types; "": nothing
};

// The key of the locale's keyboard, or else of the American one, that types the character of that many bytes; false
// when none does. `locale` is a language tag or NULL.
bool ll_cdp_layout_find(const char *locale, const char *character, size_t len, struct ll_cdp_stroke *out);

#endif
