#include "libcommon/model/metric.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <string.h>

Test(metric, every_metric_is_found_by_its_name) {
    for (unsigned i = 0; i < LL_METRICS_COUNT; i++) {
        enum ll_metric found = LL_METRICS_COUNT;
        const char *name = ll_metric_info((enum ll_metric)i)->name;
        cr_expect(ll_metric_by_name(name, &found), "%s", name);
        cr_expect(eq(uint, found, i));
        cr_expect(eq(str, (char *)ll_metric_names()[i], (char *)name));
    }
    enum ll_metric none;
    cr_expect_not(ll_metric_by_name("iteration_duration", &none));
    cr_expect_null(ll_metric_names()[LL_METRICS_COUNT]);
}

// A name says its unit, since reports and thresholds rely on it.
Test(metric, names_end_in_their_unit) {
    for (unsigned i = 0; i < LL_METRICS_COUNT; i++) {
        const struct ll_metric_info *info = ll_metric_info((enum ll_metric)i);
        bool is_us = strlen(info->name) > 3 && strcmp(info->name + strlen(info->name) - 3, "_us") == 0;
        bool is_bytes = strlen(info->name) > 6 && strcmp(info->name + strlen(info->name) - 6, "_bytes") == 0;
        enum ll_metric_unit unit = is_us ? LL_UNIT_US : is_bytes ? LL_UNIT_BYTES : LL_UNIT_NONE;
        cr_expect(eq(int, info->unit, unit), "%s", info->name);
    }
}
