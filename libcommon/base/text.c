#include "libcommon/base/text.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_MAX_CHARS = 63 };

// A number as people write it: no sign, no hexadecimal, no "inf". `end` stays as it is when there is none.
static double parse_plain(const char *text, char **end) {
    bool is_hexadecimal = text[0] == '0' && (text[1] | ' ') == 'x';
    return !is_hexadecimal && (isdigit((unsigned char)*text) || *text == '.') ? strtod(text, end) : NAN;
}

ll_err ll_text_parse_duration_ms(const char *text, uint64_t *out_ms) {
    static const struct {
        const char *unit;
        double ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"", 1000}, {"m", 60e3}, {"min", 60e3}, {"h", 3600e3}};
    char *end = NULL;
    double number = parse_plain(text, &end);
    if (end) {
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            if (strcmp(end, units[i].unit) != 0) continue;
            double ms = number * units[i].ms;
            if (ms > LL_DURATION_MAX_MS)
                return ll_err_make(LL_OUT_OF_RANGE, "the duration \"%s\" is longer than a week", text);
            *out_ms = (uint64_t)llround(ms);
            return LL_SUCCESS;
        }
    }
    return ll_err_make(LL_INVALID_ARGUMENT, "\"%s\" is not a duration: write it like 500ms, 2s, 3m or 1h", text);
}

struct unit {
    const char *name;
    double factor;
};

// A number with one of `units`, and perhaps spaces between; false when it is none, or over 2^53.
static bool parse_scaled(const char *text, const struct unit *units, size_t count, uint64_t *out) {
    char *end = NULL;
    double number = parse_plain(text, &end);
    if (!end) return false;
    while (*end == ' ') end++;
    for (size_t i = 0; i < count; i++) {
        double value = number * units[i].factor;
        if (strcmp(end, units[i].name) != 0 || !(value <= 9007199254740992.0)) continue;
        *out = (uint64_t)llround(value);
        return true;
    }
    return false;
}

ll_err ll_text_parse_bytes(const char *text, uint64_t *out_bytes) {
    static const struct unit units[] = {{"", 1}, {"B", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
    if (parse_scaled(text, units, sizeof units / sizeof *units, out_bytes)) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "\"%.40s\" is no number of bytes: write it like 64KB, 300MB or 1GB", text);
}

ll_err ll_text_parse_rate(const char *text, uint64_t *out_bytes_per_s) {
    static const struct unit units[] = {
        {"", 1},           {"B/s", 1},          {"KB/s", 1e3},       {"MB/s", 1e6},      {"GB/s", 1e9},
        {"bit/s", 1. / 8}, {"kbit/s", 1e3 / 8}, {"Mbit/s", 1e6 / 8}, {"Gbit/s", 1e9 / 8}};
    if (parse_scaled(text, units, sizeof units / sizeof *units, out_bytes_per_s)) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "\"%.40s\" is no throughput: write it like 200KB/s or 1.6Mbit/s", text);
}

ll_err ll_text_parse_uint(const char *what, const char *text, uint64_t min, uint64_t max, uint64_t *out_value) {
    char *end = NULL;
    errno = 0;
    unsigned long long value = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
    if (!end || *end || errno || value < min || value > max)
        return ll_err_make(LL_INVALID_ARGUMENT, "%s is \"%s\": it takes a whole number from %llu to %llu", what, text,
                           (unsigned long long)min, (unsigned long long)max);
    *out_value = value;
    return LL_SUCCESS;
}

// Three significant digits, without an exponent.
static void format_scaled(double value, const char *unit, char *out, size_t size) {
    int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    snprintf(out, size, "%.*f %s", decimals, value, unit);
}

void ll_text_duration_us(double us, char *out, size_t size) {
    if (us < 999.5)
        snprintf(out, size, "%.0f µs", us);
    else if (us < 999.5e3)
        format_scaled(us / 1e3, "ms", out, size);
    else if (us < 120e6)
        format_scaled(us / 1e6, "s", out, size);
    else
        snprintf(out, size, "%.0f min %.0f s", floor(us / 60e6), floor(fmod(us, 60e6) / 1e6));
}

void ll_text_bytes(double bytes, char *out, size_t size) {
    if (bytes < 999.5)
        snprintf(out, size, "%.0f B", bytes);
    else if (bytes < 999.5e3)
        format_scaled(bytes / 1e3, "KB", out, size);
    else if (bytes < 999.5e6)
        format_scaled(bytes / 1e6, "MB", out, size);
    else
        format_scaled(bytes / 1e9, "GB", out, size);
}

void ll_text_number(double number, char *out, size_t size) {
    bool is_whole = number == floor(number) && fabs(number) < 1e15;
    snprintf(out, size, is_whole || fabs(number) >= 999.95 ? "%.0f" : "%.4g", number);
}

void ll_text_iso_time(uint64_t unix_ms, char out[LL_ISO_TIME_MAX]) {
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm utc;
    char day[24];
    if (!gmtime_r(&seconds, &utc) || !strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &utc))
        snprintf(day, sizeof day, "1970-01-01T00:00:00"); // a damaged file may state any year
    snprintf(out, LL_ISO_TIME_MAX, "%s.%03" PRIu64 "Z", day, unix_ms % 1000);
}

// The length of the UTF-8 character at `text` (RFC 3629, without its rarer exclusions), or 0 when there is none.
static size_t character_len(const char *text) {
    const unsigned char *at = (const unsigned char *)text;
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : at[0] < 0xF5 ? 4 : 0;
    for (size_t i = 1; i < len; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    return len;
}

enum line_ends { LINE_ENDS_GO, LINE_ENDS_STAY };

static void clean(const char *in, char *out, size_t size, enum line_ends ends) {
    size_t used = 0;
    for (size_t len; *in; in += len ? len : 1) {
        len = character_len(in);
        unsigned char first = (unsigned char)in[0];
        bool is_c1 = len == 2 && first == 0xC2 && (unsigned char)in[1] < 0xA0;
        bool is_control = (first < ' ' && !(first == '\n' && ends == LINE_ENDS_STAY)) || first == 0x7F || is_c1;
        bool is_kept = len > 0 && !is_control;
        size_t take = is_kept ? len : 1;
        if (used + take >= size) break;
        memmove(out + used, is_kept ? in : first == '\t' ? " " : "?", take);
        used += take;
    }
    out[used] = '\0';
}

void ll_text_clean(const char *in, char *out, size_t size) {
    clean(in, out, size, LINE_ENDS_GO);
}

void ll_text_clean_lines(char *lines) {
    clean(lines, lines, strlen(lines) + 1, LINE_ENDS_STAY);
}

size_t ll_text_cut(const char *text, size_t len, size_t max) {
    if (len <= max) return len;
    size_t cut = max;
    while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80) cut--;
    return cut;
}

bool ll_text_has_control(const char *text) {
    for (; *text; text++)
        if (iscntrl((unsigned char)*text)) return true;
    return false;
}

static size_t min3(size_t a, size_t b, size_t c) {
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

static size_t edit_distance(const char *a, const char *b) {
    size_t rows[3][NAME_MAX_CHARS + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    size_t len_a = strlen(a), len_b = strlen(b);
    if (len_a > NAME_MAX_CHARS || len_b > NAME_MAX_CHARS) return NAME_MAX_CHARS;
    for (size_t j = 0; j <= len_b; j++) above[j] = j;
    for (size_t i = 1; i <= len_a; i++) {
        row[0] = i;
        for (size_t j = 1; j <= len_b; j++) {
            row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        size_t *spare = before;
        before = above, above = row, row = spare;
    }
    return above[len_b];
}

const char *ll_text_nearest(const char *wanted, const char *const *candidates) {
    const char *nearest = NULL;
    size_t limit = strlen(wanted) / 3 + 1, least = limit + 1;
    for (; *candidates; candidates++) {
        size_t distance = edit_distance(wanted, *candidates);
        if (distance < least) {
            least = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
