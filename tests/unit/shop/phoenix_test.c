#include "tools/shop/phoenix.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static ll_err read_text(const char *text, struct phx_message *out) {
    return phx_read(text, strlen(text), out);
}

Test(phoenix, reads_what_the_client_sends) {
    struct phx_message message;
    cr_assert_eq(read_text("[\"4\",\"9\",\"lv:phx-1\",\"event\",{\"type\":\"click\"}]", &message).status, LL_OK);
    cr_expect(eq(str, (char *)message.join_ref, "4"));
    cr_expect(eq(str, (char *)message.ref, "9"));
    cr_expect(eq(str, (char *)message.topic, "lv:phx-1"));
    cr_expect(eq(str, (char *)message.event, "event"));
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(message.payload, "type"), ""), "click"));
    phx_message_fini(&message);
    cr_assert_eq(read_text("[null,\"10\",\"phoenix\",\"heartbeat\",{}]", &message).status, LL_OK);
    cr_expect_null(message.join_ref);
    phx_message_fini(&message);
    cr_expect_null(message.json);
}

Test(phoenix, refuses_what_is_no_message) {
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "hello",
        "[null,null,\"t\",\"e\"]",
        "[null,null,\"t\",\"e\",{},1]",
        "[null,null,\"t\",\"e\",[]]",
        "[null,null,\"t\",null,{}]",
        "[1,null,\"t\",\"e\",{}]",
        "[null,null,7,\"e\",{}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct phx_message message;
        ll_err err = read_text(texts[i], &message);
        cr_expect_eq(err.status, LL_INVALID_ARGUMENT, "%s: %d", texts[i], err.status);
        cr_expect_str_not_empty(err.text);
    }
}

Test(phoenix, names_and_messages_have_a_longest) {
    struct ll_buf text = ll_buf_make(2 * PHX_MESSAGE_MAX);
    struct phx_message message;
    char name[PHX_NAME_MAX + 1];
    memset(name, 'n', sizeof name);
    name[PHX_NAME_MAX - 1] = '\0';
    ll_buf_printf(&text, "[null,null,\"%s\",\"e\",{}]", name);
    cr_assert_eq(read_text(ll_buf_str(&text), &message).status, LL_OK);
    phx_message_fini(&message);
    name[PHX_NAME_MAX - 1] = 'n';
    name[PHX_NAME_MAX] = '\0';
    ll_buf_clear(&text);
    ll_buf_printf(&text, "[null,null,\"%s\",\"e\",{}]", name);
    cr_expect_eq(read_text(ll_buf_str(&text), &message).status, LL_INVALID_ARGUMENT);
    ll_buf_clear(&text);
    ll_buf_text(&text, "[null,null,\"t\",\"e\",{}]");
    while (text.len <= PHX_MESSAGE_MAX) ll_buf_text(&text, " ");
    ll_err err = read_text(ll_buf_str(&text), &message);
    cr_expect_eq(err.status, LL_INVALID_ARGUMENT);
    cr_expect(strstr(err.text, "at most") != NULL, "%s", err.text);
    ll_buf_fini(&text);
}

Test(phoenix, answers_name_the_message_they_answer) {
    struct ll_buf out = ll_buf_make(1000);
    struct phx_message message;
    cr_assert_eq(read_text("[\"4\",\"9\",\"lv:phx-1\",\"event\",{}]", &message).status, LL_OK);
    phx_reply(&out, &message, "ok", NULL);
    cr_expect(eq(str, (char *)ll_buf_str(&out),
                 "[\"4\",\"9\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{}}]"));
    ll_buf_clear(&out);
    phx_reply(&out, &message, "error", "stale");
    cr_expect(
        eq(str, (char *)ll_buf_str(&out),
           "[\"4\",\"9\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"error\",\"response\":{\"reason\":\"stale\"}}]"));
    ll_buf_clear(&out);
    struct ll_json_writer json = phx_begin_reply(&out, &message, "ok");
    ll_json_write_int(&json, "n", 1);
    phx_end_reply(&json);
    cr_expect(eq(str, (char *)ll_buf_str(&out),
                 "[\"4\",\"9\",\"lv:phx-1\",\"phx_reply\",{\"status\":\"ok\",\"response\":{\"n\":1}}]"));
    phx_message_fini(&message);
    ll_buf_fini(&out);
}

Test(phoenix, a_push_answers_nothing) {
    struct ll_buf out = ll_buf_make(1000);
    phx_push(&out, "4", NULL, "lv:phx-1", "diff", "{\"0\":\"a\"}");
    cr_expect(eq(str, (char *)ll_buf_str(&out), "[\"4\",null,\"lv:phx-1\",\"diff\",{\"0\":\"a\"}]"));
    ll_buf_fini(&out);
}
