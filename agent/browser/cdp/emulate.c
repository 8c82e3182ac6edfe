#include "agent/browser/cdp/emulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { USER_AGENT_MAX = 1024, TOUCH_POINTS = 5 };

// ---- With the context

// Without "<-loopback>" Chromium would reach this machine directly, whatever a proxy was given for. Later rules win, so
// that it stands first.
static void append_proxy(const struct ll_proxy *proxy, struct ll_json_writer *writer) {
    static const char through[] = "<-loopback>";
    ll_json_write_string(writer, "proxyServer", proxy->server);
    const char *bypass = proxy->bypass ? proxy->bypass : "";
    struct ll_buf rules = ll_buf_make(LL_CONTEXT_TEXT_MAX + sizeof through + 1);
    ll_buf_printf(&rules, "%s%s%s", through, *bypass ? "," : "", bypass);
    ll_json_write_string(writer, "proxyBypassList", ll_buf_str(&rules));
    ll_buf_fini(&rules);
}

void ll_cdp_emulate_context(const struct ll_context_options *options, struct ll_buf *out) {
    struct ll_json_writer writer = ll_json_writer_make(out);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_bool(&writer, "disposeOnDetach", true);
    if (options->proxy.server) append_proxy(&options->proxy, &writer);
    ll_json_end_object(&writer);
}

struct ll_buf *ll_cdp_emulate_permissions(struct ll_cdp_page *page) {
    const struct ll_context_options *options = &page->options;
    if (options->permission_count == 0) return NULL;
    struct ll_buf *out = ll_cdp_begin(ll_cdp_page_client(page), "", "Browser.grantPermissions");
    struct ll_json_writer writer = ll_json_writer_make(out);
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "browserContextId", page->context);
    ll_json_begin_array(&writer, "permissions");
    for (size_t i = 0; i < options->permission_count; i++)
        ll_json_write_string(&writer, NULL, ll_permission_devtools_name(options->permissions[i]));
    ll_json_end_array(&writer);
    ll_json_end_object(&writer);
    return out;
}

// ---- For each tab, and each worker

struct place { // where a command goes
    struct ll_cdp_page *page;
    const char *session;
};

static struct ll_buf *begin(struct place place, const char *method) {
    return ll_cdp_begin(ll_cdp_page_client(place.page), place.session, method);
}

static void send(struct place place) {
    ll_cdp_end(ll_cdp_page_client(place.page), NULL, NULL);
}

static void note_refusal(struct ll_cdp_page *page, const char *option, const struct ll_cdp_answer *answer,
                         const char *instead) {
    char text[128];
    if (!answer->failed || page->refusal.status != LL_OK) return;
    ll_scan_text(answer->error, text, sizeof text);
    page->refusal = ll_err_make(LL_INVALID_ARGUMENT, "context.%s: the browser refuses it: %s%s", option, text, instead);
}

static void on_timezone(void *arg, const struct ll_cdp_answer *answer) {
    note_refusal(arg, "timezone", answer, ": write it like \"Europe/Berlin\"");
}

static void on_locale(void *arg, const struct ll_cdp_answer *answer) {
    note_refusal(arg, "locale", answer, ": write it like \"de-DE\"");
}

static void on_headers(void *arg, const struct ll_cdp_answer *answer) {
    note_refusal(arg, "extra_headers", answer, "");
}

// One text as the only member of the params.
static void send_name(struct place place, const char *method, const char *key, const char *name,
                      ll_cdp_answered *answered) {
    struct ll_json_writer writer = ll_json_writer_make(begin(place, method));
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, key, name);
    ll_json_end_object(&writer);
    ll_cdp_end(ll_cdp_page_client(place.page), answered, place.page);
}

static void set_metrics(struct place place, const struct ll_context_options *options, const struct ll_device *device) {
    struct ll_json_writer writer = ll_json_writer_make(begin(place, "Emulation.setDeviceMetricsOverride"));
    ll_json_begin_object(&writer, NULL);
    ll_json_write_int(&writer, "width", options->viewport_width);
    ll_json_write_int(&writer, "height", options->viewport_height);
    ll_json_write_number(&writer, "deviceScaleFactor", device ? device->scale : 1);
    ll_json_write_bool(&writer, "mobile", device && device->is_mobile);
    if (device && device->is_mobile) {
        bool is_upright = options->viewport_height >= options->viewport_width;
        ll_json_write_int(&writer, "screenWidth", options->viewport_width);
        ll_json_write_int(&writer, "screenHeight", options->viewport_height);
        ll_json_begin_object(&writer, "screenOrientation");
        ll_json_write_string(&writer, "type", is_upright ? "portraitPrimary" : "landscapePrimary");
        ll_json_write_int(&writer, "angle", is_upright ? 0 : 90);
        ll_json_end_object(&writer);
    }
    ll_json_end_object(&writer);
    send(place);
    if (!device || !device->has_touch) return;
    ll_buf_printf(begin(place, "Emulation.setTouchEmulationEnabled"), "{\"enabled\":true,\"maxTouchPoints\":%d}",
                  TOUCH_POINTS);
    send(place);
}

// The device's, with the browser's own version in it.
static void write_user_agent(const struct ll_cdp_page *page, const struct ll_device *device, char out[USER_AGENT_MAX]) {
    static const char place[] = "{chrome}";
    struct ll_connection *connection = page->base.connection;
    const char *said = connection->ops->describe(connection), *at = strstr(device->user_agent, place);
    snprintf(out, USER_AGENT_MAX, "%s", device->user_agent);
    if (at)
        snprintf(out, USER_AGENT_MAX, "%.*s%d%s", (int)(at - device->user_agent), device->user_agent,
                 (int)strtol(said + strcspn(said, "0123456789"), NULL, 10), at + strlen(place));
}

static void set_user_agent(struct place place, const struct ll_context_options *options,
                           const struct ll_device *device) {
    char devices_own[USER_AGENT_MAX] = "";
    if (device) write_user_agent(place.page, device, devices_own);
    const char *user_agent = options->user_agent ? options->user_agent : devices_own;
    if (!*user_agent && !options->locale) return;
    struct ll_json_writer writer = ll_json_writer_make(begin(place, "Emulation.setUserAgentOverride"));
    ll_json_begin_object(&writer, NULL);
    ll_json_write_string(&writer, "userAgent", user_agent);
    if (options->locale) ll_json_write_string(&writer, "acceptLanguage", options->locale);
    if (device && *device->platform && !options->user_agent) {
        ll_json_begin_object(&writer, "userAgentMetadata");
        ll_json_write_string(&writer, "platform", device->platform);
        ll_json_write_string(&writer, "platformVersion", "");
        ll_json_write_string(&writer, "architecture", "");
        ll_json_write_string(&writer, "model", "");
        ll_json_write_bool(&writer, "mobile", strstr(device->user_agent, " Mobile") != NULL);
        ll_json_end_object(&writer);
    }
    ll_json_end_object(&writer);
    send(place);
}

static void set_headers(struct place place, const struct ll_context_options *options) {
    if (options->header_count == 0) return;
    struct ll_json_writer writer = ll_json_writer_make(begin(place, "Network.setExtraHTTPHeaders"));
    ll_json_begin_object(&writer, NULL);
    ll_json_begin_object(&writer, "headers");
    for (size_t i = 0; i < options->header_count; i++)
        if (options->headers[i].value)
            ll_json_write_string(&writer, options->headers[i].name, options->headers[i].value);
    ll_json_end_object(&writer);
    ll_json_end_object(&writer);
    ll_cdp_end(ll_cdp_page_client(place.page), on_headers, place.page);
}

static void set_network(struct place place, const struct ll_network *network) {
    bool is_throttled =
        network->is_offline || network->latency_ms || network->download_bytes_per_s || network->upload_bytes_per_s;
    if (!is_throttled) return;
    int64_t download = network->download_bytes_per_s ? (int64_t)network->download_bytes_per_s : -1;
    int64_t upload = network->upload_bytes_per_s ? (int64_t)network->upload_bytes_per_s : -1;
    ll_buf_printf(begin(place, "Network.emulateNetworkConditions"),
                  "{\"offline\":%s,\"latency\":%u,\"downloadThroughput\":%lld,\"uploadThroughput\":%lld}",
                  network->is_offline ? "true" : "false", network->latency_ms, (long long)download, (long long)upload);
    send(place);
}

void ll_cdp_emulate_tab(struct ll_cdp_tab *tab) {
    const struct ll_context_options *options = &tab->page->options;
    const struct ll_device *device = options->device ? ll_device_find(options->device) : NULL;
    struct place place = {tab->page, tab->session};
    if (options->ignore_https_errors) {
        ll_buf_text(begin(place, "Security.setIgnoreCertificateErrors"), "{\"ignore\":true}");
        send(place);
    }
    set_metrics(place, options, device);
    ll_buf_text(begin(place, "Emulation.setFocusEmulationEnabled"), "{\"enabled\":true}");
    send(place);
    set_user_agent(place, options, device);
    if (options->locale) send_name(place, "Emulation.setLocaleOverride", "locale", options->locale, on_locale);
    if (options->timezone)
        send_name(place, "Emulation.setTimezoneOverride", "timezoneId", options->timezone, on_timezone);
    set_headers(place, options);
    set_network(place, &options->network);
}

// Locale and time zone are the process's: where a tab of the context has set them already, the worker's are refused,
// and are right.
void ll_cdp_emulate_worker(struct ll_cdp_page *page, const char *session) {
    const struct ll_context_options *options = &page->options;
    struct place place = {page, session};
    set_user_agent(place, options, options->device ? ll_device_find(options->device) : NULL);
    if (options->locale) send_name(place, "Emulation.setLocaleOverride", "locale", options->locale, NULL);
    if (options->timezone) send_name(place, "Emulation.setTimezoneOverride", "timezoneId", options->timezone, NULL);
}
