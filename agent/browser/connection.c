#include "agent/browser/connection.h"

#include <string.h>

static bool names_null_browser(const char *browser) {
    return browser && strncmp(browser, "null", 4) == 0 && (browser[4] == '\0' || browser[4] == ':');
}

ll_err ll_connection_open(const struct ll_connection_options *options, struct ll_connection **out) {
    if (names_null_browser(options->launch.program)) return ll_null_connection_open(options, out);
    struct ll_connection_options mine = *options;
    if (mine.launch.browsers == 0) mine.launch.browsers = ll_launch_usual_browsers();
    if (mine.launch.browsers > 1) return ll_pool_connection_open(&mine, out);
    return ll_cdp_connection_open(&mine, out);
}
