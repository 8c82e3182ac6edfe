// A scenario's context options, as the browser is told them: some with the making of a context, the others for each of
// its tabs before the first document.
//
// Shared by the files of this folder alone.
#ifndef AGENT_BROWSER_CDP_EMULATE_H
#define AGENT_BROWSER_CDP_EMULATE_H

#include "agent/browser/cdp/page.h"

// Appends the params of Target.createBrowserContext.
void ll_cdp_emulate_context(const struct ll_context_options *options, struct ll_buf *out);
// Begins Browser.grantPermissions for a context that has permissions; NULL when it has none.
struct ll_buf *ll_cdp_emulate_permissions(struct ll_cdp_page *page);
// Sends what a new tab needs. What the browser refuses is left in page->refusal by the time that later commands of the
// tab are answered.
void ll_cdp_emulate_tab(struct ll_cdp_tab *tab);
// The same for a worker, by its session, before its first line: what holds there too.
void ll_cdp_emulate_worker(struct ll_cdp_page *page, const char *session);

#endif
