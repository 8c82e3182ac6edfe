// The seam between users and whatever drives pages for them: Chromium over DevTools (cdp/), or nothing (null/).
//
// One owner thread, the loop's; nothing blocks; every callback comes from the loop, never from inside a call of the
// ops, so that a caller needs no care for re-entry. Every kind passes the conformance suite in tests/unit/browser, has
// every slot, and says in `covers` of each metric that is a browser's to fill whether it measures, estimates or lacks
// it.
//
// Life of a connection: open → start (on_ready, once) → page_open / perform / page_close as often as wanted →
// stop (on_stopped when everything it started is gone) → fini, which may come at any time and ends what is left.
//
// Life of a page: page_open → on_page_open → perform → on_done → … → page_rest → perform → … → page_close; where
// page_rest asks for it, page_renew → on_page_open come before the next perform. One action at a time. A browser or
// page that dies is counted (browser_crashes), restarted by the connection, and told to each of its pages with
// on_page_lost, after which the page is closed already: open another.
#ifndef AGENT_BROWSER_CONNECTION_H
#define AGENT_BROWSER_CONNECTION_H

#include "agent/browser/capture.h"
#include "agent/browser/launch.h"
#include "agent/browser/operation.h"
#include "libcommon/base/err.h"
#include "libcommon/model/coverage.h"
#include "libcommon/model/metric.h"
#include "libcommon/model/spec.h"

#include <stdbool.h>
#include <stdint.h>

struct ll_loop;

// Where a connection's measurements go: the recorder. Labels are copied.
struct ll_browser_sink {
    void *owner;
    void (*sample)(void *owner, enum ll_metric metric, const char *label, double value);
    void (*count)(void *owner, enum ll_metric metric, const char *label, uint64_t n);
};

struct ll_connection_options {
    struct ll_loop *loop;
    struct ll_launch launch; // its texts are borrowed for the connection's life
    struct ll_browser_sink sink;
    void *owner;
    void (*on_ready)(void *owner, ll_err err); // the first browser is up, or cannot be: the sentence says what to do
    void (*on_stopped)(void *owner);
};

struct ll_page_events {
    void *owner;                                   // of the page
    void (*on_page_open)(void *owner, ll_err err); // on an error the page is closed already
    void (*on_done)(void *owner, const struct ll_action_result *result);
    // LL_UNAVAILABLE: its browser died, and the words are that one's last; LL_ABORTED: the page alone did ("the page
    // crashed"), in words that are the same whenever that happens.
    void (*on_page_lost)(void *owner, ll_err why);
    void (*on_captured)(void *owner, const struct ll_capture *capture);
    // Just before on_page_lost: what is known of it without asking. NULL: nobody wants to know.
    void (*on_page_known)(void *owner, const struct ll_capture *known);
};

enum { LL_PARTING_MS = 2200 };

struct ll_connection; // each kind starts with one
struct ll_page;       // likewise

struct ll_connection_ops {
    const char *name; // "cdp", "null"; for logs and tests
    // What results say of this kind's metrics; the kinds cover the same ones. A metric that is LACKING gets no sample.
    const struct ll_coverage_table *covers;

    // Begins bringing the browser up. Once, first. Answered by on_ready, good or bad, unless it is stopped before;
    // after a bad answer only stop and fini may follow.
    void (*start)(struct ll_connection *connection);
    // What runs, for people: "Chromium 156.0.8078.79 (headless shell)". Valid after on_ready; owned by the connection.
    const char *(*describe)(struct ll_connection *connection);
    // A context and page of its own for one user. Answered by on_page_open. May be called before on_ready. The page
    // is told nothing after page_close. `options` is copied.
    struct ll_page *(*page_open)(struct ll_connection *connection, const struct ll_context_options *options,
                                 struct ll_page_events events);
    // Does one action. Answered by on_done, always, within the action's timeout and a little; except after
    // perform_cancel, page_close or on_page_lost.
    void (*perform)(struct ll_page *page, const struct ll_action *action);
    // Gives up the action in flight, if there is one; on_done will not come. The page can be used again.
    void (*perform_cancel)(struct ll_page *page);
    // Looks at the page, between actions, without changing what it does. Answered by on_captured, always, within the
    // timeout and a little, with what could be had by then; except after page_renew, page_close or on_page_lost, or
    // when another capture took its place. Actions may begin meanwhile.
    void (*capture)(struct ll_page *page, const struct ll_capture_request *request);
    // An iteration is over, and none of its actions is in flight: what it left behind that is not the site's goes, so
    // that the next begins alike. Pages but the first are closed, and dialogs dismissed again. Asks for no answer. True
    // when the page must be renewed before the next: since its options say so, or it has grown, or its browser has.
    bool (*page_rest)(struct ll_page *page);
    // Renews a page of which page_rest said so, as its options say. Answered by on_page_open, as page_open is.
    void (*page_renew)(struct ll_page *page);
    // Gives the context and page back. Frees `page`.
    void (*page_close)(struct ll_page *page);
    // Whether pages that were closed are still going: asked for what they measured last, and left as tabs are that a
    // person closes, with the requests that they send then. It comes to the sink within LL_PARTING_MS; nothing tells of
    // its end.
    bool (*is_parting)(const struct ll_connection *connection);
    // Ends every process and socket it has; pages are closed, untold. Answered by on_stopped.
    void (*stop)(struct ll_connection *connection);
    void (*fini)(struct ll_connection *connection);
};

struct ll_connection {
    const struct ll_connection_ops *ops;
};
struct ll_page {
    struct ll_connection *connection;
};

// Opens the kind that `options->launch.program` names and does not start it. LL_INVALID_ARGUMENT when the text is no
// connection; LL_NOT_FOUND when no browser is at the path, or none is installed: the sentence says how to get one.
ll_err ll_connection_open(const struct ll_connection_options *options, struct ll_connection **out);

// The kinds' constructors, for ll_connection_open.
ll_err ll_cdp_connection_open(const struct ll_connection_options *options, struct ll_connection **out);
// launch.browsers of them, 2 to LL_BROWSERS_MAX.
ll_err ll_pool_connection_open(const struct ll_connection_options *options, struct ll_connection **out);
ll_err ll_null_connection_open(const struct ll_connection_options *options, struct ll_connection **out);

#endif
