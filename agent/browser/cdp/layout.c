#include "agent/browser/cdp/layout.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

enum { KEYS = 50, LEVELS = 3, PLAIN = 0, SHIFTED = 1 };

// Where the keys are, row by row from the top left, each with what Windows calls the one of an American keyboard.
static const struct {
    const char *code;
    int virtual_key;
} keys[KEYS] = {
    {"Backquote", 192}, {"Digit1", '1'}, {"Digit2", '2'},        {"Digit3", '3'},      {"Digit4", '4'},
    {"Digit5", '5'},    {"Digit6", '6'}, {"Digit7", '7'},        {"Digit8", '8'},      {"Digit9", '9'},
    {"Digit0", '0'},    {"Minus", 189},  {"Equal", 187},         {"KeyQ", 'Q'},        {"KeyW", 'W'},
    {"KeyE", 'E'},      {"KeyR", 'R'},   {"KeyT", 'T'},          {"KeyY", 'Y'},        {"KeyU", 'U'},
    {"KeyI", 'I'},      {"KeyO", 'O'},   {"KeyP", 'P'},          {"BracketLeft", 219}, {"BracketRight", 221},
    {"Backslash", 220}, {"KeyA", 'A'},   {"KeyS", 'S'},          {"KeyD", 'D'},        {"KeyF", 'F'},
    {"KeyG", 'G'},      {"KeyH", 'H'},   {"KeyJ", 'J'},          {"KeyK", 'K'},        {"KeyL", 'L'},
    {"Semicolon", 186}, {"Quote", 222},  {"IntlBackslash", 226}, {"KeyZ", 'Z'},        {"KeyX", 'X'},
    {"KeyC", 'C'},      {"KeyV", 'V'},   {"KeyB", 'B'},          {"KeyN", 'N'},        {"KeyM", 'M'},
    {"Comma", 188},     {"Period", 190}, {"Slash", 191},         {"IntlRo", 193},      {"IntlYen", 220},
};

static const struct layout {
    const char *locales; // separated by spaces
    const char *levels[LEVELS];
} layouts[] = {
#define LL_LAYOUT(locales, plain, shifted, altgr) {locales, {plain, shifted, altgr}},
#include "agent/browser/cdp/layouts.def"
#undef LL_LAYOUT
};
enum { LAYOUTS = sizeof layouts / sizeof *layouts };

static const struct layout *const american = &layouts[0];

static bool has_locale(const struct layout *layout, const char *locale, size_t len) {
    for (const char *at = layout->locales; *at;) {
        size_t word = strcspn(at, " ");
        if (word == len && strncasecmp(at, locale, len) == 0) return true;
        at += word + (at[word] == ' ');
    }
    return false;
}

// By the whole tag, or else by its language.
static const struct layout *layout_of(const char *locale) {
    if (!locale) return american;
    const size_t lens[] = {strlen(locale), strcspn(locale, "-_")};
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++)
        for (size_t k = 0; k < LAYOUTS; k++)
            if (has_locale(&layouts[k], locale, lens[i])) return &layouts[k];
    return american;
}

static size_t character_len(const char *at) {
    size_t len = 1;
    while (((unsigned char)at[len] & 0xC0) == 0x80) len++;
    return len;
}

// What the key types on that level.
static void copy_character(const struct layout *layout, int level, size_t key, char out[LL_CDP_CHARACTER_BYTES]) {
    const char *at = layout->levels[level];
    for (; key > 0; key--) at += character_len(at);
    size_t len = character_len(at);
    if (*at == ' ') len = 0;
    memcpy(out, at, len);
    out[len] = '\0';
}

// Windows numbers keys by what is on them: letters, digits of the row of digits, and what an American keyboard has too.
static int virtual_key_of(size_t key, const char *plain) {
    bool is_digit = keys[key].virtual_key >= '0' && keys[key].virtual_key <= '9';
    struct ll_cdp_stroke there;
    if (isalpha((unsigned char)plain[0])) return toupper((unsigned char)plain[0]);
    if (!is_digit && plain[0] && !plain[1] && ll_cdp_layout_find(NULL, plain, 1, &there) &&
        !isdigit((unsigned char)plain[0]))
        return there.virtual_key;
    return keys[key].virtual_key;
}

static bool find_in(const struct layout *layout, const char *character, size_t len, struct ll_cdp_stroke *out) {
    for (size_t level = 0; level < LEVELS; level++) {
        const char *at = layout->levels[level];
        for (size_t key = 0; key < KEYS; key++) {
            size_t this_len = character_len(at);
            if (this_len == len && memcmp(at, character, len) == 0) {
                out->code = keys[key].code;
                copy_character(layout, PLAIN, key, out->plain);
                copy_character(layout, SHIFTED, key, out->shifted);
                out->virtual_key = layout == american ? keys[key].virtual_key : virtual_key_of(key, out->plain);
                return true;
            }
            at += this_len;
        }
    }
    return false;
}

bool ll_cdp_layout_find(const char *locale, const char *character, size_t len, struct ll_cdp_stroke *out) {
    const struct layout *layout = layout_of(locale);
    if (len == 1 && *character == ' ') return false; // a key of its own
    return find_in(layout, character, len, out) || (layout != american && find_in(american, character, len, out));
}
