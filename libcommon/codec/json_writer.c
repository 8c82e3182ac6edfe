#include "libcommon/codec/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char REPLACEMENT[] = "\xEF\xBF\xBD"; // U+FFFD

// The length of the UTF-8 character at `at` (Unicode 15, table 3-7), or 0 when the bytes are none.
static size_t utf8_length(const unsigned char *at, size_t left) {
    unsigned char first = at[0], second_min = 0x80, second_max = 0xBF;
    if (first < 0x80) return 1;
    size_t len = first >= 0xC2 && first <= 0xDF ? 2 : first >= 0xE0 && first <= 0xEF ? 3 : 4;
    if (first < 0xC2 || first > 0xF4 || len > left) return 0;
    if (first == 0xE0) second_min = 0xA0; // longer than needed
    if (first == 0xED) second_max = 0x9F; // surrogates
    if (first == 0xF0) second_min = 0x90; // longer than needed
    if (first == 0xF4) second_max = 0x8F; // past U+10FFFF
    if (at[1] < second_min || at[1] > second_max) return 0;
    for (size_t i = 2; i < len; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return len;
}

static void quote_special(struct ll_buf *buf, unsigned char c) {
    static const char escaped[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *found = c ? strchr(escaped, c) : NULL;
    if (found)
        ll_buf_printf(buf, "\\%c", letters[found - escaped]);
    else if (c < ' ')
        ll_buf_printf(buf, "\\u%04x", c);
    else
        ll_buf_text(buf, REPLACEMENT);
}

void ll_json_quote(struct ll_buf *buf, const char *text, size_t len) {
    const unsigned char *at = (const unsigned char *)text, *end = at + len, *plain = at;
    ll_buf_text(buf, "\"");
    while (at < end) {
        size_t character = *at < ' ' || *at == '"' || *at == '\\' ? 0 : utf8_length(at, (size_t)(end - at));
        if (character > 0) {
            at += character;
            continue;
        }
        ll_buf_append(buf, plain, (size_t)(at - plain));
        quote_special(buf, *at++);
        plain = at;
    }
    ll_buf_append(buf, plain, (size_t)(at - plain));
    ll_buf_text(buf, "\"");
}

struct ll_json_writer ll_json_writer_make(struct ll_buf *buf) {
    return (struct ll_json_writer){.buf = buf};
}

// What comes before any value: the comma that is due and the key.
static void begin_value(struct ll_json_writer *writer, const char *key) {
    if (writer->needs_comma) ll_buf_text(writer->buf, ",");
    writer->needs_comma = true;
    if (!key) return;
    ll_json_quote(writer->buf, key, strlen(key));
    ll_buf_text(writer->buf, ":");
}

static void begin_container(struct ll_json_writer *writer, const char *key, const char *bracket) {
    begin_value(writer, key);
    ll_buf_text(writer->buf, bracket);
    writer->needs_comma = false;
}

static void end_container(struct ll_json_writer *writer, const char *bracket) {
    ll_buf_text(writer->buf, bracket);
    writer->needs_comma = true;
}

void ll_json_begin_object(struct ll_json_writer *writer, const char *key) {
    begin_container(writer, key, "{");
}

void ll_json_end_object(struct ll_json_writer *writer) {
    end_container(writer, "}");
}

void ll_json_begin_array(struct ll_json_writer *writer, const char *key) {
    begin_container(writer, key, "[");
}

void ll_json_end_array(struct ll_json_writer *writer) {
    end_container(writer, "]");
}

void ll_json_write_string(struct ll_json_writer *writer, const char *key, const char *value) {
    if (value)
        ll_json_write_text(writer, key, value, strlen(value));
    else
        ll_json_write_null(writer, key);
}

void ll_json_write_text(struct ll_json_writer *writer, const char *key, const char *value, size_t len) {
    begin_value(writer, key);
    ll_json_quote(writer->buf, value, len);
}

void ll_json_write_number(struct ll_json_writer *writer, const char *key, double value) {
    enum { DIGITS_SURE = 15, DIGITS_MAX = 17 };
    static const double whole_max = 1e15; // whole numbers below are exact and need no fraction or exponent
    if (!isfinite(value)) value = 0;
    if (fabs(value) < whole_max && value == floor(value)) {
        ll_json_write_int(writer, key, (int64_t)value);
        return;
    }
    char text[32];
    for (int digits = DIGITS_SURE; digits <= DIGITS_MAX; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    char *comma = strchr(text, ','); // the decimal sign of some locales
    if (comma) *comma = '.';
    begin_value(writer, key);
    ll_buf_text(writer->buf, text);
}

void ll_json_write_int(struct ll_json_writer *writer, const char *key, int64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, value);
    begin_value(writer, key);
    ll_buf_text(writer->buf, text);
}

void ll_json_write_bool(struct ll_json_writer *writer, const char *key, bool value) {
    begin_value(writer, key);
    ll_buf_text(writer->buf, value ? "true" : "false");
}

void ll_json_write_null(struct ll_json_writer *writer, const char *key) {
    begin_value(writer, key);
    ll_buf_text(writer->buf, "null");
}

void ll_json_write_raw(struct ll_json_writer *writer, const char *key, const char *json) {
    begin_value(writer, key);
    ll_buf_text(writer->buf, json);
}
