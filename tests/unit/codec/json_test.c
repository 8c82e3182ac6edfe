#include "libcommon/codec/json.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

static ll_json *parse(const char *text) {
    ll_json *json = NULL;
    // A copy without a terminator, so that the sanitizer sees a read past the end.
    size_t len = strlen(text);
    char *bytes = malloc(len ? len : 1);
    memcpy(bytes, text, len);
    ll_err err = ll_json_parse(bytes, len, &json);
    cr_assert(eq(int, err.status, LL_OK), "%s: %s", text, err.text);
    free(bytes);
    return json;
}

static void expect_refused(const char *text, const char *sentence) {
    ll_json *json = NULL;
    ll_err err = ll_json_parse(text, strlen(text), &json);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT), "%s", text);
    cr_expect_not_null(strstr(err.text, sentence), "%s", err.text);
    cr_expect_null(json);
}

Test(json, reads_a_message) {
    ll_json *json = parse("{\"id\": 7, \"result\": {\"frames\": [\"a\", \"b\"], \"ok\": true, \"no\": false,"
                          " \"none\": null, \"ratio\": -1.5e3}} \r\n");
    cr_expect(eq(dbl, ll_json_number(ll_json_get(json, "id"), -1), 7));
    const ll_json *result = ll_json_get(json, "result"), *frames = ll_json_get(result, "frames");
    cr_expect(eq(dbl, ll_json_number(ll_json_get(result, "ratio"), 0), -1500));
    cr_expect(ll_json_bool(ll_json_get(result, "ok"), false));
    cr_expect(not(ll_json_bool(ll_json_get(result, "no"), true)));
    cr_expect(ll_json_is_null(ll_json_get(result, "none")));
    cr_expect(ll_json_is_array(frames));
    const ll_json *first = ll_json_first(frames), *second = ll_json_next(first);
    cr_expect(eq(str, (char *)ll_json_string(first, ""), "a"));
    cr_expect(eq(str, (char *)ll_json_string(second, ""), "b"));
    cr_expect_null(ll_json_next(second));
    cr_expect(eq(str, (char *)ll_json_key(ll_json_first(result)), "frames"));
    cr_expect_null(ll_json_key(first));
    ll_json_free(&json);
    cr_expect_null(json);
}

Test(json, what_is_missing_or_of_another_type_is_nothing) {
    ll_json *json = parse("{\"id\": \"seven\", \"Key\": 1, \"list\": []}");
    cr_expect(eq(dbl, ll_json_number(ll_json_get(json, "id"), -1), -1));
    cr_expect_null(ll_json_get(json, "key"), "names differ by case");
    cr_expect_null(ll_json_get(ll_json_get(ll_json_get(json, "list"), "x"), "y"));
    cr_expect_null(ll_json_first(ll_json_get(json, "list")));
    cr_expect_null(ll_json_first(ll_json_get(json, "id")));
    cr_expect_null(ll_json_next(NULL));
    cr_expect_null(ll_json_key(NULL));
    cr_expect(not(ll_json_is_null(NULL)));
    cr_expect(ll_json_bool(NULL, true));
    cr_expect(eq(str, (char *)ll_json_string(NULL, "otherwise"), "otherwise"));
    ll_json_free(&json);
    ll_json_free(&json);
}

Test(json, what_is_not_json_is_refused_with_the_place) {
    expect_refused("", "breaks off after 0 bytes");
    expect_refused("{\"a\":", "breaks off after 5 bytes");
    expect_refused("[1, 2", "breaks off after 5 bytes");
    expect_refused("{\"a\" 1}", "goes wrong at byte 5: 1}");
    expect_refused("nul", "goes wrong at byte 0");
    expect_refused("{} trailing", "goes wrong at byte 3: trailing");
    expect_refused("[1] 2 3", "goes wrong at byte 4: 2 3");
    expect_refused("1 2", "not JSON");
    expect_refused("\"line\nbreak\"", "goes wrong at byte 5: ?break");
    expect_refused("[\"\\q\"]", "not JSON");
    expect_refused("\"\\", "not JSON");
    expect_refused("\"\\u12", "not JSON");
    ll_json *json = NULL;
    cr_expect(eq(int, ll_json_parse("[1]\0", 4, &json).status, LL_INVALID_ARGUMENT), "a NUL after the value");
    cr_expect(eq(int, ll_json_parse("\"a\0b\"", 5, &json).status, LL_INVALID_ARGUMENT), "a NUL in a string");
}

Test(json, nesting_has_a_limit) {
    enum { DEPTH = 100000 };
    char *text = malloc(2 * DEPTH + 1);
    ll_json *json = NULL;
    for (size_t depth = 511; depth <= DEPTH; depth = depth < 514 ? depth + 1 : depth * 10) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        ll_err err = ll_json_parse(text, 2 * depth, &json);
        cr_expect(eq(int, err.status, depth <= 512 ? LL_OK : LL_INVALID_ARGUMENT), "%zu levels", depth);
        if (err.status != LL_OK) cr_expect_not_null(strstr(err.text, "512"), "%s", err.text);
        ll_json_free(&json);
    }
    free(text);
    json = parse("[\"[[[[\", {}, {}, [], []]");
    ll_json_free(&json);
}

Test(json, strings_that_c_cannot_hold_get_the_replacement_character) {
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"\"a\\u0000b\"", "a\uFFFDb"},
        {"\"\\u0000\"", "\uFFFD"},
        {"\"\\\\u0000\"", "\\u0000"}, // an escaped backslash and then plain letters
        {"\"\\\\\\u0000\"", "\\\uFFFD"},
        {"\"\\ud83d\\ude00\"", "\U0001F600"},
        {"\"\\uD83Dx\"", "\uFFFDx"},
        {"\"\\ude00\"", "\uFFFD"},
        {"\"\\ud83d\\ud83d\\ude00\"", "\uFFFD\U0001F600"},
        {"\"\\ud83d\\u0041\"", "\uFFFDA"},
        {"\"\\u00e9\\n\\/\"", "\u00E9\n/"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_json *json = parse(cases[i].text);
        cr_expect(eq(str, (char *)ll_json_string(json, ""), (char *)cases[i].expected), "%s", cases[i].text);
        ll_json_free(&json);
    }
    ll_json *json = parse("{\"k\\u0000\": \"\\ud800\", \"after\": 1}");
    cr_expect(eq(str, (char *)ll_json_string(ll_json_get(json, "k\uFFFD"), ""), "\uFFFD"));
    cr_expect(eq(dbl, ll_json_number(ll_json_get(json, "after"), 0), 1));
    ll_json_free(&json);
}

Test(json, a_value_keeps_each_nul) {
    static const char text[] = "{\"k\\u0000\": \"a\\u0000\\u0000b\\\\u0000\\ud800\"}";
    ll_json *json = NULL;
    cr_assert(eq(int, ll_json_parse_value(text, strlen(text), &json).status, LL_OK));
    const char *value = ll_json_string(ll_json_get(json, "k" LL_JSON_NUL), "");
    cr_expect(eq(str, (char *)value, "a" LL_JSON_NUL LL_JSON_NUL "b\\u0000\uFFFD"));
    ll_json_free(&json);
    cr_expect(eq(int, ll_json_parse_value("[\"\\u0000", 8, &json).status, LL_INVALID_ARGUMENT));
}

Test(json, of_members_with_one_name_the_first_counts) {
    ll_json *json = parse("{\"a\": 1, \"a\": 2}");
    cr_expect(eq(dbl, ll_json_number(ll_json_get(json, "a"), 0), 1));
    ll_json_free(&json);
}
