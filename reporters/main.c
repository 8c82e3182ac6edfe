// liveload-report: a result file in, a report out.
#include "libcommon/base/alloc.h"
#include "libcommon/base/command_line.h"
#include "reporters/output.h"

#include <argp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { EXIT_USAGE = 2 };

struct options {
    const struct ll_reporter *reporter;
    const char *output, *all, *result;
};

static const struct argp_option option_table[] = {
    {"format", 'f', "FORMAT", 0, "Write this format; the formats are listed below", 0},
    {"output", 'o', "FILE", 0, "Write to FILE, which is replaced only once the report is complete (default: stdout)",
     0},
    {"all", 'a', "DIR", 0, "Write every format into DIR", 0},
    {0},
};

const char *argp_program_version = "liveload-report " LIVELOAD_VERSION;

static void append_formats(struct ll_buf *text) {
    ll_buf_text(text, "Formats, and the names --all gives them:\n");
    for (const struct ll_reporter *const *reporter = ll_reporters; *reporter; reporter++)
        ll_buf_printf(text, "  %-6s %-12s %s\n", (*reporter)->format, (*reporter)->file_name, (*reporter)->about);
    ll_buf_text(text,
                "\nExit status: 0 written, 1 the result cannot be read or the report not written, 2 wrong usage.");
}

static char *help_filter(int key, const char *text, void *input) {
    (void)input;
    if (key != ARGP_KEY_HELP_POST_DOC) return (char *)text;
    struct ll_buf formats = ll_buf_make(4096);
    append_formats(&formats);
    char *list = ll_strdup(ll_buf_str(&formats));
    ll_buf_fini(&formats);
    return list; // argp frees what is not the text it gave
}

static void choose_format(struct options *options, const char *format, struct argp_state *state) {
    options->reporter = ll_reporter_by_format(format);
    if (options->reporter) return;
    struct ll_buf known = ll_buf_make(1024);
    for (size_t i = 0; ll_reporters[i]; i++) ll_buf_printf(&known, "%s%s", i ? ", " : "", ll_reporters[i]->format);
    argp_error(state, "\"%s\" is not a format: it is one of %s", format, ll_buf_str(&known));
}

static void check_usage(const struct options *options, struct argp_state *state) {
    if (!options->result) argp_error(state, "RESULT is missing: a result.llr, or the folder that holds one");
    if (!options->reporter && !options->all) argp_error(state, "--format or --all is missing");
    if (options->all && (options->reporter || options->output))
        argp_error(state, "--all writes every format by its own name: leave --format and --output out");
}

static error_t parse_option(int key, char *argument, struct argp_state *state) {
    struct options *options = state->input;
    switch (key) {
    case 'f':
        choose_format(options, argument, state);
        break;
    case 'o':
        options->output = strcmp(argument, "-") == 0 ? NULL : argument;
        break;
    case 'a':
        options->all = argument;
        break;
    case ARGP_KEY_ARG:
        if (options->result) argp_error(state, "only one RESULT can be reported at a time");
        options->result = argument;
        break;
    case ARGP_KEY_END:
        check_usage(options, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static ll_err read_result(const char *path, struct ll_result *out) {
    struct stat stat_of_path;
    if (stat(path, &stat_of_path) != 0 || !S_ISDIR(stat_of_path.st_mode)) return ll_result_read_file(path, out);
    char *inside = ll_format("%s/result.llr", path);
    ll_err err = ll_result_read_file(inside, out);
    free(inside);
    return err;
}

static ll_err report(const struct options *options) {
    struct ll_result result = {0};
    LL_TRY(read_result(options->result, &result));
    ll_err err;
    if (options->all)
        err = ll_output_all(&result, options->all);
    else if (options->output)
        err = ll_output_file(options->reporter, &result, options->output);
    else
        err = ll_output_stream(options->reporter, &result, stdout);
    ll_result_fini(&result);
    return err;
}

int main(int argc, char **argv) {
    const struct argp argp = {
        .options = option_table,
        .parser = parse_option,
        .args_doc = "RESULT",
        .doc =
            "Writes reports of a finished run. RESULT is a result.llr, or the folder that holds one.\v-", // the filter
        .help_filter = help_filter, // puts the list of formats in place of the dash
    };
    struct options options = {0};
    signal(SIGPIPE, SIG_IGN); // a reader that leaves is an error of write, with a sentence
    argp_err_exit_status = EXIT_USAGE;
    ll_command_line_check(&argp, argc, argv);
    argp_parse(&argp, argc, argv, 0, NULL, &options);
    ll_err err = report(&options);
    if (err.status == LL_OK) return EXIT_SUCCESS;
    fprintf(stderr, "liveload-report: %s\n", err.text);
    return EXIT_FAILURE;
}
