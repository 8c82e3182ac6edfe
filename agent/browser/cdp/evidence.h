// Captures of pages (agent/browser/capture.h), over DevTools.
#ifndef AGENT_BROWSER_CDP_EVIDENCE_H
#define AGENT_BROWSER_CDP_EVIDENCE_H

#include "agent/browser/capture.h"
#include "agent/browser/cdp/client.h"

#include <stdbool.h>

struct ll_cdp_page;
struct ll_cdp_evidence;

// Captures the active tab, and answers with the page's on_captured; not from inside. It takes the place of one that is
// under way, which is not told any more.
void ll_cdp_evidence_begin(struct ll_cdp_page *page, const struct ll_capture_request *request);
// Ends it untold: the page goes. NULL is fine.
void ll_cdp_evidence_cancel(struct ll_cdp_evidence *evidence);
// An event of a session that is no tab's. Whether it was the capture's.
bool ll_cdp_evidence_event(struct ll_cdp_evidence *evidence, enum ll_cdp_event event, struct ll_slice session,
                           struct ll_slice params);
// Tells what is known of a page that is gone without asking it.
void ll_cdp_evidence_of_lost(const struct ll_cdp_page *page, ll_err why);

#endif
