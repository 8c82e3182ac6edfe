#include "agent/browser/find.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static void expect_not_headed(const char *wanted, enum ll_status status, const char *sentence) {
    char path[PATH_MAX];
    ll_err err = ll_browser_find_headed(wanted, path);
    cr_expect(eq(int, err.status, status), "%s", err.text);
    cr_expect_not_null(strstr(err.text, sentence), "%s", err.text);
}

Test(find, windows_need_a_display_and_a_browser_that_has_some) {
    char folder[] = "/tmp/liveload-find-XXXXXX", shell[PATH_MAX], full[PATH_MAX], path[PATH_MAX];
    cr_assert(mkdtemp(folder) != NULL);
    snprintf(shell, sizeof shell, "%s/chromium-headless-shell", folder);
    snprintf(full, sizeof full, "%s/google-chrome", folder);
    close(open(shell, O_CREAT | O_WRONLY, 0755));
    close(open(full, O_CREAT | O_WRONLY, 0755));
    unsetenv("DISPLAY");
    unsetenv("WAYLAND_DISPLAY");
    expect_not_headed(full, LL_FAILED_PRECONDITION, "there is no display");
    setenv("DISPLAY", ":99", 1);
    expect_not_headed(shell, LL_NOT_FOUND,
                      "is a headless shell and shows no windows: --headed needs the full Chromium");
    ll_err err = ll_browser_find_headed(full, path);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    setenv("PATH", folder, 1);
    unsetenv("LIVELOAD_BROWSER");
    err = ll_browser_find_headed(NULL, path);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect_null(strstr(path, "headless"), "%s", path);
    unlink(full);
    if (access("/usr/lib/chromium/chromium", X_OK) != 0)
        expect_not_headed(NULL, LL_NOT_FOUND, "apt-get install chromium");
    unlink(shell);
    rmdir(folder);
}
