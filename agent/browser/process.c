// The happy path: fork, exec. Over a pipe the socket is there from the start; for a port there is a look every few
// milliseconds whether the file DevToolsActivePort in the profile holds it already (Chromium offers no event for it).
// The end is seen by a pidfd, and the children's end by the
// output pipe's, which they all hold. A process that does not listen in time is killed; one that ends before it
// listens has said why on stderr, whose last line becomes part of the error.
#include "agent/browser/process.h"

#include "agent/browser/flags.h"
#include "agent/browser/launch.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
#include "libcommon/base/temporary.h"
#include "libcommon/loop/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    LOOK_US = 5 * 1000,
    OUTPUT_KEPT = 4096,          // bytes of what it said last
    LINGER_US = 3 * 1000 * 1000, // how long children may hold the output after the process has ended
};

static const char profile_kind[] = "profile";

struct ll_process {
    struct ll_loop *loop;
    struct ll_process_events events;
    pid_t pid;
    bool reaped, timed_out;
    int status; // of waitpid
    char profile[PATH_MAX];
    int profile_lock;
    struct ll_timer *timer; // looks for the port, then limits how long the end takes
    uint32_t timeout_ms;
    int64_t give_up_us;
    struct lws *output_wsi, *pid_wsi; // NULL once closed
    int output_fd, pid_fd;
    int in_fd, out_fd; // our ends of the pipe until they are handed on; -1 otherwise
    char output[OUTPUT_KEPT + 1];
    size_t output_len;
};

static void look(void *arg);

// Ours, but that temporary files are made in the profile, to go with it: Chromium names what it downloads later than it
// writes it. To be freed; its texts are not, but for the last.
static char **make_environment(const char *profile) {
    static const char name[] = "TMPDIR=";
    size_t count = 0, kept = 0;
    while (environ[count]) count++;
    char **environment = ll_alloc(count + 2, sizeof *environment);
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], name, strlen(name)) != 0) environment[kept++] = environ[i];
    environment[kept] = ll_format("%s%s", name, profile);
    return environment;
}

static void free_environment(char **environment) {
    size_t last = 0;
    while (environment[last + 1]) last++;
    free(environment[last]);
    free(environment);
}

// In the child: only calls that are safe after fork. Chromium reads its pipe at descriptor 3 and writes it at 4.
__attribute__((noreturn)) static void become(const char *const *flags, char *const *environment, int output_fd,
                                             const int devtools[2], pid_t parent) {
    enum { DEVTOOLS_IN = 3, DEVTOOLS_OUT = 4, FIRST_OTHER = 5, OUT_OF_THE_WAY = 10 };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    int null_fd = open("/dev/null", O_RDONLY);
    dup2(null_fd, 0);
    dup2(output_fd, 1);
    dup2(output_fd, 2);
    if (devtools[0] >= 0) {
        int in_fd = fcntl(devtools[0], F_DUPFD, OUT_OF_THE_WAY), out_fd = fcntl(devtools[1], F_DUPFD, OUT_OF_THE_WAY);
        dup2(in_fd, DEVTOOLS_IN);
        dup2(out_fd, DEVTOOLS_OUT);
    }
    close_range(devtools[0] >= 0 ? FIRST_OTHER : DEVTOOLS_IN, ~0u, 0);
    execve(flags[0], (char *const *)flags, environment);
    static const char words[] = "it cannot be executed\n";
    (void)!write(2, words, sizeof words - 1);
    _exit(127);
}

static struct lws *watch(struct ll_process *process, struct lws_vhost *vhost, int fd) {
    lws_sock_file_fd_type file = {.filefd = fd};
    struct lws *wsi = lws_adopt_descriptor_vhost(vhost, LWS_ADOPT_RAW_FILE_DESC, file, LL_PROCESS_PROTOCOL, NULL);
    if (wsi) lws_set_opaque_user_data(wsi, process);
    return wsi;
}

static void close_both(const int fds[2]) {
    for (int i = 0; i < 2; i++)
        if (fds[i] >= 0) close(fds[i]);
}

// A pipe for each direction. Only our ends must not block: Chromium waits in threads of its own.
static bool open_devtools(struct ll_process *process, int theirs[2]) {
    int in[2], out[2];
    if (pipe2(in, O_CLOEXEC) != 0) return false;
    if (pipe2(out, O_CLOEXEC) != 0) {
        close_both(in);
        return false;
    }
    fcntl(in[0], F_SETFL, O_NONBLOCK);
    fcntl(out[1], F_SETFL, O_NONBLOCK);
    process->in_fd = in[0], theirs[1] = in[1];
    process->out_fd = out[1], theirs[0] = out[0];
    return true;
}

static ll_err fork_browser(struct ll_process *process, struct lws_vhost *vhost, const char *program,
                           const struct ll_launch *launch) {
    int pipe_fds[2];
    if (pipe2(pipe_fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "no pipe for the browser's output: %s", strerror(errno));
    int theirs[2] = {-1, -1}; // what Chromium reads and what it writes
    if (launch->transport == LL_TRANSPORT_PIPE && !open_devtools(process, theirs)) {
        close(pipe_fds[0]);
        close(pipe_fds[1]);
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "no pipe to the browser: %s", strerror(errno));
    }
    struct ll_flags flags;
    ll_flags_init(&flags, program, launch, process->profile);
    char **environment = make_environment(process->profile);
    pid_t parent = getpid();
    process->pid = fork();
    if (process->pid == 0) become(flags.list, environment, pipe_fds[1], theirs, parent);
    free_environment(environment);
    ll_flags_fini(&flags);
    close(pipe_fds[1]);
    close_both(theirs);
    process->output_wsi = watch(process, vhost, process->output_fd = pipe_fds[0]);
    if (process->pid < 0) return ll_err_make(LL_RESOURCE_EXHAUSTED, "no process for the browser: %s", strerror(errno));
    setpgid(process->pid, process->pid); // as the child does, whoever comes first
    process->pid_fd = (int)syscall(SYS_pidfd_open, process->pid, 0);
    if (process->pid_fd >= 0) {
        fcntl(process->pid_fd, F_SETFL, O_NONBLOCK);
        process->pid_wsi = watch(process, vhost, process->pid_fd);
    }
    if (!process->output_wsi || !process->pid_wsi)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the browser's process cannot be watched: %s", strerror(errno));
    return LL_SUCCESS;
}

ll_err ll_process_start(struct ll_loop *loop, struct lws_vhost *vhost, const char *program,
                        const struct ll_launch *launch, struct ll_process_events events, struct ll_process **out) {
    struct ll_process *process = ll_alloc(1, sizeof *process);
    process->loop = loop;
    process->events = events;
    process->timer = ll_timer_new(loop, look, process);
    process->in_fd = process->out_fd = -1;
    ll_temporary_sweep(profile_kind);
    ll_err err = ll_temporary_make(profile_kind, process->profile, &process->profile_lock);
    if (err.status != LL_OK) process->profile[0] = '\0';
    if (err.status == LL_OK) err = fork_browser(process, vhost, program, launch);
    if (err.status != LL_OK) {
        ll_process_free(&process);
        return err;
    }
    process->timeout_ms = ll_launch_timeout_ms(launch);
    process->give_up_us = ll_clock_us() + process->timeout_ms * INT64_C(1000);
    ll_timer_set(process->timer, process->in_fd >= 0 ? 0 : ll_clock_us() + LOOK_US);
    *out = process;
    return LL_SUCCESS;
}

const char *ll_process_profile(const struct ll_process *process) {
    return process->profile;
}

// https://man7.org/linux/man-pages/man5/proc_pid_statm.5.html: pages in all, resident, shared
uint64_t ll_process_memory_bytes(const struct ll_process *process) {
    char path[64], text[128];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)process->pid);
    int fd = process->pid > 0 && !process->reaped ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return 0;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    if (len <= 0) return 0;
    text[len] = '\0';
    char *at = text;
    strtoull(at, &at, 10);
    uint64_t resident = strtoull(at, &at, 10), shared = strtoull(at, &at, 10);
    return resident > shared ? (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

// Whoever ends it must not be told any more that it listens; reap sets the timer again.
void ll_process_kill(struct ll_process *process) {
    if (process->pid <= 0 || process->reaped) return;
    ll_timer_cancel(process->timer);
    kill(-process->pid, SIGKILL);
}

void ll_process_give_up(struct ll_process *process) {
    process->timed_out = true;
    ll_process_kill(process);
}

// The socket events come no more; lws closes the descriptor.
static void unwatch(struct lws **wsi) {
    if (!*wsi) return;
    lws_set_opaque_user_data(*wsi, NULL);
    lws_set_timeout(*wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
    *wsi = NULL;
}

void ll_process_free(struct ll_process **process) {
    if (!*process) return;
    ll_process_kill(*process);
    if ((*process)->pid > 0 && !(*process)->reaped) waitpid((*process)->pid, NULL, 0); // SIGKILL takes no time
    unwatch(&(*process)->output_wsi);
    unwatch(&(*process)->pid_wsi);
    ll_timer_free(&(*process)->timer);
    close_both((const int[]){(*process)->in_fd, (*process)->out_fd});
    if ((*process)->profile[0]) ll_temporary_remove((*process)->profile, (*process)->profile_lock);
    free(*process);
    *process = NULL;
}

// The last line of its output that is not empty; points into `output`, which it cuts.
static const char *last_words(struct ll_process *process) {
    char *end = process->output + process->output_len;
    while (end > process->output && (end[-1] == '\n' || end[-1] == '\r' || end[-1] == ' ')) end--;
    *end = '\0';
    char *start = strrchr(process->output, '\n');
    return start ? start + 1 : process->output;
}

static ll_err describe_end(struct ll_process *process) {
    bool was_killed = WIFSIGNALED(process->status) && WTERMSIG(process->status) == SIGKILL && !process->timed_out;
    const char *words = was_killed ? "" : last_words(process); // whoever killed it knows why, not the browser
    const char *said = *words ? "; it said last: " : "";
    if (process->timed_out)
        return ll_err_make(LL_UNAVAILABLE, "the browser did not answer over DevTools in %g seconds%s%.200s",
                           process->timeout_ms / 1000.0, said, words);
    if (WIFSIGNALED(process->status))
        return ll_err_make(LL_UNAVAILABLE, "the browser was killed by signal %d%s%.200s", WTERMSIG(process->status),
                           said, words);
    return ll_err_make(LL_UNAVAILABLE, "the browser ended with status %d%s%.200s", WEXITSTATUS(process->status), said,
                       words);
}

static void finish(struct ll_process *process) {
    ll_timer_cancel(process->timer);
    process->events.on_end(process->events.owner, describe_end(process)); // may free the process
}

// "39417\n/devtools/browser/5b8c…": written in one go, but not atomically, so it counts once it is whole.
static bool read_port(const struct ll_process *process, int *out_port, char out_path[LL_DEVTOOLS_PATH_MAX]) {
    enum { UUID_CHARS = 36 };
    static const char prefix[] = "/devtools/browser/";
    char name[PATH_MAX + 32], text[256];
    snprintf(name, sizeof name, "%s/DevToolsActivePort", process->profile);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t len = read(fd, text, sizeof text - 1);
    close(fd);
    if (len <= 0) return false;
    text[len] = '\0';
    char *end;
    long port = strtol(text, &end, 10);
    if (*end != '\n' || port <= 0 || port > 65535) return false;
    char *path = end + 1;
    path[strcspn(path, "\r\n")] = '\0';
    if (strncmp(path, prefix, strlen(prefix)) != 0 || strlen(path) < strlen(prefix) + UUID_CHARS) return false;
    *out_port = (int)port;
    snprintf(out_path, LL_DEVTOOLS_PATH_MAX, "%s", path);
    return true;
}

static void look(void *arg) {
    struct ll_process *process = arg;
    if (process->reaped) {
        finish(process); // a child holds the output still; it is not waited for longer
        return;
    }
    char path[LL_DEVTOOLS_PATH_MAX];
    struct ll_devtools_address address = {.in_fd = process->in_fd, .out_fd = process->out_fd, .path = path};
    if (address.in_fd >= 0 || read_port(process, &address.port, path)) {
        process->in_fd = process->out_fd = -1;
        process->events.on_listening(process->events.owner, &address);
    } else if (ll_clock_us() > process->give_up_us) {
        ll_process_give_up(process);
    } else {
        ll_timer_set(process->timer, ll_clock_us() + LOOK_US);
    }
}

static void keep_output(struct ll_process *process, const char *text, size_t len) {
    if (len >= OUTPUT_KEPT) {
        text += len - OUTPUT_KEPT;
        len = OUTPUT_KEPT;
        process->output_len = 0;
    }
    size_t over = process->output_len + len > OUTPUT_KEPT ? process->output_len + len - OUTPUT_KEPT : 0;
    memmove(process->output, process->output + over, process->output_len - over);
    memcpy(process->output + process->output_len - over, text, len);
    process->output_len += len - over;
    process->output[process->output_len] = '\0';
}

// False at the end of the output.
static bool read_output(struct ll_process *process) {
    char chunk[OUTPUT_KEPT];
    for (;;) {
        ssize_t len = read(process->output_fd, chunk, sizeof chunk);
        if (len == 0) return false;
        if (len < 0) return errno == EAGAIN || errno == EINTR;
        keep_output(process, chunk, (size_t)len);
    }
}

static void reap(struct ll_process *process) {
    if (waitpid(process->pid, &process->status, WNOHANG) == 0) return;
    kill(-process->pid, SIGKILL); // children that outlived it; the group exists as long as one of them does
    process->reaped = true;
    ll_timer_set(process->timer, ll_clock_us() + LINGER_US);
}

int ll_process_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user, (void)in, (void)len;
    struct ll_process *process = wsi ? lws_get_opaque_user_data(wsi) : NULL;
    if (!process) return 0;
    // The other reasons of lws concern sockets.
    if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        if (wsi == process->pid_wsi) {
            reap(process);
            return process->reaped ? -1 : 0;
        }
        return read_output(process) ? 0 : -1;
    }
    if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
        if (wsi == process->pid_wsi) process->pid_wsi = NULL;
        if (wsi == process->output_wsi) process->output_wsi = NULL;
        if (process->reaped && !process->output_wsi && !process->pid_wsi) finish(process);
    }
    return 0;
}
