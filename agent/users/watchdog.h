// Watches for a script that does not return to the loop. The limit of instructions, which library functions spend too
// (agent/scenario/budget.h), ends a loop in a scenario by what it does; this ends it by the clock, whatever it does.
//
// The loop marks when it is in a script; a thread of its own looks at the mark, and when the same call has lasted
// LL_SCRIPT_BUSY_MS_MAX it has the loop's thread end the script at its next instruction. What reaches no instruction
// within as long again is a fault of LiveLoad: the thread writes one line, with the scenario's line, and ends the
// process.
#ifndef AGENT_USERS_WATCHDOG_H
#define AGENT_USERS_WATCHDOG_H

#include "libcommon/base/err.h"

// From the loop's thread, once. Without it the marks do nothing.
ll_err ll_watchdog_start(void);
// Ends the thread; may be called when it was not started.
void ll_watchdog_stop(void);

// Around each call into a script, on the loop's thread.
void ll_watchdog_enter(void);
void ll_watchdog_leave(void);

#endif
