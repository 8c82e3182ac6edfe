// Web components: what stands in open shadow roots, and what their slots show.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

// Everything writes down that it was pressed.
#define LOG                                                                                                            \
    "<pre id=log></pre><script>addEventListener('click', e => { const on = e.composedPath().find(n => n.dataset?.on);" \
    "if (on) log.textContent += on.dataset.on + ' ' });</script>"
#define SHADOW(html) "<template shadowrootmode=open>" html "</template>"

static const char slots_page[] =
    "<x-t id=orders>Orders" SHADOW("<div role=tab data-on=tab style='display:inline-block'><slot></slot></div>") "</"
                                                                                                                 "x-t>"
                                                                                                                 "<x-o>"
                                                                                                                 "Neste"
                                                                                                                 "d" SHADOW("<x-i>" SHADOW(
                                                                                                                     "<"
                                                                                                                     "b"
                                                                                                                     "u"
                                                                                                                     "t"
                                                                                                                     "t"
                                                                                                                     "o"
                                                                                                                     "n"
                                                                                                                     " "
                                                                                                                     "i"
                                                                                                                     "d"
                                                                                                                     "="
                                                                                                                     "d"
                                                                                                                     "e"
                                                                                                                     "e"
                                                                                                                     "p"
                                                                                                                     " "
                                                                                                                     "d"
                                                                                                                     "a"
                                                                                                                     "t"
                                                                                                                     "a"
                                                                                                                     "-"
                                                                                                                     "o"
                                                                                                                     "n"
                                                                                                                     "="
                                                                                                                     "n"
                                                                                                                     "e"
                                                                                                                     "s"
                                                                                                                     "t"
                                                                                                                     "e"
                                                                                                                     "d"
                                                                                                                     ">"
                                                                                                                     "<"
                                                                                                                     "s"
                                                                                                                     "l"
                                                                                                                     "o"
                                                                                                                     "t"
                                                                                                                     ">"
                                                                                                                     "<"
                                                                                                                     "/"
                                                                                                                     "s"
                                                                                                                     "l"
                                                                                                                     "o"
                                                                                                                     "t"
                                                                                                                     ">"
                                                                                                                     "<"
                                                                                                                     "/"
                                                                                                                     "b"
                                                                                                                     "u"
                                                                                                                     "t"
                                                                                                                     "t"
                                                                                                                     "o"
                                                                                                                     "n"
                                                                                                                     ">") "<slot></slot></x-i>") "</x-o>"
                                                                                                                                                 "<x-f>" SHADOW(
                                                                                                                                                     "<button id=fallback data-on=fallback><slot>Fallback</slot></button>") "</x-f>"
                                                                                                                                                                                                                            "<x-e><div class=content>Element</div>" SHADOW(
                                                                                                                                                                                                                                "<button id=element data-on=element><slot></slot></button>") "</x-e>"
                                                                                                                                                                                                                                                                                             "<x-n><b slot=b>Named</b>text" SHADOW("<a href='#x' data-on=named><slot name=b></slot></a><i><slot></slot></i>") "</x-n>"
                                                                                                                                                                                                                                                                                                                                                                                                              "<x-p><b style='pointer-events:none'>Through</b>" SHADOW("<button data-on=through><slot></slot></button>") "</x-p>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "<label id=label data-on=label><x-l>Tick" SHADOW(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "<span><slot></slot></span>") "</x-l><input type=checkbox id=box></label>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                           "<a href='#y' data-on=link id=link><x-l>Linked" SHADOW(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                               "<span><slot></slot></span>") "</x-l></a>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "<x-d>Held" SHADOW("<button disabled id=held><slot></slot></button>") "</x-d>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                   "<x-d><em>Kept</em>" SHADOW(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                       "<button disabled><slot></slot></button>") "</x-d>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                  "<x-c id=covered style='position:relative;display:block;width:200px'>Covered" SHADOW("<div role=tab id=under><slot></slot></div><div id=lid style='position:absolute;inset:0;background:#ccc'></div>") "</x-c>"
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                         "<x-s id=beside style='display:block;width:300px'>Beside" SHADOW(
                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                                             "<div id=first style='width:300px;height:40px'>x</div><slot></slot>") "</x-s>" LOG;

static const struct ll_site_page site[] = {{.path = "/slots", .body = slots_page}, {.path = NULL}};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(shadow, .init = begin, .fini = end);

static void run(const char *script) {
    driven_reads(&page, LL_OP_EVALUATE, NULL, script, "nil");
}

static void expect_log(const char *text) {
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#log", NULL, text);
    run("log.textContent = ''; null");
}

static void click_all(const char *const *selectors, size_t count) {
    for (size_t i = 0; i < count; i++) driven_ok(&page, LL_OP_CLICK, selectors[i], NULL);
}

Test(shadow, what_shows_slotted_text_is_pressed_through_it) {
    static const char *const inner[] = {"role=tab[name=Orders]", "#deep", "#fallback", "#element",
                                        "role=link[name=Named]"};
    driven_visit(&page, "/slots");
    click_all(inner, sizeof inner / sizeof *inner);
    expect_log("tab nested fallback element named ");
}

Test(shadow, what_is_slotted_is_pressed_through_what_shows_it) {
    static const char *const outer[] = {"#orders",  "text=Orders", "text=Nested", "x-f",
                                        ".content", "text=Named",  "text=Through"};
    driven_visit(&page, "/slots");
    click_all(outer, sizeof outer / sizeof *outer);
    expect_log("tab tab nested fallback element named through ");
    driven_ok(&page, LL_OP_HOVER, "text=Orders", NULL);
    driven_ok(&page, LL_OP_TAP, "text=Orders", NULL);
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "log.textContent === 'tab '");
}

Test(shadow, labels_and_links_around_a_component_are_pressed) {
    driven_visit(&page, "/slots");
    driven_ok(&page, LL_OP_CHECK, "text=Tick", NULL);
    driven_reads(&page, LL_OP_IS_CHECKED, "#box", NULL, "true");
    driven_reads(&page, LL_OP_IS_CHECKED, "text=Tick", NULL, "true");
    driven_ok(&page, LL_OP_UNCHECK, "#label", NULL);
    driven_reads(&page, LL_OP_IS_CHECKED, "#box", NULL, "false");
    run("log.textContent = ''; null");
    driven_ok(&page, LL_OP_CLICK, "text=Linked", NULL);
    driven_ok(&page, LL_OP_CLICK, "#link", NULL);
    expect_log("link link ");
}

Test(shadow, a_disabled_button_holds_what_is_slotted_into_it) {
    driven_visit(&page, "/slots");
    driven_reads(&page, LL_OP_IS_ENABLED, "#held", NULL, "false");
    driven_reads(&page, LL_OP_IS_ENABLED, "text=Kept", NULL, "false");
    driven_fails(&page, LL_OP_CLICK, "text=Kept", NULL, LL_DEADLINE_EXCEEDED, "belongs to button, which is disabled");
    driven_reads(&page, LL_OP_IS_ENABLED, "text=Held", NULL, "false");
    driven_fails(&page, LL_OP_CLICK, "text=Held", NULL, LL_DEADLINE_EXCEEDED,
                 "belongs to button#held, which is disabled");
}

Test(shadow, what_lies_above_slotted_text_covers_it) {
    driven_visit(&page, "/slots");
    driven_fails(&page, LL_OP_CLICK, "#under", NULL, LL_DEADLINE_EXCEEDED, "is covered by div#lid");
    driven_act_fails(&page,
                     (struct ll_action){
                         .operation = LL_OP_CLICK, .selector = "#first", .position = {true, 5, 45}, .timeout_ms = 300},
                     LL_DEADLINE_EXCEEDED, "is covered by slot");
}
