#include "tests/support/relay.h"

#include "libcommon/base/alloc.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct ll_relay {
    int listener, port, to_port;
    int stop[2]; // a pipe: its reading end becomes readable when the thread is to end
    uint32_t delay_ms;
    pthread_t thread;
};

static struct sockaddr_in local(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static bool pass_on(int from, int to) {
    char bytes[16 * 1024];
    ssize_t len = read(from, bytes, sizeof bytes);
    return len > 0 && write(to, bytes, (size_t)len) == len;
}

// False when the thread is to end.
static bool pump(const struct ll_relay *relay, int here, int there) {
    for (;;) {
        struct pollfd fds[] = {{relay->stop[0], POLLIN, 0}, {here, POLLIN, 0}, {there, POLLIN, 0}};
        poll(fds, 3, -1);
        if (fds[0].revents) return false;
        if (fds[1].revents && !pass_on(here, there)) return true;
        if (fds[2].revents && !pass_on(there, here)) return true;
    }
}

static void *serve(void *arg) {
    struct ll_relay *relay = arg;
    struct sockaddr_in target = local(relay->to_port);
    bool goes_on = true;
    while (goes_on) {
        struct pollfd fds[] = {{relay->stop[0], POLLIN, 0}, {relay->listener, POLLIN, 0}};
        poll(fds, 2, -1);
        if (fds[0].revents) return NULL;
        int here = accept(relay->listener, NULL, NULL), there = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        struct pollfd stop = {relay->stop[0], POLLIN, 0};
        goes_on = poll(&stop, 1, (int)relay->delay_ms) == 0; // the delay that it was told to make
        if (goes_on && connect(there, (struct sockaddr *)&target, sizeof target) == 0)
            goes_on = pump(relay, here, there);
        close(here);
        close(there);
    }
    return NULL;
}

struct ll_relay *ll_relay_new(int to_port, uint32_t delay_ms) {
    struct ll_relay *relay = ll_alloc(1, sizeof *relay);
    struct sockaddr_in address = local(0);
    socklen_t len = sizeof address;
    relay->to_port = to_port;
    relay->delay_ms = delay_ms;
    relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = bind(relay->listener, (struct sockaddr *)&address, len) || listen(relay->listener, 8) ||
                 getsockname(relay->listener, (struct sockaddr *)&address, &len) || pipe(relay->stop);
    assert(!failed);
    relay->port = ntohs(address.sin_port);
    failed = pthread_create(&relay->thread, NULL, serve, relay);
    assert(!failed);
    return relay;
}

void ll_relay_free(struct ll_relay **relay) {
    close((*relay)->stop[1]); // the reading end sees the end
    pthread_join((*relay)->thread, NULL);
    close((*relay)->stop[0]);
    close((*relay)->listener);
    free(*relay);
    *relay = NULL;
}

int ll_relay_port(const struct ll_relay *relay) {
    return relay->port;
}
