// One tab of a user: a target of the browser with its session, and what is known of its document.
//
// tab.c hands its events on: to navigation.c, to network.c, to observer.c, or to the page it belongs to (page.h). Many
// of a tab's commands are sent for the page's action in flight; those here are the tab's own.
#ifndef AGENT_BROWSER_CDP_TAB_H
#define AGENT_BROWSER_CDP_TAB_H

#include "agent/browser/cdp/client.h"
#include "agent/browser/cdp/painter.h"
#include "agent/browser/cdp/parting.h"
#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stdint.h>
#include <uthash.h>

enum {
    LL_CDP_ID_MAX = 64,
    LL_URL_MAX = 2048,
    LL_LOADERS_KEPT = 4,
    LL_CDP_TABS_MAX = 20, // of one user
};

enum ll_cdp_tab_state {
    LL_CDP_TAB_OPENING, // it is held before its first document, and being set up
    LL_CDP_TAB_OPEN,
    LL_CDP_TAB_CLOSING, // it is no page of the user's any more, and stays until the browser says that it is gone
};

// What a window that is opened begins with.
enum ll_cdp_window {
    LL_CDP_WINDOW_UNKNOWN,
    LL_CDP_WINDOW_BLANK, // nothing, until a script fills it
    LL_CDP_WINDOW_LEADS, // a document from somewhere
};

struct ll_cdp_page;
struct ll_cdp_network;
struct ll_cdp_observer;

struct ll_cdp_tab {
    struct ll_cdp_page *page;
    struct ll_cdp_tab *prev, *next; // the page's tabs
    UT_hash_handle hh;              // those with a session, by it
    char target[LL_CDP_ID_MAX], session[LL_CDP_ID_MAX];
    enum ll_cdp_tab_state state;
    uint32_t call;             // of its set-up, or 0
    struct ll_cdp_tab *opener; // the tab whose page opened it as a window, while that is there; or NULL

    char url[LL_URL_MAX];              // of the main frame
    uint64_t loaders[LL_LOADERS_KEPT]; // the last documents' loader ids, newest first
    bool loaded;                       // the newest document's load event was seen
    bool parsed;                       // its DOMContentLoaded event was seen
    ll_err broken;                     // why that load event will not come; LL_OK: it may. See ll_cdp_tab_is_broken
    bool asked_away;                   // the document asked for another one, or for what is none
    bool was_interrupted;              // its loading was stopped from here
    uint32_t settling;                 // asks a document that stopped loading whether it leads on, or 0
    int64_t requested_us;              // when a request began or ended last
    bool navigating;                   // the main frame asked for another document and has not got it
    bool was_kept;                     // its document asked whether to be left, and was told not to be
    bool was_kept_once;                // the same, of any action since the document came
    uint64_t asked_url;                // hash of what it asked for last
    bool left_over;                    // that is of an earlier iteration
    uint64_t left_url;                 // hash of what is, and may become a download still; 0: nothing
    bool after_input;                  // no question was answered since the last click or key
    uint32_t probe;                    // asks a tab that was late whether it is alive, or 0
    int64_t probe_sent_us;             // 0: none is under way
    enum ll_cdp_window window;         // that its page opens next, which has not come yet
    uint64_t world;                    // the execution context of our script in its document; 0: not known yet
    struct ll_cdp_parting parting;
    struct ll_cdp_network *network;
    struct ll_cdp_easel easel;
    struct ll_cdp_observer *observer;
    // Takes the tab's events in place of all that otherwise does, or NULL.
    void (*listener)(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params);
};

// The last of the page's tabs; not the active one by itself.
struct ll_cdp_tab *ll_cdp_tab_new(struct ll_cdp_page *page);
// Takes it out of its page and of the connection's sessions.
void ll_cdp_tab_free(struct ll_cdp_tab *tab);
// Page.windowOpen and the new target may come in either order: each tells of the other's part what it knows.
void ll_cdp_tab_opened_by(struct ll_cdp_tab *tab, struct ll_cdp_tab *opener);
// The browser names no opener for what a link opens by the Control or Shift key or the middle button, which is the
// user's doing and leads somewhere. What a scenario opens has none either, and is told by the answer to it, which comes
// later.
void ll_cdp_tab_opened_by_link(struct ll_cdp_tab *tab);
void ll_cdp_tab_opened_by_scenario(struct ll_cdp_tab *tab);
// Its document will not load any more, and no other one is on its way.
bool ll_cdp_tab_is_broken(const struct ll_cdp_tab *tab);
void ll_cdp_tab_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params);
// What the Network domain tells of a request or WebSocket of the tab, in its own session or a worker's (`teller`,
// see ll_cdp_network_event).
void ll_cdp_tab_request(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params, const void *teller);
// Requests of the tab have ended with the worker that made them.
void ll_cdp_tab_requests_ended(struct ll_cdp_tab *tab);
// Ends what the tab may be busy with: a load, and a script that would hold up every action after this one. A tab that
// is late again before it has answered after that hangs.
void ll_cdp_tab_interrupt(struct ll_cdp_tab *tab);
// Once a second: tries again to free a tab that does not answer.
void ll_cdp_tab_interrupt_again(struct ll_cdp_tab *tab, int64_t now_us);

#endif
