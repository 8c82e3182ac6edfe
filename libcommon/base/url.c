#include "libcommon/base/url.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

bool ll_url_has_name(const char *url, size_t len) {
    const char *end = url + len, *host = memmem(url, len, "://", 3);
    if (!host || host + 3 >= end || host[3] == '[') return false;
    for (const char *at = host + 3; at < end && *at != ':' && *at != '/' && *at != '"'; at++)
        if (*at != '.' && !isdigit((unsigned char)*at)) return true;
    return false;
}

// The length of "scheme://user@host:port"; 0 when there is no host.
static size_t authority_length(const char *url) {
    const char *host = strstr(url, "://");
    if (!host || host != url + strcspn(url, ":/?#")) return 0;
    size_t len = strcspn(host + 3, "/?#\\");
    return len ? (size_t)(host + 3 - url) + len : 0;
}

void ll_url_show(const char *url, char *out, size_t size) {
    size_t authority = authority_length(url), shown = strcspn(url, "?#");
    const char *host = authority ? strstr(url, "://") + 3 : url;
    const char *at = authority ? memrchr(host, '@', authority - (size_t)(host - url)) : NULL;
    const char *rest = at ? at + 1 : host;
    snprintf(out, size, "%.*s%.*s", (int)(host - url), url, (int)(url + shown - rest), rest);
}

// The end of the user and password at the beginning of authority[0..len), behind the "@"; NULL when there are none.
static const char *end_of_user(const char *authority, size_t len) {
    static const char ends[] = "/?#\\ \t\r\n\"'<>`";
    size_t span = 0;
    while (span < len && authority[span] && !strchr(ends, authority[span])) span++;
    const char *at = span ? memrchr(authority, '@', span) : NULL;
    return at ? at + 1 : NULL;
}

// The next user and password from `from` on: where they begin, and in `out_end` where the host does. NULL: there are
// none.
static char *find_user(char *from, char *end, char **out_end) {
    for (char *found; from < end && (found = memmem(from, (size_t)(end - from), "://", 3)); from = found + 3) {
        const char *host = end_of_user(found + 3, (size_t)(end - found) - 3);
        if (!host) continue;
        *out_end = (char *)host;
        return found + 3;
    }
    return NULL;
}

size_t ll_url_hide_users(char *text, size_t len) {
    char *to = text, *from = text, *end = text + len, *user, *host;
    while ((user = find_user(from, end, &host))) {
        memmove(to, from, (size_t)(user - from));
        to += user - from;
        from = host;
    }
    if (to != from) memmove(to, from, (size_t)(end - from));
    return (size_t)(to - text) + (size_t)(end - from);
}

bool ll_url_has_user(const char *text, size_t len) {
    char *host;
    return find_user((char *)text, (char *)text + len, &host) != NULL;
}
