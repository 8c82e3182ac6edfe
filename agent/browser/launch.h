// How the browsers of an agent are started: the agent's own settings, the same for every run.
#ifndef AGENT_BROWSER_LAUNCH_H
#define AGENT_BROWSER_LAUNCH_H

#include "libcommon/model/browser_arg.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_BROWSERS_MAX = 64, // of one agent
    LL_LAUNCH_TIMEOUT_MS = 20 * 1000,
    LL_LAUNCH_RECYCLE_MB = 1500, // of a browser that carries hundreds of users it is a third
};

// How commands travel to Chromium. Over a pipe nobody else can reach it; a port lets people attach DevTools of their
// own.
enum ll_transport { LL_TRANSPORT_PIPE, LL_TRANSPORT_PORT };

// When pages are drawn (docs/DENSITY.md): as a browser does, a few times a second while something happens, or not.
enum ll_paint { LL_PAINT_FULL, LL_PAINT_LOW, LL_PAINT_OFF };

struct ll_launch {
    const char *program; // a path, "null", "null:delay=5ms,fail=0.01", or NULL: find one
    uint32_t browsers;   // that share the users; 0: as many as the machine's processors want
    enum ll_transport transport;
    enum ll_paint paint;                   // low and off need the headless shell
    bool headed;                           // with windows, on a display
    const char *args[LL_BROWSER_ARGS_MAX]; // further flags for Chromium's command line; borrowed
    size_t arg_count;
    uint32_t timeout_ms;    // from its start until it answers; 0: LL_LAUNCH_TIMEOUT_MS
    uint64_t recycle_bytes; // of the browser's own process, from which on it is started anew; 0: never
};

// False when `text` is not "full", "low" or "off".
bool ll_launch_parse_paint(const char *text, enum ll_paint *out);
static inline uint32_t ll_launch_timeout_ms(const struct ll_launch *launch) {
    return launch->timeout_ms ? launch->timeout_ms : LL_LAUNCH_TIMEOUT_MS;
}

// One for every four processors this process may use, at least one: Chromium's main thread is a fifth of what its
// iterations cost, so that one browser keeps about five processors busy.
uint32_t ll_launch_usual_browsers(void);

#endif
