#include "tests/support/full_port.h"

#include "libcommon/base/alloc.h"

#include <arpa/inet.h>
#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    FILLERS = 2, // a backlog of 0 holds one, and some kernels one more
    CONNECTIONS_MAX = 16,
};

struct ll_full_port {
    int listener, fillers[FILLERS], number;
    uint32_t delay_ms;
    bool has_thread;
    pthread_t thread;
};

struct ll_full_port *ll_full_port_new(void) {
    struct ll_full_port *port = ll_alloc(1, sizeof *port);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    port->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int failed = bind(port->listener, (struct sockaddr *)&address, len) || listen(port->listener, 0) ||
                 getsockname(port->listener, (struct sockaddr *)&address, &len);
    assert(!failed);
    port->number = ntohs(address.sin_port);
    for (int i = 0; i < FILLERS; i++) {
        port->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        connect(port->fillers[i], (struct sockaddr *)&address, len); // the last may find it full already
    }
    return port;
}

void ll_full_port_free(struct ll_full_port **port) {
    shutdown((*port)->listener, SHUT_RDWR); // ends poll and accept
    if ((*port)->has_thread) pthread_join((*port)->thread, NULL);
    for (int i = 0; i < FILLERS; i++) close((*port)->fillers[i]);
    close((*port)->listener);
    free(*port);
    *port = NULL;
}

int ll_full_port_number(const struct ll_full_port *port) {
    return port->number;
}

static void answer(int connection) {
    static const char text[] = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";
    char request[4096];
    if (read(connection, request, sizeof request) > 0 && write(connection, text, sizeof text - 1) < 0) return;
}

// Chromium tries a second connection when the first is long in coming, and may use either; the other says nothing.
static void *serve(void *arg) {
    struct ll_full_port *port = arg;
    struct pollfd polled[CONNECTIONS_MAX + 1] = {{.fd = port->listener, .events = POLLIN}};
    nfds_t count = 1;
    poll(NULL, 0, (int)port->delay_ms);
    for (int i = 0; i < FILLERS; i++) close(port->fillers[i]), port->fillers[i] = -1;
    while (poll(polled, count, -1) > 0) {
        for (nfds_t i = count - 1; i > 0; i--) {
            if (!polled[i].revents) continue;
            answer(polled[i].fd);
            close(polled[i].fd);
            polled[i] = polled[--count];
        }
        if (!polled[0].revents) continue;
        int connection = accept(port->listener, NULL, NULL);
        if (connection < 0) break;
        assert(count <= CONNECTIONS_MAX);
        polled[count++] = (struct pollfd){.fd = connection, .events = POLLIN};
    }
    while (count > 1) close(polled[--count].fd);
    return NULL;
}

void ll_full_port_make_room(struct ll_full_port *port, uint32_t delay_ms) {
    port->delay_ms = delay_ms;
    int failed = pthread_create(&port->thread, NULL, serve, port);
    assert(!failed);
    port->has_thread = true;
}
