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
             "<input type=checkbox id=box><select id=select><option value=one>One<option value=two>Two</select>"},
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

Test(conformance, every_operation_is_done_and_answered) {
    static const struct {
        enum ll_operation operation;
        const char *selector, *text;
    } calls[] = {
        {LL_OP_RELOAD, NULL, NULL},
        {LL_OP_CLICK, "#button", NULL},
        {LL_OP_FILL, "#input", "new"},
        {LL_OP_CLEAR, "#input", NULL},
        {LL_OP_PRESS, "#input", "a"},
        {LL_OP_CHECK, "#box", NULL},
        {LL_OP_UNCHECK, "#box", NULL},
        {LL_OP_SELECT_OPTION, "#select", "two"},
        {LL_OP_HOVER, "#button", NULL},
        {LL_OP_WAIT_FOR_SELECTOR, "#text", NULL},
        {LL_OP_WAIT_FOR_URL, NULL, "**"},
        {LL_OP_INNER_TEXT, "#text", NULL},
        {LL_OP_TEXT_CONTENT, "#text", NULL},
        {LL_OP_INPUT_VALUE, "#input", NULL},
        {LL_OP_GET_ATTRIBUTE, "#input", "title"},
        {LL_OP_IS_VISIBLE, "#text", NULL},
        {LL_OP_COUNT, "p", NULL},
        {LL_OP_EVALUATE, NULL, "1 + 1"},
        {LL_OP_NEW_PAGE, NULL, NULL},
        {LL_OP_CLOSE_PAGE, NULL, NULL},
    };
    FOR_EACH_KIND(kind) {
        struct driver driver;
        struct driven_page page;
        driver_begin(&driver, kind, site);
        driven_open(&driver, &page);
        driven_visit(&page, "/");
        for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
            ll_err err = driven_do(&page, calls[i].operation, calls[i].selector, calls[i].text);
            cr_expect_eq(err.status, LL_OK, "%s: %s", ll_operation_info(calls[i].operation)->name, err.text);
        }
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
