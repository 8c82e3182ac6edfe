// JSON from outside: parse, write, parse, write, compare.
#include "libcommon/codec/json.h"

#include "tests/fuzz/fuzz.h"

static void write_node(struct ll_json_writer *writer, const char *key, const ll_json *node) {
    if (ll_json_is_object(node) || ll_json_is_array(node)) {
        bool is_object = ll_json_is_object(node);
        (is_object ? ll_json_begin_object : ll_json_begin_array)(writer, key);
        for (const ll_json *child = ll_json_first(node); child; child = ll_json_next(child))
            write_node(writer, is_object ? ll_json_key(child) : NULL, child);
        (is_object ? ll_json_end_object : ll_json_end_array)(writer);
    } else if (ll_json_is_string(node)) {
        ll_json_write_string(writer, key, ll_json_string(node, NULL));
    } else if (ll_json_is_number(node)) {
        ll_json_write_number(writer, key, ll_json_number(node, 0));
    } else if (ll_json_is_bool(node)) {
        ll_json_write_bool(writer, key, ll_json_bool(node, false));
    } else {
        assert(ll_json_is_null(node));
        ll_json_write_null(writer, key);
    }
}

static bool rewrite(const char *text, size_t len, struct ll_buf *out) {
    ll_json *json = NULL;
    ll_err err = ll_json_parse(text, len, &json);
    assert((err.status == LL_OK) == (json != NULL));
    if (!json) {
        assert(err.status == LL_INVALID_ARGUMENT && *err.text);
        return false;
    }
    struct ll_json_writer writer = ll_json_writer_make(out);
    write_node(&writer, NULL, json);
    ll_json_free(&json);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    const size_t room = 64 * len + 1024; // 1e14 takes four bytes and is written with fifteen
    struct ll_buf once = ll_buf_make(room), twice = ll_buf_make(room);
    if (rewrite((const char *)data, len, &once)) {
        bool parsed = rewrite((const char *)once.data, once.len, &twice);
        assert(parsed);
        expect_equal(&once, &twice);
    }
    ll_buf_fini(&once), ll_buf_fini(&twice);
    return 0;
}
