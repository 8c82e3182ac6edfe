// What is done to and read from elements of real pages.
#include "tests/unit/browser/driver.h"

#include "libcommon/codec/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const char events_page[] =
    "<input id=name><textarea id=area></textarea><div id=rich contenteditable></div><input id=ro readonly>"
    "<input id=date type=date><input id=number type=number value=1><label id=label>Mail <input id=mail></label>"
    "<form id=form action=/sent><input id=q name=q></form>"
    "<select id=one><option value=a>Alpha<option value=b>Beta</select><p id=p>text</p><pre id=log></pre>"
    "<script>for (const type of ['beforeinput','input','change','keydown','keyup'])"
    "addEventListener(type, e => log.textContent += e.type + (e.isTrusted ? '+' : '-') + (e.key || '') + ' ')</script>";

static const char cover_page[] =
    "<style>#lid{position:fixed;inset:0;background:#ccc} .far{margin-top:3000px}"
    "@keyframes slide{from{transform:translateX(200px)}to{transform:none}} .sliding{animation:slide .3s}"
    "@keyframes glow{from{opacity:.5}to{opacity:1}} .glowing{animation:glow 1s infinite}"
    "@keyframes tint{from{border:2px solid red;border-radius:1px;font:12px serif}"
    "to{border:2px solid blue;border-radius:9px;font:12px serif}} .tinted{animation:tint 1s infinite}</style>"
    "<button id=plain onclick='hits.textContent+=\"plain \"'>plain</button>"
    "<button id=glow class=glowing onclick='hits.textContent+=\"glow \"'>glow</button>"
    "<button id=tint class=tinted onclick='hits.textContent+=\"tint \"'>tint</button>"
    "<button id=move onclick='hits.textContent+=\"move\"+Math.round(move.getBoundingClientRect().x)+\" \"'>m</button>"
    "<button id=off disabled onclick='hits.textContent+=\"off \"'>off</button>"
    "<button id=gone style='display:none' onclick='hits.textContent+=\"gone \"'>gone</button>"
    "<button id=far class=far onclick='hits.textContent+=\"far \"'>far</button><pre id=hits></pre>"
    "<script>const later=(ms,f)=>setTimeout(f,ms);"
    "function lid(){const d=document.createElement('div');d.id='lid';document.body.append(d)}</script>";

static const char text_page[] =
    "<ul id=cart><li>Red  Apple <b>(big)</b></li><li>Green apple</li><li>Pear</li></ul>"
    "<div id=outer><span>Apple pie</span></div><input type=submit value='Send now'><script>var s='apple'</script>"
    "<p>What's new <b>in town</b></p><div id=host></div><script>host.attachShadow({mode:'open'}).innerHTML='<p "
    "class=deep>in the <i>shadow</i></p>"
    "<button id=inner onclick=\"this.textContent=String.fromCharCode(104,105,116)\">b</button>'</script>";

static const struct ll_site_page site[] = {
    {.path = "/events", .body = events_page},
    {.path = "/cover", .body = cover_page},
    {.path = "/text", .body = text_page},
    {.path = "/checks",
     .body =
         "<input type=checkbox id=box><label id=label><input type=checkbox id=inner>Label</label>"
         "<input type=radio name=r id=r1 checked><input type=radio name=r id=r2>"
         "<div id=aria role=checkbox aria-checked=false onclick=\"this.setAttribute('aria-checked','true')\">x</div>"
         "<input type=checkbox id=leaving onclick=\"location.href='/sent'\">"
         "<input type=checkbox id=stubborn onclick='return false'><p id=p>p</p>"
         "<input type=checkbox class=todo onclick=\"this.className='done';other.className='todo'\">"
         "<input type=checkbox id=other>"
         "<input type=checkbox class=going onclick=\"this.remove()\">"},
    {.path = "/sent", .body = "<h1 id=sent>Sent</h1>"},
    {.path = "/dialogs",
     .body = "<button id=b onclick=\"out.textContent=confirm('sure?')+' '+prompt('x')\">b</button>"
             "<pre id=out></pre>"},
    {.path = "/inputs",
     .body = "<input id=n type=number step=any><input id=d type=date><input id=t type=time>"
             "<input id=l type=datetime-local><input id=c type=color value='#000000'><input id=m type=email>"
             "<input id=o type=month><input id=w type=week><input id=u type=url><input id=x><textarea id=a></textarea>"
             "<input id=r type=range min=5 max=25 step=5><script>heard=0;addEventListener('input',()=>heard++,true);"
             "addEventListener('focus',()=>heard++,true)</script>"},
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

TestSuite(element, .init = begin, .fini = end);

Test(element, text_is_filled_with_trusted_events) {
    driven_visit(&page, "/events");
    driven_ok(&page, LL_OP_FILL, "#name", "Zo\xc3\xab \"q\" \\ \xf0\x9f\x8d\x90");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "Zo\xc3\xab \"q\" \\ \xf0\x9f\x8d\x90");
    driven_reads(&page, LL_OP_INNER_TEXT, "#log", NULL, "beforeinput+ input+ ");
    driven_ok(&page, LL_OP_FILL, "#name", "second");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "second");
    driven_ok(&page, LL_OP_CLEAR, "#name", NULL);
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "");
    driven_ok(&page, LL_OP_FILL, "#area", "two\nlines");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#area", NULL, "two\nlines");
    driven_ok(&page, LL_OP_FILL, "#rich", "bold");
    driven_ok(&page, LL_OP_FILL, "#rich", "rich");
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#rich", NULL, "rich");
    driven_ok(&page, LL_OP_FILL, "#number", "42");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#number", NULL, "42");
    driven_ok(&page, LL_OP_FILL, "#date", "2026-11-23");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#date", NULL, "2026-11-23");
    driven_ok(&page, LL_OP_FILL, "#label", "a@b.c");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#mail", NULL, "a@b.c");
}

Test(element, what_an_input_would_change_by_itself_is_refused_before_the_page_sees_it) {
    static const struct {
        const char *selector, *text, *why; // NULL: it holds the text
    } fills[] = {
        {"#n", "1.5", NULL},
        {"#n", "-2e3", NULL},
        {"#n", "1,5", "takes no such number: write it as in 1.5"},
        {"#n", "--", "takes no such number"},
        {"#n", "+5", "takes no such number"},
        {"#d", "2026-02-28", NULL},
        {"#d", "2026-02-30", "takes no such date: write it as in 2026-01-31"},
        {"#d", "31.01.2026", "takes no such date"},
        {"#t", "13:45", NULL},
        {"#t", "25:00", "takes no such time: write it as in 13:45"},
        {"#l", "2026-01-31T13:45", NULL},
        {"#l", "2026-01-31", "takes no such datetime-local"},
        {"#o", "2026-01", NULL},
        {"#o", "2026-13", "takes no such month: write it as in 2026-01"},
        {"#o", "2026-01-31", "takes no such month"},
        {"#w", "2026-W05", NULL},
        {"#w", "2026-W54", "takes no such week: write it as in 2026-W05"},
        {"#w", "2026-05", "takes no such week"},
        {"#c", "#1E90FF", NULL},
        {"#c", "blue-ish", "takes no such color: write it as in #1e90ff"},
        {"#c", "", "takes no such color"},
        {"#r", "15", NULL},
        {"#r", "16", "takes no such range: it goes from 5 to 25 in steps of 5"},
        {"#r", "30", "takes no such range"},
        {"#m", " a@b.c ", NULL},      // is trimmed
        {"#u", " http://x/y ", NULL}, // is trimmed where a script sets it; Chromium keeps what is typed
        {"#x", "one\ntwo", NULL},     // line ends are what the field makes of them
        {"#a", "one\r\ntwo", NULL},
    };
    driven_visit(&page, "/inputs");
    for (size_t i = 0; i < sizeof fills / sizeof *fills; i++) {
        driven_reads(&page, LL_OP_EVALUATE, NULL, "heard = 0", "0");
        if (fills[i].why)
            driven_fails(&page, LL_OP_FILL, fills[i].selector, fills[i].text, LL_FAILED_PRECONDITION, fills[i].why);
        else
            driven_ok(&page, LL_OP_FILL, fills[i].selector, fills[i].text);
        driven_reads(&page, LL_OP_EVALUATE, NULL, "heard > 0", fills[i].why ? "false" : "true");
    }
    driven_reads(&page, LL_OP_INPUT_VALUE, "#n", NULL, "-2e3");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#d", NULL, "2026-02-28");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#t", NULL, "13:45");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#o", NULL, "2026-01");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#w", NULL, "2026-W05");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#c", NULL, "#1e90ff");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#r", NULL, "15");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#m", NULL, "a@b.c");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "u.value.trim()", "http://x/y");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#x", NULL, "one two");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#a", NULL, "one\ntwo");
    driven_ok(&page, LL_OP_CLEAR, "#d", NULL);
    driven_reads(&page, LL_OP_INPUT_VALUE, "#d", NULL, "");
}

Test(element, a_number_is_filled_in_as_it_is_whatever_the_locale) {
    struct driven_page german;
    driver.context.locale = "de-DE";
    driven_open(&driver, &german);
    driven_visit(&german, "/inputs");
    driven_ok(&german, LL_OP_FILL, "#n", "1234.5");
    driven_reads(&german, LL_OP_INPUT_VALUE, "#n", NULL, "1234.5");
}

Test(element, what_holds_no_text_cannot_be_filled) {
    driven_visit(&page, "/events");
    driven_fails(&page, LL_OP_FILL, "#p", "x", LL_FAILED_PRECONDITION, "is p#p, which holds no text");
    driven_fails(&page, LL_OP_FILL, "#date", "soon", LL_FAILED_PRECONDITION, "takes no such date");
    driven_fails(&page, LL_OP_FILL, "#number", "many", LL_FAILED_PRECONDITION, "takes no such number");
    driven_fails(&page, LL_OP_FILL, "#ro", "x", LL_DEADLINE_EXCEEDED, "is read-only");
    driven_fails(&page, LL_OP_INPUT_VALUE, "#p", NULL, LL_FAILED_PRECONDITION, "which has no value");
}

Test(element, keys_are_pressed) {
    driven_visit(&page, "/events");
    driven_ok(&page, LL_OP_PRESS, "#name", "a");
    driven_ok(&page, LL_OP_PRESS, "#name", "Shift+b");
    driven_ok(&page, LL_OP_PRESS, "#name", "\xc3\xa9");
    driven_ok(&page, LL_OP_PRESS, "#name", "Space");
    driven_ok(&page, LL_OP_PRESS, "#name", "\"");
    driven_ok(&page, LL_OP_PRESS, "#name", "+");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "aB\xc3\xa9 \"+");
    driven_ok(&page, LL_OP_PRESS, "#name", "Home");
    driven_ok(&page, LL_OP_PRESS, "#name", "Delete");
    driven_ok(&page, LL_OP_PRESS, "#name", "End");
    driven_ok(&page, LL_OP_PRESS, "#name", "Backspace");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "B\xc3\xa9 \"");
    driven_ok(&page, LL_OP_PRESS, "#name", "Control+A");
    driven_ok(&page, LL_OP_PRESS, "#name", "x");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "x");
    driven_ok(&page, LL_OP_PRESS, "#name", "Tab");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "document.activeElement.id", "area");
    driven_ok(&page, LL_OP_PRESS, "#area", "Shift+Tab");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "document.activeElement.id", "name");
    driven_ok(&page, LL_OP_PRESS, "#area", "Enter");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#area", NULL, "\n");
}

Test(element, what_is_no_key_says_so) {
    driven_visit(&page, "/events");
    static const char *const keys[] = {"\xff", "\xc3", "a\xc3\xa9", "\x01", "", "Enterr", "Control+\xff"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        driven_fails(&page, LL_OP_PRESS, "#name", keys[i], LL_INVALID_ARGUMENT, "is no key");
}

Test(element, enter_in_a_form_submits_it) {
    driven_visit(&page, "/events");
    driven_ok(&page, LL_OP_FILL, "#q", "pears");
    driven_ok(&page, LL_OP_PRESS, "#q", "Enter");
    driven_ok(&page, LL_OP_WAIT_FOR_SELECTOR, "#sent", NULL);
    driven_ok(&page, LL_OP_WAIT_FOR_URL, NULL, "**/sent?q=pears"); // a reading before would take what is there by then
    driven_reads(&page, LL_OP_INNER_TEXT, "#sent", NULL, "Sent");
}

Test(element, a_key_that_is_none_is_refused) {
    driven_visit(&page, "/events");
    driven_fails(&page, LL_OP_PRESS, "#name", "Entr", LL_INVALID_ARGUMENT, "did you mean Enter");
    driven_fails(&page, LL_OP_PRESS, "#name", "Esc", LL_INVALID_ARGUMENT, "did you mean Escape");
    driven_fails(&page, LL_OP_PRESS, "#name", "up", LL_INVALID_ARGUMENT, "did you mean ArrowUp");
    driven_fails(&page, LL_OP_PRESS, "#name", "13", LL_INVALID_ARGUMENT, "\"13\" is no key: write it like Enter");
    driven_fails(&page, LL_OP_PRESS, "#name", "Ctrl+A", LL_INVALID_ARGUMENT, "no modifier: did you mean Control");
    driven_fails(&page, LL_OP_PRESS, "#name", "control+A", LL_INVALID_ARGUMENT, "no modifier: did you mean Control");
    driven_fails(&page, LL_OP_PRESS, "#name", "Esc+A", LL_INVALID_ARGUMENT, "no modifier: use Shift");
    driven_fails(&page, LL_OP_PRESS, "#name", "", LL_INVALID_ARGUMENT, "is no key");
}

Test(element, an_option_is_selected_by_value_or_label) {
    driven_visit(&page, "/events");
    driven_ok(&page, LL_OP_SELECT_OPTION, "#one", "b");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#one", NULL, "b");
    driven_reads(&page, LL_OP_INNER_TEXT, "#log", NULL, "input- change- ");
    driven_ok(&page, LL_OP_SELECT_OPTION, "#one", "Alpha");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#one", NULL, "a");
    driven_fails(&page, LL_OP_SELECT_OPTION, "#one", "Gamma", LL_DEADLINE_EXCEEDED, "has no such option");
    driven_fails(&page, LL_OP_SELECT_OPTION, "#name", "a", LL_FAILED_PRECONDITION, "not a select");
}

Test(element, boxes_are_checked_and_unchecked) {
    driven_visit(&page, "/checks");
    driven_ok(&page, LL_OP_CHECK, "#box", NULL);
    driven_ok(&page, LL_OP_CHECK, "#box", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "box.checked", "true");
    driven_ok(&page, LL_OP_UNCHECK, "#box", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "box.checked", "false");
    driven_ok(&page, LL_OP_CHECK, "#label", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "document.getElementById('inner').checked", "true");
    driven_ok(&page, LL_OP_CHECK, "#r2", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "r1.checked", "false");
    driven_ok(&page, LL_OP_CHECK, "#aria", NULL);
    driven_fails(&page, LL_OP_CHECK, "#stubborn", NULL, LL_FAILED_PRECONDITION, "keeps its state");
    driven_fails(&page, LL_OP_CHECK, "#p", NULL, LL_FAILED_PRECONDITION, "not a checkbox");
}

Test(element, a_box_may_lead_to_another_document) {
    driven_visit(&page, "/checks");
    driven_ok(&page, LL_OP_CHECK, ".todo", NULL); // which makes another one match
    driven_ok(&page, LL_OP_CHECK, ".going", NULL);
    driven_ok(&page, LL_OP_CHECK, "#leaving", NULL);
    driven_reads(&page, LL_OP_INNER_TEXT, "#sent", NULL, "Sent");
}

Test(element, a_click_waits_until_the_element_can_be_hit) {
    driven_visit(&page, "/cover");
    driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    driven_ok(&page, LL_OP_CLICK, "#glow", NULL); // an animation that moves nothing is no hindrance
    driven_ok(&page, LL_OP_CLICK, "#tint", NULL);
    driven_ok(&page, LL_OP_CLICK, "#far", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "lid(); later(100, () => document.getElementById('lid').remove()); null",
                 "nil");
    driven_ok(&page, LL_OP_CLICK, "#plain", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "later(100, () => off.disabled = false); null", "nil");
    driven_ok(&page, LL_OP_CLICK, "#off", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "later(100, () => gone.style.display = ''); null", "nil");
    driven_ok(&page, LL_OP_CLICK, "#gone", NULL);
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#hits", NULL, "plain glow tint far plain off gone ");
}

Test(element, a_click_waits_for_the_end_of_a_movement) {
    driven_visit(&page, "/cover");
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "window.at = move.getBoundingClientRect().x; move.className = 'sliding'; null", "nil");
    driven_ok(&page, LL_OP_CLICK, "#move", NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "hits.textContent === 'move' + Math.round(at) + ' '", "true");
}

Test(element, a_click_that_cannot_be_says_why) {
    driven_visit(&page, "/cover");
    driven_fails(&page, LL_OP_CLICK, "#nothing", NULL, LL_DEADLINE_EXCEEDED, "matches nothing");
    driven_fails(
        &page, LL_OP_CLICK, "button", NULL, LL_FAILED_PRECONDITION,
        "matches several elements, and an action needs one: button#plain, button#glow, button#tint, … (7 match)");
    driven_fails(&page, LL_OP_CLICK, "#off", NULL, LL_DEADLINE_EXCEEDED, "is disabled");
    driven_fails(&page, LL_OP_CLICK, "#gone", NULL, LL_DEADLINE_EXCEEDED, "is not visible");
    driven_fails(&page, LL_OP_CLICK, "[[", NULL, LL_INVALID_ARGUMENT, "is no CSS selector");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "lid()", "nil");
    driven_fails(&page, LL_OP_CLICK, "#plain", NULL, LL_DEADLINE_EXCEEDED, "is covered by div#lid");
}

Test(element, elements_are_found_by_text_and_in_shadow_roots) {
    driven_visit(&page, "/text");
    driven_reads(&page, LL_OP_INNER_TEXT, "text=What's new >> b", NULL, "in town");
    driven_reads(&page, LL_OP_COUNT, "text=apple", NULL, "3");
    driven_reads(&page, LL_OP_COUNT, "text=red apple (BIG)", NULL, "1");
    driven_reads(&page, LL_OP_COUNT, "text=\"Apple pie\"", NULL, "1");
    driven_reads(&page, LL_OP_COUNT, "text=\"apple pie\"", NULL, "0");
    driven_reads(&page, LL_OP_COUNT, "#cart >> text=apple", NULL, "2");
    driven_reads(&page, LL_OP_COUNT, "#cart >> li >> b", NULL, "1");
    driven_reads(&page, LL_OP_COUNT, "text=send now", NULL, "1");
    driven_reads(&page, LL_OP_INNER_TEXT, ".deep", NULL, "in the shadow");
    driven_reads(&page, LL_OP_COUNT, "text=in the shadow", NULL, "1");
    driven_reads(&page, LL_OP_COUNT, "#host >> i", NULL, "1");
    driven_ok(&page, LL_OP_CLICK, "#inner", NULL);
    driven_reads(&page, LL_OP_INNER_TEXT, "#inner", NULL, "hit");
}

Test(element, a_wait_sees_what_changes) {
    static const struct {
        enum ll_element_state state;
        const char *change, *selector;
    } waits[] = {
        {LL_STATE_VISIBLE, "gone.style.display = ''", "#gone"},
        {LL_STATE_HIDDEN, "plain.style.visibility = 'hidden'", "#plain"},
        {LL_STATE_ATTACHED, "document.body.insertAdjacentHTML('beforeend', '<hr>')", "hr"},
        {LL_STATE_DETACHED, "far.remove()", "#far"},
        {LL_STATE_VISIBLE, "document.styleSheets[0].insertRule('#late{display:block!important}')", "#late"},
        {LL_STATE_ATTACHED,
         "hits.attachShadow || hits; document.body.append(Object.assign("
         "document.createElement('section'), {}));document.querySelector('section')"
         ".attachShadow({mode:'open'}).innerHTML='<s>x</s>'",
         "s"},
    };
    driven_visit(&page, "/cover");
    driven_reads(&page, LL_OP_EVALUATE, NULL,
                 "document.body.insertAdjacentHTML('beforeend',"
                 "'<p id=late style=\"display:none\">l</p>')",
                 "nil");
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        char script[512];
        snprintf(script, sizeof script, "later(50, () => { %s }); null", waits[i].change);
        driven_reads(&page, LL_OP_EVALUATE, NULL, script, "nil");
        struct ll_action wait = {.operation = LL_OP_WAIT_FOR_SELECTOR,
                                 .selector = waits[i].selector,
                                 .state = waits[i].state,
                                 .timeout_ms = 3000};
        ll_err err = driven_act(&page, &wait);
        cr_expect_eq(err.status, LL_OK, "%s: %s", waits[i].change, err.text);
    }
    driven_fails(&page, LL_OP_WAIT_FOR_SELECTOR, "#never", NULL, LL_DEADLINE_EXCEEDED, "matches nothing");
}

Test(element, scripts_are_evaluated) {
    driven_visit(&page, "/text");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "1 + 1", "2");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "const a = 2; a * 3", "6");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "undefined", "nil");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "document.body", "object");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "() => new Promise(r => setTimeout(() => r('late'), 20))", "late");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "// a comment\n'after it'", "after it");
    struct ll_action action = {
        .operation = LL_OP_EVALUATE, .text = "x => x.n + 1", .argument = "{\"n\":41}", .timeout_ms = 3000};
    driven_act(&page, &action);
    cr_expect_str_eq(page.value, "42");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "throw new Error('no luck')", LL_UNKNOWN, "no luck");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "missing.thing", LL_UNKNOWN, "missing is not defined");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "window", LL_UNKNOWN,
                 "gives a value that holds itself: return a part of");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "throw new Error('one\\ntwo')", LL_UNKNOWN, "Error: one");
    cr_expect(strstr(page.err.text, "two") == NULL, "%s", page.err.text);
    driven_fails(&page, LL_OP_EVALUATE, NULL, "1 +", LL_INVALID_ARGUMENT, "is no JavaScript");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "new Promise(() => 0)", LL_DEADLINE_EXCEEDED, "did not end");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "'x'.repeat(5000000)", LL_RESOURCE_EXHAUSTED, "4 MB");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "'x'.repeat(4000000).length", "4000000");
}

Test(element, a_script_that_never_ends_is_ended) {
    driven_visit(&page, "/text");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "for (;;) {}", LL_DEADLINE_EXCEEDED, "busy");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "'alive'", "alive");
}

Test(element, readings_read) {
    driven_visit(&page, "/cover");
    driven_reads(&page, LL_OP_INNER_TEXT, "#plain", NULL, "plain");
    driven_reads(&page, LL_OP_TEXT_CONTENT, "button", NULL, "plain");
    driven_reads(&page, LL_OP_GET_ATTRIBUTE, "#far", "class", "far");
    driven_reads(&page, LL_OP_GET_ATTRIBUTE, "#far", "title", "nil");
    driven_reads(&page, LL_OP_IS_VISIBLE, "#plain", NULL, "true");
    driven_reads(&page, LL_OP_IS_VISIBLE, "#gone", NULL, "false");
    driven_reads(&page, LL_OP_IS_VISIBLE, "#nothing", NULL, "false");
    driven_reads(&page, LL_OP_COUNT, "button", NULL, "7");
    driven_fails(&page, LL_OP_INNER_TEXT, "#nothing", NULL, LL_DEADLINE_EXCEEDED, "matches nothing");
}

Test(element, dialogs_are_dismissed) {
    driven_visit(&page, "/dialogs");
    driven_ok(&page, LL_OP_CLICK, "#b", NULL);
    driven_reads(&page, LL_OP_INNER_TEXT, "#out", NULL, "false null");
}

Test(element, a_nul_comes_from_the_page_as_it_is) {
    driven_visit(&page, "/events");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "'a\\0b'", "a" LL_JSON_NUL "b");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_EVALUATE,
                                            .text = "(text) => { if (text !== 'a\\0b') throw text }",
                                            .argument = "\"a\\u0000b\""});
}
