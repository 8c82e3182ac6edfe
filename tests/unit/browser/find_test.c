#include "agent/browser/find.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static void expect_refused(const char *wanted, const char *sentence) {
    char path[PATH_MAX];
    ll_err err = ll_browser_find(wanted, path);
    cr_expect(ne(int, err.status, LL_OK), "\"%s\" was found", wanted);
    cr_expect_not_null(strstr(err.text, sentence), "\"%s\": %s", wanted, err.text);
}

Test(find, says_why_what_was_given_is_no_browser) {
    expect_refused("", "--browser is empty");
    expect_refused("/tmp", "/tmp, which --browser names, is a folder and no program that can be run");
    expect_refused("/etc/passwd", "/etc/passwd, which --browser names, is no program that can be run");
    expect_refused("/no/such/browser", "there is no program /no/such/browser, which --browser names");
    expect_refused("no-such-browser", "there is no program no-such-browser");
}
