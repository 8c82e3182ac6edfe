// The JavaScript world in which LiveLoad's script lives in each document (page/begin.js): an isolated one, beside the
// page's own, in which its scripts of scenarios are run (page/main/).
//
// A command that is for the world names its execution context. The script tells it as soon as a document is committed
// (observer.js); where it is asked before that has come, or in a frame, the browser is asked for it.
#ifndef AGENT_BROWSER_CDP_WORLD_H
#define AGENT_BROWSER_CDP_WORLD_H

#include "agent/browser/cdp/client.h"

#include <stdint.h>

#define LL_CDP_WORLD "liveload"

struct ll_cdp_page;
struct ll_cdp_tab;

// The browser puts both scripts into each new document of the tab from now on.
void ll_cdp_world_install(struct ll_cdp_tab *tab);
// Learns the tab's context if it is not known, and then calls `then`, at once or later: with the action in flight.
void ll_cdp_world_learn(struct ll_cdp_page *page, void (*then)(struct ll_cdp_page *page));
// Begins the command that asks for the context in a frame, and what its answer says; 0: nothing.
struct ll_buf *ll_cdp_world_begin(struct ll_cdp_page *page, const char *frame);
uint64_t ll_cdp_world_answer(const struct ll_cdp_answer *answer);

#endif
