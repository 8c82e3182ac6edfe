#include "tools/shop/pages.h"

#include "tools/shop/form.h"
#include "tools/shop/live_page.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

extern const char shop_css[], shop_js[], shop_live_js[], shop_clients_js[];
extern const size_t shop_css_len, shop_js_len, shop_live_js_len, shop_clients_js_len;

enum { FIELD_MAX = 200 };

// --- the frame around every page ---

static void begin_page(struct response *out, const char *title, const struct session *session) {
    unsigned items = store_cart_items(session);
    ll_buf_printf(&out->body,
                  "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
                  "<title>%s – Outpost</title><link rel=stylesheet href=/static/shop.css>"
                  "<script src=/static/shop.js defer></script><header><a class=brand href=/>Outpost</a>"
                  "<nav><a href=/products>Products</a><a href=/live>Stock live</a><a href=/live/products>Live</a>"
                  "<a href=/cart>Cart <b id=cart-count>%u</b></a>",
                  title, items);
    if (*session->user) {
        ll_buf_text(&out->body, "<span id=user>");
        form_escape(&out->body, session->user);
        ll_buf_text(&out->body, "</span>");
    } else {
        ll_buf_text(&out->body, "<a id=login href=/login>Log in</a>");
    }
    ll_buf_printf(&out->body, "</nav></header><main><h1>%s</h1>", title);
}

static void end_page(struct response *out) {
    ll_buf_text(&out->body, "</main><footer>Outpost is a demo shop. Nothing is for sale.</footer></html>");
}

static void redirect(struct response *out, const char *location) {
    out->status = 303;
    snprintf(out->location, sizeof out->location, "%s", location);
}

// --- pages ---

static void product_card(struct ll_buf *out, size_t id) {
    const struct product *product = &store_products[id];
    ll_buf_printf(out,
                  "<li class=product data-id=%zu><a href=/product/%zu><img alt=\"\" width=160 height=120 "
                  "src=/img/%zu.svg><h2>%s</h2></a><p>%s</p><p class=price>",
                  id, id, id, product->name, product->about);
    store_price(out, product->cents);
    ll_buf_printf(out, "</p><button class=add data-id=%zu>Add to cart</button></li>", id);
}

static void page_home(struct shop *shop, const struct request *request, struct session *session, struct response *out) {
    (void)shop, (void)request;
    begin_page(out, "Things that last", session);
    ll_buf_text(&out->body, "<p>Twelve good things for people who go outside.</p><p><a class=primary id=enter "
                            "href=/products>See the products</a></p>");
    end_page(out);
}

static void page_products(struct shop *shop, const struct request *request, struct session *session,
                          struct response *out) {
    (void)shop;
    char wanted[FIELD_MAX];
    form_value(request->query, "q", wanted, sizeof wanted);
    begin_page(out, *wanted ? "Search" : "Products", session);
    ll_buf_text(&out->body, "<form class=search action=/search><input id=q name=q placeholder=Search value=\"");
    form_escape(&out->body, wanted);
    ll_buf_text(&out->body, "\"><button>Search</button></form><ul id=products>");
    unsigned found = 0;
    for (size_t id = 0; id < STORE_PRODUCTS; id++) {
        if (*wanted && !strcasestr(store_products[id].name, wanted)) continue;
        product_card(&out->body, id);
        found++;
    }
    ll_buf_printf(&out->body, "</ul><p id=found>%u found</p>", found);
    end_page(out);
}

static void page_product(struct shop *shop, const struct request *request, struct session *session,
                         struct response *out) {
    char *end;
    unsigned long id = strtoul(request->path + strlen("/product/"), &end, 10);
    (void)shop;
    if (*end || id >= STORE_PRODUCTS) {
        pages_failure(404, out);
        return;
    }
    begin_page(out, store_products[id].name, session);
    ll_buf_text(&out->body, "<ul id=products>");
    product_card(&out->body, id);
    ll_buf_text(&out->body, "</ul>");
    end_page(out);
}

static void page_cart(struct shop *shop, const struct request *request, struct session *session, struct response *out) {
    (void)shop, (void)request;
    begin_page(out, "Cart", session);
    ll_buf_text(&out->body, "<table id=cart><thead><tr><th>Product<th>Pieces<th>Price</thead><tbody>");
    for (size_t id = 0; id < STORE_PRODUCTS; id++) {
        if (!session->cart[id]) continue;
        ll_buf_printf(&out->body, "<tr class=line><td>%s<td>%u<td>", store_products[id].name, session->cart[id]);
        store_price(&out->body, session->cart[id] * store_products[id].cents);
    }
    ll_buf_text(&out->body, "</tbody></table><p>Total <strong id=total>");
    store_price(&out->body, store_cart_cents(session));
    ll_buf_text(&out->body, "</strong></p><p><a class=primary id=to-checkout href=/checkout>Check out</a></p>");
    end_page(out);
}

// Answers the script of the page: the number of things in the cart, as JSON.
static void post_cart_add(struct shop *shop, const struct request *request, struct session *session,
                          struct response *out) {
    char id_text[8], *end;
    (void)shop;
    form_value(request->body, "id", id_text, sizeof id_text);
    unsigned long id = strtoul(id_text, &end, 10);
    out->content_type = "application/json";
    if (end == id_text || *end || id >= STORE_PRODUCTS || session->cart[id] >= STORE_PIECES_MAX) {
        out->status = 422;
        ll_buf_text(&out->body, "{\"error\":\"no such product\"}");
        return;
    }
    session->cart[id]++;
    ll_buf_printf(&out->body, "{\"count\":%u,\"name\":\"%s\"}", store_cart_items(session), store_products[id].name);
}

static void login_form(struct session *session, const char *problem, struct response *out) {
    begin_page(out, "Log in", session);
    if (*problem) ll_buf_printf(&out->body, "<p id=problem class=problem>%s</p>", problem);
    ll_buf_text(&out->body,
                "<form id=login-form method=post action=/login><label>Email <input id=email name=email type=email "
                "required></label><label>Password <input id=password name=password type=password required></label>"
                "<label><input id=remember name=remember type=checkbox> Remember me</label>"
                "<button class=primary>Log in</button></form>");
    end_page(out);
}

static void page_login(struct shop *shop, const struct request *request, struct session *session,
                       struct response *out) {
    (void)shop, (void)request;
    login_form(session, "", out);
}

static void post_login(struct shop *shop, const struct request *request, struct session *session,
                       struct response *out) {
    char email[STORE_USER_MAX], password[FIELD_MAX];
    (void)shop;
    form_value(request->body, "email", email, sizeof email);
    form_value(request->body, "password", password, sizeof password);
    if (!strchr(email, '@') || strcmp(password, "secret") != 0) {
        out->status = 401;
        login_form(session, "That email and password do not fit together. (The password is: secret)", out);
        return;
    }
    snprintf(session->user, sizeof session->user, "%s", email);
    redirect(out, store_cart_items(session) ? "/cart" : "/products");
}

static void page_checkout(struct shop *shop, const struct request *request, struct session *session,
                          struct response *out) {
    (void)shop, (void)request;
    if (!*session->user) {
        redirect(out, "/login");
        return;
    }
    begin_page(out, "Checkout", session);
    ll_buf_text(&out->body, "<p>To pay: <strong id=total>");
    store_price(&out->body, store_cart_cents(session));
    ll_buf_text(&out->body,
                "</strong></p><form id=checkout-form method=post action=/checkout><label>Name <input id=name name=name "
                "required></label><label>Shipping <select id=shipping name=shipping><option value=post>Post"
                "<option value=bike>Bicycle courier</select></label><label><input id=terms name=terms type=checkbox "
                "required> I accept the terms</label><button class=primary id=pay>Place order</button></form>");
    end_page(out);
}

static void post_checkout(struct shop *shop, const struct request *request, struct session *session,
                          struct response *out) {
    char location[64];
    (void)request;
    if (!*session->user || !store_cart_items(session)) {
        redirect(out, *session->user ? "/cart" : "/login");
        return;
    }
    memset(session->cart, 0, sizeof session->cart);
    snprintf(location, sizeof location, "/receipt/%u", ++shop->store.orders);
    redirect(out, location);
}

static void page_receipt(struct shop *shop, const struct request *request, struct session *session,
                         struct response *out) {
    (void)shop;
    begin_page(out, "Thank you", session);
    ll_buf_text(&out->body, "<p id=receipt>Your order <b id=order>");
    form_escape(&out->body, request->path + strlen("/receipt/"));
    ll_buf_text(&out->body, "</b> is on its way.</p>");
    end_page(out);
}

static void page_live(struct shop *shop, const struct request *request, struct session *session, struct response *out) {
    (void)shop, (void)request;
    begin_page(out, "Stock live", session);
    ll_buf_text(&out->body, "<p id=connection>connecting…</p><p>In the warehouse: <strong id=stock>–</strong></p>"
                            "<button id=count-again disabled>Count again</button><ol id=counts></ol>");
    end_page(out);
}

static void image(const struct request *request, struct response *out) {
    unsigned long id = strtoul(request->path + strlen("/img/"), NULL, 10) % STORE_PRODUCTS;
    out->content_type = "image/svg+xml";
    out->cacheable = true;
    ll_buf_printf(
        &out->body,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 160 120\"><rect width=\"160\" height=\"120\" "
        "fill=\"hsl(%s 45%% 90%%)\"/><circle cx=\"80\" cy=\"60\" r=\"34\" fill=\"hsl(%s 50%% 55%%)\"/></svg>",
        store_products[id].hue, store_products[id].hue);
}

static void asset(const char *content_type, const char *data, size_t len, struct response *out) {
    out->content_type = content_type;
    out->cacheable = true;
    ll_buf_append(&out->body, data, len);
}

static void set_knob(struct shop *shop, const struct request *request, struct response *out) {
    char decoded[FIELD_MAX * 4] = "";
    // a form escapes / and %; its & are the separators, so each field is decoded on its own
    for (const char *at = request->body ? request->body : ""; *at;) {
        size_t used = strlen(decoded);
        form_decode(at, decoded + used, sizeof decoded - used - 1);
        at += strcspn(at, "&");
        if (*at == '&') at++, strncat(decoded, "&", sizeof decoded - strlen(decoded) - 1);
    }
    ll_err err = knobs_set(&shop->knobs, decoded, request->session_id);
    out->content_type = "text/plain";
    out->status = err.status == LL_OK ? 200 : 400;
    ll_buf_printf(&out->body, "%s\n", err.status == LL_OK ? "set" : err.text);
}

// --- dispatch ---

typedef void (*page_fn)(struct shop *shop, const struct request *request, struct session *session,
                        struct response *out);

static const struct {
    const char *path;
    bool is_prefix;
    bool is_post;
    page_fn page;
} routes[] = {
    {"/", false, false, page_home},
    {"/products", false, false, page_products},
    {"/search", false, false, page_products},
    {"/product/", true, false, page_product},
    {"/cart", false, false, page_cart},
    {"/cart/add", false, true, post_cart_add},
    {"/login", false, false, page_login},
    {"/login", false, true, post_login},
    {"/checkout", false, false, page_checkout},
    {"/checkout", false, true, post_checkout},
    {"/receipt/", true, false, page_receipt},
    {"/live", false, false, page_live},
};

static page_fn find_page(const struct request *request) {
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        size_t len = strlen(routes[i].path);
        if (routes[i].is_post == request->is_post && strncmp(request->path, routes[i].path, len) == 0 &&
            (routes[i].is_prefix || !request->path[len]))
            return routes[i].page;
    }
    return NULL;
}

void pages_answer(struct shop *shop, const struct request *request, struct response *out) {
    out->status = 200;
    out->content_type = "text/html; charset=utf-8";
    if (strcmp(request->path, "/_knobs") == 0 && request->is_post) {
        set_knob(shop, request, out);
    } else if (strcmp(request->path, "/static/shop.css") == 0) {
        asset("text/css", shop_css, shop_css_len, out);
    } else if (strcmp(request->path, "/static/shop.js") == 0) {
        asset("text/javascript", shop_js, shop_js_len, out);
    } else if (strcmp(request->path, "/static/live.js") == 0) {
        asset("text/javascript", shop_live_js, shop_live_js_len, out);
    } else if (strcmp(request->path, "/static/clients.js") == 0) {
        asset("text/javascript", shop_clients_js, shop_clients_js_len, out);
    } else if (strncmp(request->path, "/img/", 5) == 0) {
        image(request, out);
    } else {
        page_fn page = find_page(request);
        const struct live_view *view = request->is_post ? NULL : live_view_find(request->path);
        if (!page && !view) {
            pages_failure(404, out);
            return;
        }
        struct session *session = store_session(&shop->store, request->session_id);
        if (!session) {
            session = store_session_new(&shop->store);
            snprintf(out->set_session, sizeof out->set_session, "%s", session->id);
        }
        if (view)
            live_page_answer(view, shop, request, session, out);
        else
            page(shop, request, session, out);
    }
}

void pages_failure(int status, struct response *out) {
    out->status = status;
    out->content_type = "text/html; charset=utf-8";
    ll_buf_clear(&out->body);
    ll_buf_printf(&out->body, "<!doctype html><title>%d</title><h1 id=error>Error %d</h1>", status, status);
}
