// /live/elsewhere: a view of another live session, to which no page of the shop can navigate without HTTP.
#include "tools/shop/live_view.h"

struct elsewhere {
    unsigned clicks;
};

static const struct live_template page_template = {
    .html = "<p>Nothing is here but <button id=knock phx-click=knock>a door</button>, knocked on <b id=knocks>{}</b> "
            "times.</p>"};

static void event(struct live_page *page, void *state, const struct live_event *event) {
    (void)page, (void)event;
    ((struct elsewhere *)state)->clicks++;
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    (void)page;
    live_begin(tree, &page_template);
    live_print(tree, "%u", ((const struct elsewhere *)state)->clicks);
    live_end(tree);
}

const struct live_view live_elsewhere = {
    .path = "/live/elsewhere",
    .title = "Elsewhere",
    .live_session = "elsewhere",
    .state_size = sizeof(struct elsewhere),
    .event = event,
    .render = render,
};
