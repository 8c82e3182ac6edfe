#include "tests/support/program.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 40, POLL_MS = 20 };

static const char *bin_folder(void) {
    const char *folder = getenv("LIVELOAD_BIN");
    return folder ? folder : LIVELOAD_BUILD_BIN;
}

static void become(const char *path, char **argv, int out, int err) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a test that crashes leaves nothing behind
    setpgid(0, 0);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    execv(path, argv);
    _exit(127);
}

struct program *program_start(const char *name, ...) {
    char path[PATH_MAX], *argv[ARGUMENTS_MAX + 2] = {path};
    snprintf(path, sizeof path, "%s/%s", bin_folder(), name);
    va_list args;
    va_start(args, name);
    for (int i = 1; i <= ARGUMENTS_MAX && (argv[i] = va_arg(args, char *)); i++) {}
    va_end(args);
    int out[2], err[2];
    cr_assert(pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0);
    struct program *program = ll_alloc(1, sizeof *program);
    program->pid = fork();
    if (program->pid == 0) become(path, argv, out[1], err[1]);
    close(out[1]);
    close(err[1]);
    program->out = out[0];
    program->err = err[0];
    fcntl(program->out, F_SETFL, O_NONBLOCK);
    fcntl(program->err, F_SETFL, O_NONBLOCK);
    program->said = ll_strdup("");
    program->complained = ll_strdup("");
    return program;
}

static void drain(int fd, char **text) {
    char chunk[4096];
    ssize_t got;
    while ((got = read(fd, chunk, sizeof chunk)) > 0) {
        size_t len = strlen(*text);
        *text = ll_realloc(*text, len + (size_t)got + 1, 1);
        memcpy(*text + len, chunk, (size_t)got);
        (*text)[len + (size_t)got] = '\0';
    }
}

// Reads what there is, waiting a little for more, and notices the end.
static void look(struct program *program) {
    struct pollfd pipes[2] = {{.fd = program->out, .events = POLLIN}, {.fd = program->err, .events = POLLIN}};
    poll(pipes, 2, POLL_MS);
    int status;
    bool ended = !program->has_ended && waitpid(program->pid, &status, WNOHANG) == program->pid;
    drain(program->out, &program->said);
    drain(program->err, &program->complained);
    if (!ended) return;
    program->has_ended = true;
    program->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int64_t deadline(void) {
    return ll_clock_us() + (int64_t)PROGRAM_TIMEOUT_MS * 1000;
}

static void assert_in_time(struct program *program, int64_t deadline_us, const char *what) {
    if (ll_clock_us() < deadline_us) return;
    kill(program->pid, SIGKILL);
    cr_assert_fail("%s did not come; stdout:\n%s\nstderr:\n%s", what, program->said, program->complained);
}

static bool has_said(const struct program *program, const char *text) {
    return strstr(program->said, text) || strstr(program->complained, text);
}

void program_await(struct program *program, const char *text) {
    int64_t deadline_us = deadline();
    while (!has_said(program, text)) {
        bool ended = program->has_ended;
        look(program);
        if (ended && !has_said(program, text))
            cr_assert_fail("it ended (%d) without \"%s\"; stdout:\n%s\nstderr:\n%s", program->exit_code, text,
                           program->said, program->complained);
        assert_in_time(program, deadline_us, text);
    }
}

int program_wait(struct program *program) {
    int64_t deadline_us = deadline();
    while (!program->has_ended) {
        look(program);
        assert_in_time(program, deadline_us, "the end");
    }
    return program->exit_code;
}

void program_signal(struct program *program, int signal) {
    if (!program->has_ended) kill(program->pid, signal);
}

void program_free(struct program **program) {
    if (!*program) return;
    if (!(*program)->has_ended) {
        kill((*program)->pid, SIGKILL);
        waitpid((*program)->pid, NULL, 0);
    }
    close((*program)->out);
    close((*program)->err);
    free((*program)->said);
    free((*program)->complained);
    free(*program);
    *program = NULL;
}

bool has(const char *text, const char *part) {
    return strstr(text, part) != NULL;
}

struct shop shop_start(const char *knob) {
    struct shop shop;
    shop.program = knob ? program_start("liveload-shop", "--port", "0", "--knob", knob, NULL)
                        : program_start("liveload-shop", "--port", "0", NULL);
    program_await(shop.program, "\n");
    const char *url = strstr(shop.program->said, "http://");
    cr_assert(url, "the shop said: %s%s", shop.program->said, shop.program->complained);
    snprintf(shop.url, sizeof shop.url, "%.*s", (int)strcspn(url, "\n"), url);
    return shop;
}

void shop_stop(struct shop *shop) {
    program_free(&shop->program);
}

char *folder_make(void) {
    const char *tmp = getenv("TMPDIR");
    char *folder = ll_format("%s/liveload-test-XXXXXX", tmp ? tmp : "/tmp");
    cr_assert(mkdtemp(folder), "%s: %s", folder, strerror(errno));
    return folder;
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about, (void)kind, (void)where;
    return remove(path);
}

void folder_remove(char **folder) {
    nftw(*folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(*folder);
    *folder = NULL;
}

char *path_in(const char *folder, const char *name) {
    return ll_format("%s/%s", folder, name);
}

char *folder_write(const char *folder, const char *name, const char *content) {
    char *path = path_in(folder, name);
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(content, file) >= 0 && fclose(file) == 0, "%s: %s", path, strerror(errno));
    return path;
}

char *file_read(const char *path) {
    FILE *file = fopen(path, "r");
    if (!file) return NULL;
    char *text = ll_strdup(""), chunk[65536];
    size_t len = 0, got;
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0) {
        text = ll_realloc(text, len + got + 1, 1);
        memcpy(text + len, chunk, got);
        text[len += got] = '\0';
    }
    fclose(file);
    return text;
}

// Command line of a process with its NULs as spaces; "" when it is gone.
static void command_line(const char *pid, char *out, size_t size) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%.20s/cmdline", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, out, size - 1) : 0;
    if (fd >= 0) close(fd);
    if (got < 0) got = 0;
    for (ssize_t i = 0; i < got; i++)
        if (out[i] == '\0') out[i] = ' ';
    out[got] = '\0';
}

static pid_t parent_of(const char *pid) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : 0;
    if (fd >= 0) close(fd);
    text[got > 0 ? got : 0] = '\0';
    const char *after_name = strrchr(text, ')');
    int parent = 0;
    char state;
    if (!after_name || sscanf(after_name + 1, " %c %d", &state, &parent) != 2) return 0;
    return parent;
}

// Counts, and tells the first; `parent` 0 means any.
static int find_processes(const char *text, pid_t parent, pid_t *out_first) {
    DIR *proc = opendir("/proc");
    int count = 0;
    char line[8192];
    for (struct dirent *entry; proc && (entry = readdir(proc));) {
        if (!isdigit((unsigned char)*entry->d_name)) continue;
        command_line(entry->d_name, line, sizeof line);
        if (!strstr(line, text) || (parent && parent_of(entry->d_name) != parent)) continue;
        if (count++ == 0) *out_first = (pid_t)strtol(entry->d_name, NULL, 10);
    }
    if (proc) closedir(proc);
    return count;
}

int processes_with(const char *text) {
    pid_t first;
    return find_processes(text, 0, &first);
}

pid_t process_with(const char *text, pid_t parent) {
    pid_t first = 0;
    find_processes(text, parent, &first);
    return first;
}

void await_processes_with(const char *text, int count) {
    int64_t deadline_us = deadline();
    int seen;
    while ((seen = processes_with(text)) != count) {
        poll(NULL, 0, POLL_MS);
        cr_assert(ll_clock_us() < deadline_us, "%d processes have \"%s\", not %d", seen, text, count);
    }
}

void await_file_of(const char *path, long bytes) {
    int64_t deadline_us = deadline();
    struct stat info = {0};
    while (stat(path, &info) != 0 || info.st_size < bytes) {
        poll(NULL, 0, POLL_MS);
        cr_assert(ll_clock_us() < deadline_us, "%s has %ld bytes, not %ld", path, (long)info.st_size, bytes);
    }
}
