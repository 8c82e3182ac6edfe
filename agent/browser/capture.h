// What can be told of a page at one moment, for whoever looks at a failure later: a picture, its HTML, its console, the
// requests it made last. Plain data.
#ifndef AGENT_BROWSER_CAPTURE_H
#define AGENT_BROWSER_CAPTURE_H

#include "libcommon/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LL_CAPTURE_PICTURE = 1,
    LL_CAPTURE_HTML = 2, // and with it the URL
    LL_CAPTURE_CONSOLE = 4,
    LL_CAPTURE_VISIBLE =
        8, // all text that a picture would show, to look for secrets in it; none, when all cannot be had
};

enum {
    LL_CAPTURE_TIMEOUT_MS = 3000,             // of all of it, unless told otherwise
    LL_CAPTURE_PICTURE_MAX = 2 * 1024 * 1024, // bytes; a larger one is left out
    LL_CAPTURE_SIDE_MAX = 1600,               // pixels; a larger picture is scaled down
    LL_CAPTURE_HTML_MAX = 512 * 1024,         // characters; the rest is cut
    LL_CAPTURE_CONSOLE_LINES_MAX = 50,        // the last ones
    LL_CAPTURE_CONSOLE_LINE_MAX = 500,        // bytes
    LL_CAPTURE_CONSOLE_MAX = 32 * 1024,       // bytes
    LL_CAPTURE_REQUESTS_MAX = 20,             // the last ones
};

struct ll_capture_request {
    unsigned what;       // of the above
    uint32_t timeout_ms; // 0: LL_CAPTURE_TIMEOUT_MS
};

// Borrowed for the call. What is missing has length 0 or is "".
struct ll_capture {
    const char *url;
    const void *picture; // JPEG
    size_t picture_bytes;
    const char *html;
    size_t html_bytes;
    const char *visible;
    size_t visible_bytes;
    const char *console;  // lines, oldest first: "error: Uncaught TypeError: …"
    const char *requests; // lines, oldest first: "GET 200 34 ms http://…"; without their queries
    ll_err err;           // why something that was asked for is missing; LL_OK: nothing is
};

#endif
