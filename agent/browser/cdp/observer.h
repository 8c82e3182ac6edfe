// What the observer in a tab's pages tells (page/observer.js): Web Vitals and LiveView, into the connection's sink.
//
// It tells through a function of the browser's (Runtime.addBinding, Runtime.bindingCalled), which works without the
// Runtime domain being enabled but is then not put into new documents: each gets it as it is committed. Any page may
// call it with anything, so what comes is checked line by line against the metrics that observers have, and a tab that
// calls more than LL_OBSERVER_CALLS_MAX times a second is not listened to before its next document. What is lost this
// way, or in the page, is counted in `observations_lost`.
//
// The vitals of a document are samples once it has gone: with its last words, with the first of the next document, or
// with its tab.
//
// One of each per tab. The loop's thread.
#ifndef AGENT_BROWSER_CDP_OBSERVER_H
#define AGENT_BROWSER_CDP_OBSERVER_H

#include "agent/browser/cdp/client.h"
#include "agent/browser/connection.h"

enum {
    LL_OBSERVER_CALLS_MAX = 200,      // a second
    LL_OBSERVER_TEXT_MAX = 32 * 1024, // bytes of a call
    LL_OBSERVER_WORDS_MS = 300,       // that a document has before it is left, since a navigation waits
    LL_OBSERVER_LAST_WORDS_MS = 1000, // that a page has before it is closed or renewed, in nobody's time
};

struct ll_cdp_page;
struct ll_cdp_tab;
struct ll_cdp_observer;

struct ll_cdp_observer *ll_cdp_observer_new(const struct ll_browser_sink *sink);
void ll_cdp_observer_free(struct ll_cdp_observer **observer);
// The tab has another document, whose URL is known.
void ll_cdp_observer_committed(struct ll_cdp_tab *tab);
// A frame within the tab's document has loaded, and its scripts, which are there by now, can be given the function.
void ll_cdp_observer_frame_loaded(struct ll_cdp_tab *tab);
// The tab is about to leave for `url`, as plain text. A document that another site's takes the place of may go with
// another process, and its last words are not heard then: it is asked for what it has so far. The command, or 0 when
// there is nothing to ask; `answered`, which may be NULL, gets the tab's page once all was heard.
uint32_t ll_cdp_observer_leaving(struct ll_cdp_tab *tab, struct ll_slice url, ll_cdp_answered *answered);
// The page's context is to be given back, and its tab is asked for its last words, by the page's call: true when there
// are any to wait for, for LL_OBSERVER_LAST_WORDS_MS at most. `answered` gets the page, and hands the answer to _heard.
bool ll_cdp_observer_ask(struct ll_cdp_page *page, ll_cdp_answered *answered);
void ll_cdp_observer_heard(struct ll_cdp_page *page, const struct ll_cdp_answer *answer);
// The page is to be closed: the same, and true when it goes with the answer, or is freed when its timer ends.
bool ll_cdp_observer_closing(struct ll_cdp_page *page);
// A page called the function: the params of Runtime.bindingCalled.
void ll_cdp_observer_called(struct ll_cdp_tab *tab, struct ll_slice params);
// One call, its payload a JSON string; nothing is taken of a word about a press. False when it was one too many.
bool ll_cdp_observer_hear(struct ll_cdp_observer *observer, struct ll_slice payload, int64_t now_us);
// The text of a call. Nothing is taken of one that cannot be the observer's.
void ll_cdp_observer_take(struct ll_cdp_observer *observer, char *text);

#endif
