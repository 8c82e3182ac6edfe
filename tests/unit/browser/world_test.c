// LiveLoad's own world in each page: what a page makes of its globals changes nothing that is done there, nothing that
// is read, and nothing that is measured. All tests of this folder run on pages that are tampered with (tampering.js):
// our scripts there may look up none of the window's functions and values, and nothing of the classes that they can
// meet. One test here, on "/?tamper=all", does it with every class of the browser. The others here are about pages that
// spoil things for everybody, themselves included, and about what values become.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define FORM                                                                                                           \
    "<input id=name><select id=s><option>a<option>b</select><input type=checkbox id=c><button id=b>Buy</button>"       \
    "<ul><li>one<li>two</ul><div id=far style='margin-top:3000px'>far</div><p id=late hidden>late</p>"

// Calls of these throw, whoever calls, and what is a value is another one.
#define SPOILING                                                                                                       \
    "<script>{const no = () => { throw new TypeError('spoilt') }, keysOf = Reflect.ownKeys,"                           \
    "  read = Reflect.getOwnPropertyDescriptor, define = Reflect.defineProperty;"                                      \
    "for (const name of ['Array', 'String', 'Object', 'Number', 'Promise', 'Map', 'Set', 'WeakMap', 'WeakRef',"        \
    "  'RegExp', 'Date', 'JSON', 'Reflect', 'Math', 'Event', 'CustomEvent', 'MouseEvent', 'EventTarget', 'Node',"      \
    "  'Element', 'HTMLElement', 'HTMLInputElement', 'Document', 'MutationObserver', 'PerformanceObserver',"           \
    "  'Performance', 'Function'])"                                                                                    \
    "  for (const owner of [window[name].prototype, window[name]]) {"                                                  \
    "    const keys = owner ? keysOf(owner) : [];"                                                                     \
    "    for (let i = 0; i < keys.length; i++)"                                                                        \
    "      if (read(owner, keys[i]).configurable)"                                                                     \
    "        define(owner, keys[i], { value: no, writable: true, configurable: true });"                               \
    "  }"                                                                                                              \
    "define(Array.prototype, 'toJSON', { value: no });"                                                                \
    "const names = ['Event', 'CustomEvent', 'JSON', 'Promise', 'Map', 'Set', 'WeakMap', 'Function', 'Symbol',"         \
    "  'MutationObserver', 'PerformanceObserver', 'setTimeout', 'clearTimeout', 'queueMicrotask', 'eval',"             \
    "  'getComputedStyle', 'innerWidth', 'innerHeight', 'performance', 'Reflect', 'Array'];"                           \
    "for (let i = 0; i < names.length; i++) define(window, names[i], { value: no });"                                  \
    "}</script>"

// What its visitor would see is nothing like it.
#define FORGING                                                                                                        \
    "<script>{const define = (on, key, value) => Object.defineProperty(on, key, { get: () => value });"                \
    "define(PerformanceEntry.prototype, 'startTime', 1e8);"                                                            \
    "define(PerformancePaintTiming.prototype, 'startTime', 1e8);"                                                      \
    "define(PerformanceResourceTiming.prototype, 'responseStart', 1e8);"                                               \
    "define(PerformanceNavigationTiming.prototype, 'responseStart', 1e8);"                                             \
    "Performance.prototype.now = () => 1e8; Math.round = Math.min = Math.max = () => 1e8;"                             \
    "Map.prototype.get = () => ({ value: 1e8 }); Array.prototype.join = () => 'web_vital_fcp_us 1e11 http://x/';"      \
    "define(window, 'location', { href: 'http://forged/' }); history.pushState(0, '', '/forged') }</script>"

static const struct ll_site_page site[] = {
    {.path = "/", .body = FORM},
    {.path = "/spoilt", .body = FORM SPOILING},
    {.path = "/forged", .body = "<h1>text</h1>" FORGING},
    {.path = "/json",
     .body = "<ul><li>one<li>two</ul><script>Array.prototype.toJSON = function() { return '[' + this.join() + ']' };"
             "Array.from = () => [1]</script>"},
    {.path = "/off",
     .raw = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-security-policy: sandbox\r\n\r\n" FORM},
    {.path = "/frames", .body = "<iframe id=f src=/spoilt></iframe><iframe id=off sandbox src=/></iframe>"},
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

TestSuite(world, .init = begin, .fini = end);

static void do_all(const char *frame) {
    static const struct {
        enum ll_operation operation;
        const char *selector, *text, *value;
    } steps[] = {
        {LL_OP_FILL, "#name", "some text", NULL},
        {LL_OP_INPUT_VALUE, "#name", NULL, "some text"},
        {LL_OP_TYPE, "#name", "!", NULL},
        {LL_OP_SELECT_OPTION, "#s", "b", NULL},
        {LL_OP_INPUT_VALUE, "#s", NULL, "b"},
        {LL_OP_CHECK, "#c", NULL, NULL},
        {LL_OP_IS_CHECKED, "#c", NULL, "true"},
        {LL_OP_CLICK, "role=button[name='Buy']", NULL, NULL},
        {LL_OP_CLICK, "#far", NULL, NULL},
        {LL_OP_COUNT, "xpath=//li", NULL, "2"},
        {LL_OP_INNER_TEXT, "text=two", NULL, "two"},
        {LL_OP_EVALUATE, NULL, "[1, { a: 'b' }, [2]]", "3 items"},
        {LL_OP_EVALUATE, NULL, "const sum = 1 + 1; sum", "2"},
        {LL_OP_EVALUATE, NULL, "async () => 'later'", "later"},
        {LL_OP_WAIT_FOR_FUNCTION, NULL, "() => document.readyState == 'complete'", NULL},
        {LL_OP_TITLE, NULL, NULL, ""},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct ll_action action = {.operation = steps[i].operation,
                                   .frame = frame,
                                   .selector = steps[i].selector,
                                   .text = steps[i].text,
                                   .timeout_ms = 5000};
        const char *name = ll_operation_info(action.operation)->name;
        ll_err err = driven_act(&page, &action);
        cr_expect_eq(err.status, LL_OK, "%zu, %s: %s", i, name, err.text);
        if (steps[i].value) cr_expect_str_eq(page.value, steps[i].value, "%zu, %s: %s", i, name, page.value);
    }
}

Test(world, a_page_that_spoils_its_globals_is_used_like_any_other) {
    driven_visit(&page, "/spoilt");
    do_all(NULL);
}

Test(world, a_page_whose_every_property_throws_for_our_script_is_used_like_any_other) {
    driven_visit(&page, "/?tamper=all");
    do_all(NULL);
}

Test(world, a_frame_that_spoils_its_globals_is_used_like_any_other) {
    driven_visit(&page, "/frames");
    do_all("#f");
}

Test(world, a_page_cannot_forge_what_is_measured_of_it) {
    char url[128];
    snprintf(url, sizeof url, "%s/forged", driver.base_url);
    driven_visit(&page, "/forged");
    driven_ok(&page, LL_OP_WAIT_FOR_FUNCTION, NULL,
              "performance.getEntriesByName('first-contentful-paint').length === 1");
    driven_visit(&page, "/");
    driven_close(&page);
    driver_await_measured(&driver, LL_METRIC_WEB_VITAL_TTFB, NULL, 2);
    driver_await_measured(&driver, LL_METRIC_WEB_VITAL_FCP, url, 1);
    cr_expect_eq(driver_measured(&driver, LL_METRIC_WEB_VITAL_TTFB, url).count, 1u);
    static const enum ll_metric times[] = {LL_METRIC_WEB_VITAL_TTFB, LL_METRIC_WEB_VITAL_FCP, LL_METRIC_WEB_VITAL_LCP};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        struct measured measured = driver_measured(&driver, times[i], NULL);
        cr_expect(measured.count == 0 || measured.max < 60e6, "%s: %g", ll_metric_info(times[i])->name, measured.max);
        cr_expect_eq(driver_measured(&driver, times[i], "http://x/").count, 0u);
    }
}

// As docs/SCENARIOS.md has it.
Test(world, each_type_of_value_becomes_one_thing) {
    static const struct {
        const char *script, *json;
    } values[] = {
        {"[null, undefined, () => 1, Symbol('s'), NaN, 1 / 0]", "[null,null,null,null,null,null]"},
        {"[true, 1.5, 'text', 10n, 12345678901234567890n]", "[true,1.5,\"text\",\"10\",\"12345678901234567890\"]"},
        {"({ a: 1, b: undefined, c: () => 1, d: null })", "{\"a\":1,\"d\":null}"},
        {"[new Date(0), new Date(NaN), new URL('http://x/y')]", "[\"1970-01-01T00:00:00.000Z\",null,\"http://x/y\"]"},
        {"[new Number(1), new String('s'), new Boolean(false)]", "[1,\"s\",false]"},
        {"[new Map([[1, 2]]), new Set([1]), /x/, new Error('e')]", "[{},{},{},{}]"},
        {"[{ toJSON: () => 'own' }, new (class { toJSON() { return [1] } })]", "[\"own\",[1]]"},
        {"[new (class { x = 1 }), Object.create(null), new Uint8Array([7])]", "[{\"x\":1},{},{\"0\":7}]"},
        {"const a = [1]; [a, a]", "[[1],[1]]"},
        {"[document.createElement('p'), Promise.resolve(1)]", "[{},{}]"},
    };
    driven_visit(&page, "/");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        driven_read(&page, LL_OP_EVALUATE, NULL, values[i].script);
        cr_expect(page.document && strcmp(page.document, values[i].json) == 0, "%s: %s", values[i].script,
                  page.document ? page.document : page.value);
    }
    driven_reads(&page, LL_OP_EVALUATE, NULL, "10n", "10");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "const o = {}; o.o = o", LL_UNKNOWN, "holds itself");
    driven_fails(&page, LL_OP_EVALUATE, NULL, "let o = 1; for (let i = 0; i < 101; i++) o = [o]; o", LL_UNKNOWN,
                 "nests over 100 deep");
}

Test(world, what_libraries_add_to_lists_changes_no_value) {
    driven_visit(&page, "/json");
    driven_reads(&page, LL_OP_EVALUATE, NULL, "[1, 2]", "2 items");
    driven_reads(&page, LL_OP_COUNT, "xpath=//li", NULL, "2");
}

// Where scripts are off, what is there can be used, and nothing can be waited for.
static void expect_no_waits(const char *frame) {
    static const char off[] = "scripts are off";
    struct ll_action action = {.operation = LL_OP_WAIT_FOR_SELECTOR, .frame = frame, .selector = "#name"};
    driven_act_ok(&page, action);
    action.selector = "#nothing";
    driven_act_fails(&page, action, LL_FAILED_PRECONDITION, off);
    action = (struct ll_action){.operation = LL_OP_CLICK, .frame = frame, .selector = "#late"};
    driven_act_fails(&page, action, LL_FAILED_PRECONDITION, off);
    action = (struct ll_action){.operation = LL_OP_EVALUATE, .frame = frame, .text = "1 + 1"};
    driven_act_ok(&page, action);
    cr_expect_str_eq(page.value, "2");
    action.text = "new Promise(() => 1)";
    driven_act_fails(&page, action, LL_FAILED_PRECONDITION, off);
    action = (struct ll_action){.operation = LL_OP_WAIT_FOR_FUNCTION, .frame = frame, .text = "window.never"};
    driven_act_fails(&page, action, LL_FAILED_PRECONDITION, off);
}

Test(world, a_wait_in_a_frame_whose_scripts_are_off_says_so) {
    driven_visit(&page, "/frames");
    expect_no_waits("#off");
}

Test(world, a_wait_in_a_page_whose_policy_is_a_sandbox_says_that_scripts_are_off) {
    driven_visit(&page, "/off");
    expect_no_waits(NULL);
    driven_ok(&page, LL_OP_FILL, "#name", "some text");
    driven_reads(&page, LL_OP_INPUT_VALUE, "#name", NULL, "some text");
}
