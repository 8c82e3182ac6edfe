// What people type after `liveload run`.
#ifndef TOOLS_LIVELOAD_OPTIONS_H
#define TOOLS_LIVELOAD_OPTIONS_H

#include "libcommon/base/err.h"
#include "libcommon/model/browser_arg.h"
#include "libcommon/model/secret.h"
#include "libcommon/model/spec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RUN_FILES_MAX = 100,
    RUN_AGENTS_MAX = 1000,
    RUN_AGENT_ARGS_MAX = 80,
    RUN_BROWSERS_MAX = 64,               // of an agent
    RUN_WAIT_OTHERS_MS = 10 * 60 * 1000, // for agents of other machines: somebody has to start them
    RUN_WAIT_MS = 30 * 1000,             // for agents that we started, or that stand already
};

struct run_options {
    const char *files[RUN_FILES_MAX];
    size_t file_count;
    uint32_t users;           // 0: as the scenario says
    uint64_t duration_ms;     // 0: as the scenario says
    uint64_t iterations;      // 0: as the scenario says
    uint32_t agents;          // to start here
    uint32_t wait_for_agents; // that others start; 0: ours
    uint32_t launch_ms;   // how long their browsers may take to start: the most that a scenario asks for; 0: as usual
    uint64_t wait_ms;     // for agents; 0: as long as fits the case
    uint64_t patience_ms; // with a coordinator that does not answer
    uint32_t max_lost_agents;
    const char *listen;                         // of the coordinator we start, with wait_for_agents
    const char *coordinator;                    // a standing one, or NULL
    const char *token_file;                     // or NULL
    const char *out;                            // or NULL
    const char *agent_args[RUN_AGENT_ARGS_MAX]; // of the agents started here: flag, value, flag, value
    size_t agent_arg_count;
    bool is_quiet;
    bool is_debug;             // users and iterations are 1 then
    const char *artifacts;     // the folder they will be in; set before the cluster is started
    size_t browser_args;       // how many of agent_args these are
    struct ll_secrets secrets; // --secret
    struct ll_spec extra;      // only its options (--set) and thresholds (--threshold)
};

// Reads the command line; a wrong one ends the program with status 2. `argv[0]` is "run". Borrows argv's texts.
void run_options_parse(int argc, char **argv, struct run_options *out);
void run_options_fini(struct run_options *options);

// Puts the flags over what the scenario file says. LL_INVALID_ARGUMENT when they do not go together.
ll_err run_options_apply(const struct run_options *options, struct ll_spec *spec);

#endif
