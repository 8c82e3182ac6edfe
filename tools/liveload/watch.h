// Following a run at a coordinator until it is over.
//
// One thread.
#ifndef TOOLS_LIVELOAD_WATCH_H
#define TOOLS_LIVELOAD_WATCH_H

#include "tools/liveload/remote.h"

#include <stdbool.h>
#include <stdint.h>

enum watch_interrupt {
    WATCH_STOPS,  // Ctrl-C stops the run gracefully; again, it leaves at once
    WATCH_LEAVES, // Ctrl-C leaves the run alone
};

struct watch_options {
    const char *scenario; // for the progress line
    bool is_quiet;
    uint32_t agents_wanted; // 0: not known
    enum watch_interrupt on_interrupt;
    void (*on_state)(void *arg, enum ll_run_state state); // after each look; NULL: not wanted
    // Whether every agent has ended for certain, so that none returns with what it measured. The run is stopped then:
    // its coordinator, which only hears nothing, would wait for them. NULL: not known.
    bool (*has_no_agent)(void *arg);
    void *arg;
};

// Until the run is over, by itself or by Ctrl-C. An error when it failed, which may have a result too; LL_CANCELLED
// when it was left.
ll_err watch_run(struct remote *remote, const struct ll_run_request *run, const struct watch_options *options,
                 bool *out_has_result);

#endif
