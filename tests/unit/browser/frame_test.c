// What is done in frames within a page: of the same site and of another, nested, moved, covered, replaced.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const char frames_page[] =
    "<h1 id=title>Outer</h1><style>.lid{position:fixed;inset:0;background:#ccc}</style>"
    "<iframe id=same src=/inner style='margin:30px;border:7px solid;padding:5px'></iframe>"
    "<iframe id=moved src=/inner style='transform:translate(40px,20px) scale(1.5);margin:80px'></iframe>"
    "<iframe id=nest src=/nest></iframe><div style='height:3000px'></div><iframe id=other></iframe>"
    "<script>other.src='http://localhost:'+location.port+'/inner';"
    "function lid(){const d=document.createElement('div');d.className='lid';document.body.append(d);return d}"
    "function late(){setTimeout(()=>{const f=document.createElement('iframe');f.id='late';f.src='/inner';"
    "document.body.prepend(f)},200)}</script>";

// Frames that are drawn in every way that there is, and frames in them.
static const char drawn_page[] =
    "<!doctype html><style>iframe{width:300px;height:250px;border:5px "
    "solid;padding:7px;margin:60px;display:block}</style>"
    "<iframe id=turned src=/small style='transform:rotate(30deg)'></iframe>"
    "<iframe id=mirrored src=/small style='transform:scale(-1,1)'></iframe>"
    "<iframe id=skewed src=/small style='transform:skew(20deg,10deg)'></iframe>"
    "<div style='perspective:500px'><iframe id=bent src=/small style='transform:rotateY(45deg) "
    "rotateX(20deg)'></iframe>"
    "</div><div style='rotate:20deg;scale:.7'><iframe id=within src=/small style='translate:20px 10px'></iframe></div>"
    "<div style='zoom:1.5'><iframe id=zoomed src=/small style='transform:rotate(-20deg)'></iframe></div>"
    "<iframe id=outer src=/outer style='transform:rotate(90deg) scale(1.2);width:350px'></iframe>"
    "<div style='width:300px;height:200px;overflow:auto'><div style='height:900px'></div>"
    "<iframe id=pane src=/small style='height:900px;transform:rotate(5deg)'></iframe></div>";

static const struct ll_site_page site[] = {
    {.path = "/", .body = frames_page},
    {.path = "/drawn", .body = drawn_page},
    {.path = "/set",
     .body = "<!doctype html><frameset cols='30%,*'><frame src=/small><frame id=g src=/small></frameset>"},
    {.path = "/wide",
     .body = "<!doctype html><div style='width:1400px'>wide</div><div style='height:3000px'></div>"
             "<iframe id=f src=/small style='width:300px;height:450px;transform:rotate(10deg)'></iframe>"},
    {.path = "/small",
     .body = "<!doctype html><style>body{margin:0;height:500px}#b{position:absolute;left:230px;top:400px;width:4px;"
             "height:4px;padding:0;border:0;background:red}#card,#bin{width:30px;height:30px;background:#ddd}#bin{"
             "position:absolute;left:200px;top:20px}</style><button id=b onclick=\"out.textContent+='hit '\"></button>"
             "<div id=card draggable=true></div><div id=bin></div><pre id=out></pre><script>"
             "card.ondragstart=e=>e.dataTransfer.setData('text/plain','card');bin.ondragover=e=>e.preventDefault();"
             "bin.ondrop=e=>{e.preventDefault();out.textContent+='dropped '}</script>"},
    {.path = "/outer",
     .body = "<!doctype html><style>body{margin:0}iframe{width:250px;height:150px;margin:30px}</style>"
             "<iframe id=inmost src=/small style='transform:perspective(300px) rotateY(30deg)'></iframe>"},
    {.path = "/inner",
     .body = "<h1 id=title>Inner</h1><div style='height:600px'></div><input id=name oninput='out.textContent=value'>"
             "<button id=b onclick=\"out.textContent=event.isTrusted+' '+(event.target===b)\">b</button>"
             "<input type=checkbox id=box><pre id=out></pre><a id=next href=/next>next</a><script>here=7</script>"},
    {.path = "/next", .body = "<h1 id=title>Next</h1><p id=there>there</p>"},
    {.path = "/nest",
     .body = "<div style='height:400px'></div><iframe id=deep style='margin-left:20px'></iframe><script>"
             "deep.src='http://localhost:'+location.port+'/inner'</script>"},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
    driven_visit(&page, "/");
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(frame, .init = begin, .fini = end);

static ll_err act(const char *frame, enum ll_operation operation, const char *selector, const char *text) {
    struct ll_action action = {
        .operation = operation, .frame = frame, .selector = selector, .text = text, .timeout_ms = 3000};
    return driven_act(&page, &action);
}

static void expect_done(const char *frame, enum ll_operation operation, const char *selector, const char *text) {
    ll_err err = act(frame, operation, selector, text);
    cr_expect_eq(err.status, LL_OK, "%s %s: %s", frame, selector, err.text);
}

static void expect_read(const char *frame, enum ll_operation operation, const char *selector, const char *value) {
    ll_err err = act(frame, operation, operation == LL_OP_EVALUATE ? NULL : selector,
                     operation == LL_OP_EVALUATE ? selector : NULL);
    cr_expect_eq(err.status, LL_OK, "%s %s: %s", frame, selector, err.text);
    cr_expect_str_eq(page.value, value, "%s %s: \"%s\", not \"%s\"", frame, selector, page.value, value);
}

static void expect_failure(ll_err err, enum ll_status status, const char *sentence) {
    cr_expect_eq(err.status, status, "%d: %s", err.status, err.text);
    cr_expect(strstr(err.text, sentence) != NULL, "\"%s\" does not say \"%s\"", err.text, sentence);
}

static const char *const frames[] = {"#same", "#moved", "#other", "#nest\x1f#deep"};

Test(frame, everything_works_within) {
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++) {
        const char *in = frames[i];
        expect_read(in, LL_OP_INNER_TEXT, "#title", "Inner");
        expect_read(in, LL_OP_EVALUATE, "here + document.title.length", "7");
        expect_done(in, LL_OP_CLICK, "#b", NULL);
        expect_read(in, LL_OP_INNER_TEXT, "#out", "true true");
        expect_done(in, LL_OP_FILL, "#name", "Ada");
        expect_read(in, LL_OP_INNER_TEXT, "#out", "Ada");
        expect_done(in, LL_OP_PRESS, "#name", "d");
        expect_read(in, LL_OP_INPUT_VALUE, "#name", "Adad");
        expect_done(in, LL_OP_CHECK, "#box", NULL);
        expect_read(in, LL_OP_EVALUATE, "box.checked", "true");
    }
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#title", NULL), "Outer");
}

Test(frame, a_press_comes_to_its_place_however_the_frame_is_drawn) {
    static const char *const drawn[] = {"#turned", "#mirrored", "#skewed",           "#bent",
                                        "#within", "#zoomed",   "#outer\x1f#inmost", "#pane"};
    driven_visit(&page, "/drawn");
    for (size_t i = 0; i < sizeof drawn / sizeof *drawn; i++) {
        expect_done(drawn[i], LL_OP_CLICK, "#b", NULL);
        expect_read(drawn[i], LL_OP_INNER_TEXT, "#out", "hit ");
        struct ll_action drag = {.operation = LL_OP_DRAG_AND_DROP,
                                 .frame = drawn[i],
                                 .selector = "#card",
                                 .target = "#bin",
                                 .timeout_ms = 3000};
        driven_act_ok(&page, drag);
        expect_read(drawn[i], LL_OP_INNER_TEXT, "#out", "hit dropped ");
    }
    driven_visit(&page, "/drawn");
    for (size_t i = sizeof drawn / sizeof *drawn; i-- > 0;) {
        expect_done(drawn[i], LL_OP_TAP, "#b", NULL);
        expect_done(drawn[i], LL_OP_WAIT_FOR_FUNCTION, NULL, "out.textContent === 'hit '");
    }
}

Test(frame, a_press_comes_to_its_place_in_a_frameset_and_on_a_phone_that_shrinks_the_page) {
    driven_visit(&page, "/set");
    expect_done("#g", LL_OP_CLICK, "#b", NULL);
    expect_read("#g", LL_OP_INNER_TEXT, "#out", "hit ");
    driver.context = (struct ll_context_options){.device = "Pixel 7", .viewport_width = 412, .viewport_height = 915};
    driven_open(&driver, &page);
    driven_visit(&page, "/wide");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "visualViewport.scale < 0.5"), "true");
    expect_done("#f", LL_OP_CLICK, "#b", NULL);
    expect_read("#f", LL_OP_INNER_TEXT, "#out", "hit ");
}

Test(frame, one_that_is_not_drawn_is_waited_for) {
    driven_visit(&page, "/drawn");
    driven_read(&page, LL_OP_EVALUATE, NULL, "turned.style.transform = 'rotateY(90deg)'; 1");
    expect_failure(act("#turned", LL_OP_CLICK, "#b", NULL), LL_DEADLINE_EXCEEDED, "the frame is not visible");
    driven_read(&page, LL_OP_EVALUATE, NULL, "turned.style.transform = ''; 1");
    expect_done("#turned", LL_OP_CLICK, "#b", NULL);
}

Test(frame, what_covers_the_frame_is_waited_for_and_named) {
    driven_read(&page, LL_OP_EVALUATE, NULL, "lid();1");
    expect_failure(act("#same", LL_OP_CLICK, "#b", NULL), LL_DEADLINE_EXCEEDED, "the frame is covered by div.lid");
    driven_read(&page, LL_OP_EVALUATE, NULL, "setTimeout(()=>document.querySelector('.lid').remove(),300);1");
    expect_done("#same", LL_OP_CLICK, "#b", NULL);
    expect_read("#same", LL_OP_INNER_TEXT, "#out", "true true");
}

Test(frame, a_frame_may_come_later_go_elsewhere_and_be_replaced) {
    driven_read(&page, LL_OP_EVALUATE, NULL, "late();1");
    expect_read("#late", LL_OP_INNER_TEXT, "#title", "Inner");
    expect_done("#late", LL_OP_CLICK, "#next", NULL);
    expect_read("#late", LL_OP_INNER_TEXT, "#there", "there");
    driven_read(&page, LL_OP_EVALUATE, NULL,
                "setTimeout(()=>{const f=document.querySelector('#late');f.remove();late()},200);1");
    expect_done("#late", LL_OP_WAIT_FOR_SELECTOR, "#b", NULL);
    expect_done("#late", LL_OP_CLICK, "#b", NULL);
}

// It goes away between the questions that lead into it too.
Test(frame, one_that_is_replaced_all_the_time_is_found_anew) {
    for (int i = 0; i < 5; i++) {
        driven_visit(&page, "/drawn");
        driven_read(&page, LL_OP_EVALUATE, NULL,
                    "const renew = () => document.body.innerHTML = '<iframe id=f></iframe>'; renew();"
                    "timer = setInterval(renew, 1);"
                    "setTimeout(() => clearInterval(timer), 300); 1");
        expect_read("#f", LL_OP_COUNT, "html", "1");
    }
}

Test(frame, a_selector_does_not_reach_into_one_and_says_what_does) {
    driven_fails(&page, LL_OP_CLICK, "#same >> #b", NULL, LL_INVALID_ARGUMENT,
                 "looks into a frame, which is a page of its own: write ctx:frame(...)");
}

Test(frame, in_one_that_is_not_there_nothing_is_visible_and_nothing_counts) {
    static const char *const missing[] = {"#nothing", "#nest\x1f#nothing"};
    struct ll_action gone = {.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#b", .timeout_ms = 3000};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        expect_read(missing[i], LL_OP_IS_VISIBLE, "#b", "false");
        expect_read(missing[i], LL_OP_COUNT, "#b", "0");
        gone.frame = missing[i];
        gone.state = LL_STATE_HIDDEN;
        driven_act_ok(&page, gone);
        gone.state = LL_STATE_DETACHED;
        driven_act_ok(&page, gone);
    }
    expect_read("#same", LL_OP_IS_VISIBLE, "#b", "true");
    expect_read("#same", LL_OP_COUNT, "#b", "1");
    expect_failure(act("#title", LL_OP_COUNT, "#b", NULL), LL_FAILED_PRECONDITION, "the frame is h1#title");
    gone.frame = "#same";
    gone.state = LL_STATE_HIDDEN;
    driven_read(&page, LL_OP_EVALUATE, NULL, "setTimeout(() => same.remove(), 100);1");
    driven_act_ok(&page, gone);
}

Test(frame, what_is_no_frame_is_said) {
    expect_failure(act("#nothing", LL_OP_CLICK, "#b", NULL), LL_DEADLINE_EXCEEDED, "the frame matches nothing");
    expect_failure(act("#title", LL_OP_CLICK, "#b", NULL), LL_FAILED_PRECONDITION, "the frame is h1#title");
    expect_failure(act("iframe", LL_OP_CLICK, "#b", NULL), LL_FAILED_PRECONDITION, "several elements (4 match)");
    expect_failure(act("#same", LL_OP_CLICK, "#gone", NULL), LL_DEADLINE_EXCEEDED, "matches nothing");
    expect_failure(act("p[", LL_OP_CLICK, "#b", NULL), LL_FAILED_PRECONDITION, "the frame");
}
