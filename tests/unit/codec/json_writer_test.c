#include "libcommon/codec/json.h"

#include "libcommon/base/rand.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

Test(json_writer, looks_after_commas) {
    struct ll_buf buf = ll_buf_make(1000);
    struct ll_json_writer writer = ll_json_writer_make(&buf);
    ll_json_begin_object(&writer, NULL);
    ll_json_begin_array(&writer, "empty");
    ll_json_end_array(&writer);
    ll_json_begin_array(&writer, "list");
    ll_json_write_int(&writer, NULL, INT64_MIN);
    ll_json_begin_object(&writer, NULL);
    ll_json_end_object(&writer);
    ll_json_write_bool(&writer, NULL, true);
    ll_json_write_null(&writer, NULL);
    ll_json_end_array(&writer);
    ll_json_write_raw(&writer, "raw", "{\"x\":1}");
    ll_json_write_string(&writer, "text \"key\"", "value");
    ll_json_write_string(&writer, "none", NULL);
    ll_json_end_object(&writer);
    cr_expect(eq(str, (char *)ll_buf_str(&buf),
                 "{\"empty\":[],\"list\":[-9223372036854775808,{},true,null],\"raw\":{\"x\":1},"
                 "\"text \\\"key\\\"\":\"value\",\"none\":null}"));
    ll_buf_fini(&buf);
}

static void expect_quoted(const char *text, size_t len, const char *expected) {
    struct ll_buf buf = ll_buf_make(1000);
    ll_json_quote(&buf, text, len);
    cr_expect(eq(str, (char *)ll_buf_str(&buf), (char *)expected));
    ll_buf_fini(&buf);
}

#define EXPECT_QUOTED(text, expected) expect_quoted(text, sizeof text - 1, expected)

Test(json_writer, escapes_what_json_cannot_hold) {
    EXPECT_QUOTED("", "\"\"");
    EXPECT_QUOTED("plain / \u00E9 \u20AC \U0001F600", "\"plain / \u00E9 \u20AC \U0001F600\"");
    EXPECT_QUOTED("\"\\\b\f\n\r\t", "\"\\\"\\\\\\b\\f\\n\\r\\t\"");
    EXPECT_QUOTED("a\0b\x1f\x7f", "\"a\\u0000b\\u001f\x7f\"");
}

Test(json_writer, what_is_not_utf8_becomes_the_replacement_character) {
    EXPECT_QUOTED("a\xFFz", "\"a\uFFFDz\"");
    EXPECT_QUOTED("\x80", "\"\uFFFD\"");
    EXPECT_QUOTED("cut \xE2\x82", "\"cut \uFFFD\uFFFD\"");
    EXPECT_QUOTED("long \xC0\x80", "\"long \uFFFD\uFFFD\"");
    EXPECT_QUOTED("surrogate \xED\xA0\x80", "\"surrogate \uFFFD\uFFFD\uFFFD\"");
    EXPECT_QUOTED("past \xF4\x90\x80\x80", "\"past \uFFFD\uFFFD\uFFFD\uFFFD\"");
    EXPECT_QUOTED("\xE2(\xA1", "\"\uFFFD(\uFFFD\"");
}

static void expect_number(double value, const char *expected) {
    struct ll_buf buf = ll_buf_make(100);
    struct ll_json_writer writer = ll_json_writer_make(&buf);
    ll_json_write_number(&writer, NULL, value);
    cr_expect(eq(str, (char *)ll_buf_str(&buf), (char *)expected));
    ll_buf_fini(&buf);
}

Test(json_writer, numbers_are_as_short_as_they_can_be) {
    expect_number(0, "0");
    expect_number(-0.0, "0");
    expect_number(1234567890123, "1234567890123");
    expect_number(-3, "-3");
    expect_number(0.1, "0.1");
    expect_number(1.0 / 3, "0.3333333333333333");
    expect_number(0.1 + 0.2, "0.30000000000000004");
    expect_number(1e300, "1e+300");
    expect_number(DBL_MAX, "1.7976931348623157e+308");
    expect_number(NAN, "0");
    expect_number(-INFINITY, "0");
}

Test(json_writer, numbers_come_back_the_same) {
    struct ll_rand rand = ll_rand_seed(21);
    for (int i = 0; i < 10000; i++) {
        uint64_t bits = ll_rand_next(&rand);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value)) continue;
        struct ll_buf buf = ll_buf_make(100);
        struct ll_json_writer writer = ll_json_writer_make(&buf);
        ll_json *json = NULL;
        ll_json_write_number(&writer, NULL, value);
        ll_err err = ll_json_parse((char *)buf.data, buf.len, &json);
        cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
        cr_assert(eq(dbl, ll_json_number(json, 0), value));
        ll_json_free(&json);
        ll_buf_fini(&buf);
    }
}

Test(json_writer, what_does_not_fit_shows) {
    struct ll_buf buf = ll_buf_make(10);
    struct ll_json_writer writer = ll_json_writer_make(&buf);
    ll_json_write_string(&writer, NULL, "longer than ten bytes");
    cr_expect(buf.overflowed);
    ll_buf_fini(&buf);
}
