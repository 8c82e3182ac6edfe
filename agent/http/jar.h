// Private to agent/http: libcurl's cookies to and from JSON, what a request carries of them and has changed of them.
//
// libcurl reads Set-Cookie and keeps the cookies; which of them a request carries, and in which order, is decided here.
#ifndef AGENT_HTTP_JAR_H
#define AGENT_HTTP_JAR_H

#include "libcommon/base/buf.h"
#include "libcommon/codec/json.h"

#include <curl/curl.h>
#include <stdbool.h>

enum { LL_JAR_COOKIES_MAX = 1000, LL_JAR_BYTES_MAX = 4 * 1024 * 1024, LL_JAR_CARRIED_BYTES_MAX = 64 * 1024 };

struct ll_jar {
    struct curl_slist *before; // what was put in, as libcurl understood it
    struct curl_slist *out;    // what is taken out of libcurl while a request is sent; NULL: nothing is
    struct ll_buf same_sites;  // what Set-Cookie said of them, which libcurl forgets: pairs of name and SameSite
};

void ll_jar_init(struct ll_jar *jar);
void ll_jar_fini(struct ll_jar *jar);
// Empties the easy handle's cookies and puts these in.
void ll_jar_fill(struct ll_jar *jar, CURL *easy, const ll_json *cookies);
// What a request to this URL carries, as a Cookie header has it, up to LL_JAR_CARRIED_BYTES_MAX; NULL for nothing.
// `host` is what it says it is for, or NULL. Free it.
char *ll_jar_carried(CURL *easy, const char *url, const char *host);
// Takes the cookies out of libcurl, which would send them in an order of its own, and puts them back, for what the
// answer sets. Either does nothing when it is so already.
void ll_jar_take_out(struct ll_jar *jar, CURL *easy);
void ll_jar_put_back(struct ll_jar *jar, CURL *easy);
// The value of a Set-Cookie header.
void ll_jar_note(struct ll_jar *jar, const char *set_cookie, size_t len);
// As ll_http_take_cookies.
bool ll_jar_take_changes(struct ll_jar *jar, CURL *easy, struct ll_buf *out);

#endif
