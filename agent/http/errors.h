// Private to agent/http: why a request got no answer, by the names that Chromium gives the same reasons, so that a
// result has one row for what is one trouble.
#ifndef AGENT_HTTP_ERRORS_H
#define AGENT_HTTP_ERRORS_H

#include "libcommon/base/err.h"

#include <curl/curl.h>

// "net::ERR_CONNECTION_REFUSED". `os_error` is an errno, or 0.
const char *ll_http_error_name(CURLcode code, long os_error);
// The same as a sentence for whoever wrote the scenario.
ll_err ll_http_error(CURLcode code, long os_error);

#endif
