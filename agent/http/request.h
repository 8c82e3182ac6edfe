// A request that a scenario makes beside the browser, and its answer, as plain data.
#ifndef AGENT_HTTP_REQUEST_H
#define AGENT_HTTP_REQUEST_H

#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_HTTP_TIMEOUT_MS = 30 * 1000, // unless the scenario says otherwise
    LL_HTTP_BODY_MAX = 8 * 1024 * 1024,
    LL_HTTP_HEADERS_MAX = 256 * 1024, // bytes of an answer's headers
    LL_HTTP_URL_MAX = 8 * 1024,
    LL_HTTP_REDIRECTS_MAX = 20,
};

struct ll_http_header {
    const char *name, *value;
};

struct ll_http_request {   // borrowed texts: they live until the request is answered or cancelled
    const char *operation; // as results name it: "http:get"
    const char *method;
    const char *url;
    const struct ll_http_header *headers;
    size_t header_count;
    const char *body; // NULL: none
    size_t body_len;
    uint32_t timeout_ms; // of the whole, redirects and all
    bool follows_redirects;
};

// `err` is LL_OK whatever the status, or:
//   LL_DEADLINE_EXCEEDED    the answer did not come in time
//   LL_UNAVAILABLE          it did not come at all; the sentence has Chromium's name for the reason
//   LL_RESOURCE_EXHAUSTED   it is over one of the limits above
// Sentences hold no URL and no header: those may have secrets in them.
struct ll_http_answer { // its texts are the client's, until it is used again
    ll_err err;
    int status;
    const char *url;                      // of the answer, after redirects
    const struct ll_http_header *headers; // names in small letters; in the order they came
    size_t header_count;
    const char *body;
    size_t body_len;
};

#endif
