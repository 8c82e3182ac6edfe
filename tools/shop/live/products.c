// /live/products: the catalogue, sorted by what the URL says; a click puts things in the cart.
#include "tools/shop/form.h"
#include "tools/shop/live_view.h"

#include <stdlib.h>
#include <string.h>

struct products {
    bool by_price;
};

static const struct live_template page_template = {
    .html = "<p id=flash role=status>{}</p>"
            "<p>Sort by <a id=by-name href=/live/products data-phx-link=patch data-phx-link-state=push>name</a> or "
            "<a id=by-price href=\"/live/products?sort=price\" data-phx-link=patch data-phx-link-state=push>price</a>: "
            "<b id=sorted>{}</b></p>"
            "<p>In the cart: <strong id=items>{}</strong> for <strong id=total>{}</strong> "
            "<button id=empty phx-click=empty>Empty it</button></p><ul id=products>{}</ul>"};
static const struct live_template product_template = {
    .html =
        "<li class=product id=\"product-{}\"><h2>{}</h2><p>{}</p><p class=price>{}</p>"
        "<button class=add phx-click=add phx-value-id=\"{}\">Add to cart</button> <span class=count>{}</span></li>"};

static void params(struct live_page *page, void *state, const char *query) {
    struct products *products = state;
    char sort[16];
    form_value(query, "sort", sort, sizeof sort);
    products->by_price = strcmp(sort, "price") == 0;
    live_title(page, products->by_price ? "Products by price" : "Products");
}

static void add(struct live_page *page, const char *id_text) {
    char *end;
    unsigned long id = strtoul(id_text, &end, 10);
    if (!*id_text || *end || id >= STORE_PRODUCTS || page->session->cart[id] >= STORE_PIECES_MAX) {
        live_flash(page, "There is no such product");
        return;
    }
    page->session->cart[id]++;
    live_flash(page, store_products[id].name);
    live_push(page, "added", "name", store_products[id].name);
}

static void event(struct live_page *page, void *state, const struct live_event *event) {
    (void)state;
    if (strcmp(event->name, "add") == 0) add(page, live_value(event, "id"));
    if (strcmp(event->name, "empty") == 0) memset(page->session->cart, 0, sizeof page->session->cart);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(store_products[*(const size_t *)a].name, store_products[*(const size_t *)b].name);
}

static int compare_prices(const void *a, const void *b) {
    unsigned one = store_products[*(const size_t *)a].cents, other = store_products[*(const size_t *)b].cents;
    return (one > other) - (one < other);
}

static void text_of_price(struct live_tree *tree, unsigned cents) {
    live_print(tree, "%u.%02u €", cents / 100, cents % 100);
}

static void render_product(const struct live_page *page, size_t id, struct live_tree *tree) {
    const struct product *product = &store_products[id];
    live_entry(tree, id);
    live_print(tree, "%zu", id);
    live_text(tree, product->name);
    live_text(tree, product->about);
    text_of_price(tree, product->cents);
    live_print(tree, "%zu", id);
    live_print(tree, "%u", page->session->cart[id]);
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    const struct products *products = state;
    size_t order[STORE_PRODUCTS];
    for (size_t i = 0; i < STORE_PRODUCTS; i++) order[i] = i;
    qsort(order, STORE_PRODUCTS, sizeof *order, products->by_price ? compare_prices : compare_names);
    live_begin(tree, &page_template);
    live_text(tree, page->flash);
    live_text(tree, products->by_price ? "price" : "name");
    live_print(tree, "%u", store_cart_items(page->session));
    text_of_price(tree, store_cart_cents(page->session));
    live_begin_list(tree, &product_template, STORE_PRODUCTS);
    for (size_t i = 0; i < STORE_PRODUCTS; i++) render_product(page, order[i], tree);
    live_end_list(tree);
    live_end(tree);
}

const struct live_view live_products = {
    .path = "/live/products",
    .title = "Products",
    .live_session = "shop",
    .state_size = sizeof(struct products),
    .params = params,
    .event = event,
    .render = render,
};
