#include "libcommon/model/browser_arg.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name; // a flag, or with a "-" at its end what flags begin with
    const char *why;
} refused[] = {
    {"remote-debugging-", "LiveLoad drives the browser through it, and sets it itself"},
    {"user-data-dir", "each browser gets a profile of its own that goes with it"},
    {"headless", "--headed shows the browser, and without it there are no windows"},
    {"single-process", "Chromium dies with it"},
    {"type", "it is Chromium's own, for its children"},
    {"enable-automation", "pages would be told that they are automated"},
};

ll_err ll_browser_arg_check(const char *arg) {
    if (strncmp(arg, "--", 2) != 0 || !isalpha((unsigned char)arg[2]))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "--browser-arg \"%.100s\": it takes a flag of Chromium's, as in --browser-arg=--lang=de",
                           arg);
    if (strlen(arg) > LL_BROWSER_ARG_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "--browser-arg \"%.60s…\" is longer than %d bytes", arg,
                           LL_BROWSER_ARG_MAX);
    const char *name = arg + 2;
    size_t name_len = strcspn(name, "=");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        size_t len = strlen(refused[i].name);
        bool is_family = refused[i].name[len - 1] == '-';
        bool matches = strncmp(name, refused[i].name, len) == 0 && (is_family || name_len == len);
        if (matches)
            return ll_err_make(LL_INVALID_ARGUMENT, "--browser-arg %.100s cannot be given: %s", arg, refused[i].why);
    }
    return LL_SUCCESS;
}

ll_err ll_browser_check_display(void) {
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    if ((x11 && *x11) || (wayland && *wayland)) return LL_SUCCESS;
    return ll_err_make(LL_FAILED_PRECONDITION,
                       "--headed shows the browser's windows, and there is no display to show them on (neither DISPLAY "
                       "nor WAYLAND_DISPLAY is set): run it in a desktop session, or in front of xvfb-run");
}
