// The examples of docs/SCENARIOS.md, run as they stand: whole files are loaded, and the others are bodies of `run`,
// in which every action is answered with success and no value.
#include "world.h"

#include "libcommon/base/alloc.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_MAX = 200 * 1000, WAITS_MAX = 100 };

// The files that examples read.
static void open_example(struct world *world, const char *source) {
    static struct ll_secret secret = {(char *)"SHOP_PASSWORD", (char *)"(secret)"};
    static const struct ll_secrets secrets = {.items = &secret, .count = 1};
    world_bundle(world, source, NULL);
    world->secrets = &secrets;
    world_add(world, "users.csv", "email,password\nanna@example.com,secret\n");
    world_add(world, "cv.pdf", "%PDF-1.4");
    world_add(world, "products.json", "[{\"name\": \"mug\"}]");
}

static void try_file(const char *example) {
    struct world world;
    open_example(&world, example);
    ll_err err = ll_scenario_load(&world.bundle, world.secrets, &world.scenario);
    cr_expect(eq(str, err.text, ""), "%s", example);
    if (err.status == LL_OK) err = ll_scenario_configure(world.scenario, NULL, 0);
    cr_expect(eq(str, err.text, ""), "%s", example);
    world_close(&world);
}

static void try_body(const char *example) {
    struct world world;
    char *source = ll_format("local ll = require('liveload') return ll.scenario { throttles = function()\n"
                             "return { ll.rate('browsing', 50), ll.parallelism('checkout', 5) } end,\n"
                             "run = function(ctx, user_id, config)\n%s\nend }",
                             example);
    open_example(&world, source);
    world_boot(&world);
    ll_scenario_deal(world.scenario, (struct ll_share){.first = 1, .stride = 1, .users = 2}, 2);
    world_start(&world, 11);
    for (int i = 0; i < WAITS_MAX && world.request.status < LL_SCRIPT_FINISHED; i++) {
        enum ll_operation operation = world.request.action.operation;
        if (world.request.status == LL_SCRIPT_HTTP)
            world_answer_http(&world);
        else if (world.request.status != LL_SCRIPT_ACTION)
            world_go_on(&world);
        else
            world_answer(&world, operation == LL_OP_COUNT                                  ? "0"
                                 : operation == LL_OP_INNER_TEXT || operation == LL_OP_URL ? "\"5\""
                                 : operation == LL_OP_WAIT_FOR_RESPONSE        ? "{\"status\":200,\"ok\":true}"
                                 : operation == LL_OP_WAIT_FOR_DOWNLOAD        ? "{\"name\":\"a.pdf\",\"bytes\":1001}"
                                 : operation == LL_OP_CONTEXT_STORAGE_SNAPSHOT ? "{}"
                                                                               : NULL);
    }
    cr_expect(world.request.status == LL_SCRIPT_FINISHED || world.request.status == LL_SCRIPT_HALTED, "%s\n%s", example,
              world.request.detail);
    world_close(&world);
    free(source);
}

Test(docs, every_example_works) {
    char *document = ll_alloc(DOCUMENT_MAX, 1);
    FILE *file = fopen(LIVELOAD_SOURCE_DIR "/docs/SCENARIOS.md", "r");
    cr_assert_not_null(file);
    size_t len = fread(document, 1, DOCUMENT_MAX - 1, file);
    fclose(file);
    document[len] = '\0';
    int count = 0;
    char *end;
    for (char *at = strstr(document, "```lua\n"); at; at = strstr(end + 1, "```lua\n"), count++) {
        char *example = at + strlen("```lua\n");
        end = strstr(example, "```");
        cr_assert_not_null(end);
        *end = '\0';
        if (strstr(example, "scenario {"))
            try_file(example);
        else
            try_body(example);
    }
    cr_expect(gt(int, count, 20));
    free(document);
}

Test(docs, every_operation_is_in_them) {
    static const char *const names[] = {
#define LL_OPERATION(id, name, kind, arguments, options) name,
#include "agent/browser/operations.def"
#undef LL_OPERATION
    };
    char *document = ll_alloc(DOCUMENT_MAX, 1);
    FILE *file = fopen(LIVELOAD_SOURCE_DIR "/docs/SCENARIOS.md", "r");
    cr_assert_not_null(file);
    document[fread(document, 1, DOCUMENT_MAX - 1, file)] = '\0';
    fclose(file);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char call[100];
        if (ll_operation_info((enum ll_operation)i)->kind == LL_OPKIND_INNER) continue;
        snprintf(call, sizeof call, "`ctx:%s(", names[i]);
        cr_expect_not_null(strstr(document, call), "%s is not in docs/SCENARIOS.md", names[i]);
    }
    free(document);
}
