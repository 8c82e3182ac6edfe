// How a user's browser context is made, as plain data: read from the scenario, checked, and applied by the browser.
//
// Secrets (passwords, values of headers, a stored login) stay where the scenario is read: ll_spec_pack leaves them out,
// so that they are in no result, journal or message; an agent reads them from its own copy of the scenario.
// One owner, no locks; a zeroed struct is a context with every default.
#ifndef LIBCOMMON_MODEL_CONTEXT_H
#define LIBCOMMON_MODEL_CONTEXT_H

#include "libcommon/base/err.h"
#include "libcommon/model/request_filter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LL_VIEWPORT_DEFAULT_WIDTH = 1280,
    LL_VIEWPORT_DEFAULT_HEIGHT = 720,
    LL_VIEWPORT_MAX = 10000, // CSS pixels
    LL_HEADERS_MAX = 50,
    LL_HEADER_NAME_MAX = 100,       // bytes
    LL_CONTEXT_TEXT_MAX = 4 * 1024, // bytes of a header's value, a user name, a password, a proxy
    LL_PERMISSIONS_MAX = 30,
    LL_STORAGE_MAX = 1024 * 1024,  // bytes of a snapshot, as JSON
    LL_LATENCY_MAX_MS = 60 * 1000, // of a throttled network
    LL_CONTEXT_TIMEOUT_MS = 30 * 1000,
    LL_ORIGIN_MAX = 300, // bytes
    LL_RECYCLE_MEMORY_MB = 1000,
};

struct ll_header {
    char *name, *value; // owned; value NULL: left out as a secret
};

struct ll_credentials {        // HTTP authentication, Basic or Digest (RFC 7617, RFC 7616)
    char *username, *password; // owned; username NULL: none are given
    char *origin;              // owned; "https://host:port"; NULL: that of the first navigation
};

struct ll_proxy {
    char *server;              // owned; "http://host:port", "socks5://…"; NULL: none
    char *bypass;              // owned; hosts that are reached directly, with commas; NULL: none
    char *username, *password; // owned; NULL: none
};

struct ll_network { // what is 0 is not throttled
    bool is_offline;
    uint32_t latency_ms;
    uint64_t download_bytes_per_s, upload_bytes_per_s;
};

struct ll_recycling {
    uint64_t iterations;   // 0: never
    uint64_t memory_bytes; // that the page's scripts hold; 0: LL_RECYCLE_MEMORY_MB
};

enum ll_renewal {     // what a user's context is between two iterations
    LL_RENEWAL_NONE,  // kept as it is
    LL_RENEWAL_CLEAN, // the same one, emptied
    LL_RENEWAL_FRESH, // another one
};

struct ll_context_options {
    bool ignore_https_errors;
    uint32_t viewport_width, viewport_height; // CSS pixels; 0: the device's, or LL_VIEWPORT_DEFAULT_…
    char *device;                             // owned; a name of devices.def; NULL: a desktop
    char *user_agent;                         // owned; NULL: the device's, or the browser's own
    char *locale;                             // owned; BCP 47; NULL: the browser's own
    char *timezone;                           // owned; IANA's, "Europe/Berlin"; NULL: the machine's
    struct ll_credentials credentials;
    struct ll_header *headers; // owned
    size_t header_count;
    struct ll_proxy proxy;
    struct ll_network network;
    char **permissions; // owned; names of permissions.def
    size_t permission_count;
    char *storage; // owned; a snapshot as JSON, to start from; NULL: none
    enum ll_renewal renewal;
    struct ll_recycling recycling;
    struct ll_request_filter requests; // of pages
    uint32_t timeout_ms;               // until it is made; 0: LL_CONTEXT_TIMEOUT_MS
    bool is_computed;                  // by the scenario's own function, on each agent: what stands here are defaults
};

void ll_context_options_fini(struct ll_context_options *options);
struct ll_context_options ll_context_options_copy(const struct ll_context_options *options);
void ll_context_options_add_header(struct ll_context_options *options, const char *name, const char *value);
void ll_context_options_add_permission(struct ll_context_options *options, const char *name);
// Limits and forms. The sentence names the field and the way out, and holds no secret.
ll_err ll_context_options_validate(const struct ll_context_options *options);

struct ll_device { // what pages see of it
    const char *name;
    uint32_t width, height; // CSS pixels
    double scale;           // device pixels per CSS pixel
    bool is_mobile, has_touch;
    const char *platform;   // "Android", of Chromium's client hints; "": a browser that sends none
    const char *user_agent; // with {chrome} where Chromium's version goes; "": the browser's own
};

// NULL when there is none of that name.
const struct ll_device *ll_device_find(const char *name);
// Their names, then NULL: for suggestions.
extern const char *const ll_device_names[];

struct ll_network_preset {
    const char *name;
    struct ll_network network;
};

// NULL when there is none of that name.
const struct ll_network_preset *ll_network_preset_find(const char *name);
extern const char *const ll_network_preset_names[]; // then NULL

// What DevTools calls a permission (Browser.PermissionType), or NULL when there is none of that name.
const char *ll_permission_devtools_name(const char *name);
extern const char *const ll_permission_names[]; // then NULL

// The length of what stands for a URL's origin at its begin, "https://host:port"; 0 when it is no http or https URL.
size_t ll_origin_length(const char *url);
// A URL's origin as browsers write it (RFC 6454): lower case, without user and without the scheme's own port. False for
// other URLs and such as are too long.
bool ll_origin_of(const char *url, char out[LL_ORIGIN_MAX]);

#endif
