// The cookies of a context that has no browser: kept for requests that are made beside the page.
#ifndef AGENT_BROWSER_NULL_JAR_H
#define AGENT_BROWSER_NULL_JAR_H

#include "libcommon/codec/json.h"

enum { LL_NULL_COOKIES_MAX = 300, LL_NULL_JAR_BYTES_MAX = 1024 * 1024 };

// The array `old` (NULL: none) with the cookies of the JSON array `text` put in: one of the same name, domain and path
// gives way, and one that has expired goes. At most LL_NULL_COOKIES_MAX stay, the newest. A new array, or NULL when it
// would be longer than LL_NULL_JAR_BYTES_MAX or `text` is no array; `old` is then as it was, and freed otherwise.
ll_json *ll_null_jar_put(ll_json *old, const char *text);

#endif
