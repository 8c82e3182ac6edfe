// Into frames within a page, from selector to selector, and back out with a point:
//
//     in each document: our script finds the frame's element → DOM.describeNode: its document → DOM.resolveNode: an
//     object of the page's own world in there, on which scripts of scenarios can be run; with it come both our scripts,
//     where the document has none of its own → Page.createIsolatedWorld: the context of ours
//
// No domain is enabled for it, and pages whose frames nobody asks for pay nothing. It is done anew for each action, so
// that a frame that was replaced is found again. What an action's input wants is a point of the outermost page. Where
// a frame is drawn the browser knows (DOM.getBoxModel), whatever turns, scales or bends it; each page on the way out is
// asked whether its frame is hit there. One that had to wait for that, or to scroll, has the action asked again, since
// the element has moved:
//
//     from the innermost frame: its quad in the outermost page → the point there → in each document around it: its
//     point
//
// A frame in a process of its own (site isolation, which our flags turn off) has no document here, which is said.
#include "agent/browser/cdp/page.h"
#include "agent/browser/cdp/world.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char separator = LL_FRAME_SEPARATOR;

static void on_element(void *arg, const struct ll_cdp_answer *answer);
static void on_world(void *arg, const struct ll_cdp_answer *answer);
static void look_out(struct ll_cdp_page *page);

// Selector `index` of the action's frames; len 0 when there is none.
static struct ll_slice selector_of(const struct ll_cdp_page *page, size_t index) {
    const char *at = page->action.frame;
    for (; at && index; index--) {
        at = strchr(at, separator);
        if (at) at++;
    }
    return (struct ll_slice){at, at ? strcspn(at, (const char[]){separator, '\0'}) : 0};
}

bool ll_cdp_frame_is_entered(const struct ll_cdp_page *page) {
    return selector_of(page, page->frame.depth).len == 0;
}

struct ll_buf *ll_cdp_frame_begin(struct ll_cdp_page *page, size_t depth, const char *code, size_t len) {
    uint64_t world = depth ? page->frame.worlds[depth - 1] : page->tab->world;
    struct ll_buf *out = ll_cdp_page_begin(page, "Runtime.evaluate");
    ll_buf_printf(out, "{\"contextId\":%" PRIu64 ",\"expression\":", world);
    ll_json_quote(out, code, len);
    return out;
}

struct ll_buf *ll_cdp_frame_begin_own(struct ll_cdp_page *page, const char *code, size_t len) {
    if (page->frame.depth == 0) {
        struct ll_buf *out = ll_cdp_page_begin(page, "Runtime.evaluate");
        ll_buf_text(out, "{\"expression\":");
        ll_json_quote(out, code, len);
        return out;
    }
    struct ll_buf function = ll_buf_make(len + 64);
    ll_buf_text(&function, "function(){return ");
    ll_buf_append(&function, code, len);
    ll_buf_text(&function, "}");
    struct ll_buf *out = ll_cdp_page_begin(page, "Runtime.callFunctionOn");
    ll_buf_printf(out, "{\"objectId\":\"%s\",\"functionDeclaration\":", page->frame.documents[page->frame.depth - 1]);
    ll_json_quote(out, (const char *)function.data, function.len);
    if (function.overflowed) out->overflowed = true;
    ll_buf_fini(&function);
    return out;
}

// What is true of elements in a frame that is not there, as JSON; NULL for an action that waits for the frame.
static const char *answer_of_none(const struct ll_action *action) {
    if (action->operation == LL_OP_IS_VISIBLE) return "false";
    if (action->operation == LL_OP_COUNT) return "0";
    bool waits_for_none = action->operation == LL_OP_WAIT_FOR_SELECTOR &&
                          (action->state == LL_STATE_HIDDEN || action->state == LL_STATE_DETACHED);
    return waits_for_none ? "null" : NULL;
}

// `__liveload.verb(timeout, selector…`, up to what the caller adds.
static struct ll_buf begin_code(const char *verb, uint32_t timeout_ms, struct ll_slice selector) {
    struct ll_buf code = ll_buf_make(8 * LL_SELECTOR_BYTES_MAX);
    ll_buf_printf(&code, "__liveload.%s(%u,", verb, timeout_ms);
    ll_json_quote(&code, selector.at, selector.len);
    return code;
}

static void find_next(struct ll_cdp_page *page) {
    uint32_t timeout_ms = answer_of_none(&page->action) ? 0 : ll_cdp_page_remaining_ms(page);
    struct ll_buf code = begin_code("frame", timeout_ms, selector_of(page, page->frame.depth));
    ll_buf_text(&code, ")");
    struct ll_buf *out = ll_cdp_frame_begin(page, page->frame.depth, (const char *)code.data, code.len);
    ll_buf_text(out, ",\"awaitPromise\":true,\"objectGroup\":\"liveload\"}");
    ll_buf_fini(&code);
    ll_cdp_page_end(page, on_element);
}

void ll_cdp_frame_enter(struct ll_cdp_page *page) {
    page->frame.depth = 0;
    find_next(page);
}

static void on_document(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    struct ll_cdp_frame *frame = &page->frame;
    page->call = 0;
    if (answer->failed) {
        ll_cdp_element_refused(page, answer->error);
        return;
    }
    ll_scan_text(ll_scan_get(ll_scan_get(answer->result, "object"), "objectId"), frame->documents[frame->depth],
                 sizeof *frame->documents);
    ll_cdp_world_begin(page, frame->id);
    ll_cdp_page_end(page, on_world);
}

static void on_world(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    struct ll_cdp_frame *frame = &page->frame;
    page->call = 0;
    if (answer->failed) {
        ll_cdp_element_refused(page, answer->error);
        return;
    }
    frame->worlds[frame->depth++] = ll_cdp_world_answer(answer);
    if (ll_cdp_frame_is_entered(page))
        ll_cdp_element_entered(page);
    else
        find_next(page);
}

static void on_described(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    page->call = 0;
    if (answer->failed) {
        ll_cdp_element_refused(page, answer->error);
        return;
    }
    static const char *const keys[] = {"backendNodeId", "frameId", "contentDocument"};
    struct ll_slice values[3];
    ll_scan_members(ll_scan_get(answer->result, "node"), keys, values, 3);
    if (!values[1].len) { // its element was taken out of the page meanwhile
        ll_cdp_element_lost(page);
        return;
    }
    ll_scan_text(values[1], page->frame.id, sizeof page->frame.id);
    double node = ll_scan_number(ll_scan_get(values[2], "backendNodeId"), 0);
    page->frame.elements[page->frame.depth] = ll_scan_number(values[0], 0);
    if (node == 0) {
        ll_cdp_page_finish(page,
                           ll_err_make(LL_FAILED_PRECONDITION,
                                       "the frame is in a process of its own, where it cannot be driven: leave site "
                                       "isolation off (no --browser-arg --site-per-process)"),
                           NULL);
        return;
    }
    ll_buf_printf(ll_cdp_page_begin(page, "DOM.resolveNode"), "{\"backendNodeId\":%.0f,\"objectGroup\":\"liveload\"}",
                  node);
    ll_cdp_page_end(page, on_document);
}

// There is no frame: `why` is "deadline" or another word, and a sentence.
static void finish_without(struct ll_cdp_page *page, struct ll_slice why) {
    char text[LL_ERR_TEXT_MAX];
    ll_scan_text(why, text, sizeof text);
    bool is_late = strncmp(text, "deadline", 8) == 0;
    const char *sentence = strchr(text, ' '), *answer = answer_of_none(&page->action);
    if (is_late && answer)
        ll_cdp_element_read(page, (struct ll_slice){answer, strlen(answer)});
    else
        ll_cdp_page_finish(page,
                           ll_err_make(is_late ? LL_DEADLINE_EXCEEDED : LL_FAILED_PRECONDITION, "the frame%s",
                                       sentence ? sentence : " cannot be found"),
                           NULL);
}

// An element, or as a text why there is none.
static void on_element(void *arg, const struct ll_cdp_answer *answer) {
    static const char *const keys[] = {"objectId", "value"};
    struct ll_cdp_page *page = arg;
    struct ll_slice values[2];
    page->call = 0;
    if (answer->failed) {
        ll_cdp_element_refused(page, answer->error);
        return;
    }
    ll_scan_members(ll_scan_get(answer->result, "result"), keys, values, 2);
    if (!values[0].len) {
        finish_without(page, values[1]);
        return;
    }
    ll_buf_printf(ll_cdp_page_begin(page, "DOM.describeNode"), "{\"objectId\":%.*s}", (int)values[0].len, values[0].at);
    ll_cdp_page_end(page, on_described);
}

// --- Out ---

static bool is_not_drawn(struct ll_slice error) {
    char text[256];
    ll_scan_text(error, text, sizeof text);
    return strstr(text, "box model") != NULL;
}

// Of DOM.BoxModel: inside of border and padding.
static bool quad_of(struct ll_slice model, struct ll_quad *out) {
    struct ll_slice content = ll_scan_get(model, "content");
    double corners[LL_QUAD_NUMBERS];
    for (size_t i = 0; i < LL_QUAD_NUMBERS; i++) corners[i] = ll_scan_number(ll_scan_item(content, i), NAN);
    return ll_quad_make(corners, out);
}

static void on_looked(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    struct ll_cdp_frame *frame = &page->frame;
    page->call = 0;
    if (answer->failed) {
        ll_cdp_element_refused(page, answer->error);
        return;
    }
    struct ll_slice decision = ll_scan_get(ll_scan_get(answer->result, "result"), "value");
    struct ll_slice word = ll_scan_item(decision, 0);
    bool has_scrolled = ll_scan_is_string(word, "scrolled");
    char text[LL_ERR_TEXT_MAX];
    if (has_scrolled || ll_scan_is_string(word, "came")) {
        frame->scrolls += has_scrolled;
        ll_cdp_element_look_again(page);
    } else if (!ll_scan_is_string(word, "ok")) {
        ll_scan_text(ll_scan_item(decision, 1), text, sizeof text);
        ll_cdp_page_finish(page, ll_err_make(LL_DEADLINE_EXCEEDED, "the frame %s", text), NULL);
    } else if (--frame->level > 0) {
        look_out(page);
    } else {
        ll_cdp_element_send(page, frame->input, frame->at.x, frame->at.y);
    }
}

// Asks the document around the frame at `level` whether that frame is hit at the point; without one, whether it is
// drawn. The documents of frames are told shares of their size, the outermost one pixels.
static void ask_document(struct ll_cdp_page *page, const struct ll_quad_point *at) {
    struct ll_cdp_frame *frame = &page->frame;
    size_t depth = frame->level - 1;
    struct ll_buf code = begin_code("through", ll_cdp_page_remaining_ms(page), selector_of(page, depth));
    ll_buf_printf(&code, ",%u", frame->scrolls);
    if (at) ll_buf_printf(&code, ",%.9g,%.9g,%s", at->x, at->y, depth ? "true" : "false");
    ll_buf_text(&code, ")");
    struct ll_buf *out = ll_cdp_frame_begin(page, depth, (const char *)code.data, code.len);
    ll_buf_text(out, ",\"awaitPromise\":true,\"returnByValue\":true}");
    ll_buf_fini(&code);
    ll_cdp_page_end(page, on_looked);
}

static void look_out(struct ll_cdp_page *page) {
    const struct ll_cdp_frame *frame = &page->frame;
    struct ll_quad_point at = frame->at;
    bool is_drawn = frame->level == 1 || ll_quad_in(&frame->quads[frame->level - 2], frame->at, &at);
    ask_document(page, is_drawn ? &at : NULL);
}

static void measure(struct ll_cdp_page *page);

static void on_measured(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    struct ll_cdp_frame *frame = &page->frame;
    page->call = 0;
    if (answer->failed && !is_not_drawn(answer->error)) {
        ll_cdp_element_refused(page, answer->error);
    } else if (answer->failed || !quad_of(ll_scan_get(answer->result, "model"), &frame->quads[frame->level - 1])) {
        ask_document(page, NULL);
    } else if (--frame->level > 0) {
        measure(page);
    } else {
        frame->level = frame->depth;
        if (ll_quad_out(&frame->quads[frame->depth - 1], frame->share, &frame->at))
            look_out(page);
        else
            ask_document(page, NULL);
    }
}

static void measure(struct ll_cdp_page *page) {
    ll_buf_printf(ll_cdp_page_begin(page, "DOM.getBoxModel"), "{\"backendNodeId\":%.0f}",
                  page->frame.elements[page->frame.level - 1]);
    ll_cdp_page_end(page, on_measured);
}

void ll_cdp_frame_send(struct ll_cdp_page *page, struct ll_slice input, struct ll_quad_point share) {
    struct ll_cdp_frame *frame = &page->frame;
    ll_scan_text(input, frame->input, sizeof frame->input);
    frame->share = share;
    frame->level = frame->depth;
    measure(page);
}

void ll_cdp_frame_leave(struct ll_cdp_page *page) {
    if (page->action.frame && page->frame.depth && ll_cdp_page_client(page))
        ll_cdp_call(ll_cdp_page_client(page), page->tab->session, "Runtime.releaseObjectGroup",
                    "{\"objectGroup\":\"liveload\"}", NULL, NULL);
    page->frame.depth = 0;
    page->frame.scrolls = 0;
}
