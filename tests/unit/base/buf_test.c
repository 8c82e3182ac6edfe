#include "libcommon/base/buf.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

Test(buf, grows_up_to_its_limit_and_then_refuses_whole_appends) {
    struct ll_buf buf = ll_buf_make(1000);
    for (int i = 0; i < 100; i++) ll_buf_text(&buf, "0123456789");
    cr_expect(eq(sz, buf.len, 1000));
    cr_expect(not(buf.overflowed));
    ll_buf_text(&buf, "x");
    cr_expect(eq(sz, buf.len, 1000));
    cr_expect(buf.overflowed);
    ll_buf_clear(&buf);
    ll_buf_printf(&buf, "%d-%s", 7, "seven");
    cr_expect(eq(str, (char *)ll_buf_str(&buf), "7-seven"));
    ll_buf_fini(&buf);
}

Test(buf, consume_takes_from_the_front) {
    struct ll_buf buf = ll_buf_make(100);
    cr_expect(eq(str, (char *)ll_buf_str(&buf), ""));
    ll_buf_text(&buf, "head tail");
    ll_buf_consume(&buf, 5);
    cr_expect(eq(str, (char *)ll_buf_str(&buf), "tail"));
    ll_buf_fini(&buf);
}

Test(buf, reserve_past_the_limit_does_not_wrap_around) {
    struct ll_buf buf = ll_buf_make(16);
    ll_buf_text(&buf, "abc");
    cr_expect_null(ll_buf_reserve(&buf, SIZE_MAX - 1));
    cr_expect(buf.overflowed);
    cr_expect(eq(sz, buf.len, 3));
    ll_buf_fini(&buf);
}
