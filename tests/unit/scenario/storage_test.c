// Snapshots of storage as scenarios hold them.
#include "world.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

static const char snapshot[] =
    "{\"cookies\":[{\"name\":\"sid\",\"value\":\"crumb\",\"domain\":\"a.b\"}],\"origins\":[]}";

Test(storage, a_snapshot_is_kept_and_given_back_as_it_was) {
    struct world world;
    world_open(&world, RUN("ctx.assigns.s = ctx:context_storage_snapshot() ctx:restore_context_storage(ctx.assigns.s)"),
               NULL);
    world_start(&world, 1);
    cr_assert(eq(int, world.request.action.operation, LL_OP_CONTEXT_STORAGE_SNAPSHOT));
    world_answer(&world, snapshot);
    cr_assert(eq(int, world.request.action.operation, LL_OP_RESTORE_CONTEXT_STORAGE));
    cr_expect_not_null(strstr(world.request.action.argument, "\"value\":\"crumb\""), "%s",
                       world.request.action.argument);
    cr_expect(eq(int, world_answer(&world, NULL), LL_SCRIPT_FINISHED));
    world_close(&world);
}

Test(storage, a_failure_quotes_nothing_of_it) {
    struct world world;
    world_open(&world, RUN("ctx:restore_context_storage(ctx:context_storage_snapshot())"), NULL);
    world_start(&world, 1);
    world_answer(&world, snapshot);
    world_answer_failure(&world, LL_UNAVAILABLE, "the browser refuses");
    cr_expect(eq(str, world.request.signature, "restore_context_storage(): the browser refuses"));
    cr_expect_null(strstr(world.request.detail, "crumb"), "%s", world.request.detail);
    world_close(&world);
}

Test(storage, what_is_no_snapshot_is_told_with_its_line) {
    static const struct {
        const char *body, *sentence;
    } cases[] = {
        {"ctx:restore_context_storage()", "restore_context_storage: argument 1 must be a snapshot of "
                                          "ctx:context_storage_snapshot(), not nothing"},
        {"ctx:restore_context_storage('crumb')", "restore_context_storage: argument 1 must be a snapshot of "
                                                 "ctx:context_storage_snapshot(), not string"},
        {"ctx:restore_context_storage({ cookies = { { value = 'crumb' } } })",
         "restore_context_storage: argument 1: one of its cookies is no snapshot's cookies"},
        {"ctx:restore_context_storage({ cokies = {} })", "restore_context_storage: argument 1: it is no snapshot"},
        {"ctx:restore_context_storage({}, { tiemout = 1 })",
         "restore_context_storage has no option \"tiemout\": did you mean \"timeout\"?"},
        {"ctx:reset_context_storage('x')", "reset_context_storage: argument 1 must be a table of options"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct world world;
        char file[300];
        snprintf(file, sizeof file, "return require('liveload').scenario { run = function(ctx)\n%s\nend }",
                 cases[i].body);
        world_open(&world, file, NULL);
        world_start(&world, 1);
        cr_assert(eq(int, world.request.status, LL_SCRIPT_FAILED), "%s", cases[i].body);
        const char *detail = world.request.detail;
        cr_expect(strncmp(detail, "shop.lua:2", 10) == 0 && strstr(detail, cases[i].sentence), "%s", detail);
        cr_expect_null(strstr(detail, "crumb"), "%s", detail);
        world_close(&world);
    }
}
