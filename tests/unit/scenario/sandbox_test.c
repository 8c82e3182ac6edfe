#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

struct refusal {
    const char *source, *sentence;
};

Test(sandbox, what_is_taken_away_says_what_to_use) {
    static const struct refusal cases[] = {
        {RUN("os.execute('ls')"),
         "shop.lua:2: os is not offered in scenarios: pass values in with --set key=value (config gets them), and tell "
         "users and iterations apart with ctx.user_id and ctx.iteration"},
        {RUN("io.open('/etc/passwd')"),
         "shop.lua:2: io is not offered in scenarios: read data with ll.csv and ll.json; write with ctx:log"},
        {RUN("coroutine.yield()"),
         "shop.lua:2: coroutine is not offered in scenarios: operations on ctx wait by themselves"},
        {RUN("debug.sethook()"), "shop.lua:2: debug is not offered in scenarios: look at values with ctx:log or print"},
        {RUN("print(package.path)"),
         "shop.lua:2: package is not offered in scenarios: require finds modules beside the scenario"},
        {RUN("dofile('x')"),
         "shop.lua:2: dofile is not offered in scenarios: use require, which finds modules beside the scenario"},
        {RUN("loadfile('x')"),
         "shop.lua:2: loadfile is not offered in scenarios: use require, which finds modules beside the scenario"},
        {RUN("require 'io'"),
         "shop.lua:2: io is not offered in scenarios: read data with ll.csv and ll.json; write with ctx:log"},
        {RUN("string.dump(print)"),
         "shop.lua:2: string.dump is not offered in scenarios: compiled Lua cannot be loaded here"},
        {RUN("collectgarbage('generational')"),
         "shop.lua:2: collectgarbage(\"generational\") is not offered in scenarios: memory is collected by itself"},
        {RUN("setmetatable({}, { __gc = function() end })"),
         "shop.lua:2: __gc is not offered in scenarios: close things where they end"},
        {RUN("load(function() end)"), "shop.lua:2: load takes a text in scenarios, not a function"},
        {RUN("assert(load('\\27Lua'))"), "shop.lua:2: attempt to load a binary chunk (mode is 't')"},
        {RUN("require('liveload').print('x')"), "shop.lua:2: liveload has no \"print\": there are scenario, csv, json, "
                                                "secret, file, counter, histogram, rate, "
                                                "interarrival and parallelism"},
        {RUN("require('liveload').scenari()"), "shop.lua:2: liveload has no \"scenari\": did you mean \"scenario\"?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(eq(str, (char *)world_run_error(cases[i].source), (char *)cases[i].sentence), "%s", cases[i].source);
}

Test(sandbox, what_is_taken_away_is_taken_at_file_level_too) {
    cr_expect(eq(str, (char *)world_load_error("os.execute('reboot')", NULL),
                 "shop.lua:1: os is not offered in scenarios: pass values in with --set key=value (config gets them), "
                 "and tell users and iterations apart with ctx.user_id and ctx.iteration"));
    cr_expect(
        eq(str, (char *)world_load_error("\033Lua", NULL), "shop.lua is compiled Lua: a scenario is made of texts"));
}

Test(sandbox, what_is_left_works) {
    cr_expect(eq(str,
                 (char *)world_run_error(
                     RUN("assert(load('return 1 + 1')() == 2)\n"
                         "assert(load('return x', 'chunk', 't', { x = 5 })() == 5)\n"
                         "assert(select(2, load('x x', '=mine')) == [[mine:1: syntax error near 'x']])\n"
                         "assert(undefined_global == nil)\n"
                         "assert(setmetatable({}, { __index = function() return 3 end }).x == 3)\n"
                         "assert(not pcall(setmetatable, setmetatable({}, { __metatable = 1 }), {}))\n"
                         "assert(('x'):rep(3) == 'xxx' and table.concat({ 1, 2 }, ',') == '1,2')\n"
                         "assert(math.floor(1.5) == 1 and utf8.len('ä') == 1 and require 'string' == string)\n"
                         "assert(collectgarbage('count') > 1)\n"
                         "os = { time = 1 } assert(os.time == 1)")),
                 ""));
}

Test(sandbox, random_numbers_follow_the_seed) {
    struct world one, two;
    const char *source = RUN("ctx:log(math.random(1, 1000000000))");
    world_open(&one, source, NULL);
    world_open(&two, source, NULL);
    world_start(&one, 1);
    world_start(&two, 1);
    cr_expect(eq(str, (char *)ll_buf_str(&one.told), (char *)ll_buf_str(&two.told)));
    world_close(&one);
    world_close(&two);
}

Test(sandbox, print_goes_to_the_log_but_not_for_each_user_that_reads_the_file) {
    struct world world;
    world_open(&world, "print('reading')\n" RUN("print('hello', 12, nil)"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log hello\t12\tnil\n"));
    world_close(&world);
}

Test(sandbox, modules_come_from_the_bundle) {
    struct world world;
    world_open(&world,
               "local prices = require 'lib.prices'\n" RUN("assert(require 'lib.prices' == prices)\n"
                                                           "ctx:log(prices.of('tea'))\nprices.of()"),
               "return { of = function(what) return what .. ' 5' end }");
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log tea 5\n"));
    cr_expect(eq(str, world.request.signature, "lib/prices.lua:1: attempt to concatenate a nil value (local 'what')"));
    world_close(&world);
}

Test(sandbox, modules_that_fail) {
    static const char source[] = "local p = require 'lib.prices'\nreturn require('liveload').scenario { run = p }";
    cr_expect(eq(str, (char *)world_load_error(source, NULL),
                 "shop.lua:1: module \"lib.prices\" was not found: it must be lib/prices.lua, beside the scenario"));
    cr_expect(eq(str, (char *)world_load_error(source, "x x"), "lib/prices.lua:1: syntax error near 'x'"));
    cr_expect(eq(str, (char *)world_load_error(source, "\nerror('closed')"), "lib/prices.lua:2: closed"));
    cr_expect(eq(str, (char *)world_load_error(source, "return require 'lib.prices'"),
                 "lib/prices.lua:1: module \"lib.prices\" requires itself, directly or through others"));
    cr_expect(eq(str, (char *)world_load_error("require(12)", NULL), "shop.lua:1: require takes the name of a module"));
    cr_expect(eq(str, (char *)world_load_error("require '../x'", NULL),
                 "shop.lua:1: module \"../x\" was not found: it must be ///x.lua, beside the scenario"));
}
