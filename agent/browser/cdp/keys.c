#include "agent/browser/cdp/layout.h"
#include "agent/browser/cdp/page.h"
#include "libcommon/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { MODIFIERS_MAX = 4, KEY_CHARS_MAX = 64, KEYS_AT_ONCE = 25, SHIFT = 8, LEFT = 1 };

struct key {
    char name[16];   // the DOM's `key`
    char code[16];   // the DOM's `code`
    int virtual_key; // Windows' number; 0 for characters that no key has
    int location;    // the DOM's: 1 is the left one of two
    char text[16];   // what it types
    char plain[LL_CDP_CHARACTER_BYTES], shifted[LL_CDP_CHARACTER_BYTES]; // what its key does, of one that types
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
} modifiers[] = {{"Alt", 1}, {"Control", 2}, {"Meta", 4}, {"Shift", SHIFT}};

static void send(struct ll_cdp_page *page) {
    ll_cdp_end(ll_cdp_page_client(page), NULL, NULL);
}

static void types(struct key *key, const char *character, size_t len) {
    snprintf(key->name, sizeof key->name, "%.*s", (int)len, character);
    memcpy(key->text, key->name, sizeof key->text);
}

static int modifier_bit(const char *name) {
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
        if (strcmp(modifiers[i].name, name) == 0) return modifiers[i].bit;
    return 0;
}

// The key of the locale's keyboard that types the character.
static bool key_of_character(const char *locale, const char *character, size_t len, struct key *out) {
    struct ll_cdp_stroke stroke;
    if (!ll_cdp_layout_find(locale, character, len, &stroke)) return false;
    snprintf(out->code, sizeof out->code, "%s", stroke.code);
    out->virtual_key = stroke.virtual_key;
    memcpy(out->plain, stroke.plain, sizeof out->plain);
    memcpy(out->shifted, stroke.shifted, sizeof out->shifted);
    types(out, character, len);
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

static bool find_key(const char *locale, const char *name, struct key *out) {
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < NAMED_KEYS; i++) {
        if (strcmp(named_keys[i].name, name) != 0) continue;
        snprintf(out->name, sizeof out->name, "%s", strcmp(name, "Space") == 0 ? " " : name);
        snprintf(out->code, sizeof out->code, "%s", named_keys[i].code);
        snprintf(out->text, sizeof out->text, "%s", named_keys[i].text);
        out->virtual_key = named_keys[i].virtual_key;
        out->location = modifier_bit(name) ? LEFT : 0;
        return true;
    }
    if (strcmp(name, " ") == 0) return find_key(locale, "Space", out);
    if (!is_one_character(name)) return false;
    if (!key_of_character(locale, name, strlen(name), out)) types(out, name, strlen(name)); // no key has it
    return true;
}

// What other systems and tools call a key or a modifier.
static const char *known_as(const char *name) {
    static const struct {
        const char *other, *name;
    } others[] = {
        {"cmd", "Meta"},       {"command", "Meta"},   {"ctl", "Control"},      {"ctrl", "Control"},
        {"del", "Delete"},     {"down", "ArrowDown"}, {"esc", "Escape"},       {"ins", "Insert"},
        {"left", "ArrowLeft"}, {"option", "Alt"},     {"pagedn", "PageDown"},  {"pgdn", "PageDown"},
        {"pgup", "PageUp"},    {"return", "Enter"},   {"right", "ArrowRight"}, {"spacebar", "Space"},
        {"super", "Meta"},     {"up", "ArrowUp"},     {"win", "Meta"},         {"windows", "Meta"},
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (strcasecmp(others[i].other, name) == 0) return others[i].name;
    for (size_t i = 0; i < sizeof modifiers / sizeof *modifiers; i++)
        if (strcasecmp(modifiers[i].name, name) == 0) return modifiers[i].name;
    return NULL;
}

// What the key types is Shift's to say: Shift+1 types "!", and Control+A is that key and no capital.
static void shift(struct key *key, int bits) {
    bool is_letter = isalpha(key->virtual_key) && strcmp(key->name, key->shifted) == 0;
    if (bits & SHIFT && key->shifted[0] && strcmp(key->name, key->plain) == 0)
        types(key, key->shifted, strlen(key->shifted));
    else if (bits && !(bits & SHIFT) && is_letter)
        types(key, key->plain, strlen(key->plain));
}

// "Control+Shift+A" into its modifiers and its key. A "+" at the end is the key itself.
static ll_err split(const char *locale, const char *keys, struct key held[MODIFIERS_MAX], size_t *out_held,
                    int *out_bits, struct key *out) {
    char text[KEY_CHARS_MAX];
    if (snprintf(text, sizeof text, "%s", keys) >= (int)sizeof text)
        return ll_err_make(LL_INVALID_ARGUMENT, "\"%.40s…\" is no key: write it like Enter, a or Control+A", keys);
    char *name = text, *plus;
    *out_held = 0;
    *out_bits = 0;
    while ((plus = strchr(name, '+')) && plus[1]) {
        *plus = '\0';
        int bit = modifier_bit(name);
        const char *known = known_as(name);
        if (!bit && known && modifier_bit(known))
            return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" in \"%s\" is no modifier: did you mean %s", name, keys,
                               known);
        if (!bit || *out_bits & bit)
            return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" in \"%s\" is no modifier: use Shift, Control, Alt or Meta",
                               name, keys);
        *out_bits |= bit;
        find_key(locale, name, &held[(*out_held)++]);
        name = plus + 1;
    }
    if (find_key(locale, name, out)) {
        shift(out, *out_bits);
        return LL_SUCCESS;
    }
    const char *names[NAMED_KEYS + 1] = {NULL};
    for (size_t i = 0; i < NAMED_KEYS; i++) names[i] = named_keys[i].name;
    const char *nearest = known_as(name);
    bool is_code = name[strspn(name, "0123456789")] == '\0'; // which is near to F1 and the like, and none of them
    if (!nearest && !is_code) nearest = ll_text_nearest(name, names);
    return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" is no key: %s%s", name,
                       nearest ? "did you mean " : "write it like ", nearest ? nearest : "Enter, a or Control+A");
}

ll_err ll_cdp_keys_check(const char *keys) {
    struct key held[MODIFIERS_MAX], key;
    size_t count;
    int bits;
    return split(NULL, keys, held, &count, &bits, &key);
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
    if (key->location) ll_json_write_int(&writer, "location", key->location);
    if (types) {
        ll_json_write_string(&writer, "text", key->text);
        ll_json_write_string(&writer, "unmodifiedText", key->text);
    }
    ll_json_end_object(&writer);
}

static void key_down(struct ll_cdp_page *page, const struct key *key, int bits) {
    bool types = key->text[0] && !(bits & ~SHIFT); // with Control, Alt or Meta it is a shortcut
    key_event(page, types ? "keyDown" : "rawKeyDown", key, bits, types);
    send(page);
}

// All at once, but for the delay of the action, which a hand takes between the two.
static void release_keys(struct ll_cdp_page *page) {
    struct key held[MODIFIERS_MAX], key;
    size_t count;
    int down;
    split(page->options.locale, page->input.keys, held, &count, &down, &key);
    for (size_t i = 0; i <= count; i++) {
        const struct key *up = i ? &held[count - i] : &key;
        if (i) down &= ~modifier_bit(up->name);
        key_event(page, "keyUp", up, down, false);
        if (i < count)
            send(page);
        else
            ll_cdp_page_end(page, page->input.answered);
    }
}

static void press_keys(struct ll_cdp_page *page, const struct key *held, size_t count, const struct key *key,
                       int bits) {
    int down = 0;
    for (size_t i = 0; i < count; i++) {
        down |= modifier_bit(held[i].name);
        key_event(page, "rawKeyDown", &held[i], down, false);
        send(page);
    }
    key_down(page, key, bits | modifier_bit(key->name));
}

void ll_cdp_keys_press(struct ll_cdp_page *page, const char *keys, ll_cdp_answered *answered) {
    struct key held[MODIFIERS_MAX], key;
    size_t count;
    int bits;
    ll_err err = split(page->options.locale, keys, held, &count, &bits, &key);
    if (err.status != LL_OK) { // it was checked before
        ll_cdp_page_finish_soon(page, err);
        return;
    }
    press_keys(page, held, count, &key, bits);
    page->input.answered = answered;
    page->input.keys = keys;
    if (page->action.delay_ms)
        ll_cdp_page_pause(page, page->action.delay_ms, release_keys);
    else
        release_keys(page);
}

// The key that types what begins at `text`; false when none does. The length of the character goes to *out_len.
static bool key_of_text(const char *locale, const char *text, struct key *out, size_t *out_len) {
    *out_len = 1;
    while (((unsigned char)text[*out_len] & 0xC0) == 0x80) (*out_len)++;
    if (*text == '\n' || *text == '\t' || *text == ' ')
        return find_key(locale, *text == '\n' ? "Enter" : *text == '\t' ? "Tab" : "Space", out);
    memset(out, 0, sizeof *out);
    return key_of_character(locale, text, *out_len, out);
}

static void insert(struct ll_cdp_page *page, const char *text, size_t len) {
    struct ll_buf *out = ll_cdp_page_begin(page, "Input.insertText");
    ll_buf_text(out, "{\"text\":");
    ll_json_quote(out, text, len);
    ll_buf_text(out, "}");
}

static void go_on_typing(struct ll_cdp_page *page);

static void on_typed(void *arg, const struct ll_cdp_answer *answer) {
    struct ll_cdp_page *page = arg;
    (void)answer;
    page->call = 0;
    go_on_typing(page);
}

// So many keys are under way at once that a long text does not fill the queue of commands.
static void go_on_typing(struct ll_cdp_page *page) {
    struct ll_cdp_input *input = &page->input;
    const char *text = page->action.text;
    for (int i = 1; text[input->typed]; i++) {
        if (page->action.delay_ms && input->typed && !input->has_paused) {
            input->has_paused = true;
            ll_cdp_page_pause(page, page->action.delay_ms, go_on_typing);
            return;
        }
        input->has_paused = false;
        struct key key;
        size_t len;
        bool is_key = key_of_text(page->options.locale, text + input->typed, &key, &len);
        if (is_key) {
            key_down(page, &key, 0);
            key_event(page, "keyUp", &key, 0, false);
        } else {
            insert(page, text + input->typed, len);
        }
        input->typed += len;
        if (!text[input->typed]) {
            ll_cdp_page_end(page, input->answered);
            return;
        }
        if (i == KEYS_AT_ONCE) {
            ll_cdp_page_end(page, on_typed);
            return;
        }
        send(page);
    }
    ll_cdp_page_finish(page, LL_SUCCESS, NULL); // there is no text
}

void ll_cdp_keys_type(struct ll_cdp_page *page, ll_cdp_answered *answered) {
    page->input.typed = 0;
    page->input.has_paused = false;
    page->input.answered = answered;
    go_on_typing(page);
}

// One modifier goes down or up, with those that are `down` then.
static void modifier_event(struct ll_cdp_page *page, size_t index, const char *type, int down) {
    struct key key;
    find_key(NULL, modifiers[index].name, &key);
    key_event(page, type, &key, down, false);
}

void ll_cdp_keys_hold(struct ll_cdp_page *page, uint32_t held) {
    int down = 0;
    for (size_t i = 0; i < MODIFIERS_MAX; i++) {
        if (!(held & (uint32_t)modifiers[i].bit)) continue;
        down |= modifiers[i].bit;
        modifier_event(page, i, "rawKeyDown", down);
        send(page);
    }
}

void ll_cdp_keys_release(struct ll_cdp_page *page, uint32_t held, ll_cdp_answered *answered) {
    int down = (int)held;
    for (size_t i = 0; i < MODIFIERS_MAX; i++) {
        if (!(down & modifiers[i].bit)) continue;
        down &= ~modifiers[i].bit;
        modifier_event(page, i, "keyUp", down);
        if (down) {
            send(page);
        } else {
            ll_cdp_page_end(page, answered);
            return;
        }
    }
}

void ll_cdp_keys_insert(struct ll_cdp_page *page, const char *text, ll_cdp_answered *answered) {
    if (!*text) {
        ll_cdp_keys_press(page, "Delete", answered);
        return;
    }
    insert(page, text, strlen(text));
    ll_cdp_page_end(page, answered);
}
