// What a hand does with a pointer, on pages that hold still and on pages that do not.
#include "tests/unit/browser/driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

// Every event of a press that comes to an element is written down: "down0 up0 click1 ".
static const char pad_page[] =
    "<style>#pad{width:200px;height:100px;background:#eee}</style><div id=pad tabindex=0>pad</div>"
    "<div id=low style='margin-top:3000px'>low</div><pre id=log></pre><script>"
    "const write = (text) => log.textContent += text + ' ';"
    "const held = (e) => (e.altKey ? 'A' : '') + (e.ctrlKey ? 'C' : '') + (e.shiftKey ? 'S' : '');"
    "pad.onmousedown = e => write('down' + e.button + held(e)); pad.onmouseup = e => write('up' + e.button);"
    "pad.onclick = e => write('click' + e.detail + '@' + e.offsetX + ',' + e.offsetY);"
    "pad.onauxclick = e => write('aux' + e.button); pad.ondblclick = e => write('double');"
    "pad.oncontextmenu = e => { e.preventDefault(); write('menu') }; pad.onmouseenter = e => write('enter');"
    "pad.addEventListener('touchstart', e => write('touch' + e.touches.length));"
    "pad.addEventListener('touchend', e => write('lift'));"
    "addEventListener('keydown', e => write('+' + e.key)); addEventListener('keyup', e => write('-' + e.key));"
    "</script>";

static const char drag_page[] =
    "<style>div{width:80px;height:80px;margin:20px;background:#ddd}#bin{margin-top:1500px}</style>"
    "<div id=card draggable=true>card</div><div id=knob>knob</div><div id=bin>bin</div><pre id=log></pre><script>"
    "const write = (text) => log.textContent += text + ' ';"
    "card.ondragstart = e => { e.dataTransfer.setData('text/plain', 'the card'); write('start') };"
    "bin.ondragenter = e => write('enter'); bin.ondragover = e => e.preventDefault();"
    "bin.ondrop = e => { e.preventDefault(); write('dropped ' + e.dataTransfer.getData('text/plain')) };"
    "card.ondragend = () => write('end');"
    "knob.onmousedown = () => { write('taken'); onmousemove = e => {"
    "knob.style.cssText = `position:fixed;pointer-events:none;left:${e.clientX - 60}px;top:${e.clientY - 60}px` };"
    "onmouseup = e => { onmousemove = onmouseup = null; write('let go over ' + e.target.id) } };</script>";

// Buttons that something happens to: between the look at it and the press is when the pointer arrives.
static const char wild_page[] =
    "<style>button{width:100px;height:40px}.banner{position:fixed;inset:0;background:#ccc}"
    "#frame{position:relative}#badge{position:absolute;left:30px;top:10px;width:40px;height:20px;background:red}"
    "#stuck{position:fixed;bottom:0;left:0;right:0;height:400px;background:#cfc}"
    "@keyframes slide{from{transform:translateX(200px)}to{transform:none}} .sliding{animation:slide .3s}</style>"
    "<button id=plain>plain</button><span id=frame><button id=half>half</button><i id=badge></i></span>"
    "<p style='height:2000px'></p><button id=below>below</button><p style='height:600px'></p><pre id=log></pre><script>"
    "const write = (text) => log.textContent += text + ' ';"
    "for (const button of document.querySelectorAll('button')) button.onclick = () => write(button.id);"
    "document.getElementById('badge').onclick = e => { e.stopPropagation(); write('badge') };"
    "function cover(ms) { const lid = document.createElement('div'); lid.className = 'banner';"
    "lid.onmousedown = lid.onclick = () => write('lid'); document.body.append(lid);"
    "if (ms) setTimeout(() => lid.remove(), ms) }"
    "function renew(id) { const old = document.getElementById(id), fresh = old.cloneNode(true);"
    "fresh.onclick = () => write('fresh'); old.replaceWith(fresh); return fresh }"
    "function onArrival(id, then) { const at = document.getElementById(id);"
    "at.addEventListener('mousemove', () => then(at), { once: true }) }</script>";

// What is larger than what it is seen through: the window, or a pane that scrolls. The pane is drawn smaller, and
// places in it count as they are drawn.
static const char far_page[] =
    "<!doctype html><style>html,#pane{scroll-behavior:smooth}body{margin:0}#card{width:90px;height:1000px}"
    ".big{width:2000px;height:2000px;background:#eee}#bar{position:sticky;top:0;height:60px;background:#ccc}"
    "#pane{width:300px;height:200px;overflow:auto;border:3px solid;transform:scale(.8)}</style>"
    "<div id=bar></div><div id=card draggable=true>card</div><div id=pane><div class=big id=map></div></div>"
    "<div class=big id=field></div><pre id=log></pre><script>const write = (text) => log.textContent += text + ' ';"
    "for (const id of ['map', 'field']) { const it = document.getElementById(id); it.onclick = (e) => "
    "write(id + '@' + e.offsetX + ',' + e.offsetY); it.ondragover = (e) => e.preventDefault();"
    "it.ondrop = (e) => { e.preventDefault(); write('dropped@' + e.offsetX + ',' + e.offsetY) } }"
    "card.ondragstart = (e) => { e.dataTransfer.setData('text/plain', 'x'); write('taken@' + e.offsetX + ',' +"
    "e.offsetY) }</script>";

static const char sight_page[] =
    "<!doctype html><style>html{scroll-behavior:smooth}body{margin:0}</style><div style='height:600px'></div>"
    "<div id=part style='height:300px'>partly in view</div><div style='height:2000px'></div><i id=end></i>"
    "<p id=unseen style='visibility:hidden'>unseen</p><p id=none style='display:none'>none</p>"
    "<button id=off disabled>off</button><div id=list style='height:100px;overflow:auto'>"
    "<div style='height:900px'></div><div id=last></div></div><script>"
    "const sees = (it) => { const { top, bottom } = it.getBoundingClientRect();"
    "return top >= 0 && bottom <= innerHeight };"
    "new IntersectionObserver((all) => all[0].isIntersecting && (window.more = 1)).observe(last)</script>";

static const struct ll_site_page site[] = {{.path = "/pad", .body = pad_page},     {.path = "/far", .body = far_page},
                                           {.path = "/sight", .body = sight_page}, {.path = "/drag", .body = drag_page},
                                           {.path = "/wild", .body = wild_page},   {.path = NULL}};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(pointer, .init = begin, .fini = end);

static void run(const char *script) {
    driven_reads(&page, LL_OP_EVALUATE, NULL, script, "nil");
}

static void expect_log(const char *text) {
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#log", NULL, text);
    run("log.textContent = ''; null");
}

Test(pointer, a_click_has_a_button_keys_a_number_and_a_place) {
    driven_visit(&page, "/pad");
    driven_ok(&page, LL_OP_CLICK, "#pad", NULL);
    expect_log("enter down0 up0 click1@100,50 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#pad", .button = LL_BUTTON_RIGHT});
    expect_log("down2 menu up2 aux2 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#pad", .button = LL_BUTTON_MIDDLE});
    expect_log("down1 up1 aux1 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#pad", .click_count = 3});
    expect_log("down0 up0 click1@100,50 down0 up0 click2@100,50 double down0 up0 click3@100,50 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#pad", .modifiers = 2 | 8});
    expect_log("+Control +Shift down0CS up0 click1@100,50 -Control -Shift ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#pad", .position = {true, 7, 9}});
    expect_log("down0 up0 click1@7,9 ");
    driven_ok(&page, LL_OP_DOUBLE_CLICK, "#pad", NULL);
    expect_log("down0 up0 click1@100,50 down0 up0 click2@100,50 double ");
}

Test(pointer, a_delay_is_between_press_and_release) {
    driven_visit(&page, "/pad");
    run("pad.addEventListener('mousedown', e => window.at = e.timeStamp);"
        "pad.addEventListener('mouseup', e => window.took = e.timeStamp - at); null");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#pad", .delay_ms = 150});
    driven_reads(&page, LL_OP_EVALUATE, NULL, "took >= 140 && took < 2000", "true");
    struct ll_action slow = {.operation = LL_OP_CLICK, .selector = "#pad", .delay_ms = 1000, .timeout_ms = 200};
    driven_act_fails(&page, slow, LL_DEADLINE_EXCEEDED, "takes longer with its delay than its timeout");
}

Test(pointer, a_hover_enters_and_a_tap_touches) {
    driven_visit(&page, "/pad");
    driven_ok(&page, LL_OP_HOVER, "#pad", NULL);
    expect_log("enter ");
    driven_ok(&page, LL_OP_TAP, "#pad", NULL);
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "log.textContent.includes('click')");
    expect_log("touch1 lift down0 up0 click1@100,50 ");
}

Test(pointer, what_is_out_of_view_is_scrolled_to) {
    driven_visit(&page, "/pad");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "scrollY", "0");
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#low", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "(({ top, bottom }) => scrollY > 0 && top >= 0 && bottom <= innerHeight)(low.getBoundingClientRect())",
                 "true");
    run("window.was = scrollY; null");
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#low", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "scrollY === was", "true");
}

Test(pointer, the_place_and_not_just_the_element_is_scrolled_to) {
    driven_visit(&page, "/far");
    driven_act_ok(&page,
                  (struct ll_action){.operation = LL_OP_CLICK, .selector = "#field", .position = {true, 1900, 1910}});
    expect_log("field@1900,1910 ");
    driven_act_ok(&page,
                  (struct ll_action){.operation = LL_OP_CLICK, .selector = "#map", .position = {true, 1520, 1528}});
    expect_log("map@1900,1910 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#map", .position = {true, 40, 900}});
    expect_log("map@50,1125 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#field", .position = {true, 5, 5}});
    expect_log("field@5,5 ");
    run("pane.scrollTo({ left: 0, top: 0, behavior: 'instant' }); scrollTo({ top: 0, behavior: 'instant' }); null");
    driven_ok(&page, LL_OP_CLICK, "#map", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "log.textContent.startsWith('map@')", "true");
}

Test(pointer, a_thing_is_taken_up_and_dropped_at_places_that_are_far_away) {
    driven_visit(&page, "/far");
    struct ll_action drag = {.operation = LL_OP_DRAG_AND_DROP, .selector = "#card", .target = "#field"};
    drag.source_position = (struct ll_action_point){true, 30, 950};
    drag.target_position = (struct ll_action_point){true, 1800, 1700};
    driven_act_ok(&page, drag);
    expect_log("taken@30,950 dropped@1800,1700 ");
    drag.target = "#map";
    drag.target_position = (struct ll_action_point){true, 1440, 1360};
    driven_act_ok(&page, drag);
    expect_log("taken@30,950 dropped@1800,1700 ");
}

Test(pointer, what_is_partly_in_view_or_has_no_size_is_scrolled_to) {
    driven_visit(&page, "/sight");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "sees(part)", "false");
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#part", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "sees(part)", "true");
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#end", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "sees(end)", "true");
    run("scrollTo({ top: 0, behavior: 'instant' }); null");
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#unseen", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "sees(unseen)", "true");
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#off", NULL);
    driven_ok(&page, LL_OP_SCROLL_INTO_VIEW, "#last", NULL); // of a list that loads more when its end is seen
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "window.more");
    driven_fails(&page, LL_OP_SCROLL_INTO_VIEW, "#none", NULL, LL_DEADLINE_EXCEEDED, "is not visible");
}

Test(pointer, a_thing_is_dragged_and_dropped) {
    driven_visit(&page, "/drag");
    struct ll_action drag = {.operation = LL_OP_DRAG_AND_DROP, .selector = "#card", .target = "#bin"};
    driven_act_ok(&page, drag);
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL, "log.textContent.includes('end')");
    expect_log("start enter dropped the card end ");
    drag.selector = "#knob";
    driven_act_ok(&page, drag);
    expect_log("taken let go over bin ");
    drag.target = "#nothing";
    drag.timeout_ms = 300;
    driven_act_fails(&page, drag, LL_DEADLINE_EXCEEDED, "has a target that matches nothing");
    expect_log(""); // and nothing was taken up
    drag.target = "div";
    driven_act_fails(&page, drag, LL_FAILED_PRECONDITION, "has a target that matches several elements");
}

Test(pointer, a_press_that_would_hit_something_else_is_made_again) {
    driven_visit(&page, "/wild");
    run("onArrival('plain', () => cover(150)); null");
    driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    expect_log("plain "); // the lid got nothing of the first press
    run("onArrival('plain', (at) => at.style.transform = 'translateX(300px)'); null");
    driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    expect_log("plain ");
}

Test(pointer, a_press_that_never_hits_says_what_is_in_the_way) {
    driven_visit(&page, "/wild");
    run("onArrival('plain', () => cover()); null");
    driven_fails(&page, LL_OP_CLICK, "#plain", NULL, LL_DEADLINE_EXCEEDED, "is covered by div.banner");
    run("addEventListener('mousedown', () => 0); document.querySelector('.banner').remove(); null");
    run("plain.addEventListener('mousemove', () => { cover(5) }); null"); // each time that the pointer comes
    driven_fails(&page, LL_OP_CLICK, "#plain", NULL, LL_DEADLINE_EXCEEDED, "is covered by div.banner");
    expect_log("");
}

Test(pointer, an_element_that_is_rendered_anew_gets_the_press) {
    driven_visit(&page, "/wild");
    run("onArrival('plain', () => renew('plain')); null");
    driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    expect_log("fresh ");
    run("const again = () => { renew('plain'); window.timer = setTimeout(again, 1) }; again(); null");
    for (int i = 0; i < 5; i++) driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    run("clearTimeout(timer); null");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "log.textContent.split(' ').filter(Boolean).length >= 4", "true");
}

Test(pointer, an_element_that_a_script_moves_is_hit) {
    driven_visit(&page, "/wild");
    run("let x = 0; window.timer = setInterval(() => plain.style.marginLeft = (x = (x + 7) % 700) + 'px', 3); null");
    for (int i = 0; i < 10; i++) driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    run("clearInterval(timer); null");
    expect_log("plain plain plain plain plain plain plain plain plain plain ");
}

Test(pointer, what_is_partly_covered_is_hit_where_it_is_not) {
    driven_visit(&page, "/wild");
    driven_ok(&page, LL_OP_CLICK, "#half", NULL);
    driven_ok(&page, LL_OP_CLICK, "#badge", NULL);
    expect_log("half badge ");
    run("document.body.insertAdjacentHTML('beforeend', '<div id=stuck></div>'); null");
    driven_ok(&page, LL_OP_CLICK, "#below",
              NULL); // the last on the page, under what sticks to the bottom of the window
    expect_log("below ");
}

Test(pointer, force_presses_whatever_is_there) {
    driven_visit(&page, "/wild");
    run("cover(); null");
    struct ll_action click = {.operation = LL_OP_CLICK, .selector = "#plain", .force = true};
    driven_act_ok(&page, click);
    expect_log("lid lid ");
    run("plain.style.display = 'none'; null");
    click.timeout_ms = 300;
    driven_act_fails(&page, click, LL_DEADLINE_EXCEEDED, "is out of view");
}

Test(pointer, an_element_that_goes_away_is_waited_for) {
    driven_visit(&page, "/wild");
    run("const it = plain; it.remove(); setTimeout(() => document.body.prepend(it), 150); null");
    driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    expect_log("plain ");
}

Test(pointer, a_look_costs_no_frame) {
    driven_visit(&page, "/wild");
    run("window.requestAnimationFrame = () => 0; plain.className = 'sliding'; null");
    int64_t began_us = ll_clock_us();
    driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    cr_expect(lt(long, (long)(ll_clock_us() - began_us), 2000000L));
    expect_log("plain ");
}
