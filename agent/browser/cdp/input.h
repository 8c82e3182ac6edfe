// Real input events, through the browser's own input path (the DevTools Input domain). The events of one action are
// sent at once where nothing is to happen between them, and the page is done with them when the last is answered. The
// action ends with that answer, or goes on in `answered`.
#ifndef AGENT_BROWSER_CDP_INPUT_H
#define AGENT_BROWSER_CDP_INPUT_H

#include "agent/browser/cdp/client.h"
#include "libcommon/base/err.h"

struct ll_cdp_page;

enum { LL_CDP_DRAG_BYTES_MAX = 1024 * 1024 };

struct ll_cdp_input { // of the action in flight
    double x, y;      // where the pointer is
    uint32_t done;    // presses and releases that were sent
    const char *keys; // that are down
    size_t typed;     // bytes of the text
    bool has_paused;  // before what comes next
    void (*after_pause)(struct ll_cdp_page *page);
    ll_cdp_answered *answered;
};

// pointer.c: button, keys held, number of clicks and delay are those of the action's options.
void ll_cdp_pointer_click(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered);
void ll_cdp_pointer_hover(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered);
void ll_cdp_pointer_tap(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered);
// Takes up what is there and begins to move it; drops what was taken up; lets go of what was not there. A page may make
// it a drag with data of its own (HTML, 6.11), which the browser hands out instead of asking the desktop for it.
void ll_cdp_pointer_drag(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered);
void ll_cdp_pointer_drop(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered);
void ll_cdp_pointer_drag_began(struct ll_cdp_page *page, struct ll_slice params);
void ll_cdp_pointer_let_go(struct ll_cdp_page *page);

// keys.c
// Puts text in the place of what is selected; no text deletes it.
void ll_cdp_keys_insert(struct ll_cdp_page *page, const char *text, ll_cdp_answered *answered);
// LL_INVALID_ARGUMENT when there is no such key, and then nothing is sent.
ll_err ll_cdp_keys_check(const char *keys);
void ll_cdp_keys_press(struct ll_cdp_page *page, const char *keys, ll_cdp_answered *answered);
// The action's text, key by key; characters that no key has are inserted.
void ll_cdp_keys_type(struct ll_cdp_page *page, ll_cdp_answered *answered);
// Presses or releases modifiers: bits of Input.dispatchKeyEvent's.
void ll_cdp_keys_hold(struct ll_cdp_page *page, uint32_t modifiers);
// With one at least; the last of its events is answered to `answered`.
void ll_cdp_keys_release(struct ll_cdp_page *page, uint32_t modifiers, ll_cdp_answered *answered);

#endif
