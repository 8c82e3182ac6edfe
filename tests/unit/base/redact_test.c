#include "libcommon/base/redact.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static void add(const char *value) {
    ll_err err = ll_redact_add(value, strlen(value));
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
}

static void expect_becomes(const char *text, const char *wanted) {
    char copy[256];
    snprintf(copy, sizeof copy, "%s", text);
    ll_redact_text(copy);
    cr_expect(eq(str, copy, (char *)wanted));
}

TestSuite(redact, .fini = ll_redact_clear);

Test(redact, nothing_is_touched_without_secrets) {
    cr_expect(not(ll_redact_is_needed()));
    expect_becomes("hunter22 stays", "hunter22 stays");
    ll_redact_text(NULL);
}

Test(redact, a_value_is_replaced_wherever_it_stands) {
    add("hunter22");
    expect_becomes("hunter22", "***");
    expect_becomes("a=hunter22&b=hunter22hunter22.", "a=***&b=******.");
    expect_becomes("hunter2 is another", "hunter2 is another");
}

Test(redact, user_and_password_of_a_url_are_cut_without_being_declared) {
    static const char *const cases[][2] = {
        {"http://ann:s3cret@host/a", "http://host/a"},
        {"refused at ws://ann@host:80/x, then https://a:b@c@d", "refused at ws://host:80/x, then https://d"},
        {"navigate(\"http://ann:s3cret@127.0.0.1:1/\")", "navigate(\"http://127.0.0.1:1/\")"},
        {"<a href='http://ann:s3cret@host'>mail me@host</a>", "<a href='http://host'>mail me@host</a>"},
        {"http://host/@me?a@b", "http://host/@me?a@b"},
        {"http://host and me@host", "http://host and me@host"},
        {"://", "://"},
        {"http://@", "http://"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect_becomes(cases[i][0], cases[i][1]);
    add("hunter22");
    expect_becomes("http://ann:hunter22@host/hunter22", "http://host/***");
}

Test(redact, of_two_that_begin_alike_the_longer_goes_whole) {
    add("pass");
    add("password-1");
    expect_becomes("password-1 and pass", "*** and ***");
}

Test(redact, it_is_known_in_other_spellings) {
    add("p&s<w\"rd 1/é!");
    expect_becomes("p%26s%3Cw%22rd%201%2F%C3%A9%21", "***");
    expect_becomes("p%26s%3Cw%22rd%201%2F%C3%A9!", "***");
    expect_becomes("p&amp;s&lt;w\"rd 1/é!", "***");
    expect_becomes("{\"p&s<w\\\"rd 1/é!\"}", "{\"***\"}");
    expect_becomes("http://h/?a=p&s%3Cw%22rd%201/%C3%A9!&b=1", "http://h/?a=***&b=1"); // an address of Chromium's
    expect_becomes("a=p%26s%3Cw%22rd+1%2F%C3%A9%21&b=1", "a=***&b=1");                 // a form
    expect_becomes("p%26s%3cw%22rd%201%2f%c3%a9%21", "***");
    expect_becomes("<i a=\"p&amp;s&lt;w&quot;rd 1/é!\">", "<i a=\"***\">");
    expect_becomes("\"p\\u0026s\\u003cw\\\"rd 1\\/\\u00E9!\"", "\"***\"");
    expect_becomes("p%26s%3Cw%22rd%201%2F%C3%A", "***"); // cut
    expect_becomes("p&s and p%26s, p&amp;s&lt;v", "p&s and p%26s, p&amp;s&lt;v");
}

Test(redact, a_value_that_looks_like_a_spelling_is_known_as_it_is) {
    add("a&amp;b%20c");
    expect_becomes("a&amp;b%20c", "***");
    expect_becomes("a%26amp;b%2520c", "***");
    expect_becomes("a&amp;b", "***"); // cut
}

Test(redact, characters_beyond_two_bytes_have_spellings_too) {
    add("a €🙂 b");
    expect_becomes("a%20%E2%82%AC%F0%9F%99%82%20b", "***");
    expect_becomes("a \\u20ac\\ud83d\\ude42 b", "***");
    expect_becomes("x a €🙂 b a+€🙂+b y", "x *** *** y");
    add("no \xff UTF-8");
    expect_becomes("no%20%FF%20UTF-8", "***");
}

Test(redact, what_was_cut_off_is_found_at_the_end) {
    add("correct-horse");
    expect_becomes("<p>correct-ho", "<p>***");
    expect_becomes("<p>cor", "<p>cor");
    char whole[] = "x correct-horse y";
    cr_expect(eq(sz, ll_redact(whole, sizeof whole - 1), strlen("x *** y")));
}

Test(redact, finds) {
    add("correct-horse");
    cr_expect(ll_redact_finds("a correct-horse", 15));
    cr_expect(not(ll_redact_finds("a correct-hors", 14)));
    add("s e cret");
    cr_expect(ll_redact_finds("a s%20e+cret", 12));
    cr_expect(not(ll_redact_finds("a s%20e+cre", 11)));
}

Test(redact, what_is_no_secret_is_refused) {
    ll_err err = ll_redact_add("abc", 3);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    cr_expect(eq(str, err.text, "a secret has 4 to 16384 bytes, not 3"));
    for (int i = 0; i < LL_REDACT_VALUES_MAX; i++) {
        char value[32];
        snprintf(value, sizeof value, "v %d<&\"!", i);
        add(value);
    }
    err = ll_redact_add("one more", 8);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    ll_redact_clear();
    expect_becomes("v 7<&\"!", "v 7<&\"!");
}
