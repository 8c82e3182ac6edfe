#include "tools/liveload/signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

ll_err signals_watch(struct signals *out) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    *out = (struct signals){.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC)};
    return out->fd >= 0 ? LL_SUCCESS : ll_err_make(LL_RESOURCE_EXHAUSTED, "signals cannot be watched");
}

void signals_fini(struct signals *signals) {
    if (signals->fd >= 0) close(signals->fd);
    signals->fd = -1;
}

void signals_pause(struct signals *signals, int ms) {
    struct pollfd ready = {.fd = signals->fd, .events = POLLIN};
    if (poll(&ready, 1, ms) <= 0) return;
    struct signalfd_siginfo info;
    while (read(signals->fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo != SIGCHLD) signals->interrupts++;
}
