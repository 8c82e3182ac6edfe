#include "agent/browser/cdp/scan.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static struct ll_slice slice(const char *text) {
    return (struct ll_slice){text, strlen(text)};
}

static void expect_text(struct ll_slice value, const char *wanted) {
    char text[64];
    ll_scan_text(value, text, sizeof text);
    cr_expect_str_eq(text, wanted, "\"%s\", not \"%s\"", text, wanted);
}

Test(scan, members_are_found_in_any_order) {
    static const char *const keys[] = {"params", "missing", "id", "list"};
    struct ll_slice values[4];
    ll_scan_members(slice(" { \"id\" : 7 ,\"list\":[1,[2],{\"id\":9}], \"params\":{\"a\":\"}\\\"{\"},\"z\":null}"),
                    keys, values, 4);
    cr_expect(eq(sz, values[0].len, 0), "a leading space is no object");
    ll_scan_members(slice("{ \"id\" : 7 ,\"list\":[1,[2],{\"id\":9}], \"params\":{\"a\":\"}\\\"{\"},\"z\":null}"), keys,
                    values, 4);
    expect_text(ll_scan_get(values[0], "a"), "}\"{");
    cr_expect(eq(sz, values[1].len, 0));
    cr_expect(eq(dbl, ll_scan_number(values[2], -1), 7));
    cr_expect(eq(dbl, ll_scan_number(ll_scan_get(ll_scan_item(values[3], 2), "id"), -1), 9));
    cr_expect(eq(sz, ll_scan_item(values[3], 3).len, 0));
}

Test(scan, a_key_that_begins_like_another_is_another) {
    cr_expect(eq(dbl, ll_scan_number(ll_scan_get(slice("{\"idx\":1,\"i\":2,\"id\":3}"), "id"), -1), 3));
}

Test(scan, strings_are_unescaped) {
    expect_text(slice("\"a\\n\\t\\\"\\\\\\/b\""), "a\n\t\"\\/b");
    expect_text(slice("\"\\u0041\\u00e9\\u20ac\\ud83c\\udf50\""), "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x8d\x90");
    expect_text(slice("\"\\ud83cx\""), "\xef\xbf\xbdx");
    expect_text(slice("\"\\u00\""), "\xef\xbf\xbd"
                                    "00");
    expect_text(slice("17"), "");
    expect_text(slice(""), "");
    cr_expect(eq(sz, ll_scan_text_bytes(slice("\"\\u00e9x\\n\\ud83c\\udf50\"")), 8));
}

Test(scan, a_text_that_does_not_fit_is_cut_at_a_character) {
    char text[4];
    cr_expect(eq(sz, ll_scan_text(slice("\"ab\\u00e9\""), text, sizeof text), 2));
    cr_expect_str_eq(text, "ab");
}

Test(scan, numbers_are_read_as_strtod_reads_them) {
    static const char *const numbers[] = {"0",      "-1", "2282.271966", "1e3", "-0.5", "123456789012345678",
                                          "3.5e-7", "5."};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cr_expect_float_eq(ll_scan_number(slice(numbers[i]), -7), strtod(numbers[i], NULL), 1e-9, "%s", numbers[i]);
    cr_expect(eq(dbl, ll_scan_number(slice("\"5\""), -7), -7));
    cr_expect(eq(dbl, ll_scan_number(slice("-"), -7), -7));
    cr_expect(eq(dbl, ll_scan_number(slice("nonsense"), -7), -7));
}

// Every beginning of a message, and the message with each byte replaced, is read without going past its end (the
// address sanitizer watches) and without a crash.
Test(scan, damaged_messages_read_as_nothing_much) {
    static const char message[] = "{\"method\":\"Network.x\",\"params\":{\"a\":[1,2,{\"b\":\"c\\u00e9\\\"\"}],\"d\":-1."
                                  "5e3,\"e\":true},\"sessionId\":\"S\"}";
    static const char damage[] = "\"\\{}[],:\0x";
    static const char *const keys[] = {"method", "params", "sessionId"};
    for (size_t len = 0; len < sizeof message; len++) {
        for (size_t at = 0; at <= len; at++) {
            char *copy = malloc(len + 1); // exactly as long, so that a step too far is seen
            memcpy(copy, message, len);
            if (at < len) copy[at] = damage[(at + len) % (sizeof damage - 1)];
            char *exact = realloc(copy, len ? len : 1);
            struct ll_slice values[3];
            ll_scan_members((struct ll_slice){exact, len}, keys, values, 3);
            char text[16];
            for (size_t i = 0; i < 3; i++) {
                ll_scan_text(values[i], text, sizeof text);
                ll_scan_text_bytes(values[i]);
                ll_scan_item(ll_scan_get(values[i], "a"), 2);
            }
            free(exact);
        }
    }
}

Test(scan, nul_bytes_in_a_message_are_bytes_like_others) {
    static const char key[] = "{\"id\0id\":1,\"id\":2}", escape[] = "\"a\\\0b\"";
    struct ll_slice id = ll_scan_get((struct ll_slice){key, sizeof key - 1}, "id");
    cr_expect(eq(dbl, ll_scan_number(id, -1), 2));
    char text[16];
    cr_expect(eq(sz, ll_scan_text((struct ll_slice){escape, sizeof escape - 1}, text, sizeof text), 3));
    cr_expect_eq(memcmp(text, "a\0b", 3), 0);
}
