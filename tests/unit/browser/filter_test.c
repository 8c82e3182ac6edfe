#include "agent/browser/filter.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

Test(filter, a_pattern_s_parts_stand_in_the_url_in_order) {
    static const struct {
        const char *pattern, *url;
        bool matches;
    } cases[] = {
        {"*://*.example.com/*", "https://cdn.example.com/a.js", true},
        {"*://*.example.com/*", "https://example.com/a.js", false},
        {"*://*.example.com/*", "https://cdn.example.com", false},
        {"example", "https://example.com/", true},
        {"/a/*/c", "http://x/a/b/c?d", true},
        {"/a/*/c", "http://x/c/b/a", false},
        {"a*a", "http://xa/", false},
        {"**.js*?v=*", "http://x/app.js?v=3", true},
        {"a", "", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(ll_pattern_matches(cases[i].pattern, cases[i].url, strlen(cases[i].url)), cases[i].matches,
                     "%s on %s", cases[i].pattern, cases[i].url);
    cr_expect(not(ll_pattern_matches("tail", "http://x/tail", strlen("http://x/tai"))));
}

Test(filter, any_pattern_of_the_list_will_do) {
    struct ll_request_filter filter = {.ignore = (char *[]){"//a.example/", "//b.example/"}, .ignore_count = 2};
    static const char b[] = "http://b.example/x", c[] = "http://c.example/x";
    cr_expect(ll_filter_ignores(&filter, b, strlen(b)));
    cr_expect(not(ll_filter_ignores(&filter, c, strlen(c))));
    cr_expect(not(ll_filter_ignores(NULL, b, strlen(b))));
}
