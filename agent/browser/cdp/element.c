// Everything that is done to or read from elements. The page's own half (page/) finds, waits and judges; one
// Runtime.evaluate asks it and stays unanswered until it has decided. What then needs real events, a pointer or
// keys, is done by pointer.c and keys.c. A press is confirmed: the page's half looks whether it comes to the element,
// and keeps it from the page if not; then it is made again. It tells that by itself (cdp/observer.c), and is asked when
// nothing was heard by the time that Chromium answers the press.
//
// A navigation that takes the document away under the question is no failure: the question is asked again in the new
// one, until the action's deadline. A scenario's own script is not run twice.
//
// Right after a click the page may be leaving without our knowing: the word of it may come later than the answer to the
// click. It does come before the answer to the next question, since both come from the page; so an answer that the page
// gave at once, with such a word before it, is about the document that is being left, and the question is asked again
// in the next. An answer that was waited for stands: what was waited for did come.
#include "agent/browser/cdp/page.h"
#include "agent/browser/cdp/world.h"
#include "libcommon/base/clock.h"

#include <stdio.h>
#include <string.h>

enum { CODE_BYTES_MAX = 4 * LL_ACTION_TEXT_BYTES_MAX + 2 * LL_FILES_BYTES_MAX };

static void on_decided(void *arg, const struct ll_cdp_answer *answer);

static void append_quoted(struct ll_buf *out, const char *text) {
    if (text)
        ll_json_quote(out, text, strlen(text));
    else
        ll_buf_text(out, "null");
}

static void append_option(struct ll_json_writer *writer, const struct ll_action *action, enum ll_action_option which) {
    const struct ll_option_info *option = ll_option_info(which);
    char word[LL_OPTION_WORD_BYTES_MAX];
    struct ll_action_point point;
    switch (option->type) {
    case LL_OPTTYPE_DURATION:
    case LL_OPTTYPE_WORDS:
    case LL_OPTTYPE_NUMBER:
        ll_json_write_int(writer, option->name, ll_action_number(action, which));
        return;
    case LL_OPTTYPE_WORD:
        ll_option_word(option, ll_action_number(action, which), word);
        ll_json_write_string(writer, option->name, word);
        return;
    case LL_OPTTYPE_SWITCH:
        ll_json_write_bool(writer, option->name, ll_action_switch(action, which));
        return;
    case LL_OPTTYPE_POINT:
        point = ll_action_point(action, which);
        ll_json_begin_object(writer, option->name);
        ll_json_write_number(writer, "x", point.x);
        ll_json_write_number(writer, "y", point.y);
        ll_json_end_object(writer);
        return;
    case LL_OPTTYPE_TEXT:
        ll_json_write_string(writer, option->name, ll_action_text(action, which));
        return;
    }
}

// The options that were given, as an object; nothing when there are none.
static void append_options(struct ll_buf *out, const struct ll_action *action) {
    struct ll_json_writer writer = ll_json_writer_make(out);
    bool has_any = false;
    for (int i = 0; i < LL_OPTIONS_COUNT; i++) {
        enum ll_action_option option = (enum ll_action_option)i;
        if (option == LL_OPTION_TIMEOUT || !ll_action_has(action, option)) continue;
        if (!has_any) ll_json_begin_object(&writer, NULL);
        has_any = true;
        append_option(&writer, action, option);
    }
    if (has_any) ll_json_end_object(&writer);
}

// Equal questions have equal texts, which Chromium compiles once; LL_ANSWER_GRACE_MS covers what is added.
static uint32_t rounded(uint32_t remaining_ms) {
    enum { STEP_MS = 100 };
    return remaining_ms > 10 * STEP_MS ? (remaining_ms + STEP_MS - 1) / STEP_MS * STEP_MS : remaining_ms;
}

// __liveload(operation, timeout, selector, text or target, argument, options), as an expression that is itself a JSON
// string. What stands at the end and is not given is left out.
static void ask(struct ll_cdp_page *page, const char *operation) {
    const struct ll_action *action = &page->action;
    const char *text = action->text ? action->text : action->target;
    struct ll_buf code = ll_buf_make(CODE_BYTES_MAX);
    ll_buf_printf(&code, "__liveload(\"%s\",%u,", operation, rounded(ll_cdp_page_remaining_ms(page)));
    append_quoted(&code, action->selector);
    ll_buf_text(&code, ",");
    append_quoted(&code, text);
    ll_buf_printf(&code, ",%s,", action->argument ? action->argument : "undefined");
    append_options(&code, action);
    ll_buf_text(&code, ")");
    struct ll_buf *out = ll_cdp_frame_begin(page, page->frame.depth, (const char *)code.data, code.len);
    ll_buf_text(out, ",\"awaitPromise\":true,\"returnByValue\":true}");
    if (code.overflowed) out->overflowed = true;
    ll_buf_fini(&code);
    ll_cdp_page_end(page, on_decided);
}

// A script of the scenario's is begun in the page's own world, and waited for in ours; page/main/evaluate.js has the
// words.
static void ask_own(struct ll_cdp_page *page) {
    const struct ll_action *action = &page->action;
    struct ll_buf code = ll_buf_make(CODE_BYTES_MAX);
    ll_buf_printf(&code, "__liveload(\"%s\",", ll_operation_info(action->operation)->name);
    append_quoted(&code, action->text);
    ll_buf_printf(&code, ",%s)", action->argument ? action->argument : "undefined");
    struct ll_buf *out = ll_cdp_frame_begin_own(page, (const char *)code.data, code.len);
    ll_buf_text(out, ",\"returnByValue\":true}");
    if (code.overflowed) out->overflowed = true;
    ll_buf_fini(&code);
    ll_cdp_page_end(page, on_decided);
}

static void ask_content(struct ll_cdp_page *page) {
    ask(page, "content");
}

static void ask_script(struct ll_cdp_page *page) {
    struct ll_buf code = ll_buf_make(256);
    ll_buf_printf(&code, "__liveload(\"%s\",%u,null,null,%.0f)", ll_operation_info(page->action.operation)->name,
                  ll_cdp_page_remaining_ms(page), page->script);
    struct ll_buf *out = ll_cdp_frame_begin(page, page->frame.depth, (const char *)code.data, code.len);
    ll_buf_text(out, ",\"awaitPromise\":true,\"returnByValue\":true}");
    ll_buf_fini(&code);
    ll_cdp_page_end(page, on_decided);
}

static bool is_script(const struct ll_cdp_page *page) {
    return page->action.operation == LL_OP_EVALUATE || page->action.operation == LL_OP_WAIT_FOR_FUNCTION;
}

static void ask_it(struct ll_cdp_page *page) {
    if (is_script(page))
        ask_own(page);
    else
        ask(page, ll_operation_info(page->action.operation)->name);
}

static void begin(struct ll_cdp_page *page) {
    page->frame.depth = 0;
    page->script = 0;
    page->awaits_content = false;
    if (page->action.frame)
        ll_cdp_world_learn(page, ll_cdp_frame_enter);
    else if (is_script(page))
        ask_own(page);
    else
        ll_cdp_world_learn(page, ask_it);
}

void ll_cdp_element_resume(struct ll_cdp_page *page) {
    ll_cdp_page_set_alarm(page); // the commit was awaited by a shorter one
    begin(page);
}

void ll_cdp_element_entered(struct ll_cdp_page *page) {
    ask_it(page);
}

void ll_cdp_element(struct ll_cdp_page *page) {
    if (page->action.operation == LL_OP_PRESS) {
        ll_err err = ll_cdp_keys_check(page->action.text);
        if (err.status != LL_OK) {
            ll_cdp_page_finish_soon(page, err);
            return;
        }
    }
    if (page->tab->navigating) {
        page->waiting = LL_CDP_WAITS_COMMIT;
        ll_timer_set(page->timer, page->deadline_us);
        return;
    }
    begin(page);
}

// Asks what has come of the press. One that led to another document was no miss: a miss is kept from the page.
static void confirm(struct ll_cdp_page *page, const char *question) {
    page->call = 0;
    page->tab->after_input = true;
    if (page->tab->navigating) {
        ll_cdp_page_finish(page, LL_SUCCESS, NULL);
    } else {
        page->confirming = true;
        ask(page, question);
    }
}

static void on_input_done(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    (void)answer;
    page->call = 0;
    page->tab->after_input = true;
    ll_cdp_page_finish(page, LL_SUCCESS, NULL);
}

// Something came between the pointer and the element, and the page was told nothing of the press.
static void press_again(struct ll_cdp_page *page) {
    if (page->action.operation == LL_OP_DRAG_AND_DROP) ll_cdp_pointer_let_go(page);
    page->acted = page->confirming = false;
    if (ll_clock_us() < page->deadline_us)
        ll_cdp_element(page);
    else
        ll_cdp_page_finish(
            page, ll_err_make(LL_DEADLINE_EXCEEDED, "is covered by %s when it is pressed", page->press.by), NULL);
}

static void on_pressed(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    if (page->press.by[0])
        press_again(page);
    else if (page->action.force || page->press.is_told) // with force, whatever it has come to is right
        on_input_done(arg, answer);
    else
        confirm(page, "pressed");
}

void ll_cdp_element_pressed(struct ll_cdp_page *page, const char *word) {
    char *name;
    uint64_t number = strtoull(word, &name, 10);
    struct ll_cdp_press *press = &page->press;
    if (!number || number != press->number || *name != ' ') return;
    press->is_told = true;
    snprintf(press->by, sizeof press->by, "%s", name + 1);
}

static void on_toggled(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    (void)answer;
    confirm(page, page->action.operation == LL_OP_CHECK ? "checked" : "unchecked");
}

static void on_taken_up(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    (void)answer;
    page->call = 0;
    ask(page, "drop");
}

// What was taken up stays so.
void ll_cdp_element_look_again(struct ll_cdp_page *page) {
    if (page->acted)
        ask(page, "drop");
    else
        ll_cdp_element(page);
}

void ll_cdp_element_read(struct ll_cdp_page *page, struct ll_slice value) {
    ll_json *json = NULL;
    ll_err err = ll_json_parse_value(value.at, value.len, &json);
    bool is_nil = err.status == LL_OK && ll_json_is_null(json);
    ll_cdp_page_finish(page, err, is_nil ? NULL : json);
    ll_json_free(&json);
}

// What the page can ask for, by its word.
static void click(struct ll_cdp_page *page, double x, double y) {
    ll_cdp_pointer_click(page, x, y, on_pressed);
}
static void toggle(struct ll_cdp_page *page, double x, double y) {
    ll_cdp_pointer_click(page, x, y, on_toggled);
}
static void hover(struct ll_cdp_page *page, double x, double y) {
    ll_cdp_pointer_hover(page, x, y, on_input_done);
}
static void tap(struct ll_cdp_page *page, double x, double y) {
    ll_cdp_pointer_tap(page, x, y, on_pressed);
}
static void drag(struct ll_cdp_page *page, double x, double y) {
    ll_cdp_pointer_drag(page, x, y, on_taken_up);
}
static void drop(struct ll_cdp_page *page, double x, double y) {
    ll_cdp_pointer_drop(page, x, y, on_input_done);
}
static void press(struct ll_cdp_page *page, double x, double y) {
    (void)x, (void)y;
    ll_cdp_keys_press(page, page->action.text, on_input_done);
}
static void type(struct ll_cdp_page *page, double x, double y) {
    (void)x, (void)y;
    ll_cdp_keys_type(page, on_input_done);
}
static void insert(struct ll_cdp_page *page, double x, double y) {
    (void)x, (void)y;
    ll_cdp_keys_insert(page, page->action.text ? page->action.text : "", on_input_done);
}

static const struct {
    const char *word;
    void (*send)(struct ll_cdp_page *page, double x, double y);
} inputs[] = {{"click", click}, {"toggle", toggle}, {"hover", hover}, {"tap", tap},      {"drag", drag},
              {"drop", drop},   {"press", press},   {"type", type},   {"insert", insert}};

void ll_cdp_element_send(struct ll_cdp_page *page, const char *input, double x, double y) {
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (strcmp(input, inputs[i].word) != 0) continue;
        page->acted = true;
        page->is_resting = false;
        inputs[i].send(page, x, y);
        return;
    }
}

// The page has decided: ["ok", value] when that is all, or ["ok", null, what real input is to be sent, x, y].
static void go_on(struct ll_cdp_page *page, struct ll_slice decision) {
    struct ll_slice word = ll_scan_item(decision, 2);
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (!ll_scan_is_string(word, inputs[i].word)) continue;
        struct ll_slice x = ll_scan_item(decision, 3), y = ll_scan_item(decision, 4);
        double number = ll_scan_number(ll_scan_item(decision, 5), 0);
        page->press = (struct ll_cdp_press){.number = number > 0 && number < 0x1p53 ? (uint64_t)number : 0};
        double width = ll_scan_number(ll_scan_item(decision, 6), 0),
               height = ll_scan_number(ll_scan_item(decision, 7), 0);
        if (page->frame.depth && width > 0 && height > 0)
            ll_cdp_frame_send(page, word,
                              (struct ll_quad_point){ll_scan_number(x, 0) / width, ll_scan_number(y, 0) / height});
        else
            ll_cdp_element_send(page, inputs[i].word, ll_scan_number(x, 0), ll_scan_number(y, 0));
        return;
    }
    enum ll_operation_kind kind = ll_operation_info(page->action.operation)->kind;
    if (kind == LL_OPKIND_READING) {
        ll_cdp_element_read(page, ll_scan_item(decision, 1));
        return;
    }
    page->tab->after_input = kind == LL_OPKIND_ACTION; // it was done in the page, which may be leaving by it
    ll_cdp_page_finish(page, LL_SUCCESS, NULL);
}

static ll_err refusal(struct ll_slice decision) {
    static const struct {
        const char *word;
        enum ll_status status;
    } reasons[] = {{"deadline", LL_DEADLINE_EXCEEDED},
                   {"invalid", LL_INVALID_ARGUMENT},
                   {"precondition", LL_FAILED_PRECONDITION},
                   {"limit", LL_RESOURCE_EXHAUSTED}};
    enum ll_status status = LL_UNKNOWN;
    char text[LL_ERR_TEXT_MAX];
    struct ll_slice reason = ll_scan_item(decision, 0);
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (ll_scan_is_string(reason, reasons[i].word)) status = reasons[i].status;
    if (!ll_scan_text(ll_scan_item(decision, 1), text, sizeof text))
        return ll_err_make(LL_UNKNOWN, "the page answered what LiveLoad does not understand");
    return ll_err_make(status, "%.*s", (int)strcspn(text, "\n"), text);
}

static bool lost_its_document(struct ll_slice error) {
    static const char *const signs[] = {"navigated or closed",
                                        "context was destroyed",
                                        "Cannot find",
                                        "Promise was collected",
                                        "does not belong",
                                        "No node",
                                        "No frame"};
    char text[256];
    ll_scan_text(error, text, sizeof text);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strstr(text, signs[i])) return true;
    return false;
}

void ll_cdp_element_lost(struct ll_cdp_page *page) {
    bool has_run = page->action.operation == LL_OP_EVALUATE && ll_cdp_frame_is_entered(page);
    if (has_run)
        ll_cdp_page_finish(page, ll_err_make(LL_UNKNOWN, "the page went to another document while the script ran"),
                           NULL);
    else if (ll_clock_us() >= page->deadline_us)
        ll_cdp_page_finish(
            page, ll_err_make(LL_DEADLINE_EXCEEDED, "the page kept navigating away before the action could finish"),
            NULL);
    else
        ll_cdp_element(page);
}

void ll_cdp_element_refused(struct ll_cdp_page *page, struct ll_slice error) {
    page->tab->world = 0; // it may be that of a document that has gone
    if (page->confirming) {
        ll_cdp_page_finish(page, LL_SUCCESS, NULL); // its press has led to another document
    } else if (lost_its_document(error)) {
        ll_cdp_element_lost(page);
    } else {
        char text[256];
        ll_scan_text(error, text, sizeof text);
        ll_cdp_page_finish(page, ll_err_make(LL_UNKNOWN, "the browser refused: %s", text), NULL);
    }
}

// What the page does itself, and is not to do twice.
bool ll_cdp_element_can_ask_again(const struct ll_cdp_page *page) {
    static const enum ll_operation once[] = {LL_OP_EVALUATE, LL_OP_SELECT_OPTION, LL_OP_SELECT_MULTIPLE_OPTIONS,
                                             LL_OP_SET_INPUT_FILES, LL_OP_SUBMIT_FORM};
    for (size_t i = 0; i < sizeof once / sizeof *once; i++)
        if (page->action.operation == once[i]) return false;
    return true;
}

// Whether the answer is about a document that an action before it left already.
static bool came_from_the_old(const struct ll_cdp_page *page, bool after_input, struct ll_slice decision) {
    bool at_once = ll_scan_is_string(ll_scan_item(decision, 0), "ok");
    return after_input && at_once && page->tab->navigating && ll_cdp_element_can_ask_again(page);
}

static void on_missed(struct ll_cdp_page *page, struct ll_slice by) {
    ll_scan_text(by, page->press.by, sizeof page->press.by);
    press_again(page);
}

// What a script of the scenario's answers that is not over.
static bool goes_on(struct ll_cdp_page *page, struct ll_slice word, struct ll_slice number) {
    if (!is_script(page)) return false;
    bool has_content = page->awaits_content && (ll_scan_is_string(word, "ok") || ll_scan_is_string(word, "came"));
    bool is_later = ll_scan_is_string(word, "later");
    page->awaits_content = ll_scan_is_string(word, "early");
    if (is_later) page->script = ll_scan_number(number, 0);
    if (page->awaits_content)
        ll_cdp_world_learn(page, ask_content);
    else if (is_later)
        ll_cdp_world_learn(page, ask_script);
    else if (has_content)
        ask_own(page);
    return page->awaits_content || is_later || has_content;
}

static void on_decided(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    bool after_input = page->tab->after_input;
    page->call = 0;
    page->tab->after_input = false;
    if (answer->failed) {
        ll_cdp_element_refused(page, answer->error);
        return;
    }
    static const char *const keys[] = {"result", "exceptionDetails"};
    struct ll_slice values[2];
    ll_scan_members(answer->result, keys, values, 2);
    if (values[1].len) {
        char text[LL_ERR_TEXT_MAX];
        struct ll_slice thrown = ll_scan_get(ll_scan_get(values[1], "exception"), "description");
        if (!ll_scan_text(thrown, text, sizeof text)) ll_scan_text(ll_scan_get(values[1], "text"), text, sizeof text);
        ll_cdp_page_finish(page, ll_err_make(LL_UNKNOWN, "%.*s", (int)strcspn(text, "\n"), text), NULL);
        return;
    }
    struct ll_slice decision = ll_scan_get(values[0], "value");
    struct ll_slice word = ll_scan_item(decision, 0);
    if (goes_on(page, word, ll_scan_item(decision, 1))) return;
    if (ll_scan_is_string(word, "missed"))
        on_missed(page, ll_scan_item(decision, 1));
    else if (!page->confirming && came_from_the_old(page, after_input, decision))
        ll_cdp_element(page);
    else if (ll_scan_is_string(word, "ok") || ll_scan_is_string(word, "came"))
        go_on(page, decision);
    else
        ll_cdp_page_finish(page, refusal(decision), NULL);
}
