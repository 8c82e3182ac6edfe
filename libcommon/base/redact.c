#include "libcommon/base/redact.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/url.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char stand_in[] = "***";
enum { STAND_IN_BYTES = sizeof stand_in - 1 };

struct value {
    char *bytes;
    size_t len;
    bool is_plain; // letters, digits and what nobody spells otherwise
};

// Longest first: of two secrets where one begins with the other, the whole one goes.
static struct value *values;
static size_t value_count, value_capacity;

static bool is_known(const char *bytes, size_t len) {
    for (size_t i = 0; i < value_count; i++)
        if (values[i].len == len && memcmp(values[i].bytes, bytes, len) == 0) return true;
    return false;
}

static bool is_plain(const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)bytes[i]) && !memchr("-_.~", bytes[i], 4)) return false;
    return true;
}

static void insert(const char *bytes, size_t len) {
    if (value_count == value_capacity) {
        value_capacity = value_capacity ? value_capacity * 2 : 16;
        values = ll_realloc(values, value_capacity, sizeof *values);
    }
    size_t at = value_count++;
    for (; at > 0 && values[at - 1].len < len; at--) values[at] = values[at - 1];
    values[at] = (struct value){.bytes = ll_memdup(bytes, len), .len = len, .is_plain = is_plain(bytes, len)};
}

// ---- Spellings
//
// Whoever writes a URL, HTML or JSON decides which characters stand as they are (Chromium's address, its forms and
// encodeURIComponent differ), so each character of a value is looked for in all of its spellings, in any mixture.

struct cursor {
    const char *at, *end;
    bool ran_out; // the data ended where this would have gone on
};

static bool take(struct cursor *cursor, char wanted) {
    if (cursor->at == cursor->end) cursor->ran_out = true;
    return cursor->at < cursor->end && *cursor->at++ == wanted;
}

static bool take_text(struct cursor *cursor, const char *wanted) {
    for (; *wanted; wanted++)
        if (!take(cursor, *wanted)) return false;
    return true;
}

static bool take_hex(struct cursor *cursor, uint32_t number, int digits) {
    while (digits-- > 0) {
        if (cursor->at == cursor->end) cursor->ran_out = true;
        if (cursor->at == cursor->end) return false;
        char digit = "0123456789abcdef"[number >> (4 * digits) & 0xF];
        if (tolower((unsigned char)*cursor->at++) != digit) return false;
    }
    return true;
}

struct character {
    const char *bytes;
    size_t len;
    uint32_t code; // its number in Unicode; of what is no UTF-8 the byte
};

static struct character character_at(const char *bytes, size_t len) {
    unsigned char first = (unsigned char)bytes[0];
    size_t want = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
    uint32_t code = want == 4 ? first & 0x07 : want == 3 ? first & 0x0F : want == 2 ? first & 0x1F : first;
    for (size_t i = 1; i < want; i++) {
        if (i >= len || ((unsigned char)bytes[i] & 0xC0) != 0x80) return (struct character){bytes, 1, first};
        code = code << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    return (struct character){bytes, want, code};
}

static bool take_itself(struct cursor *cursor, struct character character) {
    for (size_t i = 0; i < character.len; i++)
        if (!take(cursor, character.bytes[i])) return false;
    return true;
}

// RFC 3986.
static bool take_percent(struct cursor *cursor, struct character character) {
    for (size_t i = 0; i < character.len; i++)
        if (!take(cursor, '%') || !take_hex(cursor, (unsigned char)character.bytes[i], 2)) return false;
    return true;
}

// Forms write a space so.
static bool take_plus(struct cursor *cursor, struct character character) {
    return character.code == ' ' && take(cursor, '+');
}

static bool take_entity(struct cursor *cursor, struct character character) {
    switch (character.code) {
    case '&':
        return take_text(cursor, "&amp;");
    case '<':
        return take_text(cursor, "&lt;");
    case '>':
        return take_text(cursor, "&gt;");
    case '"':
        return take_text(cursor, "&quot;");
    case '\'':
        return take_text(cursor, "&#39;");
    case 0xA0:
        return take_text(cursor, "&nbsp;");
    default:
        return false;
    }
}

// RFC 8259, section 7.
static bool take_escape(struct cursor *cursor, struct character character) {
    static const char escaped[] = "\"\\/\b\f\n\r\t", letters[] = "\"\\/bfnrt";
    const char *at = character.code && character.code < 0x80 ? strchr(escaped, (int)character.code) : NULL;
    return at && take(cursor, '\\') && take(cursor, letters[at - escaped]);
}

static bool take_unicode(struct cursor *cursor, struct character character) {
    bool is_pair = character.code > 0xFFFF;
    uint32_t rest = character.code - 0x10000;
    if (!take_text(cursor, "\\u") || !take_hex(cursor, is_pair ? 0xD800 + (rest >> 10) : character.code, 4))
        return false;
    return !is_pair || (take_text(cursor, "\\u") && take_hex(cursor, 0xDC00 + (rest & 0x3FF), 4));
}

// How many bytes at `data` are the value as it is, or, where the data ends within, as much of it as there is room for;
// 0.
static size_t stands_at(const char *data, size_t len, const struct value *value, bool *out_cut) {
    size_t part = len < value->len ? len : value->len;
    if (memcmp(data, value->bytes, part) != 0) return 0;
    *out_cut = part < value->len;
    return *out_cut && part < LL_REDACT_VALUE_MIN ? 0 : part;
}

// Likewise, of the value in other spellings. A character itself comes last: "&" also begins "&amp;".
static size_t spelt_at(const char *data, size_t len, const struct value *value, bool *out_cut) {
    static bool (*const spellings[])(struct cursor *, struct character) = {take_percent, take_plus,    take_entity,
                                                                           take_escape,  take_unicode, take_itself};
    struct cursor cursor = {.at = data, .end = data + len};
    for (size_t done = 0; done < value->len;) {
        struct character character = character_at(value->bytes + done, value->len - done);
        bool is_taken = false;
        *out_cut = false;
        for (size_t i = 0; !is_taken && i < sizeof spellings / sizeof *spellings; i++) {
            struct cursor attempt = cursor;
            is_taken = spellings[i](&attempt, character);
            if (is_taken) cursor = attempt;
            *out_cut |= attempt.ran_out;
        }
        if (!is_taken) return *out_cut && len >= LL_REDACT_VALUE_MIN ? len : 0;
        cursor.ran_out = false;
        done += character.len;
    }
    *out_cut = false;
    return (size_t)(cursor.at - data);
}

// The first place where the value stands, in whatever spelling; NULL when there is none. `out_len` bytes of it.
static char *find_spelt(const char *data, size_t len, const struct value *value, size_t *out_len, bool *out_cut) {
    char first = value->bytes[0];
    for (size_t at = 0; at < len; at++) {
        char here = data[at];
        if (here != first && here != '%' && here != '&' && here != '\\' && here != '+') continue;
        *out_len = stands_at(data + at, len - at, value, out_cut);
        if (*out_len == 0) *out_len = spelt_at(data + at, len - at, value, out_cut);
        if (*out_len > 0) return (char *)data + at;
    }
    return NULL;
}

ll_err ll_redact_add(const char *value, size_t len) {
    if (len < LL_REDACT_VALUE_MIN || len > LL_REDACT_VALUE_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "a secret has %d to %d bytes, not %zu", LL_REDACT_VALUE_MIN,
                           LL_REDACT_VALUE_MAX, len);
    if (is_known(value, len)) return LL_SUCCESS;
    if (value_count >= LL_REDACT_VALUES_MAX)
        return ll_err_make(LL_RESOURCE_EXHAUSTED, "there are more than %d secrets", LL_REDACT_VALUES_MAX);
    insert(value, len);
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

// A value that is spelt in one way alone is found as fast as can be.
static char *find(const char *data, size_t len, const struct value *value, size_t *out_len) {
    bool is_cut;
    if (!value->is_plain) return find_spelt(data, len, value, out_len, &is_cut);
    *out_len = value->len;
    char *found = len > 0 ? memmem(data, len, value->bytes, value->len) : NULL;
    size_t part = found ? 0 : cut_off(data, len, value);
    if (part == 0) return found;
    *out_len = part;
    return (char *)data + len - part;
}

static size_t redact_one(char *data, size_t len, const struct value *value) {
    char *to = data, *from = data, *end = data + len, *found;
    size_t found_len;
    while ((found = find(from, (size_t)(end - from), value, &found_len))) {
        memmove(to, from, (size_t)(found - from));
        to += found - from;
        memcpy(to, stand_in, STAND_IN_BYTES);
        to += STAND_IN_BYTES;
        from = found + found_len;
    }
    if (to != from) memmove(to, from, (size_t)(end - from));
    return (size_t)(to - data) + (size_t)(end - from);
}

size_t ll_redact(char *data, size_t len) {
    len = ll_url_hide_users(data, len);
    for (size_t i = 0; i < value_count && len > 0; i++) len = redact_one(data, len, &values[i]);
    return len;
}

void ll_redact_text(char *text) {
    if (text) text[ll_redact(text, strlen(text))] = '\0';
}

bool ll_redact_finds(const char *data, size_t len) {
    for (size_t i = 0; i < value_count; i++) {
        size_t found_len;
        bool is_cut = false;
        const struct value *value = &values[i];
        if (value->is_plain ? len > 0 && memmem(data, len, value->bytes, value->len)
                            : find_spelt(data, len, value, &found_len, &is_cut) && !is_cut)
            return true;
    }
    return false;
}
