// What the tests of formats share: a made-up result, rendered.
#ifndef TESTS_UNIT_REPORTERS_REPORT_H
#define TESTS_UNIT_REPORTERS_REPORT_H

#include "reporters/reporter.h"

enum { REPORT_MAX_BYTES = 64 * 1024 * 1024 };

// The report of the sample of that name. The caller frees it with ll_buf_fini.
struct ll_buf report_of(const struct ll_reporter *reporter, const char *sample);

// How often `text` stands in `report`.
size_t occurrences(const struct ll_buf *report, const char *text);

// Runs a program of the system with arguments up to NULL; what it says on stdout and stderr is appended to `out`.
// Returns its exit status, or 127 when it could not be started.
int run_tool(struct ll_buf *out, const char *const *arguments);

#define expect_contains(report, text)                                                                                  \
    cr_expect(occurrences(report, text) > 0, "\"%s\" is not in:\n%.4000s", text, ll_buf_str(report))
#define expect_lacks(report, text)                                                                                     \
    cr_expect(occurrences(report, text) == 0, "\"%s\" is in:\n%.4000s", text, ll_buf_str(report))

#endif
