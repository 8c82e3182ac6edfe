// The workers of one user: dedicated, shared and service workers, each with a session of its own, whose requests and
// WebSockets are measured as those of pages are.
//
// The browser attaches us to each by itself and holds it until it is set up: to service and shared workers as to tabs
// (Target.setAutoAttach of the whole browser), to a dedicated worker through the session of the tab or worker that made
// it. So pages without workers pay nothing. The loop's thread.
#ifndef AGENT_BROWSER_CDP_WORKER_H
#define AGENT_BROWSER_CDP_WORKER_H

#include "agent/browser/cdp/scan.h"

#include <stdbool.h>
#include <stddef.h>

struct ll_cdp_page;
struct ll_cdp_tab;
struct ll_cdp_workers;

enum { LL_CDP_WORKERS_MAX = 100 }; // of one user; further ones count in `observations_lost`

// Whether a target of that type, a JSON string, is a worker.
bool ll_cdp_is_worker(struct ll_slice type);
// The tab, or the worker in that session, is to tell of the dedicated workers that it makes.
void ll_cdp_workers_watch(struct ll_cdp_page *page, const char *session);
// Target.attachedToTarget: in which session it was told (len 0: the browser's), and the new one.
void ll_cdp_worker_attached(struct ll_cdp_page *page, struct ll_slice teller, struct ll_slice session,
                            struct ll_slice type);
// The tab is new: workers of the user's that there are may answer its requests.
void ll_cdp_workers_serve(struct ll_cdp_tab *tab);
// The tab goes, and its dedicated workers with it.
void ll_cdp_workers_left(struct ll_cdp_tab *tab);
void ll_cdp_workers_free(struct ll_cdp_workers **workers);

#endif
