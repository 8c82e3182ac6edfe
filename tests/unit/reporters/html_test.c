// The page itself runs in the real Chromium: it must draw every sample without an error and without fetching anything.
#include "tests/unit/reporters/report.h"

#include "libcommon/base/alloc.h"
#include "libcommon/codec/json.h"
#include "libcommon/model/file.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char DATA_START[] = "<script type=\"application/json\" id=\"data\">";

static const char *find_browser(void) {
    static const char *const places[] = {"/usr/lib/chromium/chromium-headless-shell", "/usr/lib/chromium/chromium"};
    const char *chosen = getenv("LIVELOAD_BROWSER");
    for (size_t i = 0; !chosen && i < sizeof places / sizeof *places; i++)
        if (access(places[i], X_OK) == 0) chosen = places[i];
    return chosen ? chosen : "chromium";
}

// The data of the page, parsed.
static ll_json *data_of(const struct ll_buf *report) {
    const char *start = strstr(ll_buf_str(report), DATA_START);
    cr_assert_not_null(start);
    start += strlen(DATA_START);
    ll_json *json = NULL;
    ll_err err = ll_json_parse(start, (size_t)(strstr(start, "</script>") - start), &json);
    cr_assert(err.status == LL_OK, "%s", err.text);
    return json;
}

// The pictures that the sample names, of one pixel (GIF89a; what a picture is shows in its first bytes).
static void write_pictures(const char *folder) {
    static const unsigned char gif[] = {'G',  'I', 'F', '8', '9', 'a', 1, 0, 1, 0, 0x80, 0, 0, 0,    0, 0, 0xFF, 0xFF,
                                        0xFF, ',', 0,   0,   0,   0,   1, 0, 1, 0, 0,    2, 2, 0x44, 1, 0, ';'};
    static const char *const names[] = {"3fa9c2d1-1-local-1-1-failure.jpg", "3fa9c2d1-1-local-1-4-the-cart.jpg"};
    char *inside = path_in(folder, "artifacts");
    mkdir(inside, 0777);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *path = path_in(inside, names[i]);
        ll_err err = ll_file_replace(path, gif, sizeof gif);
        cr_assert(err.status == LL_OK, "%s", err.text);
        free(path);
    }
    free(inside);
}

// The document as Chromium has it once the page's scripts have run, and after it what the page complained about.
static struct ll_buf drawn(const char *report, const char *sample, const char *window) {
    struct ll_buf dom = ll_buf_make(REPORT_MAX_BYTES);
    char *folder = folder_make();
    char *path = folder_write(folder, "report.html", report);
    if (strcmp(sample, "evidence") == 0) write_pictures(folder);
    char *profile = ll_format("--user-data-dir=%s/profile", folder), *url = ll_format("file://%s", path);
    const char *const chromium[] = {find_browser(),
                                    "--headless",
                                    "--no-sandbox",
                                    "--disable-gpu",
                                    "--hide-scrollbars",
                                    window,
                                    "--virtual-time-budget=5000",
                                    "--enable-logging=stderr",
                                    profile,
                                    "--dump-dom",
                                    url,
                                    NULL};
    int status = run_tool(&dom, chromium);
    cr_assert(status == 0, "%s ended with %d: %.2000s", chromium[0], status, ll_buf_str(&dom));
    free(profile);
    free(url);
    free(path);
    folder_remove(&folder);
    return dom;
}

static struct ll_buf rendered(const char *sample) {
    struct ll_buf report = report_of(&ll_reporter_html, sample);
    struct ll_buf dom = drawn(ll_buf_str(&report), sample, "--window-size=1280,6000");
    ll_buf_fini(&report);
    return dom;
}

Test(html, fetches_nothing) {
    struct ll_buf report = report_of(&ll_reporter_html, "shop");
    expect_lacks(&report, "src=\"");
    expect_lacks(&report, "url(");
    expect_lacks(&report, "@import");
    expect_lacks(&report, "eval(");
    expect_lacks(&report, "new Function");
    cr_expect(eq(sz, occurrences(&report, "href=\""), 2), "the icon, which is data, and the skip link");
    expect_contains(&report, "Content-Security-Policy\" content=\"default-src 'none'");
    expect_contains(&report, "Permission is hereby granted");
    ll_buf_fini(&report);
}

Test(html, holds_the_data) {
    struct ll_buf report = report_of(&ll_reporter_html, "shop");
    ll_json *data = data_of(&report);
    const ll_json *shop = ll_json_first(ll_json_get(data, "scenarios"));
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(shop, "verdict"), ""), "FAILED"));
    cr_expect(ll_json_is_object(ll_json_get(ll_json_get(shop, "histograms"), "step_duration_us")));
    const ll_json *series = ll_json_get(shop, "series");
    size_t rows = 0, columns = 0;
    for (const ll_json *at = ll_json_first(ll_json_get(series, "seconds")); at; at = ll_json_next(at)) rows++;
    cr_expect(gt(sz, rows, 30));
    for (const ll_json *column = ll_json_first(series); column; column = ll_json_next(column), columns++) {
        size_t length = 0;
        if (!ll_json_is_array(column) || strcmp(ll_json_key(column), "steps") == 0) continue;
        for (const ll_json *at = ll_json_first(column); at; at = ll_json_next(at)) length++;
        cr_expect(eq(sz, length, rows), "%s", ll_json_key(column));
    }
    cr_expect(eq(sz, columns, 11));
    double requests = 0, width_ms = ll_json_number(ll_json_get(series, "width_ms"), 0);
    for (const ll_json *at = ll_json_first(ll_json_get(series, "requests_per_s")); at; at = ll_json_next(at))
        requests += ll_json_number(at, 0) * width_ms / 1000;
    cr_expect(lt(dbl, fabs(requests - 40228), 8), "%.0f: 40,212 were answered, 16 refused", requests); // 4 digits each
    ll_json_free(&data);
    ll_buf_fini(&report);
}

Test(html, hostile_names_cannot_leave_the_data) {
    struct ll_buf report = report_of(&ll_reporter_html, "hostile");
    ll_json *data = data_of(&report);
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(ll_json_first(ll_json_get(data, "scenarios")), "name"), ""),
                 "</script><script>alert(1)</script><!--"));
    expect_lacks(&report, "<script>alert");
    ll_json_free(&data);
    ll_buf_fini(&report);
}

Test(html, is_drawn_by_chromium_without_errors, .timeout = 120) {
    static const char *const samples[] = {"shop",       "empty",   "hostile", "several", "evidence",
                                          "unmeasured", "failing", "live",    "hopeless"};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct ll_buf dom = rendered(samples[i]);
        cr_expect(occurrences(&dom, "data-ready") > 0, "%s was not drawn", samples[i]);
        const char *complaint = strstr(ll_buf_str(&dom), "CONSOLE");
        cr_expect_null(complaint, "%s: %.300s", samples[i], complaint);
        expect_lacks(&dom, "<script>alert");
        expect_lacks(&dom, "<b>bold");
        cr_expect(
            eq(sz, occurrences(&dom, ">undefined<") + occurrences(&dom, "NaN ") + occurrences(&dom, "[object"), 0),
            "%s shows a value that is none", samples[i]);
        ll_buf_fini(&dom);
    }
}

// With a rate among them, whose words are the longest. The page measures itself, and says so in its title.
Test(html, on_a_phone_nothing_of_the_thresholds_is_cut, .timeout = 120) {
    static const char observed[] = "\"observed_text\":\"";
    static const char measure[] =
        "<script>setTimeout(() => { const cut = (e) => e.scrollWidth - e.clientWidth;"
        "document.title = `cut ${cut(document.querySelector('[aria-label=Thresholds]'))} of the table,`"
        " + ` ${cut(document.documentElement)} of the page of ${innerWidth}`; }, 100)</script>";
    struct ll_buf report = report_of(&ll_reporter_html, "shop"), longer = ll_buf_make(REPORT_MAX_BYTES);
    const char *text = ll_buf_str(&report), *value = strstr(text, observed);
    cr_assert_not_null(value);
    value += strlen(observed);
    ll_buf_printf(&longer, "%.*s1234568 per second%s%s", (int)(value - text), text, strchr(value, '"'), measure);
    struct ll_buf dom = drawn(ll_buf_str(&longer), "shop", "--window-size=390,6000");
    expect_contains(&dom, ">1234568 per second<");
    expect_contains(&dom, "<title>cut 0 of the table, 0 of the page of 390</title>");
    ll_buf_fini(&dom);
    ll_buf_fini(&longer);
    ll_buf_fini(&report);
}

Test(html, shows_every_section_of_a_run, .timeout = 120) {
    static const char *const sections[] = {"Thresholds", "What users felt",
                                           "Over time",  "Iteration duration by percentile",
                                           "Errors",     "HTTP",
                                           "WebSocket",  "Checks",
                                           "Agents",     "Everything recorded"};
    struct ll_buf dom = rendered("shop");
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        char *heading = ll_format(">%s</h3>", sections[i]);
        expect_contains(&dom, heading);
        free(heading);
    }
    expect_contains(&dom, "<dt>HTTP requests</dt><dd><div class=\"value\">40,228<");
    expect_contains(&dom, "0.12 % of 40,228 requests"); // 40,212 were answered, 16 refused
    cr_expect(eq(sz, occurrences(&dom, "<canvas"), 5), "four charts over time and one by percentile");
    ll_buf_fini(&dom);
}

Test(html, shows_what_browsers_say_of_pages, .timeout = 120) {
    struct ll_buf dom = rendered("live");
    expect_contains(&dom, ">LiveView</h3>");
    expect_contains(&dom, "phx-click-loading");
    expect_contains(&dom, "connection lost");
    expect_contains(&dom, ">Web Vitals</h3>");
    expect_contains(&dom, "drawn less often than a browser draws them: LCP. Not measured by these browsers: INP.");
    expect_contains(&dom, "<span class=\"bad-text\" title=\"poor\">4.50 s</span>");
    expect_contains(&dom, "<span title=\"needs improvement\">0.12</span>");
    expect_contains(&dom, ">0.000</span>");
    ll_buf_fini(&dom);
}

Test(html, shows_what_the_scenario_measured_itself, .timeout = 120) {
    struct ll_buf dom = rendered("live");
    const char *section = strstr(ll_buf_str(&dom), ">Measured by the scenario</h3>");
    cr_assert_not_null(section);
    char *shown = ll_strdup(section);
    *strstr(shown, "</section>") = '\0';
    cr_expect_not_null(strstr(shown, "orders</span></th><td class=\"number\">12</td>"), "%s", shown);
    cr_expect_not_null(strstr(shown, ">26.5 ms<"), "%s", shown);
    cr_expect_not_null(strstr(shown, ">0.0042<"), "%s", shown);
    free(shown);
    ll_buf_fini(&dom);
}

// Green would be all that a reader sees of it.
Test(html, a_run_that_passed_with_a_remark_is_not_green, .timeout = 120) {
    struct ll_buf dom = rendered("failing");
    expect_contains(&dom, "class=\"verdict warn\"");
    expect_contains(&dom, "failing</a></th><td class=\"text\"><span class=\"badge warn\">PASSED"); // among all
    expect_contains(&dom, "<li>most iterations failed (7 of 10), and no threshold judges that</li>");
    ll_buf_fini(&dom);
}

// It begins with the name of a file, whose letters are as they are.
Test(html, why_a_scenario_did_not_run_is_told_as_it_is, .timeout = 120) {
    struct ll_buf dom = rendered("several");
    expect_contains(&dom, "<p class=\"verbatim\">config failed at billing.lua:12");
    expect_contains(&dom, ".verdict p:not(.verbatim)::first-letter");
    ll_buf_fini(&dom);
}

Test(html, shows_what_users_saw_of_failures, .timeout = 120) {
    struct ll_buf dom = rendered("evidence");
    expect_contains(&dom, "<img src=\"artifacts/3fa9c2d1-1-local-1-1-failure.jpg\"");
    expect_contains(&dom, "aria-label=\"What user 7, iteration 31, operation 9 saw\"");
    expect_contains(&dom, "error: Uncaught Error: no stock");
    expect_contains(&dom, "http://127.0.0.1:8089/cart");
    expect_contains(&dom, "no picture");
    expect_lacks(&dom, "src=\"artifacts/it-never-came.jpg\"");
    expect_contains(&dom, ">Screenshots and logs</h3>");
    expect_contains(&dom, "the cart &lt;3");
    expect_contains(&dom, "<a href=\"artifacts/3fa9c2d1-1-local-1.log\"");
    ll_buf_fini(&dom);
}
