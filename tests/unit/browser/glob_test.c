#include "agent/browser/glob.h"

#include <criterion/criterion.h>
#include <string.h>

static const struct {
    const char *pattern, *url;
    bool matches;
} cases[] = {
    {"**", "http://a/b?c=d", true},
    {"http://a/b", "http://a/b", true},
    {"http://a/b", "http://a/bc", false},
    {"**/products/*", "http://a/products/7", true},
    {"**/products/*", "http://a/products/7/edit", false},
    {"**/products/**", "http://a/products/7/edit", true},
    {"**/sent?q=*", "http://a/sent?q=x", true},
    {"**/sent", "http://a/sent?q=x", false},
    {"**.{png,jpg}", "http://a/b.jpg", true},
    {"**.{png,jpg}", "http://a/b.gif", false},
    {"**/{a,b}/{c,d}", "http://x/b/c", true},
    {"**/{a,b}/{c,d}", "http://x/c/b", false},
    {"/cart", "http://a:80/cart", true},
    {"/cart/*", "http://a/cart/1", true},
    {"/cart", "http://a/shop/cart", false},
    {"/", "http://a", true},
    {"http://a/\\*", "http://a/*", true},
    {"http://a/\\*", "http://a/b", false},
    {"", "http://a", false},
    {"{", "{", true},
    {"a{b", "a{b", true},
};

Test(glob, matches_as_playwright_does) {
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(ll_glob_matches(cases[i].pattern, cases[i].url), cases[i].matches, "%s against %s",
                     cases[i].pattern, cases[i].url);
}

Test(glob, a_pattern_made_to_take_long_does_not) {
    char url[2001], pattern[LL_GLOB_MAX];
    memset(url, 'a', sizeof url - 1);
    url[sizeof url - 1] = '\0';
    for (size_t i = 0; i < sizeof pattern - 1; i++) pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof pattern - 2] = 'b';
    pattern[sizeof pattern - 1] = '\0';
    cr_expect_not(ll_glob_matches(pattern, url));
}
