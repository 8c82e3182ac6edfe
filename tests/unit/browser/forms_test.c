// Keys, fields, choices, forms and readings.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const char fields_page[] =
    "<input id=name value=Jo><textarea id=area>one</textarea><div id=rich contenteditable>rich</div><p id=p>text</p>"
    "<div id=widget tabindex=0>widget</div><select multiple id=tags><option value=a>Alpha<option value=b>Beta"
    "<option value=c disabled>Gamma</select><select id=one><option>x</select><pre id=log></pre><script>"
    "for (const type of ['focusin','focusout','input','change','keydown','keypress','keyup']) addEventListener(type, "
    "e => log.textContent += type + (e.isTrusted ? '+' : '-') + (e.key || e.target.id) + ' ')</script>";

// As full-screen applications are: the body has no height, and what takes the keys is not to be seen.
static const char screen_page[] =
    "<style>*{margin:0} #app,#log{position:absolute;top:0} "
    "#hidden{position:absolute;width:0;height:0;padding:0;border:0}"
    "</style><div id=app><textarea id=hidden></textarea><input id=later style='display:none'>"
    "<div id=empty tabindex=0 style='height:0'></div></div><iframe id=frame src=/inner></iframe><pre "
    "id=log></pre><script>"
    "frame.style.position = 'absolute';"
    "onkeydown = e => log.textContent += e.target.localName + '+' + e.key + ' '</script>";

static const char forms_page[] =
    "<form id=form action=/sent><input id=mail name=mail type=email required><input id=plain name=plain value=v>"
    "<button id=go name=way value=bike>Go</button></form><p id=outside>x</p>"
    "<form id=loose onsubmit=\"event.preventDefault(); log.textContent += 'loose '\"><input id=free></form>"
    "<form id=held><button disabled id=no>Go</button></form>"
    "<input type=file id=cv style='display:none'><input type=file multiple id=pics><pre id=log></pre><script>"
    "const tell = async (e) => { for (const f of e.target.files) log.textContent += "
    "`${e.type} ${f.name} ${f.type} ${f.size} ${await f.text()} ` }; cv.onchange = pics.oninput = tell</script>";

static const char readings_page[] =
    "<!doctype html><title>A  shop</title><div id=box><b>bold</b> text</div><input type=checkbox id=on checked>"
    "<input type=checkbox id=off><div role=checkbox aria-checked=true id=aria>x</div><button id=can>can</button>"
    "<button id=cannot disabled>cannot</button><fieldset disabled><input id=inner></fieldset>";

static const struct ll_site_page site[] = {{.path = "/fields", .body = fields_page},
                                           {.path = "/screen", .body = screen_page},
                                           {.path = "/inner",
                                            .body = "<input id=in><script>onkeydown = e => parent.log.textContent += "
                                                    "'inner ' + e.target.localName + '+' + e.key + ' '</script>"},
                                           {.path = "/forms", .body = forms_page},
                                           {.path = "/readings", .body = readings_page},
                                           {.path = "/sent", .body = "<h1 id=sent>Sent</h1>"},
                                           {.path = NULL}};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(forms, .init = begin, .fini = end);

static void run(const char *script) {
    driven_reads(&page, LL_OP_EVALUATE, NULL, script, "nil");
}

static void expect_log(const char *text) {
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#log", NULL, text);
    run("log.textContent = ''; null");
}

Test(forms, text_is_typed_key_by_key_behind_what_is_there) {
    driven_visit(&page, "/fields");
    driven_ok(&page, LL_OP_TYPE, "#name", "hn");
    expect_log("focusin+name keydown+h keypress+h input+name keyup+h keydown+n keypress+n input+name keyup+n ");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "John");
    driven_ok(&page, LL_OP_TYPE, "#name", " \xc3\x84 \xf0\x9f\x8d\x90 A!");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "John \xc3\x84 \xf0\x9f\x8d\x90 A!");
    driven_ok(&page, LL_OP_TYPE, "#area", "\ntwo, and so many more that they do not go at once");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#area", NULL, "one\ntwo, and so many more that they do not go at once");
    driven_ok(&page, LL_OP_TYPE, "#rich", "er");
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#rich", NULL, "richer");
    driven_ok(&page, LL_OP_TYPE, "#name", "");
    driven_fails(&page, LL_OP_TYPE, "#p", "x", LL_FAILED_PRECONDITION, "is p#p, which holds no text");
}

Test(forms, keys_can_have_time_between_them) {
    driven_visit(&page, "/fields");
    run("addEventListener('keydown', e => (window.times = window.times || []).push(e.timeStamp)); null");
    driven_act_ok(&page,
                  (struct ll_action){.operation = LL_OP_TYPE, .selector = "#name", .text = "abc", .delay_ms = 60});
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "Joabc");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "times.length === 3 && times[2] - times[0] >= 110", "true");
    run("addEventListener('keyup', e => window.up = e.timeStamp); times = []; null");
    driven_act_ok(&page,
                  (struct ll_action){.operation = LL_OP_PRESS, .selector = "#name", .text = "Shift+d", .delay_ms = 80});
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "JoabcD");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "up - times[1] >= 70", "true");
}

Test(forms, the_focus_comes_and_goes) {
    driven_visit(&page, "/fields");
    driven_ok(&page, LL_OP_FOCUS, "#name", NULL);
    driven_ok(&page, LL_OP_BLUR, "#name", NULL);
    driven_ok(&page, LL_OP_FOCUS, "#widget", NULL);
    expect_log("focusin+name focusout+name focusin+widget ");
    driven_fails(&page, LL_OP_FOCUS, "#p", NULL, LL_FAILED_PRECONDITION, "is p#p, which takes no focus");
    driven_fails(&page, LL_OP_PRESS, "#p", "a", LL_FAILED_PRECONDITION, "is p#p, which takes no focus");
    driven_ok(&page, LL_OP_PRESS, "body", "a");
}

Test(forms, keys_need_no_element_that_can_be_seen) {
    driven_visit(&page, "/screen");
    driven_reads(&page, LL_OP_IS_VISIBLE, "body", NULL, "false");
    driven_ok(&page, LL_OP_PRESS, "body", "Escape");
    expect_log("body+Escape ");
    driven_ok(&page, LL_OP_PRESS, "html", "a");
    driven_ok(&page, LL_OP_FOCUS, "#empty", NULL);
    driven_ok(&page, LL_OP_PRESS, "#empty", "b");
    driven_ok(&page, LL_OP_BLUR, "#empty", NULL);
    expect_log("body+a div+b ");
    driven_reads(&page, LL_OP_IS_VISIBLE, "#hidden", NULL, "false");
    driven_ok(&page, LL_OP_TYPE, "#hidden", "hi");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#hidden", NULL, "hi");
    driven_ok(&page, LL_OP_PRESS, "#hidden", "!");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#hidden", NULL, "hi!");
}

Test(forms, what_is_not_rendered_takes_no_keys_and_is_waited_for) {
    driven_visit(&page, "/screen");
    driven_fails(&page, LL_OP_PRESS, "#later", "a", LL_DEADLINE_EXCEEDED, "is not visible");
    driven_fails(&page, LL_OP_FOCUS, "#later", NULL, LL_DEADLINE_EXCEEDED, "is not visible");
    run("setTimeout(() => later.style.display = '', 100); null");
    driven_ok(&page, LL_OP_TYPE, "#later", "a");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#later", NULL, "a");
}

Test(forms, keys_for_the_body_of_a_frame_go_to_that_frame) {
    driven_visit(&page, "/screen");
    driven_ok(&page, LL_OP_FOCUS, "#hidden", NULL);
    struct ll_action press = {.operation = LL_OP_PRESS, .frame = "#frame", .selector = "body", .text = "Escape"};
    driven_act_ok(&page, press);
    expect_log("inner body+Escape ");
}

Test(forms, several_options_are_chosen) {
    driven_visit(&page, "/fields");
    struct ll_action choose = {.operation = LL_OP_SELECT_MULTIPLE_OPTIONS, .selector = "#tags"};
    choose.argument = "[\"b\",\"Alpha\"]";
    driven_act_ok(&page, choose);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "[...tags.selectedOptions].map(o => o.value).join()", "a,b");
    choose.argument = "[\"b\"]";
    driven_act_ok(&page, choose);
    choose.argument = "[]";
    driven_act_ok(&page, choose);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "tags.selectedOptions.length", "0");
    choose.selector = "#one";
    driven_act_ok(&page, choose);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "document.getElementById('one').selectedIndex", "-1");
    choose.selector = "#tags";
    choose.timeout_ms = 300;
    choose.argument = "[\"a\",\"none\"]";
    driven_act_fails(&page, choose, LL_DEADLINE_EXCEEDED, "has no such option");
    choose.argument = "[\"c\"]";
    driven_act_fails(&page, choose, LL_DEADLINE_EXCEEDED, "has that option disabled");
    choose.argument = "[\"x\",\"x\"]";
    choose.selector = "#one";
    driven_act_fails(&page, choose, LL_FAILED_PRECONDITION, "takes one option, not several");
}

Test(forms, a_form_is_submitted_with_its_button) {
    driven_visit(&page, "/forms");
    driven_fails(&page, LL_OP_SUBMIT_FORM, "#form", NULL, LL_FAILED_PRECONDITION, "has input#mail, which is not valid");
    driven_ok(&page, LL_OP_SUBMIT_FORM, "#loose", NULL);
    driven_ok(&page, LL_OP_SUBMIT_FORM, "#free", NULL);
    expect_log("loose loose ");
    driven_fails(&page, LL_OP_SUBMIT_FORM, "#outside", NULL, LL_FAILED_PRECONDITION,
                 "is p#outside, which is in no form");
    driven_fails(&page, LL_OP_SUBMIT_FORM, "#held", NULL, LL_DEADLINE_EXCEEDED, "has button#no, which is disabled");
    driven_ok(&page, LL_OP_FILL, "#mail", "a@b.c");
    driven_ok(&page, LL_OP_SUBMIT_FORM, "#form", NULL);
    driven_reads(&page, LL_OP_INNER_TEXT, "#sent", NULL, "Sent"); // and not a look at the page that was left
    driven_ok(&page, LL_OP_WAIT_FOR_URL, NULL, "**/sent?mail=a%40b.c&plain=v&way=bike");
}

Test(forms, files_are_given_to_an_input_even_to_a_hidden_one) {
    driven_visit(&page, "/forms");
    struct ll_action give = {.operation = LL_OP_SET_INPUT_FILES, .selector = "#cv"};
    give.argument = "[{\"name\":\"cv.txt\",\"type\":\"text/plain\",\"content\":\"aGkgw6Q=\"}]";
    driven_act_ok(&page, give);
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "log.textContent");
    expect_log("change cv.txt text/plain 5 hi \xc3\xa4 ");
    give.argument =
        "[{\"name\":\"a\",\"type\":\"\",\"content\":\"\"},{\"name\":\"b\",\"type\":\"\",\"content\":\"Yg==\"}]";
    driven_act_fails(&page, give, LL_FAILED_PRECONDITION, "takes one file, not several");
    give.selector = "#pics";
    driven_act_ok(&page, give);
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "log.textContent.includes('1 b')");
    expect_log("input a  0  input b  1 b ");
    give.argument = "[]";
    driven_act_ok(&page, give);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "pics.files.length", "0");
    give.selector = "#mail";
    driven_act_fails(&page, give, LL_FAILED_PRECONDITION, "is input#mail, not an input for files");
}

Test(forms, readings_read) {
    driven_visit(&page, "/readings");
    driven_reads(&page, LL_OP_TITLE, NULL, NULL, "A shop");
    driven_reads(&page, LL_OP_INNER_HTML, "#box", NULL, "<b>bold</b> text");
    driven_reads(&page, LL_OP_IS_CHECKED, "#on", NULL, "true");
    driven_reads(&page, LL_OP_IS_CHECKED, "#off", NULL, "false");
    driven_reads(&page, LL_OP_IS_CHECKED, "#aria", NULL, "true");
    driven_fails(&page, LL_OP_IS_CHECKED, "#box", NULL, LL_FAILED_PRECONDITION, "not a checkbox");
    driven_fails(&page, LL_OP_IS_CHECKED, "#none", NULL, LL_DEADLINE_EXCEEDED, "matches nothing");
    driven_reads(&page, LL_OP_IS_ENABLED, "#can", NULL, "true");
    driven_reads(&page, LL_OP_IS_ENABLED, "#cannot", NULL, "false");
    driven_reads(&page, LL_OP_IS_ENABLED, "#inner", NULL, "false");
    const char *content = driven_read(&page, LL_OP_PAGE_CONTENT, NULL, NULL);
    cr_expect(eq(int, strncmp(content, "<!DOCTYPE html><html><head><title>A  shop</title>", 49), 0), "%s", content);
    char url[128];
    snprintf(url, sizeof url, "%s/readings", driver.base_url);
    driven_reads(&page, LL_OP_URL, NULL, NULL, url);
}

Test(forms, a_function_is_waited_for) {
    driven_visit(&page, "/readings");
    run("setTimeout(() => window.ready = { yes: 1 }, 60); null");
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "ready.yes"); // throws at first
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "async () => { await 0; return ready.yes }");
    struct ll_action wait = {.operation = LL_OP_WAIT_FOR_FUNCTION, .text = "(n) => ready.yes === n", .argument = "1"};
    driven_act_ok(&page, wait);
    wait.argument = "2";
    wait.timeout_ms = 300;
    driven_act_fails(&page, wait, LL_DEADLINE_EXCEEDED, "is not true");
    driven_fails(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "nothing.there", LL_DEADLINE_EXCEEDED,
                 "throws ReferenceError: nothing is not defined");
    driven_fails(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "async () => nothing.there", LL_DEADLINE_EXCEEDED,
                 "throws ReferenceError");
    driven_fails(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "let a = 1; a", LL_INVALID_ARGUMENT, "is no expression");
}
