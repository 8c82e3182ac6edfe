// What a capture tells of a page, of one that is busy, and of one that is gone.
#include "tests/unit/browser/driver.h"

#include "agent/browser/cdp/page.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<h1>Shop</h1><p>Only for <b>you</b></p><input value='typed in'><input type=password value=hush>"
             "<script>console.log('ready', 3, {a: 1}); console.warn('two\\nlines');"
             "setTimeout(() => { throw new Error('out of stock') }, 0);"
             "fetch('/missing?token=secret');</script>"},
    {.path = "/green", .body = "<body style='margin:0;background:#00ff00'>"},
    {.path = "/moved", .status = 302, .location = "/green"},
    {.path = "/crash", .body = "<p>soon gone</p>"},
    {.path = "/shadow",
     .body = "<p>outside</p><div id=host></div><script>host.attachShadow({mode: 'open'}).innerHTML = "
             "'<p>in the shadow</p><input value=\"typed there\"><iframe src=/inner></iframe>'</script>"},
    {.path = "/inner", .body = "<p>in the frame</p><textarea>written there</textarea>"},
    {.path = "/abroad", .body = "<p>here</p><iframe src='data:text/html,<p>of another origin'></iframe>"},
    {.path = "/tracked", .body = "<p>here</p><iframe hidden src='data:text/html,<p>of another origin'></iframe>"},
    {.path = "/long", .body = "<script>document.write('<p>' + 'much '.repeat(20000))</script>"},
    {.path = "/nothing", .body = "<i></i>"},
    {.path = NULL},
};

enum { EVERYTHING = LL_CAPTURE_PICTURE | LL_CAPTURE_HTML | LL_CAPTURE_CONSOLE | LL_CAPTURE_VISIBLE };

static struct driver driver;
static struct driven_page page;

static void start(void) {
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
}

static void finish(void) {
    driver_end(&driver);
}

TestSuite(evidence, .init = start, .fini = finish);

#define expect_has(text, part) cr_expect_not_null(strstr(text, part), "no \"%s\" in: %s", part, text)

// The size that stands in a JPEG's frame header (ITU T.81, B.2.2).
static void picture_size(const struct ll_capture *capture, int *out_width, int *out_height) {
    const unsigned char *at = capture->picture, *end = at + capture->picture_bytes;
    *out_width = *out_height = 0;
    cr_assert(capture->picture_bytes > 4 && at[0] == 0xFF && at[1] == 0xD8, "it is no JPEG");
    for (at += 2; at + 9 < end && at[0] == 0xFF; at += 2 + (at[2] << 8 | at[3])) {
        if (at[1] != 0xC0 && at[1] != 0xC2) continue;
        *out_height = at[5] << 8 | at[6];
        *out_width = at[7] << 8 | at[8];
        return;
    }
}

Test(evidence, it_tells_what_a_person_would_want_to_see) {
    driven_visit(&page, "/");
    struct ll_action settled = {
        .operation = LL_OP_EVALUATE, .text = "new Promise(done => setTimeout(done, 100))", .timeout_ms = 5000};
    driven_act(&page, &settled);
    driven_capture(&page, EVERYTHING, 0);
    const struct ll_capture *got = &page.capture;
    cr_expect(eq(int, got->err.status, LL_OK), "%s", got->err.text);
    char url[128];
    snprintf(url, sizeof url, "%s/", driver.base_url);
    cr_expect(eq(str, (char *)got->url, url));
    expect_has(got->html, "<p>Only for <b>you</b></p>");
    expect_has(got->visible, "Only for you");
    expect_has(got->visible, "typed in");
    cr_expect_null(strstr(got->visible, "hush"), "what a password field hides is not visible");
    expect_has(got->console, "log: ready 3 Object\n");
    expect_has(got->console, "warning: two lines\n");
    expect_has(got->console, "error: Uncaught Error: out of stock\n");
    expect_has(got->console, "404");
    expect_has(got->requests, "GET 200 ");
    expect_has(got->requests, "GET 404 ");
    expect_has(got->requests, "/missing\n");
    cr_expect_null(strstr(got->requests, "token"), "the query is nobody's business");
    int width, height;
    picture_size(got, &width, &height);
    cr_expect(eq(int, width, 1280));
    cr_expect(eq(int, height, 720));
}

// A picture is looked through by this text for secrets: it has all that the picture shows, or nothing.
Test(evidence, the_visible_text_is_all_of_it_or_none) {
    driven_visit(&page, "/shadow");
    driven_capture(&page, LL_CAPTURE_VISIBLE, 0);
    expect_has(page.capture.visible, "outside");
    expect_has(page.capture.visible, "in the shadow");
    expect_has(page.capture.visible, "typed there");
    expect_has(page.capture.visible, "in the frame");
    expect_has(page.capture.visible, "written there");
    driven_visit(&page, "/tracked");
    driven_capture(&page, LL_CAPTURE_VISIBLE, 0);
    expect_has(page.capture.visible, "here");
    driven_visit(&page, "/nothing");
    driven_capture(&page, LL_CAPTURE_VISIBLE, 0);
    cr_expect(gt(sz, page.capture.visible_bytes, 0));
    static const char *const unsure[] = {"/abroad", "/long"};
    for (size_t i = 0; i < sizeof unsure / sizeof *unsure; i++) {
        driven_visit(&page, unsure[i]);
        driven_capture(&page, LL_CAPTURE_VISIBLE, 0);
        cr_expect(eq(sz, page.capture.visible_bytes, 0), "%s", unsure[i]);
    }
}

Test(evidence, the_page_goes_on_as_if_nothing_had_been) {
    driven_visit(&page, "/");
    driven_capture(&page, EVERYTHING, 0);
    driven_capture(&page, EVERYTHING, 0);
    cr_expect(eq(int, page.capture.err.status, LL_OK), "%s", page.capture.err.text);
    driven_visit(&page, "/moved");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "innerWidth"), "1280");
    driven_capture(&page, LL_CAPTURE_HTML, 0);
    expect_has(page.capture.requests, "GET 302 ");
    expect_has(page.capture.requests, "/green\n");
    cr_expect(eq(sz, page.capture.picture_bytes, 0));
    cr_expect(eq(str, (char *)page.capture.console, ""));
}

Test(evidence, a_large_page_is_drawn_smaller) {
    struct driven_page large;
    driver.context = (struct ll_context_options){.viewport_width = 3200, .viewport_height = 2000};
    driven_open(&driver, &large);
    driven_visit(&large, "/green");
    driven_capture(&large, LL_CAPTURE_PICTURE, 0);
    int width, height;
    picture_size(&large.capture, &width, &height);
    cr_expect(eq(int, width, 1600));
    cr_expect(eq(int, height, 1000));
    cr_expect_str_eq(driven_read(&large, LL_OP_EVALUATE, NULL, "innerWidth"), "3200");
}

Test(evidence, a_phone_with_many_pixels_is_drawn_smaller) {
    struct driven_page phone;
    driver.context = (struct ll_context_options){.device = ll_strdup(ll_device_names[0])};
    for (size_t i = 0; ll_device_names[i]; i++) {
        const struct ll_device *device = ll_device_find(ll_device_names[i]);
        if (device->scale * device->height <= LL_CAPTURE_SIDE_MAX) continue;
        free(driver.context.device);
        driver.context.device = ll_strdup(ll_device_names[i]);
    }
    driven_open(&driver, &phone);
    driven_visit(&phone, "/green");
    driven_capture(&phone, LL_CAPTURE_PICTURE, 0);
    int width, height;
    picture_size(&phone.capture, &width, &height);
    cr_expect(gt(int, height, 400));
    cr_expect(le(int, height, LL_CAPTURE_SIDE_MAX));
    free(driver.context.device);
}

Test(evidence, a_busy_page_tells_what_was_known_in_time) {
    driven_visit(&page, "/");
    struct ll_action loop = {.operation = LL_OP_EVALUATE,
                             .text = "setTimeout(() => { for (let t = Date.now(); Date.now() < t + 4000;); }, 0)",
                             .timeout_ms = 5000};
    driven_act(&page, &loop);
    int64_t began_us = ll_clock_us();
    driven_capture(&page, EVERYTHING, 300);
    int64_t took_us = ll_clock_us() - began_us;
    cr_expect(took_us < 2500000, "it took %lld us", (long long)took_us);
    cr_expect(eq(int, page.capture.err.status, LL_DEADLINE_EXCEEDED), "%s", page.capture.err.text);
    expect_has(page.capture.url, "http://127.0.0.1:");
    expect_has(page.capture.requests, "GET 200 ");
}

Test(evidence, a_page_that_died_tells_what_was_known) {
    driven_visit(&page, "/crash");
    page.captured = false;
    struct ll_action crash = {.operation = LL_OP_NAVIGATE, .text = "chrome://crash", .timeout_ms = 5000};
    driven_begin(&page, &crash);
    driver_serve_until(&driver, &page.lost);
    cr_expect(page.captured, "nobody told what was known");
    cr_expect(eq(str, (char *)page.capture.err.text, "the page crashed"));
    expect_has(page.capture.requests, "/crash\n");
}

// The first capture comes before Chromium has put its own page there, the second after that.
Test(evidence, where_no_page_came_there_is_no_picture_and_that_is_said) {
    struct ll_action nobody = {.operation = LL_OP_NAVIGATE, .text = "http://127.0.0.1:59999/", .timeout_ms = 5000};
    driven_act_fails(&page, nobody, LL_UNAVAILABLE, "nothing listens there");
    for (int i = 0; i < 2; i++) {
        driven_capture(&page, EVERYTHING, 0);
        cr_expect(
            eq(str, page.capture.err.text, "there is no picture, since nothing came that the browser could show"));
        cr_expect(eq(sz, page.capture.picture_bytes, 0));
        cr_expect(eq(sz, page.capture.html_bytes, 0));
        expect_has(page.capture.requests, "http://127.0.0.1:59999/");
    }
    driven_visit(&page, "/green");
    driven_act_fails(&page, nobody, LL_UNAVAILABLE, "nothing listens there");
    driven_capture(&page, LL_CAPTURE_PICTURE, 0);
    cr_expect_null(strstr(page.capture.err.text, "Not attached"), "%s", page.capture.err.text);
    driven_visit(&page, "/green");
    driven_capture(&page, EVERYTHING, 0);
    cr_expect(eq(int, page.capture.err.status, LL_OK), "%s", page.capture.err.text);
    cr_expect(gt(sz, page.capture.picture_bytes, 0));
}

Test(evidence, a_page_may_be_closed_meanwhile) {
    driven_visit(&page, "/");
    struct driven_page other;
    driver.connection->ops->capture(page.page, &(struct ll_capture_request){.what = EVERYTHING});
    driven_close(&page);
    driven_open(&driver, &other);
    driven_visit(&other, "/green");
    driven_capture(&other, EVERYTHING, 0);
    cr_expect(not(page.captured));
    cr_expect(eq(int, other.capture.err.status, LL_OK), "%s", other.capture.err.text);
}

Test(evidence_null, there_is_nothing_to_see) {
    struct driver nobody;
    struct driven_page nothing;
    driver_begin(&nobody, "null", NULL);
    driven_open(&nobody, &nothing);
    driven_capture(&nothing, EVERYTHING, 0);
    cr_expect(eq(sz, nothing.capture.picture_bytes, 0));
    cr_expect(eq(str, (char *)nothing.capture.console, ""));
    driver_end(&nobody);
}
