// What a context stores, read and written: snapshots of cookies and local storage (libcommon/model/storage.h), and
// their end.
//
// Local storage can only be reached by a page of its origin. A tab that shows one is asked; for the others a hidden tab
// opens each origin with an empty document that never leaves this machine: its requests are answered here.
// Shared by the files of this folder alone.
#ifndef AGENT_BROWSER_CDP_STORAGE_H
#define AGENT_BROWSER_CDP_STORAGE_H

#include "agent/browser/cdp/client.h"
#include "libcommon/model/context.h"
#include "libcommon/model/storage.h"

struct ll_cdp_page;
struct ll_cdp_tab;
struct ll_cdp_storage_job; // one at a time per page

struct ll_cdp_storage {                    // of a page
    char *origins[LL_STORAGE_ORIGINS_MAX]; // owned; those that its tabs have shown, whose local storage may hold
                                           // something
    size_t origin_count;
    bool has_more; // than are kept
    struct ll_cdp_storage_job *job;
};

// Called once, unless the job is cancelled; with an error also from inside of the call that began it. `snapshot` is
// JSON, of a snapshot alone.
typedef void ll_cdp_storage_done(struct ll_cdp_page *page, ll_err err, struct ll_slice snapshot);

void ll_cdp_storage_fini(struct ll_cdp_page *page);
// The context was emptied, and its tab shows nothing.
void ll_cdp_storage_forget(struct ll_cdp_page *page);
// A tab shows a document from `url`.
void ll_cdp_storage_saw(struct ll_cdp_page *page, const char *url);

// Both keep page->call in flight until they are done. LL_RESOURCE_EXHAUSTED when it is over LL_STORAGE_MAX.
void ll_cdp_storage_take(struct ll_cdp_page *page, ll_cdp_storage_done *done);
// Replaces what is there. `snapshot` is copied. LL_INVALID_ARGUMENT when it is none.
void ll_cdp_storage_give(struct ll_cdp_page *page, const char *snapshot, ll_cdp_storage_done *done);
void ll_cdp_storage_cancel(struct ll_cdp_page *page);
// The browser has a new tab that nobody's page opened. True when it is the hidden one.
bool ll_cdp_storage_attached(struct ll_cdp_page *page, const char *session, struct ll_slice target);

// Begins the command that empties the whole context: cookies, local and session storage, databases, caches, service
// workers. The caller ends it.
struct ll_buf *ll_cdp_storage_clear(struct ll_cdp_page *page);

// The operations.
void ll_cdp_storage_perform_snapshot(struct ll_cdp_page *page);
void ll_cdp_storage_perform_restore(struct ll_cdp_page *page);
void ll_cdp_storage_perform_reset(struct ll_cdp_page *page);

#endif
