// Private to agent/http: libcurl's cookies to and from JSON, and what a request has changed of them.
#ifndef AGENT_HTTP_JAR_H
#define AGENT_HTTP_JAR_H

#include "libcommon/base/buf.h"
#include "libcommon/codec/json.h"

#include <curl/curl.h>
#include <stdbool.h>

enum { LL_JAR_COOKIES_MAX = 1000, LL_JAR_BYTES_MAX = 4 * 1024 * 1024 };

struct ll_jar {
    struct curl_slist *before; // what was put in, as libcurl understood it
    struct ll_buf same_sites;  // what Set-Cookie said of them, which libcurl forgets: pairs of name and SameSite
};

void ll_jar_init(struct ll_jar *jar);
void ll_jar_fini(struct ll_jar *jar);
// Empties the easy handle's cookies and puts these in.
void ll_jar_fill(struct ll_jar *jar, CURL *easy, const ll_json *cookies);
// The value of a Set-Cookie header.
void ll_jar_note(struct ll_jar *jar, const char *set_cookie, size_t len);
// As ll_http_take_cookies.
bool ll_jar_take_changes(struct ll_jar *jar, CURL *easy, struct ll_buf *out);

#endif
