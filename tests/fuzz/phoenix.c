// Messages of a browser at the shop: every text is read or refused, an answer names what it answers, and whatever an
// event or a join holds, each live view goes on and says only what a client can read.
//
// The first byte chooses the view; then each line is the payload of an event, of a patch when it starts with "p", and
// an empty line is a tick of the view's clock.
#include "tests/fuzz/fuzz.h"
#include "tools/shop/live_channel.h"

#include <stdio.h>

enum { LINES_MAX = 64 };

static bool is_equal(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void expect_readable(void *arg, struct ll_buf take_message) {
    struct phx_message message;
    ll_json *json = NULL;
    (void)arg;
    assert(!take_message.overflowed);
    assert(ll_json_parse(ll_buf_str(&take_message), take_message.len, &json).status == LL_OK);
    ll_json_free(&json);
    if (take_message.len <= PHX_MESSAGE_MAX &&
        phx_read(ll_buf_str(&take_message), take_message.len, &message).status == LL_OK)
        phx_message_fini(&message);
    ll_buf_fini(&take_message);
}

static const struct live_outlet outlet = {.send = expect_readable};

static void read_and_answer(const char *data, size_t len) {
    struct phx_message message, answer;
    if (phx_read(data, len, &message).status != LL_OK) return;
    struct ll_buf out = ll_buf_make(PHX_MESSAGE_MAX);
    phx_reply(&out, &message, "ok", NULL);
    ll_err err = phx_read(ll_buf_str(&out), out.len, &answer);
    assert(err.status == LL_OK);
    assert(is_equal(answer.join_ref, message.join_ref) && is_equal(answer.ref, message.ref));
    assert(is_equal(answer.topic, message.topic) && is_equal(answer.event, "phx_reply"));
    phx_message_fini(&answer);
    phx_message_fini(&message);
    ll_buf_fini(&out);
}

static bool say(struct live_channel *channel, const char *event, const char *payload, size_t len) {
    struct ll_buf text = ll_buf_make(PHX_MESSAGE_MAX);
    struct phx_message message;
    bool is_alive = true;
    ll_buf_printf(&text, "[\"1\",\"2\",\"lv:1\",\"%s\",", event);
    ll_buf_append(&text, payload, len);
    ll_buf_text(&text, "]");
    if (phx_read(ll_buf_str(&text), text.len, &message).status == LL_OK) {
        is_alive = live_channel_message(channel, &message, &outlet);
        phx_message_fini(&message);
    }
    ll_buf_fini(&text);
    return is_alive;
}

static struct live_channel *join(struct shop *shop, const struct session *session, unsigned choice) {
    size_t count = 0;
    char text[512];
    struct phx_message message;
    while (live_views()[count]) count++;
    const struct live_view *view = live_views()[choice % count];
    snprintf(text, sizeof text,
             "[\"1\",\"1\",\"lv:1\",\"phx_join\",{\"url\":\"http://h%s?rows=9\",\"session\":\"%s:%s\",\"params\":{}}]",
             view->path, view->live_session, session->csrf);
    assert(phx_read(text, strlen(text), &message).status == LL_OK);
    struct live_channel *channel = live_channel_join(shop, session->id, &message, &outlet);
    phx_message_fini(&message);
    assert(channel);
    return channel;
}

static void converse(struct live_channel *channel, const char *data, size_t len) {
    bool is_alive = true;
    for (size_t lines = 0; is_alive && len > 0 && lines < LINES_MAX; lines++) {
        const char *end = memchr(data, '\n', len);
        size_t line = end ? (size_t)(end - data) : len;
        if (line == 0)
            is_alive = live_channel_tick(channel, &outlet);
        else if (*data == 'p')
            is_alive = say(channel, "live_patch", data + 1, line - 1);
        else
            is_alive = say(channel, "event", data, line);
        if (end) line++;
        data += line;
        len -= line;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    static struct shop shop;
    static struct session *session;
    if (!session) {
        shop.store = store_make();
        session = store_session_new(&shop.store);
    }
    if (len == 0) return 0;
    read_and_answer((const char *)data, len);
    memset(session->cart, 0, sizeof session->cart);
    struct live_channel *channel = join(&shop, session, data[0]);
    converse(channel, (const char *)data + 1, len - 1);
    live_channel_free(&channel);
    return 0;
}
