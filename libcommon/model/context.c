#include "libcommon/model/context.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/text.h"
#include "libcommon/model/spec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOCALE_MAX = 35, // bytes; what BCP 47 asks implementations to hold
    TIMEZONE_MAX = 64,
};

static const uint64_t throughput_max = 100ull * 1000 * 1000 * 1000; // bytes/s; beyond it is no throttle
static const uint64_t recycling_bytes_min = 16ull * 1000 * 1000;    // an empty page has a few

static const struct ll_device devices[] = {
#define LL_DEVICE(name, width, height, scale, mobile, touch, platform, user_agent)                                     \
    {name, width, height, scale, mobile, touch, platform, user_agent},
#include "libcommon/model/devices.def"
#undef LL_DEVICE
};
const char *const ll_device_names[] = {
#define LL_DEVICE(name, width, height, scale, mobile, touch, platform, user_agent) name,
#include "libcommon/model/devices.def"
#undef LL_DEVICE
    NULL,
};

static const struct ll_network_preset networks[] = {
#define LL_NETWORK(name, offline, latency_ms, download, upload) {name, {offline, latency_ms, download, upload}},
#include "libcommon/model/networks.def"
#undef LL_NETWORK
};
const char *const ll_network_preset_names[] = {
#define LL_NETWORK(name, offline, latency_ms, download, upload) name,
#include "libcommon/model/networks.def"
#undef LL_NETWORK
    NULL,
};

const char *const ll_permission_names[] = {
#define LL_PERMISSION(name, devtools_name) name,
#include "libcommon/model/permissions.def"
#undef LL_PERMISSION
    NULL,
};
static const char *const devtools_permissions[] = {
#define LL_PERMISSION(name, devtools_name) devtools_name,
#include "libcommon/model/permissions.def"
#undef LL_PERMISSION
};

// ---- The tables

const struct ll_device *ll_device_find(const char *name) {
    for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
        if (strcmp(devices[i].name, name) == 0) return &devices[i];
    return NULL;
}

const struct ll_network_preset *ll_network_preset_find(const char *name) {
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++)
        if (strcmp(networks[i].name, name) == 0) return &networks[i];
    return NULL;
}

const char *ll_permission_devtools_name(const char *name) {
    for (size_t i = 0; ll_permission_names[i]; i++)
        if (strcmp(ll_permission_names[i], name) == 0) return devtools_permissions[i];
    return NULL;
}

// ---- Memory

static void clear_text(char **text) { // a secret does not stay behind in freed memory
    if (*text) explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

void ll_context_options_fini(struct ll_context_options *options) {
    free(options->device);
    free(options->user_agent);
    free(options->locale);
    free(options->timezone);
    free(options->credentials.username);
    clear_text(&options->credentials.password);
    free(options->credentials.origin);
    for (size_t i = 0; i < options->header_count; i++) {
        free(options->headers[i].name);
        clear_text(&options->headers[i].value);
    }
    free(options->headers);
    free(options->proxy.server);
    free(options->proxy.bypass);
    free(options->proxy.username);
    clear_text(&options->proxy.password);
    for (size_t i = 0; i < options->permission_count; i++) free(options->permissions[i]);
    free(options->permissions);
    clear_text(&options->storage);
    ll_request_filter_fini(&options->requests);
    *options = (struct ll_context_options){.device = NULL};
}

static char *copy_text(const char *text) {
    return text ? ll_strdup(text) : NULL;
}

struct ll_context_options ll_context_options_copy(const struct ll_context_options *options) {
    struct ll_context_options copy = *options;
    copy.device = copy_text(options->device);
    copy.user_agent = copy_text(options->user_agent);
    copy.locale = copy_text(options->locale);
    copy.timezone = copy_text(options->timezone);
    copy.credentials.username = copy_text(options->credentials.username);
    copy.credentials.password = copy_text(options->credentials.password);
    copy.credentials.origin = copy_text(options->credentials.origin);
    copy.headers = NULL, copy.header_count = 0;
    for (size_t i = 0; i < options->header_count; i++)
        ll_context_options_add_header(&copy, options->headers[i].name, options->headers[i].value);
    copy.proxy.server = copy_text(options->proxy.server);
    copy.proxy.bypass = copy_text(options->proxy.bypass);
    copy.proxy.username = copy_text(options->proxy.username);
    copy.proxy.password = copy_text(options->proxy.password);
    copy.permissions = NULL, copy.permission_count = 0;
    for (size_t i = 0; i < options->permission_count; i++)
        ll_context_options_add_permission(&copy, options->permissions[i]);
    copy.storage = copy_text(options->storage);
    copy.requests = ll_request_filter_copy(&options->requests);
    return copy;
}

void ll_context_options_add_header(struct ll_context_options *options, const char *name, const char *value) {
    options->headers = ll_realloc(options->headers, options->header_count + 1, sizeof *options->headers);
    options->headers[options->header_count++] = (struct ll_header){.name = ll_strdup(name), .value = copy_text(value)};
}

void ll_context_options_add_permission(struct ll_context_options *options, const char *name) {
    options->permissions = ll_realloc(options->permissions, options->permission_count + 1, sizeof(char *));
    options->permissions[options->permission_count++] = ll_strdup(name);
}

// ---- What may stand in them

size_t ll_origin_length(const char *url) {
    size_t scheme = strncasecmp(url, "http://", 7) == 0 ? 7 : strncasecmp(url, "https://", 8) == 0 ? 8 : 0;
    size_t host = scheme ? strcspn(url + scheme, "/?#") : 0;
    return host ? scheme + host : 0;
}

bool ll_origin_of(const char *url, char out[LL_ORIGIN_MAX]) {
    size_t end = ll_origin_length(url), used = 0;
    if (!end) return false;
    bool is_secure = tolower((unsigned char)url[4]) == 's';
    size_t scheme = is_secure ? 8 : 7;
    const char *user = memrchr(url + scheme, '@', end - scheme);
    const char *host = user ? user + 1 : url + scheme, *own_port = is_secure ? ":443" : ":80";
    size_t len = (size_t)(url + end - host), port = strlen(own_port);
    if (len > port && memcmp(url + end - port, own_port, port) == 0) len -= port;
    if (len == 0 || scheme + len >= LL_ORIGIN_MAX) return false;
    for (size_t i = 0; i < scheme; i++) out[used++] = (char)tolower((unsigned char)url[i]);
    for (size_t i = 0; i < len; i++) out[used++] = (char)tolower((unsigned char)host[i]);
    out[used] = '\0';
    return true;
}

// Says what is wrong without quoting it: it may be a secret.
static ll_err check_text(const char *field, const char *text, size_t max) {
    if (text && (strlen(text) > max || ll_text_has_control(text)))
        return ll_err_make(LL_INVALID_ARGUMENT, "context.%s is over %zu bytes long or has a line break in it", field,
                           max);
    return LL_SUCCESS;
}

static ll_err check_viewport(const char *side, uint32_t pixels) {
    if (pixels >= 1 && pixels <= LL_VIEWPORT_MAX) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "the viewport's %s is %u: it takes 1 to %d pixels", side, pixels,
                       LL_VIEWPORT_MAX);
}

static ll_err check_names(const struct ll_context_options *options) {
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    static const char zone_letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+_/";
    if (options->device && !ll_device_find(options->device))
        return ll_err_make(LL_INVALID_ARGUMENT, "context.device \"%.40s\" is no device that LiveLoad knows",
                           options->device);
    size_t len = options->locale ? strlen(options->locale) : 2;
    if (len < 2 || len > LOCALE_MAX || (options->locale && strspn(options->locale, letters) != len))
        return ll_err_make(LL_INVALID_ARGUMENT, "context.locale \"%.40s\" is no language tag: write it like \"de-DE\"",
                           options->locale);
    len = options->timezone ? strlen(options->timezone) : 1;
    if (len == 0 || len > TIMEZONE_MAX || (options->timezone && strspn(options->timezone, zone_letters) != len))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "context.timezone \"%.40s\" is no time zone: write it like \"Europe/Berlin\"",
                           options->timezone);
    for (size_t i = 0; i < options->permission_count; i++)
        if (!ll_permission_devtools_name(options->permissions[i]))
            return ll_err_make(LL_INVALID_ARGUMENT, "context.permissions: \"%.40s\" is no permission",
                               options->permissions[i]);
    return LL_SUCCESS;
}

// RFC 9110, 5.1: a field's name is a token.
static bool is_token(const char *name) {
    static const char others[] = "!#$%&'*+-.^_`|~";
    if (!*name) return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr(others, *name)) return false;
    return true;
}

// Those Chromium sets itself, whatever it is told, or with which it would break the connection.
static const char *const refused_headers[] = {"connection",        "content-length", "cookie",  "host",
                                              "transfer-encoding", "upgrade",        "trailer", NULL};

static ll_err check_headers(const struct ll_context_options *options) {
    if (options->header_count > LL_HEADERS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "context.extra_headers has %zu headers: at most %d are allowed",
                           options->header_count, LL_HEADERS_MAX);
    for (size_t i = 0; i < options->header_count; i++) {
        const char *name = options->headers[i].name, *value = options->headers[i].value;
        if (strlen(name) > LL_HEADER_NAME_MAX || !is_token(name))
            return ll_err_make(LL_INVALID_ARGUMENT, "context.extra_headers: \"%.40s\" is no name of a header", name);
        if (value && (strlen(value) > LL_CONTEXT_TEXT_MAX || ll_text_has_control(value)))
            return ll_err_make(LL_INVALID_ARGUMENT,
                               "context.extra_headers: the value of %.40s is over %d bytes long or has a line break in "
                               "it",
                               name, LL_CONTEXT_TEXT_MAX);
        for (const char *const *refused = refused_headers; *refused; refused++)
            if (strcasecmp(name, *refused) == 0)
                return ll_err_make(LL_INVALID_ARGUMENT, "context.extra_headers: %s is set by the browser alone%s", name,
                                   strcmp(*refused, "cookie") == 0 ? ": give cookies in storage" : "");
    }
    return LL_SUCCESS;
}

static ll_err check_credentials(const struct ll_credentials *credentials) {
    LL_TRY(check_text("http_credentials.username", credentials->username, LL_CONTEXT_TEXT_MAX));
    LL_TRY(check_text("http_credentials.password", credentials->password, LL_CONTEXT_TEXT_MAX));
    const char *origin = credentials->origin;
    if (origin && (ll_origin_length(origin) != strlen(origin) || strlen(origin) >= LL_ORIGIN_MAX ||
                   strchr(origin, '@') || strpbrk(origin, "*\\\" ") || ll_text_has_control(origin)))
        return ll_err_make(
            LL_INVALID_ARGUMENT,
            "context.http_credentials.origin must be like \"https://shop.example:8443\", without a path");
    return LL_SUCCESS;
}

static ll_err check_proxy(const struct ll_proxy *proxy) {
    static const char *const schemes[] = {"http://", "https://", "socks4://", "socks5://"};
    LL_TRY(check_text("proxy.server", proxy->server, LL_CONTEXT_TEXT_MAX));
    LL_TRY(check_text("proxy.bypass", proxy->bypass, LL_CONTEXT_TEXT_MAX));
    LL_TRY(check_text("proxy.username", proxy->username, LL_CONTEXT_TEXT_MAX));
    LL_TRY(check_text("proxy.password", proxy->password, LL_CONTEXT_TEXT_MAX));
    if (!proxy->server) return LL_SUCCESS;
    if (strchr(proxy->server, '@'))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "context.proxy.server has a password in it: give username and password as fields");
    const char *host = strstr(proxy->server, "://");
    host = host ? host + 3 : proxy->server;
    bool is_known = host == proxy->server;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        is_known |= strncmp(proxy->server, schemes[i], strlen(schemes[i])) == 0;
    if (!is_known || !*host || strpbrk(host, "/ ;,="))
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "context.proxy.server \"%.100s\" must be like \"http://proxy.example:3128\" or "
                           "\"socks5://proxy.example:1080\"",
                           proxy->server);
    return LL_SUCCESS;
}

static ll_err check_network(const struct ll_network *network) {
    if (network->latency_ms > LL_LATENCY_MAX_MS)
        return ll_err_make(LL_INVALID_ARGUMENT, "context.network.latency is longer than %d s",
                           LL_LATENCY_MAX_MS / 1000);
    if (network->download_bytes_per_s > throughput_max || network->upload_bytes_per_s > throughput_max)
        return ll_err_make(LL_INVALID_ARGUMENT, "context.network takes at most 100 GB a second: leave it out instead");
    return LL_SUCCESS;
}

ll_err ll_context_options_validate(const struct ll_context_options *options) {
    LL_TRY(check_viewport("width", options->viewport_width));
    LL_TRY(check_viewport("height", options->viewport_height));
    LL_TRY(check_text("user_agent", options->user_agent, LL_SPEC_TEXT_MAX));
    LL_TRY(check_names(options));
    LL_TRY(check_headers(options));
    LL_TRY(check_credentials(&options->credentials));
    LL_TRY(check_proxy(&options->proxy));
    LL_TRY(check_network(&options->network));
    LL_TRY(ll_request_filter_validate(&options->requests));
    if (options->permission_count > LL_PERMISSIONS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "context.permissions names %zu: at most %d are allowed",
                           options->permission_count, LL_PERMISSIONS_MAX);
    if (options->storage && strlen(options->storage) > LL_STORAGE_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "context.storage is longer than %d bytes", LL_STORAGE_MAX);
    if (options->recycling.memory_bytes && options->recycling.memory_bytes < recycling_bytes_min)
        return ll_err_make(LL_INVALID_ARGUMENT, "context.recycle.memory is less than 16 MB, which a page has at once");
    if (options->timeout_ms > LL_DURATION_MAX_MS)
        return ll_err_make(LL_INVALID_ARGUMENT, "timeouts.context is longer than a week");
    return LL_SUCCESS;
}
