// A connection for tests of users: no loop and no clock of its own. Answers are put in a list with their time, and the
// test gives them when that has come.
#ifndef TESTS_UNIT_AGENT_FAKE_BROWSER_H
#define TESTS_UNIT_AGENT_FAKE_BROWSER_H

#include "agent/browser/connection.h"

#include <stdint.h>

struct fake_page;

struct fake_browser {
    struct ll_connection base; // first
    int64_t now_us;
    int64_t open_takes_us;
    int64_t action_takes_us; // INT64_MAX: never answered
    int64_t capture_takes_us;
    int captures;
    ll_err open_err, action_err;
    int opening, most_opening, opened, renewed, closed, performed, cancelled, rested;
    struct fake_page *pages;
};

void fake_browser_init(struct fake_browser *browser);
// When the next answer is due; INT64_MAX when none is.
int64_t fake_browser_next_us(const struct fake_browser *browser);
// Gives the answers due at `now_us`, one by one.
void fake_browser_advance(struct fake_browser *browser, int64_t now_us);
// All pages die with their browser.
void fake_browser_crash(struct fake_browser *browser);
// All pages die, for this reason.
void fake_browser_lose_pages(struct fake_browser *browser, ll_err why);

#endif
