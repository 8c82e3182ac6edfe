// Answers HTTP authentication of the site and of a proxy.
//
// DevTools tells of a challenge only while it also stops every request of the same pattern, at a round trip each. So
// requests are stopped until the first challenge was answered and what it was for came through: Chromium keeps the
// credentials from then on, and sends them by itself. A refusal (401, 407) that comes later has them stopped again.
//
// A site's credentials go to one origin: the scenario's, or that of its first navigation; whoever else asks gets none.
// Shared by the files of this folder alone.
#ifndef AGENT_BROWSER_CDP_AUTH_H
#define AGENT_BROWSER_CDP_AUTH_H

#include "libcommon/model/context.h"

#include "agent/browser/cdp/client.h"

struct ll_cdp_page;
struct ll_cdp_tab;

enum ll_cdp_auth_state {
    LL_CDP_AUTH_NONE,    // there are no credentials, or no origin yet
    LL_CDP_AUTH_WATCHES, // requests are stopped
    LL_CDP_AUTH_OFFERED, // the same, and credentials were given
    LL_CDP_AUTH_SETTLED,
};

struct ll_cdp_auth { // of a page
    enum ll_cdp_auth_state site, proxy;
    char origin[LL_ORIGIN_MAX];
    uint64_t offered[2]; // hashes of the last requests that got credentials, of site and proxy
};

// A new tab, after it was set up.
void ll_cdp_auth_begin(struct ll_cdp_tab *tab);
// The scenario navigates.
void ll_cdp_auth_navigates(struct ll_cdp_page *page, const char *url);
// FETCH_REQUEST_PAUSED, FETCH_AUTH_REQUIRED, and RESPONSE_RECEIVED of every tab.
void ll_cdp_auth_event(struct ll_cdp_tab *tab, enum ll_cdp_event event, struct ll_slice params);

#endif
