// What the core wants done in the world. The shell gives one function each; they are called within a step, in order,
// and the core never asks what became of them.
#ifndef COORDINATOR_CORE_EFFECTS_H
#define COORDINATOR_CORE_EFFECTS_H

#include "libcommon/base/log.h"
#include "libcommon/model/messages.h"

#include <stddef.h>

struct ll_run;

// What a restarted coordinator must know to go on with the run of this one (docs/decisions/journal.md). A
// run is journaled from the moment its start is commanded: before that nothing was measured.
enum ll_journal_kind {
    LL_JOURNAL_STARTED,       // the start of `run` is commanded, for its parts
    LL_JOURNAL_FRAME,         // a snapshot of a part was taken
    LL_JOURNAL_LOST,          // a part is lost, and why
    LL_JOURNAL_STOPPED,       // someone stopped the run
    LL_JOURNAL_OVER,          // the run is over and its result made, at `at_us`
    LL_JOURNAL_ARTIFACT,      // a piece of a file of a part was kept
    LL_JOURNAL_RELEASED,      // a user of a part was released from a barrier; its agent may not have heard of it
    LL_JOURNAL_PERMITTED,     // throttle `name` gave a permit for `at_us`, since the run's start
    LL_JOURNAL_ARTIFACT_LOST, // a piece of the file `name` could not be kept, and why: the run has no such file
    LL_JOURNAL_MISSING,       // `count` records cannot be read, here or before. Not a record of it
    LL_JOURNAL_DROPPED,       // its result was fetched: the journal is not needed any more. Not a record of it
    LL_JOURNAL_KINDS
};

struct ll_journal_record {
    enum ll_journal_kind kind;
    const struct ll_run *run;           // of STARTED: its id, spec, limits, start and parts
    size_t part;                        // of FRAME, LOST, ARTIFACT and RELEASED: its number in the run
    struct ll_bytes frame;              // of FRAME
    ll_err why;                         // of LOST and ARTIFACT_LOST
    int64_t at_us;                      // of OVER and PERMITTED
    uint64_t ticket;                    // of RELEASED
    const char *name;                   // of PERMITTED and ARTIFACT_LOST
    uint64_t count;                     // of MISSING
    const struct ll_artifact *artifact; // of ARTIFACT: as it is with this piece
};

struct ll_effects {
    void *owner;
    // One line for the log.
    void (*log)(void *owner, enum ll_log_level level, const char *text);
    // Keep this before the call that caused it is answered: what is acknowledged must survive. Borrowed for the call.
    void (*journal)(void *owner, const struct ll_journal_record *record);
    // A run ended: its result file's bytes, borrowed for the call.
    void (*result)(void *owner, const char *run_id, const void *data, size_t len);
    // Keep this piece of a file, which begins at `offset` of it. `name` is safe to be a file's. Borrowed for the call.
    // An error when it cannot be kept: then nothing of the file is.
    ll_err (*artifact)(void *owner, const char *run_id, const char *name, uint64_t offset, struct ll_bytes piece);
};

// Logs a printf-style line.
void ll_effects_log(const struct ll_effects *effects, enum ll_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
