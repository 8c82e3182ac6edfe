#include "tests/unit/browser/driver.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 20 * 1000, TIMEOUT_MS = 5 * 1000 };

static struct measured *find_measured(struct driver *driver, enum ll_metric metric, const char *label) {
    for (size_t i = 0; i < driver->measured_count; i++)
        if (driver->measured[i].metric == metric && strcmp(driver->measured[i].label, label) == 0)
            return &driver->measured[i];
    cr_assert_lt(driver->measured_count, (size_t)DRIVER_LABELS_MAX);
    struct measured *measured = &driver->measured[driver->measured_count++];
    *measured = (struct measured){.metric = metric, .min = INFINITY, .max = -INFINITY};
    snprintf(measured->label, sizeof measured->label, "%s", label);
    return measured;
}

static void take_sample(void *owner, enum ll_metric metric, const char *label, double value) {
    struct measured *measured = find_measured(owner, metric, label);
    measured->count++;
    measured->sum += value;
    measured->min = fmin(measured->min, value);
    measured->max = fmax(measured->max, value);
}

static void take_count(void *owner, enum ll_metric metric, const char *label, uint64_t n) {
    struct measured *measured = find_measured(owner, metric, label);
    measured->count += n;
}

static void on_ready(void *owner, ll_err err) {
    struct driver *driver = owner;
    cr_assert_not(driver->ready, "on_ready came twice");
    driver->ready = true;
    ll_loop_wake(driver->loop); // a turn may run timers and then wait on; this has it return
    driver->ready_err = err;
}

static void on_stopped(void *owner) {
    struct driver *driver = owner;
    driver->stopped = true;
    ll_loop_wake(driver->loop);
}

struct patience {
    struct ll_loop *loop;
    bool lost;
};

static void lose_patience(void *arg) {
    struct patience *patience = arg;
    patience->lost = true;
    ll_loop_wake(patience->loop);
}

void driver_serve_until(struct driver *driver, const bool *flag) {
    struct patience patience = {.loop = driver->loop};
    struct ll_timer *timer = ll_timer_new(driver->loop, lose_patience, &patience);
    ll_timer_set(timer, ll_clock_us() + PATIENCE_MS * INT64_C(1000));
    while (!*flag && !patience.lost && ll_loop_turn(driver->loop)) {}
    ll_timer_free(&timer);
    cr_assert(*flag, "nothing happened for %d s", PATIENCE_MS / 1000);
}

static struct ll_launch launch_of(const char *browser) {
    struct ll_launch launch = {0};
    if (browser && strcmp(browser, "port") == 0)
        launch.transport = LL_TRANSPORT_PORT;
    else if (browser && strncmp(browser, "pool", 4) == 0)
        launch.browsers = 2, launch.program = browser[4] == ':' ? browser + 5 : NULL;
    else if (browser && strcmp(browser, "grown") == 0)
        launch.recycle_bytes = 1;
    else if (!browser || !ll_launch_parse_paint(browser, &launch.paint))
        launch.program = browser;
    return launch;
}

ll_err driver_open(struct driver *driver, const char *browser, const struct ll_site_page *site) {
    *driver = (struct driver){0};
    cr_assert_eq(ll_loop_new(&driver->loop).status, LL_OK);
    if (site) {
        driver->site = ll_site_new(driver->loop, site);
        snprintf(driver->base_url, sizeof driver->base_url, "http://127.0.0.1:%d", ll_site_port(driver->site));
    }
    struct ll_connection_options options = {
        .loop = driver->loop,
        .launch = launch_of(browser),
        .sink = {.owner = driver, .sample = take_sample, .count = take_count},
        .owner = driver,
        .on_ready = on_ready,
        .on_stopped = on_stopped,
    };
    return ll_connection_open(&options, &driver->connection);
}

void driver_start(struct driver *driver) {
    driver->connection->ops->start(driver->connection);
    cr_assert_not(driver->ready, "on_ready came from inside start");
    driver_serve_until(driver, &driver->ready);
}

void driver_begin(struct driver *driver, const char *browser, const struct ll_site_page *site) {
    ll_err err = driver_open(driver, browser, site);
    cr_assert_eq(err.status, LL_OK, "%s", err.text);
    driver_start(driver);
    cr_assert_eq(driver->ready_err.status, LL_OK, "%s", driver->ready_err.text);
}

void driver_end(struct driver *driver) {
    if (driver->connection) {
        driver->connection->ops->stop(driver->connection);
        cr_assert_not(driver->stopped, "on_stopped came from inside stop");
        driver_serve_until(driver, &driver->stopped);
        driver->connection->ops->fini(driver->connection);
    }
    free(driver->document);
    ll_site_free(&driver->site);
    ll_loop_free(&driver->loop);
    while (driver->kept_count > 0) free(driver->kept[--driver->kept_count]);
}

static void on_page_open(void *owner, ll_err err) {
    struct driven_page *page = owner;
    page->opened = true;
    ll_loop_wake(page->driver->loop);
    page->err = err;
    if (err.status != LL_OK) page->page = NULL;
}

static void describe(const ll_json *value, char *out, size_t size) {
    if (ll_json_is_string(value))
        snprintf(out, size, "%s", ll_json_string(value, ""));
    else if (ll_json_is_number(value))
        snprintf(out, size, "%.15g", ll_json_number(value, 0));
    else if (ll_json_is_bool(value))
        snprintf(out, size, "%s", ll_json_bool(value, false) ? "true" : "false");
    else
        snprintf(out, size, "%s", value ? ll_json_is_object(value) ? "object" : "array" : "nil");
    size_t items = 0;
    for (const ll_json *item = ll_json_is_array(value) ? ll_json_first(value) : NULL; item; item = ll_json_next(item))
        items++;
    if (ll_json_is_array(value)) snprintf(out, size, "%zu items", items);
}

static void write_json(const ll_json *node, struct ll_json_writer *writer, const char *key) {
    bool is_object = ll_json_is_object(node);
    if (is_object || ll_json_is_array(node)) {
        (is_object ? ll_json_begin_object : ll_json_begin_array)(writer, key);
        for (const ll_json *child = ll_json_first(node); child; child = ll_json_next(child))
            write_json(child, writer, is_object ? ll_json_key(child) : NULL);
        (is_object ? ll_json_end_object : ll_json_end_array)(writer);
    } else if (ll_json_is_string(node)) {
        ll_json_write_string(writer, key, ll_json_string(node, ""));
    } else if (ll_json_is_bool(node)) {
        ll_json_write_bool(writer, key, ll_json_bool(node, false));
    } else if (ll_json_is_number(node)) {
        ll_json_write_number(writer, key, ll_json_number(node, 0));
    } else {
        ll_json_write_null(writer, key);
    }
}

static char *make_document(const ll_json *value) {
    if (!ll_json_is_object(value) && !ll_json_is_array(value)) return NULL;
    struct ll_buf text = ll_buf_make(LL_READING_BYTES_MAX);
    struct ll_json_writer writer = ll_json_writer_make(&text);
    write_json(value, &writer, NULL);
    char *document = ll_strndup(ll_buf_str(&text), text.len);
    ll_buf_fini(&text);
    return document;
}

static void on_done(void *owner, const struct ll_action_result *result) {
    struct driven_page *page = owner;
    cr_assert_not(page->done, "on_done came twice");
    page->done = page->ended = true;
    ll_loop_wake(page->driver->loop);
    page->err = result->err;
    describe(result->value, page->value, sizeof page->value);
    free(page->driver->document);
    page->document = page->driver->document = make_document(result->value);
}

static void on_page_lost(void *owner, ll_err why) {
    struct driven_page *page = owner;
    page->lost = page->ended = true;
    ll_loop_wake(page->driver->loop);
    page->err = why;
    page->page = NULL;
}

// A copy that lives until driver_end.
static char *keep(struct driver *driver, const void *bytes, size_t len) {
    cr_assert_lt(driver->kept_count, (size_t)DRIVER_KEPT_MAX);
    return driver->kept[driver->kept_count++] = ll_strndup(bytes ? bytes : "", len);
}

static void on_captured(void *owner, const struct ll_capture *capture) {
    struct driven_page *page = owner;
    cr_assert_not(page->captured, "on_captured came twice");
    page->captured = true;
    ll_loop_wake(page->driver->loop);
    page->capture = *capture;
    page->capture.url = keep(page->driver, capture->url, strlen(capture->url));
    page->capture.console = keep(page->driver, capture->console, strlen(capture->console));
    page->capture.requests = keep(page->driver, capture->requests, strlen(capture->requests));
    page->capture.html = keep(page->driver, capture->html, capture->html_bytes);
    page->capture.visible = keep(page->driver, capture->visible, capture->visible_bytes);
    page->capture.picture = keep(page->driver, capture->picture, capture->picture_bytes);
}

void driven_capture(struct driven_page *page, unsigned what, uint32_t timeout_ms) {
    page->captured = false;
    page->driver->connection->ops->capture(page->page,
                                           &(struct ll_capture_request){.what = what, .timeout_ms = timeout_ms});
    cr_assert_not(page->captured, "on_captured came from inside capture");
    driver_serve_until(page->driver, &page->captured);
}

void driven_open_begin(struct driver *driver, struct driven_page *page) {
    struct ll_context_options options = driver->context;
    if (!options.viewport_width) options.viewport_width = 1280, options.viewport_height = 720;
    struct ll_page_events events = {
        .owner = page,
        .on_page_open = on_page_open,
        .on_done = on_done,
        .on_page_lost = on_page_lost,
        .on_captured = on_captured,
        .on_page_known = on_captured,
    };
    *page = (struct driven_page){.driver = driver};
    page->page = driver->connection->ops->page_open(driver->connection, &options, events);
    cr_assert_not(page->opened, "on_page_open came from inside page_open");
}

void driven_open(struct driver *driver, struct driven_page *page) {
    driven_open_begin(driver, page);
    driver_serve_until(driver, &page->opened);
    cr_assert_eq(page->err.status, LL_OK, "%s", page->err.text);
}

bool driven_rest(struct driven_page *page) {
    const struct ll_connection_ops *ops = page->driver->connection->ops;
    if (!ops->page_rest(page->page)) return false;
    page->opened = false;
    ops->page_renew(page->page);
    cr_assert_not(page->opened, "on_page_open came from inside page_renew");
    driver_serve_until(page->driver, &page->opened);
    cr_assert_eq(page->err.status, LL_OK, "%s", page->err.text);
    return true;
}

void driven_close(struct driven_page *page) {
    page->driver->connection->ops->page_close(page->page);
    page->page = NULL;
}

void driven_begin(struct driven_page *page, const struct ll_action *action) {
    page->done = page->ended = false;
    page->driver->connection->ops->perform(page->page, action);
    cr_assert_not(page->done, "on_done came from inside perform");
}

ll_err driven_act(struct driven_page *page, const struct ll_action *action) {
    driven_begin(page, action);
    driver_serve_until(page->driver, &page->ended);
    return page->err;
}

ll_err driven_do(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text) {
    struct ll_action action = {.operation = operation, .selector = selector, .text = text, .timeout_ms = TIMEOUT_MS};
    return driven_act(page, &action);
}

void driven_visit(struct driven_page *page, const char *path) {
    char url[256];
    snprintf(url, sizeof url, "%s%s", page->driver->base_url, path);
    ll_err err = driven_do(page, LL_OP_NAVIGATE, NULL, url);
    cr_assert_eq(err.status, LL_OK, "%s: %s", path, err.text);
}

const char *driven_read(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text) {
    ll_err err = driven_do(page, operation, selector, text);
    cr_expect_eq(err.status, LL_OK, "%s: %s", selector ? selector : text, err.text);
    return page->value;
}

void driven_act_ok(struct driven_page *page, struct ll_action action) {
    if (!action.timeout_ms) action.timeout_ms = TIMEOUT_MS;
    ll_err err = driven_act(page, &action);
    cr_expect_eq(err.status, LL_OK, "%s(%s): %s", ll_operation_info(action.operation)->name, action.selector, err.text);
}

void driven_act_fails(struct driven_page *page, struct ll_action action, enum ll_status status, const char *sentence) {
    if (!action.timeout_ms) action.timeout_ms = TIMEOUT_MS;
    ll_err err = driven_act(page, &action);
    cr_expect_eq(err.status, status, "%s(%s): %d, %s", ll_operation_info(action.operation)->name, action.selector,
                 err.status, err.text);
    cr_expect(strstr(err.text, sentence) != NULL, "\"%s\" does not say \"%s\"", err.text, sentence);
}

void driven_ok(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text) {
    driven_act_ok(page, (struct ll_action){.operation = operation, .selector = selector, .text = text});
}

void driven_fails(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text,
                  enum ll_status status, const char *sentence) {
    struct ll_action action = {.operation = operation, .selector = selector, .text = text, .timeout_ms = 300};
    driven_act_fails(page, action, status, sentence);
}

void driven_reads(struct driven_page *page, enum ll_operation operation, const char *selector, const char *text,
                  const char *value) {
    const char *read = driven_read(page, operation, selector, text);
    cr_expect_str_eq(read, value, "%s(%s): \"%s\", not \"%s\"", ll_operation_info(operation)->name, selector, read,
                     value);
}

struct measured driver_measured(const struct driver *driver, enum ll_metric metric, const char *label) {
    struct measured all = {.metric = metric, .min = INFINITY, .max = -INFINITY};
    for (size_t i = 0; i < driver->measured_count; i++) {
        const struct measured *one = &driver->measured[i];
        if (one->metric != metric || (label && strcmp(one->label, label) != 0)) continue;
        all.count += one->count;
        all.sum += one->sum;
        all.min = fmin(all.min, one->min);
        all.max = fmax(all.max, one->max);
    }
    return all;
}

void driver_await_measured(struct driver *driver, enum ll_metric metric, const char *label, uint64_t count) {
    int64_t give_up_us = ll_clock_us() + PATIENCE_MS * INT64_C(1000);
    while (driver_measured(driver, metric, label).count < count && ll_clock_us() < give_up_us)
        ll_loop_turn(driver->loop);
    uint64_t got = driver_measured(driver, metric, label).count;
    cr_assert_geq(got, count, "%s{%s} was measured %lu times, not %lu", ll_metric_info(metric)->name,
                  label ? label : "", (unsigned long)got, (unsigned long)count);
}
