// The demo shop on a driver's own loop, for tests of live pages: a real browser, LiveView's real client, and knobs that
// say how late the shop is.
#ifndef TESTS_UNIT_BROWSER_SHOP_DRIVER_H
#define TESTS_UNIT_BROWSER_SHOP_DRIVER_H

#include "tests/unit/browser/driver.h"
#include "tools/shop/server.h"

// Begins the driver with a real browser; its base_url is the shop's. `shop` stays until shop_driver_end.
void shop_driver_begin(struct driver *driver, struct shop *shop);
void shop_driver_end(struct driver *driver, struct shop *shop);
// Sets a knob, and ends the test when it is none: "path=/live,event=add,latency=300ms".
void shop_knob(struct shop *shop, const char *knob);
// Waits until the JavaScript `condition` holds in the page, and ends the test when it does not within 5 s.
void await_js(struct driven_page *page, const char *condition);
// What the JavaScript expression evaluates to, as text.
const char *read_js(struct driven_page *page, const char *expression);
// Waits until the page's live view is connected.
void await_live(struct driven_page *page);
// From now on the page writes down as `pushedAt` when the push began to be sent that a class was last seen for, and as
// `seenLate` how many milliseconds later classes were seen, at most. Observers of classes are called when the script
// that pushed has ended: on a busy machine the shop may have the push, and be counting, before that.
void watch_pushes(struct driven_page *page);

#endif
