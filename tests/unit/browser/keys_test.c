// What pages see of keys and of the pointer's pressure.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char keys_page[] =
    "<meta charset=utf-8><textarea id=area></textarea><button id=b>b</button><div id=card>card</div><div "
    "id=bin>bin</div>"
    "<pre id=log></pre><script>const write = (text) => log.textContent += text + ' ';"
    "onkeydown = e => write(e.code + '=' + e.key + (e.location ? '@' + e.location : '') + (e.shiftKey ? '^' : ''));"
    "for (const type of ['pointerdown', 'pointermove', 'pointerup']) addEventListener(type, "
    "e => window.presses && write(type.slice(7) + e.pressure))</script>";

static const struct ll_site_page site[] = {{.path = "/", .body = keys_page}, {.path = NULL}};

static struct driver driver;
static struct driven_page page;

static void begin(void) {
    driver_begin(&driver, NULL, site);
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(keys, .init = begin, .fini = end);

static void open_with(const char *locale) {
    driver.context.locale = (char *)locale;
    driven_open(&driver, &page);
    driven_visit(&page, "/");
}

static void expect_log(const char *text) {
    driven_reads(&page, LL_OP_TEXT_CONTENT, "#log", NULL, text);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "log.textContent = ''; area.value = ''; null", "nil");
}

static void press(const char *keys) {
    driven_ok(&page, LL_OP_PRESS, "#area", keys);
}

Test(keys, a_modifier_is_the_left_one_of_two) {
    open_with(NULL);
    press("Shift");
    press("Control+Alt+Meta+x");
    expect_log("ShiftLeft=Shift@1^ ControlLeft=Control@1 AltLeft=Alt@1 MetaLeft=Meta@1 KeyX=x ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#b", .modifiers = 2});
    expect_log("ControlLeft=Control@1 ");
}

Test(keys, what_a_key_types_is_for_shift_to_say) {
    open_with(NULL);
    press("Shift+1");
    press("Shift+a");
    press("Shift+A");
    press("Shift++");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#area", NULL, "!AA+");
    expect_log("ShiftLeft=Shift@1^ Digit1=!^ ShiftLeft=Shift@1^ KeyA=A^ ShiftLeft=Shift@1^ KeyA=A^ "
               "ShiftLeft=Shift@1^ Equal=+^ ");
    press("Control+B");
    press("Control+Shift+b");
    expect_log("ControlLeft=Control@1 KeyB=b ControlLeft=Control@1 ShiftLeft=Shift@1^ KeyB=B^ ");
    press("A");
    expect_log("KeyA=A ");
}

Test(keys, a_keyboard_is_an_american_one) {
    open_with(NULL);
    driven_ok(&page, LL_OP_TYPE, "#area", "zY-? \xc3\xa4");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#area", NULL, "zY-? \xc3\xa4");
    expect_log("KeyZ=z KeyY=Y Minus=- Slash=? Space=  ");
}

Test(keys, a_keyboard_is_that_of_the_locale) {
    open_with("de-DE");
    driven_ok(&page, LL_OP_TYPE, "#area", "zY-?\xc3\xa4\xc3\x84@\xe5\x97\xa8");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#area", NULL, "zY-?\xc3\xa4\xc3\x84@\xe5\x97\xa8");
    expect_log("KeyY=z KeyZ=Y Slash=- Minus=? Quote=\xc3\xa4 Quote=\xc3\x84 KeyQ=@ ");
    press("Shift+2");
    press("Control+z");
    expect_log("ShiftLeft=Shift@1^ Digit2=\"^ ControlLeft=Control@1 KeyY=z ");
}

Test(keys, a_pointer_presses_by_half_while_its_button_is_down) {
    open_with(NULL);
    driven_reads(&page, LL_OP_EVALUATE, NULL, "window.presses = true", "true");
    driven_ok(&page, LL_OP_CLICK, "#b", NULL);
    expect_log("move0 down0.5 up0 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .selector = "#b", .button = LL_BUTTON_RIGHT});
    expect_log("move0 down0.5 up0 ");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_DRAG_AND_DROP, .selector = "#card", .target = "#bin"});
    driven_reads(&page, LL_OP_EVALUATE, NULL, "/^move0 down0.5 (move0.5 )+up0 $/.test(log.textContent)", "true");
}
