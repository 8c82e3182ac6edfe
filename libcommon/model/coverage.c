#include "libcommon/model/coverage.h"

size_t ll_coverage_names(const struct ll_coverage_table *table, enum ll_coverage coverage, const char **out) {
    size_t count = 0;
    for (size_t i = 0; i < LL_METRICS_COUNT; i++)
        if (table->of[i] == coverage) out[count++] = ll_metric_info((enum ll_metric)i)->name;
    return count;
}

void ll_coverage_add(struct ll_coverage_table *table, enum ll_coverage coverage, char *const *names, size_t count) {
    enum ll_metric metric;
    for (size_t i = 0; i < count; i++)
        if (ll_metric_by_name(names[i], &metric)) table->of[metric] = (uint8_t)coverage;
}
