// The control that an element stands in: it, and not the element that a selector found, is what a press acts on.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

// Everything writes down that it was pressed. `turn(selector)` enables what is disabled, when the user is waiting for
// it.
#define LOG                                                                                                            \
    "<pre id=log></pre><script>addEventListener('click', e => { const on = e.composedPath().find(n => n.dataset?.on);" \
    "if (on) log.textContent += on.dataset.on + ' ' });"                                                               \
    "const turn = (selector) => setTimeout(() => { const e = document.querySelector(selector);"                        \
    "e.removeAttribute('disabled'); e.removeAttribute('aria-disabled') }, 50);</script>"

static const char disabled_page[] =
    "<button id=buy disabled data-on=buy><span>Buy</span></button>"
    "<fieldset id=set disabled><legend><button><b>Legend</b></button></legend>"
    "<button data-on=inner><i>Inner</i></button><p>Prose</p></fieldset>"
    "<label id=label><em>Terms</em> <input type=checkbox id=terms disabled data-on=terms></label>"
    "<label for=news id=far>News</label><input type=checkbox id=news disabled>"
    "<div role=menuitem id=item aria-disabled=true data-on=item><span>Delete</span></div>"
    "<div role=toolbar aria-disabled=true><button><u>Bold</u></button><button "
    "aria-disabled=false><s>Italic</s></button>"
    "<h2>Tools</h2></div>"
    "<div aria-disabled=true data-on=plain>Plain</div><div disabled data-on=odd>Odd</div>"
    "<div id=host></div><script>host.attachShadow({mode:'open'}).innerHTML="
    "'<button disabled data-on=deep><span>Deep</span></button>'</script>" LOG;

static const char none_page[] =
    "<style>.off{pointer-events:none}section{position:relative;width:200px;height:40px}"
    "section>.lid{position:absolute;inset:0;background:#ccc}</style>"
    "<button data-on=button><span class=off>Button</span></button>"
    "<a href=#there data-on=link><div><div class=off>Link</div></div></a>"
    "<div role=button data-on=role><div class=off><span>Role</span></div></div>"
    "<div role=option data-on=option><span class=off>Option</span></div>"
    "<div role=treeitem data-on=tree><span class=off>Tree</span></div>"
    "<details><summary data-on=summary><span class=off>Summary</span></summary>x</details>"
    "<label data-on=label><span class=off>Label</span><input type=checkbox id=ticked></label>"
    "<section role=dialog><span class=off>Dialog</span><div class=lid></div></section>"
    "<section role=row><span class=off>Row</span><div class=lid></div></section>"
    "<section role=option><span class=off>Card</span><button class=lid>x</button></section>"
    "<button id=dead class=off><span>Dead</span></button>" LOG;

static const char checks_page[] =
    "<div role=checkbox id=checkbox>x</div><div role=radio id=radio>x</div><div role=switch id=switch>x</div>"
    "<div role=option id=option>x</div><div role=treeitem id=treeitem>x</div>"
    "<div role=menuitemcheckbox id=menuitemcheckbox>x</div><div role=menuitemradio id=menuitemradio>x</div>"
    "<div role=button id=button>x</div><p id=p>x</p>"
    "<label><b id=part>I agree</b> <input type=checkbox id=agree></label>"
    "<div role=switch id=dark aria-checked=true><i id=knob>x</i></div>"
    "<script>for (const e of document.querySelectorAll('[role]')) e.onclick = () =>"
    "e.setAttribute('aria-checked', e.getAttribute('aria-checked') !== 'true')</script>";

static const struct ll_site_page site[] = {{.path = "/disabled", .body = disabled_page},
                                           {.path = "/none", .body = none_page},
                                           {.path = "/checks", .body = checks_page},
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

TestSuite(control, .init = begin, .fini = end);

static void run(const char *script) {
    driven_reads(&page, LL_OP_EVALUATE, NULL, script, "nil");
}

static void expect_log(const char *text) {
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#log", NULL, text);
    run("log.textContent = ''; null");
}

Test(control, what_stands_in_a_disabled_one_is_not_pressed) {
    static const struct {
        const char *selector, *sentence;
    } cases[] = {
        {"text=Buy", "belongs to button#buy, which is disabled"},
        {"#buy", "is disabled"},
        {"text=Inner", "belongs to button, which is disabled"},
        {"#label", "belongs to input#terms, which is disabled"},
        {"text=Terms", "belongs to input#terms, which is disabled"},
        {"#far", "belongs to input#news, which is disabled"},
        {"text=Delete", "belongs to div#item, which is disabled"},
        {"text=Bold", "belongs to button, which is disabled"},
        {"text=Deep", "belongs to button, which is disabled"},
    };
    driven_visit(&page, "/disabled");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        driven_fails(&page, LL_OP_CLICK, cases[i].selector, NULL, LL_DEADLINE_EXCEEDED, cases[i].sentence);
        driven_reads(&page, LL_OP_IS_ENABLED, cases[i].selector, NULL, "false");
    }
    driven_fails(&page, LL_OP_HOVER, "text=Buy", NULL, LL_DEADLINE_EXCEEDED, "which is disabled");
    driven_fails(&page, LL_OP_TAP, "text=Buy", NULL, LL_DEADLINE_EXCEEDED, "which is disabled");
    driven_fails(&page, LL_OP_CHECK, "text=Terms", NULL, LL_DEADLINE_EXCEEDED, "which is disabled");
    expect_log("");
}

Test(control, what_only_stands_beside_something_disabled_is_enabled) {
    static const char *const enabled[] = {"text=Legend", "text=Prose", "text=Italic",
                                          "text=Tools",  "text=Plain", "text=Odd"};
    driven_visit(&page, "/disabled");
    for (size_t i = 0; i < sizeof enabled / sizeof *enabled; i++)
        driven_reads(&page, LL_OP_IS_ENABLED, enabled[i], NULL, "true");
    driven_ok(&page, LL_OP_CLICK, "text=Plain", NULL);
    driven_ok(&page, LL_OP_CLICK, "text=Odd", NULL);
    expect_log("plain odd ");
}

Test(control, a_press_waits_until_it_is_enabled) {
    driven_visit(&page, "/disabled");
    run("turn('#buy'); null");
    driven_ok(&page, LL_OP_CLICK, "text=Buy", NULL);
    run("turn('#set'); null");
    driven_ok(&page, LL_OP_CLICK, "text=Inner", NULL);
    run("turn('#item'); null");
    driven_ok(&page, LL_OP_CLICK, "text=Delete", NULL);
    expect_log("buy inner item ");
    run("turn('#terms'); null");
    driven_ok(&page, LL_OP_CHECK, "text=Terms", NULL);
    driven_reads(&page, LL_OP_IS_CHECKED, "#terms", NULL, "true");
}

Test(control, a_press_that_reaches_it_is_one_on_what_it_holds) {
    static const char *const selectors[] = {"text=Button", "text=Link", "text=Role",
                                            "text=Option", "text=Tree", "text=Summary"};
    driven_visit(&page, "/none");
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) driven_ok(&page, LL_OP_CLICK, selectors[i], NULL);
    expect_log("button link role option tree summary ");
    driven_ok(&page, LL_OP_CHECK, "text=Label", NULL);
    driven_reads(&page, LL_OP_IS_CHECKED, "#ticked", NULL, "true");
}

Test(control, what_only_holds_it_still_covers_it) {
    driven_visit(&page, "/none");
    driven_fails(&page, LL_OP_CLICK, "text=Dialog", NULL, LL_DEADLINE_EXCEEDED, "is covered by div.lid");
    driven_fails(&page, LL_OP_CLICK, "text=Row", NULL, LL_DEADLINE_EXCEEDED, "is covered by div.lid");
    driven_fails(&page, LL_OP_CLICK, "text=Card", NULL, LL_DEADLINE_EXCEEDED, "is covered by button.lid");
    driven_fails(&page, LL_OP_CLICK, "text=Dead", NULL, LL_DEADLINE_EXCEEDED, "is covered by body");
    run("setTimeout(() => dead.classList.remove('off'), 50); dead.dataset.on = 'dead'; null");
    driven_ok(&page, LL_OP_CLICK, "text=Dead", NULL);
    expect_log("dead ");
}

Test(control, what_says_nothing_about_it_is_not_checked) {
    static const char *const roles[] = {"#checkbox",         "#radio",        "#switch", "#option", "#treeitem",
                                        "#menuitemcheckbox", "#menuitemradio"};
    driven_visit(&page, "/checks");
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        driven_reads(&page, LL_OP_IS_CHECKED, roles[i], NULL, "false");
        driven_ok(&page, LL_OP_CHECK, roles[i], NULL);
        driven_reads(&page, LL_OP_IS_CHECKED, roles[i], NULL, "true");
        driven_ok(&page, LL_OP_UNCHECK, roles[i], NULL);
        driven_reads(&page, LL_OP_IS_CHECKED, roles[i], NULL, "false");
    }
    driven_fails(&page, LL_OP_IS_CHECKED, "#button", NULL, LL_FAILED_PRECONDITION, "is div#button, not a checkbox");
    driven_fails(&page, LL_OP_CHECK, "#p", NULL, LL_FAILED_PRECONDITION, "is p#p, not a checkbox");
}

Test(control, a_part_of_it_or_of_its_label_has_its_state) {
    driven_visit(&page, "/checks");
    driven_reads(&page, LL_OP_IS_CHECKED, "#knob", NULL, "true");
    driven_ok(&page, LL_OP_UNCHECK, "#knob", NULL);
    driven_reads(&page, LL_OP_IS_CHECKED, "#dark", NULL, "false");
    driven_reads(&page, LL_OP_IS_CHECKED, "#part", NULL, "false");
    driven_ok(&page, LL_OP_CHECK, "#part", NULL);
    driven_reads(&page, LL_OP_IS_CHECKED, "#agree", NULL, "true");
}
