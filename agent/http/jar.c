// libcurl's own list has one line a cookie, as Netscape's files had: domain, whether it counts for hosts below, path,
// secure, expires (0: never), name, value, with tabs between; #HttpOnly_ before the domain.
#include "agent/http/jar.h"

#include "agent/http/pairs.h"
#include "libcommon/base/alloc.h"
#include "libcommon/base/clock.h"
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
    curl_slist_free_all(jar->out);
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
    curl_slist_free_all(jar->out);
    jar->out = NULL;
    ll_buf_clear(&jar->same_sites);
    for (const ll_json *cookie = ll_json_first(cookies); cookie && left > 0; cookie = ll_json_next(cookie), left--)
        put(easy, cookie);
    curl_slist_free_all(jar->before);
    jar->before = NULL;
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &jar->before);
}

// --- What a request carries ---

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

struct place { // that a request goes to
    char *host, *path;
    bool is_secure; // or stays on this machine, which is as good
};

static bool is_this_machine(const char *host) {
    return strcasecmp(host, "localhost") == 0 || strcmp(host, "127.0.0.1") == 0 || strcmp(host, "::1") == 0;
}

// Without the brackets of an IPv6 address, and without a port.
static void trim_host(char *host) {
    char *end = host[0] == '[' ? strchr(host, ']') : strchr(host, ':');
    if (host[0] == '[' && end) {
        *end = '\0';
        memmove(host, host + 1, strlen(host));
    } else if (end && !strchr(end + 1, ':'))
        *end = '\0';
}

static bool find_place(const char *url, const char *host, struct place *out) {
    CURLU *parts = curl_url();
    char *scheme = NULL;
    *out = (struct place){0};
    bool is_url = parts && curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                  curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                  curl_url_get(parts, CURLUPART_HOST, &out->host, 0) == CURLUE_OK &&
                  curl_url_get(parts, CURLUPART_PATH, &out->path, 0) == CURLUE_OK;
    if (is_url) {
        char *said = ll_strdup(host ? host : out->host);
        trim_host(said);
        trim_host(out->host);
        out->is_secure = strcmp(scheme, "https") == 0 || is_this_machine(out->host);
        curl_free(out->host);
        out->host = said;
    } else {
        curl_free(out->host);
        out->host = NULL;
    }
    curl_free(scheme);
    curl_url_cleanup(parts);
    return is_url;
}

static void forget_place(struct place *place) {
    free(place->host);
    curl_free(place->path);
}

// RFC 6265, 5.1.3. A dot before a domain says nothing more than that hosts below count.
static bool is_host_of(const char *host, const char *domain, bool counts_below) {
    char bare[300];
    snprintf(bare, sizeof bare, "%s", domain[0] == '.' ? domain + 1 : domain);
    trim_host(bare);
    if (strcasecmp(host, bare) == 0) return true;
    size_t len = strlen(host), bare_len = strlen(bare);
    return counts_below && len > bare_len && host[len - bare_len - 1] == '.' &&
           strcasecmp(host + len - bare_len, bare) == 0;
}

// RFC 6265, 5.1.4.
static bool is_path_of(const char *path, const char *cookie_path) {
    size_t len = strlen(cookie_path);
    return strncmp(path, cookie_path, len) == 0 &&
           (path[len] == '\0' || path[len] == '/' || cookie_path[len - 1] == '/');
}

static bool goes_to(const struct cookie *cookie, const struct place *place) {
    double expires = strtod(cookie->fields[4], NULL);
    if (expires > 0 && expires * 1e3 < (double)ll_clock_wall_ms()) return false;
    if (strcmp(cookie->fields[3], "TRUE") == 0 && !place->is_secure) return false;
    return is_host_of(place->host, cookie->fields[0], strcmp(cookie->fields[1], "TRUE") == 0) && cookie->fields[2][0] &&
           is_path_of(place->path, cookie->fields[2]);
}

struct carried {
    const char *line;
    size_t path_len, number;
};

// RFC 6265, 5.4: longer paths first, and of equal ones the oldest first. libcurl's list has the oldest first.
static int by_path_and_age(const void *a, const void *b) {
    const struct carried *one = a, *other = b;
    if (one->path_len != other->path_len) return one->path_len > other->path_len ? -1 : 1;
    return one->number < other->number ? -1 : 1;
}

char *ll_jar_carried(CURL *easy, const char *url, const char *host) {
    struct curl_slist *list = NULL;
    struct carried *carried = ll_alloc(LL_JAR_COOKIES_MAX, sizeof *carried);
    struct ll_buf out = ll_buf_make(LL_JAR_CARRIED_BYTES_MAX);
    struct cookie cookie;
    struct place place;
    size_t count = 0;
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &list);
    bool is_url = find_place(url, host, &place);
    for (const struct curl_slist *at = is_url ? list : NULL; at && count < LL_JAR_COOKIES_MAX; at = at->next)
        if (read_line(at->data, &cookie) && goes_to(&cookie, &place))
            carried[count] = (struct carried){at->data, strlen(cookie.fields[2]), count}, count++;
    qsort(carried, count, sizeof *carried, by_path_and_age);
    for (size_t i = 0; i < count; i++)
        if (read_line(carried[i].line, &cookie))
            ll_buf_printf(&out, "%s%s=%s", out.len ? "; " : "", cookie.fields[5], cookie.fields[6]);
    char *text = out.len ? ll_strdup(ll_buf_str(&out)) : NULL;
    forget_place(&place);
    ll_buf_fini(&out);
    free(carried);
    curl_slist_free_all(list);
    return text;
}

void ll_jar_take_out(struct ll_jar *jar, CURL *easy) {
    if (jar->out) return;
    curl_easy_getinfo(easy, CURLINFO_COOKIELIST, &jar->out);
    curl_easy_setopt(easy, CURLOPT_COOKIELIST, "ALL");
}

void ll_jar_put_back(struct ll_jar *jar, CURL *easy) {
    for (const struct curl_slist *line = jar->out; line; line = line->next)
        curl_easy_setopt(easy, CURLOPT_COOKIELIST, line->data);
    curl_slist_free_all(jar->out);
    jar->out = NULL;
}

// --- What an answer changes ---

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
