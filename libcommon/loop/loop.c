// Timers are the loop's own, in a heap, with a timerfd that wakes the loop for the earliest: libwebsockets' timers wait
// in whole milliseconds, and what is left of the last one is spent asking the kernel again and again.
#include "libcommon/loop/loop.h"

#include "libcommon/base/agenda.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"

#include <assert.h>
#include <errno.h>
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    WAKE_HANDLERS_MAX = 8,
    DESCRIPTORS_MAX = 1024, // lws allocates by this, not by the system's limit
};

struct ll_loop {
    struct lws_context *lws;
    struct lws_vhost *vhost;
    bool quit;
    struct {
        void (*handler)(void *arg);
        void *arg;
    } wakes[WAKE_HANDLERS_MAX];
    size_t wake_count;
    struct ll_agenda timers;
    int timer_fd;
    int64_t armed_us; // when timer_fd goes off; INT64_MAX: it does not
    int watch_fd;     // an epoll of all watches; -1 without any
    int signal_fd;
    void (*on_signal)(void *arg, int signal);
    void *signal_arg;
};

struct ll_timer {
    struct ll_alarm alarm; // first: the agenda hands it back
    struct ll_loop *loop;
    void (*handler)(void *arg);
    void *arg;
};

struct ll_watch {
    struct ll_loop *loop;
    int fd;
    void (*handler)(void *arg, int fd, bool reads, bool writes);
    void *arg;
};

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len);

static const struct lws_protocols protocols[] = {{.name = "loop", .callback = on_event}, {.name = NULL}};

// A descriptor of the loop's own, told of by `data`; the loop closes it. False when there is no room for it.
static bool adopt(struct ll_loop *loop, int fd, void *data) {
    lws_sock_file_fd_type file = {.filefd = fd};
    struct lws *wsi =
        fd < 0 ? NULL : lws_adopt_descriptor_vhost(loop->vhost, LWS_ADOPT_RAW_FILE_DESC, file, protocols[0].name, NULL);
    if (wsi) lws_set_opaque_user_data(wsi, data);
    return wsi != NULL;
}

ll_err ll_loop_new(struct ll_loop **out) {
    struct ll_loop *loop = ll_alloc(1, sizeof *loop);
    loop->signal_fd = loop->watch_fd = -1;
    loop->armed_us = INT64_MAX;
    signal(SIGPIPE, SIG_IGN);
    lws_set_log_level(0, NULL);
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN,
        .protocols = protocols,
        .gid = (gid_t)-1,
        .uid = (uid_t)-1,
        .fd_limit_per_thread = DESCRIPTORS_MAX,
        .user = loop,
        .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
    };
    loop->lws = lws_create_context(&info);
    if (loop->lws) loop->vhost = lws_create_vhost(loop->lws, &info);
    loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!loop->vhost || !adopt(loop, loop->timer_fd, &loop->timer_fd)) {
        ll_loop_free(&loop);
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "the event loop cannot be made: no descriptors or memory left");
    }
    *out = loop;
    return LL_SUCCESS;
}

void ll_loop_free(struct ll_loop **loop) {
    if (!*loop) return;
    if ((*loop)->lws) lws_context_destroy((*loop)->lws); // closes the adopted descriptors too
    ll_agenda_fini(&(*loop)->timers);
    free(*loop);
    *loop = NULL;
}

// The timers that are due by now; those that they set are for the next turn.
static void run_timers(struct ll_loop *loop) {
    int64_t now_us = ll_clock_us();
    struct ll_alarm *due;
    while (!loop->quit && (due = ll_agenda_take(&loop->timers, now_us))) {
        const struct ll_timer *timer = (const struct ll_timer *)due;
        timer->handler(timer->arg);
    }
}

// It may go off too early, for a timer that was cancelled, and is then set anew.
static void arm(struct ll_loop *loop) {
    int64_t next_us = ll_agenda_next_us(&loop->timers);
    if (next_us >= loop->armed_us) return;
    struct itimerspec at = {.it_value = {.tv_sec = next_us / 1000000, .tv_nsec = next_us % 1000000 * 1000}};
    timerfd_settime(loop->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
    loop->armed_us = next_us;
}

bool ll_loop_turn(struct ll_loop *loop) {
    run_timers(loop);
    arm(loop);
    return loop->quit || lws_service(loop->lws, 0) >= 0;
}

void ll_loop_run(struct ll_loop *loop) {
    while (!loop->quit && ll_loop_turn(loop)) {}
}

void ll_loop_quit(struct ll_loop *loop) {
    loop->quit = true;
    ll_loop_wake(loop);
}

void ll_loop_wake(struct ll_loop *loop) {
    lws_cancel_service(loop->lws);
}

void ll_loop_on_wake(struct ll_loop *loop, void (*handler)(void *arg), void *arg) {
    assert(loop->wake_count < WAKE_HANDLERS_MAX);
    loop->wakes[loop->wake_count].handler = handler;
    loop->wakes[loop->wake_count++].arg = arg;
}

ll_err ll_loop_on_signal(struct ll_loop *loop, void (*handler)(void *arg, int signal), void *arg) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    loop->on_signal = handler;
    loop->signal_arg = arg;
    loop->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (!adopt(loop, loop->signal_fd, &loop->signal_fd))
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "signals cannot be watched: %s", strerror(errno));
    return LL_SUCCESS;
}

struct ll_timer *ll_timer_new(struct ll_loop *loop, void (*handler)(void *arg), void *arg) {
    struct ll_timer *timer = ll_alloc(1, sizeof *timer);
    timer->loop = loop;
    timer->handler = handler;
    timer->arg = arg;
    return timer;
}

void ll_timer_free(struct ll_timer **timer) {
    if (!*timer) return;
    ll_timer_cancel(*timer);
    free(*timer);
    *timer = NULL;
}

void ll_timer_set(struct ll_timer *timer, int64_t at_us) {
    int64_t now_us = ll_clock_us();
    ll_agenda_set(&timer->loop->timers, &timer->alarm, at_us > now_us ? at_us : now_us + 1);
}

void ll_timer_cancel(struct ll_timer *timer) {
    ll_agenda_cancel(&timer->loop->timers, &timer->alarm);
}

struct lws_context *ll_loop_lws(struct ll_loop *loop) {
    return loop->lws;
}

// --- Watches ---

static ll_err open_watches(struct ll_loop *loop) {
    loop->watch_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!adopt(loop, loop->watch_fd, &loop->watch_fd))
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "descriptors cannot be watched: %s", strerror(errno));
    return LL_SUCCESS;
}

ll_err ll_watch_new(struct ll_loop *loop, int fd, void (*handler)(void *arg, int fd, bool reads, bool writes),
                    void *arg, struct ll_watch **out) {
    if (loop->watch_fd < 0) LL_TRY(open_watches(loop));
    struct ll_watch *watch = ll_alloc(1, sizeof *watch);
    *watch = (struct ll_watch){.loop = loop, .fd = fd, .handler = handler, .arg = arg};
    struct epoll_event event = {.data.ptr = watch};
    if (epoll_ctl(loop->watch_fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        free(watch);
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "a descriptor cannot be watched: %s", strerror(errno));
    }
    *out = watch;
    return LL_SUCCESS;
}

void ll_watch_free(struct ll_watch **watch) {
    if (!*watch) return;
    epoll_ctl((*watch)->loop->watch_fd, EPOLL_CTL_DEL, (*watch)->fd, NULL);
    free(*watch);
    *watch = NULL;
}

void ll_watch_set(struct ll_watch *watch, bool reads, bool writes) {
    struct epoll_event event = {.events = (reads ? EPOLLIN : 0u) | (writes ? EPOLLOUT : 0u), .data.ptr = watch};
    epoll_ctl(watch->loop->watch_fd, EPOLL_CTL_MOD, watch->fd, &event);
}

// One event at a time, since a handler may free any watch; and not for ever, since the loop has others to serve.
static void run_watches(struct ll_loop *loop) {
    enum { TURNS = 64 };
    struct epoll_event event;
    for (int i = 0; i < TURNS && epoll_wait(loop->watch_fd, &event, 1, 0) == 1; i++) {
        const struct ll_watch *watch = event.data.ptr;
        bool is_broken = event.events & (EPOLLERR | EPOLLHUP);
        watch->handler(watch->arg, watch->fd, is_broken || (event.events & EPOLLIN),
                       is_broken || (event.events & EPOLLOUT));
    }
}

// The next turn begins with what is due.
static void hear_timer(struct ll_loop *loop) {
    uint64_t times;
    if (read(loop->timer_fd, &times, sizeof times) > 0) loop->armed_us = INT64_MAX;
}

static void read_signals(struct ll_loop *loop) {
    struct signalfd_siginfo info;
    while (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
        loop->on_signal(loop->signal_arg, (int)info.ssi_signo);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len) {
    (void)user, (void)in, (void)len;
    struct ll_loop *loop = wsi ? lws_context_user(lws_get_context(wsi)) : NULL;
    if (!loop) return 0;
    // Other reasons of lws need nothing: this protocol carries only wake-ups and the loop's own descriptors.
    if (reason == LWS_CALLBACK_EVENT_WAIT_CANCELLED) {
        for (size_t i = 0; i < loop->wake_count; i++) loop->wakes[i].handler(loop->wakes[i].arg);
    } else if (reason == LWS_CALLBACK_RAW_RX_FILE) {
        const int *fd = lws_get_opaque_user_data(wsi);
        if (fd == &loop->timer_fd)
            hear_timer(loop);
        else if (fd == &loop->watch_fd)
            run_watches(loop);
        else
            read_signals(loop);
    }
    return 0;
}
