#include "libcommon/codec/base64.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static void expect(const char *text, const char *wanted) {
    struct ll_buf out = ll_buf_make(100);
    bool good = ll_base64_decode(text, strlen(text), &out);
    cr_expect(eq(int, good, wanted != NULL), "%s", text);
    if (wanted) cr_expect(eq(str, (char *)ll_buf_str(&out), (char *)wanted));
    ll_buf_fini(&out);
}

// The vectors of RFC 4648, section 10.
Test(base64, decodes) {
    expect("", "");
    expect("Zg==", "f");
    expect("Zm8=", "fo");
    expect("Zm9v", "foo");
    expect("Zm9vYg==", "foob");
    expect("Zm9vYmE=", "fooba");
    expect("Zm9vYmFy", "foobar");
    expect("+/+/", "\xfb\xff\xbf");
}

Test(base64, what_is_none_is_refused) {
    expect("Z", NULL);
    expect("Zg=", NULL);
    expect("Zm9v Zm9", NULL);
    expect("Zm=v", NULL);
    expect("====", NULL);
}

Test(base64, what_has_no_room_is_refused) {
    struct ll_buf out = ll_buf_make(5);
    cr_expect(not(ll_base64_decode("Zm9vYmFy", 8, &out)));
    cr_expect(out.overflowed);
    ll_buf_fini(&out);
}

Test(base64, encodes) {
    static const char *const cases[][2] = {{"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
                                           {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ll_buf out = ll_buf_make(100);
        ll_base64_encode(cases[i][0], strlen(cases[i][0]), &out);
        cr_expect(eq(str, (char *)ll_buf_str(&out), (char *)cases[i][1]));
        ll_buf_fini(&out);
    }
}
