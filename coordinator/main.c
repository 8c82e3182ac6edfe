// liveload-coordinator: registers agents, splits a run over them, starts them together and merges what they measure.
#include "coordinator/app.h"
#include "coordinator/core/coordinator.h"
#include "libcommon/base/command_line.h"
#include "libcommon/base/log.h"
#include "libcommon/base/machine.h"
#include "libcommon/base/text.h"
#include "libcommon/rpc/transport.h"

#include <argp.h>
#include <stdlib.h>

enum {
    CONTROL_CONNECTIONS = 24, // kept free, so that a full cluster can still be asked and stopped
    MAX_AGENTS_MAX = LL_CONNECTIONS_MAX - CONTROL_CONNECTIONS,
    EXIT_COULD_NOT_RUN = 1,
    EXIT_USAGE = 2,
    KEY_EXIT_WITH_PARENT = 256,
};
_Static_assert(MAX_AGENTS_MAX == 1000, "--help says so");

const char *argp_program_version = "liveload-coordinator " LIVELOAD_VERSION;

static const struct argp_option options[] = {
    {"listen", 'l', "URL", 0, "Where to listen, on loopback; port 0 takes any free one (default tcp://127.0.0.1:7700)",
     0},
    {"token-file", 't', "FILE", 0,
     "The cluster's token, made when missing (default ~/.config/liveload/token, as for agents and liveload)", 0},
    {"max-agents", 'm', "N", 0, "Agents that may be registered at once (default 256, at most 1000)", 0},
    {"out", 'o', "DIR", 0, "Also write each run's result there, as RUN.llr", 0},
    {"journal", 'j', "DIR", 0, "Keep a journal there, and go on with the run that is in it after a restart", 0},
    {"exit-with-parent", KEY_EXIT_WITH_PARENT, NULL, 0, "End when the program that started this one ends", 0},
    {0},
};

static error_t on_option(int key, char *arg, struct argp_state *state) {
    struct ll_coordinator_app_options *out = state->input;
    switch (key) {
    case 'l':
        out->listen = arg;
        return 0;
    case 't':
        out->token_file = arg;
        return 0;
    case 'm': {
        uint64_t agents;
        ll_err err = ll_text_parse_uint("--max-agents", arg, 1, MAX_AGENTS_MAX, &agents);
        if (err.status != LL_OK)
            argp_error(state, "%s", err.text);
        else
            out->max_agents = agents;
        return 0;
    }
    case 'o':
        out->out = arg;
        return 0;
    case 'j':
        out->journal = arg;
        return 0;
    case KEY_EXIT_WITH_PARENT:
        out->exit_with_parent = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_error(state, "unexpected argument: %s", arg);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int main(int argc, char **argv) {
    ll_log_init("liveload-coordinator", LL_LOG_INFO);
    argp_err_exit_status = EXIT_USAGE;
    const struct argp argp = {
        .options = options,
        .parser = on_option,
        .doc = "Registers agents, splits a run over them, starts them together and merges what they measure.\v"
               "It stays until it is stopped.\n\n"
               "Exit codes: 0 asked to end, 1 cannot run or go on, 2 wrong usage.",
    };
    struct ll_coordinator_app_options app = {.listen = "tcp://127.0.0.1:7700"};
    ll_command_line_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &app);
    ll_machine_raise_files();
    ll_err err = ll_coordinator_app_run(&app);
    if (err.status == LL_OK) return EXIT_SUCCESS;
    ll_log_last(err.text);
    return err.status == LL_INVALID_ARGUMENT ? EXIT_USAGE : EXIT_COULD_NOT_RUN;
}
