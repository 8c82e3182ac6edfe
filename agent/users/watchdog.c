#include "agent/users/watchdog.h"

#include "agent/scenario/scenario.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    LOOK_MS = 500,
    STACK_BYTES = 64 * 1024,
    WHERE_MAX = 200,
};

// Odd while a script runs; each call has a number of its own.
static atomic_uint_fast64_t calls;
// The call that lasts too long, and whether its script was told to end and did not.
static atomic_uint_fast64_t overdue;
static atomic_bool is_lost;

static struct {
    bool started;
    bool stopping; // under the lock
    pthread_t thread, watched;
    pthread_mutex_t lock;
    pthread_cond_t changed;
} watchdog = {.lock = PTHREAD_MUTEX_INITIALIZER};

void ll_watchdog_enter(void) {
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

void ll_watchdog_leave(void) {
    atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed);
}

// On the busy thread, in a signal handler: only what is safe there. A script ends at its next instruction; what is
// still busy after as long again is in a function that reaches none.
static void interrupt(int signal) {
    (void)signal;
    if (atomic_load_explicit(&calls, memory_order_relaxed) != atomic_load_explicit(&overdue, memory_order_relaxed))
        return; // it returned just now
    if (!atomic_load_explicit(&is_lost, memory_order_relaxed)) {
        ll_script_interrupt();
        return;
    }
    char where[WHERE_MAX];
    if (!ll_script_running_at(where, sizeof where)) memcpy(where, "a script", sizeof "a script");
    const char *parts[] = {"liveload-agent: ", where,
                           " has kept the agent busy for 6 s within one call of a function; the agent ends\n"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (write(STDERR_FILENO, parts[i], strlen(parts[i])) < 0) break;
    _exit(1);
}

// Waits for LOOK_MS; false when the thread is to end.
static bool pause_once(void) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_MS * 1000000L;
    if (until.tv_nsec >= 1000000000L) {
        until.tv_nsec -= 1000000000L;
        until.tv_sec++;
    }
    pthread_mutex_lock(&watchdog.lock);
    int waited = 0;
    while (!watchdog.stopping && waited == 0) {
        waited = pthread_cond_timedwait(&watchdog.changed, &watchdog.lock, &until);
    }
    bool goes_on = !watchdog.stopping;
    pthread_mutex_unlock(&watchdog.lock);
    return goes_on;
}

static void *watch(void *arg) {
    (void)arg;
    uint64_t seen = 0;
    int lasted_ms = 0;
    while (pause_once()) {
        uint64_t call = atomic_load_explicit(&calls, memory_order_relaxed);
        bool is_same = call == seen && call % 2 == 1;
        lasted_ms = is_same ? lasted_ms + LOOK_MS : 0;
        seen = call;
        if (lasted_ms < LL_SCRIPT_BUSY_MS_MAX) continue;
        atomic_store_explicit(&overdue, call, memory_order_relaxed);
        atomic_store_explicit(&is_lost, lasted_ms >= 2 * LL_SCRIPT_BUSY_MS_MAX, memory_order_relaxed);
        pthread_kill(watchdog.watched, SIGALRM);
    }
    return NULL;
}

ll_err ll_watchdog_start(void) {
    watchdog.watched = pthread_self();
    struct sigaction action = {.sa_handler = interrupt, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);

    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&watchdog.changed, &clock);
    pthread_condattr_destroy(&clock);

    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, STACK_BYTES);
    sigset_t all, before; // signals are the loop's
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&watchdog.thread, &small, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&small);
    if (failed)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the watchdog's thread cannot be started: %s", strerror(failed));
    watchdog.started = true;
    return LL_SUCCESS;
}

void ll_watchdog_stop(void) {
    if (!watchdog.started) return;
    pthread_mutex_lock(&watchdog.lock);
    watchdog.stopping = true;
    pthread_cond_signal(&watchdog.changed);
    pthread_mutex_unlock(&watchdog.lock);
    pthread_join(watchdog.thread, NULL);
    watchdog.started = watchdog.stopping = false;
}
