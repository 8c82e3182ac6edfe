// LiveView's older clients, which the shop does not have: pages that show what those show, by their DOM events, classes
// and attributes. 0.17 to 0.20 number a push by data-phx-ref, put its class on all of a form's fields, and before 0.20
// there is no phx:navigate.
#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char view[] =
    "<div id=view data-phx-main=true data-phx-session=x class=phx-loading><form id=form><input id=name><input id=mail>"
    "<button id=b type=button>b</button></form></div><script>"
    "const event = (name, detail) => dispatchEvent(new CustomEvent('phx:' + name, { detail }));"
    "const main = () => document.querySelector('[data-phx-main]');"
    "const later = (ms) => new Promise((done) => setTimeout(done, ms));"
    "const nameField = document.getElementById('name');"
    "let ref = 0; const pushes = [];" // and how long each was under way, by its last element
    "function push(kind, elements) { ref++; pushes.push({ last: elements.at(-1), start: performance.now() });"
    "  for (const e of elements) { e.classList.add(`phx-${kind}-loading`);"
    "    e.setAttribute('data-phx-ref', ref); e.setAttribute('data-phx-ref-src', 'view') } }"
    "function answer(elements) { for (const p of pushes) if (!p.ms && elements.includes(p.last))"
    "    p.ms = performance.now() - p.start;"
    "  for (const e of elements) { e.removeAttribute('data-phx-ref');"
    "    e.removeAttribute('data-phx-ref-src'); e.className = '' } document.dispatchEvent(new Event('phx:update')) }"
    "function load(detail) { event('page-loading-start', detail); return () => event('page-loading-stop', detail) }"
    "</script>";

static const struct ll_site_page site[] = {
    {.path = "/view", .body = view},
    {.path = "/plain", .body = "<p id=p>text</p>"},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;

static void run(const char *script) {
    ll_err err = driven_do(&page, LL_OP_EVALUATE, NULL, script);
    cr_expect_eq(err.status, LL_OK, "%s: %s", script, err.text);
}

static void begin(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
    driven_visit(&page, "/view");
}

static void end(void) {
    driver_end(&driver);
}

TestSuite(liveview, .init = begin, .fini = end);

static struct measured await_one(enum ll_metric metric, const char *label) {
    driver_await_measured(&driver, metric, label, 1);
    return driver_measured(&driver, metric, label);
}

static uint64_t counted(enum ll_metric metric, const char *label) {
    return driver_measured(&driver, metric, label).count;
}

static double number(const char *expression) {
    return strtod(driven_read(&page, LL_OP_EVALUATE, NULL, expression), NULL);
}

Test(liveview, a_form_s_class_on_all_of_its_fields_is_one_loading) {
    run("(async () => { const all = [form, ...form.elements]; push('submit', all); await later(120); answer(all) })()");
    struct measured took = await_one(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-submit-loading");
    cr_expect(eq(u64, took.count, 1));
    cr_expect(ge(dbl, took.sum, 119e3));
    cr_expect(lt(dbl, took.sum, 3e6));
}

Test(liveview, a_class_ends_with_the_patch_that_takes_its_element_away) {
    run("(async () => { push('click', [b]); await later(80); b.remove(); answer([]) })()");
    struct measured took = await_one(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-click-loading");
    cr_expect(ge(dbl, took.sum, 79e3));
    cr_expect(lt(dbl, took.sum, 3e6));
}

// The form bears the number of the last push alone, and keeps its class until that is answered.
Test(liveview, a_push_ends_with_its_answer_though_the_form_waits_for_a_later_one) {
    run("(async () => { push('change', [form, nameField]); await later(60); push('change', [form, mail]);"
        "await later(60); answer([nameField]); await later(400); answer([form, mail]) })()");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading", 2);
    struct measured took = driver_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading");
    double first_ms = number("pushes[0].ms"), second_ms = number("pushes[1].ms");
    cr_expect(le(dbl, fabs(took.sum / 1e3 - first_ms - second_ms), 200.0), "%.1f ms of %.1f and %.1f ms",
              took.sum / 1e3, first_ms, second_ms);
    cr_expect(le(dbl, fabs(took.min / 1e3 - fmin(first_ms, second_ms)), 100.0));
}

Test(liveview, a_push_that_takes_all_of_an_earlier_one_goes_on_with_it) {
    run("(async () => { push('change', [form, nameField]); await later(60); push('change', [form, mail]);"
        "await later(60); push('change', [form, nameField]); await later(300); answer([form, nameField, mail]) })()");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading", 2);
    struct measured took = driver_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading");
    cr_expect(ge(dbl, took.max, 370e3)); // the name's two, and not the second's 300 ms
    cr_expect(ge(dbl, took.min, 320e3)); // the mail's
    cr_expect(eq(u64, took.count, 2));
}

Test(liveview, a_form_that_is_sent_while_a_change_is_under_way_has_no_change_of_its_own) {
    run("(async () => { push('change', [form, nameField]); await later(60); push('submit', [form]);"
        "await later(60); answer([nameField]); await later(400); answer([form]) })()");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-submit-loading", 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading"), 1));
    double change_ms = number("pushes[0].ms");
    struct measured took = driver_measured(&driver, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-change-loading");
    cr_expect(le(dbl, fabs(took.sum / 1e3 - change_ms), 200.0), "%.1f ms of %.1f ms", took.sum / 1e3, change_ms);
}

Test(liveview, two_classes_of_one_element_are_two_loadings) {
    run("(async (field) => { push('keydown', [field]); await later(60); push('keyup', [field]); await later(60);"
        "answer([field]) })(mail)");
    struct measured down = await_one(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-keydown-loading");
    struct measured up = await_one(LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-keyup-loading");
    cr_expect(ge(dbl, down.max, 119e3));
    cr_expect(ge(dbl, up.min, 49e3));
    cr_expect(lt(dbl, up.min, down.max));
}

// As clients before 0.20 do it: an entry of the history whose state says what made it, and no phx:navigate.
#define GO "const go = (type, to) => history.pushState({ type, id: main().id }, '', to); "

Test(liveview, a_link_without_phx_navigate_is_a_navigation) {
    run("(async () => { " GO "const stop = load({ kind: 'patch', to: '/x' }); await later(60); go('patch', '/x'); "
        "stop() })()");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "patch", 1);
    cr_expect(ge(dbl, await_one(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "patch").sum, 59e3));
    run("(() => { " GO "const stop = load({ kind: 'redirect', to: '/y' }); go('redirect', '/y');"
        "event('navigate', { patch: false }); stop() })()");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "redirect", 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_NAVIGATIONS, "redirect"), 1)); // and told of it, it counts once
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_NAVIGATIONS, NULL), 2));
}

// None of these has a load.
Test(liveview, patches_of_the_server_and_ways_through_the_history_are_navigations_of_old_clients_too) {
    run("(() => { load({ kind: 'initial' })(); " GO "go('patch', '/view?step=1'); go('patch', '/view?step=2');"
        "history.replaceState({ ...history.state, scroll: 10 }, ''); history.pushState({ own: 1 }, '', '/view?own=1');"
        "history.pushState(null, '', '#place') })()");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "patch", 2);
    static const char back[] = "new Promise(done => { addEventListener('popstate', done, { once: true });"
                               "history.go(%d) })";
    char script[160];
    snprintf(script, sizeof script, back, -3); // over two of the page's own, to the first patch
    run(script);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "patch", 3);
    snprintf(script, sizeof script, back, -1); // to the entry that the document came with, which the client replaces
    run(script);
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_NAVIGATIONS, "redirect", 1);
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_NAVIGATIONS, NULL), 4));
}

Test(liveview, loads_side_by_side_are_told_apart) {
    run("(async () => { const a = load({ kind: 'element' }), b = load({ kind: 'element' }); await later(100); b(); "
        "await later(100); a() })()");
    driver_await_measured(&driver, LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "element", 2);
    struct measured took = driver_measured(&driver, LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "element");
    cr_expect(ge(dbl, took.min, 99e3));
    cr_expect(ge(dbl, took.max, 199e3));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, NULL), 0));
}

Test(liveview, a_redirect_ends_what_it_overtakes) {
    run("(() => { load({ kind: 'element' }); load({ kind: 'patch' }); const stop = load({ kind: 'redirect' }),"
        "initial = load({ kind: 'initial' }); initial(); stop() })()");
    await_one(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "redirect");
    await_one(LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "initial");
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, "patch"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, "element"), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, NULL), 2));
}

Test(liveview, an_error_is_a_disconnection_with_the_classes_of_any_client) {
    run("main().className = 'phx-connected'");
    await_one(LL_METRIC_LIVEVIEW_CONNECTION_DURATION, NULL);
    run("(async () => { load({ kind: 'error' }); main().className = 'phx-loading phx-error'; await later(100);"
        "main().className = 'phx-loading'; await later(50); main().className = 'phx-connected' })()");
    cr_expect(ge(dbl, await_one(LL_METRIC_LIVEVIEW_RECONNECTION_DURATION, NULL).sum, 149e3));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_DISCONNECTIONS, NULL), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_RECONNECTIONS, NULL), 1));
    cr_expect(eq(u64, counted(LL_METRIC_LIVEVIEW_CANCELED_LOADS, NULL), 0));
}

Test(liveview, a_page_that_breaks_what_it_can_is_measured_or_lost_but_never_broken) {
    run("Map.prototype.get = Set.prototype.add = () => { throw new Error('no') }, 0");
    run("(() => { const stop = load({ kind: 'patch' }); push('click', [b]); answer([b]); stop() })()");
    run("new Promise((done) => setTimeout(done, 150))"); // until the observer speaks again
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "'alive'"), "alive");
    run("event('page-loading-start', null), event('page-loading-start', { kind: 'a b' }), event('page-loading-stop'), "
        "0");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#b", NULL), "b");
}

Test(liveview, a_flood_of_loads_is_bounded_and_said) {
    run("(() => { for (let i = 0; i < 400; i++) load({ kind: 'element' })() })()");
    driver_await_measured(&driver, LL_METRIC_OBSERVATIONS_LOST, "no room", 300);
}
