// JSON in and out. The only folder that includes the JSON library.
//
// Reading: a parsed document is a tree of read-only nodes that lives until ll_json_free. Accessors accept NULL and
// nodes of another type and answer "nothing", so that a chain over a message from outside needs one check at its
// end. Writing: straight into a buffer, with commas and escapes looked after. One owner, no locks; parsing happens on
// one thread of a process, since the library keeps the place of its last error in a global.
#ifndef LIBCOMMON_CODEC_JSON_H
#define LIBCOMMON_CODEC_JSON_H

#include "libcommon/base/buf.h"
#include "libcommon/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ll_json ll_json;

// `text` need not end with a NUL. Nesting deeper than 512 and anything but space after the value are errors:
// LL_INVALID_ARGUMENT. Strings are C strings: an escaped NUL in them, and half of a surrogate pair, read as U+FFFD.
// A tree takes up to 50 times the bytes of its text, which the caller limits. Of members with one name the first
// counts.
ll_err ll_json_parse(const char *text, size_t len, ll_json **out);
// The same for values that keep each NUL: it reads as LL_JSON_NUL, two bytes that are in no UTF-8. Whoever takes the
// strings on puts the NUL back.
#define LL_JSON_NUL "\xC0\x80"
ll_err ll_json_parse_value(const char *text, size_t len, ll_json **out);
void ll_json_free(ll_json **json);

bool ll_json_is_object(const ll_json *node);
bool ll_json_is_array(const ll_json *node);
bool ll_json_is_string(const ll_json *node);
bool ll_json_is_number(const ll_json *node);
bool ll_json_is_bool(const ll_json *node);
bool ll_json_is_null(const ll_json *node); // a JSON null, not a missing node

// Member `key` of an object, or NULL.
const ll_json *ll_json_get(const ll_json *node, const char *key);
// First child of an array or object and the next one beside it; NULL at the end. ll_json_key names a member.
const ll_json *ll_json_first(const ll_json *node);
const ll_json *ll_json_next(const ll_json *node);
const char *ll_json_key(const ll_json *node);

// The value, or `otherwise` when the node is not of that type.
const char *ll_json_string(const ll_json *node, const char *otherwise);
double ll_json_number(const ll_json *node, double otherwise);
bool ll_json_bool(const ll_json *node, bool otherwise);

// A writer appends to `buf`; overflow shows in buf->overflowed. Bytes that are not UTF-8 are written as U+FFFD, and
// numbers that JSON cannot hold (NaN, infinities) as 0.
struct ll_json_writer {
    struct ll_buf *buf;
    bool needs_comma;
};

struct ll_json_writer ll_json_writer_make(struct ll_buf *buf);
void ll_json_begin_object(struct ll_json_writer *writer, const char *key); // key NULL: an array element or the root
void ll_json_end_object(struct ll_json_writer *writer);
void ll_json_begin_array(struct ll_json_writer *writer, const char *key);
void ll_json_end_array(struct ll_json_writer *writer);
void ll_json_write_string(struct ll_json_writer *writer, const char *key, const char *value);
void ll_json_write_text(struct ll_json_writer *writer, const char *key, const char *value, size_t len);
void ll_json_write_number(struct ll_json_writer *writer, const char *key, double value); // 17 digits at most, shortest
void ll_json_write_int(struct ll_json_writer *writer, const char *key, int64_t value);
void ll_json_write_bool(struct ll_json_writer *writer, const char *key, bool value);
void ll_json_write_null(struct ll_json_writer *writer, const char *key);
void ll_json_write_raw(struct ll_json_writer *writer, const char *key, const char *json); // already JSON

// A quoted, escaped JSON string appended to `buf`.
void ll_json_quote(struct ll_buf *buf, const char *text, size_t len);

#endif
