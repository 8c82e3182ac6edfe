// Which metrics a kind of browser measures, which it estimates, and which it lacks, so that a result can tell nothing
// happened from nobody looked.
//
// Plain data; no locks. It travels as names of metrics, so that programs of different versions understand each other:
// a name that a reader does not know is passed over, and a metric of which nothing is said is taken for measured.
#ifndef LIBCOMMON_MODEL_COVERAGE_H
#define LIBCOMMON_MODEL_COVERAGE_H

#include "libcommon/model/metric.h"

#include <stddef.h>
#include <stdint.h>

enum ll_coverage {
    LL_COVERAGE_OTHERS,    // it is not for a browser to fill: iterations, checks, the agent's own health
    LL_COVERAGE_MEASURED,  // what happened is what is told
    LL_COVERAGE_ESTIMATED, // from something else that stands for it
    LL_COVERAGE_LACKING,   // it is never filled
};

struct ll_coverage_table {
    uint8_t of[LL_METRICS_COUNT]; // enum ll_coverage
};

// The names of the metrics of one coverage, at most LL_METRICS_COUNT; how many. The names are the table's own.
size_t ll_coverage_names(const struct ll_coverage_table *table, enum ll_coverage coverage, const char **out);
// Says so of the metrics of these names.
void ll_coverage_add(struct ll_coverage_table *table, enum ll_coverage coverage, char *const *names, size_t count);

// What people read in the place of a figure.
#define LL_NOT_MEASURED_TEXT "not measured by this kind of browser"

#endif
