#include "libcommon/base/text.h"
#include "reporters/facts.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static void expect_reason(const struct ll_scenario_result *scenario, const char *wanted) {
    struct ll_buf reason = ll_buf_make(4096);
    ll_facts_reason(scenario, &reason);
    cr_expect(eq(str, (char *)ll_buf_str(&reason), (char *)wanted));
    ll_buf_fini(&reason);
}

Test(facts, the_reason_names_the_thresholds_that_failed) {
    struct ll_threshold_outcome outcomes[5] = {
        {.expression = "a: p95 < 2s", .held = true, .has_data = true, .observed_text = "1 s"},
        {.expression = "b: max < 1s", .has_data = true, .observed_text = "1.84 s"},
        {.expression = "c: count > 0"},
        {.expression = "d: count > 0"},
        {.expression = "e: count > 0"},
    };
    struct ll_scenario_result scenario = {.verdict = LL_VERDICT_FAILED, .thresholds = outcomes, .threshold_count = 3};
    expect_reason(&scenario, "2 of 3 thresholds failed: b: max < 1s (observed 1.84 s); c: count > 0 (no data).");
    scenario.threshold_count = 5;
    scenario.stopped_early = true;
    expect_reason(&scenario, "4 of 5 thresholds failed: b: max < 1s (observed 1.84 s); c: count > 0 (no data); "
                             "d: count > 0 (no data); and 1 more. The run was stopped before its end.");
}

Test(facts, the_reason_of_other_verdicts) {
    struct ll_threshold_outcome held[3];
    for (size_t i = 0; i < 3; i++)
        held[i] = (struct ll_threshold_outcome){.expression = "a: p95 < 2s", .held = true, .has_data = true};
    struct ll_scenario_result scenario = {.verdict = LL_VERDICT_PASSED};
    expect_reason(&scenario, "No thresholds were set.");
    scenario.thresholds = held;
    scenario.threshold_count = 1;
    expect_reason(&scenario, "The threshold held.");
    scenario.threshold_count = 2;
    expect_reason(&scenario, "Both thresholds held.");
    scenario.threshold_count = 3;
    expect_reason(&scenario, "All 3 thresholds held.");
    char *remarks[] = {"One agent was lost.", "Another too."};
    scenario = (struct ll_scenario_result){.verdict = LL_VERDICT_INVALID, .remarks = remarks, .remark_count = 2};
    expect_reason(&scenario, "One agent was lost.");
}

Test(facts, the_largest_labels_come_largest_first) {
    struct ll_series_set *set = ll_series_set_new();
    static const uint64_t counts[] = {3, 9, 1, 7, 5};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char *label = ll_format("label %zu", i);
        ll_series_count(set, LL_METRIC_ITERATIONS_FAILED, label, counts[i]);
        free(label);
    }
    const struct ll_series *top[3];
    size_t all;
    cr_assert(eq(sz, ll_facts_largest(set, LL_METRIC_ITERATIONS_FAILED, top, 3, &all), 3));
    cr_expect(eq(sz, all, 5));
    cr_expect(eq(u64, top[0]->count, 9));
    cr_expect(eq(u64, top[1]->count, 7));
    cr_expect(eq(u64, top[2]->count, 5));
    ll_series_set_free(&set);
}

Test(facts, times_are_iso_8601_in_utc) {
    char time[LL_ISO_TIME_MAX];
    ll_text_iso_time(1795410000123, time);
    cr_expect(eq(str, time, "2026-11-23T05:00:00.123Z"));
    ll_text_iso_time(UINT64_MAX, time);
    cr_expect(eq(sz, strlen(time), 24), "%s", time);
}
