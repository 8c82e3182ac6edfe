#include "tools/liveload/progress.h"

#include "libcommon/base/clock.h"
#include "libcommon/base/text.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_EVERY_US = 5 * 1000 * 1000, LINE_MAX_BYTES = 400, NARROW_COLUMNS = 80 };

struct progress progress_make(const char *scenario, bool is_quiet) {
    return (struct progress){
        .scenario = scenario, .is_quiet = is_quiet, .is_terminal = isatty(STDERR_FILENO), .last_state = LL_RUN_FAILED};
}

static void format_clock(uint64_t ms, char *out, size_t size) {
    snprintf(out, size, "%02u:%02u", (unsigned)(ms / 60000), (unsigned)(ms / 1000 % 60));
}

static void format_running(const struct ll_status_reply *status, char *out, size_t size) {
    char elapsed[16], planned[24] = "", p95[24] = "–";
    format_clock(status->elapsed_ms, elapsed, sizeof elapsed);
    if (status->planned_ms > 0) {
        memcpy(planned, " / ", 4);
        format_clock(status->planned_ms, planned + 3, sizeof planned - 3);
    }
    if (status->iterations_completed > 0) ll_text_duration_us(status->iteration_p95_us, p95, sizeof p95);
    double seconds = (double)status->elapsed_ms / 1000;
    double rate = seconds > 0 ? (double)status->iterations_completed / seconds : 0;
    int used = snprintf(out, size, "%s%s  %u user%s  %llu iterations  %.1f/s  p95 %s  %llu failed", elapsed, planned,
                        status->active_users, status->active_users == 1 ? "" : "s",
                        (unsigned long long)status->iterations_completed, rate, p95,
                        (unsigned long long)status->iterations_failed);
    if (status->agents_lost > 0 && used > 0 && (size_t)used < size)
        snprintf(out + used, size - (size_t)used, "  %u agent%s LOST", status->agents_lost,
                 status->agents_lost == 1 ? "" : "s");
}

static void format_state(const struct ll_status_reply *status, uint32_t agents_wanted, char *out, size_t size) {
    switch (status->state) {
    case LL_RUN_WAITING:
        if (agents_wanted > 0)
            snprintf(out, size, "waiting for agents: %u of %u", status->agents_registered, agents_wanted);
        else
            snprintf(out, size, "waiting for agents: %s", status->waiting_for);
        return;
    case LL_RUN_PREPARING:
    case LL_RUN_STARTING:
        snprintf(out, size, "preparing%s%s", *status->waiting_for ? ": " : "", status->waiting_for);
        return;
    case LL_RUN_STOPPING: {
        char running[LINE_MAX_BYTES];
        format_running(status, running, sizeof running);
        snprintf(out, size, "%s  users finish their iterations", running);
        return;
    }
    case LL_RUN_RUNNING:
    case LL_RUN_FINISHED:
    case LL_RUN_FAILED:
        format_running(status, out, size);
    }
}

void progress_format(const struct ll_status_reply *status, char *out, size_t size) {
    format_state(status, 0, out, size);
}

// Cuts the line to the terminal's width, counting UTF-8 characters as one column each.
static void fit(char *line) {
    struct winsize window = {0};
    unsigned columns =
        ioctl(STDERR_FILENO, TIOCGWINSZ, &window) == 0 && window.ws_col > 0 ? window.ws_col : NARROW_COLUMNS;
    unsigned seen = 0;
    for (char *at = line; *at; at++) {
        if (((unsigned char)*at & 0xC0) == 0x80) continue;
        if (++seen == columns) {
            *at = '\0';
            return;
        }
    }
}

static bool is_plain_due(struct progress *progress, const struct ll_status_reply *status) {
    bool changed = status->state != progress->last_state && status->state != LL_RUN_STARTING;
    if (!changed && ll_clock_us() < progress->next_plain_us) return false;
    progress->last_state = status->state;
    progress->next_plain_us = ll_clock_us() + PLAIN_EVERY_US;
    return true;
}

void progress_show(struct progress *progress, const struct ll_status_reply *status, uint32_t agents_wanted) {
    char state[LINE_MAX_BYTES], line[LINE_MAX_BYTES + LL_NAME_MAX];
    if (progress->is_quiet || (!progress->is_terminal && !is_plain_due(progress, status))) return;
    format_state(status, agents_wanted, state, sizeof state);
    snprintf(line, sizeof line, "%s  %s", progress->scenario, state);
    if (!progress->is_terminal) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    fit(line);
    fprintf(stderr, "\r\033[K%s", line);
    progress->is_drawn = true;
}

void progress_clear(struct progress *progress) {
    if (progress->is_drawn) fputs("\r\033[K", stderr);
    progress->is_drawn = false;
}
