// Thresholds: "METRIC[{DIMENSION}]: FN OP VALUE", what makes a run pass or fail.
//
// FN is p0 to p100 (decimals allowed), min, max, mean, count or rate; OP is < <= > >= ==; VALUE has an optional unit
// (us, ms, s, m, B, KB, MB, %). `rate` of a failure counter is its share (iterations_failed of all ended iterations,
// checks_failed of all checks, http_request_failures of all requests); of another counter it is per second. A number
// without a unit is in the metric's own unit. With a dimension, a share is that value's failures of all (checks_failed:
// of all checks of that name). DIMENSION may hold anything, braces and colons too: it ends at the expression's last }.
//
// A threshold without data fails. That a counter stayed at 0 is data, if the run measured anything at all.
#ifndef LIBCOMMON_MODEL_THRESHOLD_H
#define LIBCOMMON_MODEL_THRESHOLD_H

#include "libcommon/base/err.h"
#include "libcommon/model/custom.h"
#include "libcommon/model/series.h"

#include <stdbool.h>

enum ll_threshold_fn { LL_FN_PERCENTILE, LL_FN_MIN, LL_FN_MAX, LL_FN_MEAN, LL_FN_COUNT, LL_FN_RATE };
enum ll_threshold_op { LL_OP_LT, LL_OP_LE, LL_OP_GT, LL_OP_GE, LL_OP_EQ };

struct ll_threshold {
    enum ll_metric metric;
    char label[LL_LABEL_BYTES_MAX + 1]; // "" : over all labels
    enum ll_threshold_fn fn;
    double percentile; // of LL_FN_PERCENTILE, 0 to 100
    enum ll_threshold_op op;
    double value; // in the metric's unit; a share for rates of failure counters
};

// `custom` are the scenario's own metrics, or NULL. Errors name the part that is wrong and what would be right, with
// the nearest metric name: LL_NOT_FOUND for a metric that is not known, LL_INVALID_ARGUMENT for the rest.
ll_err ll_threshold_parse(const char *expression, const struct ll_custom_metrics *custom, struct ll_threshold *out);

struct ll_threshold_outcome {
    char *expression; // owned
    bool held;        // false without data
    bool has_data;
    double observed;
    char observed_text[40]; // for people: "1.84 s"
};

// Keeps places in `set` for the labels that these thresholds name, so that none is without data because two hundred
// others came first.
void ll_thresholds_reserve(char *const *expressions, size_t count, const struct ll_custom_metrics *custom,
                           struct ll_series_set *set);

// Judges one threshold. `duration_ms` is the run's, for rates per second.
void ll_threshold_judge(const struct ll_threshold *threshold, const char *expression, const struct ll_series_set *set,
                        uint64_t duration_ms, struct ll_threshold_outcome *out);
void ll_threshold_outcome_fini(struct ll_threshold_outcome *outcome);

// How many requests there were, answered or not: the rate of http_request_failures is the share of these that failed.
uint64_t ll_threshold_requests(const struct ll_series_set *set);

#endif
