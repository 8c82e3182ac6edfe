// What every benchmark here does: run a piece of work often enough to time it, several times, and keep the best time,
// which is the one that other programs on the machine disturbed least.
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include "libcommon/base/clock.h"

#include <stdint.h>

enum {
    BENCH_ROUNDS = 150,
    BENCH_ROUND_US = 2000,
};

// Nanoseconds of one call of `work`.
static inline double bench_best_ns(void (*work)(void *arg), void *arg) {
    double best_ns = 0;
    uint64_t calls = 1;
    for (int round = 0; round < BENCH_ROUNDS;) {
        int64_t start_us = ll_clock_us();
        for (uint64_t i = 0; i < calls; i++) work(arg);
        int64_t took_us = ll_clock_us() - start_us;
        if (took_us < BENCH_ROUND_US) { // too short to time: not counted
            calls *= 2;
            continue;
        }
        double ns = 1000.0 * (double)took_us / (double)calls;
        if (round == 0 || ns < best_ns) best_ns = ns;
        round++;
    }
    return best_ns;
}

#endif
