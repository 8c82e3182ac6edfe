// What the HTML page draws, as JSON made for it: shorter than result.json, with the columns of its charts worked out.
#ifndef REPORTERS_PAGE_DATA_H
#define REPORTERS_PAGE_DATA_H

#include "libcommon/base/buf.h"
#include "libcommon/model/result.h"

// Appends one JSON object. What does not fit shows in out->overflowed. Its shape:
//
//   { liveload_version, generated_at_ms, tail: [quantiles], scenarios: [ {
//       name, error, reason, verdict, remarks, stopped_early, started_at_ms, duration_ms, users, iterations,
//       thresholds: [ { expression, held, observed_text } ],
//       histograms: { NAME: { dimension, meaning, unit, all: CURVE, by: [[label, CURVE], …] } },
//       counters:   { NAME: { dimension, meaning, all: n, by: [[label, n], …] } },
//       failures: [ { signature, user, iteration, step, detail } ],
//       nodes: [ … ], series: { width_ms, a column of equal length for each line } } ] }
//
// with CURVE = [count, sum, [101 quantiles], [tail]].
void ll_page_data_write(const struct ll_result *result, struct ll_buf *out);

#endif
