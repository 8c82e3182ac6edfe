#include "agent/browser/cdp/page.h"

#include <stdio.h>

// A mouse has no pressure of its own: it counts as half of what there can be while a button is down (Pointer
// Events, 4.1).
#define PRESSURE ",\"force\":0.5"
static const char HELD[] = ",\"button\":\"left\",\"buttons\":1" PRESSURE; // while it moves

static void send(struct ll_cdp_page *page) {
    ll_cdp_end(ll_cdp_page_client(page), NULL, NULL);
}

// Begins an event where the pointer is; `button` is "" when none is part of it.
static struct ll_buf *mouse(struct ll_cdp_page *page, const char *type, const char *button) {
    struct ll_buf *out = ll_cdp_page_begin(page, "Input.dispatchMouseEvent");
    ll_buf_printf(out, "{\"type\":\"%s\",\"x\":%g,\"y\":%g%s", type, page->input.x, page->input.y, button);
    if (page->action.modifiers) ll_buf_printf(out, ",\"modifiers\":%u", page->action.modifiers);
    ll_buf_text(out, "}");
    return out;
}

static void move(struct ll_cdp_page *page, double x, double y, const char *button) {
    page->input.x = x;
    page->input.y = y;
    mouse(page, "mouseMoved", button);
}

static void button_event(struct ll_cdp_page *page, const char *type, bool is_down, uint32_t count) {
    static const unsigned bits[] = {[LL_BUTTON_LEFT] = 1, [LL_BUTTON_RIGHT] = 2, [LL_BUTTON_MIDDLE] = 4};
    char word[LL_OPTION_WORD_BYTES_MAX], button[128];
    ll_option_word(ll_option_info(LL_OPTION_BUTTON), page->action.button, word);
    snprintf(button, sizeof button, ",\"button\":\"%s\",\"buttons\":%u,\"clickCount\":%u%s", word,
             is_down ? bits[page->action.button] : 0, count, is_down ? PRESSURE : "");
    mouse(page, type, button);
}

// The last event of an action is begun; keys that are held are let go after it.
static void end(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    if (page->action.modifiers) {
        send(page);
        ll_cdp_keys_release(page, page->action.modifiers, answered);
    } else {
        ll_cdp_page_end(page, answered);
    }
}

void ll_cdp_pointer_hover(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered) {
    ll_cdp_keys_hold(page, page->action.modifiers);
    move(page, x, y, "");
    end(page, answered);
}

static uint32_t clicks_of(const struct ll_action *action) {
    if (action->operation == LL_OP_DOUBLE_CLICK) return 2;
    return action->click_count ? action->click_count : 1;
}

// Press, release, press, release…, with a pause before each release if the action has a delay.
static void go_on_clicking(struct ll_cdp_page *page) {
    struct ll_cdp_input *input = &page->input;
    uint32_t last = 2 * clicks_of(&page->action) - 1;
    for (;; input->done++) {
        bool is_release = input->done % 2 == 1;
        if (is_release && page->action.delay_ms && !input->has_paused) {
            input->has_paused = true;
            ll_cdp_page_pause(page, page->action.delay_ms, go_on_clicking);
            return;
        }
        input->has_paused = false;
        button_event(page, is_release ? "mouseReleased" : "mousePressed", !is_release, input->done / 2 + 1);
        if (input->done == last) break;
        send(page);
    }
    end(page, input->answered);
}

void ll_cdp_pointer_click(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered) {
    page->input.done = 0;
    page->input.has_paused = false;
    page->input.answered = answered;
    ll_cdp_keys_hold(page, page->action.modifiers);
    move(page, x, y, "");
    send(page);
    go_on_clicking(page);
}

static void intercept_drags(struct ll_cdp_page *page, bool is_on) {
    ll_cdp_call(ll_cdp_page_client(page), page->tab->session, "Input.setInterceptDrags",
                is_on ? "{\"enabled\":true}" : "{\"enabled\":false}", NULL, NULL);
}

// A page sees a drag begin when the pointer has moved a little with the button down.
void ll_cdp_pointer_drag(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered) {
    enum { A_LITTLE = 5 }; // pixels
    ll_buf_clear(&page->dragged);
    intercept_drags(page, true);
    move(page, x, y, "");
    send(page);
    button_event(page, "mousePressed", true, 1);
    send(page);
    move(page, x + A_LITTLE, y + A_LITTLE, HELD);
    ll_cdp_page_end(page, answered);
}

void ll_cdp_pointer_drag_began(struct ll_cdp_page *page, struct ll_slice params) {
    struct ll_slice data = ll_scan_get(params, "data");
    ll_buf_clear(&page->dragged);
    ll_buf_append(&page->dragged, data.at, data.len);
    if (page->dragged.overflowed) ll_buf_clear(&page->dragged);
}

static void drag_event(struct ll_cdp_page *page, const char *type) {
    struct ll_buf *out = ll_cdp_page_begin(page, "Input.dispatchDragEvent");
    ll_buf_printf(out, "{\"type\":\"%s\",\"x\":%g,\"y\":%g,\"data\":", type, page->input.x, page->input.y);
    ll_buf_append(out, page->dragged.data, page->dragged.len);
    ll_buf_text(out, "}");
}

static void drop_data(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    static const char *const types[] = {"dragEnter", "dragOver", "drop"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        drag_event(page, types[i]);
        if (i + 1 < sizeof types / sizeof *types)
            send(page);
        else
            ll_cdp_page_end(page, answered);
    }
}

// In two steps, as a hand has more than one too: what it passes over is told that something comes.
void ll_cdp_pointer_drop(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered) {
    intercept_drags(page, false);
    if (page->dragged.len > 0) {
        page->input.x = x;
        page->input.y = y;
        drop_data(page, answered);
        return;
    }
    move(page, (page->input.x + x) / 2, (page->input.y + y) / 2, HELD);
    send(page);
    move(page, x, y, HELD);
    send(page);
    button_event(page, "mouseReleased", false, 1);
    ll_cdp_page_end(page, answered);
}

void ll_cdp_pointer_let_go(struct ll_cdp_page *page) {
    button_event(page, "mouseReleased", false, 1);
    send(page);
}

static void touch(struct ll_cdp_page *page, const char *type, const char *points) {
    struct ll_buf *out = ll_cdp_page_begin(page, "Input.dispatchTouchEvent");
    ll_buf_printf(out, "{\"type\":\"%s\",\"touchPoints\":[%s],\"modifiers\":%u}", type, points, page->action.modifiers);
}

void ll_cdp_pointer_tap(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered) {
    char finger[64];
    snprintf(finger, sizeof finger, "{\"x\":%g,\"y\":%g}", x, y);
    ll_cdp_keys_hold(page, page->action.modifiers);
    touch(page, "touchStart", finger);
    send(page);
    touch(page, "touchEnd", "");
    end(page, answered);
}
