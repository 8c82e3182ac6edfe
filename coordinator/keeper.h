// The journal's file: one run's, made when it starts and removed when its result was fetched, or the next one starts.
//
// One owner. Writing that fails is said in the log once, and the journal is given up until the next run.
#ifndef COORDINATOR_KEEPER_H
#define COORDINATOR_KEEPER_H

#include "coordinator/core/coordinator.h"

#include <stdbool.h>
#include <stdint.h>

struct ll_keeper {
    char *folder, *path; // owned
    int lock_fd;         // of the folder: one coordinator at a time; -1: not locked
    int64_t unix_us_at_zero;
    int fd;                 // of the file; -1: there is none
    uint64_t next_sequence; // of its next record
    bool is_restoring;
};

// Nothing is touched yet. `folder` NULL: keeps nothing.
struct ll_keeper ll_keeper_make(const char *folder, int64_t unix_us_at_zero);
void ll_keeper_fini(struct ll_keeper *keeper);

// Whether there is a journal for a successor to read.
bool ll_keeper_is_keeping(const struct ll_keeper *keeper);

void ll_keeper_write(struct ll_keeper *keeper, const struct ll_journal_record *record);

// Takes the folder, tells `core`, which was just made, what the file says, and writes on from there. No file, or one
// that ends before its first record does: nothing to tell, and the file goes. LL_ALREADY_EXISTS when another
// coordinator has the folder.
ll_err ll_keeper_restore(struct ll_keeper *keeper, struct ll_coordinator *core, int64_t now_us);

#endif
