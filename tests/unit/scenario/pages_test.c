// The operations on a user's pages, as a scenario calls them.
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

static void expect_refused(const char *source, const char *sentence) {
    cr_expect(eq(str, (char *)world_run_error(source), (char *)sentence), "%s", source);
}

Test(pages, a_page_is_chosen_by_its_number) {
    struct world world;
    world_open(&world, RUN("ctx:new_page():switch_page(2, { timeout = '5s' }):close_page()"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world.request.action.operation, LL_OP_NEW_PAGE));
    world_answer(&world, NULL);
    cr_expect(eq(int, world.request.action.operation, LL_OP_SWITCH_PAGE));
    cr_expect(eq(u32, world.request.action.number, 2));
    cr_expect(eq(u32, world.request.action.timeout_ms, 5000));
    world_answer(&world, NULL);
    cr_expect(eq(int, world.request.action.operation, LL_OP_CLOSE_PAGE));
    cr_expect(eq(int, world_answer_failure(&world, LL_FAILED_PRECONDITION, "no"), LL_SCRIPT_FAILED));
    world_close(&world);
}

Test(pages, a_missing_page_is_one_signature_whatever_is_open) {
    struct world world;
    world_open(&world, RUN("ctx:switch_page(3)"), NULL);
    world_start(&world, 1);
    world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "there is no page of that number (2 are open)");
    cr_expect(eq(str, world.request.signature, "switch_page(3): there is no page of that number"));
    cr_expect(eq(str, world.request.detail,
                 "shop.lua:2, operation 1: switch_page(3): there is no page of that number (2 are "
                 "open)"));
    world_close(&world);
}

Test(pages, wrong_numbers_are_refused) {
    expect_refused(RUN("ctx:switch_page()"),
                   "shop.lua:2: switch_page: argument 1 must be a whole number from 1, not nothing");
    expect_refused(RUN("ctx:switch_page(0)"),
                   "shop.lua:2: switch_page: argument 1 must be a whole number from 1, not 0");
    expect_refused(RUN("ctx:switch_page(1.5)"),
                   "shop.lua:2: switch_page: argument 1 must be a whole number from 1, not 1.5");
    expect_refused(RUN("ctx:switch_page('2')"),
                   "shop.lua:2: switch_page: argument 1 must be a whole number from 1, not \"2\"");
}

Test(pages, a_word_is_chosen_and_the_first_goes_without_saying) {
    struct world world;
    world_open(&world,
               RUN("ctx:wait_for_load_state():wait_for_load_state('networkidle', { timeout = 3 })\n"
                   "ctx:on_dialog('dismiss'):on_dialog('accept', 'Ada')"),
               NULL);
    world_start(&world, 1);
    cr_expect(eq(u32, world.request.action.word, 0));
    world_answer(&world, NULL);
    cr_expect(eq(u32, world.request.action.word, 2));
    cr_expect(eq(u32, world.request.action.timeout_ms, 3000));
    world_answer(&world, NULL);
    cr_expect(eq(int, world.request.action.operation, LL_OP_ON_DIALOG));
    cr_expect(eq(u32, world.request.action.word, 1));
    cr_expect(zero(ptr, (void *)(uintptr_t)world.request.action.text));
    world_answer(&world, NULL);
    cr_expect(eq(str, (char *)(uintptr_t)world.request.action.text, "Ada"));
    world_answer_failure(&world, LL_UNKNOWN, "no");
    cr_expect(eq(str, world.request.signature, "on_dialog(\"accept\"): no"));
    cr_expect(eq(str, world.request.detail, "shop.lua:3, operation 4: on_dialog(\"accept\", \"Ada\"): no"));
    world_close(&world);
    expect_refused(RUN("ctx:on_dialog('yes')"),
                   "shop.lua:2: on_dialog: argument 1 must be \"accept\" or \"dismiss\", not \"yes\"");
    expect_refused(RUN("ctx:wait_for_load_state('done')"),
                   "shop.lua:2: wait_for_load_state: argument 1 must be \"load\", \"domcontentloaded\" or "
                   "\"networkidle\", not \"done\"");
}

Test(pages, a_download_is_a_table) {
    struct world world;
    world_open(&world,
               RUN("local d = ctx:click('#a'):wait_for_download({ timeout = '9s' }) ctx:log(d.name, d.bytes, d.url)"),
               NULL);
    world_start(&world, 1);
    world_answer(&world, NULL);
    cr_expect(eq(int, world.request.action.operation, LL_OP_WAIT_FOR_DOWNLOAD));
    cr_expect(eq(u32, world.request.action.timeout_ms, 9000));
    const char *download = "{\"name\":\"a.csv\",\"bytes\":5,\"url\":\"http://a/b\"}";
    cr_expect(eq(int, world_answer(&world, download), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)(uintptr_t)ll_buf_str(&world.told), "log a.csv\t5\thttp://a/b\n"));
    world_close(&world);
}

Test(pages, a_late_download_is_one_signature_however_much_came) {
    struct world world;
    world_open(&world, RUN("ctx:wait_for_download()"), NULL);
    world_start(&world, 1);
    world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "the download did not end (7 of 9 bytes came)");
    cr_expect(eq(str, world.request.signature, "wait_for_download(): the download did not end"));
    world_close(&world);
}

Test(pages, a_download_is_waited_for_without_arguments) {
    expect_refused(RUN("ctx:wait_for_download('#a')"),
                   "shop.lua:2: wait_for_download: argument 1 must be a table of options such as { timeout = \"5s\" }, "
                   "not \"#a\"");
    expect_refused(RUN("ctx:wait_for_download(function() end)"),
                   "shop.lua:2: wait_for_download: argument 1 must be a table of options such as { timeout = \"5s\" }, "
                   "not a function");
    expect_refused(RUN("ctx:wait_for_download({ name = 'a' })"),
                   "shop.lua:2: wait_for_download has no option \"name\": it takes timeout");
    expect_refused(RUN("ctx:frame('#f'):wait_for_download()"),
                   "shop.lua:2: wait_for_download is the page's, not a frame's: write ctx:wait_for_download(...)");
}
