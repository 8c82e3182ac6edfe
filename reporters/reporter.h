// The seam for report formats: a result in, bytes out. A new format is a new file and a line in reporters.def.
//
// One thread; reporters read the result and nothing else.
#ifndef REPORTERS_REPORTER_H
#define REPORTERS_REPORTER_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"
#include "libcommon/model/result.h"

struct ll_reporter {
    const char *format;    // what people type: "html"
    const char *file_name; // where `liveload run` puts it: "report.html"
    const char *about;     // one line for --help
    // Appends the report to `out`. LL_RESOURCE_EXHAUSTED when it would pass out->max.
    ll_err (*write)(const struct ll_result *result, struct ll_buf *out);
};

extern const struct ll_reporter ll_reporter_html, ll_reporter_json, ll_reporter_junit, ll_reporter_markdown;

// All of them, ending with NULL.
extern const struct ll_reporter *const ll_reporters[];
const struct ll_reporter *ll_reporter_by_format(const char *format); // NULL when there is none

#endif
