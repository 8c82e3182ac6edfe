// Keeps secrets out of everything a program writes: the values it must never show, and a pass over a text that puts
// "***" in their place. The same pass cuts user and password out of URLs, which are secrets without being declared.
//
// One set for the whole process, as the log is; the owner's thread. Whoever learns a secret adds it; whoever writes a
// text that came from a scenario or a page (log lines, sentences of failures, HTML, console, URLs) passes it through.
// A value is also known as a page or a program would spell it, each of its characters in a URL's percent encoding, in a
// form's, in HTML or in JSON. A text must be passed before it is cut; what was cut before it came here is found at its
// end by the part that is left.
#ifndef LIBCOMMON_BASE_REDACT_H
#define LIBCOMMON_BASE_REDACT_H

#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LL_REDACT_VALUE_MIN = 4, // bytes: a shorter value would be found in every other word
    LL_REDACT_VALUE_MAX = 16 * 1024,
    LL_REDACT_VALUES_MAX = 1000,
};

// Remembers a value. LL_INVALID_ARGUMENT when it is shorter or longer than a secret may be, LL_RESOURCE_EXHAUSTED when
// there are too many. A value that is known already is fine.
ll_err ll_redact_add(const char *value, size_t len);
// Forgets them all, and wipes their memory.
void ll_redact_clear(void);
// Whether there are values to look for.
bool ll_redact_is_needed(void);

// Replaces in place; the text never gets longer. Returns its new length.
size_t ll_redact(char *data, size_t len);
// The same for a text with its terminator; NULL is fine.
void ll_redact_text(char *text);
// Whether a secret stands in there.
bool ll_redact_finds(const char *data, size_t len);

#endif
