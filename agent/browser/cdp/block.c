// Requests: https://chromedevtools.github.io/devtools-protocol/tot/Network/#method-setBlockedURLs. It does not concern
// WebSockets, which a script in the page or worker blocks (page/block.js).
#include "agent/browser/cdp/block.h"

#include "agent/browser/cdp/page.h"
#include "libcommon/codec/json.h"

extern const char ll_block_script[];
extern const size_t ll_block_script_len;

enum { CODE_MAX = 1024 * 1024 };

static void write_patterns(struct ll_json_writer *writer, const char *key, const struct ll_request_filter *filter) {
    ll_json_begin_array(writer, key);
    for (size_t i = 0; i < filter->block_count; i++) ll_json_write_string(writer, NULL, filter->block[i]);
    ll_json_end_array(writer);
}

static void block_requests(struct ll_cdp_page *page, const char *session) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    struct ll_json_writer writer = ll_json_writer_make(ll_cdp_begin(client, session, "Network.setBlockedURLs"));
    ll_json_begin_object(&writer, NULL);
    write_patterns(&writer, "urls", &page->options.requests);
    ll_json_end_object(&writer);
    ll_cdp_end(client, NULL, NULL);
}

// `before` and `behind` stand around the code, a JSON string, in the command's params.
static void send_script(struct ll_cdp_page *page, const char *session, const char *method, const char *before,
                        const char *behind) {
    struct ll_cdp_client *client = ll_cdp_page_client(page);
    struct ll_buf code = ll_buf_make(CODE_MAX);
    ll_buf_text(&code, "(");
    ll_buf_append(&code, ll_block_script, ll_block_script_len);
    ll_buf_text(&code, ")(");
    struct ll_json_writer writer = ll_json_writer_make(&code);
    write_patterns(&writer, NULL, &page->options.requests);
    ll_buf_text(&code, ")");
    struct ll_buf *out = ll_cdp_begin(client, session, method);
    ll_buf_text(out, before);
    ll_json_quote(out, ll_buf_str(&code), code.len);
    ll_buf_text(out, behind);
    ll_cdp_end(client, NULL, NULL);
    ll_buf_fini(&code);
}

void ll_cdp_block_in_tab(struct ll_cdp_page *page, const char *session) {
    if (!page->options.requests.block_count) return;
    block_requests(page, session);
    send_script(page, session, "Page.addScriptToEvaluateOnNewDocument", "{\"source\":", ",\"runImmediately\":true}");
}

void ll_cdp_block_in_worker(struct ll_cdp_page *page, const char *session) {
    if (!page->options.requests.block_count) return;
    block_requests(page, session);
    send_script(page, session, "Runtime.evaluate", "{\"expression\":", ",\"silent\":true}");
}
