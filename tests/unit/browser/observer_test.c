// What an observer's text may say, and what any page that calls its function may not.
#include "agent/browser/cdp/observer.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static char heard[4096]; // one line for each sample and count

static void note(const char *metric, const char *label, double value) {
    size_t used = strlen(heard);
    snprintf(heard + used, sizeof heard - used, "%s{%s} %g\n", metric, label, value);
}

static void sample(void *owner, enum ll_metric metric, const char *label, double value) {
    (void)owner;
    note(ll_metric_info(metric)->name, label, value);
}

static void count(void *owner, enum ll_metric metric, const char *label, uint64_t n) {
    (void)owner;
    note(ll_metric_info(metric)->name, label, (double)n);
}

static const struct ll_browser_sink sink = {.sample = sample, .count = count};
static struct ll_cdp_observer *observer;

static void begin(void) {
    heard[0] = '\0';
    observer = ll_cdp_observer_new(&sink);
}

static void end(void) {
    ll_cdp_observer_free(&observer);
}

TestSuite(observer, .init = begin, .fini = end);

static const char *take(const char *text) {
    char copy[2048];
    cr_assert_lt(strlen(text), sizeof copy);
    memcpy(copy, text, strlen(text) + 1);
    heard[0] = '\0';
    ll_cdp_observer_take(observer, copy);
    return heard;
}

static void expect(const char *text, const char *wanted) {
    const char *got = take(text);
    cr_expect_str_eq(got, wanted, "%s\n became \n%s", text, got);
}

Test(observer, samples_and_counts_are_passed_on) {
    expect("5 0 0 0\nliveview_connection_duration_us 1500 http://h/p\nliveview_disconnections 1 https://h:1/p\n"
           "liveview_loading_class_duration_us 20 phx-click-loading",
           "liveview_connection_duration_us{http://h/p} 1500\nliveview_disconnections{https://h:1/p} 1\n"
           "liveview_loading_class_duration_us{phx-click-loading} 20\n");
    expect("5 0 2 3\nliveview_navigations 1 patch", "observations_lost{failure} 2\nobservations_lost{no room} 3\n"
                                                    "liveview_navigations{patch} 1\n");
}

Test(observer, vitals_are_samples_when_their_document_has_gone) {
    expect("5 0 0 0\nweb_vital_lcp_us 100 http://h/a\nweb_vital_cls 0 http://h/a", "");
    expect("5 0 0 0\nweb_vital_lcp_us 200 http://h/a", "");
    expect("6 0 0 0\nweb_vital_ttfb_us 7 http://h/b",
           "web_vital_lcp_us{http://h/a} 200\nweb_vital_cls{http://h/a} 0\n");
    expect("5 1 0 0\nweb_vital_lcp_us 900 http://h/a", ""); // too late
    expect("6 1 0 0\nweb_vital_fcp_us 8 http://h/b",
           "web_vital_fcp_us{http://h/b} 8\nweb_vital_ttfb_us{http://h/b} 7\n");
    expect("7 0 0 0\nweb_vital_inp_us 9 http://h/c", "");
    heard[0] = '\0';
    ll_cdp_observer_free(&observer);
    cr_expect_str_eq(heard, "web_vital_inp_us{http://h/c} 9\n");
}

Test(observer, a_url_is_without_its_query) {
    expect("5 0 0 0\nliveview_reconnections 1 http://h/p?user=7#x", "liveview_reconnections{http://h/p} 1\n");
}

Test(observer, what_no_observer_says_is_lost_and_counted) {
    static const char *const lines[] = {
        "iteration_duration_us 5 http://h/p",                    // not pages' to say
        "liveview_connections 5 http://h/p",                     // no metric
        "liveview_connection_duration_us -5 http://h/p",         //
        "liveview_connection_duration_us 1e300 http://h/p",      // beyond a run
        "liveview_connection_duration_us nan http://h/p",        //
        "liveview_connection_duration_us 5x http://h/p",         //
        "liveview_connection_duration_us 5 javascript:alert(1)", // no page's URL
        "liveview_connection_duration_us 5 http://h/\x7F",       //
        "liveview_connection_duration_us 5 http://h/a b",        //
        "liveview_connection_duration_us 5",                     //
        "liveview_connection_duration_us",                       //
        "liveview_connection_duration_us  http://h/p",           // no value
        "liveview_page_loading_duration_us 5 Initial<b>",        // no word
        "liveview_page_loading_duration_us 5 ",                  //
        "liveview_navigations 1000000 patch",                    // one at a time
        "",                                                      //
    };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        char text[200];
        snprintf(text, sizeof text, "5 0 0 0\n%s\nliveview_navigations 1 patch", lines[i]);
        expect(text, "observations_lost{damaged} 1\nliveview_navigations{patch} 1\n");
    }
    static const char *const heads[] = {"", "x", "5  0 0", "5", "5 0 0", "5 0 0 x", "-1 0 0 0"};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        char text[200];
        snprintf(text, sizeof text, "%s\nliveview_navigations 1 patch", heads[i]);
        expect(text, "observations_lost{damaged} 1\n");
    }
}

Test(observer, losses_are_bounded) {
    expect("5 0 1e12 0", "observations_lost{failure} 1000\n");
}

Test(observer, a_page_that_calls_too_often_is_not_listened_to) {
    static const char payload[] = "\"5 0 0 0\\nliveview_navigations 1 patch\"";
    struct ll_slice call = {payload, sizeof payload - 1};
    for (int second = 1; second < 4; second++) {
        heard[0] = '\0';
        for (int i = 0; i < LL_OBSERVER_CALLS_MAX; i++) {
            heard[0] = '\0';
            cr_assert(ll_cdp_observer_hear(observer, call, second * INT64_C(1000000) + i));
            cr_assert_str_eq(heard, "liveview_navigations{patch} 1\n");
        }
    }
    heard[0] = '\0';
    cr_expect(not(ll_cdp_observer_hear(observer, call, INT64_C(3999999))));
    cr_expect_str_eq(heard, "observations_lost{flood} 1\n");
}

Test(observer, words_about_presses_are_no_way_round_that) {
    static const char payload[] = "\"pressed 5 div\"";
    struct ll_slice call = {payload, sizeof payload - 1};
    heard[0] = '\0';
    for (int i = 0; i < LL_OBSERVER_CALLS_MAX; i++) cr_assert(ll_cdp_observer_hear(observer, call, 1000000 + i));
    cr_expect_str_eq(heard, "");
    cr_expect(not(ll_cdp_observer_hear(observer, call, 1999999)));
    cr_expect_str_eq(heard, "observations_lost{flood} 1\n");
}

Test(observer, a_call_that_is_too_long_is_lost) {
    static char payload[LL_OBSERVER_TEXT_MAX + 2];
    memset(payload, '5', sizeof payload);
    payload[0] = payload[sizeof payload - 1] = '"';
    cr_expect(ll_cdp_observer_hear(observer, (struct ll_slice){payload, sizeof payload}, 1));
    cr_expect_str_eq(heard, "observations_lost{damaged} 1\n");
}

Test(observer, a_frame_ends_no_document_and_has_no_vitals) {
    expect("5 0 0 0\nweb_vital_ttfb_us 10 http://h/p", "");
    expect("0 1 0 0\nliveview_disconnections 1 http://f/p", "liveview_disconnections{http://f/p} 1\n");
    expect("0 0 0 0\nweb_vital_ttfb_us 20 http://f/p", "observations_lost{damaged} 1\n");
    expect("5 1 0 0\nliveview_navigations 1 patch",
           "liveview_navigations{patch} 1\nweb_vital_ttfb_us{http://h/p} 10\n");
}
