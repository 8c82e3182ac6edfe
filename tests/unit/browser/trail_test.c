#include "agent/browser/cdp/trail.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static struct ll_slice slice(const char *text) {
    return (struct ll_slice){text, strlen(text)};
}

static void expect(const struct ll_cdp_trail *trail, const char *lines) {
    struct ll_buf out = ll_buf_make(4096);
    ll_cdp_trail_write(trail, &out);
    cr_expect(eq(str, (char *)ll_buf_str(&out), (char *)lines));
    ll_buf_fini(&out);
}

Test(trail, requests_stand_in_their_order_with_how_they_ended) {
    struct ll_cdp_trail trail = {.count = 0};
    ll_cdp_trail_ask(&trail, 1, slice("\"GET\""), slice("\"http://h/?secret\""), 1);
    expect(&trail, "GET not answered http://h/\n");
    ll_cdp_trail_answer(&trail, 1, 302);
    ll_cdp_trail_ask(&trail, 1, slice("\"GET\""), slice("\"http://h/next\""), 1.5);
    ll_cdp_trail_answer(&trail, 1, 200);
    expect(&trail, "GET 302 500 ms http://h/\nGET 200 still loading http://h/next\n");
    ll_cdp_trail_end(&trail, 1, 2);
    expect(&trail, "GET 302 500 ms http://h/\nGET 200 500 ms http://h/next\n");
}

// The browser shows a page about it in the same request's place, which ends when that is drawn.
Test(trail, a_failure_took_until_it_failed) {
    struct ll_cdp_trail trail = {.count = 0};
    ll_cdp_trail_ask(&trail, 1, slice("\"GET\""), slice("\"http://h/\""), 1);
    ll_cdp_trail_fail(&trail, 1, slice("\"net::ERR_FAILED\""), 1.25);
    ll_cdp_trail_end(&trail, 1, 3);
    expect(&trail, "GET net::ERR_FAILED 250 ms http://h/\n");
}
