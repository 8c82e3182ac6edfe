// What the scenario's `requests.block` keeps a user's tabs and workers from asking for. The loop's thread.
#ifndef AGENT_BROWSER_CDP_BLOCK_H
#define AGENT_BROWSER_CDP_BLOCK_H

struct ll_cdp_page;

// To be sent to a new session before it runs. Nothing is sent where nothing is blocked.
void ll_cdp_block_in_tab(struct ll_cdp_page *page, const char *session);
void ll_cdp_block_in_worker(struct ll_cdp_page *page, const char *session);

#endif
