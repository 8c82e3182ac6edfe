// The WebSocket of the live pages as no client of Phoenix uses it: a page's script opens it and sends what it likes.
#include "tests/unit/browser/shop_driver.h"
#include "tools/shop/live_socket.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct driver driver;
static struct shop shop;
static struct driven_page page;

static void begin(void) {
    shop_driver_begin(&driver, &shop);
    driven_open(&driver, &page);
    driven_visit(&page, "/");
}

static void end(void) {
    shop_driver_end(&driver, &shop);
}

TestSuite(live_socket, .init = begin, .fini = end);

// Opens a socket, sends what the script says, and returns the first thing that comes: a message, or "closed".
static const char *talk(const char *query, const char *script) {
    char whole[2048];
    snprintf(
        whole, sizeof whole,
        "new Promise(done => { const socket = new WebSocket(location.origin.replace('http', 'ws') + "
        "'/live/websocket%s'); socket.onmessage = event => done(event.data); socket.onclose = () => done('closed');"
        "socket.onopen = () => { %s } })",
        query, script);
    return read_js(&page, whole);
}

static const char heartbeat[] = "[null,\"1\",\"phoenix\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]";
#define SEND_HEARTBEAT "socket.send('[null,\"1\",\"phoenix\",\"heartbeat\",{}]');"

Test(live_socket, answers_a_heartbeat) {
    cr_expect_str_eq(talk("?vsn=2.0.0", SEND_HEARTBEAT), heartbeat);
}

Test(live_socket, takes_only_the_version_it_speaks) {
    cr_expect_str_eq(talk("", SEND_HEARTBEAT), "closed");
    cr_expect_str_eq(talk("?vsn=1.0.0", SEND_HEARTBEAT), "closed");
    cr_expect_str_eq(talk("/elsewhere?vsn=2.0.0", SEND_HEARTBEAT), "closed");
}

Test(live_socket, passes_over_binary_messages) {
    cr_expect_str_eq(talk("?vsn=2.0.0", "socket.send(new Uint8Array(1000)); socket.send(new ArrayBuffer(0));"
                                        "socket.send(new Uint8Array([0, 255, 255, 255, 255]));" SEND_HEARTBEAT),
                     heartbeat);
}

Test(live_socket, closes_on_what_is_no_message) {
    cr_expect_str_eq(talk("?vsn=2.0.0", "socket.send('hello');"), "closed");
    cr_expect_str_eq(talk("?vsn=2.0.0", "socket.send('[1,2,3,4,5]');"), "closed");
}

Test(live_socket, closes_on_a_message_that_is_too_long) {
    cr_expect_str_eq(talk("?vsn=2.0.0", "socket.send('[null,\"1\",\"phoenix\",\"heartbeat\",{\"a\":\"' + "
                                        "'x'.repeat(60000) + '\"}]');"),
                     heartbeat);
    cr_expect_str_eq(talk("?vsn=2.0.0", "socket.send('x'.repeat(70000));"), "closed");
}

Test(live_socket, refuses_topics_nobody_joined) {
    const char *answer = talk("?vsn=2.0.0", "socket.send('[\"1\",\"2\",\"lv:phx-1\",\"event\",{}]');");
    cr_expect(strstr(answer, "unmatched topic") != NULL, "%s", answer);
    answer = talk("?vsn=2.0.0", "socket.send('[\"1\",\"2\",\"lv:phx-1\",\"phx_join\",{}]');");
    cr_expect(strstr(answer, "stale") != NULL, "%s", answer);
}

// Joins the counter over and over, each time by another topic, and returns the answer to the last one.
static const char *join_channels(int count) {
    char script[1024];
    driven_visit(&page, "/live/counter");
    snprintf(
        script, sizeof script,
        "new Promise(done => { const socket = new WebSocket(location.origin.replace('http', 'ws') + "
        "'/live/websocket?vsn=2.0.0'); const session = document.querySelector('[data-phx-main]').dataset.phxSession;"
        "socket.onmessage = event => { if (JSON.parse(event.data)[1] === '%d') done(event.data) };"
        "socket.onopen = () => { for (let i = 1; i <= %d; i++) socket.send(JSON.stringify([`${i}`, `${i}`, "
        "'lv:' + i, 'phx_join', { url: location.href, session, static: null, params: {} }])) } })",
        count, count);
    return read_js(&page, script);
}

Test(live_socket, has_room_for_some_channels) {
    const char *answer = join_channels(LIVE_CHANNELS_MAX);
    cr_expect(strstr(answer, "\"rendered\"") != NULL, "%s", answer);
    answer = join_channels(LIVE_CHANNELS_MAX + 1);
    cr_expect(strstr(answer, "too many channels") != NULL, "%s", answer);
}

Test(live_socket, closes_on_a_page_for_which_too_much_waits) {
    shop_knob(&shop, "path=/live/rows,event=phx_join,latency=1h");
    driven_visit(&page, "/live/travel");
    await_live(&page);
    const char *script =
        "new Promise(done => {"
        "  const socket = new WebSocket(location.origin.replace('http', 'ws') + '/live/websocket?vsn=2.0.0');"
        "  const session = document.querySelector('[data-phx-main]').dataset.phxSession;"
        "  const payload = { url: location.origin + '/live/rows?rows=5000', session, static: null, params: {} };"
        "  const join = JSON.stringify(['1', '1', 'lv:1', 'phx_join', payload]);"
        "  socket.onopen = () => { for (let i = 0; i < 100; i++) socket.send(join) };"
        "  socket.onclose = () => done('closed');"
        "})";
    cr_expect_str_eq(read_js(&page, script), "closed");
    cr_expect_str_eq(read_js(&page, "liveSocket.isConnected()"), "true");
    cr_expect_eq(shop.live_socket_count, 1);
}

Test(live_socket, forgets_pages_that_are_gone) {
    driven_visit(&page, "/live/counter");
    await_live(&page);
    cr_expect_eq(shop.live_socket_count, 1);
    cr_expect_eq(shop.store.people, 1);
    driven_visit(&page, "/products");
    cr_expect_eq(shop.store.people, 0);
    cr_expect_eq(shop.live_socket_count, 0);
}
