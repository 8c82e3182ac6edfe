#include "tests/unit/reporters/report.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(markdown, says_the_verdict_the_figures_and_the_errors) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "shop");
    expect_contains(&report, "## `shop`: FAILED\n");
    expect_contains(&report, "| `step_duration_us{checkout}: p99 < 1s` | ");
    expect_contains(&report, " | **failed** |\n");
    expect_contains(&report, "| `checkout` | ");
    expect_contains(&report, "| HTTP | 40228 requests, 48 of them failed |"); // 32 by their status, 16 refused
    expect_contains(&report, " interrupted; ");
    expect_lacks(&report, "\n\n\n");
    expect_contains(&report, "`navigate: net::ERR_CONNECTION_REFUSED`");
    ll_buf_fini(&report);
}

Test(markdown, says_that_nothing_completed) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "empty");
    expect_contains(&report, "| iteration duration | no iteration completed |");
    expect_contains(&report, " | no data | **failed** |");
    ll_buf_fini(&report);
}

Test(markdown, says_what_a_run_without_thresholds_hides) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "failing");
    expect_contains(&report, "## `failing`: PASSED\n\nNo thresholds were set.\n\n- most iterations failed (7 of 10)");
    ll_buf_fini(&report);
}

Test(markdown, says_why_a_run_failed_that_only_failed) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "hopeless");
    expect_contains(&report, "## `hopeless`: FAILED\n\nevery iteration failed (7 of 7), and no threshold judges that");
    expect_contains(&report, "| generator | UNKNOWN |");
    ll_buf_fini(&report);
}

Test(markdown, says_what_the_generator_added) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "shop");
    expect_contains(&report, "| generator | VALID: 1.3 % of the p95 of iterations is its own |");
    ll_buf_fini(&report);
}

Test(markdown, says_what_was_not_measured) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "unmeasured");
    expect_contains(&report, "| HTTP | not measured by this kind of browser |");
    expect_contains(&report, "| `http_requests: count < 10` | not measured by this kind of browser | **failed** |");
    ll_buf_fini(&report);
}

Test(markdown, says_why_a_scenario_could_not_run) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "several");
    expect_contains(&report, "## `billing`: NOT RUN\n");
    expect_contains(&report, "attempt to index a nil value");
    ll_buf_fini(&report);
}

Test(markdown, names_are_not_markup) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "hostile");
    expect_contains(&report, "| `\"quoted\" & 'more' \\| <b>bold</b>` |");
    expect_contains(&report, "| ```` `ticks` ``` ![x](http://example.com/x.png) @everyone ```` |");
    expect_contains(&report, "`two lines and   controls`");
    expect_contains(&report, "\\</script\\>\\<script\\>alert(1)\\</script\\>");
    expect_lacks(&report, "\n- \"quoted\"");
    // Steps are rows of six cells: no name adds one or ends its row.
    size_t rows = 0;
    for (const char *line = strstr(ll_buf_str(&report), "### Steps"); line && strncmp(line, "### E", 5) != 0;
         line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        size_t bars = 0;
        if (*line != '|') continue;
        for (const char *at = line; *at != '\n'; at++) bars += *at == '|' && at[-1] != '\\';
        cr_expect(eq(sz, bars, 7), "%.100s", line);
        rows++;
    }
    cr_expect(eq(sz, rows, 2 + 7));
    ll_buf_fini(&report);
}

Test(markdown, links_what_failures_left) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "evidence");
    expect_contains(&report, " [picture](artifacts/3fa9c2d1-1-local-1-1-failure.jpg) "
                             "[notes](artifacts/3fa9c2d1-1-local-1-3-failure.txt) |\n");
    expect_lacks(&report, "it-never-came");
    ll_buf_fini(&report);
}

Test(markdown, shows_what_the_scenario_measured_itself) {
    struct ll_buf report = report_of(&ll_reporter_markdown, "live");
    expect_contains(&report, "### Measured by the scenario");
    expect_contains(&report, "| `orders` | 12 |");
    expect_contains(&report, "| `confirmation` | 1 | 26.5 ms | 26.5 ms | 26.5 ms |");
    expect_contains(&report, "| `share_of_errors` | 1 | 0.0042 | 0.0042 | 0.0042 |");
    expect_contains(&report, "| `characters` | 1 | 123457 | 123457 | 123457 |");
    ll_buf_fini(&report);
}
