// The columns of the page's charts over time.
#ifndef REPORTERS_PAGE_SERIES_H
#define REPORTERS_PAGE_SERIES_H

#include "libcommon/codec/json.h"
#include "libcommon/model/result.h"

// Writes the member "series" of the object that is open:
//
//   { width_ms, seconds: […], active_users, iterations_per_s, failed_per_s, iteration_p50, iteration_p95,
//     iteration_p99, requests_per_s, request_failures_per_s, steps: [[name, [p95, …]], …] }
//
// All columns are of one length; a percentile without samples is null. Steps are the slowest ones, slowest first.
void ll_page_series_write(struct ll_json_writer *json, const struct ll_scenario_result *scenario);

#endif
