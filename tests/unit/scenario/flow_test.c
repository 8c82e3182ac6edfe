#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

Test(flow, steps_nest_and_wait_inside) {
    struct world world;
    world_open(&world,
               RUN("ctx:step('buy', function(c)\n"
                   "  c:click('#a')\n"
                   "  ctx:step('pay', function() ctx:click('#b') end)\n"
                   "end):log('done')"),
               NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told),
                 "begin buy\nbegin pay\nend pay completed\nend buy completed\nlog done\n"));
    world_close(&world);
}

Test(flow, a_step_that_fails_is_ended_where_it_is_caught) {
    struct world world;
    world_open(&world,
               RUN("pcall(function() ctx:step('buy', function() ctx:click('#a') end) end)\n"
                   "ctx:log('after')\n"
                   "ctx:step('pay', function() ctx:click('#b') end)"),
               NULL);
    world_start(&world, 1);
    cr_expect(eq(int, world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "no"), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "no"), LL_SCRIPT_FAILED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "begin buy\nend buy cut\nlog after\nbegin pay\nend pay cut\n"));
    world_close(&world);
}

Test(flow, checks_are_told_and_the_user_goes_on) {
    struct world world;
    world_open(&world, RUN("ctx:expect('a', true):expect('b', 1 == 2)\nctx:expect('c', nil)"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "check a held\ncheck b failed\ncheck c failed\n"));
    world_close(&world);
}

Test(flow, thinking_waits_within_its_bounds) {
    struct world world;
    world_open(&world, RUN("ctx:think('250ms'):think(1.5)\nfor i = 1, 50 do ctx:think('1s', '3s') end\nctx:think(0)"),
               NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_THINK));
    cr_expect(eq(u64, world.request.think_ms, 250));
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_THINK));
    cr_expect(eq(u64, world.request.think_ms, 1500));
    bool varies = false;
    uint64_t first = 0;
    for (int i = 0; i < 50; i++) {
        cr_assert(eq(int, world_go_on(&world), LL_SCRIPT_THINK));
        cr_expect(world.request.think_ms >= 1000 && world.request.think_ms <= 3000, "%lu", world.request.think_ms);
        if (i == 0) first = world.request.think_ms;
        varies = varies || world.request.think_ms != first;
    }
    cr_expect(varies);
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_THINK));
    cr_expect(eq(u64, world.request.think_ms, 0));
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_FINISHED));
    cr_expect(eq(u32, world.request.step, 0));
    world_close(&world);
}

Test(flow, fail_has_the_reason_as_its_signature) {
    struct world world;
    world_open(&world, RUN("ctx:reload()\nctx:step('s', function() ctx:fail('sold out') end)"), NULL);
    world_start(&world, 1);
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature, "sold out"));
    cr_expect(eq(str, world.request.detail, "shop.lua:3, in step \"s\", operation 1: sold out"));
    world_close(&world);
}

Test(flow, details_leave_out_what_there_is_not) {
    struct world world;
    world_open(&world, RUN("ctx:fail('sold out')"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.detail, "shop.lua:2: sold out"));
    world_close(&world);
}

Test(flow, details_name_the_innermost_open_step) {
    struct world world;
    world_open(&world,
               RUN("ctx:step('outer', function()\nctx:step('inner', function() end)\n"
                   "ctx:step('inmost', function() ctx:click('#a') end) end)"),
               NULL);
    world_start(&world, 1);
    cr_expect(eq(int, world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "gone"), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature, "click(\"#a\"): gone"));
    cr_expect(eq(str, world.request.detail, "shop.lua:4, in step \"inmost\", operation 1: click(\"#a\"): gone"));
    world_close(&world);
}

Test(flow, signatures_are_one_line_and_not_endless) {
    struct world world;
    world_open(&world, RUN("ctx:fail('a\\nb' .. ('ä'):rep(200))"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
    cr_expect(eq(sz, strlen(world.request.signature), 199));
    cr_expect(strncmp(world.request.signature, "a bä", 5) == 0, "%s", world.request.signature);
    world_close(&world);
}

Test(flow, halt_ends_at_once_and_no_pcall_holds_it) {
    static const char *const sources[] = {
        RUN("ctx:halt()\nctx:log('after')"),
        RUN("ctx:step('s', function() while true do pcall(function() ctx:halt() end) ctx:log('after') end end)"),
        RUN("pcall(table.sort, { 1, 2, 3 }, function() while true do pcall(ctx.halt, ctx) ctx:log('after') end end)\n"
            "ctx:log('after')"),
        RUN("local t = setmetatable({}, { __close = function() ctx:log('after') end })\n"
            "local x <close> = t\nctx:halt()"),
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct world world;
        world_open(&world, sources[i], NULL);
        cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_HALTED), "%s", sources[i]);
        cr_expect_null(strstr(ll_buf_str(&world.told), "after"), "%s: %s", sources[i], ll_buf_str(&world.told));
        world_close(&world);
    }
}

Test(flow, assigns_and_globals_stay_across_iterations) {
    struct world world;
    world_open(&world,
               RUN("visits = (visits or 0) + 1\n"
                   "ctx.assigns.n = (ctx.assigns.n or 0) + 1\n"
                   "ctx:log(visits, ctx.assigns.n, ctx.iteration, ctx.user_id, user_id, ctx:is_halted())\n"
                   "if ctx.iteration == 2 then ctx:reset_assigns() end\n"
                   "if ctx.iteration == 3 then ctx.assigns = { n = 10 } end"),
               NULL);
    for (uint64_t i = 1; i <= 4; i++) cr_expect(eq(int, world_start(&world, i), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told),
                 "log 1\t1\t1\t7\t7\tfalse\nlog 2\t2\t2\t7\t7\tfalse\nlog 3\t1\t3\t7\t7\tfalse\n"
                 "log 4\t11\t4\t7\t7\tfalse\n"));
    world_close(&world);
}

Test(flow, wrong_calls) {
    static const struct {
        const char *source, *sentence;
    } cases[] = {
        {RUN("ctx:step(function() end)"), "shop.lua:2: step: argument 1 must be a name, not a function"},
        {RUN("ctx:step('s')"), "shop.lua:2: step: argument 2 must be a function, not nothing"},
        {RUN("ctx:step('s', print, { timeout = '5s' })"), "shop.lua:2: step takes 2 arguments, not 3"},
        {RUN("ctx:think('1s', '2s', '3s')"), "shop.lua:2: think takes 2 arguments, not 3"},
        {RUN("ctx:halt('enough')"), "shop.lua:2: halt takes 0 arguments, not 1"},
        {RUN("ctx:step('', print)"), "shop.lua:2: step: a name has 1 to 100 bytes"},
        {RUN("ctx:expect('rows', 0)"),
         "shop.lua:2: expect: argument 2 must be true or false, as ctx:count(\".row\") > 0 is, not 0"},
        {RUN("ctx:expect('rows')"),
         "shop.lua:2: expect: argument 2 must be true or false, as ctx:count(\".row\") > 0 is, not nothing"},
        {RUN("ctx:think()"), "shop.lua:2: think: argument 1: nothing is not a duration: write it like \"500ms\", "
                             "\"2s\", \"3m\" or \"1h\""},
        {RUN("ctx:think('3s', '1s')"), "shop.lua:2: think: the second duration is shorter than the first"},
        {RUN("ctx:fail()"),
         "shop.lua:2: fail: argument 1 must be the reason, a text such as \"sold out\", not nothing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(eq(str, (char *)world_run_error(cases[i].source), (char *)cases[i].sentence), "%s", cases[i].source);
}

static void expect_place(const struct world *world, const char *words) {
    uint32_t step;
    char *place = ll_script_place(world->script, &step);
    cr_expect(eq(str, place, (char *)words));
    cr_expect(eq(u32, step, world->request.step));
    free(place);
}

Test(flow, a_script_that_waits_can_tell_where_and_for_what) {
    struct world world;
    world_open(&world,
               "return require('liveload').scenario { name = 'shop', run = function(ctx)\n"
               "ctx:step('pay', function()\nctx:frame('#card'):fill('#name', 'Ada')\nend)\n"
               "ctx:wait_for_response('**/price', function()\nctx:click('#more') end)\n"
               "ctx.http:get('http://shop/cart?of=7')\n"
               "ctx:think('250ms')\n"
               "ctx:barrier('pair', 2)\n"
               "ctx:throttle('door')\n"
               "ctx:screenshot('cart')\nend,\n"
               "throttles = function() return { require('liveload').rate('door', 60) } end }",
               NULL);
    ll_scenario_deal(world.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 2}, 2);
    world_start(&world, 1);
    expect_place(&world, "shop.lua:3, in step \"pay\", operation 1: frame(\"#card\"):fill(\"#name\", \"Ada\")");
    world_answer(&world, NULL);
    expect_place(&world, "shop.lua:5, operation 1: wait_for_response(\"**/price\")"); // told to the page ahead
    world_answer(&world, NULL);
    expect_place(&world, "shop.lua:6, operation 2: click(\"#more\")");
    world_answer(&world, NULL);
    expect_place(&world, "shop.lua:5, operation 3: wait_for_response(\"**/price\")");
    world_answer(&world, "{}");
    expect_place(&world, "shop.lua:7, operation 4: http:get(\"http://shop/cart\")");
    world_answer_http(&world);
    expect_place(&world, "shop.lua:8, operation 4: think(\"250ms\")");
    world_go_on(&world);
    expect_place(&world, "shop.lua:9, operation 4: barrier(\"pair\", 2)");
    world_go_on(&world);
    expect_place(&world, "shop.lua:10, operation 4: throttle(\"door\")");
    world_go_on(&world);
    expect_place(&world, "shop.lua:11, operation 4: screenshot(\"cart\")");
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    world_close(&world);
}

Test(flow, a_barrier_waits_and_goes_on_or_fails) {
    struct world world;
    world_open(&world, RUN("ctx:barrier('pair', 2):barrier('all', 3, { timeout = '5s' })\nctx:log('met')"), NULL);
    ll_scenario_deal(world.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 3}, 3);
    cr_assert(eq(int, world_start(&world, 1), LL_SCRIPT_BARRIER), "%s", world.request.detail);
    cr_expect(eq(str, (char *)world.request.barrier.name, "pair"));
    cr_expect(eq(u32, world.request.barrier.count, 2));
    cr_expect(eq(u64, world.request.barrier.timeout_ms, 30000));
    cr_assert(eq(int, world_go_on(&world), LL_SCRIPT_BARRIER));
    cr_expect(eq(u64, world.request.barrier.timeout_ms, 5000));
    cr_assert(eq(int, world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "only 2 of 3 users came"), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature, "barrier(\"all\", 3): not enough users came"));
    cr_expect(eq(str, world.request.detail, "shop.lua:2: only 2 of 3 users came"));
    world_start(&world, 2);
    world_go_on(&world);
    cr_expect(eq(int, world_go_on(&world), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log met\n"));
    world_close(&world);
}

Test(flow, a_barrier_that_cannot_be_says_why) {
    static const struct {
        const char *body, *error;
    } cases[] = {
        {"ctx:barrier('pair', 2)", "barrier \"pair\" waits for 2 users, and the run has 1: give it more users, or the "
                                   "barrier fewer"},
        {"ctx:barrier('pair')", "barrier: argument 2 must be how many users meet, a whole number from 2, not nothing"},
        {"ctx:barrier('pair', 1)", "barrier: argument 2 must be how many users meet, a whole number from 2, not 1"},
        {"ctx:barrier('pair', 2.5)", "barrier: argument 2 must be how many users meet, a whole number from 2, not 2.5"},
        {"ctx:barrier(2, 2)", "barrier: argument 1 must be a name, not 2"},
        {"ctx.barrier('pair', 2)", "ctx.barrier is called with a dot: write ctx:barrier(...)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char main[300], expected[300];
        snprintf(main, sizeof main, RUN("%s"), cases[i].body);
        snprintf(expected, sizeof expected, "shop.lua:2: %s", cases[i].error);
        cr_expect(eq(str, (char *)world_run_error(main), expected));
    }
}
