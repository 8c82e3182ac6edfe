// One user's HTTP client beside its browser: libcurl, driven by the loop. The only folder that includes libcurl.
//
// The loop's thread; nothing blocks, for names are looked up on a thread of libcurl's own. One request at a time.
// Connections are the user's own, as a browser context's are, and are kept for its next request. Each hop of a redirect
// is made here and not by libcurl, so that it is counted and timed as a request of its own, of the resource type `api`.
//
// The jar: cookies go in as JSON before a request, are sent and changed by it, and come out as JSON if anything
// changed. A cookie is { name, value, domain, path, secure, httpOnly, expires, sameSite }, as DevTools has it: a domain
// with a dot in front counts for what is below it too, `expires` is in seconds of Unix time, -1 until the browser ends.
#ifndef AGENT_HTTP_CLIENT_H
#define AGENT_HTTP_CLIENT_H

#include "agent/http/request.h"
#include "agent/telemetry/recorder.h"
#include "libcommon/base/buf.h"
#include "libcommon/codec/json.h"
#include "libcommon/model/spec.h"

struct ll_loop;
struct ll_http;

struct ll_http_options { // all borrowed for the client's life
    struct ll_loop *loop;
    struct ll_recorder *recorder;
    const struct ll_context_options *context; // certificates, credentials, headers, proxy, user agent and locale
};

// Never NULL.
struct ll_http *ll_http_new(const struct ll_http_options *options);
// Ends what is under way, untold.
void ll_http_free(struct ll_http **http);

// Makes a request. Answered by on_done, once, from the loop; except after ll_http_cancel and ll_http_free. The answer
// lives until the next call of begin, cancel or free.
void ll_http_begin(struct ll_http *http, const struct ll_http_request *request,
                   void (*on_done)(void *arg, const struct ll_http_answer *answer), void *arg);
void ll_http_cancel(struct ll_http *http);

// Fills the jar anew with an array of cookies; NULL empties it.
void ll_http_put_cookies(struct ll_http *http, const ll_json *cookies);
// Appends the array of cookies that differ since; what is gone has an `expires` in the past. False, and nothing
// appended, when nothing differs.
bool ll_http_take_cookies(struct ll_http *http, struct ll_buf *out);

#endif
