// The table of metrics: one list, metrics.def, gives ids, names, dimensions, units and meanings.
#ifndef LIBCOMMON_MODEL_METRIC_H
#define LIBCOMMON_MODEL_METRIC_H

#include <stdbool.h>

// Stands between the error and the status in the label of a failure whose answer had begun: "net::ERR_FAILED after
// 200".
#define LL_BROKE_OFF " after "

// Chromium's name for what the machine did not have, a failure's label: no answer of the site's leads to it.
#define LL_SHORTAGE "net::ERR_INSUFFICIENT_RESOURCES"

enum ll_metric {
#define LL_HISTOGRAM(id, name, dimension, unit, meaning) LL_METRIC_##id,
#define LL_COUNTER(id, name, dimension, meaning) LL_METRIC_##id,
#include "libcommon/model/metrics.def"
#undef LL_HISTOGRAM
#undef LL_COUNTER
    LL_METRICS_COUNT
};

enum ll_metric_kind { LL_KIND_HISTOGRAM, LL_KIND_COUNTER };
enum ll_metric_unit { LL_UNIT_NONE, LL_UNIT_US, LL_UNIT_BYTES };

struct ll_metric_info {
    const char *name;
    const char *dimension; // "" when the metric has none
    const char *meaning;
    enum ll_metric_kind kind;
    enum ll_metric_unit unit;
};

// Any thread. `metric` is below LL_METRICS_COUNT.
const struct ll_metric_info *ll_metric_info(enum ll_metric metric);
// Whether it is a family of a scenario's own metrics, whose dimension values are those metrics (custom.h).
bool ll_metric_is_custom(enum ll_metric metric);
// False when no metric has that name.
bool ll_metric_by_name(const char *name, enum ll_metric *out);
// All names, ending with NULL, for suggestions.
const char *const *ll_metric_names(void);

#endif
