// What interrupts the command: Ctrl-C and its like, and the end of a program it started.
//
// One thread. All of them arrive through one descriptor, which ends a blocking call when it becomes readable.
#ifndef TOOLS_LIVELOAD_SIGNALS_H
#define TOOLS_LIVELOAD_SIGNALS_H

#include "libcommon/base/err.h"

struct signals {
    int fd;              // -1: not watched
    unsigned interrupts; // SIGINT, SIGTERM and SIGHUP so far
};

ll_err signals_watch(struct signals *out);
void signals_fini(struct signals *signals);

// Waits until one comes or `ms` are over, and counts what came.
void signals_pause(struct signals *signals, int ms);

#endif
