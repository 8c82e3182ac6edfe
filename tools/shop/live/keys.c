// /live/keys: every event of keyboard and focus that LiveView knows, on inputs and on the window.
#include "tools/shop/live_view.h"

#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 32 };

static const char *const kinds[] = {"focus",          "blur",         "keydown",      "keyup",
                                    "window-keydown", "window-keyup", "window-focus", "window-blur"};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct keys {
    unsigned seen[KINDS];
    char key[KEY_MAX]; // the last one
};

// The events have the names of their kinds. An element has one of the bindings alone, so that its classes tell which
// event is loading.
static const struct live_template page_template = {
    .html =
        "<p><input id=focus phx-focus=focus placeholder=focus> <input id=blur phx-blur=blur placeholder=blur> "
        "<input id=keydown phx-keydown=keydown placeholder=keydown> "
        "<input id=keyup phx-keyup=keyup placeholder=keyup> "
        "<input id=enter phx-keydown=keydown phx-key=Enter placeholder=\"keydown of Enter\"> "
        "<input id=plain placeholder=nothing></p>"
        "<p id=window-keydown phx-window-keydown=window-keydown></p><p id=window-keyup phx-window-keyup=window-keyup>"
        "</p><p id=window-focus phx-window-focus=window-focus></p><p id=window-blur phx-window-blur=window-blur></p>"
        "<p>Last key: <b id=key>{}</b></p><dl>{}</dl>"};
static const struct live_template kind_template = {.html = "<dt>{}</dt><dd id=\"seen-{}\">{}</dd>"};

static void event(struct live_page *page, void *state, const struct live_event *event) {
    struct keys *keys = state;
    (void)page;
    for (size_t i = 0; i < KINDS; i++)
        if (strcmp(event->name, kinds[i]) == 0) keys->seen[i]++;
    const char *key = live_value(event, "key");
    if (*key) snprintf(keys->key, sizeof keys->key, "%s", key);
}

static void render(const struct live_page *page, const void *state, struct live_tree *tree) {
    const struct keys *keys = state;
    (void)page;
    live_begin(tree, &page_template);
    live_text(tree, keys->key);
    live_begin_list(tree, &kind_template, KINDS);
    for (size_t i = 0; i < KINDS; i++) {
        live_entry(tree, i);
        live_text(tree, kinds[i]);
        live_text(tree, kinds[i]);
        live_print(tree, "%u", keys->seen[i]);
    }
    live_end_list(tree);
    live_end(tree);
}

const struct live_view live_keys = {
    .path = "/live/keys",
    .title = "Keys",
    .live_session = "shop",
    .state_size = sizeof(struct keys),
    .event = event,
    .render = render,
};
