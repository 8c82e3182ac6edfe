// Through a page's history, how far a page has loaded, and its dialogs.
#include "tests/unit/browser/driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<h1 id=title>First</h1><a id=push onclick=\"history.pushState({}, '', '/pushed')\">push</a>"
             "<a id=slow href=/image>slow</a><a id=late href=/late>late</a><a id=picture href=/picture>picture</a>"},
    {.path = "/late", .body = "<!doctype html><script src=/slow.js></script><title>Late</title><p id=said>late</p>"},
    {.path = "/slow.js", .type = "text/javascript", .body = "", .delay_ms = 300},
    {.path = "/picture",
     .type = "image/svg+xml",
     .body = "<svg xmlns='http://www.w3.org/2000/svg'><title>Picture"
             "</title></svg>"},
    {.path = "/second", .body = "<h1 id=title>Second</h1>"},
    {.path = "/image", .body = "<h1 id=title>Image</h1><img src=/slow.png>"},
    {.path = "/slow.png", .type = "image/png", .body = "x", .delay_ms = 400},
    {.path = "/polls",
     .body = "<h1 "
             "id=title>Polls</h1><script>setTimeout(()=>fetch('/slow.png').then(r=>r.text()).then(()=>done=1),200)</"
             "script>"},
    {.path = "/endless", .body = "<h1 id=title>Endless</h1><script>setInterval(()=>fetch('/second'),100)</script>"},
    {.path = "/dialogs",
     .body = "<button id=ask onclick=\"out.textContent=confirm('sure?')+' '+prompt('name','Bo')\">ask</button>"
             "<pre id=out></pre>"},
    {.path = "/stays",
     .body = "<h1 id=title>Stays</h1><button id=b onclick=\"onbeforeunload=e=>e.preventDefault()\">b</button>"
             "<a id=leave href=/>leave</a>"},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(going, .init = begin, .fini = end);

static void expect_ok(ll_err err) {
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
}

static void expect_failure(ll_err err, enum ll_status status, const char *sentence) {
    cr_expect_eq(err.status, status, "%d: %s", err.status, err.text);
    cr_expect(strstr(err.text, sentence) != NULL, "\"%s\" does not say \"%s\"", err.text, sentence);
}

static void expect_title(const char *title) {
    const char *read = driven_read(&page, LL_OP_INNER_TEXT, "#title", NULL);
    cr_expect_str_eq(read, title, "\"%s\", not \"%s\"", read, title);
}

static void go(enum ll_operation operation) {
    expect_ok(driven_do(&page, operation, NULL, NULL));
}

static ll_err wait_for_state(uint32_t state, uint32_t timeout_ms) {
    struct ll_action action = {.operation = LL_OP_WAIT_FOR_LOAD_STATE, .word = state, .timeout_ms = timeout_ms};
    return driven_act(&page, &action);
}

enum { LOAD, PARSED, IDLE };

Test(going, back_and_forward_between_documents) {
    driven_visit(&page, "/");
    driven_visit(&page, "/second");
    for (int i = 0; i < 3; i++) {
        go(LL_OP_GO_BACK);
        expect_title("First");
        expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "/"));
        go(LL_OP_GO_FORWARD);
        expect_title("Second");
    }
}

Test(going, back_within_a_document_returns_at_once) {
    driven_visit(&page, "/");
    driven_read(&page, LL_OP_EVALUATE, NULL, "window.mark = 1");
    expect_ok(driven_do(&page, LL_OP_CLICK, "#push", NULL));
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "/pushed"));
    go(LL_OP_GO_BACK);
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "window.mark + location.pathname"), "1/");
    go(LL_OP_GO_FORWARD);
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "window.mark + location.pathname"), "1/pushed");
}

Test(going, where_there_is_nothing_to_go_to_it_says_so) {
    driven_visit(&page, "/");
    expect_failure(driven_do(&page, LL_OP_GO_BACK, NULL, NULL), LL_FAILED_PRECONDITION, "no earlier page");
    expect_failure(driven_do(&page, LL_OP_GO_FORWARD, NULL, NULL), LL_FAILED_PRECONDITION, "no later page");
    expect_title("First");
}

Test(going, load_states_come_in_their_order) {
    driven_visit(&page, "/");
    expect_ok(driven_do(&page, LL_OP_CLICK, "#slow", NULL));
    expect_ok(wait_for_state(PARSED, 5000));
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "document.readyState"), "interactive");
    expect_failure(wait_for_state(LOAD, 50), LL_DEADLINE_EXCEEDED, "load event did not come");
    expect_ok(wait_for_state(LOAD, 5000));
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "document.readyState"), "complete");
}

// What stands in the head of a document holds it up before it has anything to show.
Test(going, a_reading_after_a_click_is_of_a_page_that_has_come) {
    static const struct {
        enum ll_operation operation;
        const char *selector, *text, *value;
    } readings[] = {{LL_OP_TITLE, NULL, NULL, "Late"},
                    {LL_OP_COUNT, "#said", NULL, "1"},
                    {LL_OP_IS_VISIBLE, "#said", NULL, "true"},
                    {LL_OP_EVALUATE, NULL, "document.title", "Late"},
                    {LL_OP_EVALUATE, NULL, "document.body !== null", "true"}};
    for (size_t i = 0; i < sizeof readings / sizeof *readings; i++) {
        driven_visit(&page, "/");
        driven_ok(&page, LL_OP_CLICK, "#late", NULL);
        driven_reads(&page, readings[i].operation, readings[i].selector, readings[i].text, readings[i].value);
    }
    driven_visit(&page, "/");
    driven_ok(&page, LL_OP_CLICK, "#late", NULL);
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "(window.saw = document.body !== null, true)");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "saw", "true");
    driven_visit(&page, "/");
    driven_ok(&page, LL_OP_CLICK, "#late", NULL);
    cr_expect(ne(ptr, strstr(driven_read(&page, LL_OP_PAGE_CONTENT, NULL, NULL), "id=\"said\""), NULL));
}

Test(going, a_document_without_a_body_is_read_once_it_has_loaded) {
    driven_visit(&page, "/");
    driven_ok(&page, LL_OP_CLICK, "#picture", NULL);
    driven_reads(&page, LL_OP_TITLE, NULL, NULL, "Picture");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "document.body === null", "true");
    driven_reads(&page, LL_OP_COUNT, "svg", NULL, "1");
}

Test(going, a_state_right_after_a_click_is_that_of_the_next_document) {
    for (int i = 0; i < 5; i++) {
        driven_visit(&page, "/");
        driven_ok(&page, LL_OP_CLICK, "#late", NULL);
        expect_ok(wait_for_state(LOAD, 5000));
        driven_reads(&page, LL_OP_EVALUATE, NULL, "document.readyState + location.pathname", "complete/late");
    }
}

Test(going, idle_is_half_a_second_without_requests) {
    driven_visit(&page, "/polls");
    int64_t began_us = ll_clock_us();
    expect_ok(wait_for_state(IDLE, 5000));
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "done"), "1");
    cr_expect(ge(i64, ll_clock_us() - began_us, 900 * 1000)); // 200 + 400 + 500 ms, of which some was the load's
    driven_visit(&page, "/endless");
    expect_failure(wait_for_state(IDLE, 1000), LL_DEADLINE_EXCEEDED, "requests did not end");
}

static void answer_dialogs(uint32_t word, const char *text) {
    struct ll_action action = {.operation = LL_OP_ON_DIALOG, .word = word, .text = text, .timeout_ms = 5000};
    expect_ok(driven_act(&page, &action));
}

static void expect_dialogs(const char *answers) {
    expect_ok(driven_do(&page, LL_OP_CLICK, "#ask", NULL));
    const char *read = driven_read(&page, LL_OP_INNER_TEXT, "#out", NULL);
    cr_expect_str_eq(read, answers, "\"%s\", not \"%s\"", read, answers);
}

enum { ACCEPT, DISMISS };

Test(going, dialogs_are_answered_as_the_scenario_says) {
    driven_visit(&page, "/dialogs");
    expect_dialogs("false null");
    answer_dialogs(ACCEPT, NULL);
    expect_dialogs("true Bo");
    answer_dialogs(ACCEPT, "Ada \"the first\"");
    expect_dialogs("true Ada \"the first\"");
    answer_dialogs(DISMISS, NULL);
    expect_dialogs("false null");
    answer_dialogs(ACCEPT, NULL);
    driver.connection->ops->page_rest(page.page);
    expect_dialogs("false null");
}

Test(going, a_page_that_asks_not_to_be_left_stays_when_that_is_dismissed) {
    for (int i = 0; i < 2; i++) {
        driven_visit(&page, "/stays");
        expect_ok(driven_do(&page, LL_OP_CLICK, "#b", NULL));
        if (i == 0) driven_visit(&page, "/"); // agreed to, as long as nothing is said
    }
    answer_dialogs(DISMISS, NULL);
    char url[128];
    snprintf(url, sizeof url, "%s/", driver.base_url);
    static const char sentence[] = "the page asked whether to leave it, and ctx:on_dialog(\"dismiss\") has it stay";
    expect_failure(driven_do(&page, LL_OP_NAVIGATE, NULL, url), LL_FAILED_PRECONDITION, sentence);
    expect_title("Stays");
    expect_failure(driven_do(&page, LL_OP_RELOAD, NULL, NULL), LL_FAILED_PRECONDITION, sentence);
    expect_title("Stays");
    expect_failure(driven_do(&page, LL_OP_GO_BACK, NULL, NULL), LL_FAILED_PRECONDITION, sentence);
    expect_title("Stays");
    for (int i = 0; i < 5; i++) { // whatever asks the page next goes on in it
        expect_ok(driven_do(&page, LL_OP_CLICK, "#leave", NULL));
        expect_title("Stays");
    }
    answer_dialogs(ACCEPT, NULL);
    expect_ok(driven_do(&page, LL_OP_CLICK, "#leave", NULL));
    expect_ok(driven_do(&page, LL_OP_WAIT_FOR_URL, NULL, "/"));
}

// Its word that it stays comes to the browser a little later, and would end the next navigation.
Test(going, a_page_that_stayed_can_be_left_at_once) {
    for (int i = 0; i < 5; i++) {
        driven_visit(&page, "/stays");
        expect_ok(driven_do(&page, LL_OP_CLICK, "#b", NULL));
        answer_dialogs(DISMISS, NULL);
        expect_failure(driven_do(&page, LL_OP_RELOAD, NULL, NULL), LL_FAILED_PRECONDITION, "has it stay");
        answer_dialogs(ACCEPT, NULL);
        driven_visit(&page, "/");
    }
}
