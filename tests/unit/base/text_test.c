#include "libcommon/base/text.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>

Test(text, durations_as_people_write_them) {
    static const struct {
        const char *text;
        uint64_t ms;
    } good[] = {{"500ms", 500}, {"2s", 2000}, {"1.5m", 90000}, {"1h", 3600000}, {"30", 30000}, {"0", 0}, {".5s", 500}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t ms = 12345;
        ll_err err = ll_text_parse_duration_ms(good[i].text, &ms);
        cr_expect(eq(int, err.status, LL_OK), "%s: %s", good[i].text, err.text);
        cr_expect(eq(u64, ms, good[i].ms), "%s", good[i].text);
    }
    static const char *const bad[] = {"", "fast", "5 s", "-1s", "2s2", "1e9h", "nan", "inf", "8d", "200h", "0x10s"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint64_t ms;
        cr_expect(ne(int, ll_text_parse_duration_ms(bad[i], &ms).status, LL_OK), "%s", bad[i]);
    }
}

Test(text, whole_numbers_within_bounds) {
    uint64_t value;
    cr_expect(eq(int, ll_text_parse_uint("--users", "20", 1, 100, &value).status, LL_OK));
    cr_expect(eq(u64, value, 20));
    ll_err err = ll_text_parse_uint("--users", "0", 1, 100, &value);
    cr_expect(eq(str, err.text, "--users is \"0\": it takes a whole number from 1 to 100"));
    cr_expect(ne(int, ll_text_parse_uint("--users", "1x", 1, 100, &value).status, LL_OK));
    cr_expect(ne(int, ll_text_parse_uint("--users", "-1", 1, 100, &value).status, LL_OK));
    cr_expect(ne(int, ll_text_parse_uint("--users", "99999999999999999999", 1, 100, &value).status, LL_OK));
}

Test(text, values_for_people_have_three_digits) {
    char out[40];
    static const struct {
        double us;
        const char *text;
    } cases[] = {{0, "0 µs"},        {812.4, "812 µs"},   {999.6, "1.00 ms"},       {34512, "34.5 ms"},
                 {999600, "1.00 s"}, {1840000, "1.84 s"}, {125000000, "2 min 5 s"}, {345678, "346 ms"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_text_duration_us(cases[i].us, out, sizeof out);
        cr_expect(eq(str, out, (char *)cases[i].text));
    }
    ll_text_bytes(48234, out, sizeof out);
    cr_expect(eq(str, out, "48.2 KB"));
}

Test(text, numbers_for_people_have_no_exponent) {
    static const struct {
        double number;
        const char *text;
    } cases[] = {{0, "0"},         {12, "12"},           {1.98004620322501, "1.98"}, {0.0042, "0.0042"},
                 {1234.5, "1234"}, {123456.7, "123457"}, {1e9, "1000000000"}};
    char out[32];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_text_number(cases[i].number, out, sizeof out);
        cr_expect(eq(str, out, (char *)cases[i].text));
    }
}

Test(text, nearest_name_forgives_a_slip_but_not_another_word) {
    static const char *const names[] = {"click", "wait_for_selector", "fill", NULL};
    cr_expect(eq(str, (char *)ll_text_nearest("clik", names), "click"));
    cr_expect(eq(str, (char *)ll_text_nearest("wait_for_selecotr", names), "wait_for_selector"));
    cr_expect_null(ll_text_nearest("checkout", names));
}

Test(text, what_comes_from_elsewhere_is_made_fit_to_be_shown) {
    static const struct {
        const char *in, *out;
    } texts[] = {
        {"bad\x1b[31mRED\n", "bad?[31mRED?"},
        {"a\tb\rc\x7f", "a b?c?"},
        {"\xc2\x9b"
         "31m and \xc2\x80",
         "?31m and ?"}, // C1: CSI in two bytes
        {"\xc2\xa0 µs, 日本, 🙂", "\xc2\xa0 µs, 日本, 🙂"},
        {"cut \xe6\x97", "cut ??"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[64];
        ll_text_clean(texts[i].in, text, sizeof text);
        cr_expect(eq(str, text, (char *)texts[i].out));
        snprintf(text, sizeof text, "%s", texts[i].in);
        ll_text_clean(text, text, sizeof text);
        cr_expect(eq(str, text, (char *)texts[i].out), "in place");
    }
    char few[6];
    ll_text_clean("日本", few, sizeof few);
    cr_expect(eq(str, few, "日"));
}

Test(text, cuts_lie_between_characters) {
    static const char euros[] = "12\xE2\x82\xAC\xE2\x82\xAC"; // "12€€"
    static const size_t ends[] = {0, 1, 2, 2, 2, 5, 5, 5, 8, 8};
    for (size_t max = 0; max < sizeof ends / sizeof *ends; max++)
        cr_expect(eq(sz, ll_text_cut(euros, strlen(euros), max), ends[max]), "at %zu", max);
    cr_expect(eq(sz, ll_text_cut("\x80\x80", 2, 1), 0));
}

Test(text, control_characters_are_found) {
    static const char *const with[] = {"\n", "a\tb", "end\x7f", "\x1b[31m"};
    for (size_t i = 0; i < sizeof with / sizeof *with; i++) cr_expect(ll_text_has_control(with[i]));
    cr_expect(not(ll_text_has_control("")));
    cr_expect(not(ll_text_has_control("plain, and \xC3\xA9 too")));
}

Test(text, amounts_are_read) {
    static const struct {
        const char *text;
        uint64_t value;
    } bytes[] = {{"300", 300}, {"300MB", 300000000}, {"64 KB", 64000}, {"1.5GB", 1500000000}, {"0B", 0}},
      rates[] = {{"1.6Mbit/s", 200000}, {"200KB/s", 200000}, {"8 bit/s", 1}, {"12", 12}};
    static const char *const no_bytes[] = {"", "MB", "5 TB", "-1", "1e30", "5MB/s", "5 MBs", "0X5MB"};
    uint64_t value;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        cr_expect(eq(int, ll_text_parse_bytes(bytes[i].text, &value).status, LL_OK), "%s", bytes[i].text);
        cr_expect(eq(u64, value, bytes[i].value), "%s", bytes[i].text);
    }
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        cr_expect(eq(int, ll_text_parse_rate(rates[i].text, &value).status, LL_OK), "%s", rates[i].text);
        cr_expect(eq(u64, value, rates[i].value), "%s", rates[i].text);
    }
    for (size_t i = 0; i < sizeof no_bytes / sizeof *no_bytes; i++)
        cr_expect(eq(int, ll_text_parse_bytes(no_bytes[i], &value).status, LL_INVALID_ARGUMENT), "%s", no_bytes[i]);
    cr_expect(eq(int, ll_text_parse_rate("5MB", &value).status, LL_INVALID_ARGUMENT));
}
