// docs/METRICS.md says what libcommon/model/metrics.def says, no more and no less.
#include "libcommon/model/file.h"
#include "libcommon/model/metric.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <string.h>

enum { PAGE_MAX = 1 << 20 };

static struct ll_buf read_page(void) {
    struct ll_buf page = ll_buf_make(PAGE_MAX);
    ll_err err = ll_file_read(METRICS_PAGE, &page);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return page;
}

static const char *unit_words(enum ll_metric_unit unit) {
    switch (unit) {
    case LL_UNIT_NONE:
        return "–";
    case LL_UNIT_US:
        return "µs";
    case LL_UNIT_BYTES:
        return "bytes";
    }
    return "";
}

// A metric's row as far as the table knows it; where it comes from is the page's own knowledge.
static void write_row(const struct ll_metric_info *info, char *out, size_t size) {
    const char *dimension = *info->dimension ? info->dimension : "–";
    if (info->kind == LL_KIND_HISTOGRAM)
        snprintf(out, size, "\n| `%s` | %s | %s | %s | ", info->name, dimension, unit_words(info->unit), info->meaning);
    else
        snprintf(out, size, "\n| `%s` | %s | %s | ", info->name, dimension, info->meaning);
}

Test(metrics_page, has_a_row_for_every_metric) {
    struct ll_buf page = read_page();
    for (unsigned i = 0; i < LL_METRICS_COUNT; i++) {
        char row[400];
        write_row(ll_metric_info((enum ll_metric)i), row, sizeof row);
        const char *at = strstr(ll_buf_str(&page), row);
        cr_expect_not_null(at, "docs/METRICS.md lacks the row%s", row);
        if (at) cr_expect(ne(chr, at[strlen(row)], '|'), "docs/METRICS.md does not say where this comes from:%s", row);
    }
    ll_buf_fini(&page);
}

Test(metrics_page, has_no_row_for_anything_else) {
    struct ll_buf page = read_page();
    const char *at = strstr(ll_buf_str(&page), "## Histograms"), *end = strstr(ll_buf_str(&page), "## In thresholds");
    cr_assert(at && end && at < end);
    unsigned rows = 0;
    while ((at = strstr(at, "\n| `")) && at < end) rows++, at++;
    cr_expect(eq(uint, rows, LL_METRICS_COUNT));
    ll_buf_fini(&page);
}
