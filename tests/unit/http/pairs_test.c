#include "agent/http/pairs.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static void add(struct ll_buf *pairs, const char *name, const char *value) {
    ll_pairs_add(pairs, name, strlen(name), value, strlen(value));
}

Test(pairs, come_out_as_they_went_in) {
    struct ll_buf pairs = ll_buf_make(100);
    const char *name, *value;
    size_t position = 0;
    cr_expect(not(ll_pairs_next(&pairs, &position, &name, &value)));
    add(&pairs, "etag", "7");
    add(&pairs, "x-empty", "");
    add(&pairs, "", "nameless");
    cr_assert(ll_pairs_next(&pairs, &position, &name, &value));
    cr_expect(eq(str, (char *)name, "etag"));
    cr_expect(eq(str, (char *)value, "7"));
    cr_assert(ll_pairs_next(&pairs, &position, &name, &value));
    cr_expect(eq(str, (char *)name, "x-empty"));
    cr_expect(eq(str, (char *)value, ""));
    cr_assert(ll_pairs_next(&pairs, &position, &name, &value));
    cr_expect(eq(str, (char *)name, ""));
    cr_expect(eq(str, (char *)value, "nameless"));
    cr_expect(not(ll_pairs_next(&pairs, &position, &name, &value)));
    ll_buf_fini(&pairs);
}

// A site chooses the lengths: whatever part of a pair would still fit, none of it is kept.
Test(pairs, what_does_not_fit_is_left_out_whole) {
    const char *name, *value;
    for (size_t max = 6; max < 14; max++) {
        struct ll_buf pairs = ll_buf_make(max);
        size_t position = 0, found = 0;
        add(&pairs, "a", "b");
        add(&pairs, "name", "value");
        add(&pairs, "c", "");
        while (ll_pairs_next(&pairs, &position, &name, &value)) found++;
        cr_expect(eq(sz, found, 1), "of %zu bytes", max);
        cr_expect(eq(sz, pairs.len, 4));
        cr_expect(pairs.overflowed);
        ll_buf_fini(&pairs);
    }
}
