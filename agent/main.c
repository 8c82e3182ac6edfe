// liveload-agent: options in, an exit code out.
#include "agent/app.h"
#include "agent/scenario/describe.h"
#include "libcommon/base/buf.h"
#include "libcommon/base/command_line.h"
#include "libcommon/base/log.h"
#include "libcommon/base/machine.h"
#include "libcommon/base/parent.h"
#include "libcommon/base/text.h"
#include "libcommon/base/token.h"
#include "libcommon/model/browser_arg.h"
#include "libcommon/model/bundle.h"
#include "libcommon/model/messages.h"
#include "libcommon/model/spec.h"

#include <argp.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXIT_CANNOT = 1,
    EXIT_USAGE = 2,
    READ_BYTES = 64 * 1024,
    OPTION_EXIT_WITH_PARENT = 256, // beyond characters: no short forms
    OPTION_DESCRIBE,
    OPTION_BROWSER_ARG,
    OPTION_DEVTOOLS,
    OPTION_LAUNCH_TIMEOUT,
    OPTION_HEADED,
    OPTION_DEBUG,
    OPTION_RECYCLE_BROWSER,
    OPTION_SECRET_NAMES,
    OPTION_PAINT,
    OPTION_BROWSERS,
    OPTION_ORPHAN_LIMIT,
    OPTION_HOLD,
};

struct arguments {
    struct ll_app_options app;
    const char *token_file;
    bool describe;
    struct ll_secrets secrets; // of a description: names, and what stands in for the values
};

const char *argp_program_version = "liveload-agent " LIVELOAD_VERSION;

static const char doc[] = "Runs simulated users for a coordinator: each a real browser context of its own.\v"
                          "The agent registers at the coordinator, and again for as long as it takes, and stays "
                          "until it is stopped. Ctrl-C lets it hand over what was measured; a second one ends it "
                          "at once.\n\nThe browser is --browser, else LIVELOAD_BROWSER, else a Chromium that is "
                          "found (a headless shell first).\n\nExit codes: 0 asked to end, 1 cannot run or go on, "
                          "2 wrong usage.";

static const struct argp_option options[] = {
    {"coordinator", 'c', "URL", 0, "Where it is (default tcp://127.0.0.1:7700)", 0},
    {"token-file", 't', "FILE", 0, "The cluster's token (default ~/.config/liveload/token)", 0},
    {"browser", 'b', "PATH", 0, "The Chromium to use, or \"null\" for one that does nothing", 0},
    {"browser-arg", OPTION_BROWSER_ARG, "ARG", 0, "A further flag for Chromium; can be given several times", 0},
    {"devtools", OPTION_DEVTOOLS, "HOW", 0,
     "How the browser is driven: over a \"pipe\" (default), or a \"port\" on loopback, which other DevTools can attach "
     "to as well",
     0},
    {"browsers", OPTION_BROWSERS, "N", 0, "Browsers that share the users (default: one for four processors)", 0},
    {"paint", OPTION_PAINT, "HOW", 0,
     "When pages are drawn: \"full\" (default) as a browser does, \"low\" a few times a second, \"off\" only when a "
     "page "
     "needs it; docs/DENSITY.md has what that saves and changes",
     0},
    {"launch-timeout", OPTION_LAUNCH_TIMEOUT, "TIME", 0, "How long a browser may take to start (default 20s)", 0},
    {"headed", OPTION_HEADED, 0, 0, "Show the browser's windows; needs a display and a full Chromium", 0},
    {"debug", OPTION_DEBUG, "DIR", OPTION_ARG_OPTIONAL,
     "Print what users do as it happens; DIR is where people will find artifacts", 0},
    {"recycle-browser-at", OPTION_RECYCLE_BROWSER, "SIZE", 0,
     "Start a browser anew, between iterations, once its own process holds this much (default 1500MB; 0: never)", 0},
    {"orphan-limit", OPTION_ORPHAN_LIMIT, "TIME", 0,
     "Stop the users after this long without an answer from the coordinator (default: 1m)", 0},
    {"hold", OPTION_HOLD, "TIME", 0,
     "Keep the measured data for this long without an answer from the coordinator (default: 1h)", 0},
    {"max-users", 'm', "N", 0, "Take no more users than this", 0},
    {"name", 'n', "NAME", 0, "What it is called in results (default: the host's name)", 0},
    {"exit-with-parent", OPTION_EXIT_WITH_PARENT, 0, 0,
     "End when the program that started this one ends; leave "
     "Ctrl-C to it",
     0},
    {"describe", OPTION_DESCRIBE, 0, 0,
     "Read a packed scenario on standard input, write its packed plan on "
     "standard output, and end",
     0},
    {"secret-names", OPTION_SECRET_NAMES, "NAME,…", 0, "With --describe: the secrets that the run will have", 0},
    {0},
};

// "A,B": their values are not known here, and not wanted.
static ll_err name_secrets(struct ll_secrets *secrets, char *names) {
    char *rest = NULL;
    for (char *name = strtok_r(names, ",", &rest); name; name = strtok_r(NULL, ",", &rest))
        LL_TRY(ll_secrets_add(secrets, name, "(secret)"));
    return LL_SUCCESS;
}

static void take_browser_arg(struct arguments *arguments, const char *value, struct argp_state *state) {
    struct ll_launch *launch = &arguments->app.launch;
    ll_err err = ll_browser_arg_check(value);
    if (err.status != LL_OK)
        argp_error(state, "%s", err.text);
    else if (launch->arg_count == LL_BROWSER_ARGS_MAX)
        argp_error(state, "--browser-arg is given more than %d times", LL_BROWSER_ARGS_MAX);
    else
        launch->args[launch->arg_count++] = value;
}

static void take_time(const char *option, const char *value, uint64_t *out_ms, struct argp_state *state) {
    ll_err err = ll_text_parse_duration_ms(value, out_ms);
    if (err.status == LL_OK && *out_ms == 0) err = ll_err_make(LL_INVALID_ARGUMENT, "it must be longer than 0");
    if (err.status != LL_OK) argp_error(state, "%s: %s", option, err.text);
}

static error_t parse(int key, char *value, struct argp_state *state) {
    struct arguments *arguments = state->input;
    switch (key) {
    case 'c':
        arguments->app.coordinator = value;
        break;
    case 't':
        arguments->token_file = value;
        break;
    case 'b':
        arguments->app.launch.program = value;
        break;
    case 'n':
        if (value[0] == '\0' || strlen(value) >= LL_AGENT_NAME_MAX)
            argp_error(state, "--name takes 1 to %d bytes", LL_AGENT_NAME_MAX - 1);
        arguments->app.name = value;
        break;
    case 'm': {
        uint64_t number;
        ll_err err = ll_text_parse_uint("--max-users", value, 1, LL_USERS_MAX, &number);
        if (err.status != LL_OK)
            argp_error(state, "%s", err.text);
        else
            arguments->app.max_users = (uint32_t)number;
        break;
    }
    case OPTION_BROWSER_ARG:
        take_browser_arg(arguments, value, state);
        break;
    case OPTION_HEADED:
        arguments->app.launch.headed = true;
        break;
    case OPTION_DEBUG:
        arguments->app.is_traced = true;
        arguments->app.artifacts = value;
        break;
    case OPTION_DEVTOOLS:
        if (strcmp(value, "pipe") != 0 && strcmp(value, "port") != 0)
            argp_error(state, "--devtools is \"pipe\" or \"port\", not \"%s\"", value);
        arguments->app.launch.transport = strcmp(value, "port") == 0 ? LL_TRANSPORT_PORT : LL_TRANSPORT_PIPE;
        break;
    case OPTION_BROWSERS: {
        uint64_t number;
        ll_err err = ll_text_parse_uint("--browsers", value, 1, LL_BROWSERS_MAX, &number);
        if (err.status != LL_OK)
            argp_error(state, "%s", err.text);
        else
            arguments->app.launch.browsers = (uint32_t)number;
        break;
    }
    case OPTION_PAINT:
        if (!ll_launch_parse_paint(value, &arguments->app.launch.paint))
            argp_error(state, "--paint is \"full\", \"low\" or \"off\", not \"%s\"", value);
        break;
    case OPTION_LAUNCH_TIMEOUT: {
        uint64_t ms = 0;
        take_time("--launch-timeout", value, &ms, state);
        arguments->app.launch.timeout_ms = (uint32_t)ms; // a week at most
        break;
    }
    case OPTION_ORPHAN_LIMIT:
        take_time("--orphan-limit", value, &arguments->app.orphan_limit_ms, state);
        break;
    case OPTION_HOLD:
        take_time("--hold", value, &arguments->app.hold_ms, state);
        break;
    case OPTION_RECYCLE_BROWSER: {
        ll_err err = ll_text_parse_bytes(value, &arguments->app.launch.recycle_bytes);
        if (err.status != LL_OK) argp_error(state, "--recycle-browser-at: %s", err.text);
        break;
    }
    case OPTION_EXIT_WITH_PARENT:
        arguments->app.has_parent = true;
        break;
    case OPTION_SECRET_NAMES: {
        ll_err err = name_secrets(&arguments->secrets, value);
        if (err.status != LL_OK) argp_error(state, "%s", err.text);
        break;
    }
    case OPTION_DESCRIBE:
        arguments->describe = true;
        break;
    case ARGP_KEY_ARG:
        argp_error(state, "\"%s\" is not an option, and there is nothing else to give", value);
        break;
    default: // argp's own keys
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int fail(int code, ll_err err) {
    ll_text_clean(err.text, err.text, sizeof err.text); // it may quote the scenario
    ll_log_last(err.text);
    return code;
}

static ll_err read_all(FILE *file, struct ll_buf *out) {
    for (;;) {
        void *at = ll_buf_reserve(out, READ_BYTES);
        if (!at) return ll_err_make(LL_RESOURCE_EXHAUSTED, "the scenario's files are larger than %zu bytes", out->max);
        size_t got = fread(at, 1, READ_BYTES, file);
        ll_buf_commit(out, got);
        if (got == 0) break;
    }
    return ferror(file) ? ll_err_make(LL_DATA_LOSS, "standard input cannot be read") : LL_SUCCESS;
}

// What a file prints while it is read is told by the agents that run it: here stderr is for the error alone.
static int describe(const struct ll_secrets *secrets) {
    unsetenv("LIVELOAD_LOG");
    ll_log_init("liveload-agent", LL_LOG_ERROR);
    struct ll_buf packed = ll_buf_make(LL_BUNDLE_BYTES_MAX + READ_BYTES);
    struct ll_buf spec = ll_buf_make(LL_SPEC_PACKED_MAX);
    ll_err err = read_all(stdin, &packed);
    if (err.status == LL_OK) err = ll_describe(packed.data, packed.len, secrets, &spec);
    if (err.status == LL_OK && (fwrite(spec.data, 1, spec.len, stdout) != spec.len || fflush(stdout) != 0))
        err = ll_err_make(LL_DATA_LOSS, "standard output cannot be written");
    ll_buf_fini(&packed);
    ll_buf_fini(&spec);
    return err.status == LL_OK ? 0 : fail(EXIT_USAGE, err);
}

static ll_err read_token(const char *path, char out[LL_TOKEN_TEXT_MAX]) {
    if (path) return ll_token_read(path, out);
    char usual[PATH_MAX];
    bool made;
    LL_TRY(ll_token_default_path(usual, sizeof usual));
    return ll_token_read_or_make(usual, out, &made);
}

// An agent holds thousands of small states on one thread: one arena, and memory given back as it comes free.
static void keep_memory_small(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024);
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
}

int main(int argc, char **argv) {
    static const struct argp argp = {.options = options, .parser = parse, .doc = doc};
    struct arguments arguments = {.app = {.coordinator = "tcp://127.0.0.1:7700",
                                          .launch = {.recycle_bytes = LL_LAUNCH_RECYCLE_MB * UINT64_C(1000000)}}};
    keep_memory_small();
    ll_log_init("liveload-agent", LL_LOG_INFO);
    argp_err_exit_status = EXIT_USAGE;
    ll_command_line_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    if (arguments.describe) return describe(&arguments.secrets);
    if (arguments.app.has_parent && !ll_parent_follow()) return 0;
    ll_machine_raise_files();

    char token[LL_TOKEN_TEXT_MAX];
    ll_err err = read_token(arguments.token_file, token);
    if (err.status != LL_OK) return fail(EXIT_CANNOT, err);
    arguments.app.token = token;
    err = ll_app_run(&arguments.app);
    if (err.status == LL_OK) return 0;
    return fail(err.status == LL_INVALID_ARGUMENT ? EXIT_USAGE : EXIT_CANNOT, err);
}
