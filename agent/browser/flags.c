// Nothing that talks to the network by itself, nothing that slows pages down because nobody looks at them.
// docs/decisions/browser-flags.md has what was measured.
#include "agent/browser/flags.h"

#include "agent/browser/find.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { DISABLED_FEATURES_MAX = 128 * 1024 }; // the longest argument that Linux takes

static const char *const always[] = {
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-component-extensions-with-background-pages",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-extensions",
    "--disable-sync",
    "--disable-client-side-phishing-detection",
    "--disable-breakpad",
    "--disable-crash-reporter",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--disable-search-engine-choice-screen",
    "--metrics-recording-only",
    "--mute-audio",
    "--hide-scrollbars",
    "--password-store=basic",
    "--use-mock-keychain",
    "--disable-field-trial-config",
    "--allow-pre-commit-input",
    "--disable-site-isolation-trials",
};

static const char features_flag[] = "--disable-features=";

// RenderDocument makes a new frame host for each navigation, for a quarter of all processor time. IgnoreDuplicateNavs
// drops a click on a link whose URL was gone to just before, also when that became a download and no page.
static const char features[] = "RenderDocument,IsolateOrigins,site-per-process,BackForwardCache,PaintHolding,Translate,"
                               "OptimizationHints,MediaRouter,DialMediaRouteProvider,AcceptCHFrame,HttpsUpgrades,"
                               "IgnoreDuplicateNavs";
// Where frames come rarely, tasks are not held back after input until the next one.
static const char features_with_rare_frames[] = ",DeferRendererTasksAfterInput";

static bool disables_features(const char *arg) {
    return strncmp(arg, features_flag, strlen(features_flag)) == 0;
}

// Chromium takes the last flag of a name; so that people's features go with ours, all become one.
static void join_disabled_features(const struct ll_launch *launch, struct ll_buf *out) {
    ll_buf_printf(out, "%s%s%s", features_flag, features,
                  launch->paint == LL_PAINT_FULL ? "" : features_with_rare_frames);
    for (size_t i = 0; i < launch->arg_count; i++)
        if (disables_features(launch->args[i])) ll_buf_printf(out, ",%s", launch->args[i] + strlen(features_flag));
}

static void add(struct ll_flags *flags, const char *flag) {
    assert(flags->count < LL_FLAGS_MAX);
    flags->list[flags->count++] = flag;
}

void ll_flags_init(struct ll_flags *flags, const char *program, const struct ll_launch *launch, const char *profile) {
    *flags = (struct ll_flags){.disabled_features = ll_buf_make(DISABLED_FEATURES_MAX)};
    join_disabled_features(launch, &flags->disabled_features);
    snprintf(flags->profile, sizeof flags->profile, "--user-data-dir=%s", profile);
    add(flags, program);
    if (!launch->headed) add(flags, ll_browser_is_headless_shell(program) ? "--headless" : "--headless=new");
    add(flags, flags->profile);
    if (launch->transport == LL_TRANSPORT_PIPE) {
        add(flags, "--remote-debugging-pipe");
    } else {
        add(flags, "--remote-debugging-port=0");
        add(flags, "--remote-debugging-address=127.0.0.1");
    }
    for (size_t i = 0; i < sizeof always / sizeof *always; i++) add(flags, always[i]);
    add(flags, ll_buf_str(&flags->disabled_features));
    if (launch->paint != LL_PAINT_FULL) { // cdp/painter.c asks for frames
        add(flags, "--enable-begin-frame-control");
        add(flags, "--run-all-compositor-stages-before-draw");
    }
    if (geteuid() == 0) add(flags, "--no-sandbox"); // Chromium refuses to sandbox for root
    for (size_t i = 0; i < launch->arg_count; i++)
        if (!disables_features(launch->args[i])) add(flags, launch->args[i]); // of two alike the last counts
}

void ll_flags_fini(struct ll_flags *flags) {
    ll_buf_fini(&flags->disabled_features);
}
