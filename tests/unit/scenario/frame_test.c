// The ctx of a frame.
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void expect_refused(const char *source, const char *sentence) {
    cr_expect(eq(str, (char *)world_run_error(source), (char *)sentence), "%s", source);
}

Test(frame, what_is_done_in_a_frame_says_in_which) {
    struct world world;
    world_open(&world,
               RUN("local pay = ctx:frame('#pay')\npay:click('#a'):click('#b')\npay:frame('#card'):fill('#n', '42')\n"
                   "ctx:click('#c')\nctx:frame('#pay'):step('s', function(f) f:click('#d') end)"),
               NULL);
    world_start(&world, 1);
    cr_expect(eq(str, (char *)(uintptr_t)world.request.action.frame, "#pay"));
    world_answer(&world, NULL);
    cr_expect(eq(str, (char *)(uintptr_t)world.request.action.frame, "#pay"));
    cr_expect(eq(str, (char *)(uintptr_t)world.request.action.selector, "#b"));
    world_answer(&world, NULL);
    cr_expect(eq(str, (char *)(uintptr_t)world.request.action.frame, "#pay\x1f#card"));
    world_answer(&world, NULL);
    cr_expect(zero(ptr, (void *)(uintptr_t)world.request.action.frame));
    world_answer(&world, NULL);
    cr_expect(eq(str, (char *)(uintptr_t)world.request.action.frame, "#pay"));
    world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "no");
    cr_expect(eq(str, world.request.signature, "frame(\"#pay\"):click(\"#d\"): no"));
    world_close(&world);
}

Test(frame, a_failure_shows_the_whole_way) {
    struct world world;
    world_open(&world, RUN("ctx:frame('#a'):frame('#b'):fill('#n', 'x')"), NULL);
    world_start(&world, 1);
    world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "no");
    cr_expect(eq(str, world.request.signature, "frame(\"#a\"):frame(\"#b\"):fill(\"#n\"): no"));
    cr_expect(
        eq(str, world.request.detail, "shop.lua:2, operation 1: frame(\"#a\"):frame(\"#b\"):fill(\"#n\", \"x\"): no"));
    world_close(&world);
}

Test(frame, wrong_uses_are_refused) {
    expect_refused(RUN("ctx:frame()"),
                   "shop.lua:2: frame: argument 1 must be the selector of a frame such as \"#pay\", not nothing");
    expect_refused(RUN("ctx.frame('#a')"), "shop.lua:2: ctx.frame is called with a dot: write ctx:frame(...)");
    expect_refused(RUN("ctx:frame('#a', { timeout = 1 })"),
                   "shop.lua:2: frame takes 1 argument, not 2: what is done in it has options");
    expect_refused(RUN("ctx:frame('#a'):navigate('http://x/')"),
                   "shop.lua:2: navigate is the page's, not a frame's: write ctx:navigate(...)");
    expect_refused(RUN("local f = ctx for i = 1, 6 do f = f:frame('#a') end"),
                   "shop.lua:2: frame: frames may be nested 5 deep");
}
