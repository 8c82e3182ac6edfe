// A scenario's own metrics: what ll.counter and ll.histogram declare.
//
// Each is one value of the dimension of a family in metrics.def (custom_count, custom_us, custom_bytes, custom_value),
// so that everything that carries and merges series carries them as it is; reports and thresholds know them by their
// own names. They are declared while the scenario is read, so all agents have the same. One owner, no locks.
#ifndef LIBCOMMON_MODEL_CUSTOM_H
#define LIBCOMMON_MODEL_CUSTOM_H

#include "libcommon/base/err.h"
#include "libcommon/model/metric.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    LL_CUSTOM_METRICS_MAX = 100,
    LL_CUSTOM_NAME_MAX = 60, // bytes
};

struct ll_custom_metric {
    char *name;            // owned
    enum ll_metric family; // one of which ll_metric_is_custom
};

struct ll_custom_metrics { // starts zeroed
    struct ll_custom_metric *items;
    size_t count;
};

void ll_custom_metrics_fini(struct ll_custom_metrics *metrics);
struct ll_custom_metrics ll_custom_metrics_copy(const struct ll_custom_metrics *metrics);

// Declares one, or finds it declared alike. LL_INVALID_ARGUMENT when the name is none, is a metric's of LiveLoad's own,
// or is declared as something else; LL_RESOURCE_EXHAUSTED.
ll_err ll_custom_metrics_add(struct ll_custom_metrics *metrics, const char *name, enum ll_metric family);
// NULL when there is none of that name. No metrics at all (NULL) have none.
const struct ll_custom_metric *ll_custom_metrics_find(const struct ll_custom_metrics *metrics, const char *name);

#endif
