#include "tools/liveload/options.h"

#include "libcommon/base/alloc.h"
#include "libcommon/base/command_line.h"
#include "libcommon/base/text.h"
#include "libcommon/model/browser_arg.h"
#include "libcommon/model/file.h"
#include "libcommon/model/threshold.h"
#include "libcommon/rpc/address.h"
#include "tools/liveload/remote.h"

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_WAIT_FOR_AGENTS = 256,
    KEY_WAIT,
    KEY_COORDINATOR,
    KEY_TOKEN_FILE,
    KEY_LISTEN,
    KEY_BROWSER,
    KEY_PAINT,
    KEY_BROWSERS,
    KEY_DEVTOOLS,
    KEY_ITERATIONS,
    KEY_MAX_LOST,
    KEY_DEBUG,
    KEY_HEADED,
    KEY_BROWSER_ARG,
    KEY_SECRET,
    KEY_PATIENCE,
};

static const struct argp_option option_table[] = {
    {0, 0, 0, 0, "Load (the scenario's own unless given):", 1},
    {"users", 'u', "N", 0, "Users at the same time", 1},
    {"duration", 'd', "D", 0, "How long they loop: 30s, 5m, 1h", 1},
    {"iterations", KEY_ITERATIONS, "N", 0, "Stop after N iterations of all users together, instead of a duration", 1},
    {"set", 's', "KEY=VALUE", 0, "An option for the scenario's config function; may be repeated", 1},
    {"secret", KEY_SECRET, "NAME[=@FILE]", 0,
     "A secret for the scenario, from the environment variable NAME or from FILE; may be repeated", 1},
    {0, 0, 0, 0, "Result:", 2},
    {"threshold", 't', "'METRIC: EXPR'", 0,
     "One more threshold, as in 'iteration_duration_us: p95 < 2s'; may be repeated", 2},
    {"out", 'o', "DIR", 0, "Folder for the result and the reports (default: liveload-results/NAME-DATE-TIME)", 2},
    {"quiet", 'q', NULL, 0, "No progress; just the verdict and the report's path", 2},
    {0, 0, 0, 0, "Machines:", 3},
    {"agents", 'a', "N", 0, "Agents to start on this machine (default: 1)", 3},
    {"wait-for-agents", KEY_WAIT_FOR_AGENTS, "N", 0,
     "Start only a coordinator and wait for N agents from other machines", 3},
    {"wait", KEY_WAIT, "D", 0,
     "With --wait-for-agents or --coordinator: how long to wait for agents (default: 10m, or 30s)", 3},
    {"listen", KEY_LISTEN, "URL", 0,
     "With --wait-for-agents: where the coordinator waits for them (default: tcp://127.0.0.1:7700)", 3},
    {"coordinator", KEY_COORDINATOR, "URL", 0, "Use the coordinator that stands at URL, with the agents it has", 3},
    {"token-file", KEY_TOKEN_FILE, "FILE", 0,
     "With --wait-for-agents or --coordinator: the cluster's token (default: ~/.config/liveload/token)", 3},
    {"patience", KEY_PATIENCE, "D", 0,
     "How long a coordinator may leave this command without an answer before it gives up (default: 2m); the run goes "
     "on, and liveload attach follows it again",
     3},
    {"max-lost-agents", KEY_MAX_LOST, "N", 0, "More agents lost make the run INVALID (default: 0)", 3},
    {"browser", KEY_BROWSER, "PATH", 0,
     "Browser of the agents started here; null for one that does nothing (default: LIVELOAD_BROWSER, or the first "
     "found of chromium-headless-shell and chromium)",
     3},
    {"browsers", KEY_BROWSERS, "N", 0, "Browsers of each agent that share its users (default: one for four processors)",
     3},
    {"paint", KEY_PAINT, "HOW", 0,
     "When pages are drawn: full (default) as a browser does, low a few times a second, off only when a page needs it; "
     "more users fit, docs/DENSITY.md has how many and what changes",
     3},
    {"devtools", KEY_DEVTOOLS, "HOW", 0,
     "How browsers are driven: over a pipe (default), or a port, which other DevTools can attach to as well", 3},
    {0, 0, 0, 0, "To write a scenario:", 4},
    {"debug", KEY_DEBUG, NULL, 0,
     "One user, one iteration, every step printed as it happens; where it fails, what the user saw", 4},
    {"headed", KEY_HEADED, NULL, 0, "Show the browser's windows; needs a display and a full Chromium", 4},
    {"browser-arg", KEY_BROWSER_ARG, "ARG", 0,
     "A further flag for Chromium, as in --browser-arg=--lang=de; may be repeated", 4},
    {0},
};

static const char doc[] =
    "Runs scenarios with real browser users and writes what they felt."
    "\vExit status: 0 ran and every threshold held; 1 could not run or did not finish; 2 wrong usage or an unreadable "
    "scenario; 98 ran, but the result is INVALID; 99 a threshold failed; 130 stopped by Ctrl-C.\n\n"
    "LIVELOAD_LOG=info in the environment shows what scenarios log, and what coordinator and agents do.\n\n"
    "Examples:\n  liveload run shop.lua --users 20 --duration 2m\n"
    "  liveload run shop.lua --threshold 'iteration_duration_us: p95 < 2s'";

static ll_err set_option(struct ll_spec *spec, const char *argument) {
    const char *equals = strchr(argument, '=');
    if (!equals || equals == argument)
        return ll_err_make(LL_INVALID_ARGUMENT, "--set \"%s\": it takes KEY=VALUE", argument);
    if (spec->option_count == LL_OPTIONS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "--set was given more than %d times", LL_OPTIONS_MAX);
    char *key = ll_strndup(argument, (size_t)(equals - argument));
    ll_spec_set_option(spec, key, equals + 1);
    free(key);
    return LL_SUCCESS;
}

// A file's content without the line end that editors put there.
static ll_err read_secret_file(const char *path, struct ll_buf *out) {
    LL_TRY(ll_file_read(path, out));
    if (out->len > 0 && out->data[out->len - 1] == '\n') out->len--;
    if (out->len > 0 && out->data[out->len - 1] == '\r') out->len--;
    if (out->len > 0) out->data[out->len] = '\0';
    if (strlen(ll_buf_str(out)) == out->len) return LL_SUCCESS;
    return ll_err_make(LL_INVALID_ARGUMENT, "%s holds a zero byte", path);
}

// The value is taken out of the environment, which every program started from here would inherit. Nothing that is said
// holds what stands behind the =, which may be the value itself.
static ll_err take_secret(struct ll_secrets *secrets, const char *argument) {
    const char *equals = strchr(argument, '=');
    char *name = equals ? ll_strndup(argument, (size_t)(equals - argument)) : ll_strdup(argument);
    struct ll_buf content = ll_buf_make(LL_SECRET_VALUE_MAX + 2);
    ll_err err = ll_secret_check_name(name);
    if (err.status == LL_OK && equals && equals[1] != '@')
        err = ll_err_make(LL_INVALID_ARGUMENT,
                          "%s: a value on the command line can be read by everybody on this machine: put it into the "
                          "environment variable %s and give --secret %s, or into a file and give --secret %s=@FILE",
                          name, name, name, name);
    if (err.status == LL_OK && equals) err = read_secret_file(equals + 2, &content);
    if (err.status == LL_OK && !equals && !getenv(name))
        err = ll_err_make(LL_INVALID_ARGUMENT,
                          "%s is not in the environment: put it there, or give a file with --secret %s=@FILE", name,
                          name);
    if (err.status == LL_OK) err = ll_secrets_add(secrets, name, equals ? ll_buf_str(&content) : getenv(name));
    if (err.status == LL_OK && !equals) unsetenv(name);
    if (content.data) explicit_bzero(content.data, content.cap);
    ll_buf_fini(&content);
    free(name);
    return ll_err_in(err, "--secret");
}

static ll_err add_threshold(struct ll_spec *spec, const char *argument) {
    struct ll_threshold threshold;
    ll_err err = ll_threshold_parse(argument, NULL, &threshold);
    // A metric may be the scenario's own: that is looked at when the scenario was read.
    if (err.status != LL_NOT_FOUND) LL_TRY(ll_err_in(err, "--threshold"));
    ll_spec_add_threshold(spec, argument);
    return LL_SUCCESS;
}

static ll_err parse_u32(const char *what, const char *text, uint64_t min, uint64_t max, uint32_t *out) {
    uint64_t value;
    LL_TRY(ll_text_parse_uint(what, text, min, max, &value));
    *out = (uint32_t)value;
    return LL_SUCCESS;
}

static ll_err parse_duration(const char *what, const char *text, uint64_t *out_ms) {
    LL_TRY(ll_err_in(ll_text_parse_duration_ms(text, out_ms), "%s", what));
    return *out_ms > 0 ? LL_SUCCESS : ll_err_make(LL_INVALID_ARGUMENT, "%s is 0: it takes some time, as in 30s", what);
}

static ll_err add_agent_arg(struct run_options *options, const char *argument) {
    if (options->agent_arg_count == RUN_AGENT_ARGS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "%s is given too often", argument);
    options->agent_args[options->agent_arg_count++] = argument;
    return LL_SUCCESS;
}

// For the agents that are started here. `values` are all there are, or NULL for any.
static ll_err set_agent_flag(struct run_options *options, const char *flag, const char *value,
                             const char *const *values) {
    size_t i = 0;
    while (values && values[i] && strcmp(values[i], value) != 0) i++;
    if (values && !values[i]) {
        struct ll_buf all = ll_buf_make(200);
        for (i = 0; values[i]; i++) ll_buf_printf(&all, "%s%s", i == 0 ? "" : values[i + 1] ? ", " : " or ", values[i]);
        ll_err err = ll_err_make(LL_INVALID_ARGUMENT, "%s takes %s, not \"%s\"", flag, ll_buf_str(&all), value);
        ll_buf_fini(&all);
        return err;
    }
    LL_TRY(add_agent_arg(options, flag));
    return add_agent_arg(options, value);
}

static ll_err add_browser_arg(struct run_options *options, const char *argument) {
    LL_TRY(ll_browser_arg_check(argument));
    if (options->browser_args++ == LL_BROWSER_ARGS_MAX)
        return ll_err_make(LL_INVALID_ARGUMENT, "--browser-arg was given more than %d times", LL_BROWSER_ARGS_MAX);
    return set_agent_flag(options, "--browser-arg", argument, NULL);
}

static ll_err show_windows(struct run_options *options) {
    LL_TRY(ll_browser_check_display());
    return add_agent_arg(options, "--headed");
}

static ll_err take(struct run_options *options, int key, const char *argument, bool *out_known) {
    switch (key) {
    case 'u':
        return parse_u32("--users", argument, 1, LL_USERS_MAX, &options->users);
    case 'd':
        return parse_duration("--duration", argument, &options->duration_ms);
    case KEY_ITERATIONS:
        return ll_text_parse_uint("--iterations", argument, 1, UINT32_MAX, &options->iterations);
    case 's':
        return set_option(&options->extra, argument);
    case KEY_SECRET:
        return take_secret(&options->secrets, argument);
    case 't':
        return add_threshold(&options->extra, argument);
    case 'o':
        options->out = argument;
        return *argument ? LL_SUCCESS : ll_err_make(LL_INVALID_ARGUMENT, "--out is empty: it takes a folder");
    case 'q':
        options->is_quiet = true;
        return LL_SUCCESS;
    case 'a':
        return parse_u32("--agents", argument, 1, RUN_AGENTS_MAX, &options->agents);
    case KEY_WAIT_FOR_AGENTS:
        return parse_u32("--wait-for-agents", argument, 1, RUN_AGENTS_MAX, &options->wait_for_agents);
    case KEY_WAIT:
        return parse_duration("--wait", argument, &options->wait_ms);
    case KEY_PATIENCE:
        return parse_duration("--patience", argument, &options->patience_ms);
    case KEY_MAX_LOST:
        return parse_u32("--max-lost-agents", argument, 0, RUN_AGENTS_MAX, &options->max_lost_agents);
    case KEY_LISTEN:
        options->listen = argument;
        return LL_SUCCESS;
    case KEY_COORDINATOR:
        options->coordinator = argument;
        return LL_SUCCESS;
    case KEY_TOKEN_FILE:
        options->token_file = argument;
        return LL_SUCCESS;
    case KEY_DEBUG:
        options->is_debug = true;
        return LL_SUCCESS;
    case KEY_HEADED:
        return show_windows(options);
    case KEY_BROWSER_ARG:
        return add_browser_arg(options, argument);
    case KEY_BROWSER:
        if (!*argument) return ll_err_make(LL_INVALID_ARGUMENT, "--browser is empty: it takes a program");
        return set_agent_flag(options, "--browser", argument, NULL);
    case KEY_BROWSERS: {
        uint64_t number;
        LL_TRY(ll_text_parse_uint("--browsers", argument, 1, RUN_BROWSERS_MAX, &number));
        return set_agent_flag(options, "--browsers", argument, NULL);
    }
    case KEY_PAINT:
        return set_agent_flag(options, "--paint", argument, (const char *[]){"full", "low", "off", NULL});
    case KEY_DEVTOOLS:
        return set_agent_flag(options, "--devtools", argument, (const char *[]){"pipe", "port", NULL});
    }
    *out_known = false;
    return LL_SUCCESS;
}

static void check_debug(const struct run_options *options, struct argp_state *state) {
    if (!options->is_debug) return;
    if (options->coordinator || options->wait_for_agents)
        argp_error(state,
                   "--debug prints what a user on this machine does: leave --coordinator and --wait-for-agents out");
    if (options->users || options->duration_ms || options->iterations || options->agents > 1)
        argp_error(state,
                   "--debug runs one user for one iteration on one agent: leave --users, --duration, --iterations "
                   "and --agents out");
}

// Flags that say the same thing twice, or that nothing would come of.
static void check_together(const struct run_options *options, struct argp_state *state) {
    struct ll_address address;
    if (options->file_count == 0) argp_error(state, "no scenario is named: liveload run FILE…");
    if (options->agents && options->wait_for_agents)
        argp_error(state, "--agents starts agents here and --wait-for-agents waits for others: give one of them");
    check_debug(options, state);
    if (options->coordinator && (options->agents || options->wait_for_agents || options->listen))
        argp_error(state, "--coordinator uses a cluster that stands already: --agents, --wait-for-agents and --listen "
                          "belong to one that is started here");
    if (options->listen && !options->wait_for_agents)
        argp_error(state, "--listen says where to wait for agents: give --wait-for-agents N too");
    if (options->agent_arg_count && (options->wait_for_agents || options->coordinator))
        argp_error(state, "%s is for agents started here: give it to liveload-agent where the others are started",
                   options->agent_args[0]);
    if (options->coordinator) {
        ll_err err = ll_address_parse(options->coordinator, LL_ADDRESS_CONNECT, &address);
        if (err.status != LL_OK) argp_error(state, "--coordinator: %s", err.text);
    }
    bool others = options->wait_for_agents || options->coordinator;
    if (options->wait_ms && !others)
        argp_error(state, "--wait says how long to wait for agents of other machines: give --wait-for-agents N or "
                          "--coordinator URL too");
    if (options->token_file && !others)
        argp_error(state, "--token-file is for agents of other machines or a standing coordinator: give "
                          "--wait-for-agents N or --coordinator URL too");
    if (options->duration_ms && options->iterations)
        argp_error(state, "--duration and --iterations each say when to stop: give one of them");
    if (options->listen) {
        ll_err err = ll_address_parse(options->listen, LL_ADDRESS_LISTEN, &address);
        if (err.status != LL_OK) argp_error(state, "--listen: %s", err.text);
    }
}

static error_t parse_key(int key, char *argument, struct argp_state *state) {
    struct run_options *options = state->input;
    if (key == ARGP_KEY_ARG) {
        if (options->file_count == RUN_FILES_MAX) argp_error(state, "more than %d scenarios", RUN_FILES_MAX);
        options->files[options->file_count++] = argument;
        return 0;
    }
    if (key == ARGP_KEY_END) {
        check_together(options, state);
        return 0;
    }
    bool known = true;
    ll_err err = take(options, key, argument, &known);
    if (!known) return ARGP_ERR_UNKNOWN;
    if (err.status != LL_OK) argp_error(state, "%s", err.text);
    return 0;
}

void run_options_parse(int argc, char **argv, struct run_options *out) {
    static const struct argp argp = {option_table, parse_key, "FILE…", doc, NULL, NULL, NULL};
    *out = (struct run_options){.extra = ll_spec_make(""), .patience_ms = REMOTE_PATIENCE_MS};
    argp_err_exit_status = 2;
    argp_program_version = "liveload " LIVELOAD_VERSION;
    argv[0] = "liveload run";
    ll_command_line_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, out);
    if (out->is_debug) out->users = 1, out->iterations = 1;
    if (!out->agents && !out->wait_for_agents && !out->coordinator) out->agents = 1;
}

void run_options_fini(struct run_options *options) {
    ll_spec_fini(&options->extra);
    ll_secrets_fini(&options->secrets);
}

ll_err run_options_apply(const struct run_options *options, struct ll_spec *spec) {
    struct ll_load *load = &spec->load;
    if (load->stage_count > 0 && options->users && !options->duration_ms && !options->iterations)
        return ll_err_make(LL_INVALID_ARGUMENT,
                           "scenario %s has stages, which --users alone cannot replace: give --duration too",
                           spec->name);
    if (options->users) load->users = options->users;
    if (options->duration_ms || options->iterations) {
        load->duration_ms = options->duration_ms;
        load->iterations = options->iterations;
        free(load->stages);
        load->stages = NULL;
        load->stage_count = 0;
    }
    for (size_t i = 0; i < options->extra.option_count; i++)
        ll_spec_set_option(spec, options->extra.options[i].key, options->extra.options[i].value);
    for (size_t i = 0; i < options->extra.threshold_count; i++)
        ll_spec_add_threshold(spec, options->extra.thresholds[i]);
    return ll_spec_validate(spec);
}
