// The capture has a session of its own with the tab's target, and leaves with it: nothing that it enables changes what
// the tab's own session is told or costs. In it, four things are asked at once: a picture, what the document says of
// itself, and the two domains whose `enable` tells again what was stored: Runtime the console's messages and uncaught
// errors, Log what the browser itself wrote. What is told again comes before the answer to `enable`.
//
//     IDLE --attach--> ATTACHING --session--> ASKING --all answered, or the timeout--> told, detached
//
// What can go wrong: a page that is busy answers nothing in time, and then its URL and requests are told all the same,
// which were known before; one that is too large for a message is left out; a page that is closed or lost ends the
// capture untold (a lost page's URL and requests are told by ll_cdp_evidence_of_lost). Where a navigation came to
// nothing Chromium refuses a picture until its own page for such cases is there, and that page is a white one: it would
// tell of a site that shows nothing, so there is none either way.
#include "agent/browser/cdp/evidence.h"

#include "agent/browser/cdp/network.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/codec/base64.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum asked { ASKED_PICTURE, ASKED_METRICS, ASKED_DOCUMENT, ASKED_CONSOLE, ASKED_LOG, ASKED_COUNT };

enum { VISIBLE_MAX = 256 * 1024, LINES_KEPT = LL_CAPTURE_CONSOLE_LINES_MAX };

struct ll_cdp_evidence {
    struct ll_cdp_page *page;
    struct ll_cdp_client *client;
    unsigned what;
    char session[LL_CDP_ID_MAX];
    struct ll_timer *timer;
    uint32_t timeout_ms;
    uint32_t attach;             // the command under way, or 0
    uint32_t calls[ASKED_COUNT]; // likewise
    char url[LL_URL_MAX];
    struct ll_buf picture, html, visible;
    char *lines[LINES_KEPT]; // a ring
    size_t line_count;       // ever
    bool has_no_page;        // but one of Chromium's own
    ll_err err;
};

static void finish(struct ll_cdp_evidence *evidence);

static void note_missing(struct ll_cdp_evidence *evidence, ll_err err) {
    if (evidence->err.status == LL_OK) evidence->err = err;
}

static void write_requests(const struct ll_cdp_page *page, struct ll_buf *out) {
    if (page->tab) ll_cdp_trail_write(ll_cdp_network_trail(page->tab->network), out);
}

// ---- The console

// Takes the text, which ends with its terminator.
static void add_line(struct ll_cdp_evidence *evidence, const char *level, const char *text) {
    char **slot = &evidence->lines[evidence->line_count++ % LINES_KEPT];
    free(*slot);
    *slot = ll_format("%s: %s", level, text);
    for (char *at = *slot; *at; at++)
        if (*at == '\n' || *at == '\r') *at = ' ';
}

// What a person would see of a console's argument.
static void append_argument(struct ll_slice argument, char *out, size_t size) {
    static const char *const keys[] = {"value", "unserializableValue", "description", "type"};
    struct ll_slice values[4];
    size_t used = strlen(out);
    if (used + 2 >= size) return;
    if (used > 0) out[used++] = ' ';
    out[used] = '\0';
    ll_scan_members(argument, keys, values, 4);
    for (int i = 0; i < 4; i++) {
        if (values[i].len == 0 || (i == 0 && values[i].at[0] == '{')) continue;
        if (!ll_scan_text(values[i], out + used, size - used))
            snprintf(out + used, size - used, "%.*s", (int)values[i].len, values[i].at);
        return;
    }
}

static void on_console(struct ll_cdp_evidence *evidence, struct ll_slice params) {
    static const char *const keys[] = {"type", "args"};
    struct ll_slice values[2];
    char level[16], text[LL_CAPTURE_CONSOLE_LINE_MAX] = "";
    ll_scan_members(params, keys, values, 2);
    ll_scan_text(values[0], level, sizeof level);
    for (size_t i = 0;; i++) {
        struct ll_slice argument = ll_scan_item(values[1], i);
        if (argument.len == 0) break;
        append_argument(argument, text, sizeof text);
    }
    add_line(evidence, level, text);
}

static void on_exception(struct ll_cdp_evidence *evidence, struct ll_slice params) {
    static const char *const keys[] = {"text", "exception"};
    struct ll_slice values[2];
    char text[LL_CAPTURE_CONSOLE_LINE_MAX] = "";
    ll_scan_members(ll_scan_get(params, "exceptionDetails"), keys, values, 2);
    ll_scan_text(values[0], text, sizeof text);
    append_argument(values[1], text, sizeof text);
    text[strcspn(text, "\n")] = '\0'; // without the stack
    add_line(evidence, "error", text);
}

static void on_log_entry(struct ll_cdp_evidence *evidence, struct ll_slice params) {
    static const char *const keys[] = {"level", "text", "url"};
    struct ll_slice values[3];
    char level[16], text[LL_CAPTURE_CONSOLE_LINE_MAX], url[LL_CAPTURE_CONSOLE_LINE_MAX];
    ll_scan_members(ll_scan_get(params, "entry"), keys, values, 3);
    ll_scan_text(values[0], level, sizeof level);
    size_t used = ll_scan_text(values[1], text, sizeof text);
    if (ll_scan_text(values[2], url, sizeof url)) {
        url[strcspn(url, "?#")] = '\0';
        snprintf(text + used, sizeof text - used, " (%s)", url);
    }
    add_line(evidence, level, text);
}

bool ll_cdp_evidence_event(struct ll_cdp_evidence *evidence, enum ll_cdp_event event, struct ll_slice session,
                           struct ll_slice params) {
    if (!evidence || !evidence->session[0] || !ll_scan_is_string(session, evidence->session)) return false;
    if (event == LL_CDP_CONSOLE_API_CALLED)
        on_console(evidence, params);
    else if (event == LL_CDP_EXCEPTION_THROWN)
        on_exception(evidence, params);
    else if (event == LL_CDP_LOG_ENTRY_ADDED)
        on_log_entry(evidence, params);
    return true;
}

// ---- Asking

// Ends when nothing is under way.
static void settle(struct ll_cdp_evidence *evidence) {
    for (size_t i = 0; i < ASKED_COUNT; i++)
        if (evidence->calls[i]) return;
    finish(evidence);
}

static ll_err there_is_no_page(void) {
    return ll_err_make(LL_UNAVAILABLE, "there is no picture, since nothing came that the browser could show");
}

static void take_refusal(struct ll_cdp_evidence *evidence, const char *what, const struct ll_cdp_answer *answer) {
    char text[200];
    ll_scan_text(answer->error, text, sizeof text);
    note_missing(evidence, ll_err_make(LL_UNAVAILABLE, "%s: %s", what, text));
}

// Chromium's words for a tab whose navigation has failed a moment ago.
static bool is_about_no_page(const struct ll_cdp_answer *answer) {
    char text[200];
    ll_scan_text(answer->error, text, sizeof text);
    return strstr(text, "Not attached to an active page") != NULL;
}

// Where frames are rare it would come with the next.
static void have_it_drawn(struct ll_cdp_evidence *evidence, uint32_t for_ms) {
    ll_cdp_painter_show(ll_cdp_connection_painter(evidence->page->connection), evidence->page->tab, for_ms);
}

static void on_picture(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_evidence *evidence = arg;
    evidence->calls[ASKED_PICTURE] = 0;
    have_it_drawn(evidence, 0);
    struct ll_slice data = answer->failed ? (struct ll_slice){0} : ll_scan_get(answer->result, "data");
    if (answer->failed && is_about_no_page(answer)) {
        note_missing(evidence, there_is_no_page());
    } else if (answer->failed) {
        take_refusal(evidence, "no picture could be taken", answer);
    } else if (data.len < 2 || !ll_base64_decode(data.at + 1, data.len - 2, &evidence->picture)) {
        ll_buf_clear(&evidence->picture);
        note_missing(evidence, ll_err_make(LL_RESOURCE_EXHAUSTED, "the picture was larger than %d bytes",
                                           LL_CAPTURE_PICTURE_MAX));
    }
    settle(evidence);
}

static void ask_picture(struct ll_cdp_evidence *evidence, const char *clip) {
    have_it_drawn(evidence, evidence->timeout_ms);
    ll_buf_printf(ll_cdp_begin(evidence->client, evidence->session, "Page.captureScreenshot"),
                  "{\"format\":\"jpeg\",\"quality\":70,\"optimizeForSpeed\":true%s}", clip);
    evidence->calls[ASKED_PICTURE] = ll_cdp_end(evidence->client, on_picture, evidence);
}

static double pixels_per_unit(const struct ll_cdp_page *page) {
    const struct ll_device *device = page->options.device ? ll_device_find(page->options.device) : NULL;
    return device ? device->scale : 1;
}

// A device's screen may be larger than its viewport says, so it is always asked.
static bool may_be_large(const struct ll_cdp_page *page) {
    return page->options.device || page->options.viewport_width > LL_CAPTURE_SIDE_MAX ||
           page->options.viewport_height > LL_CAPTURE_SIDE_MAX;
}

// A large page is drawn smaller: the clip's place counts from the document's corner.
static void on_metrics(void *arg, const struct ll_cdp_answer *answer) {
    static const char *const keys[] = {"pageX", "pageY", "clientWidth", "clientHeight"};
    struct ll_cdp_evidence *evidence = arg;
    struct ll_slice values[4];
    char clip[160];
    evidence->calls[ASKED_METRICS] = 0;
    ll_scan_members(ll_scan_get(answer->result, "cssVisualViewport"), keys, values, 4);
    double width = ll_scan_number(values[2], 0), height = ll_scan_number(values[3], 0);
    double longest = (width > height ? width : height) * pixels_per_unit(evidence->page);
    if (answer->failed || !(longest > 0)) {
        ask_picture(evidence, "");
    } else {
        snprintf(clip, sizeof clip, ",\"clip\":{\"x\":%.0f,\"y\":%.0f,\"width\":%.0f,\"height\":%.0f,\"scale\":%.4f}",
                 ll_scan_number(values[0], 0), ll_scan_number(values[1], 0), width, height,
                 longest > LL_CAPTURE_SIDE_MAX ? LL_CAPTURE_SIDE_MAX / longest : 1);
        ask_picture(evidence, clip);
    }
    settle(evidence);
}

static void take_text(struct ll_slice value, struct ll_buf *out) {
    size_t room = value.len + 1; // unescaping makes no text longer
    char *at = value.len > 0 && out->max >= room ? ll_buf_reserve(out, room) : NULL;
    if (at) ll_buf_commit(out, ll_scan_text(value, at, room));
}

static void on_document(void *arg, const struct ll_cdp_answer *answer) {
    static const char *const keys[] = {"html", "visible", "url"};
    struct ll_cdp_evidence *evidence = arg;
    struct ll_slice values[3];
    evidence->calls[ASKED_DOCUMENT] = 0;
    if (answer->failed) {
        take_refusal(evidence, "the page's HTML could not be read", answer);
    } else {
        ll_scan_members(ll_scan_get(ll_scan_get(answer->result, "result"), "value"), keys, values, 3);
        take_text(values[0], &evidence->html);
        take_text(values[1], &evidence->visible);
        if (values[2].len > 2) ll_scan_text(values[2], evidence->url, sizeof evidence->url);
        evidence->has_no_page = strncmp(evidence->url, "chrome-error:", strlen("chrome-error:")) == 0;
        if (evidence->html.len == 0)
            note_missing(evidence, ll_err_make(LL_UNAVAILABLE, "the page's HTML could not be read"));
    }
    settle(evidence);
}

// All that a picture may show as text: of the document, of open shadow roots and of frames of its origin. What a frame
// of another site shows cannot be told, nor what is beyond the limit, and then nothing is.
static const char visible_text[] =
    "(()=>{const t=[''];let all=true;const look=d=>{for(const e of d.body?[d.body]:d.children)t.push(e.innerText||'');"
    "for(const e of "
    "d.querySelectorAll('*')){if(/^(input|textarea)$/.test(e.localName)&&e.type!=='password')t.push(e.value);"
    "if(e.shadowRoot)look(e.shadowRoot);if(/^i?frame$/.test(e.localName)&&e.getClientRects().length){"
    "if(e.contentDocument)look(e.contentDocument);else all=false}}};look(d);const s=t.join('\\\\n');"
    "return all&&s.length<=60000?s:''})()";

static void ask_document(struct ll_cdp_evidence *evidence) {
    ll_buf_printf(ll_cdp_begin(evidence->client, evidence->session, "Runtime.evaluate"),
                  "{\"returnByValue\":true,\"timeout\":%u,\"expression\":\"(()=>{const d=document,r=d.documentElement;"
                  "return{url:location.href,html:r?r.outerHTML.slice(0,%d):'',visible:%s}})()\"}",
                  evidence->timeout_ms, LL_CAPTURE_HTML_MAX, evidence->what & LL_CAPTURE_VISIBLE ? visible_text : "''");
    evidence->calls[ASKED_DOCUMENT] = ll_cdp_end(evidence->client, on_document, evidence);
}

static void on_console_told(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_evidence *evidence = arg;
    evidence->calls[ASKED_CONSOLE] = 0;
    if (answer->failed) take_refusal(evidence, "the console could not be read", answer);
    settle(evidence);
}

static void on_log_told(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_evidence *evidence = arg;
    evidence->calls[ASKED_LOG] = 0;
    if (answer->failed) take_refusal(evidence, "the browser's log could not be read", answer);
    settle(evidence);
}

static void on_attached(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_evidence *evidence = arg;
    evidence->attach = 0;
    if (answer->failed ||
        !ll_scan_text(ll_scan_get(answer->result, "sessionId"), evidence->session, sizeof evidence->session)) {
        take_refusal(evidence, "the page could not be looked at", answer);
        finish(evidence);
        return;
    }
    // The console first: what the others do to the page may add to it.
    if (evidence->what & LL_CAPTURE_CONSOLE) {
        evidence->calls[ASKED_CONSOLE] =
            ll_cdp_call(evidence->client, evidence->session, "Runtime.enable", "{}", on_console_told, evidence);
        evidence->calls[ASKED_LOG] =
            ll_cdp_call(evidence->client, evidence->session, "Log.enable", "{}", on_log_told, evidence);
    }
    if (evidence->what & (LL_CAPTURE_HTML | LL_CAPTURE_VISIBLE)) ask_document(evidence);
    if (evidence->what & LL_CAPTURE_PICTURE && may_be_large(evidence->page))
        evidence->calls[ASKED_METRICS] =
            ll_cdp_call(evidence->client, evidence->session, "Page.getLayoutMetrics", "{}", on_metrics, evidence);
    else if (evidence->what & LL_CAPTURE_PICTURE)
        ask_picture(evidence, "");
    settle(evidence);
}

static void on_timeout(void *arg) {
    struct ll_cdp_evidence *evidence = arg;
    note_missing(evidence,
                 ll_err_make(LL_DEADLINE_EXCEEDED, "the page did not answer within %u ms", evidence->timeout_ms));
    finish(evidence);
}

// ---- The end

// Leaves the page: no answer comes any more.
static void leave(struct ll_cdp_evidence *evidence) {
    struct ll_cdp_client *client = ll_cdp_page_client(evidence->page);
    ll_cdp_forget(client, evidence->attach);
    for (size_t i = 0; i < ASKED_COUNT; i++) ll_cdp_forget(client, evidence->calls[i]);
    if (client && evidence->session[0]) {
        ll_buf_printf(ll_cdp_begin(client, "", "Target.detachFromTarget"), "{\"sessionId\":\"%s\"}", evidence->session);
        ll_cdp_end(client, NULL, NULL);
        ll_cdp_forget_session(client, evidence->session);
    }
    ll_timer_free(&evidence->timer);
    evidence->page->evidence = NULL;
}

static void release(struct ll_cdp_evidence *evidence) {
    ll_buf_fini(&evidence->picture);
    ll_buf_fini(&evidence->html);
    ll_buf_fini(&evidence->visible);
    for (size_t i = 0; i < LINES_KEPT; i++) free(evidence->lines[i]);
    free(evidence);
}

void ll_cdp_evidence_cancel(struct ll_cdp_evidence *evidence) {
    if (!evidence) return;
    leave(evidence);
    release(evidence);
}

static void write_console(const struct ll_cdp_evidence *evidence, struct ll_buf *out) {
    size_t kept = evidence->line_count < LINES_KEPT ? evidence->line_count : LINES_KEPT;
    for (size_t back = kept; back > 0; back--)
        ll_buf_printf(out, "%s\n", evidence->lines[(evidence->line_count - back) % LINES_KEPT]);
}

static void leave_out_page(struct ll_cdp_evidence *evidence) {
    ll_buf_clear(&evidence->picture);
    ll_buf_clear(&evidence->html);
    ll_buf_clear(&evidence->visible);
    evidence->err = there_is_no_page();
}

// Tells, and the page may be gone after that.
static void finish(struct ll_cdp_evidence *evidence) {
    struct ll_cdp_page *page = evidence->page;
    if (evidence->has_no_page) leave_out_page(evidence);
    struct ll_buf requests = ll_buf_make(LL_CAPTURE_REQUESTS_MAX * 512), console = ll_buf_make(LL_CAPTURE_CONSOLE_MAX);
    write_requests(page, &requests);
    write_console(evidence, &console);
    struct ll_capture capture = {
        .url = evidence->url,
        .picture = evidence->picture.data,
        .picture_bytes = evidence->picture.len,
        .html = ll_buf_str(&evidence->html),
        .html_bytes = evidence->html.len,
        .visible = ll_buf_str(&evidence->visible),
        .visible_bytes = evidence->visible.len,
        .console = ll_buf_str(&console),
        .requests = ll_buf_str(&requests),
        .err = evidence->err,
    };
    leave(evidence);
    page->events.on_captured(page->events.owner, &capture);
    ll_buf_fini(&requests);
    ll_buf_fini(&console);
    release(evidence);
}

void ll_cdp_evidence_of_lost(const struct ll_cdp_page *page, ll_err why) {
    if (!page->events.on_page_known || !page->tab) return;
    struct ll_buf requests = ll_buf_make(LL_CAPTURE_REQUESTS_MAX * 512);
    write_requests(page, &requests);
    struct ll_capture capture = {
        .url = page->tab->url, .html = "", .visible = "", .console = "", .requests = ll_buf_str(&requests), .err = why};
    page->events.on_page_known(page->events.owner, &capture);
    ll_buf_fini(&requests);
}

void ll_cdp_evidence_begin(struct ll_cdp_page *page, const struct ll_capture_request *request) {
    ll_cdp_evidence_cancel(page->evidence);
    struct ll_cdp_evidence *evidence = page->evidence = ll_alloc(1, sizeof *evidence);
    evidence->page = page;
    evidence->client = ll_cdp_page_client(page);
    evidence->what = request->what;
    evidence->timeout_ms = request->timeout_ms ? request->timeout_ms : LL_CAPTURE_TIMEOUT_MS;
    evidence->picture = ll_buf_make(LL_CAPTURE_PICTURE_MAX);
    evidence->html = ll_buf_make(LL_CAPTURE_HTML_MAX * 12); // of a character as it may be escaped
    evidence->visible = ll_buf_make(VISIBLE_MAX * 4);
    snprintf(evidence->url, sizeof evidence->url, "%s", page->tab->url);
    evidence->timer = ll_timer_new(ll_cdp_connection_loop(page->connection), on_timeout, evidence);
    ll_timer_set(evidence->timer, ll_clock_us() + evidence->timeout_ms * INT64_C(1000));
    if (!evidence->client) return; // the browser is gone, and the page is about to be told
    ll_buf_printf(ll_cdp_begin(evidence->client, "", "Target.attachToTarget"), "{\"targetId\":\"%s\",\"flatten\":true}",
                  page->tab->target);
    evidence->attach = ll_cdp_end(evidence->client, on_attached, evidence);
}
