// Drives a connection from a test as if it were synchronous: each call serves the loop until its answer has come.
#ifndef TESTS_UNIT_BROWSER_DRIVER_H
#define TESTS_UNIT_BROWSER_DRIVER_H

#include "agent/browser/connection.h"
#include "libcommon/loop/loop.h"
#include "tests/support/site.h"

enum { DRIVER_LABELS_MAX = 256, DRIVER_KEPT_MAX = 100 };

struct measured { // what the sink got for one metric and label
    enum ll_metric metric;
    char label[128];
    uint64_t count;
    double sum, min, max;
};

struct driver {
    struct ll_loop *loop;
    struct ll_site *site;
    struct ll_connection *connection;
    char base_url[64];
    struct ll_context_options context; // of pages opened from now on
    char *document;                    // of the last reading of its pages
    bool ready, stopped;
    ll_err ready_err;
    struct measured measured[DRIVER_LABELS_MAX];
    size_t measured_count;
    char *kept[DRIVER_KEPT_MAX]; // of captures; owned
    size_t kept_count;
};

struct driven_page {
    struct driver *driver;
    struct ll_page *page; // NULL when it is closed or lost
    bool opened, done, lost, captured;
    bool ended;                // done or lost
    struct ll_capture capture; // the last one, or what was known of a page that was lost; kept until the test's end
    ll_err err;                // of the last thing that happened
    char value[512];           // of the last reading, as text; "nil" without one
    const char *document; // of the last reading, as JSON, when it is an object or array; until the next of any page
};

// `browser` is a launch's program; or "port": one that is driven over a port; "low" or "off": one that paints so
// little; "pool" or "pool:PATH": two of them; "grown": one that is
// recycled at once. The connection is opened and started. Ends the test when it is not ready.
void driver_begin(struct driver *driver, const char *browser, const struct ll_site_page *site);
// Opens without starting; the error.
ll_err driver_open(struct driver *driver, const char *browser, const struct ll_site_page *site);
void driver_start(struct driver *driver);
// Stops, and releases everything.
void driver_end(struct driver *driver);
// Serves the loop until `*flag`, or ends the test after 20 s.
void driver_serve_until(struct driver *driver, const bool *flag);

// Opens a page, and waits for it.
void driven_open(struct driver *driver, struct driven_page *page);
void driven_open_begin(struct driver *driver, struct driven_page *page);
void driven_close(struct driven_page *page);
// Ends an iteration of its user: renews the page when it is due, and waits for it. Whether it was.
bool driven_rest(struct driven_page *page);
// Does an action with a timeout of 5 s; the error is returned and the value left in `page`.
ll_err driven_do(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text);
ll_err driven_act(struct driven_page *page, const struct ll_action *action);
// The same without waiting for its end; `page->done` says when it has come.
void driven_begin(struct driven_page *page, const struct ll_action *action);
// Captures the page, and waits for it. 0: the usual timeout.
void driven_capture(struct driven_page *page, unsigned what, uint32_t timeout_ms);
// Opens the site's `path`, and ends the test if that fails.
void driven_visit(struct driven_page *page, const char *path);
// A reading's value as text.
const char *driven_read(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text);

// Expects an operation to succeed within 5 s; to fail with this status and a sentence that has this in it, within 300
// ms; to read this.
void driven_ok(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text);
void driven_fails(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text,
                  enum ll_status status, const char *sentence);
void driven_reads(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text,
                  const char *value);
// The same for an action with options; a timeout of 0 is 5 s.
void driven_act_ok(struct driven_page *page, struct ll_action action);
void driven_act_fails(struct driven_page *page, struct ll_action action, enum ll_status status, const char *sentence);

// What was measured, summed over labels when `label` is NULL.
struct measured driver_measured(const struct driver *driver, enum ll_metric metric, const char *label);
// Serves until the metric was measured `count` times in all.
void driver_await_measured(struct driver *driver, enum ll_metric metric, const char *label, uint64_t count);

#endif
