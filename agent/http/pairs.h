// Private to agent/http: a list of names with their values in one buffer, NAME, NUL, VALUE, NUL …, of what a site sent.
//
// One owner. The buffer's maximum limits the list: a pair that does not fit is left out whole, and shows in
// pairs->overflowed; nothing is added after that.
#ifndef AGENT_HTTP_PAIRS_H
#define AGENT_HTTP_PAIRS_H

#include "libcommon/base/buf.h"

#include <stdbool.h>
#include <stddef.h>

// Neither text holds a NUL.
void ll_pairs_add(struct ll_buf *pairs, const char *name, size_t name_len, const char *value, size_t value_len);
// The pairs in the order they came: `*position` starts as 0, false ends. The texts are the buffer's.
bool ll_pairs_next(const struct ll_buf *pairs, size_t *position, const char **out_name, const char **out_value);

#endif
