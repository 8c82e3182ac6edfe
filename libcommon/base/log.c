#include "libcommon/base/log.h"

#include "libcommon/base/redact.h"
#include "libcommon/base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 1024 };

static const char *program_name = "liveload";
static enum ll_log_level lowest = LL_LOG_INFO;

void ll_log_init(const char *program, enum ll_log_level level) {
    static const char *const names[] = {"debug", "info", "warning", "error"};
    const char *wanted = getenv("LIVELOAD_LOG");
    program_name = program;
    lowest = level;
    for (unsigned i = 0; wanted && i < sizeof names / sizeof *names; i++)
        if (strcmp(wanted, names[i]) == 0) lowest = (enum ll_log_level)i;
}

void ll_log(enum ll_log_level level, const char *format, ...) {
    static const char *const words[] = {"debug: ", "", "warning: ", "error: "};
    if (level < lowest) return;
    char line[LINE_MAX_BYTES];
    int used = snprintf(line, sizeof line, "%s: %s", program_name, words[level]);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + used, sizeof line - (size_t)used - 1, format, args);
    va_end(args);
    if (more < 0) return;
    ll_redact_text(line);
    ll_text_clean(line, line, sizeof line); // scenarios and peers have a say in it
    size_t len = strlen(line);
    line[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written; // nobody to tell when stderr is gone
}
