#include "libcommon/model/browser_arg.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

Test(browser_arg, flags_are_flags) {
    static const char *const good[] = {"--lang=de", "--disable-gpu", "--typed", "--headlessly", "--user-data-dirs"};
    static const char *const bad[] = {"", "-x", "lang=de", "--", "--=x", "about:blank"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect(eq(int, ll_browser_arg_check(good[i]).status, LL_OK), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect(eq(int, ll_browser_arg_check(bad[i]).status, LL_INVALID_ARGUMENT), "%s", bad[i]);
    char *long_flag = calloc(1, LL_BROWSER_ARG_MAX + 2);
    memset(long_flag, 'x', LL_BROWSER_ARG_MAX + 1);
    memcpy(long_flag, "--", 2);
    cr_expect(eq(int, ll_browser_arg_check(long_flag).status, LL_INVALID_ARGUMENT));
    free(long_flag);
}

Test(browser_arg, what_would_break_the_driving_is_refused_with_its_reason) {
    static const char *const refused[] = {"--remote-debugging-port=9222",
                                          "--remote-debugging-pipe",
                                          "--user-data-dir=/tmp/x",
                                          "--headless",
                                          "--headless=new",
                                          "--single-process",
                                          "--type=renderer"};
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        cr_expect(eq(int, ll_browser_arg_check(refused[i]).status, LL_INVALID_ARGUMENT), "%s", refused[i]);
    ll_err err = ll_browser_arg_check("--user-data-dir=/tmp/x");
    cr_expect(eq(str, err.text,
                 "--browser-arg --user-data-dir=/tmp/x cannot be given: each browser gets a profile of its "
                 "own that goes with it"));
}

Test(browser_arg, windows_want_a_display) {
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    cr_expect(eq(int, ll_browser_check_display().status, LL_FAILED_PRECONDITION));
    setenv("WAYLAND_DISPLAY", "", 1);
    cr_expect(eq(int, ll_browser_check_display().status, LL_FAILED_PRECONDITION));
    setenv("DISPLAY", ":0", 1);
    cr_expect(eq(int, ll_browser_check_display().status, LL_OK));
}
