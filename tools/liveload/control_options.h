// What people type after `liveload attach`, `fetch`, `stop` and `status`.
#ifndef TOOLS_LIVELOAD_CONTROL_OPTIONS_H
#define TOOLS_LIVELOAD_CONTROL_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum control_verb { CONTROL_ATTACH, CONTROL_FETCH, CONTROL_STOP, CONTROL_STATUS };

struct control_options {
    const char *run_id;      // NULL: left out
    const char *coordinator; // URL
    const char *token_file;  // NULL: the usual one
    const char *out;         // NULL: a new folder
    uint64_t patience_ms;
    bool is_json, is_quiet;
};

// Reads the command line; a wrong one ends the program with status 2. Borrows argv's texts.
void control_options_parse(enum control_verb verb, int argc, char **argv, struct control_options *out);

#endif
