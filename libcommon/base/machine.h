// What the machine that a program runs on has to give, and how much of it so many users take. A shortage of the
// machine's own is no failure of the site, so it is found before a run begins.
#ifndef LIBCOMMON_BASE_MACHINE_H
#define LIBCOMMON_BASE_MACHINE_H

#include "libcommon/base/err.h"

#include <stdint.h>

enum {
    LL_MACHINE_FILES_OF_PROGRAM = 100, // open at once by an agent, or by one process of its browser, without users
    LL_MACHINE_FILES_OF_USER = 12,     // further ones in the process that holds most of a user's: its connections
};

// Raises the soft limit of open files to the hard one; the programs that this one starts inherit it. Without an effect
// where that is refused.
void ll_machine_raise_files(void);

// Whether a process may open as many files as `users` of one browser take. LL_FAILED_PRECONDITION with the sum and the
// way out when it may not.
ll_err ll_machine_check_files(uint32_t users);
// The same for a given limit.
ll_err ll_machine_check_files_of(uint64_t limit, uint32_t users);

#endif
