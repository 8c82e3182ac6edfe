// The live pages with LiveView's own client in a real browser: that each page does what it is there for.
#include "tests/unit/browser/shop_driver.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

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

TestSuite(live_pages, .init = begin, .fini = end);

static void open_live(const char *path) {
    driven_visit(&page, path);
    await_live(&page);
}

static void click(const char *selector) {
    ll_err err = driven_do(&page, LL_OP_CLICK, selector, NULL);
    cr_assert_eq(err.status, LL_OK, "%s: %s", selector, err.text);
}

static void type_in(enum ll_operation operation, const char *selector, const char *text) {
    ll_err err = driven_do(&page, operation, selector, text);
    cr_assert_eq(err.status, LL_OK, "%s: %s", selector, err.text);
}

// Waits until the first element has the text.
static void await_text(struct driven_page *of, const char *selector, const char *text) {
    char condition[256];
    snprintf(condition, sizeof condition, "document.querySelector('%s').innerText === '%s'", selector, text);
    await_js(of, condition);
}

Test(live_pages, products_are_joined_as_http_showed_them) {
    driven_visit(&page, "/live/products");
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#products .product", NULL), "12");
    await_live(&page);
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#products .product", NULL), "12");
    cr_expect_str_eq(read_js(&page, "document.title"), "Products – Outpost");
    cr_expect_str_eq(read_js(&page, "liveSocket.version()"), SHOP_LIVE_VIEW_VERSION);
}

Test(live_pages, a_click_comes_back_as_a_diff_and_an_event) {
    open_live("/live/products");
    read_js(&page, "addEventListener('phx:added', e => window.added = e.detail.name), "
                   "void (document.querySelector('#product-3 h2').mark = 1)");
    click("#product-3 .add");
    await_text(&page, "#items", "1");
    await_text(&page, "#total", "9.80 €");
    await_text(&page, "#product-3 .count", "1");
    await_text(&page, "#flash", "Enamel mug");
    cr_expect_str_eq(read_js(&page, "window.added"), "Enamel mug");
    cr_expect_str_eq(read_js(&page, "document.querySelector('#product-3 h2').mark"), "1"); // the element is the same
    driven_visit(&page, "/cart");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#total", NULL), "9.80 €"); // one cart, live or not
}

Test(live_pages, a_patch_sorts_by_moving_what_is_there) {
    open_live("/live/products");
    read_js(&page, "void (document.querySelector('#product-8').mark = 1)");
    click("#by-price");
    await_text(&page, "#sorted", "price");
    await_js(&page, "location.search === '?sort=price' && document.title.startsWith('Products by price')");
    cr_expect_str_eq(read_js(&page, "document.querySelector('#products .product').id"), "product-11");
    cr_expect_str_eq(read_js(&page, "document.querySelector('#products .product:last-child').id"), "product-1");
    cr_expect_str_eq(read_js(&page, "document.querySelector('#product-8').mark"), "1");
    click("#product-11 .add"); // what comes after a move is about the new places
    await_text(&page, "#product-11 .count", "1");
    read_js(&page, "void history.back()");
    await_text(&page, "#sorted", "name");
    cr_expect_str_eq(read_js(&page, "document.querySelector('#products .product').id"), "product-7");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#product-11 .count", NULL), "1");
}

Test(live_pages, a_form_is_checked_as_it_is_filled_in) {
    open_live("/live/order");
    type_in(LL_OP_FILL, "#email", "nobody");
    await_text(&page, "#email-problem", "An email address has an @");
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#name-problem", NULL), "0"); // nobody was in it yet
    type_in(LL_OP_FILL, "#email", "a@example.com");
    await_js(&page, "!document.querySelector('#email-problem')");
    click("#save");
    await_text(&page, "#name-problem", "This is needed");
    await_text(&page, "#flash", "Something is missing");
    type_in(LL_OP_FILL, "#name", "Ada <3");
    await_js(&page, "!document.querySelector('#name-problem')"); // the button moves up: let it come to rest
    type_in(LL_OP_SELECT_OPTION, "#shipping", "bike");
    click("#save");
    await_text(&page, "#order-number", "1");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#receipt", NULL), "Order 1 for Ada <3");
    cr_expect_str_eq(driven_read(&page, LL_OP_INPUT_VALUE, "#shipping", NULL), "bike");
    cr_expect_eq(shop.store.orders, 1);
}

Test(live_pages, keys_and_focus_are_events_of_their_own) {
    open_live("/live/keys");
    click("#focus");
    await_text(&page, "#seen-focus", "1");
    click("#blur");
    click("#plain");
    await_text(&page, "#seen-blur", "1");
    type_in(LL_OP_PRESS, "#keydown", "a");
    await_text(&page, "#seen-keydown", "1");
    await_text(&page, "#key", "a");
    type_in(LL_OP_PRESS, "#keyup", "b");
    await_text(&page, "#seen-keyup", "1");
    type_in(LL_OP_PRESS, "#enter", "c"); // is not the key it waits for
    type_in(LL_OP_PRESS, "#enter", "Enter");
    await_text(&page, "#key", "Enter");
    await_text(&page, "#seen-keydown", "2");
    type_in(LL_OP_PRESS, "#plain", "d");
    await_text(&page, "#key", "d");
    cr_expect_str_neq(driven_read(&page, LL_OP_INNER_TEXT, "#seen-window-keydown", NULL), "0");
    read_js(&page, "dispatchEvent(new Event('focus')), dispatchEvent(new Event('blur')), 0");
}

Test(live_pages, rows_change_by_themselves_and_only_those_that_do_are_touched) {
    open_live("/live/rows?rows=200&every=50&change=1");
    await_js(&page, "+document.querySelector('#ticks').innerText >= 3");
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#rows tr", NULL), "200");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#row-1 .stock", NULL), "1002");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#row-200 .stock", NULL), "1200");
}

Test(live_pages, rows_turned_round_are_the_same_rows) {
    open_live("/live/rows?rows=50");
    read_js(&page, "void (document.querySelector('#row-1').mark = 1)");
    click("#turn");
    await_js(&page, "document.querySelector('#rows tr').id === 'row-50'");
    cr_expect_str_eq(read_js(&page, "document.querySelector('#rows tr:last-child').mark"), "1");
    cr_expect_str_eq(read_js(&page, "[...document.querySelectorAll('#rows .stock')].every((td, i) => "
                                    "+td.innerText === 1050 - i)"),
                     "true");
    click("#row-7 button");
    await_js(&page, "document.querySelector('#row-7').className === 'marked'");
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#rows .marked", NULL), "1");
}

Test(live_pages, a_list_that_is_dealt_anew_is_what_it_should_be) {
    static const char deals[] =
        "new Promise(done => {"
        "  let deals = 1;"
        "  const at = id => document.getElementById(id);"
        "  const shown = () => [...at('hand').children].map(card => card.innerText + ' ').join('').trim();"
        "  const next = () => {"
        "    if (shown() !== at('expected').innerText.trim() || +at('deals').innerText !== deals)"
        "      return done(`deal ${deals}: ${shown()} is not ${at('expected').innerText}`);"
        "    if (deals++ === 40) return done('all the same');"
        "    const watch = new MutationObserver(() => {"
        "      if (document.querySelector('.phx-click-loading')) return;"
        "      watch.disconnect();"
        "      next();"
        "    });"
        "    watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });"
        "    at('deal').click();"
        "  };"
        "  next();"
        "})";
    open_live("/live/cards");
    cr_expect_str_eq(read_js(&page, deals), "all the same");
}

Test(live_pages, a_counter_is_one_for_everybody) {
    struct driven_page other;
    driven_open(&driver, &other);
    open_live("/live/counter?every=0");
    driven_visit(&other, "/live/counter?every=0");
    await_text(&page, "#people", "2");
    click("#up");
    await_text(&other, "#count", "1"); // a diff that this page did not ask for
    driven_close(&other);
    await_text(&page, "#people", "1");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#ticks", NULL), "0");
    open_live("/live/counter?every=50");
    await_text(&page, "#ticks", "3");
}

Test(live_pages, an_answer_can_patch) {
    open_live("/live/travel");
    click("#patch");
    await_js(&page, "location.search === '?step=1'");
    await_text(&page, "#step", "1");
    const char *entries = read_js(&page, "history.length");
    char before[16];
    snprintf(before, sizeof before, "%s", entries);
    click("#replace");
    await_js(&page, "location.search === '?step=2'");
    cr_expect_str_eq(read_js(&page, "history.length"), before);
    click("#link-patch");
    await_js(&page, "location.search === '?step=3'");
    await_text(&page, "#step", "3");
    cr_expect_str_neq(read_js(&page, "history.length"), before);
}

Test(live_pages, an_answer_can_navigate_with_a_flash_on_the_same_socket) {
    open_live("/live/travel");
    read_js(&page, "window.mark = 1");
    click("#navigate");
    await_js(&page, "location.pathname === '/live/products' && document.querySelector('#products')");
    await_text(&page, "#flash", "Good journey");
    cr_expect_str_eq(read_js(&page, "window.mark"), "1"); // the document is the same
    click("#product-0 .add");
    await_text(&page, "#items", "1");
}

Test(live_pages, a_link_navigates_and_back_again) {
    open_live("/live/travel");
    read_js(&page, "window.mark = 1");
    click("#link-navigate");
    await_js(&page, "location.pathname === '/live/counter' && document.querySelector('#count')");
    click("#up");
    await_text(&page, "#count", "1");
    read_js(&page, "void history.back()");
    await_js(&page, "location.pathname === '/live/travel' && document.querySelector('#step')");
    cr_expect_str_eq(read_js(&page, "window.mark"), "1");
    cr_expect_eq(shop.store.people, 0);
}

Test(live_pages, out_of_the_live_session_the_way_is_http) {
    open_live("/live/travel");
    read_js(&page, "window.mark = 1");
    click("#link-elsewhere");
    type_in(LL_OP_WAIT_FOR_SELECTOR, "#knock", NULL);
    await_live(&page);
    cr_expect_str_eq(read_js(&page, "window.mark ? 'the same document' : location.pathname"), "/live/elsewhere");
    click("#knock");
    await_text(&page, "#knocks", "1");
}

Test(live_pages, a_redirect_leaves_for_a_page_that_is_not_live) {
    open_live("/live/travel");
    click("#redirect");
    type_in(LL_OP_WAIT_FOR_SELECTOR, "#found", NULL);
    cr_expect_str_eq(read_js(&page, "location.pathname"), "/products");
}
