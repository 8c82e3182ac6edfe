// Real input events, through the browser's own input path (the DevTools Input domain). The events of one action are
// sent at once, and the page is done with them when the last is answered.
#include "agent/browser/cdp/page.h"
#include "libcommon/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MODIFIERS_MAX = 4, KEY_CHARS_MAX = 64 };

struct key {
    char name[16];   // the DOM's `key`
    char code[16];   // the DOM's `code`
    int virtual_key; // Windows' number; 0 for characters that no key has
    char text[16];   // what it types
};

static const struct named_key {
    const char *name, *code;
    int virtual_key;
    const char *text;
} named_keys[] = {
#define LL_KEY(name, code, virtual_key, text) {name, code, virtual_key, text},
#include "agent/browser/cdp/keys.def"
#undef LL_KEY
};
enum { NAMED_KEYS = sizeof named_keys / sizeof *named_keys };

static const struct {
    const char *name;
    int bit; // of Input.dispatchKeyEvent's modifiers
} modifiers[] = {{"Alt", 1}, {"Control", 2}, {"Meta", 4}, {"Shift", 8}};

static void mouse(struct ll_cdp_page *page, const char *type, double x, double y, const char *button) {
    ll_buf_printf(ll_cdp_page_begin(page, "Input.dispatchMouseEvent"), "{\"type\":\"%s\",\"x\":%g,\"y\":%g%s}", type, x,
                  y, button);
}

static void send(struct ll_cdp_page *page) {
    ll_cdp_end(ll_cdp_page_client(page), NULL, NULL);
}

void ll_cdp_input_hover(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered) {
    mouse(page, "mouseMoved", x, y, "");
    ll_cdp_page_end(page, answered);
}

void ll_cdp_input_click(struct ll_cdp_page *page, double x, double y, ll_cdp_answered *answered) {
    mouse(page, "mouseMoved", x, y, "");
    send(page);
    mouse(page, "mousePressed", x, y, ",\"button\":\"left\",\"buttons\":1,\"clickCount\":1");
    send(page);
    mouse(page, "mouseReleased", x, y, ",\"button\":\"left\",\"clickCount\":1");
    ll_cdp_page_end(page, answered);
}

// The key of the US layout that types `c`.
static bool key_of_character(char c, struct key *out) {
    static const char plain[] = "`-=[]\\;',./", shifted[] = "~_+{}|:\"<>?";
    static const char *const codes[] = {"Backquote", "Minus", "Equal", "BracketLeft", "BracketRight", "Backslash",
                                        "Semicolon", "Quote", "Comma", "Period",      "Slash"};
    static const int virtual_keys[] = {192, 189, 187, 219, 221, 220, 186, 222, 188, 190, 191};
    static const char digits_shifted[] = ")!@#$%^&*(";
    const char *found;
    if (isalpha((unsigned char)c)) {
        snprintf(out->code, sizeof out->code, "Key%c", toupper((unsigned char)c));
        out->virtual_key = toupper((unsigned char)c);
    } else if (isdigit((unsigned char)c) || (found = strchr(digits_shifted, c))) {
        char digit = isdigit((unsigned char)c) ? c : (char)('0' + (found - digits_shifted));
        snprintf(out->code, sizeof out->code, "Digit%c", digit);
        out->virtual_key = digit;
    } else if ((found = strchr(plain, c)) || (found = strchr(shifted, c))) {
        size_t at = (size_t)(found - (strchr(plain, c) ? plain : shifted));
        snprintf(out->code, sizeof out->code, "%s", codes[at]);
        out->virtual_key = virtual_keys[at];
    } else if (c == ' ') {
        snprintf(out->code, sizeof out->code, "Space");
        out->virtual_key = ' ';
    } else {
        return false;
    }
    out->name[0] = out->text[0] = c;
    return true;
}

// One that can be printed, as UTF-8.
static bool is_one_character(const char *text) {
    char clean[8];
    ll_text_clean(text, clean, sizeof clean);
    size_t len = 1;
    while (((unsigned char)text[len] & 0xC0) == 0x80) len++;
    return *text && !text[len] && strcmp(clean, text) == 0;
}

static bool find_key(const char *name, struct key *out) {
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < NAMED_KEYS; i++) {
        if (strcmp(named_keys[i].name, name) != 0) continue;
        snprintf(out->name, sizeof out->name, "%s", strcmp(name, "Space") == 0 ? " " : name);
        snprintf(out->code, sizeof out->code, "%s", named_keys[i].code);
        snprintf(out->text, sizeof out->text, "%s", named_keys[i].text);
        out->virtual_key = named_keys[i].virtual_key;
        return true;
    }
    if (!is_one_character(name)) return false;
    if (!(*name & 0x80)) return key_of_character(*name, out);
    snprintf(out->name, sizeof out->name, "%s", name);
    snprintf(out->text, sizeof out->text, "%s", name);
    return true;
}

static int modifier_bit(const char *name) {
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
        if (strcmp(modifiers[i].name, name) == 0) return modifiers[i].bit;
    return 0;
}

// "Control+Shift+A" into its modifiers and its key. A "+" at the end is the key itself.
static ll_err split(const char *keys, struct key held[MODIFIERS_MAX], size_t *out_held, int *out_bits,
                    struct key *out) {
    char text[KEY_CHARS_MAX];
    if (snprintf(text, sizeof text, "%s", keys) >= (int)sizeof text)
        return ll_err_make(LL_INVALID_ARGUMENT, "\"%.40s…\" is no key: write it like Enter, a or Control+A", keys);
    char *name = text, *plus;
    *out_held = 0;
    *out_bits = 0;
    while ((plus = strchr(name, '+')) && plus[1]) {
        *plus = '\0';
        int bit = modifier_bit(name);
        if (!bit || *out_bits & bit)
            return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" in \"%s\" is no modifier: use Shift, Control, Alt or Meta",
                               name, keys);
        *out_bits |= bit;
        find_key(name, &held[(*out_held)++]);
        name = plus + 1;
    }
    if (find_key(name, out)) return LL_SUCCESS;
    const char *names[NAMED_KEYS + 1] = {NULL};
    for (size_t i = 0; i < NAMED_KEYS; i++) names[i] = named_keys[i].name;
    const char *nearest = ll_text_nearest(name, names);
    return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" is no key: %s%s", name, nearest ? "is it " : "write it like ",
                       nearest ? nearest : "Enter, a or Control+A");
}

ll_err ll_cdp_input_check_key(const char *keys) {
    struct key held[MODIFIERS_MAX], key;
    size_t count;
    int bits;
    return split(keys, held, &count, &bits, &key);
}

static void key_event(struct ll_cdp_page *page, const char *type, const struct key *key, int bits, bool types) {
    struct ll_buf *out = ll_cdp_page_begin(page, "Input.dispatchKeyEvent");
    struct ll_json_writer writer = ll_json_writer_make(out);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "type", type);
    ll_json_write_string(&writer, "key", key->name);
    ll_json_write_string(&writer, "code", key->code);
    ll_json_write_int(&writer, "windowsVirtualKeyCode", key->virtual_key);
    ll_json_write_int(&writer, "nativeVirtualKeyCode", key->virtual_key);
    ll_json_write_int(&writer, "modifiers", bits);
    if (types) {
        ll_json_write_string(&writer, "text", key->text);
        ll_json_write_string(&writer, "unmodifiedText", key->text);
    }
    ll_json_end_object(&writer);
}

void ll_cdp_input_press(struct ll_cdp_page *page, const char *keys, ll_cdp_answered *answered) {
    struct key held[MODIFIERS_MAX], key;
    size_t count;
    int bits, down = 0;
    ll_err err = split(keys, held, &count, &bits, &key);
    if (err.status != LL_OK) { // it was checked before
        ll_cdp_page_finish_soon(page, err);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        down |= modifier_bit(held[i].name);
        key_event(page, "rawKeyDown", &held[i], down, false);
        send(page);
    }
    if (bits & 8 && isalpha((unsigned char)key.text[0]) && !key.text[1]) // Shift+a types A
        key.name[0] = key.text[0] = (char)toupper((unsigned char)key.text[0]);
    bool types = key.text[0] && !(bits & ~8); // with Control, Alt or Meta it is a shortcut
    key_event(page, types ? "keyDown" : "rawKeyDown", &key, bits, types);
    send(page);
    for (size_t i = 0; i <= count; i++) {
        const struct key *up = i ? &held[count - i] : &key;
        if (i) down &= ~modifier_bit(up->name);
        key_event(page, "keyUp", up, down, false);
        if (i < count)
            send(page);
        else
            ll_cdp_page_end(page, answered);
    }
}

void ll_cdp_input_insert(struct ll_cdp_page *page, const char *text, ll_cdp_answered *answered) {
    if (!*text) {
        ll_cdp_input_press(page, "Delete", answered);
        return;
    }
    struct ll_buf *out = ll_cdp_page_begin(page, "Input.insertText");
    ll_buf_text(out, "{\"text\":");
    ll_json_quote(out, text, strlen(text));
    ll_buf_text(out, "}");
    ll_cdp_page_end(page, answered);
}
