#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

struct refusal {
    const char *source, *sentence;
};

static void expect_refusals(const struct refusal *cases, size_t count) {
    for (size_t i = 0; i < count; i++)
        cr_expect(eq(str, (char *)world_load_error(cases[i].source, NULL), (char *)cases[i].sentence), "%s",
                  cases[i].source);
}

#define EXPECT_REFUSALS(cases) expect_refusals(cases, sizeof(cases) / sizeof *(cases))

Test(declare, a_file_that_is_no_scenario) {
    static const struct refusal cases[] = {
        {"return {", "shop.lua:1: unexpected symbol near <eof>"},
        {"local x = 1\nx x", "shop.lua:2: syntax error near 'x'"},
        {"", "shop.lua returns nothing: it must end with return ll.scenario { ... }"},
        {"return 12", "shop.lua returns 12: it must end with return ll.scenario { ... }"},
        {"return { run = function() end }",
         "shop.lua returns a plain table: it must end with return ll.scenario { ... }"},
        {"require('liveload').scenario { run = function() end }",
         "shop.lua returns nothing: it must end with return ll.scenario { ... }"},
        {"require('liveload').scenario { run = function() end }\nreturn {}",
         "shop.lua returns another table than its scenario: it must end with return ll.scenario { ... }"},
        {"return require('liveload').scenario 'shop'",
         "shop.lua:1: ll.scenario takes a table, not \"shop\": write ll.scenario { name = ..., run = ... }"},
        {"local ll = require 'liveload'\nll.scenario { run = print }\nreturn ll.scenario { run = print }",
         "shop.lua:3: ll.scenario is called twice: a file holds one scenario"},
        {"return require('liveload').scenario { name = 'x' }",
         "shop.lua:1: ll.scenario needs run = function(ctx, user_id, config) ... end"},
        {"return require('liveload').scenario { run = 'x' }",
         "shop.lua:1: run must be a function(ctx, user_id, config), not \"x\""},
        {"error('no luck')", "shop.lua:1: no luck"},
        {"local x\nreturn x.y", "shop.lua:2: attempt to index a nil value (local 'x')"},
        {"error({})", "shop.lua:1: the error is a table: raise a text, as error(\"no stock\") does"},
    };
    EXPECT_REFUSALS(cases);
}

Test(declare, requests_to_ignore_and_to_block) {
    static const struct refusal cases[] = {
        {FIELDS("requests = 'x'"),
         "shop.lua:1: requests must be a table such as { block = { \"*://*.example.com/*\" } }, not \"x\""},
        {FIELDS("requests = { blok = {} }"), "shop.lua:1: requests has no field \"blok\": did you mean \"block\"?"},
        {FIELDS("requests = { ignore = '*://x/*' }"),
         "shop.lua:1: requests.ignore must be a list of URL patterns such as { \"*://*.example.com/*\" }, not "
         "\"*://x/*\""},
        {FIELDS("requests = { block = {} }"),
         "shop.lua:1: requests.block must be a list of URL patterns such as { \"*://*.example.com/*\" }, not a table"},
        {FIELDS("requests = { block = { 'a', 7 } }"), "shop.lua:1: requests.block[2] must be a URL pattern, not 7"},
        {FIELDS("requests = { block = { 'a\\0b' } }"), NULL},
        {FIELDS("requests = { ignore = { 'a', '**' } }"),
         "shop.lua:1: requests.ignore[2] fits every URL: write a part of it, as in \"*://*.example.com/*\""},
        {FIELDS("requests = { ignore = { ('a'):rep(1001) } }"),
         "shop.lua:1: requests.ignore[1] is longer than 1000 bytes"},
        {FIELDS("requests = { block = { 'a b' } }"),
         "shop.lua:1: requests.block[1] has a space or control character in it, which no URL has"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *error = world_load_error(cases[i].source, NULL);
        if (cases[i].sentence)
            cr_expect(eq(str, (char *)error, (char *)cases[i].sentence), "%s", cases[i].source);
        else
            cr_expect(ne(chr, error[0], '\0'), "%s", cases[i].source);
    }
    struct world world;
    world_open(&world, FIELDS("requests = { ignore = { '*://a.example/*' }, block = { 'b', '*://c/*.js' } }"), NULL);
    const struct ll_request_filter *filter = &ll_scenario_spec(world.scenario)->context.requests;
    cr_assert(eq(sz, filter->ignore_count, 1));
    cr_assert(eq(sz, filter->block_count, 2));
    cr_expect(eq(str, filter->ignore[0], "*://a.example/*"));
    cr_expect(eq(str, filter->block[1], "*://c/*.js"));
    world_close(&world);
}

Test(declare, fields_that_are_not_there) {
    static const struct refusal cases[] = {
        {FIELDS("treshold = {}"), "shop.lua:1: ll.scenario has no field \"treshold\": did you mean \"thresholds\"?"},
        {FIELDS("colour = 'red'"), "shop.lua:1: ll.scenario has no field \"colour\": it takes name, config, load, "
                                   "thresholds, on_failure, context, timeouts, run, requests and throttles"},
        {FIELDS("'red'"), "shop.lua:1: ll.scenario has the key 1: its fields have names"},
        {FIELDS("setup = print"), "shop.lua:1: ll.scenario: \"setup\" is not offered in this version"},
        {FIELDS("teardown = print"), "shop.lua:1: ll.scenario: \"teardown\" is not offered in this version"},
        {FIELDS("load = { arrivals = {} }"), "shop.lua:1: load: \"arrivals\" is not offered in this version"},
        {FIELDS("load = { user = 3 }"), "shop.lua:1: load has no field \"user\": did you mean \"users\"?"},
        {FIELDS("load = { stages = { { users = 1, ower = 1 } } }"),
         "shop.lua:1: load.stages[1] has no field \"ower\": did you mean \"over\"?"},
        {FIELDS("context = { viewprot = {} }"),
         "shop.lua:1: context has no field \"viewprot\": did you mean \"viewport\"?"},
    };
    EXPECT_REFUSALS(cases);
}

Test(declare, values_that_cannot_be) {
    static const struct refusal cases[] = {
        {FIELDS("name = ''"), "shop.lua:1: name must be a text that is not empty, not \"\""},
        {FIELDS("name = 12"), "shop.lua:1: name must be a text that is not empty, not 12"},
        {FIELDS("load = 20"), "shop.lua:1: load must be a table such as { users = 20, duration = \"2m\" }, not 20"},
        {FIELDS("load = { users = 0 }"), "shop.lua:1: load.users must be a whole number from 1 to 100000, not 0"},
        {FIELDS("load = { users = 1.5 }"), "shop.lua:1: load.users must be a whole number from 1 to 100000, not 1.5"},
        {FIELDS("load = { users = '3' }"), "shop.lua:1: load.users must be a whole number from 1 to 100000, not \"3\""},
        {FIELDS("load = { duration = 'soon' }"),
         "shop.lua:1: load.duration: \"soon\" is not a duration: write it like 500ms, 2s, 3m or 1h"},
        {FIELDS("load = { duration = 1e9 }"),
         "shop.lua:1: load.duration: the duration of 1e+09 seconds is longer than a week"},
        {FIELDS("load = { duration = '1m', iterations = 3 }"),
         "shop.lua:1: load has more than one of duration, iterations and stages: give one"},
        {FIELDS("load = { users = 3, stages = { { users = 1, over = 1 } } }"),
         "shop.lua:1: load has both users and stages: the stages say how many users there are"},
        {FIELDS("load = { stages = {} }"),
         "shop.lua:1: load.stages must hold 1 to 100 stages, each { users = 50, over = \"1m\" }"},
        {FIELDS("load = { stages = { 5 } }"),
         "shop.lua:1: load.stages[1] must be { users = 50, over = \"1m\" }, not 5"},
        {FIELDS("load = { stages = { { users = 5 } } }"),
         "shop.lua:1: load.stages[1] must have both: { users = 50, over = \"1m\" }"},
        {FIELDS("on_failure = 'stop'"), "shop.lua:1: on_failure must be \"continue\" or \"stop_user\", not \"stop\""},
        {FIELDS("context = { viewport = 1280 }"),
         "shop.lua:1: context.viewport must be { width, height } in pixels, as { 1280, 720 }"},
        {FIELDS("context = { ignore_https_errors = 'yes' }"),
         "shop.lua:1: context.ignore_https_errors must be true or false, not \"yes\""},
        {FIELDS("thresholds = { 'p95 < 2s' }"),
         "shop.lua:1: thresholds are named by their metric: { iteration_duration_us = \"p95 < 2s\" }"},
        {FIELDS("thresholds = { iterations_failed = 3 }"),
         "shop.lua:1: thresholds[\"iterations_failed\"] must be a text such as \"p95 < 2s\", or a list of them, not 3"},
        {FIELDS("config = {}"), "shop.lua:1: config must be a function(options) that returns a table, not a table"},
    };
    EXPECT_REFUSALS(cases);
    // The threshold's own words belong to the model; the place belongs here.
    const char *sentence = world_load_error(FIELDS("thresholds = { iteration_duration = 'p95 < 2s' }"), NULL);
    cr_expect(strncmp(sentence, "shop.lua:1: ", 12) == 0, "%s", sentence);
}

Test(declare, everything_a_file_can_state) {
    struct world world;
    world_open(&world,
               FIELDS("name = 'checkout', on_failure = 'stop_user',"
                      "load = { stages = { { users = 5, over = '1m' }, { users = 2, over = 30 } },"
                      "         iteration_timeout = '45s', graceful_stop = 5 },"
                      "thresholds = { ['step_duration_us{pay}'] = { 'p99 < 3s', 'max < 10s' },"
                      "               iterations_failed = 'rate < 1%' },"
                      "context = { ignore_https_errors = true, viewport = { 800, 600 }, locale = 'de-DE',"
                      "            user_agent = 'robot', fresh_context = true }"),
               NULL);
    const struct ll_spec *spec = ll_scenario_spec(world.scenario);
    cr_expect(eq(str, spec->name, "checkout"));
    cr_expect(eq(int, spec->on_failure, LL_ON_FAILURE_STOP_USER));
    cr_expect(eq(u32, spec->load.users, 5));
    cr_expect(eq(u64, spec->load.duration_ms, 0));
    cr_assert(eq(sz, spec->load.stage_count, 2));
    cr_expect(eq(u64, spec->load.stages[0].over_ms, 60000));
    cr_expect(eq(u32, spec->load.stages[1].users, 2));
    cr_expect(eq(u64, spec->load.stages[1].over_ms, 30000));
    cr_expect(eq(u64, spec->load.iteration_timeout_ms, 45000));
    cr_expect(eq(u64, spec->load.graceful_stop_ms, 5000));
    cr_assert(eq(sz, spec->threshold_count, 3));
    cr_expect(eq(str, spec->thresholds[0], "iterations_failed: rate < 1%"));
    cr_expect(eq(str, spec->thresholds[1], "step_duration_us{pay}: max < 10s"));
    cr_expect(eq(str, spec->thresholds[2], "step_duration_us{pay}: p99 < 3s"));
    cr_expect(spec->context.ignore_https_errors && spec->context.renewal == LL_RENEWAL_FRESH);
    cr_expect(eq(u32, spec->context.viewport_width, 800));
    cr_expect(eq(u32, spec->context.viewport_height, 600));
    cr_expect(eq(str, spec->context.locale, "de-DE"));
    cr_expect(eq(str, spec->context.user_agent, "robot"));
    world_close(&world);
}

Test(declare, what_is_left_out_has_defaults) {
    struct world world;
    world_open(&world, FIELDS("load = { users = 3 }"), NULL);
    const struct ll_spec *spec = ll_scenario_spec(world.scenario);
    cr_expect(eq(str, spec->name, "shop"));
    cr_expect(eq(u32, spec->load.users, 3));
    cr_expect(eq(u64, spec->load.duration_ms, LL_DEFAULT_DURATION_MS));
    cr_expect(eq(u64, spec->load.iterations, 0));
    cr_expect(eq(int, spec->on_failure, LL_ON_FAILURE_CONTINUE));
    world_close(&world);
    world_open(&world, FIELDS("load = { users = 3, iterations = 100 }"), NULL);
    spec = ll_scenario_spec(world.scenario);
    cr_expect(eq(u64, spec->load.duration_ms, 0));
    cr_expect(eq(u64, spec->load.iterations, 100));
    world_close(&world);
}
