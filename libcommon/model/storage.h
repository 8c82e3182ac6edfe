// A snapshot of what a browser context stores: cookies and local storage, as JSON in the shape that Playwright's
// storage state has, so that a login made there can be started from:
//
//     { "cookies": [ { "name", "value", "domain", "path", "expires", "httpOnly", "secure", "sameSite" } ],
//       "origins": [ { "origin": "https://shop.example", "localStorage": [ { "name", "value" } ] } ] }
//
// Any thread; no state.
#ifndef LIBCOMMON_MODEL_STORAGE_H
#define LIBCOMMON_MODEL_STORAGE_H

#include "libcommon/codec/json.h"

enum {
    LL_STORAGE_COOKIES_MAX = 1000,
    LL_STORAGE_ORIGINS_MAX = 16,
};

// LL_INVALID_ARGUMENT when it has another shape: the sentence names the part and quotes no value. An empty object
// stands for an empty list, since Lua does not tell them apart.
ll_err ll_storage_check(const ll_json *snapshot);

#endif
