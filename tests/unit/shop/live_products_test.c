// /live/products with LiveView's own client in a real browser: join, click, diff, patch.
#include "tests/unit/browser/shop_driver.h"

#include <criterion/criterion.h>

static struct driver driver;
static struct shop shop;
static struct driven_page page;

static void begin(void) {
    shop_driver_begin(&driver, &shop);
    driven_open(&driver, &page);
}

static void end(void) {
    shop_driver_end(&driver, &shop);
}

TestSuite(live_products, .init = begin, .fini = end);

static void expect_text(const char *selector, const char *text) {
    const char *read = driven_read(&page, LL_OP_INNER_TEXT, selector, NULL);
    cr_expect_str_eq(read, text, "%s is \"%s\", not \"%s\"", selector, read, text);
}

Test(live_products, the_real_client_joins_what_http_showed) {
    driven_visit(&page, "/live/products");
    const char *dead = driven_read(&page, LL_OP_COUNT, "#products .product", NULL);
    cr_expect_str_eq(dead, "12", "HTTP shows %s products", dead);
    await_live(&page);
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#products .product", NULL), "12");
    cr_expect_str_eq(read_js(&page, "document.title"), "Products – Outpost");
    cr_expect_str_eq(read_js(&page, "liveSocket.isConnected()"), "true");
    cr_expect_str_eq(read_js(&page, "liveSocket.version()"), SHOP_LIVE_VIEW_VERSION);
}

Test(live_products, a_click_comes_back_as_a_diff_and_an_event) {
    driven_visit(&page, "/live/products");
    await_live(&page);
    read_js(&page, "addEventListener('phx:added', e => window.added = e.detail.name), "
                   "void (document.querySelector('#product-3 h2').mark = 1)");
    cr_assert_eq(driven_do(&page, LL_OP_CLICK, "#product-3 .add", NULL).status, LL_OK);
    await_js(&page, "document.querySelector('#items').innerText === '1'");
    expect_text("#total", "9.80 €");
    expect_text("#product-3 .count", "1");
    expect_text("#flash", "Enamel mug");
    cr_expect_str_eq(read_js(&page, "window.added"), "Enamel mug");
    cr_expect_str_eq(read_js(&page, "document.querySelector('#product-3 h2').mark"), "1");
}
