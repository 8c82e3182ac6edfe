#include "tools/shop/server.h"

#include <stdio.h>
#include <string.h>

enum { TICK_US = 1000 * 1000, PIECES = 4211, PENDING_MAX = 100 };

int stock_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    struct stock *stock = user;
    unsigned char message[LWS_PRE + 80];
    (void)in;
    // lws knows a hundred reasons; this protocol answers to four
    if (reason == LWS_CALLBACK_ESTABLISHED || reason == LWS_CALLBACK_TIMER) {
        if (stock->pending < PENDING_MAX) stock->pending++;
        lws_set_timer_usecs(wsi, TICK_US);
        lws_callback_on_writable(wsi);
    } else if (reason == LWS_CALLBACK_RECEIVE) {
        if (len > 0 && stock->pending < PENDING_MAX) stock->pending++;
        lws_callback_on_writable(wsi);
    } else if (reason == LWS_CALLBACK_SERVER_WRITEABLE && stock->pending > 0) {
        stock->pending--;
        int used = snprintf((char *)message + LWS_PRE, sizeof message - LWS_PRE, "{\"stock\":%u,\"count\":%u}",
                            PIECES - stock->count % 100, stock->count);
        stock->count++;
        if (lws_write(wsi, message + LWS_PRE, (size_t)used, LWS_WRITE_TEXT) < 0) return -1;
        if (stock->pending > 0) lws_callback_on_writable(wsi);
    }
    return 0;
}
