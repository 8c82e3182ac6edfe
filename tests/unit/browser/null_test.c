#include "tests/unit/browser/driver.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(null_browser, fails_the_share_that_it_is_told_to) {
    enum { ACTIONS = 1000 };
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, "null:fail=0.2,seed=5", NULL);
    driven_open(&driver, &page);
    int failures = 0;
    for (int i = 0; i < ACTIONS; i++)
        if (driven_do(&page, LL_OP_CLICK, "#x", NULL).status != LL_OK) failures++;
    cr_expect(ge(int, failures, 150));
    cr_expect(le(int, failures, 250));
    driver_end(&driver);
}

Test(null_browser, takes_as_long_as_it_is_told_to) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, "null:delay=20ms", NULL);
    driven_open(&driver, &page);
    int64_t start_us = ll_clock_us();
    driven_do(&page, LL_OP_CLICK, "#x", NULL);
    cr_expect(ge(long, (long)(ll_clock_us() - start_us), 20000L));
    driver_end(&driver);
}

Test(null_browser, readings_have_plausible_values) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, "null", NULL);
    driven_open(&driver, &page);
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#x", NULL), "");
    cr_expect_str_eq(driven_read(&page, LL_OP_IS_VISIBLE, "#x", NULL), "true");
    cr_expect_str_eq(driven_read(&page, LL_OP_COUNT, "#x", NULL), "0");
    cr_expect_str_eq(driven_read(&page, LL_OP_EVALUATE, NULL, "1"), "nil");
    driver_end(&driver);
}

Test(null_browser, an_option_that_cannot_be_is_refused_with_a_sentence) {
    static const char *const wrong[] = {"null:delay=soon", "null:delay=5ms-1ms", "null:fail=2", "null:fail=",
                                        "null:speed=3",    "null:delay",         "null:",       "null:fail=nan"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct driver driver;
        ll_err err = driver_open(&driver, wrong[i], NULL);
        cr_expect_eq(err.status, LL_INVALID_ARGUMENT, "%s gave %d", wrong[i], err.status);
        cr_expect(gt(sz, strlen(err.text), 20));
        driver_end(&driver);
    }
}
