#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static ll_err configure(const char *config, const struct ll_option *options, size_t count) {
    struct world world;
    char source[2000];
    snprintf(source, sizeof source, FIELDS("config = function(options)\n%s\nend"), config);
    world_bundle(&world, source, NULL);
    cr_assert(eq(int, ll_scenario_load(&world.bundle, NULL, &world.scenario).status, LL_OK));
    ll_err err = ll_scenario_configure(world.scenario, options, count);
    world_close(&world);
    return err;
}

Test(scenario, config_gets_the_options) {
    struct ll_option options[] = {{.key = "base_url", .value = "http://x"}};
    ll_err err = configure("assert(options.base_url == 'http://x' and not options.other)\nreturn options", options, 1);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
}

Test(scenario, config_that_cannot_be_given_to_users) {
    static const struct {
        const char *config, *sentence;
    } cases[] = {
        {"", "shop.lua: config must return a table, not nil"},
        {"return 'x'", "shop.lua: config must return a table, not string"},
        {"local x\nreturn x.y", "shop.lua:4: attempt to index a nil value (local 'x')"},
        {"return { http = { get = print } }",
         "config.http.get is a function: it may hold only nil, booleans, numbers, texts and tables of them"},
        {"return { 1, { 2, print } }",
         "config[2][2] is a function: it may hold only nil, booleans, numbers, texts and tables of them"},
        {"local t = {} t.me = { t }\nreturn t", "config.me[1] is a table that holds itself: it may hold only nil, "
                                                "booleans, numbers, texts and tables of them"},
        {"return { [{}] = 1 }", "config has a key that is no text, number or boolean: it may hold only nil, booleans, "
                                "numbers, texts and tables of them"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ll_err err = configure(cases[i].config, NULL, 0);
        cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT), "%s", cases[i].config);
        cr_expect(eq(str, err.text, (char *)cases[i].sentence));
    }
}

Test(scenario, what_config_returned_is_copied_to_each_user) {
    struct world world;
    world_open(
        &world,
        "return require('liveload').scenario {\n"
        "config = function() local s = { 1 } return { a = { b = 'x', c = { 1, 2.5, true } }, p = s, q = s } end,\n"
        "run = function(ctx, user_id, config)\n"
        "  ctx:log(config.a.b, config.a.c[2], math.type(config.a.c[1]), config.a.c[3], config.p == config.q)\n"
        "  config.a.b = 'changed'\n"
        "end }",
        NULL);
    struct ll_script *other;
    struct ll_script_request request;
    ll_err err = ll_script_new(world.scenario, 8, 1, world.script->host, &other);
    cr_assert(eq(int, err.status, LL_OK), "%s", err.text);
    world_start(&world, 1);
    world_start(&world, 2);
    ll_script_start(other, 1, &request);
    cr_expect(eq(str, (char *)ll_buf_str(&world.told),
                 "log x\t2.5\tinteger\ttrue\ttrue\n"
                 "log changed\t2.5\tinteger\ttrue\ttrue\n"
                 "log x\t2.5\tinteger\ttrue\ttrue\n"));
    ll_script_free(&other);
    world_close(&world);
}

Test(scenario, shared_tables_do_not_multiply) {
    ll_err err = configure("local t = {}\nfor i = 1, 50 do t = { t, t } end\nreturn t", NULL, 0);
    cr_expect(eq(int, err.status, LL_OK), "%s", err.text);
}

Test(scenario, a_file_may_start_with_a_mark_or_a_first_line_for_the_shell) {
    cr_expect(
        eq(str, (char *)world_load_error("\xEF\xBB\xBF#!/usr/bin/env liveload\n" FIELDS("name = 'x'"), NULL), ""));
    cr_expect(
        eq(str, (char *)world_load_error("#!/usr/bin/env liveload\nx x", NULL), "shop.lua:2: syntax error near 'x'"));
}

Test(scenario, a_user_whose_file_fails_is_refused_with_the_line) {
    struct world world;
    struct ll_script *script = NULL;
    world_bundle(&world, "local t = {} for i = 1, 40000 do t[i] = 'x' .. i end\n" FIELDS("name = 'x'"), NULL);
    cr_assert(eq(int, ll_scenario_load(&world.bundle, NULL, &world.scenario).status, LL_OK));
    world.scenario->limits.bytes = 500 * 1024;
    ll_err err = ll_script_new(world.scenario, 1, 1, (struct ll_script_host){.owner = NULL}, &script);
    cr_expect(eq(int, err.status, LL_RESOURCE_EXHAUSTED));
    cr_expect(strncmp(err.text, "shop.lua:1: the script needs more than", 38) == 0, "%s", err.text);
    world_close(&world);
}
