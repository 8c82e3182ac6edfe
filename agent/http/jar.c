// libcurl's own list has one line a cookie, as Netscape's files had: domain, whether it counts for hosts below, path,
// secure, expires (0: never), name, value, with tabs between; #HttpOnly_ before the domain.
#include "agent/http/jar.h"

#include "agent/http/pairs.h"
#include "libcommon/base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { FIELDS = 7, LINE_MAX_BYTES = 8 * 1024, SAME_SITES_MAX = 64 * 1024 };

static const char http_only[] = "#HttpOnly_";

struct cookie {
    const char *fields[FIELDS]; // domain, below, path, secure, expires, name, value
    bool is_http_only;
    char line[LINE_MAX_BYTES]; // that the fields point into
};

void ll_jar_init(struct ll_jar *jar) {
    *jar = (struct ll_jar){.same_sites = ll_buf_make(SAME_SITES_MAX)};
}

void ll_jar_fini(struct ll_jar *jar) {
    curl_slist_free_all(jar->before);
    ll_buf_fini(&jar->same_sites);
}

static void put(CURL *easy, const ll_json *cookie) {
    const char *name = ll_json_string(ll_json_get(cookie, "name"), "");
    const char *value = ll_json_string(ll_json_get(cookie, "value"), "");
    const char *domain = ll_json_string(ll_json_get(cookie, "domain"), "");
    const char *path = ll_json_string(ll_json_get(cookie, "path"), "/");
    bool is_http_only = ll_json_bool(ll_json_get(cookie, "httpOnly"), false);
    bool is_secure = ll_json_bool(ll_json_get(cookie, "secure"), false);
    double expires = ll_json_number(ll_json_get(cookie, "expires"), -1);
    char line[LINE_MAX_BYTES];
    // A tab or line end would break the line it is written into.
    if (!*name || !*domain || ll_text_has_control(name) || ll_text_has_control(value) || ll_text_has_control(domain) ||
        ll_text_has_control(path))
        return;
    int len = snprintf(line, sizeof line, "%s%s\t%s\t%s\t%s\t%.0f\t%s\t%s", is_http_only ? http_only : "", domain,
                       domain[0] == '.' ? "TRUE" : "FALSE", path, is_secure ? "TRUE" : "FALSE",
                       expires > 0 ? floor(expires) : 0, name, value);
    if (len < LINE_MAX_BYTES) curl_easy_setopt(easy, CURLOPT_COOKIELIST, line);
}

void ll_jar_fill(struct ll_jar *jar, CURL *easy, const ll_json *cookies) {
    // A cookie is what makes libcurl keep cookies from then on; that it is emptied does not end it. CURLOPT_COOKIEFILE
    // would do so as well, and leaves memory behind with each curl_easy_reset.
    static const char any[] = "cookies.invalid\tFALSE\t/\tFALSE\t0\ta\tb";
    int left = LL_JAR_COOKIES_MAX;
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, any);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
    ll_buf_clear(&jar->same_sites);
    for (const ll_json *cookie = ll_json_first(cookies); cookie && left > 0; cookie = ll_json_next(cookie), left--)
        put(easy, cookie);
    curl_slist_free_all(jar->before);
    jar->before = NULL;
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &jar->before);
}

// RFC 6265, 5.2, and its successor's SameSite.
void ll_jar_note(struct ll_jar *jar, const char *set_cookie, size_t len) {
    static const char attribute[] = "samesite=";
    const char *end = set_cookie + len, *equals = memchr(set_cookie, '=', len);
    if (!equals) return;
    for (const char *at = set_cookie; (at = memchr(at, ';', (size_t)(end - at)));) {
        at++;
        while (at < end && (*at == ' ' || *at == '\t')) at++;
        if ((size_t)(end - at) < sizeof attribute - 1 || strncasecmp(at, attribute, sizeof attribute - 1) != 0)
            continue;
        const char *value = at + sizeof attribute - 1;
        size_t value_len = 0;
        while (value + value_len < end && isalpha((unsigned char)value[value_len])) value_len++;
        ll_pairs_add(&jar->same_sites, set_cookie, (size_t)(equals - set_cookie), value, value_len);
        return;
    }
}

// As DevTools writes it, of the last Set-Cookie of that name; NULL when it said nothing, or nothing known.
static const char *same_site_of(const struct ll_jar *jar, const char *name) {
    static const char *const known[] = {"Strict", "Lax", "None"};
    const char *found = NULL, *of, *value;
    for (size_t position = 0; ll_pairs_next(&jar->same_sites, &position, &of, &value);)
        for (size_t i = 0; strcmp(of, name) == 0 && i < sizeof known / sizeof *known; i++)
            if (strcasecmp(value, known[i]) == 0) found = known[i];
    return found;
}

static bool read_line(const char *line, struct cookie *out) {
    if (strlen(line) >= sizeof out->line) return false;
    memcpy(out->line, line, strlen(line) + 1);
    out->is_http_only = strncmp(line, http_only, sizeof http_only - 1) == 0;
    char *rest = out->line + (out->is_http_only ? sizeof http_only - 1 : 0);
    for (int i = 0; i < FIELDS; i++) {
        char *field = strsep(&rest, "\t");
        if (!field) return false;
        out->fields[i] = field;
    }
    return true;
}

static void write_cookie(const struct ll_jar *jar, struct ll_json_writer *writer, const char *line, bool is_gone) {
    struct cookie cookie;
    if (!read_line(line, &cookie)) return;
    double expires = strtod(cookie.fields[4], NULL);
    const char *domain = cookie.fields[0], *same_site = same_site_of(jar, cookie.fields[5]);
    bool counts_below = strcmp(cookie.fields[1], "TRUE") == 0;
    char dotted[300];
    snprintf(dotted, sizeof dotted, "%s%s", counts_below && domain[0] != '.' ? "." : "", domain);
    ll_json_begin_object(writer, NULL);
    ll_json_write_string(writer, "name", cookie.fields[5]);
    ll_json_write_string(writer, "value", cookie.fields[6]);
    ll_json_write_string(writer, "domain", dotted);
    ll_json_write_string(writer, "path", cookie.fields[2]);
    ll_json_write_bool(writer, "secure", strcmp(cookie.fields[3], "TRUE") == 0);
    ll_json_write_bool(writer, "httpOnly", cookie.is_http_only);
    ll_json_write_number(writer, "expires", is_gone ? 1 : expires > 0 ? expires : -1);
    if (same_site) ll_json_write_string(writer, "sameSite", same_site);
    ll_json_end_object(writer);
}

static bool has_line(const struct curl_slist *list, const char *line) {
    for (; list; list = list->next)
        if (strcmp(list->data, line) == 0) return true;
    return false;
}

static bool is_same_cookie(const char *one, const char *other) {
    struct cookie a, b;
    if (!read_line(one, &a) || !read_line(other, &b)) return false;
    return strcmp(a.fields[5], b.fields[5]) == 0 && strcmp(a.fields[0], b.fields[0]) == 0 &&
           strcmp(a.fields[2], b.fields[2]) == 0;
}

static bool has_cookie(const struct curl_slist *list, const char *line) {
    for (; list; list = list->next)
        if (is_same_cookie(list->data, line)) return true;
    return false;
}

bool ll_jar_take_changes(struct ll_jar *jar, CURL *easy, struct ll_buf *out) {
    struct curl_slist *after = NULL;
    size_t before_len = out->len;
    bool differs = false;
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &after);
    struct ll_json_writer writer = ll_json_writer_make(out);
    ll_json_begin_array(&writer, NULL);
    for (const struct curl_slist *line = jar->before; line; line = line->next) {
        if (has_line(after, line->data) || has_cookie(after, line->data)) continue;
        write_cookie(jar, &writer, line->data, true);
        differs = true;
    }
    for (const struct curl_slist *line = after; line; line = line->next) {
        if (has_line(jar->before, line->data)) continue;
        write_cookie(jar, &writer, line->data, false);
        differs = true;
    }
    ll_json_end_array(&writer);
    curl_slist_free_all(jar->before);
    jar->before = after;
    if (!differs) out->len = before_len;
    return differs;
}
