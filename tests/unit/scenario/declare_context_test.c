// What a scenario states about contexts and timeouts.
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#define CONTEXT(fields) FIELDS("context = { " fields " }")

struct refusal {
    const char *file, *sentence;
};

static void expect_refusals(const struct refusal *refusals, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const char *sentence = world_load_error(refusals[i].file, NULL);
        cr_expect(eq(str, (char *)sentence, (char *)refusals[i].sentence), "%s", refusals[i].file);
    }
}
#define EXPECT_REFUSALS(refusals) expect_refusals(refusals, sizeof refusals / sizeof *refusals)

Test(declare_context, everything_a_context_can_state) {
    struct world world;
    world_open(
        &world,
        FIELDS("context = { http_credentials = { username = 'alice', password = 'open', origin = 'https://a.b' },"
               " extra_headers = { ['X-Load-Test'] = '1' }, device = 'Pixel 7', timezone = 'Europe/Berlin',"
               " proxy = { server = 'http://127.0.0.1:3128', bypass = '*.b', username = 'bob', password = 'x' },"
               " network = { latency = '150ms', download = '1.6Mbit/s', upload = 90000 },"
               " permissions = { 'geolocation', 'notifications' }, clean_context = true,"
               " storage = { cookies = { { name = 'sid', value = 'v', domain = 'a.b' } } },"
               " recycle = { iterations = 500, memory = '300MB' } },"
               "timeouts = { launch = '40s', context = '20s', navigation = '30s', action = 5 }"),
        NULL);
    const struct ll_spec *spec = ll_scenario_spec(world.scenario);
    const struct ll_context_options *context = &spec->context;
    cr_expect(eq(str, context->credentials.username, "alice"));
    cr_expect(eq(str, context->credentials.password, "open"));
    cr_expect(eq(str, context->credentials.origin, "https://a.b"));
    cr_assert(eq(sz, context->header_count, 1));
    cr_expect(eq(str, context->headers[0].name, "X-Load-Test"));
    cr_expect(eq(str, context->headers[0].value, "1"));
    cr_expect(eq(str, context->device, "Pixel 7"));
    cr_expect(eq(u32, context->viewport_width, 412));
    cr_expect(eq(u32, context->viewport_height, 915));
    cr_expect(eq(str, context->timezone, "Europe/Berlin"));
    cr_expect(eq(str, context->proxy.server, "http://127.0.0.1:3128"));
    cr_expect(eq(str, context->proxy.bypass, "*.b"));
    cr_expect(eq(str, context->proxy.username, "bob"));
    cr_expect(eq(str, context->proxy.password, "x"));
    cr_expect(eq(u32, context->network.latency_ms, 150));
    cr_expect(eq(u64, context->network.download_bytes_per_s, 200000));
    cr_expect(eq(u64, context->network.upload_bytes_per_s, 90000));
    cr_assert(eq(sz, context->permission_count, 2));
    cr_expect(eq(str, context->permissions[1], "notifications"));
    cr_expect(eq(int, context->renewal, LL_RENEWAL_CLEAN));
    cr_expect(eq(u64, context->recycling.iterations, 500));
    cr_expect(eq(u64, context->recycling.memory_bytes, 300000000));
    cr_expect_not_null(strstr(context->storage, "\"domain\":\"a.b\""));
    cr_expect(eq(u32, context->timeout_ms, 20000));
    cr_expect(eq(u32, spec->timeouts.launch_ms, 40000));
    cr_expect(eq(u32, spec->timeouts.navigation_ms, 30000));
    cr_expect(eq(u32, spec->timeouts.action_ms, 5000));
    world_close(&world);
}

Test(declare_context, a_viewport_wins_over_the_devices_and_a_network_has_a_name) {
    struct world world;
    world_open(&world, CONTEXT("device = 'iPhone 13', viewport = { 300, 400 }, network = '3g'"), NULL);
    const struct ll_context_options *context = &ll_scenario_spec(world.scenario)->context;
    cr_expect(eq(u32, context->viewport_width, 300));
    cr_expect(eq(u32, context->viewport_height, 400));
    cr_expect(eq(u32, context->network.latency_ms, 150));
    cr_expect(eq(u64, context->network.download_bytes_per_s, 200000));
    world_close(&world);
}

Test(declare_context, timeouts_are_those_of_its_operations) {
    struct world world;
    world_open(&world,
               "return require('liveload').scenario { timeouts = { navigation = '7s', action = '3s' },\n"
               "run = function(ctx) ctx:navigate('http://a/') ctx:click('#b') ctx:click('#b', { timeout = 1 }) end }",
               NULL);
    world_start(&world, 1);
    cr_expect(eq(u32, world.request.action.timeout_ms, 7000));
    world_answer(&world, NULL);
    cr_expect(eq(u32, world.request.action.timeout_ms, 3000));
    world_answer(&world, NULL);
    cr_expect(eq(u32, world.request.action.timeout_ms, 1000));
    world_close(&world);
}

Test(declare_context, a_function_makes_it_from_the_config) {
    struct world world;
    world_open(&world,
               FIELDS("config = function() return { zone = 'Asia/Tokyo' } end,"
                      "context = function(config) return { timezone = config.zone, device = 'Pixel 7' } end"),
               NULL);
    const struct ll_context_options *context = &ll_scenario_spec(world.scenario)->context;
    cr_expect(eq(str, context->timezone, "Asia/Tokyo"));
    cr_expect(eq(u32, context->viewport_width, 412));
    cr_expect_not(context->is_computed);
    world_close(&world);
}

// What configuring says of a file whose context is this function.
static const char *configure_error(const char *file) {
    static char sentence[500];
    struct world world;
    world_bundle(&world, file, NULL);
    ll_err err = ll_scenario_load(&world.bundle, NULL, &world.scenario);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    cr_expect(ll_scenario_spec(world.scenario)->context.is_computed);
    err = ll_scenario_configure(world.scenario, NULL, 0);
    snprintf(sentence, sizeof sentence, "%s", err.text);
    world_close(&world);
    return sentence;
}

Test(declare_context, what_a_function_returns_is_checked) {
    cr_expect(eq(str, (char *)configure_error(FIELDS("context = function() return 5 end")),
                 "shop.lua:2: context must return a table, not 5"));
    cr_expect(eq(str, (char *)configure_error(FIELDS("context = function() return { divice = 'x' } end")),
                 "shop.lua:2: context has no field \"divice\": did you mean \"device\"?"));
    cr_expect(eq(str, (char *)configure_error(FIELDS("context = function(c) return { timezone = c.zone.x } end")),
                 "shop.lua:2: attempt to index a nil value (field 'zone')"));
    cr_expect(eq(str, (char *)configure_error(FIELDS("context = function() return { timezone = 'now!' } end")),
                 "shop.lua:2: context.timezone \"now!\" is no time zone: write it like \"Europe/Berlin\""));
}

Test(declare_context, what_cannot_be_is_refused) {
    static const struct refusal cases[] = {
        {FIELDS("context = 5"), "shop.lua:1: context must be a table such as { viewport = { 1280, 720 } }, or a "
                                "function(config) that returns one, not 5"},
        {CONTEXT("proxi = {}"), "shop.lua:1: context has no field \"proxi\": did you mean \"proxy\"?"},
        {CONTEXT("device = 'Pixle 7'"),
         "shop.lua:1: context.device: there is no \"Pixle 7\": did you mean \"Pixel 7\"?"},
        {CONTEXT("device = 'a fridge'"),
         "shop.lua:1: context.device: there is no \"a fridge\": docs/SCENARIOS.md lists what there is"},
        {CONTEXT("network = '3gg'"), "shop.lua:1: context.network: there is no \"3gg\": did you mean \"3g\"?"},
        {CONTEXT("network = { download = 'fast' }"),
         "shop.lua:1: context.network.download: \"fast\" is no throughput: write it like 200KB/s or 1.6Mbit/s"},
        {CONTEXT("network = { speed = 1 }"), "shop.lua:1: context.network has no field \"speed\": it takes offline, "
                                             "latency, download and upload"},
        {CONTEXT("network = 3"), "shop.lua:1: context.network must be a name such as \"3g\", or { latency = \"150ms\", "
                                 "download = \"1.6Mbit/s\" }, not a number"},
        {CONTEXT("permissions = { 'geolocaton' }"),
         "shop.lua:1: context.permissions: there is no \"geolocaton\": did you mean \"geolocation\"?"},
        {CONTEXT("permissions = { geolocation = true }"),
         "shop.lua:1: context.permissions must be a list of names, as { \"geolocation\" }"},
        {CONTEXT("http_credentials = { username = 'a' }"),
         "shop.lua:1: context.http_credentials must have both username and password"},
        {CONTEXT("http_credentials = { username = 'a', password = 5252 }"),
         "shop.lua:1: context.http_credentials.password must be a text, not a number"},
        {CONTEXT("proxy = 'http://bob:5252@proxy'"),
         "shop.lua:1: context.proxy must be { server = \"http://proxy.example:3128\" }, not a string"},
        {CONTEXT("proxy = { bypass = 'x' }"),
         "shop.lua:1: context.proxy must have a server: { server = \"http://proxy.example:3128\" }"},
        {CONTEXT("proxy = { server = 'p:1', username = 'x' }"),
         "shop.lua:1: context.proxy must have both username and password, or none"},
        {CONTEXT("extra_headers = { ['X-Token'] = 5252 }"),
         "shop.lua:1: context.extra_headers: the value of X-Token must be a text, not a number"},
        {CONTEXT("extra_headers = { 'X-Token: 1' }"),
         "shop.lua:1: context.extra_headers are named: { [\"X-Load-Test\"] = \"1\" }"},
        {CONTEXT("storage = { cookies = { { value = 'crumb' } } }"),
         "shop.lua:1: context.storage: one of its cookies is no snapshot's cookies: each has name, value and domain, "
         "as "
         "{ name = \"sid\", value = \"x\", domain = \"shop.example\" }"},
        {CONTEXT("fresh_context = true, clean_context = true"),
         "shop.lua:1: context has both fresh_context and clean_context: give one of them"},
        {CONTEXT("recycle = { iterations = 0 }"),
         "shop.lua:1: context.recycle.iterations must be a whole number from 1, not 0"},
        {CONTEXT("recycle = { memory = '1MB' }"),
         "shop.lua:1: context.recycle.memory is less than 16 MB, which a page has at once"},
        {CONTEXT("recycle = { memory = 'much' }"),
         "shop.lua:1: context.recycle.memory: \"much\" is no number of bytes: write it like 64KB, 300MB or 1GB"},
        {FIELDS("timeouts = { action = 0 }"), "shop.lua:1: timeouts.action must be longer than 0"},
        {FIELDS("timeouts = { actions = 1 }"),
         "shop.lua:1: timeouts has no field \"actions\": did you mean \"action\"?"},
        {FIELDS("timeouts = { launch = 'soon' }"),
         "shop.lua:1: timeouts.launch: \"soon\" is not a duration: write it like 500ms, 2s, 3m or 1h"},
    };
    EXPECT_REFUSALS(cases);
}
