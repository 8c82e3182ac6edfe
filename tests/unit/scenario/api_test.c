#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

struct refusal {
    const char *source, *sentence;
};

Test(api, every_operation_becomes_its_action) {
    static const struct {
        const char *source;
        enum ll_operation operation;
        const char *selector, *text;
        uint32_t timeout_ms;
    } cases[] = {
        {RUN("ctx:navigate('http://x/')"), LL_OP_NAVIGATE, NULL, "http://x/", LL_NAVIGATION_TIMEOUT_MS},
        {RUN("ctx:reload()"), LL_OP_RELOAD, NULL, NULL, LL_NAVIGATION_TIMEOUT_MS},
        {RUN("ctx:reload({ timeout = '5s' })"), LL_OP_RELOAD, NULL, NULL, 5000},
        {RUN("ctx:click('#buy')"), LL_OP_CLICK, "#buy", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:click('#buy', { timeout = 0.25 })"), LL_OP_CLICK, "#buy", NULL, 250},
        {RUN("ctx:fill('#n', 3)"), LL_OP_FILL, "#n", "3", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:fill('#n', 6 / 2)"), LL_OP_FILL, "#n", "3", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:fill('#n', 1e15)"), LL_OP_FILL, "#n", "1000000000000000", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:fill('#n', 2.5)"), LL_OP_FILL, "#n", "2.5", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:fill('#n', '', { timeout = 2 })"), LL_OP_FILL, "#n", "", 2000},
        {RUN("ctx:clear('#n')"), LL_OP_CLEAR, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:press('#n', 'Enter')"), LL_OP_PRESS, "#n", "Enter", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:check('#n')"), LL_OP_CHECK, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:uncheck('#n')"), LL_OP_UNCHECK, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:select_option('#n', 'a')"), LL_OP_SELECT_OPTION, "#n", "a", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:hover('#n')"), LL_OP_HOVER, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:wait_for_selector('#n')"), LL_OP_WAIT_FOR_SELECTOR, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:wait_for_url('**/cart')"), LL_OP_WAIT_FOR_URL, NULL, "**/cart", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:ensure_liveview()"), LL_OP_ENSURE_LIVEVIEW, NULL, NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:wait_for_liveview({ timeout = 2 })"), LL_OP_WAIT_FOR_LIVEVIEW, NULL, NULL, 2000},
        {RUN("ctx:wait_for_phx_loading_completion('keyup', '#n')"), LL_OP_WAIT_FOR_PHX_LOADING_COMPLETION, "#n",
         "keyup", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:inner_text('text=Buy')"), LL_OP_INNER_TEXT, "text=Buy", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:text_content('#n')"), LL_OP_TEXT_CONTENT, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:input_value('#n')"), LL_OP_INPUT_VALUE, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:get_attribute('#n', 'href')"), LL_OP_GET_ATTRIBUTE, "#n", "href", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:is_visible('#n')"), LL_OP_IS_VISIBLE, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:count('.row')"), LL_OP_COUNT, ".row", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:drag_and_drop('#n', '#m')"), LL_OP_DRAG_AND_DROP, "#n", NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:type('#n', 'abc')"), LL_OP_TYPE, "#n", "abc", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:title()"), LL_OP_TITLE, NULL, NULL, LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:wait_for_function('x', { timeout = 1 })"), LL_OP_WAIT_FOR_FUNCTION, NULL, "x", 1000},
        {RUN("ctx:wait_for_function('x', { timeout = 1 }, {})"), LL_OP_WAIT_FOR_FUNCTION, NULL, "x",
         LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:wait_for_function('x', { timeout = 1, n = 2 })"), LL_OP_WAIT_FOR_FUNCTION, NULL, "x",
         LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:wait_for_function('x', {})"), LL_OP_WAIT_FOR_FUNCTION, NULL, "x", LL_ACTION_TIMEOUT_MS},
        {RUN("ctx:evaluate('x', { timeout = 1 })"), LL_OP_EVALUATE, NULL, "x", 1000},
        {RUN("ctx:wait_for_function('x', nil, { timeout = 1 })"), LL_OP_WAIT_FOR_FUNCTION, NULL, "x", 1000},
        {RUN("ctx:evaluate('1 + 1')"), LL_OP_EVALUATE, NULL, "1 + 1", LL_ACTION_TIMEOUT_MS},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].source, NULL);
        cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION), "%s", cases[i].source);
        const struct ll_action *action = &world.request.action;
        cr_expect(eq(int, action->operation, cases[i].operation), "%s", cases[i].source);
        cr_expect(eq(str, (char *)(action->selector ? action->selector : "none"),
                     (char *)(cases[i].selector ? cases[i].selector : "none")));
        cr_expect(
            eq(str, (char *)(action->text ? action->text : "none"), (char *)(cases[i].text ? cases[i].text : "none")));
        cr_expect(eq(u32, action->timeout_ms, cases[i].timeout_ms), "%s", cases[i].source);
        cr_expect(eq(u32, world.request.step, 1));
        world_close(&world);
    }
}

Test(api, actions_chain_and_are_numbered) {
    struct world world;
    world_open(&world, RUN("ctx:click('#a'):click('#b')\nctx:hover('#c')"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    cr_expect(eq(str, (char *)world.request.action.selector, "#a"));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_ACTION));
    cr_expect(eq(str, (char *)world.request.action.selector, "#b"));
    cr_expect(eq(u32, world.request.step, 2));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_ACTION));
    cr_expect(eq(u32, world.request.step, 3));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FINISHED));
    world_close(&world);
}

Test(api, readings_return_values) {
    struct world world;
    world_open(&world,
               RUN("ctx:log(ctx:inner_text('#a'), math.type(ctx:count('#a')), ctx:get_attribute('#a', 'x'))\n"
                   "local v = ctx:evaluate('x')\n"
                   "ctx:log(v.list[2], v.list[3].deep, v.none, v.half, v.yes, #v.empty)"),
               NULL);
    world_start(&world, 1);
    world_answer(&world, "\"tea\"");
    world_answer(&world, "3");
    world_answer(&world, NULL);
    world_answer(&world, "{\"list\":[1,2,{\"deep\":\"x\"}],\"none\":null,\"half\":0.5,\"yes\":true,\"empty\":[]}");
    cr_expect(eq(int, world.request.status, LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log tea\tinteger\tnil\nlog 2\tx\tnil\t0.5\ttrue\t0\n"));
    world_close(&world);
}

Test(api, a_nul_in_a_text_is_kept) {
    struct world world;
    world_open(&world,
               RUN("local text = ctx:evaluate('x')\nctx:log(text == 'a\\0b\\0')\n"
                   "local value = ctx:evaluate('x')\nctx:log(value['k\\0'][1] == '\\0')"),
               NULL);
    world_start(&world, 1);
    world_answer(&world, "\"a\\u0000b\\u0000\"");
    world_answer(&world, "{\"k\\u0000\":[\"\\u0000\"]}");
    cr_expect(eq(int, world.request.status, LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log true\nlog true\n"));
    world_close(&world);
}

Test(api, evaluate_takes_an_argument_as_json) {
    static const struct {
        const char *source, *json;
    } cases[] = {
        {RUN("ctx:evaluate('x', { 1, 2.5, 'a\\n' })"), "[1,2.5,\"a\\n\"]"},
        {RUN("ctx:evaluate('x', { id = user_id })"), "{\"id\":7}"},
        {RUN("ctx:evaluate('x', {})"), "{}"},
        {RUN("ctx:evaluate('x', 'a\\0b')"), "\"a\\u0000b\""},
        {RUN("ctx:evaluate('x', false)"), "false"},
        {RUN("ctx:evaluate('x', 'text', { timeout = 1 })"), "\"text\""},
        {RUN("ctx:evaluate('x', nil, { timeout = 1 })"), "none"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].source, NULL);
        cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION), "%s", cases[i].source);
        const char *json = world.request.action.argument ? world.request.action.argument : "none";
        cr_expect(eq(str, (char *)json, (char *)cases[i].json));
        world_close(&world);
    }
}

Test(api, options_come_into_the_action) {
    struct world world;
    world_open(
        &world,
        RUN("ctx:click('#a', { button = 'middle', modifiers = { 'Shift', 'Control' }, click_count = 2, force = true, "
            "position = { x = 3, y = 4.5 }, delay = '30ms' })\n"
            "ctx:drag_and_drop('#a', '#b', { source_position = { 1, 2 }, force = false })"),
        NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    const struct ll_action *action = &world.request.action;
    cr_expect(eq(u32, action->button, LL_BUTTON_MIDDLE));
    cr_expect(eq(u32, action->modifiers, 2 | 8));
    cr_expect(eq(u32, action->click_count, 2));
    cr_expect(eq(u32, action->delay_ms, 30));
    cr_expect(action->force && action->position.is_given);
    cr_expect(eq(dbl, action->position.x, 3));
    cr_expect(eq(dbl, action->position.y, 4.5));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_ACTION));
    cr_expect(eq(str, (char *)action->target, "#b"));
    cr_expect(action->source_position.is_given && !action->target_position.is_given && !action->force);
    cr_expect(eq(dbl, action->source_position.y, 2));
    world_close(&world);
}

Test(api, lists_and_files_are_json) {
    static const struct {
        const char *source, *json;
    } cases[] = {
        {RUN("ctx:select_multiple_options('#a', { 'x', 2, 3.0 })"), "[\"x\",\"2\",\"3\"]"},
        {RUN("ctx:select_multiple_options('#a', 'x')"), "[\"x\"]"},
        {RUN("ctx:select_multiple_options('#a', {})"), "[]"},
        {RUN("ctx:set_input_files('#a', {})"), "[]"},
        {RUN("ctx:set_input_files('#a', { name = 'a.TXT', content = 'hello' })"),
         "[{\"name\":\"a.TXT\",\"type\":\"text/plain\",\"content\":\"aGVsbG8=\"}]"},
        {RUN("ctx:set_input_files('#a', { 'lib/prices.lua', { name = 'b', content = '', type = 'x/y' } })"),
         "[{\"name\":\"prices.lua\",\"type\":\"\",\"content\":\"cmV0dXJuIDE=\"},"
         "{\"name\":\"b\",\"type\":\"x/y\",\"content\":\"\"}]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].source, "return 1");
        cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION), "%s", cases[i].source);
        cr_expect(eq(str, (char *)world.request.action.argument, (char *)cases[i].json));
        world_close(&world);
    }
}

Test(api, states_of_wait_for_selector) {
    static const struct {
        const char *source;
        enum ll_element_state state;
    } cases[] = {
        {RUN("ctx:wait_for_selector('#x')"), LL_STATE_VISIBLE},
        {RUN("ctx:wait_for_selector('#x', { state = 'visible' })"), LL_STATE_VISIBLE},
        {RUN("ctx:wait_for_selector('#x', { state = 'hidden' })"), LL_STATE_HIDDEN},
        {RUN("ctx:wait_for_selector('#x', { state = 'attached' })"), LL_STATE_ATTACHED},
        {RUN("ctx:wait_for_selector('#x', { state = 'detached' })"), LL_STATE_DETACHED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].source, NULL);
        cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
        cr_expect(eq(int, world.request.action.state, cases[i].state), "%s", cases[i].source);
        world_close(&world);
    }
}

Test(api, wrong_calls_name_the_operation_the_position_and_what_is_wanted) {
    static const struct refusal cases[] = {
        {RUN("ctx:clik('#a')"), "shop.lua:2: ctx has no operation \"clik\": did you mean \"click\"?"},
        {RUN("ctx:wait('1s')"), "shop.lua:2: ctx has no operation \"wait\": write ctx:think(\"1s\"), or "
                                "ctx:wait_for_selector(selector) for what is to come"},
        {RUN("ctx:is_hidden('#a')"), "shop.lua:2: ctx has no operation \"is_hidden\": write not "
                                     "ctx:is_visible(selector)"},
        {RUN("\nctx:frobnicate()"), "shop.lua:3: ctx has no operation \"frobnicate\": docs/SCENARIOS.md lists them"},
        {RUN("ctx:wait_for_phx_loading_completion('clik', '#a')"),
         "shop.lua:2: wait_for_phx_loading_completion: argument 1 must be \"click\", \"submit\", \"change\", "
         "\"focus\", "
         "\"blur\", \"keydown\" or \"keyup\", not \"clik\""},
        {RUN("ctx:wait_for_phx_loading_completion('click')"),
         "shop.lua:2: wait_for_phx_loading_completion: argument 2 must be a selector such as \"#buy\", not nothing"},
        {RUN("ctx:wait_for_phx_loading_completion({}, '#a')"),
         "shop.lua:2: wait_for_phx_loading_completion: argument 1 must be \"click\", \"submit\", \"change\", "
         "\"focus\", "
         "\"blur\", \"keydown\" or \"keyup\", not a table"},
        {RUN("ctx:click('#a', { buton = 'left' })"),
         "shop.lua:2: click has no option \"buton\": did you mean \"button\"?"},
        {RUN("ctx:click('#a', { button = 'top' })"),
         "shop.lua:2: click: button must be \"left\", \"right\" or \"middle\", not \"top\""},
        {RUN("ctx:click('#a', { modifiers = 'Ctrl' })"),
         "shop.lua:2: click: modifiers must be \"Alt\", \"Control\", \"Meta\" or \"Shift\", not \"Ctrl\""},
        {RUN("ctx:click('#a', { modifiers = { 'Alt', 3 } })"),
         "shop.lua:2: click: modifiers must be a list of \"Alt\", \"Control\", \"Meta\" or \"Shift\", not 3"},
        {RUN("ctx:click('#a', { click_count = 4 })"),
         "shop.lua:2: click: click_count must be a whole number from 1 to 3, not 4"},
        {RUN("ctx:click('#a', { click_count = 1.5 })"),
         "shop.lua:2: click: click_count must be a whole number from 1 to 3, not 1.5"},
        {RUN("ctx:click('#a', { position = { 1 } })"), "shop.lua:2: click: position must be two numbers of pixels, as "
                                                       "{ x = 10, y = 5 } is, not a table"},
        {RUN("ctx:click('#a', { force = 1 })"), "shop.lua:2: click: force must be true or false, not 1"},
        {RUN("ctx:click('#a', { delay = 'long' })"),
         "shop.lua:2: click: delay: \"long\" is not a duration: write it like 500ms, 2s, 3m or 1h"},
        {RUN("ctx:drag_and_drop('#a')"),
         "shop.lua:2: drag_and_drop: argument 2 must be a selector such as \"#buy\", not nothing"},
        {RUN("ctx:select_multiple_options('#a', { 'a', {} })"),
         "shop.lua:2: select_multiple_options: argument 2 must be a list of texts such as { \"a\", \"b\" }, not a "
         "table"},
        {RUN("ctx:select_multiple_options('#a', { a = 'a' })"),
         "shop.lua:2: select_multiple_options: argument 2 must be a list of texts such as { \"a\", \"b\" }, not a "
         "table"},
        {RUN("ctx:set_input_files('#a')"),
         "shop.lua:2: set_input_files: argument 2 must be a file or a list of files, not nothing"},
        {RUN("ctx:set_input_files('#a', 'cv.pdf')"), "shop.lua:2: set_input_files: no file \"cv.pdf\" came with the "
                                                     "scenario: it must be beside it, and be named in "
                                                     "ll.file(\"cv.pdf\") to travel to the agents"},
        {RUN("ctx:set_input_files('#a', { { nam = 'x' } })"),
         "shop.lua:2: a file has no field \"nam\": did you mean \"name\"?"},
        {RUN("ctx:set_input_files('#a', { name = 'x' })"),
         "shop.lua:2: set_input_files: the content of a file must be a text, not nil"},
        {RUN("ctx:set_input_files('#a', { name = 'a/b', content = '' })"),
         "shop.lua:2: set_input_files: the name of a file must be one such as \"cv.txt\", without a folder"},
        {RUN("ctx:set_input_files('#a', { name = 'a', content = '', type = 3 })"),
         "shop.lua:2: set_input_files: the type of a file must be a text, not 3"},
        {RUN("local f = { name = 'a', content = ('x'):rep(3 * 1024 * 1024) }\nctx:set_input_files('#a', { f, f })"),
         "shop.lua:3: set_input_files: the files of argument 2 are larger than 4 MB together"},
        {RUN("local f = { name = 'a', content = '' } local l = {}\nfor i = 1, 21 do l[i] = f end\n"
             "ctx:set_input_files('#a', l)"),
         "shop.lua:4: set_input_files: argument 2 is a list of more than 20 files"},
        {RUN("require('liveload').file(3)"),
         "shop.lua:2: ll.file takes the name of a file beside the scenario, as \"cv.pdf\", not 3"},
        {RUN("ctx.click('#a')"), "shop.lua:2: ctx.click is called with a dot: write ctx:click(...)"},
        {RUN("ctx.step('#a')"), "shop.lua:2: ctx.step is called with a dot: write ctx:step(...)"},
        {RUN("ctx.think()"), "shop.lua:2: ctx.think is called with a dot: write ctx:think(...)"},
        {RUN("ctx:click()"), "shop.lua:2: click: argument 1 must be a selector such as \"#buy\", not nothing"},
        {RUN("ctx:click('')"), "shop.lua:2: click: argument 1 must be a selector such as \"#buy\", not \"\""},
        {RUN("ctx:click({})"), "shop.lua:2: click: argument 1 must be a selector such as \"#buy\", not a table"},
        {RUN("ctx:fill('#a')"), "shop.lua:2: fill: argument 2 must be a text, not nothing"},
        {RUN("ctx:fill('#a', true)"), "shop.lua:2: fill: argument 2 must be a text, not true"},
        {RUN("ctx:navigate(config.base_url)"), "shop.lua:2: navigate: argument 1 must be a text, not nil"},
        {RUN("ctx:navigate('a\\0b')"), "shop.lua:2: navigate: argument 1 holds a zero byte"},
        {RUN("ctx:click(('x'):rep(5000))"), "shop.lua:2: click: argument 1 is longer than 4096 bytes"},
        {RUN("ctx:click('#a', '#b')"),
         "shop.lua:2: click: argument 2 must be a table of options such as { timeout = \"5s\" }, not \"#b\""},
        {RUN("ctx:click('#a', {}, 3)"), "shop.lua:2: click takes 1 argument and a table of options, not 3"},
        {RUN("ctx:click('#a', { timeut = 3 })"),
         "shop.lua:2: click has no option \"timeut\": did you mean \"timeout\"?"},
        {RUN("ctx:click('#a', { 'x' })"), "shop.lua:2: click: the table of options has the key 1: options have names"},
        {RUN("ctx:navigate('/cart')"), "shop.lua:2: navigate: argument 1 must be a URL with its scheme, such as "
                                       "\"http://127.0.0.1:8089/\", not \"/cart\""},
        {RUN("ctx:navigate('localhost:8089/cart')"),
         "shop.lua:2: navigate: argument 1 must be a URL with its scheme, such as \"http://127.0.0.1:8089/\", not "
         "\"localhost:8089/cart\""},
        {RUN("ctx:navigate('htp://x/')"), "shop.lua:2: navigate: argument 1 begins with \"htp:\": pages are at http:, "
                                          "https:, about:, blob: and data:"},
        {RUN("ctx:navigate('file:///etc/passwd')"),
         "shop.lua:2: navigate: argument 1 begins with \"file:\": pages are at http:, https:, about:, blob: and "
         "data:"},
        {RUN("ctx:wait_for_url('orders')"),
         "shop.lua:2: wait_for_url: argument 1, \"orders\", matches no URL: begin it "
         "with ** or /, as in \"**/orders/*\""},
        {RUN("ctx:wait_for_url('*/orders')"),
         "shop.lua:2: wait_for_url: argument 1, \"*/orders\", matches no URL: begin it with ** or /, as in "
         "\"**/orders/*\""},
        {RUN("ctx:wait_for_url('/{a,b')"),
         "shop.lua:2: wait_for_url: argument 1, \"/{a,b\", has a { that is not closed"},
        {RUN("ctx:click('  ')"), "shop.lua:2: click: argument 1 must be a selector such as \"#buy\", not \"  \""},
        {RUN("ctx:fail('')"), "shop.lua:2: fail: argument 1 must be the reason, a text such as \"sold out\", not \"\""},
        {RUN("ctx:http()"), "shop.lua:2: ctx.http is no function: write ctx.http:get(url)"},
        {RUN("ctx:click('#a', { state = 'hidden' })"),
         "shop.lua:2: click has no option \"state\": it takes timeout, button, modifiers, click_count, delay, position "
         "and force"},
        {RUN("ctx:wait_for_selector('#a', { stat = 1 })"),
         "shop.lua:2: wait_for_selector has no option \"stat\": did you mean \"state\"?"},
        {RUN("ctx:wait_for_selector('#a', { button = 1 })"),
         "shop.lua:2: wait_for_selector has no option \"button\": it takes timeout and state"},
        {RUN("ctx:click('#a', { timeout = 'soon' })"),
         "shop.lua:2: click: timeout: \"soon\" is not a duration: write it like 500ms, 2s, 3m or 1h"},
        {RUN("ctx:click('#a', { timeout = 0 })"), "shop.lua:2: click: timeout: it must be longer than 0"},
        {RUN("ctx:click('#a', { timeout = -1 })"), "shop.lua:2: click: timeout: -1 is not a duration: write it like "
                                                   "\"500ms\", \"2s\", \"3m\" or \"1h\""},
        {RUN("ctx:wait_for_selector('#a', { state = 'gone' })"),
         "shop.lua:2: wait_for_selector: state must be \"visible\", \"hidden\", \"attached\" or \"detached\", not "
         "\"gone\""},
        {RUN("ctx:evaluate('x', { ['a\\0'] = 1 })"),
         "shop.lua:2: evaluate: argument 2 has a key with a NUL in it, which "
         "cannot be sent"},
        {RUN("ctx:evaluate('x', print)"), "shop.lua:2: evaluate: argument 2 holds a function: it may hold only nil, "
                                          "booleans, numbers, texts and tables"},
        {RUN("local t = {} t.t = t\nctx:evaluate('x', t)"),
         "shop.lua:3: evaluate: argument 2 is nested deeper than 64 tables, or holds itself"},
        {RUN("ctx:evaluate('x', { 1, x = 2 })"), "shop.lua:2: evaluate: argument 2 has a table with mixed keys: use "
                                                 "the keys 1 to n for a list, or texts for an object"},
        {RUN("ctx:evaluate('x', 1 / 0)"), "shop.lua:2: evaluate: argument 2 holds inf, which JSON cannot carry"},
        {RUN("ctx:evaluate('x', ('x'):rep(2000000))"),
         "shop.lua:2: evaluate: argument 2 is longer than 1048576 bytes as JSON"},
        {RUN("table.sort({ 1, 2 }, function() ctx:click('#a') end)"),
         "shop.lua:2: click cannot wait here: it was called from inside a function such as table.sort or string.gsub"},
        {RUN("ctx.price = 3"), "shop.lua:2: ctx.price cannot be set: keep values in ctx.assigns"},
        {RUN("ctx.assigns = 3"), "shop.lua:2: ctx.assigns must be a table, not 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect(eq(str, (char *)world_run_error(cases[i].source), (char *)cases[i].sentence), "%s", cases[i].source);
}

Test(api, a_number_that_ends_a_reason_in_brackets_is_no_part_of_the_signature) {
    static const char *const reasons[][2] = {
        {"several (3 match)", "several"},
        {"(3 match)", "(3 match)"},
        {"f is null (reading 'a')", "f is null (reading 'a')"},
        {"no (3) more", "no (3) more"},
        {"a (b) (2)", "a (b)"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        struct world world;
        char signature[100], detail[100];
        snprintf(signature, sizeof signature, "click(\"#buy\"): %s", reasons[i][1]);
        snprintf(detail, sizeof detail, "shop.lua:2, operation 1: click(\"#buy\"): %s", reasons[i][0]);
        world_open(&world, RUN("ctx:click('#buy')"), NULL);
        world_start(&world, 1);
        world_answer_failure(&world, LL_FAILED_PRECONDITION, reasons[i][0]);
        cr_expect(eq(str, world.request.signature, signature));
        cr_expect(eq(str, world.request.detail, detail));
        world_close(&world);
    }
}

Test(api, a_failed_action_has_a_signature_without_what_varies) {
    static const struct {
        const char *source, *signature, *detail;
    } cases[] = {
        {RUN("ctx:click('#buy')"), "click(\"#buy\"): no", "shop.lua:2, operation 1: click(\"#buy\"): no"},
        {RUN("ctx:fill('#mail', 'u7@x.org')"), "fill(\"#mail\"): no",
         "shop.lua:2, operation 1: fill(\"#mail\", \"u7@x.org\"): no"},
        {RUN("ctx:press('#mail', 'a')"), "press(\"#mail\"): no",
         "shop.lua:2, operation 1: press(\"#mail\", \"a\"): no"},
        {RUN("ctx:navigate('http://x/p?user=7#top')"), "navigate(\"http://x/p\"): no",
         "shop.lua:2, operation 1: navigate(\"http://x/p?user=7#top\"): no"},
        {RUN("ctx:get_attribute('#a', 'href')"), "get_attribute(\"#a\", \"href\"): no",
         "shop.lua:2, operation 1: get_attribute(\"#a\", \"href\"): no"},
        {RUN("ctx:wait_for_selector('#a', { state = 'hidden' })"),
         "wait_for_selector(\"#a\", { state = \"hidden\" }): no",
         "shop.lua:2, operation 1: wait_for_selector(\"#a\", { state = \"hidden\" }): no"},
        {RUN("ctx:click('#a', { button = 'right', modifiers = 'Alt', click_count = 2, force = true, delay = 2, "
             "position = { 1, 2 } })"),
         "click(\"#a\", { button = \"right\", modifiers = { \"Alt\" }, click_count = 2, force = true }): no",
         "shop.lua:2, operation 1: click(\"#a\", { button = \"right\", modifiers = { \"Alt\" }, click_count = 2, delay "
         "= \"2000ms\", position = { x = 1, y = 2 }, force = true }): no"},
        {RUN("ctx:drag_and_drop('#a', '#b')"), "drag_and_drop(\"#a\", \"#b\"): no",
         "shop.lua:2, operation 1: drag_and_drop(\"#a\", \"#b\"): no"},
        {RUN("ctx:select_multiple_options('#a', { 'u7' })"), "select_multiple_options(\"#a\"): no",
         "shop.lua:2, operation 1: select_multiple_options(\"#a\", { \"u7\" }): no"},
        {RUN("ctx:select_multiple_options('#a', {})"), "select_multiple_options(\"#a\"): no",
         "shop.lua:2, operation 1: select_multiple_options(\"#a\", {}): no"},
        {RUN("ctx:set_input_files('#a', { { name = 'a', content = 'x' }, { name = 'b', content = 'y' } })"),
         "set_input_files(\"#a\"): no", "shop.lua:2, operation 1: set_input_files(\"#a\", { \"a\", \"b\" }): no"},
        {RUN("ctx:evaluate('f(7)', { 1 })"), "evaluate(...): no",
         "shop.lua:2, operation 1: evaluate(\"f(7)\", [1]): no"},
        {RUN("ctx:reload()"), "reload(): no", "shop.lua:2, operation 1: reload(): no"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        world_open(&world, cases[i].source, NULL);
        world_start(&world, 1);
        cr_expect(eq(int, world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "no"), LL_SCRIPT_FAILED));
        cr_expect(eq(str, world.request.signature, (char *)cases[i].signature));
        cr_expect(eq(str, world.request.detail, (char *)cases[i].detail));
        cr_expect(eq(u32, world.request.step, 1));
        world_close(&world);
    }
}

Test(api, a_failure_stands_at_the_line_of_its_call) {
    struct world world;
    world_open(&world, RUN("local function buy()\n  ctx:click('#a')\nend\nctx:hover('#b')\nbuy()"), NULL);
    world_start(&world, 1);
    world_answer(&world, NULL);
    world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "matches nothing");
    cr_expect(eq(str, world.request.detail, "shop.lua:3, operation 2: click(\"#a\"): matches nothing"));
    world_close(&world);
}

Test(api, a_failure_can_be_caught_and_read) {
    struct world world;
    world_open(&world,
               RUN("local ok, err = pcall(function() ctx:click('#a') end)\n"
                   "ctx:log(ok, tostring(err), err.operation, err.reason, err.message, err.other)\n"
                   "ctx:log('why: ' .. err)\n"
                   "ctx:hover('#b')\n"
                   "error(err)"),
               NULL);
    world_start(&world, 1);
    cr_expect(eq(int, world_answer_failure(&world, LL_DEADLINE_EXCEEDED, "gone"), LL_SCRIPT_ACTION));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told),
                 "log false\tshop.lua:2: click(\"#a\"): gone\tclick\tgone\tshop.lua:2: click(\"#a\"): gone\tnil\n"
                 "log why: shop.lua:2: click(\"#a\"): gone\n"));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature, "click(\"#a\"): gone"));
    cr_expect(eq(str, world.request.detail, "shop.lua:2, operation 1: click(\"#a\"): gone"));
    world_close(&world);
}

Test(api, the_user_goes_on_after_a_failed_iteration) {
    struct world world;
    world_open(&world, RUN("if ctx.iteration == 1 then local x = nil + 1 end\nctx:click('#a')"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature, "shop.lua:2: attempt to perform arithmetic on a nil value"));
    cr_expect(eq(int, world_start(&world, 2), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FINISHED));
    world_close(&world);
}

Test(api, a_waiting_iteration_can_be_dropped) {
    struct world world;
    world_open(&world, RUN("ctx:step('s', function() ctx:click('#a') end)"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world_start(&world, 2), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FINISHED));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "begin s\nend s cut\nbegin s\nend s completed\n"));
    world_close(&world);
}
