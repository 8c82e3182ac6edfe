#include "agent/browser/cdp/layout.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static void expect_key(const char *locale, const char *character, const char *code, int virtual_key) {
    struct ll_cdp_stroke stroke;
    cr_assert(ll_cdp_layout_find(locale, character, strlen(character), &stroke), "%s: %s", locale, character);
    cr_expect_str_eq(stroke.code, code, "%s: %s is %s, not %s", locale, character, stroke.code, code);
    cr_expect(eq(int, stroke.virtual_key, virtual_key), "%s: %s", locale, character);
}

static void expect_none(const char *locale, const char *character) {
    struct ll_cdp_stroke stroke;
    cr_expect_not(ll_cdp_layout_find(locale, character, strlen(character), &stroke), "%s: %s", locale, character);
}

Test(layout, a_key_is_where_the_keyboard_of_the_locale_has_it) {
    expect_key(NULL, "z", "KeyZ", 'Z');
    expect_key("en-US", "@", "Digit2", '2');
    expect_key("en-GB", "@", "Quote", 222);
    expect_key("de-DE", "z", "KeyY", 'Z');
    expect_key("de", "Y", "KeyZ", 'Y');
    expect_key("de-AT", "\xc3\xa4", "Quote", 222);
    expect_key("de-DE", "?", "Minus", 189);
    expect_key("de-DE", "-", "Slash", 189);
    expect_key("de-DE", "@", "KeyQ", 'Q');
    expect_key("fr-FR", "a", "KeyQ", 'A');
    expect_key("fr-FR", "1", "Digit1", '1');
    expect_key("fr-FR", "&", "Digit1", '1');
    expect_key("fr-FR", ",", "KeyM", 188);
    expect_key("fr-CA", "'", "Comma", 188);
    expect_key("ru-RU", "\xd1\x84", "KeyA", 'A');
    expect_key("ja-JP", "\\", "IntlRo", 220);
    expect_key("sv_SE", "\xc3\xa5", "BracketLeft", 219);
}

Test(layout, what_the_locale_has_no_key_for_is_typed_on_an_american_one) {
    expect_key("ru-RU", "a", "KeyA", 'A');
    expect_key("xx-YY", "z", "KeyZ", 'Z');
    expect_key("", "z", "KeyZ", 'Z');
    expect_none(NULL, "\xc3\xa4");
    expect_none("de-DE", "\xe5\x97\xa8");
    expect_none("de-DE", " ");
}

Test(layout, a_key_has_what_it_types_with_shift) {
    struct ll_cdp_stroke stroke;
    cr_assert(ll_cdp_layout_find(NULL, "1", 1, &stroke));
    cr_expect_str_eq(stroke.shifted, "!");
    cr_assert(ll_cdp_layout_find("de", "1", 1, &stroke));
    cr_expect_str_eq(stroke.shifted, "!");
    cr_assert(ll_cdp_layout_find("de", "2", 1, &stroke));
    cr_expect_str_eq(stroke.shifted, "\"");
    cr_assert(ll_cdp_layout_find("fr", "1", 1, &stroke));
    cr_expect_str_eq(stroke.plain, "&");
    cr_assert(ll_cdp_layout_find("ja", "_", 1, &stroke));
    cr_expect_str_eq(stroke.plain, "\\");
}

// Every layout has a character for each key, and so every ASCII character is found in each.
Test(layout, every_layout_is_whole) {
    static const char *const locales[] = {
#define LL_LAYOUT(locales, plain, shifted, altgr) locales,
#include "agent/browser/cdp/layouts.def"
#undef LL_LAYOUT
    };
    static const char *const levels[][3] = {
#define LL_LAYOUT(locales, plain, shifted, altgr) {plain, shifted, altgr},
#include "agent/browser/cdp/layouts.def"
#undef LL_LAYOUT
    };
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        for (size_t level = 0; level < 3; level++) {
            size_t count = 0;
            for (const char *at = levels[i][level]; *at; at++) count += ((unsigned char)*at & 0xC0) != 0x80;
            cr_expect(eq(sz, count, 50), "%s, level %zu", locales[i], level);
        }
        for (char c = '!'; c <= '~'; c++) {
            struct ll_cdp_stroke stroke;
            cr_expect(ll_cdp_layout_find(locales[i], &c, 1, &stroke), "%s: %c", locales[i], c);
        }
    }
}
