// One request beside the browser, with the cookies of the user's context both ways: they are asked of its page, sent
// and changed by the request, and put back before the script goes on.
//
// One owner thread. The page's user passes on_done of the page to ll_http_call_on_done for as long as a call is under
// way, since the cookies are asked for with actions of the page.
#ifndef AGENT_USERS_HTTP_CALL_H
#define AGENT_USERS_HTTP_CALL_H

#include "agent/browser/connection.h"
#include "agent/http/client.h"

struct ll_http_call;

// A user's client, with what its requests keep from one to the next.
struct ll_http_call *ll_http_call_new(const struct ll_http_options *options);
void ll_http_call_free(struct ll_http_call **call);

// Begins; on_answer comes once, from the loop, unless it is cancelled. The answer lives until the call is used again.
void ll_http_call_begin(struct ll_http_call *call, struct ll_page *page, const struct ll_http_request *request,
                        void (*on_answer)(void *arg, const struct ll_http_answer *answer), void *arg);
void ll_http_call_on_done(struct ll_http_call *call, const struct ll_action_result *result);
// Also the action of the page that it may wait for; the page is not touched when it is lost.
enum ll_http_call_page { LL_HTTP_CALL_PAGE_IS_THERE, LL_HTTP_CALL_PAGE_IS_LOST };
void ll_http_call_cancel(struct ll_http_call *call, enum ll_http_call_page page);
bool ll_http_call_is_under_way(const struct ll_http_call *call); // NULL: it is not

#endif
