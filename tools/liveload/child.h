// The programs `liveload` starts: its siblings, found beside itself.
//
// One thread. A child runs in a process group of its own, so that a Ctrl-C in the terminal reaches `liveload` alone,
// which then decides.
#ifndef TOOLS_LIVELOAD_CHILD_H
#define TOOLS_LIVELOAD_CHILD_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

enum {
    CHILD_NAME_MAX = 32,
    CHILD_ARGUMENTS_MAX = 100,
};

struct child {
    char name[CHILD_NAME_MAX]; // of the program
    pid_t pid;                 // 0: not running
    int in;                    // its stdin, or -1
    int out;                   // its stdout, or -1
    int err;                   // its stderr, or -1
    int exit_status;           // of waitpid, once it ended
};

enum child_pipes {
    CHILD_PIPE_IN = 1,
    CHILD_PIPE_OUT = 2,
    CHILD_PIPE_ERR = 4,
};

// Starts `program` from the folder of this program. `arguments`, CHILD_ARGUMENTS_MAX at most, ends with NULL and leaves
// out the program's name.
// What is not piped: stdin is /dev/null, stdout and stderr are ours.
ll_err child_start(const char *program, const char *const *arguments, unsigned pipes, struct child *out);

// Replaces this program by its sibling; returns only when that fails.
ll_err child_become(const char *program, char *const *argv);

// True while it runs; once it has ended, exit_status is set and pid is 0.
bool child_is_running(struct child *child);
// Sends a signal, if it runs.
void child_signal(struct child *child, int signal);
// Waits for its end, at most `timeout_ms`, and leaves it alone. Whether it has ended.
bool child_ends_within(struct child *child, int timeout_ms);
// Waits for its end, at most `timeout_ms`, then ends it by SIGKILL. Closes the pipes.
void child_finish(struct child *child, int timeout_ms);

// Reads from `fd` until `stop_at` came (that byte is left out), the end, or the deadline. LL_DEADLINE_EXCEEDED,
// LL_UNAVAILABLE when the other side closed before `stop_at` (-1: read to the end).
ll_err child_read(int fd, int stop_at, int timeout_ms, struct ll_buf *out);

#endif
