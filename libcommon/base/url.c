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
