// Watches for a script that never returns to the loop. Lua's instruction limit ends a loop in a scenario, but not one
// inside a C function: a string.find with a bad pattern can take a minute, and every user of the agent would stand
// still meanwhile.
//
// The loop marks when it is in a script; a thread of its own looks at the mark, and when the same call has lasted
// LL_WATCHDOG_LIMIT_MS it has the loop's thread write one line, with the scenario's line, and end the process.
// The browser goes with it, and the coordinator counts the agent as lost.
#ifndef AGENT_USERS_WATCHDOG_H
#define AGENT_USERS_WATCHDOG_H

#include "libcommon/base/err.h"

enum { LL_WATCHDOG_LIMIT_MS = 3000 };

// From the loop's thread, once. Without it the marks do nothing.
ll_err ll_watchdog_start(void);
// Ends the thread; may be called when it was not started.
void ll_watchdog_stop(void);

// Around each call into a script, on the loop's thread.
void ll_watchdog_enter(void);
void ll_watchdog_leave(void);

#endif
