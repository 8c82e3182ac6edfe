// /live/travel: every way to another place, by a link and by an answer of the server.
#include "tools/shop/form.h"
#include "tools/shop/live_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct travel {
    unsigned step; // of the URL
};

static const struct live_template page_template = {
    .html =
        "<p>Step <b id=step>{}</b> <span id=flash>{}</span></p><ul>"
        "<li><a id=link-patch href=\"/live/travel?step={}\" data-phx-link=patch data-phx-link-state=push>patch</a>"
        "<li><a id=link-replace href=\"/live/travel?step={}\" data-phx-link=patch data-phx-link-state=replace>"
        "patch in place</a>"
        "<li><a id=link-navigate href=/live/counter data-phx-link=redirect data-phx-link-state=push>navigate</a>"
        "<li><a id=link-elsewhere href=/live/elsewhere data-phx-link=redirect data-phx-link-state=push>"
        "navigate out of the live session</a>"
        "<li><a id=link-plain href=/products>a plain link</a></ul><p>"
        "<button id=patch phx-click=patch>patch</button> <button id=replace phx-click=replace>patch in place</button> "
        "<button id=navigate phx-click=navigate>navigate</button> "
        "<button id=redirect phx-click=redirect>redirect</button></p>"};

static void params(struct live_page *page, void *state, const char *query) {
    struct travel *travel = state;
    char step[8];
    (void)page;
    form_value(query, "step", step, sizeof step);
    travel->step = (unsigned)strtoul(step, NULL, 10);
}

static void event(struct live_page *page, void *state, const struct live_event *event) {
    const struct travel *travel = state;
    char next[64];
    snprintf(next, sizeof next, "/live/travel?step=%u", travel->step + 1);
    page->replaces = strcmp(event->name, "replace") == 0;
    if (strcmp(event->name, "patch") == 0 || page->replaces) live_go(page, LIVE_PATCH, next);
    if (strcmp(event->name, "navigate") == 0) {
        live_flash(page, "Good journey");
        live_go(page, LIVE_NAVIGATE, "/live/products");
    }
    if (strcmp(event->name, "redirect") == 0) live_go(page, LIVE_REDIRECT, "/products");
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    const struct travel *travel = state;
    live_begin(tree, &page_template);
    live_print(tree, "%u", travel->step);
    live_text(tree, page->flash);
    live_print(tree, "%u", travel->step + 1);
    live_print(tree, "%u", travel->step + 1);
    live_end(tree);
}

const struct live_view live_travel = {
    .path = "/live/travel",
    .title = "Travel",
    .live_session = "shop",
    .state_size = sizeof(struct travel),
    .params = params,
    .event = event,
    .render = render,
};
