// The loop of a program with one owner thread: libwebsockets' service loop, with timers, wake-ups and signals.
//
// Everything here is for the owner thread, except ll_loop_wake. Callbacks run on the owner thread.
#ifndef LIBCOMMON_LOOP_LOOP_H
#define LIBCOMMON_LOOP_LOOP_H

#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct ll_loop;
struct ll_timer;
struct ll_watch;
struct lws_context;

// LL_RESOURCE_EXHAUSTED when the system has no descriptors or memory left for one.
ll_err ll_loop_new(struct ll_loop **out);
// Free timers first.
void ll_loop_free(struct ll_loop **loop);

// Serves until ll_loop_quit.
void ll_loop_run(struct ll_loop *loop);
// One turn of it: waits for something to happen and serves it. False when the loop cannot go on.
bool ll_loop_turn(struct ll_loop *loop);
void ll_loop_quit(struct ll_loop *loop);

// From any thread: has the loop call every wake handler soon. Many wakes may become one call.
void ll_loop_wake(struct ll_loop *loop);
// At most 8 handlers.
void ll_loop_on_wake(struct ll_loop *loop, void (*handler)(void *arg), void *arg);

// Has SIGINT, SIGTERM and SIGCHLD delivered as calls; call before threads are started, since it blocks the signals
// in this thread and those it starts. SIGPIPE is ignored.
ll_err ll_loop_on_signal(struct ll_loop *loop, void (*handler)(void *arg, int signal), void *arg);

// A timer that is not set. Times are microseconds of ll_clock_us; it is never early.
struct ll_timer *ll_timer_new(struct ll_loop *loop, void (*handler)(void *arg), void *arg);
void ll_timer_free(struct ll_timer **timer);
// Fires once at `at_us` (at once if past); setting again replaces.
void ll_timer_set(struct ll_timer *timer, int64_t at_us);
void ll_timer_cancel(struct ll_timer *timer);

// Tells when a descriptor of a library's own can be read or written. The caller keeps the descriptor, frees the watch
// before closing it, and may free any watch in the handler. Many watches take one of the loop's own descriptors.
// LL_RESOURCE_EXHAUSTED.
ll_err ll_watch_new(struct ll_loop *loop, int fd, void (*handler)(void *arg, int fd, bool reads, bool writes),
                    void *arg, struct ll_watch **out);
void ll_watch_free(struct ll_watch **watch);
// What is waited for; neither, to begin with. It is told for as long as it is so, and errors are told as both.
void ll_watch_set(struct ll_watch *watch, bool reads, bool writes);

// For modules that speak WebSocket: they make their own vhost on it.
struct lws_context *ll_loop_lws(struct ll_loop *loop);

#endif
