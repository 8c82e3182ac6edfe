#include "tests/unit/browser/shop_driver.h"

#include "tools/shop/live_poll.h"

#include <criterion/criterion.h>
#include <stdio.h>

void shop_driver_begin(struct driver *driver, struct shop *shop) {
    int port = 0;
    *shop = (struct shop){.store = store_make()};
    driver_begin(driver, NULL, NULL);
    ll_err err = shop_listen(driver->loop, shop, 0, &port);
    cr_assert_eq(err.status, LL_OK, "%s", err.text);
    snprintf(driver->base_url, sizeof driver->base_url, "http://127.0.0.1:%d", port);
}

void shop_driver_end(struct driver *driver, struct shop *shop) {
    driver_end(driver);
    live_poll_end(shop);
    store_fini(&shop->store);
}

void shop_knob(struct shop *shop, const char *knob) {
    ll_err err = knobs_set(&shop->knobs, knob, "");
    cr_assert_eq(err.status, LL_OK, "%s", err.text);
}

void await_js(struct driven_page *page, const char *condition) {
    char script[1024];
    int used = snprintf(script, sizeof script,
                        "new Promise(done => { const look = () => { let met = false; try { met = %s } catch {} "
                        "met ? done(true) : requestAnimationFrame(look) }; look() })",
                        condition);
    cr_assert(used > 0 && (size_t)used < sizeof script);
    ll_err err = driven_do(page, LL_OP_EVALUATE, NULL, script);
    cr_assert_eq(err.status, LL_OK, "%s: %s", condition, err.text);
}

const char *read_js(struct driven_page *page, const char *expression) {
    return driven_read(page, LL_OP_EVALUATE, NULL, expression);
}

void await_live(struct driven_page *page) {
    ll_err err = driven_do(page, LL_OP_WAIT_FOR_SELECTOR, "[data-phx-main].phx-connected", NULL);
    cr_assert_eq(err.status, LL_OK, "%s", err.text);
}

void watch_pushes(struct driven_page *page) {
    read_js(page, "{ let began = 0; window.pushedAt = window.seenLate = 0;"
                  "  const send = WebSocket.prototype.send;"
                  "  WebSocket.prototype.send = function (frame) {"
                  "    if (!began) { began = performance.now(); queueMicrotask(() => { began = 0 }) }"
                  "    send.call(this, frame); };"
                  "  new MutationObserver(() => { const now = performance.now(); pushedAt = began || now;"
                  "    seenLate = Math.max(seenLate, now - pushedAt) })"
                  "  .observe(document, { subtree: true, attributes: true, attributeFilter: ['class'] }) } 0");
}
