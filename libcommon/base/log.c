#include "libcommon/base/log.h"

#include "libcommon/base/clock.h"
#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const char *program_name = "liveload";
static enum ll_log_level lowest = LL_LOG_INFO;
static int tail = -1; // descriptor of LIVELOAD_LOG_TAIL's file
static size_t tail_bytes;

void ll_log_init(const char *program, enum ll_log_level level) {
    static const char *const names[] = {"debug", "info", "warning", "error"};
    const char *wanted = getenv("LIVELOAD_LOG");
    program_name = program;
    lowest = level;
    for (unsigned i = 0; wanted && i < sizeof names / sizeof *names; i++)
        if (strcmp(wanted, names[i]) == 0) lowest = (enum ll_log_level)i;
    const char *path = getenv("LIVELOAD_LOG_TAIL");
    if (path && *path && tail < 0) tail = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

static void write_line(int fd, const char *text) {
    char line[LINE_MAX_BYTES];
    int len = snprintf(line, sizeof line - 1, "%s", text);
    if (len > (int)sizeof line - 2) len = (int)sizeof line - 2;
    line[len++] = '\n';
    ssize_t written = write(fd, line, (size_t)len);
    (void)written; // nobody to tell when stderr is gone
}

static void write_tail(const char *text) {
    char line[LINE_MAX_BYTES], stamp[LL_ISO_TIME_MAX];
    if (tail < 0) return;
    ll_text_iso_time((uint64_t)ll_clock_wall_ms(), stamp);
    snprintf(line, sizeof line, "%s %s", stamp, text);
    if (tail_bytes + strlen(line) > LL_LOG_TAIL_BYTES && ftruncate(tail, 0) == 0) tail_bytes = 0;
    tail_bytes += strlen(line) + 1;
    write_line(tail, line);
}

void ll_log_last(const char *sentence) {
    char line[LINE_MAX_BYTES];
    snprintf(line, sizeof line, "%s: %s", program_name, sentence);
    write_line(STDERR_FILENO, line);
    write_tail(line);
}

void ll_log(enum ll_log_level level, const char *format, ...) {
    static const char *const words[] = {"debug: ", "", "warning: ", "error: "};
    if (level < lowest && tail < 0) return;
    char line[LINE_MAX_BYTES];
    int used = snprintf(line, sizeof line, "%s: %s", program_name, words[level]);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + used, sizeof line - (size_t)used, format, args);
    va_end(args);
    if (more < 0) return;
    ll_redact_text(line);
    ll_text_clean(line, line, sizeof line); // scenarios and peers have a say in it
    if (level >= lowest) write_line(STDERR_FILENO, line);
    write_tail(line);
}
