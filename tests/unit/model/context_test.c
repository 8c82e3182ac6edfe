#include "libcommon/model/context.h"

#include "libcommon/base/alloc.h"
#include "libcommon/model/spec.h"
#include "libcommon/model/storage.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

enum { PACKED_MAX = 1024 * 1024 };

static struct ll_context_options whole(void) {
    struct ll_context_options options = {
        .ignore_https_errors = true,
        .viewport_width = 800,
        .viewport_height = 600,
        .device = ll_strdup("Pixel 7"),
        .timezone = ll_strdup("Europe/Berlin"),
        .credentials = {ll_strdup("alice"), ll_strdup("open sesame"), ll_strdup("https://shop.example:8443")},
        .proxy = {ll_strdup("http://127.0.0.1:3128"), ll_strdup("*.example"), ll_strdup("bob"), ll_strdup("hunter2")},
        .network = {.latency_ms = 150, .download_bytes_per_s = 200000, .upload_bytes_per_s = 90000},
        .storage = ll_strdup("{\"cookies\":[{\"value\":\"crumb\"}]}"),
        .renewal = LL_RENEWAL_CLEAN,
        .recycling = {.iterations = 50, .memory_bytes = 300000000},
        .timeout_ms = 5000,
    };
    ll_context_options_add_header(&options, "X-Token", "sealed");
    ll_context_options_add_permission(&options, "geolocation");
    return options;
}

// Fails unless the options, which it takes, are refused with `expected`; NULL means they are fine.
static void expect_verdict(struct ll_context_options options, const char *expected) {
    if (!options.viewport_width) options.viewport_width = options.viewport_height = 100;
    ll_err err = ll_context_options_validate(&options);
    cr_expect(eq(str, err.text, expected ? (char *)expected : ""));
    ll_context_options_fini(&options);
}

Test(context, a_copy_has_everything) {
    struct ll_context_options options = whole(), copy = ll_context_options_copy(&options);
    ll_context_options_fini(&options);
    cr_expect(eq(str, copy.device, "Pixel 7"));
    cr_expect(eq(str, copy.credentials.password, "open sesame"));
    cr_expect(eq(str, copy.credentials.origin, "https://shop.example:8443"));
    cr_expect(eq(str, copy.proxy.password, "hunter2"));
    cr_expect(eq(str, copy.proxy.bypass, "*.example"));
    cr_assert(eq(sz, copy.header_count, 1));
    cr_expect(eq(str, copy.headers[0].value, "sealed"));
    cr_assert(eq(sz, copy.permission_count, 1));
    cr_expect(eq(str, copy.permissions[0], "geolocation"));
    cr_expect_not_null(copy.storage);
    expect_verdict(copy, NULL);
}

// Whether the bytes hold the text.
static bool is_in(const struct ll_buf *bytes, const char *text) {
    return memmem(bytes->data, bytes->len, text, strlen(text)) != NULL;
}

Test(context, what_is_packed_holds_no_secret_and_all_else) {
    struct ll_spec spec = ll_spec_make("shop"), read;
    spec.context = whole();
    spec.timeouts = (struct ll_timeouts){.launch_ms = 1, .navigation_ms = 2, .action_ms = 3};
    struct ll_buf packed = ll_buf_make(PACKED_MAX);
    ll_spec_pack(&spec, &packed);
    static const char *const secrets[] = {"open sesame", "hunter2", "sealed", "crumb"};
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) cr_expect_not(is_in(&packed, secrets[i]));
    ll_err err = ll_spec_unpack(packed.data, packed.len, &read);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    const struct ll_context_options *context = &read.context;
    cr_expect(context->ignore_https_errors);
    cr_expect(eq(u32, context->viewport_width, 800));
    cr_expect(eq(str, context->device, "Pixel 7"));
    cr_expect(eq(str, context->timezone, "Europe/Berlin"));
    cr_expect(eq(str, context->credentials.username, "alice"));
    cr_expect_null(context->credentials.password);
    cr_expect(eq(str, context->credentials.origin, "https://shop.example:8443"));
    cr_expect(eq(str, context->proxy.server, "http://127.0.0.1:3128"));
    cr_expect(eq(str, context->proxy.bypass, "*.example"));
    cr_expect(eq(str, context->proxy.username, "bob"));
    cr_expect(eq(u32, context->network.latency_ms, 150));
    cr_expect(eq(u64, context->network.download_bytes_per_s, 200000));
    cr_expect(eq(u64, context->network.upload_bytes_per_s, 90000));
    cr_expect(eq(int, context->renewal, LL_RENEWAL_CLEAN));
    cr_expect(eq(u64, context->recycling.iterations, 50));
    cr_expect(eq(u64, context->recycling.memory_bytes, 300000000));
    cr_expect(eq(u32, context->timeout_ms, 5000));
    cr_assert(eq(sz, context->header_count, 1));
    cr_expect(eq(str, context->headers[0].name, "X-Token"));
    cr_expect_null(context->headers[0].value);
    cr_assert(eq(sz, context->permission_count, 1));
    cr_expect(eq(str, context->permissions[0], "geolocation"));
    cr_expect(eq(u32, read.timeouts.launch_ms, 1));
    cr_expect(eq(u32, read.timeouts.navigation_ms, 2));
    cr_expect(eq(u32, read.timeouts.action_ms, 3));
    err = ll_spec_validate(&read);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
    ll_buf_fini(&packed);
    ll_spec_fini(&spec), ll_spec_fini(&read);
}

Test(context, too_many_headers_are_refused_on_the_wire) {
    struct ll_spec spec = ll_spec_make("shop"), read;
    for (int i = 0; i < LL_HEADERS_MAX + 1; i++) ll_context_options_add_header(&spec.context, "X", "1");
    struct ll_buf packed = ll_buf_make(PACKED_MAX);
    ll_spec_pack(&spec, &packed);
    ll_err err = ll_spec_unpack(packed.data, packed.len, &read);
    cr_expect(eq(str, err.text, "the spec has 51 headers: at most 50 are allowed"));
    ll_buf_fini(&packed);
    ll_spec_fini(&spec);
}

Test(context, what_makes_no_sense_is_refused_and_secrets_are_not_quoted) {
    struct ll_context_options options;
#define WITH(...) (struct ll_context_options){__VA_ARGS__}
    expect_verdict(WITH(0), NULL);
    expect_verdict(WITH(.device = ll_strdup("Nokia 3310")),
                   "context.device \"Nokia 3310\" is no device that LiveLoad knows");
    expect_verdict(WITH(.timezone = ll_strdup("half past nine")),
                   "context.timezone \"half past nine\" is no time zone: write it like \"Europe/Berlin\"");
    expect_verdict(WITH(.credentials = {ll_strdup("a"), ll_strdup("b\n"), NULL}),
                   "context.http_credentials.password is over 4096 bytes long or has a line break in it");
    expect_verdict(WITH(.credentials = {ll_strdup("a"), ll_strdup("b"), ll_strdup("shop.example")}),
                   "context.http_credentials.origin must be like \"https://shop.example:8443\", without a path");
    expect_verdict(WITH(.credentials = {ll_strdup("a"), ll_strdup("b"), ll_strdup("https://shop.example/login")}),
                   "context.http_credentials.origin must be like \"https://shop.example:8443\", without a path");
    expect_verdict(WITH(.proxy = {.server = ll_strdup("ftp://proxy")}),
                   "context.proxy.server \"ftp://proxy\" must be like \"http://proxy.example:3128\" or "
                   "\"socks5://proxy.example:1080\"");
    expect_verdict(WITH(.proxy = {.server = ll_strdup("http://bob:hunter2@proxy")}),
                   "context.proxy.server has a password in it: give username and password as fields");
    expect_verdict(WITH(.network = {.latency_ms = 70 * 1000}), "context.network.latency is longer than 60 s");
    expect_verdict(WITH(.recycling = {.memory_bytes = 1000}),
                   "context.recycle.memory is less than 16 MB, which a page has at once");
    options = WITH(0);
    ll_context_options_add_header(&options, "X Token", "sealed");
    expect_verdict(options, "context.extra_headers: \"X Token\" is no name of a header");
    options = WITH(0);
    ll_context_options_add_header(&options, "X-Token", "sealed\r\nHost: evil");
    expect_verdict(options,
                   "context.extra_headers: the value of X-Token is over 4096 bytes long or has a line break in "
                   "it");
    options = WITH(0);
    ll_context_options_add_header(&options, "Cookie", "sid=1");
    expect_verdict(options, "context.extra_headers: Cookie is set by the browser alone: give cookies in storage");
    options = WITH(0);
    ll_context_options_add_permission(&options, "flying");
    expect_verdict(options, "context.permissions: \"flying\" is no permission");
#undef WITH
}

Test(context, every_device_and_network_of_the_tables_is_valid) {
    for (const char *const *name = ll_device_names; *name; name++) {
        const struct ll_device *device = ll_device_find(*name);
        cr_assert_not_null(device);
        expect_verdict((struct ll_context_options){.device = ll_strdup(*name),
                                                   .viewport_width = device->width,
                                                   .viewport_height = device->height},
                       NULL);
        cr_expect(device->scale >= 1 && device->scale <= 4, "%s", *name);
        cr_expect(eq(int, device->is_mobile, device->has_touch), "%s", *name);
    }
    for (const char *const *name = ll_network_preset_names; *name; name++)
        expect_verdict((struct ll_context_options){.network = ll_network_preset_find(*name)->network}, NULL);
    cr_expect_null(ll_device_find("Pixel"));
    cr_expect_null(ll_network_preset_find(""));
    cr_expect_null(ll_permission_devtools_name("flying"));
}

Test(context, an_origin_is_the_part_of_a_url_before_its_path) {
    cr_expect(eq(sz, ll_origin_length("https://shop.example:8443/login?next=/"), 25));
    cr_expect(eq(sz, ll_origin_length("http://127.0.0.1:80"), 19));
    cr_expect(eq(sz, ll_origin_length("HTTP://a?b"), 8));
    cr_expect(eq(sz, ll_origin_length("about:blank"), 0));
    cr_expect(eq(sz, ll_origin_length("http:///x"), 0));
}

static void expect_snapshot(const char *text, const char *expected) {
    ll_json *json = NULL;
    cr_assert(eq(int, ll_json_parse(text, strlen(text), &json).status, LL_OK), "%s", text);
    ll_err err = ll_storage_check(json);
    cr_expect(strstr(err.text, expected) == err.text && (*expected || err.status == LL_OK), "%s: %s", text, err.text);
    cr_expect_not(strstr(err.text, "crumb"), "%s", err.text);
    ll_json_free(&json);
}

Test(context, snapshots_have_a_shape) {
    expect_snapshot("{}", "");
    expect_snapshot("{\"cookies\":{},\"origins\":{}}", "");
    expect_snapshot("{\"cookies\":[{\"name\":\"a\",\"value\":\"b\",\"domain\":\"c\",\"sameSite\":\"Lax\"}],\"origins\":"
                    "[{\"origin\":\"https://a.b\",\"localStorage\":[{\"name\":\"a\",\"value\":\"b\"}]}]}",
                    "");
    expect_snapshot("[]", "it is no snapshot");
    expect_snapshot("{\"cokies\":[]}", "it is no snapshot");
    expect_snapshot("{\"cookies\":5}", "what it has is no snapshot's cookies");
    expect_snapshot("{\"cookies\":[{\"name\":\"a\",\"value\":\"crumb\"}]}", "one of its cookies is no snapshot's");
    expect_snapshot("{\"cookies\":[{\"name\":\"a\",\"value\":\"crumb\",\"domain\":\"c\",\"sameSite\":\"x\"}]}",
                    "one of its cookies is no snapshot's");
    expect_snapshot("{\"origins\":[{\"origin\":\"a.b\",\"localStorage\":[]}]}", "one of its origins is no snapshot's");
    expect_snapshot("{\"origins\":[{\"origin\":\"https://a.b\",\"localStorage\":[{\"name\":\"crumb\"}]}]}",
                    "one of its origins is no snapshot's");
}
