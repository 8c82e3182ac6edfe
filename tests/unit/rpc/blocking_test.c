// Calls that wait, with the server on a thread of its own.
#include "libcommon/rpc/blocking.h"

#include "libcommon/base/buf.h"
#include "tests/unit/rpc/pair.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

static struct pair pair;
static pthread_t thread;
static atomic_bool is_stopping;

static void *serve(void *arg) {
    (void)arg;
    while (!is_stopping) {
        pair.server->ops->poll(pair.server);
        bell_wait(&pair.bell, 1000);
    }
    return NULL;
}

static void start(void) {
    pair_start(&pair, PAIR_TOKEN, 0);
    ll_rpc_client_free(&pair.client);
    is_stopping = false;
    pthread_create(&thread, NULL, serve, NULL);
}

static void stop_serving(void) {
    if (atomic_exchange(&is_stopping, true)) return;
    bell_ring(&pair.bell);
    pthread_join(thread, NULL);
}

static void stop(void) {
    stop_serving();
    pair_stop(&pair);
}

TestSuite(blocking, .init = start, .fini = stop, .timeout = 30);

static struct ll_blocking *connect_to(const char *url, int interrupt_fd, uint32_t patience_ms) {
    struct ll_blocking *blocking;
    ll_err err = ll_blocking_new(
        &(struct ll_blocking_options){
            .url = url, .token = PAIR_TOKEN, .interrupt_fd = interrupt_fd, .patience_ms = patience_ms},
        &blocking);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    return blocking;
}

Test(blocking, fills_the_reply) {
    struct ll_blocking *blocking = connect_to(pair.url, -1, 0);
    struct ll_status_reply status = {0};
    ll_err err = ll_blocking_status(blocking, &(struct ll_run_request){.run_id = "run-1"}, &status);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(u32, status.agents_lost, 5));
    ll_blocking_free(&blocking);
}

Test(blocking, keeps_a_chunk_until_the_next_call) {
    struct ll_blocking *blocking = connect_to(pair.url, -1, 0);
    struct ll_fetch_reply reply = {0};
    ll_err err = ll_blocking_fetch_result(blocking, &(struct ll_fetch_request){.run_id = "run-1", .offset = 3}, &reply);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_assert(eq(sz, reply.chunk.len, strlen("chunk 1 of 3")));
    cr_expect(eq(int, memcmp(reply.chunk.data, "chunk 1 of 3", reply.chunk.len), 0));
    ll_blocking_free(&blocking);
}

Test(blocking, hands_over_an_assignment) {
    pair.fake.is_preparing = true;
    struct ll_blocking *blocking = connect_to(pair.url, -1, 0);
    struct ll_exchange_reply reply = {0};
    ll_err err = ll_blocking_exchange(blocking, &(struct ll_exchange_request){.agent_id = 1}, &reply);
    ll_blocking_free(&blocking);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(eq(str, reply.assignment.spec.name, "shop"));
    cr_assert(eq(sz, reply.assignment.secrets.count, 1));
    cr_expect(eq(str, (char *)ll_secrets_find(&reply.assignment.secrets, "PASSWORD"), "correct horse"));
    ll_assignment_fini(&reply.assignment);
}

Test(blocking, returns_what_the_handler_refused) {
    pair.fake.fail = ll_err_make(LL_NOT_FOUND, "there is no run \"run-9\"");
    struct ll_blocking *blocking = connect_to(pair.url, -1, 0);
    struct ll_empty empty;
    ll_err err = ll_blocking_stop(blocking, &(struct ll_run_request){.run_id = "run-9"}, &empty);
    cr_expect(eq(int, err.status, LL_NOT_FOUND));
    cr_expect(eq(str, err.text, "there is no run \"run-9\""));
    ll_blocking_free(&blocking);
}

Test(blocking, is_interrupted_by_a_descriptor_and_works_after) {
    struct bell interruption = bell_make();
    struct ll_blocking *blocking = connect_to(pair.url, interruption.fd, 0);
    struct ll_empty empty;
    struct ll_run_request request = {.run_id = "run-1"};
    ll_err err = ll_blocking_stop(blocking, &request, &empty);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    stop_serving(); // so that no answer can come first
    bell_ring(&interruption);
    err = ll_blocking_stop(blocking, &request, &empty);
    cr_expect(eq(int, err.status, LL_CANCELLED), "%s", err.text);
    bell_wait(&interruption, 0);
    is_stopping = false;
    pthread_create(&thread, NULL, serve, NULL);
    err = ll_blocking_stop(blocking, &request, &empty);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    ll_blocking_free(&blocking);
    bell_fini(&interruption);
}

Test(blocking, tells_when_nobody_is_there) {
    stop_serving();
    pair.server->ops->fini(pair.server);
    pair.server = NULL;
    struct ll_blocking *blocking = connect_to(pair.url, -1, 200);
    struct ll_empty empty;
    ll_err err = ll_blocking_stop(blocking, &(struct ll_run_request){.run_id = "run-1"}, &empty);
    cr_expect(eq(int, err.status, LL_UNAVAILABLE), "%s", err.text);
    ll_blocking_free(&blocking);
}
