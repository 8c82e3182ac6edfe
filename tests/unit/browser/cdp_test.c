#include "tests/unit/browser/driver.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const struct ll_site_page site[] = {
    {.path = "/",
     .body = "<h1 id=title>Welcome</h1><button id=add onclick=\"fetch('/row').then(r=>r.text()).then(t=>{"
             "const li=document.createElement('li');li.textContent=t;list.append(li)})\">Add</button>"
             "<ul id=list></ul><form action=/answer><input id=name name=name><button id=send>Send"
             "</button></form>"},
    {.path = "/row", .body = "a row", .type = "text/plain"},
    {.path = "/answer", .body = "<p id=answer>Thank you</p>"},
    {.path = NULL},
};

Test(cdp, a_user_walks_through_a_page) {
    struct driver driver;
    struct driven_page page;
    driver_begin(&driver, NULL, site);
    driven_open(&driver, &page);
    driven_visit(&page, "/");
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#title", NULL), "Welcome");
    ll_err err = driven_do(&page, LL_OP_CLICK, "#add", NULL);
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
    err = driven_do(&page, LL_OP_WAIT_FOR_SELECTOR, "#list >> text=a row", NULL);
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
    err = driven_do(&page, LL_OP_FILL, "#name", "Ada \"the first\"");
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
    cr_expect_str_eq(driven_read(&page, LL_OP_INPUT_VALUE, "#name", NULL), "Ada \"the first\"");
    err = driven_do(&page, LL_OP_CLICK, "#send", NULL);
    cr_expect_eq(err.status, LL_OK, "%s", err.text);
    cr_expect_str_eq(driven_read(&page, LL_OP_INNER_TEXT, "#answer", NULL), "Thank you");
    driven_close(&page);
    driver_end(&driver);
}
