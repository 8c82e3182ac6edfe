// Long-polling, /live/longpoll: what Phoenix's client falls back to where WebSockets are refused.
//
// Source: Phoenix.Transports.LongPoll and the client's longpoll.js. A GET without a token that is known is answered
// with one (status 410, which opens the client's connection); one with a token with the messages that are due, or,
// after LIVE_POLL_MS without any, with status 204. A POST brings messages, a line each. One owner, the loop's thread.
#ifndef TOOLS_SHOP_LIVE_POLL_H
#define TOOLS_SHOP_LIVE_POLL_H

#include "tools/shop/pages.h"

#include <stdbool.h>

enum { LIVE_POLL_MS = 2000, LIVE_POLL_LOOK_MS = 20 };

bool live_poll_is(const struct request *request);
// False when there is nothing to say yet: it is asked again, with `is_late` once LIVE_POLL_MS have passed.
bool live_poll_answer(struct shop *shop, const struct request *request, bool is_late, struct response *out);

// Ends all of them, before the shop's store does.
void live_poll_end(struct shop *shop);

#endif
