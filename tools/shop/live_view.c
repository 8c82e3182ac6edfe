#include "tools/shop/live_view.h"

#include "tools/shop/form.h"

#include <stdio.h>
#include <string.h>

#define LIVE_VIEW(name) extern const struct live_view live_##name;
#include "tools/shop/live/views.def"
#undef LIVE_VIEW

static const struct live_view *const views[] = {
#define LIVE_VIEW(name) &live_##name,
#include "tools/shop/live/views.def"
#undef LIVE_VIEW
    NULL,
};

const struct live_view *const *live_views(void) {
    return views;
}

const struct live_view *live_view_find(const char *path) {
    const struct live_view *const *view = views;
    while (*view && strcmp((*view)->path, path) != 0) view++;
    return *view;
}

void live_title(struct live_page *page, const char *title) {
    snprintf(page->title, sizeof page->title, "%s", title);
}

void live_flash(struct live_page *page, const char *text) {
    snprintf(page->flash, sizeof page->flash, "%s", text);
}

void live_go(struct live_page *page, enum live_move move, const char *to) {
    page->move = move;
    snprintf(page->to, sizeof page->to, "%s", to);
}

void live_push(struct live_page *page, const char *name, const char *key, const char *value) {
    struct ll_json_writer json = ll_json_writer_make(&page->events);
    json.needs_comma = page->events.len > 0;
    ll_json_begin_array(&json, NULL);
    ll_json_write_string(&json, NULL, name);
    ll_json_begin_object(&json, NULL);
    ll_json_write_string(&json, key, value);
    ll_json_end_object(&json);
    ll_json_end_array(&json);
}

const char *live_value(const struct live_event *event, const char *key) {
    return ll_json_string(ll_json_get(event->value, key), "");
}

void live_tick_every(struct live_page *page, const char *query, uint32_t otherwise_ms) {
    uint32_t every_ms = form_number(query, "every", otherwise_ms, LIVE_TICK_MAX_MS);
    page->tick_ms = every_ms && every_ms < LIVE_TICK_MIN_MS ? LIVE_TICK_MIN_MS : every_ms;
}
