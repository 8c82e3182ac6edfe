// Scripts that would never end or never have enough. The limits are small, so that the tests are quick.
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { INSTRUCTIONS = 100000 };

static const struct ll_vm_limits limits = {.bytes = 1024 * 1024, .instructions = INSTRUCTIONS};

static const char endless[] = "the script ran 100000 instructions without waiting: does it loop for ever?";
static const char greedy[] = "the script needs more than 1 MB of memory, the limit of one user";

static const char *load_limited(const char *main) {
    static char sentence[LL_ERR_TEXT_MAX];
    struct world world;
    world_bundle(&world, main, NULL);
    ll_err err = ll_scenario_load_limited(&world.bundle, NULL, limits, &world.scenario);
    strcpy(sentence, err.text);
    world_close(&world);
    return sentence;
}

static void open_limited(struct world *world, const char *main) {
    world_open(world, main, NULL);
    world->script->vm.limits = limits;
}

static void expect_sentence(const char *source, const char *sentence, const char *wanted) {
    const char *tail = sentence && strchr(sentence, ' ') ? strchr(sentence, ' ') + 1 : "";
    cr_expect(eq(str, (char *)tail, (char *)wanted), "%s", source);
    cr_expect(strncmp(sentence, "shop.lua:", 9) == 0, "%s: %s", source, sentence);
}

Test(limits, no_script_loops_for_ever) {
    static const char *const sources[] = {
        RUN("while true do end"),
        RUN("while true do pcall(function() while true do end end) end"),
        RUN("while true do pcall(error, 'x') end"),
        RUN("local function f() return pcall(f) end while true do f() end"),
        RUN("table.sort({ 1, 2, 3 }, function() while true do end end)"),
        RUN("table.sort({ 1, 2, 3 }, function() while true do pcall(function() while true do end end) end end)"),
        RUN("while true do pcall(table.sort, { 1, 2, 3 }, function() while true do end end) end"),
        RUN("while true do xpcall(function() while true do end end, function() while true do end end) end"),
        RUN("xpcall(error, function() while true do end end)"),
        RUN("table.sort({ 1, 2, 3 }, function() xpcall(error, function() while true do end end) end)"),
        RUN("('x'):gsub('x', function() while true do pcall(string.gsub, 'x', 'x', function() error('y') end) end "
            "end)"),
        RUN("local t = setmetatable({}, { __index = function(t, k) return t[k + 1] end }) while true do "
            "pcall(function() "
            "return t[1] end) end"),
        RUN("local x <close> = setmetatable({}, { __close = function() while true do end end }) while true do end"),
        RUN("local x <close> = setmetatable({}, { __close = function() while true do end end }) error('x')"),
        RUN("ctx:step('s', function() while true do end end)"),
        RUN("local function f() load('while true do end')() end while true do pcall(f) end"),
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct world world;
        open_limited(&world, sources[i]);
        for (uint64_t n = 1; n <= 2; n++) { // the next iteration has its own budget, and its own end
            cr_expect(eq(int, world_start(&world, n), LL_SCRIPT_FAILED), "%s", sources[i]);
            if (strstr(sources[i], "error('x')"))
                cr_expect(eq(str, world.request.detail, "shop.lua:2: x"));
            else if (strstr(sources[i], "pcall(")) // which may spend the last of it itself
                cr_expect(not(zero(ptr, strstr(world.request.detail, " 100000 instructions "))), "%s: %s", sources[i],
                          world.request.detail);
            else if (!strstr(sources[i], "load("))
                expect_sentence(sources[i], world.request.detail, endless);
        }
        world_close(&world);
    }
}

Test(limits, each_wait_gives_a_new_budget) {
    struct world world;
    open_limited(&world, RUN("for i = 1, 30 do for j = 1, 10000 do end ctx:click('#a') end"));
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    for (int i = 1; i < 30; i++) cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_ACTION));
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FINISHED));
    world_close(&world);
}

Test(limits, files_and_config_end_too) {
    cr_expect(eq(str, (char *)load_limited("while true do pcall(error) end"),
                 "shop.lua:1: pcall used up the 100000 instructions that a script may run without waiting: does a "
                 "function call itself through it?"));
    cr_expect(eq(str, (char *)load_limited("local t = {}\nwhile true do t[#t + 1] = ('x'):rep(1000) .. #t end"),
                 "shop.lua:2: the script needs more than 1 MB of memory, the limit of one user"));
    cr_expect(eq(str,
                 (char *)load_limited("xpcall(function() while true do end end, function() while true do end end)"),
                 "shop.lua:1: the script ran 100000 instructions without waiting: does it loop for ever?"));
    struct world world;
    world_bundle(&world, FIELDS("config = function() while true do end end"), NULL);
    cr_assert(eq(int, ll_scenario_load_limited(&world.bundle, NULL, limits, &world.scenario).status, LL_OK));
    ll_err err = ll_scenario_configure(world.scenario, NULL, 0);
    cr_expect(eq(int, err.status, LL_INVALID_ARGUMENT));
    expect_sentence("config", err.text, endless);
    world_close(&world);
}

Test(limits, no_script_takes_all_memory) {
    static const char *const sources[] = {
        RUN("local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end"),
        RUN("local s = ('x'):rep(1 << 30)"),
        RUN("local s = 'x' while true do s = s .. s end"),
        RUN("ctx:step('s', function() local s = ('x'):rep(1 << 30) end)"),
        RUN("local s = table.concat(setmetatable({}, { __len = function() return 3 end, __index = function() return "
            "('x'):rep(500000) end }))"),
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct world world;
        open_limited(&world, sources[i]);
        for (uint64_t n = 1; n <= 2; n++) {
            cr_expect(eq(int, world_start(&world, n), LL_SCRIPT_FAILED), "%s", sources[i]);
            cr_expect(eq(int, world.script->vm.ending, LL_VM_GOES_ON), "%s", world.request.detail);
            expect_sentence(sources[i], world.request.detail, greedy);
        }
        cr_expect(world.script->vm.bytes <= limits.bytes, "%zu", world.script->vm.bytes);
        world_close(&world);
    }
}

// Down to the last bytes, so that nothing is left for the next iteration but what this one gives back.
Test(limits, a_script_that_took_all_memory_runs_again) {
    struct world world;
    open_limited(&world, RUN("if ctx.iteration > 1 then return end local last = false local function fill(n) "
                             "while true do last = { last, ('x'):rep(n) .. #tostring(last) } end end "
                             "for i = 18, 0, -1 do pcall(fill, 1 << i) end "
                             "local t = {} while true do t = { t } end"));
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
    expect_sentence("fill", world.request.detail, greedy);
    cr_expect(eq(int, world_start(&world, 2), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    world_close(&world);
}

Test(limits, memory_that_was_freed_can_be_used_again) {
    struct world world;
    open_limited(&world, RUN("for i = 1, 6 do pcall(string.rep, 'x', 1 << 30) local s = ('x'):rep(300000) end"));
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    world_close(&world);
}

Test(limits, deep_recursion_is_an_error_of_the_script) {
    struct world world;
    world_open(&world, RUN("local function f() return 1 + f() end\nf()"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
    cr_expect(eq(str, world.request.signature,
                 "shop.lua:2: the script needs more than 32 MB of memory, the limit of one user"));
    world_close(&world);
}

// Depth that is C's, growth inside one call of a library function, and what only looks endless: each is an error of the
// script, with its line, and the next iteration runs.
Test(limits, what_library_functions_do_has_limits_too) {
    static const struct {
        const char *body, *sentence;
    } cases[] = {
        {"('x'):rep(100000):gsub('x', ('y'):rep(1000))", greedy},
        {"('x'):rep(100000):gsub('x', function() return ('y'):rep(1000) end)", greedy},
        {"local t = {} for i = 1, 300 do t[i] = ('x'):rep(10000) end table.concat(t)", greedy},
        {"('%s'):rep(200):format(table.unpack(setmetatable({}, { __index = function() return ('x'):rep(9000) end }), "
         "1, "
         "200))",
         greedy},
        {"local function f(s) return s:gsub('.', f) end f('x')", "C stack overflow"},
        {"local t = setmetatable({}, { __tostring = function(t) return tostring(t) end }) tostring(t)",
         "C stack overflow"},
        {"local function f() return pcall(f) end local ok, why = f() error(why, 0)", NULL},
        {"assert(load(('('):rep(500) .. '1' .. (')'):rep(500)))", "C stack overflow"},
        {"assert(load('return ' .. ('{'):rep(500) .. ('}'):rep(500)))", "C stack overflow"},
        {"('x'):find(('('):rep(50) .. 'x' .. (')'):rep(50))", "too many captures"},
        {"('x'):rep(300000):find(('.-'):rep(200) .. 'y$', 299999)", NULL},
        {"local t = {} for i = 1, 300 do t = setmetatable({}, { __index = t }) end return t.x.y", NULL},
        {"table.unpack({}, 1, 1e7)", "too many results to unpack"},
        {"ctx:evaluate('x', (function() local t = {} t.t = t return t end)())", "holds itself"},
        {"table.sort({ 3, 1, 2, 5, 4, 7, 6, 9, 8 }, function() return true end)", "invalid order function"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char source[600];
        snprintf(source, sizeof source, RUN("if ctx.iteration > 1 then return end\n%s"), cases[i].body);
        open_limited(&world, source);
        enum ll_script_status status = world_start(&world, 1);
        cr_expect(eq(int, status, LL_SCRIPT_FAILED), "%s", cases[i].body);
        const char *detail = status == LL_SCRIPT_FAILED ? world.request.detail : "";
        cr_expect(strncmp(detail, "shop.lua:3: ", 12) == 0, "%s: %s", cases[i].body, detail);
        if (cases[i].sentence)
            cr_expect(not(zero(ptr, strstr(detail, cases[i].sentence))), "%s: %s", cases[i].body, detail);
        cr_expect(eq(int, world_start(&world, 2), LL_SCRIPT_FINISHED), "%s", cases[i].body);
        world_close(&world);
    }
}

// What takes long in few instructions: the library functions spend the script's, so that none of these goes on for
// more than the moment that so many instructions take.
Test(limits, library_functions_spend_instructions, .timeout = 60) {
    static const struct {
        const char *body, *function;
    } cases[] = {
        {"table.move({}, 1, 1e15, 2)", "table.move"},
        {"table.move({}, -1 << 63, (1 << 63) - 1, 2)", "table.move"},
        {"while true do table.move({}, 1, 10000, 2) end", "table.move"},
        {"local function f() pcall(f) pcall(f) end f()", "pcall"},
        {"local function f() xpcall(f, print) xpcall(f, tostring) end f()", "xpcall"},
        {"for i = 1, 2000000 do ctx:log('x') end", "ctx:log"},
        {"for i = 1, 2000000 do print('x') end", "print"},
        {"for i = 1, 2000000 do ctx:expect('x', true) end", "ctx:expect"},
        {"for i = 1, 2000000 do ctx:step('x', function() end) end", "ctx:step"},
        {"for i = 1, 2000000 do hits:add(1) end", "hits"},
        {"(''):rep(1e15)", "string.rep"},
        {"local s = ('x'):rep(400000) while true do utf8.len(s) end", "utf8.len"},
        {"local t = {} for i = 1, 2000 do t[i] = i end while true do table.insert(t, 1, 1) t[#t] = nil end",
         "table.insert"},
        {"local t = {} for i = 1, 2000 do t[i] = i end while true do table.remove(t, 1) t[#t + 1] = 1 end",
         "table.remove"},
        {"local t = {} for i = 1, 2000 do t[i] = i end while true do table.sort(t) end", "table.sort"},
        {"local t = {} for i = 1, 2000 do t[i] = '' end while true do table.concat(t) end", "table.concat"},
        {"local t = {} for i = 1, 2000 do t[i] = i end while true do table.unpack(t) end", "table.unpack"},
        {"string.find(('a'):rep(30), ('a*'):rep(20) .. 'b')", "string.find"},
        {"string.match(('a'):rep(60), ('a-'):rep(40) .. 'b')", "string.match"},
        {"for word in ('a'):rep(60):gmatch(('a-'):rep(40) .. 'b') do end", "string.gmatch"},
        {"('a'):rep(60):gsub(('a-'):rep(40) .. 'b', '')", "string.gsub"},
        {"('a'):rep(100000):find('.-b')", "string.find"},
        {"string.match(('a'):rep(300000), '[' .. ('b'):rep(100000) .. 'a]*')", "string.match"},
        {"local s = ('x'):rep(10000) while true do string.byte(s, 1, -1) end", "string.byte"},
        {"local s = ('x'):rep(10000) while true do utf8.codepoint(s, -#s, -1) end", "utf8.codepoint"},
        {"pcall(string.find, ('a'):rep(60), ('a-'):rep(40) .. 'b') while true do end", "string.find"},
        {"table.sort({ 1, 2 }, function() string.find(('a'):rep(60), ('a-'):rep(40) .. 'b') end)", "string.find"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char source[600], wanted[200];
        snprintf(source, sizeof source, "local hits = require('liveload').counter('hits')\n" RUN("%s"), cases[i].body);
        snprintf(wanted, sizeof wanted,
                 "%s used up the 1000000 instructions that a script may run without waiting: ", cases[i].function);
        open_limited(&world, source);
        world.script->vm.limits.instructions = 10 * INSTRUCTIONS; // the count hook takes a hundredth of it at a time
        for (uint64_t n = 1; n <= 2; n++) {
            cr_assert(eq(int, world_start(&world, n), LL_SCRIPT_FAILED), "%s", cases[i].body);
            cr_expect(not(zero(ptr, strstr(world.request.detail, wanted))), "%s: %s", cases[i].body,
                      world.request.detail);
            cr_expect(strncmp(world.request.detail, "shop.lua:3: ", 12) == 0, "%s", world.request.detail);
        }
        world_close(&world);
    }
}

// It may name another length each time it is asked, and so cost what nobody saw.
Test(limits, lengths_of_a_tables_own_are_not_taken) {
    static const char *const calls[] = {"table.insert(t, 1, 1)", "table.remove(t, 1)", "table.sort(t)"};
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct world world;
        char source[300];
        snprintf(source, sizeof source, RUN("local t = setmetatable({}, { __len = function() return 1e15 end }) %s"),
                 calls[i]);
        world_open(&world, source, NULL);
        cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED), "%s", calls[i]);
        cr_expect(not(zero(ptr, strstr(world.request.detail, "does not accept a table whose metatable has __len"))),
                  "%s", world.request.detail);
        world_close(&world);
    }
}

// Joining megabytes is one instruction.
Test(limits, what_instructions_allocate_counts, .timeout = 60) {
    struct world world;
    world_open(&world, RUN("local s = ('x'):rep(8 << 20) while true do local more = s .. 'x' end"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
    cr_expect(not(zero(ptr, strstr(world.request.detail, "ran 20000000 instructions without waiting"))), "%s",
              world.request.detail);
    world_close(&world);
}

static char seen_at[100];
static volatile sig_atomic_t was_running;

static void look(int signal_number) {
    (void)signal_number;
    was_running = ll_script_running_at(seen_at, sizeof seen_at);
}

static int raise_alarm(lua_State *L) {
    (void)L;
    raise(SIGALRM);
    return 0;
}

static void interrupt(int signal_number) {
    (void)signal_number;
    ll_script_interrupt();
}

// What is slow in ways that nothing counts ends by the clock.
Test(limits, a_script_that_is_interrupted_ends) {
    static const char *const sources[] = {
        RUN("if ctx.iteration > 1 then for i = 1, 30000 do end return end call() while true do end"),
        RUN("if ctx.iteration > 1 then for i = 1, 30000 do end return end pcall(call) while true do pcall(error) end"),
    };
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        struct world world;
        world_open(&world, sources[i], NULL);
        lua_pushcfunction(world.script->vm.main, raise_alarm);
        lua_setglobal(world.script->vm.main, "call");
        signal(SIGALRM, interrupt);
        cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_FAILED));
        cr_expect(eq(str, (char *)world.request.detail,
                     "shop.lua:2: the script kept its agent busy for 3 s without "
                     "waiting: does it loop for ever?"));
        cr_expect(eq(int, world_start(&world, 2), LL_SCRIPT_FINISHED), "%s", world.request.detail);
        world_close(&world);
    }
}

// It ended its part just as the signal came.
Test(limits, a_script_that_waits_when_it_is_interrupted_goes_on) {
    struct world world;
    world_open(&world, RUN("ctx:click('#a') for i = 1, 30000 do end"), NULL);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    world.script->vm.is_overdue = true;
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FINISHED), "%s", world.request.detail);
    world_close(&world);
}

Test(limits, the_watchdog_sees_the_line_that_runs) {
    struct world world;
    world_open(&world, RUN("\nlocal function f()\n  call()\nend\nf()\nctx:click('#a')"), NULL);
    lua_pushcfunction(world.script->vm.main, raise_alarm);
    lua_setglobal(world.script->vm.main, "call");
    signal(SIGALRM, look);
    cr_expect(eq(int, world_start(&world, 1), LL_SCRIPT_ACTION));
    cr_expect(eq(int, was_running, 1));
    cr_expect(eq(str, seen_at, "shop.lua:4"));
    raise(SIGALRM);
    cr_expect(eq(int, was_running, 0));
    world_close(&world);
}
