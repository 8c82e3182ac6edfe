// A browser that does nothing, for measuring and testing everything around a browser: "null", or with options
// "null:delay=5ms-20ms,fail=0.01,seed=7".
//
//   delay  how long each action takes: a duration, or two to draw from evenly. Default: the loop's next turn.
//   fail   the share of actions that fail, all with the same sentence.
//   seed   of both draws; with the same seed and the same order of calls, the same things happen.
#include "agent/browser/connection.h"
#include "agent/browser/null/jar.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/rand.h"
#include "libcommon/base/text.h"
#include "libcommon/loop/loop.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

struct null_page {
    struct ll_page base;
    enum ll_renewal renewal;
    struct ll_page_events events;
    struct null_page *prev, *next;
    struct ll_timer *timer;
    struct ll_timer *look; // of a capture
    bool open, acting;
    enum ll_operation operation;
    ll_json *cookies; // of its context; NULL: none yet
};

struct null_connection {
    struct ll_connection base;
    struct ll_loop *loop;
    void *owner;
    void (*on_ready)(void *owner, ll_err err);
    void (*on_stopped)(void *owner);
    struct ll_timer *timer; // tells of being ready or stopped
    bool stopping;
    struct null_page *pages;
    uint64_t delay_min_ms, delay_max_ms;
    double fail_share;
    struct ll_rand rand;
    ll_json *values[LL_OPERATIONS_COUNT]; // of readings
};

static const struct ll_connection_ops null_ops;

static const char *const reading_values[LL_OPERATIONS_COUNT] = {
    [LL_OP_INNER_TEXT] = "\"\"",
    [LL_OP_TEXT_CONTENT] = "\"\"",
    [LL_OP_INPUT_VALUE] = "\"\"",
    [LL_OP_PAGE_CONTENT] = "\"\"",
    [LL_OP_INNER_HTML] = "\"\"",
    [LL_OP_TITLE] = "\"\"",
    [LL_OP_WAIT_FOR_RESPONSE] = "{\"url\":\"about:blank\",\"status\":200,\"ok\":true,\"type\":\"fetch\"}",
    [LL_OP_WAIT_FOR_DOWNLOAD] = "{\"name\":\"download\",\"bytes\":0,\"url\":\"about:blank\"}",
    [LL_OP_URL] = "\"about:blank\"",
    [LL_OP_IS_CHECKED] = "true",
    [LL_OP_IS_ENABLED] = "true",
    [LL_OP_IS_VISIBLE] = "true",
    [LL_OP_COUNT] = "0",
    [LL_OP_CONTEXT_STORAGE_SNAPSHOT] = "{}",
};

static struct null_connection *of(struct ll_connection *connection) {
    return (struct null_connection *)connection;
}

static void on_connection_turn(void *arg) {
    struct null_connection *connection = arg;
    if (connection->stopping)
        connection->on_stopped(connection->owner);
    else
        connection->on_ready(connection->owner, LL_SUCCESS);
}

static void null_start(struct ll_connection *base) {
    ll_timer_set(of(base)->timer, 0);
}

static const char *null_describe(struct ll_connection *base) {
    (void)base;
    return "no browser (null)";
}

static bool is_inner(enum ll_operation operation) {
    return ll_operation_info(operation)->kind == LL_OPKIND_INNER;
}

static void on_page_turn(void *arg) {
    struct null_page *page = arg;
    if (!page->open) {
        page->open = true;
        page->events.on_page_open(page->events.owner, LL_SUCCESS);
        return;
    }
    struct null_connection *connection = of(page->base.connection);
    struct ll_action_result result = {.err = LL_SUCCESS, .value = connection->values[page->operation]};
    page->acting = false;
    if (page->operation == LL_OP_COOKIES) result.value = page->cookies;
    if (!is_inner(page->operation) && ll_rand_unit(&connection->rand) < connection->fail_share)
        result =
            (struct ll_action_result){.err = ll_err_make(LL_UNAVAILABLE, "failed, as the null browser was told to")};
    page->events.on_done(page->events.owner, &result);
}

// There is nothing to see.
static void on_look_turn(void *arg) {
    static const struct ll_capture nothing = {
        .url = "about:blank", .html = "", .visible = "", .console = "", .requests = ""};
    struct null_page *page = arg;
    page->events.on_captured(page->events.owner, &nothing);
}

static struct ll_page *null_page_open(struct ll_connection *base, const struct ll_context_options *options,
                                      struct ll_page_events events) {
    struct null_page *page = ll_alloc(1, sizeof *page);
    page->renewal = options->renewal;
    page->base.connection = base;
    page->events = events;
    page->timer = ll_timer_new(of(base)->loop, on_page_turn, page);
    page->look = ll_timer_new(of(base)->loop, on_look_turn, page);
    DL_APPEND(of(base)->pages, page);
    ll_timer_set(page->timer, 0);
    return &page->base;
}

static bool null_page_rest(struct ll_page *page) {
    return ((struct null_page *)page)->renewal != LL_RENEWAL_NONE;
}

static void null_page_renew(struct ll_page *base) {
    struct null_page *page = (struct null_page *)base;
    assert(page->open && !page->acting);
    page->open = false;
    ll_json_free(&page->cookies);
    ll_timer_cancel(page->look);
    ll_timer_set(page->timer, 0);
}

static void null_perform(struct ll_page *base, const struct ll_action *action) {
    struct null_page *page = (struct null_page *)base;
    struct null_connection *connection = of(base->connection);
    assert(page->open && !page->acting);
    page->acting = true;
    page->operation = action->operation;
    if (action->operation == LL_OP_PUT_COOKIES) {
        ll_json *jar = ll_null_jar_put(page->cookies, action->argument);
        if (jar) page->cookies = jar;
    }
    if (action->operation == LL_OP_RESET_CONTEXT_STORAGE) ll_json_free(&page->cookies);
    if (is_inner(action->operation)) { // it is not the scenario's, and takes no time
        ll_timer_set(page->timer, 0);
        return;
    }
    uint64_t spread = connection->delay_max_ms - connection->delay_min_ms;
    uint64_t delay_ms = connection->delay_min_ms + (spread ? ll_rand_below(&connection->rand, spread + 1) : 0);
    ll_timer_set(page->timer, delay_ms ? ll_clock_us() + (int64_t)delay_ms * 1000 : 0);
}

static void null_perform_cancel(struct ll_page *base) {
    struct null_page *page = (struct null_page *)base;
    if (!page->acting) return;
    page->acting = false;
    ll_timer_cancel(page->timer);
}

static void null_capture(struct ll_page *base, const struct ll_capture_request *request) {
    struct null_page *page = (struct null_page *)base;
    (void)request;
    assert(page->open && !page->acting);
    ll_timer_set(page->look, 0);
}

static void null_page_close(struct ll_page *base) {
    struct null_page *page = (struct null_page *)base;
    DL_DELETE(of(base->connection)->pages, page);
    ll_timer_free(&page->timer);
    ll_timer_free(&page->look);
    ll_json_free(&page->cookies);
    free(page);
}

static bool null_is_parting(const struct ll_connection *base) {
    (void)base;
    return false;
}

static void null_stop(struct ll_connection *base) {
    struct null_connection *connection = of(base);
    while (connection->pages) null_page_close(&connection->pages->base);
    connection->stopping = true;
    ll_timer_set(connection->timer, 0);
}

static void null_fini(struct ll_connection *base) {
    struct null_connection *connection = of(base);
    while (connection->pages) null_page_close(&connection->pages->base);
    for (size_t i = 0; i < LL_OPERATIONS_COUNT; i++) ll_json_free(&connection->values[i]);
    ll_timer_free(&connection->timer);
    free(connection);
}

static ll_err read_delay(struct null_connection *connection, char *text) {
    char *dash = strchr(text, '-');
    if (dash) *dash = '\0';
    LL_TRY(ll_text_parse_duration_ms(text, &connection->delay_min_ms));
    connection->delay_max_ms = connection->delay_min_ms;
    if (dash) LL_TRY(ll_text_parse_duration_ms(dash + 1, &connection->delay_max_ms));
    if (connection->delay_max_ms < connection->delay_min_ms)
        return ll_err_make(LL_INVALID_ARGUMENT, "the delay's second duration is below its first");
    return LL_SUCCESS;
}

static ll_err read_option(struct null_connection *connection, const char *key, char *value) {
    if (strcmp(key, "delay") == 0) return read_delay(connection, value);
    if (strcmp(key, "seed") == 0) {
        uint64_t seed;
        LL_TRY(ll_text_parse_uint("seed", value, 0, UINT64_MAX, &seed));
        connection->rand = ll_rand_seed(seed);
        return LL_SUCCESS;
    }
    if (strcmp(key, "fail") != 0)
        return ll_err_make(LL_INVALID_ARGUMENT, "\"%.100s\" is no option: there are delay, fail and seed", key);
    char *end;
    connection->fail_share = strtod(value, &end);
    if (!*value || *end || !(connection->fail_share >= 0 && connection->fail_share <= 1))
        return ll_err_make(LL_INVALID_ARGUMENT, "fail is \"%.100s\": it takes a share from 0 to 1", value);
    return LL_SUCCESS;
}

static ll_err read_options(struct null_connection *connection, char *text) {
    char *rest = text, *option;
    while ((option = strsep(&rest, ","))) {
        char *value = strchr(option, '=');
        if (!value) return ll_err_make(LL_INVALID_ARGUMENT, "\"%.100s\" has no value: write it like delay=5ms", option);
        *value++ = '\0';
        LL_TRY(read_option(connection, option, value));
    }
    return LL_SUCCESS;
}

ll_err ll_null_connection_open(const struct ll_connection_options *options, struct ll_connection **out) {
    struct null_connection *connection = ll_alloc(1, sizeof *connection);
    connection->base.ops = &null_ops;
    connection->loop = options->loop;
    connection->owner = options->owner;
    connection->on_ready = options->on_ready;
    connection->on_stopped = options->on_stopped;
    connection->rand = ll_rand_seed(1);
    connection->timer = ll_timer_new(options->loop, on_connection_turn, connection);
    ll_err err = LL_SUCCESS;
    if (options->launch.program[4] == ':') {
        char *text = ll_strdup(options->launch.program + 5);
        err = ll_err_in(read_options(connection, text), "the browser \"%.100s\"", options->launch.program);
        free(text);
    }
    for (size_t i = 0; err.status == LL_OK && i < LL_OPERATIONS_COUNT; i++)
        if (reading_values[i])
            err = ll_json_parse(reading_values[i], strlen(reading_values[i]), &connection->values[i]);
    if (err.status != LL_OK) {
        null_fini(&connection->base);
        return err;
    }
    *out = &connection->base;
    return LL_SUCCESS;
}

static const struct ll_coverage_table covers = {.of = {
#define LL_COVERS(id, cdp, null) [LL_METRIC_##id] = LL_COVERAGE_##null,
#include "agent/browser/covers.def"
#undef LL_COVERS
                                                }};

static const struct ll_connection_ops null_ops = {
    .name = "null",
    .covers = &covers,
    .start = null_start,
    .describe = null_describe,
    .page_open = null_page_open,
    .page_renew = null_page_renew,
    .perform = null_perform,
    .perform_cancel = null_perform_cancel,
    .capture = null_capture,
    .page_rest = null_page_rest,
    .page_close = null_page_close,
    .is_parting = null_is_parting,
    .stop = null_stop,
    .fini = null_fini,
};
