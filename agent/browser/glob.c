#include "agent/browser/glob.h"

#include <stdio.h>
#include <string.h>

enum { CHOICES_MAX = 256 };

struct token {
    enum { TOKEN_CHAR, TOKEN_STAR, TOKEN_STARS } kind;
    char text;
};

static size_t tokenise(const char *pattern, struct token tokens[LL_GLOB_MAX]) {
    size_t count = 0;
    while (*pattern) {
        if (pattern[0] == '*') {
            size_t stars = strspn(pattern, "*");
            tokens[count++] = (struct token){.kind = stars > 1 ? TOKEN_STARS : TOKEN_STAR};
            pattern += stars;
            continue;
        }
        if (pattern[0] == '\\' && pattern[1]) pattern++;
        tokens[count++] = (struct token){.kind = TOKEN_CHAR, .text = *pattern++};
    }
    return count;
}

// The states of a pattern after each character, all at once: `at[i]` is whether the first i tokens can have matched
// what was read.
static bool matches_plain(const char *pattern, const char *url) {
    struct token tokens[LL_GLOB_MAX];
    bool at[LL_GLOB_MAX + 1] = {true};
    size_t count = tokenise(pattern, tokens);
    for (size_t i = 0; i < count && tokens[i].kind != TOKEN_CHAR; i++) at[i + 1] = true;
    for (; *url; url++) {
        bool before = at[0];
        at[0] = false;
        for (size_t i = 0; i < count; i++) {
            bool here = at[i + 1], next;
            if (tokens[i].kind == TOKEN_CHAR)
                next = before && tokens[i].text == *url;
            else // stays on the star, or comes to it for nothing
                next = (here && (tokens[i].kind == TOKEN_STARS || *url != '/')) || at[i] ||
                       (before && (tokens[i].kind == TOKEN_STARS || *url != '/'));
            before = here;
            at[i + 1] = next;
        }
    }
    return at[count];
}

static const char *find_unescaped(const char *text, char wanted) {
    for (; *text; text++) {
        if (*text == wanted) return text;
        if (*text == '\\' && text[1]) text++;
    }
    return NULL;
}

// Tries each part of the first {…} in place of it.
static bool matches_choices(const char *pattern, const char *url, int *budget) {
    const char *open = find_unescaped(pattern, '{');
    const char *close = open ? find_unescaped(open, '}') : NULL;
    if (!close) return (*budget)-- > 0 && matches_plain(pattern, url);
    for (const char *part = open + 1; part <= close;) {
        const char *comma = find_unescaped(part, ',');
        const char *end = comma && comma < close ? comma : close;
        char chosen[LL_GLOB_MAX];
        snprintf(chosen, sizeof chosen, "%.*s%.*s%s", (int)(open - pattern), pattern, (int)(end - part), part,
                 close + 1);
        if (*budget > 0 && matches_choices(chosen, url, budget)) return true;
        part = end + 1;
    }
    return false;
}

bool ll_glob_matches(const char *pattern, const char *url) {
    if (strlen(pattern) >= LL_GLOB_MAX) return false;
    if (pattern[0] == '/') {
        const char *host = strstr(url, "://");
        const char *path = host ? strchr(host + 3, '/') : NULL;
        url = path ? path : "/";
    }
    int budget = CHOICES_MAX;
    return matches_choices(pattern, url, &budget);
}
