// The process that started this one, for programs that must not outlive it.
//
// Once, at a program's start, before it makes threads.
#ifndef LIBCOMMON_BASE_PARENT_H
#define LIBCOMMON_BASE_PARENT_H

#include <stdbool.h>

// Has the kernel send SIGTERM when the parent ends. False: it ended while that was asked for, and no signal comes. A
// parent that ended before the call cannot be told from whoever adopted this process since; it then counts as parent.
bool ll_parent_follow(void);

#endif
