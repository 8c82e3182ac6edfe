// What can be seen: elements without a box of their own are judged by what is drawn in them.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char contents_page[] =
    "<style>.none{display:contents}#far{margin-top:3000px}</style>"
    "<button data-on=text id=button><span class=none id=text>Text</span></button>"
    "<div class=none id=div><button data-on=div style='width:80px'>in it</button></div>"
    "<div class=none id=outer><div class=none id=middle><b data-on=deep id=deep>deep</b></div></div>"
    "<div class=none role=group id=empty></div><div class=none id=blank> <i></i> </div>"
    "<div class=none id=gone><b style='display:none'>x</b></div>"
    "<div style='display:none'><div class=none id=below>x</div></div>"
    "<div class=none id=unseen style='visibility:hidden'>x<b>y</b></div>"
    "<div class=none id=shown style='visibility:hidden'>x<b style='visibility:visible'>y</b></div>"
    "<details><summary>s</summary><div class=none id=closed>x</div></details>"
    "<label class=none id=label><input type=checkbox id=box><u>Tick</u></label>"
    "<x-a><em>slotted</em><template shadowrootmode=open><slot id=slot></slot></template></x-a>"
    "<x-b class=none id=host><template shadowrootmode=open><b data-on=shadow>shadow</b></template></x-b>"
    "<p id=far><button data-on=far><span class=none id=low>far</span></button></p>"
    "<section style='height:100px;overflow:auto'><p style='height:500px'></p><div class=none id=scrolled>"
    "<button data-on=scrolled>scrolled</button></div></section><pre id=log></pre>"
    "<script>addEventListener('click', e => { const on = e.composedPath().find(n => n.dataset?.on);"
    "if (on) log.textContent += on.dataset.on + ' ' })</script>";

static const struct ll_site_page site[] = {{.path = "/contents", .body = contents_page}, {.path = NULL}};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(visible, .init = begin, .fini = end);

static void run(const char *script) {
    driven_reads(&page, LL_OP_EVALUATE, NULL, script, "nil");
}

static void expect_log(const char *text) {
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#log", NULL, text);
    run("log.textContent = ''; null");
}

Test(visible, what_is_drawn_in_an_element_without_a_box_decides) {
    static const struct {
        const char *selector, *visible;
    } cases[] = {
        {"#text", "true"},    {"#div", "true"},   {"#outer", "true"},  {"#middle", "true"},  {"#empty", "false"},
        {"#blank", "false"},  {"#gone", "false"}, {"#below", "false"}, {"#unseen", "false"}, {"#shown", "true"},
        {"#closed", "false"}, {"#slot", "true"},  {"#host", "true"},   {"#low", "true"},
    };
    driven_visit(&page, "/contents");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        driven_reads(&page, LL_OP_IS_VISIBLE, cases[i].selector, NULL, cases[i].visible);
    driven_ok(&page, LL_OP_WAIT_FOR_SELECTOR, "#text", NULL);
    driven_reads(&page, LL_OP_INNER_TEXT, "#text", NULL, "Text");
    run("setTimeout(() => gone.firstChild.style.display = 'inline', 50); null");
    driven_ok(&page, LL_OP_WAIT_FOR_SELECTOR, "#gone", NULL);
}

Test(visible, an_element_without_a_box_is_pressed_where_it_is_drawn) {
    static const char *const selectors[] = {"#text", "#div", "#outer", "#host", "#low", "#scrolled"};
    driven_visit(&page, "/contents");
    for (size_t i = 0; i < sizeof selectors / sizeof *selectors; i++) driven_ok(&page, LL_OP_CLICK, selectors[i], NULL);
    expect_log("text div deep shadow far scrolled ");
    driven_ok(&page, LL_OP_CHECK, "#label", NULL);
    driven_reads(&page, LL_OP_IS_CHECKED, "#box", NULL, "true");
    driven_ok(&page, LL_OP_HOVER, "#text", NULL);
    run("scrollTo(0, 0); document.querySelector('section').scrollTop = 0;"
        "addEventListener('click', e => window.at = [e.offsetX, e.offsetY].join(), { once: true }); null");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#div", .position = {true, 7, 5}});
    driven_reads(&page, LL_OP_EVALUATE, NULL, "document.querySelector('#div button').matches(':focus')", "true");
}

Test(visible, an_element_without_a_box_is_scrolled_to) {
    driven_visit(&page, "/contents");
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#low", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "(({ top, bottom }) => top >= 0 && bottom <= innerHeight)(low.parentNode.getBoundingClientRect())",
                 "true");
}
