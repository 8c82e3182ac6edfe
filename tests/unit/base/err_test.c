#include "libcommon/base/err.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(err, context_stands_before_the_sentence) {
    ll_err err = ll_err_in(ll_err_make(LL_NOT_FOUND, "no such file"), "scenario %s", "shop.lua");
    cr_expect(eq(int, err.status, LL_NOT_FOUND));
    cr_expect(eq(str, err.text, "scenario shop.lua: no such file"));
    cr_expect(eq(int, ll_err_in(LL_SUCCESS, "nothing").status, LL_OK));
}

Test(err, a_long_sentence_is_cut_between_characters) {
    char text[LL_ERR_TEXT_MAX * 2] = "";
    for (size_t i = 0; i < LL_ERR_TEXT_MAX - 1; i += 2) strcat(text, "é");
    ll_err err = ll_err_make(LL_UNKNOWN, "x%s", text);
    size_t len = strlen(err.text);
    cr_expect(lt(sz, len, LL_ERR_TEXT_MAX));
    cr_expect(eq(int, (unsigned char)err.text[len - 1], 0xA9), "ends with half a character");
}

Test(err, numbers_from_the_wire_that_are_no_status_are_unknown) {
    cr_expect(eq(int, ll_status_from_number(4), LL_DEADLINE_EXCEEDED));
    cr_expect(eq(int, ll_status_from_number(99), LL_UNKNOWN));
    cr_expect(eq(str, (char *)ll_status_words(LL_DEADLINE_EXCEEDED), "deadline exceeded"));
}
