// What connection.h promises, asked of every kind.
#include "tests/unit/browser/driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<p id=text>some text</p><button id=button>press</button><input id=input value=v title=t>"
             "<form id=form onsubmit='return false'></form><input type=file id=file><input type=checkbox "
             "id=box><select id=select><option "
             "value=one>One<option value=two>Two</select><a id=download href=/file download>file</a>"},
    {.path = "/file", .body = "a,b", .type = "text/csv"},
    {.path = "/never", .never_answers = true},
    {.path = NULL},
};

static const char *const kinds[] = {"null", "null:delay=1ms-5ms,seed=3", NULL, "port", "low", "pool"};
#define FOR_EACH_KIND(kind)                                                                                            \
    for (size_t kind##_i = 0; kind##_i < sizeof kinds / sizeof *kinds; kind##_i++)                                     \
        for (const char *kind = kinds[kind##_i], *once = ""; once; once = NULL)

static struct ll_action long_wait(void) {
    return (struct ll_action){.operation = LL_OP_WAIT_FOR_SELECTOR, .selector = "#never", .timeout_ms = 60 * 1000};
}

Test(conformance, it_starts_says_what_it_is_and_stops) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        driver_begin(&driver, kind, site);
        cr_expect(strlen(driver.connection->ops->describe(driver.connection)) > 0);
        cr_expect(strlen(driver.connection->ops->name) > 0);
        driver_end(&driver);
    }
}

Test(conformance, it_can_be_released_without_being_started) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        ll_err err = driver_open(&driver, kind, site);
        cr_assert_eq(err.status, LL_OK, "%s", err.text);
        driver.connection->ops->fini(driver.connection);
        driver.connection = NULL;
        driver_end(&driver);
    }
}

Test(conformance, it_can_be_stopped_while_it_starts) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        ll_err err = driver_open(&driver, kind, site);
        cr_assert_eq(err.status, LL_OK, "%s", err.text);
        driver.connection->ops->start(driver.connection);
        driver_end(&driver);
    }
}

Test(conformance, a_page_asked_for_before_it_is_ready_opens) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        ll_err err = driver_open(&driver, kind, site);
        cr_assert_eq(err.status, LL_OK, "%s", err.text);
        driven_open_begin(&driver, &page);
        driver_start(&driver);
        driver_serve_until(&driver, &page.opened);
        cr_expect_eq(page.err.status, LL_OK, "%s", page.err.text);
        driver_end(&driver);
    }
}

// A call of each operation that must succeed on the site's first page.
static const struct ll_action calls[LL_OPERATIONS_COUNT] = {
    [LL_OP_NAVIGATE] = {.text = "/"}, // of the site
    [LL_OP_RELOAD] = {.selector = NULL},
    [LL_OP_CLICK] = {.selector = "#button"},
    [LL_OP_DOUBLE_CLICK] = {.selector = "#button"},
    [LL_OP_TAP] = {.selector = "#button"},
    [LL_OP_DRAG_AND_DROP] = {.selector = "#button", .target = "#text"},
    [LL_OP_SCROLL_INTO_VIEW] = {.selector = "#button"},
    [LL_OP_TYPE] = {.selector = "#input", .text = "ab"},
    [LL_OP_SELECT_MULTIPLE_OPTIONS] = {.selector = "#select", .argument = "[\"two\"]"},
    [LL_OP_FOCUS] = {.selector = "#input"},
    [LL_OP_BLUR] = {.selector = "#input"},
    [LL_OP_SET_INPUT_FILES] = {.selector = "#file", .argument = "[]"},
    [LL_OP_SUBMIT_FORM] = {.selector = "#form"},
    [LL_OP_WAIT_FOR_FUNCTION] = {.text = "true"},
    [LL_OP_PAGE_CONTENT] = {.selector = NULL},
    [LL_OP_INNER_HTML] = {.selector = "#text"},
    [LL_OP_IS_CHECKED] = {.selector = "#box"},
    [LL_OP_IS_ENABLED] = {.selector = "#box"},
    [LL_OP_TITLE] = {.selector = NULL},
    [LL_OP_URL] = {.selector = NULL},
    [LL_OP_FILL] = {.selector = "#input", .text = "new"},
    [LL_OP_CLEAR] = {.selector = "#input"},
    [LL_OP_PRESS] = {.selector = "#input", .text = "a"},
    [LL_OP_CHECK] = {.selector = "#box"},
    [LL_OP_UNCHECK] = {.selector = "#box"},
    [LL_OP_SELECT_OPTION] = {.selector = "#select", .text = "two"},
    [LL_OP_HOVER] = {.selector = "#button"},
    [LL_OP_WAIT_FOR_SELECTOR] = {.selector = "#text"},
    [LL_OP_WAIT_FOR_URL] = {.text = "**"},
    [LL_OP_EXPECT_RESPONSE] = {.text = "**", .number = 1}, // in this order; the visits between them are responses
    [LL_OP_WAIT_FOR_RESPONSE] = {.text = "**", .number = 1},
    [LL_OP_WAIT_FOR_DOWNLOAD] = {.selector = NULL},
    [LL_OP_INNER_TEXT] = {.selector = "#text"},
    [LL_OP_TEXT_CONTENT] = {.selector = "#text"},
    [LL_OP_INPUT_VALUE] = {.selector = "#input"},
    [LL_OP_GET_ATTRIBUTE] = {.selector = "#input", .text = "title"},
    [LL_OP_IS_VISIBLE] = {.selector = "#text"},
    [LL_OP_COUNT] = {.selector = "p"},
    [LL_OP_EVALUATE] = {.text = "1 + 1"},
    [LL_OP_NEW_PAGE] = {.selector = NULL}, // in this order, for a last page cannot be closed
    [LL_OP_SWITCH_PAGE] = {.number = 1},
    [LL_OP_CLOSE_PAGE] = {.selector = NULL},
    [LL_OP_CONTEXT_STORAGE_SNAPSHOT] = {.selector = NULL},
    [LL_OP_RESTORE_CONTEXT_STORAGE] = {.argument = "{\"cookies\":[],\"origins\":[]}"},
    [LL_OP_RESET_CONTEXT_STORAGE] = {.selector = NULL},
    [LL_OP_COOKIES] = {.selector = NULL},
    [LL_OP_PUT_COOKIES] = {.argument = "[{\"name\":\"a\",\"value\":\"b\",\"domain\":\"127.0.0.1\",\"path\":\"/\"}]"},
};

// What must be done before a call so that it can be: an earlier page, and for going forward a later one; a download.
static void prepare(struct driven_page *page, enum ll_operation operation) {
    bool goes_back = operation == LL_OP_GO_BACK || operation == LL_OP_GO_FORWARD;
    if (goes_back) driven_visit(page, "/?before");
    driven_visit(page, "/");
    if (operation == LL_OP_GO_FORWARD) driven_do(page, LL_OP_GO_BACK, NULL, NULL);
    if (operation == LL_OP_WAIT_FOR_DOWNLOAD) driven_do(page, LL_OP_CLICK, "#download", NULL);
}

// Those that need a page of their own have tests of their own, which name the kinds they are for.
static bool needs_liveview(enum ll_operation operation) {
    return operation == LL_OP_ENSURE_LIVEVIEW || operation == LL_OP_WAIT_FOR_LIVEVIEW ||
           operation == LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION;
}

static bool is_called(enum ll_operation operation) {
    const struct ll_action *call = &calls[operation];
    if (ll_operation_info(operation)->arguments[0] == 'W') return true; // the first of its words
    return call->selector || call->text || call->argument || call->number ||
           *ll_operation_info(operation)->arguments == '\0';
}

Test(conformance, every_operation_is_done_and_answered) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        char url[128];
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        snprintf(url, sizeof url, "%s/", driver.base_url);
        for (int i = 0; i < LL_OPERATIONS_COUNT; i++) {
            struct ll_action call = calls[i];
            call.operation = (enum ll_operation)i;
            call.timeout_ms = 5000;
            if (needs_liveview(call.operation)) continue;
            cr_expect(is_called(call.operation), "no test calls %s: give it a row", ll_operation_info(i)->name);
            if (call.operation == LL_OP_NAVIGATE) call.text = url;
            prepare(&page, call.operation);
            ll_err err = driven_act(&page, &call);
            cr_expect_eq(err.status, LL_OK, "%s: %s", ll_operation_info(i)->name, err.text);
        }
        driver_end(&driver);
    }
}

Test(conformance, every_slot_is_there_and_the_same_metrics_are_covered) {
    const struct ll_coverage_table *first = NULL;
    FOR_EACH_KIND(kind) {
        struct driver driver;
        ll_err err = driver_open(&driver, kind, site);
        cr_assert_eq(err.status, LL_OK, "%s", err.text);
        const struct ll_connection_ops *ops = driver.connection->ops;
        cr_expect(ops->name && ops->start && ops->describe && ops->page_open && ops->perform && ops->perform_cancel);
        cr_expect(ops->capture && ops->page_close && ops->stop && ops->fini);
        cr_assert_not_null(ops->covers);
        if (!first) first = ops->covers;
        for (int i = 0; i < LL_METRICS_COUNT; i++)
            cr_expect_eq(first->of[i] == LL_COVERAGE_OTHERS, ops->covers->of[i] == LL_COVERAGE_OTHERS, "%s: %s",
                         ops->name, ll_metric_info((enum ll_metric)i)->name);
        ops->fini(driver.connection);
        driver.connection = NULL;
        driver_end(&driver);
    }
}

Test(conformance, what_is_told_is_what_the_kind_covers) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_visit(&page, "/");
        driven_visit(&page, "/");
        bool is_measured = driver.connection->ops->covers->of[LL_METRIC_HTTP_REQUESTS] == LL_COVERAGE_MEASURED;
        if (is_measured) driver_await_measured(&driver, LL_METRIC_HTTP_REQUESTS, NULL, 2);
        for (size_t i = 0; i < driver.measured_count; i++) {
            uint8_t coverage = driver.connection->ops->covers->of[driver.measured[i].metric];
            cr_expect(coverage == LL_COVERAGE_MEASURED || coverage == LL_COVERAGE_ESTIMATED, "%s fills %s",
                      driver.connection->ops->name, ll_metric_info(driver.measured[i].metric)->name);
        }
        driver_end(&driver);
    }
}

Test(conformance, a_context_keeps_the_cookies_that_are_put_in) {
    static const char *const changes[] = {
        "[{\"name\":\"a\",\"value\":\"1\",\"domain\":\"127.0.0.1\",\"path\":\"/\"},"
        "{\"name\":\"b\",\"value\":\"2\",\"domain\":\".example.com\",\"path\":\"/"
        "p\",\"secure\":true,\"httpOnly\":true}]",
        "[{\"name\":\"a\",\"value\":\"3\",\"domain\":\"127.0.0.1\",\"path\":\"/\"}]",
        "[{\"name\":\"b\",\"value\":\"\",\"domain\":\".example.com\",\"path\":\"/p\",\"expires\":1}]",
    };
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page, other;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_open(&driver, &other);
        for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
            struct ll_action put = {.operation = LL_OP_PUT_COOKIES, .argument = changes[i], .timeout_ms = 5000};
            ll_err err = driven_act(&page, &put);
            cr_expect_eq(err.status, LL_OK, "%s", err.text);
            driven_do(&page, LL_OP_COOKIES, NULL, NULL);
            cr_expect_str_eq(page.value, i == 2 ? "1 items" : "2 items");
        }
        driven_do(&other, LL_OP_COOKIES, NULL, NULL); // its context is another
        cr_expect(strcmp(page.value, other.value) != 0, "%s", other.value);
        driver_end(&driver);
    }
}

Test(conformance, a_page_can_be_looked_at_between_actions) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_visit(&page, "/");
        driven_capture(&page, LL_CAPTURE_HTML | LL_CAPTURE_CONSOLE, 0);
        driven_capture(&page, LL_CAPTURE_HTML, 0);
        ll_err err = driven_do(&page, LL_OP_CLICK, "#button", NULL);
        cr_expect_eq(err.status, LL_OK, "%s", err.text);
        driver_end(&driver);
    }
}

Test(conformance, a_page_that_closes_while_it_is_looked_at_is_told_nothing) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page, other;
        struct ll_capture_request request = {.what = LL_CAPTURE_HTML};
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driver.connection->ops->capture(page.page, &request);
        cr_expect(not(page.captured));
        driven_close(&page);
        driven_open(&driver, &other); // the loop has served since
        driven_visit(&other, "/");
        cr_expect(not(page.captured));
        driver_end(&driver);
    }
}

Test(conformance, a_cancelled_action_stays_silent_and_the_page_can_be_used) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        struct ll_action wait = long_wait();
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_visit(&page, "/");
        for (int i = 0; i < 3; i++) {
            driven_begin(&page, &wait);
            driver.connection->ops->perform_cancel(page.page);
            cr_expect(not(page.done));
            ll_err err = driven_do(&page, LL_OP_INNER_TEXT, "#text", NULL); // a late on_done would end the test
            cr_expect_eq(err.status, LL_OK, "%s", err.text);
        }
        driver.connection->ops->perform_cancel(page.page); // with none in flight
        driver_end(&driver);
    }
}

Test(conformance, a_closed_page_is_told_nothing) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page opening, acting, other;
        struct ll_action wait = long_wait();
        driver_begin(&driver, kind, site);
        driven_open(&driver, &acting);
        driven_begin(&acting, &wait);
        driven_close(&acting);
        driven_open_begin(&driver, &opening);
        driven_close(&opening);
        driven_open(&driver, &other); // the loop has served since
        driven_visit(&other, "/");
        cr_expect(not(acting.done));
        cr_expect(not(acting.lost));
        cr_expect(not(opening.opened));
        driver_end(&driver);
    }
}

Test(conformance, pages_act_beside_each_other) {
    enum { PAGES = 6 };
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page pages[PAGES];
        driver_begin(&driver, kind, site);
        for (int i = 0; i < PAGES; i++) driven_open_begin(&driver, &pages[i]);
        for (int i = 0; i < PAGES; i++) driver_serve_until(&driver, &pages[i].opened);
        struct ll_action read = {.operation = LL_OP_COUNT, .selector = "p", .timeout_ms = 5000};
        for (int i = 0; i < PAGES; i++) driven_begin(&pages[i], &read);
        for (int i = 0; i < PAGES; i++) {
            driver_serve_until(&driver, &pages[i].done);
            cr_expect_eq(pages[i].err.status, LL_OK, "page %d: %s", i, pages[i].err.text);
        }
        driver_end(&driver);
    }
}

Test(conformance, stopping_ends_actions_in_flight_untold) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page, opening;
        struct ll_action wait = long_wait();
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_begin(&page, &wait);
        driven_open_begin(&driver, &opening);
        driver_end(&driver);
        cr_expect(not(page.done));
        cr_expect(not(page.lost));
        cr_expect(not(opening.opened));
    }
}

Test(conformance, an_action_is_answered_by_its_timeout_and_a_little) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        char url[128];
        snprintf(url, sizeof url, "%s/never", driver.base_url);
        struct ll_action visit = {.operation = LL_OP_NAVIGATE, .text = url, .timeout_ms = 300};
        int64_t start_us = ll_clock_us();
        driven_act(&page, &visit);
        cr_expect(lt(long, (long)(ll_clock_us() - start_us), 2000000L));
        driver_end(&driver);
    }
}

Test(conformance, a_page_can_be_used_after_a_rest) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        for (int i = 0; i < 3; i++) {
            driven_visit(&page, "/");
            driver.connection->ops->page_rest(page.page);
        }
        driver_end(&driver);
    }
}

Test(conformance, a_page_is_captured_between_actions_and_goes_on) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_visit(&page, "/");
        for (int i = 0; i < 3; i++) {
            driven_capture(&page, LL_CAPTURE_PICTURE | LL_CAPTURE_HTML | LL_CAPTURE_CONSOLE, 0);
            cr_expect(eq(int, page.capture.err.status, LL_OK), "%s", page.capture.err.text);
            ll_err err = driven_do(&page, LL_OP_INNER_TEXT, "#text", NULL);
            cr_expect_eq(err.status, LL_OK, "%s", err.text);
        }
        driver_end(&driver);
    }
}

Test(conformance, a_capture_is_told_once_whatever_takes_its_place) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page, closed;
        struct ll_capture_request picture = {.what = LL_CAPTURE_PICTURE};
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_open(&driver, &closed);
        driven_visit(&page, "/");
        driver.connection->ops->capture(page.page, &picture);
        driven_capture(&page, LL_CAPTURE_HTML, 0); // on_captured twice would end the test
        ll_err err = driven_do(&page, LL_OP_INNER_TEXT, "#text", NULL);
        cr_expect_eq(err.status, LL_OK, "%s", err.text);
        driver.connection->ops->capture(closed.page, &picture);
        driven_close(&closed);
        page.captured = false;
        driver.connection->ops->capture(page.page, &picture);
        err = driven_do(&page, LL_OP_RELOAD, NULL, NULL); // an action may begin meanwhile
        cr_expect_eq(err.status, LL_OK, "%s", err.text);
        driver_serve_until(&driver, &page.captured);
        cr_expect(not(closed.captured));
        page.captured = false;
        driver.connection->ops->capture(page.page, &picture);
        driver_end(&driver); // in the middle of one
    }
}

Test(conformance, a_page_that_is_renewed_while_it_is_looked_at_is_not_told_of_it) {
    struct ll_capture_request request = {.what = LL_CAPTURE_HTML};
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        for (enum ll_renewal renewal = LL_RENEWAL_CLEAN; renewal <= LL_RENEWAL_FRESH; renewal++) {
            driver.context.renewal = renewal;
            driven_open(&driver, &page);
            driven_visit(&page, "/");
            driver.connection->ops->capture(page.page, &request);
            cr_expect(driven_rest(&page));
            driven_visit(&page, "/");
            cr_expect(not(page.captured));
            driven_close(&page);
        }
        driver_end(&driver);
    }
}

Test(conformance, a_page_that_is_due_is_renewed_and_can_be_used) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        cr_expect_not(driven_rest(&page));
        driven_close(&page);
        for (enum ll_renewal renewal = LL_RENEWAL_CLEAN; renewal <= LL_RENEWAL_FRESH; renewal++) {
            driver.context.renewal = renewal;
            driven_open(&driver, &page);
            for (int i = 0; i < 2; i++) {
                driven_visit(&page, "/");
                cr_expect(driven_rest(&page));
            }
            driven_close(&page);
        }
        driver_end(&driver);
    }
}

Test(conformance, a_page_can_be_closed_while_it_is_renewed) {
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page, other;
        driver_begin(&driver, kind, site);
        for (enum ll_renewal renewal = LL_RENEWAL_CLEAN; renewal <= LL_RENEWAL_FRESH; renewal++) {
            driver.context.renewal = renewal;
            driven_open(&driver, &page);
            driven_visit(&page, "/");
            cr_assert(driver.connection->ops->page_rest(page.page));
            page.opened = false;
            driver.connection->ops->page_renew(page.page);
            driven_close(&page);
            driven_open(&driver, &other); // the loop has served since
            driven_visit(&other, "/");
            cr_expect_not(page.opened);
        }
        driver_end(&driver);
    }
}
