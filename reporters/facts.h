// What several formats say about a scenario, worked out once so that they all say the same.
//
// One thread. A scenario that could not be run may have no series at all: every function takes a NULL set as empty.
#ifndef REPORTERS_FACTS_H
#define REPORTERS_FACTS_H

#include "libcommon/base/buf.h"
#include "libcommon/model/result.h"
#include "libcommon/sketch/curve.h"

enum {
    LL_FACTS_VALUE_BYTES = 40,
};

struct ll_iterations {
    uint64_t completed, failed, interrupted;
};

struct ll_iterations ll_facts_iterations(const struct ll_scenario_result *scenario);

// How many samples or counts a metric has over all labels.
uint64_t ll_facts_count(const struct ll_series_set *set, enum ll_metric metric);
// All requests, answered or not: those that failed are among them.
uint64_t ll_facts_requests(const struct ll_series_set *set);
// The curve of a histogram over all labels.
void ll_facts_curve(const struct ll_series_set *set, enum ll_metric metric, struct ll_curve *out);
// The next series of `metric`, as ll_series_next does: `*position` starts as 0, NULL ends.
const struct ll_series *ll_facts_next(const struct ll_series_set *set, enum ll_metric metric, size_t *position);
// All of them, steps in the order in which they first began: ll_series_in_order.
size_t ll_facts_in_order(const struct ll_series_set *set, enum ll_metric metric,
                         const struct ll_series *out[LL_SERIES_OF_METRIC_MAX]);
// The `max` labels with the largest counts, largest first, into `out`. Returns how many; `*out_all` is how many there
// are.
size_t ll_facts_largest(const struct ll_series_set *set, enum ll_metric counter, const struct ll_series **out,
                        size_t max, size_t *out_all);

// The name, if the result has a file of that name with something in it; "" otherwise, so that nothing links into a
// void.
const char *ll_facts_file(const struct ll_scenario_result *scenario, const char *name);
// An example of this failure that has evidence, or NULL.
const struct ll_failure_sample *ll_facts_shown(const struct ll_scenario_result *scenario, const char *signature);
// "log", "screenshot", "picture", "page" or "notes".
const char *ll_facts_artifact_kind(enum ll_artifact_kind kind);

// Why the verdict is what it is: one or two sentences, appended to `out`.
void ll_facts_reason(const struct ll_scenario_result *scenario, struct ll_buf *out);
// What was observed, for people: "1.84 s", or "no data".
const char *ll_facts_observed(const struct ll_threshold_outcome *outcome);

// A value in the metric's unit, for people.
void ll_facts_value(enum ll_metric_unit unit, double value, char out[LL_FACTS_VALUE_BYTES]);
// "3" and "user" or "users", as in "3 users".
const char *ll_facts_plural(uint64_t n, const char *one, const char *many);

#endif
