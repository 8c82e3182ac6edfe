// How a run goes, while it goes: one line that is drawn again on a terminal, a plain line now and then elsewhere.
#ifndef TOOLS_LIVELOAD_PROGRESS_H
#define TOOLS_LIVELOAD_PROGRESS_H

#include "libcommon/model/messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
    const char *scenario;
    bool is_quiet;
    bool is_terminal;
    bool is_drawn;         // a line stands on the terminal and must be cleared before others are written
    int64_t next_plain_us; // when the next plain line is due
    enum ll_run_state last_state;
};

struct progress progress_make(const char *scenario, bool is_quiet);
void progress_show(struct progress *progress, const struct ll_status_reply *status, uint32_t agents_wanted);
// How a run stands, or how far it came, without a name.
void progress_format(const struct ll_status_reply *status, char *out, size_t size);
// Takes the line away, so that others can write.
void progress_clear(struct progress *progress);

#endif
