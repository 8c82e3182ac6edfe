#include "agent/browser/cdp/scan.h"

#include <stdlib.h>
#include <string.h>

static const struct ll_slice nothing;

static const char *skip_space(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
    return at;
}

// Past the closing quote of the string that starts at `at`, or NULL.
static const char *skip_string(const char *at, const char *end) {
    for (at++; at < end; at++) {
        const char *quote = memchr(at, '"', (size_t)(end - at));
        if (!quote) return NULL;
        const char *slash = quote;
        while (slash > at && slash[-1] == '\\') slash--;
        if ((quote - slash) % 2 == 0) return quote + 1;
        at = quote;
    }
    return NULL;
}

static const char *skip_container(const char *at, const char *end) {
    size_t depth = 0;
    while (at && at < end) {
        switch (*at) {
        case '"':
            at = skip_string(at, end);
            continue;
        case '{':
        case '[':
            depth++;
            break;
        case '}':
        case ']':
            if (--depth == 0) return at + 1;
            break;
        }
        at++;
    }
    return NULL;
}

// Past the value that starts at `at`, or NULL.
static const char *skip_value(const char *at, const char *end) {
    if (at >= end) return NULL;
    if (*at == '"') return skip_string(at, end);
    if (*at == '{' || *at == '[') return skip_container(at, end);
    while (at < end && *at != ',' && *at != '}' && *at != ']' && *at != ' ') at++;
    return at;
}

// Steps over one member (or item, when `key` is NULL) at *at and over the comma behind it. False at the end.
static bool step(const char **at, const char *end, struct ll_slice *key, struct ll_slice *value) {
    const char *here = skip_space(*at, end);
    if (key) {
        if (here >= end || *here != '"') return false;
        const char *past = skip_string(here, end);
        if (!past) return false;
        *key = (struct ll_slice){here + 1, (size_t)(past - here) - 2};
        here = skip_space(past, end);
        if (here >= end || *here != ':') return false;
        here = skip_space(here + 1, end);
    }
    const char *past = skip_value(here, end);
    if (!past || past == here) return false;
    *value = (struct ll_slice){here, (size_t)(past - here)};
    here = skip_space(past, end);
    if (here < end && *here == ',') here++;
    *at = here;
    return true;
}

// Nearly all differ in their first byte.
static bool is_text(struct ll_slice slice, const char *text) {
    return slice.len && slice.at[0] == text[0] && strlen(text) == slice.len && memcmp(text, slice.at, slice.len) == 0;
}

void ll_scan_members(struct ll_slice object, const char *const *keys, struct ll_slice *out, size_t count) {
    size_t missing = count;
    for (size_t i = 0; i < count; i++) out[i] = nothing;
    if (object.len < 2 || object.at[0] != '{') return;
    const char *at = object.at + 1, *end = object.at + object.len;
    struct ll_slice key, value;
    while (missing && step(&at, end, &key, &value)) {
        for (size_t i = 0; i < count; i++) {
            if (out[i].len || !is_text(key, keys[i])) continue;
            out[i] = value;
            missing--;
            break;
        }
    }
}

struct ll_slice ll_scan_get(struct ll_slice object, const char *key) {
    struct ll_slice value;
    ll_scan_members(object, &key, &value, 1);
    return value;
}

struct ll_slice ll_scan_item(struct ll_slice array, size_t index) {
    if (array.len < 2 || array.at[0] != '[') return nothing;
    const char *at = array.at + 1, *end = array.at + array.len;
    struct ll_slice value;
    while (step(&at, end, NULL, &value))
        if (index-- == 0) return value;
    return nothing;
}

bool ll_scan_is_string(struct ll_slice value, const char *text) {
    size_t len = strlen(text);
    return value.len == len + 2 && value.at[0] == '"' && memcmp(value.at + 1, text, len) == 0;
}

bool ll_scan_is_true(struct ll_slice value) {
    return value.len == 4 && memcmp(value.at, "true", 4) == 0;
}

// Numbers as DevTools writes them: an optional sign, digits, perhaps a point and digits. False for any other.
static bool read_plain_number(struct ll_slice value, double *out) {
    enum { DIGITS_MAX = 15 }; // what a double holds exactly
    static const double powers[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    size_t i = value.len && value.at[0] == '-', digits = 0, decimals = 0;
    bool negative = i, in_decimals = false;
    uint64_t number = 0;
    for (; i < value.len; i++) {
        char c = value.at[i];
        if (c == '.' && !in_decimals) {
            in_decimals = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digits > DIGITS_MAX) return false;
        number = number * 10 + (uint64_t)(c - '0');
        decimals += in_decimals;
    }
    if (!digits) return false;
    *out = (negative ? -1.0 : 1.0) * (double)number / powers[decimals];
    return true;
}

double ll_scan_number(struct ll_slice value, double otherwise) {
    double plain;
    if (read_plain_number(value, &plain)) return plain;
    char text[40];
    if (value.len == 0 || value.len >= sizeof text || value.at[0] == '"') return otherwise;
    memcpy(text, value.at, value.len);
    text[value.len] = '\0';
    char *end;
    double number = strtod(text, &end);
    return end == text + value.len ? number : otherwise;
}

static int hex_unit(const char *at, const char *end) {
    int unit = 0;
    if (end - at < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static size_t put_utf8(uint32_t code, char out[4]) {
    if (code < 0x80) return out[0] = (char)code, 1;
    if (code < 0x800) return out[0] = (char)(0xC0 | code >> 6), out[1] = (char)(0x80 | (code & 63)), 2;
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12), out[1] = (char)(0x80 | (code >> 6 & 63)),
        out[2] = (char)(0x80 | (code & 63));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18), out[1] = (char)(0x80 | (code >> 12 & 63));
    out[2] = (char)(0x80 | (code >> 6 & 63)), out[3] = (char)(0x80 | (code & 63));
    return 4;
}

// One character of a string's inside as UTF-8 bytes; moves *at past it.
static size_t next_character(const char **at, const char *end, char out[4]) {
    const char *here = *at;
    if (*here != '\\' || end - here < 2) {
        size_t len = 1;
        out[0] = *here++;
        if ((unsigned char)out[0] >= 0xC0)
            while (len < 4 && here < end && ((unsigned char)*here & 0xC0) == 0x80) out[len++] = *here++;
        *at = here;
        return len;
    }
    static const char escapes[] = "b\bf\fn\nr\rt\t";
    char escape = here[1];
    *at = here + 2;
    if (escape != 'u') {
        const char *found = memchr(escapes, escape, sizeof escapes - 1);
        out[0] = found && (found - escapes) % 2 == 0 ? found[1] : escape;
        return 1;
    }
    int unit = hex_unit(here + 2, end);
    if (unit < 0) return put_utf8(0xFFFD, out);
    *at = here + 6;
    if (unit < 0xD800 || unit > 0xDFFF) return put_utf8((uint32_t)unit, out);
    int low = end - here >= 12 && here[6] == '\\' && here[7] == 'u' ? hex_unit(here + 8, end) : -1;
    if (unit > 0xDBFF || low < 0xDC00 || low > 0xDFFF) return put_utf8(0xFFFD, out); // half of a pair
    *at = here + 12;
    return put_utf8(0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (uint32_t)(low - 0xDC00), out);
}

size_t ll_scan_text(struct ll_slice value, char *out, size_t size) {
    size_t len = 0;
    out[0] = '\0';
    if (value.len < 2 || value.at[0] != '"') return 0;
    const char *at = value.at + 1, *end = value.at + value.len - 1;
    while (at < end) {
        char bytes[4];
        size_t count = next_character(&at, end, bytes);
        if (len + count >= size) break;
        memcpy(out + len, bytes, count);
        len += count;
    }
    out[len] = '\0';
    return len;
}

size_t ll_scan_text_bytes(struct ll_slice value) {
    if (value.len < 2 || value.at[0] != '"') return 0;
    size_t len = 0;
    const char *at = value.at + 1, *end = value.at + value.len - 1;
    while (at < end) {
        const char *slash = memchr(at, '\\', (size_t)(end - at));
        if (!slash) return len + (size_t)(end - at);
        len += (size_t)(slash - at);
        at = slash;
        char bytes[4];
        len += next_character(&at, end, bytes);
    }
    return len;
}

uint64_t ll_scan_hash(struct ll_slice value) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < value.len; i++) hash = (hash ^ (unsigned char)value.at[i]) * 0x100000001b3u;
    return hash ? hash : 1;
}
