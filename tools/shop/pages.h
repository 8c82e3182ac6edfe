// The shop's pages: a request in, a response out; nothing here knows of sockets.
#ifndef TOOLS_SHOP_PAGES_H
#define TOOLS_SHOP_PAGES_H

#include "libcommon/base/buf.h"
#include "tools/shop/knobs.h"
#include "tools/shop/store.h"

#include <stdbool.h>

enum { SHOP_BODY_MAX = 16 * 1024, SHOP_QUERY_MAX = 1024, SHOP_PAGE_MAX = 4 * 1024 * 1024 };

struct request {
    bool is_post;
    char path[SHOP_PATH_MAX];
    char query[SHOP_QUERY_MAX];          // "q=mug&page=2", undecoded
    char session_id[LL_TOKEN_CHARS + 1]; // from the cookie, or ""
    const char *body;                    // of a POST, undecoded form
};

struct response {
    int status;
    const char *content_type;
    struct ll_buf body;
    char location[SHOP_PATH_MAX];         // of a redirect
    char set_session[LL_TOKEN_CHARS + 1]; // a cookie to set, or ""
    bool cacheable;
};

struct live_socket;

enum { SHOP_REFUSALS_MAX = 32, LIVE_POLLS_MAX = 64, LIVE_POLL_TOKEN = 32 };

struct shop {
    struct store store;
    struct knobs knobs;
    struct live_socket *live_sockets; // the live pages that are connected
    size_t live_socket_count;
    struct live_refusal { // while it lasts no live page connects
        char session_id[LL_TOKEN_CHARS + 1];
        int64_t from_us, until_us;
    } refusals[SHOP_REFUSALS_MAX]; // a ring
    size_t next_refusal;
    struct live_poll { // a page that is connected by long-polling
        char token[LIVE_POLL_TOKEN];
        struct live_socket *socket; // NULL: free
    } polls[LIVE_POLLS_MAX];        // a ring
    size_t next_poll;
};

// Fills `out`; its body was made by the caller.
void pages_answer(struct shop *shop, const struct request *request, struct response *out);
// The page for a status the knobs asked for.
void pages_failure(int status, struct response *out);

#endif
