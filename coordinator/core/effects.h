// What the core wants done in the world. The shell gives one function each; they are called within a step, in order,
// and the core never asks what became of them.
#ifndef COORDINATOR_CORE_EFFECTS_H
#define COORDINATOR_CORE_EFFECTS_H

#include "libcommon/base/log.h"
#include "libcommon/model/messages.h"

#include <stddef.h>

struct ll_part;
struct ll_roster_agent;
struct ll_run;

// What a coordinator that is started anew must know to go on where this one was (design.md, decision 6).
enum ll_journal_kind {
    LL_JOURNAL_AGENT,     // `agent` has registered
    LL_JOURNAL_SUBMITTED, // `run` was submitted
    LL_JOURNAL_STARTED,   // the start of `run` is commanded, for its parts
    LL_JOURNAL_FRAME,     // a snapshot of `part` was taken
    LL_JOURNAL_LOST,      // `part` is lost
    LL_JOURNAL_OVER,      // `run` is over and its result made
};

struct ll_journal_record {
    enum ll_journal_kind kind;
    const struct ll_roster_agent *agent;
    const struct ll_run *run;
    const struct ll_part *part;
    struct ll_bytes frame;
};

struct ll_effects {
    void *owner;
    // One line for the log.
    void (*log)(void *owner, enum ll_log_level level, const char *text);
    // Keep this before the call that caused it is answered: what is acknowledged must survive. Borrowed for the call.
    void (*journal)(void *owner, const struct ll_journal_record *record);
    // A run ended: its result file's bytes, borrowed for the call.
    void (*result)(void *owner, const char *run_id, const void *data, size_t len);
};

// Logs a printf-style line.
void ll_effects_log(const struct ll_effects *effects, enum ll_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
