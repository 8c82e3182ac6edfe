// Live views: pages that are rendered on the server and kept up to date over a channel, as Phoenix LiveView does it.
//
// A view is a table of functions over a state of its own; live_channel calls them as LiveView calls the callbacks of
// the same names: mount and params when the page is asked for, by HTTP first and then by the channel, event for what a
// person did, tick for the view's own clock, and render after each of them and when another page has news. Everything
// here is for the owner of the shop; a view keeps no pointer to its page or session.
#ifndef TOOLS_SHOP_LIVE_VIEW_H
#define TOOLS_SHOP_LIVE_VIEW_H

#include "tools/shop/live_tree.h"
#include "tools/shop/pages.h"

#include <stdbool.h>

enum {
    LIVE_TITLE_MAX = 80,
    LIVE_FLASH_MAX = 120,
    LIVE_URL_MAX = 512,
    LIVE_EVENTS_MAX = 4096, // bytes that a view pushes at once
    LIVE_TICK_MIN_MS = 5,
    LIVE_TICK_MAX_MS = 60 * 1000,
};

struct live_event {
    const char *name;
    const ll_json *value; // of a click or key: an object of texts; NULL for a form
    const char *form;     // of a form: undecoded; "" for others
};

enum live_move {
    LIVE_STAY,
    LIVE_PATCH,    // the same view with other params
    LIVE_NAVIGATE, // another view over the same socket
    LIVE_REDIRECT, // another page over HTTP
};

// One page of one user: what a view reads of it, and what it asks for with the functions below.
struct live_page {
    struct shop *shop;
    struct session *session; // valid during the call
    bool is_connected;       // false while the page is rendered for HTTP
    char title[LIVE_TITLE_MAX];
    char flash[LIVE_FLASH_MAX]; // shown until it is cleared; survives one navigation
    uint32_t tick_ms;           // how often tick is called, 0 for not at all; set by mount or params
    enum live_move move;
    bool replaces; // the history's entry instead of a new one
    char to[LIVE_URL_MAX];
    struct ll_buf events; // of live_push, as the elements of a JSON array
    bool has_news;        // which the other pages of the same view show: they are rendered again
};

struct live_view {
    const char *path;
    const char *title;
    const char *live_session; // views of one can be navigated between without HTTP
    size_t state_size;
    void (*mount)(struct live_page *page, void *state);                                 // `state` is zeroed
    void (*params)(struct live_page *page, void *state, const char *query);             // may be NULL
    void (*event)(struct live_page *page, void *state, const struct live_event *event); // may be NULL
    void (*tick)(struct live_page *page, void *state);                                  // may be NULL
    void (*render)(const struct live_page *page, const void *state, struct live_tree *tree);
    void (*leave)(struct live_page *page, void *state); // connected pages only; may be NULL
};

// Every view; ends with NULL.
const struct live_view *const *live_views(void);
// The view of that path, or NULL.
const struct live_view *live_view_find(const char *path);

// For the views:
void live_title(struct live_page *page, const char *title);
void live_flash(struct live_page *page, const char *text);
void live_go(struct live_page *page, enum live_move move, const char *to);
// Sends the page's scripts the event "phx:NAME" with {KEY: value}.
void live_push(struct live_page *page, const char *name, const char *key, const char *value);
// Has the view tick as "every" of its query says, in milliseconds: 0 for never, else at least LIVE_TICK_MIN_MS.
void live_tick_every(struct live_page *page, const char *query, uint32_t otherwise_ms);
// A member of a click's or key's value, or "".
const char *live_value(const struct live_event *event, const char *key);

#endif
