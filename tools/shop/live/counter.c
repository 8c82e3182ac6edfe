// /live/counter?every=1000: one counter for everybody, who is here, and a clock: diffs that nobody on this page asked
// for.
#include "tools/shop/live_view.h"

#include <string.h>

enum { TICK_MS = 1000 };

struct counter {
    unsigned ticks;
};

static const struct live_template page_template = {
    .html = "<p>Count <strong id=count>{}</strong> <button id=up phx-click=up>One more</button></p>"
            "<p><b id=people>{}</b> here, for <b id=ticks>{}</b> ticks</p>"};

static void mount(struct live_page *page, void *state) {
    (void)state;
    if (!page->is_connected) return;
    page->shop->store.people++;
    page->has_news = true;
}

static void params(struct live_page *page, void *state, const char *query) {
    (void)state;
    live_tick_every(page, query, TICK_MS);
}

static void leave(struct live_page *page, void *state) {
    (void)state;
    page->shop->store.people--;
}

static void event(struct live_page *page, void *state, const struct live_event *event) {
    (void)state;
    if (strcmp(event->name, "up") != 0) return;
    page->shop->store.count++;
    page->has_news = true;
}

static void tick(struct live_page *page, void *state) {
    (void)page;
    ((struct counter *)state)->ticks++;
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    live_begin(tree, &page_template);
    live_print(tree, "%u", page->shop->store.count);
    live_print(tree, "%u", page->shop->store.people);
    live_print(tree, "%u", ((const struct counter *)state)->ticks);
    live_end(tree);
}

const struct live_view live_counter = {
    .path = "/live/counter",
    .title = "Counter",
    .live_session = "shop",
    .state_size = sizeof(struct counter),
    .mount = mount,
    .params = params,
    .event = event,
    .tick = tick,
    .render = render,
    .leave = leave,
};
