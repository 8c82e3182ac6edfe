// Private to agent/http: why a request got no answer, by the names that Chromium gives the same reasons, so that a
// result has one row for what is one trouble.
#ifndef AGENT_HTTP_ERRORS_H
#define AGENT_HTTP_ERRORS_H

#include "libcommon/base/err.h"

#include <curl/curl.h>
#include <stdbool.h>

// What libcurl says of a hop that failed.
struct ll_http_trouble {
    CURLcode code;
    long os_error;          // an errno, or 0
    long verify_result;     // of OpenSSL, 0 when it found nothing wrong with the certificate
    bool has_large_headers; // more than LL_HTTP_HEADERS_MAX, which is Chromium's limit too
    bool is_chunked;        // the answer had begun, and is
    bool is_web;            // the URL is of http or https
    const char *words;      // libcurl's own; never shown, they differ between versions
};

// "net::ERR_CONNECTION_REFUSED".
const char *ll_http_error_name(const struct ll_http_trouble *trouble);
// The same as a sentence for whoever wrote the scenario.
ll_err ll_http_error(const struct ll_http_trouble *trouble);

#endif
