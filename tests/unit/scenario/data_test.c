// ll.csv and ll.json as scripts use them, and how rows are dealt over the agents of a run.
#include "world.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A scenario over rows of users.csv, with a run function of this body; its first line is line 2.
#define WITH_ROWS(body)                                                                                                \
    "local ll = require 'liveload' local users = ll.csv('users.csv') return ll.scenario { run = function(ctx)\n" body  \
    "\nend }"

// users.csv with the names u1, u2, …
static char *make_csv(int rows) {
    struct ll_buf text = ll_buf_make(1000 * 1000);
    ll_buf_text(&text, "name,password\n");
    for (int i = 1; i <= rows; i++) ll_buf_printf(&text, "u%d,p%d\n", i, i);
    char *copy = ll_strdup(ll_buf_str(&text));
    ll_buf_fini(&text);
    return copy;
}

static void open_rows(struct world *world, const char *main, const char *csv) {
    world_bundle(world, main, NULL);
    world_add(world, "users.csv", csv);
    world_boot(world);
}

// How an iteration of the body ends: "" or the detail of its failure. What it logs stands in world->told.
static const char *iterate(struct world *world) {
    enum ll_script_status status = world_start(world, 1);
    cr_assert(status == LL_SCRIPT_FINISHED || status == LL_SCRIPT_FAILED);
    return status == LL_SCRIPT_FAILED ? world->request.detail : "";
}

Test(data, rows_come_as_tables_of_texts) {
    struct world world;
    open_rows(&world,
              WITH_ROWS("local row = users:unique() ctx:log(row.name, row.password, #users, users[2].name, users[3])\n"
                        "row.name = 'changed' ctx:log(users[1].name, row.name)"),
              "name,password\nanna,1234\n\"ben\",\"a,b\"\n");
    cr_expect(eq(str, (char *)iterate(&world), ""));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log anna\t1234\t2\tben\tnil\nlog anna\tchanged\n"));
    world_close(&world);
}

Test(data, json_rows_are_values) {
    struct world world;
    world_bundle(&world,
                 "local ll = require 'liveload' local p = ll.json('data/p.json') return ll.scenario { run = "
                 "function(ctx)\nlocal row = p:cycle() ctx:log(row.name, row.tags[2])\nend }",
                 NULL);
    world_add(&world, "data/p.json", "[{\"name\": \"mug\", \"tags\": [1, 2.5]}]");
    world_boot(&world);
    cr_expect(eq(str, (char *)iterate(&world), ""));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log mug\t2.5\n"));
    world_close(&world);
}

Test(data, unique_ends_with_a_failure_and_cycle_begins_again) {
    struct world world;
    open_rows(&world, WITH_ROWS("for i = 1, 3 do ctx:log(users:cycle().name) end\nctx:log(users:unique().name)"),
              "name\na\nb\n");
    iterate(&world);
    iterate(&world);
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log a\nlog b\nlog a\nlog a\nlog b\nlog a\nlog b\nlog b\n"));
    cr_expect(eq(str, (char *)iterate(&world),
                 "shop.lua:3: users.csv has no row left: 2 were handed out; give it more rows, or take them with "
                 "cycle()"));
    cr_expect(eq(str, world.request.signature, "unique(): users.csv has no row left"));
    world_close(&world);
}

// Rows that agent `agent` of `agents` hands out with `method` in `calls` calls, marked in `seen`; how many it got.
static int hand_out(const char *method, struct ll_share share, uint32_t users, const char *csv, int calls, int *seen) {
    struct world world;
    char body[300];
    snprintf(body, sizeof body,
             "for i = 1, %d do local ok, row = pcall(users.%s, users) if ok then ctx:log(row.name) "
             "end end",
             calls, method);
    char *main = ll_format("local ll = require 'liveload' local users = ll.csv('users.csv') return ll.scenario { run = "
                           "function(ctx)\n%s\nend }",
                           body);
    open_rows(&world, main, csv);
    ll_scenario_deal(world.scenario, share, users);
    cr_assert(eq(str, (char *)iterate(&world), ""));
    int got = 0;
    for (const char *at = ll_buf_str(&world.told); (at = strstr(at, "log u")); at++, got++) seen[atoi(at + 5)]++;
    world_close(&world);
    free(main);
    return got;
}

Test(data, agents_of_any_size_never_share_a_unique_row_and_leave_none) {
    // Users 1 to 9: two agents dealt like cards from 1 to 6, and one that is full with 7 to 9.
    static const struct ll_share shares[] = {{1, 2, 3}, {2, 2, 3}, {7, 1, 3}};
    enum { ROWS = 100, USERS = 9 };
    char *csv = make_csv(ROWS);
    int seen[ROWS + 1] = {0}, got = 0;
    for (size_t i = 0; i < 3; i++) got += hand_out("unique", shares[i], USERS, csv, ROWS, seen);
    cr_expect(eq(int, got, ROWS));
    for (int row = 1; row <= ROWS; row++) cr_expect(eq(int, seen[row], 1), "row %d", row);
    memset(seen, 0, sizeof seen);
    for (size_t i = 0; i < 3; i++) cr_expect(eq(int, hand_out("cycle", shares[i], USERS, csv, ROWS, seen), ROWS));
    // Three times a hundred calls are not a whole number of rounds over nine users.
    for (int row = 1; row <= ROWS; row++) cr_expect(seen[row] >= 2 && seen[row] <= 4, "row %d: %d", row, seen[row]);
    free(csv);
}

Test(data, fewer_rows_than_users_are_a_clear_end) {
    struct world world;
    char *csv = make_csv(3);
    open_rows(&world, WITH_ROWS("users:unique()"), csv);
    ll_scenario_deal(world.scenario, (struct ll_share){.first = 2, .stride = 2, .users = 5}, 10);
    cr_expect(eq(str, (char *)iterate(&world), ""));
    cr_expect(
        eq(str, (char *)iterate(&world),
           "shop.lua:2: users.csv has no row left: 1 were handed out, all that this agent's 5 of 10 users have of "
           "its 3; give it more rows, or take them with cycle()"));
    world_close(&world);
    free(csv);
}

Test(data, random_rows_are_of_the_users_own_luck) {
    int seen[11] = {0}, again[11] = {0};
    char *csv = make_csv(10);
    struct ll_share share = {1, 1, 1};
    cr_expect(eq(int, hand_out("random", share, 1, csv, 1000, seen), 1000));
    hand_out("random", share, 1, csv, 1000, again);
    for (int row = 1; row <= 10; row++) cr_expect(seen[row] > 60 && seen[row] < 140, "row %d: %d", row, seen[row]);
    cr_expect(eq(int, memcmp(seen, again, sizeof seen), 0)); // the same seed
    free(csv);
}

Test(data, two_calls_for_one_file_share_its_rows) {
    struct world world;
    open_rows(&world, WITH_ROWS("local again = ll.csv 'users.csv' ctx:log(users:unique().name, again:unique().name)"),
              "name\na\nb\n");
    cr_expect(eq(str, (char *)iterate(&world), ""));
    cr_expect(eq(str, (char *)ll_buf_str(&world.told), "log a\tb\n"));
    world_close(&world);
}

Test(data, wrong_use_says_what_is_right) {
    static const struct {
        const char *body, *error;
    } cases[] = {
        {"users.unique()", "unique is called with a dot: write users:unique()"},
        {"users:uniq()", "users.csv has no \"uniq\": did you mean \"unique\"?"},
        {"ctx:log(users.name)",
         "users.csv has no \"name\": it has unique, cycle and random, rows[1] and #rows; columns "
         "are fields of a row"},
        {"users[1] = {}", "the rows of users.csv cannot be changed: what unique, cycle and random give is a copy that "
                          "can"},
        {"ll.csv()", "ll.csv takes the name of a file beside the scenario, as \"users.csv\", not nothing"},
        {"ll.json({})", "ll.json takes the name of a file beside the scenario, as \"users.json\", not a table"},
        {"ll.csv('gone' .. '.csv')", "the file \"gone.csv\" was not found beside the scenario: it must be there, and "
                                     "its name must stand in the call, "
                                     "as ll.csv(\"gone.csv\"), for the file to travel to the agents"},
        {"ll.csv('users.csv', ';')",
         "ll.csv: argument 2 must be a table of options such as { separator = \";\" }, not \";\""},
        {"ll.csv('users.csv', { seperator = ';' })",
         "the table of options of ll.csv has no field \"seperator\": did you mean \"separator\"?"},
        {"ll.csv('users.csv', { separator = ', ' })",
         "ll.csv: separator must be one character such as \";\" or \"\\t\", not \", \""},
        {"ll.csv('broken.csv')", "broken.csv:2:3: a cell too many: the first row names 1 column"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char *main =
            ll_format("local ll = require 'liveload' local users = ll.csv('users.csv') return ll.scenario { run "
                      "= function(ctx)\n%s\nend }",
                      cases[i].body);
        char *expected = ll_format("shop.lua:2: %s", cases[i].error);
        world_bundle(&world, main, NULL);
        world_add(&world, "users.csv", "name\na\n");
        world_add(&world, "broken.csv", "a\n1,2\n");
        world_boot(&world);
        cr_expect(eq(str, (char *)iterate(&world), expected));
        world_close(&world);
        free(main);
        free(expected);
    }
    struct world world;
    world_bundle(&world, "local ll = require 'liveload'\nll.csv('users.csv'):unique()", NULL);
    world_add(&world, "users.csv", "name\na\n");
    ll_err err = ll_scenario_load(&world.bundle, NULL, &world.scenario);
    cr_expect(eq(str, err.text,
                 "shop.lua:2: unique hands a row to a user: call it within run (rows[1] and #rows work "
                 "everywhere)"));
    world_close(&world);
}

Test(data, a_file_is_in_memory_once_whatever_the_number_of_users) {
    struct world world;
    char *csv = make_csv(20000);
    open_rows(&world, WITH_ROWS("ctx:log(users:unique().name)"), csv);
    iterate(&world);
    lua_gc(world.script->vm.main, LUA_GCCOLLECT);
    size_t before = world.script->vm.bytes;
    for (int i = 0; i < 100; i++) iterate(&world);
    lua_gc(world.script->vm.main, LUA_GCCOLLECT);
    cr_expect(lt(sz, world.script->vm.bytes, before + 8 * 1024)); // the table of texts may grow
    cr_expect(lt(sz, before, 40 * 1024), "%zu bytes", before);
    world_close(&world);
    free(csv);
}
