// ctx:wait_for_response: what the page is asked, before and after the scenario's own function.
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static const char response[] = "{\"url\":\"http://a/api\",\"status\":201,\"ok\":true,\"type\":\"fetch\"}";

static void expect_asked(const struct world *world, enum ll_operation operation, const char *text, uint32_t number) {
    const struct ll_action *action = &world->request.action;
    cr_assert(eq(int, world->request.status, LL_SCRIPT_ACTION), "%s", world->request.detail);
    cr_expect(eq(int, action->operation, operation));
    if (text) cr_expect(eq(str, (char *)(uintptr_t)action->text, (char *)(uintptr_t)text));
    cr_expect(eq(u32, action->number, number));
}

Test(response, is_expected_before_the_function_and_waited_for_after_it) {
    struct world world;
    world_open(&world,
               RUN("local r = ctx:wait_for_response('**/api', function(c)\n"
                   "ctx:log(c == ctx) c:click('#a') end, { timeout = '2s' })\n"
                   "ctx:log(r.url, r.status, r.ok, r.type)"),
               NULL);
    world_start(&world, 1);
    expect_asked(&world, LL_OP_EXPECT_RESPONSE, "**/api", 1);
    world_answer(&world, NULL);
    expect_asked(&world, LL_OP_CLICK, NULL, 0);
    cr_expect(eq(u32, world.request.step, 1));
    world_answer(&world, NULL);
    expect_asked(&world, LL_OP_WAIT_FOR_RESPONSE, "**/api", 1);
    cr_expect(eq(u32, world.request.step, 2));
    cr_expect(eq(u32, world.request.action.timeout_ms, 2000));
    cr_expect(eq(int, world_answer(&world, response), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)(uintptr_t)ll_buf_str(&world.told), "log true\nlog http://a/api\t201\ttrue\tfetch\n"));
    world_close(&world);
}

Test(response, they_are_told_apart_by_number_and_counted_anew_each_iteration) {
    struct world world;
    world_open(&world,
               RUN("ctx:wait_for_response('/outer', function()\n"
                   "ctx:wait_for_response('/inner', function() end) end)"),
               NULL);
    for (int iteration = 1; iteration <= 2; iteration++) {
        world_start(&world, (uint64_t)iteration);
        expect_asked(&world, LL_OP_EXPECT_RESPONSE, "/outer", 1);
        world_answer(&world, NULL);
        expect_asked(&world, LL_OP_EXPECT_RESPONSE, "/inner", 2);
        world_answer(&world, NULL);
        expect_asked(&world, LL_OP_WAIT_FOR_RESPONSE, "/inner", 2);
        world_answer(&world, response);
        expect_asked(&world, LL_OP_WAIT_FOR_RESPONSE, "/outer", 1);
        cr_expect(eq(int, world_answer(&world, response), LL_SCRIPT_FINISHED));
    }
    world_close(&world);
}

Test(response, a_function_that_fails_fails_the_iteration) {
    struct world world;
    world_open(&world, RUN("ctx:wait_for_response('**', function() ctx:click('#a') end)"), NULL);
    world_start(&world, 1);
    world_answer(&world, NULL);
    cr_expect(eq(int, world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "matches nothing"), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature, "click(\"#a\"): matches nothing"));
    world_close(&world);
}

Test(response, one_that_does_not_come_names_the_pattern_and_the_line) {
    struct world world;
    world_open(&world, RUN("ctx:wait_for_response('/api/**', function() end)"), NULL);
    world_start(&world, 1);
    world_answer(&world, NULL);
    world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "no response matched (3 came)");
    cr_expect(eq(str, world.request.signature, "wait_for_response(\"/api/**\"): no response matched"));
    cr_expect(eq(str, world.request.detail,
                 "shop.lua:2, operation 1: wait_for_response(\"/api/**\"): no response matched (3 came)"));
    world_close(&world);
}

static void expect_refused(const char *source, const char *sentence) {
    cr_expect(eq(str, (char *)world_run_error(source), (char *)(uintptr_t)sentence), "%s", source);
}

Test(response, wrong_calls_are_refused) {
    expect_refused(RUN("ctx:wait_for_response()"),
                   "shop.lua:2: wait_for_response: argument 1 must be a pattern of URLs such as \"**/orders/*\", not "
                   "nothing");
    expect_refused(RUN("ctx:wait_for_response('', print)"),
                   "shop.lua:2: wait_for_response: argument 1 must be a pattern of URLs such as \"**/orders/*\", not "
                   "\"\"");
    expect_refused(RUN("ctx:wait_for_response(('a'):rep(1024), print)"),
                   "shop.lua:2: wait_for_response: argument 1 is longer than 1023 bytes");
    expect_refused(RUN("ctx:wait_for_response('**')"),
                   "shop.lua:2: wait_for_response: argument 2 must be function() … end around what has it sent, not "
                   "nothing");
    expect_refused(RUN("ctx:wait_for_response('**', ctx)"),
                   "shop.lua:2: wait_for_response: argument 2 must be function() … end around what has it sent, not "
                   "ctx");
    expect_refused(RUN("ctx:wait_for_response('**', { timeout = 1 })"),
                   "shop.lua:2: wait_for_response: argument 2 must be function() … end around what has it sent, not a "
                   "table");
    expect_refused(RUN("ctx:wait_for_response('**', print, { state = 'x' })"),
                   "shop.lua:2: wait_for_response has no option \"state\": it takes timeout");
    expect_refused(RUN("ctx:frame('#f'):wait_for_response('**', print)"),
                   "shop.lua:2: wait_for_response is the page's, not a frame's: write ctx:wait_for_response(...)");
    expect_refused(RUN("ctx.wait_for_response('**', print)"),
                   "shop.lua:2: ctx.wait_for_response is called with a dot: write ctx:wait_for_response(...)");
}
