#include "libcommon/model/metric.h"

#include <assert.h>
#include <string.h>

static const struct ll_metric_info infos[LL_METRICS_COUNT] = {
#define LL_HISTOGRAM(id, name_, dimension_, unit_, meaning_)                                                           \
    {.name = name_, .dimension = dimension_, .meaning = meaning_, .kind = LL_KIND_HISTOGRAM, .unit = LL_UNIT_##unit_},
#define LL_COUNTER(id, name_, dimension_, meaning_)                                                                    \
    {.name = name_, .dimension = dimension_, .meaning = meaning_, .kind = LL_KIND_COUNTER, .unit = LL_UNIT_NONE},
#include "libcommon/model/metrics.def"
#undef LL_HISTOGRAM
#undef LL_COUNTER
};

static const char *const names[LL_METRICS_COUNT + 1] = {
#define LL_HISTOGRAM(id, name, dimension, unit, meaning) name,
#define LL_COUNTER(id, name, dimension, meaning) name,
#include "libcommon/model/metrics.def"
#undef LL_HISTOGRAM
#undef LL_COUNTER
};

const struct ll_metric_info *ll_metric_info(enum ll_metric metric) {
    assert((unsigned)metric < LL_METRICS_COUNT);
    return &infos[metric];
}

bool ll_metric_is_custom(enum ll_metric metric) {
    return metric == LL_METRIC_CUSTOM_TIME || metric == LL_METRIC_CUSTOM_BYTES || metric == LL_METRIC_CUSTOM_VALUE ||
           metric == LL_METRIC_CUSTOM_COUNT;
}

bool ll_metric_by_name(const char *name, enum ll_metric *out) {
    for (unsigned metric = 0; metric < LL_METRICS_COUNT; metric++) {
        if (strcmp(names[metric], name) != 0) continue;
        *out = (enum ll_metric)metric;
        return true;
    }
    return false;
}

const char *const *ll_metric_names(void) {
    return names;
}
