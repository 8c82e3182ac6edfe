#include "tests/support/standing.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char standing_lua[] =
    "return require('liveload').scenario { name = 'nothing', run = function(ctx) ctx:think('10ms') end }\n";

struct standing standing_make(void) {
    struct standing standing = {.folder = folder_make()};
    standing.token = folder_write(standing.folder, "token", "0123456789abcdef0123456789abcdef\n");
    standing.scenario = folder_write(standing.folder, "nothing.lua", standing_lua);
    standing.out = path_in(standing.folder, "out");
    standing.coordinator =
        program_start("liveload-coordinator", "--listen", "tcp://127.0.0.1:0", "--token-file", standing.token, NULL);
    program_await(standing.coordinator, "listening on ");
    program_await(standing.coordinator, "\n");
    const char *url = strstr(standing.coordinator->said, "tcp://");
    snprintf(standing.url, sizeof standing.url, "%.*s", (int)strcspn(url, "\n"), url);
    return standing;
}

void standing_end_coordinator(struct standing *standing) {
    program_signal(standing->coordinator, SIGTERM);
    cr_expect(eq(int, program_wait(standing->coordinator), 0), "%s", standing->coordinator->complained);
    program_free(&standing->coordinator);
}

void standing_kill_coordinator(struct standing *standing) {
    program_signal(standing->coordinator, SIGKILL);
    program_wait(standing->coordinator);
    program_free(&standing->coordinator);
}

void standing_begin_journal(struct standing *standing, const char *journal) {
    standing->coordinator = program_start("liveload-coordinator", "--listen", standing->url, "--token-file",
                                          standing->token, "--journal", journal, NULL);
    program_await(standing->coordinator, "listening on ");
}

void standing_free(struct standing *standing) {
    if (standing->coordinator) standing_end_coordinator(standing);
    folder_remove(&standing->folder);
    free(standing->token);
    free(standing->scenario);
    free(standing->out);
}

struct program *standing_agent(const struct standing *standing, const char *name) {
    return program_start("liveload-agent", "--coordinator", standing->url, "--token-file", standing->token, "--browser",
                         "null", "--name", name, NULL);
}
