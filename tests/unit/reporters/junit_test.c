#include "tests/unit/reporters/report.h"

#include "libcommon/base/alloc.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

// The schema of Jenkins' xUnit plugin, which stands in tests/golden with its licence.
static void expect_valid(const struct ll_buf *report, const char *sample) {
    char *folder = folder_make();
    char *path = folder_write(folder, "junit.xml", ll_buf_str(report));
    struct ll_buf said = ll_buf_make(64 * 1024);
    const char *const xmllint[] = {"xmllint", "--noout", "--nonet", "--schema", LIVELOAD_GOLDEN "/report_junit-10.xsd",
                                   path,      NULL};
    int status = run_tool(&said, xmllint);
    cr_expect(status == 0, "%s: xmllint ended with %d: %s", sample, status, ll_buf_str(&said));
    ll_buf_fini(&said);
    free(path);
    folder_remove(&folder);
}

Test(junit, holds_against_the_schema) {
    static const char *const samples[] = {"shop", "empty", "hostile", "several", "unmeasured"};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        struct ll_buf report = report_of(&ll_reporter_junit, samples[i]);
        expect_valid(&report, samples[i]);
        ll_buf_fini(&report);
    }
}

Test(junit, has_a_case_for_everything_that_can_fail) {
    struct ll_buf report = report_of(&ll_reporter_junit, "shop");
    // 5 thresholds, 2 checks, 5 steps, the users, their iterations, 2 agents.
    expect_contains(&report, "<testsuite name=\"shop\" tests=\"16\" failures=\"5\" errors=\"0\"");
    cr_expect(eq(sz, occurrences(&report, "<testcase "), 16));
    cr_expect(eq(sz, occurrences(&report, "<failure "), 5));
    cr_expect(eq(sz, occurrences(&report, "classname=\"shop.thresholds\""), 5));
    cr_expect(eq(sz, occurrences(&report, "classname=\"shop.checks\""), 2));
    cr_expect(eq(sz, occurrences(&report, "classname=\"shop.steps\""), 5));
    cr_expect(eq(sz, occurrences(&report, "name=\"users\""), 1));
    cr_expect(eq(sz, occurrences(&report, "classname=\"shop.agents\""), 2));
    ll_buf_fini(&report);
}

Test(junit, a_failure_carries_what_was_observed_the_limit_and_the_signatures) {
    struct ll_buf report = report_of(&ll_reporter_junit, "shop");
    const char *failure = strstr(ll_buf_str(&report), "<failure type=\"threshold\" message=\"observed ");
    cr_assert_not_null(failure);
    char *text = ll_strndup(failure, (size_t)(strstr(failure, "</failure>") - failure));
    cr_expect_not_null(strstr(text, "limit step_duration_us{checkout}: p99 &lt; 1s"), "%s", text);
    cr_expect_not_null(strstr(text, "x navigate: net::ERR_CONNECTION_REFUSED"), "%s", text);
    free(text);
    ll_buf_fini(&report);
}

Test(junit, a_run_that_only_failed_fails_a_case_of_its_own) {
    struct ll_buf report = report_of(&ll_reporter_junit, "hopeless");
    expect_contains(&report, "<testcase name=\"iterations\" classname=\"hopeless.run\" time=\"0.000\">\n"
                             "      <failure type=\"iterations\" message=\"observed 0 completed, 7 failed");
    expect_contains(&report, "<system-out>FAILED: every iteration failed (7 of 7)");
    expect_valid(&report, "hopeless");
    ll_buf_fini(&report);
}

Test(junit, is_never_empty) {
    struct ll_buf report = report_of(&ll_reporter_junit, "empty");
    expect_contains(&report, "tests=\"3\" failures=\"1\"");
    expect_contains(&report, "message=\"observed no data, limit iteration_duration_us: p95 &lt; 2s\"");
    ll_buf_fini(&report);
    report = report_of(&ll_reporter_junit, "several");
    expect_contains(&report, "<testsuite name=\"billing\" tests=\"1\" failures=\"0\" errors=\"1\"");
    ll_buf_fini(&report);
    struct ll_result nothing = {0};
    report = ll_buf_make(REPORT_MAX_BYTES);
    cr_expect(eq(int, ll_reporter_junit.write(&nothing, &report).status, LL_OK));
    cr_expect(eq(sz, occurrences(&report, "<testcase "), 1));
    expect_valid(&report, "nothing");
    ll_buf_fini(&report);
}

Test(junit, a_lost_agent_fails_its_case) {
    struct ll_buf report = report_of(&ll_reporter_junit, "hostile");
    expect_contains(&report, "<failure type=\"agent\" message=\"observed two&#10;lines&#9;and\\x01\\x1B controls");
    ll_buf_fini(&report);
}

Test(junit, a_failure_names_where_its_picture_is) {
    struct ll_buf report = report_of(&ll_reporter_junit, "evidence");
    expect_contains(&report, "x click #place-order: nothing matched within 30 s\n    on http://127.0.0.1:8089/cart\n"
                             "    see artifacts/3fa9c2d1-1-local-1-1-failure.jpg");
    expect_lacks(&report, "it-never-came");
    expect_valid(&report, "evidence");
    ll_buf_fini(&report);
}
