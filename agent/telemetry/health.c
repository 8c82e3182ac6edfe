#include "agent/telemetry/health.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { PROC_TEXT_MAX = 512 };

struct usage {
    int64_t at_us;
    int64_t own_cpu_us;
    uint64_t busy, total; // ticks of the machine
};

struct ll_health {
    int stat_fd, statm_fd; // kept open: read once per bucket; -1 where there is no /proc
    struct usage since;
    bool has_reading;
    struct ll_generator_health reading; // the last
};

struct ll_health *ll_health_new(void) {
    struct ll_health *health = ll_alloc(1, sizeof *health);
    health->stat_fd = open("/proc/stat", O_RDONLY | O_CLOEXEC);
    health->statm_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    return health;
}

void ll_health_free(struct ll_health **health) {
    if (!*health) return;
    if ((*health)->stat_fd >= 0) close((*health)->stat_fd);
    if ((*health)->statm_fd >= 0) close((*health)->statm_fd);
    free(*health);
    *health = NULL;
}

int64_t ll_health_beat(int64_t due_us, int64_t now_us, int64_t *out_next_us) {
    *out_next_us = (now_us > due_us ? now_us : due_us) + LL_HEALTH_BEAT_MS * 1000;
    return now_us > due_us ? now_us - due_us : 0;
}

static bool read_text(int fd, char text[PROC_TEXT_MAX]) {
    ssize_t len = fd < 0 ? -1 : pread(fd, text, PROC_TEXT_MAX - 1, 0);
    text[len > 0 ? len : 0] = '\0';
    return len > 0;
}

bool ll_health_parse_stat(const char *text, uint64_t *out_busy, uint64_t *out_total) {
    uint64_t user, nice, system, idle, iowait, irq, softirq, steal;
    if (sscanf(text, "cpu %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
               &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) != 8)
        return false;
    *out_busy = user + nice + system + irq + softirq + steal;
    *out_total = *out_busy + idle + iowait;
    return true;
}

static struct usage measure(const struct ll_health *health, int64_t now_us) {
    struct usage usage = {.at_us = now_us, .own_cpu_us = ll_clock_cpu_us()};
    char text[PROC_TEXT_MAX];
    if (read_text(health->stat_fd, text)) ll_health_parse_stat(text, &usage.busy, &usage.total);
    return usage;
}

static uint64_t resident_bytes(const struct ll_health *health) {
    char text[PROC_TEXT_MAX];
    uint64_t pages;
    if (!read_text(health->statm_fd, text) || sscanf(text, "%*u %" SCNu64, &pages) != 1) return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint32_t permille(double part, double whole) {
    return whole > 0 && part > 0 ? (uint32_t)(part * 1000 / whole + 0.5) : 0;
}

void ll_health_begin(struct ll_health *health, int64_t now_us) {
    health->since = measure(health, now_us);
    health->has_reading = false;
}

struct ll_generator_health ll_health_take(struct ll_health *health, int64_t now_us, int64_t least_us) {
    if (health->has_reading && now_us - health->since.at_us < least_us) return health->reading;
    struct usage was = health->since, is = measure(health, now_us);
    health->since = is;
    health->has_reading = true;
    health->reading = (struct ll_generator_health){
        .cpu_permille = permille((double)is.busy - (double)was.busy, (double)is.total - (double)was.total),
        .rss_bytes = resident_bytes(health),
        .agent_cpu_permille = permille((double)(is.own_cpu_us - was.own_cpu_us), (double)(is.at_us - was.at_us)),
    };
    return health->reading;
}
