#include "tools/liveload/child.h"

#include "libcommon/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXEC_FAILED = 127 };

static ll_err sibling_path(const char *program, char *out, size_t size) {
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    if (len < 0) return ll_err_make(LL_INTERNAL, "/proc/self/exe cannot be read: is /proc mounted?");
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(out, size, "%s/%s", self, program);
    if (access(out, X_OK) != 0)
        return ll_err_make(LL_NOT_FOUND, "%s is not there: liveload expects its programs in one folder", out);
    return LL_SUCCESS;
}

static void close_fd(int *fd) {
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

// In the child: puts its ends of the pipes in place. Only async-signal-safe calls.
static void take_ends(const int pipes[3][2]) {
    int null = open("/dev/null", O_RDWR);
    if (pipes[0][0] >= 0 || null >= 0) dup2(pipes[0][0] >= 0 ? pipes[0][0] : null, STDIN_FILENO);
    if (pipes[1][1] >= 0) dup2(pipes[1][1], STDOUT_FILENO);
    if (pipes[2][1] >= 0) dup2(pipes[2][1], STDERR_FILENO);
}

static void reset_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
}

ll_err child_start(const char *program, const char *const *arguments, unsigned wanted, struct child *out) {
    char path[PATH_MAX];
    const char *argv[CHILD_ARGUMENTS_MAX + 2] = {program}; // and NULL
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    LL_TRY(sibling_path(program, path, sizeof path));
    for (size_t i = 0; arguments[i]; i++) {
        assert(i < CHILD_ARGUMENTS_MAX);
        argv[i + 1] = arguments[i];
    }
    bool has_pipes = true;
    for (int i = 0; i < 3 && has_pipes; i++)
        if (wanted & (1u << i)) has_pipes = pipe2(pipes[i], O_CLOEXEC) == 0;
    pid_t parent = getpid(), pid = has_pipes ? fork() : -1;
    int reason = errno; // of -1
    if (pid == 0) {
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != parent) _exit(EXEC_FAILED); // it died in between
        reset_signals();
        take_ends((const int(*)[2])pipes);
        execv(path, (char *const *)argv);
        _exit(EXEC_FAILED);
    }
    for (int i = 0; i < 3; i++) close_fd(&pipes[i][i == 0 ? 0 : 1]);
    *out = (struct child){.pid = pid, .in = pipes[0][1], .out = pipes[1][0], .err = pipes[2][0]};
    snprintf(out->name, sizeof out->name, "%s", program);
    if (pid > 0) return LL_SUCCESS;
    out->pid = 0;
    child_finish(out, 0);
    return ll_err_make(LL_RESOURCE_EXHAUSTED, "%s cannot be started: %s", program, strerror(reason));
}

ll_err child_become(const char *program, char *const *argv) {
    char path[PATH_MAX];
    LL_TRY(sibling_path(program, path, sizeof path));
    execv(path, argv);
    return ll_err_make(LL_INTERNAL, "%s cannot be started: %s", path, strerror(errno));
}

bool child_is_running(struct child *child) {
    if (child->pid > 0 && waitpid(child->pid, &child->exit_status, WNOHANG) == child->pid) child->pid = 0;
    return child->pid > 0;
}

void child_signal(struct child *child, int signal) {
    if (child_is_running(child)) kill(child->pid, signal);
}

// Waits for the end on a pidfd; a kernel too old for one just gets asked again and again.
static void wait_for_end(struct child *child, int timeout_ms) {
    int fd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    struct pollfd ended = {.fd = fd, .events = POLLIN};
    poll(&ended, 1, timeout_ms);
    if (fd >= 0) close(fd);
}

bool child_ends_within(struct child *child, int timeout_ms) {
    if (child_is_running(child)) wait_for_end(child, timeout_ms);
    return !child_is_running(child);
}

void child_finish(struct child *child, int timeout_ms) {
    if (child_is_running(child)) wait_for_end(child, timeout_ms);
    if (child_is_running(child)) {
        kill(child->pid, SIGKILL);
        waitpid(child->pid, &child->exit_status, 0);
        child->pid = 0;
    }
    close_fd(&child->in);
    close_fd(&child->out);
    close_fd(&child->err);
}

ll_err child_read(int fd, int stop_at, int timeout_ms, struct ll_buf *out) {
    int64_t deadline_us = ll_clock_us() + (int64_t)timeout_ms * 1000;
    for (;;) {
        int64_t left_us = deadline_us - ll_clock_us();
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        int polled = left_us > 0 ? poll(&ready, 1, (int)(left_us / 1000) + 1) : 0;
        if (polled < 0 && errno == EINTR) continue;
        if (polled <= 0) return ll_err_make(LL_DEADLINE_EXCEEDED, "nothing came within %d s", timeout_ms / 1000);
        char chunk[16 * 1024];
        size_t want = stop_at >= 0 ? 1 : sizeof chunk; // a line's rest stays in the pipe
        ssize_t got = read(fd, chunk, want);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return stop_at < 0 ? LL_SUCCESS : ll_err_make(LL_UNAVAILABLE, "the program ended before it was ready");
        if (stop_at >= 0 && chunk[0] == stop_at) return LL_SUCCESS;
        ll_buf_append(out, chunk, (size_t)got);
        if (out->overflowed) return ll_err_make(LL_RESOURCE_EXHAUSTED, "more than %zu bytes came", out->max);
    }
}
