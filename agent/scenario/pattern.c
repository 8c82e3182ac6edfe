// A match goes along text and pattern together. Where more than one way may go on (a repetition, a capture that may
// have to be taken back), the rest of the pattern is matched by a call of its own, and what comes back decides.
#include "agent/scenario/pattern.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { BYTES_OF_A_STEP = 8 }; // of what is only compared or skipped

static const char *match(struct ll_pattern *m, const char *s, const char *p);

static void *wrong(struct ll_pattern *m, const char *sentence) {
    if (!*m->wrong) snprintf(m->wrong, sizeof m->wrong, "%s", sentence);
    return NULL;
}

static void *wrong_capture(struct ll_pattern *m, int number) {
    if (!*m->wrong) snprintf(m->wrong, sizeof m->wrong, "invalid capture index %%%d", number);
    return NULL;
}

static void spend(struct ll_pattern *m, ptrdiff_t steps) {
    m->steps_left = m->steps_left > steps ? m->steps_left - steps : 0;
}

static bool is_over(const struct ll_pattern *m) {
    return *m->wrong || m->steps_left == 0;
}

// ---- One character

// Behind the "]" of the set whose "[" stands before `p`. A "]" that comes first is one of the set.
static const char *set_end(struct ll_pattern *m, const char *p) {
    const char *start = p;
    if (*p == '^') p++;
    for (bool is_first = true; is_first || *p != ']'; is_first = false) {
        if (p == m->pattern_end) return wrong(m, "malformed pattern (missing ']')");
        if (*p++ == '%' && p < m->pattern_end) p++;
    }
    spend(m, (p - start) / BYTES_OF_A_STEP);
    return p + 1;
}

// Behind the item that stands for one character: a class, a set, or the character itself.
static const char *item_end(struct ll_pattern *m, const char *p) {
    if (*p == '[') return set_end(m, p + 1);
    if (*p != '%') return p + 1;
    if (p + 1 == m->pattern_end) return wrong(m, "malformed pattern (ends with '%')");
    return p + 2;
}

// Of "%a" and its like, with the letter in lower case; -1: the letter names no class.
static int is_of_class(int c, int letter) {
    switch (letter) {
    case 'a':
        return isalpha(c) != 0;
    case 'c':
        return iscntrl(c) != 0;
    case 'd':
        return isdigit(c) != 0;
    case 'g':
        return isgraph(c) != 0;
    case 'l':
        return islower(c) != 0;
    case 'p':
        return ispunct(c) != 0;
    case 's':
        return isspace(c) != 0;
    case 'u':
        return isupper(c) != 0;
    case 'w':
        return isalnum(c) != 0;
    case 'x':
        return isxdigit(c) != 0;
    case 'z': // not in the manual any more, and still there
        return c == '\0';
    }
    return -1;
}

static bool escape_has(unsigned char c, unsigned char letter) {
    int is_member = is_of_class(c, tolower(letter));
    if (is_member < 0) return c == letter;
    return isupper(letter) ? !is_member : is_member;
}

// The set goes from its "[" to its "]".
static bool set_has(unsigned char c, const char *p, const char *close) {
    bool is_listed = p[1] != '^';
    for (p += is_listed ? 1 : 2; p < close; p++) {
        if (*p == '%') {
            if (escape_has(c, (unsigned char)*++p)) return is_listed;
        } else if (p[1] == '-' && p + 2 < close) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2]) return is_listed;
            p += 2;
        } else if ((unsigned char)*p == c) {
            return is_listed;
        }
    }
    return !is_listed;
}

static bool item_has(struct ll_pattern *m, const char *s, const char *p, const char *end) {
    spend(m, 1);
    if (s == m->subject_end) return false;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return escape_has((unsigned char)*s, (unsigned char)p[1]);
    case '[':
        spend(m, (end - p) / BYTES_OF_A_STEP);
        return set_has((unsigned char)*s, p, end - 1);
    }
    return *s == *p;
}

// ---- What needs more than a character

// "%bxy", with `p` at the x: to the y that closes the x at `s`.
static const char *balanced(struct ll_pattern *m, const char *s, const char *p) {
    if (m->pattern_end - p < 2) return wrong(m, "malformed pattern (missing arguments to '%b')");
    if (s == m->subject_end || *s != *p) return NULL;
    const char *start = s;
    size_t open = 1;
    while (++s < m->subject_end) {
        if (*s == p[1])
            open--;
        else if (*s == *p)
            open++;
        if (open > 0) continue;
        spend(m, s - start);
        return s + 1;
    }
    spend(m, s - start);
    return NULL;
}

// "%f[set]", with `*p` at its %: holds between what is not of the set and what is; either end of the text is a NUL.
static const char *at_frontier(struct ll_pattern *m, const char *s, const char **p) {
    const char *set = *p + 2;
    if (*set != '[') return wrong(m, "missing '[' after '%f' in pattern");
    *p = set_end(m, set + 1);
    if (!*p) return NULL;
    unsigned char before = s == m->subject ? '\0' : (unsigned char)s[-1];
    unsigned char here = s == m->subject_end ? '\0' : (unsigned char)*s;
    return !set_has(before, set, *p - 1) && set_has(here, set, *p - 1) ? s : NULL;
}

// "%1": what the capture holds, again.
static const char *captured_again(struct ll_pattern *m, const char *s, char digit) {
    int number = digit - '1';
    if (number < 0 || number >= m->count || m->captures[number].len == LL_PATTERN_IS_OPEN)
        return wrong_capture(m, number + 1);
    const struct ll_pattern_capture *capture = &m->captures[number];
    if (capture->len == LL_PATTERN_IS_POSITION || m->subject_end - s < capture->len) return NULL;
    spend(m, capture->len / BYTES_OF_A_STEP);
    return memcmp(capture->at, s, (size_t)capture->len) == 0 ? s + capture->len : NULL;
}

// ---- Where the rest of the pattern decides

static const char *open_capture(struct ll_pattern *m, const char *s, const char *rest, ptrdiff_t len) {
    if (m->count == LL_PATTERN_CAPTURES_MAX) return wrong(m, "too many captures");
    m->captures[m->count++] = (struct ll_pattern_capture){.at = s, .len = len};
    const char *end = match(m, s, rest);
    if (!end) m->count--;
    return end;
}

static const char *close_capture(struct ll_pattern *m, const char *s, const char *rest) {
    int last = m->count - 1;
    while (last >= 0 && m->captures[last].len != LL_PATTERN_IS_OPEN) last--;
    if (last < 0) return wrong(m, "invalid pattern capture");
    m->captures[last].len = s - m->captures[last].at;
    const char *end = match(m, s, rest);
    if (!end) m->captures[last].len = LL_PATTERN_IS_OPEN;
    return end;
}

static const char *longest(struct ll_pattern *m, const char *s, const char *item, const char *item_close) {
    const char *last = s;
    while (!is_over(m) && item_has(m, last, item, item_close)) last++;
    for (; last >= s && !is_over(m); last--) {
        const char *end = match(m, last, item_close + 1);
        if (end) return end;
    }
    return NULL;
}

static const char *shortest(struct ll_pattern *m, const char *s, const char *item, const char *item_close) {
    while (!is_over(m)) {
        const char *end = match(m, s, item_close + 1);
        if (end) return end;
        if (!item_has(m, s++, item, item_close)) return NULL;
    }
    return NULL;
}

// An item that has the character at `s`, with what says how often it may come. Sets `*p` behind both where the match
// simply goes on; else the returned end is the match's.
static const char *repeated(struct ll_pattern *m, const char *s, const char **p, const char *close) {
    const char *end;
    switch (*close) {
    case '?':
        end = match(m, s + 1, close + 1);
        if (end || is_over(m)) break;
        *p = close + 1;
        return s;
    case '+':
        end = longest(m, s + 1, *p, close);
        break;
    case '*':
        end = longest(m, s, *p, close);
        break;
    case '-':
        end = shortest(m, s, *p, close);
        break;
    default:
        *p = close;
        return s + 1;
    }
    *p = m->pattern_end; // all of it was matched
    return end;
}

static const char *match_item(struct ll_pattern *m, const char *s, const char **p) {
    const char *close = item_end(m, *p);
    if (!close) return NULL;
    if (item_has(m, s, *p, close)) return repeated(m, s, p, close);
    if (*close != '*' && *close != '?' && *close != '-') return NULL;
    *p = close + 1; // none is enough
    return s;
}

static const char *match_escape(struct ll_pattern *m, const char *s, const char **p) {
    char letter = (*p)[1];
    if (letter == 'b') {
        s = balanced(m, s, *p + 2);
        *p += 4;
        return s;
    }
    if (letter == 'f') return at_frontier(m, s, p);
    if (letter < '0' || letter > '9') return match_item(m, s, p);
    s = captured_again(m, s, letter);
    *p += 2;
    return s;
}

static const char *match_rest(struct ll_pattern *m, const char *s, const char *p) {
    while (s && p != m->pattern_end) {
        spend(m, 1);
        if (is_over(m)) return NULL;
        switch (*p) {
        case '(':
            return p[1] == ')' ? open_capture(m, s, p + 2, LL_PATTERN_IS_POSITION)
                               : open_capture(m, s, p + 1, LL_PATTERN_IS_OPEN);
        case ')':
            return close_capture(m, s, p + 1);
        case '%':
            s = match_escape(m, s, &p);
            break;
        case '$':
            if (p + 1 == m->pattern_end) return s == m->subject_end ? s : NULL;
            s = match_item(m, s, &p);
            break;
        default:
            s = match_item(m, s, &p);
        }
    }
    return is_over(m) ? NULL : s;
}

static const char *match(struct ll_pattern *m, const char *s, const char *p) {
    if (m->depth_left == 0) return wrong(m, "pattern too complex");
    m->depth_left--;
    s = match_rest(m, s, p);
    m->depth_left++;
    return s;
}

const char *ll_pattern_match(struct ll_pattern *pattern, const char *at, const char *text) {
    pattern->wrong[0] = '\0';
    pattern->depth_left = LL_PATTERN_DEPTH_MAX;
    pattern->count = 0;
    return match(pattern, at, text);
}

bool ll_pattern_capture(struct ll_pattern *pattern, int number, const char *at, const char *end,
                        struct ll_pattern_capture *out) {
    if (number == 0 && pattern->count == 0) {
        *out = (struct ll_pattern_capture){.at = at, .len = end - at};
        return true;
    }
    if (number < 0 || number >= pattern->count) {
        wrong_capture(pattern, number + 1);
        return false;
    }
    *out = pattern->captures[number];
    if (out->len == LL_PATTERN_IS_OPEN) wrong(pattern, "unfinished capture");
    return out->len != LL_PATTERN_IS_OPEN;
}
