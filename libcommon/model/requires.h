// Private to libcommon/model: which modules a Lua source names in `require`.
//
// Any thread; no state.
#ifndef LIBCOMMON_MODEL_REQUIRES_H
#define LIBCOMMON_MODEL_REQUIRES_H

#include <stddef.h>

// Calls `visit` for each `require "name"`, `require 'name'` and `require("name")` outside comments and strings. A
// name that is put together while running is not seen. Names longer than 200 bytes, and with escapes in them, are
// left out.
void ll_requires_scan(const char *source, size_t len, void (*visit)(void *arg, const char *name), void *arg);

#endif
