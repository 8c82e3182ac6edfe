// A user's context between two iterations: kept, emptied, made anew because its options say so, or recycled because it
// or its browser has grown.
//
//   The page goes first, as a tab that a person closes: parting.h.
//
//   CLEAN    everything stored, the cache and the history cleared: one context, a fifth of the cost.
//            A user with several tabs, or with a page that does not leave, gets a new context instead.
//   FRESH    a new context; the old one goes first.
//   recycled a new context that starts with the cookies and the local storage of the old one, unless it is to be clean
//            or fresh anyway.
//
// Shared by the files of this folder alone.
#ifndef AGENT_BROWSER_CDP_RENEWAL_H
#define AGENT_BROWSER_CDP_RENEWAL_H

#include <stdbool.h>
#include <stdint.h>

struct ll_cdp_page;

enum ll_cdp_due { LL_CDP_DUE_NOT, LL_CDP_DUE_STATED, LL_CDP_DUE_ITERATIONS, LL_CDP_DUE_MEMORY, LL_CDP_DUE_BROWSER };

struct ll_cdp_renewal { // of a page
    enum ll_cdp_due due;
    uint64_t iterations; // since the context was made or was to be recycled
    uint64_t bytes;      // that the page's scripts held when it was last looked
    int64_t next_look_us;
    uint32_t look;     // the question for it under way, or 0
    char *kept;        // owned; a snapshot for the context that is made; NULL: none
    bool is_asked;     // the old context, for its last words
    bool is_cleaning;  // the old context, with `pending` answers to come
    bool is_abandoned; // the old context stays as it is
    int pending;
};

void ll_cdp_renewal_fini(struct ll_cdp_page *page);
// An iteration has ended: whether the page must be renewed. Its browser is there.
bool ll_cdp_renewal_is_due(struct ll_cdp_page *page);
// Answers with ll_cdp_connection_page_opened.
void ll_cdp_renewal_begin(struct ll_cdp_page *page);
// The page is to be closed. True when it goes already, and is freed then.
bool ll_cdp_renewal_closes(struct ll_cdp_page *page);
// What a new context starts with: what was kept, or the scenario's own snapshot; NULL: nothing.
const char *ll_cdp_renewal_storage(const struct ll_cdp_page *page);
// The page's time to open is over. True when that was a renewal's, which goes another way.
bool ll_cdp_renewal_is_late(struct ll_cdp_page *page);
// A new context is about to be made: all begins anew, but for what was kept for it.
void ll_cdp_renewal_reset(struct ll_cdp_page *page);
// What was kept is in the new context.
void ll_cdp_renewal_forget(struct ll_cdp_page *page);

#endif
