// report.html: one file with everything in it. The page (reporters/html) is bundled when LiveLoad is built; a report is
// that page with the run's data put where it says @DATA@.
#include "reporters/page_data.h"
#include "reporters/reporter.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

extern const char ll_report_page[];
extern const size_t ll_report_page_len;

static const char PLACE[] = "@DATA@";

// JSON may stand in a script element once no "</script" or "<!--" can occur in it. "<" is only ever inside strings.
static void append_without_markup(struct ll_buf *out, const char *json, size_t len) {
    const char *end = json + len;
    while (json < end) {
        const char *at = memchr(json, '<', (size_t)(end - json));
        size_t plain = (size_t)((at ? at : end) - json);
        ll_buf_append(out, json, plain);
        if (!at) return;
        ll_buf_text(out, "\\u003c");
        json = at + 1;
    }
}

static ll_err write_html(const struct ll_result *result, struct ll_buf *out) {
    const char *place = memmem(ll_report_page, ll_report_page_len, PLACE, strlen(PLACE));
    assert(place);
    struct ll_buf data = ll_buf_make(out->max);
    ll_page_data_write(result, &data);
    ll_buf_append(out, ll_report_page, (size_t)(place - ll_report_page));
    append_without_markup(out, ll_buf_str(&data), data.len);
    ll_buf_text(out, place + strlen(PLACE));
    bool overflowed = data.overflowed || out->overflowed;
    ll_buf_fini(&data);
    if (overflowed)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the HTML report would be larger than %zu bytes", out->max);
    return LL_SUCCESS;
}

const struct ll_reporter ll_reporter_html = {
    .format = "html",
    .file_name = "report.html",
    .about = "one page with tables and charts; needs no network",
    .write = write_html,
};
