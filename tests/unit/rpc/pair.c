#include "tests/unit/rpc/pair.h"

#include "libcommon/base/clock.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

void pair_listen(struct pair *pair, const char *url, struct bell *bell) {
    struct ll_transport_service service = ll_rpc_server_service(pair->rpc_server);
    ll_err err = ll_nng_server_new(url, &service, bell_ring, bell, &pair->server);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
}

static void on_status(void *arg, ll_err err, const struct ll_status_reply *reply) {
    (void)err, (void)reply;
    *(bool *)arg = true;
}

// A first call, so that the connection stands: nng 1.5.2 leaks a connection that is closed during its handshake.
static void connect_first(struct pair *pair) {
    bool is_done = false;
    ll_rpc_status(pair->client, ll_clock_us(), &(struct ll_run_request){.run_id = ""}, on_status, &is_done);
    pair_run_until(pair, &is_done);
    memset(pair->fake.calls, 0, sizeof pair->fake.calls);
}

void pair_start(struct pair *pair, const char *token, uint32_t patience_ms) {
    memset(pair, 0, sizeof *pair);
    pair->bell = bell_make();
    struct ll_rpc_handlers handlers = fake_handlers(&pair->fake);
    pair->rpc_server = ll_rpc_server_new(&handlers, PAIR_TOKEN);
    pair_listen(pair, "tcp://127.0.0.1:0", &pair->bell);
    snprintf(pair->url, sizeof pair->url, "%s", pair->server->ops->address(pair->server));
    struct ll_transport_client *transport;
    ll_err err = ll_nng_client_new(pair->url, bell_ring, &pair->bell, &transport);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    pair->client = ll_rpc_client_new(&(struct ll_rpc_client_options){
        .take_transport = transport,
        .token = token,
        .server = pair->url,
        .first_call_id = 1000,
        .patience_ms = patience_ms,
    });
    connect_first(pair);
}

void pair_stop(struct pair *pair) {
    ll_rpc_client_free(&pair->client);
    if (pair->server) pair->server->ops->fini(pair->server);
    ll_rpc_server_free(&pair->rpc_server);
    fake_fini(&pair->fake);
    bell_fini(&pair->bell);
}

void pair_run_until(struct pair *pair, const bool *flag) {
    int64_t give_up_us = ll_clock_us() + 10 * 1000 * 1000;
    while (!*flag) {
        int64_t now_us = ll_clock_us();
        if (pair->server) pair->server->ops->poll(pair->server);
        ll_rpc_client_poll(pair->client, now_us);
        if (*flag) return;
        cr_assert(lt(i64, now_us, give_up_us), "what the test waits for did not happen in 10 s");
        int64_t next_us = ll_rpc_client_next_us(pair->client);
        int64_t wait_us = (next_us < give_up_us ? next_us : give_up_us) - now_us;
        bell_wait(&pair->bell, wait_us > 0 ? (int)(wait_us / 1000) + 1 : 0);
    }
}
