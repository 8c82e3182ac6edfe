#include "tools/liveload/control_options.h"

#include "libcommon/base/command_line.h"
#include "libcommon/base/text.h"
#include "libcommon/rpc/address.h"
#include "tools/liveload/remote.h"

#include <argp.h>
#include <string.h>

enum { KEY_COORDINATOR = 256, KEY_TOKEN_FILE, KEY_PATIENCE, KEY_FORMAT, EXIT_WRONG = 2 };

#define COMMON_OPTIONS                                                                                                 \
    {"coordinator", KEY_COORDINATOR, "URL", 0, "Where it stands (default: tcp://127.0.0.1:7700)", 1},                  \
        {"token-file", KEY_TOKEN_FILE, "FILE", 0, "The cluster's token (default: ~/.config/liveload/token)", 1},       \
        {"patience", KEY_PATIENCE, "D", 0, "How long it may leave this command without an answer (default: 2m)", 1}, { \
        "format", KEY_FORMAT, "FORMAT", 0, "What stands on standard output: text (default), or json, one object", 1    \
    }

#define OUT_OPTION                                                                                                     \
    { "out", 'o', "DIR", 0, "Folder for the result and the reports (default: liveload-results/NAME-DATE-TIME)", 1 }

static const struct argp_option attach_table[] = {
    OUT_OPTION, {"quiet", 'q', NULL, 0, "No progress; just the verdict and the report's path", 1}, COMMON_OPTIONS, {0}};
static const struct argp_option fetch_table[] = {OUT_OPTION, COMMON_OPTIONS, {0}};
static const struct argp_option plain_table[] = {COMMON_OPTIONS, {0}};

#define EXIT_CODES "\n\nExit status: 0 done; 1 no such run, or the coordinator does not answer; 2 wrong usage"

static const struct {
    const char *name;
    const struct argp_option *table;
    const char *doc;
} verbs[] = {
    [CONTROL_ATTACH] = {"liveload attach", attach_table,
                        "Follows a run at a standing coordinator until it is over, and writes its result as liveload "
                        "run does. Without RUN: the one that goes on. Ctrl-C leaves the run alone."
                        "\vExit status: the run's own, as of liveload run; 1 no such run, or the coordinator does not "
                        "answer; 2 wrong usage; 130 left by Ctrl-C."},
    [CONTROL_FETCH] = {"liveload fetch", fetch_table,
                       "Writes the result of a run that is over, with its reports. Without RUN: the last one."
                       "\vA coordinator keeps the results of its last 16 runs until it ends." EXIT_CODES "."},
    [CONTROL_STOP] = {"liveload stop", plain_table,
                      "Stops a run gracefully: its users finish their iterations, and its result is made. Without RUN: "
                      "the one that goes on."
                      "\vIt does not wait for the end: liveload attach does." EXIT_CODES "."},
    [CONTROL_STATUS] = {"liveload status", plain_table,
                        "Lists the runs that a standing coordinator knows, and how the one that goes on stands."
                        "\v" EXIT_CODES "."},
};

static ll_err take_patience(const char *argument, uint64_t *out_ms) {
    LL_TRY(ll_err_in(ll_text_parse_duration_ms(argument, out_ms), "--patience"));
    return *out_ms > 0 ? LL_SUCCESS
                       : ll_err_make(LL_INVALID_ARGUMENT, "--patience is 0: it takes some time, as in 30s");
}

static ll_err take(struct control_options *options, int key, const char *argument, bool *out_known) {
    struct ll_address address;
    switch (key) {
    case KEY_COORDINATOR:
        options->coordinator = argument;
        return ll_err_in(ll_address_parse(argument, LL_ADDRESS_CONNECT, &address), "--coordinator");
    case KEY_TOKEN_FILE:
        options->token_file = argument;
        return LL_SUCCESS;
    case KEY_PATIENCE:
        return take_patience(argument, &options->patience_ms);
    case KEY_FORMAT:
        options->is_json = strcmp(argument, "json") == 0;
        if (options->is_json || strcmp(argument, "text") == 0) return LL_SUCCESS;
        return ll_err_make(LL_INVALID_ARGUMENT, "--format takes text or json, not \"%s\"", argument);
    case 'o':
        options->out = argument;
        return *argument ? LL_SUCCESS : ll_err_make(LL_INVALID_ARGUMENT, "--out is empty: it takes a folder");
    case 'q':
        options->is_quiet = true;
        return LL_SUCCESS;
    case ARGP_KEY_ARG:
        if (options->run_id)
            return ll_err_make(LL_INVALID_ARGUMENT, "give one RUN only; \"%s\" is a second one", argument);
        options->run_id = argument;
        return LL_SUCCESS;
    }
    *out_known = false;
    return LL_SUCCESS;
}

static error_t parse_key(int key, char *argument, struct argp_state *state) {
    bool known = true;
    ll_err err = take(state->input, key, argument, &known);
    if (!known) return ARGP_ERR_UNKNOWN;
    if (err.status != LL_OK) argp_error(state, "%s", err.text);
    return 0;
}

void control_options_parse(enum control_verb verb, int argc, char **argv, struct control_options *out) {
    const struct argp argp = {verbs[verb].table, parse_key, "[RUN]", verbs[verb].doc, NULL, NULL, NULL};
    *out = (struct control_options){.coordinator = "tcp://127.0.0.1:7700", .patience_ms = REMOTE_PATIENCE_MS};
    char name[32];
    memcpy(name, verbs[verb].name, strlen(verbs[verb].name) + 1);
    argp_err_exit_status = EXIT_WRONG;
    argp_program_version = "liveload " LIVELOAD_VERSION;
    argv[0] = name;
    ll_command_line_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, out);
}
