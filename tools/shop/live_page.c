#include "tools/shop/live_page.h"

#include "libcommon/base/alloc.h"
#include "tools/shop/form.h"

#include <stdio.h>
#include <stdlib.h>

enum { ID_CHARS = 16 };

// Around the view: head and menu, which no diff ever touches. LiveView's client finds the view by data-phx-session,
// shows its title between the title's prefix and suffix, and sends the csrf token when it connects.
static void begin_layout(const struct live_page *page, const char *live_session, struct ll_buf *out) {
    char id[LL_TOKEN_CHARS + 1];
    ll_rand_token(id);
    ll_buf_printf(out,
                  "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\">"
                  "<meta name=csrf-token content=\"%s\"><title data-suffix=\" – Outpost\">%s – Outpost</title>"
                  "<link rel=stylesheet href=/static/shop.css><script src=/static/clients.js defer></script>"
                  "<script src=/static/live.js defer></script><header><a class=brand href=/>Outpost</a><nav>",
                  page->session->csrf, page->title);
    for (const struct live_view *const *view = live_views(); *view; view++)
        ll_buf_printf(out, "<a href=\"%s\" data-phx-link=redirect data-phx-link-state=push>%s</a>", (*view)->path,
                      (*view)->title);
    ll_buf_printf(out,
                  "</nav></header><main><div id=\"phx-%.*s\" data-phx-main data-phx-session=\"%s:%s\" "
                  "data-phx-static=\"",
                  ID_CHARS, id, live_session, page->session->csrf);
    form_escape(out, page->flash);
    ll_buf_text(out, "\">");
}

static void end_layout(struct ll_buf *out) {
    ll_buf_text(out, "</div></main><footer>Outpost is a demo shop. Nothing is for sale.</footer></html>");
}

void live_page_answer(const struct live_view *view, struct shop *shop, const struct request *request,
                      struct session *session, struct response *out) {
    struct live_page page = {.shop = shop, .session = session, .events = ll_buf_make(LIVE_EVENTS_MAX)};
    struct live_tree tree = {0};
    void *state = ll_alloc(1, view->state_size);
    live_title(&page, view->title);
    if (view->mount) view->mount(&page, state);
    if (view->params && page.move == LIVE_STAY) view->params(&page, state, request->query);
    if (page.move == LIVE_STAY) {
        view->render(&page, state, &tree);
        begin_layout(&page, view->live_session, &out->body);
        live_tree_html(&tree, &out->body);
        end_layout(&out->body);
    } else { // over HTTP every way to go elsewhere is a redirect
        out->status = 302;
        snprintf(out->location, sizeof out->location, "%s", page.to);
    }
    live_tree_fini(&tree);
    ll_buf_fini(&page.events);
    free(state);
}
