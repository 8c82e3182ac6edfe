// Just enough of Lua's lexical rules (manual, section 3.1) to tell code from comments and strings.
#include "libcommon/model/requires.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { MODULE_NAME_MAX = 200 };

struct scanner {
    const char *at, *end;
};

static char peek(const struct scanner *scanner, size_t ahead) {
    return (size_t)(scanner->end - scanner->at) > ahead ? scanner->at[ahead] : '\0';
}

// The level of a long bracket, the number of = between [ and [; -1 when there is none here.
static int long_bracket(const struct scanner *scanner) {
    if (peek(scanner, 0) != '[') return -1;
    size_t equals = 0;
    while (peek(scanner, 1 + equals) == '=') equals++;
    return peek(scanner, 1 + equals) == '[' ? (int)equals : -1;
}

static void skip_long_bracket(struct scanner *scanner, int level) {
    for (scanner->at += level + 2; scanner->at < scanner->end; scanner->at++) {
        if (*scanner->at != ']') continue;
        int equals = 0;
        while (peek(scanner, 1 + (size_t)equals) == '=') equals++;
        if (equals == level && peek(scanner, 1 + (size_t)equals) == ']') {
            scanner->at += level + 2;
            return;
        }
    }
}

static void skip_comment(struct scanner *scanner) {
    scanner->at += 2;
    int level = long_bracket(scanner);
    if (level >= 0) {
        skip_long_bracket(scanner, level);
        return;
    }
    while (scanner->at < scanner->end && *scanner->at != '\n') scanner->at++;
}

// Past a short string; its text goes to `out` if it is plain and short, else `out` is "".
static void read_string(struct scanner *scanner, char out[MODULE_NAME_MAX + 1]) {
    char quote = *scanner->at++;
    const char *start = scanner->at;
    bool is_plain = true;
    out[0] = '\0';
    for (; scanner->at < scanner->end && *scanner->at != quote && *scanner->at != '\n'; scanner->at++) {
        if (*scanner->at != '\\') continue;
        is_plain = false;
        if (scanner->end - scanner->at > 1) scanner->at++;
    }
    size_t len = (size_t)(scanner->at - start);
    if (is_plain && peek(scanner, 0) == quote && len <= MODULE_NAME_MAX) {
        memcpy(out, start, len);
        out[len] = '\0';
    }
    if (scanner->at < scanner->end) scanner->at++;
}

static void skip_spaces(struct scanner *scanner) {
    while (isspace((unsigned char)peek(scanner, 0))) scanner->at++;
}

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

// Past a word; true when it is `require` as a function of its own, not a field of something.
static bool read_word(struct scanner *scanner, char before) {
    const char *start = scanner->at;
    while (is_word(peek(scanner, 0))) scanner->at++;
    return scanner->at - start == 7 && memcmp(start, "require", 7) == 0 && before != '.' && before != ':';
}

void ll_requires_scan(const char *source, size_t len, void (*visit)(void *arg, const char *name), void *arg) {
    struct scanner scanner = {.at = source, .end = source + len};
    char name[MODULE_NAME_MAX + 1], before = '\0';
    bool is_required = false;
    while (scanner.at < scanner.end) {
        char c = *scanner.at;
        int level = long_bracket(&scanner);
        if (isspace((unsigned char)c)) {
            scanner.at++;
            continue;
        }
        if (c == '-' && peek(&scanner, 1) == '-') {
            skip_comment(&scanner);
            continue;
        }
        if (c == '"' || c == '\'') {
            read_string(&scanner, name);
            if (is_required && *name) visit(arg, name);
        } else if (level >= 0) {
            skip_long_bracket(&scanner, level);
        } else if (is_word(c)) {
            is_required = read_word(&scanner, before);
            if (is_required) {
                skip_spaces(&scanner);
                if (peek(&scanner, 0) == '(') scanner.at++;
            }
            before = '\0';
            continue;
        } else if (c == '.' && peek(&scanner, 1) == '.') {
            scanner.at += 2;
            c = '\0'; // joins texts, unlike the dot before a field
        } else {
            scanner.at++;
        }
        is_required = false;
        before = c;
    }
}
