// Closes the windows that pages open, so that they do not pile up: a user has one page.
//
// The browser says that a page opens a window before the window exists, and attaching to windows as they appear
// (Target.setAutoAttach) holds up the script that opened them. So a short while after such a word, and once more later,
// the browser is asked which pages it has, and those that are no user's are closed.
#ifndef AGENT_BROWSER_CDP_POPUPS_H
#define AGENT_BROWSER_CDP_POPUPS_H

#include "agent/browser/cdp/page.h"

struct ll_cdp_popups;

struct ll_cdp_popups *ll_cdp_popups_new(struct ll_cdp_connection *connection);
void ll_cdp_popups_free(struct ll_cdp_popups **popups);
// A page opens a window.
void ll_cdp_popups_expect(struct ll_cdp_popups *popups);
// The browser is gone, and its windows with it.
void ll_cdp_popups_reset(struct ll_cdp_popups *popups);

#endif
