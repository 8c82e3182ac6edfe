#include "tests/unit/reporters/report.h"

#include "tests/support/sample_result.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

Test(reporters, are_found_by_format) {
    cr_expect(eq(ptr, (void *)ll_reporter_by_format("html"), (void *)&ll_reporter_html));
    cr_expect(eq(ptr, (void *)ll_reporter_by_format("md"), (void *)&ll_reporter_markdown));
    cr_expect_null(ll_reporter_by_format("pdf"));
    for (size_t i = 0; ll_reporters[i]; i++)
        cr_expect(eq(ptr, (void *)ll_reporter_by_format(ll_reporters[i]->format), (void *)ll_reporters[i]));
}

Test(reporters, a_report_that_does_not_fit_is_an_error) {
    struct ll_result result = sample_result_shop();
    for (size_t i = 0; ll_reporters[i]; i++) {
        struct ll_buf out = ll_buf_make(700);
        cr_expect(eq(int, ll_reporters[i]->write(&result, &out).status, LL_RESOURCE_EXHAUSTED), "%s",
                  ll_reporters[i]->format);
        ll_buf_fini(&out);
    }
    ll_result_fini(&result);
}

Test(reporters, a_result_without_scenarios_is_reported) {
    struct ll_result nothing = {.liveload_version = "0.1.0"};
    for (size_t i = 0; ll_reporters[i]; i++) {
        struct ll_buf out = ll_buf_make(REPORT_MAX_BYTES);
        ll_err err = ll_reporters[i]->write(&nothing, &out);
        cr_expect(eq(int, err.status, LL_OK), "%s: %s", ll_reporters[i]->format, err.text);
        cr_expect(gt(sz, out.len, 0), "%s", ll_reporters[i]->format);
        ll_buf_fini(&out);
    }
}

// As people met them, and not by the alphabet.
Test(reporters, steps_stand_in_the_order_in_which_they_began) {
    static const char *const steps[] = {"open the catalogue", "search", "add to cart", "log in", "checkout"};
    static const struct {
        const struct ll_reporter *reporter;
        const char *from, *before, *after;
    } formats[] = {{&ll_reporter_markdown, "### Steps", "`", "`"},
                   {&ll_reporter_junit, "", "<testcase name=\"", "\""},
                   {&ll_reporter_json, "\"step_duration_us\"", "\"", "\""},
                   {&ll_reporter_html, "\"step_duration_us\"", "\"", "\""}};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        struct ll_buf report = report_of(formats[f].reporter, "shop");
        const char *from = strstr(ll_buf_str(&report), formats[f].from), *last = from;
        cr_assert_not_null(from, "%s", formats[f].reporter->format);
        for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
            char wanted[100];
            snprintf(wanted, sizeof wanted, "%s%s%s", formats[f].before, steps[i], formats[f].after);
            const char *at = strstr(from, wanted);
            cr_assert(at && at >= last, "%s: %s", formats[f].reporter->format, steps[i]);
            last = at;
        }
        ll_buf_fini(&report);
    }
}
