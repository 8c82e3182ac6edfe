#include "libcommon/loop/loop.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

struct seen {
    struct ll_loop *loop;
    int timers, wakes, signal;
};

static void note_timer(void *arg) {
    struct seen *seen = arg;
    seen->timers++;
    ll_loop_quit(seen->loop);
}

static void note_wake(void *arg) {
    struct seen *seen = arg;
    seen->wakes++;
    ll_loop_quit(seen->loop);
}

static void note_signal(void *arg, int signal) {
    struct seen *seen = arg;
    seen->signal = signal;
    ll_loop_quit(seen->loop);
}

struct again {
    struct ll_timer *timer;
    int times;
};

static void set_again(void *arg) {
    struct again *again = arg;
    again->times++;
    ll_timer_set(again->timer, 0);
}

struct watched {
    struct ll_loop *loop;
    struct ll_watch *read, *write;
    int reads, writes;
};

static void on_readable(void *arg, int fd, bool reads, bool writes) {
    struct watched *watched = arg;
    char byte;
    cr_expect(reads && !writes);
    cr_expect(eq(int, (int)read(fd, &byte, 1), 1));
    watched->reads++;
    ll_watch_free(&watched->read); // in its own handler
    ll_loop_quit(watched->loop);
}

static void on_writable(void *arg, int fd, bool reads, bool writes) {
    struct watched *watched = arg;
    cr_expect(writes && !reads);
    cr_expect(eq(int, (int)write(fd, "x", 1), 1));
    watched->writes++;
    ll_watch_set(watched->write, false, false);
}

Test(loop, descriptors_of_others_are_watched) {
    struct watched watched = {0};
    int ends[2];
    cr_assert_eq(ll_loop_new(&watched.loop).status, LL_OK);
    cr_assert_eq(pipe(ends), 0);
    cr_assert_eq(ll_watch_new(watched.loop, ends[0], on_readable, &watched, &watched.read).status, LL_OK);
    cr_assert_eq(ll_watch_new(watched.loop, ends[1], on_writable, &watched, &watched.write).status, LL_OK);
    ll_watch_set(watched.read, true, false);
    ll_watch_set(watched.write, false, true);
    ll_loop_run(watched.loop);
    cr_expect(eq(int, watched.writes, 1));
    cr_expect(eq(int, watched.reads, 1));
    ll_watch_free(&watched.write);
    close(ends[0]), close(ends[1]);
    ll_loop_free(&watched.loop);
}

static void *wake_from_thread(void *arg) {
    ll_loop_wake(arg);
    return NULL;
}

Test(loop, a_timer_fires_once_and_not_early) {
    struct seen seen = {0};
    cr_assert_eq(ll_loop_new(&seen.loop).status, LL_OK);
    struct ll_timer *timer = ll_timer_new(seen.loop, note_timer, &seen);
    int64_t due = ll_clock_us() + 20000;
    ll_timer_set(timer, due);
    ll_loop_run(seen.loop);
    cr_expect(eq(int, seen.timers, 1));
    cr_expect(ge(long, (long)ll_clock_us(), (long)due));
    ll_timer_free(&timer);
    ll_loop_free(&seen.loop);
}

Test(loop, a_cancelled_timer_stays_silent) {
    struct seen seen = {0}, other = {0};
    cr_assert_eq(ll_loop_new(&seen.loop).status, LL_OK);
    other.loop = seen.loop;
    struct ll_timer *cancelled = ll_timer_new(seen.loop, note_timer, &other);
    struct ll_timer *last = ll_timer_new(seen.loop, note_timer, &seen);
    ll_timer_set(cancelled, ll_clock_us() + 5000);
    ll_timer_set(last, ll_clock_us() + 20000);
    ll_timer_cancel(cancelled);
    ll_loop_run(seen.loop);
    cr_expect(eq(int, other.timers, 0));
    cr_expect(eq(int, seen.timers, 1));
    ll_timer_free(&cancelled);
    ll_timer_free(&last);
    ll_loop_free(&seen.loop);
}

static void count_timer(void *arg) {
    ((struct seen *)arg)->timers++;
}

Test(loop, it_sleeps_until_a_timer_is_due) {
    enum { TIMERS = 10, OTHERS = 5 };
    struct seen seen = {0};
    cr_assert_eq(ll_loop_new(&seen.loop).status, LL_OK);
    struct ll_timer *timers[TIMERS];
    for (int i = 0; i < TIMERS; i++) {
        timers[i] = ll_timer_new(seen.loop, count_timer, &seen);
        ll_timer_set(timers[i], ll_clock_us() + 1700 * (i + 1));
    }
    int turns = 0;
    for (; seen.timers < TIMERS - 1; turns++) ll_loop_turn(seen.loop); // after the last nothing ends a turn
    cr_expect(le(int, turns, TIMERS + OTHERS));
    for (int i = 0; i < TIMERS; i++) ll_timer_free(&timers[i]);
    ll_loop_free(&seen.loop);
}

Test(loop, a_timer_set_by_itself_leaves_others_their_turn) {
    struct seen seen = {0};
    cr_assert_eq(ll_loop_new(&seen.loop).status, LL_OK);
    ll_loop_on_wake(seen.loop, note_wake, &seen);
    struct again again = {.timer = ll_timer_new(seen.loop, set_again, &again)};
    ll_timer_set(again.timer, 0);
    ll_loop_wake(seen.loop);
    ll_loop_run(seen.loop);
    cr_expect(ge(int, seen.wakes, 1));
    cr_expect(ge(int, again.times, 1));
    ll_timer_free(&again.timer);
    ll_loop_free(&seen.loop);
}

Test(loop, another_thread_wakes_it) {
    struct seen seen = {0};
    cr_assert_eq(ll_loop_new(&seen.loop).status, LL_OK);
    ll_loop_on_wake(seen.loop, note_wake, &seen);
    pthread_t thread;
    pthread_create(&thread, NULL, wake_from_thread, seen.loop);
    ll_loop_run(seen.loop);
    pthread_join(thread, NULL);
    cr_expect(ge(int, seen.wakes, 1));
    ll_loop_free(&seen.loop);
}

Test(loop, signals_arrive_as_calls) {
    struct seen seen = {0};
    cr_assert_eq(ll_loop_new(&seen.loop).status, LL_OK);
    cr_assert_eq(ll_loop_on_signal(seen.loop, note_signal, &seen).status, LL_OK);
    kill(getpid(), SIGINT);
    ll_loop_run(seen.loop);
    cr_expect(eq(int, seen.signal, SIGINT));
    ll_loop_free(&seen.loop);
}
