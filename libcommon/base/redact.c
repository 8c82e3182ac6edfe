#include "libcommon/base/redact.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/buf.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char stand_in[] = "***";
enum { STAND_IN_BYTES = sizeof stand_in - 1, SPELLINGS = 4 };

struct value {
    char *bytes;
    size_t len;
};

// Longest first: of two secrets where one begins with the other, the whole one goes.
static struct value *values;
static size_t value_count, value_capacity;

static bool is_known(const char *bytes, size_t len) {
    for (size_t i = 0; i < value_count; i++)
        if (values[i].len == len && memcmp(values[i].bytes, bytes, len) == 0) return true;
    return false;
}

static void insert(const char *bytes, size_t len) {
    if (is_known(bytes, len)) return;
    if (value_count == value_capacity) {
        value_capacity = value_capacity ? value_capacity * 2 : 16;
        values = ll_realloc(values, value_capacity, sizeof *values);
    }
    size_t at = value_count++;
    for (; at > 0 && values[at - 1].len < len; at--) values[at] = values[at - 1];
    values[at] = (struct value){.bytes = ll_memdup(bytes, len), .len = len};
}

// ---- Spellings: each appends one byte of a value

static void spell_in_url(struct ll_buf *out, unsigned char byte) {
    if (isalnum(byte) || strchr("-_.~", byte))
        ll_buf_append(out, &byte, 1);
    else
        ll_buf_printf(out, "%%%02X", byte);
}

// As encodeURIComponent writes it, which leaves more characters as they are.
static void spell_in_component(struct ll_buf *out, unsigned char byte) {
    if (strchr("!'()*", byte))
        ll_buf_append(out, &byte, 1);
    else
        spell_in_url(out, byte);
}

static void spell_in_html(struct ll_buf *out, unsigned char byte) {
    const char *entity = byte == '&' ? "&amp;" : byte == '<' ? "&lt;" : byte == '>' ? "&gt;" : NULL;
    if (entity)
        ll_buf_text(out, entity);
    else
        ll_buf_append(out, &byte, 1);
}

static void spell_in_json(struct ll_buf *out, unsigned char byte) {
    const char *escape = byte == '\n' ? "\\n" : byte == '\r' ? "\\r" : byte == '\t' ? "\\t" : NULL;
    if (escape)
        ll_buf_text(out, escape);
    else if (byte < ' ')
        ll_buf_printf(out, "\\u%04x", byte);
    else
        ll_buf_printf(out, byte == '"' || byte == '\\' ? "\\%c" : "%c", byte);
}

ll_err ll_redact_add(const char *value, size_t len) {
    static void (*const spellings[SPELLINGS])(struct ll_buf *, unsigned char) = {spell_in_url, spell_in_component,
                                                                                 spell_in_html, spell_in_json};
    if (len < LL_REDACT_VALUE_MIN || len > LL_REDACT_VALUE_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "a secret has %d to %d bytes, not %zu", LL_REDACT_VALUE_MIN,
                           LL_REDACT_VALUE_MAX, len);
    if (!is_known(value, len) && value_count >= LL_REDACT_VALUES_MAX * (SPELLINGS + 1))
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "there are more than %d secrets", LL_REDACT_VALUES_MAX);
    insert(value, len);
    struct ll_buf spelt = ll_buf_make((size_t)LL_REDACT_VALUE_MAX * 6);
    for (size_t i = 0; i < SPELLINGS; i++) {
        ll_buf_clear(&spelt);
        for (size_t at = 0; at < len; at++) spellings[i](&spelt, (unsigned char)value[at]);
        insert((const char *)spelt.data, spelt.len);
    }
    explicit_bzero(spelt.data, spelt.len);
    ll_buf_fini(&spelt);
    return LL_SUCCESS;
}

void ll_redact_clear(void) {
    for (size_t i = 0; i < value_count; i++) {
        explicit_bzero(values[i].bytes, values[i].len);
        free(values[i].bytes);
    }
    free(values);
    values = NULL;
    value_count = value_capacity = 0;
}

bool ll_redact_is_needed(void) {
    return value_count > 0;
}

// How many bytes at the end of the data begin the value, so that it was cut there; 0: too few to tell.
static size_t cut_off(const char *data, size_t len, const struct value *value) {
    size_t longest = value->len - 1 < len ? value->len - 1 : len;
    for (size_t part = longest; part >= LL_REDACT_VALUE_MIN; part--)
        if (memcmp(data + len - part, value->bytes, part) == 0) return part;
    return 0;
}

static size_t redact_one(char *data, size_t len, const struct value *value) {
    char *to = data, *from = data, *end = data + len, *found;
    while ((found = memmem(from, (size_t)(end - from), value->bytes, value->len))) {
        memmove(to, from, (size_t)(found - from));
        to += found - from;
        memcpy(to, stand_in, STAND_IN_BYTES);
        to += STAND_IN_BYTES;
        from = found + value->len;
    }
    if (to != from) memmove(to, from, (size_t)(end - from));
    len = (size_t)(to - data) + (size_t)(end - from);
    size_t part = cut_off(data, len, value);
    if (part == 0) return len;
    memcpy(data + len - part, stand_in, STAND_IN_BYTES);
    return len - part + STAND_IN_BYTES;
}

size_t ll_redact(char *data, size_t len) {
    for (size_t i = 0; i < value_count && len > 0; i++) len = redact_one(data, len, &values[i]);
    return len;
}

void ll_redact_text(char *text) {
    if (text && value_count) text[ll_redact(text, strlen(text))] = '\0';
}

bool ll_redact_finds(const char *data, size_t len) {
    for (size_t i = 0; i < value_count; i++)
        if (len > 0 && memmem(data, len, values[i].bytes, values[i].len)) return true;
    return false;
}
