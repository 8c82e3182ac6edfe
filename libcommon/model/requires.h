// What a Lua source names in calls of `require`, `csv`, `json`, `file` and `secret`: the modules and files that belong
// to a scenario, and the secrets that it asks for.
//
// Any thread; no state.
#ifndef LIBCOMMON_MODEL_REQUIRES_H
#define LIBCOMMON_MODEL_REQUIRES_H

#include <stddef.h>

struct ll_named {         // borrowed for the call
    const char *function; // "require", "csv", "json", "secret" or "file"
    const char *name;
    unsigned line; // of the name, from 1
};

// Calls `visit` for each `require "name"`, `require 'name'` and `require("name")` outside comments and strings, and
// likewise for the others, which may be fields (`ll.csv "name"`) but not methods; `file` must be one. A name that is
// put together while running is not seen. Names longer than 200 bytes, and with escapes in them, are left out.
void ll_requires_scan(const char *source, size_t len, void (*visit)(void *arg, const struct ll_named *named),
                      void *arg);

#endif
