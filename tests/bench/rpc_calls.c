// Calls per second of clients against one server over loopback nng, in one process: each client, on a thread of its
// own, makes one Exchange of 4 KB after the other.
#include "libcommon/base/buf.h"
#include "libcommon/base/clock.h"
#include "libcommon/rpc/blocking.h"
#include "libcommon/rpc/server.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { CLIENTS = 16, CALLS = 1000, PAYLOAD_BYTES = 4096 };

static char payload[PAYLOAD_BYTES];
static const char *url;
static atomic_int clients_left = CLIENTS, failed;

static void wake(void *arg) {
    eventfd_write(*(int *)arg, 1);
}

static ll_err on_exchange(void *owner, const struct ll_exchange_request *request, struct ll_exchange_reply *out) {
    (void)owner;
    out->acknowledged = request->snapshot_count;
    return LL_SUCCESS;
}

static void *call_often(void *wake_fd) {
    struct ll_blocking *blocking = NULL;
    struct ll_exchange_request request = {.snapshots = {{payload, sizeof payload}}, .snapshot_count = 1};
    struct ll_exchange_reply reply;
    ll_err err =
        ll_blocking_new(&(struct ll_blocking_options){.url = url, .token = "token", .interrupt_fd = -1}, &blocking);
    for (int i = 0; err.status == LL_OK && i < CALLS; i++) err = ll_blocking_exchange(blocking, &request, &reply);
    if (err.status != LL_OK) atomic_fetch_add(&failed, 1);
    ll_blocking_free(&blocking);
    atomic_fetch_sub(&clients_left, 1);
    wake(wake_fd);
    return NULL;
}

static void serve(struct ll_transport_server *transport, int wake_fd) {
    while (clients_left > 0) {
        struct pollfd ring = {.fd = wake_fd, .events = POLLIN};
        poll(&ring, 1, 1000);
        eventfd_t count;
        eventfd_read(wake_fd, &count);
        transport->ops->poll(transport);
    }
}

int main(void) {
    int wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    struct ll_rpc_handlers handlers = {.exchange = on_exchange};
    struct ll_rpc_server *server = ll_rpc_server_new(&handlers, "token");
    struct ll_transport_server *transport;
    struct ll_transport_service service = ll_rpc_server_service(server);
    ll_err err = ll_nng_server_new("tcp://127.0.0.1:0", &service, wake, &wake_fd, &transport);
    if (err.status != LL_OK) {
        fprintf(stderr, "rpc_calls: %s\n", err.text);
        return 1;
    }
    url = transport->ops->address(transport);
    pthread_t threads[CLIENTS];
    int64_t start_us = ll_clock_us();
    for (int i = 0; i < CLIENTS; i++) pthread_create(&threads[i], NULL, call_often, &wake_fd);
    serve(transport, wake_fd);
    double seconds = (double)(ll_clock_us() - start_us) / 1e6;
    for (int i = 0; i < CLIENTS; i++) pthread_join(threads[i], NULL);
    transport->ops->fini(transport);
    ll_rpc_server_free(&server);
    close(wake_fd);
    printf("rpc_calls: %.0f calls/s of %d bytes, %d clients\n", CLIENTS * CALLS / seconds, PAYLOAD_BYTES, CLIENTS);
    return failed > 0;
}
