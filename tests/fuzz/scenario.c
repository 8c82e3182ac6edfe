// Any text as a scenario file, and as the body of a run function whose actions succeed and fail in turn.
#include "agent/scenario/parts.h"

#include "libcommon/base/log.h"
#include "tests/fuzz/fuzz.h"

enum { WAITS_MAX = 50, SOURCE_MAX = 64 * 1024 };

static const struct ll_vm_limits limits = {.bytes = 512 * 1024, .instructions = 20000};

static int open_steps;

static void step_begin(void *owner, const char *name) {
    (void)owner, (void)name;
    open_steps++;
}

static void step_end(void *owner, const char *name, bool completed) {
    (void)owner, (void)name, (void)completed;
    assert(open_steps-- > 0);
}

static void check(void *owner, const char *name, bool held) {
    (void)owner, (void)name, (void)held;
}

static void measure(void *owner, enum ll_metric family, const char *name, double value) {
    (void)owner, (void)family, (void)name;
    assert(value >= 0);
}

static void log_text(void *owner, const char *text) {
    (void)owner, (void)text;
}

static void give_back(void *owner, uint32_t throttle) {
    (void)owner;
    assert(throttle < LL_THROTTLES_MAX);
}

static void drive(struct ll_scenario *scenario) {
    static const struct ll_script_host host = {.step_begin = step_begin,
                                               .step_end = step_end,
                                               .check = check,
                                               .measure = measure,
                                               .log = log_text,
                                               .give_back = give_back};
    struct ll_script *script;
    struct ll_script_request request;
    open_steps = 0;
    if (ll_script_new(scenario, 1, 1, host, &script).status != LL_OK) return;
    for (uint64_t iteration = 1; iteration <= 3; iteration++) {
        ll_script_start(script, iteration, &request);
        for (int i = 0; i < WAITS_MAX && request.status <= LL_SCRIPT_THINK; i++) {
            struct ll_action_result result = {.err = LL_SUCCESS};
            if (i % 3 == 2) result.err = ll_err_make(LL_DEADLINE_EXCEEDED, "matches nothing");
            ll_script_resume(script, request.status == LL_SCRIPT_ACTION ? &result : NULL, &request);
        }
        if (request.status == LL_SCRIPT_FAILED) assert(*request.detail && request.signature);
        if (request.status > LL_SCRIPT_THINK) assert(open_steps == 0);
    }
    ll_script_free(&script);
}

static void run(struct ll_buf *source) {
    struct ll_bundle_file file = {.path = "fuzz.lua", .content = source->data, .len = source->len};
    struct ll_bundle bundle = {.main = "fuzz.lua", .files = &file, .count = 1};
    struct ll_scenario *scenario;
    ll_err err = ll_scenario_load_limited(&bundle, NULL, limits, &scenario);
    assert(err.status == LL_OK || *err.text);
    if (err.status != LL_OK) return;
    assert(ll_spec_validate(ll_scenario_spec(scenario)).status == LL_OK);
    if (ll_scenario_configure(scenario, NULL, 0).status == LL_OK) drive(scenario);
    ll_scenario_free(&scenario);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct ll_buf source = ll_buf_make(SOURCE_MAX);
    ll_log_init("fuzz", LL_LOG_ERROR);
    ll_buf_append(&source, data, len);
    if (source.len) run(&source);
    ll_buf_clear(&source);
    ll_buf_text(&source, "return require('liveload').scenario { run = function(ctx, user_id, config)\n");
    ll_buf_append(&source, data, len);
    ll_buf_text(&source, "\nend }");
    if (!source.overflowed) run(&source);
    ll_buf_fini(&source);
    return 0;
}
