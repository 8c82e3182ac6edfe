// A coordinator that stands by itself, and a scenario for it that needs no browser.
#ifndef TESTS_SUPPORT_STANDING_H
#define TESTS_SUPPORT_STANDING_H

#include "tests/support/program.h"

// The scenario "nothing": an iteration thinks for 10 ms.
extern const char standing_lua[];

struct standing {
    char *folder, *token, *scenario, *out; // paths; `out` is not there yet
    struct program *coordinator;
    char url[64];
};

struct standing standing_make(void);
// Asks the coordinator to end, and expects that it does.
void standing_end_coordinator(struct standing *standing);
void standing_kill_coordinator(struct standing *standing);
// Starts another one, with a journal, where the last one stood.
void standing_begin_journal(struct standing *standing, const char *journal);
void standing_free(struct standing *standing);

// An agent of it, with the browser that does nothing.
struct program *standing_agent(const struct standing *standing, const char *name);

#endif
