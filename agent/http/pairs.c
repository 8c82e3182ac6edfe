#include "agent/http/pairs.h"

#include <string.h>

void ll_pairs_add(struct ll_buf *pairs, const char *name, size_t name_len, const char *value, size_t value_len) {
    if (!ll_buf_reserve(pairs, name_len + value_len + 2)) return;
    ll_buf_append(pairs, name, name_len);
    ll_buf_append(pairs, "", 1);
    ll_buf_append(pairs, value, value_len);
    ll_buf_append(pairs, "", 1);
}

bool ll_pairs_next(const struct ll_buf *pairs, size_t *position, const char **out_name, const char **out_value) {
    if (*position >= pairs->len) return false;
    *out_name = (const char *)pairs->data + *position;
    *out_value = *out_name + strlen(*out_name) + 1;
    *position += strlen(*out_name) + strlen(*out_value) + 2;
    return true;
}
