#include "tools/shop/phoenix.h"

#include <string.h>

static bool is_name(const ll_json *node) {
    const char *text = ll_json_string(node, NULL);
    return text && strlen(text) < PHX_NAME_MAX;
}

static bool is_ref(const ll_json *node) {
    return ll_json_is_null(node) || is_name(node);
}

ll_err phx_read(const char *text, size_t len, struct phx_message *out) {
    if (len > PHX_MESSAGE_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "a message of a channel has at most %d bytes, not %zu", PHX_MESSAGE_MAX,
                           len);
    ll_json *json = NULL;
    LL_TRY(ll_json_parse(text, len, &json));
    const ll_json *part[5] = {ll_json_is_array(json) ? ll_json_first(json) : NULL};
    for (size_t i = 1; i < 5; i++) part[i] = ll_json_next(part[i - 1]);
    if (!is_ref(part[0]) || !is_ref(part[1]) || !is_name(part[2]) || !is_name(part[3]) || !ll_json_is_object(part[4]) ||
        ll_json_next(part[4])) {
        ll_json_free(&json);
        return ll_err_make(LL_INVALID_ARGUMENT, "a message of a channel is [join_ref, ref, topic, event, payload]");
    }
    *out = (struct phx_message){
        .join_ref = ll_json_string(part[0], NULL),
        .ref = ll_json_string(part[1], NULL),
        .topic = ll_json_string(part[2], NULL),
        .event = ll_json_string(part[3], NULL),
        .payload = part[4],
        .json = json,
    };
    return LL_SUCCESS;
}

void phx_message_fini(struct phx_message *message) {
    ll_json_free(&message->json);
    *message = (struct phx_message){0};
}

static void write_ref(struct ll_json_writer *json, const char *ref) {
    if (ref)
        ll_json_write_string(json, NULL, ref);
    else
        ll_json_write_null(json, NULL);
}

static struct ll_json_writer begin(struct ll_buf *out, const char *join_ref, const char *ref, const char *topic,
                                   const char *event) {
    struct ll_json_writer json = ll_json_writer_make(out);
    ll_json_begin_array(&json, NULL);
    write_ref(&json, join_ref);
    write_ref(&json, ref);
    ll_json_write_string(&json, NULL, topic);
    ll_json_write_string(&json, NULL, event);
    return json;
}

struct ll_json_writer phx_begin_reply(struct ll_buf *out, const struct phx_message *to, const char *status) {
    struct ll_json_writer json = begin(out, to->join_ref, to->ref, to->topic, "phx_reply");
    ll_json_begin_object(&json, NULL);
    ll_json_write_string(&json, "status", status);
    ll_json_begin_object(&json, "response");
    return json;
}

void phx_end_reply(struct ll_json_writer *json) {
    ll_json_end_object(json);
    ll_json_end_object(json);
    ll_json_end_array(json);
}

void phx_reply(struct ll_buf *out, const struct phx_message *to, const char *status, const char *reason) {
    struct ll_json_writer json = phx_begin_reply(out, to, status);
    if (reason) ll_json_write_string(&json, "reason", reason);
    phx_end_reply(&json);
}

void phx_push(struct ll_buf *out, const char *join_ref, const char *ref, const char *topic, const char *event,
              const char *payload) {
    struct ll_json_writer json = begin(out, join_ref, ref, topic, event);
    ll_json_write_raw(&json, NULL, payload);
    ll_json_end_array(&json);
}
