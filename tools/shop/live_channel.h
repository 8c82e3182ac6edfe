// A live view that a page has joined over its channel: messages of the page in, messages for it out.
//
// One owner, no sockets, no clock: whoever carries the messages makes them late, or loses them, as the knobs say.
//
// The protocol is what LiveView's client takes (phoenix_live_view, assets/js/phoenix_live_view/view.ts): a join is
// answered with {"rendered": tree, "liveview_version"}, an event with {"diff": …}, and with "live_patch",
// "live_redirect" or "redirect" where the view goes elsewhere; what nobody asked for comes as messages of those names.
#ifndef TOOLS_SHOP_LIVE_CHANNEL_H
#define TOOLS_SHOP_LIVE_CHANNEL_H

#include "tools/shop/live_view.h"
#include "tools/shop/phoenix.h"

// Where a channel's messages go, each the text of one frame; the receiver owns it.
struct live_outlet {
    void *arg;
    void (*send)(void *arg, struct ll_buf take_message);
};

enum { LIVE_MESSAGE_MAX = 4 * 1024 * 1024 };

struct live_channel {
    char topic[PHX_NAME_MAX], join_ref[PHX_NAME_MAX];
    char session_id[LL_TOKEN_CHARS + 1];
    const struct live_view *view;
    void *state;
    struct live_page page;
    struct live_tree trees[2]; // the last rendering and the one before
    int newest;
    char sent_title[LIVE_TITLE_MAX];
};

// The view that a join's "url" or "redirect" asks for, or that of a live_patch's "url"; NULL when there is none.
const struct live_view *live_channel_wanted(const struct phx_message *message);

// Answers a join. Returns the channel, or NULL when the answer is an error or sends the page elsewhere. `session_id` is
// that of the socket's cookie.
struct live_channel *live_channel_join(struct shop *shop, const char *session_id, const struct phx_message *join,
                                       const struct live_outlet *outlet);
// Calls the view's leave, and frees.
void live_channel_free(struct live_channel **channel);

// Answers any other message. False when the view is gone: it redirected over HTTP, or its session is no more.
bool live_channel_message(struct live_channel *channel, const struct phx_message *message,
                          const struct live_outlet *outlet);
// Has the view's own clock tick, or shows it the news of another page: says what changed, if anything. False as above.
bool live_channel_tick(struct live_channel *channel, const struct live_outlet *outlet);
bool live_channel_refresh(struct live_channel *channel, const struct live_outlet *outlet);
// The last words of a view: "phx_close", or "phx_error" after which the client joins again, a second later at first.
void live_channel_bye(const struct live_channel *channel, const char *event, const struct live_outlet *outlet);

#endif
