#include "tests/unit/reporters/report.h"

#include "tests/support/sample_result.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

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
