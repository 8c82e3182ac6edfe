#include "tests/support/sample_result.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/rand.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    SECONDS = 120,
    USERS = 20,
    NODES = 2,
    BAD_FROM = 62, // the seconds in which the site is slow and fails
    BAD_TO = 76,
    WINDOW_SECONDS = 2, // of a node
};

static const uint64_t STARTED_AT_MS = 1795410000000; // 2026-11-23T05:00:00Z

// About `median`, log-normal: what response times look like.
static double sample_us(struct ll_rand *rand, double median, double spread) {
    double u = ll_rand_unit(rand) + 1e-12, v = ll_rand_unit(rand);
    return median * exp(spread * sqrt(-2 * log(u)) * cos(2 * M_PI * v));
}

static void one_request(struct ll_series_set *set, struct ll_rand *rand, const char *type, double us, double bytes) {
    double duration = sample_us(rand, us, 0.5);
    ll_series_record(set, LL_METRIC_HTTP_REQUEST_DURATION, type, duration);
    ll_series_record(set, LL_METRIC_HTTP_REQUEST_TTFB, type, duration * 0.7);
    ll_series_record(set, LL_METRIC_HTTP_REQUEST_BYTES, type, floor(sample_us(rand, bytes, 0.3)));
    ll_series_count(set, LL_METRIC_HTTP_REQUESTS, ll_rand_below(rand, 100) ? "200" : "304", 1);
}

static void one_page(struct ll_series_set *set, struct ll_rand *rand) {
    one_request(set, rand, "Document", 28e3, 9200);
    one_request(set, rand, "Script", 6e3, 41000);
    one_request(set, rand, "Stylesheet", 5e3, 12000);
    for (int i = 0; i < 3; i++) one_request(set, rand, "Image", 9e3, 23000);
    one_request(set, rand, "Fetch", 47e3, 900);
}

static void one_failure(struct ll_series_set *set, struct ll_rand *rand) {
    static const char *const signatures[] = {"click #place-order: nothing matched within 30 s",
                                             "click #place-order: nothing matched within 30 s",
                                             "navigate: net::ERR_CONNECTION_REFUSED", "fail: the price changed"};
    ll_series_count(set, LL_METRIC_ITERATIONS_FAILED, signatures[ll_rand_below(rand, 4)], 1);
    ll_series_count(set, LL_METRIC_HTTP_REQUESTS, "503", 2);
    ll_series_count(set, LL_METRIC_HTTP_REQUEST_FAILURES, "503", 2);
    ll_series_count(set, LL_METRIC_HTTP_REQUEST_FAILURES, "net::ERR_CONNECTION_REFUSED", 1);
}

static void one_iteration(struct ll_series_set *set, struct ll_rand *rand, double slowness) {
    static const struct {
        const char *name;
        double median_us;
    } steps[] = {{"open the catalogue", 210e3},
                 {"search", 160e3},
                 {"add to cart", 90e3},
                 {"log in", 120e3},
                 {"checkout", 480e3}};
    static const char *const actions[] = {"navigate", "fill", "click", "wait_for_selector", "click"};
    double whole = 0;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        double step = sample_us(rand, steps[i].median_us * slowness, 0.3);
        whole += step;
        ll_series_record(set, LL_METRIC_STEP_DURATION, steps[i].name, step);
        ll_series_note_began(set, LL_METRIC_STEP_DURATION, steps[i].name, 1 + 1000 * i);
        ll_series_record(set, LL_METRIC_ACTION_DURATION, actions[i], step * 0.6);
        ll_series_record(set, LL_METRIC_ACTION_DURATION, "inner_text", sample_us(rand, 2800, 0.4));
        one_page(set, rand);
    }
    ll_series_record(set, LL_METRIC_ITERATION_DURATION, NULL, whole);
    ll_series_count(set, LL_METRIC_ITERATIONS_COMPLETED, NULL, 1);
    ll_series_count(set, LL_METRIC_CHECKS_PASSED, "shows a price", 1);
    ll_series_count(set, ll_rand_below(rand, 150) ? LL_METRIC_CHECKS_PASSED : LL_METRIC_CHECKS_FAILED, "has a receipt",
                    1);
    ll_series_count(set, LL_METRIC_WEBSOCKET_OPENED, "ws://127.0.0.1:8089/live", 1);
    ll_series_record(set, LL_METRIC_WEBSOCKET_FRAME_SENT, "ws://127.0.0.1:8089/live", 62);
    for (int i = 0; i < 4; i++)
        ll_series_record(set, LL_METRIC_WEBSOCKET_FRAME_RECEIVED, "ws://127.0.0.1:8089/live",
                         floor(sample_us(rand, 160, 0.4)));
}

// What one agent measured in one second.
static void one_second(struct ll_series_set *set, struct ll_rand *rand, int second, const char *agent) {
    bool is_bad = second >= BAD_FROM && second < BAD_TO;
    unsigned iterations = second < 2 ? 0 : second < 10 ? 3 : 5;
    for (unsigned i = 0; i < iterations; i++) one_iteration(set, rand, is_bad ? 1.7 : 1);
    if (is_bad && ll_rand_below(rand, 3) > 0) one_failure(set, rand);
    for (int i = 0; i < 10; i++) ll_series_record(set, LL_METRIC_AGENT_LOOP_LAG, agent, sample_us(rand, 260, 0.7));
    ll_series_record(set, LL_METRIC_AGENT_CDP_ROUNDTRIP, agent, sample_us(rand, 900, 0.3));
}

static uint32_t users_at(int second) {
    uint32_t users = 2 + 2 * (uint32_t)second;
    return users < USERS ? users : USERS;
}

static struct ll_node_result make_node(const char *name, uint32_t cpu_permille) {
    return (struct ll_node_result){
        .name = ll_strdup(name),
        .browser = ll_strdup("Chromium 156.0.7204.49"),
        .total = ll_series_set_new(),
        .windows = ll_alloc(SECONDS / WINDOW_SECONDS, sizeof(struct ll_window)),
        .window_width_ms = WINDOW_SECONDS * 1000,
        .users_total = USERS / NODES,
        .users_failed = 4,
        .duration_ms = SECONDS * 1000,
        .cpu_permille_peak = cpu_permille,
        .agent_cpu_permille_peak = 38,
        .rss_bytes_peak = 17300000,
        .clock_offset_ms = -3.25,
        .round_trip_ms = 0.5,
    };
}

static void run_second(struct ll_scenario_result *shop, struct ll_rand *rand, int second) {
    struct ll_window *bucket = &shop->buckets[shop->bucket_count++];
    *bucket = (struct ll_window){.offset_ms = (uint64_t)second * 1000,
                                 .active_users = users_at(second),
                                 .node_count = NODES,
                                 .series = ll_series_set_new()};
    for (size_t i = 0; i < NODES; i++) {
        struct ll_node_result *node = &shop->nodes[i];
        struct ll_series_set *measured = ll_series_set_new();
        one_second(measured, rand, second, node->name);
        if (second % WINDOW_SECONDS == 0)
            node->windows[node->window_count++] = (struct ll_window){.offset_ms = (uint64_t)second * 1000,
                                                                     .active_users = users_at(second) / NODES,
                                                                     .node_count = 1,
                                                                     .series = ll_series_set_new()};
        ll_series_set_merge(node->windows[node->window_count - 1].series, measured);
        ll_series_set_merge(node->total, measured);
        ll_series_set_merge(bucket->series, measured);
        ll_series_set_merge(shop->total, measured);
        ll_series_set_free(&measured);
    }
}

static void judge(struct ll_scenario_result *scenario, const char *const *expressions, size_t count) {
    scenario->thresholds = ll_alloc(count, sizeof *scenario->thresholds);
    for (size_t i = 0; i < count; i++) {
        struct ll_threshold threshold;
        if (ll_threshold_parse(expressions[i], NULL, &threshold).status != LL_OK) continue;
        struct ll_threshold_outcome *outcome = &scenario->thresholds[scenario->threshold_count++];
        ll_threshold_judge(&threshold, expressions[i], scenario->total, scenario->duration_ms, outcome);
        if (!outcome->held) scenario->verdict = LL_VERDICT_FAILED;
    }
}

static void add_failure(struct ll_scenario_result *scenario, const char *signature, const char *detail) {
    scenario->failures = ll_realloc(scenario->failures, scenario->failure_count + 1, sizeof *scenario->failures);
    scenario->failures[scenario->failure_count++] = (struct ll_failure_sample){
        .signature = ll_strdup(signature), .user_id = 7, .iteration = 31, .step = 9, .detail = ll_strdup(detail)};
}

static struct ll_scenario_result shop_scenario(void) {
    static const char *const thresholds[] = {"iteration_duration_us: p95 < 2s", "step_duration_us{checkout}: p99 < 1s",
                                             "iterations_failed: rate < 1%", "checks_failed: rate < 5%",
                                             "http_request_ttfb_us: p95 < 200ms"};
    struct ll_scenario_result shop = {
        .name = ll_strdup("shop"),
        .started_at_ms = STARTED_AT_MS,
        .start_skew_ms = 1.5,
        .duration_ms = SECONDS * 1000 + 1340,
        .bucket_width_ms = 1000,
        .users_total = USERS,
        .users_failed = 8,
        .iterations_interrupted = 3,
        .total = ll_series_set_new(),
        .buckets = ll_alloc(SECONDS, sizeof(struct ll_window)),
        .nodes = ll_alloc(NODES, sizeof(struct ll_node_result)),
        .node_count = NODES,
        .spec = ll_spec_make("shop"),
    };
    struct ll_rand rand = ll_rand_seed(20261123);
    shop.nodes[0] = make_node("local-1", 710);
    shop.nodes[1] = make_node("local-2", 930);
    for (int second = 0; second < SECONDS; second++) run_second(&shop, &rand, second);
    for (int user = 0; user < USERS; user++)
        ll_series_record(shop.total, LL_METRIC_SCENARIO_DURATION, NULL, sample_us(&rand, 119e6, 0.005));
    judge(&shop, thresholds, sizeof thresholds / sizeof *thresholds);
    add_failure(&shop, "click #place-order: nothing matched within 30 s",
                "click(\"#place-order\"): nothing matched within 30 s; the page was http://127.0.0.1:8089/cart");
    add_failure(&shop, "navigate: net::ERR_CONNECTION_REFUSED",
                "navigate(\"http://127.0.0.1:8089/products\"): net::ERR_CONNECTION_REFUSED");
    shop.generator = (struct ll_generator){.verdict = LL_GENERATOR_VALID, .has_share = true, .share = 0.013};
    ll_scenario_result_add_remark(&shop, "local-2 used up to 93 %% of its machine's processor time, so the generator "
                                         "may have slowed its users.");
    return shop;
}

static struct ll_scenario_result empty_scenario(void) {
    static const char *const thresholds[] = {"iteration_duration_us: p95 < 2s"};
    struct ll_scenario_result empty = {
        .name = ll_strdup("empty"),
        .started_at_ms = STARTED_AT_MS,
        .duration_ms = 800,
        .bucket_width_ms = 1000,
        .users_total = 1,
        .iterations_interrupted = 1,
        .total = ll_series_set_new(),
        .stopped_early = true,
        .spec = ll_spec_make("empty"),
    };
    judge(&empty, thresholds, 1);
    return empty;
}

static const char *const hostile_texts[] = {"</script><script>alert(1)</script><!--",
                                            "\"quoted\" & 'more' | <b>bold</b>",
                                            "two\nlines\tand\x01\x1B controls",
                                            "`ticks` ``` ![x](http://example.com/x.png) @everyone",
                                            "]]> \\| \xFF\xFE not UTF-8 \xEF\xBF\xBE",
                                            "__proto__",
                                            "constructor"};

static struct ll_scenario_result hostile_scenario(void) {
    struct ll_scenario_result hostile = {
        .name = ll_strdup(hostile_texts[0]),
        .started_at_ms = UINT64_MAX / 4, // no date that a page can show
        .duration_ms = 5000,
        .bucket_width_ms = 1000,
        .users_total = 1,
        .users_failed = 1,
        .total = ll_series_set_new(),
        .buckets = ll_alloc(2, sizeof(struct ll_window)),
        .nodes = ll_alloc(1, sizeof(struct ll_node_result)),
        .node_count = 1,
        .verdict = LL_VERDICT_INVALID,
        .spec = ll_spec_make("hostile"),
    };
    for (size_t i = 0; i < sizeof hostile_texts / sizeof *hostile_texts; i++) {
        const char *text = hostile_texts[i];
        ll_series_record(hostile.total, LL_METRIC_STEP_DURATION, text, 1000);
        ll_series_record(hostile.total, LL_METRIC_WEBSOCKET_FRAME_SENT, text, 10);
        ll_series_count(hostile.total, LL_METRIC_ITERATIONS_FAILED, text, 1);
        ll_series_count(hostile.total, LL_METRIC_CHECKS_FAILED, text, 1);
        ll_series_count(hostile.total, LL_METRIC_HTTP_REQUEST_FAILURES, text, 1);
        ll_scenario_result_add_remark(&hostile, "%s", text);
        add_failure(&hostile, text, text);
    }
    for (; hostile.bucket_count < 2; hostile.bucket_count++) {
        hostile.buckets[hostile.bucket_count] =
            (struct ll_window){.offset_ms = hostile.bucket_count * 4000, .series = ll_series_set_new()};
        ll_series_set_merge(hostile.buckets[hostile.bucket_count].series, hostile.total);
    }
    for (size_t i = 0; i < hostile.failure_count; i++) {
        const char *text = hostile.failures[i].detail;
        hostile.failures[i].evidence = ll_evidence_new(text, text, text, text);
    }
    hostile.nodes[0] = make_node(hostile_texts[1], 10);
    hostile.nodes[0].lost = true;
    hostile.nodes[0].error = ll_strdup(hostile_texts[2]);
    return hostile;
}

static struct ll_result result_of(size_t count) {
    return (struct ll_result){
        .liveload_version = ll_strdup("0.1.0"),
        .generated_at_ms = STARTED_AT_MS + 125000,
        .scenarios = ll_alloc(count, sizeof(struct ll_scenario_result)),
        .scenario_count = count,
    };
}

static void add_artifact(struct ll_scenario_result *scenario, const char *name, enum ll_artifact_kind kind,
                         const char *label) {
    scenario->artifacts = ll_realloc(scenario->artifacts, scenario->artifact_count + 1, sizeof *scenario->artifacts);
    struct ll_artifact *artifact = &scenario->artifacts[scenario->artifact_count++];
    *artifact = (struct ll_artifact){.kind = kind, .bytes = 1234, .is_whole = true, .user_id = 7, .iteration = 31};
    snprintf(artifact->name, sizeof artifact->name, "%s", name);
    snprintf(artifact->label, sizeof artifact->label, "%s", label);
    snprintf(artifact->node, sizeof artifact->node, "local-1");
}

// A run whose first failure shows what its user saw, and whose second only what was known.
static struct ll_result sample_result_evidence(void) {
    struct ll_result result = sample_result_shop();
    struct ll_scenario_result *shop = &result.scenarios[0];
    struct ll_evidence *seen =
        ll_evidence_new("http://127.0.0.1:8089/cart", "log: ready\nerror: Uncaught Error: no stock\n",
                        "GET 200 12 ms http://127.0.0.1:8089/cart\n", "");
    snprintf(seen->picture, sizeof seen->picture, "3fa9c2d1-1-local-1-1-failure.jpg");
    snprintf(seen->page, sizeof seen->page, "3fa9c2d1-1-local-1-2-failure.html");
    snprintf(seen->notes, sizeof seen->notes, "3fa9c2d1-1-local-1-3-failure.txt");
    shop->failures[0].evidence = seen;
    shop->failures[1].evidence =
        ll_evidence_new("http://127.0.0.1:8089/", "", "", "the page did not answer within 3000 ms");
    snprintf(shop->failures[1].evidence->picture, LL_ARTIFACT_NAME_MAX, "it-never-came.jpg");
    add_artifact(shop, seen->picture, LL_ARTIFACT_PICTURE, "");
    add_artifact(shop, seen->page, LL_ARTIFACT_PAGE, "");
    add_artifact(shop, seen->notes, LL_ARTIFACT_NOTES, "");
    add_artifact(shop, "3fa9c2d1-1-local-1-4-the-cart.jpg", LL_ARTIFACT_SCREENSHOT, "the cart <3");
    add_artifact(shop, "3fa9c2d1-1-local-1.log", LL_ARTIFACT_LOG, "");
    return result;
}

struct ll_result sample_result_shop(void) {
    struct ll_result result = result_of(1);
    result.scenarios[0] = shop_scenario();
    return result;
}

struct ll_result sample_result_empty(void) {
    struct ll_result result = result_of(1);
    result.scenarios[0] = empty_scenario();
    return result;
}

// Of a kind of browser that does not look at requests.
struct ll_result sample_result_unmeasured(void) {
    struct ll_result result = result_of(1);
    struct ll_scenario_result *scenario = &result.scenarios[0];
    *scenario = empty_scenario();
    if (!scenario->node_count) {
        scenario->nodes = ll_alloc(1, sizeof *scenario->nodes);
        scenario->nodes[0].name = ll_strdup("local-1");
        scenario->node_count = 1;
    }
    char *lacking[] = {"http_requests", "http_request_ttfb_us"}, *estimated[] = {"http_request_duration_us"};
    for (size_t i = 0; i < scenario->node_count; i++) {
        ll_coverage_add(&scenario->nodes[i].coverage, LL_COVERAGE_LACKING, lacking, 2);
        ll_coverage_add(&scenario->nodes[i].coverage, LL_COVERAGE_ESTIMATED, estimated, 1);
    }
    scenario->thresholds =
        ll_realloc(scenario->thresholds, scenario->threshold_count + 1, sizeof *scenario->thresholds);
    struct ll_threshold_outcome *outcome = &scenario->thresholds[scenario->threshold_count++];
    *outcome = (struct ll_threshold_outcome){.expression = ll_strdup("http_requests: count < 10"),
                                             .observed_text = LL_NOT_MEASURED_TEXT};
    return result;
}

struct ll_result sample_result_live(void) {
    static const char good[] = "http://127.0.0.1:8089/live/products", poor[] = "http://127.0.0.1:8089/live/rows";
    struct ll_result result = result_of(1);
    struct ll_scenario_result live = {
        .name = ll_strdup("live"), .total = ll_series_set_new(), .spec = ll_spec_make("live")};
    ll_series_record(live.total, LL_METRIC_WEB_VITAL_LCP, good, 400e3);
    ll_series_record(live.total, LL_METRIC_WEB_VITAL_LCP, poor, 4.5e6);
    ll_series_record(live.total, LL_METRIC_WEB_VITAL_CLS, good, 0);
    ll_series_record(live.total, LL_METRIC_WEB_VITAL_CLS, poor, 120);
    ll_series_record(live.total, LL_METRIC_LIVEVIEW_CONNECTION_DURATION, good, 76e3);
    ll_series_record(live.total, LL_METRIC_LIVEVIEW_PAGE_LOADING_DURATION, "patch", 24e3);
    ll_series_record(live.total, LL_METRIC_LIVEVIEW_LOADING_CLASS_DURATION, "phx-click-loading", 9e3);
    ll_series_count(live.total, LL_METRIC_LIVEVIEW_DISCONNECTIONS, poor, 3);
    ll_series_count(live.total, LL_METRIC_CUSTOM_COUNT, "orders", 12);
    ll_series_record(live.total, LL_METRIC_CUSTOM_TIME, "confirmation", 26.5e3);
    ll_series_record(live.total, LL_METRIC_CUSTOM_VALUE, "share_of_errors", 0.0042);
    ll_series_record(live.total, LL_METRIC_CUSTOM_VALUE, "characters", 123456.7);
    live.nodes = ll_alloc(1, sizeof *live.nodes);
    live.nodes[0].name = ll_strdup("local-1");
    live.node_count = 1;
    char *estimated[] = {"web_vital_lcp_us"}, *lacking[] = {"web_vital_inp_us"};
    ll_coverage_add(&live.nodes[0].coverage, LL_COVERAGE_ESTIMATED, estimated, 1);
    ll_coverage_add(&live.nodes[0].coverage, LL_COVERAGE_LACKING, lacking, 1);
    result.scenarios[0] = live;
    return result;
}

struct ll_result sample_result_failing(void) {
    struct ll_result result = result_of(2);
    struct ll_scenario_result failing = {
        .name = ll_strdup("failing"), .total = ll_series_set_new(), .spec = ll_spec_make("failing")};
    ll_series_count(failing.total, LL_METRIC_ITERATIONS_FAILED, "click(\"#buy\"): matches nothing", 7);
    ll_series_count(failing.total, LL_METRIC_ITERATIONS_COMPLETED, "", 3);
    ll_scenario_result_add_remark(&failing, "most iterations failed (7 of 10), and no threshold judges that");
    result.scenarios[0] = failing;
    result.scenarios[1] = empty_scenario();
    return result;
}

struct ll_result sample_result_hopeless(void) {
    struct ll_result result = result_of(1);
    struct ll_scenario_result hopeless = {.name = ll_strdup("hopeless"),
                                          .total = ll_series_set_new(),
                                          .spec = ll_spec_make("hopeless"),
                                          .verdict = LL_VERDICT_FAILED};
    ll_series_count(hopeless.total, LL_METRIC_ITERATIONS_FAILED, "click(\"#buy\"): matches nothing", 7);
    ll_scenario_result_blame_generator(&hopeless, LL_GENERATOR_UNKNOWN, "there are too few samples");
    result.scenarios[0] = hopeless;
    return result;
}

struct ll_result sample_result_hostile(void) {
    struct ll_result result = result_of(1);
    result.scenarios[0] = hostile_scenario();
    return result;
}

struct ll_result sample_result_several(void) {
    struct ll_result result = result_of(3);
    result.scenarios[0] = shop_scenario();
    result.scenarios[1] = empty_scenario();
    result.scenarios[2] = (struct ll_scenario_result){
        .name = ll_strdup("billing"),
        .error = ll_strdup("config failed at billing.lua:12: attempt to index a nil value (global 'options')"),
        .spec = ll_spec_make("billing"),
    };
    return result;
}

bool sample_result_by_name(const char *name, struct ll_result *out) {
    static const struct {
        const char *name;
        struct ll_result (*make)(void);
    } samples[] = {{"shop", sample_result_shop},        {"empty", sample_result_empty},
                   {"hostile", sample_result_hostile},  {"unmeasured", sample_result_unmeasured},
                   {"failing", sample_result_failing},  {"evidence", sample_result_evidence},
                   {"several", sample_result_several},  {"live", sample_result_live},
                   {"hopeless", sample_result_hopeless}};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        if (strcmp(samples[i].name, name) != 0) continue;
        *out = samples[i].make();
        return true;
    }
    return false;
}
