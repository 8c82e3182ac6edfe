// A threshold as somebody typed it: parse, and judge what parses.
#include "libcommon/model/threshold.h"

#include "tests/fuzz/fuzz.h"

#include <math.h>

static struct ll_series_set *make_run(void) {
    struct ll_series_set *set = ll_series_set_new();
    ll_series_record(set, LL_METRIC_STEP_DURATION, "a b", 1000);
    ll_series_record(set, LL_METRIC_HTTP_REQUEST_BYTES, "document", 1000);
    ll_series_count(set, LL_METRIC_ITERATIONS_FAILED, "click", 3);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "c", 3);
    return set;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct ll_series_set *run;
    if (!run) run = make_run();
    struct ll_buf text = ll_buf_make(len);
    ll_buf_append(&text, data, len);
    struct ll_threshold threshold;
    ll_err err = ll_threshold_parse(ll_buf_str(&text), NULL, &threshold);
    bool is_refused = err.status == LL_INVALID_ARGUMENT || err.status == LL_NOT_FOUND;
    assert(err.status == LL_OK || (is_refused && *err.text));
    if (err.status == LL_OK) {
        assert(threshold.value >= 0 && isfinite(threshold.value));
        assert(threshold.percentile >= 0 && threshold.percentile <= 100);
        struct ll_threshold_outcome outcome;
        ll_threshold_judge(&threshold, ll_buf_str(&text), run, 1000, &outcome);
        assert(isfinite(outcome.observed) && (outcome.has_data || !outcome.held));
        ll_threshold_outcome_fini(&outcome);
    }
    ll_buf_fini(&text);
    return 0;
}
