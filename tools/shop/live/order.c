// /live/order: a form that is checked while it is filled in, and again when it is sent.
#include "tools/shop/form.h"
#include "tools/shop/live_view.h"

#include <stdio.h>
#include <string.h>

enum { FIELD_MAX = 80, FIELDS = 2 };

static const char *const fields[FIELDS] = {"name", "email"};

struct order {
    char value[FIELDS][FIELD_MAX];
    const char *problem[FIELDS]; // NULL: none to show
    char shipping[FIELD_MAX];
    unsigned changes; // how often it was checked
    unsigned receipt; // number of the order that was placed, or 0
};

static const struct live_template page_template = {
    .html = "<p id=flash role=status>{}</p><form id=order phx-change=validate phx-submit=save>"
            "<label>Name <input id=name name=name value=\"{}\"></label>{}"
            "<label>Email <input id=email name=email value=\"{}\"></label>{}"
            "<label>Shipping <select id=shipping name=shipping>{}</select></label>"
            "<button class=primary id=save phx-disable-with=\"Placing…\">Place order</button></form>"
            "<p>Checked <b id=changes>{}</b> times</p>{}"};
static const struct live_template problem_template = {.html = "<p class=problem id=\"{}-problem\">{}</p>",
                                                      .is_element = true};
static const struct live_template option_template = {.html = "<option value=\"{}\"{}>{}</option>"};
static const struct live_template receipt_template = {
    .html = "<p id=receipt>Order <b id=order-number>{}</b> for {}</p>", .is_element = true};

static const char *problem_of(size_t field, const char *value) {
    if (!*value) return "This is needed";
    return strcmp(fields[field], "email") == 0 && !strchr(value, '@') ? "An email address has an @" : NULL;
}

// The client marks a field that nobody has been in yet by _unused_FIELD beside it: such a one is not complained about.
static bool is_used(const char *form, const char *field) {
    char mark[FIELD_MAX];
    snprintf(mark, sizeof mark, "_unused_%s=", field);
    return !strstr(form, mark);
}

// Returns whether the order can be placed.
static bool check(struct order *order, const char *form) {
    bool is_complete = true;
    for (size_t i = 0; i < FIELDS; i++) {
        form_value(form, fields[i], order->value[i], sizeof order->value[i]);
        const char *problem = problem_of(i, order->value[i]);
        if (problem) is_complete = false;
        order->problem[i] = is_used(form, fields[i]) ? problem : NULL;
    }
    form_value(form, "shipping", order->shipping, sizeof order->shipping);
    order->changes++;
    return is_complete;
}

static void event(struct live_page *page, void *state, const struct live_event *event) {
    struct order *order = state;
    bool is_sent = strcmp(event->name, "save") == 0;
    if (!is_sent && strcmp(event->name, "validate") != 0) return;
    bool is_complete = check(order, event->form);
    if (is_sent && is_complete) order->receipt = ++page->shop->store.orders;
    if (is_sent) live_flash(page, is_complete ? "Thank you" : "Something is missing");
}

static void render_problem(const char *field, const char *problem, struct live_tree *tree) {
    if (!problem) {
        live_text(tree, "");
        return;
    }
    live_begin(tree, &problem_template);
    live_text(tree, field);
    live_text(tree, problem);
    live_end(tree);
}

static void render_shipping(const char *chosen, struct live_tree *tree) {
    static const struct { const char *value, *words; } ways[] = {{"post", "Post"}, {"bike", "Bicycle courier"}};
    live_begin_list(tree, &option_template, sizeof ways / sizeof *ways);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        live_entry(tree, i);
        live_text(tree, ways[i].value);
        live_text(tree, strcmp(chosen, ways[i].value) == 0 ? " selected" : "");
        live_text(tree, ways[i].words);
    }
    live_end_list(tree);
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    const struct order *order = state;
    live_begin(tree, &page_template);
    live_text(tree, page->flash);
    for (size_t i = 0; i < FIELDS; i++) {
        live_text(tree, order->value[i]);
        render_problem(fields[i], order->problem[i], tree);
    }
    render_shipping(order->shipping, tree);
    live_print(tree, "%u", order->changes);
    if (order->receipt) {
        live_begin(tree, &receipt_template);
        live_print(tree, "%u", order->receipt);
        live_text(tree, order->value[0]);
        live_end(tree);
    } else {
        live_text(tree, "");
    }
    live_end(tree);
}

const struct live_view live_order = {
    .path = "/live/order",
    .title = "Order",
    .live_session = "shop",
    .state_size = sizeof(struct order),
    .event = event,
    .render = render,
};
