#include "agent/browser/cdp/world.h"

#include "agent/browser/cdp/page.h"

#include <string.h>

extern const char ll_world_script[], ll_main_script[];
extern const size_t ll_world_script_len, ll_main_script_len;

static void install(struct ll_cdp_tab *tab, const char *script, size_t len, const char *world) {
    struct ll_cdp_client *client = ll_cdp_page_client(tab->page);
    struct ll_buf *out = ll_cdp_begin(client, tab->session, "Page.addScriptToEvaluateOnNewDocument");
    ll_buf_text(out, "{\"source\":");
    ll_json_quote(out, script, len);
    ll_buf_printf(out, ",\"runImmediately\":true%s}", world);
    ll_cdp_end(client, NULL, NULL);
}

// In this order: the second says to the first that it is there.
void ll_cdp_world_install(struct ll_cdp_tab *tab) {
    install(tab, ll_world_script, ll_world_script_len, ",\"worldName\":\"" LL_CDP_WORLD "\"");
    install(tab, ll_main_script, ll_main_script_len, "");
}

// https://chromedevtools.github.io/devtools-protocol/tot/Page/#method-createIsolatedWorld
// It makes none where the frame has one of this name.
struct ll_buf *ll_cdp_world_begin(struct ll_cdp_page *page, const char *frame) {
    struct ll_buf *out = ll_cdp_page_begin(page, "Page.createIsolatedWorld");
    ll_buf_printf(out, "{\"frameId\":\"%s\",\"worldName\":\"" LL_CDP_WORLD "\"}", frame);
    return out;
}

uint64_t ll_cdp_world_answer(const struct ll_cdp_answer *answer) {
    return (uint64_t)ll_scan_number(ll_scan_get(answer->result, "executionContextId"), 0);
}

static void on_world(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    page->tab->world = answer->failed ? 0 : ll_cdp_world_answer(answer); // and what is asked of none is refused
    page->after_world(page);
}

void ll_cdp_world_learn(struct ll_cdp_page *page, void (*then)(struct ll_cdp_page *page)) {
    if (page->tab->world) {
        then(page);
        return;
    }
    page->after_world = then;
    ll_cdp_world_begin(page, page->tab->target);
    ll_cdp_page_end(page, on_world);
}
