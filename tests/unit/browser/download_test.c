// Downloads: what begins one, how they end, and that nothing of them stays.
#include "tests/unit/browser/driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<title>Files</title>"
             "<a id=attribute href=/list download='my list.csv'>list</a><a id=header href=/file.zip>file</a>"
             "<a id=late href=/late.zip>late</a><a id=window href=/file.zip target=_blank>file</a>"
             "<a id=slow href=/slow.zip>slow</a><a id=slower href=/slower.zip>slower</a>"
             "<a id=broken href=/broken.zip>broken</a><a id=missing href=/nothing download>missing</a>"
             "<button id=blob onclick=\"fetch('/list').then(r=>r.blob()).then(b=>save(b))\">blob</button>"
             "<button id=large onclick='save(new Blob([new Uint8Array(101e6)]))'>large</button>"
             "<iframe src=/framed></iframe><script>function save(b) { const a = document.createElement('a');"
             "a.href = URL.createObjectURL(b); a.download = 'saved.csv'; a.click() }</script>"},
    {.path = "/framed", .body = "<a id=inside href=/file.zip>file</a>"},
    {.path = "/opened", .body = "<p>opened</p>"},
    {.path = "/list", .body = "a,b,c", .type = "text/csv"},
    {.path = "/file.zip", .body = "bytes", .type = "application/zip", .is_download = true},
    {.path = "/late.zip", .body = "late", .type = "application/zip", .is_download = true, .delay_ms = 400},
    {.path = "/slow.zip", .body = "slow", .type = "application/zip", .is_download = true, .body_delay_ms = 400},
    {.path = "/slower.zip",
     .body = "slower",
     .type = "application/zip",
     .is_download = true,
     .body_delay_ms = 60 * 1000},
    {.path = "/broken.zip", .body = "broken off", .type = "application/zip", .is_download = true, .hangs_up = true},
    {.path = NULL},
};

static struct driver driver;
static struct driven_page page;
static char profiles[] = "/tmp/liveload-test-downloads-XXXXXX";

static void begin(void) {
    cr_assert_not_null(mkdtemp(profiles));
    setenv("TMPDIR", profiles, 1);
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
    driven_visit(&page, "/");
}

static void end(void) {
    driver_end(&driver);
    cr_expect(eq(int, rmdir(profiles), 0), "the browser left something in %s", profiles);
}

TestSuite(download, .init = begin, .fini = end);

static int named, unnamed; // files: Chromium writes some before it has a name for them

static int look_at(const char *path, const struct stat *info, int type, struct FTW *at) {
    (void)info, (void)at;
    named += type == FTW_F && strstr(path, "/downloads/");
    unnamed += type == FTW_F && strstr(path, "/.org.chromium.");
    return 0;
}

static bool has_files(int count) {
    named = unnamed = 0;
    nftw(profiles, look_at, 8, FTW_PHYS);
    return named == count && (count > 0 || unnamed == 0);
}

// Chromium takes away what it was writing when it comes to it.
static void await_files(int count) {
    int64_t give_up_us = ll_clock_us() + 10 * 1000 * 1000;
    bool found = false;
    while (!(found = has_files(count)) && ll_clock_us() < give_up_us) ll_loop_turn(driver.loop);
    cr_expect(found, "there are %d files and %d without a name, not %d", named, unnamed, count);
}

static struct ll_action wait_of(uint32_t timeout_ms) {
    return (struct ll_action){.operation = LL_OP_WAIT_FOR_DOWNLOAD, .timeout_ms = timeout_ms};
}

// `path` is of the site's.
static void expect_download(struct driven_page *at, const char *name, int bytes, const char *path) {
    char wanted[300];
    driven_act_ok(at, wait_of(0));
    snprintf(wanted, sizeof wanted, "{\"name\":\"%s\",\"bytes\":%d,\"url\":\"%s%s\"}", name, bytes, driver.base_url,
             path);
    cr_assert_not_null(at->document);
    cr_expect_str_eq(at->document, wanted, "%s, not %s", at->document, wanted);
}

static void click(const char *selector) {
    driven_ok(&page, LL_OP_CLICK, selector, NULL);
}

static void run(const char *script) {
    driven_ok(&page, LL_OP_EVALUATE, NULL, script);
}

Test(download, a_link_that_says_so_begins_one) {
    click("#attribute");
    expect_download(&page, "my list.csv", 5, "/list");
    await_files(0);
}

Test(download, a_site_that_says_so_begins_one) {
    click("#header");
    expect_download(&page, "file.zip", 5, "/file.zip");
    await_files(0);
}

Test(download, one_that_a_site_says_counts_as_a_request_and_as_no_failure) {
    uint64_t before = driver_measured(&driver, LL_METRIC_HTTP_REQUESTS, "200").count;
    click("#header");
    expect_download(&page, "file.zip", 5, "/file.zip");
    driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, "200", before + 1);
    driven_visit(&page, "/opened"); // what is told of the request has been told by then
    cr_expect(eq(u64, driver_measured(&driver, LL_METRIC_HTTP_REQUEST_FAILURES, NULL).count, 0));
}

Test(download, a_link_that_is_followed_twice_begins_two) {
    click("#header");
    click("#header");
    expect_download(&page, "file.zip", 5, "/file.zip");
    expect_download(&page, "file.zip", 5, "/file.zip");
    driven_reads(&page, LL_OP_TITLE, NULL, NULL, "Files");
}

Test(download, a_script_that_saves_what_it_has_begins_one) {
    click("#blob");
    driven_act_ok(&page, wait_of(0));
    cr_expect_not_null(strstr(page.document, "{\"name\":\"saved.csv\",\"bytes\":5,\"url\":\"blob:http"), "%s",
                       page.document);
    await_files(0);
}

Test(download, one_in_a_frame_or_in_a_window_is_the_users_too) {
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_CLICK, .frame = "iframe", .selector = "#inside"});
    expect_download(&page, "file.zip", 5, "/file.zip");
    click("#window");
    expect_download(&page, "file.zip", 5, "/file.zip");
}

Test(download, a_frame_of_another_site_counts) {
    char script[200];
    snprintf(script, sizeof script, "document.querySelector('iframe').src = '%s/file.zip', null", driver.base_url);
    memcpy(strstr(script, "127.0.0.1"), "localhost", strlen("localhost"));
    run(script);
    driven_act_ok(&page, wait_of(0));
    cr_expect_not_null(strstr(page.document, "/file.zip"), "%s", page.document);
}

Test(download, a_click_that_begins_one_ends_at_once_and_the_page_can_be_used) {
    int64_t start_us = ll_clock_us();
    click("#late");
    cr_expect(lt(long, (long)(ll_clock_us() - start_us), 350L * 1000));
    driven_reads(&page, LL_OP_TITLE, NULL, NULL, "Files");
    click("#header");
    expect_download(&page, "late.zip", 4, "/late.zip");
    expect_download(&page, "file.zip", 5, "/file.zip");
    driven_visit(&page, "/");
}

Test(download, they_are_given_in_the_order_in_which_they_began_each_once) {
    click("#slow");
    click("#header"); // ends first
    expect_download(&page, "slow.zip", 4, "/slow.zip");
    expect_download(&page, "file.zip", 5, "/file.zip");
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "no download began");
}

Test(download, one_that_is_late_is_told_so_and_can_be_waited_for_again) {
    click("#slow");
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "the download did not end (0 of 4 bytes came)");
    expect_download(&page, "slow.zip", 4, "/slow.zip");
}

Test(download, a_wait_that_is_given_up_leaves_it_to_the_next) {
    struct ll_action wait = wait_of(5000);
    click("#slow");
    driven_begin(&page, &wait);
    driver.connection->ops->perform_cancel(page.page);
    expect_download(&page, "slow.zip", 4, "/slow.zip");
}

Test(download, it_goes_on_when_its_window_closes) {
    run("void (opened = open('/opened'))");
    driven_act_ok(&page, (struct ll_action){.operation = LL_OP_SWITCH_PAGE, .number = 2});
    run("() => { location = '/slow.zip' }"); // as docs/SCENARIOS.md has it
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "did not end");
    driven_ok(&page, LL_OP_CLOSE_PAGE, NULL, NULL);
    expect_download(&page, "slow.zip", 4, "/slow.zip");
    await_files(0);
}

Test(download, one_that_breaks_off_or_that_the_site_refuses_fails) {
    click("#broken");
    driven_act_fails(&page, wait_of(0), LL_UNAVAILABLE, "the download broke off, was refused by the site or cancelled");
    click("#missing");
    driven_act_fails(&page, wait_of(0), LL_UNAVAILABLE, "the download broke off, was refused by the site or cancelled");
    await_files(0);
}

Test(download, a_url_that_is_one_cannot_be_navigated_to_but_is_waited_for) {
    char url[128];
    snprintf(url, sizeof url, "%s/file.zip?user=7", driver.base_url);
    driven_fails(&page, LL_OP_NAVIGATE, NULL, url, LL_FAILED_PRECONDITION,
                 "is a download and no page: begin it with a click or a script's location = \"...\", and wait "
                 "for it with ctx:wait_for_download()");
    expect_download(&page, "file.zip", 5, "/file.zip?user=7");
    driven_reads(&page, LL_OP_TITLE, NULL, NULL, "Files");
}

Test(download, one_that_is_too_large_is_cancelled) {
    click("#large");
    driven_act_fails(&page, wait_of(0), LL_RESOURCE_EXHAUSTED,
                     "the download was cancelled, since a user's downloads may have 100 MB at a time");
    await_files(0);
}

// Chromium has six connections to a host.
Test(download, one_too_many_is_cancelled) {
    for (int i = 1; i <= 9; i++) {
        if (i == 6) run("void (document.querySelector('#slower').hostname = 'localhost')");
        run("void document.querySelector('#slower').click()");
        await_files(i < 9 ? i : 8);
    }
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "did not end");
    await_files(8);
    driver.connection->ops->page_rest(page.page);
    await_files(0);
}

Test(download, one_too_many_is_told_so) {
    for (int i = 1; i <= 9; i++) {
        if (i == 6) run("void (document.querySelector('#slow').hostname = 'localhost')");
        run("void document.querySelector('#slow').click()");
    }
    for (int i = 1; i <= 8; i++) driven_act_ok(&page, wait_of(0));
    driven_act_fails(&page, wait_of(0), LL_RESOURCE_EXHAUSTED,
                     "the download was cancelled, since a user may have 8 at a time");
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "no download began");
}

Test(download, the_oldest_that_nobody_asks_for_makes_room) {
    click("#attribute");
    run("fetch('/late.zip').then(r => r.text()).then(() => null)"); // it has ended long before that comes
    click("#slow");
    for (int i = 1; i <= 7; i++) click("#header");
    run("fetch('/late.zip').then(r => r.text()).then(() => null)");
    expect_download(&page, "slow.zip", 4, "/slow.zip");
    for (int i = 1; i <= 7; i++) expect_download(&page, "file.zip", 5, "/file.zip");
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "no download began");
}

Test(download, nothing_of_them_stays_after_an_iteration) {
    click("#slower");
    await_files(1);
    driver.connection->ops->page_rest(page.page);
    await_files(0);
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "no download began");
    click("#header");
    expect_download(&page, "file.zip", 5, "/file.zip");
}

Test(download, one_that_begins_late_is_not_the_next_iterations) {
    click("#late");
    driver.connection->ops->page_rest(page.page);
    click("#header");
    expect_download(&page, "file.zip", 5, "/file.zip");
    driven_act_fails(&page, wait_of(100), LL_DEADLINE_EXCEEDED, "no download began");
}

Test(download, one_that_begins_between_iterations_is_nobodys) {
    struct driven_page other;
    driven_open(&driver, &other);
    driven_visit(&other, "/");
    run("void setTimeout(() => save(new Blob(['late'])), 50)");
    driver.connection->ops->page_rest(page.page);
    driven_ok(&other, LL_OP_EVALUATE, NULL, "fetch('/late.zip').then(r => r.text()).then(() => null)");
    click("#header");
    expect_download(&page, "file.zip", 5, "/file.zip");
}

Test(download, nothing_of_them_stays_when_the_page_closes) {
    struct driven_page other;
    driven_open(&driver, &other);
    click("#slower");
    await_files(1);
    driven_close(&page);
    await_files(0);
}

Test(download, another_user_does_not_see_them) {
    struct driven_page other;
    driven_open(&driver, &other);
    driven_visit(&other, "/");
    click("#header");
    driven_act_fails(&other, wait_of(200), LL_DEADLINE_EXCEEDED, "no download began");
    expect_download(&page, "file.zip", 5, "/file.zip");
    driven_ok(&other, LL_OP_CLICK, "#attribute", NULL);
    expect_download(&other, "my list.csv", 5, "/list");
}

Test(download, a_context_that_is_renewed_has_them_too) {
    for (enum ll_renewal renewal = LL_RENEWAL_CLEAN; renewal <= LL_RENEWAL_FRESH; renewal++) {
        driven_close(&page);
        driver.context.renewal = renewal;
        driven_open(&driver, &page);
        for (int i = 0; i < 2; i++) {
            driven_visit(&page, "/");
            click("#header");
            expect_download(&page, "file.zip", 5, "/file.zip");
            click("#slower");
            await_files(1);
            cr_expect(driven_rest(&page));
            await_files(0);
        }
    }
}
