//   IDLE --begin--> ASKING --cookies--> REQUESTING --answer--> PUTTING --put--> IDLE, told
//                      |                    |
//                      |                    +--no cookie has changed--> IDLE, told
//                      +--no cookies are to be had--> IDLE, told of it
//
// Cookies that cannot be put back leave the answer as it is: it is what the site said.
#include "agent/users/http_call.h"

#include "libcommon/base/alloc.h"

#include <stdlib.h>

enum { COOKIES_BYTES_MAX = 4 * 1024 * 1024 };

struct ll_http_call {
    struct ll_http *http;
    enum { IDLE, ASKING, REQUESTING, PUTTING } state;
    struct ll_page *page;
    struct ll_http_request request;
    const struct ll_http_answer *answer; // the client's
    struct ll_http_answer failure;       // of a call that got no further than the cookies
    struct ll_buf cookies;               // on their way to the page
    void (*on_answer)(void *arg, const struct ll_http_answer *answer);
    void *arg;
};

struct ll_http_call *ll_http_call_new(const struct ll_http_options *options) {
    struct ll_http_call *call = ll_alloc(1, sizeof *call);
    call->http = ll_http_new(options);
    call->cookies = ll_buf_make(COOKIES_BYTES_MAX);
    return call;
}

void ll_http_call_free(struct ll_http_call **call) {
    if (!*call) return;
    ll_http_free(&(*call)->http);
    ll_buf_fini(&(*call)->cookies);
    free(*call);
    *call = NULL;
}

static void act(struct ll_http_call *call, enum ll_operation operation, const char *argument) {
    struct ll_action action = {.operation = operation, .argument = argument, .timeout_ms = LL_ACTION_TIMEOUT_MS};
    call->page->connection->ops->perform(call->page, &action);
}

static void tell(struct ll_http_call *call, const struct ll_http_answer *answer) {
    call->state = IDLE;
    ll_buf_fini(&call->cookies);
    call->on_answer(call->arg, answer);
}

void ll_http_call_begin(struct ll_http_call *call, struct ll_page *page, const struct ll_http_request *request,
                        void (*on_answer)(void *arg, const struct ll_http_answer *answer), void *arg) {
    call->state = ASKING;
    call->page = page;
    call->request = *request;
    call->on_answer = on_answer;
    call->arg = arg;
    act(call, LL_OP_COOKIES, NULL);
}

static void on_response(void *arg, const struct ll_http_answer *answer) {
    struct ll_http_call *call = arg;
    call->answer = answer;
    call->cookies = ll_buf_make(COOKIES_BYTES_MAX);
    if (!ll_http_take_cookies(call->http, &call->cookies) || call->cookies.overflowed) {
        tell(call, answer);
        return;
    }
    call->state = PUTTING;
    act(call, LL_OP_PUT_COOKIES, ll_buf_str(&call->cookies));
}

void ll_http_call_on_done(struct ll_http_call *call, const struct ll_action_result *result) {
    if (call->state == PUTTING) {
        tell(call, call->answer);
        return;
    }
    if (result->err.status != LL_OK) {
        call->failure = (struct ll_http_answer){
            .err = ll_err_in(result->err, "the page's cookies"), .url = call->request.url, .body = ""};
        tell(call, &call->failure);
        return;
    }
    call->state = REQUESTING;
    ll_http_put_cookies(call->http, result->value);
    ll_http_begin(call->http, &call->request, on_response, call);
}

void ll_http_call_cancel(struct ll_http_call *call, enum ll_http_call_page page) {
    if (!ll_http_call_is_under_way(call)) return;
    if (call->state != REQUESTING && page == LL_HTTP_CALL_PAGE_IS_THERE)
        call->page->connection->ops->perform_cancel(call->page);
    ll_http_cancel(call->http);
    call->state = IDLE;
}

bool ll_http_call_is_under_way(const struct ll_http_call *call) {
    return call && call->state != IDLE;
}
