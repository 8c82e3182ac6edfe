// Throttles as a scenario declares them, and what ctx:throttle makes of a name.
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

// Line 1 has the scenario, line 2 the throttles, line 4 the body.
#define THROTTLED(list, body)                                                                                          \
    "local ll = require 'liveload' return ll.scenario { name = 'shop', throttles = function(config)\nreturn " list     \
    " end,\nrun = function(ctx, user_id, config)\n" body "\nend }"

static struct world world;

static const struct ll_throttle *throttles(const char *source, size_t count) {
    size_t found;
    world_open(&world, source, NULL);
    const struct ll_throttle *list = ll_scenario_throttles(world.scenario, &found);
    cr_assert(eq(sz, found, count));
    return list;
}

Test(throttle, the_kinds_and_their_numbers) {
    const struct ll_throttle *list = throttles(
        THROTTLED("{ ll.rate('a', 30), ll.rate('b', 50):ramp(200, { duration = '3m' }):interval('1s'),\n"
                  "ll.rate('c', 1):interval('2s'):ramp(4, { duration = 5 }), ll.interarrival('api', '500ms'),\n"
                  "ll.parallelism('checkout', 5) }",
                  ""),
        5);
    cr_expect(eq(str, (char *)list[0].name, "a"));
    cr_expect(epsilon_eq(dbl, list[0].from_per_s, 0.5, 1e-9)); // per minute
    cr_expect(epsilon_eq(dbl, list[0].to_per_s, 0.5, 1e-9));
    cr_expect(epsilon_eq(dbl, list[1].from_per_s, 50, 1e-9));
    cr_expect(epsilon_eq(dbl, list[1].to_per_s, 200, 1e-9));
    cr_expect(eq(u64, list[1].ramp_ms, 180000));
    cr_expect(epsilon_eq(dbl, list[2].from_per_s, 0.5, 1e-9));
    cr_expect(epsilon_eq(dbl, list[2].to_per_s, 2, 1e-9));
    cr_expect(eq(int, list[3].kind, LL_THROTTLE_INTERARRIVAL));
    cr_expect(eq(u64, list[3].gap_ms, 500));
    cr_expect(eq(int, list[4].kind, LL_THROTTLE_PARALLELISM));
    cr_expect(eq(u32, list[4].limit, 5));
    world_close(&world);
}

Test(throttle, they_may_follow_from_config_and_options) {
    world_bundle(
        &world,
        "local ll = require 'liveload' return ll.scenario { config = function(o) return { n = tonumber(o.n) } "
        "end,\nthrottles = function(config) return { ll.parallelism('x', config.n) } end, run = function() end }",
        NULL);
    cr_assert(eq(int, ll_scenario_load(&world.bundle, NULL, &world.scenario).status, LL_OK));
    struct ll_option option = {.key = (char *)"n", .value = (char *)"12"};
    ll_err err = ll_scenario_configure(world.scenario, &option, 1);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    size_t count;
    cr_expect(eq(u32, ll_scenario_throttles(world.scenario, &count)->limit, 12));
    world_close(&world);
}

Test(throttle, a_user_waits_and_goes_on) {
    throttles(THROTTLED("{ ll.rate('a', 30), ll.rate('b', 30) }", "ctx:throttle('b'):throttle('b')\nctx:log('on')"), 2);
    cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_THROTTLE), "%s", world.request.detail);
    cr_expect(eq(str, (char *)world.request.throttle.name, "b"));
    cr_expect(eq(u32, world.request.throttle.index, 1));
    cr_assert(eq(int, world_go_on(&world), LL_SCRIPT_THROTTLE)); // a rate's permit is for once
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log on\n"));
    world_close(&world);
}

Test(throttle, who_holds_a_permit_needs_no_other_in_the_same_iteration) {
    throttles(THROTTLED("{ ll.parallelism('a', 1) }", "ctx:throttle('a'):throttle('a')"), 1);
    for (uint64_t iteration = 1; iteration <= 2; iteration++) {
        cr_assert(eq(int, world_start(&world, iteration), LL_SCRIPT_THROTTLE));
        cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_FINISHED));
    }
    world_close(&world);
}

Test(throttle, a_function_holds_the_permit_no_longer_than_it_runs) {
    throttles(THROTTLED("{ ll.rate('r', 30), ll.parallelism('a', 1) }",
                        "local same = ctx:throttle('a', function(c)\n"
                        "c:log('in'):throttle('a', function() c:log('deeper') end):think(1):log('still in') end)\n"
                        "assert(same == ctx) ctx:log('out')\n"
                        "ctx:throttle('a'):throttle('a', function() end):log('kept')"),
              2);
    cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_THROTTLE), "%s", world.request.detail);
    cr_expect(eq(u32, world.request.throttle.index, 1));
    cr_assert(eq(int, world_go_on(&world), LL_SCRIPT_THINK), "%s", world.request.detail);
    cr_assert(eq(int, world_go_on(&world), LL_SCRIPT_THROTTLE), "%s", world.request.detail); // asked for anew
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    cr_expect(
        eq(str, (char *)ll_buf_str(&world.told), "log in\nlog deeper\nlog still in\nback 1\nlog out\nlog kept\n"));
    world_close(&world);
}

Test(throttle, a_function_that_fails_gives_its_permit_back) {
    throttles(THROTTLED("{ ll.parallelism('a', 1) }",
                        "local ok = pcall(ctx.throttle, ctx, 'a', function() ctx:fail('no') end) assert(not ok)\n"
                        "ctx:log('caught'):throttle('a', function() ctx:halt() end)"),
              1);
    cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_THROTTLE), "%s", world.request.detail);
    cr_assert(eq(int, world_go_on(&world), LL_SCRIPT_THROTTLE), "%s", world.request.detail);
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "back 0\nlog caught\n"));
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_HALTED), "%s", world.request.detail);
    cr_assert(eq(int, world_start(&world, 2), LL_SCRIPT_THROTTLE)); // what the last iteration held is forgotten
    world_close(&world);
}

Test(throttle, a_rate_calls_its_function_and_has_nothing_to_give_back) {
    throttles(THROTTLED("{ ll.rate('r', 30) }", "ctx:throttle('r', function() ctx:log('in') end):log('out')"), 1);
    cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_THROTTLE));
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log in\nlog out\n"));
    world_close(&world);
}

Test(throttle, a_name_that_there_is_not_is_refused_with_the_nearest) {
    static const struct {
        const char *source, *error;
    } cases[] = {
        {THROTTLED("{ ll.rate('browsing', 50) }", "ctx:throttle('browsin')"),
         "shop.lua:4: there is no throttle \"browsin\": did you mean \"browsing\"?"},
        {THROTTLED("{ ll.rate('browsing', 50) }", "ctx:throttle('xyz')"),
         "shop.lua:4: there is no throttle \"xyz\" among what the scenario's throttles returns"},
        {THROTTLED("{}", "ctx:throttle('browsing')"),
         "shop.lua:4: there is no throttle \"browsing\": declare it with throttles = function(config) ... end in "
         "ll.scenario"},
        {THROTTLED("{}", "ctx:throttle(5)"), "shop.lua:4: throttle: argument 1 must be the name of a throttle, not 5"},
        {THROTTLED("{ ll.rate('a', 5) }", "ctx:throttle('a', '5s')"),
         "shop.lua:4: throttle: argument 2 must be a function, not \"5s\""},
        {THROTTLED("{}", "ctx.throttle('a')"),
         "shop.lua:4: ctx.throttle is called with a dot: write ctx:throttle(...)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(eq(str, (char *)world_run_error(cases[i].source), (char *)cases[i].error));
}

static void expect_refused(const char *list, const char *error) {
    char source[1200];
    snprintf(source, sizeof source, THROTTLED("%s", ""), list);
    world_bundle(&world, source, NULL);
    cr_assert(eq(int, ll_scenario_load(&world.bundle, NULL, &world.scenario).status, LL_OK), "%s", source);
    ll_err err = ll_scenario_configure(world.scenario, NULL, 0);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT), "%s", list);
    cr_expect(eq(str, err.text, (char *)error), "%s", list);
    world_close(&world);
}

Test(throttle, what_cannot_be_is_refused_with_its_line) {
    static const struct {
        const char *list, *error;
    } cases[] = {
        {"{ ll.rate('a', 0) }",
         "shop.lua:2: ll.rate: argument 2 must be how many go on in each interval, a number above 0, not 0"},
        {"{ ll.rate('a', 0/0) }",
         "shop.lua:2: ll.rate: argument 2 must be how many go on in each interval, a number above 0, not -nan"},
        {"{ ll.rate('a') }",
         "shop.lua:2: ll.rate: argument 2 must be how many go on in each interval, a number above 0, not nothing"},
        {"{ ll.rate(10):per('1s') }", "shop.lua:2: ll.rate: argument 1 must be the name of a throttle, as in "
                                      "ll.rate(\"checkout\", 50), not 10"},
        {"{ ll.interarrival() }", "shop.lua:2: ll.interarrival: argument 1 must be the name of a throttle, as in "
                                  "ll.interarrival(\"checkout\", \"500ms\"), not nothing"},
        {"{ ll.parallelism(3) }", "shop.lua:2: ll.parallelism: argument 1 must be the name of a throttle, as in "
                                  "ll.parallelism(\"checkout\", 5), not 3"},
        {"{ ll.rate('a', 10):per('1s') }", "shop.lua:2: throttle \"a\" has no \"per\": a rate has :interval(\"1s\") "
                                           "and :ramp(200, { duration = \"3m\" }), "
                                           "and users pass it with ctx:throttle(\"a\")"},
        {"{ ll.parallelism('a', 10):wait() }",
         "shop.lua:2: throttle \"a\" has no \"wait\": users pass it with ctx:throttle(\"a\")"},
        {"{ ll.rate('', 5) }", "shop.lua:2: ll.rate: a name has 1 to 100 bytes"},
        {"{ ll.rate('a\\nb', 5) }", "shop.lua:2: ll.rate: a name is a text without control characters"},
        {"{ ll.rate('a', 5):ramp(0, { duration = 1 }) }",
         "shop.lua:2: ramp: argument 1 must be how many go on in each interval, a number above 0, not 0"},
        {"{ ll.rate('a', 5):ramp(1) }",
         "shop.lua:2: ramp: argument 2 must be a table such as { duration = \"3m\" }, not nothing"},
        {"{ ll.rate('a', 5):ramp(1, { durations = 1 }) }",
         "shop.lua:2: the table of options of ramp has no field \"durations\": did you mean \"duration\"?"},
        {"{ ll.rate('a', 5):ramp(1, { duration = 0 }) }", "shop.lua:2: ramp: duration: it must be longer than 0"},
        {"{ ll.rate('a', 5):ramp(1, { duration = 1 }):ramp(2, { duration = 1 }) }",
         "shop.lua:2: ramp: throttle \"a\" has one already"},
        {"{ ll.rate('a', 5):interval(0) }", "shop.lua:2: interval: argument 1: it must be longer than 0"},
        {"{ ll.parallelism('a', 5):interval(1) }",
         "shop.lua:2: interval: throttle \"a\" is no rate: it is for ll.rate alone"},
        {"{ ll.rate('a', 5).interval(1) }",
         "shop.lua:2: interval is called with a dot: write ll.rate(...):interval(...)"},
        {"{ ll.rate('a', 500):interval('1ms') }",
         "shop.lua:2: throttle \"a\": a rate is from 1 in 24 hours to 100000 in a second"},
        {"{ ll.interarrival('a', 0) }", "shop.lua:2: ll.interarrival: argument 2: it must be longer than 0"},
        {"{ ll.parallelism('a', 1.5) }", "shop.lua:2: ll.parallelism: argument 2 must be how many users may be past "
                                         "it, a whole number from 1, not 1.5"},
        {"{ ll.rate('a', 5),\nll.parallelism('a', 5) }",
         "shop.lua:3: throttle \"a\" is there twice: give each a name of its own"},
        {"nil", "shop.lua: throttles must return a list such as { ll.rate(\"browsing\", 50) }, not nil"},
        {"{ a = ll.rate('a', 5) }",
         "shop.lua: throttles must return a list without keys, such as { ll.rate(\"browsing\", 50) }"},
        {"{ ll.rate('a', 5), 'b' }",
         "shop.lua: item 2 of what throttles returns must be an ll.rate, ll.interarrival or ll.parallelism, not \"b\""},
        {"(function() local t = {} for i = 1, 51 do t[i] = ll.rate('r' .. i, 5) end return t end)()",
         "shop.lua: throttles returns 51 of them, and there can be 50"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) expect_refused(cases[i].list, cases[i].error);
}

Test(throttle, fifty_are_enough) {
    throttles(
        THROTTLED("(function() local t = {} for i = 1, 50 do t[i] = ll.parallelism('r' .. i, 5) end return t end)()",
                  "ctx:throttle('r50'):throttle('r50'):throttle('r1')"),
        50);
    cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_THROTTLE));
    cr_expect(eq(u32, world.request.throttle.index, 49));
    cr_assert(eq(int, world_go_on(&world), LL_SCRIPT_THROTTLE));
    cr_expect(eq(u32, world.request.throttle.index, 0));
    world_close(&world);
}

Test(throttle, the_field_is_a_function) {
    cr_expect(
        eq(str, (char *)world_load_error(FIELDS("throttles = {}"), NULL),
           "shop.lua:1: throttles must be a function(config) that returns a list such as { ll.rate(\"browsing\", 50) "
           "}, not a table"));
}
