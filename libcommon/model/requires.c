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

// Past a word; its name when it is a function that takes names, else NULL. `require` is a function of its own, not a
// field of something.
static const char *read_word(struct scanner *scanner, char before) {
    static const char *const functions[] = {"require", "csv", "json", "secret", "file"};
    const char *start = scanner->at;
    while (is_word(peek(scanner, 0))) scanner->at++;
    size_t len = (size_t)(scanner->at - start);
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        if (strlen(functions[i]) != len || memcmp(start, functions[i], len) != 0) continue;
        bool may_be_field = i > 0, must_be_field = strcmp(functions[i], "file") == 0; // a common word
        bool is_field = before == '.';
        return before == ':' || (is_field && !may_be_field) || (!is_field && must_be_field) ? NULL : functions[i];
    }
    return NULL;
}

struct lines { // counted as far as `at`
    const char *at;
    unsigned line;
};

static unsigned line_of(struct lines *lines, const char *at) {
    for (; lines->at < at; lines->at++) lines->line += *lines->at == '\n';
    return lines->line;
}

void ll_requires_scan(const char *source, size_t len, void (*visit)(void *arg, const struct ll_named *named),
                      void *arg) {
    struct scanner scanner = {.at = source, .end = source + len};
    struct lines lines = {.at = source, .line = 1};
    char name[MODULE_NAME_MAX + 1], before = '\0';
    const char *function = NULL; // whose name may follow
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
            unsigned line = function ? line_of(&lines, scanner.at) : 0;
            read_string(&scanner, name);
            if (function && *name) visit(arg, &(struct ll_named){.function = function, .name = name, .line = line});
        } else if (level >= 0) {
            skip_long_bracket(&scanner, level);
        } else if (is_word(c)) {
            function = read_word(&scanner, before);
            if (function) {
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
        function = NULL;
        before = c;
    }
}
