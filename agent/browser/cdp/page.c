// An action begins in ll_cdp_page_perform, which hands it to navigation.c or element.c, and ends in
// ll_cdp_page_finish, once: with an answer, an event, the timer, or not at all when it is cancelled. Whoever finishes
// it forgets the command that was awaited, so that a late answer finds nobody.
#include "agent/browser/cdp/page.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <assert.h>
#include <stdlib.h>

static void on_timer(void *arg);

// What is not done on elements.
static void (*const performers[LL_OPERATIONS_COUNT])(struct ll_cdp_page *) = {
    [LL_OP_COOKIES] = ll_cdp_cookies,
    [LL_OP_NAVIGATE] = ll_cdp_navigate,
    [LL_OP_PUT_COOKIES] = ll_cdp_put_cookies,
    [LL_OP_RELOAD] = ll_cdp_reload,
    [LL_OP_WAIT_FOR_URL] = ll_cdp_wait_for_url,
    [LL_OP_EXPECT_RESPONSE] = ll_cdp_response_expect,
    [LL_OP_WAIT_FOR_RESPONSE] = ll_cdp_response_wait,
    [LL_OP_WAIT_FOR_DOWNLOAD] = ll_cdp_download_wait,
    [LL_OP_CONTEXT_STORAGE_SNAPSHOT] = ll_cdp_storage_perform_snapshot,
    [LL_OP_RESTORE_CONTEXT_STORAGE] = ll_cdp_storage_perform_restore,
    [LL_OP_RESET_CONTEXT_STORAGE] = ll_cdp_storage_perform_reset,
    [LL_OP_GO_BACK] = ll_cdp_history_go,
    [LL_OP_GO_FORWARD] = ll_cdp_history_go,
    [LL_OP_WAIT_FOR_LOAD_STATE] = ll_cdp_load_state_wait,
    [LL_OP_ON_DIALOG] = ll_cdp_dialog_set,
    [LL_OP_NEW_PAGE] = ll_cdp_new_page,
    [LL_OP_SWITCH_PAGE] = ll_cdp_switch_page,
    [LL_OP_CLOSE_PAGE] = ll_cdp_close_page,
};

struct ll_cdp_page *ll_cdp_page_new(struct ll_cdp_connection *connection, const struct ll_context_options *options,
                                    struct ll_page_events events) {
    struct ll_cdp_page *page = ll_alloc(1, sizeof *page);
    page->connection = connection;
    page->events = events;
    page->dragged = ll_buf_make(LL_CDP_DRAG_BYTES_MAX);
    page->timer = ll_timer_new(ll_cdp_connection_loop(connection), on_timer, page);
    page->options = ll_context_options_copy(options);
    return page;
}

void ll_cdp_page_reset(struct ll_cdp_page *page) {
    ll_cdp_evidence_cancel(page->evidence);
    ll_cdp_storage_fini(page);
    ll_cdp_renewal_reset(page);
    ll_cdp_parting_reset(page);
    ll_cdp_response_reset(page);
    ll_cdp_download_reset(page);
    while (page->tabs) ll_cdp_tab_free(page->tabs);
    ll_cdp_workers_free(&page->workers);
    ll_cdp_forget(ll_cdp_page_client(page), page->call);
    page->call = 0;
    page->context[0] = '\0';
    page->refusal = LL_SUCCESS;
    page->auth = (struct ll_cdp_auth){.site = LL_CDP_AUTH_NONE};
    page->tab = NULL;
    page->refused_tabs = 0;
}

void ll_cdp_page_free(struct ll_cdp_page *page) {
    ll_cdp_evidence_cancel(page->evidence);
    ll_cdp_storage_fini(page);
    ll_cdp_renewal_fini(page);
    while (page->tabs) ll_cdp_tab_free(page->tabs);
    ll_cdp_workers_free(&page->workers);
    ll_cdp_dialog_reset(page);
    ll_cdp_response_reset(page);
    ll_cdp_download_reset(page);
    ll_cdp_forget(ll_cdp_page_client(page), page->call);
    ll_buf_fini(&page->dragged);
    ll_timer_free(&page->timer);
    ll_context_options_fini(&page->options);
    free(page);
}

struct ll_cdp_client *ll_cdp_page_client(const struct ll_cdp_page *page) {
    return ll_cdp_connection_client(page->connection);
}

uint32_t ll_cdp_page_remaining_ms(const struct ll_cdp_page *page) {
    int64_t left_us = page->deadline_us - ll_clock_us();
    return left_us > 1000 ? (uint32_t)(left_us / 1000) : 1;
}

struct ll_buf *ll_cdp_page_begin(struct ll_cdp_page *page, const char *method) {
    return ll_cdp_begin(ll_cdp_page_client(page), page->tab->session, method);
}

void ll_cdp_page_end(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    page->call = ll_cdp_end(ll_cdp_page_client(page), answered, page);
    page->waiting = LL_CDP_WAITS_ANSWER;
    if (!page->call)
        ll_cdp_page_finish_soon(page, ll_err_make(LL_RESOURCE_EXHAUSTED, "the browser is too busy: too many commands "
                                                                         "wait for it; run fewer users per agent"));
}

// The deadline of what is done on elements is kept in the page, unless that is stuck; every other one here.
void ll_cdp_page_set_alarm(struct ll_cdp_page *page) {
    bool keeps_own = performers[page->action.operation] != NULL;
    ll_timer_set(page->timer, page->deadline_us + (keeps_own ? 0 : LL_ANSWER_GRACE_MS * INT64_C(1000)));
}

void ll_cdp_page_do(struct ll_cdp_page *page) {
    page->acted = page->confirming = false;
    page->input = (struct ll_cdp_input){0};
    ll_cdp_page_set_alarm(page);
    if (performers[page->action.operation])
        performers[page->action.operation](page);
    else
        ll_cdp_element(page);
}

void ll_cdp_page_perform(struct ll_cdp_page *page, const struct ll_action *action) {
    assert(page->state == LL_CDP_PAGE_OPEN && page->waiting == LL_CDP_IDLE);
    if (!ll_cdp_page_client(page)) return; // the browser is gone, and the page is about to be told
    page->action = *action;
    // An element is looked for first: what the page tells before it has answered is of the iteration before.
    if (performers[action->operation] || !ll_cdp_element_can_ask_again(page)) page->is_resting = false;
    page->reruns = 0;
    page->deadline_us = ll_clock_us() + action->timeout_ms * INT64_C(1000);
    ll_cdp_painter_action(ll_cdp_connection_painter(page->connection), page->tab, true);
    ll_cdp_page_do(page);
}

void ll_cdp_page_cancel(struct ll_cdp_page *page) {
    if (page->state != LL_CDP_PAGE_OPEN) return;
    ll_cdp_storage_cancel(page);
    ll_cdp_forget(ll_cdp_page_client(page), page->call);
    ll_timer_cancel(page->timer);
    page->call = 0;
    page->waiting = LL_CDP_IDLE;
    ll_cdp_frame_leave(page);
    ll_cdp_painter_action(ll_cdp_connection_painter(page->connection), page->tab, false);
}

void ll_cdp_page_finish(struct ll_cdp_page *page, ll_err err, const ll_json *value) {
    ll_cdp_page_cancel(page);
    page->is_resting = false;
    struct ll_action_result result = {.err = err, .value = value};
    page->events.on_done(page->events.owner, &result);
}

void ll_cdp_page_finish_soon(struct ll_cdp_page *page, ll_err err) {
    page->waiting = LL_CDP_WAITS_TURN;
    page->outcome = err;
    ll_timer_set(page->timer, 0);
}

void ll_cdp_page_pause(struct ll_cdp_page *page, uint32_t ms, void (*then)(struct ll_cdp_page *page)) {
    int64_t until_us = ll_clock_us() + ms * INT64_C(1000);
    page->waiting = LL_CDP_WAITS_PAUSE;
    page->input.after_pause = then;
    ll_timer_set(page->timer, until_us < page->deadline_us ? until_us : page->deadline_us);
}

static void end_pause(struct ll_cdp_page *page) {
    if (ll_clock_us() >= page->deadline_us) {
        ll_cdp_page_finish(page, ll_err_make(LL_DEADLINE_EXCEEDED, "takes longer with its delay than its timeout"),
                           NULL);
        return;
    }
    ll_cdp_page_set_alarm(page);
    page->input.after_pause(page);
}

void ll_cdp_page_give_up(struct ll_cdp_page *page) {
    bool is_busy = page->waiting == LL_CDP_WAITS_ANSWER || page->waiting == LL_CDP_WAITS_LOAD;
    if (ll_operation_info(page->action.operation)->kind == LL_OPKIND_INNER) is_busy = false; // the browser is asked
    ll_cdp_page_cancel(page);
    if (is_busy) ll_cdp_tab_interrupt(page->tab);
}

// The action in flight is late, and so may be the page.
static void finish_late(struct ll_cdp_page *page, const char *why) {
    if (page->tab->probe) {
        ll_cdp_connection_page_hangs(page);
        return;
    }
    ll_cdp_tab_interrupt(page->tab);
    ll_cdp_page_finish(page, ll_err_make(LL_DEADLINE_EXCEEDED, "%s", why), NULL);
}

static void on_timer(void *arg) {
    struct ll_cdp_page *page = arg;
    const char *stays;
    if (ll_cdp_parting_is_late(page)) return;
    if (page->state == LL_CDP_PAGE_CLOSING) {
        if (!page->context[0]) return; // its opening is still to be answered
        ll_cdp_target_close(page);     // it has no last words
        ll_cdp_connection_page_gone(page);
        return;
    }
    if (page->state == LL_CDP_PAGE_OPENING) {
        ll_cdp_target_give_up(page);
        return;
    }
    switch (page->waiting) {
    case LL_CDP_IDLE:
        return;
    case LL_CDP_WAITS_TURN:
        ll_cdp_page_finish(page, page->outcome, NULL);
        return;
    case LL_CDP_WAITS_STORAGE:
        ll_cdp_page_finish(page, ll_err_make(LL_DEADLINE_EXCEEDED, "the browser does not answer about what it stores"),
                           NULL);
        return;
    case LL_CDP_WAITS_PAUSE:
        end_pause(page);
        return;
    case LL_CDP_WAITS_LOAD:
        stays = ll_cdp_dialog_why_it_stays(page);
        finish_late(page, stays ? stays : "the page's load event did not come");
        return;
    case LL_CDP_WAITS_URL:
        ll_cdp_page_finish(page, ll_err_make(LL_DEADLINE_EXCEEDED, "the page came to no URL that matches"), NULL);
        return;
    case LL_CDP_WAITS_STATE:
        ll_cdp_load_state_timer(page);
        return;
    case LL_CDP_WAITS_RESPONSE:
        ll_cdp_response_timer(page);
        return;
    case LL_CDP_WAITS_DOWNLOAD:
        ll_cdp_download_timer(page);
        return;
    case LL_CDP_WAITS_TAB:
        ll_cdp_page_finish(page, ll_cdp_tabs_late(page), NULL);
        return;
    case LL_CDP_WAITS_COMMIT:
        ll_cdp_page_finish(page, ll_err_make(LL_DEADLINE_EXCEEDED, "the next page did not come"), NULL);
        return;
    case LL_CDP_WAITS_ANSWER:
        break;
    }
    bool navigates = ll_operation_info(page->action.operation)->kind == LL_OPKIND_NAVIGATION;
    finish_late(page, navigates ? "the site did not answer" : "the page is busy and does not answer");
}
