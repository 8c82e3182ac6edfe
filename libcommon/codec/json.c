// Parsing goes through cJSON, which is fast and forgiving. What it forgives too much, or gets wrong, is looked after in
// one pass over the text before it sees it: nesting, raw control characters, and two kinds of escapes that real pages
// produce: \u0000, which would cut a C string short, and halves of surrogate pairs, for which cJSON refuses the whole
// text. Both read as U+FFFD, the replacement character, unless NUL is to be kept. What it still forgives: numbers such
// as 01 and 1., and bytes in strings that are not UTF-8, which pass through.
#include "libcommon/codec/json.h"

#include "libcommon/base/alloc.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

enum {
    DEPTH_MAX = 512,
    ESCAPE_CHARS = 6, // \u1234
};

// ll_json is cJSON under a name of ours: no node is ever made of it.
static const cJSON *node_of(const ll_json *node) {
    return (const cJSON *)node;
}

static const ll_json *json_of(const cJSON *node) {
    return (const ll_json *)node;
}

static int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The UTF-16 unit of the escape \uXXXX at `at`, or -1 when there is none.
static int escaped_unit(const char *at, const char *end) {
    if (end - at < ESCAPE_CHARS || at[0] != '\\' || at[1] != 'u') return -1;
    int unit = 0;
    for (int i = 2; i < ESCAPE_CHARS; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0) return -1;
        unit = unit * 16 + digit;
    }
    return unit;
}

static bool is_high_surrogate(int unit) {
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low_surrogate(int unit) {
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

// The length of the escape at `at`; says whether a C string cannot hold what it stands for.
static size_t measure_escape(const char *at, const char *end, bool *out_is_unusable) {
    int unit = escaped_unit(at, end);
    *out_is_unusable = unit == 0 || is_low_surrogate(unit);
    if (unit < 0) return end - at < 2 ? 1 : 2;
    if (!is_high_surrogate(unit)) return ESCAPE_CHARS;
    if (is_low_surrogate(escaped_unit(at + ESCAPE_CHARS, end))) return 2 * ESCAPE_CHARS;
    *out_is_unusable = true;
    return ESCAPE_CHARS;
}

struct survey {
    size_t unusable_escapes;
    bool is_too_deep;
    const char *control; // the first raw control character in a string, or NULL
};

static struct survey look_over(const char *text, size_t len) {
    struct survey found = {0};
    const char *end = text + len;
    int depth = 0;
    bool in_string = false, is_unusable;
    for (const char *at = text; at < end;) {
        if (*at == '"') {
            in_string = !in_string;
        } else if (in_string && *at == '\\') {
            size_t escape_len = measure_escape(at, end, &is_unusable);
            found.unusable_escapes += is_unusable;
            at += escape_len;
            continue;
        } else if (in_string && (unsigned char)*at < ' ' && !found.control) {
            found.control = at;
        } else if (!in_string && (*at == '[' || *at == '{')) {
            if (++depth > DEPTH_MAX) found.is_too_deep = true;
        } else if (!in_string && (*at == ']' || *at == '}')) {
            depth--;
        }
        at++;
    }
    return found;
}

// Copies the text with something usable for each unusable escape; the copy's length. `nul` stands for an escaped NUL,
// in at most ESCAPE_CHARS bytes.
static size_t repair(const char *text, size_t len, const char *nul, char *out) {
    const char *end = text + len;
    char *to = out;
    bool is_unusable = false;
    for (const char *at = text; at < end;) {
        size_t part = *at == '\\' ? measure_escape(at, end, &is_unusable) : 1;
        const char *from = at;
        size_t from_len = part;
        if (*at == '\\' && is_unusable) {
            from = escaped_unit(at, end) == 0 ? nul : "\\ufffd";
            from_len = strlen(from);
        }
        memcpy(to, from, from_len);
        to += from_len;
        at += part;
    }
    return (size_t)(to - out);
}

// Whether there is nothing to look for, as in most messages: no \u, no control character, and too few brackets to nest
// too deep. Bytes in blocks, without branches, which compilers turn into vector instructions.
static bool is_plain(const char *text, size_t len) {
    enum { BLOCK = 128 };
    size_t brackets = 0;
    while (len > 1) {
        size_t pairs = len - 1 < BLOCK ? len - 1 : BLOCK; // the last byte has none after it
        uint8_t opening = 0, special = 0;
        for (size_t i = 0; i < pairs; i++) {
            uint8_t c = (uint8_t)text[i], next = (uint8_t)text[i + 1];
            opening += (c | ('[' ^ '{')) == '{';
            special |= ((c == '\\') & (next == 'u')) | (c < ' ');
        }
        brackets += opening;
        if (special || brackets > DEPTH_MAX) return false;
        text += pairs;
        len -= pairs;
    }
    return true;
}

// `at` is where the text goes wrong; the library gives the last byte for a text that breaks off.
static ll_err not_json(const char *text, size_t len, const char *at) {
    enum { SHOWN = 24 };
    size_t offset = at < text ? 0 : (size_t)(at - text);
    if (offset + 1 >= len)
        return ll_err_make(LL_INVALID_ARGUMENT, "this is not JSON: it breaks off after %zu bytes", len);
    char shown[SHOWN + 1] = "";
    for (size_t i = 0; i < SHOWN && offset + i < len; i++)
        shown[i] = text[offset + i] >= ' ' && text[offset + i] <= '~' ? text[offset + i] : '?';
    return ll_err_make(LL_INVALID_ARGUMENT, "this is not JSON: it goes wrong at byte %zu: %s", offset, shown);
}

static ll_err parse_looked_over(const char *text, size_t len, ll_json **out) {
    const char *end = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts(text, len, &end, false);
    if (!root) return not_json(text, len, end ? end : text);
    while (end < text + len && strchr(" \t\r\n", *end) && *end) end++;
    if (end != text + len) {
        cJSON_Delete(root);
        return not_json(text, len, end);
    }
    *out = (ll_json *)root;
    return LL_SUCCESS;
}

static ll_err parse(const char *text, size_t len, const char *nul, ll_json **out) {
    if (is_plain(text, len)) return parse_looked_over(text, len, out);
    struct survey found = look_over(text, len);
    if (found.is_too_deep)
        return ll_err_make(LL_INVALID_ARGUMENT, "this JSON nests deeper than the %d levels that are read", DEPTH_MAX);
    if (found.control) return not_json(text, len, found.control);
    if (found.unusable_escapes == 0) return parse_looked_over(text, len, out);
    char *repaired = ll_alloc(len, 1);
    ll_err err = parse_looked_over(repaired, repair(text, len, nul, repaired), out);
    free(repaired);
    return err;
}

ll_err ll_json_parse(const char *text, size_t len, ll_json **out) {
    return parse(text, len, "\\ufffd", out);
}

ll_err ll_json_parse_value(const char *text, size_t len, ll_json **out) {
    return parse(text, len, LL_JSON_NUL, out);
}

void ll_json_free(ll_json **json) {
    cJSON_Delete((cJSON *)*json);
    *json = NULL;
}

bool ll_json_is_object(const ll_json *node) {
    return cJSON_IsObject(node_of(node));
}

bool ll_json_is_array(const ll_json *node) {
    return cJSON_IsArray(node_of(node));
}

bool ll_json_is_string(const ll_json *node) {
    return cJSON_IsString(node_of(node));
}

bool ll_json_is_number(const ll_json *node) {
    return cJSON_IsNumber(node_of(node));
}

bool ll_json_is_bool(const ll_json *node) {
    return cJSON_IsBool(node_of(node));
}

bool ll_json_is_null(const ll_json *node) {
    return cJSON_IsNull(node_of(node));
}

const ll_json *ll_json_get(const ll_json *node, const char *key) {
    if (!ll_json_is_object(node)) return NULL;
    return json_of(cJSON_GetObjectItemCaseSensitive(node_of(node), key));
}

const ll_json *ll_json_first(const ll_json *node) {
    return ll_json_is_object(node) || ll_json_is_array(node) ? json_of(node_of(node)->child) : NULL;
}

const ll_json *ll_json_next(const ll_json *node) {
    return node ? json_of(node_of(node)->next) : NULL;
}

const char *ll_json_key(const ll_json *node) {
    return node ? node_of(node)->string : NULL;
}

const char *ll_json_string(const ll_json *node, const char *otherwise) {
    return ll_json_is_string(node) ? node_of(node)->valuestring : otherwise;
}

double ll_json_number(const ll_json *node, double otherwise) {
    return ll_json_is_number(node) ? node_of(node)->valuedouble : otherwise;
}

bool ll_json_bool(const ll_json *node, bool otherwise) {
    return ll_json_is_bool(node) ? cJSON_IsTrue(node_of(node)) : otherwise;
}
