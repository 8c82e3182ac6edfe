// What is said on a channel, without a browser: the answers that a page could not tell apart.
#include "tools/shop/live_channel.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

enum { SAID_MAX = 64 * 1024 };

static struct shop shop;
static struct session *session;
static char said[SAID_MAX]; // what was said since the last call, a line each

static void hear(void *arg, struct ll_buf take_message) {
    (void)arg;
    cr_assert_not(take_message.overflowed);
    cr_assert_lt(strlen(said) + take_message.len + 1, sizeof said);
    strcat(said, ll_buf_str(&take_message));
    strcat(said, "\n");
    ll_buf_fini(&take_message);
}

static const struct live_outlet outlet = {.send = hear};

static void begin(void) {
    shop = (struct shop){.store = store_make()};
    session = store_session_new(&shop.store);
}

static void end(void) {
    store_fini(&shop.store);
}

TestSuite(live_channel, .init = begin, .fini = end);

static struct phx_message read_message(const char *text) {
    struct phx_message message;
    ll_err err = phx_read(text, strlen(text), &message);
    cr_assert_eq(err.status, LL_OK, "%s: %s", text, err.text);
    said[0] = '\0';
    return message;
}

// `where` is "\"url\":\"…\"" or "\"redirect\":\"…\"", `token` the element's data-phx-session.
static struct live_channel *join(const char *where, const char *token) {
    char text[512];
    snprintf(text, sizeof text,
             "[\"1\",\"2\",\"lv:phx-1\",\"phx_join\",{%s,\"session\":\"%s\",\"static\":\"Hello\","
             "\"params\":{\"_mounts\":0}}]",
             where, token);
    struct phx_message message = read_message(text);
    struct live_channel *channel = live_channel_join(&shop, session->id, &message, &outlet);
    phx_message_fini(&message);
    return channel;
}

static struct live_channel *join_view(const char *path) {
    char where[128], token[64];
    snprintf(where, sizeof where, "\"url\":\"http://127.0.0.1:1%s\"", path);
    snprintf(token, sizeof token, "shop:%s", session->csrf);
    struct live_channel *channel = join(where, token);
    cr_assert_not_null(channel, "%s", said);
    return channel;
}

static bool send(struct live_channel *channel, const char *event, const char *payload) {
    char text[512];
    snprintf(text, sizeof text, "[\"1\",\"3\",\"lv:phx-1\",\"%s\",%s]", event, payload);
    struct phx_message message = read_message(text);
    bool is_alive = live_channel_message(channel, &message, &outlet);
    phx_message_fini(&message);
    return is_alive;
}

static void expect_said(const char *text) {
    cr_expect(eq(str, said, (char *)text));
}

Test(live_channel, a_join_is_answered_with_all_of_the_view) {
    struct live_channel *channel = join_view("/live/counter");
    expect_said("[\"1\",\"2\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"rendered\":{\"0\":\"0\","
                "\"1\":\"1\",\"2\":\"0\",\"s\":[\"<p>Count <strong id=count>\",\"</strong> <button id=up "
                "phx-click=up>One more</button></p><p><b id=people>\",\"</b> here, for <b id=ticks>\",\"</b> "
                "ticks</p>\"],\"t\":\"Counter\"},\"liveview_version\":\"" SHOP_LIVE_VIEW_VERSION "\"}}]\n");
    live_channel_free(&channel);
}

Test(live_channel, a_stranger_a_wrong_place_and_another_live_session_are_refused) {
    char token[64];
    cr_expect_null(join("\"url\":\"http://h/live/travel\"", "shop:guessed"));
    expect_said(
        "[\"1\",\"2\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"error\",\"response\":{\"reason\":\"stale\"}}]\n");
    cr_expect_null(join("\"url\":\"http://h/live/travel\"", "shop"));
    cr_expect(strstr(said, "stale") != NULL, "%s", said);
    snprintf(token, sizeof token, "shop:%s", session->csrf);
    static const char *const places[] = {"\"url\":\"http://h/live/nowhere\"",
                                         "\"redirect\":\"http://h/live/elsewhere\"", "\"url\":7", "\"url\":\"\"",
                                         "\"redirect\":\"http://h\""};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        cr_expect_null(join(places[i], token), "%s", places[i]);
        cr_expect(strstr(said, "unauthorized") != NULL, "%s: %s", places[i], said);
    }
}

Test(live_channel, the_flash_of_the_page_is_shown_again) {
    struct live_channel *channel = join_view("/live/travel?step=4");
    cr_expect(strstr(said, "\"rendered\":{\"0\":\"4\",\"1\":\"Hello\",\"2\":\"5\"") != NULL, "%s", said);
    cr_expect(strstr(said, "\"t\":\"Travel\"") != NULL, "%s", said);
    cr_expect(strstr(said, "\"liveview_version\":\"" SHOP_LIVE_VIEW_VERSION "\"") != NULL, "%s", said);
    live_channel_free(&channel);
}

Test(live_channel, an_event_that_changes_nothing_is_answered_with_nothing) {
    struct live_channel *channel = join_view("/live/travel");
    cr_expect(send(channel, "event", "{\"type\":\"click\",\"event\":\"unknown\",\"value\":{}}"));
    expect_said("[\"1\",\"3\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]\n");
    live_channel_free(&channel);
}

Test(live_channel, moves_are_answered_beside_the_diff) {
    struct live_channel *channel = join_view("/live/travel");
    cr_expect(send(channel, "event", "{\"type\":\"click\",\"event\":\"patch\",\"value\":{}}"));
    expect_said("[\"1\",\"3\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"diff\":{\"0\":\"1\","
                "\"2\":\"2\",\"3\":\"2\"},\"live_patch\":{\"to\":\"/live/travel?step=1\",\"kind\":\"push\"}}}]\n");
    cr_expect(send(channel, "event", "{\"type\":\"click\",\"event\":\"navigate\",\"value\":{}}"));
    expect_said("[\"1\",\"3\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"live_redirect\":{\"to\":"
                "\"/live/products\",\"kind\":\"push\",\"flash\":\"Good journey\"}}}]\n");
    cr_expect_not(send(channel, "event", "{\"type\":\"click\",\"event\":\"redirect\",\"value\":{}}"));
    cr_expect(strstr(said, "\"redirect\":{\"to\":\"/products\"") != NULL, "%s", said);
    live_channel_free(&channel);
}

Test(live_channel, a_patch_to_another_view_is_a_navigation) {
    struct live_channel *channel = join_view("/live/travel");
    cr_expect(send(channel, "live_patch", "{\"url\":\"http://h/live/travel?step=3\"}"));
    cr_expect(strstr(said, "\"diff\":{\"0\":\"3\"") != NULL, "%s", said);
    cr_expect(send(channel, "live_patch", "{\"url\":\"http://h/live/products\"}"));
    expect_said("[\"1\",\"3\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"link_redirect\":true}}]\n");
    live_channel_free(&channel);
}

Test(live_channel, what_no_view_answers_to_is_an_error_and_not_the_end) {
    struct live_channel *channel = join_view("/live/travel");
    cr_expect(send(channel, "allow_upload", "{\"ref\":\"1\"}"));
    cr_expect(strstr(said, "\"status\":\"error\"") != NULL, "%s", said);
    cr_expect(send(channel, "event", "{}"));
    cr_expect(send(channel, "event", "{\"event\":7,\"value\":[1]}"));
    live_channel_free(&channel);
}

Test(live_channel, a_clock_says_what_changed_and_news_what_is_new) {
    struct live_channel *channel = join_view("/live/counter");
    said[0] = '\0';
    cr_expect(live_channel_tick(channel, &outlet));
    expect_said("[\"1\",null,\"lv:phx-1\",\"diff\",{\"2\":\"1\"}]\n");
    said[0] = '\0';
    cr_expect(live_channel_refresh(channel, &outlet));
    expect_said("");
    shop.store.count = 7;
    cr_expect(live_channel_refresh(channel, &outlet));
    expect_said("[\"1\",null,\"lv:phx-1\",\"diff\",{\"0\":\"7\"}]\n");
    live_channel_free(&channel);
    cr_expect_eq(shop.store.people, 0);
}

Test(live_channel, without_its_session_a_view_ends) {
    struct live_channel *channel = join_view("/live/counter");
    for (int i = 0; i < STORE_SESSIONS_MAX; i++) store_session_new(&shop.store);
    said[0] = '\0';
    cr_expect_not(live_channel_tick(channel, &outlet));
    cr_expect_not(live_channel_refresh(channel, &outlet));
    cr_expect_not(send(channel, "event", "{\"event\":\"up\"}"));
    expect_said("");
    live_channel_bye(channel, "phx_close", &outlet);
    expect_said("[\"1\",\"1\",\"lv:phx-1\",\"phx_close\",{}]\n");
    live_channel_free(&channel);
}
