#include "tests/unit/model/samples.h"

#include "libcommon/base/alloc.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DESCRIPTION_MAX = 4 * 1024 * 1024 };

// Powers of two lie on the edges of bins, where rounding decides which one they are in: they become 0.
static double sample_value(struct ll_rand *rand) {
    uint64_t value = ll_rand_below(rand, 1u << ll_rand_below(rand, 31));
    return value & (value - 1) ? (double)value : 0;
}

// Golden files hold what is made here: metrics that were added since are left out.
enum { FIRST_METRICS_COUNT = LL_METRIC_LABEL_OVERFLOW + 1 };

struct ll_series_set *sample_series(struct ll_rand *rand, size_t records, unsigned labels) {
    struct ll_series_set *set = ll_series_set_new();
    for (size_t i = 0; i < records; i++) {
        enum ll_metric metric = (enum ll_metric)ll_rand_below(rand, FIRST_METRICS_COUNT);
        char label[40] = "";
        if (*ll_metric_info(metric)->dimension)
            snprintf(label, sizeof label, "étape %u", (unsigned)ll_rand_below(rand, labels));
        if (ll_metric_info(metric)->kind == LL_KIND_HISTOGRAM)
            ll_series_record(set, metric, label, sample_value(rand));
        else if (metric != LL_METRIC_LABEL_OVERFLOW)
            ll_series_count(set, metric, label, ll_rand_below(rand, 1000));
    }
    return set;
}

struct ll_spec sample_spec(struct ll_rand *rand) {
    struct ll_spec spec = ll_spec_make("shop – démo");
    spec.load.users = 1 + (uint32_t)ll_rand_below(rand, 1000);
    spec.load.graceful_stop_ms = ll_rand_below(rand, 3) * 1000;
    spec.load.iteration_timeout_ms = 1 + ll_rand_below(rand, 100000);
    uint64_t shape = ll_rand_below(rand, 3);
    spec.load.duration_ms = shape == 0 ? 1 + ll_rand_below(rand, 1000000) : 0;
    spec.load.iterations = shape == 1 ? 1 + ll_rand_below(rand, 1000000) : 0;
    if (shape == 2) {
        spec.load.stage_count = 1 + ll_rand_below(rand, 5);
        spec.load.stages = ll_alloc(spec.load.stage_count, sizeof *spec.load.stages);
        for (size_t i = 0; i < spec.load.stage_count; i++)
            spec.load.stages[i] = (struct ll_stage){.users = (uint32_t)ll_rand_below(rand, spec.load.users) + 1,
                                                    .over_ms = 1 + ll_rand_below(rand, 60000)};
    }
    ll_spec_add_threshold(&spec, "iteration_duration_us: p95 < 2s");
    ll_spec_add_threshold(&spec, "step_duration_us{add to cart}: max <= 10s");
    spec.on_failure = ll_rand_below(rand, 2) ? LL_ON_FAILURE_STOP_USER : LL_ON_FAILURE_CONTINUE;
    spec.context.ignore_https_errors = ll_rand_below(rand, 2);
    spec.context.renewal = ll_rand_below(rand, 2) ? LL_RENEWAL_FRESH : LL_RENEWAL_NONE;
    spec.context.viewport_width = 1 + (uint32_t)ll_rand_below(rand, 4000);
    if (ll_rand_below(rand, 2)) spec.context.user_agent = ll_strdup("LiveLoad/0.1 (test)");
    if (ll_rand_below(rand, 2)) spec.context.locale = ll_strdup("fr-CA");
    ll_spec_set_option(&spec, "base_url", "http://127.0.0.1:8089");
    ll_spec_set_option(&spec, "empty", "");
    return spec;
}

static struct ll_failure_sample *sample_failures(struct ll_rand *rand, size_t count) {
    struct ll_failure_sample *failures = ll_alloc(count, sizeof *failures);
    for (size_t i = 0; i < count; i++)
        failures[i] = (struct ll_failure_sample){
            .signature = ll_format("click: no match %zu", i),
            .user_id = (uint32_t)ll_rand_below(rand, 100),
            .iteration = ll_rand_below(rand, 100),
            .step = (uint32_t)ll_rand_below(rand, 20),
            .detail = ll_format("click(\"#buy-%zu\"): nothing matches", i),
        };
    return failures;
}

struct ll_snapshot sample_snapshot(struct ll_rand *rand) {
    struct ll_snapshot snapshot = {
        .run_id = "0123456789abcdef0123456789abcdef",
        .epoch = ll_rand_next(rand),
        .sequence = 1 + ll_rand_below(rand, 1000),
        .offset_ms = ll_rand_below(rand, 1000000),
        .width_ms = 1000,
        .active_users = (uint32_t)ll_rand_below(rand, 1000),
        .series = sample_series(rand, ll_rand_below(rand, 2000), 20),
        .health = {.cpu_permille = 420, .rss_bytes = 12 << 20, .agent_cpu_permille = 17},
        .failure_count = ll_rand_below(rand, LL_SNAPSHOT_FAILURES_MAX + 1),
        .final = ll_rand_below(rand, 2),
        .users_total = 20,
        .users_failed = 3,
        .iterations_interrupted = 7,
        .first_user_start_ms = 11,
        .last_user_end_ms = 60011,
    };
    snapshot.failures = sample_failures(rand, snapshot.failure_count);
    return snapshot;
}

struct ll_bundle sample_bundle(struct ll_rand *rand) {
    struct ll_bundle bundle = {.main = ll_strdup("shop.lua"), .count = 1 + ll_rand_below(rand, 5)};
    bundle.files = ll_alloc(bundle.count, sizeof *bundle.files);
    for (size_t i = 0; i < bundle.count; i++) {
        size_t len = ll_rand_below(rand, 200);
        uint8_t *content = ll_alloc(len, 1);
        for (size_t at = 0; at < len; at++) content[at] = (uint8_t)ll_rand_next(rand);
        bundle.files[i] = (struct ll_bundle_file){
            .path = i == 0 ? ll_strdup("shop.lua") : ll_format("lib/part%zu.lua", i), .content = content, .len = len};
    }
    return bundle;
}

static struct ll_window *sample_windows(struct ll_rand *rand, size_t count) {
    struct ll_window *windows = ll_alloc(count, sizeof *windows);
    for (size_t i = 0; i < count; i++)
        windows[i] = (struct ll_window){
            .offset_ms = i * 1000, .active_users = 20, .node_count = 2, .series = sample_series(rand, 100, 5)};
    return windows;
}

static struct ll_node_result sample_node(struct ll_rand *rand, unsigned number) {
    return (struct ll_node_result){
        .name = ll_format("agent-%u", number),
        .error = number == 1 ? ll_strdup("it fell silent 12 s after the start") : NULL,
        .lost = number == 1,
        .browser = number == 0 ? ll_strdup("Chromium 156.0 (headless shell)") : NULL,
        .total = sample_series(rand, 1000, 10),
        .windows = sample_windows(rand, 3),
        .window_count = 3,
        .window_width_ms = 20000,
        .users_total = 10,
        .users_failed = number,
        .duration_ms = 60000,
        .cpu_permille_peak = 512,
        .agent_cpu_permille_peak = 21,
        .rss_bytes_peak = 14 << 20,
    };
}

struct ll_result sample_result(struct ll_rand *rand) {
    struct ll_result result = {.liveload_version = ll_strdup("0.1.0"),
                               .generated_at_ms = 1795410000000,
                               .scenarios = ll_alloc(2, sizeof *result.scenarios),
                               .scenario_count = 2};
    struct ll_scenario_result *scenario = &result.scenarios[0];
    *scenario = (struct ll_scenario_result){
        .name = ll_strdup("shop"),
        .started_at_ms = 1795409940000,
        .duration_ms = 60123,
        .bucket_width_ms = 1000,
        .users_total = 20,
        .users_failed = 1,
        .iterations_interrupted = 4,
        .total = sample_series(rand, 3000, 10),
        .buckets = sample_windows(rand, 4),
        .bucket_count = 4,
        .nodes = ll_alloc(2, sizeof *scenario->nodes),
        .node_count = 2,
        .thresholds = ll_alloc(1, sizeof *scenario->thresholds),
        .threshold_count = 1,
        .failures = sample_failures(rand, 3),
        .failure_count = 3,
        .verdict = LL_VERDICT_FAILED,
        .stopped_early = true,
        .spec = sample_spec(rand),
    };
    scenario->nodes[0] = sample_node(rand, 0);
    scenario->nodes[1] = sample_node(rand, 1);
    scenario->thresholds[0] = (struct ll_threshold_outcome){.expression = ll_strdup("iteration_duration_us: p95 < 2s"),
                                                            .has_data = true,
                                                            .observed = 2100000,
                                                            .observed_text = "2.10 s"};
    ll_scenario_result_add_remark(scenario, "agent-%d fell silent after %d s", 1, 12);
    result.scenarios[1] = (struct ll_scenario_result){.name = ll_strdup("broken"),
                                                      .error = ll_strdup("broken.lua:3: unexpected symbol"),
                                                      .verdict = LL_VERDICT_FAILED,
                                                      .spec = ll_spec_make("broken")};
    return result;
}

char *describe_series(const struct ll_series_set *set) {
    struct ll_buf out = ll_buf_make(DESCRIPTION_MAX);
    size_t position = 0;
    for (const struct ll_series *series; (series = ll_series_next(set, &position));) {
        const struct ll_sketch *sketch = &series->sketch;
        ll_buf_printf(&out, "%s{%s} %" PRIu64 " | %" PRIu64 " %" PRIu64 " %g..%g sum %.17g",
                      ll_metric_info(series->metric)->name, series->label, series->count, sketch->total,
                      sketch->zero_count, sketch->min, sketch->max, sketch->sum);
        for (unsigned percent = 0; percent <= 100; percent += 5)
            ll_buf_printf(&out, " %g", ll_sketch_quantile(sketch, percent / 100.0));
        ll_buf_text(&out, "\n");
    }
    char *text = ll_strdup(ll_buf_str(&out));
    ll_buf_fini(&out);
    return text;
}
